"""Convolutions that see only what comes before, row by row and each row from the left.

Van den Oord, Kalchbrenner and Kavukcuoglu, Pixel Recurrent Neural Networks (2016), for the
masks; van den Oord et al., Conditional Image Generation with PixelCNN Decoders (2016), for two
stacks.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, elu, pad

KINDS = "A", "B", "left", "left and own", "rows"


def causal_mask(size: int, kind: str) -> Tensor:
    """Return a mask (size, size): 1 where a pixel in its middle may look, 0 elsewhere.

    "A" is all rows above, and what is left in its own; "B" is that and the pixel itself. For
    two stacks, "left" and "left and own" are its own row only, and "rows" is its whole row and
    all above. Raises `ValueError` for an even size, or another kind.
    """
    if size < 1 or size % 2 == 0 or kind not in KINDS:
        raise ValueError(
            f"size, kind: got {size}, {kind!r}, wanted an odd size and one of {KINDS}"
        )
    middle = size // 2
    mask = torch.zeros(size, size)
    if kind in ("A", "B", "rows"):
        mask[:middle] = 1
    mask[middle, :middle] = 1
    if kind in ("B", "left and own"):
        mask[middle, middle] = 1
    if kind == "rows":
        mask[middle] = 1
    return mask


class Memory:
    """What every layer was given, of images of which only one pixel changes at a time.

    `rows` and `columns` are the place that is computed anew; the whole image, at first. A layer
    is given its input there, or everywhere, and reads around that place what it was given
    before.
    """

    def __init__(self):
        self.inputs, self.above = {}, []
        self.rows, self.columns = slice(None), slice(None)

    def window(self, layer: nn.Module, h: Tensor, reach: int) -> Tensor:
        """Keep what `layer` is given; return that and `reach` more, left, right and above."""
        kept = self.inputs.get(layer)
        inside = (..., slice(reach, None), slice(reach, -reach or None))
        if kept is None or h.shape == kept[inside].shape:
            kept = self.inputs[layer] = pad(h, (reach, reach, reach, 0))
        else:
            kept[inside][..., self.rows, self.columns] = h
        if self.rows == slice(None):
            return kept
        top, bottom = self.rows.start, self.rows.stop + reach
        left, right = self.columns.start, self.columns.stop + 2 * reach
        return kept[..., top:bottom, left:right]


class MaskedConv(nn.Conv2d):
    """A convolution (B, n_in, H, W) → (B, n_out, H, W) whose weights are 0 off its mask."""

    def __init__(self, n_in: int, n_out: int, size: int, kind: str):
        super().__init__(n_in, n_out, size)
        self.register_buffer("mask", causal_mask(size, kind))
        self.reach = size // 2
        with torch.no_grad():  # as if it had only the inputs that it sees
            self.weight.mul_((self.mask.mean() + 1e-9).rsqrt())

    def forward(self, h: Tensor, memory: Memory | None = None) -> Tensor:
        """Return the outputs everywhere, or where `memory` asks for them."""
        r = self.reach
        h = pad(h, (r, r, r, 0)) if memory is None else memory.window(self, h, r)
        seen = (self.weight * self.mask)[:, :, : r + 1]  # the rows below are zeros
        return conv2d(h, seen, self.bias)


class GatedBlock(nn.Module):
    """h + W (tanh a · sigmoid b), (B, C, side, side): a and b by a masked convolution.

    A map of numbers for every position is learned, since digits have a place in their image.
    With `above`, of a stack that sees all rows above, they are added. Van den Oord et al.
    (2016), eq. 2.
    """

    def __init__(self, channels: int, side: int, kind: str, dropout: float, above: bool):
        super().__init__()
        self.conv = MaskedConv(channels, 2 * channels, 3, kind)
        self.position = nn.Parameter(torch.zeros(2 * channels, side, side))
        self.above = nn.Conv2d(channels, 2 * channels, 1) if above else None
        self.dropout, self.W = nn.Dropout2d(dropout), nn.Conv2d(channels, channels, 1)

    def forward(
        self, h: Tensor, above: Tensor | None = None, memory: Memory | None = None
    ) -> Tensor:
        """Return what the block makes of h, everywhere, or where `memory` asks for it."""
        ab = self.conv(elu(h), memory) + at(self.position, memory)
        if above is not None:
            ab = ab + self.above(above)
        a, b = ab.chunk(2, 1)
        return h + self.W(self.dropout(a.tanh() * b.sigmoid()))


class StackOfRows(nn.Module):
    """The second stack: it sees each row whole, and all above it, so it tells the row below."""

    def __init__(
        self, n_in: int, channels: int, side: int, blocks: int, size: int, dropout: float
    ):
        super().__init__()
        self.first = MaskedConv(n_in, channels, size, "rows")
        options = {"side": side, "kind": "rows", "dropout": dropout, "above": False}
        self.blocks = nn.ModuleList(GatedBlock(channels, **options) for _ in range(blocks))

    def forward(self, t: Tensor, memory: Memory | None = None) -> list:
        """Return what each layer tells every pixel of all rows above it, (B, C, H, W)."""
        if memory is None or memory.rows == slice(None):
            maps = [pad(v, (0, 0, 1, -1)) for v in self.layers(t, memory)]  # a row down
            if memory is not None:
                memory.above = maps
            return maps
        row, place = memory.rows.start, (memory.rows, memory.columns)
        if memory.columns.start == 0 and row > 0:  # the row above is complete now
            memory.rows, memory.columns = slice(row - 1, row), slice(0, t.shape[3])
            for kept, v in zip(memory.above, self.layers(t, memory), strict=True):
                kept[:, :, row] = v[:, :, 0]
            memory.rows, memory.columns = place
        return [at(kept, memory) for kept in memory.above]

    def layers(self, t: Tensor, memory: Memory | None) -> list:
        """Return each layer's map, before it is moved a row down."""
        maps = [self.first(t, memory)]
        for block in self.blocks:
            maps.append(block(maps[-1], None, memory))
        return maps


def at(h: Tensor, memory: Memory | None) -> Tensor:
    """Return the part of a map (…, H, W) that `memory` asks for."""
    return h if memory is None else h[..., memory.rows, memory.columns]
