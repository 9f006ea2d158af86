"""What the pictures of notebook 01 show is what they are given, or a count by hand, and every
frame is the figure drawn anew: Bayes' rule, densities, the space of images."""

import math

import numpy as np
import pytest
import torch
from looks import (
    assert_images,
    assert_says,
    bars,
    cells,
    close,
    counted,
    exact_look,
    hue,
    line,
    lines,
    look,
    steps,
    title,
    uniform,
)
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from scipy.stats import multivariate_normal as normal

from lecture_utils.data import moons
from lecture_utils.models.mixture import GaussianMixture
from lecture_utils.plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH
from lecture_utils.views import introduction as views

pytestmark = pytest.mark.usefixtures("as_in_the_lectures")


def legend(ax) -> dict:
    """The figure's legend: name → the colour of its key."""
    (keys,) = ax.figure.legends
    handles = zip(keys.get_texts(), keys.legend_handles, strict=True)
    colour = "get_color", "get_facecolor"
    return {
        text.get_text(): hue(next(getattr(h, c)() for c in colour if hasattr(h, c)))
        for text, h in handles
    }


def middles(reach: float, n: int) -> np.ndarray:
    """The middles of n × n cells of the square −reach..reach: (n, n, 2), a row has one y."""
    side = (np.arange(n) + 0.5) * 2 * reach / n - reach
    return np.stack(np.meshgrid(side, side), 2)


def assert_square(ax, reach: float):
    """The image, if any, fills the square that the axes show, the lowest y below."""
    assert (ax.get_xlim(), ax.get_ylim()) == ((-reach, reach),) * 2
    assert ax.get_aspect() == 1
    for picture in ax.images:
        assert picture.origin == "lower" and tuple(picture.get_extent()) == (-reach, reach) * 2


def assert_shade(ax, p, atol=1e-5):
    """The image is white at 0 and blue at 1, and shows p (n, n), cut at 1."""
    (picture,) = ax.images
    assert picture.get_clim() == (0, 1)
    assert (hue(picture.cmap(0.0)), hue(picture.cmap(1.0))) == ("#FFFFFF", MODEL)
    close(np.minimum(picture.get_array(), 1), np.minimum(np.asarray(p), 1), atol)


# ---- Bayes' rule -----------------------------------------------------------------------------


@pytest.mark.parametrize("others", [8, 5])
def test_one_image_leads_to_its_label_and_the_label_to_others(images, others):
    x, y = images(60), torch.tensor([7, 3, 1, 0, 2] * 12)
    y[5 * (others + 1) :] = 9
    of_three = x[y == 3]
    (ax,) = look(views.two_directions, x, y)()
    one, many = ax.child_axes
    assert_images(cells(one, 1), of_three[:1])
    shown = cells(many, 4)
    assert_images(shown[:others], of_three[1 : others + 1])
    assert shown[others:].isnan().all()
    words = {each.get_text(): each for each in ax.texts}
    assert words["P(y | x): one answer"].get_position()[0] < 5.3
    assert words["P(x | y): many answers"].get_position()[0] > 5.3
    places = [each.get_position() for each in ax.texts if each.get_text() == "y = 3"]
    arrows = [(each.xyann, each.xy) for each in ax.texts if hasattr(each, "arrow_patch")]
    frame = ax.transData.inverted()
    _, (right, _) = frame.transform(one.get_window_extent().get_points())
    (left, _), _ = frame.transform(many.get_window_extent().get_points())
    assert len(places) == len(arrows) == 2
    (label, _), (again, _) = places
    (start, end), (start_again, end_again) = arrows
    assert right < start[0] < end[0] < label < again < start_again[0] < end_again[0] < left


def test_the_label_may_be_another(images):
    x, y = images(40), torch.arange(10).repeat(4)
    (ax,) = look(views.two_directions, x, y, label=8)()
    one, many = ax.child_axes
    assert_images(cells(one, 1), x[8:9])
    assert_images(cells(many, 4)[:3], x[18::10])
    assert sum(each.get_text() == "y = 8" for each in ax.texts) == 2


def log_joint(x, means, sigma, prior):
    squared = (x[:, None] - means).square().sum(2)
    share = torch.tensor([1 - prior, prior])
    return -0.5 * squared / sigma**2 - math.log(2 * math.pi * sigma**2) + share.log()


