"""The toys in the plane: each density by another route, and against its own sampler."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from torch.testing import assert_close

from lecture_utils.data import checkerboard, drawn, moons, ring, spiral, two_gaussians

# Nine points on a curve, two at one place, and one far from all: what a reader might draw.
STROKE = [(-2 + 0.5 * i, math.sin(i)) for i in range(9)] + [(0.0, math.sin(4)), (2.5, -2.0)]
TOYS = {  # name → (the toy, a length over which its density changes little)
    "ring": (ring(), 0.05),
    "a wide ring of five": (ring(5, 1.5, 0.3), 0.3),
    "moons": (moons(), 0.1),
    "checkerboard": (checkerboard(), 1.0),
    "two Gaussians": (two_gaussians(), 0.4),
    "two others": (two_gaussians(0.3, 2.0, 0.4), 0.4),
    "spiral": (spiral(), 0.1),
    "a short spiral": (spiral(0.75, 0.2), 0.2),
    "drawn": (drawn(torch.tensor(STROKE)), 0.1),
    "drawn with a broad pen": (drawn(torch.tensor(STROKE), 0.3), 0.3),
}
every_toy = pytest.mark.parametrize("toy, length", TOYS.values(), ids=TOYS)
MIXTURES = {name: toy for name, (toy, _) in TOYS.items() if name != "checkerboard"}
every_mixture = pytest.mark.parametrize("toy", MIXTURES.values(), ids=MIXTURES)


def chance(seed=None):
    """A generator that follows the test's seed."""
    return torch.Generator().manual_seed(torch.initial_seed() if seed is None else seed)


def grid(length, reach=5.0):
    """The middles (n², 2) of square cells, and their side: a power of two below 4/5 of the
    length, where a midpoint sum over a Gaussian errs by exp(−2π² / 0.64), by 1e-13."""
    side = 2.0 ** math.floor(math.log2(0.8 * length))
    axis = (torch.arange(2 * reach / side, dtype=torch.float64) + 0.5) * side - reach
    return torch.cartesian_prod(axis, axis), side


def log_prob(toy, x):
    """Of many points, in pieces that need little memory."""
    return torch.cat([toy.log_prob(piece) for piece in x.split(20_000)])


# ---- the density -----------------------------------------------------------------------------


@pytest.mark.slow
@every_toy
def test_the_density_has_mass_1(toy, length):
    x, side = grid(length)
    mass = log_prob(toy, x).exp().sum().item() * side**2
    assert_close(mass, 1.0, rtol=0, atol=2e-7)  # the weights are in single precision


@pytest.mark.slow
@every_toy
def test_the_entropy_is_its_integral(toy, length):
    x, side = grid(length)
    log_p = log_prob(toy, x)
    p = log_p.exp()
    by_grid = -(p * log_p)[p > 0].sum().item() * side**2
    # Between two hills log p bends faster than a polynomial of degree 47: that costs 3e-5.
    entropy = toy.entropy()
    assert_close(entropy, by_grid, rtol=0, atol=1e-4)
    assert isinstance(entropy, float)


def test_the_entropy_of_modes_far_apart_is_that_of_the_choice_and_of_one_gaussian():
    one = math.log(2 * math.pi * math.e * 0.05**2)
    assert_close(ring().entropy(), math.log(8) + one, rtol=0, atol=1e-6)
    choice = -0.8 * math.log(0.8) - 0.2 * math.log(0.2)
    far = two_gaussians(apart=6.0, width=0.05)
    assert_close(far.entropy(), choice + one, rtol=0, atol=1e-6)


def by_scipy(centres, width, weights, x):
    """log of a mixture's density by scipy's Gaussians."""
    each = [scipy.stats.multivariate_normal(c, width**2).pdf(x) for c in centres]
    return np.log(np.average(each, axis=0, weights=weights))


