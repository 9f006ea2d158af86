"""Training is a generator: each `next` is one update, so pausing is not calling it."""

import math
import time
from numbers import Integral, Real
from typing import Callable, Iterator, NamedTuple, Union

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from .data import check_finite


Rate = Union[float, Tensor, Callable[[float], float]]
_TOO_FAST = 1e6  # one step at such a learning rate cannot make a finite weight infinite


class Step(NamedTuple):
    """What one update leaves behind: its number of how many, the named losses, the seconds so far, the model."""

    step: int
    steps: int
    losses: dict
    seconds: float
    model: nn.Module

    def __repr__(self) -> str:
        losses = ", ".join(f"{name} {value:.4g}" for name, value in self.losses.items())
        return f"step {self.step} of {self.steps}: {losses}; {self.seconds:.1f} s"


def one_cycle(peak: float) -> Callable[[float], float]:
    """Return a learning rate as a function of the progress t in [0, 1]: up to `peak` in the first fifth, then a cosine to 0."""
    if not 0 < peak < math.inf:
        raise ValueError(f"peak: got {peak}, wanted a learning rate above 0")
    return lambda t: (
        peak
        * (
            0.04 + 0.96 * t / 0.2
            if t < 0.2
            else 0.5 * (1 + math.cos(math.pi * (t - 0.2) / 0.8))
        )
    )


def train(
    model: nn.Module,
    x: Tensor,
    steps: int = 1000,
    batch: int = 100,
    lr: Union[Rate, dict] = 2e-3,
    loss: Callable = None,
    betas: tuple = (0.9, 0.999),
    turns: Union[tuple, Callable] = None,
) -> Iterator[Step]:
    """Return a generator that makes one Adam update of `model` on random rows of `x` a time, and yields a `Step` after each.

    `loss(rows, t)` is a scalar, `model.loss(rows)` unless given; t in [0, 1] is the progress. `lr` is a number, a knob
    (a tensor that may change while training runs), or a function of t. A model with `players()`, a game, has a loss and
    an Adam for each player; `lr` may be a dict by their names, and a step is one update of each in turn, or of those that
    `turns` names: ("D", "D", "G"), or a function that returns such a tuple. Raises `ValueError` at once for arguments that
    make no sense, and `FloatingPointError` when a loss or its gradient is no longer finite: the weights are then those
    before that update. Between the steps and however it ends, the model is in `eval` mode.
    """
    check_finite(x)
    for name, number in (("steps", steps), ("batch", batch)):
        if not isinstance(number, Integral) or number < 1:
            raise ValueError(f"{name}: got {number!r}, wanted a whole number, 1 or more")
    if hasattr(model, "players"):
        if loss is not None:
            raise ValueError("loss: got one for a game, wanted none: each player has its own")
        players = {
            name: (moved, lambda rows, t, own=own: own(rows))
            for name, (moved, own) in model.players().items()
        }
    else:  # a game with one player
        players = {
            "loss": (list(model.parameters()), loss or (lambda rows, t: model.loss(rows)))
        }
    rates = lr if isinstance(lr, dict) else dict.fromkeys(players, lr)
    if set(rates) != set(players):
        raise ValueError(
            f"lr: got rates for {', '.join(rates)}, wanted one for each of {', '.join(players)}"
        )
    for rate in rates.values():
        if not callable(rate) and not (
            isinstance(rate, (Real, Tensor)) and 0 <= float(rate) < _TOO_FAST
        ):
            raise ValueError(
                f"lr: got {rate!r}, wanted a learning rate from 0 to {_TOO_FAST:g}, or a function of the progress"
            )
    in_turn = turns if callable(turns) else lambda: turns or tuple(players)
    named = in_turn()
    if not isinstance(named, (tuple, list)) or not set(named) <= set(players):
        raise ValueError(
            f"turns: got {named!r}, wanted a tuple of names among {', '.join(players)}"
        )
    if not (
        isinstance(betas, (tuple, list)) and len(betas) == 2 and all(0 <= b < 1 for b in betas)
    ):
        raise ValueError(
            f"betas: got {betas!r}, wanted Adam's two decays, each from 0 to below 1"
        )
    return _steps(model, players, _batches(x, batch), steps, rates, betas, in_turn)


def _batches(x, batch):
    """Yield random rows of x for ever; every pass over the data is in a new order."""
    order = torch.empty(0, dtype=torch.long)
    while True:
        if len(order) < batch:
            order = torch.cat(
                [order, *(torch.randperm(len(x)) for _ in range(-(-batch // len(x))))]
            )
        yield x[order[:batch]]
        order = order[batch:]


def _steps(model, players, batches, steps, rates, betas, in_turn):
    optimizers = {
        name: torch.optim.Adam(moved, betas=betas, fused=True)
        for name, (moved, _) in players.items()
    }
    seconds, losses = 0.0, {}
    try:
        for step in range(1, steps + 1):
            start, t = time.perf_counter(), (step - 1) / steps
            model.train()
            for name in in_turn():
                rate = float(rates[name](t) if callable(rates[name]) else rates[name])
                losses[name] = update(
                    optimizers[name], players[name][1](next(batches), t), rate, step
                )
            getattr(model, "after_step", lambda: None)()
            model.eval()  # whoever looks between two steps sees the model without dropout
            seconds += time.perf_counter() - start
            yield Step(step, steps, dict(losses), seconds, model)
    finally:
        model.eval()


def together(runs: dict) -> Iterator[Step]:
    """Advance several trainings in turn, one update each; yield one `Step` for all of them.

    `runs` is name → list of training generators. The step's `losses` are name → mean loss, its `model` name → models.
    It ends with the first training that ends; those before it in the order have then made one update more.
    """
    for row in zip(*(zip(*trainings) for trainings in runs.values())):
        steps = dict(zip(runs, row))
        first = row[0][0]
        yield Step(
            first.step,
            first.steps,
            {
                name: sum(sum(s.losses.values()) for s in each) / len(each)
                for name, each in steps.items()
            },
            sum(s.seconds for each in row for s in each),
            {name: [s.model for s in each] for name, each in steps.items()},
        )


def update(optimizer: torch.optim.Optimizer, loss: Tensor, rate: float, step: int) -> float:
    """Make one descent step of the optimizer's own parameters on the scalar `loss`; return the loss before it."""
    value, moved = (
        loss.item(),
        [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad],
    )
    gradients = torch.autograd.grad(
        loss, moved, allow_unused=True
    )  # by nobody else's parameters
    norm = torch.nn.utils.get_total_norm([g for g in gradients if g is not None])
    if not 0 <= rate < _TOO_FAST:
        raise FloatingPointError(
            f"the learning rate is {rate:g} at step {step}: keep it from 0 to {_TOO_FAST:g}"
        )
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise FloatingPointError(
            f"the loss is {value} and its gradient's norm {norm:.3g} at step {step}: lower the learning "
            f"rate (now {rate:g}) and start again; the weights are those before this step"
        )
    for p, gradient in zip(moved, gradients):
        p.grad = gradient
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return value


def fit(steps: Iterator[Step]) -> Step:
    """Drain a training generator behind a progress bar; return its last `Step`. An interrupt keeps the model as it is."""
    last = None
    with tqdm(desc="training", leave=False) as bar:
        try:
            for last in steps:
                bar.total = last.steps
                bar.update()
        except KeyboardInterrupt:
            print(
                f"Interrupted: {last or 'before the first step'}. The model keeps what it has learned."
            )
    return last