def straight(means, sigma, prior):
    share = torch.tensor([1 - prior, prior]).log()
    squares = means.square().sum(1) / (2 * sigma**2)
    return (means[1] - means[0]) / sigma**2, (share - squares).diff()[0]


SETTINGS = {
    "default": {},
    "apart": {"zero": (-4.0, -4.0), "one": (4.0, 4.0), "sigma": 0.3, "prior": 0.3},
    "one place": {"zero": (1.0, -2.0), "one": (1.0, -2.0), "sigma": 2.5, "prior": 0.9},
    "no line in sight": {"sigma": 2.5, "prior": 0.99},
    "upright": {"zero": (2.0, 3.0), "one": (2.0, -1.0), "sigma": 0.7, "prior": 0.01},
    "leaning": {"zero": (2.0, 2.0), "one": (-1.0, 0.5), "sigma": 1.3, "prior": 0.6},
}
START = {"zero": (-1.0, 0.0), "one": (1.0, 0.5), "sigma": 1.0, "prior": 0.5}


def by_hand(x, zero, one, sigma, prior):
    """P(x|y) P(y) of both classes: (..., 2)."""
    p = [normal(mean, sigma**2).pdf(x) for mean in (zero, one)]
    return np.stack([(1 - prior) * p[0], prior * p[1]], -1)


@pytest.fixture
def classes():
    return look(views.two_classes, log_joint, straight)


def assert_all_settings(check):
    classes = look(views.two_classes, log_joint, straight)
    for name in (*SETTINGS, "default"):
        check(classes, name)


def test_two_classes_are_shaded_by_their_densities_and_by_the_chance_of_one():
    assert_all_settings(assert_shades)


def assert_shades(classes, name):
    left, middle, *_ = classes(**SETTINGS[name])
    setting = {**START, **SETTINGS[name]}
    at = middles(4, 120)
    joint = by_hand(at, **setting)
    taken = [1 - np.array(to_rgb(colour)) for colour in (MODEL, THIRD)]
    part = 0.7 * joint / joint.max()
    page = 1 - part[..., :1] * taken[0] - part[..., 1:] * taken[1]
    close(left.images[0].get_array(), page.clip(0, 1), 1e-4)
    (picture,) = middle.images
    odds = (((at - setting["zero"]) ** 2).sum(-1) - ((at - setting["one"]) ** 2).sum(-1)) / (
        2 * setting["sigma"] ** 2
    ) + math.log(setting["prior"] / (1 - setting["prior"]))
    close(picture.get_array(), 1 / (1 + np.exp(-odds.clip(-500, 500))), 1e-4)
    assert picture.get_clim() == (0, 1)
    ends = [hue(picture.cmap(each)) for each in (0.0, 1.0)]
    assert ends == [MODEL, THIRD] and min(picture.cmap(0.5)) > 0.98
    assert_square(left, 4), assert_square(middle, 4)
    assert "P(x | y) P(y)" in title(left) and "P(y = 1 | x)" in title(middle)


def test_the_line_of_two_classes_is_where_both_are_as_probable():
    assert_all_settings(assert_line)


def assert_line(classes, name):
    setting = {**START, **SETTINGS[name]}
    _, middle, *_ = classes(**SETTINGS[name])
    (border,) = lines(middle, color=TRUTH)
    assert border.get_visible() == (name not in ("one place", "no line in sight"))
    if border.get_visible():
        ends = border.get_xydata()
        part = np.linspace(0, 1, 2001)[:, None]
        way = ends[0] + part * (ends[1] - ends[0])
        inside = way[(np.abs(way) < 4).all(1)]
        assert len(inside) > 10 and (np.abs(ends).max(1) > 4).all()
        zero, one = (np.array(setting[k]) for k in ("zero", "one"))
        log_odds = ((inside - zero) ** 2).sum(1) - ((inside - one) ** 2).sum(1)
        log_odds = log_odds / (2 * setting["sigma"] ** 2)
        odds = math.log(setting["prior"] / (1 - setting["prior"]))
        close(log_odds, np.full(len(inside), -odds), 1e-2)


