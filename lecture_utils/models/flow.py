"""Normalizing flows: a density from invertible layers, in the plane and of images.

Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP (2017).
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from ..data import LEVELS, check_images
from ..nets import mlp, noise
from .couplings import Coupling, MixtureCoupling, check_points


class Logit(nn.Module):
    """x in [0, levels] → logit(α + (1 − 2α) x / levels), elementwise: a box becomes a space.

    α > 0 keeps the ends finite; a larger one puts more of the density outside the box. After
    Dinh et al. (2017), section 4.1. Raises `ValueError` for x outside.
    """

    def __init__(self, levels: int = LEVELS, alpha: float = 1e-5):
        super().__init__()
        self.levels, self.alpha = levels, alpha

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return z (B, D) and log|det ∂z/∂x| (B,), in nats."""
        if not ((x >= 0) & (x <= self.levels)).all():
            raise ValueError(f"x: got values outside 0 to {self.levels}, or NaN; wanted inside")
        slope = (1 - 2 * self.alpha) / self.levels
        p = self.alpha + slope * x
        return torch.logit(p), (math.log(slope) - p.log() - (-p).log1p()).sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        """Return the x (B, D) that `forward` takes to z."""
        return (torch.sigmoid(z) - self.alpha) * self.levels / (1 - 2 * self.alpha)


