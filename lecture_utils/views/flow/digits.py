"""Pictures of a flow of images: losses, samples, codes, and what it calls likely."""

import numpy as np
import torch

from ...plots import DATA, MODEL, SECOND, THIRD, TRUTH, curves, image_grid


def runaway(losses):
    """Losses of two trainings against the step: name → numbers."""

    def view(ax):
        """Two losses: with noise it settles, on the bare numbers it falls and falls."""
        ax.figure.set_size_inches(5.6, 3.2)
        labels = {"bare": "on the bare numbers", "noisy": "with noise"}
        for (name, each), color in zip(losses.items(), (THIRD, MODEL), strict=True):
            ax.plot(np.arange(1, len(each) + 1), each, color=color, lw=1.2, label=labels[name])
        ax.axhline(0, color=DATA, lw=1, ls=":")
        ax.set(ylim=(None, 220), xlabel="step", title="The loss, −log p (nats)")
        ax.legend()
        return lambda: None

    return view


def flow_of_images(x, levels=17):
    """A flow of images while it trains: `x` are images it does not train on."""

    def view(left, right):
        """Left, samples from fixed z. Right, the bound on the images it does not train on, in
        nats, against the step."""
        left.figure.set_size_inches(8.8, 3.9)
        blank = torch.zeros(40, *x.shape[1:])
        images = image_grid(left, blank, 8, "samples from 40 fixed z", levels)
        add = curves(
            right, {"−bound": MODEL}, "Not trained on (nats, cut at 180)", low=80.0, high=180.0
        )

        @torch.no_grad()
        def update(step):
            model, generator = step.model, torch.Generator().manual_seed(0)
            images(model.sample(40, generator))
            nats = -model.bound(x[:200], generator).mean().item()
            add(step.step, **{"−bound": min(180.0, nats)})

        return update

    return view


def temperature(flow, z, curve):
    """Images from the same z (N, D), shrunk or stretched; `curve` is temperature → (mean bound,
    Fréchet distance) of samples."""
    ts, (nats, distances) = list(curve), np.array(list(curve.values())).T

    def view(figure):
        """Left, forty samples: at a low temperature they are alike, at a high one varied and
        rough. Right, against the temperature: the mean bound of samples is highest well below
        1, the Fréchet distance is lowest near 1."""
        figure.set_size_inches(9.0, 3.5)
        rows = [["images", "nats"], ["images", "distance"]]
        axes = figure.subplot_mosaic(rows, width_ratios=[2.4, 1])
        images = image_grid(axes["images"], flow.decode(0 * z), 8)
        title, heres = axes["images"].set_title("", loc="left"), []
        for name, values, color in (("nats", nats, MODEL), ("distance", distances, SECOND)):
            axes[name].plot(ts, values, "o-", color=color, ms=4)
            axes[name].set_xlim(0, 1.25)
            heres.append(axes[name].axvline(0, color=DATA, lw=6, alpha=0.3))
        axes["nats"].set_title("Mean bound (nats)")
        axes["distance"].set(title="Fréchet distance", ylim=(0, None), xlabel="temperature")

        def update(temperature=1.0):
            images(flow.decode(temperature * z))
            title.set_text(f"samples at temperature {temperature:.2f}")
            for here in heres:
                here.set_xdata([temperature, temperature])

        return update

    return view


def ways_between(decode, line, arc, x, codes):
    """The way from one image to the next: `line` and `arc(t, start, end)` of codes, and pixels.

    `codes` (N, D) are those of the images x.
    """
    along = torch.linspace(0, 1, 9)

    def at(t, k):
        ends = codes[k : k + 1], codes[k + 1 : k + 2]
        ways = [torch.cat([way(part, *ends) for part in t]) for way in (line, arc)]
        pixels = [line(part, x[k : k + 1], x[k + 1 : k + 2]) for part in t]
        return torch.cat([decode(torch.cat(ways)), *pixels])

    def view(figure):
        """Left, the image at t: at the top by the line between two codes, in the middle by the
        arc, at the bottom the average of the pixels. Right, nine images along each way."""
        figure.set_size_inches(8.6, 3.2)
        left, right = figure.subplots(1, 2, width_ratios=[1, 3])
        now = image_grid(left, at(along[:1], 0), 1)
        title = left.set_title("", loc="left")
        strip = image_grid(right, at(along, 0), 9, "top: line, middle: arc, bottom: pixels")

        def update(t=0.5, pair=12):
            now(at(torch.tensor([t]), pair))
            strip(at(along, pair))
            title.set_text(f"t = {t:.2f}")

        return update

    return view


