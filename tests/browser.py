"""What the browser tests share: a server, a page that has run a notebook, and hands on it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from notebooks import code_cells, readers_environment, write_kernel_spec

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
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
CLIENTS = {"lab": "lab/tree/{}?reset&token={}", "notebook": "notebooks/{}?token={}"}
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}
DARK = {"@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark"}}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
IMAGE, HANDLE = "img.widget-image", ".noUi-handle"


def wait_until(holds, seconds: float = 5, every: float = 0.02):
    """Return the first true answer of `holds()`, or the last one when the seconds are over."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()) and time.monotonic() < deadline:
        time.sleep(every)
    return answer


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def notebook_of(cells):
    """Return a notebook with these code cells."""
    cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in cells]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


@contextlib.contextmanager
def server(home: Path, notebooks: dict, settings: dict = SETTINGS):
    """Serve notebooks (file name → node) in JupyterLab and Notebook 7; yield the address.

    Its settings are its own, under `home`.
    """
    (home / "notebooks").mkdir()
    for name, notebook in notebooks.items():
        for cell in code_cells(notebook):
            cell.execution_count = None  # the number that appears says that the cell has run
        nbformat.write(notebook, home / "notebooks" / name)
    for plugin, values in settings.items():
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
        "--ip=127.0.0.1",
    ]
    command += ["--expose-app-in-browser", "--JupyterNotebookApp.expose_app_in_browser=True"]
    command += [f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
    command += [f"--ServerApp.root_dir={home / 'notebooks'}"]
    environment = readers_environment() | own
    with open(home / "log", "w") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, 90, 0.3)
        log = (home / "log").read_text()[-1000:]
        assert process.poll() is None, f"JupyterLab did not start: {log}"
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def open_and_run(browser, url: str, name: str, client: str = "lab", **options):
    """Return a page on which the notebook of that file name has run whole.

    It notes what it complains about (`complaints`) and whom it calls (`calls`).
    """
    page = browser.new_page(viewport={"width": 1300, "height": 1000}, **options)
    page.complaints, page.calls = [], []
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(f"page error: {error}"))
    page.on("request", lambda call: page.calls.append(call.url))
    page.on("websocket", lambda call: page.calls.append(call.url))
    page.goto(f"{url}/{CLIENTS[client].format(name, TOKEN)}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=90_000)
    wait_for_idle_kernel(page)
    page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")
    wait_until(lambda: not unfinished(page) or errors(page), 900, 0.5)
    wait_for_idle_kernel(page)
    return page


def wait_for_idle_kernel(page):
    kernel = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
    page.wait_for_function(f"() => {kernel}?.status == 'idle'", timeout=90_000)


def _cells_where(page, condition: str, answer: str) -> list:
    """Ask the client's models: `answer` for every code cell `m` and output `o` (or none)."""
    return page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model)
        .filter(m => m.type == "code")
        .flatMap(m => [undefined, ...m.outputs.toJSON()].map(o => [m, o]))"""
        f".filter(([m, o]) => {condition}).map(([m, o]) => {answer})"
    )


def unfinished(page) -> list:
    """Return the first lines of the code cells without an execution count.

    (A folded cell shows no prompt.)
    """
    first_line = "m.sharedModel.source.split('\\n')[0]"
    return _cells_where(page, "!o && m.executionCount === null", first_line)


def errors(page) -> list:
    """Return the errors of all cells, each with the line where it was raised."""
    line = "(o.traceback || []).join('\\n').split('\\n').filter(l => l.includes('-->')).pop()"
    what = f"`${{o.ename}}: ${{o.evalue}} ${{{line}}}`"
    return _cells_where(page, "o && o.output_type == 'error'", what)


def panels(page, holding: str, without: str | None = None) -> list:
    """Return the outputs that show a live picture and hold a certain element, as locators.

    They stay when the picture changes.
    """
    every = page.locator(".jp-Notebook .jp-OutputArea-output").all()
    return [
        output
        for output in every
        if output.locator(IMAGE).count()
        and output.locator(holding).count()
        and not (without and output.locator(without).count())
    ]


def picture(panel) -> str:
    return panel.locator(IMAGE).first.get_attribute("src")


def changes(panel, act, seconds: float = 5) -> bool:
    """Say whether the panel's picture changes within the seconds after `act()`."""
    before = picture(panel)
    act()
    return bool(wait_until(lambda: picture(panel) != before, seconds))


_PAINTED = """
  const painted = () => new Promise(done => requestAnimationFrame(() => {
    const channel = new MessageChannel();  // its message comes after the frame is painted
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  }));
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const handle = panel.querySelector('.noUi-handle');
  const img = panel.querySelector('img.widget-image');
  const press = key => handle.dispatchEvent(
    new KeyboardEvent('keydown', {key, code: key, bubbles: true, cancelable: true}));
  handle.focus();
"""


def key_to_picture(panel, presses: int = 30) -> list[float]:
    """Return for single key presses on the panel's first slider the milliseconds until the new
    picture is painted."""
    return panel.evaluate(
        """async (panel, presses) => {"""
        + _PAINTED
        + """
  const times = [];
  for (let i = 0; i < presses; i++) {
    await pause(450);  // the exact picture of the last one has come
    const began = performance.now();
    const seen = new Promise(done => {
      img.addEventListener('load', async () => done(await painted()), {once: true});
      setTimeout(() => done(Infinity), 3000);
    });
    press(i % 2 ? 'ArrowLeft' : 'ArrowRight');
    times.push(await seen - began);
  }
  return times;
}""",
        presses,
    )


def held_key(panel, seconds: float = 3) -> dict:
    """Hold an arrow key on the panel's first slider, 30 repeats a second.

    Return `rate`, pictures a second, and `late`, the milliseconds after the last repeat until
    the last picture of the move came.
    """
    return panel.evaluate(
        """async (panel, seconds) => {"""
        + _PAINTED
        + """
  const loads = [], note = async () => loads.push(await painted());
  img.addEventListener('load', note);
  const began = performance.now();
  let last = began;
  for (let i = 0; i < 30 * seconds; i++) {
    press(i % 20 < 10 ? 'ArrowRight' : 'ArrowLeft');
    last = performance.now();
    await pause(33);
  }
  await pause(180);  // before the exact picture comes
  img.removeEventListener('load', note);
  return {rate: loads.filter(t => t <= last).length / (last - began) * 1000,
          late: Math.max(0, ...loads) - last};
}""",
        seconds,
    )
