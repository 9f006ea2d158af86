"""The course's few pictures."""

import re

import matplotlib
import moves
import numpy as np
import pytest
import torch
from lecture import functions
from lecture_utils.controls import Point
from matplotlib.figure import Figure

from lecture_utils import plots


@pytest.fixture
def ax():
    return Figure().subplots()


def test_a_tile_holds_every_image_in_reading_order_framed_by_nothing(images):
    x = images(5, 3)
    page = plots.tile(x, 2)
    assert page.shape == (3 * 4 + 1, 2 * 4 + 1)
    for i, image in enumerate(x[:, 0].numpy()):
        top, left = 1 + 4 * (i // 2), 1 + 4 * (i % 2)
        assert (page[top : top + 3, left : left + 3] == image).all()
        page[top : top + 3, left : left + 3] = np.nan
    assert np.isnan(page).all()  # frames, and the place without an image


def test_a_tile_takes_images_with_gradients_and_other_shapes(images):
    page = plots.tile(torch.zeros(4, 1, 2, 5, requires_grad=True), 4)
    assert page.shape == (2 + 2, 4 * 6 + 1)


def test_an_image_grid_shows_new_images_in_the_same_place(ax, images):
    first, then = images(6), images(6)
    update = plots.image_grid(ax, first, 3, "digits")
    (picture,) = ax.images
    assert np.array_equal(
        picture.get_array().filled(np.nan), plots.tile(first, 3), equal_nan=True
    )
    assert (
        picture.get_clim() == (0, 16)
        and ax.get_title("left") + ax.get_title() == "digits"
        and not ax.axison
    )
    update(then)
    assert list(ax.images) == [picture]
    assert np.array_equal(
        picture.get_array().filled(np.nan), plots.tile(then, 3), equal_nan=True
    )


def test_ink_is_dark_and_frames_are_neither_ink_nor_paper(ax):
    plots.image_grid(ax, torch.zeros(1, 1, 8, 8), 1)
    colour = ax.images[0].to_rgba(np.ma.masked_invalid([[0.0, 16.0, np.nan]]))[0, :, :3].sum(1)
    paper, ink, frame = colour
    assert ink < frame < paper


def points(ax):
    return {line.get_label(): np.transpose(line.get_data()).tolist() for line in ax.lines}


def test_curves_grow_by_a_point_a_line(ax):
    add = plots.curves(ax, {"a": "black", "b": "red"}, "two")
    add(1, a=5.0, b=6.0)
    add(4, a=4.0, b=7.0)
    assert points(ax) == {"a": [[1, 5], [4, 4]], "b": [[1, 6], [4, 7]]}
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]


@pytest.mark.parametrize("again, kept", [(1, []), (3, []), (7, [3]), (5, [3])])
def test_a_step_that_comes_again_replaces_what_it_and_later_ones_left(ax, again, kept):
    add = plots.curves(ax, {"a": "black", "b": "red"})
    for step in (3, 7):
        add(step, a=1.0, b=2.0)
    add(again, a=8.0, b=9.0)
    add(again + 1, a=8.5, b=9.5)
    assert points(ax) == {
        "a": [*([s, 1] for s in kept), [again, 8], [again + 1, 8.5]],
        "b": [*([s, 2] for s in kept), [again, 9], [again + 1, 9.5]],
    }


def test_a_fixed_top_stays(ax):
    add = plots.curves(ax, {"a": "black"}, top=2.0)
    add(1, a=50.0)
    assert ax.get_ylim() == (0, 2)


def test_the_limits_grow_in_leaps_and_always_hold_every_point(ax):
    add, limits = plots.curves(ax, {"a": "black"}), []
    for step in range(1, 5000, 13):
        add(step, a=100 * np.sin(step / 800) ** 2 + step / 100)
        limits.append((ax.get_xlim(), ax.get_ylim()))
        assert ax.get_xlim()[0] <= 1 and step <= ax.get_xlim()[1]
        assert max(y for _, y in points(ax)["a"]) <= ax.get_ylim()[1]
    assert 2 <= len({x for x, _ in limits}) <= 8  # new ticks cost ten times a longer line
    assert len(set(limits)) <= 30


def test_codes_write_every_class_once_at_its_median(ax):
    z, labels = torch.randn(60, 2), torch.arange(60) % 3 + 4
    plots.codes(ax, z, labels, "map")
    (dots,) = ax.collections
    assert np.allclose(dots.get_offsets(), z)
    written = {t.get_text(): t.get_position() for t in ax.texts}
    assert set(written) == {"4", "5", "6"}
    assert np.allclose(written["5"], np.median(z[labels == 5].numpy(), axis=0))


def test_the_style_sets_the_course_colours_first():
    with matplotlib.rc_context():
        plots.style()
        assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][:2] == [
            plots.MODEL,
            plots.TRUTH,
        ]
        assert matplotlib.rcParams["axes.titlelocation"] == "left"


def test_a_curve_that_breaks_keeps_its_axes():
    ax = Figure().subplots()
    add = plots.curves(ax, {"a": "black"})
    add(1, a=2.0)
    add(2, a=float("inf"))
    add(3, a=float("nan"))
    assert ax.get_ylim()[1] < 10


@pytest.mark.parametrize("name", ["exponential", "logistic", "Laplace", "a choice"])
def test_wherever_u_can_be_dragged_the_figure_of_the_inverse_cdf_shows_numbers(name):
    lecture = functions("03_reparameterization", "values", "inverse_cdf", "cdf")
    figure, point = (
        Figure(),
        Point(lecture.views.unit_interval, at=(0, 0.7), names=(None, "u"), size=(1.7, 4.6)),
    )
    update = lecture.views.inverse_cdf(lecture.quantile, lecture.cdf)(figure)
    for end in moves.ends(point):
        update(u=end, distribution=name)
        title = figure.axes[0].get_title(loc="left")
        assert not re.search("nan|inf", title), title
