"""The pictures of the ELBO lecture."""

from ..shared import images
from .autoencoders import (
    autoencoder,
    decoded,
    decoded_plane,
    linear_beside_pca,
    prior_against_codes,
)
from .bounds import elbo_gap, frozen_bound, tighter
from .latent import blur, integral_spread, latent_curve
from .vae import posterior_of_drawing, training, two_terms_pull

__all__ = [
    "autoencoder",
    "blur",
    "decoded",
    "decoded_plane",
    "elbo_gap",
    "frozen_bound",
    "images",
    "integral_spread",
    "latent_curve",
    "linear_beside_pca",
    "posterior_of_drawing",
    "prior_against_codes",
    "tighter",
    "training",
    "two_terms_pull",
]
