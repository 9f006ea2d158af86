"""A generator played in a thread: play, pause, step, reset."""
import threading
import time
from typing import Callable, Iterator

_commands = threading.RLock()  # one command at a time, to whichever playground
_players: set = set()  # those that play; one at a time, since two would share two cores


class Player:
    """Plays a generator in one thread at most: play, pause, step, reset.

    `before()` is called before every step and `show(record)` as it goes, both in the thread that steps; `step(1, how)` calls
    `before(how)`. While `slow` is true it plays a step every 0.4 seconds, and shows each.
    """

    def __init__(self, start: Callable[[], Iterator], show: Callable, fail: Callable, changed: Callable = lambda: None,
                 before: Callable = lambda: None):
        self.start, self.show, self.fail, self.changed, self.before = start, show, fail, changed, before
        self._stop, self._thread = threading.Event(), None
        self._steps, self.last, self.failed, self.slow = None, None, False, False

    @property
    def playing(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and not self._stop.is_set()

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
        with _commands:
            self._join()
            self.changed()

    def step(self, n: int = 1, *how):
        with _commands:
            self._join()
            if any([self._advance(*how) for _ in range(n)]):
                self._draw()
            self.changed()

    def reset(self):
        """Start over: a new generator, its first step made and shown."""
        with _commands:
            self._join()
            self._steps = self.last = None
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
            return True
        except StopIteration:
            return False
        except Exception as error:
            return self._fail(error, "while training")

    def _draw(self):
        try:
            self.show(self.last)
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
            if going and (self.slow or time.perf_counter() - drawn > 0.1):  # ten pictures a second
                going = self._draw()
                drawn = time.perf_counter()
            while going and self.slow and time.perf_counter() < begun + 0.4 and not self._stop.wait(0.02):
                pass
        if not self.failed and self.last is not None:
            self._draw()
        self._stop.set()
        self.changed()


def pause_all():
    """Pause every playground that plays."""
    for player in list(_players):
        player.pause()
