"""Sliders, a point to drag, a digit to draw, a data set to draw."""

import base64
import io
import re
from types import SimpleNamespace

import browser
import ipywidgets as w
import moves
import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from wigglystuff import ChartPuck, ScatterWidget
from wigglystuff.paint import pil_to_base64

from lecture_utils.data import LEVELS, check_images, digits
from lecture_utils.live import Drawing, Point, Points, picture
from lecture_utils.live.controls import make_control
from lecture_utils.live.pages import scan
from lecture_utils.live.picture import PAGE_DPI, dots
from lecture_utils.models.vae import VAE

# ---- sliders ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec, start, step",
    [
        ((0.0, 1.0), 0.5, 0.02),
        ((0.0, 1.0), 0.25, 0.01),
        ((0.0, 1.0), 0.125, 0.005),
        ((-3.0, 3.0), 0.8, 0.2),
        ((-3.0, 3.0), -0.5, 0.1),
        ((0.1, 2.0), 1.0, 0.05),
        ((0.0, 100.0), 33.0, 1.0),
        ((0, 1.0), 0.3, 0.02),
        ((0.0, 0.02), 0.003, 0.0005),
        ((0.0, 1e-3), 2e-4, 2e-5),
        ((0.0, 1.0), torch.tensor(0.7), 0.02),
    ],
    ids=str,
)
def test_a_range_gets_a_round_step_that_reaches_the_start_and_is_fine_enough(spec, start, step):
    slider = make_control("a", spec, start)
    assert slider.value == pytest.approx(float(start)) and slider.step == pytest.approx(step)
    assert (slider.min, slider.max) == spec
    to_start = (slider.value - slider.min) / slider.step
    assert to_start == pytest.approx(round(to_start), abs=1e-4)
    assert (slider.max - slider.min) / slider.step >= 25 - 1e-6


def test_a_range_without_a_start_begins_in_its_middle_on_a_step():
    for spec in ((0.0, 1.0), (0.1, 3.0), (-6.0, 6.0), (0.0, 0.02)):
        slider = make_control("a", spec)
        assert slider.value == pytest.approx(sum(spec) / 2)
        assert (slider.max - slider.min) / slider.step >= 25 - 1e-6


def test_the_readout_shows_every_step():
    for spec, start in (((0.0, 0.02), 0.003), ((0.0, 1.0, 0.001), 0.5), ((0.0, 1.0), 0.5)):
        slider = make_control("a", spec, start)
        decimals = slider.readout_format.strip(".f")
        steps = [f"{slider.min + i * slider.step:.{decimals}f}" for i in range(20)]
        assert len(set(steps)) == 20


def test_a_step_that_is_given_stays():
    assert make_control("a", (0.0, 1.0, 0.25), 0.75).step == 0.25
    assert make_control("n", (0, 9, 3), 6).step == 3
    assert make_control("n", (0, 9), 4).step == 1


@pytest.mark.parametrize(
    "spec, start",
    [
        ((0.0, 1.0), 1.5),
        ((0.0, 1.0), -0.1),
        ((0, 9), 10),
        ((0, 9), 2.5),
        ((0.0, 1.0, 0.25), 0.3),
        ((0, 9, 3), 4),
        ((0.0, 1.0), 1 / 3),
        ((0.0, 1.0), float("nan")),
        ((0.0, 1.0), "x"),
        ((0.0, 1.0), None),
        ((0.0, 1.0), torch.tensor(2.0)),
        (["x", "y"], "z"),
        ({"one": 1, "two": 2}, "one"),
    ],
    ids=str,
)
def test_a_start_that_the_control_leaves_out_is_refused_by_name(spec, start):
    """`interact` would start somewhere else, and say nothing."""
    with pytest.raises(ValueError, match="^prior_mean: it starts at "):
        make_control("prior_mean", spec, start)


