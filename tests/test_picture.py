"""A frame that moves a few artists looks exactly like the figure drawn anew."""

import gc
import io

import numpy as np
import pytest
import torch
import zoo
from matplotlib.artist import Artist
from moves import drawn_anew
from PIL import Image

from lecture_utils import plots
from lecture_utils.live.picture import Picture
from lecture_utils.train import Step
from lecture_utils.views import elbo as views


@pytest.fixture(autouse=True)
def as_in_the_lectures():
    plots.style()


def framed(picture, **values):
    """The pixels of the next frame."""
    picture.frame(**values)
    return np.asarray(picture.image()).astype(int)


def off(picture, values) -> int:
    """By how much a pixel of the next frame differs from the same figure drawn whole."""
    return np.abs(framed(picture, **values) - drawn_anew(picture.figure)).max()


@pytest.mark.parametrize("view", zoo.MOVING, ids=lambda v: v.__name__)
def test_a_frame_is_the_figure_drawn_anew(view, monkeypatch):
    monkeypatch.setattr("lecture_utils.live.picture._dots", 1)  # four times as fast
    picture, seen = Picture(view), set()
    for a in (0.5, 0.8, 1.5, 1.5, 0.6, 1.9):
        assert off(picture, {"a": a}) == 0, f"at a = {a}"
        seen.add(picture.image().tobytes())
    assert len(seen) > 1, "this view does not move: it tests nothing"


@pytest.mark.parametrize("name", ["training", "two_terms_pull"])
def test_the_views_of_training_are_exact_too(name, images):
    from lecture_utils.models.vae import VAE

    model, x = VAE(latent=4, hidden=16).eval(), images(12)
    picture = Picture(getattr(views, name)(x))
    for step in (1, 50, 120, 500):
        with torch.no_grad():
            model.decoder[-1].bias += 0.3
            model.encoder[-1].bias += 0.3
        assert off(picture, {"step": Step(step, 1000, {"loss": 1.0}, 0.0, model, model)}) == 0


JUMPY = [zoo.title, zoo.suptitle, zoo.limits, zoo.autoscaled, zoo.growing, zoo.tick_labels]


@pytest.mark.parametrize("view", JUMPY, ids=lambda v: v.__name__)
def test_the_layout_never_jumps_after_the_first_frame(view):
    picture = Picture(view)
    size = framed(picture, a=0.5).shape
    places = [ax.get_position().bounds for ax in picture.figure.axes]
    for a in (0.6, 1000.0, 3.0):
        assert framed(picture, a=a).shape == size
        assert [ax.get_position().bounds for ax in picture.figure.axes] == places


def test_limits_that_are_what_they_were_draw_no_ticks_anew(monkeypatch):
    from matplotlib.axis import Axis

    def same_limits(ax):
        (line,) = ax.plot([0, 1], [0, 1])

        def update(a):
            line.set_ydata([0, a])
            ax.set_xlim(0, 1)
            ax.set_ylim(0, 2)

        return update

    picture, drawn = Picture(same_limits), []
    picture.frame(a=0.5)
    whole = Axis.draw
    monkeypatch.setattr(Axis, "draw", lambda self, r: drawn.append(self) or whole(self, r))
    picture.frame(a=0.7)  # what lies above is drawn once more, to know the pixels that it takes
    drawn.clear()
    for a in (0.8, 0.2, 0.9):
        assert off(picture, {"a": a}) == 0
        assert len(drawn) == 2  # by the copy of the figure that is drawn whole
        drawn.clear()


def artists() -> int:
    gc.collect()
    return sum(issubclass(type(thing), Artist) for thing in gc.get_objects())


@pytest.mark.slow
def test_artists_that_are_made_anew_leave_nothing_behind():
    picture = Picture(zoo.made_anew)
    for i in range(5):
        picture.frame(a=0.5 + i / 10)
    before = artists()
    for i in range(60):
        picture.frame(a=0.5 + i % 10 / 10)
    assert artists() <= before + 5
    assert len(picture._layers) < 40


def test_a_picture_has_two_dots_a_pixel_of_the_page_unless_the_link_is_slow(monkeypatch):
    for dots in (2, 1):
        monkeypatch.setattr("lecture_utils.live.picture._dots", dots)
        picture = Picture(zoo.lines)
        picture.frame(a=0.5)
        assert picture.width == 640 and picture.image().size == (640 * dots, 400 * dots)
        kind, quick = picture.quick()
        assert (
            Image.open(io.BytesIO(quick)).format.lower() == kind == {2: "jpeg", 1: "png"}[dots]
        )


def test_png_is_exact_and_the_quick_picture_is_the_same_with_a_quarter_of_the_dots():
    picture = Picture(zoo.lines)
    exact = framed(picture, a=0.5)
    assert (np.asarray(Image.open(io.BytesIO(picture.png()))) == exact).all()
    quick = np.asarray(Image.open(io.BytesIO(picture.quick()[1]))).astype(int)
    mean_of_four = exact.reshape(400, 2, 640, 2, 3).mean((1, 3))
    assert np.abs(quick - mean_of_four).mean() < 1


def test_the_first_frame_shows_the_values_and_not_the_initial_artists():
    assert (framed(Picture(zoo.lines), a=0.1) != framed(Picture(zoo.lines), a=0.9)).any()


@pytest.mark.parametrize("returned", [None, 3, "update"])
def test_a_view_that_returns_no_update_is_refused_by_name(returned):
    def forgetful(ax):
        return returned

    with pytest.raises(ValueError, match="^view: forgetful returned .*wanted its update"):
        Picture(forgetful)


def test_a_view_gets_one_axes_a_parameter_or_the_whole_figure():
    got = []

    def three(a, b, c):
        got.extend([a, b, c])
        return lambda: None

    def whole(figure):
        got.append(figure)
        return lambda: None

    picture = Picture(three)
    assert got == picture.figure.axes and len(got) == 3
    assert Picture(whole).figure is got[-1]


def test_the_alternative_text_is_the_docstring_else_the_titles():
    def said(ax):
        """What is
        seen here."""
        return lambda: None

    def titled(a, b):
        a.set_title("one")
        b.set_title("two")
        return lambda: None

    def silent(ax):
        return lambda: None

    assert [Picture(v).alt for v in (said, titled, silent)] == [
        "What is seen here.",
        "one; two",
        "figure",
    ]


def test_an_error_in_one_frame_leaves_the_next_ones_exact():
    def fragile(ax):
        (line,) = ax.plot([0, 1], [0, 1])
        ax.plot([0, 1], [1, 0])

        def update(a):
            line.set_ydata([0, a])
            if a == 1.5:
                raise ArithmeticError("no")

        return update

    picture = Picture(fragile)
    picture.frame(a=0.5)
    for broken in (1.5, 1.5):
        with pytest.raises(ArithmeticError):
            picture.frame(a=broken)
    assert off(picture, {"a": 0.7}) == 0


def test_pictures_do_not_touch_pyplot():
    import matplotlib.pyplot as plt

    Picture(zoo.lines).frame(a=0.5)
    assert plt.get_fignums() == []
