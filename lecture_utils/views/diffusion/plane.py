"""Pictures of diffusion in the plane: a model that learns, chains, scores, Langevin."""

import numpy as np
import torch

from ...plots import DATA, MODEL, NOISE, SECOND, TRUTH, curves, density, vector_field

REACH = 3.0


def square(ax, title=""):
    """Make axes the square that all toys lie in."""
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
    ax.set_title(title)


def learning_to_denoise(sample, distance):
    """A model of the plane while it learns; `model.toy` holds the data.

    `sample(model, x_T)` are the ends of chains from x_T (N, 2); `distance(a, b)` is a number.
    """
    x_T = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))

    def view(figure):
        """Left, data in grey and samples from the same noise in blue: a round cloud breaks up
        into the shape of the data. Right, the loss, and the energy distance of samples and
        data, against the step."""
        figure.set_size_inches(8.0, 2.9)
        left, middle, right = figure.subplots(1, 3)
        (data,) = left.plot([], [], ".", color=DATA, ms=3)
        (dots,) = left.plot([], [], ".", color=MODEL, ms=3)
        square(left, "data and samples")
        add_loss = curves(middle, {"loss": MODEL}, "Loss (cut at 1)", low=0.0, high=1.0)
        add = curves(right, {"energy distance": MODEL}, "Apart (cut at 0.3)", 0.0, 0.3)
        points, of, means = None, None, [(-1, 1.0)]  # of the loss: (step, mean)

        def update(step):
            nonlocal points, of
            toy = step.model.toy
            if of is not toy:
                of, points = toy, toy.sample(300, torch.Generator().manual_seed(0))
                data.set_data(*points.T.numpy())
            x = sample(step.model, x_T)
            dots.set_data(*x.T.numpy())
            while means[-1][0] >= step.step:  # it starts over, or is drawn again
                means.pop()
            means.append((step.step, 0.8 * means[-1][1] + 0.2 * step.losses["loss"]))
            add_loss(step.step, loss=min(1.0, means[-1][1]))
            add(step.step, **{"energy distance": min(0.3, max(0.0, distance(x, points)))})

        return update

    return view


def chains(states, shown=3):
    """Chains of points in the plane: `states` are all their records, the first ones' ways are
    drawn."""
    ways = torch.stack([state.x[:shown] for state in states])  # (steps + 1, shown, 2)

    def view(left, right):
        """Left, points on their way from noise to data, with the way that some of them came.
        Right, what each point is taken for: the guesses of x_0 begin in the middle of all data
        and then spread."""
        left.figure.set_size_inches(5.4, 2.8)
        lines = [left.plot([], [], color=MODEL, lw=0.7, alpha=0.6)[0] for _ in range(shown)]
        (dots,) = left.plot([], [], ".", color=MODEL, ms=3)
        (guesses,) = right.plot([], [], ".", color=NOISE, ms=3)
        square(left)
        square(right, "the guess $\\hat x_0$")
        title = left.set_title("", loc="left")

        def update(state):
            for line, way in zip(lines, ways[: state.step + 1].unbind(1), strict=True):
                line.set_data(*way.T.numpy())
            dots.set_data(*state.x[:80].T.numpy())
            guesses.set_data(*state.x0[:80].T.numpy())
            title.set_text(f"$x_t$ at t = {state.t}")

        return update

    return view


def up_and_down(toy):
    """One cloud of points that the reader makes noisy and clean again; `toy` is the data."""
    points = toy.sample(150, torch.Generator().manual_seed(0))

    def view(left, right):
        """Left, the cloud over data in grey. A colour is the mode that a point left when you
        began to add noise: make the cloud clean again, and see which points come home. Right,
        how far up it is, from data at the bottom to noise at the top, against what was done."""
        left.figure.set_size_inches(6.8, 3.4)
        left.plot(*points.T.numpy(), ".", color=DATA, ms=2)
        look = {"cmap": "tab10", "vmin": -0.5, "vmax": 9.5, "s": 9}
        dots = left.scatter(*np.zeros((2, 150)), c=np.zeros(150), **look)
        square(left)
        title = left.set_title("", loc="left")
        (way,) = right.plot([], [], color=MODEL, lw=2)
        right.set(xlabel="steps made, the last 100", ylim=(-0.03, 1.03), title="t / T")
        right.set_xlim(-100, 0)

        def update(step):
            dots.set_offsets(step.x.numpy())
            dots.set_array(np.zeros(150) if step.home is None else step.home.numpy())
            way.set_data(np.arange(1 - len(step.height), 1), step.height)
            title.set_text(f"t = {step.t}")

        return update

    return view