def test_a_start_may_be_any_number_and_any_choice():
    assert make_control("a", (0.0, 1.0), torch.tensor(0.25)).value == 0.25
    assert make_control("n", (0, 9), torch.tensor(3)).value == 3
    assert make_control("n", (0, 9), np.int64(3)).value == 3
    assert make_control("c", ["x", "y"], "y").value == "y"
    assert make_control("c", {"one": 1, "two": 2}, 2).value == 2
    assert make_control("a", 2.5).value == 2.5 and make_control("b", True).value is True


def test_a_widget_of_the_readers_own_starts_and_steps_as_it_likes():
    slider = w.FloatSlider(value=0.3, min=0, max=1, step=0.25)
    assert make_control("a", slider, 5.0) is slider
    assert (slider.value, slider.step) == (0.3, 0.25)


def test_sliders_have_room_for_the_hand_unless_they_are_given_a_width():
    long = w.SelectionSlider(options=[1, 2, 3])
    for spec in ((0.0, 1.0), (0, 9), w.FloatLogSlider(value=1, min=-1, max=1), long):
        layout = make_control("a", spec).layout
        assert (layout.flex, layout.max_width, layout.width) == ("1 1 360px", "520px", "auto")
    narrow = w.FloatSlider(value=0.5, min=0, max=1, layout=w.Layout(width="100px"))
    assert make_control("a", narrow).layout.width == "100px"
    for spec in (["x", "y"], True):
        layout = make_control("a", spec).layout
        assert layout.width == "280px" and layout.flex is None


# ---- a point ---------------------------------------------------------------------------------


def plain_map(ax):
    ax.set(xlim=(-4, 4), ylim=(-2, 6))


@pytest.fixture
def point():
    return Point(plain_map, at=(1.0, 2.0))


def agree(point, x, y):
    assert point.value == (x, y)
    assert (point.puck.x, point.puck.y) == ([x], [y])
    assert [s.value for s in point.sliders] == [x, y]


def test_a_point_starts_where_it_is_put_with_the_maps_limits(point):
    agree(point, 1.0, 2.0)
    assert [(s.min, s.max) for s in point.sliders] == [(-4, 4), (-2, 6)]
    assert (point.puck.x_bounds, point.puck.y_bounds) == ((-4, 4), (-2, 6))


def test_dragging_the_puck_moves_value_and_sliders_once(point):
    heard = []
    point.observe(lambda change: heard.append(change["new"]), "value")
    with (
        point.puck.hold_trait_notifications()
    ):  # a drag in the browser sends both coordinates in one message
        point.puck.x, point.puck.y = [-3.0], [5.0]
    agree(point, -3.0, 5.0)
    assert heard[-1] == (-3.0, 5.0)


@pytest.mark.parametrize("which, x, y", [(0, -1.5, 2.0), (1, 1.0, 4.5)])
def test_a_slider_moves_value_and_puck(point, which, x, y):
    heard = []
    point.observe(lambda change: heard.append(change["new"]), "value")
    point.sliders[which].value = (x, y)[which]
    agree(point, x, y)
    assert heard == [(x, y)]


def test_the_corners_of_the_map_can_be_reached(point):
    for x in (-4.0, 4.0):
        for y in (-2.0, 6.0):
            point.move(x, y)
            agree(point, x, y)


def test_a_point_where_it_is_already_says_nothing(point):
    heard = []
    point.observe(heard.append, "value")
    point.move(1.0, 2.0)
    assert heard == []


def blue(image):
    """Centre of the disc, in the page's pixels: those in the model's blue."""
    rows, columns = np.nonzero(
        (np.abs(np.asarray(image).astype(int) - (0x00, 0x72, 0xB2)).sum(2)) < 30
    )
    return columns.mean() / dots(), rows.mean() / dots()


def test_the_image_shows_the_point_where_it_is(point):
    left, top, right, bottom = point.puck.axes_pixel_bounds
    for x, y in ((0.0, 2.0), (-2.0, 0.0), (3.0, 5.0)):
        point.move(x, y)
        expected = (left + (x + 4) / 8 * (right - left), bottom - (y + 2) / 8 * (bottom - top))
        assert blue(point.image()) == pytest.approx(expected, abs=1)  # pixels


