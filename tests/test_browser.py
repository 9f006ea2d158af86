"""A real browser opens every notebook in JupyterLab, runs it, and moves what readers move."""

import re
import time
from urllib.parse import urlparse

import nbformat
import pytest
from browser import (
    ARGS,
    CHROMIUM,
    HANDLE,
    changes,
    errors,
    open_and_run,
    panels,
    picture,
    server,
    unfinished,
    wait_until,
)

from notebooks import BUILT, NAMES

if CHROMIUM is None:
    pytest.skip("no chromium or chrome found: browser tests left out", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api")

# JupyterLab's own, where the kernel was not started by this page
HARMLESS = ("Could not restore the debugger state",)
PLAY = "button:text-is('play')"
BUTTON = "button.widget-button:not(.widget-toggle-button)"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """JupyterLab over a copy of the notebooks."""
    every = {path.name: nbformat.read(path, as_version=4) for path in BUILT.values()}
    with server(tmp_path_factory.mktemp("lab"), every) as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=NAMES)
def page(request, address, browser):
    """A notebook, opened and run whole."""
    page = open_and_run(browser, address, BUILT[request.param].name)
    yield page
    page.close()


# ---- parts of a page -------------------------------------------------------------------------


def step_of(panel) -> int:
    """Return the step that the message line names."""
    found = re.search(r"step (\d+)", panel.inner_text())
    return int(found[1]) if found else -1


def title(panel) -> str:
    return (
        panel.evaluate("e => e.closest('.jp-Cell').querySelector('.jp-InputPrompt').innerText")
        + " "
        + " / ".join(panel.locator(".widget-label").all_inner_texts())
    )


def middle(element) -> tuple:
    """Bring an element into view; return its left, top, width and height on the screen."""
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    return box["x"], box["y"], box["width"], box["height"]


