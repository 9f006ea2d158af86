"""Mixtures of Gaussians at random values, every formula by another route, and EM against
sklearn's."""

import itertools
import random
import warnings

import numpy as np
import pytest
import scipy.special
import scipy.stats
import sklearn.mixture
import torch
from sklearn.exceptions import ConvergenceWarning
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal
from torch.testing import assert_close

from lecture_utils.models.mixture import GaussianMixture, em, log_normal

NEAR = {"rtol": 1e-9, "atol": 1e-9}
both_precisions = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def rows(n, dim):
    return torch.randn(n, dim, dtype=torch.float64)


def eye(D, ridge=1.0):
    return ridge * torch.eye(D, dtype=torch.float64)


def cov_of(x):
    """The covariance of the data, divided by how many they are, in numpy."""
    return torch.tensor(np.cov(x.T.numpy(), bias=True)).view(x.shape[1], x.shape[1])


def mixture_of(K, D):
    """A random mixture in double precision: no spread is below 0.4 or above 1.2, no weight
    below 1/6 of another."""
    turn = torch.linalg.qr(torch.randn(K, D, D, dtype=torch.float64)).Q
    spread = 0.4 + 0.8 * torch.rand(K, 1, D, dtype=torch.float64)
    weights = 0.2 + torch.rand(K, dtype=torch.float64)
    covs = turn * spread.square() @ turn.mT
    return GaussianMixture(weights / weights.sum(), rows(K, D), covs)


def to(dtype, mixture):
    return GaussianMixture(*(part.to(dtype) for part in mixture[:3]))


def torchs(mixture):
    """The same mixture by torch's distributions."""
    parts = MultivariateNormal(mixture.means, mixture.covs)
    return MixtureSameFamily(Categorical(mixture.weights), parts)


def line(D, side, reach=12.0):
    """The middles (n, D) of cells, to ten of the largest spreads on each side: a midpoint sum
    over a Gaussian of spread s errs by exp(−2π² s² / side²)."""
    axis = torch.arange(-reach, reach, side, dtype=torch.float64) + side / 2
    return torch.cartesian_prod(*[axis] * D).view(-1, D)


def same(found, wanted, **near):
    for part, by_hand in zip(found[:3], wanted[:3]):
        assert_close(part, by_hand, **(near or NEAR))


# ---- the density -----------------------------------------------------------------------------


@pytest.mark.parametrize("D", [1, 2, 5])
def test_the_density_is_torchs_of_every_component_and_of_their_mixture(D):
    mixture, x = mixture_of(4, D), 2 * rows(30, D)
    each = MultivariateNormal(mixture.means, mixture.covs).log_prob(x[:, None])
    assert_close(log_normal(x, mixture.means, mixture.covs), each, **NEAR)
    joint = each + Categorical(mixture.weights).logits
    assert_close(mixture.log_joint(x), joint, **NEAR)
    assert_close(mixture.log_prob(x), torchs(mixture).log_prob(x), **NEAR)


@pytest.mark.parametrize("D, side", [(1, 0.05), (2, 0.1)])
def test_the_density_has_mass_1(D, side):
    mass = mixture_of(3, D).log_prob(line(D, side)).exp().sum() * side**D
    assert_close(mass.item(), 1.0, rtol=0, atol=1e-9)


def test_far_away_where_the_density_is_0_its_logarithm_is_not_in_single_precision():
    mixture, x = mixture_of(3, 2), 50 * rows(20, 2)
    x = x[x.norm(dim=1) > 30]
    found = to(torch.float32, mixture).log_prob(x.float())
    assert len(x) > 5 and (found.exp() == 0).all()
    assert_close(found.double(), torchs(mixture).log_prob(x), rtol=1e-4, atol=0)


# ---- samples ---------------------------------------------------------------------------------


def test_samples_on_a_line_fall_into_cells_as_often_as_the_density_says():
    mixture, n = mixture_of(3, 1), 20000
    edges = np.linspace(-3, 3, 31)
    spread = mixture.covs[:, 0, 0].sqrt().numpy()
    below = scipy.stats.norm(mixture.means[:, 0].numpy(), spread).cdf(edges[:, None])
    mass = np.diff(below @ mixture.weights.numpy(), prepend=0, append=1)
    x = mixture.sample(n)[:, 0].numpy()
    counts = np.bincount(np.searchsorted(edges, x), minlength=32)
    often = n * mass > 20
    counts, wanted = (np.append(c[often], c[~often].sum() + 1) for c in (counts, n * mass))
    assert len(counts) > 10
    assert scipy.stats.chisquare(counts, wanted).pvalue > 1e-6


