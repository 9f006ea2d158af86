"""Pictures of bounds on log p(x), given the notebook's own functions."""

import numpy as np
import torch
from torch.distributions import Normal

from ...plots import DATA, MODEL, NOISE, TRUTH

_EXACT = {"color": TRUTH, "lw": 2.5}


def _bars(stack, pair, log_px, floor):
    """The ELBO and its gap stacked on one axes, its two terms on the other.

    Bars end at `floor` nats.
    """
    (low,) = stack.barh([0], [1], left=floor, color=MODEL, height=0.5)
    (high,) = stack.barh([0], [1], color=DATA, height=0.5, hatch="//", edgecolor="white")
    stack.axvline(log_px, **_EXACT)
    stack.set(xlim=(floor, 0), ylim=(-0.5, 0.8), yticks=[], xlabel="nats")
    stack.set_title("ELBO + gap KL(q‖p(z|x)) = log p(x)")
    total = stack.text(floor + 0.2, 0.42, "")
    bars = pair.barh([1, 0], [0, 0], height=0.4, color=[MODEL, NOISE])
    pair.axvline(0, color="black", lw=0.8)
    for y, name in ((1, "E$_q$[log p(x|z)] ="), (0, "−KL(q‖p(z)) =")):
        pair.text(floor + 4.6, y + 0.25, name, ha="right")
    numbers = [pair.text(floor + 4.8, y + 0.25, "") for y in (1, 0)]
    pair.set(xlim=(floor, 0), ylim=(-0.4, 1.7), yticks=[], xlabel="nats")
    pair.set_title("The two terms of the ELBO")

    def update(reconstruction, kl, gap):
        bound = reconstruction - kl
        low.set_width(max(bound, floor) - floor)
        high.set(x=max(bound, floor), width=log_px - max(bound, floor))
        total.set_text(f"ELBO {bound:.2f} + gap {gap:.2f} = {bound + gap:.3f}")
        for bar, value, number in zip(bars, (reconstruction, -kl), numbers, strict=True):
            bar.set_width(max(value, floor))
            number.set_text(f"{value:.2f}")

    return update


def elbo_gap(curve, x_seen, z, posterior, log_px, terms, gap):
    """log p(x) = ELBO + KL, for one observed `x_seen` (1, 2) of the `curve`.

    `posterior` on the grid `z`, `terms(mu, sigma)` → the two terms of the ELBO,
    `gap(mu, sigma)` → KL(q ‖ posterior).
    """
    floor, eps = -16.0, torch.randn(60, generator=torch.Generator().manual_seed(0))

    def view(figure):
        """Top left, the curve, the observed x as a black star, and what draws of q would make,
        as blue dots. Top right, q in blue over the true posterior in orange. Below, ELBO and
        gap stacked: their sum stays at the orange line, log p(x); and the two terms of the
        ELBO."""
        figure.set_size_inches(9.2, 5.8)
        (plane, line), (stack, pair) = figure.subplots(2, 2, height_ratios=[1.2, 1])
        plane.plot(*curve(torch.linspace(-3, 3, 300)).T.numpy(), color=MODEL, lw=1, alpha=0.5)
        look = {"color": MODEL, "ms": 5, "alpha": 0.6, "label": "g(z) for draws of q"}
        (dots,) = plane.plot([], [], "o", **look)
        look = {"color": "black", "ms": 15, "mec": "white", "label": "the observed x"}
        plane.plot(*x_seen.T.numpy(), "*", **look)
        plane.set(xlim=(-2.3, 2.3), ylim=(-1.2, 1.8), title="Which z could have made the star?")
        plane.legend(loc="upper center", ncols=2)
        line.fill_between(z, posterior, color=TRUTH, alpha=0.4, lw=0, label="p(z|x)")
        prior = Normal(0.0, 1.0).log_prob(z).exp().numpy()
        line.plot(z, prior, "--", color=NOISE, label="p(z)")
        (q,) = line.plot(z, 0 * z, color=MODEL, lw=2.5, label="q(z)")
        line.set(xlim=(-3, 3), ylim=(0, 1.05 * float(posterior.max())), xlabel="z")
        line.set_title("Move q (blue) onto p(z|x)")
        line.legend(loc="upper left")
        bars = _bars(stack, pair, log_px, floor)

        def update(mu=-0.5, sigma=0.8):
            dots.set_data(*curve(mu + sigma * eps).T.numpy())
            q.set_ydata(Normal(mu, sigma).log_prob(z).exp().numpy())
            reconstruction, kl = terms(mu, sigma)
            bars(float(reconstruction), float(kl), float(gap(mu, sigma)))

        return update

    return view


