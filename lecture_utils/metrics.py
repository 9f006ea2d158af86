"""Numbers that say how good a model is."""

import math

import torch
from torch import Tensor

from .data import check_finite


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Return the squared Fréchet distance of two sets of images (N, …), in squared pixel units.

    It is that of the Gaussians fitted to them, ‖m_a − m_b‖² + tr(C_a + C_b − 2 (C_a C_b)^½):
    Dowson and Landau (1982). On raw pixels, not on a network's features.
    """
    for name, x in (("a", a), ("b", b)):
        if len(check_finite(x, name)) < 2 or x.ndim < 2:
            shape = tuple(x.shape)
            raise ValueError(f"{name}: got shape {shape}, wanted 2 rows of pixels or more")
    a, b = a.flatten(1).double(), b.flatten(1).double()
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"b: got {b.shape[1]} pixels a row, wanted {a.shape[1]} as a has")
    covariance_a, covariance_b = torch.atleast_2d(a.T.cov()), torch.atleast_2d(b.T.cov())
    values, vectors = torch.linalg.eigh(covariance_a)
    root_a = vectors * values.clamp_min(0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root_a @ covariance_b @ root_a).clamp_min(0).sqrt().sum()
    between_means = (a.mean(0) - b.mean(0)).square().sum()
    return (between_means + covariance_a.trace() + covariance_b.trace() - 2 * cross).item()


def energy_distance(a: Tensor, b: Tensor) -> float:
    """Return 2 E‖a − b‖ − E‖a − a′‖ − E‖b − b′‖ of two sets of points (N, D), in their unit.

    It is 0 on average where both are draws of one density, as pairs of one point with itself
    are left out: Székely and Rizzo (2013).
    """
    for name, x in (("a", a), ("b", b)):
        if len(check_finite(x, name)) < 2 or x.ndim != 2 or x.shape[1] != a.shape[1]:
            raise ValueError(
                f"{name}: got shape {tuple(x.shape)}, wanted 2 points or more, all of one width"
            )
    own = [torch.pdist(x.double()).mean() for x in (a, b)]
    return (2 * torch.cdist(a.double(), b.double()).mean() - sum(own)).item()


def coverage(x: Tensor, real: Tensor, k: int = 5) -> float:
    """Return the share of real images (N, …) with one of x (M, …) nearer than their k-th
    neighbour among the real ones.

    It falls where kinds are missing and where x are off the real ones: Naeem et al., *Reliable
    Fidelity and Diversity Metrics for Generative Models* (2020), eq. 8. Raises `ValueError`
    for too few images.
    """
    if k < 1:
        raise ValueError(f"k: got {k}, wanted the 1st neighbour or a later one")
    if len(check_finite(real, "real")) <= k:
        raise ValueError(f"real: got {len(real)} images, wanted more, for k = {k}")
    if len(check_finite(x, "x")) == 0:
        raise ValueError("x: got no images, wanted at least one")
    x, real = x.flatten(1).double(), real.flatten(1).double()
    radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values  # the first is itself
    return (torch.cdist(real, x).min(1).values < radius).float().mean().item()


@torch.no_grad()
def importance_weighted_bound(model, x: Tensor, k: int = 1000) -> Tensor:
    """Return the importance-weighted bound on log p(x) with K = `k` draws, (B,), in nats.

    `model.log_weights(x, k)` is log p(x, z) − log q(z|x) for k draws z ~ q(z|x), (k, B). K = 1
    is the ELBO. Burda et al. (2016), eq. 8.
    """
    if k < 1:
        raise ValueError(f"k: got {k}, wanted 1 or more draws")
    # 50 draws at a time, to save memory
    weights = [model.log_weights(x, min(50, k - i)) for i in range(0, k, 50)]
    return torch.cat(weights).logsumexp(0) - math.log(k)
