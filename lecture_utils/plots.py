"""The course's style and its few pictures. Each takes the axes it draws on; those that move return their update."""

import math
from typing import Callable

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

# The same everywhere, and told apart by colour-blind readers: Okabe and Ito's palette.
DATA, MODEL, TRUTH, NOISE, SECOND, THIRD = (
    "#808080",
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#D55E00",
)


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
    """Return images (N, 1, H, W) as one array, `columns` a row, `gap` pixels around each; gaps and unfilled places are NaN."""
    n, _, height, width = images.shape
    rows = -(-n // columns)
    page = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap), np.nan)
    for i, image in enumerate(images[:, 0].detach().numpy()):
        r, c = divmod(i, columns)
        page[r * (height + gap) + gap :, c * (width + gap) + gap :][:height, :width] = image
    return page


def image_grid(
    ax: Axes, images: Tensor, columns: int = 8, title: str = "", levels: int = 17, gap: int = 1
) -> Callable:
    """Draw images (N, 1, H, W), `columns` a row; return a function that replaces them."""
    picture = ax.imshow(
        tile(images, columns, gap),
        vmin=0,
        vmax=levels - 1,
        cmap=matplotlib.colormaps["gray_r"].with_extremes(bad="#dfe7ee"),
    )
    ax.set_title(title)
    ax.axis("off")
    return lambda images: picture.set_data(tile(images, columns, gap))


def curves(ax: Axes, colors: dict, title: str = "", top: float = None) -> Callable:
    """Prepare one growing line for each name in `colors`; return `add(step, **values)`, which appends a point to each.

    The axes grow in leaps, since new ticks cost ten times what a longer line does; `top` fixes the upper end.
    """
    ax.set(title=title, xlabel="step", xlim=(0, 1), ylim=(0, top or 1e-9))
    lines = {
        name: ax.plot([], [], color=color, label=name)[0] for name, color in colors.items()
    }
    ax.legend(loc="upper right")

    def add(step: int, **values: float):
        for name, value in values.items():
            xs, ys = lines[name].get_data()
            earlier = (
                np.asarray(xs) < step
            )  # a step that comes again replaces what it and later ones left: training started over
            lines[name].set_data(
                np.append(np.asarray(xs)[earlier], step),
                np.append(np.asarray(ys)[earlier], value),
            )
        if step > ax.get_xlim()[1]:
            ax.set_xlim(0, max(400, 2 ** math.ceil(math.log2(step / 100)) * 100))
        highest = max(filter(math.isfinite, values.values()), default=0)
        if top is None and highest > ax.get_ylim()[1]:
            ax.set_ylim(0, 1.3 * highest)

    return add


def codes(
    ax: Axes, z: Tensor, labels: Tensor, title: str = "", size: float = 9, alpha: float = 1.0
) -> None:
    """Draw 2-D codes z (N, 2), coloured by the class 0..9 they come from, with the class written at its median."""
    z = z.detach().numpy()
    ax.scatter(
        *z.T, c=labels.numpy(), cmap="tab10", s=size, alpha=alpha, vmin=0, vmax=9, linewidths=0
    )
    for digit in torch.unique(labels).tolist():
        x, y = np.median(z[labels.numpy() == digit], axis=0)
        ax.text(
            x,
            y,
            str(digit),
            ha="center",
            va="center",
            fontsize=13,
            fontweight="bold",
            bbox={
                "boxstyle": "circle,pad=0.15",
                "facecolor": "white",
                "edgecolor": "none",
                "alpha": 0.6,
            },
        )
    ax.set_title(title)
    ax.set_xlabel("$z_1$")
    ax.set_ylabel("$z_2$")
