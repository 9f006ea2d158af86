"""The course's style and its few pictures.

Each takes the axes it draws on; those that move return their update.
"""

import math
from collections.abc import Callable

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

# The same everywhere, and told apart by colour-blind readers: Okabe and Ito's palette.
DATA, MODEL, TRUTH, NOISE = "#808080", "#0072B2", "#E69F00", "#009E73"
SECOND, THIRD = "#CC79A7", "#D55E00"
_PAGE = matplotlib.colormaps["gray_r"].with_extremes(bad="#dfe7ee")  # ink; gaps are blue-grey


def style():
    """Set the course's figure style in matplotlib's parameters."""
    matplotlib.rcParams.update(
        {
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 11.5,
            "axes.titlesize": 12.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "legend.frameon": False,
            "axes.prop_cycle": matplotlib.cycler(color=[MODEL, TRUTH, NOISE, SECOND, DATA]),
            "image.cmap": "gray_r",
        }
    )


def tile(images: Tensor, columns: int, gap: int = 1) -> np.ndarray:
    """Return images (N, 1, H, W) as one array, `columns` a row, `gap` pixels around each.

    Gaps and places without an image are NaN.
    """
    n, _, height, width = images.shape
    rows = -(-n // columns)
    page = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap), np.nan)
    for i, image in enumerate(images[:, 0].detach().numpy()):
        r, c = divmod(i, columns)
        place = page[r * (height + gap) + gap :, c * (width + gap) + gap :]
        place[:height, :width] = image
    return page


def image_grid(
    ax: Axes, images: Tensor, columns: int = 8, title: str = "", levels: int = 17, gap: int = 1
) -> Callable:
    """Draw images (N, 1, H, W), `columns` a row; return a function that replaces them."""
    picture = ax.imshow(tile(images, columns, gap), vmin=0, vmax=levels - 1, cmap=_PAGE)
    ax.set_title(title)
    ax.axis("off")
    return lambda images: picture.set_data(tile(images, columns, gap))


def curves(
    ax: Axes, colors: dict, title: str = "", low: float | None = None, high: float | None = None
) -> Callable:
    """Prepare one growing line for each name in `colors`; return `add(step, **values)`.

    It appends a point to each line named. The axes grow in leaps, since new ticks cost ten
    times what a longer line does; `low` and `high` fix the ends of y. A step that was there
    already replaces what it and later ones left: it starts over.
    """
    ax.set(title=title, xlabel="step")
    lines = {name: ax.plot([], [], color=c, label=name)[0] for name, c in colors.items()}
    ax.legend(loc="upper right")

    def add(step: float = 0, **values: float):
        for line in lines.values():
            xs, ys = (np.asarray(a) for a in line.get_data())
            line.set_data(xs[xs <= step], ys[xs <= step])
        for name, value in values.items():
            xs, ys = lines[name].get_data()
            kept = xs < step
            lines[name].set_data(np.append(xs[kept], step), np.append(ys[kept], value))
        xs, ys = np.concatenate([line.get_data() for line in lines.values()], axis=1)
        ys = np.append(ys[np.isfinite(ys)], 0)
        right = 2.0 ** math.ceil(math.log2(max(xs, default=1) / 100 + 1e-9)) * 100
        bottom = _leap(ys.min()) if low is None else low
        top = _leap(ys.max()) if high is None else high
        ax.set(xlim=(0, max(400.0, right)), ylim=(bottom, top if top > bottom else bottom + 1))

    add()
    return add


def _leap(value: float) -> float:
    """Return an end of an axis a little beyond this value, or 0: it seldom moves as that
    grows."""
    size = abs(value)
    if size < 1e-300:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(size))
    beyond = next(
        unit * leap for leap in (1, 1.5, 2, 3, 5, 7, 10, 15) if unit * leap > 1.03 * size
    )
    return math.copysign(beyond, value)


def density(
    ax: Axes,
    reach: float = 3.0,
    cells: int = 60,
    top: float | None = None,
    color: str = MODEL,
) -> Callable:
    """Prepare shading of a density on the square −reach..reach; return `show(log_prob)`.

    `log_prob(x)` is (N,) of points (N, 2), in nats; the full shade is at the density `top`, or
    at the largest one.
    """
    side = (torch.arange(cells) + 0.5) / cells * 2 * reach - reach  # the middles of the cells
    points = torch.cartesian_prod(side, side)  # (cells², 2), x first
    shades = matplotlib.colors.LinearSegmentedColormap.from_list("shades", ["white", color])
    options = {"extent": (-reach, reach, -reach, reach), "origin": "lower", "cmap": shades}
    shade = ax.imshow(np.zeros((cells, cells)), vmin=0, vmax=1, zorder=0, **options)

    def show(log_prob: Callable):
        p = log_prob(points).detach().exp()  # it may itself need gradients
        p = p.view(cells, cells).T  # a row of the image has one y
        shade.set_data((p / (top or p.max().clamp_min(1e-30))).numpy())

    return show


def vector_field(
    ax: Axes,
    reach: float = 3.0,
    arrows: int = 15,
    unit: float | None = None,
    color: str = MODEL,
) -> Callable:
    """Prepare arrows on the square −reach..reach; return `show(field)`.

    `field(x)` is (N, 2) of points (N, 2). A vector as long as `unit`, or the longest one, is
    drawn as long as the arrows are apart, and longer ones not longer.
    """
    apart = 2 * reach / arrows
    side = (torch.arange(arrows) + 0.5) * apart - reach
    points = torch.cartesian_prod(side, side)
    zeros = np.zeros(len(points))
    options = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.004, "color": color}
    quiver = ax.quiver(*points.T.numpy(), zeros, zeros, pivot="mid", **options)

    def show(field: Callable):
        v = field(points).detach()  # a score may itself be a gradient
        length = v.norm(dim=1, keepdim=True).clamp_min(1e-30)
        v = v / length * (length / (unit or length.max())).clamp(max=1.0) * apart
        quiver.set_UVC(*v.T.numpy())

    return show


def codes(
    ax: Axes, z: Tensor, labels: Tensor, title: str = "", size: float = 9, alpha: float = 1.0
) -> None:
    """Draw 2-D codes z (N, 2), coloured by their class 0..9, which is written at its median."""
    z, labels = z.detach().numpy(), labels.numpy()
    ax.scatter(*z.T, c=labels, cmap="tab10", s=size, alpha=alpha, vmin=0, vmax=9, linewidths=0)
    box = {
        "boxstyle": "circle,pad=0.15",
        "facecolor": "white",
        "edgecolor": "none",
        "alpha": 0.6,
    }
    look = {"ha": "center", "va": "center", "fontsize": 13, "fontweight": "bold", "bbox": box}
    for digit in np.unique(labels):
        x, y = np.median(z[labels == digit], axis=0)
        ax.text(x, y, str(digit), **look)
    ax.set(title=title, xlabel="$z_1$", ylabel="$z_2$")
