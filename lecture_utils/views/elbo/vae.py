"""The pictures of VAEs: while they train, and under the reader's hand."""

import math

import torch

from ...plots import MODEL, NOISE, TRUTH, codes, density, image_grid
from ..shared import reconstructions, two_terms


def training(x):
    """A VAE while it trains: `x` are images it does not train on."""

    def view(left, middle, right):
        """Left, images above their reconstructions. Middle, samples: z from the prior, decoded.
        Right, the two terms of the bound on images that are not trained on."""
        images = reconstructions(left, x[:15])
        blank = torch.zeros(30, *x.shape[1:])
        samples = image_grid(middle, blank, 5, "samples: decoded from N(0, I)")
        add = two_terms(right, x[:100])  # enough for a curve, and quick

        @torch.no_grad()
        def update(step):
            model, generator = step.model, torch.Generator().manual_seed(0)
            images(model.decode(model.encode(x[:15])[0]))
            samples(model.decode(torch.randn(30, model.latent, generator=generator)))
            add(step.step, model)

        return update

    return view


def posterior_of_drawing(model, x, labels, log_joint, evidence, known):
    """q(z|x) of a drawing and the exact p(z|x), on the map of the codes of x (N, 1, 8, 8).

    `log_joint(x, z)` → (M,), of one image and codes z (M, 2); `evidence(x)` → log p(x);
    `known` (K,) holds log p of test images.
    """
    with torch.no_grad():
        mu = model.encode(x)[0]

    def view(left, middle, right):
        """Left, q(z|x) of the drawing as a blue ellipse of two standard deviations, where two
        thin lines cross on the map. Middle, the same through a lens, with q a circle, and the
        exact posterior as a shade. Right, the drawing as the model sees it, its reconstruction,
        and the four training images with the nearest codes."""
        left.figure.set_size_inches(5.8, 3.0)
        codes(left, mu, labels, size=5, alpha=0.35)
        cross = left.axvline(0, color=MODEL, lw=1), left.axhline(0, color=MODEL, lw=1)
        angle = torch.linspace(0, 6.2832, 80)
        (ellipse,) = left.plot([], [], color=MODEL, lw=3)
        title = left.set_title("", loc="left")
        shade = density(middle, reach=5, cells=61, top=1.0, color=TRUTH)
        middle.plot(2 * angle.cos(), 2 * angle.sin(), color=MODEL, lw=3)
        middle.set(xlabel="(z$_1$ − μ$_1$) / σ$_1$", xticks=[-4, 0, 4], yticks=[])
        rank = middle.set_title("", loc="left")
        images = image_grid(right, torch.zeros(6, *x.shape[1:]), 2, "yours, x̂,\n4 nearest")

        @torch.no_grad()
        def update(drawing):
            m, log_sigma = model.encode(drawing)
            sigma, generator = log_sigma.exp()[0], torch.Generator().manual_seed(0)
            across = m[0, 0] + 2 * sigma[0] * angle.cos()
            ellipse.set_data(across, m[0, 1] + 2 * sigma[1] * angle.sin())
            cross[0].set_xdata([m[0, 0]] * 2)
            cross[1].set_ydata([m[0, 1]] * 2)
            nats = -model.elbo(drawing.repeat(20, 1, 1, 1), generator).mean()
            log_px = evidence(drawing)
            title.set_text(f"−ELBO {nats:.0f} nats,\n−log p(x) {-log_px:.0f}")
            top = -math.log(2 * math.pi * sigma.prod())  # of log q(z|x)

            def posterior(u):  # its logarithm; the full shade is at the top of q
                return log_joint(drawing, m + sigma * u) - log_px - top

            shade(posterior)
            rank.set_text(f"exact p(z|x),\nlikelier than {(known < log_px).float().mean():.0%}")
            near = (mu - m).square().sum(1).argsort()[:4]
            images(torch.cat([drawing, model.decode(m), x[near]]))

        return update

    return view


def two_terms_pull(x):
    """The KL of each latent, the reconstructions and both terms, while β is steered."""

    def view(left, middle, right):
        """Left, the KL of each latent dimension: those near zero are unused. Middle, images
        above their reconstructions: with every latent unused they are all the same. Right, the
        two terms against the step."""
        bars = None
        add = two_terms(right, x[:100])  # enough for a curve, and quick
        images = reconstructions(middle, x[:15])
        left.set(xlabel="latent dimension, sorted", ylabel="KL (nats)", ylim=(0, 4), xticks=[])
        title = left.set_title("", loc="left")

        @torch.no_grad()
        def update(step):
            nonlocal bars
            model = step.model
            each = model.kl(x).mean(0).sort(descending=True).values.numpy()
            if bars is None:
                bars = left.bar(range(len(each)), each, color=NOISE)
            for bar, value in zip(bars, each, strict=True):
                bar.set_height(value)
            left.set_ylim(0, 4 * 2 ** max(0, math.ceil(math.log2(max(each) / 4))))  # in leaps
            title.set_text(f"KL per latent: {(each > 0.1).sum()} of {len(each)} active")
            images(model.decode(model.encode(x[:15])[0]))
            add(step.step, model)

        return update

    return view
