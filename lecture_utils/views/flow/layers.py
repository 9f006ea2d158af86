"""Pictures of layers: what a determinant costs, a stack's Jacobian, an elementwise map."""

import math

import numpy as np
import torch

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH


def times(sizes, seconds, slopes):
    """Times of two determinants against the size: `seconds` and `slopes` are by name."""

    def view(ax):
        """Two lines on log axes: the dense determinant's time climbs steeply with the number of
        dimensions, the triangular one's is almost level."""
        ax.figure.set_size_inches(5.4, 3.2)
        for (name, each), color in zip(seconds.items(), (THIRD, MODEL), strict=True):
            label = f"{name}: slope {slopes[name]:.1f}"
            ax.loglog(sizes, each, "o-", color=color, lw=2, label=label)
        ax.set(xlabel="dimensions d", ylabel="seconds", title="One log-determinant")
        ax.set_xticks(sizes, [str(d) for d in sizes])
        ax.minorticks_off()
        ax.legend()
        return lambda: None

    return view


def jacobian_of_layers(jacobian, log_det):
    """The Jacobian of n layers at the first of N points.

    `jacobian(n)` is (N, D, D), `log_det(n)` (N,) the sum of the layers'.
    """

    def view(left, right):
        """Left, the Jacobian as a picture: green above zero, pink below, white zero. Of one
        layer it is triangular, of several it is dense. Right, the log-determinant by
        elimination, as circles, and by the sum of the layers', as dots: they agree."""
        left.figure.set_size_inches(8.8, 4.3)
        shown = {n: jacobian(n)[0] for n in range(1, 7)}
        look = {"cmap": "PiYG", "vmin": -0.5, "vmax": 0.5}
        d = len(shown[1])
        picture = left.imshow(np.zeros((d, d)), **look)
        left.set(xticks=[], yticks=[], xlabel="∂ by x", ylabel="∂ of z")
        title = left.set_title("", loc="left")
        ns = list(shown)
        dense = [torch.linalg.slogdet(J).logabsdet.item() for J in shown.values()]
        wide = {"color": THIRD, "ms": 13, "mfc": "none", "mew": 2}
        right.plot(ns, dense, "o", label="by elimination", **wide)
        right.plot(
            ns, [log_det(n)[0] for n in ns], "o", color=MODEL, label="sum of the layers'"
        )
        here = right.axvline(1, color=DATA, lw=8, alpha=0.3)
        right.margins(y=0.35)  # room for the legend
        right.set(xlabel="layers", title="log |det J|")
        right.legend()

        def update(layers=1):
            picture.set_data(shown[layers].numpy())
            here.set_xdata([layers, layers])
            zeros = (shown[layers] == 0).float().mean()
            title.set_text(f"J of {layers} layer{'s' * (layers > 1)}: {zeros:.0%} zeros")

        return update

    return view


def elementwise(bend):
    """A rising map of b, and the density of b that becomes a Gaussian by it.

    `bend(b, log_weight, centre, log_rate)` → y, and the log of its slope, (N, 1) each, of b
    (N, 1), by a mixture of logistics (1, 1, K).
    """
    b = torch.linspace(-6, 6, 601)

    def view(left, right):
        """Left, the map from b to y: steep where the logistics are. Right, the density of b
        whose y is Gaussian, in blue, beside the Gaussian itself in green: one hump becomes
        several."""
        left.figure.set_size_inches(8.2, 3.3)
        (curve,) = left.plot(b, b, color=MODEL, lw=2.5)
        left.set(xlim=(-6, 6), ylim=(-6, 6), xlabel="b", ylabel="y", title="y = logit F(b)")
        normal = torch.exp(-0.5 * b.square()) / math.sqrt(2 * math.pi)
        right.plot(b, normal, color=NOISE, lw=1.5, label="N(0, 1), for comparison")
        label = "this density"
        (density,) = right.plot(b, 0 * b, color=MODEL, lw=2.5, label=label)
        right.set(xlim=(-6, 6), ylim=(0, 1.2), xlabel="b", title="If y is N(0, 1), b has")
        right.legend(loc="upper left")

        @torch.no_grad()
        def update(apart=1.5, log_rate=1.5):
            centre = apart * torch.linspace(-2, 2, 4).view(1, 1, 4)
            weight, rate = torch.zeros(1, 1, 4).log_softmax(2), torch.full((1, 1, 4), log_rate)
            y, log_slope = (each[:, 0] for each in bend(b[:, None], weight, centre, rate))
            curve.set_ydata(y.numpy())
            p = torch.exp(-0.5 * y.square() + log_slope) / math.sqrt(2 * math.pi)
            density.set_ydata(p.numpy())

        return update

    return view


def journey(z):
    """Points on their way through the layers, in six colours by the angle of their z (N, 2)."""
    turn = (torch.atan2(z[:, 1], z[:, 0]) / (2 * math.pi)) % 1
    palette = np.array([MODEL, TRUTH, NOISE, SECOND, DATA, THIRD])
    colours = palette[(6 * turn).long().clamp(max=5).numpy()]

    def view(ax):
        """A cloud of points, in six colours like the slices of a cake: from a round Gaussian to
        the data, one axis at a time."""
        ax.figure.set_size_inches(3.7, 3.9)
        dots = ax.scatter(*z.T.numpy(), c=colours, s=12, linewidths=0)
        ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
        title = ax.set_title("", loc="left")

        def update(state):
            layers, x = state
            dots.set_offsets(x.numpy())
            title.set_text(f"after {layers:.1f} layers")

        return update

    return view
