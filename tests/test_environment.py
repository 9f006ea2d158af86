"""One environment in three files: requirements.txt pins, pyproject.toml ranges, environment.yml
for conda and Binder."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CONDA = {
    "torch": "pytorch",
    "matplotlib": "matplotlib-base",
}  # conda-forge's names where they differ
PIP_ONLY = {"jupyterquiz", "wigglystuff"}  # not on conda-forge

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RANGES = {
    canonicalize_name(r.name): r
    for r in map(
        Requirement, sum(PROJECT["optional-dependencies"].values(), PROJECT["dependencies"])
    )
}
PINS = {
    canonicalize_name(line.split("==")[0]): line.split("==")[1]
    for line in (ROOT / "requirements.txt").read_text().split()
}
BINDER = yaml.safe_load((ROOT / "environment.yml").read_text())


def test_every_folder_of_the_package_is_installed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {path.parent for path in (ROOT / "lecture_utils").rglob("__init__.py")}
    there = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert there == set(listed["packages"]) - {"lecture_utils.data.shipped"}


def test_requirements_pin_every_package_exactly_and_name_no_index():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line), line
    assert PINS["torch"] == "2.13.0"


@pytest.mark.parametrize("name", sorted(RANGES))
def test_every_pin_lies_in_the_loose_range(name):
    assert name in PINS, f"{name} is in pyproject.toml and not in requirements.txt"
    assert PINS[name] in RANGES[name].specifier


def test_the_installed_versions_are_the_pins():
    from importlib.metadata import version

    for name in RANGES:
        assert version(name).split("+")[0] == PINS[name], name


def test_environment_yml_holds_what_readers_need_at_the_pinned_versions():
    conda = [d for d in BINDER["dependencies"] if isinstance(d, str)]
    by_pip = next(d["pip"] for d in BINDER["dependencies"] if isinstance(d, dict))
    versions = {d.split("=")[0]: d.split("=")[1] for d in conda if "=" in d}
    versions |= {d.split("==")[0]: d.split("==")[1] for d in by_pip if "==" in d}
    needed = {
        canonicalize_name(Requirement(r).name)
        for r in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["lab"]
    }
    wanted = {CONDA.get(name, name): PINS[name] for name in needed} | {"python": "3.11"}
    assert versions == wanted
    assert PIP_ONLY == {d.split("==")[0] for d in by_pip if "==" in d} and "-e ." in by_pip


def test_environment_yml_takes_the_cpu_build_of_torch_from_conda_forge_alone():
    assert BINDER["channels"] == ["conda-forge"]
    assert any(
        d == f"pytorch={PINS['torch']}=cpu_*"
        for d in BINDER["dependencies"]
        if isinstance(d, str)
    )


def test_every_third_party_import_of_the_package_is_declared():
    import ast
    import sys

    names = {"PIL": "pillow", "sklearn": "scikit-learn", "IPython": "ipython"}
    for path in (ROOT / "lecture_utils").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else (
                    [node.module]
                    if isinstance(node, ast.ImportFrom) and node.level == 0
                    else []
                )
            )
            for module in (m.split(".")[0] for m in modules):
                if module not in sys.stdlib_module_names:
                    assert canonicalize_name(names.get(module, module)) in RANGES, (
                        f"{path.name} imports {module}"
                    )