@both_precisions
def test_samples_have_the_share_the_mean_and_the_covariance_of_each_component(dtype):
    far, n = eye(3, 30.0), 20000
    mixture = mixture_of(3, 3)._replace(means=far)
    x = to(dtype, mixture).sample(n)
    assert x.shape == (n, 3) and x.dtype == dtype
    k = torch.cdist(x.double(), far).argmin(1)
    share = k.bincount(minlength=3) / n
    w = mixture.weights
    assert ((share - w).abs() < 5 * (w * (1 - w) / n).sqrt()).all()
    for i, cov in enumerate(mixture.covs):
        own, variance = x[k == i].double(), cov.diagonal()
        assert ((own.mean(0) - far[i]).abs() < 5 * (variance / len(own)).sqrt()).all()
        error = ((torch.outer(variance, variance) + cov.square()) / len(own)).sqrt()
        assert ((own.T.cov() - cov).abs() < 5 * error).all()


@both_precisions
def test_a_generator_repeats_the_samples(assert_repeats, dtype):
    mixture = to(dtype, mixture_of(4, 2))
    assert_repeats(lambda generator: mixture.sample(30, generator))


@pytest.mark.parametrize("n", [0, -1, 2.5, "ten"])
def test_a_number_of_samples_that_is_none_is_refused_by_name(n):
    with pytest.raises(ValueError, match=f"^n: got {n!r}, wanted a whole number, 1 or more$"):
        mixture_of(2, 2).sample(n)


# ---- what a measurement tells ----------------------------------------------------------------


def textbook(mixture, A, y, noise):
    """Each component by the gain of a Kalman filter, and its weight by the density of y, in
    numpy: x and y are jointly Gaussian, y with the covariance S."""
    A, y = A.numpy(), y.numpy()
    weights, means, covs = [], [], []
    for w, m, P in zip(*(part.numpy() for part in mixture[:3])):
        S = A @ P @ A.T + noise**2 * np.eye(len(A))
        gain = np.linalg.solve(S, A @ P).T
        keep = np.eye(len(m)) - gain @ A
        means.append(m + gain @ (y - A @ m))
        covs.append(keep @ P @ keep.T + noise**2 * gain @ gain.T)  # Joseph's form
        weights.append(np.log(w) + scipy.stats.multivariate_normal(A @ m, S).logpdf(y))
    weights = scipy.special.softmax(weights)
    return GaussianMixture(*(torch.tensor(np.stack(part)) for part in (weights, means, covs)))


@pytest.mark.parametrize("K, D, M", [(4, 5, 3), (4, 2, 2), (3, 2, 6), (1, 3, 1), (5, 1, 1)])
@pytest.mark.parametrize("noise", [0.05, 0.7, 3.0])
def test_a_measurement_gives_the_textbooks_gains_covariances_and_weights(K, D, M, noise):
    mixture, A, y = mixture_of(K, D), rows(M, D), rows(1, M)[0]
    same(mixture.given(A, y, noise), textbook(mixture, A, y, noise), rtol=1e-8, atol=1e-8)


def test_a_measurement_gives_the_prior_times_the_likelihood_normalised_on_a_grid():
    mixture, A, y, noise = mixture_of(3, 2), rows(1, 2), rows(1, 1)[0], 0.6
    A = A / A.norm()  # no spread of the posterior is below 1 / √(1 / 0.4² + 1 / 0.6²) = 0.33
    side = 0.15
    x = line(2, side)
    likelihood = torch.distributions.Normal(x @ A[0], noise).log_prob(y)
    log_p = torchs(mixture).log_prob(x) + likelihood
    wanted = log_p - log_p.logsumexp(0) - 2 * np.log(side)
    after = mixture.given(A, y, noise)
    assert_close(after.log_prob(x), wanted, **NEAR)
    assert (after.weights - mixture.weights).abs().max() > 1e-4


