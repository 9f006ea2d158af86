"""Pictures of inverse problems: a prior, what was measured, and all the answers."""

import math

import numpy as np
import torch

from ...plots import DATA, MODEL, SECOND, THIRD, TRUTH, curves, density, image_grid

_REACH = 3.0


def one_equation(priors, condition):
    """Two unknowns x and one equation: `priors` is name → a mixture in the plane.

    `condition(prior, A (1, 2), y (1,), noise)` → the mixture P(x | A x + noise = y). In the
    picture A = (cos, sin) of an angle in degrees, and y is in −3..3.
    """
    side = torch.linspace(-_REACH, _REACH, 121)
    grid = torch.cartesian_prod(side, side)  # where the posterior is looked at
    along = torch.tensor([-10.0, 10.0])

    def view(figure):
        """Left, the prior in blue, and in orange the line of all x that solve the equation; a
        grey ring is the solution nearest to 0. Right, the posterior in blue with samples as
        dots: what is left of the prior near the line. A star is the most probable x, a cross
        the mean, which may lie where the prior has little."""
        figure.set_size_inches(7.6, 4.5)
        left, right = figure.subplots(1, 2)
        shades, marks = [], []
        for ax, reach, cells in ((left, _REACH, 80), (right, _REACH + 0.025, 121)):
            shades.append(density(ax, reach, cells))  # right, a cell around each of the grid
            (line,) = ax.plot([], [], color=TRUTH, lw=2, label="all solutions")
            ring = {"color": DATA, "ms": 10, "mfc": "none", "mew": 2.5, "clip_on": False}
            (least,) = ax.plot([], [], "o", label="nearest to 0", **ring)
            marks.append((line, least))
            limits = (-_REACH, _REACH)
            ax.set(xlim=limits, ylim=limits, aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
        (dots,) = right.plot([], [], ".", color="black", ms=4, alpha=0.6, label="60 samples")
        look = {"ls": "none", "mec": "white", "mew": 1, "clip_on": False}
        (star,) = right.plot([], [], marker="*", color=THIRD, ms=20, label="MAP", **look)
        (cross,) = right.plot([], [], marker="X", color=SECOND, ms=10, label="mean", **look)
        handles = [*marks[0], dots, star, cross]
        figure.legend(handles=handles, loc="outside lower center", ncols=5)
        left.set_title("The prior P(x), and all x\nthat solve the equation")
        title = right.set_title("", loc="left")

        def update(prior="ring", angle=53.0, y=0.0, noise=0.2):
            before, turn = priors[prior], math.radians(angle)
            a = torch.tensor([math.cos(turn), math.sin(turn)])
            after = condition(before, a[None], torch.tensor([float(y)]), noise)
            log_p = after.log_prob(grid)
            shades[0](before.log_prob)
            shades[1](lambda _: log_p)
            way = y * a[:, None] + torch.stack([-a[1], a[0]])[:, None] * along
            for line, least in marks:
                line.set_data(*way.numpy())
                least.set_data(*(y * a[:, None]).numpy())
            dots.set_data(*after.sample(60, torch.Generator().manual_seed(0)).T.numpy())
            best = grid[log_p.argmax()]
            mean = after.weights @ after.means
            star.set_data(*best[:, None].numpy())
            cross.set_data(*mean[:, None].numpy())
            nats = before.log_prob(torch.stack([best, mean])).tolist()
            title.set_text(
                f"The posterior P(x|y)\nlog P(x): MAP {nats[0]:.1f}, mean {nats[1]:.1f}"
            )

        return update

    return view


def mixture_of_digits(decode, trained, z):
    """A mixture in the space of codes while it learns from the codes `trained` (N, D).

    `decode(codes)` → images (n, 1, 28, 28) in 0..1; `z` are codes that it does not train on.
    """

    def view(left, right):
        """Left, 24 images decoded from samples of the mixture: first smears, then digits.
        Right, the mean of −log p of the codes it trains on and of others, against the step:
        both fall, and the second less."""
        left.figure.set_size_inches(9.0, 3.5)
        blank = torch.zeros(24, 1, 28, 28)
        images = image_grid(left, blank, 6, "decoded samples", levels=2, gap=2)
        colors = {"trained on": DATA, "not trained on": MODEL}
        add = curves(right, colors, "Mean of −log p (nats)")
        right.get_legend().remove()  # it might cover a curve
        left.figure.legend(handles=[*right.lines], loc="outside lower center", ncols=2)

        @torch.no_grad()
        def update(step):
            images(decode(step.sample(24, torch.Generator().manual_seed(0))))
            both = zip(colors, (trained, z), strict=True)
            nats = {name: -step.log_prob(codes).mean().item() for name, codes in both}
            add(step.step, **nats)
            right.set_xlim(0, max(1, step.steps))

        return update

    return view


def dozen(x, answers, problems):
    """Images x (N, 1, 28, 28) in 0..1, of which something is measured, and twelve answers.

    `answers(image (1, 1, 28, 28), problem, noise)` → what is seen (NaN where nothing was
    measured), a solution without a prior, the mean (each like the image), twelve answers
    (12, 1, 28, 28), and P(label | y), (10,). `problems` are the names of the problems.
    """

    def view(figure):
        """Left, the true image, what is measured of it, the shortest solution without a prior,
        and the mean of all answers. Middle, twelve answers: all fit what is measured, and
        differ elsewhere. Right, a bar for each label: how probable it is given what is
        measured."""
        figure.set_size_inches(9.6, 3.8)
        rows = [["truth", "seen", "many", "labels"], ["shortest", "mean", "many", "labels"]]
        axes = figure.subplot_mosaic(rows, width_ratios=[1, 1, 2.95, 2])
        titles = {
            "truth": "truth x",
            "seen": "measured y",
            "shortest": "without prior",
            "mean": "mean of P(x|y)",
        }
        blank, small = torch.zeros(1, 1, 28, 28), {}
        for name, title in titles.items():
            small[name] = image_grid(axes[name], blank, 1, title, levels=2)
            axes[name].title.set_fontsize(11)
        blank = torch.zeros(12, 1, 28, 28)
        many = image_grid(axes["many"], blank, 4, "twelve answers x, of P(x|y)", 2, gap=2)
        labels = axes["labels"]
        bars = labels.bar(range(10), np.zeros(10), color=MODEL)
        labels.set(ylim=(0, 1.02), xticks=range(10), xlabel="label", title="P(label | y)")

        def update(digit=0, problem=problems[0], noise=0.2):
            image = x[digit : digit + 1]
            seen, shortest, mean, twelve, chances = answers(image, problem, noise)
            for show, each in zip(small.values(), (image, seen, shortest, mean), strict=True):
                show(each.clamp(0, 1))
            many(twelve)
            for bar, p in zip(bars, chances.tolist(), strict=True):
                bar.set_height(p)

        return update

    return view
