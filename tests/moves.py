"""Run in a notebook's kernel after its last cell: move every control of every panel, print a
report in one JSON line.

Kept apart from the tests: it is executed there as text, with nothing but the package and the
standard library.
"""

import base64
import gc
import io
import itertools
import json
import math
import os
import random
import resource
import statistics
import sys
import threading
import time

import cloudpickle
import numpy as np
from ipywidgets import Button, FloatLogSlider
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image, ImageDraw

from lecture_utils.live import Drawing, Film, Point, Points, brush
from lecture_utils.live.panel import Panel

# MOVES=brief walks each control to its ends, and little more: what other versions of the
# libraries are asked.
BRIEF = os.environ.get("MOVES") == "brief"
RANDOM_MOVES = 3 if BRIEF else 15
EXACT_FRAMES = 5 if BRIEF else 12  # so many are compared with the same figure drawn whole
chance = random.Random(0)


def drawn_anew(figure) -> np.ndarray:
    """Return the pixels (H, W, 3) of a copy of the figure that matplotlib draws whole."""
    copy = cloudpickle.loads(cloudpickle.dumps(figure))
    canvas = FigureCanvasAgg(copy)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


# ---- what a control can be set to, and how a browser sets it ---------------------------------


def scribble(strokes: int) -> str:
    """Return a drawing of that many straight strokes, as the browser sends it."""
    page = Image.new("RGBA", (240, 240), (0, 0, 0, 0))
    for _ in range(strokes):
        ImageDraw.Draw(page).line(
            [chance.randrange(240) for _ in range(4)], fill=(0, 0, 0, 255), width=12
        )
    out = io.BytesIO()
    page.save(out, format="png")
    return base64.b64encode(out.getvalue()).decode()


def spray(points: int) -> list:
    """Return that many points on a page, as the browser sends them."""
    return [
        {
            "x": chance.uniform(0, 300),
            "y": chance.uniform(0, 300),
            "color": "#1f77b4",
            "label": "a",
            "batch": 0,
        }
        for _ in range(points)
    ]


def reach(point: Point) -> list:
    """Return how far a point can be dragged, [(x, x), (y, y)]: over the whole map, unless its
    puck has bounds of its own."""
    return [
        tuple(point.puck.drag_x_bounds or point.puck.x_bounds),
        tuple(point.puck.drag_y_bounds or point.puck.y_bounds),
    ]


def ends(control) -> list:
    """Return the extreme settings of a control."""
    if isinstance(control, Point):
        return list(
            dict.fromkeys(itertools.product(*reach(control)))
        )  # fewer than four where a coordinate is held
    if isinstance(control, Drawing):
        return ["", scribble(0), scribble(1), scribble(30)]
    if isinstance(control, Points):
        return [[], spray(1), spray(1000)]
    if isinstance(control, Film):
        return [0, control.time.max]
    if hasattr(control, "options"):
        return list(range(len(control.options)))
    if isinstance(control.value, bool):
        return [False, True]
    if not (hasattr(control, "min") and hasattr(control, "max")):
        raise TypeError(
            f"tests/moves.py does not know the ends of a {type(control).__name__}: teach it"
        )
    low, high = control.min, control.max
    if isinstance(control, FloatLogSlider):
        low, high = control.base**low, control.base**high
    return (
        [(low, low), (low, high), (high, high)]
        if isinstance(control.value, tuple)
        else [low, high]
    )


def anywhere(control):
    """Return a random setting of a control."""
    if isinstance(control, Point):
        return tuple(chance.uniform(*bounds) for bounds in reach(control))
    if isinstance(control, Drawing):
        return scribble(chance.randrange(6))
    if isinstance(control, Points):
        return spray(chance.randint(10, 300))
    if isinstance(control, Film):
        return chance.randint(0, control.time.max)
    if hasattr(control, "options") or isinstance(control.value, bool):
        return chance.choice(ends(control))

    def number():
        steps = round((control.max - control.min) / control.step)
        value = min(control.max, control.min + control.step * chance.randint(0, steps))
        return control.base**value if isinstance(control, FloatLogSlider) else value

    return tuple(sorted((number(), number()))) if isinstance(control.value, tuple) else number()


def put(control, setting):
    """Set a control as the browser does."""
    if isinstance(control, Point):
        with control.puck.hold_trait_notifications():
            control.puck.x, control.puck.y = [setting[0]], [setting[1]]
    elif isinstance(control, Drawing):
        control.canvas.base64 = setting
    elif isinstance(control, Points):
        control.page.data = setting
    elif isinstance(control, Film):
        control.time.value = setting
    elif hasattr(control, "options"):
        control.index = setting
    else:
        control.value = setting


def setting(control):
    """Return what `put` would have to be given to leave the control as it is."""
    if isinstance(control, Drawing):
        return control.canvas.base64
    if isinstance(control, Points):
        return control.page.data
    if isinstance(control, Film):
        return control.time.value
    return control.index if hasattr(control, "options") else control.value