@pytest.fixture(params=["x", "y"])
def held(request):
    """A point that moves along one axis only; the other coordinate, named by the parameter,
    stays at 1 or 2."""
    names = {"x": (None, "u"), "y": ("u", None)}[request.param]
    return SimpleNamespace(
        point=Point(plain_map, at=(1.0, 2.0), names=names),
        axis=request.param,
        keep=lambda x, y: (1.0, y) if request.param == "x" else (x, 2.0),
    )


def test_a_drag_moves_a_point_along_its_free_axis_only(held):
    for x, y in ((-3.0, 5.0), (3.5, -1.0)):
        with held.point.puck.hold_trait_notifications():
            held.point.puck.x, held.point.puck.y = [x], [y]
        agree(held.point, *held.keep(x, y))


def test_a_drag_across_the_free_axis_puts_the_puck_back_and_says_nothing(held):
    heard = []
    held.point.observe(heard.append, "value")
    across = {"x": (-3.0, 2.0), "y": (1.0, 5.0)}[held.axis]
    with held.point.puck.hold_trait_notifications():
        held.point.puck.x, held.point.puck.y = [across[0]], [across[1]]
    agree(held.point, 1.0, 2.0)
    assert heard == []


def test_the_browser_lets_the_puck_of_a_held_point_move_along_the_free_axis_only(held):
    bounds = held.point.puck.drag_x_bounds, held.point.puck.drag_y_bounds
    assert bounds == {"x": ((1.0, 1.0), None), "y": (None, (2.0, 2.0))}[held.axis]


def test_only_the_free_coordinate_has_a_slider_and_it_moves_the_point(held):
    row = held.point.children if held.axis == "y" else held.point.children[0].children
    puck, slider = row
    assert puck is held.point.puck and slider.description == "u" and not slider.disabled
    assert slider.orientation == {"x": "vertical", "y": "horizontal"}[held.axis]
    slider.value = -1.5
    agree(held.point, *held.keep(-1.5, -1.5))


def test_a_held_point_reaches_the_ends_of_its_axis_from_every_corner(held):
    for x in (-4.0, 4.0):
        for y in (-2.0, 6.0):
            held.point.move(x, y)
            agree(held.point, *held.keep(x, y))


def test_the_image_shows_a_held_point_where_it_is(held):
    left, top, right, bottom = held.point.puck.axes_pixel_bounds
    held.point.move(3.0, 5.0)
    x, y = held.keep(3.0, 5.0)
    expected = (left + (x + 4) / 8 * (right - left), bottom - (y + 2) / 8 * (bottom - top))
    assert blue(held.point.image()) == pytest.approx(expected, abs=1)  # pixels


def test_a_map_has_the_size_that_is_asked_for_and_its_sliders_are_no_wider():
    for size in ((4.3, 4.1), (1.7, 4.6)):
        point = Point(plain_map, size=size)
        pixels = [PAGE_DPI * inches for inches in size]
        assert (point.puck.width, point.puck.height) == pytest.approx(pixels, abs=1)
        assert all(
            0 < int(s.layout.width.removesuffix("px")) <= point.puck.width
            for s in point.sliders
        )


@pytest.mark.parametrize("sharp", [1, 2])
def test_a_map_has_the_dots_of_every_picture_and_its_point_stands_where_it_is(
    monkeypatch, sharp
):
    monkeypatch.setattr(picture, "_dots", sharp)
    point = Point(plain_map, at=(3.0, 5.0))
    kind, sent = point.puck.chart_base64.split(",")
    assert kind == "data:image/png;base64"
    page = Image.open(io.BytesIO(base64.b64decode(sent))).convert("RGB")
    size = [sharp * point.puck.width, sharp * point.puck.height]
    assert page.size == pytest.approx(size, abs=sharp)  # whole pixels
    assert page.tobytes() == point.map.tobytes() and point.image().size == page.size
    left, top, right, bottom = point.puck.axes_pixel_bounds  # the page's pixels
    spot = left + 7 / 8 * (right - left), bottom - 7 / 8 * (bottom - top)
    assert blue(point.image()) == pytest.approx(spot, abs=1)


