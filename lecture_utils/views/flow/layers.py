"""Pictures of layers: what a determinant costs, a stack's Jacobian, an elementwise map."""

import math

import matplotlib
import numpy as np
import torch

from ...plots import DATA, MODEL, NOISE, THIRD


def times(sizes, seconds, slopes):
    """Times of two determinants against the size: `seconds` and `slopes` are by name."""

    def view(ax):
        """Two lines on log axes: the dense determinant's time climbs steeply with the number of
        dimensions, the triangular one's is almost level."""
        ax.figure.set_size_inches(6.4, 3.8)
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
        look = {"cmap": "PiYG", "vmin": -1.2, "vmax": 1.2}
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

    `bend(b, apart, log_rate)` → y, and the log of its slope, (N,) each.
    """
    b = torch.linspace(-6, 6, 601)

    def view(left, right):
        """Left, the map from b to y: steep where the logistics are. Right, the density of b
        whose y is Gaussian, in blue, beside the Gaussian itself in green: one hump becomes
        several."""
        left.figure.set_size_inches(9.2, 3.7)
        (curve,) = left.plot(b, b, color=MODEL, lw=2.5)
        left.set(xlim=(-6, 6), ylim=(-6, 6), xlabel="b", title="y = logit F(b)")
        normal = torch.exp(-0.5 * b.square()) / math.sqrt(2 * math.pi)
        right.plot(b, normal, color=NOISE, lw=1.5, label="N(0, 1), the density of y")
        label = "the density of b"
        (density,) = right.plot(b, 0 * b, color=MODEL, lw=2.5, label=label)
        right.set(xlim=(-6, 6), ylim=(0, 1.2), xlabel="b", title="What an N(0, 1) becomes")
        right.legend(loc="upper left")

        @torch.no_grad()
        def update(apart=0.5, log_rate=1.0):
            y, log_slope = bend(b, apart, log_rate)
            curve.set_ydata(y.numpy())
            p = torch.exp(-0.5 * y.square() + log_slope) / math.sqrt(2 * math.pi)
            density.set_ydata(p.numpy())

        return update

    return view


def _angles(z) -> np.ndarray:
    """Return a colour for each point z (N, 2), by its angle."""
    turn = (torch.atan2(z[:, 1], z[:, 0]) / (2 * math.pi)) % 1
    return matplotlib.colormaps["twilight_shifted"](turn.numpy())


def journey(z):
    """Points on their way through the layers, coloured by the angle of their z (N, 2)."""
    colours = _angles(z)

    def view(ax):
        """A cloud of points, each in the colour of its angle in z: from a round Gaussian to the
        data, one axis at a time."""
        ax.figure.set_size_inches(5.2, 5.2)
        dots = ax.scatter(*z.T.numpy(), c=colours, s=9, linewidths=0)
        ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
        ax.set_title("From noise to data, layer by layer")
        return lambda x: dots.set_offsets(x.numpy())

    return view
