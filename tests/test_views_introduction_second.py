"""What the pictures of notebook 01 show is what they are given, or a count by hand, and every
frame is the figure drawn anew."""

import numpy as np
import pytest
import torch
from looks import (
    assert_images,
    assert_says,
    bars,
    cells,
    close,
    exact_look,
    hue,
    line,
    lines,
    look,
    title,
    uniform,
)
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.text import Annotation
from scipy.stats import binom, entropy

from lecture_utils.models.mixture import GaussianMixture
from lecture_utils.plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH
from lecture_utils.views import introduction as views

pytestmark = pytest.mark.usefixtures("as_in_the_lectures")


def mixture(
    components: int, dimensions: int = 2, step: int = 0, steps: int = 0
) -> GaussianMixture:
    """A mixture of random Gaussians, wide enough for a coarse grid."""
    spread = 0.4 * torch.randn(components, dimensions, dimensions)
    covs = spread @ spread.mT + 0.15 * torch.eye(dimensions)
    means = torch.randn(components, dimensions)
    weights = torch.rand(components).softmax(0)
    return GaussianMixture(weights, means, covs, step, steps)


def named(artists) -> dict:
    """Artists by their labels."""
    return {each.get_label(): each for each in artists}


def legend(figure) -> dict:
    """The one legend's words → the colours beside them."""
    (only,) = figure.legends
    keys = zip(only.get_texts(), only.legend_handles, strict=True)
    return {
        word.get_text(): hue(
            key.get_facecolor() if isinstance(key, Rectangle) else key.get_color()
        )
        for word, key in keys
    }


def assert_frames(arguments: tuple, *settings: dict):
    """Every frame of the view that `arguments` make is the figure drawn anew, and on it nothing
    is clipped or covered."""
    at = exact_look(*arguments)
    for setting in settings:
        assert_nothing_is_clipped_or_covered(at(**setting)[0].figure)


def assert_nothing_is_clipped_or_covered(figure):
    """All titles and texts are on the page, and a legend covers no panel or its words."""
    page = figure.bbox
    words = [text for ax in figure.axes for text in (*ax.texts, ax.title, ax._left_title)]
    for text in words:
        box = text.get_window_extent()
        if text.get_text():
            assert page.x0 <= box.x0 and box.x1 <= page.x1, text
            assert page.y0 <= box.y0 and box.y1 <= page.y1, text
    for each in figure.legends:
        box = each.get_window_extent()
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0
        assert not any(box.overlaps(ax.get_tightbbox()) for ax in figure.axes)


# ---- hidden pixels ---------------------------------------------------------------------------


def say(power: int, asked: list):
    """A posterior that depends on all that it is told, and writes that down."""

    def posterior(x, seen):
        assert x.shape == (1, 1, 8, 8) and seen.shape == (1, 64) and seen.dtype == torch.bool
        asked.append((x, seen))
        told = x.sum() / 100 + seen.float() @ torch.arange(64.0) / 300
        return (power * torch.sin(told + torch.arange(10.0))).softmax(0)[None]

    return posterior


@pytest.fixture
def hiding(images):
    """A view of hidden pixels of five random images, and what its posteriors are asked."""
    x, y = images(5), torch.tensor([9, 0, 7, 3, 3])
    order = torch.stack([torch.randperm(64) for _ in range(5)])
    asked = {"sum": [], "fill": []}
    posteriors = {name: say(k, asked[name]) for k, name in enumerate(asked, 1)}
    shares = (0.0, 0.4, 0.9)
    found = {name: {share: uniform(0.1, 1) for share in shares} for name in asked}
    return (views.hidden, x, y, order, posteriors, found), asked


ENDS_OF_HIDING = (0.5, 0), (0.0, 4), (1.0, 1), (0.3, 3), (0.98, 2), (0.5, 0)