def frozen_bound(log_px, elbo, posterior):
    """A bound that rises while log p falls.

    `log_px(theta)`, `elbo(theta, mu, sigma)`, `posterior(theta)` → (mean, sd).
    """
    thetas = torch.linspace(0.0, 4.0, 161)

    def view(left, right):
        """Left, log p in orange and the bound of a frozen q in blue against θ: between the two
        maxima the bound rises while log p falls. Right, the posterior at this θ in orange and
        the frozen q in blue."""
        left.plot(thetas, log_px(thetas), **_EXACT, label="log p(x)")
        (bound,) = left.plot(thetas, 0 * thetas, color=MODEL, lw=2.5, label="ELBO of this q")
        band = left.axvspan(0, 0, color=DATA, alpha=0.25, lw=0)
        (dots,) = left.plot([], [], "o", color="black", ms=7)
        left.set(xlim=(0, 4), ylim=(-5, -1.6), xlabel="θ", ylabel="nats")
        title = left.set_title("", loc="left")
        left.legend(loc="lower right")
        zs = torch.linspace(-1, 3, 300)
        (truth,) = right.plot(zs, 0 * zs, **_EXACT, label="p(z|x) at this θ")
        (frozen,) = right.plot(zs, 0 * zs, color=MODEL, lw=2.5, label="q(z)")
        right.set(xlim=(-1, 3), ylim=(0, 4.2), xlabel="z")
        gap = right.set_title("", loc="left")
        right.legend(loc="upper right")

        def update(theta=1.8, mu=0.6, sigma=0.2, refit=False):
            if refit:
                mu, sigma = (float(v) for v in posterior(theta))
            values = elbo(thetas, mu, sigma)
            bound.set_ydata(values.numpy())
            best, top = thetas[values.argmax()].item(), thetas[log_px(thetas).argmax()].item()
            band.set(x=min(best, top), width=abs(best - top))
            ways = "rises, log p falls" if best > top else "falls, log p rises"
            title.set_text(f"Grey: as θ grows, the bound {ways}")
            at = torch.tensor([theta])
            here = log_px(at).item(), elbo(at, mu, sigma).item()
            dots.set_data([theta, theta], here)
            gap.set_text(f"gap at this θ: {here[0] - here[1]:.2f} nats")
            truth.set_ydata(Normal(*posterior(theta)).log_prob(zs).exp().numpy())
            frozen.set_ydata(Normal(mu, sigma).log_prob(zs).exp().numpy())

        return update

    return view


def tighter(log_px, bounds):
    """The importance-weighted bound beside the exact value `log_px`.

    `bounds(k, repeats, generator)` → one estimate a repeat.
    """
    generator = torch.Generator().manual_seed(0)
    estimates = [bounds(2**i, 5000, generator) for i in range(9)]
    means = [e.mean().item() for e in estimates]

    def view(left, right):
        """Left, estimates of the bound with K draws, and their mean, left of the exact orange
        line. Right, the mean against K: it rises towards log p(x) and stays below."""
        left.figure.set_size_inches(9.2, 3.5)
        bins = np.linspace(log_px - 6, log_px + 3, 61)
        bars = left.stairs(np.zeros(60), bins, fill=True, color=MODEL, alpha=0.6)
        left.axvline(log_px, **_EXACT, label="log p(x)")
        mean = left.axvline(0, color=MODEL, lw=2.5, ls="--", label="mean: the bound")
        left.set(xlim=(bins[0], bins[-1]), ylim=(0, 1), yticks=[])
        left.set_xlabel("log of the average weight (nats)")
        title = left.set_title("", loc="left")
        left.legend(loc="upper left")
        right.plot(2.0 ** np.arange(9), means, "o-", color=MODEL, label="bound")
        right.axhline(log_px, **_EXACT, label="log p(x)")
        (here,) = right.plot([], [], "o", color="black", ms=10, mfc="none", mew=2)
        right.set(xscale="log", xlabel="K", ylabel="nats", title="More draws, a tighter bound")
        right.set_xticks([1, 4, 16, 64, 256], ["1", "4", "16", "64", "256"])
        right.legend(loc="lower right")

        def update(log2_K=0):
            counts, _ = np.histogram(estimates[log2_K], bins)
            bars.set_data(counts / counts.max() / 1.4)  # the shape: K = 1 would be a dwarf
            mean.set_xdata([means[log2_K]] * 2)
            above = (estimates[log2_K] > log_px).float().mean()
            words = f"mean {means[log2_K]:.2f}, log p(x) {log_px:.2f}; {above:.0%} pass it"
            title.set_text(f"K = {2**log2_K}: {words}")
            here.set_data([2**log2_K], [means[log2_K]])

        return update

    return view
