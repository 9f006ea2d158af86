"""The course's few pictures."""

import re

import matplotlib
import moves
import numpy as np
import pytest
import torch
from lecture import functions
from matplotlib.figure import Figure

from lecture_utils import plots
from lecture_utils.live import Point
from lecture_utils.live.picture import Picture


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


def test_a_fresh_start_of_one_line_leaves_nothing_of_the_others_later_points(ax):
    """The first step after a reset may be the turn of one player only."""
    add = plots.curves(ax, {"D": "black", "G": "red"})
    for step in range(1, 900, 100):
        add(step, D=3.0, G=70.0)
    add(1, D=2.0)
    assert points(ax) == {"D": [[1, 2]], "G": [[1, 70]]}
    add(1, G=4.0)
    assert points(ax) == {"D": [[1, 2]], "G": [[1, 4]]}
    assert limits(ax) == fresh({1: {"D": 2.0, "G": 4.0}})


def test_a_line_that_was_not_prepared_is_an_error(ax):
    with pytest.raises(KeyError, match="b"):
        plots.curves(ax, {"a": "black"})(1, b=2.0)


def limits(ax):
    return ax.get_xlim(), ax.get_ylim()


def fresh(data, **options):
    """Return the limits of a figure that has only ever had these points, step → values."""
    ax = Figure().subplots()
    add = plots.curves(ax, dict.fromkeys(next(iter(data.values())), "black"), **options)
    for step, values in data.items():
        add(step, **values)
    return limits(ax)


@pytest.mark.parametrize(
    "options, seen",
    [
        ({"high": 2.0}, (0, 2)),
        ({"low": -7.0}, (-7, 70)),
        ({"low": -7.0, "high": 2.0}, (-7, 2)),
        ({"low": 0.0}, (0, 70)),
    ],
    ids=str,
)
def test_fixed_ends_stay(ax, options, seen):
    add = plots.curves(ax, {"a": "black"}, **options)
    for step, value in enumerate((1.0, 50.0, 60.0), 1):
        add(step, a=value)
    assert ax.get_ylim() == pytest.approx(seen)


def test_a_fixed_low_end_above_all_points_is_no_error(ax):
    add = plots.curves(ax, {"a": "black"}, low=5.0)
    add(1, a=2.0)
    low, high = ax.get_ylim()
    assert low == 5 and high > low


@pytest.mark.parametrize("sign", [1, -1])
def test_the_limits_grow_in_leaps_and_always_hold_every_point(ax, sign):
    add, seen = plots.curves(ax, {"a": "black"}), []
    for step in range(1, 5000, 13):
        add(step, a=sign * (100 * np.sin(step / 800) ** 2 + step / 100))
        seen.append(limits(ax))
        left, right = ax.get_xlim()
        assert left <= 1 and step <= right
        low, high = ax.get_ylim()
        assert all(low <= y <= high for _, y in points(ax)["a"]) and low <= 0 <= high
        most = max(abs(y) for _, y in points(ax)["a"])
        assert most < sign * (high if sign > 0 else low) < 2 * most  # not lost in a corner
    assert 2 <= len({x for x, _ in seen}) <= 8  # new ticks cost ten times a longer line
    assert len(set(seen)) <= 30


@pytest.mark.parametrize("scale", [1e-6, 0.03, 1.0, 1e7])
def test_values_on_both_sides_of_zero_are_seen_at_any_scale(ax, scale):
    add = plots.curves(ax, {"a": "black", "b": "red"})
    for step, value in enumerate((2.0, -3.0, 7.0, -5.0), 1):
        add(step, a=scale * value, b=-scale)
    low, high = ax.get_ylim()
    assert -10 * scale < low < -5 * scale and 7 * scale < high < 14 * scale


def test_the_limits_depend_on_the_points_alone_not_on_what_was_there_before(ax):
    add = plots.curves(ax, {"a": "black"})
    first = {step: {"a": 90.0 - step / 10} for step in range(1, 900, 50)}
    then = {step: {"a": -0.3 * step} for step in range(1, 9)}
    for run in (first, then, first):
        for step, values in run.items():
            add(step, **values)
        assert limits(ax) == fresh(run)
    assert fresh(first) != fresh(then)


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