@pytest.mark.parametrize("y, colour", [(0, MODEL), (1, THIRD)])
def test_the_map_of_a_mean_is_the_square_of_the_classes_in_its_class_s_colour(y, colour):
    ax = Figure().subplots()
    views.mean_map(y)(ax)
    assert_square(ax, 4)
    (words,) = (each for each in ax.findobj(Text) if each.get_text() == title(ax))
    assert f"μ$_{y}$" in words.get_text() and hue(words.get_color()) == colour


def test_a_line_outside_the_square_is_hidden():
    w, b = torch.tensor([3.0, 4.0]), torch.tensor(0.0)
    at = look(views.two_classes, log_joint, lambda *_: (w, b))
    for away, seen in ((3.9, True), (-9.0, False), (5.6, True), (9.0, False)):
        b.fill_(-5 * away)
        _, middle, *_ = at()
        (border,) = lines(middle, color=TRUTH)
        assert border.get_visible() == seen
        if seen:
            close(border.get_xydata() @ [0.6, 0.8], [away, away], 1e-4)


def test_a_class_without_a_share_has_no_points_and_no_line(classes):
    for prior in (0.0, 1.0):
        left, middle, right, chances = classes(prior=prior)
        (border,) = lines(middle, color=TRUTH)
        assert not border.get_visible()
        counts = [len(line(left, color=colour)[0]) for colour in (MODEL, THIRD)]
        assert counts == [80 * (1 - prior), 80 * prior]
        close(middle.images[0].get_array(), np.full((120, 120), prior))
        close(line(chances, color=TRUTH)[1], np.full(241, prior))
        close(line(right, color=(THIRD, MODEL)[int(prior)])[1], np.zeros(241))


def test_the_points_of_two_classes_are_the_same_noise_dealt_out_by_the_share_of_each(classes):
    def points(**setting):
        left = classes(**setting)[0]
        return [line(left, color=colour, marker="o").T for colour in (MODEL, THIRD)]

    noise = (points(prior=0.0)[0] - START["zero"]) / START["sigma"]
    assert noise.shape == (80, 2)
    assert np.abs(noise.mean(0)).max() < 5 / 80**0.5
    assert (
        np.abs(noise.std(0) - 1).max() < 5 / 160**0.5 and abs(np.corrcoef(noise.T)[0, 1]) < 0.5
    )
    before = set()
    for prior in (0.1, 0.5, 0.9):
        a, b = points(zero=(2.0, 0.0), one=(-3.0, 1.0), sigma=0.5, prior=prior)
        own = (np.array(a) - (2.0, 0.0)) / 0.5, (np.array(b) - (-3.0, 1.0)) / 0.5
        places = [[int(np.abs(noise - each).sum(1).argmin()) for each in part] for part in own]
        for part, found in zip(own, places):
            close(part, noise[found], 1e-4)
        assert sorted(places[0] + places[1]) == list(range(80))
        assert before <= set(places[1])  # who belongs to y = 1 stays there
        assert abs(len(b) / 80 - prior) < 5 * (prior * (1 - prior) / 80) ** 0.5
        before = set(places[1])


def test_along_the_way_through_both_means_one_hump_is_divided_by_the_sum():
    assert_all_settings(assert_between)


def assert_between(classes, name):
    setting = {**START, **SETTINGS[name]}
    _, _, right, chances = classes(**SETTINGS[name])
    zero, one = (np.array(setting[k]) for k in ("zero", "one"))
    apart = np.linalg.norm(one - zero)
    way = (one - zero) / apart if apart else np.array([1.0, 0.0])
    t, total = line(right, color=DATA, linestyle="--")
    close(t, np.linspace(-6, 6, 241))
    joint = by_hand((zero + one) / 2 + t[:, None] * way, **setting)
    joint = joint / joint.sum(1).max()
    close(total, joint.sum(1), 1e-4)
    for k, colour in enumerate((MODEL, THIRD)):
        close(line(right, color=colour)[1], joint[:, k], 1e-4)
    chance = line(chances, color=TRUTH)[1]
    known = joint.sum(1) > 1e-6
    close(chance[known], (joint[:, 1] / np.maximum(joint.sum(1), 1e-30))[known], 1e-3)
    assert right.get_ylim() == chances.get_ylim() == (0, 1.05)
    assert list(chances.get_yticks()) == [0, 0.5, 1]
    assert right.get_xlim() == chances.get_xlim() == (-6, 6)
    assert legend(right) == {
        "y = 0": MODEL,
        "y = 1": THIRD,
        "sum: P(x)": DATA,
        "P(y = 1 | x)": TRUTH,
    }


