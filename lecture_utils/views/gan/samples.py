"""Pictures of what a GAN's generator makes: points in the plane, images, a walk through the latent space."""

import numpy as np
import torch

from ...plots import DATA, MODEL, SECOND, TRUTH, curves, image_grid


def real_and_fake(real, fake):
    """Real images and fakes, (N, 1, H, W) each."""

    def view(left, right):
        """Left, scans of handwritten digits. Right, random pixels."""
        left.figure.set_size_inches(9.4, 2.3)
        image_grid(left, real, 8, "data")
        image_grid(right, fake, 8, "a beginner's fakes: random pixels")
        return lambda: None

    return view


def ring(data, centres, modes):
    """Fakes in the plane while they are trained: `data` (N, 2), `centres` (K, 2), `modes(fakes)` → how many are found."""
    side = torch.linspace(-3, 3, 41)
    plane = torch.cartesian_prod(side, side)
    z = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))

    def view(left, right):
        """Left, the data in grey, the fakes in blue, and D's opinion as shading. Right, the number of modes found against the
        step."""
        left.figure.set_size_inches(9.6, 4.4)
        shade = left.imshow(
            np.zeros((41, 41)),
            extent=(-3, 3, -3, 3),
            origin="lower",
            cmap="PiYG",
            vmin=-1,
            vmax=1,
            alpha=0.45,
        )
        left.plot(*data[:400].T.numpy(), ".", color=DATA, ms=4)
        (dots,) = left.plot([], [], ".", color=MODEL, ms=4)
        left.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticks=[], yticks=[])
        title = left.set_title("", loc="left")
        add = curves(right, {"modes found": MODEL}, "Modes found, of 8", top=10)
        right.axhline(8, color=TRUTH, lw=2.5)

        @torch.no_grad()
        def update(step):
            fakes = step.model.generate(z)
            dots.set_data(*fakes.T.numpy())
            logits = step.model.D(plane)[:, 0]
            logits = (logits - logits.median()) / (logits.std() + 1e-6)
            shade.set_data(logits.clamp(-1, 1).view(41, 41).T.numpy())
            found = modes(fakes)
            title.set_text(f"{found} of 8 modes; green: where D is high")
            add(step.step, **{"modes found": found})

        return update

    return view


def cloud():
    """Fakes in the plane, and the points that the reader drew, which are the rows of the training."""
    z = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))

    def view(ax):
        """Fakes in blue: they gather where the reader's points are."""
        ax.figure.set_size_inches(3.5, 3.7)
        (dots,) = ax.plot([], [], ".", color=MODEL, ms=4)
        ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
        title = ax.set_title("", loc="left")

        def update(step):
            dots.set_data(*step.model.generate(z).T.numpy())
            title.set_text(f"fakes at step {step.step}")

        return update

    return view


def fakes_and_losses():
    """Images from fixed codes while a GAN trains, beside its losses."""
    z = torch.randn(48, 16, generator=torch.Generator().manual_seed(0))

    def view(left, right):
        """Left, forty-eight fakes from fixed codes. Right, both players' losses against the step: they tell little."""
        left.figure.set_size_inches(9.6, 4.2)
        images = image_grid(left, torch.zeros(48, 1, 8, 8), 8, "fakes from 48 fixed z")
        add = curves(
            right, {"D's loss": SECOND, "G's loss": MODEL}, "The losses (cut at 3)", top=3.0
        )

        def update(step):
            images(step.model.generate(z))
            add(
                step.step,
                **{"D's loss": step.losses["D"], "G's loss": min(3.0, step.losses["G"])},
            )

        return update

    return view


def pairs(fakes, nearest):
    """Fakes (N, 1, H, W) above the training images nearest to them."""

    def view(ax):
        """Above, fakes; below each, the nearest training image."""
        ax.figure.set_size_inches(7.6, 2.4)
        image_grid(
            ax,
            torch.cat([fakes, nearest]),
            len(fakes),
            "above: fakes; below: the nearest training images",
        )
        return lambda: None

    return view


def latent_walk(generate, walk):
    """Images along a path of codes: `walk(t, pair)` (T,) → (T, latent)."""

    def view(left, right):
        """Left, the image at t. Right, ten images along the whole path: digits change into each other through shapes in
        between."""
        left.figure.set_size_inches(9.4, 3.2)
        image = image_grid(left, torch.zeros(1, 1, 8, 8), 1, gap=0)
        title = left.set_title("", loc="left")
        strip = image_grid(right, torch.zeros(10, 1, 8, 8), 5, "t = 0, 0.11, ..., 1")

        def update(t=0.0, pair=0):
            image(generate(walk(torch.tensor([t]), pair)))
            strip(generate(walk(torch.linspace(0, 1, 10), pair)))
            title.set_text(f"G(z) at t = {t:.2f}")

        return update

    return view
