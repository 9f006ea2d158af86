"""Mixtures of Gaussians: p(x) = Σ_k P(k) N(x; μ_k, Σ_k), fitted by expectation maximisation.

Dempster, Laird and Rubin, *Maximum Likelihood from Incomplete Data via the EM Algorithm*
(1977).
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..data import check_finite
from ..data.arguments import check_count


def log_normal(x: Tensor, means: Tensor, covs: Tensor) -> Tensor:
    """Return log N(x; μ_k, Σ_k), (N, K), of points x (N, D), means (K, D), covs (K, D, D).

    Raises `ValueError` for points of another dimension, and for a singular covariance.
    """
    if x.ndim != 2 or x.shape[1] != means.shape[1]:
        raise ValueError(f"x: got shape {tuple(x.shape)}, wanted (N, {means.shape[1]})")
    try:
        L = torch.linalg.cholesky(covs)
    except torch.linalg.LinAlgError as error:
        words = (
            "covs: one is singular, up to rounding. EM needs a larger ridge, or narrower data"
        )
        raise ValueError(words) from error
    u = torch.linalg.solve_triangular(L, (x - means[:, None]).mT, upper=False)  # (K, D, N)
    log_det = 2 * L.diagonal(dim1=1, dim2=2).log().sum(1)[:, None]
    return -0.5 * (u.square().sum(1) + log_det + x.shape[1] * math.log(2 * math.pi)).T


class GaussianMixture(NamedTuple):
    """K Gaussians in D dimensions: `weights` (K,), `means` (K, D), `covs` (K, D, D).

    `step` and `steps` say how far EM has come.
    """

    weights: Tensor
    means: Tensor
    covs: Tensor
    step: int = 0
    steps: int = 0

    def __repr__(self) -> str:
        K, D = self.means.shape
        return f"step {self.step} of {self.steps}: {K} Gaussians in {D} dimensions"

    def log_joint(self, x: Tensor) -> Tensor:
        """Return log P(k) + log p(x|k), (N, K), in nats, of points x (N, D)."""
        return self.weights.log() + log_normal(x, self.means, self.covs)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x), (N,), in nats: the sum over the components."""
        return self.log_joint(x).logsumexp(1)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n points (n, D): first the component, then the point."""
        check_count(n, "n")
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], generator=generator).to(self.means)
        root = torch.linalg.cholesky(self.covs)[k]  # (n, D, D)
        return self.means[k] + (root @ noise[..., None])[..., 0]

    def given(self, A: Tensor, y: Tensor, noise: float) -> "GaussianMixture":
        """Return P(x | y), where y (M,) is A x + noise ε, A (M, D), ε ~ N(0, I): a mixture.

        Of each component the precisions add up; its weight is P(k) P(y|k). Bishop, *Pattern
        Recognition and Machine Learning* (2006), eqs. 2.116 and 2.117.
        """
        M, D = len(A), self.means.shape[1]
        if A.shape != (M, D) or y.shape != (M,):
            shapes = f"{tuple(A.shape)} and {tuple(y.shape)}"
            raise ValueError(f"A, y: got shapes {shapes}, wanted ({M}, {D}) and ({M},)")
        if not noise > 0:
            raise ValueError(f"noise: got {noise}, wanted a number above 0")
        precisions = self.covs.inverse()
        covs = (precisions + A.T @ A / noise**2).inverse()
        pulls = (precisions @ self.means[..., None])[..., 0] + A.T @ y / noise**2
        means = (covs @ pulls[..., None])[..., 0]
        misfit = ((y - means @ A.T) / noise).square().sum(1)
        # Bayes, turned round: P(y|k) = P(x|k) P(y|x) / P(x|y,k) at any x, here at the means
        before, after = (
            log_normal(means, *of).diagonal() for of in ((self.means, self.covs), (means, covs))
        )
        log_y = before - 0.5 * misfit - after
        return GaussianMixture((self.weights.log() + log_y).softmax(0), means, covs)


def em(x: Tensor, K: int, steps: int, ridge: float = 1e-3) -> Iterator[GaussianMixture]:
    """Fit K Gaussians to x (N, D), and yield the mixture after each step.

    They begin as wide as the data, around points drawn from them. `ridge` is added to every
    variance, or a component could shrink onto one point. Raises `ValueError` for fewer
    points than K.
    """
    if check_finite(x, "x").ndim != 2 or len(x) < check_count(K, "K"):
        shape = tuple(x.shape)
        raise ValueError(f"x: got shape {shape}, wanted (N, D), and {K} rows or more")
    n, narrow = len(x), ridge * torch.eye(x.shape[1]).to(x)
    means = x[torch.randperm(n)[:K]]
    covs = (x.T.cov(correction=0) + narrow).expand(K, -1, -1)
    mixture = GaussianMixture(torch.full((K,), 1 / K).to(x), means, covs)
    for step in range(1, check_count(steps, "steps") + 1):
        share = mixture.log_joint(x).softmax(1)  # E: P(k|x) of every point, (N, K)
        total = share.sum(0)
        means = share.T @ x / total[:, None]  # M: mean and covariance, by these shares
        off = x - means[:, None]  # (K, N, D)
        covs = (share.T[..., None] * off).mT @ off / total[:, None, None] + narrow
        mixture = GaussianMixture(total / n, means, covs, step, steps)
        yield mixture