def spotted(ax):
    """An image, whose y points down, with its ink in the lower left."""
    page = np.zeros((10, 20))
    page[7:, :3] = 1
    ax.imshow(page, cmap="gray_r")


def test_on_an_image_y_points_down_for_sliders_corners_and_the_picture():
    point = Point(spotted, at=(1.0, 8.0))
    assert [(s.min, s.max) for s in point.sliders] == [(-0.5, 19.5), (-0.5, 9.5)]
    assert point.puck.y_bounds == (9.5, -0.5)  # from the bottom to the top of the map
    page, without = point.image(), np.asarray(point.map.convert("L")).astype(int)
    ink = np.argwhere(without < 60)  # axes, and the ink
    x, y = (round(v * dots()) for v in blue(page))
    assert without[y, x] < 60 and len(ink)  # it stands on the ink
    for x in (-0.5, 19.5):
        for y in (-0.5, 9.5):
            point.move(x, y)
            agree(point, x, y)
    point.move(19.5, -0.5)
    left, top, right, bottom = point.puck.axes_pixel_bounds
    x, y = blue(point.image())
    assert (x, y) == pytest.approx((right, top), abs=2)
    assert Point(spotted, at=(1.0, 8.0), names=(None, "row")).puck.drag_x_bounds == (1.0, 1.0)


@pytest.mark.parametrize(
    "draw, at, said",
    [
        (plain_map, (4.5, 0.0), "at: got x = 4.5, .*-4 to 4"),
        (plain_map, (0.0, -3.0), "at: got y = -3, .*-2 to 6"),
        (plain_map, (float("nan"), 0.0), "at: got x = nan, .*-4 to 4"),
        (spotted, (0.0, 12.0), "at: got y = 12, .*-0.5 to 9.5"),
    ],
    ids=["right", "below", "nan", "below an image"],
)
def test_a_start_that_is_not_on_the_map_is_refused_with_the_maps_limits(draw, at, said):
    with pytest.raises(ValueError, match=f"^{said}$"):
        Point(draw, at=at)


MENDED = {
    'canvas.width = model.get("width");',
    'canvas.height = model.get("height");',
    'canvas.getContext("2d");',
    "(chartImage, 0, 0)",
}


def test_the_browsers_map_is_mended_where_it_was_coarse(point):
    theirs, ours = str(ChartPuck._esm), point.puck._esm
    assert all(theirs.count(part) == 1 for part in MENDED), (
        "another version of the widget: see in a browser what it needs"
    )
    assert "canvas.width = 2 * model" in ours and "canvas.height = 2 * model" in ours
    assert ours.count("ctx.scale(2, 2);") == 1 and "(chartImage, 0, 0)" not in ours
    # where the pointer is, and what that means on the map, is theirs, in the page's pixels
    for function in ("pixelToData", "dataToPixel", "getCanvasCoords", "handleMove"):
        (body,) = re.findall(rf"function {function}\(.*?\n  }}\n", theirs, re.DOTALL)
        assert body in ours
    assert not re.search(r"""(import|from|fetch\()\s*["'(]*https?:""", ours)


@pytest.fixture(scope="module")
def chromium():
    """A real browser, where there is one."""
    if browser.CHROMIUM is None:
        pytest.skip("no chromium or chrome found")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        program = p.chromium.launch(executable_path=browser.CHROMIUM, args=browser.ARGS)
        yield program
        program.close()


RENDER = """async ([script, state]) => {
  document.body.innerHTML = '<div id="map" style="position: absolute; left: 30px; top: 40px">';
  const url = URL.createObjectURL(new Blob([script], {type: 'text/javascript'}));
  const model = {get: name => state[name], set: (name, value) => { state[name] = value; },
                 on: () => {}, save_changes: () => {}};
  window.state = state;
  (await import(url)).default.render({model, el: document.getElementById('map')});
  const page = new Image();
  page.src = state.chart_base64;
  await page.decode();
  await new Promise(done => setTimeout(done, 100));
}"""


