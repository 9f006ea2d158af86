"""Training is a generator: each `next` is one update, so pausing is not calling it."""

import math
import time
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from .arguments import TOO_FAST, Rate, as_players, as_rates, as_rows, as_turns, check_numbers
from .records import Step


def one_cycle(peak: float) -> Callable[[float], float]:
    """Return a learning rate as a function of the progress t in [0, 1].

    It rises to `peak` in the first fifth; then a cosine leads it to 0.
    """
    if not 0 < peak < math.inf:
        raise ValueError(f"peak: got {peak}, wanted a learning rate above 0")

    def rate(t: float) -> float:
        if t < 0.2:
            return peak * (0.04 + 0.96 * t / 0.2)
        return peak * 0.5 * (1 + math.cos(math.pi * (t - 0.2) / 0.8))

    return rate


def train(
    model: nn.Module,
    x: Tensor | tuple,
    steps: int = 1000,
    batch: int = 100,
    lr: Rate | dict = 2e-3,
    loss: Callable | None = None,
    betas: tuple = (0.9, 0.999),
    turns: tuple | Callable | None = None,
    clip: float | None = None,
    average: float = 0.0,
) -> Iterator[Step]:
    """Return a generator: one Adam update of `model` on random rows of `x`, then its `Step`.

    `x` is a tensor, or a tuple of tensors with as many rows: images and labels. `loss(rows)`,
    or `loss(rows, labels)`, is a scalar, `model.loss` unless given; a loss with a parameter
    called `progress` is told the part of the training that is done, in [0, 1]. A `batch` larger
    than the data has its rows more than once.

    `lr` is a number, a function of the progress, or a knob of a `playground`. A model with
    `players()`, a game, has a loss and an Adam for each player; `lr` may be a dict by their
    names. A step is one update of each in turn, or of those that `turns` names: a tuple such as
    ("D", "D", "G"), or a function that returns one. `clip` is the largest norm that a gradient
    may have. `average` in (0, 1) keeps a running mean of the weights with that decay.

    Raises `ValueError` for arguments that make no sense, and `FloatingPointError` when a loss
    or its gradient is no longer finite: the weights are then those before that update. Between
    the steps, and however it ends, the model is in `eval` mode.
    """
    x, players = as_rows(x), as_players(model, loss)
    check_numbers(steps, batch, betas, clip, average)
    rates, in_turn = as_rates(lr, players), as_turns(turns, players)
    options = {"betas": betas, "clip": clip, "average": average}
    return _steps(model, players, _batches(x, batch), steps, rates, in_turn, **options)


def _batches(x: tuple, batch: int) -> Iterator[tuple]:
    """Yield random rows for ever; every pass over the data is in a new order."""
    n = len(x[0])
    order = torch.empty(0, dtype=torch.long)
    while True:
        if len(order) < batch:
            order = torch.cat([order, *(torch.randperm(n) for _ in range(-(-batch // n)))])
        chosen = order[:batch].to(x[0].device)
        yield tuple(rows[chosen] for rows in x)
        order = order[batch:]


def _steps(model, players, batches, steps, rates, in_turn, betas, clip, average):
    adam = partial(torch.optim.Adam, betas=betas, fused=True)
    optimizers = {name: adam(moved) for name, (moved, _) in players.items()}
    averaged = model
    if average:
        mean = AveragedModel(model, multi_avg_fn=_running(average), use_buffers=True)
        averaged = mean.module.eval().requires_grad_(False)
    seconds, losses = 0.0, {}
    try:
        for step in range(1, steps + 1):
            start, t = time.perf_counter(), (step - 1) / steps
            model.train()
            for name in in_turn():
                rate = float(rates[name](t) if callable(rates[name]) else rates[name])
                value = players[name][1](next(batches), t)
                losses[name] = update(optimizers[name], value, rate, step, clip)
            if average:
                mean.update_parameters(model)
            model.eval()  # whoever looks between two steps sees the model without dropout
            seconds += time.perf_counter() - start
            yield Step(step, steps, dict(losses), seconds, model, averaged)
    finally:
        model.eval()


def _running(decay: float) -> Callable:
    """Return how `AveragedModel` moves its means; a young mean forgets the start faster."""

    def move(means: list, weights: list, n: Tensor):
        keep = min(decay, float(n) / (float(n) + 10))
        if weights[0].is_floating_point():
            torch._foreach_lerp_(means, weights, 1 - keep)
        else:  # a count, as batch normalisation has
            torch._foreach_copy_(means, weights)

    return move


def update(
    optimizer: torch.optim.Optimizer,
    loss: Tensor,
    rate: float,
    step: int,
    clip: float | None = None,
) -> float:
    """Make one step of the optimizer down the `loss`; return its value before."""
    moved = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    _check_loss(loss)
    gradients = torch.autograd.grad(loss.squeeze(), moved, allow_unused=True)  # nobody else's
    found = [g for g in gradients if g is not None]
    if not found:
        raise ValueError("loss: depends on none of the parameters that it should move")
    value, norm = loss.item(), torch.nn.utils.get_total_norm(found)
    if not 0 <= rate < TOO_FAST:
        raise FloatingPointError(
            f"the learning rate is {rate:g} at step {step}: keep it from 0 to {TOO_FAST:g}"
        )
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise FloatingPointError(
            f"the loss is {value} and its gradient's norm {norm:.3g} at step {step}: lower "
            f"the learning rate (now {rate:g}) and start again; the weights are those before "
            "this step"
        )
    if clip is not None and norm > clip:  # not in place: two weights may share a gradient
        gradients = [None if g is None else g * (clip / norm) for g in gradients]
    for p, g in zip(moved, gradients, strict=True):
        # The fused Adam reads it in the order of the weight's memory, whatever its own strides.
        ordered = g is None or g.stride() == p.stride()
        p.grad = g if ordered else torch.empty_like(p).copy_(g)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return value


def _check_loss(loss):
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        got = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
        raise ValueError(
            f"loss: got {got}, wanted a scalar tensor: take the mean over the batch"
        )
    if not loss.requires_grad:
        raise ValueError(
            "loss: depends on no parameter: is there a detach, an item, a no_grad?"
        )