def test_hidden_are_the_pixels_whose_rank_is_below_the_share(hiding):
    (_, x, y, order, *_), asked = hiding
    at = look(*hiding[0])
    before = x.clone()
    for share, digit in ENDS_OF_HIDING:
        left, *_ = at(hidden=share, digit=digit)
        n = int(np.rint(64 * share))
        gone = {int(place) for place in order[digit].argsort()[:n]}
        wanted = x[digit].flatten().clone()
        wanted[list(gone)] = torch.nan
        close(cells(left, 1, gap=0), wanted.view(1, 8, 8))
        assert_says(title(left), y[digit], n, 64)
        for told in asked.values():
            assert torch.equal(told[-1][0], x[digit : digit + 1])
            assert set(torch.where(~told[-1][1][0])[0].tolist()) == gone
    assert torch.equal(x, before) and left.images[0].get_clim() == (0, 16)


def test_every_method_has_a_bar_for_every_class_beside_the_true_one_s_strip(hiding):
    (_, _, y, _, posteriors, _), asked = hiding
    at = look(*hiding[0])
    for share, digit in ENDS_OF_HIDING:
        _, middle, _ = at(hidden=share, digit=digit)
        wanted = [each(*asked[name][-1])[0].tolist() for name, each in posteriors.items()]
        found = sorted(bars(middle))
        assert len(found) == 20
        for c in range(10):
            pair = found[2 * c : 2 * c + 2]  # beside each other, around the class
            close([each[3] for each in pair], [p[c] for p in wanted])
            assert [each[4] for each in pair] == [MODEL, THIRD]
            (a, _, width, *_), (b, *_) = pair
            close([b - a, b], [width, c])
        close(line(middle, color=TRUTH)[0], [y[digit], y[digit]])
    low, high = middle.get_ylim()
    assert low == 0 and 1 <= high < 1.1
    assert lines(middle, color=TRUTH)[0].zorder < middle.patches[0].zorder  # behind the bars


def test_every_method_has_its_accuracies_and_the_share_is_marked(hiding):
    at, found = look(*hiding[0]), hiding[0][-1]
    for share, digit in ENDS_OF_HIDING:
        *_, right = at(hidden=share, digit=digit)
        for name, color in zip(found, (MODEL, THIRD)):
            close(line(right, color=color).T, [*found[name].items()])
        close(line(right, color=DATA, linestyle="-")[0], [share, share])
        close(line(right, color=DATA, linestyle=":")[1], [0.1, 0.1])
    (low, high), (left, end) = right.get_ylim(), right.get_xlim()
    assert low == 0 and high >= 1 and left < 0 < 1 < end
    keys = zip((*found, "chance"), (MODEL, THIRD, DATA), strict=True)
    assert legend(right.figure) == dict(keys)


def test_the_frames_of_hidden_pixels_are_whole(hiding):
    ends = (0.5, 0), (0.0, 4), (1.0, 1)
    assert_frames(hiding[0], *({"hidden": h, "digit": k} for h, k in ends))


# ---- one equation ----------------------------------------------------------------------------


@pytest.fixture
def equation():
    """A view of one equation with stand-ins for priors and posteriors."""
    priors = {"ring": mixture(2), "five": mixture(5), "one": mixture(1)}
    asked = []

    def condition(prior, A, y, noise):
        assert A.shape == (1, 2) and y.shape == (1,)
        asked.append((prior, A, y, noise))
        return posterior(*asked[-1])

    def posterior(prior, A, y, noise):
        off = A[0] * y + 0.1 * noise
        return GaussianMixture(prior.weights.flip(0), off + prior.means / 2, prior.covs / 2)

    return (views.one_equation, priors, condition), posterior, asked


SETTINGS = (
    {"prior": "ring", "angle": 30.0, "y": 1.0, "noise": 0.2},
    {"prior": "five", "angle": -90.0, "y": -3.0, "noise": 0.05},
    {"prior": "one", "angle": 180.0, "y": 3.0, "noise": 1.0},
    {"prior": "five", "angle": 0.0, "y": 0.0, "noise": 0.02},
    {"prior": "ring", "angle": 117.0, "y": 2, "noise": 0.7},
)


