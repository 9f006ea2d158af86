"""What a live figure looks like on the page: controls, one image, one line for messages.

With LECTURE_STATIC set, as when the notebooks are built, a panel shows its picture alone: a saved widget would open as
"model not found".
"""
import base64
import html
import inspect
import os

import ipywidgets as w
from IPython.display import display
from ipywidgets import interactive

from .controls import Visual, beside
from .picture import Picture

_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "eps": "ε", "eta": "η", "lambda_": "λ", "mu": "μ", "sigma": "σ",
          "tau": "τ", "theta": "θ"}


def static() -> bool:
    """Say whether pictures replace widgets, as in the notebooks that are committed."""
    return bool(os.environ.get("LECTURE_STATIC"))


class Panel(w.VBox):
    """What the reader sees: controls above, the picture below, and one line for messages and errors."""

    def __init__(self, picture: Picture, controls: dict, bars: tuple = ()):
        self.picture, self.controls = picture, controls
        self.image = w.Image(format="png", layout=w.Layout(max_width="100%", margin="0", object_fit="contain"))
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
        maps = [c.image() for c in self.controls.values() if isinstance(c, Visual)]
        display_png(beside(maps, self.image.value), self.picture.alt)


def display_png(png: bytes, alt: str):
    display({"image/png": base64.b64encode(png).decode(), "text/plain": alt}, metadata={"image/png": {"alt": alt}}, raw=True)


def make_control(name: str, spec, default=inspect.Parameter.empty) -> w.Widget:
    """Return the widget for a control: `spec` is a widget, or an abbreviation as `ipywidgets.interact` takes them."""
    try:
        widget = spec if isinstance(spec, w.Widget) else interactive.widget_from_abbrev(spec, default)
    except (ValueError, TypeError):
        widget = None
    if not hasattr(widget, "value") or hasattr(widget, "options") and not widget.options:
        raise ValueError(f"{name}: got {spec!r}, wanted (low, high) or (low, high, step) with low below high, a list of "
                         "choices, True or False, or a widget with a value")
    if not isinstance(widget, Visual):
        widget.description = widget.description or _GREEK.get(name, name.replace("_", " "))
        widget.style.description_width = "initial"
        widget.layout.width = widget.layout.width or "280px"
    return widget
