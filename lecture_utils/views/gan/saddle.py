"""Pictures of distances between densities, and of paths around a saddle."""

import math

import numpy as np
import torch

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH
from .densities import FEW, RINGED, data_and_fakes


def distances(grid, normal, jsd, w1):
    """Two densities slid apart.

    `normal(theta)` on the `grid`; `jsd(theta)` and `w1(theta)` → the distance and its slope.
    """
    thetas = torch.linspace(-6, 6, 61).tolist()
    values = np.array([(*jsd(t), *w1(t)) for t in thetas])  # (61, 4)

    def view(left, middle, right):
        """Left, two densities, one of them at θ. Middle, both distances against θ: the
        Jensen-Shannon divergence levels off at log 2, the Wasserstein distance goes on. Right,
        their slopes."""
        left.fill_between(grid[::8], normal(0.0)[::8], color=DATA, alpha=0.45, lw=0)
        (fake,) = left.plot(grid[::8], normal(0.0)[::8], color=MODEL, lw=2.5)
        left.set(xlim=(-8, 8), xlabel="x", title="data (grey), fakes at θ (blue)")
        dots = []
        for ax, columns in ((middle, (0, 2)), (right, (1, 3))):
            for c, color, name in zip(columns, (THIRD, NOISE), ("JSD", "W₁"), strict=True):
                ax.plot(thetas, values[:, c], color=color, lw=2.5, label=name)
                dots.append(ax.plot([], [], "o", color=color, ms=9)[0])
        middle.set(xlabel="θ", title="distance")
        right.set(xlabel="θ", title="its slope in θ")
        middle.axhline(math.log(2), color=DATA, lw=1, ls="--")
        middle.set_ylim(-0.2, 6.2)
        middle.legend(loc="upper center")
        right.set_ylim(-1.3, 1.3)

        def update(theta=2.0):
            fake.set_ydata(normal(theta)[::8])
            now = np.transpose([jsd(theta), w1(theta)]).flat  # both distances, then both slopes
            for dot, value in zip(dots, now, strict=True):
                dot.set_data([theta], [value])

        return update

    return view


def orbits(methods, path):
    """The bilinear game.

    `methods` by name, and `path(method, eta, rounds)` → the points (a, b) of all rounds.
    """

    def view(left, right):
        """Left, the path of both players around the saddle at the origin. Right, their distance
        from it, on a log scale."""
        left.plot([0], [0], "*", color=TRUTH, ms=16)
        (line,) = left.plot([], [], ".-", color=MODEL, lw=1, ms=5)
        left.plot([1], [0], "o", color="black", ms=8, mfc="none", mew=2)
        left.set(xlim=(-4, 4), ylim=(-4, 4), aspect="equal")
        left.set(xlabel="a, which lowers ab", ylabel="b, which raises ab")
        left.set_title("Rounds of the game from (1, 0)")
        (radius,) = right.plot([], [], color=MODEL, lw=2.5)
        right.axhline(1, color=DATA, lw=1, ls="--")
        right.set(yscale="log", xlim=(0, 200), ylim=(1e-3, 1e3), xlabel="round")
        title = right.set_title("", loc="left")

        def update(method="simultaneous", eta=0.1, rounds=100):
            a, b = np.array(path(methods[method], eta, rounds)).T
            line.set_data(a, b)
            radius.set_data(np.arange(rounds + 1), np.hypot(a, b))
            title.set_text(f"distance from the saddle: {np.hypot(a[-1], b[-1]):.3g}")

        return update

    return view


def real_spiral(paths):
    """A real GAN's paths: `paths` name of G's loss → rows of θ, ψ and V, (N, 3)."""

    def view(left, right):
        """Left, the paths of both players' numbers around the data at the origin: a closed
        curve for the saturating loss, a slow spiral inward for the other, a quick one with
        friction. Right, the value of the game on the closed curve: it goes up and down."""
        left.figure.set_size_inches(9.0, 3.5)
        for (name, path), color in zip(paths.items(), (THIRD, MODEL, NOISE), strict=True):
            theta, psi, value = path.T.numpy()
            left.plot(theta, psi, color=color, lw=1.2, label=name)
            if name == "saturating":
                right.plot(value, color=color, lw=1.6)
        left.plot([0], [0], "*", color=TRUTH, ms=16)
        left.plot([1], [0], "o", color="black", ms=8, mfc="none", mew=2)
        left.set(xlabel="θ: where the fakes are", ylabel="ψ: where D leans")
        left.set_title("A GAN with one number each")
        left.set_ylim(-1.3, 2.6)
        left.legend(loc="upper left", ncols=2)
        right.axhline(-math.log(4), color=TRUTH, lw=2.5)
        right.set(xlabel="round", title="V, saturating; orange: −log 4")
        return lambda: None

    return view


def critics(grid, p, q, found):
    """Critics under several penalties.

    `found` is λ → (the critic on the grid, its estimate of W₁, the norm of G's gradient, W₁).
    """
    lambdas = list(found)
    gap = found[lambdas[0]][3]

    def view(left, right):
        """Left, data and fakes far apart, and the critic that tells them: between them it is a
        straight slope, the steeper the smaller the penalty. Right, its estimate against λ, on
        the orange line that a soft penalty predicts, above the true distance."""
        left.figure.set_size_inches(9.0, 3.6)
        data_and_fakes(left, grid, p, q)
        left.set(xlim=(-11, 5), ylim=(-0.02, 1.35), xlabel="x", yticks=[])
        left.legend(loc="upper left", ncols=2, fontsize=10)
        heights = left.twinx()
        (line,) = heights.plot(grid[FEW], p[FEW], color=SECOND, lw=2.5)
        heights.set(ylim=(-14, 14), ylabel="critic, 0 between data and fakes")
        title = left.set_title("", loc="left")
        many = np.logspace(math.log10(min(lambdas)) - 0.1, math.log10(max(lambdas)) + 0.1, 50)
        right.plot(
            many, gap * (1 + gap / (2 * many)), color=TRUTH, lw=2.5, label="W (1 + W/2λ)"
        )
        right.plot(
            lambdas, [found[each][1] for each in lambdas], "o", color=SECOND, label="critic"
        )
        right.axhline(gap, color=DATA, lw=1, ls="--", label="W, by sorting")
        (here,) = right.plot([], [], "o", **RINGED)
        right.set(xscale="log", ylim=(0, None), xlabel="λ", title="What the critic measures")
        right.set_xticks(lambdas, [f"{each:g}" for each in lambdas])
        right.minorticks_off()
        right.legend(loc="lower right")

        def update(penalty=10.0):
            f, estimate, slope, _ = found[penalty]
            middle = (f * p).sum() / p.sum() / 2 + (f * q).sum() / q.sum() / 2
            line.set_ydata((f - middle)[FEW])
            here.set_data([penalty], [estimate])
            words = f"G's gradient {slope:.2f}, estimate {estimate:.2f}"
            title.set_text(f"λ = {penalty:g}: {words}")

        return update

    return view
