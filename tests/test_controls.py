"""A point to drag, a digit to draw, a data set to draw."""

import io
import re
from types import SimpleNamespace

import moves
import numpy as np
import pytest
import torch
from lecture_utils.controls import Drawing, Point, Points, beside, scan
from lecture_utils.picture import DPI
from PIL import Image, ImageDraw
from wigglystuff import ScatterWidget
from wigglystuff.paint import pil_to_base64

from lecture_utils.data import check_images, digits
from lecture_utils.models.vae import VAE


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
    """Centre of the disc: the pixels in the model's blue."""
    rows, columns = np.nonzero(
        (np.abs(np.asarray(image).astype(int) - (0x00, 0x72, 0xB2)).sum(2)) < 30
    )
    return columns.mean(), rows.mean()


def test_the_image_shows_the_point_where_it_is(point):
    left, top, right, bottom = point.puck.axes_pixel_bounds
    for x, y in ((0.0, 2.0), (-2.0, 0.0), (3.0, 5.0)):
        point.move(x, y)
        expected = (left + (x + 4) / 8 * (right - left), bottom - (y + 2) / 8 * (bottom - top))
        assert blue(point.image()) == pytest.approx(expected, abs=1.5)  # pixels


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
    (slider,) = (child for child in held.point.children if child is not held.point.puck)
    assert slider.description == "u" and not slider.disabled
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
    assert blue(held.point.image()) == pytest.approx(expected, abs=1.5)  # pixels


def test_a_map_has_the_size_that_is_asked_for_and_its_sliders_are_no_wider():
    for size in ((4.3, 4.1), (1.7, 4.6)):
        point = Point(plain_map, size=size)
        assert point.image().size == pytest.approx(
            [DPI * inches for inches in size], abs=1
        )  # whole pixels
        assert (point.puck.width, point.puck.height) == pytest.approx(point.image().size, abs=1)
        assert all(
            0 < int(s.layout.width.removesuffix("px")) <= point.puck.width
            for s in point.sliders
        )


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
    x = check_images(scan(image))
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
    assert points.image().size == (300, 300)


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
        assert (columns.mean(), rows.mean()) == pytest.approx(
            (150 + 50 * x, 150 - 50 * y), abs=1
        )  # pixels
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


def png(width, height, colour):
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, format="png")
    return out.getvalue()


def test_beside_of_nothing_is_the_picture_itself():
    picture = png(30, 20, "red")
    assert beside([], picture) == picture


def test_beside_puts_images_left_of_the_picture_centred_on_white():
    row = Image.open(
        io.BytesIO(beside([Image.new("RGB", (10, 40), "blue")], png(30, 20, "red")))
    )
    a = np.asarray(row)
    assert row.height == 40 and row.width >= 10 + 20 + 30
    assert (a[:, :10] == (0, 0, 255)).all()
    red = (a == (255, 0, 0)).all(2)
    assert red.sum() == 30 * 20 and (np.nonzero(red.any(1))[0] == np.arange(10, 30)).all()
    assert np.nonzero(red.any(0))[0][0] >= 10 and (a[~red][:, 1] >= 0).all()
    assert (a[:10, 10:] == 255).all()
