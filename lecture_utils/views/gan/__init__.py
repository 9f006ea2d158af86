"""The pictures of the GAN lecture."""

from .densities import discriminator_training, game, optimum, vanishing
from .saddle import distances, orbits, real_spiral
from .samples import (
    cloud,
    fakes_and_losses,
    latent_walk,
    modes_found,
    pairs,
    real_and_fake,
)

__all__ = [
    "cloud",
    "discriminator_training",
    "distances",
    "fakes_and_losses",
    "game",
    "latent_walk",
    "modes_found",
    "optimum",
    "orbits",
    "pairs",
    "real_and_fake",
    "real_spiral",
    "vanishing",
]
