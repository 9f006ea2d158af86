"""Where notebooks are built, a picture stands in the place of every widget."""

import base64
import io

import ipywidgets as w
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image
from stage import counting, drawn_alone, endless, step_view, view

from lecture_utils import explore, playground, show, watch
from lecture_utils.live import Film, Point, picture
from lecture_utils.live.picture import Picture, beside


@pytest.fixture
def shell(monkeypatch, tmp_path):
    """An IPython whose displays can be captured, building notebooks."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("LECTURE_STATIC", "1")
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def output_of(display_it):
    with capture_output() as captured:
        display_it()
    (output,) = captured.outputs
    return output


def image_of(output):
    return Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).convert("RGB")


@pytest.mark.parametrize(
    "display_it",
    [
        lambda: explore(view, a=(0.0, 1.0)),
        lambda: show(view, a=0.5),
        lambda: watch(counting(3), step_view),
        lambda: playground(lambda p: counting(3), step_view, k=(0.0, 1.0)),
    ],
    ids=["explore", "show", "watch", "playground"],
)
@pytest.mark.parametrize("dots", [1, 2])
def test_a_built_notebook_gets_a_picture_and_its_words_and_no_widget(
    shell, monkeypatch, display_it, dots
):
    monkeypatch.setattr(picture, "_dots", dots)
    output = output_of(display_it)
    assert set(output.data) == {"image/png", "text/plain"}
    assert image_of(output).size == (640 * dots, 400 * dots)
    assert output.data["text/plain"] in ("A number in the middle.", "The step's number.")
    alt = output.data["text/plain"]
    assert output.metadata["image/png"] == {"alt": alt, "width": 640}  # as a live one


def test_it_is_the_picture_of_the_start_for_explore_and_of_the_end_for_watch(shell):
    image = image_of(output_of(lambda: explore(view, a=(0.0, 1.0), n=(0, 9))))
    assert (image.size, image.tobytes()) == drawn_alone(view, a=0.25, n=3)
    (*_, last) = counting(7)
    image = image_of(output_of(lambda: watch(counting(7), step_view)))
    assert (image.size, image.tobytes()) == drawn_alone(step_view, step=last)


@pytest.mark.parametrize(
    "display_it",
    [
        lambda: explore(view, a=w.FloatSlider(value=0.95, min=0, max=1)),
        lambda: watch(counting(3), lambda ax: lambda step: 1 / 0),
        lambda: playground(lambda p: 1 / 0, step_view),
        lambda: explore(lambda ax: lambda t: 1 / (t - 1), t=Film(iter([0.5, 0.0, 1, 2]))),
    ],
    ids=["explore", "watch", "playground", "film"],
)
def test_a_notebook_with_an_error_in_a_picture_is_not_built(shell, display_it):
    with capture_output(), pytest.raises(Exception, match="ArithmeticError|[Dd]ivision"):
        display_it()


def test_a_map_stands_beside_its_picture(shell):
    point = Point(lambda ax: ax.set(xlim=(-1, 1), ylim=(-1, 1)), at=(0.5, 0.0))

    def at(ax):
        """The point."""
        text = ax.text(0.2, 0.2, "")
        return lambda z: text.set_text(f"{z[0]:.1f}")

    page = image_of(output_of(lambda: explore(at, z=point)))
    left = point.image()
    size, right = drawn_alone(at, z=(0.5, 0.0))
    assert page.width == left.width + size[0] + 20 * picture.dots()
    top = (page.height - left.height) // 2
    found = page.crop((0, top, left.width, top + left.height))
    assert found.tobytes() == left.tobytes()
    top = (page.height - size[1]) // 2
    found = page.crop((page.width - size[0], top, page.width, top + size[1]))
    assert found.tobytes() == right


def test_a_film_becomes_four_of_its_frames_in_reading_order(shell):
    def dot(ax):
        """A dot on its way."""
        (line,) = ax.plot([], [], "o", markersize=20)
        ax.set(xlim=(0, 8), ylim=(-1, 1))
        return lambda t, size=20: line.set_data([t[0]], [0]) or line.set_markersize(size)

    film = Film(torch.tensor([float(i), 0.0]) for i in range(1, 8))
    output = output_of(lambda: explore(dot, t=film, size=(10, 30)))
    page, frames = image_of(output), []
    frame = Picture(dot)
    for t in (1.0, 3.0, 5.0, 7.0):
        frame.frame(t=torch.tensor([t, 0.0]), size=20)
        frames.append(np.asarray(frame.image()))
    assert len({each.tobytes() for each in frames}) == 4
    height, width, _ = frames[0].shape
    gap = 20 * picture.dots()
    columns = (page.width + gap) // (width + gap)
    for i, wanted in enumerate(frames):
        row, column = divmod(i, columns)
        x, y = column * (width + gap), row * height
        assert (np.asarray(page)[y : y + height, x : x + width] == wanted).all()
    assert page.height == height * -(-4 // columns)
    assert output.data["text/plain"] == "A dot on its way."


# ---- images on one page ----------------------------------------------------------------------


def plain(width, height, colour):
    return Image.new("RGB", (width, height), colour)


def test_one_image_beside_nothing_is_itself():
    red = plain(30, 20, "red")
    assert beside([red], 1).tobytes() == red.tobytes() == beside([red], 3).tobytes()


def test_beside_puts_images_in_a_row_centred_on_white():
    row = np.asarray(beside([plain(10, 40, "blue"), plain(30, 20, "red")], 2))
    assert row.shape[0] == 40 and row.shape[1] > 10 + 30
    assert (row[:, :10] == (0, 0, 255)).all()
    red = (row == (255, 0, 0)).all(2)
    assert red.sum() == 30 * 20
    assert (np.nonzero(red.any(1))[0] == np.arange(10, 30)).all()
    assert (np.nonzero(red.any(0))[0] == np.arange(row.shape[1] - 30, row.shape[1])).all()
    rest = ~red
    rest[:, :10] = False
    assert (row[rest] == 255).all()


def test_beside_breaks_rows_where_it_is_told():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    page = np.asarray(beside([plain(10, 5 + i, c) for i, c in enumerate(colours)], 2))
    places = [np.argwhere((page == colour).all(2)).min(0) for colour in colours]
    assert (places[0] == (0, 0)).all() and places[1][0] == 0 and places[1][1] > 10
    assert (places[2] == (6, 0)).all()  # below the taller of the two
    assert page.shape[0] == 6 + 7


def test_steps_before_are_made_where_notebooks_are_built(shell):
    playground_of = output_of(lambda: playground(lambda p: endless(0), step_view, before=30))
    (*_, last) = counting(30)
    image = image_of(playground_of)
    assert (image.size, image.tobytes()) == drawn_alone(step_view, step=last)
