"""The pictures of the ELBO lecture's toys. Each function takes the notebook's own functions and returns a view."""
import math

import numpy as np
import torch
from torch.distributions import Normal

from ..plots import DATA, MODEL, NOISE, TRUTH, image_grid

_EXACT = {"color": TRUTH, "lw": 2.5}


def latent_curve(curve, draw, marginal):
    """The 2-D data that a 1-D latent variable makes: `curve(z)`, `draw(n, mean, width, noise)`, `marginal(x, mean, width, noise)`."""
    side = torch.linspace(-3, 3, 56)
    grid = torch.cartesian_prod(side, side)  # (56², 2)
    zs = torch.linspace(-4, 4, 200)

    def view(left, right):
        """Left, the prior of z as a green density and its draws. Right, the curve f(z), the draws of x in grey, and p(x)
        as blue shading; an orange circle marks f(z) for one z."""
        prior, = left.plot(zs, 0 * zs, color=NOISE, lw=2)
        ticks, = left.plot([], [], "|", color=NOISE, ms=12, alpha=0.4)
        mark, = left.plot([], [], "o", color=TRUTH, ms=9)
        left.set(xlim=(-4, 4), ylim=(-0.06, 1.4), title="Hidden: the prior p(z)", xlabel="z")
        shade = right.imshow(np.zeros((56, 56)), extent=(-3, 3, -3, 3), origin="lower", cmap="Blues", vmin=0, vmax=0.5)
        right.plot(*curve(zs).T, color=MODEL, lw=1, alpha=0.6)
        points, = right.plot([], [], ".", color=DATA, ms=4)
        centre, = right.plot([], [], "o", color=TRUTH, ms=9)
        ring, = right.plot([], [], color=TRUTH, lw=1.5)
        right.set(xlim=(-3, 3), ylim=(-3, 3), title="Seen: draws of x, and p(x) in blue", xlabel="$x_1$", ylabel="$x_2$")
        angle = torch.linspace(0, 2 * math.pi, 60)

        def update(z=0.8, prior_mean=0.0, prior_width=1.0, noise=0.25):
            generator = torch.Generator().manual_seed(1)
            hidden, seen = draw(300, prior_mean, prior_width, noise, generator)
            prior.set_ydata(Normal(prior_mean, prior_width).log_prob(zs).exp().numpy())
            ticks.set_data(hidden.numpy(), np.full(len(hidden), -0.03))
            mark.set_data([z], [0])
            points.set_data(*seen.T.numpy())
            shade.set_data(marginal(grid, prior_mean, prior_width, noise).view(56, 56).T.numpy())
            at = curve(torch.tensor([z]))[0]
            centre.set_data([at[0]], [at[1]])
            ring.set_data(at[0] + 2 * noise * angle.cos(), at[1] + 2 * noise * angle.sin())

        return update

    return view


def integral_spread(exact, by_prior, by_grid):
    """Two ways to the same integral as the dimension grows: `exact(d)`, `by_prior(d, k, repeats)`, `by_grid(d, k)`."""
    dims, known = list(range(1, 13)), {}

    def view(left, right):
        """Left, estimates of log p(x) from the prior, in blue, spread wider and fall below the exact orange line as the
        dimension grows. Right, the error of both methods with equal work against the dimension."""
        bins = np.linspace(-8, 4, 61)
        bars = left.stairs(np.zeros(60), bins, fill=True, color=MODEL, alpha=0.7)
        left.axvline(0, **_EXACT)
        left.set(ylim=(0, 105), xlim=(-8, 4), xlabel="estimate of log p(x), minus the exact value (nats)")
        title = left.set_title("200 estimates from the prior", loc="left")
        spread, = right.plot([], [], "o-", color=MODEL, label="draws from the prior (root mean square)")
        grid, = right.plot([], [], "s--", color=DATA, label="grid")
        here = right.axvline(1, color=NOISE, lw=8, alpha=0.25)
        right.set(yscale="log", ylim=(1e-4, 100), xlim=(0.5, 12.5), xlabel="dimension D of z", ylabel="error of log p(x) (nats)",
                  title="The same number of evaluations K for both")
        right.legend(loc="lower right")

        def update(dimension=2, evaluations=1000):
            errors = by_prior(dimension, evaluations, 200) - exact(dimension)
            counts, _ = np.histogram(errors.clamp(-8, 4), bins)
            bars.set_data(counts)
            title.set_text(f"D = {dimension}: mean error {errors.mean():.2f}, spread {errors.std():.2f} nats")
            if evaluations not in known:
                known[evaluations] = [[(by_prior(d, evaluations, 50) - exact(d)).square().mean().sqrt() for d in dims],
                                      [abs(by_grid(d, evaluations) - exact(d)) + 1e-5 for d in dims]]
            spread.set_data(dims, known[evaluations][0])
            grid.set_data(dims, known[evaluations][1])
            here.set_xdata([dimension, dimension])

        return update

    return view


