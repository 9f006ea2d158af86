"""Pictures of the way from data to noise, and of one step back, in one dimension."""

import numpy as np
import torch

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH, image_grid


def there_and_back(x, alpha_bar):
    """Images x (N, 1, 8, 8) as noise is added: nine moments of each."""

    def view(ax):
        """Each row is one digit, from left to right with more and more noise, up to nothing but
        noise. An arrow to the right says: add noise. An arrow to the left says: learn this."""
        ax.figure.set_size_inches(8.6, 1.1 * len(x) + 0.9)
        generator = torch.Generator().manual_seed(0)
        shown = []
        for image in x:
            for t in torch.linspace(0, len(alpha_bar) - 1, 9).long():
                a, eps = alpha_bar[t], torch.randn(image.shape, generator=generator)
                shown.append(8 + a.sqrt() * (image - 8) + 6 * (1 - a).sqrt() * eps)
        image_grid(ax, torch.stack(shown).float(), 9, "to the right: add noise, easy")
        ax.text(
            1.0,
            -0.03,
            "to the left: take it away, to be learned",
            ha="right",
            va="top",
            transform=ax.transAxes,
            fontsize=12.5,
        )
        return lambda: None

    return view


def forward(walks, schedules, log_p, mean_image):
    """Noise added step by step: `walks` is schedule → three lists of states, at every t.

    They are numbers (N, 1), points (M, 2) and one digit (1, 64), less the `mean_image`.
    `schedules` is schedule → ᾱ; `log_p(x, a)` is the closed form of the numbers' density.
    """
    xs = torch.linspace(-4, 4, 401, dtype=torch.float64)

    def view(figure):
        """From the left: numbers made noisy step by step as a grey histogram, on the orange
        curve of the closed form; points of the plane; a digit; and the schedules, where a dot
        marks the time. Towards the end all become one round cloud of noise."""
        figure.set_size_inches(8.8, 2.9)
        line, plane, digit, gauge = figure.subplots(1, 4, width_ratios=[1.3, 1, 1, 1.3])
        edges = np.linspace(-4, 4, 61)
        bars = line.stairs(np.zeros(60), edges, fill=True, color=DATA, alpha=0.5)
        (curve,) = line.plot(xs, 0 * xs, color=TRUTH, lw=2)
        line.set(ylim=(0, 1.05), yticks=[], xlabel="$x_t$")
        title = line.set_title("", loc="left")
        (dots,) = plane.plot([], [], ".", color=DATA, ms=2)
        plane.set(xlim=(-3.4, 3.4), ylim=(-3.4, 3.4), aspect="equal", xticks=[], yticks=[])
        image = image_grid(digit, torch.zeros(1, 1, 8, 8), 1)
        digit.set_title("a digit")
        plane.set_title("points")
        for (name, alpha_bar), color in zip(
            schedules.items(), (MODEL, NOISE, THIRD), strict=True
        ):
            gauge.plot(alpha_bar, color=color, lw=1.5, label=name)
        (here,) = gauge.plot([0], [1], "o", color="black", ms=7)
        gauge.set(ylim=(-0.03, 1.75), yticks=[0, 0.5, 1], xlabel="t", title="$\\bar\\alpha_t$")
        gauge.legend(fontsize=10, loc="upper right")

        def update(time=60, schedule="cosine"):
            numbers, points, x = (walk[time] for walk in walks[schedule])
            a = schedules[schedule][time]
            bars.set_data(np.histogram(numbers, edges, density=True)[0])
            curve.set_ydata(log_p(xs, a).exp())
            dots.set_data(*points.T.numpy())
            image(6 * x.view(1, 1, 8, 8) + mean_image)
            here.set_data([time], [a])
            title.set_text(f"t = {time}, $\\bar\\alpha_t$ = {a:.3f}")

        return update

    return view


