"""The graph of a loss: with a die in it, through which no gradient passes, and without."""

import torch

from ...plots import DATA, MODEL, NOISE, THIRD
from ..shared import arrow, node, sheet

_BACK = THIRD  # gradients on their way back


def die(figure):
    """The graph of a loss: μ and σ lead to a die, the die to z, z to f(z).

    Going back, the gradient arrives at z and stops at the die.
    """
    ax = sheet(figure, 11, 3.2)
    for x, y, text, color in (
        (1.2, 2.6, "μ", MODEL),
        (1.2, 1.2, "σ", MODEL),
        (4.4, 1.9, "roll a die", NOISE),
        (7.2, 1.9, "z", DATA),
        (9.7, 1.9, "loss f(z)", DATA),
    ):
        node(ax, x, y, text, color)
    for start, end in (
        ((2.25, 2.6), (3.35, 2.05)),
        ((2.25, 1.2), (3.35, 1.75)),
        ((5.45, 2.0), (6.15, 2.0)),
        ((8.25, 2.0), (8.65, 2.0)),
    ):
        arrow(ax, start, end, DATA)
    arrow(ax, (9.5, 1.45), (7.5, 1.45), _BACK, -0.5)
    arrow(ax, (6.9, 1.45), (5.3, 1.45), _BACK, -0.5)
    ax.text(8.5, 0.55, "df/dz", color=_BACK, ha="center")
    ax.text(6.1, 0.55, "dz/dμ = ?", color=_BACK, ha="center")
    ax.plot([5.22], [1.42], "x", color=_BACK, ms=13, mew=3.5)
    ax.text(2.4, 0.35, "no gradient arrives here", color=_BACK, ha="center")
    ax.set_title("z ~ N(μ, σ²): how should μ and σ change to lower the loss?")
    return lambda: None


def graph(slopes, f):
    """The same graph with the noise as an input.

    `slopes(mu, sigma, eps)` → z, ∂z/∂μ, ∂z/∂σ of each draw; `f(z)`.
    """

    def view(figure):
        """The graph of f(μ + σε) with the numbers of one draw in its boxes: ε enters from
        outside, so the gradient, in orange-red, flows from f(z) through z to μ and to σ."""
        ax = sheet(figure, 11, 4.4)
        mu_text = node(ax, 1.3, 3.4, "", MODEL, 2.2)
        sigma_text = node(ax, 1.3, 1.9, "", MODEL, 2.2)
        eps_text = node(ax, 5.4, 0.55, "", NOISE, 2.0)
        z_text = node(ax, 5.5, 2.6, "", DATA, 3.1)
        f_text = node(ax, 9.6, 2.6, "", DATA, 2.3)
        for start, end in (
            ((2.5, 3.4), (3.85, 2.85)),
            ((2.5, 1.9), (3.85, 2.35)),
            ((5.4, 0.95), (5.45, 2.18)),
            ((7.15, 2.6), (8.35, 2.6)),
        ):
            arrow(ax, start, end, DATA)
        arrow(ax, (9.6, 3.05), (6.2, 3.05), _BACK, 0.4)
        arrow(ax, (5.0, 3.05), (2.2, 3.85), _BACK, 0.25)
        arrow(ax, (4.4, 2.2), (1.6, 1.5), _BACK, -0.35)
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
            mu_text.set_text(f"μ = {mu:.2f}")
            sigma_text.set_text(f"σ = {sigma:.2f}")
            eps_text.set_text(f"ε = {eps:.2f}")
            z_text.set_text(f"z = μ + σ ε = {z:.2f}")
            f_text.set_text(f"f(z) = {loss:.2f}")
            back[0].set_text(f"df/dz = {slope:.2f}")
            back[1].set_text(f"df/dμ = {slope:.2f} · {to_mu:.0f} = {slope * to_mu:.2f}")
            back[2].set_text(f"df/dσ = {slope:.2f} · ε = {slope * to_sigma:.2f}")

        return update

    return view
