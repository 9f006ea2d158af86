"""Pictures of flows of the plane: stretched areas, a flow that trains, filaments."""

import math

import numpy as np
import torch

from ...plots import DATA, MODEL, TRUTH, curves, density

EVEN = torch.linspace(-3, 3, 7)
DECILES = torch.special.ndtri(torch.linspace(0.1, 0.9, 9))  # of N(0, 1)


def grid_lines(at: torch.Tensor) -> torch.Tensor:
    """Return lines at these places (K,), upright and level, from −3 to 3: (2 K, 60, 2)."""
    upright = torch.cartesian_prod(at, torch.linspace(-3, 3, 60)).view(-1, 60, 2)
    return torch.cat([upright, upright.flip(2)])


def with_gaps(lines) -> np.ndarray:
    """Return lines (K, M, 2) as x and y of one, with a gap after each."""
    gap = torch.full_like(lines[:, :1], torch.nan)
    return torch.cat([lines, gap], 1).flatten(0, 1).T.numpy()


def stretch_map(warp, jacobian):
    """A map of log|det J| of `warp`, to drag a point on."""
    side = (torch.arange(30) + 0.5) / 30 * 6 - 3
    z = torch.cartesian_prod(side, side)

    def draw(ax):
        log_det = jacobian(warp, z).det().abs().log().view(30, 30).T
        look = {"cmap": "RdBu_r", "vmin": -1.5, "vmax": 1.5, "alpha": 0.75}
        ax.imshow(log_det.numpy(), extent=(-3, 3, -3, 3), origin="lower", **look)
        ax.plot(*with_gaps(grid_lines(EVEN)), color=DATA, lw=0.6)
        ax.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="$z_1$", ylabel="$z_2$")
        ax.set_title("log |det J|: red stretches", loc="left")

    return draw


def parallelogram(warp, jacobian):
    """A square of z carried by `warp`, and the parallelogram that its Jacobian makes of it."""
    corners = torch.tensor([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]])
    parts = torch.linspace(0, 1, 12)[:, None]
    edge = torch.cat([a + parts * (b - a) for a, b in zip(corners, corners[1:], strict=False)])

    def view(ax):
        """The grid after the map, in grey; the image of the square in blue, and the
        parallelogram of the Jacobian in orange: for a small square they are the same."""
        ax.figure.set_size_inches(4.2, 4.1)
        lines = grid_lines(EVEN)
        lines = warp(lines.flatten(0, 1)).view_as(lines)
        ax.plot(*with_gaps(lines), color=DATA, lw=0.6)
        (image,) = ax.fill([0], [0], color=MODEL, alpha=0.5, lw=0, label="the square, carried")
        (linear,) = ax.plot([], [], color=TRUTH, lw=2.5, label="by the Jacobian")
        ax.set(xlim=(-5, 5), ylim=(-5, 5), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
        ax.legend(loc="lower left")
        title = ax.set_title("", loc="left")

        def update(z=(0.6, 0.4), side=0.8):
            at = torch.tensor([z], dtype=torch.float32)  # a map gives numbers of numpy
            J = jacobian(warp, at)[0]
            image.set_xy(warp(at + side * edge).numpy())
            linear.set_data(*(warp(at) + side * corners @ J.T).T.numpy())
            det = J.det().abs().item()
            p = math.exp(-0.5 * at.square().sum().item()) / (2 * math.pi)
            title.set_text(
                f"area {side**2:.3f} → {det * side**2:.3f},\ndensity {p:.3f} → {p / det:.3f}"
            )

        return update

    return view


def plane():
    """A flow of the plane while it trains; its attribute `toy` is the true density."""
    z = torch.randn(220, 2, generator=torch.Generator().manual_seed(0))
    lines = grid_lines(DECILES)

    def view(figure):
        """Above, the model's density in blue with data in grey, and its samples. Below, the
        lines at the deciles of z as the flow bends them, so that each cell holds a hundredth
        of the mass, and the nats lost against the step."""
        figure.set_size_inches(4.9, 4.9)
        (shaded, drawn), (bent, lost) = figure.subplots(2, 2)
        shade = density(shaded, reach=3.0, cells=60)
        (data,) = shaded.plot([], [], ".", color=DATA, ms=2)
        (dots,) = drawn.plot([], [], ".", color=MODEL, ms=3)
        (grid,) = bent.plot([], [], color=MODEL, lw=0.7)
        for ax, name in (
            (shaded, "density"),
            (drawn, "samples"),
            (bent, "the grid of z, bent"),
        ):
            ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticks=[], yticks=[], title=name)
        add = curves(lost, {"nats lost": MODEL}, "Nats lost (cut at 2.5)", low=0.0, high=2.5)
        points, of = None, None

        @torch.no_grad()
        def update(step):
            nonlocal points, of
            flow = step.model
            if of is not flow.toy:
                of = flow.toy
                points = of.sample(1000, torch.Generator().manual_seed(0))
                data.set_data(*points[:150].T.numpy())
            shade(flow.log_prob)
            dots.set_data(*flow.inverse(z).T.numpy())
            grid.set_data(*with_gaps(flow.inverse(lines.flatten(0, 1)).view_as(lines)))
            kl = (of.log_prob(points) - flow.log_prob(points)).mean().item()
            add(step.step, **{"nats lost": min(2.5, max(0.0, kl))})

        return update

    return view


def price(toy, runs):
    """What stacks of several depths lose: `runs` is name → (nats, share between, samples) of
    each run; `toy.centres` are the modes."""

    def view(left, middle, right):
        """Left, samples of one run in blue, the modes' centres in black: filaments join
        them. Middle, the nats that every run loses. Right, the share of its samples that lie
        between the modes. Both fall with the depth, and most for the richer map."""
        left.figure.set_size_inches(8.7, 3.2)
        (dots,) = left.plot([], [], ".", color=MODEL, ms=3)
        left.plot(*toy.centres.T.numpy(), "+", color="black", ms=11, mew=2.5)
        left.set(xlim=(-3.6, 3.6), ylim=(-3.6, 3.6), aspect="equal", xticks=[], yticks=[])
        title = left.set_title("", loc="left")
        names, heres = list(runs), []
        for ax, i, heading in ((middle, 0, "nats lost"), (right, 1, "share between the modes")):
            for k, each in enumerate(runs.values()):
                aside = k + 0.12 * (np.arange(len(each)) - (len(each) - 1) / 2)
                ax.plot(aside, [run[i] for run in each], "o", color=MODEL, ms=6)
            heres.append(ax.axvline(0, color=DATA, lw=14, alpha=0.3))
            ax.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, None), title=heading)
            ax.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names])

        def update(couplings=names[0], run=1):
            kl, _, x = runs[couplings][run - 1]
            dots.set_data(*x[:600].T.numpy())
            title.set_text(f"{couplings}, run {run}: {kl:.2f} nats lost")
            for here in heres:
                here.set_xdata([names.index(couplings)] * 2)

        return update

    return view
