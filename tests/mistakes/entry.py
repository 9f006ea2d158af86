"""A line of the table of mistakes."""

from typing import NamedTuple


class Mistake(NamedTuple):
    """In `file`, `old` is written once; with `new` in its place one of the `tests` fails."""

    file: str
    old: str
    new: str
    tests: tuple  # files in tests/, or single tests of them


def only(file: str, *names: str) -> tuple:
    """Return these tests of a file."""
    return tuple(f"{file}::test_{name}" for name in names)
