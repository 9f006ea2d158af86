"""Pictures of what is hard about P(x), and the map of the families of models."""

import textwrap

import numpy as np
import torch
from matplotlib.patches import FancyBboxPatch

from ...plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH
from ..shared import arrow, sheet

_FAMILIES = {  # how P(x) is given → families: notebook, what is known, what is given up
    "as a number: exact": {
        "autoregressive": (
            "notebook 07",
            "log P(x), exactly,\npixel by pixel",
            "quick samples:\none pixel at a time",
        ),
        "flow": (
            "notebook 05",
            "log p(x), exactly,\nand codes z",
            "free choice of net:\nit must be invertible",
        ),
    },
    "by a bound": {
        "VAE": (
            "notebooks 02, 03",
            "a lower bound,\nand codes z",
            "the exact number,\nsharp images",
        ),
        "diffusion": (
            "notebook 06",
            "a lower bound,\nslopes of log p",
            "quick samples:\nmany steps",
        ),
    },
    "by samples only": {
        "GAN": (
            "notebook 04",
            "nothing but\nsharp samples",
            "any number for P(x),\na calm training",
        ),
    },
}


def joint_tables(found, entropy: float):
    """Models of patches: `found` is name → (parameters, mean of −log P over the training
    patches, over the test patches), in nats; `entropy` is that of the test patches."""

    def view(ax):
        """Two dots for each model above its number of parameters: its −log P of the patches it
        was fitted to, in grey, and of others, in blue. With more parameters the grey dots fall
        and fall, in the end below the dotted line, which no model passes on new patches."""
        ax.figure.set_size_inches(7.6, 3.6)
        numbers, trained, tested = np.array(list(found.values()), float).T
        ax.vlines(numbers, trained, tested, color=DATA, lw=1.5)
        look = {"ls": "none", "marker": "o", "ms": 9, "clip_on": False, "zorder": 3}
        ax.plot(numbers, trained, color=DATA, label="training patches", **look)
        ax.plot(numbers, tested, color=MODEL, label="test patches", **look)
        ax.axhline(entropy, color=TRUTH, ls=":", lw=2.5, label="H of the test patches")
        look = {"textcoords": "offset points", "ha": "center", "va": "bottom", "fontsize": 11}
        for name, *at in zip(found, numbers, np.maximum(trained, tested), strict=True):
            ax.annotate(textwrap.fill(name, 14, break_long_words=False), at, (0, 8), **look)
        ax.set(xscale="log", xlabel="parameters", title="Mean of −log P (nats)")
        ax.margins(x=0.12)
        ax.set_xticks(numbers, [f"{n:,.0f}" for n in numbers])
        ax.minorticks_off()
        low, high = min(trained.min(), entropy), max(trained.max(), tested.max())
        part = (high - low) / 10
        ax.set_ylim(low - part, high + 5 * part)  # room for names and legend
        ax.legend(loc="upper center", ncols=3)
        return lambda: None

    return view


def smallest_kl(counts, binomial):
    """A model with one parameter: `counts` (10,) patches have 0..9 black pixels.

    `binomial(p)` → their probabilities (10,) by the model.
    """
    share = torch.as_tensor(counts).double()
    share = share / share.sum()
    entropy = -torch.special.xlogy(share, share).sum().item()

    def nll(p: float) -> float:
        return -torch.special.xlogy(share, binomial(p).double()).sum().item()

    ps = np.linspace(0.02, 0.98, 97)
    peak = max(share.max().item(), *(binomial(p).max().item() for p in (ps[0], ps[-1])))

    def view(figure):
        """Left, the shares of patches with 0 to 9 black pixels as grey bars, and the model's
        probabilities as blue dots. Right, −log P of the data against p: a curve that stays
        above the dotted line at the entropy of the data. The pink gap between them at the
        chosen p is the KL."""
        figure.set_size_inches(8.4, 3.5)
        left, right = figure.subplots(1, 2)
        bars = left.bar(range(10), share.numpy(), color=DATA, alpha=0.5, label="data")
        (dots,) = left.plot(range(10), share.numpy(), "o-", color=MODEL, lw=1, label="model")
        left.set(ylim=(0, 1.05 * peak), xticks=range(10), xlabel="black pixels of nine")
        left.set_title("Shares of the patches")
        (gap,) = right.plot([], [], color=SECOND, lw=7, label="KL", solid_capstyle="butt")
        nats = [nll(p) for p in ps]
        (curve,) = right.plot(ps, nats, color=MODEL, lw=2.5, label="NLL(p)")
        floor = right.axhline(entropy, color=TRUTH, ls=":", lw=2.5, label="H of the data")
        right.set(xlim=(0, 1), ylim=(0, 2.5 * max(entropy, 1.0)), xlabel="p", ylabel="nats")
        title = right.set_title("", loc="left")
        handles = [bars, dots, curve, floor, gap]
        figure.legend(handles=handles, loc="outside lower center", ncols=5)

        def update(p=0.2):
            here = nll(p)
            dots.set_ydata(binomial(p).numpy())
            gap.set_data([p, p], [entropy, here])
            kl = here - entropy
            title.set_text(f"NLL {here:.2f} = H {entropy:.2f} + KL {kl:.2f} nats")

        return update

    return view


def _box(ax, x: float, y: float, width: float, height: float, color: str):
    """Draw an empty box of a diagram around its middle."""
    look = {"boxstyle": "round,pad=0.05", "facecolor": "white", "edgecolor": color, "lw": 2}
    ax.add_patch(FancyBboxPatch((x - width / 2, y - height / 2), width, height, **look))


def family_map(figure):
    """A tree. At the top the question: how is P(x) given? Autoregressive models (notebook 07)
    and flows (05) give it exactly; VAEs (02, 03) and diffusion (06) give a bound; GANs (04)
    give samples only. Each box says what its family knows of P(x) and what it gives up. Below,
    a bar: notebook 08 compares them."""
    ax = sheet(figure, 15.4, 8.9)
    figure.set_size_inches(8.9, 8.9 * 8.9 / 15.4)

    def write(x, y, words, size, **look):
        ax.text(x, y, words, fontsize=size, ha="center", va="center", **look)

    _box(ax, 7.7, 8.35, 4.6, 0.8, DATA)
    write(7.7, 8.35, "How is P(x) given?", 14, fontweight="bold")
    x, columns = 1.5, 3.1
    for (answer, families), color in zip(_FAMILIES.items(), (MODEL, NOISE, THIRD), strict=True):
        at = x + columns * (len(families) - 1) / 2
        arrow(ax, (7.7, 7.9), (at, 7.25), DATA)
        _box(ax, at, 6.85, 2.75 if len(families) == 1 else 3.7, 0.7, color)
        write(at, 6.85, answer, 12)
        for name, (notebook, knows, gives_up) in families.items():
            arrow(ax, (at, 6.45), (x, 5.75), color)
            _box(ax, x, 3.6, 2.75, 4.2, color)
            write(x, 5.25, name, 13, fontweight="bold", color=color)
            write(x, 4.7, notebook, 11)
            write(x, 4.05, "knows", 10.5, color=DATA)
            write(x, 3.45, knows, 10.5)
            write(x, 2.7, "gives up", 10.5, color=DATA)
            write(x, 2.1, gives_up, 10.5)
            arrow(ax, (x, 1.45), (x, 0.98), DATA)
            x += columns
    _box(ax, 7.7, 0.55, 15.1, 0.75, DATA)
    write(7.7, 0.55, "notebook 08: all of them, trained and measured side by side", 12)
    return lambda: None