def in_a_browser(page, puck, script):
    """Show a puck's map with that script; return where three clicks put the point, how large
    the canvas is on the page, and its picture."""
    names = [name for name in puck.trait_names(sync=True) if not name.startswith("_")]
    state = {name: value for name, value in puck.get_state(names).items() if name != "layout"}
    page.evaluate(RENDER, [script, state])
    found = []
    for x, y in ((200, 100), (60, 300), (410, 390)):
        page.mouse.click(30 + x, 40 + y)
        found.append(page.evaluate("[window.state.x[0], window.state.y[0]]"))
    box = page.locator("canvas").bounding_box()
    url = page.evaluate("document.querySelector('canvas').toDataURL()")
    picture = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))
    return found, (box["width"], box["height"]), picture


@pytest.mark.parametrize("draw, at", [(plain_map, (1.0, 2.0)), (spotted, (1.0, 8.0))])
def test_a_click_means_the_same_on_the_mended_map_which_is_twice_as_sharp(chromium, draw, at):
    point, page = Point(draw, at=at), chromium.new_page()
    before = in_a_browser(page, point.puck, str(ChartPuck._esm))
    found, size, sharp = in_a_browser(page, point.puck, point.puck._esm)
    page.close()
    assert found == before[0] and size == before[1] == (point.puck.width, point.puck.height)
    assert sharp.size == (2 * point.puck.width, 2 * point.puck.height)
    point.move(*found[-1])
    wanted = point.image().resize(sharp.size)  # by half a dot, at most
    white = Image.new("RGBA", sharp.size, "white")
    got = Image.alpha_composite(white, sharp.convert("RGBA")).convert("RGB")
    assert blue(got) == pytest.approx(blue(wanted), abs=1)
    off = np.abs(np.asarray(got).astype(int) - np.asarray(wanted)).mean()
    assert off < 2  # of 255: letters that are shifted by half a dot, and the puck's shadow


def test_the_walk_over_a_notebooks_widgets_keeps_to_a_held_coordinate(held):
    corners = moves.ends(held.point)
    assert (
        corners == {"x": [(1.0, -2.0), (1.0, 6.0)], "y": [(-4.0, 2.0), (4.0, 2.0)]}[held.axis]
    )
    anywhere = [moves.anywhere(held.point) for _ in range(20)]
    assert all(there == held.keep(*there) for there in anywhere) and len(set(anywhere)) == 20
    for there in corners + anywhere + [moves.setting(held.point)]:
        moves.put(held.point, there)
        agree(held.point, *there)


def test_the_walk_goes_as_far_as_the_puck_can_be_dragged(point):
    assert moves.ends(point) == [(-4.0, -2.0), (-4.0, 6.0), (4.0, -2.0), (4.0, 6.0)]
    point.puck.drag_x_bounds = (0.0, 0.5)
    assert moves.ends(point) == [(0.0, -2.0), (0.0, 6.0), (0.5, -2.0), (0.5, 6.0)]
    assert all(0.0 <= moves.anywhere(point)[0] <= 0.5 for _ in range(20))


def test_a_drawing_begins_with_the_image_it_is_given():
    x = digits().test.x[2]
    drawing = Drawing(x)
    assert torch.equal(drawing.value, x.view(1, 1, 8, 8))
    assert np.asarray(drawing.image()).min() == 0  # there is ink


def page(*strokes, size=260, width=16):
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    for stroke in strokes:
        ImageDraw.Draw(image).line(stroke, fill=(0, 0, 0, 255), width=width)
    return image


def draw(drawing, image):
    drawing.canvas.base64 = pil_to_base64(image)


