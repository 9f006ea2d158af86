"""Measure what the lectures promise: a table, then one JSON object a line. Always exits 0:
figures, not a test.

python tests/bench.py [word in the name of a measurement ...]
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import matplotlib  # noqa: E402

matplotlib.use("agg")

from IPython.core.pylabtools import print_figure  # noqa: E402
from IPython.utils.capture import capture_output  # noqa: E402
from lecture import functions  # noqa: E402
from lecture_utils.live.picture import Picture  # noqa: E402
from matplotlib import pyplot  # noqa: E402

from lecture_utils import metrics, one_cycle, setup, train, watch  # noqa: E402
from lecture_utils.data import digits  # noqa: E402
from lecture_utils.models.gan import GAN, dc_discriminator, dc_generator  # noqa: E402
from lecture_utils.models.vae import VAE  # noqa: E402
from lecture_utils.views import vae as views  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent


def vae(seed: int = 0):
    """The VAE of the ELBO lecture, as its notebook trains it."""
    setup(seed)
    data, _, test = digits()
    next(train(VAE(), data.x, steps=1))  # the first optimizer of a process imports for a second
    setup(seed)
    model = VAE(latent=16)
    start = time.perf_counter()
    for step in train(model, data.x, steps=800, lr=one_cycle(8e-3)):
        pass
    seconds = time.perf_counter() - start
    with torch.no_grad():
        nll = -torch.stack([model.elbo(test.x) for _ in range(20)]).mean().item()
    yield f"vae.seconds (seed {seed})", seconds, "<=", 8.0, "s"
    yield f"vae.nll (seed {seed})", nll, "<=", 89.5, "nats"
    yield (
        f"vae.iw1000 (seed {seed})",
        -metrics.importance_weighted_bound(model, test.x, 1000).mean().item(),
        "<=",
        86.0,
        "nats",
    )
    yield (
        f"vae.frechet (seed {seed})",
        metrics.frechet_distance(model.sample(2000), test.x),
        "<=",
        130.0,
        "levels²",
    )


def vae_seeds():
    """The same at other seeds."""
    for seed in (1, 2):
        yield from vae(seed)


def gan():
    """A DCGAN of the digits, as the GAN lecture trains it, for longer."""
    setup(0)
    data, _, test = digits()
    options = dict(batch=64, lr={"D": 2e-3, "G": 1e-3}, betas=(0.5, 0.999))
    next(
        train(GAN(dc_generator(16), dc_discriminator(), latent=16), data.x, steps=1, **options)
    )  # warms up
    for seed in (0, 1, 2):
        setup(seed)
        model = GAN(dc_generator(16), dc_discriminator(), latent=16, average=0.99)
        start = time.perf_counter()
        for step in train(model, data.x, steps=1000, **options):
            pass
        yield f"gan.seconds (seed {seed})", time.perf_counter() - start, "<=", 20.0, "s"
        yield (
            f"gan.frechet (seed {seed})",
            metrics.frechet_distance(model.sample(2000), test.x),
            "<=",
            130.0,
            "levels²",
        )


def ring():
    """The WGAN-GP on eight modes, as the GAN lecture trains it: its data, its networks, its
    count of modes."""
    for seed in (0, 1, 2):
        setup(seed)
        lecture = functions("04_gan_minimax", "angle", "centres", "ring")
        model = lecture.ring_game(loss="wasserstein", average=0.99)
        start = time.perf_counter()
        for step in train(
            model,
            lecture.ring,
            steps=800,
            batch=128,
            lr=2e-3,
            betas=(0.5, 0.9),
            turns=("D", "D", "G"),
        ):
            pass
        yield f"ring.seconds (seed {seed})", time.perf_counter() - start, "<=", 12.0, "s"
        yield f"ring.modes (seed {seed})", lecture.modes(model.sample(2000)), ">=", 8, "modes"


def three_panels(left, middle, right):
    """A density that moves, two bars, and an image: what the lectures' figures are made of."""
    z = np.linspace(-4, 4, 400)
    left.plot(z, np.exp(-(z**2)), "--", label="fixed")
    (line,) = left.plot(z, 0 * z, label="moves")
    left.set(ylim=(0, 1.2), xlabel="z", title="A density")
    left.legend(loc="upper left")
    bars = middle.bar([0, 1], [0, 0])
    text = middle.text(0, 2.5, "")
    middle.set(ylim=(-3, 3), title="Two numbers", ylabel="nats")
    image = right.imshow(np.zeros((41, 41)), vmin=0, vmax=1, cmap="gray_r")
    right.set(title="An image")
    right.axis("off")
    noise = np.random.default_rng(0).random((41, 41))

    def update(mu, sigma):
        line.set_ydata(np.exp(-(((z - mu) / sigma) ** 2)))
        for bar, value in zip(bars, (mu, sigma)):
            bar.set_height(value)
        text.set_text(f"mu = {mu:.2f}, sigma = {sigma:.2f}")
        image.set_data(noise * min(1.0, abs(mu)))

    return update