@pytest.mark.parametrize("log", [False, True])
def test_accuracies_are_their_means_in_a_band_from_the_lowest_to_the_highest(log):
    xs = [10, 25, 50, 200]
    found = {"generative": torch.rand(4, 5), "discriminative": torch.rand(4, 2)}
    found["once"] = torch.rand(4, 1)
    (ax,) = look(views.accuracies, xs, found, "images", "Accuracy", log)()
    colours = MODEL, THIRD, NOISE
    assert legend(ax) == dict(zip(found, colours, strict=True))
    for (name, each), colour in zip(found.items(), colours, strict=True):
        close(line(ax, color=colour), [xs, [sum(row) / len(row) for row in each.tolist()]])
    assert len(ax.collections) == 2
    for band, each, colour in zip(ax.collections, found.values(), colours):
        corners = band.get_paths()[0].vertices
        assert hue(band.get_facecolor()[0]) == colour
        for at, row in zip(xs, each.tolist(), strict=True):
            ends = corners[corners[:, 0] == at, 1]
            close([ends.min(), ends.max()], [min(row), max(row)])
    assert (title(ax), ax.get_xlabel()) == ("Accuracy", "images")
    assert ax.get_xscale() == ("log" if log else "linear")
    shown = [text.get_text() for text in ax.get_xticklabels()]
    assert (shown == ["10", "25", "50", "200"]) == log
    assert ax.yaxis.get_major_formatter()(0.25) == "25%"


# ---- densities -------------------------------------------------------------------------------


def mixture(K: int, step: int = 1, steps: int = 30) -> GaussianMixture:
    """Components that lie aslant, each another way."""
    half = 0.4 * torch.randn(K, 2, 2) + 0.2 * torch.eye(2)
    covs = half @ half.mT + 0.02 * torch.eye(2)
    means = torch.rand(K, 2) * 4 - 2
    return GaussianMixture(torch.rand(K).add(0.2).softmax(0), means, covs, step, steps)


def assert_ellipse(ring, mean, cov):
    """Points (M, 2) of a closed curve, each one standard deviation from the middle."""
    away = np.asarray(ring) - np.asarray(mean)
    close((away @ np.linalg.inv(np.asarray(cov)) * away).sum(1), np.ones(len(away)), 1e-2)
    close(ring[0], ring[-1], 1e-4)
    turn = np.unwrap(np.arctan2(*away.T))
    assert abs(abs(turn[-1] - turn[0]) - 2 * math.pi) < 1e-3


class Toy:
    """Data whose entropy is what it is told to be; it remembers what was drawn."""

    def __init__(self, entropy=1.7):
        self.H, self.drawn = entropy, []

    def entropy(self):
        return self.H

    def sample(self, n, generator=None):
        self.drawn.append(moons(0.15).sample(n, generator))
        return self.drawn[-1]

    def log_prob(self, x):
        return moons(0.15).log_prob(x)


NLLS = {"data: NLL": DATA, "10,000 fresh draws: NLL": MODEL, "entropy H": TRUTH}


@pytest.fixture
def estimated():
    """An estimate of a toy's density, by two ways that are easy to compute by hand."""
    toy, x = Toy(uniform(1.5, 2.0)), moons(0.15).sample(150)

    def round_one(at, width):  # one Gaussian, about as wide as the data
        return torch.from_numpy(normal([0, 0], width + 0.3).logpdf(at.numpy())).float()

    def square(at, width):  # even inside of a square, and nothing outside of it
        inside = (at.abs() < 2 * width).all(1)
        return torch.where(inside, -2 * math.log(4 * width), -math.inf)

    def drawn(name):
        return lambda width, n, luck: torch.randn(n, 2, generator=luck) * width + len(name)

    names = "kernel", "histogram"
    log_probs = dict(zip(names, (round_one, square)))
    at = look(views.estimates, toy, x, log_probs, {name: drawn(name) for name in names})
    (fresh,) = toy.drawn
    return at, toy, x, fresh, log_probs


