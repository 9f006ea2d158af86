"""One function an exercise: it says what is right, or what exactly is wrong."""

from .diffusion import closed_form, ddim_step, score_of_noise
from .elbo import elbo_pieces, gaussian_kl, wanted_kl
from .flow import coupling, coupling_inverse, logit_normal
from .gan import best_discriminator, generator_losses, quiet_step_size
from .introduction import bayes_rule, gaussian_marginal, parameter_counts
from .pixelcnn import masks, pixel_draw, pixels_seen
from .reparameterization import equal_variances, laplace_sampler, reparameterize

__all__ = [
    "bayes_rule",
    "best_discriminator",
    "closed_form",
    "coupling",
    "coupling_inverse",
    "ddim_step",
    "elbo_pieces",
    "equal_variances",
    "gaussian_kl",
    "gaussian_marginal",
    "generator_losses",
    "laplace_sampler",
    "logit_normal",
    "masks",
    "parameter_counts",
    "pixel_draw",
    "pixels_seen",
    "quiet_step_size",
    "reparameterize",
    "score_of_noise",
    "wanted_kl",
]
