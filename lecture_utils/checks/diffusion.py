"""The exercises of the lecture on diffusion."""

from collections.abc import Callable

import torch

from .verdict import Verdict, call, compare


def _given(n: int) -> tuple:
    """Return n tensors (6, 4) of random numbers, and ᾱ (6, 1), between 0 and 1."""
    generator = torch.Generator().manual_seed(11)
    numbers = torch.randn(n, 6, 4, generator=generator, dtype=torch.float64)
    a = torch.linspace(0.1, 0.9, 6, dtype=torch.float64)[:, None]
    return *numbers.unbind(), a


def closed_form(noisy: Callable) -> Verdict:
    """Judge noisy(x_0, eps, beta) → x_t (B, D), after all the steps β (t,) at once."""
    x_0, eps, _ = _given(2)
    beta = torch.tensor([0.1, 0.2, 0.05, 0.3, 0.15], dtype=torch.float64)
    a = (1 - beta).prod()
    mean, variance = x_0, torch.zeros((), dtype=torch.float64)
    for b in beta:  # step by step: the mean shrinks, the variance shrinks and gets β
        mean, variance = (1 - b).sqrt() * mean, (1 - b) * variance + b
    wanted = mean + variance.sqrt() * eps
    got, failed = call(noisy, x_0, eps, beta)
    return failed or compare(
        got,
        wanted,
        {
            "The noise is √(1 − ᾱ) ε, not (1 − ᾱ) ε: ᾱ and 1 − ᾱ are variances.": (
                a.sqrt() * x_0 + (1 - a) * eps
            ),
            "The data shrink by √ᾱ, not by ᾱ.": a * x_0 + (1 - a).sqrt() * eps,
            "Take the roots: √ᾱ x_0 + √(1 − ᾱ) ε.": a * x_0 + (1 - a) * eps,
            "ᾱ is the product of 1 − β over all steps, not of the last step only.": (
                (1 - beta[-1]).sqrt() * x_0 + beta[-1].sqrt() * eps
            ),
            "This takes ᾱ = 1 − Σβ; it is the product of the 1 − β.": (
                (1 - beta.sum()).sqrt() * x_0 + beta.sum().sqrt() * eps
            ),
            "This is the product of the β; ᾱ is that of the 1 − β.": (
                beta.prod().sqrt() * x_0 + (1 - beta.prod()).sqrt() * eps
            ),
            "Data and noise have changed places.": (1 - a).sqrt() * x_0 + a.sqrt() * eps,
            "The noise is missing.": a.sqrt() * x_0,
        },
        "Right: the same mean and variance as step by step.",
    )


def score_of_noise(score: Callable) -> Verdict:
    """Judge score(eps, a) → ∇ log q(x_t|x_0) (B, D), a = ᾱ_t (B, 1)."""
    x_0, eps, a = _given(2)
    x_t = (a.sqrt() * x_0 + (1 - a).sqrt() * eps).requires_grad_()
    log_q = -0.5 * (x_t - a.sqrt() * x_0).square() / (1 - a)
    (wanted,) = torch.autograd.grad(log_q.sum(), x_t)
    got, failed = call(score, eps, a)
    root = (1 - a).sqrt()
    return failed or compare(
        got,
        wanted,
        {
            "The sign: the score points uphill, against the noise.": eps / root,
            "The sign, and the root: it is −ε / √(1 − ᾱ).": eps / (1 - a),
            "This is the noise itself; the score is −ε / √(1 − ᾱ).": eps,
            "Divide by √(1 − ᾱ), not by 1 − ᾱ.": -eps / (1 - a),
            "Divide by √(1 − ᾱ); you multiply.": -eps * root,
            "Divide by √(1 − ᾱ), the noise's size, not by √ᾱ.": -eps / a.sqrt(),
            "Divide by √(1 − ᾱ): the score of wide noise is small.": -eps,
        },
        "Right: it is what autograd says of log q(x_t|x_0).",
    )


def ddim_step(step: Callable) -> Verdict:
    """Judge step(x_t, eps, a_t, a_s) → x_s (B, D), by DDIM without noise; ᾱ are (B, 1)."""
    x_0, eps, a_t = _given(2)
    a_s = a_t.sqrt()  # nearer to 1
    x_t = a_t.sqrt() * x_0 + (1 - a_t).sqrt() * eps  # so that x_s is known
    noise = (1 - a_s).sqrt() * eps
    got, failed = call(step, x_t, eps, a_t, a_s)
    return failed or compare(
        got,
        a_s.sqrt() * x_0 + noise,
        {
            "This is x̂₀, all noise gone at once; make it noisy again for the time s.": x_0,
            "The noise for the time s is missing: add √(1 − ᾱ_s) ε.": a_s.sqrt() * x_0,
            "At the time s the noise is √(1 − ᾱ_s) ε, not √(1 − ᾱ_t) ε.": (
                a_s.sqrt() * x_0 + (1 - a_t).sqrt() * eps
            ),
            "x̂₀ shrinks by √ᾱ_s before the noise is added.": x_0 + noise,
            "x̂₀ is (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t: the division is missing.": (
                a_s.sqrt() * a_t.sqrt() * x_0 + noise
            ),
            "What shrinks by √ᾱ_s is x̂₀, not x_t.": a_s.sqrt() * x_t + noise,
            "Add the noise for the time s; you subtract it.": a_s.sqrt() * x_0 - noise,
            "Take the roots: √ᾱ_s x̂₀ + √(1 − ᾱ_s) ε.": a_s * x_0 + (1 - a_s) * eps,
            "This is the mean of DDPM's posterior; DDIM keeps the noise ε that x_t has.": (
                _posterior_mean(x_t, x_0, a_t, a_s)
            ),
            "s and t have changed places.": (
                a_t.sqrt() * (x_t - (1 - a_s).sqrt() * eps) / a_s.sqrt()
                + (1 - a_t).sqrt() * eps
            ),
        },
        "Right: x̂₀, and the same noise in the measure of the time s.",
    )


def _posterior_mean(x_t, x_0, a_t, a_s):
    """Return the mean of q(x_s|x_t, x_0) (B, D)."""
    a = a_t / a_s
    return (a.sqrt() * (1 - a_s) * x_t + a_s.sqrt() * (1 - a) * x_0) / (1 - a_t)
