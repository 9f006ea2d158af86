"""Autoencoder and variational autoencoder.

Kingma and Welling, Auto-Encoding Variational Bayes (2014).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from ..data import LEVELS, check_images
from ..nets import mlp, noise


def _check_codes(z: Tensor, latent: int) -> Tensor:
    if z.ndim != 2 or z.shape[1] != latent:
        raise ValueError(f"z: got shape {tuple(z.shape)}, wanted (B, {latent})")
    return z


class Autoencoder(nn.Module):
    """x → z = f(x) → x̂ = g(z): codes of `latent` numbers for images (B, 1, side, side).

    Their levels are 0..levels-1.
    """

    def __init__(
        self,
        latent: int = 2,
        side: int = 8,
        hidden: tuple = (128, 64),
        linear: bool = False,
        levels: int = LEVELS,
    ):
        super().__init__()
        self.shape, self.latent, self.levels = (1, side, side), latent, levels
        hidden = () if linear else hidden
        self.f = mlp(side * side, *hidden, latent)
        self.g = mlp(latent, *reversed(hidden), side * side)

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes z (B, latent) of x (B, 1, H, W)."""
        x = check_images(x, self.shape, self.levels)
        return self.f(x.flatten(1) / (self.levels - 1))

    def decode(self, z: Tensor) -> Tensor:
        """Return the images x̂ (B, 1, H, W), in levels, that codes z (B, latent) stand for."""
        x_hat = self.g(_check_codes(z, self.latent)).view(-1, *self.shape)
        return x_hat * (self.levels - 1)

    def loss(self, x: Tensor) -> Tensor:
        """Return the squared error ‖x − x̂‖² per image, in levels², averaged over the batch."""
        return (x - self.decode(self.encode(x))).square().flatten(1).sum(1).mean()


def kl_to_standard_normal(mu: Tensor, log_sigma: Tensor) -> Tensor:
    """Return KL(N(μ, σ²) ‖ N(0, 1)) of every dimension, the shape of μ, in nats.

    Kingma and Welling (2014), appendix B.
    """
    return 0.5 * (mu.square() + (2 * log_sigma).exp() - 1 - 2 * log_sigma)


class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = ∏ᵢ discretised logistic, q(z|x) = N(μ(x), diag σ²(x)).

    Images are (B, 1, side, side), of levels 0..levels-1.
    """

    def __init__(
        self,
        latent: int = 16,
        side: int = 8,
        hidden: int = 256,
        dropout: float = 0.1,
        levels: int = LEVELS,
    ):
        super().__init__()
        self.shape, self.latent, self.levels = (1, side, side), latent, levels
        d = side * side
        # No dropout in the encoder: it would blur q(z|x), and costs the bound a nat.
        self.encoder = mlp(d, hidden, 2 * latent)
        self.decoder = mlp(latent, hidden, hidden, d, dropout=dropout)
        spread = (levels - 1) / 8  # of each pixel, in levels; it is learned
        self.log_scale = nn.Parameter(torch.full((d,), math.log(spread)))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ of q(z|x), each (B, latent)."""
        x = check_images(x, self.shape, self.levels)
        h = x.flatten(1) / (self.levels - 1) * 2 - 1
        return self.encoder(h).chunk(2, dim=1)

    def decode(self, z: Tensor) -> Tensor:
        """Return the location of every pixel's p(xᵢ|z), (B, 1, H, W), in levels."""
        location = (self.decoder(_check_codes(z, self.latent)) + 1) / 2 * (self.levels - 1)
        return location.view(-1, *self.shape)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z), (B,), in nats: a logistic density, in the bins [level ∓ ½].

        With a and b the ends of a bin, σ(b) − σ(a) = σ(b) σ(−a) (1 − exp(a − b)), whose
        logarithm is exact in the tails, too. The last bins reach to ±∞: the levels sum to one.
        """
        x = check_images(x, self.shape, self.levels).flatten(1)
        location, rate = self.decode(z).flatten(1), (-self.log_scale).exp()
        first, last = x < 0.5, x > self.levels - 1.5
        below_b = logsigmoid((x + 0.5 - location) * rate).masked_fill(last, 0.0)
        above_a = logsigmoid((location - x + 0.5) * rate).masked_fill(first, 0.0)
        width = torch.log(-torch.expm1(-rate)).expand_as(x).masked_fill(first | last, 0.0)
        return (below_b + above_a + width).sum(1)

    def elbo(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return one draw of the evidence lower bound, (B,), in nats."""
        reconstruction, kl = self.terms(x, generator)
        return reconstruction - kl

    def terms(self, x: Tensor, generator: torch.Generator | None = None) -> tuple:
        """Return log p(x|z) for one z ~ q(z|x), and KL(q(z|x) ‖ p(z)), each (B,), in nats."""
        mu, log_sigma = self.encode(x)
        z = mu + log_sigma.exp() * noise(self, *mu.shape, generator=generator)
        return self.log_likelihood(x, z), kl_to_standard_normal(mu, log_sigma).sum(1)

    def kl(self, x: Tensor) -> Tensor:
        """Return KL(q(zⱼ|x) ‖ p(zⱼ)), (B, latent), in nats; near zero where j is unused."""
        return kl_to_standard_normal(*self.encode(x))

    def log_weights(
        self, x: Tensor, k: int, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return log p(x, z) − log q(z|x) for k draws z ~ q(z|x) per image, (k, B), in nats."""
        mu, log_sigma = self.encode(x)
        eps = noise(self, k, *mu.shape, generator=generator)
        z = mu + log_sigma.exp() * eps  # (k, B, latent)
        # log p(z) − log q(z|x): the 2π cancel
        prior_over_q = (0.5 * (eps.square() - z.square()) + log_sigma).sum(2)
        likelihood = self.log_likelihood(x.repeat(k, 1, 1, 1), z.flatten(0, 1))
        return likelihood.view(k, len(x)) + prior_over_q

    def loss(self, x: Tensor, beta: float = 1.0) -> Tensor:
        """Return −reconstruction + β KL, averaged over the batch; β = 1 is −ELBO.

        Higgins et al., β-VAE (2017).
        """
        reconstruction, kl = self.terms(x)
        return (beta * kl - reconstruction).mean()

    @torch.no_grad()
    def draw(self, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Draw one image from p(x|z) for each code z (B, latent): (B, 1, H, W), in levels."""
        location = self.decode(z).flatten(1)
        u = noise(self, *location.shape, generator=generator, uniform=True)
        u = u.clamp(1e-6, 1 - 1e-6)
        x = location + self.log_scale.exp() * torch.logit(u)  # by the inverse CDF
        return x.round().clamp(0, self.levels - 1).view(-1, *self.shape)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n images (n, 1, H, W): z from the prior, then every pixel from p(x|z)."""
        return self.draw(noise(self, n, self.latent, generator=generator), generator)