def assert_shade(ax, density):
    """The one image is this mixture's density at the middles of its cells, over its peak."""
    (shade,) = ax.images
    values = np.asarray(shade.get_array(), float)
    n = len(values)
    x0, x1, y0, y1 = shade.get_extent()
    xs, ys = (a + (b - a) * (np.arange(n) + 0.5) / n for a, b in ((x0, x1), (y0, y1)))
    points = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    p = np.exp(density.log_prob(torch.from_numpy(points).float()).numpy()).reshape(n, n)
    np.testing.assert_allclose(values, p / p.max(), atol=1e-3)
    assert shade.origin == "lower" and shade.get_clim() == (0, 1)
    assert hue(shade.cmap(1.0)) == MODEL and hue(shade.cmap(0.0)) == "#FFFFFF"
    assert ax.get_xlim() == ax.get_ylim() == (-3, 3)


@pytest.mark.parametrize("setting", SETTINGS)
def test_an_equation_is_asked_of_the_chosen_prior_and_both_densities_are_shaded(
    equation, setting
):
    (_, priors, _), posterior, asked = equation
    at = look(*equation[0])
    at(**SETTINGS[0])
    left, right = at(**setting)
    prior, A, y, noise = asked[-1]
    turn = np.deg2rad(setting["angle"])
    assert prior is priors[setting["prior"]] and noise == setting["noise"]
    close(A[0], [np.cos(turn), np.sin(turn)])
    close(y, [setting["y"]])
    assert_shade(left, prior)
    assert_shade(right, posterior(*asked[-1]))


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_orange_line_solves_the_equation_and_the_ring_is_its_nearest_point(
    equation, setting
):
    at = look(*equation[0])
    turn, y = np.deg2rad(setting["angle"]), setting["y"]
    for ax in at(**setting):
        (x1, x2), (ring1, ring2) = line(ax, color=TRUTH), line(ax, color=DATA)
        close(np.cos(turn) * x1 + np.sin(turn) * x2, [y, y])
        start, end = np.array([x1, x2]).T
        apart = end - start
        part = -start @ apart / (apart @ apart)
        close([ring1[0], ring2[0]], start + part * apart)
        assert 0.4 < part < 0.6 and np.linalg.norm(apart) > 12  # it crosses the square


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_posterior_has_samples_the_most_probable_point_and_the_mean(equation, setting):
    (_, priors, _), posterior, asked = equation
    _, right = look(*equation[0])(**setting)
    after = posterior(*asked[-1])
    close(line(right, color="black").T, after.sample(60, torch.Generator().manual_seed(0)))
    side = np.linspace(-3, 3, 121)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    log_p = after.log_prob(torch.from_numpy(grid)).numpy()
    star, cross = line(right, marker="*").T, line(right, marker="X").T
    top = grid[log_p >= log_p.max() - 1e-4]  # the best, or as good
    assert np.abs(top - star).sum(1).min() < 1e-4
    mean = sum(w * m for w, m in zip(after.weights.numpy(), after.means.numpy()))
    close(cross[0], mean)
    prior = priors[setting["prior"]]
    nats = prior.log_prob(torch.from_numpy(np.concatenate([star, cross])))
    name, says = title(right).split("\n")
    assert "posterior" in name
    assert_says(says, *nats)


def test_the_marks_of_the_equation_have_their_names(equation):
    left, right = look(*equation[0])()
    wanted = {
        "all solutions": TRUTH,
        "nearest to 0": DATA,
        "60 samples": "#000000",
        "MAP": THIRD,
        "mean": SECOND,
    }
    assert legend(left.figure) == wanted
    assert hue(lines(right, marker="*")[0].get_color()) == THIRD
    assert hue(lines(right, marker="X")[0].get_color()) == SECOND


def test_the_frames_of_the_equation_are_whole(equation):
    assert_frames(equation[0], *SETTINGS[:4])


# ---- a mixture of digits ---------------------------------------------------------------------


