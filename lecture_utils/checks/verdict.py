"""What a check answers: whether it is right, and the sentence to read."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch


class Verdict(NamedTuple):
    """Whether an answer is right, and the sentence to read."""

    ok: bool
    message: str

    def _repr_markdown_(self) -> str:
        return f"{'✅' if self.ok else '🔶'} {self.message}"


NOT_YET = Verdict(
    False,
    "Not yet: your function returns nothing. Write its `return` line and run the cell again.",
)


def not_yet(answer) -> bool:
    return answer is None or answer is Ellipsis


def plain(answer):
    """Return the number in a tensor or an array of one number; anything else as it is."""
    held = isinstance(answer, (torch.Tensor, np.ndarray, np.generic))
    return answer.item() if held and math.prod(answer.shape) == 1 else answer


def number(answer, name: str) -> tuple[float, Verdict | None]:
    """Return an answer as a number above 0, and None; or NaN and the verdict on it.

    A tensor or an array of one number is a number, too.
    """
    if not_yet(answer):
        return math.nan, Verdict(False, "Not yet: put a number in the place of `...`.")
    answer = plain(answer)
    is_number = isinstance(answer, (int, float)) and not isinstance(answer, bool)
    if not is_number or not 0 < answer < math.inf:
        return math.nan, Verdict(False, f"{name} is {answer!r}; a number above 0 is wanted.")
    return float(answer), None


def compare(
    got, wanted: torch.Tensor, mistakes: dict, right: str, tolerance: float = 1e-4
) -> Verdict:
    """Judge `got` against `wanted` (B,): its type, its shape, its values.

    `mistakes` is sentence → the wrong value that it explains.
    """
    if not_yet(got):
        return NOT_YET
    shape = tuple(wanted.shape)
    if not isinstance(got, torch.Tensor):
        kind = type(got).__name__
        wanted = "a tensor of one number" if shape == () else f"a tensor of shape {shape}"
        return Verdict(False, f"Your function returns a {kind}; {wanted} is wanted.")
    got = got.detach().to(wanted.dtype)
    close = {"rtol": tolerance, "atol": tolerance / 10}
    for sentence, value in mistakes.items():
        if got.shape == value.shape and torch.allclose(got, value, equal_nan=True, **close):
            return Verdict(False, sentence)
    if got.shape != wanted.shape:
        each = "one number a row is wanted, " if wanted.ndim == 1 else "wanted is "
        return Verdict(False, f"The shape is {tuple(got.shape)}; {each}{shape}.")
    if not torch.allclose(got, wanted, **close):
        worst = (got - wanted).abs().argmax()
        yours, right = (f"{v.flatten()[worst]:.6g}" for v in (got, wanted))
        return Verdict(False, f"The values differ: yours {yours} where {right} is right.")
    return Verdict(True, right)


def call(function: Callable, *arguments) -> tuple:
    """Return (the function's answer, None), or (None, the verdict on the error it raised).

    It may change what it is given: it gets copies.
    """
    copies = (a.clone() if isinstance(a, torch.Tensor) else a for a in arguments)
    try:
        return function(*copies), None
    except Exception as error:
        hint = ""
        if "NoneType" in str(error) or "ellipsis" in str(error):
            hint = (
                " Does a function of an earlier exercise, which it calls, return nothing yet?"
            )
        words = f"Your function raises {type(error).__name__}: {error}."
        return None, Verdict(False, words + hint)


def slopes(function: Callable, *arguments: torch.Tensor) -> tuple:
    """Return the gradients of the function's sum by its arguments, and a verdict on an error.

    A gradient is None where there is none.
    """
    arguments = [a.clone().requires_grad_() for a in arguments]
    value, failed = call(function, *arguments)
    if not (isinstance(value, torch.Tensor) and value.requires_grad):
        return [None] * len(arguments), failed
    return torch.autograd.grad(value.sum(), arguments, allow_unused=True), None
