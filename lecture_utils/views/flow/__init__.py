"""The pictures of the lecture on flows."""

from .digits import drawing, flow_of_images, runaway, temperature, typical, ways_between
from .layers import elementwise, jacobian_of_layers, journey, times
from .line import fold, mass, quantile_map, rubber_sheet, spikes
from .plane import parallelogram, plane, price, stretch_map

__all__ = [
    "flow_of_images",
    "drawing",
    "elementwise",
    "fold",
    "jacobian_of_layers",
    "journey",
    "mass",
    "parallelogram",
    "plane",
    "price",
    "quantile_map",
    "rubber_sheet",
    "runaway",
    "spikes",
    "stretch_map",
    "temperature",
    "times",
    "typical",
    "ways_between",
]
