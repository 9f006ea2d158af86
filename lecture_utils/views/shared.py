"""Panels that several lectures show, each written once."""

from collections.abc import Callable

import torch
from matplotlib.patches import FancyBboxPatch
from torch import Tensor

from ..plots import MODEL, NOISE, curves, image_grid

RECONSTRUCTION, KL = "−E$_q$[log p(x|z)]", "KL(q‖p(z))"


def images(x: Tensor, title: str, columns: int = 16, levels: int = 17) -> Callable:
    """Images x (N, 1, H, W) in one grid, `columns` a row."""

    def view(ax):
        ax.figure.set_size_inches(9.6, 9.6 / columns * -(-len(x) // columns) + 0.4)
        image_grid(ax, x, columns, title, levels)
        return lambda: None

    view.__doc__ = f"A grid of {len(x)} images. {title}"
    return view


def below(x: Tensor, x_hat: Tensor, columns: int) -> Tensor:
    """Return rows of `columns` images, each above the row of its reconstructions."""
    rows = zip(x.split(columns), x_hat.split(columns), strict=True)
    return torch.cat([row for pair in rows for row in pair])


def reconstructions(ax, x: Tensor, columns: int = 5, levels: int = 17) -> Callable:
    """Prepare images x above their reconstructions; return `show(x_hat)`."""
    title = "x, and its reconstruction below it"
    change = image_grid(ax, below(x, x, columns), columns, title, levels)
    return lambda x_hat: change(below(x, x_hat, columns))


def two_terms(ax, x: Tensor) -> Callable:
    """Prepare the curves of the ELBO's two terms on images x; return `add(step, model)`.

    The draws of z are the panel's own, so that drawing does not change what is computed.
    """
    add = curves(ax, {RECONSTRUCTION: MODEL, KL: NOISE}, "The two terms (nats)")
    generator = torch.Generator().manual_seed(0)

    def add_both(step: int, model):
        reconstruction, kl = model.terms(x, generator)
        add(step, **{RECONSTRUCTION: -reconstruction.mean().item(), KL: kl.mean().item()})

    return add_both


def sheet(figure, width: float, height: float):
    """Return empty axes for a diagram, of this width and height in units of its own."""
    figure.set_size_inches(8.6, 8.6 * height / width)
    ax = figure.subplots()
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return ax


def node(ax, x: float, y: float, text: str, color: str, width: float = 1.9):
    """Draw a box of a diagram; return its text, to change."""
    look = {"boxstyle": "round,pad=0.06", "facecolor": "white", "edgecolor": color, "lw": 2}
    ax.add_patch(FancyBboxPatch((x - width / 2, y - 0.32), width, 0.64, **look))
    return ax.text(x, y, text, ha="center", va="center", fontsize=12.5)


def arrow(ax, start: tuple, end: tuple, color: str, curve: float = 0.0):
    """Draw an arrow of a diagram, bent by `curve`."""
    look = {"arrowstyle": "-|>", "color": color, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
    look["connectionstyle"] = f"arc3,rad={curve}"
    ax.annotate("", end, start, arrowprops=look)