def test_a_curve_that_breaks_keeps_its_axes(ax):
    add = plots.curves(ax, {"a": "black"})
    add(1, a=2.0)
    before = ax.get_ylim()
    for step, broken in enumerate((float("inf"), float("nan"), -float("inf")), 2):
        add(step, a=broken)
        assert ax.get_ylim() == before
    add(9, a=2.5)
    assert [y for _, y in points(ax)["a"]][-1] == 2.5 and ax.get_ylim()[1] < 10


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
def test_a_curve_without_a_number_to_show_has_axes_to_read(ax, value):
    add = plots.curves(ax, {"a": "black"})
    add(1, a=value)
    low, high = ax.get_ylim()
    assert low == 0 and 0.1 <= high <= 10


# ---- a density, a field ----------------------------------------------------------------------

MEAN, SPREAD = torch.tensor([1.4, -0.6]), torch.tensor([0.4, 1.1])


def log_prob(x):
    """A normal density that is neither symmetric about an axis nor the same with x and y
    exchanged."""
    return torch.distributions.Normal(MEAN, SPREAD).log_prob(x).sum(1)


def shades(ax):
    (image,) = ax.images
    return image, np.asarray(image.get_array())


@pytest.mark.parametrize("reach, cells", [(3.0, 60), (2.0, 9)])
def test_a_cell_of_a_density_has_the_shade_of_its_middle(ax, reach, cells):
    plots.density(ax, reach, cells, top=0.5)(log_prob)
    image, found = shades(ax)
    assert image.get_extent() == [-reach, reach, -reach, reach]
    assert image.origin == "lower" and image.get_clim() == (0, 1)
    for row in range(0, cells, 4):
        for column in range(0, cells, 4):
            x = -reach + (column + 0.5) * 2 * reach / cells
            y = -reach + (row + 0.5) * 2 * reach / cells
            p = log_prob(torch.tensor([[x, y]])).exp().item()
            assert found[row, column] == pytest.approx(p / 0.5, rel=1e-4, abs=1e-7)


def test_a_density_is_darkest_at_its_mode_on_the_page():
    """Whatever the image's own order of rows is: x to the right, y up."""

    def view(ax):
        show = plots.density(ax)
        return lambda: show(log_prob)

    picture = Picture(view)
    picture.frame()
    (ax,) = picture.figure.axes
    page = np.asarray(picture.image().convert("L")).astype(float)[::-1]  # from the bottom
    left, bottom, right, top = (round(v) for v in ax.bbox.extents)
    inside = page[bottom + 8 : top - 8, left + 8 : right - 8]  # without the axes' own ink
    row, column = np.argwhere(inside == inside.min()).mean(0)
    spot = ax.transData.inverted().transform((left + 8 + column, bottom + 8 + row))
    assert spot == pytest.approx(MEAN.numpy(), abs=0.1)  # a cell's width


def test_with_a_fixed_top_a_density_half_as_high_is_half_as_dark(ax):
    show = plots.density(ax, top=0.5)
    show(log_prob)
    whole = shades(ax)[1].copy()
    show(lambda x: log_prob(x) - np.log(2))
    np.testing.assert_allclose(shades(ax)[1], whole / 2, rtol=1e-5)


def test_without_a_top_the_largest_density_has_the_full_shade(ax):
    show = plots.density(ax)
    show(log_prob)
    whole = shades(ax)[1].copy()
    assert whole.max() == pytest.approx(1) and whole.min() >= 0
    show(lambda x: log_prob(x) - 50)
    np.testing.assert_allclose(shades(ax)[1], whole, rtol=1e-4, atol=1e-12)
    show(lambda x: torch.full((len(x),), -float("inf")))
    assert (shades(ax)[1] == 0).all()


