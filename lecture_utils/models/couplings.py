"""Coupling layers: half of the coordinates stay, and choose what happens to the others.

A layer maps x (B, D) to z (B, D) and log|det ∂z/∂x| (B,), in nats; its `inverse` maps z back.

Dinh, Krueger and Bengio, NICE (2015). Dinh, Sohl-Dickstein and Bengio, Density estimation using
Real NVP (2017).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from ..nets import mlp

PARTS = 4  # logistics in a mixture
STEEP = 2.0  # the largest log rate of one: where F is flat, nothing is left of b in 32 bits


def check_points(points: Tensor, dim: int, name: str) -> Tensor:
    """Return `points` if they are (B, dim). Raises `ValueError` otherwise."""
    if points.ndim != 2 or points.shape[1] != dim:
        raise ValueError(f"{name}: got shape {tuple(points.shape)}, wanted (B, {dim})")
    return points


class Coupling(nn.Module):
    """x = (a, b) → (a, g(b)), where a network that sees only a chooses g, elementwise, rising.

    `kept` (D,) is True at the coordinates of a. With those first, the Jacobian is triangular:
    ones and g's slopes are its diagonal. A subclass says what g is, and by how many `numbers`
    for each element of b; at the start of a training all of them are zero. Raises `ValueError`
    for a mask without a True or a False, and for x or z of another width.
    """

    numbers: int

    def __init__(
        self,
        kept: Tensor,
        hidden: int = 64,
        dropout: float = 0.0,
        activation: type = nn.SiLU,
    ):
        super().__init__()
        kept = torch.as_tensor(kept)
        if kept.dtype != torch.bool or kept.ndim != 1 or kept.all() or not kept.any():
            raise ValueError(
                f"kept: got {kept}, wanted a row of True and False, at least one of each"
            )
        self.register_buffer("a", kept.nonzero()[:, 0])
        self.register_buffer("b", (~kept).nonzero()[:, 0])
        self.dim = len(kept)
        sizes = len(self.a), hidden, hidden, self.numbers * len(self.b)
        self.net = mlp(*sizes, dropout=dropout, activation=activation)
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def chosen(self, x: Tensor) -> Tensor:
        """Return what the network answers to a: (B, elements of b, numbers)."""
        check_points(x, self.dim, "x")
        return self.net(x[:, self.a]).view(len(x), len(self.b), self.numbers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return z (B, D) and log|det ∂z/∂x| (B,): the sum of the logs of g's slopes."""
        chosen = self.chosen(x)
        b, log_slope = self.g(x[:, self.b], chosen)
        return x.index_copy(1, self.b, b), log_slope.sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        """Return the x (B, D) that `forward` takes to z."""
        chosen = self.chosen(z)  # z has the a that x had
        return z.index_copy(1, self.b, self.g_inverse(z[:, self.b], chosen))


class AffineCoupling(Coupling):
    """g(b) = b eˢ + t: Dinh et al. (2017), eq. 7 and 8."""

    numbers = 2

    def g(self, b: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Return g(b) and the log of its slope, the shape of b, by the chosen numbers."""
        s, t = self.s_and_t(chosen)
        return b * s.exp() + t, s

    def g_inverse(self, b: Tensor, chosen: Tensor) -> Tensor:
        """Return what g takes to b."""
        s, t = self.s_and_t(chosen)
        return (b - t) * (-s).exp()

    @staticmethod
    def s_and_t(chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log scale s, in −1..1 so that no layer can blow up, and the shift t."""
        s, t = chosen[..., -2:].unbind(2)
        return torch.tanh(s), t


class MixtureCoupling(AffineCoupling):
    """g(b) = logit(F(b)) eˢ + t, with F the distribution function of four logistics, mixed.

    Where F is steep b is stretched, where it is flat b is squeezed: one hump becomes several.
    No gradient passes the inverse. Ho et al., Flow++ (2019), section 3.2.
    """

    numbers = 3 * PARTS + 2

    def g(self, b: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Return g(b) and the log of its slope, the shape of b, by the chosen numbers."""
        y, log_slope = self.bend(b, *self.mixture(chosen))
        z, s = super().g(y, chosen)
        return z, log_slope + s

    @torch.no_grad()
    def g_inverse(self, b: Tensor, chosen: Tensor) -> Tensor:
        """Return what g takes to b, by bisection: no formula inverts a mixture."""
        y, mixture = super().g_inverse(b, chosen), self.mixture(chosen)
        _, centre, log_rate = mixture
        # Each logistic alone would take its own end to y; F lies between the outer two.
        ends = centre + y[..., None] * (-log_rate).exp()
        low, high = ends.amin(2), ends.amax(2)
        for _ in range(40):
            middle = (low + high) / 2
            below = self.bend(middle, *mixture)[0] < y
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2

    @staticmethod
    def bend(b: Tensor, log_weight: Tensor, centre: Tensor, log_rate: Tensor) -> tuple:
        """Return logit(F(b)) and the log of its slope F′ / (F (1 − F)), the shape of b."""
        u = (b[..., None] - centre) * log_rate.exp()
        log_f = (log_weight + logsigmoid(u)).logsumexp(2)
        log_rest = (log_weight + logsigmoid(-u)).logsumexp(2)  # log(1 − F), exact near F = 1
        log_density = (log_weight + log_rate + logsigmoid(u) + logsigmoid(-u)).logsumexp(2)
        return log_f - log_rest, log_density - log_f - log_rest

    @staticmethod
    def mixture(chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the log weights, centres and log rates of the logistics, bounded softly."""
        weight, centre, log_rate = chosen[..., : 3 * PARTS].chunk(3, 2)
        apart = torch.linspace(-2, 2, PARTS).to(chosen)
        log_weight = (3 * torch.tanh(weight / 3)).log_softmax(2)
        log_rate = STEEP * torch.tanh(log_rate / STEEP)
        return log_weight, 3 * torch.tanh(centre / 3) + apart, log_rate
