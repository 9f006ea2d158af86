"""Draws in a thread of its own: the last wish only, and exactly once nothing moves any more."""

import threading
import time
from collections.abc import Callable

REST = 0.2  # seconds without a move after which the exact picture follows the quick ones
_changed = threading.Condition()
_wishes: dict = {}  # brush → what it is asked to draw
_due: dict = {}  # brush → when its exact picture is due


class Brush:
    """Calls `draw(wish)` for the last wish, and `finish()` when nothing moved for a while.

    So a message from the page is answered at once, and the next one is on its way while the
    picture is drawn. One thread, which stays, draws for all brushes.
    """

    def __init__(self, draw: Callable, finish: Callable):
        self.draw, self.finish = draw, finish

    def ask(self, wish):
        """Draw this soon; a wish that has not been drawn yet is forgotten."""
        with _changed:  # one moment: a wish that is not due yet would end the thread
            _wishes[self] = wish
            self.touch()

    def touch(self):
        """Say that a quick picture was made: the exact one is due later."""
        with _changed:
            _due[self] = time.perf_counter() + REST
            _changed.notify_all()
            if not any(thread.name == __name__ for thread in threading.enumerate()):
                threading.Thread(target=_work, name=__name__, daemon=True).start()

    def rest(self, seconds: float = 10) -> bool:
        """Wait until everything asked for is drawn and exact; say whether it is."""
        with _changed:
            return _changed.wait_for(lambda: self not in _due, seconds)


def _work():
    while True:
        with _changed:
            while (
                not _wishes
                and (left := min(_due.values(), default=1e9) - time.perf_counter()) > 0
            ):
                _changed.wait(min(left, 1e6))
            brush = next(iter(_wishes or sorted(_due, key=_due.get)))
            due, asked = _due[brush], brush in _wishes
            wish = _wishes.pop(brush, None)
        if asked:
            brush.draw(wish)
            continue
        brush.finish()
        with _changed:
            if _due[brush] == due and brush not in _wishes:
                del _due[brush]
                _changed.notify_all()
