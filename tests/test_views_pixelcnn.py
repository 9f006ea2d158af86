"""What the pictures of lecture 07 show is what they are given, or a count by hand, and every
frame is the figure drawn anew."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from looks import (
    assert_images,
    assert_says,
    bars,
    cells,
    close,
    hue,
    line,
    lines,
    title,
    uniform,
)
from looks import (
    exact_look as look,
)
from matplotlib.patches import Rectangle

from lecture_utils.models.autoregressive import Pixel
from lecture_utils.plots import DATA, MODEL, SECOND, THIRD, TRUTH
from lecture_utils.train import Step
from lecture_utils.views import pixelcnn as views

pytestmark = pytest.mark.usefixtures("as_in_the_lectures")


def grid(ax, side=8, gap=1) -> torch.Tensor:
    """All images of a grid, however wide it is."""
    return cells(ax, (ax.images[0].get_array().shape[1] - gap) // (side + gap), side, gap)


def known(x, n) -> torch.Tensor:
    """Images x (N, 1, H, W) of which n pixels are known, row by row, and the rest is NaN."""
    width = x.shape[3]
    place = width * torch.arange(x.shape[2])[:, None] + torch.arange(width)
    return torch.where(place < n, x, torch.nan)


def shades(ax) -> np.ndarray:
    """The colours of the one image's pixels, as the palette writes them."""
    (picture,) = ax.images
    colours = picture.cmap(picture.norm(picture.get_array()))
    return np.array([[hue(each) for each in row] for row in colours])


def darkness(ax) -> tuple:
    """The values at which ink is white and black."""
    (picture,) = ax.images
    low, high = picture.cmap(0.0), picture.cmap(1.0)
    assert (hue(low), hue(high)) == ("#FFFFFF", "#000000")
    return picture.get_clim()


def frame(ax) -> Rectangle:
    """The one frame: around something, with nothing in it."""
    (only,) = (r for r in ax.patches if isinstance(r, Rectangle) and not r.get_fill())
    assert hue(only.get_edgecolor()) == TRUTH
    return only


def framed(ax) -> tuple:
    """The row and the column of the one pixel that has a frame."""
    around = frame(ax)
    assert (around.get_width(), around.get_height()) == (1, 1)
    column, row = np.add(around.get_xy(), 0.5)
    return row, column


def named(ax) -> dict:
    """The lines of a panel by their labels: label → (x and y, colour)."""
    return {
        each.get_label(): (np.array(each.get_data()), each.get_color()) for each in ax.lines
    }


# ---- the chain rule --------------------------------------------------------------------------


def test_of_each_moment_of_reading_only_the_first_pixels_are_known(images):
    x = images(3)
    before = x.clone()
    (ax,) = look(views.read_so_far, x)()
    shown = cells(ax, 7).view(3, 7, 8, 8)
    for k, n in enumerate((10, 19, 28, 37, 46, 55, 64)):
        close(shown[:, k], known(x, n)[:, 0])
    assert torch.equal(x, before) and darkness(ax) == (0, 16)


