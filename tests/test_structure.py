"""What can be seen without running anything: sources and notebooks in step, limits on cells,
outputs, the package."""

import ast
import re
import statistics
import subprocess
import symtable
from collections import defaultdict

import jupytext
import pytest

from notebooks import (
    BUILT,
    LECTURES,
    NAMES,
    ROOT,
    SOURCES,
    code_cells,
    code_lines,
    outputs,
    read,
    tagged,
    text_of,
)

every_notebook = pytest.mark.parametrize("name", NAMES)
every_lecture = pytest.mark.parametrize("name", LECTURES)

MACHINE_PATH = re.compile(r"(?<![\w.~-])/(work|root|home|tmp)/")
REGISTRY = re.compile(r"\bpy[p]i\b|pythonhos[t]ed|debian[.]org|npm[j]s|conda[.]anaconda")


# ---- notebooks and their sources -------------------------------------------------------------


def test_every_source_has_its_notebook_and_every_notebook_its_source():
    assert set(SOURCES) == set(BUILT)
    assert NAMES


def essence(cell) -> tuple:
    """Return what source and notebook must agree on: type, text, and metadata but for what
    Jupyter leaves behind."""
    passing = {"lines_to_next_cell", "execution", "trusted"}
    return (
        cell.cell_type,
        cell.source,
        {k: v for k, v in cell.metadata.items() if k not in passing},
    )


@every_notebook
def test_source_and_notebook_are_in_step(name):
    source = [essence(cell) for cell in jupytext.read(SOURCES[name]).cells]
    built = [essence(cell) for cell in read(name).cells]
    for i, (wanted, got) in enumerate(zip(source, built)):
        assert got == wanted, (
            f"cell {i} of {name} differs from its source: run `make notebooks`"
        )
    assert len(built) == len(source)


@every_lecture
def test_cells_are_few_and_short(name):
    notebook = read(name)
    quizzes = tagged(notebook, "quiz")  # folded words
    cells = [cell for cell in code_cells(notebook) if cell not in quizzes]
    lengths = [len(code_lines(cell)) for cell in cells]
    assert 30 <= len(notebook.cells) <= 60
    assert statistics.median(lengths) <= 8
    assert max(lengths) <= 25
    assert lengths[0] <= 8, "the setup cell"


@every_notebook
def test_code_is_narrow_and_minds_its_own_machine(name):
    for cell in code_cells(read(name)):
        wide = [line for line in cell.source.splitlines() if len(line) > 96]
        foreign = re.search(r"\bpip\b|sys\.path|import \*|https?://", cell.source)
        assert not wide, f"over 96 characters: {wide[0]}"
        assert not foreign, f"{foreign[0]!r} in a cell:\n{cell.source}"


@every_notebook
def test_it_begins_with_its_title(name):
    first = read(name).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")


@every_lecture
def test_it_ends_with_what_the_notes_simplify_and_references(name):
    last = read(name).cells[-1]
    assert last.cell_type == "markdown"
    assert "Where the notes simplify" in last.source and "References" in last.source


def globals_read(scope) -> set:
    """Return the names that the functions in this scope read from their notebook."""
    found = set()
    for inner in scope.get_children():
        found |= {s.get_name() for s in inner.get_symbols() if s.is_global()}
        found |= globals_read(inner)
    return found


@every_lecture
def test_no_later_cell_changes_what_an_earlier_function_reads(name):
    """Or a panel that is moved after the whole notebook has run would show something else."""
    scopes = [symtable.symtable(cell.source, name, "exec") for cell in code_cells(read(name))]
    bound = [{s.get_name() for s in scope.get_symbols() if s.is_assigned()} for scope in scopes]
    for i, scope in enumerate(scopes):
        later = set().union(*bound[i + 1 :])
        changed = globals_read(scope) & later
        assert not changed, (
            f"{changed} is bound again after\n{code_cells(read(name))[i].source}"
        )


@every_lecture
def test_it_checks_its_claims(name):
    statements = [
        node for cell in code_cells(read(name)) for node in ast.walk(ast.parse(cell.source))
    ]
    assert sum(isinstance(node, ast.Assert) for node in statements) >= 5


# ---- committed outputs -----------------------------------------------------------------------


@every_notebook
def test_committed_cells_ran_in_order_and_without_errors(name):
    cells = code_cells(read(name))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for output in outputs(read(name)):
        assert output.output_type != "error", output.get("evalue")
        assert output.get("name") != "stderr", output.get("text")


@every_notebook
def test_committed_outputs_need_no_kernel_and_are_small(name):
    notebook = read(name)
    assert "widgets" not in notebook.metadata
    for output in outputs(notebook):
        assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})
    assert BUILT[name].stat().st_size <= 600_000


@every_notebook
def test_every_picture_is_told_to_those_who_cannot_see_it(name):
    pictures = [
        output for output in outputs(read(name)) if "image/png" in output.get("data", {})
    ]
    assert pictures or name not in LECTURES, "a lecture has pictures"
    for picture in pictures:
        assert picture.metadata.get("image/png", {}).get("alt", "").strip(), (
            "no alternative text"
        )
        assert picture.data.get("text/plain", "").strip(), "no plain text"


