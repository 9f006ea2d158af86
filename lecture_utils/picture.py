"""One persistent figure whose artists move: nothing is drawn twice that did not change."""
import inspect
import io
import threading
import zlib
from typing import Callable

import numpy as np
from matplotlib.axis import Axis
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from PIL import Image

DPI = 100
_SIZES = {1: (6.4, 4.0), 2: (9.6, 4.0), 3: (11.0, 3.8)}  # inches, by the number of panels in a row
# Matplotlib's font and mathtext caches are shared by all figures and are not thread safe; newer versions hold this lock
# while they draw a whole figure, and we hold it while we draw single artists from a widget's thread.
_drawing = getattr(Figure, "_render_lock", None) or threading.RLock()


class Picture:
    """A view's figure, and `frame(**values)`: move the view's artists, return the figure as PNG bytes.

    A view is a function of the axes it draws on, one for each of its parameters, or of one parameter named `figure`. It
    draws once and returns `update(**values)`, which moves artists. Its docstring is the picture's alternative text. What
    moves is drawn above grid lines, legends and twin axes; artists in inset axes do not move.
    """

    def __init__(self, view: Callable):
        panels = list(inspect.signature(view).parameters)
        self.figure = Figure(figsize=_SIZES.get(len(panels), (11.0, 3.4)), dpi=DPI, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        with _drawing:
            on = [self.figure] if panels == ["figure"] else self.figure.subplots(1, len(panels), squeeze=False)[0]
            self.update = view(*on)
        if not callable(self.update):
            raise ValueError(f"view: {getattr(view, '__name__', view)} returned {self.update!r}, wanted its update function")
        titles = [text for ax in self.figure.axes for text in (ax.get_title(), ax.get_title("left")) if text]
        self.alt = " ".join((inspect.getdoc(view) or "; ".join(titles) or "figure").split())
        self._background, self._frame, self._kept, self._moving = None, None, [], set()

    def move(self, **values):
        """Call the view's `update(**values)`; the next frame shows what moved."""
        with _drawing:
            self.update(**values)

    def frame(self, **values) -> bytes:
        """Call the view's `update(**values)` and return the picture that follows, as PNG bytes."""
        with _drawing:
            self.update(**values)
            if self._background is None:
                self._lay_out(values)
            else:
                self._draw_moving(self._leaves())
            return self._png()

    def _lay_out(self, values: dict):
        """Lay the figure out, once, so that nothing jumps afterwards; learn from a second update what moves; draw all."""
        self.figure.get_layout_engine().execute(self.figure)
        self.figure.set_layout_engine("none")
        self._settle(self._leaves())
        self.update(**values)
        leaves = self._leaves()
        self._moving = {a for artists in leaves for a in artists if self._stale(a)}
        self._draw_all(leaves)

    def _leaves(self) -> list:
        """Every drawn artist but axes, ticks and patches, in drawing order, as a list for each axes and the figure."""
        def drawn(owner):
            skip = {owner.patch, *(() if getattr(owner, "axison", True) else owner.spines.values())}
            return sorted((a for a in owner.get_children() if not isinstance(a, (Axis, Axes)) and a not in skip),
                          key=lambda a: a.zorder)
        axes = [ax for ax in self.figure.axes if ax.get_visible()]
        return [drawn(owner) for owner in sorted(axes, key=lambda ax: ax.zorder) + [self.figure]]

    def _on_top(self, leaves: list) -> list:
        """The moving artists and what lies above them. Titles lie outside the axes, and a legend takes as long as all the
        rest of a frame: they stay unless they move."""
        top = []
        for artists in leaves:
            first = next((i for i, a in enumerate(artists) if a in self._moving), len(artists))
            top += [a for a in artists[first:] if a in self._moving or not self._stays(a)]
        return top

    def _stays(self, artist) -> bool:
        return isinstance(artist, Legend) or any(artist in (ax.title, ax._left_title, ax._right_title) for ax in self.figure.axes)

    def _draw_moving(self, leaves: list):
        """Restore the background and draw the moving artists; draw all again only where the background changed."""
        everything = [a for artists in leaves for a in artists]
        before = len(self._moving)
        self._moving |= {a for a in everything if self._stale(a)} | (set(everything) - set(self._kept))
        gone = set(self._kept) - set(everything)
        rescaled = any(axis.stale for ax in self.figure.axes if ax.axison and ax.get_visible()
                       for axis in (ax.xaxis, ax.yaxis))
        if rescaled or self._frame != self._frames() or len(self._moving) > before or gone - self._moving:
            return self._draw_all(leaves)
        self._moving -= gone
        self.canvas.restore_region(self._background)
        self._draw_top(leaves)

    @staticmethod
    def _stale(artist) -> bool:
        return artist.stale or (isinstance(artist, Legend) and any(t.stale for t in artist.get_texts()))

    def _frames(self) -> list:
        """What of the axes themselves is part of the background."""
        return [(ax.get_visible(), ax.axison, ax.viewLim.bounds, ax.get_facecolor()) for ax in self.figure.axes]

    def _draw_all(self, leaves: list):
        top = self._on_top(leaves)
        for a in (a for artists in leaves for a in artists):
            a.set_animated(a in set(top))  # an animated artist is left out of canvas.draw()
        self.canvas.draw()
        self._background, self._frame = self.canvas.copy_from_bbox(self.figure.bbox), self._frames()
        self._draw_top(leaves)

    def _draw_top(self, leaves: list):
        renderer = self.canvas.get_renderer()
        for a in self._on_top(leaves):
            a.draw(renderer)
        self._settle(leaves)

    def _settle(self, leaves: list):
        self._kept = [a for artists in leaves for a in artists]
        for a in [*self._kept, *(axis for ax in self.figure.axes for axis in (ax.xaxis, ax.yaxis))]:
            a.stale = False  # what is stale at the next frame has moved since this one

    def image(self) -> Image.Image:
        """Return the picture as it stands."""
        return Image.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB")

    def _png(self) -> bytes:
        out = io.BytesIO()
        self.image().save(out, format="png", compress_level=1, compress_type=zlib.Z_RLE)  # three times faster than the default
        return out.getvalue()
