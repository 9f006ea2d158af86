"""Pictures of the space that images lie in: how empty it is, and how distances gather there."""

import math

import numpy as np

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH, image_grid

_KINDS = DATA, SECOND, NOISE, THIRD


def digits_and_noise(images, noise, columns=8):
    """Digits beside random images, (N, 1, 8, 8) each, with levels 0..16."""

    def view(left, right):
        """Left, digits. Right, images whose pixels are drawn at random: grey dust, and no digit
        among them."""
        rows = -(-max(len(images), len(noise)) // columns)
        left.figure.set_size_inches(9.6, 4.7 / columns * rows + 0.4)
        image_grid(left, images, columns, "digits")
        image_grid(right, noise, columns, "every pixel at random: never a digit")
        return lambda: None

    return view


def balls(nearest, log10_share):
    """Balls around all training digits: what they cover, and what they hold.

    `nearest` is name → (N,) distances to the nearest training digit; `log10_share(radius)` an
    upper bound of log10 of the share of the cube that all balls cover.
    """
    end = 10 * math.ceil(max(40, *(float(each.max()) for each in nearest.values())) / 10)
    edges = np.linspace(0, end, 2 * end + 1)
    colors = dict(zip(nearest, _KINDS, strict=False))

    def view(figure):
        """Left, histograms of the distances to the nearest training digit, by kind of image; a
        line at the radius. Right, for each kind, the share that lies in a ball: almost all
        digits do, though the balls cover next to nothing of the cube."""
        figure.set_size_inches(9.6, 3.4)
        figure.get_layout_engine().set(wspace=0.06)
        left, right = figure.subplots(1, 2, width_ratios=[1.4, 1])
        for name, each in nearest.items():
            counts = np.histogram(each, edges)[0]
            look = {"fill": True, "color": colors[name], "alpha": 0.5}
            left.stairs(counts / counts.max(), edges, label=name, **look)
        line = left.axvline(0, color="black", lw=2)
        left.set(xlim=(0, end), ylim=(0, 1.1), yticks=[], xlabel="distance (levels)")
        left.set_title("To the nearest training digit")
        figure.legend(loc="outside lower left", ncols=len(nearest))
        places = range(len(nearest))
        look = {"color": list(colors.values()), "alpha": 0.6}
        bars = right.barh(places, np.zeros(len(nearest)), **look)
        words = [right.text(0, k, "", va="center") for k in places]
        right.set(xlim=(0, 1.25), yticks=[], xlabel="in a ball")
        right.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
        right.invert_yaxis()
        title = right.set_title("", loc="left")

        def update(radius=22.0):
            line.set_xdata([radius, radius])
            for bar, word, each in zip(bars, words, nearest.values(), strict=True):
                share = (each <= radius).float().mean().item()
                bar.set_width(share)
                word.set_x(share + 0.02)
                word.set_text(f"{share:.1%}")
            power = math.ceil(log10_share(radius))
            part = f"$10^{{−{-power}}}$" if power < 0 else "all"
            title.set_text(f"The balls cover at most {part} of the cube")

        return update

    return view


def dimensions(found):
    """Dimensions, estimated: `found` is name → (the known one or None, the estimate)."""

    def view(ax):
        """Bars, one for each set of points: its dimension by the estimate. Where it is known,
        an orange line marks it."""
        ax.figure.set_size_inches(8.6, 0.45 * len(found) + 1.2)
        for i, (known, estimate) in enumerate(found.values()):
            ax.barh(i, estimate, color=MODEL, height=0.6)
            end = max(estimate, known or 0)
            if known is not None:
                ax.plot([known, known], [i - 0.4, i + 0.4], color=TRUTH, lw=4)
            words = f"  {estimate:.1f}" + ("" if known is None else f", known: {known:g}")
            ax.text(end, i, words, va="center")
        ax.set_yticks(range(len(found)), list(found))
        ax.invert_yaxis()
        longest = max(max(estimate, known or 0) for known, estimate in found.values())
        ax.set(xlim=(0, 1.3 * longest), xlabel="dimensions")
        ax.set_title("Estimated; an orange line marks what is known")
        return lambda: None

    return view


def gathering(distances):
    """Distances of random pairs in the unit cube of d dimensions: `distances` is d → (N,)."""
    edges = np.linspace(0, 3, 101)
    heights = {d: np.histogram(each / each.mean(), edges)[0] for d, each in distances.items()}
    spreads = {d: (each.std() / each.mean()).item() for d, each in distances.items()}

    def view(left, right):
        """Left, a histogram of distances over their mean: wide in few dimensions, a spike at
        1 in many. Right, their standard deviation over their mean falls with the number of
        dimensions, on a straight line of log axes."""
        left.figure.set_size_inches(9.0, 3.3)
        bars = left.stairs(np.zeros(100), edges, fill=True, color=MODEL, alpha=0.7)
        left.axvline(1, color=DATA, lw=1, ls="--")
        left.set(xlim=(0, 3), ylim=(0, 1.05), yticks=[], xlabel="distance / mean distance")
        title = left.set_title("", loc="left")
        ds = list(spreads)
        right.loglog(ds, list(spreads.values()), "o-", color=MODEL, lw=2)
        (here,) = right.plot([], [], "o", color="black", ms=14, mfc="none", mew=2)
        right.set(xlabel="dimensions d", title="Standard deviation / mean")
        right.set_xticks(ds, [str(d) for d in ds])
        parts = [0.02, 0.05, 0.1, 0.2, 0.5, 1]
        right.set_yticks(parts, [f"{part:.0%}" for part in parts])
        right.minorticks_off()

        def update(d=2):
            bars.set_data(heights[d] / heights[d].max())
            here.set_data([d], [spreads[d]])
            title.set_text(f"d = {d}: the mean ± {spreads[d]:.1%}")

        return update

    return view
