"""Live figures: `explore` (sliders), `watch` (training, blocking) and `playground` (training, played and steered).

Each shows one `Picture` in one image widget, so nothing flickers. Widget callbacks may run in another thread than the
cells (ipykernel 7), so nothing here touches pyplot's state. With LECTURE_STATIC set, as when the notebooks are built, the
same three functions emit the picture alone: a saved widget would open as "model not found".
"""
import base64
import contextlib
import html
import inspect
import os
import threading
import time
from types import SimpleNamespace
from typing import Callable, Iterator

import ipywidgets as w
import torch
from IPython.display import display
from ipywidgets import interactive

from .controls import Visual, beside
from .picture import Picture
from .train import Step

_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "eps": "ε", "eta": "η", "lambda_": "λ", "mu": "μ", "sigma": "σ",
          "tau": "τ", "theta": "θ"}


def static() -> bool:
    """Say whether pictures replace widgets, as in the notebooks that are committed."""
    return bool(os.environ.get("LECTURE_STATIC"))


class Panel(w.VBox):
    """What the reader sees: controls above, the picture below, and one line for messages and errors."""

    def __init__(self, picture: Picture, controls: dict, bars: tuple = ()):
        self.picture, self.controls = picture, controls
        self.image = w.Image(format="png", layout=w.Layout(max_width="100%", object_fit="contain"))
        # An image widget has no alternative text (and breaks in JupyterLab when given a tooltip): say it to screen readers.
        alt = w.HTML(f"<span style='position:absolute;clip-path:inset(50%);width:1px'>{html.escape(picture.alt)}</span>",
                     layout=w.Layout(height="0", margin="0"))
        self.message = w.HTML()
        visual = [c for c in controls.values() if isinstance(c, Visual)]
        sliders = [c for c in controls.values() if not isinstance(c, Visual)]
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        rows = [w.HBox(list(bars), layout=wrap)] if bars else []
        rows += [w.HBox(sliders, layout=wrap)] if sliders else []
        super().__init__([*rows, w.HBox([*visual, self.image], layout=wrap), alt, self.message])

    def draw(self, **values) -> bool:
        """Move the picture to these values; say in the message line what went wrong, if anything did."""
        try:
            self.image.value = self.picture.frame(**values)
        except Exception as error:
            self.fail(error, f"while drawing {', '.join(values)}")
            return False
        return True

    def say(self, text: str):
        self.message.value = f"<span style='font-family:monospace'>{html.escape(text)}</span>"

    def fail(self, error: Exception, when: str):
        line = " ".join(f"{type(error).__name__} {when}: {error}".split())
        self.message.value = f"<span role='alert' style='color:#D55E00;font-weight:bold'>{html.escape(line)}</span>"

    def show(self):
        """Display the panel, or its picture alone where notebooks are built."""
        if not static():
            return display(self)
        if "role='alert'" in self.message.value:
            raise RuntimeError(self.message.value)  # a notebook that is built must not hide what a reader would be shown
        _display_png(beside([c.image() for c in self.controls.values() if isinstance(c, Visual)], self.image.value),
                     self.picture.alt)


def _display_png(png: bytes, alt: str):
    display({"image/png": base64.b64encode(png).decode(), "text/plain": alt}, metadata={"image/png": {"alt": alt}}, raw=True)


def show(view: Callable, **values) -> None:
    """Show a view once, as a picture without controls."""
    picture = Picture(view)
    _display_png(picture.frame(**values), picture.alt)


def _control(name: str, spec, default=inspect.Parameter.empty) -> w.Widget:
    """Return the widget for a control: `spec` is a widget, or an abbreviation as `ipywidgets.interact` takes them."""
    widget = spec if isinstance(spec, w.Widget) else interactive.widget_from_abbrev(spec, default)
    if widget is None or not hasattr(widget, "value"):
        raise ValueError(f"{name}: got {spec!r}, wanted (low, high), (low, high, step), a list of choices, True or False, or a widget")
    if not isinstance(widget, Visual):
        widget.description = widget.description or _GREEK.get(name, name.replace("_", " "))
        widget.style.description_width = "initial"
        widget.layout.width = widget.layout.width or "280px"
    return widget


def _controls(update: Callable, specs: dict) -> dict:
    """Return the control widgets of `update`'s parameters; raise `ValueError` for a control it does not know or lacks."""
    parameters = inspect.signature(update).parameters
    for name in specs:
        if name not in parameters:
            raise ValueError(f"{name}: unknown control; the view's update takes {', '.join(parameters) or 'none'}")
    missing = [n for n, p in parameters.items() if p.default is p.empty and n not in specs]
    if missing:
        raise ValueError(f"{missing[0]}: the view's update needs this control; give it as {missing[0]}=(low, high)")
    return {name: _control(name, spec, parameters[name].default) for name, spec in specs.items()}


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
    redraw()  # the second frame learns which artists move, so that the reader's first touch is as fast as the next
    for control in panel.controls.values():
        control.observe(redraw, "value")
    panel.show()


