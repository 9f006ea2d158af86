"""Fréchet and energy distance, coverage and importance-weighted bound, by other routes."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import torch
from sklearn.neighbors import NearestNeighbors
from torch.testing import assert_close

from lecture_utils.metrics import (
    coverage,
    energy_distance,
    frechet_distance,
    importance_weighted_bound,
)
from lecture_utils.models.vae import VAE


def by_sqrtm(a, b):
    a, b = a.flatten(1).double().numpy(), b.flatten(1).double().numpy()
    ca, cb = np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(ca @ cb).real
    return np.square(a.mean(0) - b.mean(0)).sum() + np.trace(ca + cb - 2 * root)


def correlated(n, shape=(1, 3, 3)):
    d = int(np.prod(shape))
    return (torch.randn(n, d) @ torch.randn(d, d) + torch.randn(d)).view(n, *shape)


def test_frechet_distance_agrees_with_scipys_matrix_root():
    a, b = correlated(200), correlated(150)
    expected = by_sqrtm(a, b)
    assert expected > 1
    assert_close(
        frechet_distance(a, b), expected, rtol=1e-6, atol=1e-6
    )  # sqrtm of a non-symmetric product: 1e-8 or so
    assert_close(frechet_distance(b, a), expected, rtol=1e-6, atol=1e-6)


def test_frechet_distance_of_identical_sets_is_zero_also_with_pixels_that_never_change():
    a = correlated(100)
    a[:, :, 0, 0] = 3.0
    assert_close(
        frechet_distance(a, a.clone()), 0.0, rtol=0, atol=1e-5
    )  # 1e-8 of a trace near 100


def test_a_shift_costs_its_squared_length_and_a_stretch_its_share_of_the_spread():
    a = correlated(100).double()
    shift = torch.randn(1, 1, 3, 3, dtype=torch.float64)
    assert_close(
        frechet_distance(a, a + shift), shift.square().sum().item(), rtol=1e-6, atol=1e-6
    )
    centred = a - a.mean(0)
    spread = centred.flatten(1).T.cov().trace().item()
    assert_close(
        frechet_distance(centred, 3 * centred), 4 * spread, rtol=1e-6, atol=1e-6
    )  # (3 − 1)² tr C


@pytest.mark.parametrize("name, a, b", [("a", 1, 5), ("b", 5, 1), ("a", 0, 5)])
def test_frechet_distance_needs_two_rows_of_each_and_says_of_which(name, a, b):
    with pytest.raises(ValueError, match=f"^{name}: got .*\\({min(a, b)}, 4\\)"):
        frechet_distance(torch.randn(a, 4), torch.randn(b, 4))


def test_frechet_distance_refuses_nan_by_name():
    with pytest.raises(ValueError, match="^b: "):
        frechet_distance(torch.randn(5, 4), torch.full((5, 4), float("nan")))


def test_frechet_distance_refuses_different_sizes_by_name():
    with pytest.raises(ValueError, match="^[ab]: "):
        frechet_distance(torch.randn(5, 4), torch.randn(5, 3))


def test_frechet_distance_of_single_numbers_is_the_textbooks():
    a, b = torch.randn(50, 1).double(), 1 + 2 * torch.randn(60, 1).double()
    textbook = (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2
    assert_close(frechet_distance(a, b), textbook.item())


def test_energy_distance_is_that_of_every_pair_of_two_points():
    a, b = torch.randn(7, 3).double(), 1 + 2 * torch.randn(5, 3).double()

    def mean(p, q):
        apart = [
            torch.dist(x, y)
            for i, x in enumerate(p)
            for j, y in enumerate(q)
            if p is not q or i != j
        ]
        return sum(apart) / len(apart)

    wanted = 2 * mean(a, b) - mean(a, a) - mean(b, b)
    assert_close(energy_distance(a, b), wanted.item())
    assert_close(energy_distance(b, a), wanted.item())
    assert_close(energy_distance(3 * a + 1, 3 * b + 1), 3 * wanted.item())
    assert_close(energy_distance(a.float(), b), energy_distance(a.float().double(), b))


def test_energy_distance_of_numbers_is_scipys_without_the_pairs_of_a_point_and_itself():
    a, b = torch.randn(400, 1).double(), torch.randn(300, 1).double().exp()
    with_them = scipy.stats.energy_distance(a[:, 0], b[:, 0]) ** 2
    own = [torch.pdist(x).mean().item() / len(x) for x in (a, b)]
    assert_close(energy_distance(a, b), with_them - sum(own), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("m, s", [(0.0, 1.0), (0.5, 1.0), (0.0, 2.0)])
def test_energy_distance_of_draws_is_in_the_mean_that_of_their_normals(m, s):
    def between(m, v):  # E|x|, x ~ N(m, v)
        return scipy.stats.foldnorm.mean(abs(m) / v**0.5, scale=v**0.5)

    draws = torch.tensor(
        [energy_distance(torch.randn(30, 1), m + s * torch.randn(20, 1)) for _ in range(1000)]
    )
    wanted = 2 * between(m, 1 + s**2) - between(0, 2) - between(0, 2 * s**2)
    assert abs(draws.mean() - wanted) < 5 * draws.std() / 1000**0.5


@pytest.mark.parametrize(
    "name, a, b",
    [
        ("a", (1, 2), (5, 2)),
        ("b", (5, 2), (1, 2)),
        ("b", (5, 2), (5, 3)),
        ("a", (5,), (5, 2)),
        ("b", (5, 2), (5, 2, 1)),
    ],
)
def test_energy_distance_needs_two_points_of_one_width_and_says_of_which(name, a, b):
    with pytest.raises(ValueError, match=f"^{name}: got shape .*, wanted 2 points or more"):
        energy_distance(torch.randn(a), torch.randn(b))


def test_energy_distance_refuses_nan_by_name():
    with pytest.raises(ValueError, match="^b: .*NaN"):
        energy_distance(torch.randn(5, 4), torch.full((5, 4), float("nan")))


def by_neighbours(x, real, k):
    """The share of real ones with one of x nearer than their k-th neighbour, by scikit-learn,
    which leaves a point of its own set out."""
    x, real = x.flatten(1).double().numpy(), real.flatten(1).double().numpy()
    of_real, of_x = NearestNeighbors(n_neighbors=k).fit(real), NearestNeighbors().fit(x)
    radius = of_real.kneighbors()[0][:, k - 1]
    return np.mean(of_x.kneighbors(real, 1)[0][:, 0] < radius)


@pytest.mark.parametrize("k, n, m", [(1, 60, 90), (3, 90, 60), (5, 40, 6), (5, 300, 100)])
def test_coverage_is_the_share_that_scikit_learns_neighbours_say(k, n, m):
    real, x = correlated(n + m).double().split([n, m])
    wanted = by_neighbours(x, real, k)
    assert 0 < wanted < 1
    assert_close(coverage(x, real, k), wanted, rtol=0, atol=1e-6)
    assert k != 5 or coverage(x, real) == coverage(x, real, 5)


def test_coverage_of_points_on_a_line_is_a_count_by_hand():
    real = torch.arange(6.0)[:, None]  # second neighbours 2, 1, 1, 1, 1, 2 away
    for x, share in (
        ([2.5], 2 / 6),
        ([1.9], 3 / 6),
        ([2.0], 1 / 6),  # as near as a neighbour is not nearer
        ([2.0, 2.0, 2.1], 2 / 6),
        ([-2.0, 7.0], 0.0),
        ([-1.9, 3.0], 2 / 6),
    ):
        assert_close(coverage(torch.tensor(x)[:, None], real, k=2), share)


@pytest.mark.parametrize("k", [1, 5])
def test_real_images_cover_themselves_and_half_of_the_kinds_cover_half(images, k):
    x = images(80)
    assert coverage(x, x, k) == coverage(x.flip(0), x, k) == 1
    kinds = 100 * torch.randn(4, 1, 3, 3)[torch.arange(800) % 4]
    real, new = kinds + torch.randn(2, 800, 1, 3, 3)
    found = coverage(new[torch.arange(800) % 4 < 2], real)
    assert_close(found, coverage(new, real) / 2, rtol=0, atol=0.05)
    assert found > 0.4 and coverage(new[:1] + 1e4, real) == 0


@pytest.mark.parametrize(
    "name, x, real, k",
    [("real", 9, 5, 5), ("real", 9, 2, 2), ("x", 0, 9, 5), ("real", 9, 0, 5), ("k", 9, 9, 0)],
)
def test_coverage_needs_more_real_images_than_neighbours_and_says_so(name, x, real, k):
    with pytest.raises(ValueError, match=f"^{name}: got .*, wanted "):
        coverage(torch.randn(x, 1, 3, 3), torch.randn(real, 1, 3, 3), k)
    enough = torch.randn(k + 2, 1, 3, 3)
    assert coverage(enough[:1], enough, k + 1) > 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_coverage_refuses_what_is_not_finite_by_name(bad):
    good, spoilt = torch.randn(9, 4), torch.randn(9, 4)
    spoilt[3, 2] = bad
    for name, pair in (("x", (spoilt, good)), ("real", (good, spoilt))):
        with pytest.raises(ValueError, match=f"^{name}: "):
            coverage(*pair)


@pytest.fixture
def vae(shake):
    return shake(VAE(latent=2, side=2, hidden=12)).double()


def within(a, b, errors=5.0):
    """Do the means over rows of two independent samples agree within so many standard errors of
    their difference?"""
    error = (a.var(0) / len(a) + b.var(0) / len(b)).sqrt()
    return ((a.mean(0) - b.mean(0)).abs() < errors * error).all()


def test_one_draw_is_the_elbo_in_the_mean(vae, images):
    x, n = images(3, 2).double(), 3000
    bound = importance_weighted_bound(vae, x.repeat(n, 1, 1, 1), k=1).view(n, 3)
    with torch.no_grad():
        assert within(bound, vae.elbo(x.repeat(n, 1, 1, 1)).view(n, 3))


def test_the_bound_is_the_log_of_the_mean_weight_of_exactly_k_draws(images):
    class Known:
        drawn = []

        def log_weights(self, x, k):
            self.drawn.append(torch.randn(k, len(x)))
            return self.drawn[-1]

    model = Known()
    bound = importance_weighted_bound(model, torch.zeros(4, 1, 2, 2), k=123)
    weights = torch.cat(model.drawn)
    assert (
        weights.shape == (123, 4) and max(map(len, model.drawn)) <= 50
    )  # in pieces, to save memory
    assert_close(bound, weights.exp().mean(0).log())


def test_huge_weights_do_not_overflow():
    class Known:
        def log_weights(self, x, k):
            return torch.full((k, len(x)), -5000.0)

    assert_close(
        importance_weighted_bound(Known(), torch.zeros(2, 1), k=7), torch.full((2,), -5000.0)
    )


@pytest.mark.parametrize("k", [0, -3])
def test_less_than_one_draw_is_refused_by_name(vae, images, k):
    with pytest.raises(ValueError, match="^k: "):
        importance_weighted_bound(vae, images(1, 2).double(), k=k)


def test_it_asks_for_no_gradient(vae, images):
    assert not importance_weighted_bound(vae, images(1, 2).double(), k=3).requires_grad
