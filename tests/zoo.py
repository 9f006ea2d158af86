"""Views whose artists move in every way that matplotlib has: what `Picture` must not miss.

Each has `update(a)`, and looks different at different a.
"""

import numpy as np
import torch
from matplotlib.lines import Line2D
from matplotlib.patches import ConnectionPatch, Polygon
from matplotlib.transforms import Affine2D, Bbox

from lecture_utils.plots import curves, image_grid


def lines(ax):
    ax.plot([0, 1], [1, 0])
    (line,) = ax.plot([0, 1], [0, 1])
    ax.plot([0, 1], [0.5, 0.5])
    ax.set_title("lines over lines")
    return lambda a: line.set_ydata([0, a])


def bars(left, right):
    moving = left.bar([0, 1, 2], [1, 1, 1])
    left.axhline(0.5)
    left.set_ylim(0, 2)
    right.barh([0, 1], [1, 2])

    def update(a):
        for i, bar in enumerate(moving):
            bar.set_height(a * (i + 0.5))

    return update


def image(ax):
    picture = ax.imshow(np.zeros((4, 4)), vmin=0, vmax=1)
    ax.plot([0, 3], [0, 3])
    return lambda a: picture.set_data(np.full((4, 4), a / 2) * np.eye(4))


def hidden_axes(ax):
    change = image_grid(ax, torch.zeros(3, 1, 8, 8), 2, "grid")
    return lambda a: change(torch.full((3, 1, 8, 8), 8 * a))


def scatter(ax):
    dots = ax.scatter([0, 1], [0, 1], s=200, c=[0, 1])
    ax.plot([0, 1], [0, 1])
    return lambda a: dots.set_offsets([[a / 2, 0.5], [0.5, a / 2]])


def text(ax):
    label = ax.text(0.5, 0.5, "")
    ax.axvline(0.5)
    return lambda a: label.set_text(f"a = {a:.2f}" if a < 1 else "$x^2$")


def title(ax):
    heading = ax.set_title("", loc="left")
    ax.plot([0, 1])
    return lambda a: heading.set_text(f"the title says {a}")


def suptitle(figure):
    figure.subplots(1, 2)
    heading = figure.suptitle("before")
    return lambda a: heading.set_text(f"over all: {a}")


def axis_label(ax):
    return lambda a: ax.set_xlabel(f"a = {a}")


def tick_labels(ax):
    return lambda a: ax.set_xticks([0, a], ["zero", f"{a:.2f}"])


def blinking(ax):
    (line,) = ax.plot([0, 1], [0, 1])
    ax.plot([0, 1], [1, 0])
    return lambda a: line.set_visible(a < 1)


def comes_and_goes(ax):
    ax.plot([0, 1], [1, 0])
    ax.set(xlim=(0, 1), ylim=(0, 2))
    here = []

    def update(a):
        while here:
            here.pop().remove()
        if a < 1.2:
            here.extend(ax.plot([0, 1], [a, a], zorder=1))
        if a > 0.7:
            here.append(ax.text(0.2, 0.2, "here"))

    return update


def limits(left, right):
    left.plot([0, 1], [0, 1])
    (line,) = right.plot([0, 1], [0, 1])

    def update(a):
        left.set_xlim(0, a + 0.5)
        line.set_ydata([0, a])

    return update


def limits_of_hidden_axes(ax):
    ax.plot([0, 1], [0, 1])
    ax.axis("off")
    return lambda a: ax.set_xlim(0, a + 0.5)


def autoscaled(ax):
    (line,) = ax.plot([0, 1], [0, 1])

    def update(a):
        line.set_data([0, a], [0, 10 * a])
        ax.relim()
        ax.autoscale_view()

    return update


def autoscaled_when_drawn(ax):
    (line,) = ax.plot([0, 1], [0, 1])

    def update(a):
        line.set_data([0, a], [0, 10 * a])
        ax.relim()
        ax.autoscale()

    return update


def log_scale(ax):
    (line,) = ax.plot([1, 2], [1, 10], "o-")
    ax.set_yscale("log")
    return lambda a: line.set_ydata([0.1 + a, 10])


def two_axes(left, right):
    (a_line,) = left.plot([0, 1], [0, 1])
    (b_line,) = right.plot([0, 1], [0, 1])
    right.fill_between([0, 1], [0, 0], [1, 0.5], zorder=3, alpha=0.5)

    def update(a):
        (a_line if a < 1 else b_line).set_ydata([0, a])

    return update


