"""What `train` is given: checked at once, each mistake a sentence, and made alike."""

import inspect
import math
from collections.abc import Callable
from numbers import Real

from torch import Tensor, nn

from ..data.arguments import check_count, check_finite

Rate = float | Tensor | Callable[[float], float]
TOO_FAST = 1e6  # one step at such a learning rate cannot make a finite weight infinite


def as_rows(x: Tensor | tuple) -> tuple:
    """Return x as a tuple of tensors with equally many rows."""
    x = tuple(x) if isinstance(x, (tuple, list)) else (x,)
    if not x:
        raise ValueError("x: got an empty tuple, wanted a tensor, or a tuple of tensors")
    for i, rows in enumerate(x):
        check_finite(rows, "x" if len(x) == 1 else f"x[{i}]")
        if len(rows) != len(x[0]):
            raise ValueError(f"x[{i}]: got {len(rows)} rows, wanted {len(x[0])} as x[0] has")
    return x


def check_numbers(steps, batch, betas, clip, average):
    for name, number in (("steps", steps), ("batch", batch)):
        check_count(number, name)
    pair = isinstance(betas, (tuple, list)) and len(betas) == 2
    if not pair or not all(isinstance(b, Real) and 0 <= b < 1 for b in betas):
        raise ValueError(
            f"betas: got {betas!r}, wanted Adam's two decays, each from 0 to below 1"
        )
    if clip is not None and not (isinstance(clip, Real) and 0 < clip < math.inf):
        raise ValueError(f"clip: got {clip!r}, wanted the largest norm of a gradient, above 0")
    if not (isinstance(average, Real) and 0 <= average < 1):
        raise ValueError(f"average: got {average!r}, wanted a decay from 0 to below 1")


def as_players(model: nn.Module, loss: Callable | None) -> dict:
    """Return name → (the parameters that move, the loss of rows and the progress)."""
    if hasattr(model, "players"):
        if loss is not None:
            raise ValueError("loss: got one for a game, wanted none: each player has its own")
        games = model.players()
    else:  # a game with one player
        if loss is None and not hasattr(model, "loss"):
            kind = type(model).__name__
            raise ValueError(f"loss: got none, and {kind} has no `loss`; give loss=a function")
        games = {"loss": (list(model.parameters()), loss or model.loss)}
    for name, (moved, _) in games.items():
        if not any(p.requires_grad for p in moved):
            raise ValueError(
                f"model: {name} has no parameter with a gradient: nothing can move"
            )
    return {name: (moved, _with_progress(own)) for name, (moved, own) in games.items()}


def _with_progress(loss: Callable) -> Callable:
    try:
        told = "progress" in inspect.signature(loss).parameters
    except ValueError:  # a function of C has none
        told = False
    if told:
        return lambda rows, progress: loss(*rows, progress=progress)
    return lambda rows, progress: loss(*rows)


def as_rates(lr: Rate | dict, players: dict) -> dict:
    """Return name → learning rate of each player."""
    rates = lr if isinstance(lr, dict) else dict.fromkeys(players, lr)
    if set(rates) != set(players):
        wanted = ", ".join(players)
        raise ValueError(
            f"lr: got rates for {', '.join(rates)}, wanted one for each of {wanted}"
        )
    for rate in rates.values():
        number = isinstance(rate, (Real, Tensor)) and 0 <= float(rate) < TOO_FAST
        if not callable(rate) and not number:
            raise ValueError(
                f"lr: got {rate!r}, wanted a learning rate from 0 to {TOO_FAST:g}, or a "
                "function of the progress"
            )
    return rates


def as_turns(turns: tuple | Callable | None, players: dict) -> Callable[[], tuple]:
    """Return a function that says who moves in the next step."""

    def named() -> tuple:
        names = turns() if callable(turns) else tuple(players) if turns is None else turns
        listed = isinstance(names, (tuple, list)) and names
        if not listed or not set(names) <= set(players):
            wanted = ", ".join(players)
            raise ValueError(f"turns: got {names!r}, wanted a tuple of names among {wanted}")
        return tuple(names)

    named()
    return named
