"""The course's package: `setup`, and the few names that every notebook uses."""

import random
import signal
import threading

import numpy as np
import torch

from . import checks, plots
from .lesson import quiz, show_source
from .live import explore, playground, show, watch
from .live.picture import set_dots
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


def setup(seed: int = 0, sharp: bool = True) -> torch.device:
    """Seed every generator, choose one thread, set the style; return the device.

    Small nets run many times faster on one thread. The device is a GPU where there is one:
    models and data go there by `.to(device)`. `sharp` gives pictures two dots for each of the
    page's pixels; over a slow link, False halves what is sent.
    """
    torch.set_num_threads(1)
    set_dots(2 if sharp else 1)
    plots.style()
    _warm_up()
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _warm_up():
    """Make one step of an optimizer: what torch imports for it takes a second.

    An interrupt in the middle of such an import would leave torch broken; here it is ignored.
    """
    waits = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if waits else None
    try:
        weight = torch.zeros(1, requires_grad=True)
        optimizer = torch.optim.Adam([weight], fused=True)
        weight.sum().backward()
        optimizer.step()
    finally:
        if waits:
            signal.signal(signal.SIGINT, before)
