"""A view beside its controls: it follows the hand, in a thread of its own."""

import functools
import io
import re
import threading
import time

import ipywidgets as w
import pytest
from PIL import Image
from stage import drawn_alone, join, one_readable_line, pixels, put, until, view

from lecture_utils import explore, setup, show
from lecture_utils.live import brush, picture
from lecture_utils.live.brush import Brush
from lecture_utils.live.picture import Picture


@pytest.fixture
def rests_at_once(monkeypatch):
    """No wait before the exact picture, for tests that wait for many of them."""
    monkeypatch.setattr(brush, "REST", 0.0)


@pytest.fixture
def one_dot(monkeypatch):
    monkeypatch.setattr(picture, "_dots", 1)


def sent(panel):
    """Return the list of the messages to the page from now on, each name → value."""
    messages, image = [], panel.image

    def send_state(key=None):
        names = [key] if isinstance(key, str) else list(key)
        state = image.get_state(names)
        messages.append({k: v if isinstance(v, str) else bytes(v) for k, v in state.items()})

    image.send_state = send_state
    return messages


# ---- controls and their picture --------------------------------------------------------------


def test_moving_any_control_changes_the_image(shown):
    explore(view, a=(0.0, 1.0), b=True, c=["x", "y"], n=(0, 5))
    (panel,) = shown
    seen = {pixels(panel)}
    for name, value in {"a": 0.5, "b": False, "c": "y", "n": 4}.items():
        put(panel, **{name: value})
        assert pixels(panel) not in seen, f"{name} moved nothing"
        seen.add(pixels(panel))
    assert panel.message.value == ""


def test_controls_start_where_updates_defaults_say_and_the_picture_shows_them(shown):
    explore(view, a=(0.0, 1.0), n=(0, 5))
    (panel,) = shown
    assert {name: c.value for name, c in panel.controls.items()} == {"a": 0.25, "n": 3}
    assert pixels(panel) == drawn_alone(view, a=0.25, n=3)


def test_a_control_left_out_keeps_its_default(shown):
    explore(view, a=(0.0, 1.0))
    assert list(shown[0].controls) == ["a"]


def test_greek_names_are_written_in_greek_and_underscores_as_spaces(shown):
    explore(lambda ax: lambda mu, prior_mean: None, mu=(0, 1), prior_mean=(0, 1))
    assert [c.description for c in shown[0].controls.values()] == ["μ", "prior mean"]


def test_a_widget_of_the_readers_own_is_taken_as_it_is(shown):
    slider = w.FloatSlider(value=0.5, min=0, max=1, description="mine")
    explore(view, a=slider)
    assert shown[0].controls["a"] is slider and slider.description == "mine"


def test_an_unknown_control_is_refused_by_name(shown):
    with pytest.raises(ValueError, match="^z: unknown control.* a, b, c, n"):
        explore(view, z=(0, 1))
    assert shown == []


def test_a_control_that_update_needs_is_asked_for_by_name(shown):
    with pytest.raises(ValueError, match="^mu: "):
        explore(lambda ax: lambda mu, sigma=1: None, sigma=(0, 2))


@pytest.mark.parametrize(
    "bad",
    [object(), (1,), (0, "x"), (0, 1, 2, 3), w.HBox(), None, (3.0, -3.0), []],
    ids=lambda bad: str(bad)[:12],
)
def test_an_abbreviation_that_means_nothing_is_refused_by_name(shown, bad):
    with pytest.raises(ValueError, match="^a: "):
        explore(view, a=bad)


def test_show_is_one_exact_picture_without_controls(shown):
    show(view, a=0.5)
    (panel,) = shown
    assert pixels(panel) == drawn_alone(view, a=0.5) and panel.controls == {}


# ---- errors ----------------------------------------------------------------------------------


def test_an_error_in_update_is_one_line_and_the_next_good_value_clears_it(shown):
    explore(view, a=(0.0, 1.0))
    (panel,) = shown
    before = pixels(panel)
    put(panel, a=0.95)
    assert one_readable_line(panel, "ArithmeticError", "&lt;b&gt;a&lt;/b&gt; is too large")
    assert pixels(panel) == before
    put(panel, a=0.5)
    assert panel.message.value == "" and pixels(panel) == drawn_alone(view, a=0.5)


def test_a_view_that_fails_at_the_start_is_shown_with_its_error(shown):
    def broken(ax):
        def update(a=0.5):
            raise KeyError("sigma")

        return update

    explore(broken, a=(0.0, 1.0))
    assert one_readable_line(shown[0], "KeyError", "sigma")


