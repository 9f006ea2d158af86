"""Pictures of masks, and of what a pixel sees through them."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch, Rectangle

from ...plots import DATA, MODEL, SECOND, TRUTH

_LATER, _SEEN, _FAR, _NEVER, _CHOSEN = range(5)
_BEFORE = _SEEN, _FAR, _NEVER
_LOOKS = {
    "this pixel": (_CHOSEN, TRUTH),
    "before it, and seen": (_SEEN, MODEL),
    "before it, too far": (_FAR, "#b8d4ea"),
    "before it, never seen": (_NEVER, SECOND),
    "not before it": (_LATER, "#eeeeee"),
}


def _squares(ax, n: int, color: str, width: float):
    """Draw the lines between n × n squares."""
    ax.set_xticks(np.arange(n + 1) - 0.5, [])
    ax.set_yticks(np.arange(n + 1) - 0.5, [])
    ax.grid(color=color, lw=width)
    ax.tick_params(length=0)


def drawn_masks(masks):
    """Masks, name → (size, size) of 0 and 1."""

    def view(figure):
        """Squares of weights. Blue ones are kept, white ones are zeros. A frame marks the
        middle, which is the pixel that is predicted."""
        figure.set_size_inches(2.6 * len(masks), 2.8)
        for ax, (name, mask) in zip(figure.subplots(1, len(masks)), masks.items(), strict=True):
            n, mask = len(mask), np.asarray(mask)
            ax.imshow(mask, cmap=ListedColormap(["white", MODEL]), vmin=0, vmax=1)
            _squares(ax, n, DATA, 0.8)
            middle = n // 2 - 0.5
            ax.add_patch(Rectangle((middle, middle), 1, 1, fill=False, ec=TRUTH, lw=4))
            ax.set_title(name)
            for (row, column), one in np.ndenumerate(mask):
                look = {"color": "white" if one else DATA, "ha": "center", "va": "center"}
                ax.text(column, row, f"{one:.0f}", **look)
        return lambda: None

    return view


def seen_pixels(sees, side):
    """What a pixel sees: `sees(row, column, depth, stacks)` is a table (side, side).

    With side - 1 layers nothing is too far.
    """

    def view(ax):
        """A square of pixels. One is orange; dark blue are those before it that it sees, pale
        blue those that it would see with more layers, pink those that it never sees, and grey
        those that come later."""
        ax.figure.set_size_inches(7.0, 4.3)
        colors = ListedColormap([c for _, c in sorted(_LOOKS.values())])
        picture = ax.imshow(np.zeros((side, side)), cmap=colors, vmin=-0.5, vmax=4.5)
        _squares(ax, side, "white", 1)
        ax.spines[:].set_visible(False)
        patches = [Patch(color=color, label=name) for name, (_, color) in _LOOKS.items()]
        ax.figure.legend(handles=patches, loc="outside right upper")
        title = ax.set_title("", loc="left")
        place = np.arange(side * side).reshape(side, side)

        def update(row=6, column=5, depth=3, stacks="one stack"):
            seen, ever = (sees(row, column, n, stacks) for n in (depth, side - 1))
            kinds = np.select([seen, ever, place < place[row, column]], _BEFORE, _LATER)
            kinds[row, column] = _CHOSEN
            picture.set_data(kinds)
            never, before = (kinds == _NEVER).sum(), place[row, column]
            title.set_text(f"{stacks}: {never} of {before} pixels before it are never seen")

        return update

    return view
