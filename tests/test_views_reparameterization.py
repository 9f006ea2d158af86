"""What the pictures of lecture 03 show is what its own functions, or a count by hand, say."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats
import torch
from lecture import functions
from looks import (
    Look,
    assert_images,
    assert_says,
    cells,
    close,
    counted,
    filled,
    hue,
    line,
    lines,
    look,
    offsets,
    steps,
    title,
    uniform,
)
from matplotlib.patches import FancyBboxPatch
from matplotlib.quiver import Quiver

from lecture_utils.models.vae import VAE
from lecture_utils.plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH
from lecture_utils.train import Step, Together
from lecture_utils.views import reparameterization as views

lecture = functions("03_reparameterization", "phi", "cases", "values", "inverse_cdf", "cdf")
SCIPYS = {
    "exponential": scipy.stats.expon,
    "logistic": scipy.stats.logistic,
    "Laplace": scipy.stats.laplace,
}


def density(x, mean, sd):
    return scipy.stats.norm.pdf(np.asarray(x), float(mean), float(sd))


def assert_standard_normal(eps):
    """Up to five standard errors of the mean and of the spread."""
    n = eps.numel()
    assert eps.mean().abs() < 5 / n**0.5 and (eps.std() - 1).abs() < 5 / (2 * n) ** 0.5


# ---- draws -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pinned", [False, True])
def test_averages_are_drawn_for_every_mu_with_fresh_or_pinned_noise(pinned):
    asked = []

    def average(mu, sigma, eps):
        asked.append(eps)
        return lecture.average(mu, sigma, eps)

    at, draws, sigma = look(views.rolls, average, lecture.expectation), 32, uniform(0.2, 2)
    (ax,) = at(draws, sigma, pinned, 3)
    (eps,) = asked
    mus, exact = line(ax, color=TRUTH)
    close(exact, (mus - 1) ** 2 + sigma**2)
    z = mus[:, None] + sigma * eps.numpy()
    close(line(ax, color=MODEL), [mus, np.mean((z - 1) ** 2, axis=1)], atol=1e-4)
    assert eps.shape == (len(mus), draws)
    assert bool((eps == eps[0]).all()) == pinned
    assert_standard_normal(eps[:1] if pinned else eps)
    assert_says(title(ax), draws)
    assert title(ax).endswith("with the same ε" if pinned else "fresh each time")
    at(draws, sigma, pinned, 4)
    at(draws, 2 * sigma, pinned, 3)
    assert not torch.equal(asked[1], eps) and torch.equal(asked[2], eps)  # the roll says which


def test_every_draw_is_a_dot_on_a_line_as_steep_as_its_derivative():
    mu, sigma = uniform(-2, 2), uniform(0.4, 2)
    at = look(views.straight_lines, lecture.slopes)
    left, middle, right = at(mu, sigma, 5)
    x, z = line(left, color=MODEL)
    eps = (z - mu) / sigma
    assert len(eps) == 12 and (np.diff(eps) > 0).all() and (x > 0).all()
    height, places = line(left, color=NOISE)
    close(height, density(places, mu, sigma))
    panels = ((middle, mu, (-2, 2), np.ones(12)), (right, sigma, (0, 2), eps))
    for ax, here, ends, slopes in panels:
        close(line(ax, color=MODEL), [np.full(12, here), z])
        places = line(ax, color=DATA).reshape(2, 12, 3)
        assert np.isnan(places[1, :, 2]).all()  # between one line and the next
        for end, column in zip(ends, (0, 1)):
            close(places[0, :, column], np.full(12, end))
            close(places[1, :, column], z + slopes * (end - here))
        (arrows,) = (c for c in ax.collections if isinstance(c, Quiver))
        close(offsets(arrows), np.stack([np.full(12, here), z], 1))
        close(arrows.V / arrows.U, slopes)
        assert (arrows.U > 0).all() and (arrows.angles, arrows.scale) == ("xy", 1)
    assert title(middle).endswith("slope 1") and title(right).endswith("slope ε")


def test_another_roll_is_another_luck_and_the_same_one_is_not():
    at, seen = look(views.straight_lines, lecture.slopes), []
    for mu, roll in ((0.0, 1), (0.0, 2), (1.5, 1)):
        seen.append(line(at(mu, 1.0, roll)[0], color=MODEL)[1] - mu)
    close(seen[0], seen[2])
    assert not np.allclose(seen[0], seen[1])
    many = [line(at(0.0, 1.0, roll)[0], color=MODEL)[1] for roll in range(1, 40)]
    assert_standard_normal(torch.tensor(np.stack(many)))


def test_u_is_dragged_along_the_unit_interval_and_never_reaches_its_ends():
    (ax,) = Look(lambda ax: views.unit_interval(ax) or (lambda: None))()
    low, high = ax.get_ylim()
    assert 0 < low < 0.01 and 0.99 < high < 1
    x, _ = line(ax, color=NOISE)
    assert (x == 0).all() and ax.get_xlim()[0] < 0 < ax.get_xlim()[1]


@pytest.mark.parametrize("name", SCIPYS)
def test_a_uniform_number_goes_along_the_distribution_function_to_z(name):
    u, b = uniform(0.02, 0.98), uniform(0.5, 1.5)
    known = SCIPYS[name](scale=b)
    above, below = look(views.inverse_cdf, lecture.quantile, lecture.cdf)((0.3, u), name, b)
    z, height = line(above, color=TRUTH)
    close(height, known.cdf(z))
    close(line(above, color=MODEL), [[-8, *2 * [known.ppf(u)]], [u, u, 0]], atol=1e-4)
    z, height = line(below, color=TRUTH)
    # a difference over 0.02 is the density in the middle, up to a kink; the middle is 0.01 left
    smooth = np.abs(z - 0.01) > 0.02
    close(height[smooth], known.pdf(z - 0.01)[smooth], atol=2e-3)
    x, marks = line(above, marker="_")
    draws, _ = line(below, marker="|")
    close(draws, known.ppf(marks), atol=1e-3)
    assert len(marks) == 60 and scipy.stats.kstest(marks, "uniform").pvalue > 1e-5
    assert (x < -7).all() and x[0] > above.get_xlim()[0]
    close(line(below, marker="o")[0], [known.ppf(u)], atol=1e-4)
    assert_says(title(above), u, known.ppf(u), known.ppf(u) / b)  # z = b · something


def test_a_choice_is_a_staircase_whose_draws_have_no_slope():
    b = uniform(0.5, 1.5)
    share = scipy.special.softmax([-b, 0, b])
    above, below = look(views.inverse_cdf, lecture.quantile, lecture.cdf)(
        (0, share[0] + 0.5 * share[1]), "a choice", b
    )
    z, height = line(above, color=TRUTH)
    close(height[(z > -0.9) & (z < -0.1)], share[0])
    close(height[(z > 0.1) & (z < 0.9)], share[0] + share[1])
    assert_says(title(above), share[0] + 0.5 * share[1], 0, 0)
    _, marks = line(above, marker="_")
    draws, _ = line(below, marker="|")
    close(draws, np.searchsorted(np.cumsum(share)[:2], marks) - 1)


# ---- estimators ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["z²", "sin 3z", "|z|", "step: z > 0"])
def test_both_estimators_are_counted_around_the_exact_derivative(name):
    noise = []

    def pathwise(f, mu, sigma, eps):
        noise.append(eps)
        return lecture.pathwise(f, mu, sigma, eps)

    at = look(views.two_estimators, lecture.cases, pathwise, lecture.score)
    mu, sigma, log2_draws = uniform(-2, 2), uniform(0.3, 2), 3
    left, *others = at(name, mu, sigma, log2_draws)
    f, derivative = lecture.cases[name]
    exact = float(derivative(torch.tensor(mu), torch.tensor(sigma)))
    (eps,) = noise
    assert_standard_normal(eps)
    z, height = line(left, color=DATA)
    close(height, f(torch.tensor(z)))
    z, height = line(left, color=NOISE)
    close(height, density(z, mu, sigma) * sigma * math.sqrt(2 * math.pi))
    reaches, spreads = set(), []
    for ax, estimate, colour, word in zip(
        others,
        (lecture.pathwise, lecture.score),
        (MODEL, THIRD),
        ("Pathwise", "Score"),
    ):
        g = estimate(f, mu, sigma, eps).view(-1, 8).mean(1)
        heights, edges, shade = steps(ax)
        counts = counted(g, edges)
        assert shade == colour and heights.max() <= 1 <= ax.get_ylim()[1]
        close(heights * counts.max(), counts, atol=0.01)
        close([edges[0] + edges[-1], *ax.get_xlim()], [2 * exact, edges[0], edges[-1]])
        close(line(ax, color=TRUTH)[0], [exact, exact])
        assert title(ax).startswith(word)
        assert_says(title(ax), g.mean(), g.std(), exact)
        reaches.add((edges[0], edges[-1]))
        spreads.append(estimate(f, mu, sigma, eps).std().item())
    ((low, high),) = reaches  # both on the same axis, on which the wider one has its room
    assert 2.5 * max(spreads) < (high - low) / 2 < 5 * max(spreads) + 0.2


def test_averages_narrow_in_place():
    at = look(views.two_estimators, lecture.cases, lecture.pathwise, lecture.score)
    seen = []
    for log2_draws in (0, 6):
        _, middle, right = at("z²", 1.0, 1.0, log2_draws)
        spread = [float(title(ax).split("± ")[1].split(",")[0]) for ax in (middle, right)]
        seen.append((middle.get_xlim(), right.get_xlim(), spread))
    assert seen[0][:2] == seen[1][:2]
    np.testing.assert_allclose(np.divide(seen[0][2], seen[1][2]), 8, rtol=0.15)


def test_a_baseline_moves_the_variance_along_the_formulas_parabola():
    square, noise = lecture.cases["z²"][0], []

    def score(f, mu, sigma, eps, b):
        noise.append(eps)
        return lecture.score(f, mu, sigma, eps, b)

    formulas = lecture.score_variance, lecture.pathwise_variance
    at = look(views.baseline, square, score, *formulas)
    b, mu, sigma = uniform(-4, 12), uniform(0.2, 1.5), uniform(0.3, 1.5)
    left, right = at(b, mu, sigma)
    assert_standard_normal(noise[0])
    g = lecture.score(square, mu, sigma, noise[0], b)
    bs, variance = line(left, color=TRUTH)
    assert (bs[0], bs[-1]) == left.get_xlim() == (-4, 12)
    close(variance, [lecture.score_variance(mu, sigma, v) for v in bs], atol=1e-3)
    close(line(left, color=MODEL), [[-4, 12], [4 * sigma**2] * 2])
    close(line(left, color=SECOND), [[b], [g.var()]])
    heights, edges, colour = steps(right)
    close(heights * counted(g, edges).max(), counted(g, edges), atol=0.01)
    assert colour == SECOND and edges[0] == -edges[-1] == right.get_xlim()[0]
    close(line(right, color=TRUTH)[0], [2 * mu, 2 * mu])  # d/dμ (μ² + σ²)
    assert_says(title(right), b, g.mean(), 2 * mu, g.var())


class Known:
    """A model whose bound and gradient's variance are known, and whose images show which it
    is."""

    def __init__(self, nats, image, variance):
        self.nats, self.image, self.variance = nats, image, variance

    def elbo(self, x, generator):
        assert isinstance(generator, torch.Generator)
        return -self.nats + torch.linspace(-1, 1, len(x))  # −nats on the average

    def encode(self, x):
        return x.flatten(1), None

    def decode(self, z):
        return 0.5 * z.view(-1, 1, 8, 8) + self.image


def test_a_race_shows_each_estimators_middle_run_in_a_band_from_the_lowest_to_the_highest(
    images,
):
    x, names = images(10), ["one", "two", "three"]
    nats, variance = 100 + 40 * torch.rand(2, 3, 3), 1000 * torch.rand(2, 3, 3, 25)
    pictures = images(3)
    at, wanted = look(views.estimator_race, x), (7, 90)
    for i, step in enumerate(wanted):
        runs = {
            name: [
                Step(
                    step, 200, {}, 0.0, Known(nats[i, j, k], pictures[j] + k, v.tolist()), None
                )
                for k, v in enumerate(variance[i, j])
            ]
            for j, name in enumerate(names)
        }
        left, middle, right = at(Together(step, 200, runs))
    late = variance[..., 5:].mean(3)  # the last twenty of twenty-five
    for ax, values in ((left, nats), (middle, late)):
        low, median, high = values.sort(2).values.permute(2, 1, 0).numpy()
        for j, (name, colour) in enumerate(zip(names, (MODEL, THIRD, SECOND))):
            close(line(ax, color=colour, label=name), [wanted, median[j]], atol=1e-3)
            corners, shade = filled(ax, j)
            assert shade == colour
            for edges in (low[j], high[j]):
                for place in zip(wanted, edges):
                    assert np.abs(corners - place).max(1).min() < 1e-2
            # nothing outside the band, apart from where matplotlib closes it
            for step, bottom, top in zip(wanted, low[j], high[j]):
                ys = corners[corners[:, 0] == step, 1]
                assert bottom - 1e-3 < ys.min() and ys.max() < top + 1e-3
        assert ax.get_xlim() == (0, 200)
    rows = [x[:6], *(0.5 * x[:6] + picture for picture in pictures)]
    assert_images(cells(right, 6), torch.cat(rows))  # those of the first start


def test_a_race_that_starts_over_forgets_what_came_later(images):
    at = look(views.estimator_race, images(6))
    for step in (10, 20, 10):
        model = Known(torch.tensor(100.0 + step), torch.zeros(1, 8, 8), [1.0])
        run = [Step(step, 50, {}, 0.0, model, None)]
        left, *_ = at(Together(step, 50, {name: run for name in "abc"}))
    close(line(left, label="b"), [[10], [110]])


def test_the_bound_in_a_race_is_drawn_from_the_panels_own_generator(shake, images):
    model = shake(VAE(latent=2, hidden=8))
    model.variance = [1.0]
    run = [Step(1, 50, {}, 0.0, model, None)]
    x = images(8)
    left, *_ = look(views.estimator_race, x)(Together(1, 50, {name: run for name in "abc"}))
    draws = torch.stack([-model.elbo(x).mean() for _ in range(200)]).detach()
    for name in "abc":
        _, (nats,) = line(left, label=name)
        assert abs(nats - draws.mean()) < 6 * draws.std()


@pytest.fixture
def soft():
    """The view of soft choices with errors of our own, and what it shows."""
    here = SimpleNamespace(taus=torch.logspace(-1, 1, 21).tolist(), score=uniform(3, 9))
    here.bias = [uniform(0.01, 1) for _ in here.taus]
    here.spread = [uniform(0.1, 10) for _ in here.taus]
    here.points = torch.randn(300, 3).softmax(1)

    def soften(tau):  # hotter: nearer to the middle
        return (here.points.log() / tau).softmax(1)

    here.soften = soften
    here.look = look(views.gumbel, soften, (here.taus, here.bias, here.spread, here.score))
    return here


def test_a_soft_choice_is_a_point_in_the_triangle_of_the_hard_ones(soft):
    tau = uniform(0.1, 10)
    left, _ = soft.look(tau, 3)
    (dots,) = left.collections
    corners = {t.get_text(): np.array(t.get_position()) for t in left.texts}
    ends = np.array([[0, 0], [1, 0], [0.5, math.sqrt(0.75)]])
    shares = soft.soften(tau).numpy()
    close(offsets(dots), shares @ ends)
    for value, end in zip(("−1", "0", "1"), ends):
        assert np.linalg.norm(corners[f"z = {value}"] - end) < 0.1  # its name stands beside it
    close(line(left, color=DATA).T, [*ends, ends[0]])
    assert_says(title(left), 300, tau)
    largest = [max(range(3), key=row.__getitem__) for row in soft.points.tolist()]
    colours = [hue(c) for c in dots.get_facecolor()]
    assert colours == [(MODEL, SECOND, NOISE)[k] for k in largest]


@pytest.mark.parametrize("log2_draws", [0, 3, 14])
def test_bias_and_standard_error_add_up_in_squares_and_the_best_tau_has_the_least(
    soft, log2_draws
):
    _, right = soft.look(2.0, log2_draws)
    n, curve = 2**log2_draws, {}
    for label in ("bias", "standard error", "both (r.m.s.)", "score function: no bias"):
        taus, curve[label] = line(right, label=label)
        close(taus, soft.taus)
    close(curve["bias"], soft.bias)
    close(curve["standard error"], [s / math.sqrt(n) for s in soft.spread])
    both = [math.hypot(b, s / math.sqrt(n)) for b, s in zip(soft.bias, soft.spread)]
    close(curve["both (r.m.s.)"], both)
    close(curve["score function: no bias"], [soft.score / math.sqrt(n)] * 21)
    colours = {each.get_label(): each.get_color() for each in right.lines}
    assert (colours["bias"], colours["standard error"]) == (THIRD, MODEL)
    assert_says(title(right), n, soft.taus[both.index(min(both))])
    assert title(right).startswith(f"mean of {n} draws")
    close(line(right, color=DATA)[0], [2, 2])


# ---- graphs ----------------------------------------------------------------------------------


def arrows(ax) -> dict:
    """Return colour → (start, end) of the arrows."""
    found = {}
    for each in ax.texts:
        patch = getattr(each, "arrow_patch", None)
        if patch is not None:
            ends = each.xyann, each.xy
            found.setdefault(hue(patch.get_edgecolor()), []).append(ends)
    return found


def box_of(ax, words) -> tuple:
    """Return the sides, left and right, and the edge's colour of the box with these words."""
    (text,) = (t for t in ax.texts if t.get_text() == words)
    x, y = text.get_position()
    boxes = (p for p in ax.patches if isinstance(p, FancyBboxPatch))
    (box,) = (b for b in boxes if b.get_bbox().contains(x, y))
    return box.get_bbox().x0, box.get_bbox().x1, hue(box.get_edgecolor())


