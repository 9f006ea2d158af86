"""Live figures: `explore` (sliders), `watch` (training, blocking) and `playground` (training, played and steered).

Each shows one `Picture` in one image widget, so nothing flickers. Widget callbacks may run in another thread than the
cells (ipykernel 7), so nothing here touches pyplot's state.
"""
import contextlib
import inspect
import time
from functools import partial
from types import SimpleNamespace
from typing import Callable, Iterator

import ipywidgets as w
import torch

from .panel import Panel, display_png, make_control, static
from .picture import Picture
from .player import Player, pause_all
from .train import Step


def show(view: Callable, **values) -> None:
    """Show a view once, as a picture without controls."""
    picture = Picture(view)
    display_png(picture.frame(**values), picture.alt)


def _controls(update: Callable, specs: dict) -> dict:
    """Return the control widgets of `update`'s parameters; raise `ValueError` for a control it does not know or lacks."""
    parameters = inspect.signature(update).parameters
    for name in specs:
        if name not in parameters:
            raise ValueError(f"{name}: unknown control; the view's update takes {', '.join(parameters) or 'none'}")
    missing = [n for n, p in parameters.items() if p.default is p.empty and n not in specs]
    if missing:
        raise ValueError(f"{missing[0]}: the view's update needs this control; give it as {missing[0]}=(low, high)")
    return {name: make_control(name, spec, parameters[name].default) for name, spec in specs.items()}


def explore(view: Callable, **controls) -> None:
    """Show a view beside one control for each parameter of its `update`: it follows the hand.

    A control is given as `ipywidgets.interact` takes it: (low, high), (low, high, step), a list, a bool; or as a widget with
    a `value`, such as `controls.Point`. It starts where `update`'s default says. Raises `ValueError` for an unknown one.
    """
    picture = Picture(view)
    panel = Panel(picture, _controls(picture.update, controls))

    def redraw(_=None):
        if panel.draw(**{name: c.value for name, c in panel.controls.items()}):
            panel.message.value = ""

    redraw()
    for control in panel.controls.values():
        control.observe(redraw, "value")
    panel.show()