def test_drawing_changes_the_value_and_says_so():
    drawing, heard = Drawing(torch.zeros(1, 8, 8)), []
    drawing.observe(lambda change: heard.append(change["new"]), "value")
    draw(drawing, page((60, 30, 60, 200)))
    assert len(heard) == 1 and torch.equal(heard[0], drawing.value)
    assert torch.equal(drawing.value, scan(page((60, 30, 60, 200))))
    draw(drawing, page())
    assert torch.equal(drawing.value, torch.zeros(1, 1, 8, 8))


@pytest.mark.parametrize(
    "blank",
    [
        Image.new("RGBA", (260, 260), (0, 0, 0, 0)),
        Image.new("RGB", (50, 80), "white"),
        Image.new("RGBA", (260, 260), (255, 255, 255, 255)),
    ],
)
def test_a_blank_page_is_zeros(blank):
    assert torch.equal(scan(blank), torch.zeros(1, 1, 8, 8))


@pytest.mark.parametrize(
    "image",
    [
        page(),
        page((0, 0, 259, 259)),
        page((130, 130, 131, 131), width=1),
        page((5, 5, 6, 250), width=2),
        page((0, 130, 259, 130), width=3),
        Image.new("RGB", (260, 260), "black"),
        page(*[(0, y, 260, y) for y in range(0, 260, 9)]),
    ],
)
def test_any_drawing_is_an_image_the_vae_takes(image):
    x = check_images(scan(image), (1, 8, 8), LEVELS)
    assert x.shape == (1, 1, 8, 8) and x.dtype == torch.float32 and torch.equal(x, x.round())
    assert VAE(latent=2, hidden=8).eval().encode(x)[0].isfinite().all()


def test_ink_is_counted_in_blocks_of_four_by_four():
    full = scan(Image.new("RGB", (32, 32), "black"))
    assert torch.equal(full, torch.full((1, 1, 8, 8), 16.0))
    half = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(half).rectangle(
        (0, 0, 7, 63), fill="black"
    )  # 8 of 64 wide: 4 of 32, which is one column, centred
    columns = scan(half)[0, 0].sum(0)
    assert (
        columns.sum() == 8 * 16
        and (columns > 0).sum() in (1, 2)
        and columns[2:6].sum() == 8 * 16
    )


def test_where_and_how_large_a_digit_is_drawn_does_not_matter():
    strokes = np.array([[60, 30, 120, 30], [120, 30, 120, 150]])
    reference = scan(page(*map(tuple, strokes.tolist())))
    assert torch.equal(scan(page(*map(tuple, (strokes + 70).tolist()))), reference)


def test_test_digits_that_are_enlarged_and_scanned_back_are_the_same_digits():
    test = digits().test
    x, y = test.x[:100], test.y[:100]
    back = torch.cat([scan(Drawing(image).canvas.get_pil()) for image in x])
    r = torch.tensor(
        [torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1] for a, b in zip(x, back)]
    )
    assert (
        r.median() > 0.9 and (r > 0.7).float().mean() > 0.9
    )  # cut out anew, a few with a long foot shift by a pixel
    nearest = torch.cdist(back.flatten(1), test.x.flatten(1)).argmin(1)
    assert (test.y[nearest] == y).float().mean() > 0.95


# ---- a data set to draw ----------------------------------------------------------------------


def spray(points, *batch):
    """Put points, in the page's pixels, there as the browser does after a stroke."""
    points.page.data = [
        {"x": x, "y": y, "color": "#1f77b4", "label": "a", "batch": 0} for x, y in batch
    ]


def test_points_begin_with_the_data_set_they_are_given():
    first = torch.rand(40, 2) * 6 - 3
    points = Points(first)
    assert points.value.dtype == torch.float32
    torch.testing.assert_close(points.value, first, atol=1e-5, rtol=0)
    assert len(points.page.data) == 40


def test_the_page_is_six_units_wide_centred_x_to_the_right_and_y_up():
    points, side = Points(torch.zeros(0, 2)), 300
    assert (points.page.width, points.page.height) == (side, side)
    spray(
        points, (0, 0), (side, side), (side / 2, side / 2), (side, 0), (200, 100)
    )  # the widget's y points up
    assert torch.equal(
        points.value, torch.tensor([[-3.0, -3], [3, 3], [0, 0], [3, -3], [1, -1]])
    )


