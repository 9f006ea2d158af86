"""What one artist of a figure looks like, and whether it could look different now.

Matplotlib's own flag, `stale`, misses what moves by `set_array`, by an axis label, a tick's
colour or a transform. So a layer compares everything that its artist is drawn from, by
identity, with what it was drawn from last; what cannot be compared counts as changed.

Not seen, since nothing holds another object afterwards: an array or a `Path` whose numbers are
overwritten in place (`y[:] = ...`). Give matplotlib a new one, as its own `set_` methods do.
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Ticker
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import Normalize
from matplotlib.figure import FigureBase
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle
from matplotlib.quiver import QuiverKey
from matplotlib.text import Annotation, Text
from matplotlib.ticker import Formatter, Locator
from matplotlib.transforms import Affine2D, Bbox, TransformNode, TransformWrapper

_DRAWN_FROM = (Artist, Ticker, Locator, Formatter, FontProperties, Normalize)
_OWNERS = (Axes, Axis, FigureBase)  # what an artist knows, but is not drawn from
_scratch: dict = {}  # size → a renderer to try artists on, of the last size that was asked for


class Layer:
    """One artist as it is drawn: a line, a legend, an axis with its ticks and labels.

    It remembers from what it was drawn, and the pixels before and after: where both are as they
    were, its pixels are put back instead of drawing it.
    """

    def __init__(self, artist: Artist):
        self.artist = artist
        self.parts: list | None = None  # (object, its attributes) of all it was drawn from
        self.places: list = []  # (node, its numbers) of the transforms it was drawn with
        self.roots: list = []  # those transforms
        self.box, self.under, self.over = None, None, None

    def changed(self) -> bool:
        """Say whether it may look different from how it was drawn last."""
        if self.parts is None:
            return True
        if isinstance(self.artist, Axis):
            self.artist.stale = False  # set also by limits that are what they were
        try:
            same = all(vars(part) == then for part, then in self.parts)
        except ValueError:  # two arrays: another object, whatever it holds
            return True
        return not (same and all(_numbers(node) == then for node, then in self.places))

    def draw(self, renderer: RendererAgg, pixels: np.ndarray, changed: bool):
        """Draw the artist on `pixels` (H, W, 4), the renderer's own, or put its pixels back."""
        keep = not changed and not isinstance(
            self.artist, Rectangle
        )  # one is filled as quickly
        if keep and self.box is None:
            self.box = self._find_box(renderer)
        elif keep and np.array_equal(pixels[self.box], self.under):
            pixels[self.box] = self.over
            return
        if changed:
            self.box = self.under = self.over = None
        elif keep:
            self.under = pixels[self.box].copy()
        self.artist.draw(renderer)
        self._remember()
        if keep:
            self.over = pixels[self.box].copy()

    def _find_box(self, renderer: RendererAgg) -> tuple:
        """Return the rows and columns that the artist touches at all, by drawing it alone."""
        size = renderer.width, renderer.height, renderer.dpi
        if size not in _scratch:
            _scratch.clear()
            _scratch[size] = RendererAgg(*size)
        alone = _scratch[size]
        alone.clear()
        page = np.asarray(alone.buffer_rgba()).view(np.uint32)[..., 0]
        empty = page[0, 0].copy()
        self.artist.draw(alone)
        rows = np.flatnonzero((page != empty).any(1))
        if not len(rows):
            return slice(0, 0), slice(0, 0)
        columns = np.flatnonzero((page[rows[0] : rows[-1] + 1] != empty).any(0))
        return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)

    def _remember(self):
        """Write down what it was drawn from, or None where that cannot be known."""
        if isinstance(self.artist, Axis):
            self.artist.stale = False
        parts = list(_parts(self.artist))
        if any(_follows_others(part) for part in parts):
            self.parts = None
            return
        self.parts = [(part, _attributes(part)) for part in parts]
        axes = self.artist.axes
        roots = [axes.transData, axes.transAxes] if axes is not None else []
        for _, attributes in self.parts:
            roots += [v for v in attributes.values() if isinstance(v, TransformNode)]
        nodes = [node for node, _ in self.places]
        if [*map(id, roots)] != [*map(id, self.roots)] or _any_replaced(self.places):
            nodes, self.roots = list(_leaves(roots)), roots
        self.places = [(node, _numbers(node)) for node in nodes]


