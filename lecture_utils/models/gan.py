"""Generative adversarial networks: Goodfellow et al. (2014).

DCGAN: Radford et al. (2016). WGAN-GP: Gulrajani et al. (2017).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ..data import LEVELS
from ..nets import noise

LOSSES = ("non-saturating", "saturating", "wasserstein")


class GAN(nn.Module):
    """x = G(z), z ~ N(0, I), against D, whose logit says "x is data".

    D(x) is (B,) or (B, 1); with the loss "wasserstein" it is a critic's value, not a logit.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        latent: int,
        loss: str = "non-saturating",
        penalty: float = 10.0,
    ):
        super().__init__()
        if loss not in LOSSES:
            raise ValueError(f"loss: got {loss!r}, wanted one of {', '.join(LOSSES)}")
        if not penalty >= 0:  # NaN, too
            raise ValueError(f"penalty: got {penalty}, wanted λ, 0 or more")
        self.G, self.D, self.latent = generator, discriminator, latent
        self.kind, self.penalty = loss, penalty

    def fake(self, n: int) -> Tensor:
        """Return n draws G(z), (n, …), with their gradient."""
        return self.G(noise(self, n, self.latent))

    def players(self) -> dict:
        """Return name → (the parameters that the player moves, the loss of rows x)."""
        return {
            "D": (list(self.D.parameters()), self.d_loss),
            "G": (list(self.G.parameters()), self.g_loss),
        }

    def d_loss(self, x: Tensor) -> Tensor:
        """Return D's loss of x (B, …): −V(D, G) in nats, or the critic's.

        Goodfellow et al., eq. 1; it is 2 log 2 where D cannot tell.
        """
        fake = self.fake(len(x)).detach()
        if self.kind == "wasserstein":
            gap = self.D(fake).mean() - self.D(x).mean()
            return gap + self.penalty * self.gradient_penalty(x, fake)
        # −log σ(D(x)) − log(1 − σ(D(G(z))))
        return softplus(-self.D(x)).mean() + softplus(self.D(fake)).mean()

    def g_loss(self, x: Tensor) -> Tensor:
        """Return G's loss on as many draws as x has rows.

        E log(1 − σ(D)), the minimax; −E log σ(D), non-saturating; or −E D, the critic's.
        """
        logit = self.D(self.fake(len(x)))
        if self.kind == "saturating":
            return -softplus(logit).mean()
        return softplus(-logit).mean() if self.kind == "non-saturating" else -logit.mean()

    def gradient_penalty(self, x: Tensor, fake: Tensor) -> Tensor:
        """Return E (‖∇D(x̂)‖ − 1)², x̂ at random on the line from x to fake.

        Gulrajani et al. (2017), eq. 3.
        """
        u = noise(self, len(x), *[1] * (x.ndim - 1), uniform=True)
        between = (u * x + (1 - u) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(self.D(between).sum(), between, create_graph=True)
        norm = (slope.flatten(1).square().sum(1) + 1e-12).sqrt()  # √ has no slope at 0
        return (norm - 1).square().mean()

    @torch.no_grad()
    def generate(self, z: Tensor) -> Tensor:
        """Return G(z), (n, …), of codes z (n, latent)."""
        return self.G(z)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n samples (n, …)."""
        return self.generate(noise(self, n, self.latent, generator=generator))


class Affine(nn.Module):
    """x → a x + b, fixed: between the levels 0..16 and the numbers −1..1."""

    def __init__(self, a: float, b: float):
        super().__init__()
        self.a, self.b = a, b

    def forward(self, x: Tensor) -> Tensor:
        return self.a * x + self.b


def dc_generator(latent: int = 16, width: int = 16, batch_norm: bool = True) -> nn.Sequential:
    """Return z (B, latent) → images (B, 1, 8, 8) in levels 0..16, by transposed convolutions.

    Radford et al. (2016), section 3.
    """

    def norm(channels):
        return nn.BatchNorm2d(channels) if batch_norm else nn.Identity()

    half = (LEVELS - 1) / 2
    return nn.Sequential(
        nn.Linear(latent, 8 * width),
        nn.Unflatten(1, (2 * width, 2, 2)),
        norm(2 * width),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1),  # (B, width, 4, 4)
        norm(width),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1),  # (B, 1, 8, 8)
        nn.Tanh(),
        Affine(half, half),
    )


def dc_discriminator(
    width: int = 16, batch_norm: bool = True, leaky: bool = True
) -> nn.Sequential:
    """Return images (B, 1, 8, 8) in levels → logits (B, 1), by strided convolutions.

    No batch normalisation on the first layer: Radford et al. (2016), section 3.
    """

    def activation():
        return nn.LeakyReLU(0.2) if leaky else nn.ReLU()

    return nn.Sequential(
        Affine(2 / (LEVELS - 1), -1),
        nn.Conv2d(1, width, 4, 2, 1),  # (B, width, 4, 4)
        activation(),
        nn.Conv2d(width, 2 * width, 4, 2, 1),  # (B, 2 width, 2, 2)
        nn.BatchNorm2d(2 * width) if batch_norm else nn.Identity(),
        activation(),
        nn.Flatten(),
        nn.Linear(8 * width, 1),
    )
