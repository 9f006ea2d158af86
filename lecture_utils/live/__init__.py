"""Live figures: one picture in one image widget, so nothing flickers, and what moves it.

Widget callbacks may run in another thread than the cells (ipykernel 7), so nothing here touches
pyplot's state.
"""

from .controls import Point
from .explore import explore, show, watch
from .film import Film
from .pages import Drawing, Points
from .playground import playground

__all__ = ["Drawing", "Film", "Point", "Points", "explore", "playground", "show", "watch"]
