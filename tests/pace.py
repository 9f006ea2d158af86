"""How slow this machine is at the moment.

What the course promises in seconds, it promises on two idle cores. Other CPUs take up to four
times as long, and a core that other work shares takes longer, too. The yardstick is torch
alone: were it the package, a package that got slower would allow itself more time.
"""

import time

import torch
from torch import nn


class Convolutions(nn.Sequential):
    """A few large operations."""

    def __init__(self):
        sizes = (16, 48, 96, 48, 96, 17)
        super().__init__(
            *(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:], strict=False))
        )

    def loss(self):
        return self(torch.ones(16, 16, 8, 8)).square().mean()


class Bends(nn.Module):
    """Many small operations: mixtures of logistics, as in a flow."""

    def __init__(self):
        super().__init__()
        self.places = nn.ParameterList(torch.linspace(-2, 2, 8) for _ in range(8))

    def loss(self):
        x = torch.linspace(-3, 3, 3200).view(100, 32)
        for place in self.places:
            bent = nn.functional.logsigmoid(x[..., None] - place).logsumexp(2)
            x = torch.where(bent > 0, bent, bent.tanh()) + x
        return x.square().mean()


STEPS = 40
# milliseconds that a step of training takes there
THERE = {Convolutions: 17.0, Bends: 3.5}


def slowness() -> float:
    """Return how many times longer than there training takes here and now, and at least 1."""
    torch.set_num_threads(1)
    ratios = []
    for kind, milliseconds in THERE.items():
        with torch.random.fork_rng():
            model = kind()
        optimizer = torch.optim.Adam(model.parameters())
        for step in range(-2, STEPS):
            if step == 0:  # what comes first takes longer
                begun = time.perf_counter()
            optimizer.zero_grad()
            model.loss().backward()
            optimizer.step()
        ratios.append((time.perf_counter() - begun) / STEPS / (milliseconds / 1e3))
    return max(1.0, sum(ratios) / len(ratios))
