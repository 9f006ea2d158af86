"""Pages to draw on: a digit, or a data set in the plane. Each has a `value`, as sliders do."""

import ipywidgets as w
import numpy as np
import torch
import traitlets
from PIL import Image, ImageDraw
from wigglystuff import Paint, ScatterWidget

from ..plots import DATA
from .controls import Visual
from .picture import dots


class Drawing(Visual):
    """A canvas to draw a digit on: `value` is the drawing as an image (1, 1, 8, 8), like a
    scan.

    Its levels are 0..16. It starts with the image `first`.
    """

    value = traitlets.Any()

    def __init__(self, first: torch.Tensor):
        page = self._enlarge(first)
        options = {"width": 260, "height": 260, "brush": False, "color_picker": False}
        self.canvas = Paint(init_image=page, **options)
        super().__init__([self.canvas], value=first.view(1, 1, 8, 8))
        self.canvas.observe(lambda _: self._scan(), "base64")

    def _scan(self):
        self.set_trait("value", scan(self.canvas.get_pil()))

    @staticmethod
    def _enlarge(levels: torch.Tensor) -> Image.Image:
        """Return a level image as ink on a transparent page."""
        ink = Image.fromarray((levels.view(8, 8) / 16 * 255).byte().numpy())
        ink = ink.resize((260, 260), Image.BICUBIC)
        page = Image.new("RGBA", (260, 260), (0, 0, 0, 0))
        page.putalpha(ink.point(lambda v: 255 if v > 150 else 0))
        return page

    def image(self) -> Image.Image:
        page = Image.new("RGB", (260, 260), "white")
        drawn = self.canvas.get_pil().convert("RGBA")
        page.paste(drawn, mask=drawn.getchannel("A"))
        ImageDraw.Draw(page).rectangle((0, 0, 259, 259), outline="grey")
        return page.resize((260 * dots(), 260 * dots()))


class _Page(ScatterWidget):
    """A page to spray points on, mended.

    It drew into the very list that it compares with, so that Python never heard of the first
    stroke; it complained in the console, was blue where data are grey, and its brush's size was
    black in the dark.
    """

    _esm = (
        str(ScatterWidget._esm)
        .replace('= model.get("data") || []', '= [...model.get("data")]')
        .replace('.attr("height", "auto")', "")
    )
    _css = f"""{ScatterWidget._css}
        .dd-scatter-svg circle {{ fill: {DATA} !important }}
        .dd-scatter-svg circle.brush-indicator {{ stroke: {DATA} !important }}
        .dd-scatter-controls {{ color: var(--jp-ui-font-color1, inherit) }}"""


class Points(Visual):
    """A page to draw a 2-D data set on with a brush: `value` is its points (N, 2), in −3..3.

    x is to the right, y up. It starts with the points `first` (N, 2). The arrows take back the
    last stroke, or everything. Points off the page are left out, since nobody sees them. Raises
    `ValueError` for a `first` of another shape.
    """

    value = traitlets.Any()

    def __init__(self, first: torch.Tensor):
        if first.ndim != 2 or first.shape[1] != 2:
            raise ValueError(f"first: got the shape {tuple(first.shape)}, wanted points (N, 2)")
        look = {"color": DATA, "label": "a", "batch": -1}  # no stroke: it is not taken back
        places = (first * 50 + 150).tolist()  # 50 pixels a unit
        data = [{"x": x, "y": y, **look} for x, y in places]
        size = {"width": 300, "height": 300, "layout": w.Layout(width="300px")}
        self.page = _Page(data=data, n_classes=1, brushsize=60, **size)
        super().__init__([self.page], value=self._points())
        self.page.observe(lambda _: self.set_trait("value", self._points()), "data")

    def _points(self) -> torch.Tensor:
        places = torch.tensor([(point["x"], point["y"]) for point in self.page.data])
        points = (places.view(-1, 2) - 150) / 50
        return points[(points.abs() <= 3).all(1)]

    def image(self) -> Image.Image:
        sharp = dots()
        page = Image.new("RGB", (300 * sharp, 300 * sharp), "white")
        pen, r = ImageDraw.Draw(page), 3 * sharp
        for x, y in ((self.value * 50 + 150) * sharp).tolist():
            y = 300 * sharp - y
            pen.ellipse((x - r, y - r, x + r, y + r), fill=DATA, outline="white")
        pen.rectangle((0, 0, 300 * sharp - 1, 300 * sharp - 1), outline="grey")
        return page


def scan(page: Image.Image) -> torch.Tensor:
    """Return a drawing as the data set would hold it, (1, 1, 8, 8), levels 0..16.

    It is cut out and fitted into 32×32; its ink is counted in blocks of 4×4.
    """
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
