"""Pictures of gradient estimators: their spread, a baseline, a race."""

import math

import numpy as np
import torch
from matplotlib.ticker import LogLocator, NullFormatter

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH, image_grid

_PATHWISE, _SCORE, _BASELINE = MODEL, THIRD, SECOND


def _reach(values) -> float:
    """An axis limit that grows in leaps, so that it seldom moves."""
    return 2.0 ** math.ceil(math.log2(max(1e-3, float(values))))


def _histogram(ax, color):
    """Prepare bars of height 1 at most; return `show(values, middle, reach)`."""
    edges = np.linspace(-1, 1, 61)
    bars = ax.stairs(np.zeros(60), edges, fill=True, color=color, alpha=0.7)
    ax.set(ylim=(0, 1.05), yticks=[])

    def show(values, middle, reach):
        counts, places = np.histogram(values.numpy(), middle + reach * edges)
        bars.set_data(counts / max(1, counts.max()), places)
        ax.set_xlim(middle - reach, middle + reach)

    return show


def two_estimators(cases, pathwise, score):
    """Both estimators of d/dμ E f(z).

    `cases` is name → (f, exact derivative of μ, σ); `pathwise(f, mu, sigma, eps)` and
    `score(f, mu, sigma, eps)` give one number a draw.
    """
    zs = torch.linspace(-5, 5, 400)
    noise = torch.randn(2**16, generator=torch.Generator().manual_seed(0))

    def view(left, middle, right):
        """Left, f in grey and the density of z in green. Middle and right, on the same axis,
        histograms of pathwise and of score-function estimates around the exact derivative in
        orange."""
        (curve,) = left.plot(zs, 0 * zs, color=DATA, lw=2.5)
        (density,) = left.plot(zs, 0 * zs, color=NOISE, lw=2.5)
        left.set(xlim=(-5, 5), ylim=(-1.3, 4), xlabel="z")
        left.set_title("Grey: f. Green: density (height 1)")
        show = _histogram(middle, _PATHWISE), _histogram(right, _SCORE)
        truth = [ax.axvline(0, color=TRUTH, lw=2.5) for ax in (middle, right)]
        titles = [ax.set_title("", loc="left") for ax in (middle, right)]
        for ax in (middle, right):
            ax.set_xlabel("estimates of dE/dμ")

        def update(f="z²", mu=1.0, sigma=1.0, log2_draws=0):
            function, derivative = cases[f]
            exact = float(derivative(torch.tensor(mu), torch.tensor(sigma)))
            single = [g(function, mu, sigma, noise) for g in (pathwise, score)]
            # whatever the number of draws is, so that both narrow in place
            reach = _reach(2.5 * max(float(g.std()) for g in single) + 0.05)
            curve.set_ydata(function(zs).numpy())
            density.set_ydata((-(((zs - mu) / sigma) ** 2) / 2).exp().numpy())
            for i, name in enumerate(("Pathwise", "Score")):
                g = single[i].view(-1, 2**log2_draws).mean(1)
                show[i](g, exact, reach)
                truth[i].set_xdata([exact, exact])
                words = f"{g.mean():.2f} ± {g.std():.2f}, exact {exact:.2f}"
                titles[i].set_text(f"{name}: {words}")

        return update

    return view