def test_an_estimate_is_shaded_and_sampled_beside_the_data(estimated):
    at, toy, x, fresh, log_probs = estimated
    points = torch.from_numpy(middles(3, 60)).float().view(-1, 2)
    for method, width in (("histogram", 0.4), ("kernel", 0.05), ("kernel", 1.0)):
        left, middle, right = at(method=method, width=width)
        p = log_probs[method](points, width).exp().view(60, 60)
        assert_shade(left, p / toy.log_prob(fresh).exp().max(), 1e-4)
        assert_square(left, 3), assert_square(middle, 3)
        close(line(left, color=DATA), x.T)
        assert len(middle.lines) == 1
        luck = torch.Generator().manual_seed(0)
        wanted = torch.randn(300, 2, generator=luck) * width + len(method)
        close(line(middle, color=MODEL), wanted.T)
        close(line(right, color=DATA, alpha=0.3)[0], [width, width])
        assert method in title(left)
        assert_says(title(left), width)


def test_an_estimate_s_nats_on_data_and_on_fresh_draws_are_cut_above(estimated):
    at, toy, x, fresh, log_probs = estimated
    widths = np.geomspace(0.05, 1, 25)
    assert len(fresh) == 10_000
    for method in ("histogram", "kernel"):
        *_, right = at(method=method)
        low, high = right.get_ylim()
        for points, colour in ((x, DATA), (fresh, MODEL)):
            nats = [-log_probs[method](points, w).double().mean().item() for w in widths]
            (found,) = (each for each in lines(right, color=colour) if each.get_alpha() is None)
            close(found.get_data(), [widths, np.minimum(nats, toy.H + 2)], 1e-4)
            assert low < found.get_ydata().min() and high > toy.H + 2
    close(line(right, color=TRUTH, linestyle=":")[1], [toy.H, toy.H])
    assert low < toy.H and right.get_xscale() == "log"
    assert legend(right) == NLLS


def test_an_estimate_loses_what_fresh_draws_say_or_without_end(estimated):
    at, toy, _, fresh, log_probs = estimated
    for method, width in (("kernel", 0.37), ("histogram", 0.2), ("kernel", 1.0)):
        *_, right = at(method=method, width=width)
        lost = -log_probs[method](fresh, width).double().mean().item() - toy.H
        if math.isfinite(lost):
            assert_says(title(right), lost)
        else:
            assert title(right) == "KL = fresh NLL − H = ∞"
            assert method == "histogram"


def test_less_than_nothing_may_be_lost_by_luck():
    toy, x = Toy(9.0), torch.rand(20, 2)
    even = {"kernel": lambda at, _: torch.full((len(at),), -8.75)}
    drawn = {"kernel": lambda _, n, luck: torch.rand(n, 2, generator=luck)}
    *_, right = look(views.estimates, toy, x, even, drawn)()
    assert title(right) == "KL = fresh NLL − H = −0.25 nats"


def test_a_mixture_that_is_fitted_shows_its_density_its_ellipses_and_its_samples():
    toy, x = Toy(), moons(0.15).sample(120)
    at = look(views.fitting, toy, x)
    (fresh,) = toy.drawn
    for K in (1, 40, 7):
        record = mixture(K, step=3)
        left, middle, right = at(step=record)
        points = torch.from_numpy(middles(3, 60)).float().view(-1, 2)
        p = record.log_prob(points).exp().view(60, 60)
        assert_shade(left, p / toy.log_prob(fresh).exp().max(), 1e-3)
        assert_square(left, 3), assert_square(middle, 3)
        drawn = line(left, color=THIRD).T.reshape(K, -1, 2)
        assert np.isnan(drawn[:, -1]).all()
        for ring, mean, cov in zip(drawn[:, :-1], record.means, record.covs):
            assert_ellipse(ring, mean, cov)
        close(line(left, color=DATA), x.T)
        assert len(middle.lines) == 1
        wanted = record.sample(300, torch.Generator().manual_seed(0))
        close(line(middle, color=MODEL), wanted.T)
        assert_says(title(left), K, 3, 30)