class Flow(nn.Module):
    """A density of x (B, dim): z ~ N(0, I), taken back through the inverses of the layers.

    Raises `ValueError` for points of another width, and where a way back is asked for in train
    mode with dropout: it would be another net's.
    """

    def __init__(self, layers: list, dim: int = 2):
        super().__init__()
        self.layers, self.dim = nn.ModuleList(layers), dim

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return z (B, dim) and log|det ∂z/∂x| (B,), in nats: the sum of the layers'."""
        z, log_det = check_points(x, self.dim, "x"), x.new_zeros(len(x))
        for layer in self.layers:
            z, of_layer = layer(z)
            log_det = log_det + of_layer
        return z, log_det

    def states(self, z: Tensor) -> Iterator[Tensor]:
        """Yield z (B, dim), then what each layer's inverse makes of it; the last is x."""
        if any(m.training and m.p > 0 for m in self.modules() if isinstance(m, nn.Dropout)):
            raise ValueError("the flow is in train mode, with dropout: call its eval() first")
        yield check_points(z, self.dim, "z")
        for layer in reversed(self.layers):
            z = layer.inverse(z)
            yield z

    def inverse(self, z: Tensor) -> Tensor:
        """Return the x (B, dim) that `forward` takes to z."""
        *_, x = self.states(z)
        return x

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) = log N(z; 0, I) + log|det ∂z/∂x|, (B,), in nats."""
        z, log_det = self(x)
        return -0.5 * (z.square() + math.log(2 * math.pi)).sum(1) + log_det

    def loss(self, x: Tensor) -> Tensor:
        """Return −log p(x), averaged over the batch."""
        return -self.log_prob(x).mean()

    @torch.no_grad()
    def sample(
        self, n: int, generator: torch.Generator | None = None, temperature: float = 1.0
    ) -> Tensor:
        """Draw n points (n, dim); a `temperature` below 1 shrinks z towards 0."""
        return self.inverse(temperature * noise(self, n, self.dim, generator=generator))


class ImageFlow(nn.Module):
    """A flow of images (B, 1, side, side), of levels 0..levels-1, made continuous by noise.

    P(x) is what the density p holds in the box [x, x + 1): the integral of p(x + u) over the
    noise u. With u ~ q(u|x), E[log p(x + u) − log q(u|x)] is a bound on log P(x) from below. q
    is uniform, or learned: a logistic, squeezed into (0, 1). Theis et al. (2016); Ho et al.,
    Flow++ (2019), section 3.1. Raises `ValueError` for images of another shape or range.
    """

    def __init__(
        self,
        side: int = 8,
        couplings: int = 4,
        hidden: int = 128,
        dropout: float = 0.3,
        kind: type[Coupling] = MixtureCoupling,
        learned_noise: bool = True,
        levels: int = LEVELS,
    ):
        super().__init__()
        if levels < 2:
            raise ValueError(f"levels: got {levels}, wanted 2 or more")
        self.shape, self.levels, dim = (1, side, side), levels, side * side
        layers = [kind(kept, hidden, dropout) for kept in image_masks(side, couplings)]
        self.flow = Flow([Logit(levels), *layers], dim)
        self.noise_net = mlp(dim, hidden // 2, 2 * dim) if learned_noise else None
        if learned_noise:
            nn.init.zeros_(self.noise_net[-1].weight)  # at the start, q is uniform
            nn.init.zeros_(self.noise_net[-1].bias)

    def dequantise(self, x: Tensor, generator: torch.Generator | None = None) -> tuple:
        """Return noise u ~ q(u|x) in (0, 1), (B, D), for rows of pixels x, and log q(u|x)."""
        u = noise(self, *x.shape, generator=generator, uniform=True)
        if self.noise_net is None:
            return u, u.new_zeros(len(u))
        mu, log_scale = self.noise_net(x / (self.levels - 1) * 2 - 1).chunk(2, 1)
        log_scale = log_scale.clamp(-3, 3)
        e = torch.logit(u.clamp(1e-6, 1 - 1e-6))  # a standard logistic
        w = mu + log_scale.exp() * e
        log_q = log_logistic(e) - log_scale - log_logistic(w)  # u = σ(w) has slope σ(w) σ(−w)
        return torch.sigmoid(w), log_q.sum(1)

    def log_weights(
        self, x: Tensor, k: int, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return log p(x + u) − log q(u|x) for k draws of u per image, (k, B), in nats."""
        rows = self._rows(x).repeat(k, 1)
        u, log_q = self.dequantise(rows, generator)
        return (self.flow.log_prob(rows + u) - log_q).view(k, len(x))

    def bound(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return one draw of the bound on log P(x), (B,), in nats."""
        return self.log_weights(x, 1, generator)[0]

    def loss(self, x: Tensor) -> Tensor:
        """Return −bound, averaged over the batch."""
        return -self.bound(x).mean()

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Return the z (B, D) of the middle of each image's box, x + ½."""
        return self.flow(self._rows(x) + 0.5)[0]

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """Return the images (B, 1, side, side) in whose boxes, or nearest to them, z (B, D)
        ends."""
        x = self.flow.inverse(z).floor().clamp(0, self.levels - 1)
        return x.view(-1, *self.shape)

    def sample(
        self, n: int, generator: torch.Generator | None = None, temperature: float = 1.0
    ) -> Tensor:
        """Draw n images (n, 1, side, side); a `temperature` below 1 shrinks z towards 0."""
        return self.decode(temperature * noise(self, n, self.flow.dim, generator=generator))

    def _rows(self, x: Tensor) -> Tensor:
        """Return images as rows of pixels (B, D), in the model's precision."""
        rows = check_images(x, self.shape, self.levels).flatten(1)
        return rows.to(next(self.parameters()))


def image_masks(side: int, n: int) -> list:
    """Return n masks (side²,): a checkerboard and its negative, two halves, and so on.

    Raises `ValueError` for a side below 2, or n below 1.
    """
    if side < 2 or n < 1:
        raise ValueError(f"side, n: got {side}, {n}, wanted a side of 2 or more, and n above 0")
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    kept = [(row + column) % 2 == 0, column < side // 2, row < side // 2]
    pairs = [(mask.flatten(), ~mask.flatten()) for mask in kept]
    return [pairs[i // 2 % len(pairs)][i % 2] for i in range(n)]


def log_logistic(w: Tensor) -> Tensor:
    """Return the log density of the standard logistic distribution."""
    return logsigmoid(w) + logsigmoid(-w)