def test_a_density_may_need_gradients_of_its_own(ax):
    mean = MEAN.clone().requires_grad_()

    def with_gradients(x):
        x = x.clone().requires_grad_()
        inner = torch.distributions.Normal(mean, SPREAD).log_prob(x).sum(1)
        (slope,) = torch.autograd.grad(inner.sum(), x, create_graph=True)
        return inner + 0 * slope.sum(1)

    plots.density(ax, top=0.5)(with_gradients)
    found = shades(ax)[1].copy()
    other = Figure().subplots()
    plots.density(other, top=0.5)(log_prob)
    np.testing.assert_allclose(found, shades(other)[1], rtol=1e-5)


def arrows(ax):
    """Return where the arrows' middles are, and the arrows, each (N, 2), as the page has
    them."""
    (quiver,) = ax.collections
    assert (quiver.angles, quiver.scale_units, quiver.scale) == ("xy", "xy", 1)
    assert quiver.pivot == "middle"
    return np.asarray(quiver.XY), np.stack([quiver.U, quiver.V], 1)


def turned(x):
    """To the right, the more so the further up; and down, the more so the further right."""
    return torch.stack([1 + 0.3 * x[:, 1], -0.7 - 0.2 * x[:, 0]], dim=1)


def test_arrows_have_the_fields_direction_where_they_stand(ax):
    plots.vector_field(ax, 2.0, 7)(turned)
    places, vectors = arrows(ax)
    side = (np.arange(7) + 0.5) * 4 / 7 - 2
    grid = sorted([x, y] for x in side for y in side)
    np.testing.assert_allclose(sorted(places.round(4).tolist()), grid, atol=1e-3)
    for (x, y), (u, v) in zip(places, vectors):
        wanted = np.array([1 + 0.3 * y, -0.7 - 0.2 * x])
        cosine = (u * wanted[0] + v * wanted[1]) / np.hypot(u, v) / np.hypot(*wanted)
        assert cosine == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("unit", [None, 0.5, 2.5])
def test_arrows_are_in_proportion_up_to_the_distance_between_them(ax, unit):
    plots.vector_field(ax, 3.0, 6, unit)(turned)
    places, vectors = arrows(ax)
    apart, wanted = 1.0, turned(torch.tensor(places, dtype=torch.float32)).norm(dim=1).numpy()
    capped = np.minimum(wanted / (unit or wanted.max()), 1) * apart
    lengths = np.hypot(*vectors.T)
    np.testing.assert_allclose(lengths, capped, rtol=1e-4)
    assert lengths.max() == pytest.approx(apart) or unit == 2.5
    assert len(set(lengths.round(5))) > 1 or unit == 0.5


def test_a_field_that_vanishes_has_no_arrows_and_is_no_error(ax):
    show = plots.vector_field(ax)
    show(torch.zeros_like)
    assert (arrows(ax)[1] == 0).all()
    show(lambda x: torch.where(x[:, :1] > 0, x, 0.0))
    assert np.isfinite(arrows(ax)[1]).all() and (arrows(ax)[1] != 0).any()


def test_a_field_may_be_a_gradient(ax):
    """A score is the slope of log p, and may be computed as one."""

    def score(x):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(log_prob(x).sum(), x)[0]

    plots.vector_field(ax, unit=1e9)(score)
    places, vectors = arrows(ax)
    wanted = -(places - MEAN.numpy()) / SPREAD.numpy() ** 2 / 1e9 * 6 / 15
    np.testing.assert_allclose(vectors, wanted, rtol=1e-3, atol=1e-15)


@pytest.mark.parametrize("name", ["exponential", "logistic", "Laplace", "a choice"])
def test_wherever_u_can_be_dragged_the_figure_of_the_inverse_cdf_shows_numbers(name):
    lecture = functions("03_reparameterization", "values", "inverse_cdf", "cdf")
    options = {"at": (0, 0.7), "names": (None, "u"), "size": (1.7, 4.6)}
    figure, point = Figure(), Point(lecture.views.unit_interval, **options)
    update = lecture.views.inverse_cdf(lecture.quantile, lecture.cdf)(figure)
    for end in moves.ends(point):
        update(u=end, distribution=name)
        title = figure.axes[0].get_title(loc="left")
        assert not re.search("nan|inf", title), title
