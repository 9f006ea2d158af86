"""Small networks that several models share, and the noise that they are given."""

from itertools import pairwise

import torch
from torch import Tensor, nn


def noise(
    like: nn.Module | Tensor,
    *shape: int,
    generator: torch.Generator | None = None,
    uniform: bool = False,
) -> Tensor:
    """Return draws of N(0, 1), or `uniform` ones on (0, 1), of this shape.

    They are made by `generator`, on its own device, and lie where the tensor `like` does, or
    the model's parameters, in their precision.
    """
    if isinstance(like, nn.Module):
        like = next(like.parameters(), torch.empty(0))  # without any: where tensors are
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


class Denoiser(nn.Module):
    """A residual network, (x (B, D), angle (B,), label (B,)) → (B, D), for diffusion models.

    The angle, 0 to π/2, says how much noise is in x: cos x₀ + sin ε. It reaches every block, as
    the sines and cosines of its multiples. Labels are 0..classes-1; `classes` means none.
    """

    def __init__(
        self,
        D: int,
        width: int = 64,
        blocks: int = 3,
        dropout: float = 0.0,
        classes: int = 0,
    ):
        super().__init__()
        self.register_buffer("multiples", 2.0 ** torch.arange(6))  # 1 to 32
        self.first, self.last = nn.Linear(D, width), nn.Linear(width, D)
        nn.init.zeros_(self.last.weight)  # at the start its answer is 0
        nn.init.zeros_(self.last.bias)
        self.of_angle = mlp(2 * len(self.multiples), width, width)
        self.of_label = nn.Embedding(classes + 1, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        self.blocks = nn.ModuleList(
            mlp(width, width, width, dropout=dropout) for _ in range(blocks)
        )
        self.end = nn.Sequential(nn.LayerNorm(width), nn.SiLU(), self.last)

    def forward(self, x: Tensor, angle: Tensor, label: Tensor | None = None) -> Tensor:
        """Return numbers (B, D) for every row of x."""
        angles = angle[:, None] * self.multiples
        given = self.of_angle(torch.cat([angles.sin(), angles.cos()], 1))
        given = given + (self.of_label.weight[-1] if label is None else self.of_label(label))
        h = self.first(x)
        for norm, block in zip(self.norms, self.blocks, strict=True):
            h = h + block(norm(h) + given)
        return self.end(h)