def test_an_order_is_a_way_through_nine_pixels_with_their_entropies_and_what_is_lost():
    def made_up():
        lost = torch.rand(9).sort(descending=True).values.tolist()
        return torch.randperm(9).tolist(), list(0.7 * torch.rand(9).double()), lost

    measured = {name: made_up() for name in ("rows", "snake", "by chance")}
    at = look(views.orders, measured)
    for name in ("snake", "by chance", "snake"):
        plane, each, right = at(order=name)
        places, entropies, lost = measured[name]
        way = np.array([(place % 3, place // 3) for place in places])
        close(line(plane, color=MODEL).T, way)
        for n, (number, at_place) in enumerate(zip(plane.texts, way, strict=True), 1):
            assert number.get_text() == str(n) and number.get_position() == tuple(at_place)
        assert plane.yaxis_inverted() and not plane.xaxis_inverted()
        found = bars(each)
        close(
            [(x + width / 2, height) for x, _, width, height, _ in found],
            [(n, height) for n, height in enumerate(entropies, 1)],
        )
        assert {colour for *_, colour in found} == {MODEL}
        close(line(right, color=MODEL), [range(9), lost])
        assert name in title(plane)
        assert_says(title(each), sum(entropies).item())
    wanted = [np.array([range(9), lost]) for _, _, lost in measured.values()]
    close([each.get_data() for each in lines(right, color=DATA)], wanted)


def test_all_images_are_counted_and_the_most_probable_ones_are_shown_in_their_order():
    every = torch.randint(0, 2, (1024, 1, 4, 4)).float()
    log_p = (3 * torch.randn(1024).double()).log_softmax(0)
    at = look(views.counting, every)
    for n in (256, 1024, 700):  # and a count that starts over
        left, right = at(step=SimpleNamespace(log_p=log_p[:n]))
        p = np.exp(log_p[:n].numpy())
        counted = range(0, n + 1, 256)
        close(line(left, color=MODEL), [counted, [p[:k].sum() for k in counted]])
        assert_says(title(left), p.sum())
        assert_images(grid(right, 4), every[np.argsort(-p)[:40]])
    close(line(left, color=TRUTH)[1], [1, 1])
    assert left.get_xlim() == (0, 1024) and darkness(right) == (0, 1)


def test_each_model_has_its_loss_its_sum_and_its_samples():
    names = "mask A", "mask B first"
    losses = {name: torch.rand(5 + i).tolist() for i, name in enumerate(names)}
    sums = dict(zip(names, (1.0, uniform(2000, 60_000))))
    samples = {name: torch.randint(0, 2, (16, 1, 4, 4)).float() for name in names}
    left, middle, *rest = look(views.cheat, losses, sums, samples)()
    found, words = named(left), [each.get_text() for each in middle.get_xticklabels()]
    assert list(found) == words == list(names) and middle.get_yscale() == "log"
    bar = bars(middle)
    for i, (name, colour, ax) in enumerate(zip(names, (MODEL, THIRD), rest, strict=True)):
        close(found[name][0], [range(5 + i), losses[name]])
        assert found[name][1] == bar[i][4] == ax.title.get_color() == colour
        close([bar[i][0] + bar[i][2] / 2, bar[i][3]], [i, sums[name]])
        assert_says(middle.texts[i].get_text().replace(",", ""), sums[name])
        assert_images(grid(ax, 4), samples[name])
        assert name in title(ax) and darkness(ax) == (0, 1)


# ---- masks -----------------------------------------------------------------------------------


def test_a_mask_is_a_square_of_its_weights_with_a_frame_in_the_middle():
    masks = {name: torch.randint(0, 2, (n, n)).float() for name, n in (("A", 5), ("B", 7))}
    panels = look(views.drawn_masks, masks)()
    for ax, (name, mask) in zip(panels, masks.items(), strict=True):
        n = len(mask)
        assert (shades(ax) == np.where(mask == 1, MODEL, "#FFFFFF")).all()
        assert title(ax) == name and framed(ax) == (n // 2, n // 2)
        told = {each.get_position(): each.get_text() for each in ax.texts}
        assert told == {(c, r): f"{mask[r, c]:.0f}" for r in range(n) for c in range(n)}


def test_pixels_before_it_are_seen_or_too_far_or_never_seen_and_these_are_counted():
    side, tables = 7, {}
    cases = (2, 5, 3, "one stack"), (6, 6, 1, "two stacks"), (0, 0, 6, "one stack")
    for row, column, depth, stacks in cases:
        before = known(torch.ones(1, 1, side, side), side * row + column)[0, 0] == 1
        ever = before & (torch.rand(side, side) < 0.7)
        tables[row, column, side - 1, stacks] = ever
        if depth < side - 1:
            tables[row, column, depth, stacks] = ever & (torch.rand(side, side) < 0.6)
    at = look(views.seen_pixels, lambda *of: tables[of], side)
    for row, column, depth, stacks in cases:
        (ax,) = at(row=row, column=column, depth=depth, stacks=stacks)
        (legend,) = ax.figure.legends or [ax.get_legend()]
        words = [each.get_text() for each in legend.get_texts()]
        meaning = dict(zip(words, (hue(p.get_facecolor()) for p in legend.get_patches())))
        this, seen, far, never, later = (
            meaning[word]
            for word in (
                "this pixel",
                "before it, and seen",
                "before it, too far",
                "before it, never seen",
                "not before it",
            )
        )
        assert (this, seen, never) == (TRUTH, MODEL, SECOND) and len({*meaning.values()}) == 5
        wanted, hidden = np.full((side, side), later, dtype=object), 0
        for i in range(side * row + column):
            place = divmod(i, side)
            now, ever = (tables[row, column, n, stacks][place] for n in (depth, side - 1))
            wanted[place] = seen if now else far if ever else never
            hidden += not ever
        wanted[row, column] = this
        assert (shades(ax) == wanted).all()
        assert title(ax).startswith(stacks)
        assert_says(title(ax), hidden, side * row + column)


# ---- digits ----------------------------------------------------------------------------------


class Listening:
    """Stands for a model: it draws images, its loss is a number, and it remembers what it was
    asked."""

    def __init__(self, loss):
        self.nats, self.drawn = torch.tensor(loss), []

    def sample(self, n, generator):
        assert not torch.is_grad_enabled()
        drawn = torch.randint(0, 17, (n, 1, 8, 8), generator=generator).float()
        self.drawn.append(drawn)
        return drawn

    def loss(self, x):
        assert not torch.is_grad_enabled()
        self.asked = x
        return self.nats


def test_a_model_that_learns_shows_its_samples_and_both_losses(images):
    x, nobody = images(5), Listening(100.0)
    at, models = look(views.learning_pixels, x), []
    record = {1: (180.0, 170.0), 9: (85.0, 300.0), 3: (130.0, 120.0)}  # it starts over
    for so_far in ([1], [1, 9], [1, 3]):
        step, (batch, other) = so_far[-1], record[so_far[-1]]
        model = Listening(other)
        left, right = at(step=Step(step, 9, {"loss": batch}, 0.0, nobody, model))
        models.append(model)
        (drawn,) = model.drawn
        shown = grid(left)
        assert_images(shown[: len(drawn)], drawn)
        assert len(drawn) == 24 and torch.equal(drawn, models[0].drawn[0])  # the same luck
        assert model.asked is x
        for i, (name, colour) in enumerate((("this batch", DATA), ("not trained on", MODEL))):
            points, found = named(right)[name]
            close(points, [so_far, [min(140, record[k][i]) for k in so_far]])
            assert found == colour
    assert not nobody.drawn


def test_the_surprise_of_each_pixel_stands_where_its_pixel_does(images):
    x, nats = images(5), 5 * torch.rand(5, 8, 8)
    above, below, scale = look(views.surprise, x, nats)()
    assert_images(grid(above), x)
    assert_images(grid(below), nats[:, None])
    (shade,) = below.images
    low, high = shade.get_clim()
    assert darkness(above) == (0, 16) and low == 0
    close(scale.get_ylim(), (low, high))
    assert scale.get_ylabel() == "nats"
    darker = [sum(shade.cmap(shade.norm(v))[:3]) for v in np.linspace(low, high, 5)]
    assert darker == sorted(darker, reverse=True) and darker[0] > darker[4] + 0.5


def assert_chances(ax, p, drawn=None):
    """Assert that there is a bar for the chance of each level, and of its own colour is only
    that of the level drawn."""
    found = bars(ax)
    close(
        [(x + width / 2, y, height) for x, y, width, height, _ in found],
        [(level, 0, height) for level, height in enumerate(p)],
    )
    wanted = [TRUTH if level == drawn else MODEL for level in range(len(p))]
    assert [colour for *_, colour in found] == wanted


def test_a_film_shows_what_is_drawn_and_from_which_chances_the_last_pixel_was(images):
    at = look(views.pixel_film)
    for n in (1, 20, 64, 11):
        x, p, (row, column) = images(14), torch.randn(14, 17).softmax(1), divmod(n - 1, 8)
        left, right = at(state=Pixel(n, 64, x, p, row, column))
        close(grid(left), known(x[:12], n)[:, 0])
        assert framed(left) == (row + 1, column + 1)  # one for the gap
        assert_chances(right, p[0], drawn=x[0, 0, row, column])
        assert_says(title(left), n, 64)


def test_the_next_pixel_has_a_frame_and_a_finished_image_has_none(images):
    at = look(views.next_pixel)
    for place in (28, 64, 63, 0, 14):
        x, p, log_p = images(1), torch.randn(17).softmax(0), uniform(-90, -1)
        step = SimpleNamespace(step=5, x=x, place=place, p=p, log_p=log_p)
        left, right = at(step=step)
        close(grid(left), known(x, place)[:, 0])
        assert frame(left).get_visible() == (place < 64)
        if place < 64:
            assert framed(left) == (place // 8 + 1, place % 8 + 1)
        assert_chances(right, p)
        assert_says(title(left), log_p)


def test_each_temperature_has_its_samples_and_its_dot(images):
    heat = {T: (images(40), uniform(-140, -50), uniform(1, 30)) for T in (0.4, 1.0, 2.0)}
    real, floor = uniform(-90, -70), uniform(5, 10)
    at = look(views.tempered, heat, real, floor)
    for T in (2.0, 0.4, 1.0):
        left, right = at(T=T)
        x, *dot = heat[T]
        assert_images(grid(left), x[:32])
        assert_says(title(left), T)
        close(line(right, color="black"), [[each] for each in dot])
    close(line(right, color=MODEL).T, [each[1:] for each in heat.values()])
    close(line(right, color=DATA, linestyle="--")[0], [real, real])
    close(line(right, color=DATA, linestyle=":")[1], [floor, floor])
    assert right.get_xlabel().startswith("mean log P") and "distance" in title(right)


def test_the_most_probable_ways_on_come_first_each_above_its_number(images):
    cases = {(4, 1.0): images(1), (1, 0.2): images(1), (7, 2.0): images(1)}
    ways = {case: (images(12), 40 * torch.rand(12) - 60) for case in cases}
    asked = []

    def finish(drawing, rows, T):
        asked.append(drawing)
        return ways[rows, T]

    at = look(views.finished, finish)
    for (rows, T), drawing in cases.items():
        left, right = at(drawing=drawing, rows=rows, T=T)
        x, log_p = ways[rows, T]
        assert torch.equal(asked[-1], drawing)
        close(grid(left), known(drawing, 8 * rows)[:, 0])
        order = np.argsort(-log_p.numpy())
        assert_images(cells(right, 4, gap=3), x[order])
        for i, (word, k) in enumerate(zip(right.texts, order, strict=True)):
            assert_says(word.get_text(), log_p[k])
            place, top, side = word.get_position(), 3 + 11 * (i // 4), 3 + 11 * (i % 4)
            assert side <= place[0] <= side + 7 and top + 7.5 < place[1] < top + 10.5


# ---- what is measured ------------------------------------------------------------------------


def test_every_seed_has_its_line_in_its_number_s_panel():
    marks = range(20, 101, 20)
    names = "PixelCNN: −log P", "PixelCNN: Fréchet", "GAN: Fréchet"
    fallen = {name: torch.linspace(1, 0, 5) + torch.rand(3, 5) / 5 for name in names}
    panels = look(views.spreads, marks, fallen)()
    for ax, name, colour in zip(panels, names, (MODEL, MODEL, THIRD), strict=True):
        assert title(ax) == name and ax.get_ylim() == panels[0].get_ylim()
        wanted = [(marks, each) for each in fallen[name].numpy()]
        close([each.get_data() for each in lines(ax, color=colour)], wanted)
        assert len(ax.lines) == 4  # and one at 0


def test_both_nets_have_their_track_and_their_samples_in_one_colour(images):
    names = "PixelCNN", "PixelRNN"
    tracks = {
        name: [(1.5 * k + uniform(0, 1), uniform(80, 130)) for k in range(4 + i)]
        for i, name in enumerate(names)
    }
    samples = {name: images(24) for name in reversed(names)}
    left, *rest = look(views.equal_budgets, tracks, samples)()
    found = named(left)
    for name, colour, ax in zip(names, (MODEL, THIRD), rest, strict=True):
        close(found[name][0].T, tracks[name])
        assert found[name][1] == ax.title.get_color() == colour and title(ax) == name
        assert_images(grid(ax), samples[name])
    assert list(found) == list(names)


def test_seconds_stand_above_the_number_of_pixels_not_the_side():
    measured = {side: (uniform(1, 2), uniform(2, 90), uniform(2, 90)) for side in (4, 8, 12)}
    left, right = look(views.cost_of_pixels, measured)()
    pixels, (scored, plain, cached) = [16, 64, 144], np.array([*measured.values()]).T
    wanted = {
        left: {
            "scored": (scored, DATA),
            "drawn": (plain, THIRD),
            "drawn, cached": (cached, MODEL),
        },
        right: {
            "drawn": (plain / scored, THIRD),
            "drawn, cached": (cached / scored, MODEL),
            "number of pixels": (pixels, TRUTH),
        },
    }
    for ax, each in wanted.items():
        found = named(ax)
        assert {name: colour for name, (_, colour) in found.items()} == {
            name: colour for name, (_, colour) in each.items()
        }
        for name, (values, _) in each.items():
            close(found[name][0], [pixels, values])
        assert ax.get_xscale() == ax.get_yscale() == "log"
        assert [t.get_text() for t in ax.get_xticklabels()] == [str(n) for n in pixels]


@pytest.mark.parametrize("pixels", [None, 9])
def test_exact_numbers_and_bounds_are_told_apart_with_their_bits(pixels):
    nats = {name: (uniform(70, 140), name in "bd") for name in "abcd"}
    (ax,) = look(views.ranking, nats, **({"pixels": pixels} if pixels else {}))()
    assert [each.get_text() for each in ax.get_yticklabels()] == list(nats)
    close(ax.get_yticks(), range(4))
    assert ax.yaxis_inverted()  # the first is the uppermost
    found = zip(ax.patches, bars(ax), ax.texts, nats.values(), strict=True)
    for i, (bar, (x, y, width, height, colour), text, (value, exact)) in enumerate(found):
        close([x, y + height / 2, width], [0, i, value])
        assert (colour == MODEL) == exact and bool(bar.get_hatch()) != exact
        assert text.get_text().startswith("exact" if exact else "at most")
        assert_says(text.get_text(), value, value / (pixels or 64) / np.log(2))
        assert text.get_position()[1] == i and value < text.get_position()[0] < 150


def test_a_table_of_letters_has_a_row_for_the_last_one_and_the_loss_a_floor():
    letters, p = " abcx", torch.randn(5, 5).double().softmax(1)
    losses, least = torch.rand(9).tolist(), uniform(0, 0.1)
    left, right = look(views.bigrams, p, letters, losses, least)()
    (picture,) = left.images
    close(np.square(picture.get_array()), p)
    darker = [sum(picture.cmap(picture.norm(v))[:3]) for v in (0, 0.3, 0.6, 1)]
    assert darker == sorted(darker, reverse=True)
    assert (left.get_xlabel(), left.get_ylabel()) == ("next", "last")
    for axis in (left.xaxis, left.yaxis):
        assert [each.get_text() for each in axis.get_ticklabels()] == list("␣abcx")
        close(axis.get_ticklocs(), range(5))
    close(line(right, color=MODEL), [range(9), losses])
    close(line(right, color=TRUTH)[1], [least, least])