def scores(log_p, model_score, true_score, alpha_bar):
    """Arrows of two scores at one noise level: `model_score(x, t)` and `true_score(x, a)`.

    `log_p(x, a)` is the diffused density's logarithm.
    """

    def view(left, right):
        """Left, the density of noisy data in grey and arrows uphill: the model's in blue over
        the exact ones in orange; where they agree one sees blue only. Right, how far apart they
        are, over the length that scores have where noisy data are: white is small."""
        left.figure.set_size_inches(6.6, 3.5)
        shade = density(left, REACH, 60, color="#909090")
        exact = vector_field(left, REACH, 13, color=TRUTH)
        model = vector_field(left, REACH, 13, color=MODEL)
        square(left)
        square(right, "error, over the usual length")
        side = (torch.arange(40) + 0.5) / 40 * 2 * REACH - REACH
        points = torch.cartesian_prod(side, side)
        extent = (-REACH, REACH, -REACH, REACH)
        look = {"cmap": "Reds", "vmin": 0, "vmax": 1, "extent": extent, "origin": "lower"}
        error = right.imshow(np.zeros((40, 40)), **look)
        title = left.set_title("", loc="left")

        def update(t=40):
            a = alpha_bar[t]
            shade(lambda x: log_p(x, a))
            exact(lambda x: true_score(x, a))
            model(lambda x: model_score(x, t))
            wanted = true_score(points, a)
            usual = (log_p(points, a).softmax(0) @ wanted.square().sum(1)).sqrt()
            off = (model_score(points, t) - wanted).norm(dim=1) / usual
            error.set_data(off.detach().clamp(max=1).view(40, 40).T.numpy())
            title.set_text(f"t = {t}: noise {(1 - a).sqrt():.2f}")

        return update

    return view


def walkers(log_p):
    """Langevin's walkers over a density in the plane; a record has `x` (N, 2)."""

    def view(left, right):
        """Left, walkers in blue over the density in grey: from anywhere they climb, and then
        keep trembling around the peaks. Right, the mean of log p at their places: it rises at
        first, and too large a step drives it away again."""
        left.figure.set_size_inches(7.4, 3.5)
        density(left, REACH, 60, color="#909090")(log_p)
        (dots,) = left.plot([], [], ".", color=MODEL, ms=4)
        square(left)
        add = curves(right, {"log p": MODEL}, "Mean log p (cut at −10)", low=-10.0, high=2.0)
        title = left.set_title("", loc="left")

        def update(step):
            dots.set_data(*step.x.T.numpy())
            mean = log_p(step.x).mean().nan_to_num(-10.0, -10.0, -10.0).item()
            add(step.step, **{"log p": max(-10.0, mean)})
            title.set_text(f"after {step.step} steps")

        return update

    return view


def annealing(toy, ways):
    """Walkers at one noise level and at falling ones, over the data of `toy`.

    `ways` is (name, score) → the walkers (steps, N, 2), for two names.
    """
    points = toy.sample(150, torch.Generator().manual_seed(0))
    left_share = {key: (way[..., 0] < 0).float().mean(1) for key, way in ways.items()}
    looks = dict(zip(dict.fromkeys(name for name, _ in ways), (SECOND, MODEL), strict=True))
    last = len(next(iter(ways.values()))) - 1

    def view(figure):
        """Left and in the middle, walkers over data in grey. Right, the share of them in the
        left half, against the step, and the data's in orange: at one noise level it stays at
        about half, with falling noise it goes to the data's."""
        figure.set_size_inches(8.6, 2.9)
        *planes, right = figure.subplots(1, 3)
        dots, curves = {}, {}
        for ax, (name, color) in zip(planes, looks.items(), strict=True):
            ax.plot(*points.T.numpy(), ".", color=DATA, ms=2)
            (dots[name],) = ax.plot([], [], ".", color=color, ms=3)
            ax.set(xlim=(-6, 6), ylim=(-6, 6), aspect="equal", xticks=[], yticks=[], title=name)
            (curves[name],) = right.plot([], [], color=color, lw=2, label=name)
        right.axhline(toy.weights[0], color=TRUTH, lw=2)
        right.set(ylim=(0, 1), xlabel="step", title="Share on the left")
        right.set_xlim(0, last)
        right.legend(loc="lower right")

        def update(step=last, score="learned"):
            for name in looks:
                dots[name].set_data(*ways[name, score][step, :80].T.numpy())
                share = left_share[name, score][: step + 1]
                curves[name].set_data(np.arange(len(share)), share)

        return update

    return view
