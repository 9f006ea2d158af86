"""Training as a generator of steps."""

from .loop import one_cycle, train, update
from .records import Step, Together, fit, together

__all__ = ["Step", "Together", "fit", "one_cycle", "together", "train", "update"]