def drawing(flow, bound, code_and_det, x):
    """A drawing among the images x (N, 1, 8, 8).

    `bound(flow, x)` is in nats, (N,); `code_and_det(x)` → codes (N, D), and log|det|.
    """
    known, lengths = bound(flow, x), code_and_det(x)[0].norm(dim=1)
    low = float(known.min()) - 60

    def view(left, middle, right):
        """Left, the drawing as the model sees it, and decoded from its code: the same. Middle,
        the test images' bounds in grey, the drawing's as an orange line. Right, the same for
        the length of the code."""
        left.figure.set_size_inches(5.8, 3.0)
        images = image_grid(left, torch.zeros(2, 1, 8, 8), 1, "yours, and\ndecode(z)")
        look = {"fill": True, "color": DATA, "alpha": 0.5}
        heres = []
        for ax, values, edges in (
            (middle, known, np.linspace(low, float(known.max()) + 20, 60)),
            (right, lengths, np.linspace(0, 20, 60)),
        ):
            ax.stairs(np.histogram(values, edges)[0], edges, **look)
            heres.append(ax.axvline(0, color=TRUTH, lw=2.5))
            ax.set(yticks=[], xlim=(edges[0], edges[-1]))
        middle.set(xlabel="bound on log P(x)")
        right.set(xlabel="length of z")
        titles = [ax.set_title("", loc="left") for ax in (middle, right)]

        def update(drawing):
            nats = bound(flow, drawing).item()
            length = code_and_det(drawing)[0].norm().item()
            images(torch.cat([drawing, flow.decode(flow.encode(drawing))]))
            heres[0].set_xdata([max(low + 1, nats)] * 2)
            heres[1].set_xdata([min(19.5, length)] * 2)
            share = (known < nats).float().mean().item()
            titles[0].set_text(f"{nats:.0f} nats: above\n{share:.0%} of the tests")
            titles[1].set_text(f"{length:.1f}; the tests\n{lengths.mean():.1f} on average")

        return update

    return view


def typical(scores, odd):
    """Histograms of bounds, in nats: `scores` is name → (N,); `odd` is name → (image, nats)."""

    def view(left, right):
        """Left, bounds of the test images in grey and of samples in blue; vertical lines mark
        odd pages: a bar in the middle lies far to the right of all. Right, those pages."""
        left.figure.set_size_inches(8.8, 3.6)
        edges = np.linspace(-150, -35, 47)
        looks = {"fill": True, "color": DATA, "alpha": 0.5}, {"color": MODEL}
        for (name, values), look in zip(scores.items(), looks, strict=True):
            left.stairs(np.histogram(values, edges)[0], edges, lw=2, label=name, **look)
        for (name, (_, nats)), dashes in zip(odd.items(), ("-", ":", "--"), strict=True):
            beyond = f"{name}: {nats:.0f}" if nats < -150 else name
            left.axvline(max(nats, -149), color=THIRD, lw=2.5, ls=dashes, label=beyond)
        left.set(xlabel="bound on log P(x) (nats)", yticks=[], title="Likely, and likelier")
        left.set_ylim(0, 1.8 * left.get_ylim()[1])  # room for the legend
        left.legend(loc="upper left", fontsize=10, ncols=2)
        images = torch.cat([image for image, _ in odd.values()])
        image_grid(right, images, 3, ", ".join(odd))
        return lambda: None

    return view