def frame():
    """A three-panel view from the changed value to image bytes, and a new figure each time, as
    `interact` has it."""
    setup(0)
    view = three_panels
    picture = Picture(view)
    for mu in (0.0, 0.1):  # laid out, and what moves is known
        picture.frame(mu=mu, sigma=1.0)

    def new_figure(
        mu, sigma
    ):  # what `interact` shows: a figure of pyplot's, encoded by the inline backend
        figure, axes = pyplot.subplots(1, 3, figsize=picture.figure.get_size_inches())
        view(*axes)(mu=mu, sigma=sigma)
        print_figure(figure, "png")
        pyplot.close(figure)

    live, redrawn = [], []
    for i in range(40):  # alternating, so that a busy machine is busy for both
        for draw, times in (
            (picture.frame, live),
            *([(new_figure, redrawn)] if i % 4 == 0 else []),
        ):
            start = time.perf_counter()
            draw(mu=i / 20, sigma=1.0)
            times.append(1e3 * (time.perf_counter() - start))
    yield "frame.ms", statistics.median(live), "<=", 33.0, "ms"
    yield "frame.redrawn", statistics.median(redrawn), "", None, "ms"
    yield "frame.ratio", statistics.median(redrawn) / statistics.median(live), ">=", 5.0, "×"


def watching():
    """`watch` against draining the same generator silently, two times each in turn: a long
    training, and the lecture's."""
    setup(0)
    data, valid, _ = digits()
    for length in (2400, 800):
        seconds = {"silent": 0.0, "watched": 0.0}
        for i in range(5):
            name = ("silent", "watched")[i % 2]
            steps = train(VAE(latent=16), data.x, steps=length, lr=one_cycle(8e-3))
            start = time.perf_counter()
            if name == "silent":
                for _ in steps:
                    pass
            else:
                with capture_output():
                    watch(steps, views.training(valid.x))
            if i:  # the first round warms up
                seconds[name] += time.perf_counter() - start
        yield (
            f"watch.overhead ({length} steps)",
            100 * (seconds["watched"] / seconds["silent"] - 1),
            "<=",
            15.0,
            "%",
        )


def notebooks():
    """Every notebook whole, as a reader runs it, and its kernel's peak memory."""
    import jupytext
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell

    os.environ.pop("LECTURE_STATIC", None)
    for source in sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py")):
        nb = jupytext.read(source)
        nb.cells.append(
            new_code_cell(
                "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
            )
        )
        start = time.perf_counter()
        NotebookClient(
            nb,
            kernel_name="python3",
            timeout=300,
            resources={"metadata": {"path": source.parent.parent}},
        ).execute()
        yield f"{source.stem}.seconds", time.perf_counter() - start, "<=", 60.0, "s"
        yield (
            f"{source.stem}.memory",
            int(nb.cells[-1].outputs[0].text) / 1024**2,
            "<=",
            1.2,
            "GB",
        )


if __name__ == "__main__":
    rows = []
    for measure in (vae, vae_seeds, gan, ring, frame, watching, notebooks):
        if not sys.argv[1:] or any(word in measure.__name__ for word in sys.argv[1:]):
            for bar, value, sign, limit, unit in measure():
                ok = limit is None or (value <= limit if sign == "<=" else value >= limit)
                rows.append(
                    {
                        "bar": bar,
                        "value": round(value, 2),
                        "limit": limit,
                        "unit": unit,
                        "ok": ok,
                    }
                )
                print(
                    f"{bar:28} {value:9.2f} {unit:8} {sign:2} {'' if limit is None else limit:<6} {'' if ok else 'MISSED'}",
                    flush=True,
                )
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
