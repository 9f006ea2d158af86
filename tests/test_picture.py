"""A frame that moves a few artists looks exactly like the figure drawn anew."""
import io

import numpy as np
import pytest
import torch
from PIL import Image

from lecture_utils import plots
from lecture_utils.picture import Picture
from lecture_utils.plots import curves, image_grid
from lecture_utils.train import Step
from lecture_utils.views import vae as views


@pytest.fixture(autouse=True)
def as_in_the_lectures():
    plots.style()


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def drawn_anew(picture, values):
    """The pixels of the whole figure drawn by matplotlib itself, nothing kept."""
    picture.update(**values)
    for artist in picture.figure.findobj():
        artist.set_animated(False)
    picture.canvas.draw()
    return np.asarray(picture.canvas.buffer_rgba())[..., :3].astype(int)


def lines(ax):
    ax.plot([0, 1], [1, 0])
    line, = ax.plot([0, 1], [0, 1])
    ax.plot([0, 1], [0.5, 0.5])
    ax.set_title("lines over lines")
    return lambda a: line.set_ydata([0, a])


def bars(left, right):
    moving = left.bar([0, 1, 2], [1, 1, 1])
    left.axhline(0.5)
    left.set_ylim(0, 2)
    right.barh([0, 1], [1, 2])

    def update(a):
        for i, bar in enumerate(moving):
            bar.set_height(a * (i + 0.5))

    return update


def image(ax):
    picture = ax.imshow(np.zeros((4, 4)), vmin=0, vmax=1)
    ax.plot([0, 3], [0, 3])
    return lambda a: picture.set_data(np.full((4, 4), a / 2) * np.eye(4))


def hidden_axes(ax):
    change = image_grid(ax, torch.zeros(3, 1, 8, 8), 2, "grid")
    return lambda a: change(torch.full((3, 1, 8, 8), 8 * a))


def scatter(ax):
    dots = ax.scatter([0, 1], [0, 1], s=200, c=[0, 1])
    ax.plot([0, 1], [0, 1])
    return lambda a: dots.set_offsets([[a / 2, 0.5], [0.5, a / 2]])


def text(ax):
    label = ax.text(0.5, 0.5, "")
    ax.axvline(0.5)
    return lambda a: label.set_text(f"a = {a:.2f}" if a < 1 else "$x^2$")


def title(ax):
    heading = ax.set_title("", loc="left")
    ax.plot([0, 1])
    return lambda a: heading.set_text(f"the title says {a}")


def suptitle(figure):
    figure.subplots(1, 2)
    heading = figure.suptitle("before")
    return lambda a: heading.set_text(f"over all: {a}")


def axis_label(ax):
    return lambda a: ax.set_xlabel(f"a = {a}")


def tick_labels(ax):
    return lambda a: ax.set_xticks([0, a], ["zero", f"{a:.2f}"])


def blinking(ax):
    line, = ax.plot([0, 1], [0, 1])
    ax.plot([0, 1], [1, 0])
    return lambda a: line.set_visible(a < 1)


def comes_and_goes(ax):
    ax.plot([0, 1], [1, 0])
    ax.set(xlim=(0, 1), ylim=(0, 2))
    here = []

    def update(a):
        while here:
            here.pop().remove()
        if a < 1.2:
            here.extend(ax.plot([0, 1], [a, a], zorder=1))
        if a > 0.7:
            here.append(ax.text(0.2, 0.2, "here"))

    return update


def limits(left, right):
    left.plot([0, 1], [0, 1])
    line, = right.plot([0, 1], [0, 1])

    def update(a):
        left.set_xlim(0, a + 0.5)
        line.set_ydata([0, a])

    return update


def limits_of_hidden_axes(ax):
    ax.plot([0, 1], [0, 1])
    ax.axis("off")
    return lambda a: ax.set_xlim(0, a + 0.5)


def autoscaled(ax):
    line, = ax.plot([0, 1], [0, 1])

    def update(a):
        line.set_data([0, a], [0, 10 * a])
        ax.relim()
        ax.autoscale_view()

    return update


def log_scale(ax):
    line, = ax.plot([1, 2], [1, 10], "o-")
    ax.set_yscale("log")
    return lambda a: line.set_ydata([0.1 + a, 10])


def two_axes(left, right):
    a_line, = left.plot([0, 1], [0, 1])
    b_line, = right.plot([0, 1], [0, 1])
    right.fill_between([0, 1], [0, 0], [1, 0.5], zorder=3, alpha=0.5)

    def update(a):
        (a_line if a < 1 else b_line).set_ydata([0, a])

    return update


def legend(ax):
    line, = ax.plot([0, 1], [0, 1], lw=6, label="moves under the legend")
    ax.legend(loc="center")
    ax.set_ylim(0, 2)
    return lambda a: line.set_ydata([a, 0.5 * a])


def legend_entry(ax):
    ax.plot([0, 1], [0, 1], label="first")
    entry, = ax.legend().get_texts()
    return lambda a: entry.set_text(f"{a:.1f}")


