"""Pictures of maps of the line: mass that keeps, a fold, the map between two densities, and the
spikes of a density on whole numbers."""

import numpy as np
import torch
from scipy.stats import norm

from ...plots import DATA, MODEL, NOISE, THIRD, TRUTH

STRIPS = 20
_REACH = 7.0  # of x beside its map


def rubber_sheet(left, right):
    """Left, draws of a Gaussian in green on a square grid. Right, both after a smooth map: the
    grid is bent, wide in some places and narrow in others, and every draw is still in its
    cell."""
    left.figure.set_size_inches(5.8, 2.9)
    z = torch.randn(110, 2, generator=torch.Generator().manual_seed(0))
    z = z[(z.abs() < 3).all(1)]
    along, lines = torch.linspace(-3, 3, 100), torch.linspace(-3, 3, 9)

    def bend(z):
        a, b = z.unbind(1)
        b = 0.8 * b * torch.exp(0.6 * torch.sin(1.3 * a)) + 0.8 * torch.cos(1.3 * a)
        return torch.stack([0.8 * a * torch.exp(0.4 * torch.sin(b)) - 0.4 * b, b], 1)

    for ax, move in ((left, lambda z: z), (right, bend)):
        for at in lines:
            fixed = torch.full_like(along, at)
            for pair in ((fixed, along), (along, fixed)):
                ax.plot(*move(torch.stack(pair, 1)).T.numpy(), color=DATA, lw=0.8)
        ax.plot(*move(z).T.numpy(), ".", color=NOISE if ax is left else MODEL, ms=4)
        ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
    left.set_title("noise z on a grid")
    right.set_title("x = f(z): bent, not torn")
    return lambda: None


def mass(f, p_z, p_x):
    """Strips of equal mass, carried by a map: `f(z, *bend)`, `p_z(z)`, `p_x(x, *bend)`.

    `bend` are three numbers. An area has the same size on the paper in both densities.
    """
    ends = norm.ppf(np.linspace(0, 1, STRIPS + 1)).clip(-5, 5)
    zs = np.linspace(-5, 5, 401)
    inside = [np.linspace(a, b, 24) for a, b in zip(ends, ends[1:], strict=False)]
    shades = [0.25 if k % 2 else 0.5 for k in range(STRIPS)]

    def view(figure):
        """Below, the density of z, cut into twenty strips of equal mass. Above it, the map.
        To the left, lying on its side, the density of x, cut where the map carries the cuts.
        One strip and its image are orange: two areas of equal size."""
        figure.set_size_inches(7.8, 5.8)
        # 0.8 · 14 of p(x) by x on 1.19 · 3 of the paper, 7 · 0.45 of z by p(z) on 1 · 1
        shares = {"width_ratios": [1.19, 1], "height_ratios": [3, 1]}
        axes = figure.subplots(2, 2, sharex="col", sharey="row", **shares)
        (side, curve), (corner, floor) = axes
        corner.axis("off")
        (line,) = curve.plot(zs, zs, color=MODEL, lw=2.5)
        (path,) = curve.plot([], [], color=TRUTH, lw=1.5)
        strips = []
        for z, shade in zip(inside, shades, strict=True):
            (below,) = floor.fill(*_outline(z, p_z(z)), color=NOISE, alpha=shade, lw=0)
            (beside,) = side.fill([0], [0], color=MODEL, alpha=shade, lw=0)
            strips.append((below, beside))
        curve.set(xlim=(-3.5, 3.5), ylim=(-_REACH, _REACH), title="x = f(z)")
        floor.set(ylim=(0, 0.45), xlabel="z", ylabel="p(z)")
        side.set(xlim=(0.8, 0), xlabel="p(x)", ylabel="x")
        title = side.set_title("", loc="left")

        def update(left=0.0, middle=1.2, right=0.0, strip=11):
            bend = left, middle, right
            line.set_ydata(f(zs, *bend))
            for k, (z, (below, beside)) in enumerate(zip(inside, strips, strict=True)):
                x = f(z, *bend)
                beside.set_xy(np.stack(_outline(x, p_x(x, *bend))[::-1], 1))
                chosen = k == strip - 1
                below.set_color(TRUTH if chosen else NOISE)
                beside.set_color(TRUTH if chosen else MODEL)
                for patch in (below, beside):
                    patch.set_alpha(1.0 if chosen else shades[k])
            z = inside[strip - 1][[0, -1]]
            x, gap = f(z, *bend), np.nan
            low, far = -_REACH, -3.5
            path.set_data(
                [z[0], z[0], far, gap, z[1], z[1], far], [low, x[0], x[0], gap, low, x[1], x[1]]
            )
            height = [p_z(z).mean(), p_x(x, *bend).mean()]  # of the two ends
            title.set_text(
                f"orange: width {z[1] - z[0]:.2f} · height {height[0]:.2f}\n"
                f"becomes {x[1] - x[0]:.2f} · {height[1]:.2f}"
            )

        return update

    return view


def _outline(x, height) -> tuple:
    """Return the corners of the area below a curve: x, and height."""
    return np.concatenate([x[:1], x, x[-1:]]), np.concatenate([[0], height, [0]])


