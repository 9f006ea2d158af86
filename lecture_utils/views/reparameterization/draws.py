"""Pictures of draws: a die in a graph, pinned noise, draws by an inverse CDF, soft choices."""

import numpy as np
import torch
from matplotlib.patches import FancyBboxPatch
from torch.distributions import Normal

from ...plots import (
    DATA,
    MODEL,
    NOISE,
    THIRD as _BACK,
    TRUTH,
)  # _BACK: gradients on their way back


def _node(ax, x, y, text, color, width=1.9):
    """Draw a box of a graph; return its text, to change."""
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - 0.32),
            width,
            0.64,
            boxstyle="round,pad=0.06",
            facecolor="white",
            edgecolor=color,
            lw=2,
        )
    )
    return ax.text(x, y, text, ha="center", va="center", fontsize=12.5)


def _arrow(ax, start, end, color, curve=0.0):
    ax.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": color,
            "lw": 1.8,
            "shrinkA": 0,
            "shrinkB": 0,
            "connectionstyle": f"arc3,rad={curve}",
        },
    )


def _canvas(figure, width, height):
    figure.set_size_inches(8.6, 8.6 * height / width)
    ax = figure.subplots()
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return ax


def die(figure):
    """The graph of a loss: μ and σ lead to a die, the die to z, z to f(z). Going back, the gradient arrives at z and
    stops at the die."""
    ax = _canvas(figure, 11, 3.2)
    for x, y, text, color in (
        (1.2, 2.6, "μ", MODEL),
        (1.2, 1.2, "σ", MODEL),
        (4.4, 1.9, "roll a die", NOISE),
        (7.2, 1.9, "z", DATA),
        (9.7, 1.9, "loss f(z)", DATA),
    ):
        _node(ax, x, y, text, color)
    for start, end in (
        ((2.25, 2.6), (3.35, 2.05)),
        ((2.25, 1.2), (3.35, 1.75)),
        ((5.45, 2.0), (6.15, 2.0)),
        ((8.25, 2.0), (8.65, 2.0)),
    ):
        _arrow(ax, start, end, DATA)
    _arrow(ax, (9.5, 1.45), (7.5, 1.45), _BACK, -0.5)
    _arrow(ax, (6.9, 1.45), (5.3, 1.45), _BACK, -0.5)
    ax.text(8.5, 0.55, "df/dz", color=_BACK, ha="center")
    ax.text(6.1, 0.55, "dz/dμ = ?", color=_BACK, ha="center")
    ax.plot([5.22], [1.42], "x", color=_BACK, ms=13, mew=3.5)
    ax.text(2.4, 0.35, "no gradient arrives here", color=_BACK, ha="center")
    ax.set_title("z ~ N(μ, σ²): how should μ and σ change to lower the loss?")
    return lambda: None