def elbo_gap(z, posterior, log_px, terms, gap):
    """log p(x) = ELBO + KL: `posterior` on the grid `z`, `terms(mu, sigma)` → the ELBO's two, `gap(mu, sigma)` → the KL."""
    floor = -10.0

    def view(left, middle, right):
        """Left, q in blue over the true posterior in orange. Middle, ELBO and KL stacked: their sum stays at the orange
        line, log p(x). Right, the two terms of the ELBO."""
        left.fill_between(z, posterior, color=TRUTH, alpha=0.35, lw=0, label="p(z|x)")
        left.plot(z, Normal(0.0, 1.0).log_prob(z).exp(), "--", color=NOISE, label="p(z)")
        q, = left.plot(z, 0 * z, color=MODEL, lw=2.5, label="q(z)")
        left.set(xlim=(-3, 3), ylim=(0, 1.05 * float(posterior.max())), xlabel="z", title="Move q (blue) onto p(z|x)")
        left.legend(loc="upper left")
        low, = middle.bar([0], [1], bottom=floor, color=MODEL, width=0.7)
        high, = middle.bar([0], [1], color=NOISE, width=0.7)
        middle.axhline(log_px, **_EXACT)
        middle.text(0.95, log_px + 0.2, f"log p(x) = {log_px:.3f}", color="black", ha="right", va="bottom")
        texts = [middle.text(0, 0, "", ha="center", va="center", color="white", fontweight="bold") for _ in range(2)]
        middle.set(xlim=(-1, 1), ylim=(floor, 1), xticks=[], ylabel="nats", title="ELBO + KL(q‖p(z|x)): the sum stays")
        bars = right.barh([1, 0], [0, 0], height=0.4, color=[MODEL, NOISE])
        right.axvline(0, color="black", lw=0.8)
        labels = [right.text(floor + 0.3, y + 0.25, "", va="bottom") for y in (1, 0)]
        right.set(xlim=(floor, 0.5), ylim=(-0.4, 1.6), yticks=[], xlabel="nats", title="The ELBO's two terms")

        def update(mu=-0.5, sigma=0.8):
            q.set_ydata(Normal(mu, sigma).log_prob(z).exp().numpy())
            reconstruction, kl = terms(mu, sigma)
            bound, rest = reconstruction - kl, gap(mu, sigma)
            top = max(float(bound), floor)
            low.set_height(top - floor)
            high.set(y=top, height=log_px - top)
            texts[0].set(y=(top + floor) / 2, text=f"ELBO\n{bound:.2f}" if top - floor > 1.5 else "")
            texts[1].set(y=(top + log_px) / 2, text=f"KL {rest:.2f}" if log_px - top > 0.9 else "")
            for bar, value, label, name in zip(bars, (reconstruction, -kl), labels, ("E$_q$[log p(x|z)]", "−KL(q‖p(z))")):
                bar.set_width(max(float(value), floor))
                label.set_text(f"{name} = {value:.2f}")

        return update

    return view


