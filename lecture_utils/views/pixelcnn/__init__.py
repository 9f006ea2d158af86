"""The pictures of the lecture on PixelCNN."""

from .digits import finished, learning_pixels, next_pixel, pixel_film, surprise, tempered
from .masks import drawn_masks, seen_pixels
from .measures import bigrams, cost_of_pixels, equal_budgets, ranking, spreads
from .rule import cheat, counting, orders, read_so_far

__all__ = [
    "bigrams",
    "cheat",
    "cost_of_pixels",
    "counting",
    "equal_budgets",
    "finished",
    "learning_pixels",
    "next_pixel",
    "orders",
    "pixel_film",
    "ranking",
    "read_so_far",
    "seen_pixels",
    "spreads",
    "surprise",
    "tempered",
    "drawn_masks",
]
