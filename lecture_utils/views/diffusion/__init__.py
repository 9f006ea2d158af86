"""The pictures of the lecture on diffusion."""

from .digits import (
    answers,
    diffusion_of_images,
    forming,
    guidance,
    how_slow,
    nearest,
    terms_of_bound,
)
from .forward import forward, one_step_back, targets, there_and_back, truth
from .plane import annealing, chains, learning_to_denoise, scores, up_and_down, walkers

__all__ = [
    "annealing",
    "answers",
    "chains",
    "diffusion_of_images",
    "forming",
    "forward",
    "guidance",
    "how_slow",
    "learning_to_denoise",
    "nearest",
    "one_step_back",
    "scores",
    "targets",
    "terms_of_bound",
    "there_and_back",
    "truth",
    "up_and_down",
    "walkers",
]
