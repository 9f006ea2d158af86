"""One function an exercise: it says what is right, or what exactly is wrong."""
from numbers import Real
from typing import Callable, NamedTuple

import torch
from torch.distributions import Laplace, Normal, kl_divergence


class Verdict(NamedTuple):
    """Whether an answer is right, and the sentence to read."""

    ok: bool
    message: str

    def _repr_markdown_(self) -> str:
        return f"{'✅' if self.ok else '🔶'} {self.message}"


def _not_yet(answer) -> bool:
    return answer is None or answer is Ellipsis


def _compare(got, wanted: torch.Tensor, mistakes: dict, right: str) -> Verdict:
    """Judge `got` against `wanted` (B,): its type, its shape, its values; `mistakes` name the usual wrong values."""
    if _not_yet(got):
        return Verdict(False, "Not yet: your function returns nothing. Write its `return` line and run the cell again.")
    if not isinstance(got, torch.Tensor):
        return Verdict(False, f"Your function returns a {type(got).__name__}; a tensor of shape {tuple(wanted.shape)} is wanted.")
    got = got.detach().to(wanted.dtype)
    for name, value in mistakes.items():
        if got.shape == value.shape and torch.allclose(got, value, rtol=1e-4, atol=1e-5):
            return Verdict(False, name)
    if got.shape != wanted.shape:
        each = "one number per image is wanted, " if wanted.ndim == 1 else "wanted is "
        return Verdict(False, f"The shape is {tuple(got.shape)}; {each}{tuple(wanted.shape)}.")
    if not torch.allclose(got, wanted, rtol=1e-4, atol=1e-5):
        worst = (got - wanted).abs().argmax()
        return Verdict(False, f"The values differ: yours {got.flatten()[worst]:.4f} where {wanted.flatten()[worst]:.4f} is right.")
    return Verdict(True, right)


def _call(function: Callable, *arguments):
    """Return (the function's answer, None), or (None, the verdict on the error it raised). It may change what it is given."""
    try:
        return function(*(a.clone() if isinstance(a, torch.Tensor) else a for a in arguments)), None
    except Exception as error:
        return None, Verdict(False, f"Your function raises {type(error).__name__}: {error}.")


def gaussian_kl(kl: Callable) -> Verdict:
    """Judge kl(mu, log_sigma) → (B,): KL(N(μ, diag σ²) ‖ N(0, I)) of μ, log σ (B, D), in nats."""
    generator = torch.Generator().manual_seed(3)
    mu, log_sigma = torch.randn(2, 5, 3, generator=generator, dtype=torch.float64)
    sigma = log_sigma.exp()
    each = kl_divergence(Normal(mu, sigma), Normal(torch.zeros_like(mu), torch.ones_like(mu)))  # (B, D)
    got, failed = _call(kl, mu, log_sigma)
    return failed or _compare(got, each.sum(1), {
        "This is −KL: the sign is the other way round.": -each.sum(1),
        "This is twice the KL: the factor ½ is missing.": 2 * each.sum(1),
        "The dimensions are averaged; the KL of independent dimensions is their sum.": each.mean(1),
        "The KL of each dimension is right; sum them per image.": each,
        "You summed over the batch too; one number per image is wanted.": each.sum(),
        "log σ² is 2 log σ: you subtract log σ only once.": (0.5 * (mu**2 + sigma**2 - 1) - 0.5 * log_sigma).sum(1),
        "The second term is σ², the variance, not σ.": (0.5 * (mu**2 + sigma - 1) - log_sigma).sum(1),
    }, "Right: it agrees with torch's own Gaussian KL at random μ and σ.")


