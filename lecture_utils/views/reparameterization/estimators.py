"""Pictures of gradient estimators: their spread, what a baseline does, a race of them, and the price of soft choices."""

import math

import numpy as np
import torch
from matplotlib.ticker import LogLocator, NullFormatter

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH, image_grid

_PATHWISE, _SCORE, _BASELINE = MODEL, THIRD, SECOND


def _reach(values) -> float:
    """An axis limit that grows in leaps, so that it seldom moves."""
    return 2.0 ** math.ceil(math.log2(max(1e-3, float(values))))


def two_estimators(cases, pathwise, score):
    """Both estimators of d/dμ E f(z): `cases` name → (f, exact derivative of μ, σ), `pathwise(f, mu, sigma, eps)`,
    `score(f, mu, sigma, eps)` → one number a draw."""
    zs, noise = (
        torch.linspace(-5, 5, 400),
        torch.randn(2**17, generator=torch.Generator().manual_seed(0)),
    )

    def view(left, middle, right):
        """Left, f in grey and the density of z in green. Middle and right, on the same axis, histograms of pathwise and of
        score-function estimates around the exact derivative in orange."""
        (curve,) = left.plot(zs, 0 * zs, color=DATA, lw=2.5)
        (density,) = left.plot(zs, 0 * zs, color=NOISE, lw=2.5)
        left.set(
            xlim=(-5, 5), ylim=(-1.3, 4), xlabel="z", title="Grey: f. Green: density (height 1)"
        )
        bars = [
            ax.stairs(np.zeros(60), np.linspace(-1, 1, 61), fill=True, color=color, alpha=0.7)
            for ax, color in ((middle, _PATHWISE), (right, _SCORE))
        ]
        truth = [ax.axvline(0, color=TRUTH, lw=2.5) for ax in (middle, right)]
        titles = [ax.set_title("", loc="left") for ax in (middle, right)]
        for ax in (middle, right):
            ax.set(ylim=(0, 1.05), yticks=[], xlabel="estimates of dE/dμ")

        def update(f="z²", mu=1.0, sigma=1.0, log2_draws=0):
            function, derivative = cases[f]
            n = 2**log2_draws
            exact = float(derivative(torch.tensor(mu), torch.tensor(sigma)))
            single = [g(function, mu, sigma, noise) for g in (pathwise, score)]
            reach = _reach(
                2.5 * max(float(g.std()) for g in single) + 0.05
            )  # whatever n is, so that both narrow in place
            groups = [g.view(-1, n).mean(1) for g in single]
            curve.set_ydata(function(zs).numpy())
            density.set_ydata((-(((zs - mu) / sigma) ** 2) / 2).exp().numpy())
            for g, bar, line, title, name in zip(
                groups, bars, truth, titles, ("Pathwise", "Score")
            ):
                counts, edges = np.histogram(
                    g.numpy(), np.linspace(exact - reach, exact + reach, 61)
                )
                bar.set_data(counts / max(1, counts.max()), edges)
                line.set_xdata([exact, exact])
                title.set_text(f"{name}: {g.mean():.2f} ± {g.std():.2f}, exact {exact:.2f}")
            for ax in (middle, right):
                ax.set_xlim(exact - reach, exact + reach)

        return update

    return view


def baseline(f, score, variance, pathwise_variance):
    """The score function with a baseline b: `score(f, mu, sigma, eps, b)`, its `variance(mu, sigma, b)` in closed form,
    and that of the pathwise estimator, `pathwise_variance(mu, sigma)`."""
    bs, noise = (
        torch.linspace(-4, 12, 161),
        torch.randn(20_000, generator=torch.Generator().manual_seed(1)),
    )

    def view(left, right):
        """Left, the variance of the score-function estimator against the baseline: a parabola whose lowest point stays
        above the pathwise estimator's line. Right, the estimates with this baseline."""
        (curve,) = left.plot(
            bs, 0 * bs, color=TRUTH, lw=2.5, label="score function, by formula"
        )
        (line,) = left.plot([-4, 12], [1, 1], color=_PATHWISE, lw=2, label="pathwise")
        (dot,) = left.plot([], [], "o", color=_BASELINE, ms=10, label="measured with this b")
        left.set(
            xlim=(-4, 12), ylim=(0, 120), xlabel="baseline b", ylabel="variance of one estimate"
        )
        left.set_title("A baseline moves the variance")
        left.legend(loc="upper center")
        bars = right.stairs(
            np.zeros(60), np.linspace(-40, 40, 61), fill=True, color=_BASELINE, alpha=0.7
        )
        truth = right.axvline(0, color=TRUTH, lw=2.5)
        right.set(
            xlim=(-40, 40),
            ylim=(0, 1.05),
            yticks=[],
            xlabel="score-function estimates of dE/dμ",
        )
        title = right.set_title("", loc="left")

        def update(b=0.0, mu=1.0, sigma=1.0):
            g = score(f, mu, sigma, noise, b)
            curve.set_ydata(variance(mu, sigma, bs).numpy())
            line.set_ydata([pathwise_variance(mu, sigma)] * 2)
            dot.set_data([b], [g.var()])
            counts, _ = np.histogram(g.numpy(), np.linspace(-40, 40, 61))
            bars.set_data(counts / counts.max())
            truth.set_xdata([2 * mu] * 2)
            title.set_text(
                f"b = {b:.1f}: mean {g.mean():.2f}, exact {2 * mu:.2f}, variance {g.var():.1f}"
            )

        return update

    return view