def test_a_mixture_that_learns_shows_decoded_samples_and_both_means():
    trained, z = torch.randn(30, 3), torch.randn(20, 3)
    wide = torch.randn(3, 784)

    def decode(codes):
        assert not torch.is_grad_enabled()
        return torch.sigmoid(codes @ wide).view(-1, 1, 28, 28)

    arguments = views.mixture_of_digits, decode, trained, z
    at, records = look(*arguments), {k: mixture(2, 3, k, 7) for k in (0, 1, 7, 3)}
    for so_far in ([0], [0, 1], [0, 1, 7], [0, 1, 3]):  # it starts over
        now = records[so_far[-1]]
        left, right = at(step=now)
        with torch.no_grad():  # the same luck for every record
            wanted = decode(now.sample(24, torch.Generator().manual_seed(0)))
        assert_images(cells(left, 6, 28, 2), wanted)
        for name, color, codes in (
            ("trained on", DATA, trained),
            ("not trained on", MODEL, z),
        ):
            nats = [-records[k].log_prob(codes).mean() for k in so_far]
            close(line(right, color=color), [so_far, nats], atol=1e-4)
            assert named(right.lines)[name].get_color() == color
        assert right.get_xlim() == (0, 7)
    assert left.images[0].get_clim() == (0, 1)
    assert right.get_legend() is None  # it would cover the curves
    assert legend(left.figure) == {"trained on": DATA, "not trained on": MODEL}
    assert_frames(arguments, *({"step": records[k]} for k in (0, 1, 7, 3)))


def test_a_mixture_made_in_no_steps_is_shown_too():
    at = look(
        views.mixture_of_digits,
        lambda z: z[:, :1].expand(-1, 784).view(-1, 1, 28, 28),
        torch.randn(5, 2),
        torch.randn(5, 2),
    )
    _, right = at(step=mixture(1))
    low, high = right.get_xlim()
    assert low == 0 < high


# ---- twelve answers --------------------------------------------------------------------------


def test_every_part_of_the_answer_stands_under_its_name():
    x, asked, problems = torch.rand(4, 1, 28, 28), [], ["upper half", "coarse", "noise"]

    def answers(image, problem, noise):
        own = torch.Generator().manual_seed(int(1000 * image.mean()))

        def made_up(n):
            return 2 * torch.rand(n, 1, 28, 28, generator=own) - 0.5  # too dark, too bright

        seen = made_up(1)
        seen[..., : 7 * problems.index(problem), :] = torch.nan
        asked.append((image, problem, noise))
        chances = torch.rand(10, generator=own).softmax(0)
        return seen, made_up(1), made_up(1), made_up(12), chances

    arguments = views.dozen, x, answers, problems
    at = look(*arguments)
    names = "truth x", "measured y", "without prior", "mean of P(x|y)"
    for digit, *choice in ((0, "upper half", 0.4), (3, "noise", 0.0), (1, "coarse", 1.0)):
        axes = at(digit=digit, problem=choice[0], noise=choice[1])
        image, *told = asked[-1]
        assert torch.equal(image, x[digit : digit + 1]) and told == choice
        seen, shortest, mean, twelve, chances = answers(image, *choice)
        panels = {title(ax): ax for ax in axes}
        for name, each in zip(names, (image, seen, shortest, mean), strict=True):
            close(cells(panels[name], 1, 28), np.clip(each[0].numpy(), 0, 1))
        (many,) = (ax for name, ax in panels.items() if name.startswith("twelve"))
        assert_images(cells(many, 4, 28, 2), twelve)
        for ax in (*(panels[name] for name in names), many):
            assert ax.images[0].get_clim() == (0, 1)
        found = bars(panels["P(label | y)"])
        middles = [(at_x + width / 2, y, height) for at_x, y, width, height, _ in found]
        close(middles, [(k, 0, p) for k, p in enumerate(chances)])
        assert {color for *_, color in found} == {MODEL}
        low, high = panels["P(label | y)"].get_ylim()
        assert low == 0 and 1 <= high < 1.1
    assert_frames(arguments, *({"digit": k, "problem": problems[k]} for k in range(3)))


def test_twelve_answers_begin_with_the_first_problem():
    asked = []

    def answers(image, problem, noise):
        asked.append(problem)
        return image, image, image, image.expand(12, -1, -1, -1), torch.full((10,), 0.1)

    look(views.dozen, torch.rand(1, 1, 28, 28), answers, problems=["this", "that"])()
    assert set(asked) == {"this"}


# ---- challenges ------------------------------------------------------------------------------


