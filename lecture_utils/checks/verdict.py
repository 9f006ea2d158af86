"""What a check answers: whether it is right, and the sentence to read."""

from typing import Callable, NamedTuple

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


def compare(
    got, wanted: torch.Tensor, mistakes: dict, right: str, tolerance: float = 1e-4
) -> Verdict:
    """Judge `got` against `wanted` (B,): its type, its shape, its values; `mistakes` name the usual wrong values."""
    if not_yet(got):
        return NOT_YET
    if not isinstance(got, torch.Tensor):
        return Verdict(
            False,
            f"Your function returns a {type(got).__name__}; a tensor of shape {tuple(wanted.shape)} is wanted.",
        )
    got = got.detach().to(wanted.dtype)
    for name, value in mistakes.items():
        if got.shape == value.shape and torch.allclose(
            got, value, rtol=tolerance, atol=tolerance / 10, equal_nan=True
        ):
            return Verdict(False, name)
    if got.shape != wanted.shape:
        each = "one number per image is wanted, " if wanted.ndim == 1 else "wanted is "
        return Verdict(False, f"The shape is {tuple(got.shape)}; {each}{tuple(wanted.shape)}.")
    if not torch.allclose(got, wanted, rtol=tolerance, atol=tolerance / 10):
        worst = (got - wanted).abs().argmax()
        return Verdict(
            False,
            f"The values differ: yours {got.flatten()[worst]:.4f} where {wanted.flatten()[worst]:.4f} is right.",
        )
    return Verdict(True, right)


def call(function: Callable, *arguments):
    """Return (the function's answer, None), or (None, the verdict on the error it raised). It may change what it is given."""
    try:
        return function(
            *(a.clone() if isinstance(a, torch.Tensor) else a for a in arguments)
        ), None
    except Exception as error:
        return None, Verdict(False, f"Your function raises {type(error).__name__}: {error}.")


def slopes(function: Callable, *arguments: torch.Tensor):
    """Return the gradients of the function's sum by its arguments, None where there is none, and a verdict on an error."""
    arguments = [a.clone().requires_grad_() for a in arguments]
    value, failed = call(function, *arguments)
    if not (isinstance(value, torch.Tensor) and value.requires_grad):
        return [None] * len(arguments), failed
    return torch.autograd.grad(value.sum(), arguments, allow_unused=True), None
