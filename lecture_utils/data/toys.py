"""Data in the plane whose density is known: each has `sample`, `log_prob` and `entropy`.

All but a few points in ten thousand lie within −3..3. What the reader draws is one of them.
"""

import math

import numpy as np
import torch
from torch import Tensor

from .arguments import check_count, check_finite


def _in_plane(x: Tensor) -> Tensor:
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"x: got shape {tuple(x.shape)}, wanted points (N, 2)")
    return x


class Mixture:
    """Gaussians of one width around `centres` (K, 2); `weights` (K,) sum to one.

    Raises `ValueError` for a width that is not above 0, and for a weight below 0.
    """

    def __init__(self, centres: Tensor, width: float, weights: Tensor | None = None):
        if not 0 < width < math.inf:
            raise ValueError(f"width: got {width!r}, wanted a number above 0")
        if weights is not None and not (weights >= 0).all():
            raise ValueError(f"weights: got {weights.tolist()}, wanted none below 0")
        self.centres, self.width = centres, width
        self.weights = (
            torch.full((len(centres),), 1 / len(centres)) if weights is None else weights
        )

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n points (n, 2)."""
        check_count(n, "n")
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        return self.centres[k] + self.width * torch.randn(n, 2, generator=generator)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x), (N,), in nats, of points x (N, 2)."""
        centres, weights = self.centres.to(_in_plane(x)), self.weights.to(x)
        squared = (x[:, None] - centres).square().sum(2)  # (N, K)
        each = -0.5 * squared / self.width**2 - math.log(2 * math.pi * self.width**2)
        return (each + weights.log()).logsumexp(1)

    def entropy(self) -> float:
        """Return −E log p(x), in nats: Gauss–Hermite quadrature around every centre."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(24)
        u = torch.cartesian_prod(*2 * [torch.from_numpy(nodes)])  # (576, 2), of N(0, I)
        w = torch.cartesian_prod(*2 * [torch.from_numpy(weights)]).prod(1) / (2 * math.pi)
        means = [w @ self.log_prob(c + self.width * u) for c in self.centres.double()]
        return -(self.weights.double() @ torch.stack(means)).item()


class Checkerboard:
    """The dark half of 4×4 squares of side 1, evenly filled."""

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n points (n, 2)."""
        check_count(n, "n")
        u = torch.rand(n, 2, generator=generator).clamp(max=1 - 1e-6)  # 1 + u stays below 2
        row = torch.randint(4, (n,), generator=generator)
        column = 2 * torch.randint(2, (n,), generator=generator) + row % 2
        return torch.stack([column, row], 1) - 2 + u

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x), (N,), in nats, of points x (N, 2): −∞ on the light squares."""
        inside = ((_in_plane(x) >= -2) & (x < 2)).all(1)
        dark = x.floor().sum(1) % 2 == 0
        return torch.where(inside & dark, -math.log(8), -math.inf).to(x)

    def entropy(self) -> float:
        """Return −E log p(x), in nats: the logarithm of the area."""
        return math.log(8)


def ring(modes: int = 8, radius: float = 2.0, width: float = 0.05) -> Mixture:
    """Return equal Gaussians on a circle, the first one to the right."""
    angle = 2 * math.pi * torch.arange(check_count(modes, "modes")) / modes
    return Mixture(radius * torch.stack([angle.cos(), angle.sin()], 1), width)


def checkerboard() -> Checkerboard:
    """Return eight squares of side 1, evenly filled; between them there is nothing."""
    return Checkerboard()


def two_gaussians(weight: float = 0.8, apart: float = 2.6, width: float = 0.4) -> Mixture:
    """Return two Gaussians side by side; the left one has this `weight`."""
    centres = torch.tensor([[-apart / 2, 0.0], [apart / 2, 0.0]])
    return Mixture(centres, width, torch.tensor([weight, 1 - weight]))


def moons(width: float = 0.1) -> Mixture:
    """Return two half circles that reach into each other, blurred."""
    angle = torch.linspace(0, math.pi, 100)
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1)
    return Mixture(1.4 * torch.cat([upper, -upper]), width)


def spiral(turns: float = 1.5, width: float = 0.1) -> Mixture:
    """Return a spiral from the middle outwards, almost equally dense along its way, blurred."""
    part = torch.linspace(0, 1, 200).sqrt()  # of the angle: its length grows like the square
    angle = 2 * math.pi * turns * part
    return Mixture(2.5 * part[:, None] * torch.stack([angle.cos(), angle.sin()], 1), width)


def drawn(points: Tensor, width: float = 0.1) -> Mixture:
    """Return what the reader drew as a density: a Gaussian around each of the points (N, 2).

    Raises `ValueError` for fewer than ten points.
    """
    if check_finite(points, "points").ndim != 2 or points.shape[1] != 2 or len(points) < 10:
        shape = tuple(points.shape)
        raise ValueError(f"points: got the shape {shape}, wanted (N, 2), ten points or more")
    return Mixture(points, width)