def background_colour(ax):
    ax.plot([0, 1])
    return lambda a: ax.set_facecolor((a / 2, 1, 1))


def vanishing_axes(left, right):
    left.plot([0, 1])
    line, = right.plot([0, 1])

    def update(a):
        left.set_visible(a < 1)
        line.set_ydata([0, a])

    return update


def clipped_and_transparent(ax):
    patch = ax.axvspan(0, 0.2, alpha=0.4)
    line, = ax.plot([0, 1], [0, 1], "o", ms=20, alpha=0.5, clip_on=False)
    ax.set(xlim=(0, 1), ylim=(0, 1))

    def update(a):
        patch.set_width(a / 3)
        line.set_ydata([0, a])

    return update


def growing(ax):
    add, count = curves(ax, {"a": "black", "b": "red"}, "curves"), [0]

    def update(a):
        count[0] += 150
        add(count[0], a=a, b=2 * a)

    return update


DRAWN = [lines, bars, image, hidden_axes, scatter, text, title, suptitle, axis_label, tick_labels, blinking,
         comes_and_goes, limits, limits_of_hidden_axes, autoscaled, log_scale, two_axes,
         legend_entry, background_colour, vanishing_axes, clipped_and_transparent, growing]


@pytest.mark.parametrize("view", DRAWN, ids=lambda v: v.__name__)
def test_a_frame_is_the_figure_drawn_anew(view):
    live, anew = Picture(view), Picture(view)
    first = live.frame(a=0.5)
    anew.frame(a=0.5)  # lays it out, as the first frame did
    frames = [pixels(first)]
    for a in (0.8, 1.5, 0.5, 1.9):
        frames.append(pixels(live.frame(a=a)))
        assert np.abs(frames[-1] - drawn_anew(anew, {"a": a})).max() == 0, f"at a = {a}"
    assert any((frame != frames[0]).any() for frame in frames), "this view does not move: it tests nothing"


@pytest.mark.parametrize("name", ["training", "two_terms_pull"])
def test_the_views_of_training_are_exact_too(name, images):
    from lecture_utils.models.vae import VAE

    model, x = VAE(latent=4, hidden=16).eval(), images(12)

    def moved(step):
        torch.manual_seed(step)  # the views draw z: both pictures must draw the same
        return {"step": Step(step, 1000, {"loss": 1.0}, 0.0, model)}

    torch.manual_seed(0)
    live = Picture(getattr(views, name)(x))
    torch.manual_seed(0)
    anew = Picture(getattr(views, name)(x))
    live.frame(**moved(1))
    anew.frame(**moved(1))
    for step in (50, 120, 500):
        with torch.no_grad():
            model.decoder[-1].bias += 0.3
            model.encoder[-1].bias += 0.3
        assert np.abs(pixels(live.frame(**moved(step))) - drawn_anew(anew, moved(step))).max() == 0


@pytest.mark.parametrize("view", [title, suptitle, limits, autoscaled, growing, tick_labels], ids=lambda v: v.__name__)
def test_the_layout_never_jumps_after_the_first_frame(view):
    picture = Picture(view)
    first = Image.open(io.BytesIO(picture.frame(a=0.5))).size
    places = [ax.get_position().bounds for ax in picture.figure.axes]
    for a in (0.6, 1000.0, 3.0):
        assert Image.open(io.BytesIO(picture.frame(a=a))).size == first
        assert [ax.get_position().bounds for ax in picture.figure.axes] == places


def test_a_frame_is_a_png_of_the_whole_figure_and_image_is_the_same():
    picture = Picture(lines)
    png = picture.frame(a=0.5)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert (pixels(png) == np.asarray(picture.image())).all()
    assert pixels(png).shape[:2] == tuple(reversed(picture.canvas.get_width_height()))


def test_the_first_frame_shows_the_values_and_not_the_initial_artists():
    assert (pixels(Picture(lines).frame(a=0.1)) != pixels(Picture(lines).frame(a=0.9))).any()


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

    assert [Picture(v).alt for v in (said, titled, silent)] == ["What is seen here.", "one; two", "figure"]


def test_an_error_in_one_frame_leaves_the_next_ones_exact():
    def fragile(ax):
        line, = ax.plot([0, 1], [0, 1])
        ax.plot([0, 1], [1, 0])

        def update(a):
            line.set_ydata([0, a])
            if a == 1.5:
                raise ArithmeticError("no")

        return update

    live, anew = Picture(fragile), Picture(fragile)
    live.frame(a=0.5)
    anew.frame(a=0.5)
    for broken in (1.5, 1.5):
        with pytest.raises(ArithmeticError):
            live.frame(a=broken)
    assert np.abs(pixels(live.frame(a=0.7)) - drawn_anew(anew, {"a": 0.7})).max() == 0


def test_pictures_do_not_touch_pyplot():
    import matplotlib.pyplot as plt

    Picture(lines).frame(a=0.5)
    assert plt.get_fignums() == []