def test_each_model_has_two_dots_above_its_parameters_and_its_name_above_them():
    found = {
        "independent pixels": (9, 2.1, 2.12),
        "chain": (1700, uniform(1, 2), uniform(1, 2)),
        "a full table": (511, 0.0, 1.6),
        "autoregressive, worse": (130, uniform(2, 3), uniform(0, 1)),
    }
    entropy = uniform(0.5, 1.5)
    (ax,) = exact_look(views.joint_tables, found, entropy)()
    assert_nothing_is_clipped_or_covered(ax.figure)
    numbers, trained, tested = np.array([*found.values()]).T
    dots = named(ax.lines)
    for name, color, nats in (
        ("training patches", DATA, trained),
        ("test patches", MODEL, tested),
    ):
        close(dots[name].get_data(), [numbers, nats])
        assert dots[name].get_color() == color and dots[name].get_marker() == "o"
        assert dots[name].get_linestyle() == "None"
    floor = dots["H of the test patches"]
    assert set(floor.get_ydata()) == {entropy} and floor.get_color() == TRUTH
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [*dots]
    (joins,) = ax.collections
    for join, (n, *ends) in zip(joins.get_paths(), found.values(), strict=True):
        close(join.vertices, [(n, end) for end in ends])
    assert ax.get_xscale() == "log" and ax.get_ylim()[0] < min(*trained, entropy)
    close(ax.get_xticks(), numbers)
    ticks = [each.get_text() for each in ax.get_xticklabels()]
    assert ticks == ["9", "1,700", "511", "130"]
    for word, (name, (n, *ends)) in zip(ax.texts, found.items(), strict=True):
        assert word.get_text().split() == name.split()
        (x, y), box = ax.transData.transform((n, max(ends))), word.get_window_extent()
        assert abs((box.x0 + box.x1) / 2 - x) < 1 and 5 < box.y0 - y < 20
        legend = ax.get_legend().get_window_extent()
        assert not box.overlaps(legend) and not legend.contains(x, y)
        assert box.y1 < ax.bbox.y1


@pytest.fixture
def counted():
    """A view of the best p for random counts, some of them nought."""
    counts = torch.randint(0, 90, (10,))
    counts[torch.randint(0, 10, (2,))] = 0
    counts[3] += 1

    def binomial(p):
        return torch.from_numpy(binom.pmf(np.arange(10), 9, p))

    return (views.smallest_kl, counts, binomial), (counts / counts.sum()).numpy()


PS = 0.2, 0.02, 0.98, 0.5, 0.01, 0.99


def test_the_data_s_shares_are_bars_and_the_model_s_are_dots(counted):
    at, share = look(*counted[0]), counted[1]
    for p in PS:
        left, _ = at(p=p)
        model = binom.pmf(np.arange(10), 9, p)
        close(line(left, color=MODEL), [np.arange(10), model])
        found = bars(left)
        close(
            [(x + w / 2, y, h) for x, y, w, h, _ in found],
            [(k, 0, s) for k, s in enumerate(share)],
        )
        assert {color for *_, color in found} == {DATA}
        if 0.02 <= p <= 0.98:
            assert max(*model, *share) < left.get_ylim()[1] and left.get_ylim()[0] == 0


def test_the_gap_from_the_entropy_to_the_curve_is_the_kl(counted):
    at, share = look(*counted[0]), counted[1]

    def nll(p):
        return -share @ binom.logpmf(np.arange(10), 9, p)

    for p in PS:
        _, right = at(p=p)
        kl = entropy(share, binom.pmf(np.arange(10), 9, p))
        close(line(right, color=SECOND), [[p, p], [entropy(share), nll(p)]])
        assert_says(title(right), nll(p), entropy(share), kl)
    ps, nats = line(right, color=MODEL)
    close([ps[0], ps[-1]], [0.02, 0.98])
    close(nats, [nll(each) for each in ps])
    close(line(right, color=TRUTH, linestyle=":")[1], [entropy(share)] * 2)
    (low, high), best = right.get_ylim(), nats.min()
    assert low == 0 and best < high < 2 * best + 3  # the gap at the best p can be seen
    assert right.get_xlim() == (0, 1)
    keys = {"data": DATA, "model": MODEL, "NLL(p)": MODEL, "H of the data": TRUTH, "KL": SECOND}
    assert legend(right.figure) == keys


def test_the_frames_of_the_smallest_kl_are_whole(counted):
    assert_frames(counted[0], *({"p": p} for p in PS[:3]))


