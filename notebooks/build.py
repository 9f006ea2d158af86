"""Build the notebooks people open: execute the text sources whole, with pictures in the place
of widgets.

python notebooks/build.py [02_elbo ...]
"""

import base64
import io
import os
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).resolve().parent


def build(source: Path) -> Path:
    """Execute one source and write NAME.ipynb beside it; raise where a cell does."""
    nb = jupytext.read(source)
    for i, cell in enumerate(nb.cells):
        cell["id"] = (
            f"cell-{i:02d}"  # the same at every build, so that a change shows as itself
        )
    NotebookClient(
        nb,
        kernel_name="python3",
        timeout=300,
        record_timing=False,
        resources={"metadata": {"path": HERE}},
    ).execute()
    for output in (o for cell in nb.cells for o in cell.get("outputs", [])):
        if "image/png" in output.get("data", {}):
            output["data"]["image/png"] = shrink(output["data"]["image/png"])
    target = HERE / f"{source.stem}.ipynb"
    nb.metadata = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    nbformat.write(nb, target)
    return target


def shrink(png: str) -> str:
    """Return a base64 PNG with 255 colours chosen to cover all there are: a third of the size,
    the same picture to the eye."""
    out = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB").quantize(
        255, method=Image.Quantize.MAXCOVERAGE, kmeans=1
    ).save(out, format="png", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


if __name__ == "__main__":
    os.environ.update(LECTURE_STATIC="1", TQDM_DISABLE="1")
    names = sys.argv[1:] or [p.stem for p in sorted((HERE / "source").glob("[0-9]*.py"))]
    for name in names:
        start = time.time()
        path = build(HERE / "source" / f"{name}.py")
        print(f"{path.name}: {time.time() - start:.0f} s, {path.stat().st_size // 1000} kB")
