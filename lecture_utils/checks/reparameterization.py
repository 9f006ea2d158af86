"""The reparameterization lecture's exercises."""

from collections.abc import Callable

import torch
from torch.distributions import Laplace

from .verdict import Verdict, call, compare, number, slopes

_NO_GRADIENT = "The values are right, but no gradient passes to {}: is there a detach, an item?"


def reparameterize(function: Callable) -> Verdict:
    """Judge function(mu, log_sigma, eps) → z, each (B, D).

    The values count, and the gradient that must pass to μ and log σ.
    """
    generator = torch.Generator().manual_seed(5)
    mu, log_sigma, eps = torch.randn(3, 5, 3, generator=generator, dtype=torch.float64)
    sigma, variance, root = log_sigma.exp(), (2 * log_sigma).exp(), (0.5 * log_sigma).exp()
    mistakes = {
        "z = μ + log σ · ε: take the exponential of log σ first.": mu + log_sigma * eps,
        "You multiply by σ², the variance; the standard deviation σ is exp(log σ).": (
            mu + variance * eps
        ),
        "You multiply by √σ: log_sigma is the logarithm of σ itself.": mu + root * eps,
        "This is the mean of q: where is ε?": mu,
        "μ is missing.": sigma * eps,
        "ε is subtracted: the same distribution, but the gradient by σ is to be ε, not −ε.": (
            mu - sigma * eps
        ),
    }
    right = "Right: z = μ + σ ε, and the gradient passes to μ and to log σ."
    got, failed = call(function, mu, log_sigma, eps)
    verdict = failed or compare(got, mu + sigma * eps, mistakes, right)
    if not verdict.ok:
        return verdict
    (to_mu, to_log_sigma, _), failed = slopes(function, mu, log_sigma, eps)
    if failed:
        return failed
    wanted = {"μ": (to_mu, torch.ones_like(mu)), "log σ": (to_log_sigma, sigma * eps)}
    for name, (gradient, true) in wanted.items():
        if gradient is None or not torch.allclose(gradient, true):
            return Verdict(False, _NO_GRADIENT.format(name))
    return verdict


def laplace_sampler(sampler: Callable) -> Verdict:
    """Judge sampler(u, mu, b) → z, each (N,): the inverse distribution function at u."""
    generator = torch.Generator().manual_seed(6)
    u, mu, b = torch.rand(3, 9, generator=generator, dtype=torch.float64)
    b = b + 0.5
    wanted = Laplace(mu, b).icdf(u)
    upper, lower = -(2 * (1 - u)).log(), (2 * u).log()
    without_2 = torch.where(u < 0.5, u.log(), -(1 - u).log())
    mistakes = {
        "The mean μ is missing.": wanted - mu,
        "The scale b is missing.": mu + (wanted - mu) / b,
        "The signs are the other way round: z falls as u grows.": 2 * mu - wanted,
        "This is right below the mean only: for u > ½ solve u = 1 − ½ exp(−(z − μ)/b).": (
            mu + b * lower
        ),
        "This is right above the mean only: for u < ½ solve u = ½ exp((z − μ)/b).": (
            mu + b * upper
        ),
        "The factor 2 is missing: at μ both halves of F meet at ½.": mu + b * without_2,
        "This is an exponential distribution: it has no values below μ.": (
            mu - b * (1 - u).log()
        ),
    }
    right = "Right: it agrees with torch's own inverse, and the gradient passes to μ and b."
    got, failed = call(sampler, u, mu, b)
    verdict = failed or compare(got, wanted, mistakes, right)
    if not verdict.ok:
        return verdict
    gradients, failed = slopes(sampler, u, mu, b)
    if failed:
        return failed
    if any(g is None for g in gradients[1:]):
        return Verdict(False, _NO_GRADIENT.format("μ and b"))
    return verdict


def equal_variances(sigma, variances: Callable, tolerance: float = 0.15) -> Verdict:
    """Judge a σ: are the two numbers of `variances(sigma)` the same up to `tolerance`?

    They are the variances of the pathwise estimator and of the score function.
    """
    sigma, failed = number(sigma, "σ")
    if failed:
        return failed
    pathwise, score = variances(sigma)
    numbers = f"the pathwise variance is {pathwise:.2f}, the score function's {score:.2f}"
    if abs(pathwise - score) <= tolerance * score:
        return Verdict(True, f"Right: at σ = {sigma:.3g} {numbers}.")
    way = "Raise σ" if pathwise < score else "Lower σ"
    return Verdict(False, f"At σ = {sigma:.3g} {numbers}. {way}.")