@every_notebook
def test_exercises_are_open_and_their_solutions_follow(name):
    cells = read(name).cells
    for cell, following in zip(cells, cells[1:] + [None]):
        if "exercise" in cell.metadata.get("tags", []):
            assert following and "solution" in following.metadata.get("tags", []), (
                f"no solution after\n{cell.source}"
            )
            assert following.metadata.get("jupyter", {}).get("source_hidden"), (
                "a solution is folded"
            )
            assert text_of(cell).startswith("🔶 Not yet"), (
                f"{cell.source}\nsays {text_of(cell)!r}"
            )
    for cell in tagged(read(name), "solution"):
        assert text_of(cell).startswith("✅"), f"{cell.source}\nsays {text_of(cell)!r}"


# ---- the package -----------------------------------------------------------------------------

PACKAGE = ROOT / "lecture_utils"
MODULES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}
every_module = pytest.mark.parametrize("module", MODULES)

# Which part of the package may import which. A folder is one part.
MAY_IMPORT = {
    "data": set(),
    "nets": set(),
    "plots": set(),
    "checks": set(),
    "models": {"data", "nets"},
    "train": {"data"},
    "metrics": {"data"},
    "live": {"plots"},
    "lesson": {"live"},
    "views": {"plots"},
    "race": {"data", "models", "train", "metrics"},
    "__init__": {"checks", "lesson", "live", "plots", "train"},
}


def part(module: str) -> str:
    """Return the part of the package that a module belongs to: models/vae.py is of `models`."""
    return module.split("/")[0].removesuffix(".py")


def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text())


def imported_modules(module: str) -> set:
    """Return the full dotted names of what a module imports, with `from a import b` as both a
    and a.b."""
    here = ["lecture_utils", *module.split("/")[:-1]]
    names = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) + 1 - node.level] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            names |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
    return names


@every_module
def test_imports_point_down_only(module):
    assert part(module) in MAY_IMPORT, f"say in MAY_IMPORT what {part(module)} may import"
    inner = {
        name.split(".")[1]
        for name in imported_modules(module)
        if name.startswith("lecture_utils.")
    }
    parts = {part(m) for m in MODULES}
    assert inner & parts <= MAY_IMPORT[part(module)] | {part(module)}


@every_module
def test_no_module_uses_pyplot(module):
    assert not {name for name in imported_modules(module) if name.endswith("pyplot")}


FUNCTION = ast.FunctionDef, ast.AsyncFunctionDef


def own_lines(function) -> int:
    """Return how many lines a function has, without the functions inside it."""
    inner = [node for node in ast.walk(function) if isinstance(node, FUNCTION)]
    covered = {n for f in inner[1:] for n in range(f.lineno, f.end_lineno + 1)}
    return function.end_lineno - function.lineno + 1 - len(covered)


@every_module
def test_modules_and_functions_are_short(module):
    functions = [node for node in ast.walk(tree(module)) if isinstance(node, FUNCTION)]
    assert not {f.name: own_lines(f) for f in functions if own_lines(f) > 40}
    assert len(MODULES[module].read_text().splitlines()) <= 220


def lines_of_code(module: str) -> int:
    """Return how many lines do something: without blank lines, comments and docstrings."""
    documented = (ast.Module, ast.ClassDef, *FUNCTION)
    words = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            words |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(MODULES[module].read_text().splitlines(), 1)
    return sum(bool(line.split("#")[0].strip()) and n not in words for n, line in lines)


def test_the_package_can_be_read_in_an_hour():
    by_lecture = "views", "checks"  # they grow with the lectures, and are read one at a time
    held = {m: lines_of_code(m) for m in MODULES if part(m) not in by_lecture}
    assert sum(held.values()) <= 2800, held


def test_every_name_is_defined_once():
    places = defaultdict(list)
    for module in MODULES:
        for node in tree(module).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith(
                "_"
            ):
                places[node.name].append(module)
    assert not {name: where for name, where in places.items() if len(where) > 1}


# ---- the repository --------------------------------------------------------------------------


def repository_files() -> list:
    """Return the files that git tracks or would, or every file where there is no git."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    git = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if git.returncode == 0:
        return [
            ROOT / name for name in git.stdout.split("\0") if name and (ROOT / name).is_file()
        ]
    hidden = re.compile(r"/(\.venv[^/]*|\.git|__pycache__|[^/]*\.egg-info|cache)/")
    return [path for path in ROOT.rglob("*") if path.is_file() and not hidden.search(str(path))]


def readable_text(path) -> str:
    """Return a file's text without pictures' bytes; nothing for a binary file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
    return (
        re.sub(r'"image/png": "[^"]*"', '"image/png": ""', text)
        if path.suffix == ".ipynb"
        else text
    )


def test_no_file_knows_this_machine_or_a_package_registry():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in repository_files()
        for match in [
            MACHINE_PATH.search(readable_text(path)) or REGISTRY.search(readable_text(path))
        ]
        if match
    ]
    assert not found