TURN = np.exp(2j * np.pi * np.arange(8) / 8)
ARC = np.exp(1j * np.linspace(0, np.pi, 100)) - 0.5 - 0.25j
BY_HAND = {  # name → (centres as complex numbers, width, weights)
    "ring": (2 * TURN, 0.05, None),
    "a wide ring of five": (1.5 * np.exp(2j * np.pi * np.arange(5) / 5), 0.3, None),
    "moons": (1.4 * np.concatenate([ARC, -ARC]), 0.1, None),
    "two Gaussians": (np.array([-1.3, 1.3]), 0.4, [0.8, 0.2]),
    "two others": (np.array([-1.0, 1.0]), 0.4, [0.3, 0.7]),
    "spiral": (
        2.5
        * np.sqrt(np.arange(200) / 199)
        * np.exp(3j * np.pi * np.sqrt(np.arange(200) / 199)),
        0.1,
        None,
    ),
    "drawn": (np.array([x + 1j * y for x, y in STROKE]), 0.1, None),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_mixtures_density_is_scipys_around_centres_by_hand(name):
    centres, width, weights = BY_HAND[name]
    centres = np.stack([centres.real, centres.imag], 1)
    near = centres[torch.randint(len(centres), (50,))] + 2 * width * torch.randn(50, 2).numpy()
    wanted = by_scipy(centres, width, weights, near)
    got = TOYS[name][0].log_prob(torch.tensor(near))
    assert_close(got.numpy(), wanted, rtol=0, atol=1e-4)  # centres are known to 1e-7 of 2 σ⁻²


def test_the_checkerboards_density_is_an_eighth_on_the_dark_squares_and_0_elsewhere():
    x = 8 * torch.rand(500, 2, dtype=torch.float64) - 4
    dark = [
        -2 <= a < 2 and -2 <= b < 2 and (math.floor(a) + math.floor(b)) % 2 == 0
        for a, b in x.tolist()
    ]
    assert 0 < sum(dark) < 500
    wanted = torch.tensor([1 / 8 if d else 0.0 for d in dark], dtype=torch.float64)
    assert_close(checkerboard().log_prob(x).exp(), wanted, rtol=1e-6, atol=0)


@every_toy
def test_the_density_is_given_in_the_numbers_of_its_points(toy, length):
    x = 4 * torch.rand(7, 2, dtype=torch.float64) - 2
    double, single = toy.log_prob(x), toy.log_prob(x.float())
    assert double.shape == single.shape == (7,)
    assert double.dtype == torch.float64 and single.dtype == torch.float32
    # An error of 1e-7 in x shifts (x − c)² / 2σ² by it times 6 / σ², at most.
    assert_close(single.double(), double, rtol=1e-4, atol=1e-6 / length**2)


@every_mixture
def test_far_away_a_mixtures_density_is_small_and_no_nan(toy):
    log_p = toy.log_prob(torch.tensor([[1000.0, 0.0], [-1000.0, 1000.0]]))
    assert log_p.isfinite().all() and (log_p < -1e6).all()


@every_mixture
def test_the_slope_of_a_mixtures_log_density_is_its_difference(toy):
    x = toy.sample(20, chance()).double() + 0.02
    inside = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(toy.log_prob(inside).sum(), inside)
    h = 1e-5
    for i, step in enumerate(h * torch.eye(2, dtype=torch.float64)):
        difference = (toy.log_prob(x + step) - toy.log_prob(x - step)) / (2 * h)
        # h² times a third derivative, which is 1/σ³ at most times few: 1e-5 of slopes near 20
        assert_close(slope[:, i], difference, rtol=1e-4, atol=1e-4)


@every_toy
@pytest.mark.parametrize("shape", [(2,), (5, 1), (5, 3), (5, 2, 2), ()])
def test_points_of_another_shape_are_refused_by_name(toy, length, shape):
    with pytest.raises(ValueError, match=r"^x: got shape .*wanted points \(N, 2\)"):
        toy.log_prob(torch.zeros(shape))


# ---- the sampler -----------------------------------------------------------------------------


@pytest.mark.slow
@every_toy
def test_the_sampler_fills_the_cells_of_a_grid_as_the_density_says(toy, length):
    """Pearson's χ² over all cells that expect ten draws or more; the others are one cell. A
    right sampler fails once in a million runs."""
    n, cells, reach = 40_000, 64, 4.0
    fine = cells * 2 ** max(1, math.ceil(math.log2(2 * reach / cells / (0.32 * length))))
    axis = (torch.arange(fine, dtype=torch.float64) + 0.5) / fine * 2 * reach - reach
    p = log_prob(toy, torch.cartesian_prod(axis, axis)).exp() * (2 * reach / fine) ** 2
    blocks = p.view(cells, fine // cells, cells, fine // cells).sum((1, 3)).flatten().numpy()
    draws = toy.sample(n, chance())
    counts = np.histogram2d(*draws.numpy().T, bins=cells, range=[[-reach, reach]] * 2)[0]
    full = n * blocks >= 10
    counts = np.append(counts.flatten()[full], n - counts.flatten()[full].sum())
    expected = np.append(n * blocks[full], n - n * blocks[full].sum())
    if expected[-1] < 5:  # too few for χ²
        counts, expected = counts[:-1], expected[:-1]
    statistic = np.sum((counts - expected) ** 2 / expected)
    assert full.sum() > 8
    assert scipy.stats.chi2(len(counts) - 1).sf(statistic) > 1e-6


@pytest.mark.slow
@every_toy
def test_the_mean_of_log_p_over_samples_is_minus_the_entropy(toy, length):
    log_p = toy.log_prob(toy.sample(20_000, chance()))
    error = log_p.std() / 20_000**0.5  # none, where p is the same everywhere
    assert abs(log_p.mean() + toy.entropy()) < 5 * error + 1e-4


@pytest.mark.parametrize("weight, toy", [(0.8, two_gaussians()), (0.3, two_gaussians(0.3))])
def test_the_left_gaussian_has_its_weight(weight, toy):
    n, beyond = 40_000, scipy.stats.norm.sf(3)  # 3 σ from a centre, the other half begins
    left = weight * (1 - beyond) + (1 - weight) * beyond
    share = (toy.sample(n, chance())[:, 0] < 0).double().mean().item()
    assert abs(share - left) < 5 * (left * (1 - left) / n) ** 0.5


@every_toy
def test_samples_lie_within_about_3(toy, length):
    draws = toy.sample(20_000, chance())
    assert draws.shape == (20_000, 2) and draws.dtype == torch.float32
    assert (draws.abs() > 3).any(1).float().mean() < 0.01 + 0.02 * (length == 0.3)
    assert draws.abs().max() < 4.5


def test_no_sample_of_the_checkerboard_is_rounded_onto_a_light_square(monkeypatch):
    """The largest number below 1 that torch draws is 1 − 2⁻²⁴; 1 plus it rounds to 2."""
    toy, most = checkerboard(), 1 - 2.0**-24
    for u in (0.0, most):
        monkeypatch.setattr(torch, "rand", lambda *shape, u=u, **_: torch.full(shape, u))
        assert toy.log_prob(toy.sample(200, chance())).isfinite().all()


@every_toy
def test_a_generator_repeats_samples_and_leaves_the_global_one_alone(toy, length):
    first = toy.sample(100, chance(7))
    torch.manual_seed(3)
    wanted = torch.rand(5)
    torch.manual_seed(3)
    again = toy.sample(100, chance(7))
    assert torch.equal(torch.rand(5), wanted)
    assert torch.equal(first, again) and not torch.equal(first, toy.sample(100, chance(8)))
    torch.manual_seed(3)
    globally = toy.sample(100)
    torch.manual_seed(3)
    assert torch.equal(toy.sample(100), globally)
    assert not torch.equal(toy.sample(100), globally)


# ---- what they look like ---------------------------------------------------------------------


def test_the_first_mode_of_a_ring_is_to_the_right():
    assert_close(ring(8, 2.0).centres[0], torch.tensor([2.0, 0.0]))
    assert_close(ring(5, 1.5).centres.norm(dim=1), torch.full((5,), 1.5))


def test_each_moon_reaches_into_the_other_and_none_touches():
    upper, lower = moons().centres.split(100)
    assert torch.equal(upper, -lower)
    assert upper[:, 1].min() < 0 < lower[:, 1].max()  # below the tops of the lower one
    assert torch.cdist(upper, lower).min() > 4 * moons().width


def test_a_spiral_is_equally_dense_along_its_way_and_goes_round_as_often_as_asked():
    for turns in (1.5, 3.0):
        centres = spiral(turns).centres
        apart = centres.diff(dim=0).norm(dim=1)[20:]  # the middle has no room
        assert apart.max() < 1.1 * apart.min()
        angle = np.unwrap(np.arctan2(*centres[1:].flip(1).T.numpy()))
        assert_close(
            angle[-1] - angle[0], 2 * np.pi * turns * (1 - 199**-0.5), rtol=1e-4, atol=0
        )
        assert_close(centres[-1].norm().item(), 2.5)


# ---- what the reader drew --------------------------------------------------------------------


def test_what_is_drawn_is_dense_around_its_points_and_nowhere_else():
    toy = drawn(torch.tensor(STROKE), 0.1)
    at, away = toy.log_prob(torch.tensor(STROKE)), toy.log_prob(torch.tensor([[2.0, 2.5]]))
    peak = -math.log(2 * math.pi * 0.1**2) - math.log(11)  # of one point that is alone
    assert_close(at[-1].item(), peak, rtol=0, atol=1e-5)
    assert_close(at[4].item(), peak + math.log(2), rtol=0, atol=1e-3)  # two are at this place
    assert away < peak - 100
    distance = torch.cdist(toy.sample(2000, chance()), torch.tensor(STROKE)).min(1).values
    assert distance.max() < 0.6  # 6 σ: once in 10⁸


@pytest.mark.parametrize(
    "points",
    [
        torch.zeros(9, 2),
        torch.zeros(1, 2),
        torch.zeros(0, 2),
        torch.zeros(12, 3),
        torch.zeros(12),
        torch.zeros(12, 2, 1),
        torch.full((12, 2), math.nan),
        torch.full((12, 2), math.inf),
        STROKE,
        None,
    ],
    ids=["nine", "one", "none", "3-D", "flat", "deep", "NaN", "inf", "a list", "None"],
)
def test_too_few_points_or_none_at_all_are_refused_by_name(points):
    with pytest.raises(ValueError, match="^points: "):
        drawn(points)


def test_ten_points_are_enough():
    points = torch.randn(10, 2)
    assert drawn(points).sample(5).shape == (5, 2)
    with pytest.raises(ValueError, match=r"\(9, 2\), wanted \(N, 2\), ten points or more"):
        drawn(points[1:])


@pytest.mark.parametrize("n", [0, -1, 2.5, "3"])
@pytest.mark.parametrize("toy", [ring(), checkerboard()], ids=["mixture", "checkerboard"])
def test_a_number_of_points_that_makes_no_sense_is_refused_by_name(toy, n):
    with pytest.raises(ValueError, match="^n: got .*, wanted a whole number, 1 or more"):
        toy.sample(n)


@pytest.mark.parametrize(
    "make, name",
    [
        (lambda: ring(0), "modes"),
        (lambda: ring(width=0.0), "width"),
        (lambda: moons(float("nan")), "width"),
        (lambda: two_gaussians(1.5), "weights"),
    ],
)
def test_a_toy_that_cannot_be_is_refused_by_name(make, name):
    with pytest.raises(ValueError, match=f"^{name}: got "):
        make()