# ---- the families ----------------------------------------------------------------------------

BRANCHES = {
    "exact": (MODEL, {"autoregressive": ["07"], "flow": ["05"]}),
    "bound": (NOISE, {"VAE": ["02", "03"], "diffusion": ["06"]}),
    "samples only": (THIRD, {"GAN": ["04"]}),
}


def tree() -> tuple:
    """Return the map's boxes, (words in it, colour, its rectangle), the two ends of each of its
    arrows, and its panel; in pixels."""
    (ax,) = exact_look(lambda: views.family_map)()
    words = [text for text in ax.texts if not isinstance(text, Annotation)]
    boxes, held = [], 0
    for patch in ax.patches:
        assert isinstance(patch, FancyBboxPatch)
        box = patch.get_window_extent()
        inside = []
        for text in words:
            extent = text.get_window_extent()
            if box.overlaps(extent):
                assert box.x0 < extent.x0 and extent.x1 < box.x1, text
                assert box.y0 < extent.y0 and extent.y1 < box.y1, text
                inside.append(text.get_text())
        held += len(inside)
        boxes.append((inside, hue(patch.get_edgecolor()), box))
    assert held == len(words)  # every word is in one box
    arrows = [each for each in ax.texts if isinstance(each, Annotation)]
    ends = [ax.transData.transform([each.xyann, each.xy]) for each in arrows]
    return boxes, ends, ax


def box_with(boxes, word) -> tuple:
    (only,) = (each for each in boxes if word in each[0][0])
    return only


def test_every_family_says_its_lecture_what_it_knows_and_what_it_gives_up():
    boxes, _, ax = tree()
    assert len(boxes) == 1 + 3 + 5 + 1
    for color, families in BRANCHES.values():
        for name, lectures in families.items():
            words, edge, _ = box_with(boxes, name)
            assert words[0] == name and edge == color
            lecture, knows, known, gives_up, given_up = words[1:]
            assert [each for each in lectures if each in lecture] == lectures
            assert lecture.startswith("notebooks " if len(lectures) > 1 else "notebook ")
            assert (knows, gives_up) == ("knows", "gives up") and known != given_up
    known = {name: box_with(boxes, name)[0][3] for _, f in BRANCHES.values() for name in f}
    for answer, (_, families) in BRANCHES.items():
        for name in families:
            assert ("exactly" in known[name]) == (answer == "exact")
            assert ("bound" in known[name]) == (answer == "bound")
    assert "08" in boxes[-1][0][0]


def test_arrows_lead_from_the_question_to_each_family_and_on_to_the_last_lecture():
    boxes, ends, _ = tree()

    def touches(point, box):  # up to the width of its edge
        return box.padded(6).contains(*point)

    def leads(start, end):
        some = [touches(a, start) and touches(b, end) for a, b in ends]
        return sum(some)

    root, last = (box_with(boxes, word)[2] for word in ("How is P(x)", "08"))
    every = [name for _, families in BRANCHES.values() for name in families]
    for answer, (color, families) in BRANCHES.items():
        _, edge, branch = box_with(boxes[:-1], answer)
        assert edge == color and leads(root, branch) == 1
        below = [box_with(boxes, name)[2] for name in families]
        middles = [(box.x0 + box.x1) / 2 for box in (branch, *below)]
        assert abs(middles[0] - np.mean(middles[1:])) < 1
        for name in every:
            assert leads(branch, box_with(boxes, name)[2]) == (name in families)
    for name in every:
        assert leads(box_with(boxes, name)[2], last) == 1
    assert len(ends) == 3 + 5 + 5


def test_the_boxes_and_words_of_the_map_do_not_overlap_and_can_be_read():
    boxes, _, ax = tree()
    rectangles = [box for *_, box in boxes]
    words = [t for t in ax.texts if not isinstance(t, Annotation)]
    extents = [text.get_window_extent() for text in words]
    for some in (rectangles, extents):
        for i, a in enumerate(some):
            assert not any(a.overlaps(b) for b in some[:i])
    assert min(text.get_fontsize() for text in words) >= 10
    assert ax.figure.get_size_inches()[0] <= 9.6
    assert_nothing_is_clipped_or_covered(ax.figure)