def legend(ax):
    (line,) = ax.plot([0, 1], [0, 1], lw=6, label="moves under the legend")
    ax.legend(loc="center")
    ax.set_ylim(0, 2)
    return lambda a: line.set_ydata([a, 0.5 * a])


def legend_entry(ax):
    ax.plot([0, 1], [0, 1], label="first")
    (entry,) = ax.legend().get_texts()
    return lambda a: entry.set_text(f"{a:.1f}")


def background_colour(ax):
    ax.plot([0, 1])
    return lambda a: ax.set_facecolor((a / 2, 1, 1))


def vanishing_below(ax):
    (below,) = ax.plot([0, 1], [0, 1])
    ax.plot([0, 1], [1, 0])
    (above,) = ax.plot([0, 1], [0.5, 0.5])

    def update(a):
        below.set_visible(a < 1)
        if a < 1:
            above.set_ydata([a, 0.5])

    return update


def first_above_then_below(ax):
    (below,) = ax.plot([0, 1], [0, 1])
    ax.plot([0, 1], [1, 0])
    (above,) = ax.plot([0, 1], [0.5, 0.5])
    return lambda a: (above if a < 1 else below).set_ydata([a, 0.5])


def see_through(ax):
    ax.figure.set_facecolor((1, 1, 1, 0))
    ax.set_facecolor("none")
    (line,) = ax.plot([0, 1], [0, 1])
    return lambda a: line.set_ydata([0, a])


def vanishing_axes(left, right):
    left.plot([0, 1])
    (line,) = right.plot([0, 1])

    def update(a):
        left.set_visible(a < 1)
        line.set_ydata([0, a])

    return update


def clipped_and_transparent(ax):
    patch = ax.axvspan(0, 0.2, alpha=0.4)
    (line,) = ax.plot([0, 1], [0, 1], "o", ms=20, alpha=0.5, clip_on=False)
    ax.set(xlim=(0, 1), ylim=(0, 1))

    def update(a):
        patch.set_width(a / 3)
        line.set_ydata([0, a])

    return update


def growing(ax):
    add, count = curves(ax, {"a": "black", "b": "red"}, "curves"), [0]

    def update(a):
        count[0] += 150
        add(count[0], a=a, b=2 * a)

    return update


def colours_of_a_mesh(ax):
    mesh = ax.pcolormesh(np.zeros((5, 6)), vmin=0, vmax=2)
    ax.plot([0, 5], [0, 4])
    return lambda a: mesh.set_array(a * np.eye(5, 6))


def colours_of_a_scatter(ax):
    dots = ax.scatter([0, 1, 2], [0, 1, 2], s=200, c=[0.0, 1.0, 2.0], vmin=0, vmax=2)
    return lambda a: dots.set_array([a, 1.0, 2 - a])


def colours_of_lines(ax):
    from matplotlib.collections import LineCollection

    field = ax.add_collection(LineCollection([[(0, 0), (1, 1)], [(0, 1), (1, 0)]], lw=5))
    field.set_array([0.0, 1.0])
    field.set_clim(0, 2)
    return lambda a: field.set_array([a, 1.0])


def arrows(ax):
    field = ax.quiver([0, 1], [0, 1], [1.0, 1.0], [0.0, 1.0])
    ax.set(xlim=(-1, 2), ylim=(-1, 2))
    return lambda a: field.set_UVC([a, 1.0], [1.0, a])


def colour_scale(ax):
    mesh = ax.pcolormesh(np.arange(6.0).reshape(2, 3), vmin=0, vmax=5)
    return lambda a: mesh.norm.__setattr__("vmax", 3 + a)


def colour_map(ax):
    picture = ax.imshow(np.arange(6.0).reshape(2, 3))
    return lambda a: picture.set_cmap("viridis" if a < 1 else "magma")


def tick_colour(ax):
    ax.plot([0, 1])
    return lambda a: ax.tick_params(colors=(a / 2, 0, 0))


def one_tick_label(ax):
    ax.set_xticks([0, 1], ["zero", "one"])
    return lambda a: ax.get_xticklabels()[1].set_color((a / 2, 0, 0))


def grid_lines(ax):
    ax.plot([0, 1])
    return lambda a: ax.grid(a > 1)


def locator(ax):
    ax.plot([0, 1])
    return lambda a: ax.locator_params(nbins=2 if a > 1 else 8)


def aspect(left, right):
    left.plot([0, 1], [0, 2])
    right.plot([0, 1])
    return lambda a: left.set_aspect(a)


