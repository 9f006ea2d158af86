"""Pictures of masks, and of what a pixel sees through them."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch, Rectangle

from ...plots import DATA, MODEL, SECOND, TRUTH

_LATER, _SEEN, _BLIND, _CHOSEN = range(4)
_LOOKS = {
    "this pixel": (_CHOSEN, TRUTH),
    "before it, and seen": (_SEEN, MODEL),
    "before it, not seen": (_BLIND, SECOND),
    "not before it": (_LATER, "#eeeeee"),
}


def two_masks(masks):
    """Masks, name → (size, size) of 0 and 1."""

    def view(figure):
        """Squares of weights. Blue ones are kept, white ones are zeros. A frame marks the
        middle, which is the pixel that is predicted."""
        figure.set_size_inches(2.6 * len(masks), 2.8)
        for ax, (name, mask) in zip(figure.subplots(1, len(masks)), masks.items(), strict=True):
            n = len(mask)
            ax.imshow(mask, cmap=ListedColormap(["white", MODEL]), vmin=0, vmax=1)
            ax.set_xticks(np.arange(n + 1) - 0.5, [])
            ax.set_yticks(np.arange(n + 1) - 0.5, [])
            ax.grid(color=DATA, lw=0.8)
            ax.tick_params(length=0)
            middle = n // 2 - 0.5
            ax.add_patch(Rectangle((middle, middle), 1, 1, fill=False, ec=TRUTH, lw=4))
            ax.set_title(name)
            for (row, column), one in np.ndenumerate(np.asarray(mask)):
                look = {"color": "white" if one else DATA, "ha": "center", "va": "center"}
                ax.text(column, row, f"{one:.0f}", **look)
        return lambda: None

    return view


def seen_pixels(sees, side):
    """What a pixel sees: `sees(row, column, depth, stacks)` is a table (side, side)."""

    def view(ax):
        """A square of pixels. One is orange; blue are those before it that it sees, pink those
        before it that it does not, and grey are those that come later."""
        ax.figure.set_size_inches(6.6, 4.3)
        colors = ListedColormap([c for _, c in sorted(_LOOKS.values())])
        picture = ax.imshow(np.zeros((side, side)), cmap=colors, vmin=-0.5, vmax=3.5)
        ax.set_xticks(np.arange(side + 1) - 0.5, [])
        ax.set_yticks(np.arange(side + 1) - 0.5, [])
        ax.grid(color="white", lw=1)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        patches = [Patch(color=color, label=name) for name, (_, color) in _LOOKS.items()]
        ax.legend(handles=patches, loc="upper left", bbox_to_anchor=(1.02, 1.0))
        title = ax.set_title("", loc="left")
        place = np.arange(side * side).reshape(side, side)

        def update(row=6, column=5, depth=3, stacks="one stack"):
            seen = np.asarray(sees(row, column, depth, stacks))
            kinds = np.where(seen, _SEEN, np.where(place < place[row, column], _BLIND, _LATER))
            kinds[row, column] = _CHOSEN
            picture.set_data(kinds)
            hidden, before = (kinds == _BLIND).sum(), place[row, column]
            title.set_text(f"{stacks}: {hidden} of {before} pixels before it are not seen")

        return update

    return view