def one_step_back(posterior, alpha_bar):
    """What is known of x_s when x_t and x_0 are known, s < t, in one dimension."""
    xs = np.linspace(-4, 4, 801)

    def bell(mean, variance):
        return np.exp(-0.5 * (xs - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)

    def view(ax):
        """Three bells over x_s: what x_0 says, in green; what x_t says, in grey; and both
        together, in blue: between the two, and narrower than each."""
        ax.figure.set_size_inches(6.4, 3.2)
        looks = {"from $x_0$ alone": NOISE, "from $x_t$ alone": DATA, "from both": MODEL}
        curves = {n: ax.plot(xs, 0 * xs, color=c, lw=2.5, label=n)[0] for n, c in looks.items()}
        marks = [ax.plot([0], [0], "o", color=c, ms=9, clip_on=False)[0] for c in (NOISE, DATA)]
        ax.set(xlim=(-4, 4), yticks=[], xlabel="$x_s$", ylim=(0, 1.5))
        ax.legend(loc="upper right")
        title = ax.set_title("", loc="left")

        def update(x_0=-1.0, x_t=1.0, t=100, s=50):
            s = min(s, t - 1)
            a_t, a_s = (float(alpha_bar[i]) for i in (t, s))
            mean, variance = posterior(*map(torch.tensor, (x_t, x_0, a_t, a_s)))
            a = a_t / a_s
            from_x_0, from_x_t = (a_s**0.5 * x_0, 1 - a_s), (x_t / a**0.5, (1 - a) / a)
            shapes = from_x_0, from_x_t, (float(mean), float(variance))
            for curve, shape in zip(curves.values(), shapes, strict=True):
                curve.set_ydata(bell(*shape))
            for mark, x in zip(marks, (x_0, x_t), strict=True):
                mark.set_xdata([x])
            title.set_text(f"t = {t}, s = {s}: both say {mean:.2f} ± {variance**0.5:.2f}")

        return update

    return view


def truth(arrived, log_p):
    """Where chains with the exact noise end: `arrived` is (schedule, steps) → numbers (N,)."""
    xs = torch.linspace(-4, 4, 401, dtype=torch.float64)

    def view(ax):
        """A histogram of where the chains end, in blue, and the data's density in orange. With
        many steps they agree; with few, the bars are too wide or too narrow; with a schedule
        that stops early, they agree only where the chains begin at its own end."""
        ax.figure.set_size_inches(6.4, 3.2)
        edges = np.linspace(-4, 4, 81)
        bars = ax.stairs(np.zeros(80), edges, fill=True, color=MODEL, alpha=0.5)
        one = torch.tensor(1.0, dtype=torch.float64)
        ax.plot(xs, log_p(xs, one).exp(), color=TRUTH, lw=2.5, label="the data")
        ax.set(ylim=(0, 1.35), yticks=[], xlabel="$x_0$")
        ax.legend(loc="upper right")
        title = ax.set_title("", loc="left")

        def update(steps=3, schedule="cosine"):
            x, apart = arrived[schedule, steps]
            bars.set_data(np.histogram(x, edges, density=True)[0])
            title.set_text(f"{schedule}, {steps} steps: apart by {apart:.3f}")

        return update

    return view


def targets(x_t, pairs):
    """Two things to predict from x_t (N,): name → (values (N,), their mean given x_t (N,))."""
    order = x_t.argsort()

    def view(left, right):
        """Left, the total noise in x_t against x_t: a curve runs through the cloud. Right, the
        noise of the last step alone against x_t: the cloud is nearly round, and the curve
        nearly level: hardly anything of it can be predicted."""
        left.figure.set_size_inches(8.2, 3.4)
        for ax, (name, (value, mean)) in zip((left, right), pairs.items(), strict=True):
            ax.plot(x_t[:250], value[:250], ".", color=DATA, ms=3, alpha=0.6)
            ax.plot(x_t[order], mean[order], color=SECOND, lw=3, label="its mean, given $x_t$")
            explained = 1 - (value - mean).var() / value.var()
            ax.set(xlim=(-3, 3), ylim=(-3.6, 3.6), xlabel="$x_t$")
            ax.set_title(f"{name}: {explained:.1%} explained")
        left.legend(loc="upper left")
        return lambda: None

    return view
