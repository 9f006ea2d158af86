"""Pictures of the GAN's game in one dimension.

Both players, the best D, the optimum, vanishing gradients.
"""

import math

import numpy as np
import torch

from ...plots import DATA, MODEL, SECOND, THIRD, TRUTH, curves

_D = SECOND  # the discriminator, in every picture
_LOW = -math.log(4)
FEW = slice(None, None, 8)  # a line needs fewer points than an integral
RINGED = {"color": "black", "ms": 12, "mfc": "none", "mew": 2}


def data_and_fakes(ax, grid, p, q):
    """Draw both densities on the grid; return the line of the fakes."""
    ax.fill_between(grid[FEW], p[FEW], color=DATA, alpha=0.45, lw=0, label="data: p")
    return ax.plot(grid[FEW], q[FEW], color=MODEL, lw=2.5, label="fakes: q")[0]


def game(density, push):
    """The game while it is played.

    The data's `density(x)`, and `push(gan, x)`, the direction in which each fake point is sent.
    """
    xs = torch.linspace(-6, 6, 300)
    z = torch.randn(4000, 1, generator=torch.Generator().manual_seed(0))

    def view(left, right):
        """Left, the density of the data in grey, a histogram of G's draws in blue, D's
        probability of "data" in pink, and the push that D gives to twenty fake points. Right,
        the value V(D, G) against the step; minus log 4 in orange."""
        left.figure.set_size_inches(10.4, 4.2)
        left.fill_between(xs, density(xs), color=DATA, alpha=0.45, lw=0, label="data: p")
        bins = np.linspace(-6, 6, 81)
        label = "fakes: histogram of G(z)"
        bars = left.stairs(np.zeros(80), bins, color=MODEL, lw=2, label=label)
        (belief,) = left.plot(xs, 0 * xs, color=_D, lw=2.5, label="D: probability of “data”")
        left.axhline(0.5, color=_D, lw=0.8, ls=":")
        look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.007}
        zeros, low = np.zeros(20), np.full(20, -0.1)
        arrows = left.quiver(zeros, low, zeros + 1, zeros, color=MODEL, **look)
        left.set(xlim=(-6, 6), ylim=(-0.2, 1.45), xlabel="x")
        left.set_title("D's opinion, and where it pushes the fakes")
        left.legend(loc="upper right", fontsize=10)
        add = curves(right, {"V(D, G)": _D}, "The value of the game", low=-2.5, high=0.1)
        right.axhline(_LOW, color=TRUTH, lw=2.5, label="−log 4: perfect fakes")
        right.legend(loc="upper right")

        def update(step):
            gan = step.model
            with torch.no_grad():
                fakes, D = gan.generate(z)[:, 0], torch.sigmoid(gan.D(xs[:, None]))[:, 0]
            counts, _ = np.histogram(fakes.numpy(), bins)
            bars.set_data(counts / len(z) / (bins[1] - bins[0]))  # the density of all fakes
            belief.set_ydata(D.numpy())
            few = fakes[:20].sort().values
            arrows.set_offsets(np.stack([few.numpy(), low], 1))
            arrows.set_UVC(push(gan, few[:, None])[:, 0].clamp(-3, 3).numpy(), zeros)
            if "D" in step.losses:
                add(step.step, **{"V(D, G)": max(-2.5, -step.losses["D"])})

        return update

    return view


def discriminator_training(grid, p, q, best, snapshots):
    """D on its way to D* with G frozen.

    Densities `p`, `q` and `best` on the `grid`; `snapshots` is step → D, mean error, V.
    """

    def view(left, right):
        """Left, the densities of data and fakes, the best discriminator in orange and the
        trained one in pink. Right, its mean error against the steps of training."""
        data_and_fakes(left, grid, p, q)
        left.plot(grid[FEW], best[FEW], color=TRUTH, lw=3, label="D* = p / (p + q)")
        (trained,) = left.plot(grid[FEW], p[FEW], color=_D, lw=2, label="D, trained")
        left.set(xlim=(-4.5, 5), ylim=(-0.02, 1.5), xlabel="x")
        left.legend(loc="upper center", ncols=2, fontsize=10)
        title = left.set_title("", loc="left")
        steps = list(snapshots)
        right.plot(steps, [snapshots[s][1] for s in steps], "o-", color=_D)
        right.axhline(0.03, color=DATA, lw=1, ls="--")
        (here,) = right.plot([], [], "o", **RINGED)
        right.set(xscale="symlog", ylim=(0, None), xlabel="steps of D")
        right.set_title("Mean of |D − D*|")
        right.set_xticks([0, 1, 10, 100, 1000], ["0", "1", "10", "100", "1000"])

        def update(steps_of_D=1):
            D, error, value = snapshots[steps_of_D]
            trained.set_ydata(D[FEW])
            here.set_data([steps_of_D], [error])
            title.set_text(f"{steps_of_D} steps: mean error {error:.3f}, V = {value:.3f}")

        return update

    return view


