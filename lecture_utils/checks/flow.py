"""The exercises of the lecture on flows."""

import math
from collections.abc import Callable

import torch
from torch.nn.functional import softplus

from .verdict import NOT_YET, Verdict, call, compare, not_yet


def _given() -> tuple:
    """Return b, s and t, (6, 4) each."""
    generator = torch.Generator().manual_seed(9)
    return torch.randn(3, 6, 4, generator=generator, dtype=torch.float64).unbind()


def coupling(layer: Callable) -> Verdict:
    """Judge layer(b, s, t) → z = b softplus(s) + t (B, D), and log|det ∂z/∂b| (B,), in nats."""
    b, s, t = _given()
    got, failed = call(layer, b, s, t)
    if failed:
        return failed
    if not_yet(got):
        return NOT_YET
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        return Verdict(False, "Two tensors are wanted: return z_b, log_det.")
    scale = softplus(s)
    of_z = {
        "the scale is softplus(s), not eˢ.": b * s.exp() + t,
        "the scale is softplus(s), not s.": b * s + t,
        "t is added, not subtracted.": b * scale - t,
        "t is added after b is scaled.": (b + t) * scale,
        "t is missing.": b * scale,
    }
    of_log_det = {
        "this is the determinant; its logarithm is wanted.": scale.prod(1),
        "the sign is the other way round: this is the way from z to b.": -scale.log().sum(1),
        "these are the logarithms of all slopes; a row's log_det is their sum.": scale.log(),
        "this is one number for the whole batch; one a row is wanted.": scale.log().sum(),
        "log eˢ is s, but the scale here is softplus(s).": s.sum(1),
        "this is the mean over the coordinates; their sum is wanted.": scale.log().mean(1),
        "this is the sum of the slopes, not of their logarithms.": scale.sum(1),
    }
    jacobian = torch.func.vmap(torch.func.jacrev(lambda b, s, t: b * softplus(s) + t))(b, s, t)
    wanted = torch.linalg.slogdet(jacobian).logabsdet
    for name, value, right, mistakes in (
        ("z_b", got[0], b * scale + t, of_z),
        ("log_det", got[1], wanted, of_log_det),
    ):
        if not_yet(value):
            return Verdict(False, f"{name}: not yet, it is still {value}.")
        verdict = compare(value, right, mistakes, "")
        if not verdict.ok:
            return Verdict(False, f"{name}: {verdict.message}")
    return Verdict(True, "Right: at random numbers it is what autograd says.")


def coupling_inverse(inverse: Callable) -> Verdict:
    """Judge inverse(z, s, t) → b (B, D), for z = b softplus(s) + t."""
    b, s, t = _given()
    scale = softplus(s)
    z = b * scale + t
    got, failed = call(inverse, z, s, t)
    return failed or compare(
        got,
        b,
        {
            "This is the layer once more, not its inverse.": z * scale + t,
            "Undo the last step first: take t away, then divide.": z / scale - t,
            "This undoes the scale eˢ; here it is softplus(s).": (z - t) * (-s).exp(),
            "Divide by the scale, softplus(s), not by s.": (z - t) / s,
            "Divide by the scale; you multiply.": (z - t) * scale,
            "Take t away; you add it.": (z + t) / scale,
            "t is still in it.": z / scale,
        },
        "Right: it takes every z back to its b.",
    )


def logit_normal(log_density: Callable) -> Verdict:
    """Judge log_density(x) → log p(x) (N,), in nats, of x = σ(z) with z ~ N(0, 1)."""
    edges = torch.linspace(0, 1, 4001, dtype=torch.float64)
    x = (edges[1:] + edges[:-1]) / 2
    z = torch.logit(x)
    log_p_z = -0.5 * z.square() - 0.5 * math.log(2 * math.pi)
    log_slope = -x.log() - (-x).log1p()  # of the logit: dz/dx
    got, failed = call(log_density, x)
    if failed:
        return failed
    mistakes = {
        "The Jacobian is missing: this is log p of z at the right place.": log_p_z,
        "The sign of the Jacobian is the other way round: dz/dx is wanted, not dx/dz.": (
            log_p_z - log_slope
        ),
        "This is the density; its logarithm is wanted.": (log_p_z + log_slope).exp(),
        "z is the logit of x, not x.": -0.5 * x.square() - 0.5 * math.log(2 * math.pi),
        "The factor 1/√(2π) of the Gaussian is missing.": -0.5 * z.square() + log_slope,
    }
    right = "Right: over x from 0 to 1 its exponential integrates to 1."
    verdict = compare(got, log_p_z + log_slope, mistakes, right)
    numbers = isinstance(got, torch.Tensor) and got.shape == x.shape
    if verdict.ok or not numbers or not got.is_floating_point():
        return verdict
    integral = f"over x from 0 to 1 its exponential integrates to {got.exp().mean().item():.3f}"
    return Verdict(False, f"{verdict.message} ({integral.capitalize()}.)")
