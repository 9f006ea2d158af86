"""What tests of a lecture's own functions share: its definitions, without running its cells."""

import ast
import os
from pathlib import Path
from types import ModuleType

ROOT = Path(
    os.environ.get("LECTURE_COPY", Path(__file__).resolve().parent.parent)
)  # test_mutations.py sets a copy


def source(name: str) -> Path:
    return ROOT / "notebooks" / "source" / f"{name}.py"


def functions(name: str, *wanted: str) -> ModuleType:
    """Return a module with a notebook's imports, functions and classes, and of its variables
    only the `wanted` ones."""

    def keep(node) -> bool:
        if isinstance(node, ast.Assign):
            return all(
                isinstance(target, ast.Name) and target.id in wanted for target in node.targets
            )
        return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))

    tree = ast.parse(source(name).read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if keep(node)]
    lecture = ModuleType(name)
    exec(compile(tree, source(name), "exec"), vars(lecture))
    missing = set(wanted) - set(vars(lecture))
    assert not missing, f"{source(name)} has no {missing}"
    return lecture
