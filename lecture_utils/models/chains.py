"""Chains that take steps: from data to noise, and back. Every one yields its states.

Ho, Jain and Abbeel, Denoising Diffusion Probabilistic Models (2020), called DDPM. Song, Meng
and Ermon, Denoising Diffusion Implicit Models (2021), called DDIM.
"""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from ..nets import noise


def cosine(T: int = 200, first: float = 0.02, last: float = 0.9997) -> Tensor:
    """Return ᾱ₀ = 1, ᾱ₁ … ᾱ_T, (T + 1,): x_t = cos φ x₀ + sin φ ε, at even steps of the angle.

    `first` and `last` are the noise's share sin φ in x₁ and in x_T. After Nichol and Dhariwal
    (2021), eq. 17. Raises `ValueError` where 0 < first < last < 1 does not hold.
    """
    if T < 2 or not 0 < first < last < 1:
        raise ValueError(
            f"T, first, last: got {T}, {first}, {last}, wanted 2 steps or more and shares of "
            "noise that rise, between 0 and 1"
        )
    phi = torch.linspace(math.asin(first), math.asin(last), T, dtype=torch.float64)
    return torch.cat([torch.ones(1), phi.cos().square()]).float()


def linear(T: int = 1000, first: float = 1e-4, last: float = 0.02) -> Tensor:
    """Return ᾱ₀ = 1, ᾱ₁ … ᾱ_T, (T + 1,), with β_t from `first` to `last` in even steps.

    DDPM, section 4. Raises `ValueError` where 0 < first ≤ last < 1 does not hold.
    """
    if T < 2 or not 0 < first <= last < 1:
        raise ValueError(
            f"T, first, last: got {T}, {first}, {last}, wanted 2 steps or more and β that "
            "rise, between 0 and 1"
        )
    beta = torch.linspace(first, last, T, dtype=torch.float64)
    return torch.cat([torch.ones(1), (1 - beta).cumprod(0)]).float()


class State(NamedTuple):
    """Where a chain stands: x_t (B, …) after `step` of `steps`, and the x̂₀ it came from."""

    step: int
    steps: int
    t: int
    x: Tensor
    x0: Tensor

    def __repr__(self) -> str:
        return f"step {self.step} of {self.steps}, t = {self.t}"


@torch.no_grad()
def reverse(
    eps: Callable,
    x: Tensor,
    alpha_bar: Tensor,
    steps: int | None = None,
    eta: float = 1.0,
    generator: torch.Generator | None = None,
    correct: Callable | None = None,
    last: int = 0,
) -> Iterator[State]:
    """Yield the states of the way back from x = x_T (B, …) to x_0, or to t = `last`.

    `eps(x, t)` is the noise in x_t, t a whole number. It takes `steps` of the T steps, evenly
    spread; η = 1 is DDPM, η = 0 is DDIM, without noise (DDIM, eq. 12 and 16). `correct(x0)`
    may change each x̂₀ (B, …). Raises `ValueError` for steps that are none or more than T.
    """
    T = len(alpha_bar) - 1
    times = strided(T, T - last if steps is None else steps, last)
    yield State(0, len(times) - 1, T, x, x)
    for step, (t, s) in enumerate(pairwise(times), 1):
        a_t, a_s = alpha_bar[t], alpha_bar[s]
        x0 = (x - (1 - a_t).sqrt() * eps(x, t)) / a_t.sqrt()
        if correct is not None:
            x0 = correct(x0)
        e = (x - a_t.sqrt() * x0) / (1 - a_t).sqrt()  # the noise that goes with this x̂₀
        variance = eta**2 * (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)
        x = a_s.sqrt() * x0 + (1 - a_s - variance).clamp_min(0).sqrt() * e
        if variance > 0:  # none at the last step to 0
            x = x + variance.sqrt() * fresh(x, generator)
        yield State(step, len(times) - 1, s, x, x0)


def fresh(x: Tensor, generator: torch.Generator | None) -> Tensor:
    """Return draws of N(0, 1) in the shape of x."""
    return noise(x, *x.shape, generator=generator)


def strided(T: int, steps: int, last: int = 0) -> list:
    """Return the times T … last, `steps` + 1 of them, evenly spread and rounded."""
    if not 1 <= steps <= T - last:
        raise ValueError(f"steps: got {steps}, wanted 1 to {T - last}, as many as there are")
    return torch.linspace(T, last, steps + 1).round().long().tolist()


@torch.no_grad()
def langevin(
    score: Callable,
    x: Tensor,
    size: float,
    steps: int,
    generator: torch.Generator | None = None,
) -> Iterator[State]:
    """Yield the states of x ← x + size · score(x) + √(2 size) · noise.

    Of small steps the density is that of the score in the end: Song and Ermon (2019), eq. 4.
    Raises `ValueError` for a size or a number of steps that is not above 0.
    """
    if not size > 0 or steps < 1:
        raise ValueError(f"size, steps: got {size}, {steps}, wanted both above 0")
    yield State(0, steps, 0, x, x)
    for step in range(1, steps + 1):
        x = x + size * score(x) + math.sqrt(2 * size) * fresh(x, generator)
        yield State(step, steps, 0, x, x)
