"""The reparameterization lecture's exercises."""

from numbers import Real
from typing import Callable

import torch
from torch.distributions import Laplace

from .verdict import Verdict, call, compare, not_yet, slopes


def reparameterize(function: Callable) -> Verdict:
    """Judge function(mu, log_sigma, eps) → z, each (B, D): values, and the gradient that must pass to μ and log σ."""
    generator = torch.Generator().manual_seed(5)
    mu, log_sigma, eps = torch.randn(3, 5, 3, generator=generator, dtype=torch.float64)
    got, failed = call(function, mu, log_sigma, eps)
    verdict = failed or compare(
        got,
        mu + log_sigma.exp() * eps,
        {
            "z = μ + log σ · ε: take the exponential of log σ first.": mu + log_sigma * eps,
            "You multiply by σ², the variance; the standard deviation σ is exp(log σ).": mu
            + (2 * log_sigma).exp() * eps,
            "You multiply by √σ: log_sigma is the logarithm of σ itself.": mu
            + (0.5 * log_sigma).exp() * eps,
            "This is the mean of q: where is ε?": mu,
            "μ is missing.": log_sigma.exp() * eps,
            "ε is subtracted: the same distribution, but the gradient by σ is wanted as ε, not −ε.": mu
            - log_sigma.exp() * eps,
        },
        "Right: z = μ + σ ε, and the gradient passes to μ and to log σ.",
    )
    if not verdict.ok:
        return verdict
    (to_mu, to_log_sigma, _), failed = slopes(function, mu, log_sigma, eps)
    if failed:
        return failed
    for name, gradient, wanted in (
        ("μ", to_mu, torch.ones_like(mu)),
        ("log σ", to_log_sigma, log_sigma.exp() * eps),
    ):
        if gradient is None or not torch.allclose(gradient, wanted):
            return Verdict(
                False,
                f"The values are right, but no gradient passes to {name}: is there a detach, an item, a no_grad?",
            )
    return verdict


def laplace_sampler(sampler: Callable) -> Verdict:
    """Judge sampler(u, mu, b) → z, each (N,): the inverse of the Laplace distribution function at u in (0, 1)."""
    generator = torch.Generator().manual_seed(6)
    u, mu, b = torch.rand(3, 9, generator=generator, dtype=torch.float64)
    b = b + 0.5
    wanted = Laplace(mu, b).icdf(u)
    upper, lower = -(2 * (1 - u)).log(), (2 * u).log()
    got, failed = call(sampler, u, mu, b)
    verdict = failed or compare(
        got,
        wanted,
        {
            "The mean μ is missing.": wanted - mu,
            "The scale b is missing.": mu + (wanted - mu) / b,
            "The signs are the other way round: z falls as u grows.": 2 * mu - wanted,
            "This is right below the mean only: for u > ½ solve u = 1 − ½ exp(−(z − μ)/b).": mu
            + b * lower,
            "This is right above the mean only: for u < ½ solve u = ½ exp((z − μ)/b).": mu
            + b * upper,
            "The factor 2 is missing: at μ both halves of F meet at ½.": mu
            + b * torch.where(u < 0.5, u.log(), -(1 - u).log()),
            "This is an exponential distribution: it has no values below μ.": mu
            - b * (1 - u).log(),
        },
        "Right: it agrees with torch's own inverse, and the gradient passes to μ and b.",
    )
    if not verdict.ok:
        return verdict
    gradients, failed = slopes(sampler, u, mu, b)
    if failed:
        return failed
    if any(g is None for g in gradients[1:]):
        return Verdict(
            False,
            "The values are right, but no gradient passes to μ and b: is there a detach, an item, a no_grad?",
        )
    return verdict


def equal_variances(sigma, variances: Callable, tolerance: float = 0.15) -> Verdict:
    """Judge a σ: are the two numbers of `variances(sigma)`, pathwise and score function, the same up to `tolerance`?"""
    if not_yet(sigma):
        return Verdict(False, "Not yet: put a number in the place of `...`.")
    if not isinstance(sigma, Real) or isinstance(sigma, bool) or not 0 < sigma < float("inf"):
        return Verdict(False, f"σ is {sigma!r}; a number above 0 is wanted.")
    pathwise, score = variances(sigma)
    numbers = f"the pathwise variance is {pathwise:.2f}, the score function's {score:.2f}"
    if abs(pathwise - score) <= tolerance * score:
        return Verdict(True, f"Right: at σ = {sigma:.3g} {numbers}.")
    way = "Raise σ" if pathwise < score else "Lower σ"
    return Verdict(False, f"At σ = {sigma:.3g} {numbers}. {way}.")
