"""The ELBO lecture's exercises."""

from collections.abc import Callable

import torch
from torch.distributions import Normal, kl_divergence

from .verdict import Verdict, call, compare, number


def gaussian_kl(kl: Callable) -> Verdict:
    """Judge kl(mu, log_sigma) → (B,): KL(N(μ, diag σ²) ‖ N(0, I)) of μ, log σ (B, D), in
    nats."""
    generator = torch.Generator().manual_seed(3)
    mu, log_sigma = torch.randn(2, 5, 3, generator=generator, dtype=torch.float64)
    sigma = log_sigma.exp()
    each = kl_divergence(
        Normal(mu, sigma), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    )  # (B, D)
    got, failed = call(kl, mu, log_sigma)
    return failed or compare(
        got,
        each.sum(1),
        {
            "This is −KL: the sign is the other way round.": -each.sum(1),
            "This is twice the KL: the factor ½ is missing.": 2 * each.sum(1),
            "The dimensions are averaged; the KL of independent ones is a sum.": each.mean(1),
            "The KL of each dimension is right; sum them per image.": each,
            "You summed over the batch too; one number per image is wanted.": each.sum(),
            "log σ² is 2 log σ: you subtract log σ only once.": (
                0.5 * (mu**2 + sigma**2 - 1) - 0.5 * log_sigma
            ).sum(1),
            "The second term is σ², the variance, not σ.": (
                0.5 * (mu**2 + sigma - 1) - log_sigma
            ).sum(1),
            "You take log σ for log σ²: the given one is the logarithm of σ.": (
                0.5 * (mu**2 + sigma - 1 - log_sigma)
            ).sum(1),
            "The −1 is missing, in every dimension.": (each + 0.5).sum(1),
        },
        "Right: it agrees with torch's own Gaussian KL at random μ and σ.",
    )


def elbo_pieces(elbo: Callable) -> Verdict:
    """Judge elbo(x, mu, log_sigma, eps, log_likelihood) → (B,): one draw of the bound from its
    pieces, in nats."""
    generator = torch.Generator().manual_seed(4)
    mu, log_sigma, eps = torch.randn(3, 6, 2, generator=generator, dtype=torch.float64)
    x = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    weight = torch.randn(2, 4, generator=generator, dtype=torch.float64)

    def log_likelihood(x, z):
        return Normal(z @ weight, 1.0).log_prob(x).sum(1)

    q, prior = Normal(mu, log_sigma.exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    kl = kl_divergence(q, prior).sum(1)
    z = mu + log_sigma.exp() * eps
    got, failed = call(elbo, x, mu, log_sigma, eps, log_likelihood)
    return failed or compare(
        got,
        log_likelihood(x, z) - kl,
        {
            "The KL is added; the bound subtracts it.": log_likelihood(x, z) + kl,
            "This is the loss, −ELBO: the bound itself is wanted.": kl - log_likelihood(x, z),
            "z is the mean of q; draw it with ε: z = μ + σ ε.": log_likelihood(x, mu) - kl,
            "z = μ + log σ · ε: take the exponential of log σ first.": log_likelihood(
                x, mu + log_sigma * eps
            )
            - kl,
            "z is drawn from the prior; draw it from q(z|x).": log_likelihood(x, eps) - kl,
            "Only the reconstruction term: the KL is missing.": log_likelihood(x, z),
            "The batch is averaged; one number per image is wanted.": (
                log_likelihood(x, z) - kl
            ).mean(),
        },
        "Right: reconstruction minus KL, one draw of z per image.",
    )


def wanted_kl(beta, kl_of: Callable, target: float, tolerance: float) -> Verdict:
    """Judge a β: does the model that `kl_of(beta)` trains spend `target` ± `tolerance` nats?"""
    beta, failed = number(beta, "β")
    if failed:
        return failed
    kl = kl_of(beta)
    if abs(kl - target) <= tolerance:
        asked = f"{target:g} ± {tolerance:g} were wanted"
        return Verdict(True, f"Right: β = {beta:g} spends {kl:.1f} nats, {asked}.")
    if kl != kl:
        return Verdict(
            False,
            f"β = {beta:g} makes training break: its KL is not a number. Try a smaller β.",
        )
    way = "too much: raise β" if kl > target else "too little: lower β"
    asked = f"Wanted: {target:g} ± {tolerance:g}."
    return Verdict(False, f"β = {beta:g} spends {kl:.1f} nats, {way}. {asked}")
