"""Pictures of what is measured: calm and wild trainings, seconds, nats, and a bigram table."""

import numpy as np

from ...plots import DATA, MODEL, SECOND, THIRD, TRUTH, image_grid


def spreads(marks, fallen):
    """Trainings from several seeds: `fallen` is name → (seeds, K), a number at each of the
    `marks` as a part of its fall; the last name's model is another one."""

    def view(figure):
        """Three panels, a line for each seed. Left, a PixelCNN's −log P: one line like the
        other. Middle, its samples' Fréchet distance, and right that of a GAN's fakes: up and
        down, and apart."""
        figure.set_size_inches(9.4, 3.0)
        panels = figure.subplots(1, len(fallen), sharey=True)
        colors = [MODEL] * (len(fallen) - 1) + [THIRD]
        for ax, (name, values), color in zip(panels, fallen.items(), colors, strict=True):
            for seed, each in enumerate(values):
                ax.plot(marks, each, "o-", ms=3, color=color, alpha=1 - 0.3 * seed, lw=1.6)
            ax.axhline(0, color=DATA, lw=1)
            ax.set(title=name, xlabel="step")
        panels[0].set_ylabel("part of the fall")
        return lambda: None

    return view


def equal_budgets(tracks, samples):
    """Two nets trained for the same time: name → [(seconds, nats)], and their samples."""

    def view(figure):
        """Left, −log P of images not trained on against the seconds of training, a line for
        each net. Right of it, samples of each."""
        figure.set_size_inches(9.4, 3.2)
        left, *images = figure.subplots(1, 3, width_ratios=[1.5, 1, 1])
        colors = dict(zip(tracks, (MODEL, THIRD), strict=True))
        for (name, track), ax in zip(tracks.items(), images, strict=True):
            left.plot(*zip(*track, strict=True), "o-", ms=4, color=colors[name], label=name)
            image_grid(ax, samples[name], 6, name)
            ax.title.set_color(colors[name])
        left.set(xlabel="seconds", title="−log P (nats)", ylim=(80, 130))
        left.legend()
        return lambda: None

    return view


def cost_of_pixels(measured):
    """Seconds by the images' side: `measured` is side → (scored, drawn, drawn with a cache)."""

    def view(left, right):
        """Left, seconds for eight images against the pixels of each, both axes logarithmic:
        those to score grow slowly, those to draw fast. Right, how many times longer than
        scoring the drawing takes: plainly, about as many times as there are pixels."""
        left.figure.set_size_inches(8.8, 3.5)
        pixels = np.array(list(measured)) ** 2
        scored, plain, cached = np.array(list(measured.values())).T
        looks = {"drawn": (plain, THIRD), "drawn, cached": (cached, MODEL)}
        left.plot(pixels, scored, "o-", color=DATA, label="scored")
        for name, (seconds, color) in looks.items():
            left.plot(pixels, seconds, "o-", color=color, label=name)
            right.plot(pixels, seconds / scored, "o-", color=color, label=name)
        right.plot(pixels, pixels, "--", color=TRUTH, label="number of pixels")
        for ax, title in ((left, "Seconds"), (right, "Times the scoring")):
            ax.set(xscale="log", yscale="log", xlabel="pixels", title=title)
            ax.set_xticks(pixels, [f"{n}" for n in pixels])
            ax.minorticks_off()
            ax.legend()
        right.set_yticks([10, 30, 100, 300], ["10", "30", "100", "300"])
        return lambda: None

    return view


def ranking(nats, pixels=64):
    """Nats of test images: `nats` is name → (−log P or a bound on it, whether it is exact)."""

    def view(ax):
        """Bars, one a model, of −log P per test image. Hatched bars are bounds: the exact
        number may be lower."""
        ax.figure.set_size_inches(8.6, 0.5 * len(nats) + 1.1)
        for i, (value, exact) in enumerate(nats.values()):
            look = {"color": MODEL} if exact else {"fc": "white", "ec": SECOND, "hatch": "///"}
            ax.barh(i, value, **look)
            bits = value / pixels / np.log(2)
            how = "exact" if exact else "at most"
            ax.text(value + 1, i, f"{how} {value:.1f} nats, {bits:.2f} bits/dim", va="center")
        ax.set_yticks(range(len(nats)), list(nats))
        ax.invert_yaxis()
        ax.set(xlim=(0, 1.5 * max(v for v, _ in nats.values())), title="−log P of test images")
        ax.set_xlabel("nats")
        return lambda: None

    return view


def bigrams(p, letters, losses, least):
    """A table P(next | last) (K, K) of `letters`; the `losses` that led there; the `least`."""

    def view(left, right):
        """Left, a table: a row for the last character, a column for the next, darker for more
        probable. Right, the loss of each batch falls to the value that counting
        gives, and scatters around it."""
        left.figure.set_size_inches(8.8, 4.3)
        left.imshow(p.sqrt().numpy(), cmap="Blues", vmin=0, vmax=1)
        shown = ["␣" if letter == " " else letter for letter in letters]
        left.set_xticks(range(len(shown)), shown, fontsize=8.5)
        left.set_yticks(range(len(shown)), shown, fontsize=8.5)
        left.tick_params(length=0)
        left.set(title="P(next | last)", xlabel="next", ylabel="last")
        right.plot(losses, color=MODEL, lw=2.5, label="by gradient steps")
        right.axhline(least, color=TRUTH, lw=2, ls="--", label="by counting")
        right.set(xlabel="step", title="Loss (nats a character)")
        right.legend()
        return lambda: None

    return view