class _Band:
    """A line with a band between the smallest and the largest of several runs; it grows by one step at a time."""

    def __init__(self, ax, color, label):
        (self.line,) = ax.plot([], [], color=color, lw=2, label=label)
        self.fill, self.color, self.ax = None, color, ax
        self.steps, self.values = [], []

    def add(self, step: int, values: list):
        self.steps.append(step)
        self.values.append(sorted(values))
        low, middle, high = np.array(self.values)[:, [0, len(values) // 2, -1]].T
        self.line.set_data(self.steps, middle)
        if self.fill is None:
            self.fill = self.ax.fill_between(
                self.steps, low, high, color=self.color, alpha=0.25, lw=0
            )
        self.fill.set_data(self.steps, low, high)


def estimator_race(x):
    """Trainings side by side: a step's `model` is name → models, one for each start, each with its gradient `variance`.
    `x` are images that they do not train on."""

    def view(left, middle, right):
        """Left, minus the bound against the step for each estimator, with a band over three starts: pathwise falls fastest.
        Middle, the variance of the encoder's gradient, on a log scale. Right, images and their reconstructions."""
        bands = {}
        left.set(
            ylim=(90, 150),
            xlabel="step",
            ylabel="nats",
            title="−ELBO on other images: 3 starts",
        )
        middle.set(yscale="log", ylim=(1, 3e6), xlabel="step", title="Variance of the gradient")
        middle.yaxis.set_major_locator(LogLocator(100))
        middle.yaxis.set_minor_formatter(NullFormatter())
        images = image_grid(
            right,
            torch.cat([x[:6]] * 4),
            6,
            "Rows: x; reconstructed by pathwise,\nscore function, with baseline",
        )

        @torch.no_grad()
        def update(step):
            if not bands:
                for name, color in zip(step.model, (_PATHWISE, _SCORE, _BASELINE)):
                    bands[name] = [_Band(ax, color, name) for ax in (left, middle)]
                left.legend(loc="upper right")
                for ax in (left, middle):
                    ax.set_xlim(0, step.steps)
            for name, models in step.model.items():
                if bands[name][0].steps[-1:] == [step.step]:
                    continue
                bands[name][0].add(step.step, [-m.elbo(x).mean().item() for m in models])
                bands[name][1].add(
                    step.step, [float(np.mean(m.variance[-20:])) for m in models]
                )
            images(
                torch.cat(
                    [
                        x[:6],
                        *(
                            models[0].decode(models[0].encode(x[:6])[0])
                            for models in step.model.values()
                        ),
                    ]
                )
            )

        return update

    return view


def gumbel(soften, sweep):
    """Soft choices among three: `soften(tau)` (N, 3), and `sweep` = (temperatures, bias, standard deviation of one
    draw, that of the score function)."""
    taus, bias, spread, score_spread = sweep
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])

    def view(left, right):
        """Left, soft choices in a triangle whose corners are the three hard choices: they leave the corners as τ grows.
        Right, the bias and the spread of the gradient against τ: one grows, the other falls."""
        left.plot(*corners[[0, 1, 2, 0]].T, color=DATA, lw=1)
        for (x, y), text in zip(
            ((-0.02, -0.08), (1.02, -0.08), (0.5, 0.92)), ("z = −1", "z = 0", "z = 1")
        ):
            left.text(x, y, text, ha="center", va="center", fontsize=13)
        hard = soften(1.0).argmax(1)
        dots = left.scatter(
            *torch.zeros(2, len(hard)),
            s=14,
            alpha=0.5,
            lw=0,
            c=np.array([MODEL, SECOND, NOISE])[hard],
        )
        left.set(xlim=(-0.15, 1.15), ylim=(-0.15, 1.0), aspect="equal")
        left.axis("off")
        title = left.set_title("", loc="left")
        right.plot(taus, bias, color=THIRD, lw=2.5, label="bias")
        (error_of_mean,) = right.plot(taus, spread, color=MODEL, lw=2.5, label="standard error")
        (total,) = right.plot(
            taus, spread, color="black", lw=1.2, ls="--", label="both (r.m.s.)"
        )
        (unbiased,) = right.plot(
            taus,
            [score_spread] * len(taus),
            color=_BASELINE,
            lw=2,
            label="score function: no bias",
        )
        here = right.axvline(1, color=DATA, lw=8, alpha=0.25)
        right.set(
            xscale="log",
            yscale="log",
            xlim=(taus[0], taus[-1]),
            ylim=(3e-3, 60),
            xlabel="τ",
            ylabel="error of the gradient",
        )
        right.legend(loc="upper left", fontsize=10, ncols=2)
        best = right.set_title("", loc="left")

        def update(tau=1.0, log2_draws=3):
            dots.set_offsets((soften(tau) @ corners).numpy())
            title.set_text(f"{len(hard)} soft choices at τ = {tau:.2f}")
            n = 2**log2_draws
            error = np.sqrt(np.square(bias) + np.square(spread) / n)
            error_of_mean.set_ydata(np.array(spread) / n**0.5)
            total.set_ydata(error)
            unbiased.set_ydata([score_spread / n**0.5] * len(taus))
            here.set_xdata([tau, tau])
            best.set_text(f"mean of {n} draws: the best τ is {taus[error.argmin()]:.2f}")

        return update

    return view