def test_two_measurements_one_after_another_tell_what_both_tell_at_once():
    mixture, A, y = mixture_of(4, 3), rows(3, 3), rows(1, 3)[0]
    by_turns = mixture.given(A[:1], y[:1], 0.5).given(A[1:], y[1:], 0.5)
    same(by_turns, mixture.given(A, y, 0.5))


def test_much_noise_leaves_the_prior():
    mixture, A, y = mixture_of(4, 3), rows(2, 3), rows(1, 2)[0]
    same(mixture.given(A, y, 1e6), mixture)


def test_hardly_any_noise_leaves_the_solution_and_the_weights_of_the_prior_there():
    mixture, y, noise = mixture_of(4, 3), rows(1, 3)[0], 1e-4
    turn = torch.linalg.qr(rows(3, 3)).Q
    A = turn * torch.tensor([0.5, 1.0, 2.0]).double()
    x = torch.linalg.solve(A, y)
    after = mixture.given(A, y, noise)
    # The prior moves a mean by its precision, at most 1 / 0.4², times (noise / 0.5)², times
    # how far it is; and log P(k|y) by its slope there times as much.
    assert_close(after.means, x.expand(4, 3), rtol=0, atol=1e-5)
    assert_close(after.covs / noise**2, (A.T @ A).inverse().expand(4, 3, 3), rtol=0, atol=1e-5)
    shares = torch.softmax(mixture.log_joint(x[None])[0], 0)
    assert_close(after.weights, shares, rtol=0, atol=1e-4)


