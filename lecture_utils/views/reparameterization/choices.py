"""Pictures of random choices with a gradient: the Gumbel-softmax."""

import numpy as np
import torch

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD


def gumbel(soften, sweep):
    """Soft choices among three: `soften(tau)` (N, 3).

    `sweep` is (temperatures, bias, standard deviation of one draw, that of the score function).
    """
    taus, bias, spread, score_spread = sweep
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])

    def view(left, right):
        """Left, soft choices in a triangle whose corners are the three hard choices: they leave
        the corners as τ grows. Right, the bias and the spread of the gradient against τ: one
        grows, the other falls."""
        left.plot(*corners[[0, 1, 2, 0]].T, color=DATA, lw=1)
        for x, y, text in (
            (-0.02, -0.08, "z = −1"),
            (1.02, -0.08, "z = 0"),
            (0.5, 0.92, "z = 1"),
        ):
            left.text(x, y, text, ha="center", va="center", fontsize=13)
        hard = soften(1.0).argmax(1)
        colors = np.array([MODEL, SECOND, NOISE])[hard]
        dots = left.scatter(*torch.zeros(2, len(hard)), s=14, alpha=0.5, lw=0, c=colors)
        left.set(xlim=(-0.15, 1.15), ylim=(-0.15, 1.0), aspect="equal")
        left.axis("off")
        title = left.set_title("", loc="left")
        right.plot(taus, bias, color=THIRD, lw=2.5, label="bias")
        (error_of_mean,) = right.plot(taus, spread, color=MODEL, lw=2.5, label="standard error")
        look = {"color": "black", "lw": 1.2, "ls": "--", "label": "both (r.m.s.)"}
        (total,) = right.plot(taus, spread, **look)
        look = {"color": SECOND, "lw": 2, "label": "score function: no bias"}
        (unbiased,) = right.plot(taus, [score_spread] * len(taus), **look)
        here = right.axvline(1, color=DATA, lw=8, alpha=0.25)
        right.set(xscale="log", yscale="log", xlim=(taus[0], taus[-1]), ylim=(3e-3, 60))
        right.set(xlabel="τ", ylabel="error of the gradient")
        right.legend(loc="upper left", fontsize=10, ncols=2)
        best = right.set_title("", loc="left")

        def update(tau=1.0, log2_draws=3):
            dots.set_offsets((soften(tau) @ corners).numpy())
            title.set_text(f"{len(hard)} soft choices at τ = {tau:.2f}")
            n = 2**log2_draws
            error = np.sqrt(np.square(bias) + np.square(spread) / n)
            error_of_mean.set_ydata(np.array(spread) / n**0.5)
            total.set_ydata(error)
            unbiased.set_ydata([score_spread / n**0.5] * len(taus))
            here.set_xdata([tau, tau])
            best.set_text(f"mean of {n} draws: the best τ is {taus[error.argmin()]:.2f}")

        return update

    return view
