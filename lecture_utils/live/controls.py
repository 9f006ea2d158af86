"""Controls: sliders as `interact` takes them, a point to drag.

Each has a `value`, as sliders do.
"""

import base64
import inspect
import math
from collections.abc import Callable

import ipywidgets as w
import numpy as np
import traitlets
from ipywidgets import interactive
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from wigglystuff import ChartPuck

from ..plots import MODEL
from .picture import PAGE_DPI, dots, png

_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "eps": "ε", "eta": "η", "lambda_": "λ"}
_GREEK |= {"mu": "μ", "sigma": "σ", "tau": "τ", "theta": "θ"}
ROOM = {"flex": "1 1 360px", "max_width": "520px", "width": "auto"}  # a slider's, for the hand


def make_control(name: str, spec, default=inspect.Parameter.empty) -> w.Widget:
    """Return the widget for a control: `spec` is a widget, or an abbreviation of `interact`'s.

    `default` is where it starts. A range of numbers with a fraction gets a step that leads
    there. Raises `ValueError` for a `spec` that means nothing, and for a start that it leaves
    out.
    """
    given = isinstance(spec, w.Widget)
    try:
        widget = spec if given else interactive.widget_from_abbrev(spec, default)
    except (ValueError, TypeError):
        widget = None
    if not hasattr(widget, "value") or (hasattr(widget, "options") and not widget.options):
        start = "" if default is inspect.Parameter.empty else f" with a start at {default!r}"
        raise ValueError(
            f"{name}: got {spec!r}{start}, wanted (low, high) or (low, high, step) with low "
            "below high and the start between, a list of choices, True or False, or a widget "
            "with a value"
        )
    starts = default is not inspect.Parameter.empty and isinstance(spec, (tuple, list, dict))
    if starts and widget.value != default:  # `interact` would start somewhere else
        raise ValueError(
            f"{name}: it starts at {default!r}, which {spec!r} leaves out; change one of them"
        )
    if isinstance(spec, tuple):
        _choose_step(name, widget, given=len(spec) == 3)
    if hasattr(widget, "description"):
        widget.description = widget.description or _GREEK.get(name, name.replace("_", " "))
        widget.style.description_width = "initial"
        slides = hasattr(widget, "max") or isinstance(widget, w.SelectionSlider)
        for key, room in (ROOM if slides else {"width": "280px"}).items():
            if getattr(widget.layout, key) is None:
                setattr(widget.layout, key, room)
    return widget


def _choose_step(name: str, slider: w.IntSlider | w.FloatSlider, given: bool):
    """Give the slider a step that reaches its start, if none is given; check that it does."""
    if isinstance(slider, w.FloatSlider):
        slider.step = slider.step if given else _step(slider)
        decimals = math.ceil(-math.log10(slider.step))
        slider.readout_format = f".{max(2, decimals)}f"
    if not _reaches(slider, slider.step):
        raise ValueError(
            f"{name}: it starts at {slider.value:g}, which steps of {slider.step:g} from "
            f"{slider.min:g} leave out; change the start, the ends or the step"
        )


def _reaches(slider: w.FloatSlider, step: float) -> bool:
    steps = (slider.value - slider.min) / step
    return math.isclose(steps, round(steps), abs_tol=1e-6)


def _step(slider: w.FloatSlider) -> float:
    """Return a round step that reaches the slider's value and makes at least 25 of its
    range."""
    most = min(1.0, (slider.max - slider.min) / 25 * (1 + 1e-9))
    power = math.floor(math.log10(most))
    steps = [float(f"{unit}e{p}") for p in range(power, power - 3, -1) for unit in (5, 2, 1)]
    fine = [step for step in steps if step <= most]
    return next((step for step in fine if _reaches(slider, step)), fine[-1])


class Visual(w.VBox):
    """A control that stands beside the picture; `image()` is what it shows where none lives."""

    def image(self) -> Image.Image:
        raise NotImplementedError


class _Map(ChartPuck):
    """A map with a point, mended: as sharp as the course's other pictures."""

    _esm = str(ChartPuck._esm)
    for _old, _new in {
        'canvas.width = model.get("width");': """canvas.width = 2 * model.get("width");
  canvas.style.width = model.get("width") + "px";""",
        'canvas.height = model.get("height");': """canvas.height = 2 * model.get("height");
  canvas.style.height = model.get("height") + "px";""",
        'canvas.getContext("2d");': """canvas.getContext("2d");
  ctx.scale(2, 2);""",
        "(chartImage, 0, 0)": "(chartImage, 0, 0, canvas.width / 2, canvas.height / 2)",
    }.items():
        _esm = _esm.replace(_old, _new)


