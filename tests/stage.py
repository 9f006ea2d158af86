"""What the tests of live figures share: views to move, records to play, and hands that wait."""

import io
import re
import time

import ipywidgets as w
from PIL import Image

from lecture_utils import playground
from lecture_utils.live.picture import Picture
from lecture_utils.train import Step


def view(ax):
    """A number in the middle."""
    text = ax.text(0.5, 0.5, "", fontsize=20, in_layout=False)

    def update(a=0.25, b=True, c="x", n=3):
        if a > 0.9:
            raise ArithmeticError("<b>a</b> is\ntoo large")
        text.set_text(f"{a:.2f} {b} {c} {n}")

    return update


def step_view(ax):
    """The step's number."""
    text = ax.text(0.5, 0.5, "", fontsize=20)

    def update(step):
        text.set_text(str(step.step))

    return update


def recording():
    """Return a list, and a view that writes into it what it is given to draw."""
    drawn = []

    def view(ax):
        text = ax.text(0.5, 0.5, "")

        def update(step):
            drawn.append(step)
            text.set_text(str(len(drawn)))

        return update

    return drawn, view


def counting(n, act=lambda i: None, model=None):
    """A training of n steps that calls `act(i)` in each."""
    for i in range(1, n + 1):
        act(i)
        yield Step(i, n, {"loss": 1.0 / i}, 0.0, model, model)


def endless(pause=0.001):
    return counting(10**9, lambda i: time.sleep(pause))


# ---- what the reader sees --------------------------------------------------------------------


def words(panel):
    return re.sub("<[^>]*>", "", panel.message.value)


def one_readable_line(panel, *parts):
    """Does the message line hold an error as one line, with these parts in it and no markup of
    its own?"""
    value = panel.message.value
    inner = re.fullmatch(r"<span [^>]*role='alert'[^>]*>(.*)</span>", value)
    return (
        inner
        and "\n" not in value
        and "<" not in inner[1]
        and "Traceback" not in value
        and all(part in value for part in parts)
    )


def pixels(panel):
    """Return the size and the pixels of the picture that a panel shows at rest: exact ones."""
    assert panel.brush.rest(), "nothing is drawn"
    image = Image.open(io.BytesIO(panel.image.value))
    assert panel.image.format == "png" and image.format == "PNG"
    return image.size, image.convert("RGB").tobytes()


def drawn_alone(view, **values):
    """Return what `pixels` would be, had the view never shown anything else."""
    picture = Picture(view)
    picture.frame(**values)
    return picture.image().size, picture.image().tobytes()


# ---- hands -----------------------------------------------------------------------------------


def until(condition, seconds=10.0):
    end = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < end, "waited in vain"
        time.sleep(0.005)


def join(threads, seconds=20):
    """Start the threads, and say whether all of them came to an end."""
    for thread in threads:
        thread.start()
    end = time.perf_counter() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.perf_counter()))
    return not any(thread.is_alive() for thread in threads)


def put(panel, **values):
    """Set controls by name, and wait until the picture follows."""
    for name, value in values.items():
        panel.controls[name].value = value
    assert panel.brush.rest(), "nothing is drawn"


def buttons(panel):
    return [b for b in panel.children[0].children if isinstance(b, w.Button)]


def show_playground(shown, start, view=step_view, **options):
    playground(start, view, **options)
    return shown[-1]
