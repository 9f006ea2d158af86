"""A picture of classifying digits of which pixels are hidden."""

import numpy as np
import torch
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH, image_grid


def hidden(x, y, order, posteriors, found):
    """Images x (N, 1, 8, 8) of the classes y (N,) with some of their pixels hidden.

    `order` (N, 64) is the rank at which each pixel vanishes. `posteriors` is name →
    function(x (1, 1, 8, 8), seen (1, 64)) → P(y | seen pixels), (1, 10); `found` is name →
    {share of pixels hidden: accuracy}.
    """
    colors = dict(zip({**posteriors, **found}, (MODEL, THIRD, SECOND, NOISE), strict=False))

    def view(figure):
        """Left, a digit; its hidden pixels are blue-grey. Middle, for every class a bar for
        each method: the probability of the class given the pixels that are seen; an orange
        strip marks the true class. Right, the accuracy of each method against the share of
        hidden pixels; the dotted line is chance."""
        figure.set_size_inches(9.4, 3.5)
        left, middle, right = figure.subplots(1, 3, width_ratios=[0.85, 1.2, 1])
        image = image_grid(left, x[:1], 1, gap=0)
        look = {"fill": False, "ec": DATA, "lw": 1.5, "clip_on": False}
        left.add_patch(Rectangle((-0.5, -0.5), 8, 8, **look))
        title = left.set_title("", loc="left")
        truth = middle.axvline(0, color=TRUTH, lw=18, alpha=0.35, zorder=0)
        width, bars = 0.8 / len(posteriors), {}
        for i, name in enumerate(posteriors):
            at = np.arange(10) + (i - (len(posteriors) - 1) / 2) * width
            bars[name] = middle.bar(at, np.zeros(10), width, color=colors[name])
        middle.set(xlim=(-0.6, 9.6), ylim=(0, 1.02), xticks=range(10), xlabel="class y")
        middle.set_title("P(y | seen pixels)")
        for name, each in found.items():
            right.plot(list(each), list(each.values()), "o-", color=colors[name], ms=4, lw=2)
        right.axhline(0.1, color=DATA, ls=":", lw=2)
        here = right.axvline(0, color=DATA, lw=6, alpha=0.3)
        right.set(xlim=(-0.03, 1.03), ylim=(0, 1.02), xlabel="share of pixels hidden")
        right.set_title("Accuracy")
        keys = [Line2D([], [], color=color, lw=7, label=name) for name, color in colors.items()]
        keys.append(Line2D([], [], color=DATA, ls=":", lw=2, label="chance"))
        figure.legend(handles=keys, loc="outside lower center", ncols=len(keys))

        def update(hidden=0.5, digit=0):
            seen = order[digit : digit + 1] >= round(64 * hidden)  # (1, 64)
            one = x[digit : digit + 1]
            image(torch.where(seen.view(1, 1, 8, 8), one, torch.nan))
            title.set_text(f"label {int(y[digit])}: {int((~seen).sum())} of 64 hidden")
            truth.set_xdata([int(y[digit])] * 2)
            for name, posterior in posteriors.items():
                for bar, p in zip(bars[name], posterior(one, seen)[0].tolist(), strict=True):
                    bar.set_height(p)
            here.set_xdata([hidden, hidden])

        return update

    return view
