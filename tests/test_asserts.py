"""Every assert of the lectures has been seen to fail: each of its terms becomes false where a
wrong model, or a wrong formula, stands in its cell."""

import ast
import contextlib
import io
import json
import os
import traceback

import jupytext
import pytest
import torch
from lecture import source
from mistakes.asserts import ASSERTS

from notebooks import LECTURES


def terms_of(statement: ast.Assert) -> list:
    """Return the terms of an assert, of which one alone makes it fail."""
    test = statement.test
    both = isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And)
    return test.values if both else [test]


def asserts_of(code: str) -> list:
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assert)]


def cells(name: str) -> list:
    found = jupytext.read(source(name)).cells
    return [cell.source for cell in found if cell.cell_type == "code"]


def changed(code: str, change) -> str:
    if isinstance(change, str):
        return f"{change}\n{code}"
    for old, new in change.items():
        assert code.count(old) == 1, f"{old!r} is there {code.count(old)} times: mend the table"
        code = code.replace(old, new)
    return code


def run(code: str, names: dict):
    """Run a cell, silently."""
    quiet = contextlib.redirect_stdout(io.StringIO())
    with quiet, contextlib.redirect_stderr(io.StringIO()):
        exec(compile(code, "cell", "exec"), names)


def outcome(code: str, names: dict) -> list | str:
    """Return the terms that are false where an assert of the cell fails, or what happens
    instead."""
    try:
        run(code, names)
    except AssertionError as error:
        places = [
            p.lineno for p in traceback.extract_tb(error.__traceback__) if p.name == "<module>"
        ]
        (failed,) = (
            node for node in asserts_of(code) if node.lineno <= places[-1] <= node.end_lineno
        )
        return [text for text in map(ast.unparse, terms_of(failed)) if not eval(text, names)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "no assert fails"


def in_a_copy(code: str, names: dict) -> list | str:
    """Return the outcome in a forked process: this one goes on as if nothing had been run."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(write, "w") as pipe:
            pipe.write(json.dumps(outcome(code, names)))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text)


@pytest.mark.parametrize("name", LECTURES)
def test_every_term_of_every_assert_has_its_mistake(name):
    terms = [
        ast.unparse(term)
        for code in cells(name)
        for statement in asserts_of(code)
        for term in terms_of(statement)
    ]
    pieces = [piece for piece, _ in ASSERTS[name]]
    for piece in pieces:
        assert sum(piece in term for term in terms) == 1, f"{piece!r}: not one term"
    for term in terms:
        assert sum(piece in term for piece in pieces) == 1, f"{term}: not one mistake"


@pytest.mark.parametrize("name", LECTURES)
def test_every_term_becomes_false_with_its_mistake(name, monkeypatch):
    monkeypatch.setenv("LECTURE_STATIC", "1")
    torch.set_num_threads(1)
    names, missed = {"__name__": "__main__"}, []
    for code in cells(name):
        texts = [ast.unparse(t) for node in asserts_of(code) for t in terms_of(node)]
        for piece, change in ASSERTS[name]:
            if any(piece in text for text in texts):
                got = in_a_copy(changed(code, change), names)
                if isinstance(got, str) or not any(piece in text for text in got):
                    missed.append(f"{piece}: {got}")
        run(code, names)
    assert not missed, "\n".join(missed)
