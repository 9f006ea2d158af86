"""Pictures of densities of the plane that are estimated, fitted, and made of components."""

import math

import numpy as np
import torch
from matplotlib.patheffects import withStroke

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH, curves, density

_REACH = 3.0
_PALETTE = MODEL, THIRD, NOISE, SECOND, TRUTH, "#56B4E9", "#000000", "#A39A00"
_TRAINED, _FRESH, _FLOOR = "data: NLL", "10,000 fresh draws: NLL", "entropy H"


def _square(ax, title: str = ""):
    """Make axes the square that the data lie in."""
    ax.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), aspect="equal")
    ax.set(xticks=[], yticks=[], title=title)


def _rings(mixture):
    """Return the ellipse of one standard deviation of each component: (K, 61, 2)."""
    angle = torch.linspace(0, 2 * math.pi, 61)
    circle = torch.stack([angle.cos(), angle.sin()], 1)
    squares, axes = torch.linalg.eigh(mixture.covs)
    half = axes * squares.clamp_min(0).sqrt()[:, None]  # (K, 2, 2), half @ half.T is covs
    return mixture.means[:, None] + circle @ half.mT


def _nll(log_p) -> float:
    return -log_p.detach().mean().item()


def _lost(nats: float) -> str:
    """Say how many nats a density loses."""
    number = f"{nats:.2f} nats".replace("-", "−") if math.isfinite(nats) else "∞"
    return f"KL = fresh NLL − H = {number}"


def _three(figure, x):
    """Prepare three panels: a density over data x (N, 2), samples beside it, and nats.

    Return the panels, and the dots of the samples.
    """
    figure.set_size_inches(9.4, 3.3)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.2])
    left.plot(*x.T.numpy(), ".", color=DATA, ms=3)
    (dots,) = middle.plot([], [], ".", color=MODEL, ms=3)
    _square(left), _square(middle, "300 samples")
    return left, middle, right, dots


def estimates(toy, x, log_probs, samplers):
    """Estimates of a density from data x (N, 2), drawn from `toy`.

    `log_probs` is name → function of places (M, 2) and a width → (M,); `samplers` is name →
    function of a width, n and a generator → (n, 2).
    """
    fresh, H = toy.sample(10_000, torch.Generator().manual_seed(0)), toy.entropy()
    widths, cut = np.geomspace(0.05, 1, 25), H + 2
    top = toy.log_prob(fresh).max().exp()  # the shade is as deep as the truth's

    def nll(method, points, width):
        return _nll(log_probs[method](points, width))

    def view(figure):
        """Left, an estimated density in blue over the data in grey. Middle, samples of it in
        blue. Right, the mean of −log p against the width: on the data it falls the narrower it
        is, on fresh draws it is lowest in between, above the entropy of the truth."""
        left, middle, right, dots = _three(figure, x)
        shade, title = density(left, _REACH, 60, top), left.set_title("", loc="left")
        nats = {
            name: [np.array([nll(name, points, w) for w in widths]) for points in (x, fresh)]
            for name in log_probs
        }
        lines = [
            right.plot(widths, 0 * widths, color=color, lw=2.5, label=label)[0]
            for color, label in ((DATA, _TRAINED), (MODEL, _FRESH))
        ]
        right.axhline(H, color=TRUTH, lw=2, ls=":", label=_FLOOR)
        here = right.axvline(1, color=DATA, lw=6, alpha=0.3)
        low = min(H, *(each.min() for pair in nats.values() for each in pair)) - 0.3
        right.set(xscale="log", xlabel="width", xlim=(0.045, 1.1), ylim=(low, cut + 0.1))
        right.set_xticks([0.05, 0.1, 0.2, 0.5, 1], ["0.05", "0.1", "0.2", "0.5", "1"])
        right.minorticks_off()
        lost = right.set_title("", loc="left")
        figure.legend(loc="outside lower right", ncols=3)

        def update(method="kernel", width=0.3):
            shade(lambda at: log_probs[method](at, width))
            luck = torch.Generator().manual_seed(0)
            dots.set_data(*samplers[method](width, 300, luck).T.numpy())
            for line, each in zip(lines, nats[method], strict=True):
                line.set_ydata(np.fmin(each, cut))
            here.set_xdata([width, width])
            title.set_text(f"{method}, width {width:.2f}")
            lost.set_text(_lost(nll(method, fresh, width) - H))

        return update

    return view