@pytest.mark.parametrize("entropy", [1.7, 6.5])  # of 6.5, so that some are cut below
def test_the_nats_of_a_mixture_grow_into_two_curves_over_the_entropy(entropy):
    toy, x = Toy(entropy), moons(0.15).sample(120)
    at = look(views.fitting, toy, x)
    (fresh,) = toy.drawn
    far = mixture(2, 5)._replace(means=torch.full((2, 2), 30.0))
    near = mixture(1, 9)._replace(means=x[:1], covs=1e-4 * torch.eye(2)[None])
    records = [mixture(3, 1), mixture(3, 2), far, near, mixture(5, 2), mixture(5, 30)]
    kept: dict = {}
    for record in records:  # at the fifth it starts over
        *_, right = at(step=record)
        kept = {k: v for k, v in kept.items() if k < record.step}
        kept[record.step] = [
            -record.log_prob(points).double().mean().item() for points in (x, fresh)
        ]
        for i, colour in enumerate((DATA, MODEL)):
            nats = [min(max(each[i], toy.H - 1.5), toy.H + 2) for each in kept.values()]
            close(line(right, color=colour), [list(kept), nats], 1e-3)
        assert_says(title(right), kept[record.step][1] - toy.H)
        assert right.get_xlim() == (0, 30)
        low, high = right.get_ylim()
        assert low < toy.H - 1.5 and high > toy.H + 2 and right.get_legend() is None
    close(line(right, color=TRUTH, linestyle=":")[1], [toy.H, toy.H])
    assert legend(right) == NLLS


def test_a_map_of_components_has_an_ellipse_and_a_number_for_each_in_its_colour():
    some, x = mixture(8), moons(0.15).sample(50)
    ax = Figure().subplots()
    views.mixture_map(some, x)(ax)
    data, *rings = ax.lines
    close(data.get_data(), x.T)
    assert data.get_color() == DATA
    assert len({ring.get_color() for ring in rings}) == 8
    assert (ax.get_xlim(), ax.get_ylim()) == ((-3, 3),) * 2
    for k, (ring, word) in enumerate(zip(rings, ax.texts, strict=True)):
        assert_ellipse(ring.get_xydata(), some.means[k], some.covs[k])
        assert (word.get_text(), word.get_color()) == (str(k + 1), ring.get_color())
        close(word.get_position(), some.means[k])


@pytest.mark.parametrize("K", [1, 10])
def test_who_made_a_point_is_a_bar_over_the_sum_of_all(K):
    some = mixture(K)
    if K > 2:  # three of them at one place, and one of these is rare
        for same in (some.means, some.covs):
            same[:3] = same[:1].clone()
        some.weights[2] = 2e-5
    at = look(views.whose, some)
    ax = Figure().subplots()
    views.mixture_map(some, some.means)(ax)
    colours = [ring.get_color().upper() for ring in ax.lines[1:]]
    parts = [normal(*each) for each in zip(some.means.numpy(), some.covs.numpy())]
    for x in ((0.0, 0.0), (3.0, -3.0), tuple(some.means[0].tolist())):
        above, below = at(x=x)
        terms = [w * part.pdf(x) for w, part in zip(some.weights.tolist(), parts)]
        chances = [term / sum(terms) for term in terms]
        for ax, heights in ((above, terms), (below, chances)):
            found = bars(ax)
            close(
                [(left + width / 2, bottom) for left, bottom, width, *_ in found],
                [(k, 0) for k in range(K)],
            )
            close([height for *_, height, _ in found], heights, 1e-4)
            assert [colour for *_, colour in found] == colours
            for word, (k, height) in zip(ax.texts, enumerate(heights), strict=True):
                place = word.get_position()
                assert place[0] == k and height < place[1] < ax.get_ylim()[1]
                if height > 1e-6:
                    assert_says(word.get_text(), height)
                    assert word.get_text() != "0"
                elif height < 9e-10:
                    assert word.get_text() == "0"
            assert [text.get_text() for text in ax.get_xticklabels()] == [
                str(k + 1) for k in range(K)
            ]
        assert_says(title(above), sum(terms))
    highest = max(w * part.pdf(part.mean) for w, part in zip(some.weights.tolist(), parts))
    assert highest < above.get_ylim()[1] < 1.5 * highest and below.get_ylim()[1] > 1


# ---- the space of images ---------------------------------------------------------------------


