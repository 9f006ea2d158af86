"""Pictures of latent variables: a cause and its effects, the integral over causes, one answer
for many causes."""

import math

import numpy as np
import torch
from torch.distributions import Normal

from ...plots import DATA, MODEL, NOISE, TRUTH, image_grid


def latent_curve(curve, draw, marginal):
    """The 2-D data that a 1-D latent variable makes: `curve(z)`, `draw(n, mean, width, noise)`,
    `marginal(x, mean, width, noise)`."""
    side = (torch.arange(40) + 0.5) / 40 * 6 - 3  # the middles of the cells
    grid = torch.cartesian_prod(side, side)  # (1600, 2)
    zs = torch.linspace(-4, 4, 200)

    def view(left, right):
        """Left, the prior of z as a green density and its draws. Right, the curve g(z), the
        draws of x in grey, and p(x) as blue shading; an orange circle marks g(z) for one z."""
        (prior,) = left.plot(zs, 0 * zs, color=NOISE, lw=2)
        (ticks,) = left.plot([], [], "|", color=NOISE, ms=14, alpha=0.4)
        (mark,) = left.plot([], [], "o", color=TRUTH, ms=9)
        left.set(xlim=(-4, 4), ylim=(-0.05, 0.85), title="Hidden: the prior p(z)", xlabel="z")
        shade = right.imshow(
            np.zeros((40, 40)),
            extent=(-3, 3, -3, 3),
            origin="lower",
            cmap="Blues",
            vmin=0,
            vmax=0.35,
        )
        right.plot(*curve(zs).T, color=MODEL, lw=1, alpha=0.6)
        (points,) = right.plot([], [], ".", color=DATA, ms=5)
        (centre,) = right.plot([], [], "o", color=TRUTH, ms=9)
        (ring,) = right.plot([], [], color=TRUTH, lw=1.5)
        right.set(
            xlim=(-3, 3),
            ylim=(-3, 3),
            title="Seen: draws of x, and p(x) in blue",
            xlabel="$x_1$",
            ylabel="$x_2$",
        )
        angle = torch.linspace(0, 2 * math.pi, 60)

        model = None

        def update(z=0.8, prior_mean=0.0, prior_width=1.0, noise=0.25):
            nonlocal model
            if model != (prior_mean, prior_width, noise):  # not if only z is dragged
                model = prior_mean, prior_width, noise
                hidden, seen = draw(200, *model, torch.Generator().manual_seed(1))
                prior.set_ydata(Normal(*model[:2]).log_prob(zs).exp().numpy())
                ticks.set_data(hidden.numpy(), np.full(len(hidden), -0.025))
                points.set_data(*seen.T.numpy())
                shade.set_data(marginal(grid, *model).view(40, 40).T.numpy())
            mark.set_data([z], [0])
            at = curve(torch.tensor([z]))[0]
            centre.set_data([at[0]], [at[1]])
            ring.set_data(at[0] + 2 * noise * angle.cos(), at[1] + 2 * noise * angle.sin())

        return update

    return view


def integral_spread(exact, by_prior, by_grid):
    """Two ways to the same integral as the dimension grows.

    `exact(d)`; `by_prior(d, k, repeats, generator)` → one estimate a repeat; `by_grid(d, k)`.
    """
    dims, known = list(range(1, 13)), {}

    def view(left, right):
        """Left, estimates of log p(x) from the prior, in blue, spread wider and fall below the
        exact orange line as the dimension grows. Right, the error of both methods with equal
        work against the dimension."""
        left.figure.set_size_inches(9.2, 3.6)
        bars = left.stairs(
            np.zeros(40), np.linspace(-1, 1, 41), fill=True, color=MODEL, alpha=0.7
        )
        left.axvline(0, color=TRUTH, lw=2.5)
        left.set(
            ylim=(0, 80),
            ylabel="number of estimates",
            xlabel="estimate of log p(x), minus the exact value (nats)",
        )
        title = left.set_title("200 estimates from the prior", loc="left")
        (prior,) = right.plot([], [], "o-", color=MODEL, label="draws from the prior")
        (grid,) = right.plot(
            [], [], "s--", color=DATA, label="grid, with 2 or more points a side"
        )
        here = right.axvline(1, color=NOISE, lw=8, alpha=0.25)
        right.set(
            yscale="log",
            ylim=(5e-6, 300),
            xlim=(0.5, 12.5),
            xlabel="dimension D of z",
            ylabel="error of log p(x) (nats)",
            title="K evaluations each: both fail, the grid first",
        )
        right.legend(loc="lower right")

        def update(dimension=2, evaluations=1000):
            if evaluations not in known:
                known[evaluations] = _errors(dims, evaluations, exact, by_prior, by_grid)
            errors, fine, of_grid = known[evaluations]
            here_errors = errors[dimension - 1]
            reach = 2.0 ** max(1, math.ceil(math.log2(here_errors.abs().max())))  # in leaps
            counts, edges = np.histogram(here_errors, np.linspace(-reach, reach, 41))
            bars.set_data(counts, edges)
            left.set_xlim(-reach, reach)
            below = (here_errors < 0).float().mean()
            mean = f"mean error {here_errors.mean():.2f} nats"
            title.set_text(f"D = {dimension}: {mean}, {below:.0%} lie below")
            prior.set_data(dims, [e.square().mean().sqrt() for e in errors])
            grid.set_data(fine, of_grid)
            here.set_xdata([dimension, dimension])

        return update

    return view


def _errors(dims, k, exact, by_prior, by_grid):
    """Return the errors of 200 estimates from the prior at each dimension, the dimensions where
    the grid has two points a side, and its errors there."""
    fine = [d for d in dims if 2**d <= k]
    generator = torch.Generator().manual_seed(k)
    fifty = [[by_prior(d, k, 50, generator) for _ in range(4)] for d in dims]  # saves memory
    of_prior = [torch.cat(each) - exact(d) for d, each in zip(dims, fifty, strict=True)]
    return of_prior, fine, [abs(by_grid(d, k) - exact(d)) + 1e-5 for d in fine]


def blur(error, images):
    """The best guess in squared error: `error(c, w)`, and the two possible `images` (2, 1, H,
    W)."""
    guesses = torch.linspace(-1.5, 1.5, 121)

    def view(left, right):
        """Left, the expected squared error against the guess: lowest at the mean, where no
        data lie. Right, the two possible images and the guess: between them it is a ghost
        of both."""
        (curve,) = left.plot(guesses, 0 * guesses, color=MODEL, lw=2)
        left.plot(
            [-1, 1], [0, 0], "o", color=DATA, ms=11, clip_on=False, label="the two possible x"
        )
        (dot,) = left.plot([], [], "o", color=MODEL, ms=9)
        mean = left.axvline(0, color=TRUTH, lw=2.5, label="their mean")
        left.set(
            xlim=(-1.5, 1.5),
            ylim=(0, 6.5),
            xlabel="guess c",
            ylabel="E (x − c)²",
            title="The best guess is the mean",
        )
        left.legend(loc="upper left")
        change = image_grid(
            right, images.repeat(2, 1, 1, 1)[:3], 3, "x = −1   ·   x = +1   ·   guess c"
        )

        def update(c=0.5, w=0.5):
            curve.set_ydata(error(guesses, w).numpy())
            dot.set_data([c], [error(torch.tensor([c]), w)])
            mean.set_xdata([2 * w - 1] * 2)
            mix = (1 + c) / 2
            change(
                torch.cat([images, ((1 - mix) * images[:1] + mix * images[1:]).clamp(0, 16)])
            )

        return update

    return view