def stroke(page, element, *points):
    """Draw with the mouse over an element, through points given as fractions of its width and
    height."""
    x, y, width, height = middle(element)
    where = [(x + width * across, y + height * down) for across, down in points]
    page.mouse.move(*where[0])
    page.mouse.down()
    for place in where[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


# ---- the tests -------------------------------------------------------------------------------


def test_it_runs_whole_without_errors(page):
    assert not errors(page)
    assert not unfinished(page)
    text = page.locator(".jp-Notebook").inner_text()
    assert "Error displaying widget" not in text
    assert "Click to show javascript error" not in text
    assert page.locator(".jp-Notebook [role=alert]").all_inner_texts() == []


def test_every_slider_moves_its_picture(page):
    for panel in panels(page, HANDLE, without=PLAY):
        for handle in panel.locator(HANDLE).all():
            handle.scroll_into_view_if_needed()
            handle.focus()
            keys = ["ArrowRight"] * 5 + [
                "ArrowLeft"
            ] * 10  # from its right end it goes left; a step may change little
            changed = changes(panel, lambda: handle.press(keys[0])) or any(
                changes(panel, lambda: handle.press(key), 1) for key in keys[1:]
            )
            assert changed, f"{title(panel)}: no change of the picture"


def test_every_choice_and_tick_moves_its_picture(page):
    for panel in panels(page, "select, input[type=checkbox]", without=PLAY):
        for choice in panel.locator("select").all():
            others = choice.locator("option:not(:checked)").all_inner_texts()
            assert changes(panel, lambda: choice.select_option(label=others[-1])), (
                f"{title(panel)}: {others[-1]}"
            )
        for tick in panel.locator("input[type=checkbox]").all():
            assert changes(panel, tick.click), f"{title(panel)}: a tick"


def test_every_playground_plays_pauses_steps_and_resets(page):
    for panel in panels(page, PLAY):

        def press(name):
            panel.locator(f"button:text-is('{name}')").click()

        assert changes(panel, lambda: press("play"), 10), f"{title(panel)}: nothing plays"
        panel.locator("button:text-is('pause')").wait_for(timeout=5000)
        for handle in panel.locator(HANDLE).all():  # its knobs act while it plays
            before = step_of(panel)
            handle.focus()
            handle.press("ArrowLeft")
            assert wait_until(lambda: step_of(panel) > before, 10), (
                f"a knob stops it: {panel.inner_text()}"
            )
        press("pause")
        panel.locator(PLAY).wait_for(timeout=5000)
        still, stays = picture(panel), step_of(panel)
        assert not wait_until(lambda: picture(panel) != still, 1), (
            f"{title(panel)}: it moves while it pauses"
        )
        for step in set(panel.locator(BUTTON).all_inner_texts()) - {
            "play",
            "reset",
        }:  # `step`, or the verbs
            press(step)
            stays += 1
            assert wait_until(lambda: step_of(panel) == stays), (
                f"{step} goes to {step_of(panel)}, not {stays}"
            )
        press("reset")
        assert wait_until(lambda: step_of(panel) == 1, 10), (
            f"{title(panel)}: reset goes to {step_of(panel)}"
        )


def test_a_playground_may_be_slow_and_goes_fast_again(page):
    for panel in panels(page, PLAY):
        speed, play = panel.locator(HANDLE).first, panel.locator(BUTTON).first
        for _ in range(4):
            speed.press("ArrowLeft")  # down to one step a second
        play.click()
        time.sleep(0.5)
        begun, now = step_of(panel), time.monotonic()
        moved = wait_until(lambda: step_of(panel) >= begun + 2, 10)
        assert moved, f"{title(panel)}: it stands at step {begun}"
        made, seconds = step_of(panel) - begun, time.monotonic() - now
        assert made <= seconds + 1, f"{title(panel)}: {made} steps in {seconds:.2f} s"
        for _ in range(4):
            speed.press("ArrowRight")
        fast = wait_until(lambda: step_of(panel) > begun + 10, 10)
        assert fast, f"{title(panel)}: still slow at step {step_of(panel)}"
        panel.locator("button:text-is('pause')").click()
        panel.locator(PLAY).wait_for(timeout=5000)


def test_every_point_can_be_dragged(page):
    for panel in panels(page, "canvas", without=".paint-container"):
        canvas = panel.locator("canvas").first
        assert changes(panel, lambda: stroke(page, canvas, (0.4, 0.6), (0.7, 0.3))), (
            f"{title(panel)}: to the right"
        )
        assert changes(panel, lambda: stroke(page, canvas, (0.7, 0.3), (0.3, 0.5))), (
            f"{title(panel)}: and to the left"
        )


def test_every_canvas_can_be_drawn_on(page):
    for panel in panels(page, ".paint-container"):
        canvas = panel.locator("canvas").first
        assert changes(
            panel, lambda: stroke(page, canvas, (0.2, 0.2), (0.8, 0.2), (0.3, 0.9))
        ), title(panel)
        assert changes(panel, panel.locator("button[title=Clear]").click), (
            f"{title(panel)}: the bin"
        )
        assert changes(panel, lambda: stroke(page, canvas, (0.5, 0.1), (0.5, 0.9))), (
            f"{title(panel)}: after the bin"
        )


def test_every_data_set_can_be_drawn(page):
    for panel in panels(page, ".dd-scatter-svg"):
        points, undo = panel.locator("circle.drawn"), panel.locator("button[aria-label=Undo]")
        trained, first = panel.locator(PLAY).count(), points.count()

        def acts(act):
            if not trained:  # an `explore`, which follows at once
                return changes(panel, act)
            act()
            told = wait_until(lambda: "press reset" in panel.inner_text())
            return told and changes(panel, panel.locator("button:text-is('reset')").click)

        assert acts(
            lambda: stroke(
                page, panel.locator(".dd-scatter-svg"), (0.1, 0.1), (0.9, 0.2), (0.1, 0.9)
            )
        ), title(panel)
        assert points.count() > first, f"{title(panel)}: nothing is drawn"
        assert acts(undo.click), f"{title(panel)}: the stroke is not taken back"
        assert points.count() == first


def test_every_quiz_answers(page):
    for question in page.locator(".jp-Notebook .Quiz").all():
        answer, feedback = question.locator(".MCButton").first, question.locator(".Feedback")
        answer.scroll_into_view_if_needed()
        answer.click()
        assert wait_until(lambda: feedback.inner_text().strip()), question.inner_text()


CLIPPED = """() => [...document.querySelectorAll('.jp-OutputArea-output')].flatMap(area =>
  [...area.querySelectorAll('img, canvas, .dd-scatter-svg')].filter(e => e.clientWidth)
    .flatMap(e => {
      const inner = e.getBoundingClientRect(), outer = area.getBoundingClientRect();
      const fits = inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
      const prompt = area.closest('.jp-Cell').querySelector('.jp-InputPrompt').innerText;
      const words = `${e.tagName} to ${inner.right - outer.left} px of ${outer.width} px`;
      return fits ? [] : [`${prompt} ${words}`];
    }))"""
NARROW = """() => [...document.querySelectorAll('.widget-hslider, .widget-inline-hbox')]
  .filter(e => e.querySelector('.noUi-target')).flatMap(e => {
    const track = e.querySelector('.noUi-target').getBoundingClientRect().width;
    return track >= 180 ? [] : [`${e.innerText}: ${track} px`];
  })"""
TWO_FRAMES = (
    "new Promise(f => requestAnimationFrame(() => requestAnimationFrame(() => f(true))))"
)


@pytest.mark.parametrize("width", (1000, 1300))
def test_no_picture_is_clipped_and_every_slider_has_room(page, width):
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_function(TWO_FRAMES)
    assert not page.evaluate(CLIPPED)
    assert width < 1300 or not page.evaluate(NARROW)


def test_after_all_this_nothing_complained_and_nobody_was_called(page):
    away = [
        url[:200]
        for url in page.calls
        if urlparse(url).scheme not in ("data", "blob")
        and urlparse(url).hostname not in ("127.0.0.1", "localhost")
    ]
    assert not away, "requests that leave the machine"
    assert not errors(page)
    assert page.locator(".jp-Notebook [role=alert]").all_inner_texts() == []
    assert not [
        line[:300] for line in page.complaints if not any(known in line for known in HARMLESS)
    ]
