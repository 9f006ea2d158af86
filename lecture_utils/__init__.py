"""The course's package: `setup`, and the few names that every notebook uses."""

import random

import numpy as np
import torch

from . import checks, plots
from .lesson import quiz, show_source
from .live import explore, playground, show, watch
from .train import fit, one_cycle, train

__all__ = [
    "checks",
    "explore",
    "fit",
    "one_cycle",
    "playground",
    "plots",
    "quiz",
    "setup",
    "show",
    "show_source",
    "train",
    "watch",
]


def setup(seed: int = 0) -> torch.device:
    """Seed every generator, choose one thread (small nets run many times faster on one), set
    the style; return the device.

    The device is a GPU where there is one; the lectures' models are so small that they stay on
    the CPU.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    plots.style()
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