def optimum(grid, p, fakes, value, jsd):
    """V(D*) for any fakes.

    Density `p` on the `grid`, `fakes(centre, gap, width)` → q, `value(p, q)`, `jsd(p, q)`.
    """

    def view(left, right):
        """Left, data, fakes and the best discriminator. Right, two gauges: V(D*), which
        cannot fall below minus log 4, and the Jensen-Shannon divergence, which cannot fall
        below zero."""
        q_line = data_and_fakes(left, grid, p, p)
        (best,) = left.plot(grid[FEW], p[FEW], color=_D, lw=2, label="D* = p / (p + q)")
        left.set(xlim=(-11, 11), ylim=(-0.02, 1.5), xlabel="x")
        left.set_title("Make the fakes like the data")
        left.legend(loc="upper center", ncols=3, fontsize=10)
        bars = right.bar([0, 1], [0, 0], width=0.5, bottom=[_LOW, 0], color=[_D, MODEL])
        right.plot([-0.4, 0.4], [_LOW, _LOW], color=TRUTH, lw=3)
        right.plot([0.6, 1.4], [0, 0], color=TRUTH, lw=3)
        right.plot([0.6, 1.4], [math.log(2)] * 2, color=DATA, lw=1, ls="--")
        right.text(0.45, _LOW, "−log 4", color=TRUTH, va="center")
        right.text(1.0, math.log(2) + 0.04, "log 2", color=DATA, ha="center")
        right.set(xlim=(-0.6, 1.6), ylim=(-1.55, 0.95), ylabel="nats")
        right.set_xticks([0, 1], ["V(D*, G)", "JSD(p, q)"])
        title = right.set_title("", loc="left")

        def update(centre=1.0, gap=0.5, width=1.0):
            q = fakes(centre, gap, width)
            v, divergence = float(value(p, q)), float(jsd(p, q))
            q_line.set_ydata(q[FEW])
            best.set_ydata((p / (p + q))[FEW])
            bars[0].set_height(v - _LOW)
            bars[1].set_height(divergence)
            title.set_text(f"V(D*) = {v:.3f} = −log 4 + 2 · {divergence:.3f}")

        return update

    return view


def vanishing(grid, p, q, snapshots):
    """G's gradient as D gets better.

    `snapshots` is steps of D → (D on the grid, norms by the loss's name).
    """
    steps = list(snapshots)

    def view(left, right):
        """Left, data and fakes far apart, and D between them: it soon calls every fake a fake,
        and is flat there. Right, the norm of G's gradient on a log scale: it vanishes for the
        saturating loss only."""
        data_and_fakes(left, grid, p, q)
        (belief,) = left.plot(grid[FEW], p[FEW], color=_D, lw=2.5, label="D")
        left.set(xlim=(-11, 5), ylim=(-0.02, 1.35), xlabel="x")
        left.legend(loc="upper left", ncols=3, fontsize=10)
        title = left.set_title("", loc="left")
        for name, color in (("saturating", THIRD), ("non-saturating", MODEL)):
            norms = [snapshots[s][1][name] for s in steps]
            right.plot(steps, norms, "o-", color=color, label=name)
        here = right.axvline(0, color=DATA, lw=8, alpha=0.3)
        right.set(yscale="log", xlabel="steps of D", title="Norm of G's gradient")
        right.legend(loc="center right")

        def update(steps_of_D=25):
            D, norms = snapshots[steps_of_D]
            belief.set_ydata(D[FEW])
            here.set_xdata([steps_of_D, steps_of_D])
            title.set_text(", ".join(f"{name} {norm:.0e}" for name, norm in norms.items()))

        return update

    return view
