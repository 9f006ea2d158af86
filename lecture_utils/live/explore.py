"""Figures that follow a hand, `explore`, or a generator that runs to its end, `watch`."""

import contextlib
import inspect
import time
from collections.abc import Callable, Iterator

import ipywidgets as w

from .controls import make_control
from .film import Film
from .panel import Panel, static
from .picture import Picture
from .player import line, pause_all, progress


def show(view: Callable, **values) -> None:
    """Show a view once, as a picture without controls."""
    picture = Picture(view)
    picture.frame(**values)
    panel = Panel(picture, {})
    panel.send()
    panel.show()


def explore(view: Callable, **controls) -> None:
    """Show a view beside one control for each parameter of its `update`: it follows the hand.

    A control is given as `ipywidgets.interact` takes it: (low, high), (low, high, step), a
    list, a bool; or as a widget with a `value`, such as `Point` or `Film`. It starts where
    `update`'s default says. Raises `ValueError` for an unknown one.
    """
    picture = Picture(view)
    panel = Panel(picture, _controls(picture.update, controls))

    def values() -> dict:
        return {name: control.value for name, control in panel.controls.items()}

    panel.draw(values())
    for control in panel.controls.values():
        control.observe(lambda _: panel.brush.ask(values), "value")
    panel.show(_frames(panel, values()) if static() else None)


def _frames(panel: Panel, values: dict) -> list:
    """Return the pictures along a film, or none where no control is one."""
    frames = []
    for name, film in panel.controls.items():
        for record in film.some() if isinstance(film, Film) else ():
            panel.picture.frame(**{**values, name: record})
            frames.append(panel.picture.image())
    return frames


def _controls(update: Callable, specs: dict) -> dict:
    """Return the control widgets of `update`'s parameters.

    Raises `ValueError` for a control that it does not know, or lacks.
    """
    parameters = inspect.signature(update).parameters
    for name in specs:
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise ValueError(f"{name}: unknown control; the view's update takes {known}")
    for name, p in parameters.items():
        if p.default is p.empty and name not in specs:
            raise ValueError(
                f"{name}: the view's update needs this control; give it as {name}=(low, high)"
            )
    return {n: make_control(n, spec, parameters[n].default) for n, spec in specs.items()}


def watch(records: Iterator, view: Callable, every: float = 0.1):
    """Drain a generator, a training or a sampler, and draw it as it goes; return the last
    record.

    The view's `update(step)` is given a record. It blocks until the generator ends, behind a
    progress bar where the records say how many there will be. Drawing takes a twentieth of the
    time, after the first frame; records that come slowly are all drawn. An interrupt of the
    kernel stops it, and a training keeps its model as it is. Where the generator raises, the
    error is shown and raised again.
    """
    pause_all()
    bar = w.FloatProgress(min=0, max=1, layout=w.Layout(width="300px"))
    panel = Panel(Picture(view), {}, (bar,))
    if not static():
        panel.show()
    last, made, drawn, due = None, 0, 0, 0.0

    def draw(moving: bool) -> float:
        begun = time.perf_counter()
        step, steps = progress(last, made)
        bar.layout.display = None if steps else "none"
        bar.value = step / steps if steps else 0
        if panel.draw({"step": last}, moving):
            panel.say(line(last, made))
        return time.perf_counter() - begun

    try:
        for last in records:
            made += 1
            if time.perf_counter() >= due:
                cost = draw(moving=True)
                pause = max(every, 18 * cost) if drawn else every  # the first lays it out
                due, drawn = time.perf_counter() + pause, made
            else:
                _keep_up(panel, last, made)
    except KeyboardInterrupt:
        where = line(last, made) if made else "the start"
        print(f"Interrupted at {where}. The model keeps what it has learned.")
    except Exception as error:
        panel.fail(error, "while training")
        raise
    if made:
        draw(moving=False)
    if static():
        panel.show()
    return last


def _keep_up(panel: Panel, record, made: int):
    """Move the view between two pictures, so that curves have points however fast it goes."""
    step, steps = progress(record, made)
    if steps and step % max(1, steps // 20) == 0:
        with contextlib.suppress(Exception):  # the next picture will meet and show it
            panel.picture.move(step=record)
