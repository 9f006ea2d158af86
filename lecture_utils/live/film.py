"""A film: a chain that is recorded once, to be played, and stopped, and run back."""

from collections.abc import Iterable

import ipywidgets as w
import numpy as np
import traitlets

from .controls import ROOM
from .player import line


class Film(w.VBox):
    """A chain, recorded once: `value` is the record of the moment. Play it, or drag the time.

    `records` is any generator of records; of more than `most`, every second one is left out,
    again and again, but the last one stays. `speed` is in records a second. An interrupt
    keeps what has been recorded. Raises `ValueError` for a generator that yields nothing, and
    for fewer than two records or a speed that is not above 0.
    """

    value = traitlets.Any()

    def __init__(self, records: Iterable, most: int = 200, speed: float = 10):
        if most < 2 or not speed > 0:
            raise ValueError(f"most, speed: got {most}, {speed}, wanted 2 or more, and above 0")
        self.records, self.lines = [], []
        stride, last = 1, None
        try:
            for made, record in enumerate(records, 1):
                last = record, line(record, made)
                if (made - 1) % stride == 0:
                    self.records.append(record)
                    self.lines.append(last[1])
                if len(self.records) > most:
                    del self.records[1::2], self.lines[1::2]
                    stride *= 2
        except KeyboardInterrupt:
            print(f"Interrupted: the film has {len(self.records)} records.")
        if last is None:
            raise ValueError("records: got none, wanted a generator that yields at least one")
        if self.records[-1] is not last[0]:
            self.records.append(last[0])
            self.lines.append(last[1])
        top = len(self.records) - 1
        options = {"min": 0, "max": top, "value": top}
        self.time = w.IntSlider(**options, description="time", layout=w.Layout(**ROOM))
        self.play = w.Play(**options, interval=round(1000 / speed), show_repeat=False)
        w.jslink((self.play, "value"), (self.time, "value"))
        self.words = w.Label(self.lines[-1])
        row = w.HBox([self.play, self.time, self.words])
        row.layout.flex_flow, row.layout.width = "row wrap", "100%"
        super().__init__([row], value=self.records[-1], layout=w.Layout(width="100%"))
        self.time.observe(lambda change: self._go(change["new"]), "value")

    def _go(self, i: int):
        self.words.value = self.lines[i]
        self.value = self.records[i]

    def some(self, n: int = 4) -> list:
        """Return n records from the first to the last, as a page without widgets shows them."""
        last = len(self.records) - 1
        return [self.records[round(i)] for i in np.linspace(0, last, min(n, last + 1))]