def position(left, right):
    left.plot([0, 1])
    (line,) = right.plot([0, 1])

    def update(a):
        left.set_position([0.1, 0.1, 0.2 * a, 0.5])
        line.set_ydata([0, a])

    return update


def figure_colour(ax):
    (line,) = ax.plot([0, 1])
    return lambda a: ax.figure.set_facecolor((1, a / 2, 1))


def spine_colour(ax):
    return lambda a: ax.spines["left"].set_color((a / 2, 0, 0))


def spine_position(ax):
    ax.plot([-1, 1], [-1, 1])
    return lambda a: ax.spines["left"].set_position(("data", a - 1))


def order(ax):
    (under,) = ax.plot([0, 1], [0, 1], lw=20, zorder=2)
    ax.plot([0, 1], [1, 0], lw=20, zorder=3)
    (over,) = ax.plot([0, 1], [0.5, 0.5], lw=20, zorder=4)

    def update(a):
        under.set_zorder(2 if a < 1 else 3.5)
        over.set_ydata([a / 2, 0.5])

    return update


def order_alone(ax):
    (under,) = ax.plot([0, 1], [0, 1], lw=20, zorder=2)
    ax.plot([0, 1], [1, 0], lw=20, zorder=3)
    return lambda a: under.set_zorder(2 if a < 1 else 4)


def made_anew(ax):
    here = []
    ax.set(xlim=(0, 2), ylim=(0, 2))
    ax.plot([0, 2], [1, 1])

    def update(a):
        while here:
            here.pop().remove()
        here.append(ax.fill_between([0, 1, 2], [0, 0, 0], [a, 1, a], alpha=0.5))

    return update


def contours(ax):
    x, y = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 20))
    here = []

    def update(a):
        while here:
            here.pop().remove()
        here.append(ax.contourf(x, y, np.hypot(a * x, y), levels=[0, 0.3, 0.6, 0.9]))

    return update


def annotation(ax):
    note = ax.annotate("here", (0.2, 0.2), (0.7, 0.8), arrowprops={"arrowstyle": "->"})
    return lambda a: setattr(note, "xy", (a / 2, 0.2))


def annotation_of_an_artist(ax):
    (line,) = ax.plot([0, 1], [0, 1])
    ax.annotate("end", (1, 1), xycoords=lambda renderer: line.get_window_extent(renderer))
    ax.set(xlim=(0, 2), ylim=(0, 2))
    return lambda a: line.set_data([0, a], [0, 1])


def table(ax):
    cells = ax.table([["a", "b"], ["c", "d"]], loc="center")
    return lambda a: cells[0, 0].get_text().set_text(f"{a:.1f}")


def growing_table(ax):
    cells = ax.table([["a", "b"], ["c", "d"]], loc="center")
    return lambda a: cells.add_cell(2, 0, 0.5, 0.05, text=f"{a:.1f}")


def cell_colour(ax):
    cells = ax.table([["a", "b"], ["c", "d"]], loc="center")
    return lambda a: cells[1, 1].set_facecolor((a / 2, 1, 1))


def text_box(ax):
    words = ax.text(0.5, 0.5, "boxed", bbox={"facecolor": "white"})
    return lambda a: words.get_bbox_patch().set_facecolor((a / 2, 1, 1))


def rotated(ax):
    turn = Affine2D()
    ax.plot([0, 1], [0, 0], transform=turn + ax.transData)
    ax.set(xlim=(-1, 1), ylim=(-1, 1))
    return lambda a: turn.clear().rotate(a)


def clipped_by_a_patch(ax):
    picture = ax.imshow(np.arange(100.0).reshape(10, 10))
    ax.plot([0, 9], [0, 9])
    window = Polygon([(1, 1), (8, 1), (4, 8)], transform=ax.transData)
    picture.set_clip_path(window)
    return lambda a: window.set_xy([(1, 1), (8, 1), (4, 8 / (1 + a))])


def connection(left, right):
    left.set(xlim=(0, 2))
    link = ConnectionPatch((1, 0.5), (0.5, 0.5), "data", "data", axesA=left, axesB=right)
    left.figure.add_artist(link)
    return lambda a: left.set_xlim(0, 1 + a)


def zoom(ax):
    inner = ax.inset_axes([0.6, 0.1, 0.35, 0.35])
    ax.plot([0, 1])
    inner.plot([0, 1])
    ax.indicate_inset_zoom(inner)
    return lambda a: inner.set_xlim(0, a / 2)


