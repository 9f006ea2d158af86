"""Autoencoder and variational autoencoder. Kingma and Welling, Auto-Encoding Variational Bayes (2014)."""

import math

import torch
from torch import Tensor, nn

from ..data import LEVELS, check_images
from ..nets import mlp


def _check_codes(z: Tensor, latent: int) -> Tensor:
    if z.ndim != 2 or z.shape[1] != latent:
        raise ValueError(f"z: got shape {tuple(z.shape)}, wanted (B, {latent})")
    return z


class Autoencoder(nn.Module):
    """x → z = f(x) → x̂ = g(z): codes of `latent` numbers for images (B, 1, side, side) of levels 0..16."""

    def __init__(
        self, latent: int = 2, side: int = 8, hidden: tuple = (128, 64), linear: bool = False
    ):
        super().__init__()
        self.shape, self.latent = (1, side, side), latent
        hidden = () if linear else hidden
        self.f = mlp(side * side, *hidden, latent)
        self.g = mlp(latent, *reversed(hidden), side * side)

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes z (B, latent) of x (B, 1, H, W)."""
        return self.f(check_images(x, self.shape).flatten(1) / (LEVELS - 1))

    def decode(self, z: Tensor) -> Tensor:
        """Return the images x̂ (B, 1, H, W), in levels, that the codes z (B, latent) stand for."""
        return self.g(_check_codes(z, self.latent)).view(-1, *self.shape) * (LEVELS - 1)

    def loss(self, x: Tensor) -> Tensor:
        """Return the squared error ‖x − x̂‖² per image, in levels², averaged over the batch."""
        return (x - self.decode(self.encode(x))).square().flatten(1).sum(1).mean()


def kl_to_standard_normal(mu: Tensor, log_sigma: Tensor) -> Tensor:
    """Return KL(N(μ, σ²) ‖ N(0, 1)) of every dimension, the shape of μ, in nats: Kingma and Welling (2014), appendix B."""
    return 0.5 * (mu.square() + (2 * log_sigma).exp() - 1 - 2 * log_sigma)


class VAE(nn.Module):
    """p(z) = N(0, I), p(x|z) = ∏ᵢ discretised logistic, q(z|x) = N(μ(x), diag σ²(x)); images (B, 1, side, side), levels 0..16."""

    def __init__(
        self, latent: int = 16, side: int = 8, hidden: int = 256, dropout: float = 0.1
    ):
        super().__init__()
        self.shape, self.latent = (1, side, side), latent
        d = side * side
        self.encoder = mlp(
            d, hidden, 2 * latent
        )  # no dropout here: it would blur q(z|x), and costs the bound a nat
        self.decoder = mlp(latent, hidden, hidden, d, dropout=dropout)
        self.log_scale = nn.Parameter(
            torch.full((d,), math.log(2.0))
        )  # spread of each pixel, in levels

    def encode(self, x: Tensor) -> tuple:
        """Return μ and log σ of q(z|x), each (B, latent)."""
        h = check_images(x, self.shape).flatten(1) / (LEVELS - 1) * 2 - 1
        return self.encoder(h).chunk(2, dim=1)

    def decode(self, z: Tensor) -> Tensor:
        """Return the location of every pixel's distribution p(xᵢ|z), (B, 1, H, W), in levels."""
        return ((self.decoder(_check_codes(z, self.latent)) + 1) / 2 * (LEVELS - 1)).view(
            -1, *self.shape
        )

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z), (B,), in nats: a logistic density, gathered into the bins [level − ½, level + ½]."""
        x, location, rate = (
            check_images(x, self.shape).flatten(1),
            self.decode(z).flatten(1),
            (-self.log_scale).exp(),
        )
        upper = torch.sigmoid((x + 0.5 - location) * rate).masked_fill(
            x > LEVELS - 1.5, 1.0
        )  # the last bins reach to ±∞,
        lower = torch.sigmoid((x - 0.5 - location) * rate).masked_fill(
            x < 0.5, 0.0
        )  # so that the levels sum to one
        return (upper - lower).clamp_min(1e-12).log().sum(1)

    def elbo(self, x: Tensor) -> Tensor:
        """Return one draw of the evidence lower bound, (B,), in nats."""
        reconstruction, kl = self.terms(x)
        return reconstruction - kl

    def terms(self, x: Tensor) -> tuple:
        """Return one draw of log p(x|z), z ~ q(z|x), and KL(q(z|x) ‖ p(z)), each (B,), in nats."""
        mu, log_sigma = self.encode(x)
        z = mu + log_sigma.exp() * torch.randn_like(mu)
        return self.log_likelihood(x, z), kl_to_standard_normal(mu, log_sigma).sum(1)

    def kl(self, x: Tensor) -> Tensor:
        """Return KL(q(zⱼ|x) ‖ p(zⱼ)) of every latent dimension, (B, latent), in nats; near zero where j is unused."""
        return kl_to_standard_normal(*self.encode(x))

    def log_weights(self, x: Tensor, k: int) -> Tensor:
        """Return log p(x, z) − log q(z|x) for k draws z ~ q(z|x) per image, (k, B), in nats."""
        mu, log_sigma = self.encode(x)
        eps = torch.randn(k, *mu.shape)
        z = mu + log_sigma.exp() * eps  # (k, B, latent)
        prior_over_q = (0.5 * (eps.square() - z.square()) + log_sigma).sum(
            2
        )  # log p(z) − log q(z|x): the 2π cancel
        likelihood = self.log_likelihood(x.repeat(k, 1, 1, 1), z.flatten(0, 1)).view(k, len(x))
        return likelihood + prior_over_q

    def loss(self, x: Tensor, beta: float = 1.0) -> Tensor:
        """Return −reconstruction + β KL, averaged over the batch; β = 1 is −ELBO. Higgins et al., β-VAE (2017)."""
        reconstruction, kl = self.terms(x)
        return (beta * kl - reconstruction).mean()

    @torch.no_grad()
    def draw(self, z: Tensor, generator: torch.Generator = None) -> Tensor:
        """Draw one image from p(x|z) for each code z (B, latent): (B, 1, H, W), levels 0..16."""
        location = self.decode(z).flatten(1)
        u = torch.rand(location.shape, generator=generator).clamp(1e-6, 1 - 1e-6)
        x = location + self.log_scale.exp() * torch.logit(
            u
        )  # a logistic variable by its inverse CDF
        return x.round().clamp(0, LEVELS - 1).view(-1, *self.shape)

    def sample(self, n: int, generator: torch.Generator = None) -> Tensor:
        """Draw n images (n, 1, H, W): z from the prior, then every pixel from p(x|z)."""
        return self.draw(torch.randn(n, self.latent, generator=generator), generator)
