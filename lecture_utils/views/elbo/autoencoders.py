"""The pictures of autoencoders, and of what decoders make of codes."""

import torch

from ...plots import DATA, MODEL, NOISE, TRUTH, curves, image_grid
from ..shared import reconstructions


def linear_beside_pca(x, pca_loss, pca_images):
    """A linear autoencoder beside PCA: `pca_loss`, and PCA's reconstructions of x[:4]."""

    def view(left, right):
        """Left, the autoencoder's loss falls to PCA's. Right, images, PCA's reconstructions,
        the autoencoder's: the last two rows become the same."""
        left.figure.set_size_inches(8.4, 3.4)
        high = 2.5 * pca_loss
        loss = curves(left, {"autoencoder": MODEL}, "The loss falls to PCA's", high=high)
        left.axhline(pca_loss, color=TRUTH, lw=2.5, label="PCA")
        left.set(ylabel="‖x − x̂‖² per image")
        left.legend(loc="upper right")
        rows = torch.cat([x[:4], pca_images, pca_images])
        images = image_grid(right, rows, 4, "x, by PCA, by autoencoder")

        @torch.no_grad()
        def update(step):
            loss(step.step, autoencoder=step.losses["loss"])
            x_hat = step.model.decode(step.model.encode(x[:4]))
            images(torch.cat([x[:4], pca_images, x_hat]))

        return update

    return view


def autoencoder(x, labels):
    """An autoencoder's code map and reconstructions while it trains."""

    def view(left, right):
        """Left, the 2-D codes of the training images, coloured by digit: they drift into
        groups. Right, images above their reconstructions."""
        look = {"c": labels, "cmap": "tab10", "s": 6, "vmin": 0, "vmax": 9}
        dots = left.scatter(*torch.zeros(2, len(x)), **look)
        left.set(title="Codes z = f(x), one colour per digit", xlabel="$z_1$", ylabel="$z_2$")
        left.set(xlim=(-1, 1), ylim=(-1, 1))
        images = reconstructions(right, x[:20])

        @torch.no_grad()
        def update(step):
            z = step.model.encode(x)
            dots.set_offsets(z.numpy())
            if z.abs().max() > left.get_xlim()[1]:
                reach = float(1.4 * z.abs().max())
                left.set(xlim=(-reach, reach), ylim=(-reach, reach))
            images(step.model.decode(z[:20]))

        return update

    return view


def decoded(decode):
    """The decoder's answer to one code: `decode(z)` (1, 2) → (1, 1, H, W)."""

    def view(ax):
        """The image that the decoder makes of the code under the point."""
        ax.figure.set_size_inches(3.8, 4.1)
        with torch.no_grad():
            image = image_grid(ax, decode(torch.zeros(1, 2)), 1, gap=0)
        title = ax.set_title("", loc="left")

        @torch.no_grad()
        def update(z=(0.0, 0.0)):
            image(decode(torch.tensor([z], dtype=torch.float32)))
            title.set_text(f"decoded from z = ({z[0]:.2f}, {z[1]:.2f})")

        return update

    return view


def decoded_plane(decode, starts, ends):
    """What a decoder of two latents makes: `decode(z)` (N, 2) → (N, 1, H, W).

    `starts` and `ends` (K, 2) are codes of images.
    """

    def view(left, right):
        """Left, the images of the codes on a square, from −2 to 2 in both directions: digits
        change into each other. Right, the images on straight lines between codes."""
        left.figure.set_size_inches(8.6, 3.6)
        side = torch.linspace(-2, 2, 10)
        z = torch.stack([side.expand(10, 10), side.flip(0)[:, None].expand(10, 10)], 2)
        along = torch.linspace(0, 1, 8)[:, None]
        walks = [start + along * (end - start) for start, end in zip(starts, ends, strict=True)]
        with torch.no_grad():
            image_grid(left, decode(z.view(-1, 2)), 10, "decoded: z from −2 to 2")
            image_grid(right, decode(torch.cat(walks)), 8, "from code to code")
        return lambda: None

    return view


def prior_against_codes(z, draws, decoded, from_fitted):
    """Where codes z (N, 2) lie, where `draws` (M, 2) of N(0, I) fall, what they decode to, and
    what draws of a distribution fitted to the codes decode to."""

    def view(left, middle, right):
        """Left, the autoencoder's codes in grey and, as green crosses, draws of N(0, I): they
        fall on a small part of the map. Middle, those draws decoded: many are no digits. Right,
        draws of the fitted distribution decoded."""
        left.figure.set_size_inches(9.6, 3.4)
        left.plot(*z.T.numpy(), ".", color=DATA, ms=3)
        left.plot(*draws.T.numpy(), "+", color=NOISE, ms=9, mew=2)
        left.set(title="Codes, draws of N(0, I)", xlabel="$z_1$", ylabel="$z_2$")
        image_grid(middle, decoded, 6, "those draws, decoded")
        image_grid(right, from_fitted, 6, "draws of a fitted mixture")
        return lambda: None

    return view
