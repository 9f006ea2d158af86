"""Coupling layers: half of the coordinates stay, and choose what happens to the others.

A layer maps x (B, D) to z (B, D) and log|det ∂z/∂x| (B,), in nats; its `inverse` maps z back.

Dinh, Krueger and Bengio, NICE (2015). Dinh, Sohl-Dickstein and Bengio, Density estimation using
Real NVP (2017).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from ..nets import mlp


class Coupling(nn.Module):
    """x = (a, b) → (a, g(b)), where a network that sees only a chooses g, elementwise, rising.

    `kept` (D,) is True at the coordinates of a. With those first, the Jacobian is triangular:
    ones and g's slopes are its diagonal. A subclass says what g is, and by how many `numbers`
    for each element of b; at the start of a training all of them are zero.
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
        if kept.dtype != torch.bool or kept.ndim != 1 or kept.all() or not kept.any():
            raise ValueError(
                f"kept: got {kept}, wanted a row of True and False, at least one of each"
            )
        self.register_buffer("a", kept.nonzero()[:, 0])
        self.register_buffer("b", (~kept).nonzero()[:, 0])
        sizes = len(self.a), hidden, hidden, self.numbers * len(self.b)
        self.net = mlp(*sizes, dropout=dropout, activation=activation)
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def chosen(self, x: Tensor) -> Tensor:
        """Return what the network answers to a: (B, elements of b, numbers)."""
        return self.net(x[:, self.a]).view(len(x), len(self.b), self.numbers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        b, log_slope = self.g(x[:, self.b], self.chosen(x))
        return x.index_copy(1, self.b, b), log_slope.sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        b = self.g_inverse(z[:, self.b], self.chosen(z))  # z has the a that x had
        return z.index_copy(1, self.b, b)


class AffineCoupling(Coupling):
    """g(b) = b eˢ + t: Dinh et al. (2017), eq. 7 and 8."""

    numbers = 2

    def g(self, b: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        s, t = self.s_and_t(chosen)
        return b * s.exp() + t, s

    def g_inverse(self, b: Tensor, chosen: Tensor) -> Tensor:
        s, t = self.s_and_t(chosen)
        return (b - t) * (-s).exp()

    @staticmethod
    def s_and_t(chosen: Tensor) -> tuple[Tensor, Tensor]:
        s, t = chosen.unbind(2)
        return 2 * torch.tanh(s / 2), t  # |s| < 2: one step cannot blow a layer up


class MixtureCoupling(AffineCoupling):
    """g(b) = logit(F(b)) eˢ + t, with F the distribution function of four logistics, mixed.

    Where F is steep b is stretched, where it is flat b is squeezed: one hump becomes several.
    Ho et al., Flow++ (2019), section 3.2.
    """

    numbers = 3 * 4 + 2

    def g(self, b: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        y, log_slope = self.bend(b, chosen)
        z, s = super().g(y, chosen[..., 12:])
        return z, log_slope + s

    def g_inverse(self, b: Tensor, chosen: Tensor) -> Tensor:
        y = super().g_inverse(b, chosen[..., 12:])
        _, centre, log_rate = self.mixture(chosen)
        # Each logistic alone would take its own end to y; F lies between the outer two.
        ends = centre + y[..., None] * (-log_rate).exp()
        low, high = ends.amin(2), ends.amax(2)
        for _ in range(40):  # bisection: no formula inverts a mixture
            middle = (low + high) / 2
            below = self.bend(middle, chosen)[0] < y
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2

    def bend(self, b: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Return logit(F(b)) and the logarithm of its slope, F′ / (F (1 − F))."""
        log_weight, centre, log_rate = self.mixture(chosen)
        u = (b[..., None] - centre) * log_rate.exp()
        log_f = (log_weight + logsigmoid(u)).logsumexp(2)
        log_rest = (log_weight + logsigmoid(-u)).logsumexp(2)  # log(1 − F), exact near F = 1
        log_density = (log_weight + log_rate + logsigmoid(u) + logsigmoid(-u)).logsumexp(2)
        return log_f - log_rest, log_density - log_f - log_rest

    @staticmethod
    def mixture(chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        weight, centre, log_rate = chosen[..., :12].chunk(3, 2)
        apart = torch.linspace(-2, 2, 4).to(chosen)
        return weight.log_softmax(2), centre + apart, log_rate.clamp(-5, 5)
