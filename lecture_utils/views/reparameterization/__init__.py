"""The pictures of the reparameterization lecture."""

from .choices import gumbel
from .draws import inverse_cdf, rolls, straight_lines, unit_interval
from .estimators import baseline, estimator_race, two_estimators
from .graphs import die, graph

__all__ = [
    "baseline",
    "die",
    "estimator_race",
    "graph",
    "gumbel",
    "inverse_cdf",
    "rolls",
    "straight_lines",
    "two_estimators",
    "unit_interval",
]