def graph(slopes, f):
    """The same graph with the noise as an input: `slopes(mu, sigma, eps)` → z, ∂z/∂μ, ∂z/∂σ of each draw; `f(z)`."""

    def view(figure):
        """The graph of f(μ + σε) with the numbers of one draw in its boxes: ε enters from outside, so the gradient, in
        orange-red, flows from f(z) through z to μ and to σ."""
        ax = _canvas(figure, 11, 4.4)
        mu_text, sigma_text = (
            _node(ax, 1.3, 3.4, "", MODEL, 2.2),
            _node(ax, 1.3, 1.9, "", MODEL, 2.2),
        )
        eps_text = _node(ax, 5.4, 0.55, "", NOISE, 2.0)
        z_text, f_text = _node(ax, 5.5, 2.6, "", DATA, 3.1), _node(ax, 9.6, 2.6, "", DATA, 2.3)
        for start, end in (
            ((2.5, 3.4), (3.85, 2.85)),
            ((2.5, 1.9), (3.85, 2.35)),
            ((5.4, 0.95), (5.45, 2.18)),
            ((7.15, 2.6), (8.35, 2.6)),
        ):
            _arrow(ax, start, end, DATA)
        _arrow(ax, (9.6, 3.05), (6.2, 3.05), _BACK, 0.4)
        _arrow(ax, (5.0, 3.05), (2.2, 3.85), _BACK, 0.25)
        _arrow(ax, (4.4, 2.2), (1.6, 1.5), _BACK, -0.35)
        back = [
            ax.text(x, y, "", color=_BACK, ha="center", fontsize=11.5)
            for x, y in ((8.0, 4.05), (3.7, 4.15), (2.0, 0.75))
        ]
        ax.text(6.65, 0.55, "from outside: a constant", color=NOISE, va="center", fontsize=11)
        ax.set_title("z = μ + σ ε: the arrows back carry the gradient of this one draw")

        def update(mu=0.5, sigma=1.0, eps=-1.2):
            z, to_mu, to_sigma = (float(v[0]) for v in slopes(mu, sigma, torch.tensor([eps])))
            at = torch.tensor(z, requires_grad=True)
            loss = f(at)
            loss.backward()
            slope = at.grad.item()
            for text, value in (
                (mu_text, f"μ = {mu:.2f}"),
                (sigma_text, f"σ = {sigma:.2f}"),
                (eps_text, f"ε = {eps:.2f}"),
                (z_text, f"z = μ + σ ε = {z:.2f}"),
                (f_text, f"f(z) = {loss:.2f}"),
            ):
                text.set_text(value)
            back[0].set_text(f"df/dz = {slope:.2f}")
            back[1].set_text(f"df/dμ = {slope:.2f} · {to_mu:.0f} = {slope * to_mu:.2f}")
            back[2].set_text(f"df/dσ = {slope:.2f} · ε = {slope * to_sigma:.2f}")

        return update

    return view


def rolls(average, expectation):
    """The average loss against μ, for fresh or pinned noise: `average(mu, sigma, eps)` → one number for each μ, of eps
    (len(mu), n); `expectation(mu, sigma)` is the exact one."""
    mus = torch.linspace(-2, 3, 101)

    def view(ax):
        """The loss averaged over a few draws, in blue, against μ; the exact expectation in orange. Fresh noise for every μ
        gives a jagged line, the same noise for all a smooth one."""
        (exact,) = ax.plot(mus, 0 * mus, color=TRUTH, lw=2.5, label="exact E f(z)")
        (line,) = ax.plot(mus, 0 * mus, color=MODEL, lw=1.5, label="average over the draws")
        ax.set(xlim=(-2, 3), ylim=(0, 14), xlabel="μ", ylabel="loss")
        ax.legend(loc="upper right")
        ax.figure.set_size_inches(7.6, 4.0)
        title = ax.set_title("", loc="left")

        def update(draws=4, sigma=1.0, pinned=False, roll=1):
            generator = torch.Generator().manual_seed(roll)
            eps = torch.randn(1 if pinned else len(mus), draws, generator=generator).expand(
                len(mus), draws
            )
            exact.set_ydata(expectation(mus, sigma).numpy())
            line.set_ydata(average(mus, sigma, eps).numpy())
            title.set_text(
                f"draws for every μ: {draws}, "
                + ("always with the same ε" if pinned else "fresh each time")
            )

        return update

    return view


