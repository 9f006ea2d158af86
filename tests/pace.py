"""How slow this machine is at the moment.

What the course promises in seconds, it promises on two idle cores. Other CPUs take up to four
times as long, and a core that other work shares takes longer, too.
"""

import time

import torch

from lecture_utils.data import digits
from lecture_utils.models.autoregressive import PixelCNN
from lecture_utils.models.flow import ImageFlow
from lecture_utils.train import fit, train

STEPS = 40
# Two trainings, one of convolutions and one of many small operations: the model, its batch,
# and the milliseconds of a step there.
TRAININGS = (PixelCNN, 16, 17.0), (ImageFlow, 100, 11.0)


def slowness() -> float:
    """Return how many times longer than there training takes here and now, and at least 1."""
    torch.set_num_threads(1)
    x, ratios = digits().train.x, []
    with torch.random.fork_rng():
        for kind, batch, milliseconds in TRAININGS:
            model = kind()
            fit(train(model, x, steps=2, batch=batch))  # what comes first takes longer
            begun = time.perf_counter()
            fit(train(model, x, steps=STEPS, batch=batch))
            ratios.append((time.perf_counter() - begun) / STEPS / (milliseconds / 1e3))
    return max(1.0, sum(ratios) / len(ratios))
