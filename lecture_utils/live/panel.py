"""What a live figure looks like on the page: controls, one image, one line for messages.

With LECTURE_STATIC set, as when the notebooks are built, a panel shows its picture alone: a
saved widget would open as "model not found".
"""

import base64
import html
import os
from collections.abc import Callable

import ipywidgets as w
from IPython.display import display
from PIL import Image

from .brush import Brush
from .controls import Visual
from .picture import Picture, beside, dots, drawing, png

_DARK = ('[data-jp-theme-light="false"]', "body.vscode-dark", 'html[theme="dark"]')
_DRAWN = ".lecture-picture, .jp-RenderedImage img, .dd-scatter-svg, .paint-container"
# The words for screen readers must take no room: a box that scrolls would catch the wheel. In a
# dark theme, light and dark are exchanged and the colours kept.
_STYLE = f"""<style>
.lecture-words {{ position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap }}
.lecture-panel, .lecture-panel .widget-box {{ overflow: visible }}
:is({", ".join(_DARK)}) :is({_DRAWN}) {{
  filter: invert(0.93) hue-rotate(180deg) brightness(1.15) }}
</style>"""


def static() -> bool:
    """Say whether pictures replace widgets, as in the notebooks that are committed."""
    return bool(os.environ.get("LECTURE_STATIC"))


class Panel(w.VBox):
    """What the reader sees: controls above, the picture below, a line for messages."""

    def __init__(self, picture: Picture, controls: dict, bars: tuple = ()):
        self.picture, self.controls = picture, controls
        width, height = f"{picture.width}px", "auto"
        layout = w.Layout(width=width, max_width="100%", height=height, margin="0")
        self.image = w.Image(format="png", layout=layout)
        self.image.add_class("lecture-picture")
        # An image widget has no alternative text (and breaks in JupyterLab when given a
        # tooltip): say it to screen readers.
        words = f"<span class='lecture-words'>{html.escape(picture.alt)}</span>"
        alt = w.HTML(_STYLE + words, layout=w.Layout(height="0", margin="0"))
        self.message = w.HTML()
        self.brush, self._sent = Brush(self._follow, self._finish), 0
        visual = [c for c in controls.values() if isinstance(c, Visual)]
        sliders = [c for c in controls.values() if not isinstance(c, Visual)]
        wrap = w.Layout(flex_flow="row wrap", align_items="center")
        rows = [w.HBox(row, layout=wrap) for row in (list(bars), sliders) if row]
        super().__init__([*rows, w.HBox([*visual, self.image], layout=wrap), alt, self.message])
        self.add_class("lecture-panel")

    def draw(self, values: dict, moving: bool = False) -> bool:
        """Move the picture to these values; say in the message line what went wrong, if so.

        A picture that is `moving` is quick; the exact one follows when nothing moves any more.
        """
        with drawing:
            try:
                self.picture.frame(**values)
                self.send(moving and not static())
            except Exception as error:
                self.fail(error, f"while drawing {', '.join(values)}")
                return False
        return True

    def send(self, moving: bool = False):
        """Send the picture as it stands to the page."""
        with drawing:
            self._put(*(self.picture.quick() if moving else ("png", self.picture.png())))
        if moving:
            self.brush.touch()

    def _put(self, kind: str, picture: bytes):
        self._sent += 1
        with self.image.hold_sync():  # one message
            self.image.format, self.image.value = kind, picture

    def _follow(self, values: Callable[[], dict]):
        with drawing:  # the values that were set last are read last, whoever draws
            if self.draw(values(), moving=True) and self.message.value:
                self.message.value = ""

    def _finish(self):
        """Send the exact picture in the place of the quick one, unless a newer one was sent."""
        if self.image.format == "png":
            return
        sent, exact = self._sent, self.picture.png()
        with drawing:
            if sent == self._sent:
                self._put("png", exact)

    def say(self, text: str):
        self.message.value = f"<span style='font-family:monospace'>{html.escape(text)}</span>"

    def fail(self, error: Exception, when: str):
        line = html.escape(" ".join(f"{type(error).__name__} {when}: {error}".split()))
        style = "color:#D55E00;font-weight:bold"
        self.message.value = f"<span role='alert' style='{style}'>{line}</span>"

    def show(self, frames: list[Image.Image] = None):
        """Display the panel; or, where notebooks are built, its picture or these `frames`."""
        if not static():
            return display(self)
        if "role='alert'" in self.message.value:
            # A notebook that is built must not hide what a reader would be shown.
            raise RuntimeError(self.message.value)
        maps = [c.image() for c in self.controls.values() if isinstance(c, Visual)]
        pictures = [*maps, *(frames or [self.picture.image()])]
        columns = max(1, 1100 // self.picture.width) if frames else len(pictures)
        display_png(beside(pictures, columns), self.picture.alt)


def display_png(image: Image.Image, alt: str):
    """Display a picture that needs no kernel, as wide on the page as a live one."""
    size = {"width": image.width // dots()}
    data = {"image/png": base64.b64encode(png(image)).decode(), "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt, **size}}, raw=True)