def best_legend(ax):
    (line,) = ax.plot([0, 1], [0, 1], label="moves")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.legend(loc="best")
    return lambda a: line.set_ydata([0.5, 0.5] if a > 1 else [0.92, 0.92])


def twins(ax):
    (low,) = ax.plot([0, 1], [0, 1], lw=6)
    high = ax.twinx()
    high.plot([0, 1], [1, 0], lw=6, color="red")
    ax.set_ylim(0, 2)
    return lambda a: low.set_ydata([0, a])


def inset(ax):
    ax.plot([0, 1])
    (line,) = ax.inset_axes([0.5, 0.1, 0.4, 0.4]).plot([0, 1])
    return lambda a: line.set_ydata([a / 2, 1])


def secondary(ax):
    ax.plot([1, 2], [1, 2])
    ax.secondary_xaxis("top", functions=(lambda x: 2 * x, lambda x: x / 2))
    return lambda a: ax.set_xlim(0, 1 + a)


def polar(figure):
    ax = figure.add_subplot(projection="polar")
    (line,) = ax.plot([0, 1], [0, 1])
    return lambda a: line.set_ydata([0, a / 2])


class Blinking(Line2D):
    """A line that is drawn from what no attribute of it holds."""

    level = 0.5

    def draw(self, renderer):
        self.set_ydata([0, Blinking.level])
        super().draw(renderer)


def by_its_own_class(ax):
    ax.add_line(Blinking([0, 1], [0, 1]))
    ax.set(xlim=(0, 1), ylim=(0, 2))
    return lambda a: setattr(Blinking, "level", a)


def font_size(ax):
    words = ax.text(0.2, 0.2, "large")
    return lambda a: words.get_fontproperties().set_size(10 + 5 * a)


def extent(ax):
    picture = ax.imshow(np.eye(3), extent=(0, 1, 0, 1))
    ax.set(xlim=(0, 2), ylim=(0, 2))
    return lambda a: picture.set_extent((0, a, 0, 1))


def beyond_its_axes(left, right):
    (line,) = left.plot([0.5, 1], [0.5, 0.5], lw=9, clip_on=False)
    left.set(xlim=(0, 1), ylim=(0, 1))
    right.plot([0, 1])
    return lambda a: line.set_xdata([0.5, 0.5 + a])


def white_over_what_moves(ax):
    (line,) = ax.plot([0, 1], [0, 1], lw=9)
    ax.text(0.5, 0.5, "white", bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7})
    ax.set_ylim(0, 2)
    return lambda a: line.set_ydata([a, 0.5])


def clip_box(ax):
    box = Bbox.from_bounds(0, 0, 300, 200)
    (line,) = ax.plot([0, 1], [0, 1], lw=9)
    line.set_clip_box(box)
    return lambda a: box.set_points(np.array([[0, 0], [400 * a, 300 * a]]))


def wide_marks(ax):
    (line,) = ax.plot([0, 1], [0, 1], "o", markevery=[0])
    return lambda a: (line.set_markevery([0] if a < 1 else [0, 1]), line.set_markersize(9 * a))


def marks_in_place(ax):
    marks = [0]
    ax.plot([0, 1, 2], [0, 1, 2], "o-", markevery=marks)

    def update(a):
        marks[0] = round(a)

    return update


MOVING = [
    lines,
    bars,
    image,
    hidden_axes,
    scatter,
    text,
    title,
    suptitle,
    axis_label,
    tick_labels,
    blinking,
    comes_and_goes,
    limits,
    limits_of_hidden_axes,
    autoscaled,
    autoscaled_when_drawn,
    log_scale,
    two_axes,
    legend,
    legend_entry,
    background_colour,
    vanishing_axes,
    vanishing_below,
    first_above_then_below,
    see_through,
    clipped_and_transparent,
    growing,
    colours_of_a_mesh,
    colours_of_a_scatter,
    colours_of_lines,
    arrows,
    colour_scale,
    colour_map,
    tick_colour,
    one_tick_label,
    grid_lines,
    locator,
    aspect,
    position,
    figure_colour,
    spine_colour,
    spine_position,
    order,
    order_alone,
    made_anew,
    contours,
    annotation,
    annotation_of_an_artist,
    table,
    growing_table,
    cell_colour,
    text_box,
    rotated,
    clipped_by_a_patch,
    connection,
    zoom,
    best_legend,
    twins,
    inset,
    secondary,
    polar,
    by_its_own_class,
    font_size,
    extent,
    beyond_its_axes,
    white_over_what_moves,
    clip_box,
    wide_marks,
    marks_in_place,
]
