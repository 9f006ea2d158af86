"""What a view shows, read off its figure: its lines, bars, images, and the numbers in its
words."""

import random
import re
from contextlib import contextmanager

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle, StepPatch
from moves import drawn_anew

from lecture_utils.live.picture import Picture


@contextmanager
def luck_untouched():
    """What is drawn must not change what the notebook computes: nobody draws from a global
    generator in here."""
    torch_state, python_state = torch.get_rng_state(), random.getstate()
    numpy_state = np.random.get_state()[1].copy()
    yield
    assert torch.equal(torch.get_rng_state(), torch_state), "drew from torch's generator"
    assert random.getstate() == python_state, "drew from random's generator"
    assert (np.random.get_state()[1] == numpy_state).all(), "drew from numpy's generator"


class Look:
    """A view on its figure: `look(mu=1.0)` moves it, `look.axes` are its panels."""

    def __init__(self, view):
        with luck_untouched():
            self.picture = Picture(view)
        self.axes = self.picture.figure.axes

    def __call__(self, *values, **named):
        with luck_untouched():
            self.picture.update(*values, **named)
        return self.axes


def look(make, *arguments, **options) -> Look:
    """Draw the view that `make` makes of these arguments."""
    with luck_untouched():
        view = make(*arguments, **options)
    return Look(view)


def exact_look(make, *arguments, **options):
    """Return a function that moves the view and returns its panels, once its frame has been
    found to be the figure drawn anew."""
    with luck_untouched():
        picture = Look(make(*arguments, **options)).picture

    def at(**values):
        with luck_untouched():
            picture.frame(**values)
        drawn = np.asarray(picture.image()).astype(int)
        assert np.abs(drawn - drawn_anew(picture.figure)).max() == 0, values
        return picture.figure.axes

    return at


def uniform(low: float, high: float) -> float:
    return low + (high - low) * torch.rand(()).item()


# ---- artists ---------------------------------------------------------------------------------


def lines(ax: Axes, **wanted) -> list:
    """Return the lines that have these properties, such as color=MODEL, marker="o"."""
    return [
        line
        for line in ax.lines
        if all(getattr(line, f"get_{name}")() == value for name, value in wanted.items())
    ]


def line(ax: Axes, **wanted) -> np.ndarray:
    """Return x and y (2, N) of the one line that has these properties."""
    (only,) = lines(ax, **wanted)
    return np.array([np.asarray(v, float).ravel() for v in only.get_data()])


def steps(ax: Axes) -> tuple:
    """Return the heights, the edges and the colour of the one histogram."""
    (bars,) = (patch for patch in ax.patches if isinstance(patch, StepPatch))
    values, edges, _ = bars.get_data()
    colour = bars.get_facecolor() if bars.get_fill() else bars.get_edgecolor()
    return np.asarray(values), np.asarray(edges), hue(colour)


def counted(values, edges) -> np.ndarray:
    """Return how many values lie between each two edges: counted one bin at a time."""
    values = np.asarray(values)
    inside = [
        (values >= low) & (values < high)
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    ]
    return np.array([np.count_nonzero(each) for each in inside])


def bars(ax: Axes) -> list:
    """Return x, y, width, height and colour of every bar, in the order in which they were
    drawn."""
    return [
        (*r.get_xy(), r.get_width(), r.get_height(), hue(r.get_facecolor()))
        for r in ax.patches
        if isinstance(r, Rectangle)
    ]


def offsets(collection) -> np.ndarray:
    return np.asarray(collection.get_offsets(), float)


def filled(ax: Axes, number: int = 0) -> tuple:
    """Return the corners (N, 2) and the colour of a filled area."""
    area = ax.collections[number]
    return area.get_paths()[0].vertices, hue(area.get_facecolor()[0])


def hue(colour) -> str:
    """Return a colour without its transparency, as the palette writes it."""
    return to_hex(colour).upper()


# ---- images ----------------------------------------------------------------------------------


def cells(ax: Axes, columns: int, side: int = 8, gap: int = 1) -> torch.Tensor:
    """Return the images (N, side, side) of the one grid in reading order, and NaN where there
    is none."""
    (picture,) = ax.images
    page = torch.from_numpy(np.ma.filled(picture.get_array().astype(float), np.nan))
    rows = (len(page) - gap) // (side + gap)
    assert page.shape == (rows * (side + gap) + gap, columns * (side + gap) + gap)
    tops = [gap + r * (side + gap) for r in range(rows)]
    lefts = [gap + c * (side + gap) for c in range(columns)]
    return torch.stack([page[t : t + side, a : a + side] for t in tops for a in lefts])


def assert_images(got: torch.Tensor, wanted: torch.Tensor):
    """Compare cells with images (N, 1, H, W)."""
    torch.testing.assert_close(got, wanted[:, 0].detach().double(), rtol=1e-5, atol=1e-4)


# ---- words -----------------------------------------------------------------------------------


def title(ax: Axes) -> str:
    return ax.get_title("left") or ax.get_title("center")


_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?(?:e([+-]\d+))?")


def assert_says(text: str, *wanted: float):
    """Assert that the numbers in a text are these in this order, each rounded as written."""
    found = list(_NUMBER.finditer(text.replace("−", "-")))
    assert len(found) == len(wanted), f"{text!r} has {len(found)} numbers, not {len(wanted)}"
    for number, value in zip(found, wanted, strict=True):
        last = 10.0 ** (int(number[2] or 0) - len(number[1] or ""))  # the last digit's worth
        # half of the last digit; the rest is for a sum in single precision
        room = 0.501 * last + 1e-5 * abs(float(value))
        assert abs(float(number[0]) - float(value)) <= room, f"{value} in {text!r}"


def close(got, wanted, atol: float = 1e-5):
    """Compare numbers that were computed on two ways in single precision."""
    np.testing.assert_allclose(
        np.asarray(got, float), np.asarray(wanted, float), rtol=1e-5, atol=atol
    )
