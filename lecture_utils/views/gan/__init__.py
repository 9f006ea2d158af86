"""The pictures of the GAN lecture."""

from .densities import discriminator_training, game, optimum, vanishing
from .saddle import distances, orbits, real_spiral
from .samples import cloud, fakes_and_losses, latent_walk, pairs, real_and_fake, ring

__all__ = [
    "cloud",
    "discriminator_training",
    "distances",
    "fakes_and_losses",
    "game",
    "latent_walk",
    "optimum",
    "orbits",
    "pairs",
    "real_and_fake",
    "real_spiral",
    "ring",
    "vanishing",
]
