"""Pictures of a diffusion model of images: training, chains, the bound, guidance."""

import numpy as np
import torch

from ...plots import DATA, MODEL, NOISE, SECOND, curves, image_grid


def diffusion_of_images(x):
    """A diffusion model of images while it learns: `x` are images it does not train on."""

    def view(left, right):
        """Left, samples from the same noise: grey fog, then strokes, then digits. Right, the
        bound on the images it does not train on, in nats, against the step."""
        left.figure.set_size_inches(8.8, 3.9)
        images = image_grid(left, torch.zeros(40, *x.shape[1:]), 8, "samples, 20 steps each")
        add = curves(right, {"−bound": MODEL}, "Not trained on (nats)", low=80.0, high=200.0)

        def update(step):
            generator, model = torch.Generator().manual_seed(0), step.model
            images(model.sample(40, generator, steps=20, eta=0.0))
            nats = model.terms(x[:100], steps=20, generator=generator).sum(0).mean().item()
            add(step.step, **{"−bound": min(200.0, nats)})

        return update

    return view


def forming(images):
    """A chain of images: `images(rows)` makes images of a state's `x` and `x0`."""

    def view(left, right):
        """Left, the images on their way: noise, and slowly digits. Right, what they are taken
        for: a blur at first, the mean of all digits, that decides step by step."""
        left.figure.set_size_inches(6.6, 2.8)
        blank = torch.zeros(12, 1, 8, 8)
        on_the_way = image_grid(left, blank, 4)
        guess = image_grid(right, blank, 4, "the guess $\\hat x_0$")
        title = left.set_title("", loc="left")

        def update(state):
            on_the_way(images(state.x[:12]))
            guess(images(state.x0[:12]))
            title.set_text(f"$x_t$ at t = {state.t}")

        return update

    return view


def terms_of_bound(terms):
    """The terms of the bound, in nats: the first at T, the last at 0."""

    def view(left, right):
        """Left, the term of every step but the last against t: low for the strong noise on the
        right, and high where the noise gets small. Right, their sums as bars: the prior's is
        next to nothing; the last step, from x_1 to the levels, costs most."""
        left.figure.set_size_inches(8.2, 3.2)
        t = np.arange(len(terms) - 1, 1, -1)
        left.plot(t, terms[1:-1], color=MODEL, lw=2)
        left.set(xlabel="t", title="Step from t to t − 1 (nats)", ylim=(0, None))
        sums = [terms[0], terms[1:-1].sum(), terms[-1]]
        names = "prior", "steps", "last step"
        bars = right.bar(names, sums, color=[NOISE, MODEL, SECOND])
        right.bar_label(bars, [f"{nats:.2f}" for nats in sums])
        right.set_title("Sums (nats)")
        right.margins(y=0.15)
        return lambda: None

    return view


def guidance(draw, measured):
    """Samples of one digit: `draw(digit, w)` are 24; `measured` is w → (right, coverage)."""

    def view(figure):
        """Left, samples of the chosen digit: with more guidance they are clearer, and more
        alike. Right, against the guidance: the share that a classifier reads as that digit, and
        the share of test images that have a sample near them."""
        figure.set_size_inches(9.0, 3.6)
        rows = [["images", "right"], ["images", "coverage"]]
        axes = figure.subplot_mosaic(rows, width_ratios=[2.2, 1])
        images = image_grid(axes["images"], torch.zeros(24, 1, 8, 8), 8)
        title, heres = axes["images"].set_title("", loc="left"), []
        for i, (name, color) in enumerate((("right", MODEL), ("coverage", SECOND))):
            ax = axes[name]
            ax.plot(list(measured), [each[i] for each in measured.values()], "o-", color=color)
            heres.append(ax.axvline(0, color=DATA, lw=6, alpha=0.3))
        axes["right"].set_title("Read as that digit")
        axes["coverage"].set(title="Coverage", xlabel="w", ylim=(0, None))

        def update(w=0.0, digit=3):
            images(draw(digit, w))
            title.set_text(f"{digit}, guidance w = {w:.1f}")
            for here in heres:
                here.set_xdata([w, w])

        return update

    return view


