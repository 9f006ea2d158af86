"""Every notebook runs whole, live, as its readers run it; and every widget in it is moved to
its ends and about."""

import json
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pace
import pytest

from notebooks import (
    LECTURES,
    NAMES,
    error_lines,
    read,
    run,
    tagged,
    text_of,
    write_kernel_spec,
)

CELL_SECONDS, NOTEBOOK_SECONDS = 20, 60  # what the course promises on two idle cores
NOISE = 2.5  # other work meanwhile may cost this factor before a test fails
KERNEL_MEGABYTES = 1200
MOVES = Path(__file__).with_name("moves.py")


@pytest.fixture(scope="module", params=NAMES)
def executed(request, tmp_path_factory) -> SimpleNamespace:
    """One run of one notebook, with a last cell of ours that moves its widgets and reports."""
    notebook = read(request.param)
    for cell in notebook.cells:
        cell.pop("outputs", None) if cell.cell_type != "code" else cell.update(
            outputs=[], execution_count=None
        )
    mover = nbformat.v4.new_code_cell(
        f"exec(compile(open({str(MOVES)!r}).read(), 'moves.py', 'exec'), "
        "{'__name__': '__main__'})"
    )
    notebook.cells.append(mover)
    before = pace.slowness()
    run(notebook, write_kernel_spec(tmp_path_factory.mktemp("jupyter")))
    notebook.cells.remove(mover)
    return SimpleNamespace(
        name=request.param,
        notebook=notebook,
        mover=mover,
        seconds=cell_seconds(notebook),
        slowness=(before + pace.slowness()) / 2,
        report=report_of(mover),
    )


def report_of(mover):
    """Return what moves.py printed, or None where it could not."""
    lines = [line for line in text_of(mover).splitlines() if line.startswith("{")]
    return json.loads(lines[-1]) if lines else None


def cell_seconds(notebook) -> dict:
    """Return the seconds that each code cell took, by its place in the notebook."""

    def when(cell, moment):
        return datetime.fromisoformat(cell.metadata.execution[moment].replace("Z", "+00:00"))

    return {
        i: (
            when(cell, "shell.execute_reply") - when(cell, "iopub.execute_input")
        ).total_seconds()
        for i, cell in enumerate(notebook.cells)
        if "shell.execute_reply" in cell.metadata.get("execution", {})
    }


def test_no_cell_raises(executed):
    assert not error_lines(executed.notebook)


def test_another_run_prints_the_same_numbers(executed, tmp_path):
    """What is drawn, and when, changes nothing that is computed."""
    again = read(executed.name)
    run(again, write_kernel_spec(tmp_path))
    for first, second in zip(executed.notebook.cells, again.cells, strict=True):
        one, two = (
            "".join(o.text for o in cell.get("outputs", []) if o.get("name") == "stdout")
            for cell in (first, second)
        )
        assert one == two, first.source


def test_it_is_fast_enough(executed, capsys):
    whole, (slowest, seconds) = (
        sum(executed.seconds.values()),
        max(executed.seconds.items(), key=lambda item: item[1]),
    )
    with capsys.disabled():
        print(
            f"\n{executed.name}: {whole:.0f} s of {NOTEBOOK_SECONDS}, "
            f"cell {slowest} takes the longest with {seconds:.1f} s of {CELL_SECONDS}, "
            f"where all takes {executed.slowness:.1f} times as long"
        )
    assert seconds < NOISE * executed.slowness * CELL_SECONDS
    assert whole < NOISE * executed.slowness * NOTEBOOK_SECONDS


def test_every_stub_says_not_yet_and_every_solution_is_right(executed):
    for stub in tagged(executed.notebook, "exercise"):
        assert text_of(stub).startswith("🔶 Not yet"), f"{stub.source}\nsays {text_of(stub)!r}"
    for solution in tagged(executed.notebook, "solution"):
        assert text_of(solution).startswith("✅"), (
            f"{solution.source}\nsays {text_of(solution)!r}"
        )


def test_every_widget_moves_without_an_error(executed, capsys):
    assert executed.report, f"moves.py printed no report: {executed.mover.outputs}"
    panels = executed.report["panels"]
    with capsys.disabled():
        print()
        for p in panels:
            frame = f"{p['exact']:2} exact, {p['milliseconds']:5.1f} ms a frame"
            print(
                f"{executed.name}: {p['kind']:10} {p['moves']:3} moves {frame}, "
                f"peak so far {p['megabytes']:5.0f} MB: {p['panel']}"
            )
    troubles = [
        f"{p['kind']} “{p['panel']}”: {trouble}" for p in panels for trouble in p["troubles"]
    ]
    assert not troubles, "\n".join(troubles)
    assert panels or executed.name not in LECTURES, "a lecture has at least one live panel"


def test_it_fits_into_a_small_machine(executed, capsys):
    assert executed.report, f"moves.py printed no report: {executed.mover.outputs}"
    alone, after = executed.report["megabytes"], executed.report["megabytes_after_moves"]
    with capsys.disabled():
        most = f"at most {alone:.0f} MB, {after:.0f} MB after all moves"
        print(f"\n{executed.name}: {most}, of {KERNEL_MEGABYTES}")
    assert max(alone, after) < KERNEL_MEGABYTES
