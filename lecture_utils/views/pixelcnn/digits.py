"""Pictures of a PixelCNN of digits: training, a film of pixels, drawings that it finishes."""

import numpy as np
import torch
from matplotlib.patches import Rectangle

from ...plots import DATA, MODEL, TRUTH, curves, image_grid, tile
from .rule import so_far


def learning_pixels(x, n=24):
    """An autoregressive model of digits while it learns; it does not train on the images x."""

    def view(left, right):
        """Left, samples of the model as it stands. Right, the loss on the batch, and −log P of
        images that it does not train on: a number of the same kind, and nearly the same."""
        left.figure.set_size_inches(8.8, 3.7)
        images = image_grid(left, torch.zeros(n, *x.shape[1:]), 8, "samples")
        colors = {"this batch": DATA, "not trained on": MODEL}
        add = curves(right, colors, "−log P (nats)", low=60.0, high=140.0)

        @torch.no_grad()
        def update(step):
            images(step.averaged.sample(n, torch.Generator().manual_seed(0)))
            nats = step.losses["loss"], step.averaged.loss(x).item()
            cut = {name: min(140.0, v) for name, v in zip(colors, nats, strict=True)}
            add(step.step, **cut)

        return update

    return view


def surprise(x, nats):
    """Images x (N, 1, H, W), and −log P of each of their pixels, (N, H, W), in nats."""

    def view(figure):
        """Above, digits. Below each, how much its pixels surprised the model, darker for more:
        the edges of strokes; the empty margin costs nothing."""
        figure.set_size_inches(9.4, 3.1)
        above, below = figure.subplots(2, 1)
        image_grid(above, x, len(x), "digits")
        shade = below.imshow(tile(nats[:, None], len(x)), vmin=0, vmax=5, cmap="Oranges")
        below.set_title("surprise")
        below.axis("off")
        figure.colorbar(shade, ax=[above, below], label="nats", shrink=0.8, pad=0.01)
        return lambda: None

    return view


def pixel_film(levels=17):
    """Images drawn pixel by pixel: a record's `x` (n, 1, H, W), and `p` (n, levels)."""

    def view(left, right):
        """Left, twelve images so far; blue-grey is not drawn yet. Right, for the image with the
        frame, what the framed pixel was drawn from: a bar for each level, and in orange the
        one that was drawn."""
        left.figure.set_size_inches(8.8, 3.5)
        images = image_grid(left, torch.zeros(12, 1, 8, 8), 4)
        frame = left.add_patch(Rectangle((0, 0), 1, 1, fill=False, ec=TRUTH, lw=2))
        title, chances = left.set_title("", loc="left"), _chances(right, levels)

        def update(state):
            images(so_far(state.x[:12], state.step))
            frame.set_xy((state.column + 0.5, state.row + 0.5))
            title.set_text(f"{state.step} of {state.steps} pixels")
            chances(state.p[0], int(state.x[0, 0, state.row, state.column]))

        return update

    return view


def _chances(ax, levels):
    """Prepare bars of a pixel's distribution; return `show(p, drawn)`."""
    bars = ax.bar(np.arange(levels), np.zeros(levels), color=MODEL)
    ax.set(ylim=(0, 1.02), xlabel="level", title="P(this pixel | all before it)")
    ax.set_xticks(range(0, levels, 4))

    def show(p, drawn=None):
        for level, (bar, height) in enumerate(zip(bars, p.tolist(), strict=True)):
            bar.set_height(height)
            bar.set_color(TRUTH if level == drawn else MODEL)

    return show


def next_pixel(levels=17):
    """One image and its next pixel: a record's `x` (1, 1, H, W), `place`, `p` (levels,)."""

    def view(left, right):
        """Left, the image so far; a frame marks the pixel that comes next. Right, the
        distribution it will be drawn from."""
        left.figure.set_size_inches(7.6, 3.5)
        image = image_grid(left, torch.zeros(1, 1, 8, 8), 1)
        frame = left.add_patch(Rectangle((0, 0), 1, 1, fill=False, ec=TRUTH, lw=3))
        title, chances = left.set_title("", loc="left"), _chances(right, levels)

        def update(step):
            image(so_far(step.x, step.place))
            row, column = divmod(min(step.place, 63), 8)
            frame.set_xy((column + 0.5, row + 0.5))
            frame.set_visible(step.place < 64)
            title.set_text(f"log P so far: {step.log_p:.1f} nats")
            chances(step.p)

        return update

    return view


def tempered(heat, real, floor):
    """Samples by their temperature: `heat` is T → images (N, 1, 8, 8), their mean log P, and
    their Fréchet distance to real images; `real` is the mean log P of these, and `floor` the
    distance of other real images."""

    def view(left, right):
        """Left, samples at the chosen temperature. Right, a dot for each temperature: how
        probable its samples are, and how far from real images. The dashed line marks how
        probable real images are: hot samples are to its left, cold ones to its right. The
        dotted one marks how far other real images are."""
        left.figure.set_size_inches(8.8, 3.6)
        images = image_grid(left, torch.zeros(32, 1, 8, 8), 8)
        title = left.set_title("", loc="left")
        right.axvline(real, color=DATA, ls="--", lw=2, label="test images")
        right.axhline(floor, color=DATA, ls=":", lw=2, label="training images")
        _, log_p, distance = zip(*heat.values(), strict=True)
        right.plot(log_p, distance, "o-", color=MODEL, label="samples")
        (here,) = right.plot([], [], "o", ms=15, mfc="none", color="black")
        right.set(xlabel="mean log P (nats)", title="Fréchet distance", ylim=(0, None))
        right.legend(loc="upper left")

        def update(T=1.0):
            x, *dot = heat[T]
            images(x[:32])
            title.set_text(f"temperature {T:.1f}")
            here.set_data(*([v] for v in dot))

        return update

    return view


def finished(finish):
    """A drawing, of which a model keeps the upper rows: `finish(drawing, rows, T)` → images
    (12, 1, 8, 8) and log P of what was added, (12,), in nats."""

    def view(left, right):
        """Left, what is kept of the drawing. Right, twelve ways to go on from there, the most
        probable first; below each, log P of what was added."""
        left.figure.set_size_inches(8.8, 3.9)
        kept = image_grid(left, torch.zeros(1, 1, 8, 8), 1, "kept")
        images = image_grid(right, torch.zeros(12, 1, 8, 8), 4, "twelve ways on", gap=3)
        places = [(6.5 + 11 * (i % 4), 12.3 + 11 * (i // 4)) for i in range(12)]
        words = [right.text(*at, "", ha="center", va="center", fontsize=10.5) for at in places]

        def update(drawing, rows=4, T=1.0):
            x, log_p = finish(drawing, rows, T)
            order = log_p.argsort(descending=True)
            kept(so_far(drawing, 8 * rows))
            images(x[order])
            for word, nats in zip(words, log_p[order].tolist(), strict=True):
                word.set_text(f"{nats:.1f}")

        return update

    return view