def baseline(f, score, variance, pathwise_variance):
    """The score function with a baseline b: `score(f, mu, sigma, eps, b)`.

    Its `variance(mu, sigma, b)` and that of the pathwise estimator, `pathwise_variance(mu,
    sigma)`, in closed form.
    """
    bs = torch.linspace(-4, 12, 161)
    noise = torch.randn(20_000, generator=torch.Generator().manual_seed(1))

    def view(left, right):
        """Left, the variance of the score-function estimator against the baseline: a parabola
        whose lowest point stays above the pathwise estimator's line. Right, the estimates with
        this baseline."""
        label = "score function, by formula"
        (curve,) = left.plot(bs, 0 * bs, color=TRUTH, lw=2.5, label=label)
        (line,) = left.plot([-4, 12], [1, 1], color=_PATHWISE, lw=2, label="pathwise")
        (dot,) = left.plot([], [], "o", color=_BASELINE, ms=10, label="measured with this b")
        left.set(xlim=(-4, 12), ylim=(0, 120), xlabel="baseline b")
        left.set(ylabel="variance of one estimate", title="A baseline moves the variance")
        left.legend(loc="upper center")
        show = _histogram(right, _BASELINE)
        truth = right.axvline(0, color=TRUTH, lw=2.5)
        right.set_xlabel("score-function estimates of dE/dμ")
        title = right.set_title("", loc="left")

        def update(b=0.0, mu=1.0, sigma=1.0):
            g = score(f, mu, sigma, noise, b)
            curve.set_ydata(variance(mu, sigma, bs).numpy())
            line.set_ydata([pathwise_variance(mu, sigma)] * 2)
            dot.set_data([b], [g.var()])
            show(g, 0.0, 40.0)
            truth.set_xdata([2 * mu] * 2)
            words = f"mean {g.mean():.2f}, exact {2 * mu:.2f}, variance {g.var():.1f}"
            title.set_text(f"b = {b:.1f}: {words}")

        return update

    return view


class _Band:
    """A line with a band between the smallest and the largest of several runs.

    It grows by one step at a time, and starts over with a step that was there already.
    """

    def __init__(self, ax, color, label):
        (self.line,) = ax.plot([], [], color=color, lw=2, label=label)
        self.fill = ax.fill_between([0], [0], [0], color=color, alpha=0.25, lw=0)
        self.values = {}

    def add(self, step: int, values: list):
        self.values = {s: v for s, v in self.values.items() if s < step} | {
            step: sorted(values)
        }
        low, middle, high = np.array(list(self.values.values()))[:, [0, len(values) // 2, -1]].T
        self.line.set_data(list(self.values), middle)
        self.fill.set_data(list(self.values), low, high)


def estimator_race(x):
    """Trainings side by side, those of each name from several starts: a record of `together`.

    Each model has its gradient `variance`. `x` are images that they do not train on.
    """

    def view(left, middle, right):
        """Left, minus the bound against the step for each estimator, with a band over three
        starts: pathwise falls fastest. Middle, the variance of the encoder's gradient, on a log
        scale. Right, images and their reconstructions."""
        bands, generator = {}, torch.Generator().manual_seed(0)
        left.set(ylim=(90, 150), xlabel="step", ylabel="nats")
        left.set_title("−ELBO on other images: 3 starts")
        middle.set(yscale="log", ylim=(1, 3e6), xlabel="step", title="Variance of the gradient")
        middle.yaxis.set_major_locator(LogLocator(100))
        middle.yaxis.set_minor_formatter(NullFormatter())
        title = "Rows: x; reconstructed by pathwise,\nscore function, with baseline"
        images = image_grid(right, torch.cat([x[:6]] * 4), 6, title)

        @torch.no_grad()
        def update(step):
            models = {name: [s.model for s in steps] for name, steps in step.runs.items()}
            if not bands:
                colors = _PATHWISE, _SCORE, _BASELINE
                for name, color in zip(models, colors, strict=True):
                    bands[name] = [_Band(ax, color, name) for ax in (left, middle)]
                left.legend(loc="upper right")
                for ax in (left, middle):
                    ax.set_xlim(0, step.steps)
            rows = [x[:6]]
            for name, each in models.items():
                nats = [-m.elbo(x, generator).mean().item() for m in each]
                bands[name][0].add(step.step, nats)
                spread = [float(np.mean(m.variance[-20:])) for m in each]
                bands[name][1].add(step.step, spread)
                rows.append(each[0].decode(each[0].encode(x[:6])[0]))
            images(torch.cat(rows))

        return update

    return view
