"""Pictures of Bayes' rule: two directions of asking, two classes in the plane, accuracies."""

import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap, to_rgb

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH, image_grid
from ..shared import arrow, node, sheet

_REACH, _CELLS = 4.0, 120
_CLASSES = {"y = 0": MODEL, "y = 1": THIRD}
_PLACE = {"extent": (-_REACH, _REACH, -_REACH, _REACH), "origin": "lower", "zorder": 0}


def two_directions(x, y, label=3):
    """One question in two directions: images x (N, 1, H, W) with levels 0..16, labels y (N,).

    Shown are the first image with this label, and eight others with it.
    """
    first, others = x[y == label][:1], x[y == label][1:9]

    def view(figure):
        """Left, one image of a digit, and an arrow to its label: one answer. Right, the label,
        and an arrow to eight images, which all differ: many answers."""
        ax = sheet(figure, 12, 3.8)
        one, many = (
            ax.inset_axes((left, 0.3, width, height), transform=ax.transData)
            for left, width, height in ((0.2, 2.6, 2.6), (7.8, 4.1, 2.6))
        )
        image_grid(one, first, 1)
        image_grid(many, others, 4)
        arrow(ax, (2.95, 1.6), (4.0, 1.6), DATA)
        node(ax, 4.55, 1.6, f"y = {label}", MODEL, 0.9)
        node(ax, 6.05, 1.6, f"y = {label}", MODEL, 0.9)
        arrow(ax, (6.65, 1.6), (7.65, 1.6), DATA)
        ax.plot([5.3, 5.3], [0.2, 3.6], color=DATA, lw=1, ls=":")
        ax.text(0.2, 3.2, "P(y | x): one answer", fontsize=13)
        ax.text(5.6, 3.2, "P(x | y): many answers", fontsize=13)
        ax.set_title("The same pairs (x, y), asked in two directions")
        return lambda: None

    return view


def two_classes(log_joint, line):
    """Two Gaussian classes of the plane, with P(x|y) P(y) and with P(y|x).

    `log_joint(x, means, sigma, prior)` → log P(x|y) + log P(y), (N, 2), of x (N, 2) and means
    (2, 2); `line(means, sigma, prior)` → w (2,) and b of P(y=1|x) = sigmoid(w·x + b).
    """
    luck = torch.Generator().manual_seed(0)
    u, noise = torch.rand(80, generator=luck), torch.randn(80, 2, generator=luck)
    side = (torch.arange(_CELLS) + 0.5) / _CELLS * 2 * _REACH - _REACH
    points = torch.cartesian_prod(side, side)

    def view(figure):
        """Left, the plane shaded by P(x|y) P(y) in the colours of two classes, with points of
        both. Middle, P(y=1|x) in eleven shades, with the straight line where it is one half.
        Right, along the way through both means: two humps, their sum in grey, and in orange
        P(y=1|x), which is one hump over the sum."""
        figure.set_size_inches(9.6, 3.6)
        left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
        generative, discriminative = _generative(left), _discriminative(middle)
        between = _between(right)
        keys = {line.get_label(): line for ax in figure.axes for line in ax.lines}
        keys = {name: key for name, key in keys.items() if not name.startswith("_")}
        figure.legend(keys.values(), keys, loc="outside lower center", ncols=len(keys))

        def update(zero=(-1.0, 0.0), one=(1.0, 0.5), sigma=1.0, prior=0.5):
            means = torch.tensor([zero, one], dtype=torch.float32)
            y = (u < prior).long()
            joint = log_joint(points, means, sigma, prior)
            generative(joint, means[y] + sigma * noise, y)
            discriminative(joint, *line(means, sigma, prior))
            between(means, lambda x: log_joint(x, means, sigma, prior))

        return update

    return view


def _square(ax, title: str):
    """Make axes the square that the two classes lie in."""
    ax.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), aspect="equal")
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xticks=[-4, 0, 4], yticks=[-4, 0, 4], title=title)


def _generative(ax):
    """Prepare a plane shaded by two densities; return `show(log_joint, x, y)`."""
    picture = ax.imshow(np.ones((_CELLS, _CELLS, 3)), **_PLACE)
    look = {"ms": 5, "mec": "white", "mew": 0.5}
    dots = [ax.plot([], [], "o", color=color, **look)[0] for color in _CLASSES.values()]
    inks = 1 - np.array([to_rgb(color) for color in _CLASSES.values()])  # what they take away
    _square(ax, "Generative: P(x | y) P(y)")

    def show(log_joint, x, y):
        joint = log_joint.exp()
        shades = 0.7 * (joint / joint.max().clamp_min(1e-30)).numpy()
        page = (1 - shades @ inks).clip(0, 1)
        picture.set_data(page.reshape(_CELLS, _CELLS, 3).swapaxes(0, 1))
        for k, each in enumerate(dots):
            each.set_data(*x[y == k].T.numpy())

    return show


