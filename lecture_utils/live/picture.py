"""One persistent figure whose artists move: nothing is drawn twice that did not change."""

import inspect
import io
import threading
import zlib
from collections.abc import Callable

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from .layers import Layer, layers_of

PAGE_DPI = 100  # the page's pixels an inch
_dots = 2  # of a picture for each of the page's pixels: most screens have two
_SIZES = {
    1: (6.4, 4.0),
    2: (9.6, 4.0),
    3: (11.0, 3.8),
}  # inches, by the number of panels in a row
# Matplotlib's font and mathtext caches are shared by all figures and are not thread safe; newer
# versions hold this lock while they draw a whole figure, and we hold it for single artists.
drawing = getattr(Figure, "_render_lock", None) or threading.RLock()


def set_dots(dots: int):
    """Choose how many dots later pictures have for each of the page's pixels, 1 or 2."""
    global _dots
    _dots = dots


def dots() -> int:
    return _dots


class Picture:
    """A view's figure, and `frame(**values)`: move the view's artists, return the picture.

    A view is a function of the axes it draws on, one for each of its parameters, or of one
    parameter named `figure`. It draws once and returns `update(**values)`, which moves artists.
    Its docstring is the picture's alternative text. The layout, titles included, stays as the
    first frame has it, so that nothing jumps.
    """

    def __init__(self, view: Callable):
        panels = list(inspect.signature(view).parameters)
        self.dots = dots()
        size = _SIZES.get(len(panels), (11.0, 3.4))
        self.figure = Figure(figsize=size, dpi=PAGE_DPI * self.dots, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        with drawing:
            on = [self.figure]
            if panels != ["figure"]:
                on = self.figure.subplots(1, len(panels), squeeze=False)[0]
            self.update = view(*on)
        if not callable(self.update):
            name = getattr(view, "__name__", view)
            raise ValueError(
                f"view: {name} returned {self.update!r}, wanted its update function"
            )
        axes = self.figure.axes
        titles = [t for ax in axes for t in (ax.get_title(), ax.get_title("left")) if t]
        self.alt = " ".join((inspect.getdoc(view) or "; ".join(titles) or "figure").split())
        self._layers: list[Layer] | None = None  # as drawn; the first of them are on `_base`
        self._on_base, self._base = 0, None

    @property
    def width(self) -> int:
        """How many of the page's pixels the picture is wide."""
        return self.canvas.get_width_height()[0] // self.dots

    def move(self, **values):
        """Call the view's `update(**values)`; the next frame shows what moved."""
        with drawing:
            self.update(**values)

    def frame(self, **values):
        """Call the view's `update(**values)` and draw the picture that follows."""
        with drawing:
            self.update(**values)
            if self._layers is None:
                self._lay_out()
            self._paint()

    def image(self) -> Image.Image:
        """Return the picture as it stands."""
        with drawing:
            return Image.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB")

    def png(self) -> bytes:
        """Return the picture as it stands, exact."""
        return png(self.image())

    def quick(self) -> tuple[str, bytes]:
        """Return the format and the bytes of the picture while it moves.

        With two dots a pixel that is a JPEG of one: on its way to the eye in half the time.
        With one, it is a PNG, which is smaller than a JPEG and quick enough.
        """
        if self.dots == 1:
            return "png", self.png()
        out = io.BytesIO()
        with drawing:
            size = self.canvas.get_width_height()
            pixels = self.canvas.buffer_rgba()  # its alpha is left out
            image = Image.frombuffer("RGBX", size, pixels, "raw", "RGBX", 0, 1).reduce(2)
        image.save(out, format="jpeg", quality=92, subsampling=0)
        return "jpeg", out.getvalue()

    def _lay_out(self):
        """Lay the figure out, once, so that nothing jumps afterwards."""
        self.figure.get_layout_engine().execute(self.figure)
        self.figure.set_layout_engine("none")
        for ax in self.figure.axes:
            ax._update_title_position(self.canvas.get_renderer())
            ax._autotitlepos = False
        self._layers = []

    def _paint(self):
        """Draw what changed, and what lies above it, on what lies below."""
        renderer = self.canvas.get_renderer()
        pixels = np.asarray(renderer.buffer_rgba())
        for ax in self.figure.axes:
            for each in (ax, *ax.child_axes):
                _ = each.viewLim  # autoscales, if it is due
                locator = each.get_axes_locator()
                each.apply_aspect(locator(each, renderer) if locator else None)
        layers = layers_of(self.figure, {id(layer.artist): layer for layer in self._layers})
        changed = [layer.changed() for layer in layers]
        if layers == self._layers and not any(changed):
            return
        kept = self._on_base and layers[: self._on_base] == self._layers[: self._on_base]
        first = self._on_base if kept and not any(changed[: self._on_base]) else 0
        if first:
            pixels[...] = self._base
        else:
            renderer.clear()
            same = [
                a is b and not c for a, b, c in zip(layers, self._layers, changed, strict=False)
            ]
            self._on_base = [*same, False].index(False)
        self._layers = []  # an interrupt while it is drawn: the next frame draws everything
        for i in range(first, len(layers)):
            if i == self._on_base and not first:
                self._base = pixels.copy()
            layers[i].draw(renderer, pixels, changed[i])
        self._layers = layers


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()  # three times faster than Pillow's default
    image.save(out, format="png", compress_level=1, compress_type=zlib.Z_RLE)
    return out.getvalue()


def beside(images: list[Image.Image], columns: int) -> Image.Image:
    """Return the images on one white page, `columns` a row."""
    rows = [images[i : i + columns] for i in range(0, len(images), columns)]
    gap = 20 * dots()
    width = max(sum(i.width for i in row) + gap * (len(row) - 1) for row in rows)
    heights = [max(i.height for i in row) for row in rows]
    page = Image.new("RGB", (width, sum(heights)), "white")
    y = 0
    for row, height in zip(rows, heights, strict=True):
        x = 0
        for image in row:
            page.paste(image, (x, y + (height - image.height) // 2))
            x += image.width + gap
        y += height
    return page