def elbo_pieces(elbo: Callable) -> Verdict:
    """Judge elbo(x, mu, log_sigma, eps, log_likelihood) → (B,): one draw of the bound from its pieces, in nats."""
    generator = torch.Generator().manual_seed(4)
    mu, log_sigma, eps = torch.randn(3, 6, 2, generator=generator, dtype=torch.float64)
    x = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    weight = torch.randn(2, 4, generator=generator, dtype=torch.float64)

    def log_likelihood(x, z):
        return Normal(z @ weight, 1.0).log_prob(x).sum(1)

    q, prior = Normal(mu, log_sigma.exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    kl = kl_divergence(q, prior).sum(1)
    z = mu + log_sigma.exp() * eps
    got, failed = _call(elbo, x, mu, log_sigma, eps, log_likelihood)
    return failed or _compare(got, log_likelihood(x, z) - kl, {
        "The KL is added; the bound subtracts it.": log_likelihood(x, z) + kl,
        "This is the loss, −ELBO: the bound itself is wanted.": kl - log_likelihood(x, z),
        "z is the mean of q; draw it with ε: z = μ + σ ε.": log_likelihood(x, mu) - kl,
        "z = μ + log σ · ε: take the exponential of log σ first.": log_likelihood(x, mu + log_sigma * eps) - kl,
        "z is drawn from the prior; draw it from q(z|x).": log_likelihood(x, eps) - kl,
        "Only the reconstruction term: the KL is missing.": log_likelihood(x, z),
        "The batch is averaged; one number per image is wanted.": (log_likelihood(x, z) - kl).mean(),
    }, "Right: reconstruction minus KL, one draw of z per image.")


def wanted_kl(beta, kl_of: Callable, target: float, tolerance: float) -> Verdict:
    """Judge a β: does the model that `kl_of(beta)` trains spend `target` ± `tolerance` nats of KL per image?"""
    if _not_yet(beta):
        return Verdict(False, "Not yet: put a number in the place of `...`.")
    if not isinstance(beta, Real) or not 0 < beta < float("inf"):
        return Verdict(False, f"β is {beta!r}; a number above 0 is wanted.")
    kl = kl_of(beta)
    if abs(kl - target) <= tolerance:
        return Verdict(True, f"Right: β = {beta:g} spends {kl:.1f} nats, {target:g} ± {tolerance:g} were wanted.")
    if kl != kl:
        return Verdict(False, f"β = {beta:g} makes training break: its KL is not a number. Try a smaller β.")
    way = "too much: raise β" if kl > target else "too little: lower β"
    return Verdict(False, f"β = {beta:g} spends {kl:.1f} nats, {way}. Wanted: {target:g} ± {tolerance:g}.")


def _slopes(function: Callable, *arguments: torch.Tensor):
    """Return the gradients of the function's sum by its arguments, None where there is none, and a verdict on an error."""
    arguments = [a.clone().requires_grad_() for a in arguments]
    value, failed = _call(function, *arguments)
    if not (isinstance(value, torch.Tensor) and value.requires_grad):
        return [None] * len(arguments), failed
    return torch.autograd.grad(value.sum(), arguments, allow_unused=True), None


def reparameterize(function: Callable) -> Verdict:
    """Judge function(mu, log_sigma, eps) → z, each (B, D): values, and the gradient that must pass to μ and log σ."""
    generator = torch.Generator().manual_seed(5)
    mu, log_sigma, eps = torch.randn(3, 5, 3, generator=generator, dtype=torch.float64)
    got, failed = _call(function, mu, log_sigma, eps)
    verdict = failed or _compare(got, mu + log_sigma.exp() * eps, {
        "z = μ + log σ · ε: take the exponential of log σ first.": mu + log_sigma * eps,
        "You multiply by σ², the variance; the standard deviation σ is exp(log σ).": mu + (2 * log_sigma).exp() * eps,
        "You multiply by √σ: log_sigma is the logarithm of σ itself.": mu + (0.5 * log_sigma).exp() * eps,
        "This is the mean of q: where is ε?": mu,
        "μ is missing.": log_sigma.exp() * eps,
        "ε is subtracted: the same distribution, but the gradient by σ is wanted as ε, not −ε.": mu - log_sigma.exp() * eps,
    }, "Right: z = μ + σ ε, and the gradient passes to μ and to log σ.")
    if not verdict.ok:
        return verdict
    (to_mu, to_log_sigma, _), failed = _slopes(function, mu, log_sigma, eps)
    if failed:
        return failed
    for name, gradient, wanted in (("μ", to_mu, torch.ones_like(mu)), ("log σ", to_log_sigma, log_sigma.exp() * eps)):
        if gradient is None or not torch.allclose(gradient, wanted):
            return Verdict(False, f"The values are right, but no gradient passes to {name}: is there a detach, an item, a no_grad?")
    return verdict


def laplace_sampler(sampler: Callable) -> Verdict:
    """Judge sampler(u, mu, b) → z, each (N,): the inverse of the Laplace distribution function at u in (0, 1)."""
    generator = torch.Generator().manual_seed(6)
    u, mu, b = torch.rand(3, 9, generator=generator, dtype=torch.float64)
    b = b + 0.5
    wanted = Laplace(mu, b).icdf(u)
    upper, lower = -(2 * (1 - u)).log(), (2 * u).log()
    got, failed = _call(sampler, u, mu, b)
    verdict = failed or _compare(got, wanted, {
        "The mean μ is missing.": wanted - mu,
        "The scale b is missing.": mu + (wanted - mu) / b,
        "The signs are the other way round: z falls as u grows.": 2 * mu - wanted,
        "This is right below the mean only: for u > ½ solve u = 1 − ½ exp(−(z − μ)/b).": mu + b * lower,
        "This is right above the mean only: for u < ½ solve u = ½ exp((z − μ)/b).": mu + b * upper,
        "The factor 2 is missing: at μ both halves of F meet at ½.": mu + b * torch.where(u < 0.5, u.log(), -(1 - u).log()),
        "This is an exponential distribution: it has no values below μ.": mu - b * (1 - u).log(),
    }, "Right: it agrees with torch's own inverse, and the gradient passes to μ and b.")
    if not verdict.ok:
        return verdict
    gradients, failed = _slopes(sampler, u, mu, b)
    if failed:
        return failed
    if any(g is None for g in gradients[1:]):
        return Verdict(False, "The values are right, but no gradient passes to μ and b: is there a detach, an item, a no_grad?")
    return verdict


def equal_variances(sigma, variances: Callable, tolerance: float = 0.15) -> Verdict:
    """Judge a σ: are the two numbers of `variances(sigma)`, pathwise and score function, the same up to `tolerance`?"""
    if _not_yet(sigma):
        return Verdict(False, "Not yet: put a number in the place of `...`.")
    if not isinstance(sigma, Real) or isinstance(sigma, bool) or not 0 < sigma < float("inf"):
        return Verdict(False, f"σ is {sigma!r}; a number above 0 is wanted.")
    pathwise, score = variances(sigma)
    numbers = f"the pathwise variance is {pathwise:.2f}, the score function's {score:.2f}"
    if abs(pathwise - score) <= tolerance * score:
        return Verdict(True, f"Right: at σ = {sigma:.3g} {numbers}.")
    way = "Raise σ" if pathwise < score else "Lower σ"
    return Verdict(False, f"At σ = {sigma:.3g} {numbers}. {way}.")
