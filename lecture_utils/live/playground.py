"""A training or a sampler that the reader plays, pauses, steps and resets."""

import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import ipywidgets as w
import torch

from .controls import make_control
from .panel import Panel
from .picture import Picture, drawing
from .player import Player, line, pause_all

_SPEEDS = {"1 step a second": 1, "3 a second": 3, "10 a second": 10, "30 a second": 30}
_SPEEDS["as fast as it goes"] = math.inf


class Rate(float):
    """A number as its slider had it when it was read; called, as the slider has it now.

    So a learning rate, which `train` calls before every step, follows its slider, and a size
    stays what it was when something was built with it.
    """

    def __new__(cls, value: float, now: Callable):
        rate = super().__new__(cls, value)
        rate.now = now
        return rate

    def __call__(self, progress: float = 0.0) -> float:
        return float(self.now())

    def __reduce__(self):
        return float, (float(self),)  # a copy, as of a model built with it, is a number


class Playground(Panel):
    """A panel whose picture follows a generator, and whose controls are knobs."""

    def __init__(self, start: Callable, view: Callable, knobs: dict, verbs: dict, speed):
        icons = {"play": "play", **dict.fromkeys(verbs or ["step"], "step-forward")}
        icons["reset"] = "refresh"
        self.play, *steps, self.reset = buttons = [
            w.Button(description=text, icon=icon, layout=w.Layout(width="110px"))
            for text, icon in icons.items()
        ]
        options = list(_SPEEDS.items())
        self.speed = make_control("speed", w.SelectionSlider(options=options, value=speed))
        controls = {name: make_control(name, spec) for name, spec in knobs.items()}
        super().__init__(Picture(view), controls, [*buttons, self.speed])
        self.verbs = verbs
        self.p = SimpleNamespace()
        self._read()
        self.player = Player(
            lambda: start(self.p), self._follow, self.fail, self._changed, self._turn
        )
        self.player.speed = speed
        self.play.on_click(lambda _: self._play_or_pause())
        for step in steps:
            step.on_click(lambda button: self.player.step(1, button.description))
        self.speed.observe(lambda change: setattr(self.player, "speed", change["new"]), "value")
        self.reset.on_click(lambda _: self._restart())
        for name, control in self.controls.items():
            control.observe(partial(self._turned, name), "value")

    def _play_or_pause(self):
        self.player.pause() if self.player.playing else self.player.play()

    def _follow(self, record, made: int):
        with drawing:
            self.picture.frame(step=record)
            self.send(moving=self.player.playing)
        self.say(line(record, made))

    def _changed(self):
        self.play.description = self.play.icon = "pause" if self.player.playing else "play"
        if self.player.finished:
            self.say(f"{line(self.player.last, self.player.made)}; finished: press reset")

    def _read(self):
        """Bring the knobs up to date."""
        for name, control in self.controls.items():
            value = control.value
            if isinstance(value, float):
                value = Rate(value, partial(getattr, self.p, name))
            setattr(self.p, name, value)

    def _turn(self, verb: str = None):
        """Bring the knobs up to date between two steps, and say which verb the step is.

        `verb` is the button that was pressed for this step; without one, as while it plays, it
        is the last of them.
        """
        self._read()
        if self.verbs:
            self.p.verb = self.verbs[verb or list(self.verbs)[-1]]

    def _turned(self, name: str, change):
        if self.player.playing or self.player.failed:  # an error stays until it is stepped over
            return
        new, called = change["new"], getattr(change["owner"], "description", name)
        if isinstance(new, torch.Tensor):
            return self.say(f"{called} changed: press reset to train on what is drawn now.")
        value = f"{new:.3g}" if isinstance(new, float) else new
        self.say(f"{called} is now {value}: a rate acts with the next step, a size with reset.")

    def _restart(self):
        model = getattr(self.player.last, "model", None)
        self.player.reset()
        if model is not None and model is getattr(self.player.last, "model", None):
            self.say(
                "This goes on with the same model: build it inside the function given to "
                "playground to start over."
            )


def playground(
    start: Callable,
    view: Callable,
    before: int = 1,
    verbs: dict[str, object] | None = None,
    speed: float = math.inf,
    **knobs,
) -> None:
    """Show a generator that the reader plays, pauses, steps and resets, and knobs that steer
    it.

    `start(p)` returns the generator: `lambda p: train(VAE(), x, lr=p.lr)`, or a sampler's.
    Every knob is an attribute of `p`, brought up to date between two steps. A number with a
    fraction, given to `train` as a rate, follows its slider; what is built from a knob,
    `VAE(latent=p.n)` or `batch=p.batch`, stays until reset; what is read as `p.beta` in a loss
    is read anew. `view`'s `update(step)` draws a record. `before` steps are made before it is
    shown. `verbs` is name → value, a button each in the place of *step*: in the step it makes,
    `p.verb` is its value, and in all others the last one's. `speed` is in steps a second: 1, 3,
    10, 30, or ∞.
    """
    _check(before, verbs, speed, knobs)
    pause_all()  # a cell that is run again leaves its first playground behind
    panel = Playground(start, view, knobs, verbs, speed)
    some = max(1, before // 20)  # a picture every so often, so that curves have a past
    try:
        for done in range(0, before, some):
            panel.player.step(min(some, before - done))
    except KeyboardInterrupt:  # it ends the generator, unless it met the drawing
        print(f"Interrupted after {panel.player.made} of {before} steps: reset starts over.")
        panel.player.redraw()
    panel.show()


def _check(before, verbs, speed, knobs: dict):
    if not isinstance(before, int) or before < 1:
        raise ValueError(f"before: got {before!r}, wanted a whole number of steps, 1 or more")
    if speed not in _SPEEDS.values():
        raise ValueError(f"speed: got {speed!r}, wanted one of {[*_SPEEDS.values()]}")
    if verbs is None:
        return
    if not isinstance(verbs, dict) or not verbs or "verb" in knobs:
        raise ValueError(
            f"verbs: got {verbs!r}, wanted a dict of a button's name → the value of p.verb, "
            "and no knob called verb"
        )
    taken = {"play", "pause", "reset"} & set(verbs)
    if taken:
        raise ValueError(
            f"verbs: {taken.pop()!r} is the name of a button already; choose another"
        )