def straight_lines(slopes):
    """Every draw on its line: `slopes(mu, sigma, eps)` → z, ∂z/∂μ, ∂z/∂σ of each draw."""
    mus, sigmas, zs = (
        torch.linspace(-2, 2, 2),
        torch.linspace(0, 2, 2),
        torch.linspace(-5, 5, 200),
    )

    def view(left, middle, right):
        """Left, the density of z and twelve draws as dots. Middle, the draws against μ: parallel lines. Right, against σ: a
        fan, each line as steep as its ε. Arrows show the derivatives at the dots."""
        (density,) = left.plot([], [], color=NOISE, lw=2)
        dots = [ax.plot([], [], "o", color=MODEL, ms=6)[0] for ax in (left, middle, right)]
        lines = [
            [ax.plot([], [], color=DATA, lw=0.8)[0] for _ in range(12)]
            for ax in (middle, right)
        ]
        arrows = [
            ax.quiver(
                np.zeros(12),
                np.zeros(12),
                np.ones(12),
                np.ones(12),
                angles="xy",
                scale_units="xy",
                scale=1,
                color=MODEL,
                width=0.008,
            )
            for ax in (middle, right)
        ]
        left.set(xlim=(0, 1.1), xlabel="density", ylabel="z", title="The draws of z")
        middle.set(xlim=(-2.5, 2.7), xlabel="μ", title="Each draw as μ moves: slope 1")
        right.set(xlim=(-0.1, 2.6), xlabel="σ", title="... and as σ moves: slope ε")
        for ax in (left, middle, right):
            ax.set_ylim(-5, 5)

        def update(mu=0.5, sigma=1.0, roll=1):
            eps = torch.randn(12, generator=torch.Generator().manual_seed(roll)).sort().values
            z, to_mu, to_sigma = slopes(mu, sigma, eps)
            density.set_data(Normal(mu, sigma).log_prob(zs).exp().numpy(), zs)
            for d, at in zip(dots, (0.03, mu, sigma)):
                d.set_data(np.full(12, at), z.numpy())
            for path, at, slope, ends in ((0, mu, to_mu, mus), (1, sigma, to_sigma, sigmas)):
                for line, zi, si in zip(lines[path], z, slope):
                    line.set_data(ends.numpy(), (zi + si * (ends - at)).numpy())
                arrows[path].set_offsets(np.stack([np.full(12, at), z.numpy()], 1))
                arrows[path].set_UVC(np.full(12, 0.4), 0.4 * slope.numpy())

        return update

    return view


def unit_interval(ax):
    """The axis of u, to drag a point along."""
    ax.set(
        xlim=(-1, 1),
        ylim=(0.005, 0.995),
        xticks=[],
        ylabel="u, uniform on (0, 1)",
        title="Drag u",
    )
    ax.spines["bottom"].set_visible(False)
    ax.axvline(0, color=NOISE, lw=3, alpha=0.4)


def inverse_cdf(quantile, cdf):
    """A uniform u turned into z: `quantile(name, u, b)` → z and ∂z/∂b; `cdf[name](z, b)` → F(z)."""
    zs, pinned = (
        torch.linspace(-8, 8, 801),
        torch.rand(60, generator=torch.Generator().manual_seed(2)),
    )

    def view(figure):
        """Above, the distribution function F: the line at height u meets it at z. Below, the density, and sixty draws made
        from sixty uniform numbers."""
        figure.set_size_inches(5.9, 4.6)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
        (curve,) = above.plot(zs, 0 * zs, color=TRUTH, lw=2.5)
        (path,) = above.plot([], [], color=MODEL, lw=2)
        above.plot(np.full(60, -7.9), pinned, "_", color=NOISE, ms=12, alpha=0.6)
        above.set(xlim=(-8, 8), ylim=(0, 1.03), ylabel="u = F(z)")
        title = above.set_title("", loc="left")
        (density,) = below.plot([], [], color=TRUTH, lw=2.5)
        (draws,) = below.plot([], [], "|", color=MODEL, ms=14, alpha=0.5)
        (mark,) = below.plot([], [], "o", color=MODEL, ms=9)
        below.set(ylim=(-0.3, 2.1), xlabel="z", ylabel="density")

        def update(u=(0.0, 0.7), distribution="exponential", b=1.0):
            at = torch.tensor([u[1]])
            (z,), (slope,) = (v.tolist() for v in quantile(distribution, at, b))
            heights = cdf[distribution](zs, b)
            curve.set_ydata(heights.numpy())
            path.set_data([-8, z, z], [u[1], u[1], 0])
            density.set_data(zs[1:], heights.diff().numpy() / float(zs[1] - zs[0]))
            draws.set_data(quantile(distribution, pinned, b)[0].numpy(), np.full(60, -0.14))
            mark.set_data([z], [-0.14])
            title.set_text(f"u = {u[1]:.2f} gives z = {z:.2f}, with ∂z/∂b = {slope:.2f}")

        return update

    return view
