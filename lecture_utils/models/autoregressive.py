"""Autoregressive models of images: P(x) = ∏ᵢ P(xᵢ | x_<ᵢ), row by row, each from the left.

Van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016).
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from ..data import LEVELS, check_images
from ..data.arguments import check_count
from .masked import GatedBlock, MaskedConv, Memory, StackOfRows, at


class Pixel(NamedTuple):
    """One pixel drawn: images x (n, 1, H, W) so far, its P(xᵢ | x_<ᵢ), p (n, levels)."""

    step: int
    steps: int
    x: Tensor
    p: Tensor
    row: int
    column: int

    def __repr__(self) -> str:
        place = f"row {self.row + 1}, column {self.column + 1}"
        return f"pixel {self.step} of {self.steps}: {place}"


class Autoregressive(nn.Module):
    """Images (B, 1, side, side) of levels 0..levels-1; a subclass gives `first`, `forward`."""

    def __init__(self, side: int, levels: int, channels: int, dropout: float):
        super().__init__()
        self.shape, self.levels = (1, side, side), levels
        self.position = nn.Parameter(torch.zeros(channels, side, side))
        self.dropout, self.last = nn.Dropout2d(dropout), nn.Conv2d(channels, levels, 1)
        self.bias = nn.Parameter(torch.zeros(levels, side, side))

    def thermometer(self, x: Tensor) -> Tensor:
        """Return x as planes (B, levels - 1, H, W) of ±½: is there more ink than each k?"""
        x = check_images(x, self.shape, self.levels)
        if not torch.equal(x, x.round()):
            raise ValueError("x: got values between the levels, wanted whole ones; round them")
        return self.planes(x)

    def planes(self, x: Tensor) -> Tensor:
        """Return the planes of levels x (B, 1, …) that have been checked."""
        k = torch.arange(self.levels - 1, device=x.device).view(-1, 1, 1)
        return (x > k).to(self.bias.dtype) - 0.5

    def scores(self, x: Tensor) -> Tensor:
        """Return log P(xᵢ = k | x_<ᵢ), unnormalised, (B, levels, H, W)."""
        return self(self.thermometer(x))

    def begin(self, t: Tensor, memory: Memory | None = None) -> Tensor:
        """Return what the first layer makes of the planes t, and its map of the position."""
        return self.first(t, memory) + at(self.position, memory)

    def end(self, h: Tensor, memory: Memory | None = None) -> Tensor:
        """Return unnormalised log P (B, levels, H, W), given the last layer's h."""
        return self.last(self.dropout(elu(h))) + at(self.bias, memory)

    def log_levels(self, x: Tensor) -> Tensor:
        """Return log P(xᵢ = k | x_<ᵢ) of each level k, (B, levels, H, W), in nats."""
        return self.scores(x).log_softmax(1)

    def log_pixels(self, x: Tensor) -> Tensor:
        """Return log P(xᵢ | x_<ᵢ) of each pixel of x, (B, H, W), in nats."""
        return self.log_levels(x).gather(1, x.long())[:, 0]

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log P(x), (B,), in nats: exact, from one pass through the net."""
        return self.log_pixels(x).sum((1, 2))

    def loss(self, x: Tensor) -> Tensor:
        """Return the mean of −log P(x) over the batch."""
        return -self.log_prob(x).mean()

    def page(self, n: int, given: Tensor | None) -> Tensor:
        """Return n images to draw on: blank, or those `given`, one or n."""
        x = torch.zeros(1, *self.shape) if given is None else given
        x = check_images(x, self.shape, self.levels, "given")
        if len(x) not in (1, n):
            raise ValueError(f"given: got {len(x)} images, wanted 1, or {n} as are drawn")
        return x.expand(n, *self.shape).to(self.bias)

    @torch.no_grad()
    def states(
        self,
        n: int,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
        given: Tensor | None = None,
        start: int = 0,
        cached: bool = True,
    ) -> Iterator[Pixel]:
        """Draw n images, and yield after each pixel; the first `start` are those of `given`.

        `given` is one image (1, 1, H, W), or n. A temperature below 1 sharpens each P(xᵢ|x_<ᵢ).
        `cached` computes of a PixelCNN only what the last pixel changed. Sets `eval` mode.
        """
        self.eval()
        n, (_, height, width) = check_count(n, "n"), self.shape
        if not (temperature > 0 and 0 <= start < height * width):
            raise ValueError(
                f"temperature, start: got {temperature}, {start}, wanted a temperature above 0 "
                f"and a start from 0 to {height * width - 1}"
            )
        x = self.page(n, given)
        t, memory = self.thermometer(x), Memory() if cached else None
        self(t, memory)  # every layer sees the image once as a whole
        for i in range(start, height * width):
            r, c = divmod(i, width)
            here = ..., slice(r, r + 1), slice(c, c + 1)
            if cached:
                _, memory.rows, memory.columns = here
            log_p = self(t, memory).log_softmax(1)
            log_p = log_p if cached else log_p[here]
            p = (log_p[..., 0, 0] / temperature).softmax(1)
            on_its_device = p if generator is None else p.to(generator.device)
            drawn = torch.multinomial(on_its_device, 1, generator=generator)
            x = x.clone()
            x[here] = drawn[..., None, None].to(x)
            t[here] = self.planes(x[here])
            yield Pixel(i + 1, height * width, x, p, r, c)

    def sample(self, n: int, generator: torch.Generator | None = None, **options) -> Tensor:
        """Draw n images (n, 1, side, side): the end of `states`, with its options."""
        (last,) = deque(self.states(n, generator, **options), maxlen=1)
        return last.x


class PixelCNN(Autoregressive):
    """A net of masked convolutions: all P(xᵢ | x_<ᵢ) at once, and each sees only x_<ᵢ.

    One stack, with the first layer's mask "A" of this `size` and 3×3 masks "B" behind it, never
    sees some pixels to the right above: its blind spot. Two `stacks` have none. The first
    `mask` may be "B", to see how that fails; draw from that with `cached=False`.
    """

    def __init__(
        self,
        side: int = 8,
        levels: int = LEVELS,
        channels: int = 48,
        blocks: int = 2,
        size: int = 5,
        dropout: float = 0.2,
        stacks: int = 1,
        mask: str = "A",
    ):
        super().__init__(side, levels, channels, dropout)
        if stacks not in (1, 2) or mask not in ("A", "B"):
            raise ValueError(
                f'stacks, mask: got {stacks}, {mask!r}, wanted 1 or 2, and "A" or "B"'
            )
        two, kinds = stacks == 2, (mask, "B")
        if two:
            kinds = "left" if mask == "A" else "left and own", "left and own"
        self.first = MaskedConv(levels - 1, channels, size, kinds[0])
        options = {"side": side, "kind": kinds[1], "dropout": dropout, "above": two}
        self.blocks = nn.ModuleList(GatedBlock(channels, **options) for _ in range(blocks))
        self.rows, self.join = None, None
        if two:
            self.rows = StackOfRows(levels - 1, channels, side, blocks, size, dropout)
            self.join = nn.Conv2d(channels, channels, 1)

    def forward(self, t: Tensor, memory: Memory | None = None) -> Tensor:
        """Return `scores` from the planes t of `thermometer`; all, or where `memory` asks."""
        h, above = self.begin(t, memory), [None] * len(self.blocks)
        if self.rows is not None:
            first, *above = self.rows(t, memory)
            h = h + self.join(first)
        for block, rows_above in zip(self.blocks, above, strict=True):
            h = block(h, rows_above, memory)
        return self.end(h, memory)


class PixelRNN(Autoregressive):
    """A row LSTM: it reads row after row, all pixels of one at once, and remembers those above.

    Its state at a pixel hears of the states, and the pixels, up to `reach` to the left and
    right in the row above: as far as the row is long, unless told. Van den Oord, Kalchbrenner
    and Kavukcuoglu (2016), section 3.1; there the reach is 1, and only states are heard.
    """

    def __init__(
        self,
        side: int = 8,
        levels: int = LEVELS,
        channels: int = 48,
        size: int = 5,
        dropout: float = 0.2,
        reach: int | None = None,
    ):
        super().__init__(side, levels, channels, dropout)
        reach = side - 1 if reach is None else reach
        self.first = MaskedConv(levels - 1, channels, size, "A")
        self.into = MaskedConv(channels, 4 * channels, 3, "left and own")
        self.own = nn.Conv2d(levels - 1, channels, 1)  # what only the rows below may hear
        self.across = nn.Conv1d(channels, 4 * channels, 2 * reach + 1, padding=reach)

    def forward(self, t: Tensor, memory: Memory | None = None) -> Tensor:
        """Return `scores` from the planes t of `thermometer`: computed whole in any case."""
        inputs = self.begin(t)
        gates, own = self.into(elu(inputs)), self.own(t)
        c = down = torch.zeros_like(inputs[:, :, 0])  # (B, channels, W)
        rows = []
        for r in range(t.shape[2]):
            i, f, o, g = (gates[:, :, r] + self.across(down)).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            rows.append(o.sigmoid() * c.tanh())
            down = rows[-1] + own[:, :, r]
        return at(self.end(inputs + torch.stack(rows, 2)), memory)
