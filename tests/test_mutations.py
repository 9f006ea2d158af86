"""Each mistake of the table in mistakes/ must make one of its tests fail: a suite that stays
green over them tests nothing.

The tests run in processes forked from one that has imported the slow libraries, but not the
package. Those that call the function with the mistake come first, the quickest before: that
decides nothing, and saves most of the time.
"""

import ast
import compileall
import contextlib
import gc
import io
import multiprocessing
import os
import py_compile
import shutil
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import mistakes
import pace
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PATIENCE = 90  # seconds, for the tests of one mistake: some mistakes make them wait for ever
SLOW = [
    "torch",
    "torch._dynamo",
    "torch.distributed.tensor",
    "scipy.stats",
    "scipy.linalg",
    "scipy.optimize",
    "sklearn.datasets",
    "sklearn.mixture",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "ipywidgets",
    "wigglystuff",
    "jupyterquiz",
    "tqdm.auto",
    "IPython.display",
    "IPython.core.interactiveshell",
    "PIL.Image",
    "pytest",
]
MISTAKES = mistakes.all_mistakes()
# A test that fails anyway would notice everything.
UNCHANGED = mistakes.unchanged(MISTAKES)


class Calls:
    """A plugin of pytest that notes, of each test, its seconds and which functions of the
    package it calls: {test: (seconds, {(file, first line), ...})}."""

    def __init__(self, copy: Path):
        self.package, self.of = f"{copy}/", {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        called, begun = set(), time.perf_counter()

        def note(frame, *_):
            called.add(frame.f_code)

        threading.settrace(note), sys.settrace(note)
        try:
            return (yield)
        finally:
            threading.settrace(None), sys.settrace(None)
            own = {
                (code.co_filename.removeprefix(self.package), code.co_firstlineno)
                for code in called
                if code.co_filename.startswith(self.package)
            }
            self.of[item.nodeid] = time.perf_counter() - begun, own


class Order:
    """A plugin of pytest that puts some tests first, in this order."""

    def __init__(self, first: list):
        self.place = {test: i for i, test in enumerate(first)}

    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: self.place.get(item.nodeid, len(self.place)))


def promising(mistake, calls: dict) -> list:
    """Return the tests that call the innermost function around the mistake, the quickest
    first; or none, where it is in no function."""
    text = (ROOT / mistake.file).read_text(encoding="utf-8")
    start = text.partition(mistake.old)[0].count("\n") + 1
    end = start + mistake.old.strip("\n").count("\n")
    around = [
        min([node.lineno, *(d.lineno for d in node.decorator_list)])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.lineno <= start <= end <= node.end_lineno
    ]
    if not around:
        return []
    place = mistake.file, max(around)
    found = [(seconds, test) for test, (seconds, own) in calls.items() if place in own]
    return [test for _, test in sorted(found)]


def run_tests(compiled: Path, patience: float, mistake, first: list = ()) -> tuple:
    """Run the tests of a mistake, those of `first` first, with a copy of package and notebooks
    that has it.

    Return pytest's exit status, what it printed, and, where nothing was changed, which
    functions each test called. Tests that lose patience have failed.
    """
    assert not any(name.split(".")[0] == "lecture_utils" for name in sys.modules), (
        "the package was there already"
    )

    late = []

    def wake(*_):
        late.append(True)
        raise TimeoutError(f"no answer in {patience:.0f} s")

    signal.signal(signal.SIGALRM, wake)
    signal.setitimer(signal.ITIMER_REAL, patience)
    sys.dont_write_bytecode = True
    gc.freeze()  # or every collection would walk through all of torch
    plugins = ["-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    tests = [str(compiled / "tests" / name) for name in mistake.tests]
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()) as out,
    ):
        copy = Path(folder).resolve()
        make_copy(compiled, copy, mistake)
        os.environ["LECTURE_COPY"] = str(copy)  # conftest.py refuses to go on with any other
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        sys.path.insert(0, str(copy))
        calls = Calls(copy)
        status = pytest.main(
            ["-x", "-q", "--tb=line", "--assert=plain", *plugins, *tests],
            plugins=[Order(first) if mistake.file else calls],
        )
    return 1 if late else int(status), out.getvalue(), calls.of


def make_copy(compiled: Path, copy: Path, mistake):
    """Copy the package and the notebooks' sources, with the mistake in its file."""
    for part in ("lecture_utils", "notebooks"):
        shutil.copytree(compiled / part, copy / part)
    (copy / "data").symlink_to(ROOT / "data")
    if mistake.file:
        file = copy / mistake.file
        for stale in file.parent.glob(f"__pycache__/{file.stem}.*"):
            stale.unlink()
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(mistake.old, mistake.new), encoding="utf-8")


def compile_into(folder: Path) -> Path:
    """Copy there what a run needs, compiled: hundreds of runs would each compile it anew."""
    for part in ("lecture_utils", "notebooks/source", "tests"):
        leave_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=leave_out)
    never_checked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for part in ("lecture_utils", "tests"):
        compileall.compile_dir(folder / part, quiet=1, invalidation_mode=never_checked)
    return folder


@pytest.fixture(scope="module")
def outcome(request, tmp_path_factory):
    """Return a function of a mistake: (exit status, output, calls) of its tests.

    They run two at a time, ahead of who asks, and first those without a mistake. In a worker of
    pytest-xdist, which has another worker beside it, they run one at a time, and only what this
    worker asks for.
    """
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(SLOW)
    compiled = compile_into(tmp_path_factory.mktemp("compiled").resolve())
    patience = PATIENCE * pace.slowness()
    running = {}

    def start(mistake):
        """Let the tests of a mistake begin; what they call is known where those without a
        mistake were asked for."""
        if mistake not in running:
            without = [UNCHANGED[test.split("::")[0]] for test in mistake.tests]
            calls = {
                test: called
                for same in without
                if mistake.file and same in running
                for test, called in running[same].result()[2].items()
            }
            first = promising(mistake, calls) if mistake.file else []
            running[mistake] = pool.submit(run_tests, compiled, patience, mistake, first)
        return running[mistake]

    with ProcessPoolExecutor(
        2 if alone else 1, mp_context=context, max_tasks_per_child=1
    ) as pool:
        if alone:
            for item in request.session.items:
                if "outcome" in getattr(item, "fixturenames", ()):
                    start(item.callspec.params["mistake"])
        yield lambda mistake: start(mistake).result()
        pool.shutdown(cancel_futures=True)


def each(table: dict):
    return pytest.mark.parametrize("mistake", table.values(), ids=table)


@each(UNCHANGED)
def test_the_copy_without_a_mistake_passes(outcome, mistake):
    status, output, _ = outcome(mistake)
    assert status == 0, output


@each(MISTAKES)
def test_a_mistake_still_has_its_one_place(mistake):
    text = (ROOT / mistake.file).read_text(encoding="utf-8")
    assert text.count(mistake.old) == 1, f"{mistake.file} has changed: mend this mistake"


@each(MISTAKES)
def test_a_mistake_makes_a_test_fail(outcome, mistake):
    status, output, _ = outcome(mistake)
    # 1: a test failed; anything else is a mistake that does not even run
    assert status == 1, output