def _attributes(part) -> dict:
    """Return a part's attributes; lists and dicts are copied, since they change in place."""
    return {k: v.copy() if type(v) in (list, dict) else v for k, v in vars(part).items()}


def _parts(artist: Artist) -> Iterator:
    """Yield the artist, and all artists and helpers that it is drawn from."""
    found, waiting = set(), [artist]
    while waiting:
        part = waiting.pop()
        if id(part) in found:
            continue
        found.add(id(part))
        yield part
        own = [v for v in vars(part).values() if isinstance(v, _DRAWN_FROM)]
        held = own + part.get_children() if isinstance(part, Artist) else own
        waiting += [v for v in held if not isinstance(v, _OWNERS)]


def _follows_others(part) -> bool:
    """Say whether a part's looks depend on what is not its own: such a layer is always
    drawn."""
    if not type(part).__module__.startswith("matplotlib."):
        return isinstance(part, Artist)  # a reader's own class may draw whatever it likes
    if isinstance(part, Legend):
        return part._get_loc() == 0 if hasattr(part, "_get_loc") else part._loc == 0  # "best"
    if isinstance(part, Annotation):
        return not (isinstance(part.xycoords, str) and isinstance(part.anncoords, str))
    if isinstance(part, Artist) and part.get_clip_path() is not None:
        return True
    own = getattr(part, "axes", None)  # a connection, a zoom's frame follow other axes
    elsewhere = any(isinstance(v, Axes) and v is not own for v in vars(part).values())
    return elsewhere or isinstance(part, (FigureBase, QuiverKey))


def _leaves(roots: list[TransformNode]) -> Iterator[TransformNode]:
    """Yield the nodes that hold the numbers of these transforms, and can change in place."""
    found, waiting = set(), list(roots)
    while waiting:
        node = waiting.pop()
        if id(node) in found:
            continue
        found.add(id(node))
        if isinstance(node, (Affine2D, Bbox, TransformWrapper)):
            yield node
        waiting += [v for v in vars(node).values() if isinstance(v, TransformNode)]


def _any_replaced(places: list) -> bool:
    return any(
        isinstance(n, TransformWrapper) and n._child is not then[1] for n, then in places
    )


def _numbers(node: TransformNode):
    if isinstance(node, TransformWrapper):
        return id(node._child), node._child
    return (node._mtx if isinstance(node, Affine2D) else node._points).tobytes()


def layers_of(figure, known: dict[int, Layer]) -> list[Layer]:
    """Return the figure's layers in drawing order, the `known` ones again; as `Figure.draw` has
    it."""

    def flat(artist: Artist) -> Iterator[Artist]:
        empty = type(artist) is Text and not artist.get_text()
        if empty or not artist.get_visible() or artist.get_animated():
            return
        if type(artist).draw is not Axes.draw:
            yield artist
            return
        hidden = (
            set() if artist.axison and artist.get_frame_on() else set(artist.spines.values())
        )
        hidden |= set() if artist.axison else {artist.xaxis, artist.yaxis}
        if artist.axison and artist.get_frame_on():
            yield artist.patch
        yield from inside(artist, hidden)

    def inside(owner, hidden: set = frozenset()) -> Iterator[Artist]:
        own = [a for a in owner.get_children() if a is not owner.patch and a not in hidden]
        for artist in sorted(own, key=lambda a: a.get_zorder()):
            yield from flat(artist)

    artists = [*flat(figure.patch), *inside(figure)]
    return [known.get(id(a)) or Layer(a) for a in artists]