def test_digits_are_on_the_left_and_random_images_on_the_right(images):
    x, noise = images(20), images(24)
    left, right = look(views.digits_and_noise, x, noise)()
    assert left.figure.get_figheight() > 4.7 * 3 / 8  # three rows, the last one not full
    assert_images(cells(left, 8)[:20], x)
    assert_images(cells(right, 8), noise)
    assert title(left) == "digits" and "random" in title(right)
    for ax in (left, right):
        (picture,) = ax.images
        assert picture.get_clim() == (0, 16)
        assert (hue(picture.cmap(0.0)), hue(picture.cmap(1.0))) == ("#FFFFFF", "#000000")


@pytest.fixture
def nearest():
    return {
        "test digits": 12 + 20 * torch.rand(300),
        "their pixels shuffled": 20 + 30 * torch.rand(250),
        "random images": 38.5 + 20 * torch.rand(200),
    }


def test_the_histograms_of_distances_are_as_high_as_each_other(nearest):
    left, right = look(views.balls, nearest, lambda radius: -3.0)()
    colours = DATA, SECOND, NOISE
    assert legend(left) == dict(zip(nearest, colours, strict=True))
    patches = [patch for patch in left.patches if isinstance(patch, StepPatch)]
    for patch, each, colour in zip(patches, nearest.values(), colours, strict=True):
        heights, edges, _ = patch.get_data()
        counts = counted(each, edges)
        assert counts.sum() == len(each)
        close(heights, counts / counts.max())
        assert hue(patch.get_facecolor()) == colour and patch.get_fill()
    assert left.get_xlim() == (0, 60) and left.get_ylim()[1] > 1


def test_the_balls_hold_a_share_of_each_kind_and_cover_a_power_of_ten(nearest):
    powers = {5.0: -140.4, 22.0: -17.6, 30.0: -1.0, 34.0: -0.4, 38.0: 0.0, 40.0: 12.3}
    at = look(views.balls, nearest, powers.__getitem__)
    for radius, says in ((40.0, None), (5.0, -140), (22.0, -17), (30.0, -1), (38.0, None)):
        left, right = at(radius=radius)
        close(line(left, color="black")[0], [radius, radius])
        shares = [np.mean(np.asarray(each) <= radius) for each in nearest.values()]
        found = bars(right)
        close([width for _, _, width, _, _ in found], shares)
        assert [colour for *_, colour in found] == [DATA, SECOND, NOISE]
        for (_, bottom, _, height, _), word, share in zip(found, right.texts, shares):
            assert_says(word.get_text(), 100 * share)
            assert word.get_text()[-3] == "."
            x, y = word.get_position()
            assert x > share and abs(bottom + height / 2 - y) < 0.1
        assert right.yaxis_inverted() and right.get_xlim()[1] >= 1.2
        if says is None:
            assert title(right) == "The balls cover at most all of the cube"
        else:
            assert_says(title(right), 10, says)
            assert "{−" in title(right)
    assert title(at(radius=34.0)[1]) == "The balls cover at most all of the cube"
    assert title(at()[1]) == title(at(radius=22.0)[1])


def test_dimensions_are_bars_and_what_is_known_is_marked():
    found = {
        "a line": (1, 1.04),
        "a plane": (2, 2.2),
        "noise": (64, 21.6),
        "digits": (None, 9.3),
    }
    (ax,) = look(views.dimensions, found)()
    bar = bars(ax)
    close([width for _, _, width, _, _ in bar], [estimate for _, estimate in found.values()])
    assert {colour for *_, colour in bar} == {MODEL} and ax.yaxis_inverted()
    marks = [each.get_xydata() for each in lines(ax, color=TRUTH)]
    assert len(marks) == 3
    for i, mark in enumerate(marks):
        close(mark[:, 0], [[1, 2, 64][i]] * 2)
        assert mark[:, 1].min() < i < mark[:, 1].max()
    for i, (word, (known, estimate)) in enumerate(zip(ax.texts, found.values(), strict=True)):
        assert_says(word.get_text(), estimate, *([] if known is None else [known]))
        x, y = word.get_position()
        assert y == i and x == max(estimate, known or 0) < ax.get_xlim()[1] / 1.2
    assert [text.get_text() for text in ax.get_yticklabels()] == list(found)
    close(ax.get_yticks(), range(4))
    close([y + height / 2 for _, y, _, height, _ in bar], range(4))


