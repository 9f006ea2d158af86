"""The pictures of the GAN lecture."""

from .densities import discriminator_training, game, optimum, vanishing
from .players import players, transport
from .saddle import critics, distances, orbits, real_spiral
from .samples import (
    cloud,
    clouds,
    fakes_and_losses,
    hops,
    latent_walk,
    modes_found,
    pairs,
    real_and_fake,
)

__all__ = [
    "cloud",
    "clouds",
    "critics",
    "discriminator_training",
    "distances",
    "fakes_and_losses",
    "game",
    "hops",
    "latent_walk",
    "modes_found",
    "optimum",
    "orbits",
    "pairs",
    "players",
    "real_and_fake",
    "real_spiral",
    "transport",
    "vanishing",
]
