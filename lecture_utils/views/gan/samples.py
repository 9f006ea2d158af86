"""Pictures of what a GAN's generator makes: points, images, a walk through the latent space."""

import numpy as np
import torch

from ...plots import DATA, MODEL, SECOND, THIRD, TRUTH, curves, image_grid


def real_and_fake(real, fake):
    """Real images and fakes, (N, 1, H, W) each."""

    def view(left, right):
        """Left, scans of handwritten digits. Right, random pixels."""
        left.figure.set_size_inches(9.4, 2.3)
        image_grid(left, real, 8, "data")
        image_grid(right, fake, 8, "a beginner's fakes: random pixels")
        return lambda: None

    return view


def modes_found(data, centres, modes):
    """Fakes in the plane while they are trained.

    `data` (N, 2), `centres` (K, 2), `modes(fakes)` → how many are found.
    """
    side = (torch.arange(41) + 0.5) / 41 * 6 - 3  # the middles of the cells
    plane = torch.cartesian_prod(side, side)
    z = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))

    def view(left, right):
        """Left, the data in grey, the fakes in blue, and D's opinion as shading. Right, the
        number of modes found against the step."""
        left.figure.set_size_inches(9.6, 4.4)
        options = {"extent": (-3, 3, -3, 3), "origin": "lower", "vmin": -1, "vmax": 1}
        shade = left.imshow(np.zeros((41, 41)), cmap="PiYG", alpha=0.45, **options)
        left.plot(*data[:400].T.numpy(), ".", color=DATA, ms=4)
        (dots,) = left.plot([], [], ".", color=MODEL, ms=4)
        left.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticks=[], yticks=[])
        title = left.set_title("", loc="left")
        of = len(centres)
        add = curves(right, {"modes found": MODEL}, f"Modes found, of {of}", high=1.25 * of)
        right.axhline(of, color=TRUTH, lw=2.5)

        @torch.no_grad()
        def update(step):
            fakes = step.averaged.generate(z)
            dots.set_data(*fakes.T.numpy())
            logits = step.model.D(plane)[:, 0]
            logits = (logits - logits.median()) / (logits.std() + 1e-6)
            shade.set_data(logits.clamp(-1, 1).view(41, 41).T.numpy())
            found = modes(fakes)
            title.set_text(f"{found} of {of} modes; green: where D is high")
            add(step.step, **{"modes found": found})

        return update

    return view


def hops(data, live, shares):
    """A generator's fakes after each of its turns.

    `data` (N, 2); `live` is step → fakes (M, 2), for all steps 1, 2, …; `shares(fakes)` → (K,).
    """
    few = min(200, len(live))  # the first count most
    rounds = [*range(1, few + 1), *range(few + 10, len(live) + 1, 10)]
    near = np.array([shares(live[n]).numpy() for n in rounds])  # (rounds, K)

    def view(left, right):
        """Left, the data in grey and the fakes of one moment in blue. Right, a row for each
        mode: the darker, the more of the fakes lie near it. One dark row is a collapse; four
        pale ones are what is wanted."""
        left.figure.set_size_inches(9.6, 4.0)
        left.plot(*data[:400].T.numpy(), ".", color=DATA, ms=4)
        (dots,) = left.plot([], [], ".", color=MODEL, ms=4)
        left.set(xlim=(-4, 4), ylim=(-4, 4), aspect="equal", xticks=[], yticks=[])
        title = left.set_title("", loc="left")
        look = {"cmap": "Blues", "vmin": 0, "vmax": 1, "aspect": "auto"}
        right.imshow(near.T, interpolation="nearest", **look)
        here = right.axvline(0, color=THIRD, lw=2)
        ticks = [n for n in (1, 100, 200, 500, 800) if n in rounds]
        right.set_xticks([rounds.index(n) for n in ticks], ticks)
        right.set(yticks=[], xlabel="round", ylabel="a row for each mode")
        right.set_title("How many fakes are near each mode")

        def update(step):
            fakes = live[step]
            dots.set_data(*fakes.T.numpy())
            here.set_xdata([np.searchsorted(rounds, step)] * 2)
            share = float(shares(fakes).max())
            title.set_text(f"round {step}: at most {share:.0%} near one mode")

        return update

    return view