class Point(Visual):
    """A point on a map: `draw(ax)` paints the map, `value` is the point (x, y) on it.

    It moves by mouse, or by two sliders. `names` label the sliders; a coordinate whose name is
    None stays where it starts. `size` is the map's, in inches. Raises `ValueError` for a start
    `at` that the map does not show.
    """

    value = traitlets.Tuple(traitlets.Float(), traitlets.Float())

    def __init__(
        self,
        draw: Callable,
        at: tuple = (0.0, 0.0),
        names: tuple = ("z₁", "z₂"),
        size: tuple = (4.3, 4.1),
    ):
        at = tuple(float(v) for v in at)
        self.puck, self.map = self._paint(draw, size, at, names)
        ends = self.puck.x_bounds, self.puck.y_bounds
        upright = names[0] is None  # along the map, where a narrow map has room
        length = self.puck.height if upright else min(380, self.puck.width - 20)
        self.sliders = [
            w.FloatSlider(
                value=v,
                min=min(limits),
                max=max(limits),
                step=abs(limits[1] - limits[0]) / 100,
                description=name or "",
                readout_format=".2f",
                orientation="vertical" if upright else "horizontal",
                layout=w.Layout(**{"height" if upright else "width": f"{length}px"}),
                style={"description_width": "initial"},
                disabled=name is None,
            )
            for v, limits, name in zip(at, ends, names, strict=True)
        ]
        shown = [self.puck, *(s for s in self.sliders if not s.disabled)]
        super().__init__([w.HBox(shown)] if upright else shown, value=at)
        self.puck.observe(lambda _: self.move(self.puck.x[0], self.puck.y[0]), ["x", "y"])
        for slider in self.sliders:
            slider.observe(lambda _: self.move(*(s.value for s in self.sliders)), "value")

    @staticmethod
    def _paint(draw: Callable, size: tuple, at: tuple, names: tuple) -> tuple:
        """Return the puck on its map, and the map."""
        figure = Figure(figsize=size, dpi=PAGE_DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        ax = figure.subplots()
        draw(ax)
        canvas.draw()
        figure.set_layout_engine("none")
        held = {}
        for axis, v, name in zip("xy", at, names, strict=True):
            low, high = sorted(map(float, getattr(ax, f"get_{axis}lim")()))
            if not low <= v <= high:
                raise ValueError(
                    f"at: got {axis} = {v:g}, wanted it on the map: {low:g} to {high:g}"
                )
            if name is None:
                held[f"drag_{axis}_bounds"] = (v, v)
        puck = _Map(figure, x=at[0], y=at[1], puck_color=MODEL, puck_radius=9, **held)
        puck.add_class("lecture-picture")
        figure.set_dpi(PAGE_DPI * dots())
        canvas.draw()
        painted = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        puck.chart_base64 = "data:image/png;base64," + base64.b64encode(png(painted)).decode()
        return puck, painted

    def move(self, x: float, y: float):
        """Put the point at (x, y), but for a coordinate that is held.

        Puck, sliders and `value` agree afterwards.
        """
        moves = zip((x, y), self.value, self.sliders, strict=True)
        x, y = (old if slider.disabled else new for new, old, slider in moves)
        if getattr(self, "_moving", False):
            return
        if (x, y) == self.value:
            self.puck.x, self.puck.y = [x], [y]
            return
        self._moving = True
        try:
            for slider, v in zip(self.sliders, (x, y), strict=True):
                slider.value = v
            self.puck.x, self.puck.y = [x], [y]
        finally:
            self._moving = False
        self.value = (x, y)

    def image(self) -> Image.Image:
        picture, sharp = self.map.copy(), dots()
        left, top, right, bottom = self.puck.axes_pixel_bounds
        (x0, x1), (y0, y1) = self.puck.x_bounds, self.puck.y_bounds
        x = sharp * (left + (self.value[0] - x0) / (x1 - x0) * (right - left))
        y = sharp * (bottom - (self.value[1] - y0) / (y1 - y0) * (bottom - top))
        r = 9 * sharp
        box = (x - r, y - r, x + r, y + r)
        ImageDraw.Draw(picture).ellipse(box, fill=MODEL, outline="white", width=2 * sharp)
        return picture