def journey(controls: list):
    """Yield moves [(control, setting), ...]: each to its ends and back, the corners of up to
    four, then random ones."""
    for control in controls:
        start = setting(control)
        for end in ends(control):
            yield [(control, end)]
        yield [(control, start)]
    few = controls[: 2 if BRIEF else 4]
    for corner in itertools.product(
        *[(ends(control)[0], ends(control)[-1]) for control in few]
    ):
        yield list(zip(few, corner, strict=True))
    for _ in range(RANDOM_MOVES):
        control = chance.choice(controls)
        yield [(control, anywhere(control))]


# ---- one panel -------------------------------------------------------------------------------


class Walk:
    """Move one panel's controls, and collect the troubles, each as a sentence."""

    def __init__(self, panel: Panel):
        self.panel, self.player = panel, getattr(panel, "player", None)
        self.controls = list(panel.controls.values())
        self.names = {control: name for name, control in panel.controls.items()}
        self.kind = "playground" if self.player else "explore" if self.controls else "watch"
        self.troubles, self.milliseconds, self.moves = [], [], 0
        self.compared = 0  # frames, with the same figure drawn whole

    def report(self) -> dict:
        self.look("as it was left by the notebook")
        try:
            # a thousand frames that nobody fetches would fill the kernel's memory
            with self.panel.image.hold_sync():
                walks = {"watch": self.exact, "explore": self.explore, "playground": self.play}
                walks[self.kind]()
        except Exception as error:
            self.trouble(f"raised {type(error).__name__}: {error}")
        finally:
            if self.player:
                self.player.pause()
        return {
            "panel": self.panel.picture.alt[:70],
            "kind": self.kind,
            "controls": list(self.panel.controls),
            "moves": self.moves,
            "troubles": self.troubles[:5],
            "megabytes": peak_megabytes(),
            "exact": self.compared,
            "milliseconds": statistics.median(self.milliseconds or [0]),
        }

    def trouble(self, sentence: str):
        self.troubles.append(sentence)

    def alert(self) -> str:
        return self.panel.message.value if "role='alert'" in self.panel.message.value else ""

    def look(self, when: str):
        """See that the panel shows an exact picture and no error."""
        self.expect(self.panel.brush.rest(), f"{when}: the picture does not come to rest")
        if self.alert():
            self.trouble(f"{when}: {self.alert()}")
        if not bytes(self.panel.image.value).startswith(b"\x89PNG"):
            self.trouble(f"{when}: the picture is no PNG")

    def exact(self, when: str = "as it was left by the notebook"):
        """See that the frame is what matplotlib draws of the same state, pixel by pixel."""
        if self.compared < EXACT_FRAMES:
            self.compared += 1
            shown = np.asarray(self.panel.picture.image()).astype(int)
            off = np.abs(shown - drawn_anew(self.panel.picture.figure)).max()
            self.expect(off == 0, f"{when}: the frame is off by {off} of 255")
            gc.collect()  # of the copy

    def time_frames(self):
        """Note how long every frame takes, from its values to its bytes."""
        draw = self.panel.draw

        def timed(*arguments, **options):
            begun = time.perf_counter()
            drawn = draw(*arguments, **options)
            self.milliseconds.append((time.perf_counter() - begun) * 1e3)
            return drawn

        self.panel.draw = timed

    def move(self, changes: list) -> str:
        """Make the changes; return them in words."""
        self.moves += 1
        for control, to in changes:
            put(control, to)
        return ", ".join(f"{self.names[control]} = {str(to)[:40]}" for control, to in changes)

    def explore(self):
        """The picture follows every move, and every control changes it."""
        start = [(control, setting(control)) for control in self.controls]
        idle = dict.fromkeys(self.controls)  # those that have not changed the picture yet
        self.time_frames()
        for i, changes in enumerate(journey(self.controls)):
            before = bytes(self.panel.image.value)
            words = self.move(changes)
            self.look(words)
            if len(changes) == 1 and bytes(self.panel.image.value) != before:
                idle.pop(changes[0][0], None)
            if i % 2 == 0:  # between two comparisons two frames follow each other
                self.exact(words)
        self.troubles[:0] = [
            f"{self.names[control]} never changes the picture" for control in idle
        ]
        self.move(start)
        self.look("back at the start")

    # A playground: its buttons, and its knobs while it trains.

    def play(self):
        start = [(control, setting(control)) for control in self.controls]
        self.listen()
        row = self.panel.children[0].children
        named = {b.description: b for b in row if isinstance(b, Button)}
        play, reset = named.pop("play"), named.pop("reset")
        steps = list(named.values())  # `step`, or the verbs
        self.restart(start, reset)
        first = bytes(self.panel.image.value)
        for made, step in enumerate(steps, start=2):
            step.click()
            self.expect(
                self.player.last.step == made,
                f"'{step.description}' goes to step {self.player.last.step}, not {made}",
            )
            self.expect(
                not self.panel.verbs or self.panel.p.verb == self.panel.verbs[step.description],
                f"'{step.description}' makes a step with another verb",
            )
        play.click()
        self.expect(self.player.playing and play.description == "pause", "'play' does not play")
        before = set(threading.enumerate())
        self.player.play()
        self.expect(
            set(threading.enumerate()) <= before, "a second 'play' starts a second thread"
        )
        for changes in journey(self.controls) if self.controls else [[]]:
            words = self.move(changes)
            drawn = any(isinstance(control, Points) for control, _ in changes)
            if not drawn or self.trains_anew(words, play, reset):
                self.wait_for_steps(words)
            if not self.player.playing:
                self.restart(start, reset)
                play.click()
        self.slow_motion()
        play.click()
        self.expect(
            not self.player.playing and play.description == "play", "'pause' does not pause"
        )
        self.look("pausing")
        self.exact("pausing")
        paused, picture = self.player.made, bytes(self.panel.image.value)
        time.sleep(0.3)
        still = self.player.made == paused and bytes(self.panel.image.value) == picture
        self.expect(still, "it moves while it pauses")
        self.expect(picture != first, "the picture does not change while it plays")
        self.restart(start, reset)
        for _ in range(5):
            steps[-1].click()
            begun = time.perf_counter()
            self.panel.draw({"step": self.player.last}, moving=True)
            self.milliseconds.append((time.perf_counter() - begun) * 1e3)
            self.look("stepping")
            self.exact("stepping")
        self.look("stepping at the start's knobs")

    def expect(self, holds: bool, otherwise: str):
        if not holds:
            self.trouble(otherwise)

    def restart(self, start: list, reset: Button):
        """Put the knobs back and press reset: whatever happened before, it trains again."""
        self.move(start)
        reset.click()
        self.look("after 'reset'")
        self.expect(
            self.player.last is not None and self.player.last.step == 1,
            "'reset' does not go to step 1",
        )

    def trains_anew(self, words: str, play: Button, reset: Button) -> bool:
        """Press reset, with which a drawn data set acts, and play on; or be told, as a
        `ValueError`, that it is too small."""
        self.error = None
        reset.click()
        if self.player.last is None:
            few = (
                min(
                    len(control.value)
                    for control in self.controls
                    if isinstance(control, Points)
                )
                < 10
            )
            self.expect(
                few and isinstance(self.error, ValueError) and self.alert(),
                f"{words}: {self.error!r} at the reset",
            )
            return False
        self.look(f"{words}, after 'reset'")
        play.click()
        return True

    def slow_motion(self):
        """It plays at a reader's pace, and at its own as soon as it may."""
        self.panel.speed.value = 3
        begun, now = self.player.made, time.perf_counter()
        time.sleep(1)
        made, most = self.player.made - begun, 3 * (time.perf_counter() - now) + 2
        self.expect(made <= most, f"at 3 steps a second it makes {made} in a second")
        self.wait_for_steps("slow motion")
        self.panel.speed.value = math.inf

    def listen(self):
        """Remember what the player fails with, and when."""
        tell = self.player.fail
        self.error, self.failed_at = None, 0.0

        def fail(error, when):
            self.error, self.failed_at = error, time.perf_counter()
            tell(error, when)

        self.player.fail = fail

    def wait_for_steps(self, words: str, seconds: float = 20):
        """Let it train for two steps. It may end, or diverge and say so; any other stop is
        trouble."""
        begun, now = self.player.last, time.perf_counter()
        while self.player.playing and self.player.last.step < begun.step + 2:
            if time.perf_counter() > now + seconds:
                return self.trouble(f"{words}: no two steps in {seconds} seconds")
            time.sleep(0.002)
        if self.player.playing:
            return
        self.player.pause()  # joins the thread, which may still be writing its last message
        last, error, self.error = self.player.last, self.error, None
        if error is None and last.step < last.steps:
            self.trouble(f"{words}: it stopped at step {last.step} without an error")
        elif error is not None and not isinstance(error, FloatingPointError):
            self.trouble(f"{words}: {type(error).__name__}: {error}")
        elif error is not None and not self.alert() and self.failed_at > now:
            self.trouble(
                f"{words}: it stopped with {error}, but says {self.panel.message.value}"
            )


def peak_megabytes() -> float:
    """Return this process's peak memory. (`getrusage` also counts what its parent held, where
    it was forked.)"""
    try:
        with open("/proc/self/status") as status:
            return next(
                int(line.split()[1]) / 1e3 for line in status if line.startswith("VmHWM")
            )
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
            1e6 if sys.platform == "darwin" else 1e3
        )


def all_panels() -> list:
    return [thing for thing in gc.get_objects() if issubclass(type(thing), Panel)]


def main():
    brush.REST = 0.0  # a walker does not wait between two moves
    alone = peak_megabytes()
    reports = [Walk(panel).report() for panel in all_panels()]
    print(
        json.dumps(
            {"megabytes": alone, "megabytes_after_moves": peak_megabytes(), "panels": reports}
        )
    )


if __name__ == "__main__":
    main()
