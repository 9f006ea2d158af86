"""Checks of what is given as data: each mistake is a sentence."""

from numbers import Integral

import torch
from torch import Tensor


def check_count(number, name: str) -> int:
    """Return `number` if it is a whole number, 1 or more. Raises `ValueError` otherwise."""
    if not isinstance(number, Integral) or number < 1:
        raise ValueError(f"{name}: got {number!r}, wanted a whole number, 1 or more")
    return int(number)


def check_finite(x: Tensor, name: str = "x") -> Tensor:
    """Return `x` if it is a tensor with a row or more, and all numbers finite.

    Raises `ValueError` otherwise.
    """
    if not isinstance(x, Tensor):
        kind = type(x).__name__
        raise ValueError(
            f"{name}: got {kind}, wanted a torch tensor; torch.as_tensor makes one"
        )
    if x.ndim == 0 or x.numel() == 0:
        shape = tuple(x.shape)
        raise ValueError(
            f"{name}: got the empty shape {shape}, wanted at least one row of data"
        )
    if not torch.isfinite(x).all():
        raise ValueError(f"{name}: holds NaN or infinite values; remove those rows first")
    return x


def check_images(x: Tensor, shape: tuple, levels: int, name: str = "x") -> Tensor:
    """Return `x` if it is a batch (B, *shape) of levels 0..levels-1.

    Raises `ValueError` otherwise.
    """
    check_finite(x, name)
    if tuple(x.shape[1:]) != tuple(shape):
        wanted = ", ".join(map(str, shape))
        raise ValueError(f"{name}: got shape {tuple(x.shape)}, wanted (B, {wanted})")
    low, high = x.min().item(), x.max().item()
    if low < 0 or high > levels - 1:
        raise ValueError(
            f"{name}: got values from {low:g} to {high:g}, wanted levels 0..{levels - 1}; "
            "rescale the images"
        )
    if high <= 1 < levels - 1 and not torch.equal(x, x.round()):
        raise ValueError(
            f"{name}: got images scaled to 0..1, wanted levels 0..{levels - 1}; multiply them "
            f"by {levels - 1}"
        )
    return x
