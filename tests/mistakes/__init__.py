"""The mistakes that the tests must notice."""

from . import introduction, machinery, models, views
from .entry import Mistake

TABLE = models.TABLE + introduction.TABLE + views.TABLE + machinery.TABLE


def all_mistakes() -> dict:
    """Return a name → its mistake."""
    found = {}
    for file, tests, table in TABLE:
        for name, (old, new, *only) in table.items():
            name = "/".join(file.removesuffix(".py").split("/")[1:]) + ": " + name
            assert name not in found, f"two mistakes are called {name}"
            found[name] = Mistake(file, old, new, *(only or [tests]))
    return found


def unchanged(mistakes: dict) -> dict:
    """Return a file → no mistake, with all tests of that file that the `mistakes` name."""
    found = {}
    for mistake in mistakes.values():
        for test in mistake.tests:
            found.setdefault(test.split("::")[0], set()).add(test)
    return {
        file: Mistake("", "", "", (file,) if file in tests else tuple(sorted(tests)))
        for file, tests in found.items()
    }
