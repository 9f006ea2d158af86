"""The pictures of the introduction."""

from .challenges import family_map, joint_tables, smallest_kl
from .densities import estimates, fitting, mixture_map, whose
from .inverse import dozen, mixture_of_digits, one_equation
from .missing import hidden
from .rule import accuracies, mean_map, two_classes, two_directions
from .space import balls, digits_and_noise, dimensions, gathering

__all__ = [
    "accuracies",
    "balls",
    "digits_and_noise",
    "dimensions",
    "dozen",
    "estimates",
    "family_map",
    "fitting",
    "gathering",
    "hidden",
    "joint_tables",
    "mean_map",
    "mixture_map",
    "mixture_of_digits",
    "one_equation",
    "smallest_kl",
    "two_classes",
    "two_directions",
    "whose",
]
