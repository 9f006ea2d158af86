"""A generator played in a thread: play, pause, step, reset; and what its records say."""

import math
import threading
import time
from collections.abc import Callable, Iterator

_commands = threading.RLock()  # one command at a time, to whichever playground
_players: set = set()  # those that play; one at a time, since two would share two cores
FEW = 300  # so many steps, or fewer, are all shown, however fast they are made
PICTURES = 10  # a second, of a generator with more steps than that, or nobody knows how many


def progress(record, made: int) -> tuple:
    """Return a record's step and how many there will be: None if unknown.

    A record that has no `step` is numbered by `made`, how many there have been so far.
    """
    step, steps = getattr(record, "step", None), getattr(record, "steps", None)
    return made if step is None else step, steps


def line(record, made: int) -> str:
    """Return a record's line of text: its own words if they fit into a line, else its step."""
    step, steps = progress(record, made)
    words = str(record) if hasattr(record, "step") else ""
    if words and len(words) <= 160 and "\n" not in words:
        return words
    return f"step {step}" if steps is None else f"step {step} of {steps}"


class Player:
    """Plays a generator in one thread at most: play, pause, step, reset.

    `before()` is called before every step and `show(record, made)` as it goes, `made` being
    the number of records so far, both in the thread that steps; `step(1, how)` calls
    `before(how)`. `speed` is in steps a second, each of them shown; ∞ is as fast as it goes.
    """

    def __init__(
        self,
        start: Callable[[], Iterator],
        show: Callable,
        fail: Callable,
        changed: Callable = lambda: None,
        before: Callable = lambda: None,
    ):
        self.start, self.show, self.fail = start, show, fail
        self.changed, self.before = changed, before
        self._stop, self._thread = threading.Event(), None
        self._steps, self.last, self.made = None, None, 0
        self.failed, self.finished, self.speed = False, False, math.inf

    @property
    def playing(self) -> bool:
        alive = self._thread is not None and self._thread.is_alive()
        return alive and not self._stop.is_set()

    def play(self):
        with _commands:
            if self.playing:
                return  # a second click never starts a second thread
            pause_all()
            self._join()
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, daemon=True)
            _players.add(self)
            self._thread.start()
            self.changed()

    def pause(self):
        if threading.current_thread() is self._thread:
            self._stop.set()  # a view that pauses what it shows: whoever has the lock may wait
            return
        with _commands:
            self._join()
            self.changed()

    def step(self, n: int = 1, *how):
        with _commands:
            self._join()
            if any([self._advance(*how) for _ in range(n)]):
                self._draw()
            self.changed()

    def redraw(self):
        """Show the last record once more, if there is one."""
        with _commands:
            self._join()
            if self.last is not None:
                self._draw()

    def reset(self):
        """Start over: a new generator, its first step made and shown."""
        with _commands:
            self._join()
            self._steps, self.last, self.made, self.finished = None, None, 0, False
            self.step()

    def _join(self):
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        _players.discard(self)

    def _advance(self, *how) -> bool:
        try:
            self.before(*how)
            if self._steps is None:
                self._steps = iter(self.start())
            self.last, self.failed = next(self._steps), False
            self.made += 1
            return True
        except StopIteration:
            self.finished = not self.failed  # a generator that has raised is exhausted, too
            return False
        except Exception as error:
            return self._fail(error, "while training")

    def _draw(self):
        try:
            self.show(self.last, self.made)
            return True
        except Exception as error:
            return self._fail(error, "while drawing")

    def _fail(self, error: Exception, when: str) -> bool:
        self.failed = True
        self.fail(error, when)
        return False

    def _run(self):
        drawn, going = 0.0, True
        while going and not self._stop.is_set():
            begun = time.perf_counter()
            going = self._advance()
            steps = progress(self.last, self.made)[1]
            every = self.speed < math.inf or (steps is not None and steps <= FEW)
            if going and (every or time.perf_counter() - drawn > 1 / PICTURES):
                going = self._draw()
                drawn = time.perf_counter()
            while going and (left := begun + 1 / self.speed - time.perf_counter()) > 0:
                if self._stop.wait(min(left, 0.01)):  # so often it asks for the speed
                    break
        if not self.failed and self.last is not None:
            self._draw()
        self._stop.set()
        self.changed()


def pause_all():
    """Pause every playground that plays."""
    for player in list(_players):
        player.pause()
