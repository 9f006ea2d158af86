"""Small networks that several models share, and the noise that they are given."""

from itertools import pairwise

import torch
from torch import Tensor, nn


def noise(
    model: nn.Module,
    *shape: int,
    generator: torch.Generator | None = None,
    uniform: bool = False,
) -> Tensor:
    """Return draws of N(0, 1), or `uniform` ones on (0, 1), of this shape.

    They are made by `generator`, on its own device, and lie where the model's parameters do, in
    their precision.
    """
    like = next(model.parameters(), torch.empty(0))  # without any: where tensors are
    made_on = like.device if generator is None else generator.device
    draw = torch.rand if uniform else torch.randn
    return draw(*shape, generator=generator, device=made_on, dtype=like.dtype).to(like.device)


def mlp(*sizes: int, dropout: float = 0.0, activation: type = nn.SiLU) -> nn.Sequential:
    """Return linear layers (B, sizes[0]) → … → (B, sizes[-1]), `activation` between them.

    `dropout` is the part of each hidden layer that is left out while it trains.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            f"sizes: got {sizes}, wanted at least an input and an output size, each 1 or more"
        )
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), activation(), nn.Dropout(dropout)]
    return nn.Sequential(*layers[:-2])  # nothing after the last linear layer
