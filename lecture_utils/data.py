"""The data the lectures train on: real scans that come with a library, so no network is needed."""

from typing import NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import Tensor

LEVELS = 17  # a pixel of `digits` counts the ink in a 4×4 block of the scan: 0..16


class Split(NamedTuple):
    """Images `x` (N, 1, H, W), float, and their labels `y` (N,), long."""

    x: Tensor
    y: Tensor


class Digits(NamedTuple):
    """Three splits that no image shares."""

    train: Split
    valid: Split
    test: Split


def digits() -> Digits:
    """Return 1797 handwritten digits (N, 1, 8, 8), levels 0..16: 1000 train, 350 validation, 447 test, in file order.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI (1998), as scikit-learn ships it.
    """
    bunch = load_digits()
    x = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1)  # (1797, 1, 8, 8)
    y = torch.tensor(bunch.target, dtype=torch.long)
    ends = [0, 1000, 1350, len(x)]
    return Digits(*(Split(x[a:b], y[a:b]) for a, b in zip(ends, ends[1:])))


def check_finite(x: Tensor, name: str = "x") -> Tensor:
    """Return `x` if it is a tensor with at least one row and only finite numbers; raise `ValueError` otherwise."""
    if not isinstance(x, Tensor):
        raise ValueError(
            f"{name}: got {type(x).__name__}, wanted a torch tensor; torch.as_tensor makes one"
        )
    if x.ndim == 0 or x.numel() == 0:
        raise ValueError(
            f"{name}: got the empty shape {tuple(x.shape)}, wanted at least one row of data"
        )
    if not torch.isfinite(x).all():
        raise ValueError(f"{name}: holds NaN or infinite values; remove those rows first")
    return x


def check_images(
    x: Tensor, shape: tuple = (1, 8, 8), levels: int = LEVELS, name: str = "x"
) -> Tensor:
    """Return `x` if it is a batch (B, *shape) of levels 0..levels-1; raise `ValueError` otherwise."""
    check_finite(x, name)
    if tuple(x.shape[1:]) != tuple(shape):
        raise ValueError(
            f"{name}: got shape {tuple(x.shape)}, wanted (B, {', '.join(map(str, shape))})"
        )
    low, high = x.min().item(), x.max().item()
    if low < 0 or high > levels - 1:
        raise ValueError(
            f"{name}: got values from {low:g} to {high:g}, wanted levels 0..{levels - 1}; rescale the images"
        )
    return x