def _discriminative(ax):
    """Prepare a plane shaded by P(y=1|x); return `show(log_joint, w, b)`."""
    shades = LinearSegmentedColormap.from_list("shades", [MODEL, "white", THIRD], 11)
    page = np.zeros((_CELLS, _CELLS))
    picture = ax.imshow(page, vmin=0, vmax=1, cmap=shades, alpha=0.8, **_PLACE)
    (border,) = ax.plot([], [], color=TRUTH, lw=3)
    _square(ax, "Discriminative: P(y = 1 | x)")

    def show(log_joint, w, b):
        p = log_joint.softmax(1)[:, 1].view(_CELLS, _CELLS)
        picture.set_data(p.T.numpy())
        length = float(w.norm())
        away = -float(b) / length if length > 1e-6 else np.inf  # of the line, from 0
        border.set_visible(abs(away) < 2 * _REACH)  # so it meets the square, or nearly
        if border.get_visible():
            along = torch.stack([-w[1], w[0]]) / length
            nearest = away * w / length
            ends = torch.stack([nearest - 12 * along, nearest + 12 * along])
            border.set_data(*ends.T.numpy())

    return show


def _between(ax):
    """Prepare curves along the way through both means; return `show(means, log_joint)`."""
    t = torch.linspace(-6, 6, 241)
    look = {"lw": 2.5}
    humps = [ax.plot(t, 0 * t, color=c, label=k, **look)[0] for k, c in _CLASSES.items()]
    (total,) = ax.plot(t, 0 * t, "--", color=DATA, lw=2, label="sum: P(x)")
    ax.set(xlim=(-6, 6), ylim=(0, 1.05), yticks=[], xlabel="along the way through both means")
    ax.set_xticks([-4, 0, 4])
    ax.set_title("One hump over the sum")
    chances = ax.twinx()
    (chance,) = chances.plot(t, 0 * t, color=TRUTH, lw=2, label="P(y = 1 | x)")
    chances.set(ylim=(0, 1.05), yticks=[0, 0.5, 1])
    chances.tick_params(axis="y", colors=TRUTH)

    def show(means, log_joint):
        way = means[1] - means[0]
        way = way / way.norm() if way.norm() > 1e-6 else torch.tensor([1.0, 0.0])
        log_p = log_joint(means.mean(0) + t[:, None] * way)
        p = (log_p - log_p.logsumexp(1).max()).exp()  # the largest sum is 1
        for hump, each in zip(humps, p.unbind(1), strict=True):
            hump.set_ydata(each.numpy())
        total.set_ydata(p.sum(1).numpy())
        chance.set_ydata(log_p.softmax(1)[:, 1].numpy())

    return show


def accuracies(xs, found, xlabel, title, log=False):
    """Accuracies against `xs`: `found` is name → (len(xs), repeats), numbers 0..1."""

    def view(ax):
        """A line for each way, through the mean of its repetitions; where several of them are
        given, in a band from the lowest to the highest."""
        ax.figure.set_size_inches(7.2, 3.6)
        colors = (MODEL, THIRD, NOISE, SECOND, DATA)
        for (name, each), color in zip(found.items(), colors, strict=False):
            each = torch.as_tensor(each)
            ax.plot(xs, each.mean(1), "o-", color=color, lw=2, ms=5, label=name)
            if each.shape[1] > 1:
                look = {"color": color, "alpha": 0.1, "lw": 0}
                ax.fill_between(xs, each.amin(1), each.amax(1), **look)
        ax.set(xlabel=xlabel, title=title, xscale="log" if log else "linear")
        if log:
            ax.set_xticks(xs, [f"{each:g}" for each in xs])
            ax.minorticks_off()
        ax.yaxis.set_major_formatter("{x:.0%}")
        ax.figure.legend(loc="outside lower left", ncols=2)
        return lambda: None

    return view


def mean_map(y: int):
    """The square on which the mean of class y, 0 or 1, is dragged."""

    def draw(ax):
        ax.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), aspect="equal")
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"μ$_{y}$: drag it", color=(MODEL, THIRD)[y])

    return draw