def clouds(data, fakes):
    """Data (N, 2) and the fakes of two models: name → (M, 2)."""

    def view(left, right):
        """Two pictures of the plane, the data in grey below the fakes of a model in blue."""
        left.figure.set_size_inches(7.4, 3.6)
        for ax, (name, x) in zip((left, right), fakes.items(), strict=True):
            ax.plot(*data[:400].T.numpy(), ".", color=DATA, ms=4)
            ax.plot(*x[:600].T.numpy(), ".", color=MODEL, ms=2.5)
            ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticks=[], yticks=[], title=name)
        return lambda: None

    return view


def cloud():
    """Fakes in the plane, of a training on the points that the reader drew."""
    z = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))

    def view(ax):
        """Fakes in blue: they gather where the reader's points are."""
        ax.figure.set_size_inches(3.5, 3.7)
        (dots,) = ax.plot([], [], ".", color=MODEL, ms=4)
        ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
        title = ax.set_title("", loc="left")

        def update(step):
            dots.set_data(*step.averaged.generate(z).T.numpy())
            title.set_text(f"fakes at step {step.step}")

        return update

    return view


def fakes_and_losses(shape=(1, 8, 8), levels=17):
    """Images from fixed codes while a GAN trains, beside its losses."""

    def view(left, right):
        """Left, forty-eight fakes from fixed codes. Right, both players' losses against the
        step: they tell little."""
        left.figure.set_size_inches(8.8, 3.8)
        title = "fakes from 48 fixed z"
        images = image_grid(left, torch.zeros(48, *shape), 8, title, levels)
        colors = {"D's loss": SECOND, "G's loss": MODEL}
        add = curves(right, colors, "The losses (cut at 3)", low=0.0, high=3.0)

        def update(step):
            gan, generator = step.averaged, torch.Generator().manual_seed(0)
            images(gan.generate(torch.randn(48, gan.latent, generator=generator)))
            losses = {f"{name}'s loss": min(3.0, step.losses[name]) for name in "DG"}
            add(step.step, **losses)

        return update

    return view


def pairs(fakes, nearest, shares):
    """Fakes (N, 1, H, W) above the training images nearest to them, and shares of the digits.

    `shares` is name → (10,): of real images, and of fakes.
    """

    def view(left, right):
        """Left, above, fakes; below each, the nearest training image. Right, the share of each
        digit among real images in grey, and among fakes in blue."""
        left.figure.set_size_inches(9.6, 2.6)
        title = "fakes, and the nearest training images"
        image_grid(left, torch.cat([fakes, nearest]), len(fakes), title)
        for (name, share), color, aside in zip(
            shares.items(), (DATA, MODEL), (-0.2, 0.2), strict=True
        ):
            right.bar(np.arange(10) + aside, share.numpy(), 0.4, color=color, label=name)
        right.set(ylim=(0, 0.25), xticks=range(10), xlabel="digit", title="Share of each digit")
        right.legend(ncols=2, loc="upper center")
        return lambda: None

    return view


def latent_walk(generate, walk):
    """Images along a path of codes: `walk(t, pair)` (T,) → (T, latent)."""

    def view(left, right):
        """Left, the image at t. Right, ten images along the whole path: digits change into each
        other through shapes in between."""
        left.figure.set_size_inches(9.4, 3.2)
        along = torch.linspace(0, 1, 10)
        image = image_grid(left, generate(walk(along[:1], 0)), 1, gap=0)
        title = left.set_title("", loc="left")
        strip = image_grid(right, generate(walk(along, 0)), 5, "t = 0, 0.11, ..., 1")

        def update(t=0.0, pair=0):
            image(generate(walk(torch.tensor([t]), pair)))
            strip(generate(walk(along, pair)))
            title.set_text(f"G(z) at t = {t:.2f}")

        return update

    return view