def test_distances_gather_around_their_mean():
    distances = {d: (torch.rand(4000, d) - torch.rand(4000, d)).norm(dim=1) for d in (1, 2, 40)}
    at = look(views.gathering, distances)
    spreads = {}
    for d, each in distances.items():
        numbers = np.asarray(each, float)
        spreads[d] = numbers.std(ddof=1) / numbers.mean()
    for d in (40, 1, 2):
        left, right = at(d=d)
        heights, edges, colour = steps(left)
        each = distances[d]
        counts = counted(each / each.mean(), edges)
        assert np.abs(heights - counts / counts.max()).max() < 3 / counts.max()  # at the edges
        assert colour == MODEL and (edges[0], edges[-1]) == left.get_xlim() == (0, 3)
        close(line(right, color="black"), [[d], [spreads[d]]], 1e-4)
        assert_says(title(left), d, 100 * spreads[d])
    close(line(right, color=MODEL), [list(spreads), list(spreads.values())], 1e-4)
    assert (right.get_xscale(), right.get_yscale()) == ("log", "log")
    assert [text.get_text() for text in right.get_xticklabels()] == ["1", "2", "40"]
    assert right.yaxis.get_major_formatter()(0.5, 4) == "50%"
    assert left.get_ylim() == (0, 1.05)


# ---- frames ----------------------------------------------------------------------------------


def assert_exact(view, *settings):
    """Every frame is the figure drawn anew, also on the way back to the first one."""
    at = exact_look(view)
    for setting in (*settings, settings[0]):
        at(**setting)


def test_frames_of_two_classes_are_exact():
    ends = SETTINGS["no line in sight"], {"prior": 0.0}, SETTINGS["apart"], {}
    assert_exact(lambda: views.two_classes(log_joint, straight), *ends)


def test_frames_of_an_estimate_are_exact():
    x = moons(0.15).sample(60)
    log_probs = {
        "kernel": lambda at, w: -at.square().sum(1) / w - math.log(w),
        "histogram": lambda at, w: (at.abs() < 2 * w).all(1).float().log(),
    }
    samplers = dict.fromkeys(
        log_probs, lambda w, n, luck: w * torch.randn(n, 2, generator=luck)
    )
    ends = {}, {"width": 0.05}, {"width": 1.0}, {"method": "histogram", "width": 0.05}
    assert_exact(lambda: views.estimates(Toy(), x, log_probs, samplers), *ends)


def test_frames_of_a_mixture_that_is_fitted_are_exact():
    records = (
        mixture(40, 1),
        mixture(40, 2),
        mixture(40, 30)._replace(covs=torch.zeros(40, 2, 2)),
    )
    x = moons(0.15).sample(60)
    flat = records[2]._replace(covs=records[2].covs + 1e-6 * torch.eye(2))
    assert_exact(lambda: views.fitting(Toy(), x), *({"step": r} for r in (*records[:2], flat)))


def test_frames_of_whose_point_it_is_are_exact():
    corners = [{"x": (a, b)} for a in (-3.0, 3.0) for b in (-3.0, 3.0)]
    some = mixture(5)
    assert_exact(lambda: views.whose(some), {}, *corners)


def test_frames_of_balls_are_exact(nearest):
    ends = {}, {"radius": 5.0}, {"radius": 40.0}, {"radius": 23.5}
    assert_exact(lambda: views.balls(nearest, lambda radius: radius - 25), *ends)


def test_frames_of_distances_are_exact():
    distances = {d: torch.rand(500, d).norm(dim=1) for d in (1, 2, 300)}
    assert_exact(lambda: views.gathering(distances), {}, {"d": 1}, {"d": 300})


def test_pictures_that_do_not_move_are_exact(images):
    x, y = images(20), torch.full((20,), 3)
    accuracies = {"a": torch.rand(3, 4), "b": torch.rand(3, 1)}
    for view in (
        views.two_directions(x, y),
        views.accuracies([1, 10, 100], accuracies, "n", "Accuracy", log=True),
        views.digits_and_noise(x, x),
        views.dimensions({"a": (1, 1.2), "b": (None, 0.0), "c": (0, 3)}),
    ):
        assert_exact(lambda: view, {})