def watch(steps: Iterator[Step], view: Callable, every: float = 0.1) -> None:
    """Drain a training generator, with a progress bar and the view's `update(step)` drawn as it goes; block until it ends.

    Drawing takes a twentieth of the time, after the first frame. An interrupt of the kernel stops the training and
    keeps the model as it is. Where training raises, the error is shown and raised again.
    """
    pause_all()
    bar = w.FloatProgress(min=0, max=1, layout=w.Layout(width="300px"))
    panel = Panel(Picture(view), {}, (bar,))
    if not static():
        panel.show()
    last, due = None, 0.0
    try:
        for last in steps:
            now = time.perf_counter()
            if now >= due:
                bar.value = last.step / last.steps
                panel.say(str(last))
                drawn = panel.draw(step=last)
                cost = time.perf_counter() - now
                pause = max(every, 18 * cost) if due else every  # the first frame lays the figure out
                due = now + cost + pause if drawn else float("inf")
            elif last.step % max(1, last.steps // 20) == 0 and due < float("inf"):
                with contextlib.suppress(Exception):  # the next frame will meet and show the same error
                    panel.picture.move(step=last)  # so that curves have their points, however fast it goes
    except KeyboardInterrupt:
        print(f"Interrupted at {last or 'the start'}. The model keeps what it has learned.")
    except Exception as error:
        panel.fail(error, "while training")
        raise
    if last and due != float("inf"):
        bar.value = last.step / last.steps
        panel.say(str(last))
        panel.draw(step=last)
    if static():
        panel.show()


class Playground(Panel):
    """A panel whose picture follows a training that is played, paused, stepped and reset, and whose controls are knobs."""

    def __init__(self, start: Callable, view: Callable, knobs: dict, verbs: dict = None):
        icons = {"play": "play", **dict.fromkeys(verbs or ["step"], "step-forward"), "reset": "refresh"}
        self.play, *steps, self.reset = buttons = [
            w.Button(description=text, icon=icon, layout=w.Layout(width="110px")) for text, icon in icons.items()]
        self.slow = w.ToggleButton(description="slow motion", layout=w.Layout(width="110px"))
        super().__init__(Picture(view), {name: make_control(name, spec) for name, spec in knobs.items()}, [*buttons, self.slow])
        self.verbs = verbs or {}
        self.p = SimpleNamespace(**{name: _knob(control) for name, control in self.controls.items()})
        self.player = Player(lambda: start(self.p), self._follow, self.fail, self._changed, self._turn)
        self.play.on_click(lambda _: self.player.pause() if self.player.playing else self.player.play())
        for step in steps:
            step.on_click(lambda button: self.player.step(1, button.description))
        self.slow.observe(lambda change: setattr(self.player, "slow", change["new"]), "value")
        self.reset.on_click(lambda _: self._restart())
        for name, control in self.controls.items():
            control.observe(partial(self._turned, name), "value")

    def _follow(self, step):
        self.image.value = self.picture.frame(step=step)
        self.say(str(step))

    def _changed(self):
        self.play.description = self.play.icon = "pause" if self.player.playing else "play"

    def _turn(self, verb: str = None):
        """Bring the knobs up to date, between two steps: autograd must not find a number changed on its way back.

        `verb` is the button that was pressed for this step; without one, as while it plays, it is the last of them."""
        for name, control in self.controls.items():
            getattr(self.p, name).fill_(control.value) if _is_number(control) else setattr(self.p, name, control.value)
        if self.verbs:
            self.p.verb = self.verbs[verb or list(self.verbs)[-1]]

    def _turned(self, name: str, change):
        if self.player.playing or self.player.failed:  # an error stays until it is stepped over
            return
        new, called = change["new"], getattr(change["owner"], "description", name)
        if isinstance(new, torch.Tensor):
            self.say(f"{called} changed: press reset to train on what is drawn now.")
        else:
            self.say(f"{called} is now {f'{new:.3g}' if isinstance(new, float) else new}: it acts with the next step.")

    def _restart(self):
        model = getattr(self.player.last, "model", None)
        self.player.reset()
        if model is not None and model is getattr(self.player.last, "model", None):
            self.say("This goes on with the same model: build it inside the function given to playground to start over.")


def playground(start: Callable, view: Callable, before: int = 1, verbs: dict = None, **knobs) -> None:
    """Show a training that the reader plays, pauses, steps and resets, and knobs that act while it runs.

    `start(p)` builds the model and returns its training generator: `lambda p: train(VAE(), x, lr=p.lr)`. Every knob is an
    attribute of `p`: a number is a 0-d tensor that is changed in place between two steps, so whatever holds it follows the
    slider; a choice, or what is drawn on a `controls.Points`, is read anew with `p.name`. `view`'s `update(step)` draws a
    record. `before` steps are made before it is shown. `verbs` is name → value, a button each in the place of *step*: in
    the step it makes, `p.verb` is its value, and in all others the last one's.
    """
    if verbs is not None and (not isinstance(verbs, dict) or not verbs or "verb" in knobs):
        raise ValueError(f"verbs: got {verbs!r}, wanted a dict of a button's name → the value of p.verb, and no knob called verb")
    if not isinstance(before, int) or before < 1:
        raise ValueError(f"before: got {before!r}, wanted a whole number of steps, 1 or more")
    pause_all()  # a cell that is run again leaves its first playground behind
    panel = Playground(start, view, knobs, verbs)
    for done in range(0, before, max(1, before // 20)):  # a picture every so often, so that curves have a past
        panel.player.step(min(max(1, before // 20), before - done))
    panel.show()


def _is_number(control: w.Widget) -> bool:
    return isinstance(control.value, (bool, int, float)) and not hasattr(control, "options")


def _knob(control: w.Widget):
    """Return what holds a control's value for a training: a 0-d tensor for a number, otherwise the value itself."""
    if _is_number(control):
        return torch.tensor(control.value, dtype=torch.float64 if isinstance(control.value, float) else None)
    return control.value