@both_precisions
def test_a_measurement_keeps_the_precision_and_is_near_the_exact_one(dtype):
    mixture, A, y = mixture_of(4, 5), rows(3, 5), rows(1, 3)[0]
    after = to(dtype, mixture).given(A.to(dtype), y.to(dtype), 0.3)
    assert {part.dtype for part in after[:3]} == {dtype}
    same(to(torch.float64, after), textbook(mixture, A, y, 0.3), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("noise", [0, 0.0, -0.5, float("nan")])
def test_a_noise_that_is_not_above_0_is_refused_by_name(noise):
    with pytest.raises(ValueError, match=f"^noise: got {noise}, wanted a number above 0$"):
        mixture_of(2, 2).given(rows(1, 2), rows(1, 1)[0], noise)


@pytest.mark.parametrize(
    "A, y, words",
    [
        ((2, 3), (2, 1), r"\(2, 3\) and \(2, 1\), wanted \(2, 3\) and \(2,\)"),
        ((2, 3), (3,), r"\(2, 3\) and \(3,\), wanted \(2, 3\) and \(2,\)"),
        ((3,), (3,), r"\(3,\) and \(3,\), wanted \(3, 3\) and \(3,\)"),
        ((1, 2), (1,), r"\(1, 2\) and \(1,\), wanted \(1, 3\) and \(1,\)"),
    ],
)
def test_equations_of_another_shape_are_refused_by_name(A, y, words):
    with pytest.raises(ValueError, match=f"^A, y: got shapes {words}$"):
        mixture_of(2, 3).given(torch.ones(A), torch.ones(y), 0.2)


@pytest.mark.parametrize("shape", [(5, 1), (2,), (5, 3), (1, 5, 2)])
def test_points_of_another_dimension_are_refused_by_name(shape):
    with pytest.raises(ValueError, match=r"^x: got shape \(.*\), wanted \(N, 2\)$"):
        mixture_of(3, 2).log_prob(torch.zeros(shape))


def test_a_posterior_has_not_been_fitted():
    mixture = mixture_of(2, 2)._replace(step=3, steps=7)
    after = mixture.given(rows(1, 2), rows(1, 1)[0], 0.5)
    assert (after.step, after.steps) == (0, 0)


# ---- expectation maximisation ----------------------------------------------------------------


def blobs(sizes=(30, 50, 40), D=2):
    """Points around centres that overlap."""
    return torch.cat([0.6 * rows(n, D) + 1.5 * rows(1, D) for n in sizes])


def end(records):
    *_, last = records
    return last


def by_sklearn(x, mixture, ridge):
    """The mixture after one more step of sklearn's."""
    weights, means, covs = (part.numpy() for part in mixture[:3])
    theirs = sklearn.mixture.GaussianMixture(
        len(weights),
        max_iter=1,
        reg_covar=ridge,
        weights_init=weights,
        means_init=means,
        precisions_init=np.linalg.inv(covs),
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of course not, in one step
        theirs.fit(x.numpy())
    parts = theirs.weights_, theirs.means_, theirs.covariances_
    return GaussianMixture(*(torch.tensor(part) for part in parts))


@pytest.mark.parametrize("ridge", [0.0, 1e-3, 0.3])
@pytest.mark.parametrize("K, D", [(3, 2), (2, 4), (4, 1)])
def test_a_step_is_sklearns(K, D, ridge):
    x = blobs(D=D)
    for before, after in itertools.pairwise(em(x, K, 4, ridge)):
        same(after, by_sklearn(x, before, ridge))


def beginning(x, chosen, ridge):
    """As wide as the data, around the chosen points."""
    K, D = len(chosen), x.shape[1]
    weights = torch.full((K,), 1 / K, dtype=torch.float64)
    covs = (cov_of(x) + eye(D, ridge)).expand(K, D, D)
    return GaussianMixture(weights, x[list(chosen)], covs)


def test_it_begins_as_wide_as_the_data_around_points_drawn_from_them():
    x, ridge, pairs = rows(5, 2), 0.1, list(itertools.permutations(range(5), 2))
    # in either order sklearn finds the same two components, in that order
    after = {pair: by_sklearn(x, beginning(x, pair, ridge), ridge).means for pair in pairs}
    found = []
    for _ in range(12):
        means = end(em(x, 2, 1, ridge)).means
        found += [pair for pair in pairs if torch.allclose(after[pair], means, 1e-9, 1e-9)]
    assert len(found) == 12 and len(set(found)) > 2


def test_it_begins_around_different_points():
    means = end(em(rows(9, 2), 9, 1, 0.1)).means
    assert torch.pdist(means).min() > 1e-7


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("ridge", [0.0, 1e-12])
def test_without_a_ridge_no_step_lowers_the_likelihood(K, ridge):
    x = blobs((80, 60, 60))
    found = torch.stack([mixture.log_prob(x).mean() for mixture in em(x, K, 40, ridge)])
    assert found.diff().min() > -1e-10 and found[-1] > found[0] + 1e-6


@pytest.mark.parametrize("K", [1, 2, 5])
def test_the_mean_and_the_covariance_of_every_mixture_are_the_datas_and_the_weights_a_whole(K):
    x, ridge = blobs(D=3), 0.01
    for mixture in em(x, K, 6, ridge):
        assert_close(mixture.weights.sum(), torch.tensor(1.0).double(), **NEAR)
        assert mixture.weights.min() > 0
        assert_close(mixture.weights @ mixture.means, x.mean(0), **NEAR)
        off = mixture.means - x.mean(0)
        inner = (mixture.weights[:, None, None] * mixture.covs).sum(0)
        outer = (mixture.weights * off.T) @ off
        assert_close(inner + outer, cov_of(x) + eye(3, ridge), **NEAR)
        assert torch.linalg.eigvalsh(mixture.covs).min() > 0.99 * ridge


def test_a_single_component_has_the_datas_mean_and_covariance_after_one_step():
    x = blobs(D=3)
    wanted = torch.ones(1).double(), x.mean(0)[None], cov_of(x)[None] + eye(3, 0.2)
    for mixture in em(x, 1, 3, ridge=0.2):
        same(mixture, wanted)


def test_the_ridge_is_a_thousandth_where_none_is_given():
    found = end(em(torch.zeros(9, 2), 2, 3))
    assert_close(found.covs, 1e-3 * torch.eye(2).expand(2, 2, 2))


def test_two_clusters_far_apart_are_found():
    x = torch.cat([rows(30, 2), torch.tensor([40.0, 10.0]) + 2 * rows(70, 2)])
    found = end(em(x[torch.randperm(100)], 2, 60, ridge=0.0))
    order = found.weights.argsort()
    for k, own, share in zip(order, (x[:30], x[30:]), (0.3, 0.7)):
        assert_close(found.weights[k].item(), share, **NEAR)
        assert_close(found.means[k], own.mean(0), **NEAR)
        assert_close(found.covs[k], cov_of(own), **NEAR)


def test_records_count_their_steps_and_say_so_in_a_line():
    for K, D, steps in ((3, 2, 4), (2, 5, 1)):
        records = list(em(blobs(D=D), K, steps))
        assert [(m.step, m.steps) for m in records] == [(i + 1, steps) for i in range(steps)]
        wanted = f"step {steps} of {steps}: {K} Gaussians in {D} dimensions"
        assert repr(records[-1]) == wanted == f"{records[-1]}"
        last = records[-1]
        assert last.weights.shape == (K,) and last.means.shape == (K, D)
        assert last.covs.shape == (K, D, D)


def test_the_torch_generator_alone_says_what_is_found_and_the_data_stay():
    x = blobs()

    def seeded(seed):
        torch.manual_seed(seed)
        return end(em(x, 3, 3)).means

    first = seeded(5)
    np.random.rand(3), random.random()
    before = x.clone(), np.random.get_state()[1].tolist(), random.getstate()
    assert torch.equal(seeded(5), first) and not torch.equal(seeded(6), first)
    after = x, np.random.get_state()[1].tolist(), random.getstate()
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]


STRANGE = {  # name → (points, components)
    "one point": (lambda: rows(1, 2), 1),
    "one point on a line": (lambda: rows(1, 1), 1),
    "as many components as points": (lambda: rows(6, 2), 6),
    "as many on a line": (lambda: rows(6, 1), 6),
    "every point five times": (lambda: rows(4, 2).repeat(5, 1), 8),
    "all at one place": (lambda: torch.ones(20, 2).double(), 3),
    "on a line in space": (lambda: rows(30, 1) * torch.ones(3), 3),
    "fewer points than dimensions": (lambda: rows(10, 20), 3),
    "whole numbers": (lambda: torch.randint(0, 3, (50, 1)).double(), 5),
    "one far from all": (lambda: torch.cat([rows(50, 2), torch.full((1, 2), 100.0)]), 4),
}


@both_precisions
@pytest.mark.parametrize("points, K", STRANGE.values(), ids=STRANGE)
def test_points_of_every_kind_are_fitted(points, K, dtype):
    x = points().to(dtype)
    mixture = end(em(x, K, 60))
    assert {part.dtype for part in mixture[:3]} == {dtype}
    assert all(part.isfinite().all() for part in mixture[:3])
    assert_close(mixture.weights.sum().item(), 1.0, rtol=0, atol=1e-5)
    assert mixture.covs.diagonal(dim1=1, dim2=2).min() > 0.99e-3
    assert mixture.log_prob(x).isfinite().all() and mixture.sample(9).isfinite().all()


NAN = torch.tensor([[0.0, 1.0], [float("nan"), 2.0], [1.0, 0.0]])


@pytest.mark.parametrize(
    "x, K, steps, words",
    [
        (torch.ones(3, 2), 4, 5, r"^x: got shape \(3, 2\), wanted .*, and 4 rows or more$"),
        (torch.ones(9), 2, 5, r"^x: got shape \(9,\), wanted \(N, D\), and 2 rows or more$"),
        (torch.ones(9, 2, 2), 2, 5, r"^x: got shape \(9, 2, 2\), wanted \(N, D\)"),
        (torch.ones(0, 2), 1, 5, r"^x: got the empty shape \(0, 2\)"),
        (NAN, 2, 5, "^x: holds NaN"),
        ([[0.0, 1.0]], 1, 5, "^x: got list, wanted a torch tensor"),
        (torch.ones(9, 2), 0, 5, "^K: got 0, wanted a whole number, 1 or more"),
        (torch.ones(9, 2), 2.0, 5, r"^K: got 2\.0, wanted a whole number"),
        (torch.ones(9, 2), 2, 0, "^steps: got 0, wanted a whole number, 1 or more"),
        (torch.ones(9, 2), 2, -1, "^steps: got -1, wanted"),
    ],
)
def test_what_cannot_be_fitted_is_refused_by_name(x, K, steps, words):
    with pytest.raises(ValueError, match=words):
        next(em(x, K, steps))


def test_where_rounding_makes_a_covariance_singular_the_ridge_is_named():
    wide = 1e4 * torch.randn(30, 50)  # fewer points than dimensions: only the ridge helps
    with pytest.raises(
        ValueError, match="^covs: one is singular, up to rounding. EM needs a larger ridge"
    ):
        list(em(wide, 2, 5))