def test_an_error_between_two_moves_leaves_the_brush_working_for_every_panel(shown):
    for _ in range(2):
        explore(view, a=(0.0, 1.0))
    for a in (0.95, 0.5, 0.92, 0.75):
        for panel in shown:
            panel.controls["a"].value = a
    for panel in shown:
        assert panel.brush.rest() and pixels(panel) == drawn_alone(view, a=0.75)
        assert panel.message.value == ""


# ---- the brush -------------------------------------------------------------------------------


def drawing_into(log, cost=0.0):
    """The view, which also writes down what it draws, and takes its time."""

    def watched(ax):
        update = view(ax)

        @functools.wraps(update)
        def follow(**values):
            time.sleep(cost)
            log.append(values)
            update(**values)

        return follow

    return watched


@pytest.mark.slow
def test_values_set_from_several_threads_end_with_the_last_ones_drawn(
    shown, rests_at_once, monkeypatch
):
    monkeypatch.setitem(picture._SIZES, 1, (3.2, 2.0))  # a small picture is drawn sooner
    log = []
    explore(drawing_into(log), a=(0.0, 0.9), n=(0, 1000), b=True)
    (panel,) = shown

    def move(name, values):
        for value in values:
            panel.controls[name].value = value

    for i in range(300):
        ends = {"a": (i % 90) / 100, "n": i, "b": i % 2 == 0}
        ways = {"a": (0.7, ends["a"]), "n": (999, ends["n"]), "b": (i % 3 == 0, ends["b"])}
        assert join([threading.Thread(target=move, args=way) for way in ways.items()])
        assert panel.brush.rest() and log[-1] == ends, f"in round {i}"
    assert pixels(panel) == drawn_alone(view, **ends) and panel.message.value == ""


def test_a_move_is_answered_before_it_is_drawn_and_only_the_last_wish_is_drawn(shown):
    log = []
    explore(drawing_into(log, cost=0.1), a=(0.0, 0.9), n=(0, 50))
    (panel,) = shown
    log.clear()
    begun = time.perf_counter()
    for n in range(4, 24):
        panel.controls["n"].value = n
    answered = time.perf_counter() - begun
    assert panel.brush.rest() and log[-1]["n"] == 23
    assert answered < 0.5, "the page waits for twenty pictures"  # they take 2 s
    assert len(log) <= 6  # one that was on its way, the last, and what a slow machine lets in