def fitting(toy, x):
    """A mixture of Gaussians while it is fitted to data x (N, 2), drawn from `toy`."""
    fresh, H = toy.sample(10_000, torch.Generator().manual_seed(0)), toy.entropy()
    low, high, top = H - 1.5, H + 2, toy.log_prob(fresh).max().exp()

    def view(figure):
        """Left, the mixture's density in blue over the data in grey, and an ellipse of one
        standard deviation for each component. Middle, samples of it in blue. Right, the mean
        of −log p on the data and on fresh draws against the step, above the entropy."""
        left, middle, right, dots = _three(figure, x)
        shade, title = density(left, _REACH, 60, top), left.set_title("", loc="left")
        (ellipses,) = left.plot([], [], color=THIRD, lw=1.5)
        add = curves(right, {_TRAINED: DATA, _FRESH: MODEL}, "", low - 0.1, high + 0.1)
        right.get_legend().remove()
        right.axhline(H, color=TRUTH, lw=2, ls=":", label=_FLOOR)
        lost = right.set_title("", loc="left")
        figure.legend(loc="outside lower right", ncols=3)

        @torch.no_grad()
        def update(step):
            shade(step.log_prob)
            rings = _rings(step)
            gaps = torch.full_like(rings[:, :1], torch.nan)  # one line draws them all
            ellipses.set_data(*torch.cat([rings, gaps], 1).flatten(0, 1).T.numpy())
            dots.set_data(*step.sample(300, torch.Generator().manual_seed(0)).T.numpy())
            nats = [_nll(step.log_prob(points)) for points in (x, fresh)]
            cut = [min(max(each, low), high) for each in nats]
            add(step.step, **dict(zip((_TRAINED, _FRESH), cut, strict=True)))
            right.set_xlim(0, max(1, step.steps))
            title.set_text(f"K = {len(step.means)}, step {step.step} of {step.steps}")
            lost.set_text(_lost(nats[1] - H))

        return update

    return view


def _colors(mixture) -> list:
    """Return a colour for each component."""
    return [_PALETTE[k % len(_PALETTE)] for k in range(len(mixture.means))]


def mixture_map(mixture, x):
    """A map of a mixture's components over data x (N, 2), to drag a point on."""

    def draw(ax):
        ax.plot(*x.T.numpy(), ".", color=DATA, ms=3, alpha=0.6)
        for k, (ring, color) in enumerate(zip(_rings(mixture), _colors(mixture), strict=True)):
            ax.plot(*ring.T.numpy(), color=color, lw=2.5)
            look = {"ha": "center", "va": "center", "fontweight": "bold", "color": color}
            word = ax.text(*mixture.means[k].tolist(), str(k + 1), **look)
            word.set_path_effects([withStroke(linewidth=3, foreground="white")])
        ax.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), xlabel="$x_1$", ylabel="$x_2$")
        ax.set_title("The components", loc="left")

    return draw


def whose(mixture):
    """Which component a point x may be from: bars in the colours of the components."""
    top = mixture.log_joint(mixture.means).exp().max().item()  # more is nowhere
    names = [str(k + 1) for k in range(len(mixture.means))]

    def view(figure):
        """Above, a bar for each component: its share times its density at the chosen point;
        their sum is P(x). Below, the same bars over their sum: the chances that the point is
        from each component."""
        figure.set_size_inches(4.6, 4.0)
        above, below = figure.subplots(2, 1)
        terms = _bars(above, names, _colors(mixture), top)
        chances = _bars(below, names, _colors(mixture), 1.0)
        title = above.set_title("", loc="left")
        below.set(title="P(k | x): each over the sum", xlabel="component k")

        def update(x=(0.0, 0.0)):
            log_joint = mixture.log_joint(torch.tensor([x], dtype=torch.float32))[0]
            terms(log_joint.exp())
            chances(log_joint.softmax(0))
            title.set_text(f"P(k) p(x | k): the sum is P(x) = {log_joint.exp().sum():.2g}")

        return update

    return view


def _bars(ax, names: list, colors: list, top: float):
    """Prepare a bar with its number for each name, up to `top`; return `show(heights)`."""
    bars = ax.bar(names, np.zeros(len(names)), color=colors)
    look = {"ha": "center", "va": "bottom", "fontsize": 8}
    words = [ax.text(k, 0, "", **look) for k in range(len(names))]
    ax.set(ylim=(0, 1.2 * top), xlim=(-0.6, len(names) - 0.4))

    def show(heights):
        for bar, word, height in zip(bars, words, heights.tolist(), strict=True):
            bar.set_height(height)
            word.set_y(height + 0.02 * top)
            word.set_text(_short(height))

    return show


def _short(number: float) -> str:
    """Return a number in so few letters that it fits above a bar."""
    if number < 1e-9:
        return "0"
    return f"{number:.0e}" if number < 1e-3 else f"{number:.2g}"
