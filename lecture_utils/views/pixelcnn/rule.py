"""Pictures of the chain rule: orders of the pixels, and a sum over all images."""

import numpy as np
import torch

from ...plots import DATA, MODEL, THIRD, TRUTH, image_grid


def so_far(x, n: int):
    """Return images x (N, 1, H, W), with NaN in all pixels but the first n."""
    x = x.clone().float()
    x.view(len(x), -1)[:, n:] = torch.nan
    return x


def read_so_far(x):
    """Images x (N, 1, 8, 8) while they are read: seven moments of each."""

    def view(ax):
        """Each row is one digit, from left to right with more and more of its pixels known, row
        after row. What is not known yet is blue-grey."""
        ax.figure.set_size_inches(8.6, 1.2 * len(x) + 0.5)
        moments = [10, 19, 28, 37, 46, 55, 64]
        shown = [so_far(image[None], n) for image in x for n in moments]
        image_grid(ax, torch.cat(shown), 7, "known so far: 10, 19, 28, … 64 pixels")
        return lambda: None

    return view


def orders(measured):
    """Orders of nine pixels: `measured` is name → (order, entropies (9,), lost (9,)).

    The entropies are those of each pixel given all before it; `lost` the nats that are lost if
    a pixel is told only the k before it, k = 0..8.
    """

    def view(figure):
        """Left, in which order the nine pixels come. Middle, how uncertain each still is, given
        all before it: the heights differ between orders, their sum does not. Right, what is
        lost if a pixel is told only the last few before it: with all, nothing, in every
        order."""
        figure.set_size_inches(9.4, 3.2)
        grid, bars, lines = figure.subplots(1, 3, width_ratios=[0.8, 1.2, 1.2])
        grid.set(xlim=(-0.5, 2.5), ylim=(2.5, -0.5), aspect="equal", xticks=[], yticks=[])
        for at in (0.5, 1.5):
            grid.axhline(at, color=DATA, lw=0.8)
            grid.axvline(at, color=DATA, lw=0.8)
        grid.spines[:].set_visible(True)
        (path,) = grid.plot([], [], color=MODEL, lw=2, alpha=0.35)
        numbers = [grid.text(0, 0, str(n + 1), ha="center", va="center") for n in range(9)]
        title = grid.set_title("", loc="left")
        each = bars.bar(np.arange(1, 10), np.zeros(9), color=MODEL)
        bars.axhline(np.log(2), color=DATA, ls="--", lw=1.5)  # of a fair coin
        bars.set(ylim=(0, 0.75), xlabel="which pixel", xticks=range(1, 10))
        total = bars.set_title("", loc="left")
        for _, _, lost in measured.values():
            lines.plot(range(9), lost, color=DATA, lw=1.5, alpha=0.6)
        (chosen,) = lines.plot([], [], "o-", color=MODEL, lw=2.5)
        lines.set(xlabel="pixels told, at most", title="Lost (nats)", xticks=range(9))
        lines.set_ylim(0, 1.05 * max(lost[0] for _, _, lost in measured.values()))

        def update(order="rows"):
            places, entropies, lost = measured[order]
            rows, columns = np.divmod(places, 3)
            path.set_data(columns, rows)
            for number, x, y in zip(numbers, columns, rows, strict=True):
                number.set_position((x, y))
            for bar, height in zip(each, entropies, strict=True):
                bar.set_height(float(height))
            chosen.set_data(range(9), lost)
            title.set_text(f"order: {order}")
            total.set_text(f"Uncertain by (sum {float(sum(entropies)):.3f} nats)")

        return update

    return view


def counting(images):
    """All images (N, 1, H, W) of a few pixels, counted: a record's `log_p` are those so far."""

    def view(left, right):
        """Left, the sum of the probabilities against the images counted: in the end exactly
        one. Right, the forty most probable images so far."""
        left.figure.set_size_inches(8.6, 3.4)
        (line,) = left.plot([0], [0], color=MODEL, lw=2.5)
        left.axhline(1, color=TRUTH, lw=2)
        left.set(xlim=(0, len(images)), ylim=(0, 1.15), xlabel="images counted")
        left.xaxis.set_major_formatter("{x:,.0f}")
        title = left.set_title("", loc="left")
        best = image_grid(right, images[:40], 8, "the most probable so far", levels=2)

        def update(step):
            sums = torch.cat([torch.zeros(1), step.log_p.exp().cumsum(0)[255::256].cpu()])
            line.set_data(np.arange(len(sums)) * 256, sums)
            title.set_text(f"Sum: {step.log_p.exp().sum():.6f}")
            best(images[step.log_p.topk(40).indices])

        return update

    return view


def cheat(losses, sums, samples):
    """Two models, name → its losses, its sum over all images, and its samples (N, 1, 4, 4)."""

    def view(figure):
        """Left, the loss of both models: the cheat's falls to nought. Middle, the sum of what
        each calls probabilities, over all images. Right, samples of each: the cheat's are no
        shapes."""
        figure.set_size_inches(9.4, 3.2)
        left, middle, *images = figure.subplots(1, 4, width_ratios=[1.5, 1, 1, 1])
        colors = dict(zip(losses, (MODEL, THIRD), strict=True))
        for name, color in colors.items():
            left.plot(losses[name], color=color, label=name)
        left.set(xlabel="step", title="Loss (nats)", ylim=(0, None))
        left.legend()
        bars = middle.bar(list(sums), list(sums.values()), color=list(colors.values()))
        middle.bar_label(bars, [f"{total:,.0f}" for total in sums.values()])
        middle.set(yscale="log", ylim=(0.5, 3e5), title='Sum of "P"')
        for ax, (name, x) in zip(images, samples.items(), strict=True):
            image_grid(ax, x, 4, f"samples, {name}", levels=2)
            ax.title.set_color(colors[name])
        return lambda: None

    return view
