"""The data the lectures train on: real scans and toys in the plane, without a network."""

from .arguments import check_finite, check_images
from .images import LEVELS, Split, Splits, digits, fashion_mnist, mnist
from .toys import checkerboard, drawn, moons, ring, spiral, two_gaussians

__all__ = [
    "LEVELS",
    "Split",
    "Splits",
    "check_finite",
    "check_images",
    "checkerboard",
    "digits",
    "drawn",
    "fashion_mnist",
    "mnist",
    "moons",
    "ring",
    "spiral",
    "two_gaussians",
]
