"""One small notebook in both clients: the wheel, the keys, the dark, sharpness, a film."""

import io
import statistics
import time

import pace
import pytest
from browser import (
    ARGS,
    CHROMIUM,
    CLIENTS,
    DARK,
    HANDLE,
    IMAGE,
    SETTINGS,
    changes,
    errors,
    held_key,
    key_to_picture,
    notebook_of,
    open_and_run,
    panels,
    picture,
    server,
    wait_until,
)
from PIL import Image

if CHROMIUM is None:
    pytest.skip("no chromium or chrome found: browser tests left out", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api")

CELLS = (
    """
import torch
from lecture_utils import explore, playground, plots, setup, show
from lecture_utils.live import Film, Point
setup(0)

def wave(left, right):
    \"\"\"A wave, and its slope: a sentence that only screen readers read, so long that it
    would take many lines of a narrow column, if it took any room on the page at all.\"\"\"
    t = torch.linspace(0, 6, 400)
    (line,), (slope,) = left.plot(t, 0 * t), right.plot(t, 0 * t, "--")
    for ax in (left, right):
        ax.set(ylim=(-3, 3), xlabel="t")
    title = left.set_title("", loc="left")

    def update(a=1.0, k=2.0):
        line.set_ydata(a * torch.sin(k * t))
        slope.set_ydata(a * k * torch.cos(k * t) / 3)
        title.set_text(f"a = {a:.2f}, k = {k:.2f}")

    return update

explore(wave, a=(0.0, 3.0), k=(0.5, 4.0))
""",
    """
def walk(n):
    x = torch.zeros(200, 2)
    for _ in range(n):
        x = x + 0.1 * torch.randn(200, 2)
        yield x

def cloud(ax):
    (dots,) = ax.plot([], [], ".")
    ax.set(xlim=(-3, 3), ylim=(-3, 3))
    return lambda step: dots.set_data(*step.T)

playground(lambda p: walk(64), cloud, speed=10)
""",
    """
def cloud_at(ax):
    draw = cloud(ax)
    return lambda time: draw(time)

explore(cloud_at, time=Film(walk(40)))
""",
    """show(wave, a=2.0)""",
)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with server(tmp_path_factory.mktemp("lab"), {"small.ipynb": notebook_of(CELLS)}) as url:
        yield url


@pytest.fixture(scope="module", params=CLIENTS)
def page(request, address, browser):
    page = open_and_run(browser, address, "small.ipynb", request.param, device_scale_factor=2)
    page.client = request.param
    assert not errors(page)
    yield page
    page.close()


BOXES = """panel => [...panel.querySelectorAll('*')].flatMap(e => {
  const style = getComputedStyle(e), scrolls = /auto|scroll/.test(style.overflowY);
  const hidden = e.scrollHeight - e.clientHeight;
  return scrolls && hidden > 3 ? [`${e.className}: ${hidden} px`] : [];
})"""


def test_the_wheel_over_a_figure_scrolls_the_page_and_not_the_figure_out_of_its_box(page):
    for panel in panels(page, IMAGE):
        image = panel.locator(IMAGE).first
        image.scroll_into_view_if_needed()
        assert not panel.evaluate(BOXES), "a box with something out of sight would scroll"
        box, place = image.bounding_box(), "(e) => e.getBoundingClientRect().top"
        inside = (
            "(e) => e.getBoundingClientRect().top - "
            "e.closest('.jp-OutputArea-output').getBoundingClientRect().top"
        )
        before, stands = image.evaluate(inside), image.evaluate(place)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for ticks in (300, 300, -150):
            page.mouse.wheel(0, ticks)
            time.sleep(0.15)
        assert image.evaluate(inside) == pytest.approx(before, abs=1)
        assert image.evaluate(place) <= stands  # the page went on, or stood at its end


def shown(panel) -> Image.Image:
    """What the panel's image element holds."""
    return Image.open(
        io.BytesIO(
            bytes(
                panel.evaluate(
                    """async panel => {
          const answer = await fetch(panel.querySelector('img.widget-image').src);
          return [...new Uint8Array(await answer.arrayBuffer())];
        }"""
                )
            )
        )
    )


def test_a_picture_is_sharp_at_rest_and_quick_while_it_moves(page):
    panel = panels(page, HANDLE)[0]
    width = panel.locator(IMAGE).first.evaluate("e => e.clientWidth")
    wait_until(lambda: shown(panel).format == "PNG")
    assert shown(panel).format == "PNG" and shown(panel).width >= 1.9 * width
    panel.locator(HANDLE).first.scroll_into_view_if_needed()
    assert changes(panel, lambda: nudge(page, panel))
    assert shown(panel).format == "JPEG"
    assert wait_until(lambda: shown(panel).format == "PNG")


def nudge(page, panel, by: float = 25):
    """Drag the first slider's handle to the side, with the mouse."""
    x, y, width, height = panel.locator(HANDLE).first.bounding_box().values()
    page.mouse.move(x + width / 2, y + height / 2)
    page.mouse.down()
    page.mouse.move(x + width / 2 + by, y + height / 2, steps=3)
    page.mouse.up()


NOISE = 3  # what other work meanwhile may cost; `make bench` measures


def test_a_key_is_answered_at_once_and_a_held_one_by_a_film(page):
    if page.client == "notebook":
        pytest.skip("Notebook 7 keeps the arrow keys for its own shortcuts")
    panel = panels(page, HANDLE)[0]
    panel.scroll_into_view_if_needed()
    noise = NOISE * pace.slowness()
    times = key_to_picture(panel, 15)
    assert statistics.median(times) <= noise * 60
    held = held_key(panel, 2)
    assert held["rate"] >= 20 / noise and held["late"] <= noise * 100
    words = panel.locator(".widget-readout").first.inner_text()
    last = picture(panel)
    assert wait_until(lambda: shown(panel).format == "PNG")  # the last value is drawn exactly
    assert (
        picture(panel) != last and words == panel.locator(".widget-readout").first.inner_text()
    )


def test_every_step_of_a_short_chain_is_shown_and_its_end_is_told(page):
    panel = panels(page, "button:text-is('play')")[0]
    seen, before = set(), None
    panel.locator("button:text-is('play')").click()
    deadline = time.monotonic() + 30
    while "finished: press reset" not in panel.inner_text() and time.monotonic() < deadline:
        if picture(panel) != before:
            before = picture(panel)
            seen.add(before)
        time.sleep(0.01)
    assert "finished: press reset" in panel.inner_text()
    assert len(seen) >= 50  # of 63 that are made ten a second; a poll may miss some
    panel.locator("button:text-is('reset')").click()
    assert wait_until(lambda: "step 1" in panel.inner_text())


def test_a_film_plays_and_its_time_can_be_dragged_and_typed(page):
    panel = panels(page, ".jupyter-widget-play, .widget-play")[0]
    panel.locator(HANDLE).first.scroll_into_view_if_needed()
    readout = panel.locator(".widget-readout").first
    assert readout.inner_text() == "39"  # it begins with its end
    assert changes(panel, lambda: nudge(page, panel, -60))
    assert int(readout.inner_text()) < 39
    if page.client == "lab":  # Notebook 7 keeps the keys for its own shortcuts
        assert changes(panel, lambda: panel.locator(HANDLE).first.press("Home"))
        assert readout.inner_text() == "0"
    play = panel.locator(".widget-play button, .jupyter-widget-play button").first
    assert changes(panel, play.click)
    assert wait_until(lambda: readout.inner_text() == "39", 15)


def luminance(image: Image.Image) -> float:
    """The mean lightness of the picture's corners, 0 to 1: its paper."""
    grey = image.convert("L")
    places = [(x, y) for x in (2, grey.width - 3) for y in (2, grey.height - 3)]
    return sum(grey.getpixel(place) for place in places) / 4 / 255


def test_in_the_dark_no_figure_is_a_white_slab_and_its_words_are_light(
    browser, tmp_path_factory
):
    home, notebook = tmp_path_factory.mktemp("dark"), {"small.ipynb": notebook_of(CELLS)}
    with server(home, notebook, SETTINGS | DARK) as url:
        page = open_and_run(browser, url, "small.ipynb")
        for panel in panels(page, IMAGE):
            panel.scroll_into_view_if_needed()
            photo = Image.open(io.BytesIO(panel.locator(IMAGE).first.screenshot()))
            assert luminance(photo) < 0.15
            assert photo.convert("L").getextrema()[1] > 0.8 * 255  # ticks and letters
        page.close()


def test_nothing_complained(page):
    assert not errors(page)
    own = "debugger state" if page.client == "lab" else ""  # Notebook 7 complains by itself
    about = [line for line in page.complaints if own not in line or "widget" in line.lower()]
    assert not about
