"""Controls that are pictures themselves: a point to drag, a digit or a data set to draw. Each has a `value`, as sliders do."""
import io
from typing import Callable

import ipywidgets as w
import numpy as np
import torch
import traitlets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from wigglystuff import ChartPuck, Paint, ScatterWidget

from .picture import DPI
from .plots import DATA, MODEL


class Visual(w.VBox):
    """A control that stands beside the picture. `image()` is what it shows, for notebooks without widgets."""

    def image(self) -> Image.Image:
        raise NotImplementedError


class Point(Visual):
    """A point on a map: `draw(ax)` paints the map, `value` is the point (x, y) in its coordinates. Mouse, or two sliders.

    `names` label the sliders; a coordinate whose name is None stays where it starts. `size` is the map's, in inches.
    """

    value = traitlets.Tuple(traitlets.Float(), traitlets.Float())

    def __init__(self, draw: Callable, at: tuple = (0.0, 0.0), names: tuple = ("z₁", "z₂"), size: tuple = (4.3, 4.1)):
        figure = Figure(figsize=size, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        draw(ax)
        figure.canvas.draw()
        figure.set_layout_engine("none")
        at = tuple(map(float, at))
        held = {f"drag_{axis}_bounds": (v, v) for axis, v, name in zip("xy", at, names) if name is None}
        self.puck = ChartPuck(figure, x=at[0], y=at[1], puck_color=MODEL, puck_radius=9, **held)
        self.map = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
        self.sliders = [w.FloatSlider(value=v, min=lo, max=hi, step=(hi - lo) / 100, description=name or "", readout_format=".2f",
                                      layout=w.Layout(width=f"{min(380, self.puck.width - 20)}px"),
                                      style={"description_width": "initial"}, disabled=name is None)
                        for v, (lo, hi), name in zip(at, (ax.get_xlim(), ax.get_ylim()), names)]
        super().__init__([self.puck, *(s for s in self.sliders if not s.disabled)], value=at)
        self.puck.observe(lambda _: self.move(self.puck.x[0], self.puck.y[0]), ["x", "y"])
        for slider in self.sliders:
            slider.observe(lambda _: self.move(*(s.value for s in self.sliders)), "value")

    def move(self, x: float, y: float):
        """Put the point at (x, y), but for a coordinate that is held: puck, sliders and `value` agree afterwards."""
        x, y = (old if slider.disabled else new for new, old, slider in zip((x, y), self.value, self.sliders))
        if getattr(self, "_moving", False):
            return
        if (x, y) == self.value:
            self.puck.x, self.puck.y = [x], [y]
            return
        self._moving = True
        try:
            for slider, v in zip(self.sliders, (x, y)):
                slider.value = v
            self.puck.x, self.puck.y = [x], [y]
        finally:
            self._moving = False
        self.value = (x, y)

    def image(self) -> Image.Image:
        picture = self.map.copy()
        left, top, right, bottom = self.puck.axes_pixel_bounds
        (x0, x1), (y0, y1) = self.puck.x_bounds, self.puck.y_bounds
        x = left + (self.value[0] - x0) / (x1 - x0) * (right - left)
        y = bottom - (self.value[1] - y0) / (y1 - y0) * (bottom - top)
        ImageDraw.Draw(picture).ellipse((x - 9, y - 9, x + 9, y + 9), fill=MODEL, outline="white", width=2)
        return picture


class Drawing(Visual):
    """A canvas to draw a digit on: `value` is the drawing as an image (1, 1, 8, 8) of levels 0..16, like a scan's."""

    value = traitlets.Any()

    def __init__(self, first: torch.Tensor):
        self.canvas = Paint(width=260, height=260, init_image=self._enlarge(first), brush=False, color_picker=False)
        super().__init__([self.canvas], value=first.view(1, 1, 8, 8))
        self.canvas.observe(lambda _: self.set_trait("value", scan(self.canvas.get_pil())), "base64")

    @staticmethod
    def _enlarge(levels: torch.Tensor) -> Image.Image:
        """Return a level image as ink on a transparent page."""
        ink = Image.fromarray((levels.view(8, 8) / 16 * 255).byte().numpy()).resize((260, 260), Image.BICUBIC)
        page = Image.new("RGBA", (260, 260), (0, 0, 0, 0))
        page.putalpha(ink.point(lambda v: 255 if v > 150 else 0))
        return page

    def image(self) -> Image.Image:
        page = Image.new("RGB", (260, 260), "white")
        drawn = self.canvas.get_pil().convert("RGBA")
        page.paste(drawn, mask=drawn.getchannel("A"))
        ImageDraw.Draw(page).rectangle((0, 0, 259, 259), outline="grey")
        return page


class _Page(ScatterWidget):
    """A page to spray points on, mended: it drew into the very list that it compares with, so that Python never heard of the
    first stroke; it complained in the console, was blue where data are grey, and its brush's size was black in the dark."""

    _esm = (str(ScatterWidget._esm).replace('= model.get("data") || []', '= [...model.get("data")]')
            .replace('.attr("height", "auto")', ""))
    _css = f"""{ScatterWidget._css}
        .dd-scatter-svg circle {{ fill: {DATA} !important }}
        .dd-scatter-svg circle.brush-indicator {{ stroke: {DATA} !important }}
        .dd-scatter-controls {{ color: var(--jp-ui-font-color1, inherit) }}"""


class Points(Visual):
    """A page to draw a 2-D data set on with a brush: `value` is its points (N, 2), x to the right, y up, both in −3..3.

    It starts with the points `first` (N, 2). The arrows take back the last stroke, or everything. Points off the page are left
    out, since nobody sees them. Raises `ValueError` for a `first` of another shape.
    """

    value = traitlets.Any()

    def __init__(self, first: torch.Tensor):
        if first.ndim != 2 or first.shape[1] != 2:
            raise ValueError(f"first: got the shape {tuple(first.shape)}, wanted points (N, 2)")
        places = (first * 50 + 150).tolist()  # 50 pixels a unit
        data = [{"x": x, "y": y, "color": DATA, "label": "a", "batch": -1} for x, y in places]  # no stroke: it is not taken back
        self.page = _Page(data=data, n_classes=1, brushsize=60, width=300, height=300, layout=w.Layout(width="300px"))
        super().__init__([self.page], value=self._points())
        self.page.observe(lambda _: self.set_trait("value", self._points()), "data")

    def _points(self) -> torch.Tensor:
        points = (torch.tensor([(point["x"], point["y"]) for point in self.page.data]).view(-1, 2) - 150) / 50
        return points[(points.abs() <= 3).all(1)]

    def image(self) -> Image.Image:
        page = Image.new("RGB", (300, 300), "white")
        pen = ImageDraw.Draw(page)
        for x, y in (self.value * 50 + 150).tolist():
            pen.ellipse((x - 3, 297 - y, x + 3, 303 - y), fill=DATA, outline="white")
        pen.rectangle((0, 0, 299, 299), outline="grey")
        return page


def scan(page: Image.Image) -> torch.Tensor:
    """Return a drawing as the data set would hold it, (1, 1, 8, 8): cut out, fitted into 32×32, ink counted in 4×4 blocks."""
    page = page.convert("RGBA")
    white = Image.new("RGBA", page.size, "white")
    ink = Image.alpha_composite(white, page).convert("L").point(lambda v: 255 if v < 128 else 0)
    box = ink.getbbox()
    if box is None:
        return torch.zeros(1, 1, 8, 8)
    ink = ink.crop(box)
    scale = 32 / max(ink.size)
    ink = ink.resize(tuple(max(1, round(scale * n)) for n in ink.size), Image.BOX)
    field = Image.new("L", (32, 32), 0)
    field.paste(ink, ((32 - ink.width) // 2, (32 - ink.height) // 2))
    bits = torch.tensor(np.asarray(field) > 100, dtype=torch.float32)
    return bits.view(8, 4, 8, 4).sum((1, 3)).view(1, 1, 8, 8)


def beside(images: list, png: bytes) -> bytes:
    """Return PNG bytes of `images` and the PNG picture in one row, for the committed notebooks."""
    if not images:
        return png
    images = [*images, Image.open(io.BytesIO(png)).convert("RGB")]
    row = Image.new("RGB", (sum(i.width for i in images) + 20 * len(images), max(i.height for i in images)), "white")
    x = 0
    for image in images:
        row.paste(image, (x, (row.height - image.height) // 2))
        x += image.width + 20
    out = io.BytesIO()
    row.save(out, format="png", optimize=True)
    return out.getvalue()
