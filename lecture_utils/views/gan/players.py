"""The two players as a diagram, and the earth that is moved between two histograms."""

import matplotlib
import numpy as np
import torch
from matplotlib.patches import Rectangle

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD
from ..shared import arrow, node, sheet


def players(figure):
    """The two players: noise z goes through G and becomes a fake. D sees data and fakes, one at
    a time, and says how likely each is data. G's only teacher is D: its gradient comes back
    through D, to the fake, to G."""
    ax = sheet(figure, 12, 3.6)
    for x, y, text, color in (
        (1.2, 2.0, "noise z", NOISE),
        (3.9, 2.0, "G", MODEL),
        (6.6, 2.0, "fake G(z)", MODEL),
        (6.6, 0.7, "data x", DATA),
        (9.3, 1.35, "D", SECOND),
    ):
        node(ax, x, y, text, color)
    for start, end in (
        ((2.2, 2.0), (2.9, 2.0)),
        ((4.9, 2.0), (5.6, 2.0)),
        ((7.6, 2.0), (8.3, 1.5)),
        ((7.6, 0.7), (8.3, 1.2)),
        ((10.3, 1.35), (10.8, 1.35)),
    ):
        arrow(ax, start, end, DATA)
    ax.text(10.9, 1.35, "D(x)", va="center", fontsize=12.5)
    arrow(ax, (9.1, 1.72), (6.8, 2.4), THIRD, 0.45)
    arrow(ax, (6.4, 2.4), (4.1, 2.4), THIRD, 0.5)
    ax.text(8.3, 2.75, "where should the fake go?", color=THIRD)
    ax.text(5.25, 3.15, "and so G's weights?", color=THIRD, ha="center")
    return lambda: None


def transport(plan):
    """Two histograms, and the earth moved from one to the other.

    `plan(p, q)` → (K, K): what goes from bin i of the data's p to bin j of the fakes' q.
    """
    place = torch.arange(12.0)  # of the columns

    def hill(centre, width):
        p = torch.exp(-0.5 * ((place - centre) / width) ** 2)
        return p / p.sum()

    p = hill(2.5, 1.0)
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 1, 6))[[0, 1, 2, 3, 4, 5] + [5] * 6]

    def view(left, right):
        """Left, above, the data's histogram, each column in a shade of its own; below, hanging,
        the fakes': where the earth of each shade is carried. Right, the plan as a table: what
        goes from which column of the data to which of the fakes."""
        left.figure.set_size_inches(9.8, 3.9)
        bars = left.bar(range(12), p.numpy(), 0.9, color=shades)
        pieces = [
            [
                left.add_patch(Rectangle((j - 0.45, 0), 0.9, 0, fc=bar.get_facecolor()))
                for j in range(12)
            ]
            for bar in bars
        ]
        left.axhline(0, color="black", lw=1)
        left.set(xlim=(-0.7, 11.7), ylim=(-0.9, 0.5), yticks=[], xlabel="place")
        left.text(11.5, 0.4, "data", color=DATA, ha="right")
        left.text(11.5, -0.85, "fakes, built of the data's earth", color=DATA, ha="right")
        title = left.set_title("", loc="left")
        options = {"origin": "lower", "cmap": "Blues", "vmin": 0, "vmax": 0.25}
        table = right.imshow(np.zeros((12, 12)), **options)
        right.plot([-0.5, 11.5], [-0.5, 11.5], color=DATA, lw=1, ls="--")
        right.set(xlabel="from", ylabel="to", title="The plan")

        def update(centre=8.0, width=1.0):
            moved = plan(p, hill(centre, width))
            top = torch.zeros(12)
            for i, row in enumerate(pieces):
                for j, piece in enumerate(row):
                    piece.set(y=-float(top[j] + moved[i, j]), height=float(moved[i, j]))
                top = top + moved[i]
            table.set_data(moved.T.numpy())
            cost = (moved * (place[:, None] - place).abs()).sum()
            title.set_text(f"earth × way = {cost:.2f}")

        return update

    return view