def frozen_bound(log_px, elbo, posterior):
    """A bound that rises while log p falls: `log_px(theta)`, `elbo(theta, mu, sigma)`, `posterior(theta)` → (mean, sd)."""
    thetas = torch.linspace(0.0, 4.0, 161)

    def view(left, right):
        """Left, log p in orange and the bound of a frozen q in blue against θ: between the two maxima the bound rises while
        log p falls. Right, the posterior at this θ in orange and the frozen q in blue."""
        left.plot(thetas, log_px(thetas), **_EXACT, label="log p(x)")
        bound, = left.plot(thetas, 0 * thetas, color=MODEL, lw=2.5, label="ELBO, q frozen")
        band = left.axvspan(0, 0, color=DATA, alpha=0.25, lw=0)
        dots, = left.plot([], [], "o", color="black", ms=7)
        left.set(xlim=(0, 4), ylim=(-4.5, -1.6), xlabel="θ", ylabel="nats")
        title = left.set_title("", loc="left")
        left.legend(loc="lower right")
        zs = torch.linspace(-1, 3, 300)
        truth, = right.plot(zs, 0 * zs, **_EXACT, label="p(z|x) at this θ")
        frozen, = right.plot(zs, 0 * zs, color=MODEL, lw=2.5, label="q(z), frozen")
        right.set(xlim=(-1, 3), ylim=(0, 2.6), xlabel="z", title="q does not follow the posterior")
        right.legend(loc="upper right")

        def update(theta=1.8, mu=0.6, sigma=0.2):
            values = elbo(thetas, mu, sigma)
            bound.set_ydata(values.numpy())
            best, top = thetas[values.argmax()].item(), thetas[log_px(thetas).argmax()].item()
            band.set(x=min(best, top), width=abs(best - top))
            title.set_text(f"In the grey band the bound {'rises and log p falls' if best > top else 'falls and log p rises'}")
            at = torch.tensor([theta])
            dots.set_data([theta, theta], [log_px(at), elbo(at, mu, sigma)])
            truth.set_ydata(Normal(*posterior(theta)).log_prob(zs).exp().numpy())
            frozen.set_ydata(Normal(mu, sigma).log_prob(zs).exp().numpy())

        return update

    return view


def blur(error, images):
    """The best guess in squared error: `error(c, weight)`, and the two possible `images` (2, 1, H, W)."""
    guesses = torch.linspace(-1.5, 1.5, 121)

    def view(left, right):
        """Left, the expected squared error against the guess: lowest at the mean, where no data lie. Right, the two
        possible images and the guess: between them it is a ghost of both."""
        curve, = left.plot(guesses, 0 * guesses, color=MODEL, lw=2)
        left.plot([-1, 1], [0, 0], "o", color=DATA, ms=11, clip_on=False, label="the two possible x")
        dot, = left.plot([], [], "o", color=MODEL, ms=9)
        mean = left.axvline(0, **_EXACT, label="their mean")
        left.set(xlim=(-1.5, 1.5), ylim=(0, 4.5), xlabel="guess c", ylabel="E (x − c)²", title="The best guess is the mean")
        left.legend(loc="upper center")
        change = image_grid(right, images.repeat(2, 1, 1, 1)[:3], 3, "possible · possible · the guess")

        def update(guess=0.5, weight=0.5):
            curve.set_ydata(error(guesses, weight).numpy())
            dot.set_data([guess], [error(torch.tensor([guess]), weight)])
            mean.set_xdata([2 * weight - 1] * 2)
            mix = (1 + guess) / 2
            change(torch.cat([images, ((1 - mix) * images[:1] + mix * images[1:]).clamp(0, 16)]))

        return update

    return view


def tighter(log_px, bounds):
    """The importance-weighted bound: `bounds(k, repeats)` → one estimate a repeat; exact value `log_px`."""
    ks = [1, 2, 4, 8, 16, 32, 64, 128, 256]

    def view(left, right):
        """Left, estimates of the bound with K draws, and their mean, left of the exact orange line. Right, the mean
        against K: it rises towards log p(x) and stays below."""
        bins = np.linspace(log_px - 6, log_px + 2, 61)
        bars = left.stairs(np.zeros(60), bins, fill=True, color=MODEL, alpha=0.6)
        left.axvline(log_px, **_EXACT, label="log p(x)")
        mean = left.axvline(0, color=MODEL, lw=2.5, ls="--", label="mean: the bound")
        left.set(xlim=(bins[0], bins[-1]), ylim=(0, 1400), xlabel="log of the average weight (nats)")
        title = left.set_title("", loc="left")
        left.legend(loc="upper left")
        right.plot(ks, [bounds(k, 2000).mean() for k in ks], "o-", color=MODEL, label="bound")
        right.axhline(log_px, **_EXACT, label="log p(x)")
        here, = right.plot([], [], "o", color="black", ms=10, mfc="none", mew=2)
        right.set(xscale="log", xlabel="K", ylabel="nats", title="More draws, a tighter bound")
        right.set_xticks([1, 4, 16, 64, 256], ["1", "4", "16", "64", "256"])
        right.legend(loc="lower right")

        def update(log2_K=0):
            values = bounds(2**log2_K, 2000)
            bars.set_data(np.histogram(values.clamp(bins[0], bins[-1]), bins)[0])
            mean.set_xdata([values.mean()] * 2)
            title.set_text(f"K = {2**log2_K}: bound {values.mean():.3f}, exact {log_px:.3f}")
            here.set_data([2**log2_K], [values.mean()])

        return update

    return view