def test_while_it_moves_it_is_a_quick_jpeg_and_at_rest_exactly_the_picture(shown, monkeypatch):
    monkeypatch.setattr(brush, "REST", 1.0)  # a machine that stutters is not at rest
    explore(view, a=(0.0, 0.9))
    (panel,) = shown
    messages = sent(panel)
    for a in (0.3, 0.4, 0.5):
        panel.controls["a"].value = a
        until(lambda: panel.image.format == "jpeg")
    assert panel.brush.rest()
    pictures = [message["value"] for message in messages]
    assert len(pictures) >= 2
    assert all(made.startswith(b"\xff\xd8") for made in pictures[:-1])
    size, exact = pixels(panel)
    assert (size, exact) == drawn_alone(view, a=0.5) and pictures[-1] == panel.picture.png()
    quick = Image.open(io.BytesIO(pictures[-2]))
    assert quick.size == (size[0] // 2, size[1] // 2)


def test_a_picture_is_one_message_with_its_format(shown):
    """A JPEG that is announced as a PNG, or the other way round, would not be shown."""
    explore(view, a=(0.0, 0.9))
    (panel,) = shown
    messages, before = sent(panel), panel._sent
    for a in (0.3, 0.4, 0.5):
        put(panel, a=a)
    assert len(messages) == panel._sent - before and len(messages) >= 6
    for message in messages:
        assert set(message) == {"format", "value"}  # a quick one and an exact one in turn
        kind = Image.open(io.BytesIO(message["value"])).format
        assert kind.lower() == message["format"]


def test_a_drag_ends_with_its_last_value_within_a_second_of_rest(shown):
    explore(view, a=(0.0, 0.9), n=(0, 200))
    (panel,) = shown
    for n in range(101, 201):
        panel.controls["n"].value = n
        time.sleep(0.003)
    until(lambda: panel.image.format == "png", seconds=1)
    assert pixels(panel) == drawn_alone(view, a=0.25, n=200)


def test_one_thread_draws_for_all_panels_and_does_not_pile_up(shown):
    for _ in range(4):
        explore(view, a=(0.0, 0.9), n=(0, 100))
    before = set(threading.enumerate())
    for n in range(4, 54):
        for panel in shown:
            panel.controls["n"].value = n
        new = set(threading.enumerate()) - before
        assert len(new) <= 1 and all(thread.daemon for thread in new)
    for panel in shown:
        assert panel.brush.rest() and pixels(panel) == drawn_alone(view, n=53)
    painters = [t for t in threading.enumerate() if t.name == brush.__name__]
    assert len(painters) == 1


def test_a_wish_and_its_due_time_are_one_moment_for_the_thread(monkeypatch):
    """Else the thread, awake for another panel, meets a wish that it cannot date, and ends."""
    touch = Brush.touch
    monkeypatch.setattr(Brush, "touch", lambda self: time.sleep(0.1) or touch(self))
    log, died = [], []
    monkeypatch.setattr(threading, "excepthook", died.append)
    busy = Brush(lambda wish: time.sleep(0.01), lambda: None)
    late = Brush(log.append, lambda: None)
    keep_busy = threading.Thread(target=lambda: [busy.ask(i) for i in range(5)])
    keep_busy.start()
    time.sleep(0.05)
    late.ask("a wish")
    keep_busy.join(10)
    assert late.rest(5) and log == ["a wish"] and not died


def test_of_wishes_that_wait_the_last_is_drawn_and_only_that():
    log, begun, go = [], threading.Event(), threading.Event()

    def draw(wish):
        log.append(wish)
        begun.set()
        go.wait(5)

    brush = Brush(draw, lambda: log.append("exact"))
    brush.ask("first")
    assert begun.wait(5)
    for wish in ("second", "third", "fourth"):
        brush.ask(wish)
    go.set()
    assert brush.rest(5) and log == ["first", "fourth", "exact"]


def test_a_brush_that_is_at_rest_says_so_at_once_and_one_that_is_not_in_time():
    still = Brush(lambda wish: None, lambda: None)
    begun = time.perf_counter()
    assert still.rest() and time.perf_counter() - begun < 0.1
    slow = Brush(lambda wish: time.sleep(0.5), lambda: None)
    slow.ask(1)
    assert not slow.rest(0.1)
    begun = time.perf_counter()
    assert slow.rest(5) and time.perf_counter() - begun < 3  # not when its patience is over


def test_over_a_slow_link_it_is_a_png_that_is_not_sent_twice(shown, one_dot):
    log = []
    explore(drawing_into(log), a=(0.0, 0.9))
    (panel,) = shown
    messages = sent(panel)
    log.clear()
    for a in (0.3, 0.4, 0.5):
        put(panel, a=a)
    assert pixels(panel) == drawn_alone(view, a=0.5) and pixels(panel)[0] == (640, 400)
    assert len(messages) == len(log) == 3
    assert all(message["value"].startswith(b"\x89PNG") for message in messages)


@pytest.mark.parametrize("sharp, dots", [(True, 2), (False, 1)])
def test_setup_chooses_how_many_dots_a_picture_has(monkeypatch, sharp, dots):
    monkeypatch.setattr(picture, "_dots", None)  # and put back afterwards
    setup(sharp=sharp)
    assert picture.dots() == dots and Picture(view).dots == dots


# ---- words for those who cannot see it -------------------------------------------------------


def spoken(panel):
    (html,) = (c for c in panel.children if isinstance(c, w.HTML) and c is not panel.message)
    return html


def test_the_alternative_text_is_in_the_panel_and_escaped(shown):
    def spiky(ax):
        """Where p < q & "r"."""
        return lambda a=0.5: None

    explore(spiky, a=(0.0, 1.0))
    (text,) = re.findall("<span class='lecture-words'>(.*?)</span>", spoken(shown[0]).value)
    assert text == "Where p &lt; q &amp; &quot;r&quot;."


def test_the_words_for_screen_readers_take_no_room_and_do_not_scroll(shown):
    explore(view, a=(0.0, 1.0))
    html = spoken(shown[0])
    (rule,) = re.findall(r"\.lecture-words \{(.*?)\}", html.value, re.DOTALL)
    style = dict(re.findall(r"([\w-]+):\s*([^;]+?)\s*(?:;|$)", rule.strip()))
    assert (style["position"], style["overflow"]) == ("absolute", "hidden")
    assert (style["width"], style["height"]) == ("1px", "1px")
    assert "display" not in style and "visibility" not in style  # which would silence them
    assert html.layout.height == "0"
