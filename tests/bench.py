"""Measure what the lectures promise: a table, then one JSON object a line. Always exits 0:
figures, not a test.

python tests/bench.py [word in the name of a measurement ...]
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import matplotlib  # noqa: E402
import nbformat  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from IPython.core.pylabtools import print_figure  # noqa: E402
from IPython.utils.capture import capture_output  # noqa: E402
from lecture import functions  # noqa: E402
from matplotlib import pyplot  # noqa: E402

from lecture_utils import fit, metrics, one_cycle, setup, train, watch  # noqa: E402
from lecture_utils.data import checkerboard, digits, moons  # noqa: E402
from lecture_utils.data import ring as ring_of_eight  # noqa: E402
from lecture_utils.live.picture import Picture  # noqa: E402
from lecture_utils.models.autoregressive import PixelCNN  # noqa: E402
from lecture_utils.models.chains import reverse  # noqa: E402
from lecture_utils.models.couplings import AffineCoupling, MixtureCoupling  # noqa: E402
from lecture_utils.models.diffusion import Diffusion  # noqa: E402
from lecture_utils.models.flow import ImageFlow  # noqa: E402
from lecture_utils.models.gan import GAN, dc_discriminator, dc_generator  # noqa: E402
from lecture_utils.models.vae import VAE  # noqa: E402
from lecture_utils.views import elbo as views  # noqa: E402

matplotlib.use("agg")


def drain(training):
    """Return the last step of a training."""
    with capture_output():
        return fit(training)


def vae(seed: int = 0):
    """The VAE of the ELBO lecture, as its notebook trains it."""
    setup(seed)
    data, _, test = digits()
    model = VAE(latent=16)
    step = drain(train(model, data.x, steps=800, lr=one_cycle(8e-3)))
    with torch.no_grad():
        nll = -torch.stack([model.elbo(test.x) for _ in range(20)]).mean().item()
    tight = -metrics.importance_weighted_bound(model, test.x, 1000).mean().item()
    distance = metrics.frechet_distance(model.sample(2000), test.x)
    yield f"vae.seconds (seed {seed})", step.seconds, "<=", 8.0, "s"
    yield f"vae.nll (seed {seed})", nll, "<=", 89.5, "nats"
    yield f"vae.iw1000 (seed {seed})", tight, "<=", 86.0, "nats"
    yield f"vae.frechet (seed {seed})", distance, "<=", 130.0, "levels²"


def vae_seeds():
    """The same at other seeds."""
    for seed in (1, 2):
        yield from vae(seed)


def gan():
    """A DCGAN of the digits, as the GAN lecture trains it, for longer."""
    data, _, test = digits()
    rates = {"D": 2e-3, "G": 1e-3}
    options = {"batch": 64, "lr": rates, "betas": (0.5, 0.999), "average": 0.99}
    for seed in (0, 1, 2):
        setup(seed)
        model = GAN(dc_generator(16), dc_discriminator(), latent=16)
        step = drain(train(model, data.x, steps=1000, **options))
        distance = metrics.frechet_distance(step.averaged.sample(2000), test.x)
        yield f"gan.seconds (seed {seed})", step.seconds, "<=", 20.0, "s"
        yield f"gan.frechet (seed {seed})", distance, "<=", 130.0, "levels²"


def ring():
    """The WGAN-GP on eight modes, as the GAN lecture trains it: its data, its networks, its
    count of modes."""
    turns = ("D", "D", "G")
    options = {"batch": 128, "lr": 2e-3, "betas": (0.5, 0.9), "turns": turns, "average": 0.99}
    for seed in (0, 1, 2):
        setup(seed)
        lecture = functions("04_gan_minimax", "toy", "centres", "points")
        model = lecture.ring_game(loss="wasserstein")
        step = drain(train(model, lecture.points, steps=800, **options))
        found = lecture.modes(step.averaged.sample(2000))
        yield f"ring.seconds (seed {seed})", step.seconds, "<=", 12.0, "s"
        yield f"ring.modes (seed {seed})", found, ">=", 8, "modes"


def flow():
    """The flow of digits, as the lecture trains it: its bound, also with 100 draws."""
    data, _, test = digits()
    for seed in (0, 1, 2):
        setup(seed)
        model = ImageFlow()
        step = drain(train(model, data.x, steps=500, lr=one_cycle(5e-3)))
        with torch.no_grad():
            nll = -model.log_weights(test.x, 20).mean().item()
        tight = -metrics.importance_weighted_bound(model, test.x, 100).mean().item()
        distance = metrics.frechet_distance(model.sample(2000), test.x)
        wrong = (model.decode(model.encode(test.x)) != test.x).float().mean().item()
        yield f"flow.seconds (seed {seed})", step.seconds, "<=", 15.0, "s"
        yield f"flow.nll (seed {seed})", nll, "<=", 90.0, "nats"
        yield f"flow.iw100 (seed {seed})", tight, "", None, "nats"
        yield f"flow.frechet (seed {seed})", distance, "", None, "levels²"
        yield f"flow.wrong_pixels (seed {seed})", 100 * wrong, "<=", 0.0, "%"


def flow_plane():
    """Flows of the toys, as the lecture trains them: 8 affine couplings, 4 of mixtures."""
    for seed in (0, 1, 2):
        setup(seed)
        lecture = functions("05_change_of_variables")
        toys = {"ring": ring_of_eight(), "moons": moons(), "checkerboard": checkerboard()}
        for name, toy in toys.items():
            for n, kind in ((8, AffineCoupling), (4, MixtureCoupling)):
                model = lecture.real_nvp(n, kind=kind)
                step = drain(lecture.plane_training(model, toy))
                x = toy.sample(10_000)
                with torch.no_grad():
                    lost = (toy.log_prob(x) - model.log_prob(x)).mean().item()
                    error = (model.inverse(model(x)[0]) - x).abs().max().item()
                which = f"flow.{name}.{'affine' if n == 8 else 'mixture'}"
                bar = ("<=", 0.15) if name == "ring" and n == 4 else ("", None)
                yield f"{which}.lost (seed {seed})", lost, *bar, "nats"
                yield f"{which}.seconds (seed {seed})", step.seconds, "<=", 15.0, "s"
                yield f"{which}.inverse (seed {seed})", 1e4 * error, "<=", 1.0, "1e-4"


def diffusion():
    """The diffusion model of digits, as the lecture trains it: its bound, its samples' distance
    to the test images, and how many lie nearer to a training image than test images do."""
    data, _, test = digits()

    def near(x):
        gap = torch.cdist(x.flatten(1), data.x.flatten(1)).min(1).values
        return 100 * (gap < 10).float().mean().item()

    for seed in (0, 1, 2):
        setup(seed)
        model = Diffusion(data.x)
        options = {"batch": 128, "betas": (0.9, 0.99), "lr": one_cycle(3e-3)}
        step = drain(train(model, data.x, steps=1200, **options))
        start = time.perf_counter()
        model.sample(64)
        seconds = time.perf_counter() - start
        samples, quick = model.sample(2000), model.sample(2000, steps=20, eta=0.0)
        distance, quickly = (metrics.frechet_distance(x, test.x) for x in (samples, quick))
        which = f"(seed {seed})"
        yield f"diffusion.seconds {which}", step.seconds, "<=", 12.0, "s"
        yield f"diffusion.frechet {which}", distance, "<=", 100.0, "levels²"
        yield f"diffusion.frechet_ddim20 {which}", quickly, "", None, "levels²"
        yield f"diffusion.bound {which}", -model.elbo(test.x).mean().item(), "", None, "nats"
        yield f"diffusion.64_samples {which}", seconds, "<=", 0.5, "s"
        yield f"diffusion.near_training {which}", near(samples), "", None, "%"
        yield f"diffusion.near_of_tests {which}", near(test.x), "", None, "%"


def diffusion_plane():
    """The DDPM of the ring, as the lecture trains it: the energy distance of its samples."""
    for seed in (0, 1, 2):
        setup(seed)
        lecture, toy = functions("06_diffusion"), ring_of_eight()
        model = lecture.DDPM()
        step = drain(lecture.plane_training(model, toy))
        *_, end = reverse(model.eps, torch.randn(5000, 2), model.alpha_bar)
        distance = metrics.energy_distance(end.x, toy.sample(5000))
        yield f"diffusion.ring.energy (seed {seed})", distance, "<=", 0.01, ""
        yield f"diffusion.ring.seconds (seed {seed})", step.seconds, "<=", 8.0, "s"


def pixelcnn():
    """The PixelCNN of digits, as the lecture trains it: exact nats, and seconds to draw."""
    data, valid, test = digits()
    lecture = functions("07_pixelcnn", "recipe")
    lecture.data = data
    for seed in (0, 1, 2):
        setup(seed)
        step = drain(lecture.digits_training(PixelCNN()))
        model, which = step.averaged, f"(seed {seed})"
        model.sample(64)
        start = time.perf_counter()
        x = model.sample(64)
        middle = time.perf_counter()
        model.sample(64, cached=False)
        seconds, plainly = middle - start, time.perf_counter() - middle
        with torch.no_grad():
            nats = [model.loss(images).item() for images in (data.x, valid.x, test.x)]
        distance = metrics.frechet_distance(model.sample(2000), test.x)
        yield f"pixelcnn.seconds {which}", step.seconds, "<=", 15.0, "s"
        for name, value in zip(("train", "valid"), nats, strict=False):
            yield f"pixelcnn.{name}.nll {which}", value, "", None, "nats"
        yield f"pixelcnn.nll {which}", nats[-1], "<=", 81.5, "nats"
        yield f"pixelcnn.{len(x)}_samples {which}", seconds, "<=", 0.3, "s"
        yield f"pixelcnn.{len(x)}_plainly {which}", plainly, "", None, "s"
        yield f"pixelcnn.frechet {which}", distance, "", None, "levels²"


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

    def update(mu=0.0, sigma=1.0):
        line.set_ydata(np.exp(-(((z - mu) / sigma) ** 2)))
        for bar, value in zip(bars, (mu, sigma), strict=True):
            bar.set_height(value)
        text.set_text(f"mu = {mu:.2f}, sigma = {sigma:.2f}")
        image.set_data(noise * min(1.0, abs(mu)))

    return update


def frame():
    """A three-panel view from the changed value to image bytes: while it moves, at rest, and as
    `interact` has it, a new figure each time."""
    setup(0)
    picture = Picture(three_panels)
    for mu in (0.0, 0.1):  # laid out, and what moves is known
        picture.frame(mu=mu, sigma=1.0)

    def moving(**values):
        picture.frame(**values)
        picture.quick()

    def at_rest(**values):
        picture.frame(**values)
        picture.png()

    def anew(**values):  # a figure of pyplot's, encoded by the inline backend
        figure, axes = pyplot.subplots(1, 3, figsize=picture.figure.get_size_inches())
        three_panels(*axes)(**values)
        print_figure(figure, "png")
        pyplot.close(figure)

    times = {moving: [], at_rest: [], anew: []}
    for i in range(40):  # in turn, so that a busy machine is busy for all
        for draw in (moving, at_rest, anew)[: 3 if i % 4 == 0 else 2]:
            start = time.perf_counter()
            draw(mu=i / 20, sigma=1.0)
            times[draw].append(1e3 * (time.perf_counter() - start))
    ms = {draw: statistics.median(each) for draw, each in times.items()}
    yield "frame.moving", ms[moving], "<=", 20.0, "ms"
    yield "frame.at_rest", ms[at_rest], "", None, "ms"
    yield "frame.redrawn", ms[anew], "", None, "ms"
    yield "frame.ratio", ms[anew] / ms[moving], ">=", 5.0, "×"


BROWSED = """
import sys
sys.path.insert(0, {tests!r})
from bench import three_panels
from lecture_utils import explore, setup
setup(0)
explore(three_panels, mu=(0.0, 3.0), sigma=(0.5, 2.0))
"""


def browser():
    """The same view in JupyterLab: from a key press to the painted picture, and a held key."""
    import browser as hands

    if hands.CHROMIUM is None:
        print("no chromium or chrome found: the browser is left out")
        return
    from playwright.sync_api import sync_playwright

    cell = BROWSED.format(tests=str(ROOT / "tests"))
    notebook = {"bench.ipynb": hands.notebook_of([cell])}
    with tempfile.TemporaryDirectory() as home, hands.server(Path(home), notebook) as url:
        with sync_playwright() as p:
            chromium = p.chromium.launch(executable_path=hands.CHROMIUM, args=hands.ARGS)
            for scale in (1, 2):
                page = hands.open_and_run(
                    chromium, url, "bench.ipynb", device_scale_factor=scale
                )
                (panel,) = hands.panels(page, hands.HANDLE)
                key = statistics.median(hands.key_to_picture(panel))
                held = hands.held_key(panel)
                page.close()
                at = f"({scale} dots a pixel)"
                yield f"browser.key {at}", key, "<=", 60.0, "ms"
                yield f"browser.held {at}", held["rate"], ">=", 20.0, "a second"
                yield f"browser.late {at}", held["late"], "<=", 100.0, "ms"
            chromium.close()


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
        overhead = 100 * (seconds["watched"] / seconds["silent"] - 1)
        yield f"watch.overhead ({length} steps)", overhead, "<=", 15.0, "%"


PEAK = """
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def notebooks():
    """Every notebook whole, as a reader runs it, and its kernel's peak memory."""
    import jupytext
    from nbclient import NotebookClient

    os.environ.pop("LECTURE_STATIC", None)
    for source in sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py")):
        nb = jupytext.read(source)
        nb.cells.append(nbformat.v4.new_code_cell(PEAK))
        start = time.perf_counter()
        place = {"metadata": {"path": source.parent.parent}}
        NotebookClient(nb, kernel_name="python3", timeout=300, resources=place).execute()
        seconds, peak = time.perf_counter() - start, int(nb.cells[-1].outputs[0].text)
        yield f"{source.stem}.seconds", seconds, "<=", 60.0, "s"
        yield f"{source.stem}.memory", peak / 1024**2, "<=", 1.2, "GB"


def report(name, value, sign, limit, unit) -> dict:
    """Print a line of the table; return it."""
    ok = limit is None or (value <= limit if sign == "<=" else value >= limit)
    bar = f"{sign} {limit}" if limit is not None else ""
    print(f"{name:32} {value:9.2f} {unit:9} {bar:9} {'' if ok else 'MISSED'}", flush=True)
    return {"bar": name, "value": round(value, 2), "limit": limit, "unit": unit, "ok": ok}


if __name__ == "__main__":
    measures = (
        vae,
        vae_seeds,
        gan,
        ring,
        flow,
        flow_plane,
        diffusion,
        diffusion_plane,
        pixelcnn,
        frame,
        browser,
        watching,
        notebooks,
    )
    words = sys.argv[1:]
    rows = [
        report(*row)
        for measure in measures
        if not words or any(word in measure.__name__ for word in words)
        for row in measure()
    ]
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))
