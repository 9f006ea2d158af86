"""Pictures of draws: fresh and pinned noise, draws on their lines, draws by an inverse CDF."""

import numpy as np
import torch
from torch.distributions import Normal

from ...plots import DATA, MODEL, NOISE, TRUTH


def rolls(average, expectation):
    """The average loss against μ, for fresh or pinned noise.

    `average(mu, sigma, eps)` → one number for each μ, of eps (len(mu), n);
    `expectation(mu, sigma)` is the exact one.
    """
    mus = torch.linspace(-2, 3, 101)

    def view(ax):
        """The loss averaged over a few draws, in blue, against μ; the exact expectation in
        orange. Fresh noise for every μ gives a jagged line, the same noise for all a smooth
        one."""
        (exact,) = ax.plot(mus, 0 * mus, color=TRUTH, lw=2.5, label="exact E f(z)")
        (line,) = ax.plot(mus, 0 * mus, color=MODEL, lw=1.5, label="average over the draws")
        ax.set(xlim=(-2, 3), ylim=(0, 14), xlabel="μ", ylabel="loss")
        ax.legend(loc="upper right")
        ax.figure.set_size_inches(7.6, 4.0)
        title = ax.set_title("", loc="left")

        def update(draws=4, sigma=1.0, pinned=False, roll=1):
            generator = torch.Generator().manual_seed(roll)
            rows = 1 if pinned else len(mus)
            eps = torch.randn(rows, draws, generator=generator).expand(len(mus), draws)
            exact.set_ydata(expectation(mus, sigma).numpy())
            line.set_ydata(average(mus, sigma, eps).numpy())
            how = "always with the same ε" if pinned else "fresh each time"
            title.set_text(f"draws for every μ: {draws}, {how}")

        return update

    return view


def straight_lines(slopes):
    """Every draw on its line: `slopes(mu, sigma, eps)` → z, ∂z/∂μ, ∂z/∂σ of each draw."""
    zs, n = torch.linspace(-5, 5, 200), 12
    ends = (-2.0, 2.0), (0.0, 2.0)  # of μ and of σ

    def view(left, middle, right):
        """Left, the density of z and twelve draws as dots. Middle, the draws against μ:
        parallel lines. Right, against σ: a fan, each line as steep as its ε. Arrows show the
        derivatives at the dots."""
        (density,) = left.plot([], [], color=NOISE, lw=2)
        dots = [ax.plot([], [], "o", color=MODEL, ms=6)[0] for ax in (left, middle, right)]
        lines = [ax.plot([], [], color=DATA, lw=0.8)[0] for ax in (middle, right)]
        look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.008}
        zero, one = np.zeros(n), np.ones(n)
        arrows = [
            ax.quiver(zero, zero, one, one, color=MODEL, **look) for ax in (middle, right)
        ]
        left.set(xlim=(0, 1.1), xlabel="density", ylabel="z", title="The draws of z")
        middle.set(xlim=(-2.5, 2.7), xlabel="μ", title="Each draw as μ moves: slope 1")
        right.set(xlim=(-0.1, 2.6), xlabel="σ", title="... and as σ moves: slope ε")
        for ax in (left, middle, right):
            ax.set_ylim(-5, 5)

        def update(mu=0.5, sigma=1.0, roll=1):
            eps = torch.randn(n, generator=torch.Generator().manual_seed(roll)).sort().values
            z, *slopes_of = slopes(mu, sigma, eps)
            density.set_data(Normal(mu, sigma).log_prob(zs).exp().numpy(), zs)
            for dot, at in zip(dots, (0.03, mu, sigma), strict=True):
                dot.set_data(np.full(n, at), z.numpy())
            for i, at in enumerate((mu, sigma)):
                low, high = (z + slopes_of[i] * (end - at) for end in ends[i])
                gap = np.full(n, np.nan)  # between one line and the next
                lines[i].set_data(
                    np.tile([*ends[i], np.nan], n), np.stack([low, high, gap], 1).flatten()
                )
                arrows[i].set_offsets(np.stack([np.full(n, at), z.numpy()], 1))
                arrows[i].set_UVC(0.4 * one, 0.4 * slopes_of[i].numpy())

        return update

    return view


def unit_interval(ax):
    """The axis of u, to drag a point along."""
    ax.set(xlim=(-1, 1), ylim=(0.005, 0.995), xticks=[], title="Drag u")
    ax.set_ylabel("u, uniform on (0, 1)")
    ax.spines["bottom"].set_visible(False)
    ax.axvline(0, color=NOISE, lw=3, alpha=0.4)


def inverse_cdf(quantile, cdf):
    """A uniform u turned into z.

    `quantile(name, u, b)` → z and ∂z/∂b; `cdf[name](z, b)` → F(z).
    """
    zs = torch.linspace(-8, 8, 801)
    pinned = torch.rand(60, generator=torch.Generator().manual_seed(2))

    def view(figure):
        """Above, the distribution function F: the line at height u meets it at z. Below, the
        density, and sixty draws made from sixty uniform numbers."""
        figure.set_size_inches(5.9, 4.6)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
        (curve,) = above.plot(zs, 0 * zs, color=TRUTH, lw=2.5)
        (path,) = above.plot([], [], color=MODEL, lw=2)
        above.plot(np.full(60, -7.9), pinned, "_", color=NOISE, ms=12, alpha=0.6)
        above.set(xlim=(-8, 8), ylim=(0, 1.03), ylabel="u = F(z)")
        title = above.set_title("", loc="left")
        (density,) = below.plot([], [], color=TRUTH, lw=2.5)
        (draws,) = below.plot([], [], "|", color=MODEL, ms=14, alpha=0.5)
        (mark,) = below.plot([], [], "o", color=MODEL, ms=9)
        below.set(ylim=(-0.3, 2.1), xlabel="z", ylabel="density")

        def update(u=(0.0, 0.7), distribution="exponential", b=1.0):
            at = torch.tensor([u[1]])
            (z,), (slope,) = (v.tolist() for v in quantile(distribution, at, b))
            heights = cdf[distribution](zs, b)
            curve.set_ydata(heights.numpy())
            path.set_data([-8, z, z], [u[1], u[1], 0])
            density.set_data(zs[1:], heights.diff().numpy() / float(zs[1] - zs[0]))
            draws.set_data(quantile(distribution, pinned, b)[0].numpy(), np.full(60, -0.14))
            mark.set_data([z], [-0.14])
            title.set_text(f"u = {u[1]:.2f} gives z = {z:.2f}, with ∂z/∂b = {slope:.2f}")

        return update

    return view
