"""What a training yields, several of them side by side, and a bar to drain one behind."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from torch import nn
from tqdm.auto import tqdm


class Step(NamedTuple):
    """What one update leaves behind: its number of how many, the losses by name, the seconds.

    `averaged` is the model with the running mean of its weights; without a mean, the model.
    """

    step: int
    steps: int
    losses: dict
    seconds: float
    model: nn.Module
    averaged: nn.Module

    def __repr__(self) -> str:
        losses = ", ".join(f"{name} {value:.4g}" for name, value in self.losses.items())
        return f"step {self.step} of {self.steps}: {losses}; {self.seconds:.1f} s"


class Together(NamedTuple):
    """One update of several trainings: `runs` is name → the `Step` of each."""

    step: int
    steps: int
    runs: dict

    def __repr__(self) -> str:
        words = [f"{name}: {_mean_losses(steps)}" for name, steps in self.runs.items()]
        return f"step {self.step} of {self.steps}; " + "; ".join(words)


def _mean_losses(steps: list) -> str:
    means = {k: sum(s.losses[k] for s in steps) / len(steps) for k in steps[0].losses}
    return ", ".join(f"{name} {value:.4g}" for name, value in means.items())


def together(runs: dict) -> Iterator[Together]:
    """Advance several trainings in turn, one update each; yield one `Together` for all of them.

    `runs` is name → list of training generators. It ends with the first training that ends;
    those before it in the order have then made one update more.
    """
    for row in zip(
        *(zip(*trainings, strict=False) for trainings in runs.values()), strict=False
    ):
        first = row[0][0]
        yield Together(first.step, first.steps, dict(zip(runs, map(list, row), strict=True)))


def fit(steps: Iterator[Step]) -> Step:
    """Drain a training behind a progress bar; return its last `Step`.

    An interrupt keeps the model as it is.
    """
    last = None
    built = bool(os.environ.get("LECTURE_STATIC"))  # a saved bar would open as an error
    with tqdm(desc="training", leave=False, disable=built) as bar:
        try:
            for last in steps:
                bar.total = last.steps
                bar.update()
        except KeyboardInterrupt:
            where = last or "before the first step"
            print(f"Interrupted: {where}. The model keeps what it has learned.")
    return last
