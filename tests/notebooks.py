"""What the notebook tests share: the list of notebooks, and a run of one as its readers run
it."""

import json
import os
import sys
import time
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOURCES = {path.stem: path for path in sorted((NOTEBOOKS / "source").glob("[0-9]*.py"))}
BUILT = {path.stem: path for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))}
NAMES = sorted({*SOURCES, *BUILT})
LECTURES = [
    name for name in NAMES if not name.startswith("00")
]  # 00_start_here is the map, and teaches nothing


def read(name: str) -> nbformat.NotebookNode:
    """Return the committed notebook of that name."""
    return nbformat.read(BUILT[name], as_version=4)


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def code_lines(cell) -> list:
    return [line for line in cell.source.splitlines() if line.strip()]


def tagged(notebook, tag: str) -> list:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def outputs(notebook) -> list:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def text_of(cell) -> str:
    """Return what a cell printed or displayed, as text: streams, Markdown where there is some,
    else plain text."""
    pieces = [
        o.get("text")
        or o.get("data", {}).get("text/markdown")
        or o.get("data", {}).get("text/plain", "")
        for o in cell.outputs
    ]
    return "\n".join(pieces)


def error_lines(notebook) -> list:
    """Return one line for every cell that raised."""
    return [
        f"cell {i}: {o.ename}: {o.evalue[:300]}"
        for i, cell in enumerate(notebook.cells)
        for o in cell.get("outputs", [])
        if o.output_type == "error"
    ]


def write_kernel_spec(folder: Path) -> Path:
    """Write a kernel `python3` that is this very interpreter, whatever the machine has
    installed; return its folder."""
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "metadata": {"debugger": True},
    }
    (folder / "kernels" / "python3").mkdir(parents=True)
    (folder / "kernels" / "python3" / "kernel.json").write_text(json.dumps(spec))
    return folder / "kernels"


def readers_environment() -> dict:
    """Return the environment of a reader's kernel: live widgets, and none of our own
    settings."""
    return {key: value for key, value in os.environ.items() if key != "LECTURE_STATIC"}


def run(notebook, kernels: Path, cell_timeout: int = 900) -> float:
    """Execute a notebook whole in a fresh kernel of this interpreter, in place; return the
    seconds it took.

    A cell that raises does not stop it: the tests say which ones did. Each cell's metadata gets
    its times.
    """
    specs = KernelSpecManager(kernel_dirs=[str(kernels)])
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=cell_timeout,
        allow_errors=True,
        record_timing=True,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    client.owns_km = True  # so that the kernel is shut down at the end
    start = time.perf_counter()
    client.execute(env=readers_environment())
    return time.perf_counter() - start
