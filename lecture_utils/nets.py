"""Small networks that several models share."""

from torch import nn


def mlp(*sizes: int, dropout: float = 0.0, activation: type = nn.SiLU) -> nn.Sequential:
    """Return linear layers sizes[0] → … → sizes[-1], `activation` (and dropout) between them: (B, sizes[0]) → (B, sizes[-1])."""
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            f"sizes: got {sizes}, wanted at least an input and an output size, each 1 or more"
        )
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n_in, n_out), activation(), nn.Dropout(dropout)]
    return nn.Sequential(*layers[:-2])  # nothing after the last linear layer
