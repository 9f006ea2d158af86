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


def digits(x, levels=17):
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


def temperature(flow, z):
    """Images from the same z (N, D), shrunk or stretched."""

    def view(ax):
        """Forty samples: at a low temperature they are clean and alike, at a high one they
        break up."""
        ax.figure.set_size_inches(7.6, 4.0)
        images = image_grid(ax, flow.decode(0 * z), 10)
        title = ax.set_title("", loc="left")

        def update(temperature=1.0):
            images(flow.decode(temperature * z))
            title.set_text(f"samples at temperature {temperature:.2f}")

        return update

    return view


def latent_line(flow, x, codes):
    """The way from one image to the next, by codes and by pixels; `codes` (N, D) are x's."""
    along = torch.linspace(0, 1, 9)[:, None]

    def at(t, k):
        z = flow.decode((1 - t) * codes[k] + t * codes[k + 1])
        t = t.view(-1, 1, 1, 1)
        return z, (1 - t) * x[k] + t * x[k + 1]

    def view(figure):
        """Left, the image at t: above by the straight line between two codes, below the average
        of the pixels. Right, nine images of both ways: above other shapes in between, below
        double exposures."""
        figure.set_size_inches(8.8, 2.4)
        left, right = figure.subplots(1, 2, width_ratios=[1, 4])
        now = image_grid(left, torch.cat(at(along[:1], 0)), 1)
        title = left.set_title("", loc="left")
        strip = image_grid(right, torch.cat(at(along, 0)), 9, "above by codes, below by pixels")

        def update(t=0.5, pair=0):
            now(torch.cat(at(torch.tensor([[t]]), pair)))
            strip(torch.cat(at(along, pair)))
            title.set_text(f"t = {t:.2f}")

        return update

    return view


def drawing(flow, log_likelihood, length, x):
    """A drawing among the images x (N, 1, 8, 8), by two functions of images, each → (N,)."""
    known, lengths = log_likelihood(x), length(x)
    low = float(known.min()) - 60

    def view(left, middle, right):
        """Left, the drawing as the model sees it, and decoded from its code: the same. Middle,
        the test images' log-likelihoods in grey, the drawing's as an orange line. Right, the
        same for the length of the code."""
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
            score, long = log_likelihood(drawing).item(), length(drawing).item()
            images(torch.cat([drawing, flow.decode(flow.encode(drawing))]))
            heres[0].set_xdata([max(low + 1, score)] * 2)
            heres[1].set_xdata([min(19.5, long)] * 2)
            share = (known < score).float().mean().item()
            titles[0].set_text(f"{score:.0f} nats: above\n{share:.0%} of the tests")
            titles[1].set_text(f"{long:.1f}; the tests\n{lengths.mean():.1f} on average")

        return update

    return view


def typical(scores, odd):
    """Histograms of log-likelihoods: `scores` is name → (N,); `odd` is name → (image, nats)."""
    colours = {name: c for name, c in zip(scores, (DATA, SECOND, MODEL), strict=True)}

    def view(left, right):
        """Left, log-likelihoods of the test images in grey, of samples in blue, of cold samples
        in pink; vertical lines mark odd images. Right, those images."""
        left.figure.set_size_inches(8.8, 3.6)
        edges = np.linspace(-150, -35, 47)
        for name, values in scores.items():
            filled = name == "test images"
            look = {"fill": filled, "color": colours[name], "alpha": 0.5 if filled else 1.0}
            counts = np.histogram(values, edges)[0]
            left.stairs(counts, edges, lw=2, label=name, **look)
        for (name, (_, score)), dashes in zip(odd.items(), ("-", "--"), strict=True):
            left.axvline(score, color=THIRD, lw=2.5, ls=dashes, label=name)
        left.set(xlabel="bound on log P(x) (nats)", yticks=[], title="Likely, and likelier")
        left.set_ylim(0, 1.7 * left.get_ylim()[1])  # room for the legend
        left.legend(loc="upper left", fontsize=10, ncols=2)
        images = torch.cat([image for image, _ in odd.values()])
        image_grid(right, images, 2, ", ".join(odd))
        return lambda: None

    return view