def fold(fold, solve, folded):
    """A map that may turn back: `fold(z, a)`; `solve(x, a)` → numbers of the x, all their z;
    `folded(x, a, every_branch)` → density of x."""
    zs, xs = np.linspace(-4, 4, 401), np.linspace(-5, 5, 601)
    z = np.random.default_rng(0).standard_normal(100_000)
    edges = np.linspace(-5, 5, 101)

    def view(left, right):
        """Left, the map, and the z that have the chosen x: one, or three. Right, a histogram of
        draws in grey, the density of the lowest z alone, dashed, and the sum over all branches
        in blue."""
        left.figure.set_size_inches(8.2, 3.5)
        (curve,) = left.plot(zs, zs, color=MODEL, lw=2.5)
        level = left.axhline(0, color=DATA, lw=1)
        (roots,) = left.plot([], [], "o", color=TRUTH, ms=9)
        left.set(xlim=(-4, 4), ylim=(-5, 5), xlabel="z", ylabel="x = z + a sin 2z")
        heading = left.set_title("", loc="left")
        look = {"fill": True, "color": DATA, "alpha": 0.45}
        bars = right.stairs(np.zeros(100), edges, label="draws", **look)
        (every,) = right.plot(xs, 0 * xs, color=MODEL, lw=2, label="all branches")
        (one,) = right.plot(xs, 0 * xs, "--", color=THIRD, lw=2, label="the lowest z only")
        here = right.axvline(0, color=TRUTH, lw=1.5)
        right.set(xlim=(-5, 5), ylim=(0, 1.0), xlabel="x", title="The density of x")
        right.legend(loc="upper center")

        def update(a=1.0, x=1.5):
            curve.set_ydata(fold(zs, a))
            level.set_ydata([x, x])
            _, found = solve(np.array([x]), a)
            roots.set_data(found, np.full(len(found), x))
            heading.set_text(f"f(z) = {x:.1f} at {len(found)} z")
            counts, _ = np.histogram(fold(z, a), edges)
            bars.set_data(counts / len(z) / (edges[1] - edges[0]))
            every.set_ydata(folded(xs, a, True))
            one.set_ydata(folded(xs, a, False))
            here.set_xdata([x, x])

        return update

    return view


def quantile_map(density, quantile):
    """The map from a Gaussian to two humps: `density(x, w)`, and `quantile(z, w)` → x."""
    zs, xs = np.linspace(-3, 3, 2401), np.linspace(-3.5, 3.5, 301)
    widths = np.linspace(0.25, 1, 76)
    slopes = [norm.pdf(0) / density(0, w) for w in widths]

    def view(left, middle, right):
        """Left, the density of the data: two humps. Middle, the map that makes them from a
        Gaussian: a step where the data have a gap. Right, its slope at 0 against the width of
        the humps, on a log scale."""
        left.figure.set_size_inches(8.2, 2.9)
        (humps,) = left.plot(xs, 0 * xs, color=TRUTH, lw=2.5)
        left.set(xlim=(-3.5, 3.5), ylim=(0, 0.85), xlabel="x", title="The data's density")
        (curve,) = middle.plot(zs, zs, color=MODEL, lw=2.5)
        middle.set(xlim=(-3, 3), ylim=(-3.5, 3.5), xlabel="z", ylabel="x")
        middle.set_title("The exact map")
        right.plot(widths, slopes, color=MODEL, lw=2)
        (dot,) = right.plot([], [], "o", color=TRUTH, ms=9)
        right.set(yscale="log", xlabel="width w")
        title = right.set_title("", loc="left")

        def update(width=0.5):
            humps.set_ydata(density(xs, width))
            curve.set_ydata(quantile(zs, width))
            slope = norm.pdf(0) / density(0, width)
            dot.set_data([width], [slope])
            title.set_text(f"Slope at 0: {slope:.3g}")

        return update

    return view


def spikes(share, log_spikes, nll, entropy, u):
    """A density for whole numbers: of one pixel, whose levels have these shares (17,).

    `log_spikes(x, width)` → log density; `nll(width, u)` → mean of −log p at x + u.
    """
    xs = torch.linspace(0, 17, 2041)
    widths = torch.linspace(0.01, 1, 100)
    bare = [nll(w.item(), 0.5) for w in widths]
    noisy = [nll(w.item(), u) for w in widths]

    def view(left, right):
        """Left, the shares of the levels as grey boxes, and the model's density in blue: spikes
        as narrow as chosen. Right, the loss against their width: on the whole numbers it falls
        without end, with noise it is lowest somewhere, above the entropy."""
        left.figure.set_size_inches(7.6, 3.2)
        look = {"fill": True, "color": DATA, "alpha": 0.45}
        left.stairs(share.numpy(), np.arange(18), label="share of each level", **look)
        (density,) = left.plot(xs, 0 * xs, color=MODEL, lw=1.5, label="density of the model")
        left.set(xlim=(0, 17), ylim=(0, 0.5), xlabel="level x", title="One pixel (cut at 0.5)")
        left.set_xticks(range(0, 17, 4))
        left.legend(loc="upper left")
        name = "on the whole numbers"
        right.plot(widths, bare, "--", color=THIRD, lw=2, label=name)
        right.plot(widths, noisy, color=MODEL, lw=2, label="with noise u")
        right.axhline(float(entropy), color=TRUTH, lw=2.5, label="entropy of the pixel")
        dots = [right.plot([], [], "o", color=c, ms=9)[0] for c in (THIRD, MODEL)]
        right.set(xlim=(0, 1.02), ylim=(-1, 4.5), xlabel="width of the spikes")
        right.set_title("mean of −log p (nats)")
        right.legend(loc="lower right")

        def update(width=0.3):
            density.set_ydata(log_spikes(xs, width).exp().numpy())
            for dot, noise in zip(dots, (0.5, u), strict=True):
                dot.set_data([width], [float(nll(width, noise))])

        return update

    return view