def test_no_gradient_passes_the_die():
    (ax,) = Look(views.die)()
    boxes = {w: box_of(ax, w) for w in ("μ", "σ", "roll a die", "z", "loss f(z)")}
    order = [boxes[w][0] for w in ("μ", "roll a die", "z", "loss f(z)")]
    assert order == sorted(order) and boxes["μ"][:2] == boxes["σ"][:2]
    assert boxes["roll a die"][2] == NOISE and boxes["μ"][2] == boxes["σ"][2] == MODEL
    there, back = arrows(ax)[DATA], arrows(ax)[THIRD]
    assert len(there) == 4 and all(start[0] < end[0] for start, end in there)
    assert len(back) == 2 and all(start[0] > end[0] for start, end in back)
    left, right, _ = boxes["roll a die"]
    (cross,) = lines(ax, marker="x")
    assert hue(cross.get_color()) == THIRD
    assert all(end[0] > left for _, end in back)  # nothing goes on from there
    assert right - 0.3 < cross.get_xdata()[0] < right + 0.3
    assert cross.get_xdata()[0] < min(end[0] for _, end in back)
    (words,) = (t for t in ax.texts if t.get_text() == "no gradient arrives here")
    assert words.get_position()[0] < left


def test_the_graph_has_the_numbers_of_one_draw_in_its_boxes_and_its_derivatives_by_hand():
    (mu, sigma), eps = (uniform(-2, 2), uniform(0.1, 2)), uniform(-3, 3)
    at = look(views.graph, lecture.slopes, lecture.f)
    at(0.0, 1.0, 1.0)
    (ax,) = at(mu, sigma, eps)
    z = mu + sigma * eps
    said = {t.get_text().split(" = ")[0]: t.get_text() for t in ax.texts if "=" in t.get_text()}
    assert_says(said["μ"], mu)
    assert_says(said["σ"], sigma)
    assert_says(said["ε"], eps)
    assert said["z"].startswith("z = μ + σ ε = ")
    assert_says(said["z"], z)
    assert_says(said["f(z)"].removeprefix("f(z)"), (z - 1) ** 2)
    slope = 2 * (z - 1)
    assert_says(said["df/dz"], slope)
    assert_says(said["df/dμ"], slope, 1, slope)
    assert_says(said["df/dσ"], slope, slope * eps)


def test_the_graphs_gradient_goes_back_to_mu_and_sigma_and_not_to_the_noise():
    (ax,) = look(views.graph, lecture.slopes, lecture.f)(0.5, 1.0, -1.2)
    words = ["μ = 0.50", "σ = 1.00", "ε = -1.20", "z = μ + σ ε = -0.70", "f(z) = 2.89"]
    mu, sigma, eps, z, f = (box_of(ax, w) for w in words)
    assert [b[2] for b in (mu, sigma, eps)] == [MODEL, MODEL, NOISE]
    there, back = arrows(ax)[DATA], arrows(ax)[THIRD]

    def beside(x, box):
        return box[0] - 0.2 < x < box[1] + 0.2

    assert sum(beside(end[0], z) for _, end in there) == 3  # from μ, σ and ε
    assert any(beside(end[0], f) for _, end in there)
    ends = [end for _, end in back]
    assert len(ends) == 3 and sum(beside(x, mu) for x, _ in ends) == 2  # above each other
    assert sum(y > 2.65 for x, y in ends if beside(x, mu)) == 1
    assert not any(y < 1 for _, y in ends)  # where the noise is