def how_slow(measured, floor):
    """Quality and seconds against the steps: `measured` is (way, steps) → (images, distance,
    seconds); `floor` is the distance of real images."""
    ways = sorted({way for way, _ in measured})
    looks = dict(zip(ways, (SECOND, MODEL), strict=True))

    def view(figure):
        """Left, samples at the chosen number of steps. Right, the Fréchet distance to the test
        images against the seconds for them: one dot for each number of steps, which is written
        beside it. The curves are flat long before a thousand steps."""
        figure.set_size_inches(9.0, 3.7)
        left, right = figure.subplots(1, 2, width_ratios=[1.15, 1])
        images = image_grid(left, torch.zeros(40, 1, 8, 8), 8)
        title = left.set_title("", loc="left")
        for way, color in looks.items():
            steps = sorted(n for name, n in measured if name == way)
            _, distances, seconds = zip(*(measured[way, n] for n in steps), strict=True)
            right.plot(seconds, distances, "o-", color=color, label=way)
            for n, x, y in zip(steps, seconds, distances, strict=True):
                aside = {"xytext": (0, 7 if way == "DDPM" else -15), "ha": "center"}
                aside |= {"textcoords": "offset points", "color": color, "fontsize": 10}
                right.annotate(str(n), (x, y), **aside)
        right.axhline(floor, color=DATA, ls=":", label="training images")
        (here,) = right.plot([], [], "o", ms=15, mfc="none", color="black")
        right.set(xscale="log", xlabel="seconds", title="Fréchet distance", ylim=(60, 310))
        right.legend(loc="upper right", fontsize=10)

        def update(steps=20, way="DDIM"):
            x, distance, seconds = measured[way, steps]
            images(x[:40])
            here.set_data([seconds], [distance])
            title.set_text(f"{way}, {steps} steps: distance {distance:.0f}")

        return update

    return view


def nearest(x, found):
    """Images of several sources, each above the training image nearest to it.

    `found` is name → (images (N, 1, 8, 8), distances (N,), indices (N,)); `x` are the training
    images.
    """

    def view(figure):
        """Left, for each source eight images, and below each the training image nearest to it:
        the ideal denoiser's are the same. Right, how far that is: nought for the ideal
        denoiser, and alike for the trained one's samples and for test images."""
        figure.set_size_inches(8.8, 4.2)
        left, right = figure.subplots(1, 2, width_ratios=[1.2, 1])
        rows = [r for each, _, i in found.values() for r in (each[:8], x[i[:8]])]
        image_grid(left, torch.cat(rows), 8, "two rows each: " + ", ".join(found))
        for (name, (_, distance, _)), color in zip(
            found.items(), (NOISE, MODEL, DATA), strict=True
        ):
            counts, edges = np.histogram(distance, np.arange(-0.5, 36))
            filled = {"fill": True, "alpha": 0.5} if color == DATA else {"lw": 2}
            right.stairs(counts / len(distance), edges, color=color, label=name, **filled)
        right.set(xlabel="distance to the nearest training image", yticks=[], ylim=(0, 0.25))
        right.set_title("Share (cut at ¼)")
        right.legend()
        return lambda: None

    return view


def answers(solve, tasks):
    """A drawing that is seen in part only, and answers to the rest.

    `tasks` is name → (A (M, 64), seen (M,) → an image); `solve(drawing, A)` are six answers.
    """

    def view(left, middle, right):
        """From the left: the drawing, what is seen of it, and six answers of the model: they
        differ, and agree with what is seen."""
        left.figure.set_size_inches(8.2, 2.7)
        blank = torch.zeros(1, 1, 8, 8)
        images = [image_grid(ax, blank, 1) for ax in (left, middle)]
        many = image_grid(right, blank.repeat(6, 1, 1, 1), 3, "six answers")
        left.set_title("yours")
        middle.set_title("what is seen")

        def update(drawing, task="the lower half"):
            A, picture = tasks[task]
            images[0](drawing)
            images[1](picture(drawing))
            many(solve(drawing, A).clamp(0, 16))

        return update

    return view
