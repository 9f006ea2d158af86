"""The GAN lecture's exercises."""

import math
from collections.abc import Callable

import torch
from torch.nn.functional import logsigmoid

from .verdict import NOT_YET, Verdict, call, compare, not_yet, number, slopes


def generator_losses(losses: Callable) -> Verdict:
    """Judge losses(logit) → (saturating, non-saturating), both scalars, in nats.

    `logit` (B,) are D's of fakes.
    """
    logit = 3 * torch.randn(7, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    log_d, log_not_d = logsigmoid(logit), logsigmoid(-logit)
    got, failed = call(losses, logit)
    if failed:
        return failed
    if not_yet(got):
        return NOT_YET
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        return Verdict(False, "Two losses are wanted: return saturating, non_saturating.")
    for name, loss, each, other in (
        ("saturating", got[0], log_not_d, -log_d),
        ("non-saturating", got[1], -log_d, log_not_d),
    ):
        wanted = each.mean()
        mistakes = {
            "The two losses are swapped.": other.mean(),
            "The sign is the other way round: G lowers this loss, and wants D to say “data”.": (
                -wanted
            ),
            "This is the sum over the batch; its mean is wanted.": each.sum(),
            "One number is wanted: take the mean over the batch.": each,
            # not a number, as yours:
            "You take the logit for the probability: D = σ(logit).": logit.log().mean(),
        }
        verdict = compare(loss, wanted, mistakes, "")
        if not verdict.ok:
            return Verdict(False, f"The {name} loss: {verdict.message}")
    return _far_out(losses)


def _far_out(losses: Callable) -> Verdict:
    """Judge the two losses, right near 0, at logits far away: their values and their slopes."""
    exact = {"saturating": lambda s: logsigmoid(-s), "non-saturating": lambda s: -logsigmoid(s)}
    for i, (name, loss) in enumerate(exact.items()):
        for at in (-1000.0, -20.0, 20.0, 1000.0):
            logit = torch.tensor([at], dtype=torch.float64)
            (slope,), failed = slopes(lambda s, i=i: losses(s)[i], logit)
            got = None if failed else torch.as_tensor(losses(logit.clone())[i]).item()
            (right,), _ = slopes(loss, logit)
            value = loss(logit).item()
            if failed or slope is None:
                return failed or Verdict(
                    False, f"The {name} loss has no slope for G: is there a detach, an item?"
                )
            if not math.isclose(got, value, rel_tol=1e-4, abs_tol=1e-9):
                return Verdict(
                    False,
                    f"The {name} loss is {got:.3g} at a logit of {at:.0f}, and {value:.3g} is "
                    "right: use softplus or logsigmoid in place of log(sigmoid), no clamp.",
                )
            if not math.isclose(slope.item(), right.item(), rel_tol=1e-4, abs_tol=1e-12):
                return Verdict(
                    False,
                    f"The {name} loss has the slope {slope.item():.3g} at a logit of {at:.0f}, "
                    f"where {right.item():.3g} is right: a clamp, or a small number that is "
                    "added, takes G's gradient away.",
                )
    return Verdict(True, "Right, with the right slope for any logit.")


def best_discriminator(best: Callable) -> Verdict:
    """Judge best(p, q) → D* (N,), of the densities p of data and q of fakes, by search."""
    p, q = torch.rand(2, 9, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    D = torch.linspace(1e-4, 1 - 1e-4, 20_001, dtype=torch.float64)
    value = p[:, None] * D.log() + q[:, None] * (1 - D).log()
    wanted = D[value.argmax(1)]  # found by search, not by the formula
    got, failed = call(best, p, q)
    return failed or compare(
        got,
        wanted,
        {
            "This is the probability of “fake”: the roles of p and q are swapped.": 1 - wanted,
            "This is the ratio of the densities, not yet a probability.": p / q,
            "The derivative of log(1 − D) is −1/(1 − D): mind the sign.": p / (p - q),
        },
        "Right: no other D gives a larger p log D + q log(1 − D), at nine random pairs.",
        tolerance=1e-3,
    )


def quiet_step_size(eta, radius_after: Callable, wanted: float = 1e-3) -> Verdict:
    """Judge a step size: is `radius_after(eta)` at most `wanted`?"""
    eta, failed = number(eta, "η")
    if failed:
        return failed
    radius = radius_after(eta)
    if radius <= wanted:
        return Verdict(
            True, f"Right: with η = {eta:g} the distance shrinks from 1 to {radius:.1e}."
        )
    why = "it spirals out: lower η"
    if radius < 1:
        why = "it shrinks too slowly: look at 1 − η² + η⁴"
    at_most = f"At most {wanted:g} is wanted."
    return Verdict(False, f"With η = {eta:g} the distance is {radius:.2g}; {why}. {at_most}")