def watch(steps: Iterator[Step], view: Callable, every: float = 0.1) -> None:
    """Drain a training generator, with a progress bar and the view's `update(step)` drawn as it goes; block until it ends.

    Drawing takes a tenth of the time at most (after the first frames). An interrupt of the kernel stops the training and
    keeps the model as it is. Where training raises, the error is shown and raised again.
    """
    pause_all()
    bar = w.FloatProgress(min=0, max=1, layout=w.Layout(width="300px"))
    panel = Panel(Picture(view), {}, (bar,))
    if not static():
        panel.show()
    last, due, frames = None, 0.0, 0
    try:
        for last in steps:
            now = time.perf_counter()
            if now >= due:
                bar.value = last.step / last.steps
                panel.say(str(last))
                frames += 1
                drawn = panel.draw(step=last)
                cost = time.perf_counter() - now
                pause = max(every, 11 * cost) if frames > 2 else every  # the first two frames lay the figure out
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


class Player:
    """Plays a generator in one thread at most: play, pause, step, reset. `show(record)` is called as it goes."""

    def __init__(self, start: Callable[[], Iterator], show: Callable, fail: Callable, changed: Callable = lambda: None):
        self.start, self.show, self.fail, self.changed = start, show, fail, changed
        self._commands, self._stop, self._thread = threading.RLock(), threading.Event(), None
        self._steps, self.last = None, None

    @property
    def playing(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and not self._stop.is_set()

    def play(self):
        with self._commands:
            if self.playing:
                return  # a second click never starts a second thread
            pause_all()
            self._join()
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, daemon=True)
            _players.add(self)
            self._thread.start()
            self.changed()

    def pause(self):
        with self._commands:
            self._join()
            self.changed()

    def step(self, n: int = 1):
        with self._commands:
            self._join()
            if any([self._advance() for _ in range(n)]):
                self._draw()
            self.changed()

    def reset(self):
        """Start over: a new generator, its first step made and shown."""
        with self._commands:
            self._join()
            self._steps = self.last = None
            self.step()

    def _join(self):
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        _players.discard(self)

    def _advance(self) -> bool:
        try:
            if self._steps is None:
                self._steps = iter(self.start())
            self.last = next(self._steps)
            return True
        except StopIteration:
            return False
        except Exception as error:
            self.fail(error, "while training")
            return False

    def _draw(self):
        try:
            self.show(self.last)
            return True
        except Exception as error:
            self.fail(error, "while drawing")
            return False

    def _run(self):
        drawn = 0.0
        while not self._stop.is_set() and self._advance():
            if time.perf_counter() - drawn > 0.1:  # ten pictures a second
                if not self._draw():
                    break
                drawn = time.perf_counter()
        else:
            if self.last is not None:
                self._draw()
        self._stop.set()
        self.changed()


_players: set = set()  # those that play; one at a time, since two would share two cores


def pause_all():
    """Pause every playground that plays."""
    for player in list(_players):
        player.pause()


def playground(start: Callable, view: Callable, before: int = 1, **knobs) -> None:
    """Show a training that the reader plays, pauses, steps and resets, and knobs that act while it runs.

    `start(p)` builds the model and returns its training generator: `lambda p: train(VAE(), x, lr=p.lr)`. Every knob is an
    attribute of `p`: a number is a 0-d tensor that is changed in place, so whatever holds it follows the slider; a choice
    is read anew with `p.name`. `view`'s `update(step)` draws a record. `before` steps are made before it is shown.
    """
    if int(before) < 1:
        raise ValueError(f"before: got {before}, wanted 1 or more steps")
    pause_all()  # a cell that is run again leaves its first playground behind
    controls = {name: _control(name, spec) for name, spec in knobs.items()}
    p = SimpleNamespace()
    for name, control in controls.items():
        _bind(p, name, control)
    play, step, reset = (w.Button(description=d, icon=i, layout=w.Layout(width="110px"))
                         for d, i in (("play", "play"), ("step", "step-forward"), ("reset", "refresh")))
    panel = Panel(Picture(view), controls, (play, step, reset))

    def show(record):
        panel.image.value = panel.picture.frame(step=record)
        panel.say(str(record))

    def changed():
        play.description = play.icon = "pause" if player.playing else "play"

    def turned(change):
        if not player.playing:
            panel.say(f"{change['owner'].description} is now {change['new']:.3g}: it acts with the next step."
                      if isinstance(change["new"], float) else "It acts with the next step.")

    def restart(_):
        model = getattr(player.last, "model", None)
        player.reset()
        if model is not None and model is getattr(player.last, "model", None):
            panel.say("This goes on with the same model: build it inside the function given to playground to start over.")

    player = panel.player = Player(lambda: start(p), show, panel.fail, changed)
    play.on_click(lambda _: player.pause() if player.playing else player.play())
    step.on_click(lambda _: player.step())
    reset.on_click(restart)
    for control in controls.values():
        control.observe(turned, "value")
    for done in range(0, before, max(1, before // 20)):  # a picture every so often, so that curves have a past
        player.step(min(max(1, before // 20), before - done))
    panel.show()


def _bind(p: SimpleNamespace, name: str, control: w.Widget):
    """Make p.name follow the control: a number in place, anything else by assignment."""
    number = isinstance(control.value, (bool, int, float))
    setattr(p, name, torch.tensor(control.value, dtype=torch.float64 if type(control.value) is float else None)
            if number else control.value)
    follow = (lambda c: getattr(p, name).fill_(c["new"])) if number else (lambda c: setattr(p, name, c["new"]))
    control.observe(follow, "value")
