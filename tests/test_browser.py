"""A real browser opens every notebook in JupyterLab, runs it, and moves what a reader would
move."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlparse

import nbformat
import pytest

from notebooks import BUILT, NAMES, code_cells, readers_environment, write_kernel_spec

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
if BROWSER is None:
    pytest.skip(
        "no chromium or google-chrome found: the browser tests are left out",
        allow_module_level=True,
    )
playwright = pytest.importorskip("playwright.sync_api")

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TOKEN = "test"
RUN_SECONDS = 240
HARMLESS = (
    "Could not restore the debugger state",
)  # JupyterLab's own, where the kernel was not started by this page
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}


def wait_until(holds, seconds: float = 5, every: float = 0.02):
    """Return the first true answer of `holds()`, or the last one when the seconds are over."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()) and time.monotonic() < deadline:
        time.sleep(every)
    return answer


# ---- the server, the browser, and one page a notebook ----------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """JupyterLab over a copy of the notebooks without execution counts, with settings of its
    own; its address."""
    home = tmp_path_factory.mktemp("lab")
    (home / "notebooks").mkdir()
    for name, path in BUILT.items():
        notebook = nbformat.read(path, as_version=4)
        for cell in code_cells(notebook):
            cell.execution_count = None  # the number that appears says that the cell has run
        nbformat.write(notebook, home / "notebooks" / path.name)
    for plugin, values in SETTINGS.items():
        file = home / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    write_kernel_spec(home)
    own = {
        f"JUPYTERLAB_{kind.upper()}_DIR": str(home / kind)
        for kind in ("settings", "workspaces")
    }
    own |= {f"JUPYTER_{kind.upper()}_DIR": str(home / kind) for kind in ("config", "runtime")}
    own["JUPYTER_PATH"] = str(home)  # where the kernel is
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={home / 'notebooks'}",
    ]
    with open(home / "log", "w") as log:
        process = subprocess.Popen(
            command,
            env=readers_environment() | own,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        assert (
            wait_until(lambda: answers(port) or process.poll() is not None, 90, 0.3)
            and process.poll() is None
        ), "JupyterLab did not start: " + (home / "log").read_text()[-1000:]
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=BROWSER, args=ARGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=NAMES)
def page(request, server, browser):
    """A notebook, opened and run whole; with what the page complained about and whom it
    called."""
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.complaints, page.calls, page.name = [], [], request.param
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(f"page error: {error}"))
    page.on("request", lambda call: page.calls.append(call.url))
    page.on("websocket", lambda call: page.calls.append(call.url))
    page.goto(f"{server}/lab/tree/{BUILT[request.param].name}?reset&token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=90_000)
    wait_for_idle_kernel(page)
    page.locator('[data-command="notebook:restart-run-all"]').first.click()
    page.locator(".jp-Dialog button.jp-mod-accept").click(timeout=20_000)
    page.ran = wait_until(lambda: not unfinished(page) or errors(page), RUN_SECONDS, 0.5)
    wait_for_idle_kernel(page)
    yield page
    page.close()


def wait_for_idle_kernel(page):
    page.wait_for_function(
        "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status == 'idle'",
        timeout=90_000,
    )


def cells_where(page, condition: str, answer: str) -> list:
    """Ask JupyterLab's own models: `answer` for every code cell `m` and output `o` (or none)
    with that condition."""
    return page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model)
        .filter(m => m.type == "code").flatMap(m => [undefined, ...m.outputs.toJSON()].map(o =>
        [m, o])) .filter(([m, o]) => %s).map(([m, o]) => %s)"""
        % (condition, answer)
    )


def unfinished(page) -> list:
    """Return the first lines of the code cells without an execution count. (A folded cell shows
    no prompt.)"""
    return cells_where(
        page, "!o && m.executionCount === null", "m.sharedModel.source.split('\\n')[0]"
    )


def errors(page) -> list:
    return cells_where(page, "o && o.output_type == 'error'", "`${o.ename}: ${o.evalue}`")


# ---- parts of a page -------------------------------------------------------------------------

IMAGE, HANDLE = "img.widget-image", ".noUi-handle"


def panels(page, holding: str, without: str = None) -> list:
    """Return the outputs that show a live picture and hold a certain element, as locators that
    stay when it changes."""
    every = page.locator(".jp-Notebook .jp-OutputArea-output").all()
    return [
        output
        for output in every
        if output.locator(IMAGE).count()
        and output.locator(holding).count()
        and not (without and output.locator(without).count())
    ]


PLAY = "button:text-is('play')"
BUTTON = "button.widget-button:not(.widget-toggle-button)"


def picture(panel) -> str:
    return panel.locator(IMAGE).first.get_attribute("src")


def changes(panel, act, seconds: float = 5) -> bool:
    """Say whether the panel's picture changes within the seconds after `act()`."""
    before = picture(panel)
    act()
    return bool(wait_until(lambda: picture(panel) != before, seconds))


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
    assert page.ran and not unfinished(page), (
        f"not run after {RUN_SECONDS} s: {unfinished(page)}"
    )
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


def test_slow_motion_is_slow_until_it_is_switched_off(page):
    for panel in panels(page, PLAY):
        slow, play = panel.locator("button:text-is('slow motion')"), panel.locator(BUTTON).first
        slow.click()
        play.click()
        time.sleep(0.5)
        begun, now = step_of(panel), time.monotonic()
        assert wait_until(lambda: step_of(panel) >= begun + 2, 10), (
            f"{title(panel)}: it stands at step {begun}"
        )
        made, seconds = step_of(panel) - begun, time.monotonic() - now
        assert made <= seconds / 0.4 + 1, f"{title(panel)}: {made} steps in {seconds:.2f} s"
        slow.click()
        assert wait_until(lambda: step_of(panel) > begun + 10, 10), (
            f"{title(panel)}: still slow at step {step_of(panel)}"
        )
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


@pytest.mark.parametrize("width", (1000, 1300))
def test_no_picture_is_clipped(page, width):
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_function(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    )
    clipped = page.evaluate("""() => [...document.querySelectorAll('.jp-OutputArea-output')].flatMap(area =>
        [...area.querySelectorAll('img, canvas, .dd-scatter-svg')].filter(e => e.clientWidth).flatMap(e => {
            const inner = e.getBoundingClientRect(), outer = area.getBoundingClientRect();
            const fits = inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
            const prompt = area.closest('.jp-Cell').querySelector('.jp-InputPrompt').innerText;
            return fits ? [] : [`${prompt} ${e.tagName} to ${inner.right - outer.left} px of ${outer.width} px`];
        }))""")
    assert not clipped


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