def test_every_stroke_is_told_once_with_all_points():
    points, heard = Points(torch.zeros(3, 2)), []
    points.observe(lambda change: heard.append(change["new"]), "value")
    spray(points, (150, 150), (200, 150))
    spray(points, (150, 150))
    assert [len(value) for value in heard] == [2, 1] and heard[-1] is points.value


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_any_number_of_points_is_a_table_of_two_columns(n):
    points = Points(torch.zeros(n, 2))
    assert points.value.shape == (n, 2) and points.value.dtype == torch.float32
    spray(points, *[(10, 20)] * 5)
    assert points.value.shape == (5, 2)
    spray(points, *[(10, 20)] * n)
    assert points.value.shape == (n, 2)
    assert points.image().size == (300 * dots(), 300 * dots())


def test_points_off_the_page_are_left_out():
    points = Points(torch.tensor([[0.0, 0.0], [3.5, 0.0], [0.0, -4.0]]))
    assert torch.equal(points.value, torch.zeros(1, 2))
    spray(points, (-1, 20), (20, 301), (150, 100))
    assert torch.equal(points.value, torch.tensor([[0.0, -1.0]]))


@pytest.mark.parametrize("first", [torch.zeros(3), torch.zeros(3, 3), torch.zeros(2, 3, 2)])
def test_a_first_data_set_of_another_shape_is_refused_by_name(first):
    with pytest.raises(ValueError, match="^first: "):
        Points(first)


def test_the_brush_never_takes_the_first_points_back():
    data = Points(torch.zeros(3, 2)).page.data
    assert {point["batch"] for point in data} == {
        -1
    }  # the browser counts strokes from 0, and takes back the highest
    assert Points(torch.zeros(3, 2)).page.n_classes == 1  # no choice of a class


def test_the_image_shows_every_point_where_it_is():
    empty = np.asarray(Points(torch.zeros(0, 2)).image()).astype(int)
    for x, y in ((0.0, 0.0), (-2.0, 1.0), (2.5, -2.5)):
        image = np.asarray(Points(torch.tensor([[x, y]])).image()).astype(int)
        rows, columns = np.nonzero(np.abs(image - empty).sum(2))
        spot = columns.mean() / dots(), rows.mean() / dots()
        assert spot == pytest.approx((150 + 50 * x, 150 - 50 * y), abs=1)  # the page's pixels
    everywhere = Points(torch.rand(200, 2) * 6 - 3)
    assert np.abs(np.asarray(everywhere.image()).astype(int) - empty).sum() > 0


def test_the_browsers_page_is_mended_where_it_was_broken():
    page, broken = (
        Points(torch.zeros(0, 2)).page,
        ('= model.get("data") || []', '.attr("height", "auto")'),
    )
    theirs = str(ScatterWidget._esm)
    assert all(part in theirs for part in broken), (
        "another version of the widget: see in a browser what it needs"
    )
    assert (
        not any(part in page._esm for part in broken)
        and page._esm.count('[...model.get("data")]') == 2
    )
    assert not re.search(r"""(import|from|fetch\()\s*["'(]*https?:""", page._esm + page._css), (
        "it asks the network"
    )


def test_the_walk_over_a_notebooks_widgets_draws_nothing_one_point_and_many():
    points = Points(torch.zeros(3, 2))
    start = moves.setting(points)
    for setting, n in zip(moves.ends(points), (0, 1, 1000)):
        moves.put(points, setting)
        assert points.value.shape == (n, 2)
    sizes = set()
    for _ in range(20):
        moves.put(points, moves.anywhere(points))
        sizes.add(len(points.value))
    assert min(sizes) >= 10 and len(sizes) > 5
    moves.put(points, start)
    assert torch.equal(points.value, torch.zeros(3, 2))
