"""Every estimator of lecture 03 by another route: quadrature, differences, enumeration,
scipy."""

import itertools
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
import torch
from lecture import functions, source
from numpy.polynomial.hermite_e import hermegauss
from torch import nn
from torch.autograd import grad
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from lecture_utils import checks
from lecture_utils.models.vae import VAE

NAME = "03_reparameterization"
lecture = functions(NAME, "phi", "cases", "losses", "values", "inverse_cdf", "cdf", "logits")
f, draw, pathwise, score, cases = (
    lecture.f,
    lecture.draw,
    lecture.pathwise,
    lecture.score,
    lecture.cases,
)
square = cases["z²"][0]
SMOOTH, BENT, STEP = ["z²", "sin 3z"], "|z|", "step: z > 0"
CONTINUOUS = {
    "exponential": scipy.stats.expon,
    "logistic": scipy.stats.logistic,
    "Laplace": scipy.stats.laplace,
}
H = 1e-4  # a central difference errs by H² f''' / 6, below 1e-6 here; rounding by 1e-16 / H


def gauss(n=100):
    """ε and weights (n,) whose sum is the mean under N(0, 1): exact for polynomials of degree
    2n − 1, and to rounding for the sines here."""
    nodes, weights = hermegauss(n)
    return torch.tensor(nodes), torch.tensor(weights / weights.sum())


def cells(mu, sigma, reach=16.0, dz=4e-4):
    """z, ε and weights of the midpoints of cells with an edge at z = 0: a kink or a jump there
    errs only by dz²."""
    z = (torch.arange(-reach / dz, reach / dz, dtype=torch.float64) + 0.5) * dz
    eps = (z - mu) / sigma
    return z, eps, (-(eps**2) / 2).exp() * dz / sigma / math.sqrt(2 * math.pi)


def noise(name, mu, sigma):
    return gauss() if name in SMOOTH else cells(mu, sigma)[1:]


def variance(g, weights):
    return weights @ g**2 - (weights @ g) ** 2


def places(n=4):
    """Random (μ, σ) in double precision."""
    u = torch.rand(n, 2, dtype=torch.float64)
    return [(mu, sigma) for mu, sigma in zip(3 * u[:, 0] - 1.5, 0.4 + 0.8 * u[:, 1])]


def slope_of_the_integral(function, mu, sigma):
    """d/dμ ∫ f(z) N(z; μ, σ²) dz by a difference in μ: neither ε nor a score is in it."""
    above, below = (cells(mu + h, sigma) for h in (H, -H))
    return (function(above[0]) @ above[2] - function(below[0]) @ below[2]) / (2 * H)


# ---- sections 1 and 2: a draw ----------------------------------------------------------------


def test_a_draw_is_mu_plus_sigma_times_the_noise_it_is_given():
    mu, sigma, eps = torch.randn(3, 7, dtype=torch.float64)
    before = eps.clone()
    assert_close(
        draw(mu, sigma, eps).numpy(), np.array([m + s * e for m, s, e in zip(mu, sigma, eps)])
    )
    assert torch.equal(eps, before)


def test_a_draw_has_the_moments_of_the_gaussian():
    eps, weights = gauss(10)  # exact up to degree 19
    for mu, sigma in places():
        moments = [weights @ draw(mu, sigma, eps) ** k for k in range(1, 5)]
        assert_close(
            torch.stack(moments).numpy(),
            np.array([scipy.stats.norm(mu, sigma).moment(k) for k in range(1, 5)]),
        )


def test_the_slopes_of_a_draw_are_its_finite_differences_one_and_eps():
    eps = torch.randn(50, dtype=torch.float64)
    z, to_mu, to_sigma = lecture.slopes(0.5, 1.3, eps)
    assert_close(z, 0.5 + 1.3 * eps)
    assert_close(to_mu, (draw(0.5 + H, 1.3, eps) - draw(0.5 - H, 1.3, eps)) / (2 * H))
    assert_close(to_sigma, (draw(0.5, 1.3 + H, eps) - draw(0.5, 1.3 - H, eps)) / (2 * H))
    assert torch.equal(to_mu, torch.ones_like(eps)) and torch.equal(to_sigma, eps)
    assert not z.requires_grad


def test_the_expected_loss_is_its_quadrature():
    eps, weights = gauss()
    for mu, sigma in places():
        assert_close(lecture.expectation(mu, sigma), weights @ f(draw(mu, sigma, eps)))
        assert_close(
            lecture.expectation(mu, sigma),
            f(cells(mu, sigma)[0]) @ cells(mu, sigma)[2],
            rtol=0,
            atol=1e-6,
        )


def test_the_average_over_draws_is_exact_for_the_two_draws_that_have_the_right_moments():
    mu, eps = (
        torch.randn(5, dtype=torch.float64),
        torch.tensor([[-1.0, 1.0]], dtype=torch.float64),
    )
    assert_close(
        lecture.average(mu, 0.7, eps), lecture.expectation(mu, 0.7)
    )  # ±1 have mean 0 and variance 1


def test_every_average_is_over_its_own_draws():
    mu, eps = torch.randn(5, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    by_hand = [
        sum((m + 0.7 * e - 1) ** 2 for e in row) / 3
        for m, row in zip(mu.tolist(), eps.tolist())
    ]
    assert_close(lecture.average(mu, 0.7, eps), torch.tensor(by_hand, dtype=torch.float64))


# ---- section 3: two estimators ---------------------------------------------------------------


@pytest.mark.parametrize("name", cases)
def test_the_exact_derivative_is_a_difference_of_the_integral(name):
    function, derivative = cases[name]
    for mu, sigma in places():
        assert_close(
            derivative(mu, sigma), slope_of_the_integral(function, mu, sigma), rtol=0, atol=2e-6
        )


@pytest.mark.parametrize("b", [0.0, -1.7, 2.9])
@pytest.mark.parametrize("name", cases)
def test_the_score_function_has_the_derivative_as_its_mean_with_every_baseline(name, b):
    for mu, sigma in places():
        eps, weights = noise(name, mu, sigma)
        mean = weights @ score(cases[name][0], mu, sigma, eps, b)
        assert_close(mean, slope_of_the_integral(cases[name][0], mu, sigma), rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", [*SMOOTH, BENT])
def test_the_pathwise_estimator_has_the_derivative_as_its_mean(name):
    for mu, sigma in places():
        eps, weights = noise(name, mu, sigma)
        mean = weights @ pathwise(cases[name][0], mu, sigma, eps)
        assert_close(mean, slope_of_the_integral(cases[name][0], mu, sigma), rtol=0, atol=2e-6)


def test_the_pathwise_estimate_of_a_step_is_exactly_zero_where_the_derivative_is_not():
    for mu, sigma in places():
        estimates = pathwise(cases[STEP][0], mu, sigma, cells(mu, sigma)[1])
        assert not estimates.any() and cases[STEP][1](mu, sigma) > 1e-3


@pytest.mark.parametrize("name", cases)
def test_each_score_estimate_is_the_loss_above_the_baseline_times_the_slope_of_log_q(name):
    function, eps = cases[name][0], torch.randn(20, dtype=torch.float64)
    for mu, sigma in places():
        z, at = mu + sigma * eps, mu.expand(20).clone().requires_grad_()
        (slope,) = grad(Normal(at, sigma).log_prob(z).sum(), at)
        assert_close(score(function, mu, sigma, eps, 0.6), (function(z) - 0.6) * slope)


@pytest.mark.parametrize("name", SMOOTH)
def test_each_pathwise_estimate_is_the_difference_at_pinned_noise(name):
    function, eps = cases[name][0], torch.randn(20, dtype=torch.float64)
    for mu, sigma in places():
        above, below = (function(mu + h + sigma * eps) for h in (H, -H))
        assert_close(
            pathwise(function, mu, sigma, eps), (above - below) / (2 * H), rtol=0, atol=1e-6
        )


@pytest.mark.parametrize("b", [0.0, -1.7, 2.9])
def test_the_variances_are_their_quadrature(b):
    eps, weights = gauss()
    for mu, sigma in places():
        assert_close(
            lecture.score_variance(mu, sigma, b),
            variance(score(square, mu, sigma, eps, b), weights),
        )
        assert_close(
            lecture.pathwise_variance(mu, sigma),
            variance(pathwise(square, mu, sigma, eps), weights),
        )


def test_the_best_baseline_is_where_the_lecture_puts_it():
    eps, weights = gauss()
    for mu, sigma in places():
        best = (mu**2 + 3 * sigma**2).requires_grad_()
        (slope,) = grad(variance(score(square, mu, sigma, eps, best), weights), best)
        assert abs(slope) < 1e-9  # a parabola's lowest point; values are near 10
        assert_close(lecture.score_variance(mu, sigma, best), 8 * mu**2 + 6 * sigma**2)


@pytest.mark.parametrize("D", [1, 2, 3, 4])
def test_the_variances_in_d_dimensions_are_those_that_the_lecture_asserts(D):
    text = source(NAME).read_text(encoding="utf-8")
    plain, with_b = (
        eval(re.search(rf"abs\({name} / \((.+?)\) - 1\) <", text)[1], {"D": D})
        for name in ("plain", "with_b")
    )
    nodes, weights = gauss(4)  # exact up to degree 7, and f² z₁² has degree 6
    z = torch.cartesian_prod(*[nodes] * D).view(-1, D)
    weights = torch.cartesian_prod(*[weights] * D).view(-1, D).prod(1)
    f = z.square().sum(1)
    by_moments = scipy.stats.chi2(D).moment(3) / D  # E f² z₁² = E f³ / D, and the mean is 0
    assert (
        variance(f * z[:, 0], weights).item()
        == pytest.approx(by_moments)
        == pytest.approx(plain)
    )
    by_baseline = [
        variance((f - b) * z[:, 0], weights).item() for b in (D + 1.9, D + 2, D + 2.1)
    ]
    assert by_baseline[1] == pytest.approx(with_b) == pytest.approx(min(by_baseline))


def sine_variances(sigma):
    """For sin 3z at μ = 0: of 3 cos 3σε, and of sin(3σε) ε/σ, from E cos kε = exp(−k²/2) and
    its second derivative."""

    def cosine(k):
        return math.exp(-((k * sigma) ** 2) / 2)

    second = 0.5 * (1 - (1 - (6 * sigma) ** 2) * cosine(6)) / sigma**2  # E sin²(3σε) ε² / σ²
    return 9 * (0.5 * (1 + cosine(6)) - cosine(3) ** 2), second - 9 * cosine(3) ** 2


def test_the_exercises_variances_are_those_by_hand_and_meet_where_the_check_says_so(
    monkeypatch,
):
    eps, weights = gauss()
    for sigma in (0.3, 0.8, 1.2):
        by_quadrature = [
            variance(g(cases["sin 3z"][0], 0.0, sigma, eps), weights).item()
            for g in (pathwise, score)
        ]
        assert by_quadrature == pytest.approx(sine_variances(sigma), rel=1e-6)
    low, high = 0.1, 2.0
    apart = [np.subtract(*sine_variances(sigma)) for sigma in np.linspace(low, high, 400)]
    assert np.count_nonzero(np.diff(np.sign(apart))) == 1, (
        "the exercise's bisection wants one crossing"
    )
    meet = scipy.optimize.brentq(lambda sigma: np.subtract(*sine_variances(sigma)), low, high)
    monkeypatch.setattr(lecture, "pinned_eps", torch.randn(200_000), raising=False)
    assert checks.equal_variances(meet, lecture.variances).ok
    assert "Raise" in checks.equal_variances(low, lecture.variances).message
    assert "Lower" in checks.equal_variances(high, lecture.variances).message


# ---- section 4: a VAE by the score function --------------------------------------------------


@pytest.fixture
def pin(monkeypatch):
    """pin(ε) makes the lecture's q draw with this noise: by `sample` without a gradient, by
    `rsample` with one."""

    def pinned(eps):
        class Pinned(Normal):
            def rsample(self, sample_shape=()):
                return self.loc + self.scale * eps

            def sample(self, sample_shape=()):
                return self.rsample().detach()

        monkeypatch.setattr(lecture, "Normal", Pinned)

    return pinned


@pytest.fixture
def vae(shake):
    """vae(latent): small, in double precision; its q is narrow enough for few nodes."""

    def made(latent):
        model = shake(VAE(latent=latent, side=2, hidden=8, dropout=0.0)).double()
        with torch.no_grad():
            model.encoder[-1].bias[latent:] = -1.0
        return model

    return made


def gradient(loss, model):
    return torch.cat([g.flatten() for g in grad(loss, list(model.parameters()))])


def encoder_size(model):
    return sum(p.numel() for p in model.encoder.parameters())


def pieces(model, x, eps):
    """log p(x|z), log q(z|x) at a fixed z, and the KL by torch, each (B,)."""
    mu, log_sigma = model.encode(x)
    q = Normal(mu, log_sigma.exp())
    z = (mu + log_sigma.exp() * eps).detach()
    kl = kl_divergence(q, Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum(1)
    return model.log_likelihood(x, z), q.log_prob(z).sum(1), kl


def pathwise_gradient(model, x, n):
    """The gradient of −ELBO, averaged over the images: the mean over q by quadrature, passing
    through z = μ + σ ε."""
    (eps, weights), (mu, log_sigma) = gauss(n), model.encode(x)
    z = (mu[:, None] + log_sigma.exp()[:, None] * eps[:, None]).view(-1, 1)
    f = model.log_likelihood(x.repeat_interleave(n, 0), z).view(-1, n) @ weights
    kl = kl_divergence(
        Normal(mu, log_sigma.exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    ).sum(1)
    return gradient((kl - f).mean(), model)


@pytest.mark.parametrize("baseline", [False, True])
def test_the_score_loss_has_the_value_of_minus_the_elbo_at_its_draw(vae, images, pin, baseline):
    model, x, eps = vae(3), images(4, 2).double(), torch.randn(4, 3, dtype=torch.float64)
    pin(eps)
    f, _, kl = pieces(model, x, eps)
    assert_close(lecture.score_loss(model, x, baseline), (kl - f).mean())


@pytest.mark.parametrize("baseline", [False, True])
def test_the_score_loss_has_the_gradient_that_the_formula_gives_at_its_draw(
    vae, images, pin, baseline
):
    model, x, eps = vae(2), images(3, 2).double(), torch.randn(3, 2, dtype=torch.float64)
    pin(eps)
    f, log_q, kl = pieces(model, x, eps)
    each = f.tolist()
    others = [
        (sum(each) - own) / 2 if baseline else 0.0 for own in each
    ]  # the mean of the other two images
    formula = (
        sum(k - a - (own - b) * q for k, a, own, b, q in zip(kl, f, each, others, log_q)) / 3
    )
    assert_close(
        gradient(lecture.score_loss(model, x, baseline), model), gradient(formula, model)
    )


def test_the_score_loss_of_one_image_has_minus_the_elbos_gradient_as_its_mean(vae, images, pin):
    model, x, mean = vae(1), images(1, 2).double(), 0.0
    for eps, weight in zip(*gauss(40)):
        pin(eps)
        mean = mean + weight * gradient(lecture.score_loss(model, x), model)
    exact = pathwise_gradient(model, x, 40)
    assert_close(
        mean, exact, rtol=1e-6, atol=1e-6 * exact.abs().max().item()
    )  # both rules have converged to 1e-9
    assert (
        exact[: encoder_size(model)].abs().max() > 0.01
        and exact[encoder_size(model) :].abs().max() > 0.01
    )


def test_a_baseline_from_the_other_images_adds_no_bias(vae, images, pin):
    model, x, mean = vae(1), images(2, 2).double(), 0.0
    eps, weights = gauss(12)
    for i, j in itertools.product(range(12), range(12)):  # the two draws are independent
        pin(eps[[i, j]][:, None])
        mean = mean + weights[i] * weights[j] * gradient(
            lecture.score_loss(model, x, baseline=True), model
        )
    exact = pathwise_gradient(model, x, 40)
    assert_close(mean, exact, rtol=1e-3, atol=1e-4 * exact.abs().max().item())


def test_the_losses_of_the_race_are_those_that_their_names_say(vae, images, pin):
    model, x, eps = vae(2), images(3, 2).double(), torch.randn(3, 2, dtype=torch.float64)
    pin(eps)
    plain, other = (
        gradient(lecture.score_loss(model, x, baseline), model) for baseline in (False, True)
    )
    assert_close(gradient(lecture.losses["score function"](model, x), model), plain)
    assert_close(gradient(lecture.losses["with baseline"](model, x), model), other)
    assert not torch.allclose(plain, other)
    torch.manual_seed(1)
    loss = lecture.losses["pathwise"](model, x)
    torch.manual_seed(1)
    assert_close(gradient(loss, model), gradient(-model.elbo(x).mean(), model))


class Toy(nn.Module):
    """Its loss is noise times an affine function; the decoder's gradient is no part of the
    encoder's variance."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(2, 1).double(), nn.Linear(1, 1).double()

    def loss(self, x, eps):
        return self.decoder(eps * self.encoder(x)).sum()


def test_half_the_squared_distance_is_the_variance_averaged_over_all_pairs():
    toy, x, luck = (
        Toy(),
        torch.randn(1, 2, dtype=torch.float64),
        torch.randn(6, dtype=torch.float64).tolist(),
    )
    own = torch.stack(
        [
            torch.cat(
                [g.flatten() for g in grad(toy.loss(x, e), list(toy.encoder.parameters()))]
            )
            for e in luck
        ]
    )
    pairs = [
        lecture.encoder_variance(toy.loss(x, a), toy.loss(x, b), toy)
        for a in luck
        for b in luck
    ]
    assert np.mean(pairs) == pytest.approx(
        own.var(0, unbiased=False).sum().item()
    )  # six draws, equally probable


def test_a_training_of_the_race_records_a_variance_a_step_and_trains_by_its_first_loss(
    monkeypatch, images
):
    x, constants = images(60), iter([1.0, 3.0, 5.0, 9.0])
    monkeypatch.setattr(lecture, "data", SimpleNamespace(x=x), raising=False)
    model = VAE(latent=2, hidden=8, dropout=0.0)
    monkeypatch.setitem(
        lecture.losses, "pathwise", lambda m, rows: 0 * m.loss(rows) + next(constants)
    )
    steps = lecture.training("pathwise", model)
    assert [next(steps).losses["loss"] for _ in range(2)] == [1.0, 5.0]
    assert model.variance == [0.0, 0.0]  # both gradients are zero
    monkeypatch.undo()
    monkeypatch.setattr(lecture, "data", SimpleNamespace(x=x), raising=False)
    step = next(lecture.training("with baseline", model))
    assert step.steps == 200 and len(model.variance) == 1 and 0 < model.variance[0] < math.inf


# ---- section 5: other distributions ----------------------------------------------------------

SCALES = [
    0.5,
    1.25,
    2.0,
]  # exact in single precision too, in which torch keeps a number that it is given


@pytest.fixture
def u():
    return torch.rand(200, dtype=torch.float64).clamp(1e-6, 1 - 1e-6)


@pytest.mark.parametrize("b", SCALES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_inverse_and_the_distribution_function_are_scipys_and_undo_each_other(name, b, u):
    z, there = lecture.inverse_cdf[name](u, torch.full_like(u, b)), CONTINUOUS[name](scale=b)
    assert_close(z.numpy(), there.ppf(u))
    assert_close(lecture.cdf[name](z, b), u)
    axis = torch.linspace(-6, 6, 101, dtype=torch.float64)
    assert_close(lecture.cdf[name](axis, b).numpy(), there.cdf(axis))


@pytest.mark.parametrize("b", SCALES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_slope_of_a_quantile_is_a_difference_of_scipys(name, b, u):
    z, to_b = lecture.quantile(name, u, b)
    above, below = (CONTINUOUS[name](scale=b + h).ppf(u) for h in (H, -H))
    assert_close(z.numpy(), CONTINUOUS[name](scale=b).ppf(u))
    assert_close(
        to_b.numpy(), (above - below) / (2 * H), rtol=1e-7, atol=1e-9
    )  # z is linear in b: only rounding


@pytest.mark.parametrize("b", SCALES)
def test_a_choice_is_a_staircase_with_softmax_treads_and_no_slope(b):
    p = scipy.special.softmax(b * np.array([-1.0, 0.0, 1.0]))
    u = (torch.arange(10_000, dtype=torch.float64) + 0.5) / 10_000
    z, to_b = lecture.quantile("a choice", u, b)
    assert (z.diff() >= 0).all() and not to_b.any()
    shares = [(z == v).double().mean().item() for v in (-1.0, 0.0, 1.0)]
    assert shares == pytest.approx(p, abs=1.1e-4)  # a tread ends between two of 10,000 points


@pytest.mark.parametrize("b", SCALES)
def test_the_distribution_function_of_a_choice_climbs_by_softmax(b):
    p = scipy.special.softmax(b * np.array([-1.0, 0.0, 1.0]))
    heights = lecture.cdf["a choice"](torch.tensor([-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]), b)
    assert heights.tolist() == pytest.approx(
        [0, p[0], p[0], p[0] + p[1], p[0] + p[1], 1, 1], abs=1e-6
    )


def test_the_solutions_samplers_are_scipys(u):
    mu, b = torch.randn(200, dtype=torch.float64), 0.5 + torch.rand(200, dtype=torch.float64)
    assert_close(lecture.solved_laplace(u, mu, b).numpy(), scipy.stats.laplace(mu, b).ppf(u))
    eps = torch.tensor(scipy.stats.norm.ppf(u))
    assert_close(
        lecture.solved_reparameterize(mu, b.log(), eps).numpy(), scipy.stats.norm(mu, b).ppf(u)
    )


# ---- section 5: soft choices -----------------------------------------------------------------


@pytest.fixture
def double(monkeypatch):
    for name in ("logits", "values"):
        monkeypatch.setattr(lecture, name, getattr(lecture, name).double())
    return lecture.logits


@pytest.fixture
def g():
    return torch.tensor(scipy.stats.gumbel_r.ppf(torch.rand(8, 3, dtype=torch.float64)))


def costs():
    return (lecture.values.double().numpy() - 0.4) ** 2


def exact_gradient(logits):
    """d/dℓ Σ p_k c_k = p (c − Σ p c), by hand."""
    p, c = scipy.special.softmax(logits), costs()
    return p * (c - p @ c)


def test_gumbel_noise_has_scipys_gumbel_distribution_in_three_independent_columns():
    noise = lecture.gumbel(20_000, 3)
    assert noise.shape == (20_000, 3)
    assert scipy.stats.kstest(noise.flatten().numpy(), scipy.stats.gumbel_r.cdf).pvalue > 1e-6
    apart = np.corrcoef(noise.numpy().T) - np.eye(3)
    assert np.abs(apart).max() < 5 / 20_000**0.5


@pytest.mark.parametrize("tau", [0.2, 1.0, 5.0])
def test_a_soft_choice_is_scipys_softmax_of_the_shifted_logits_over_tau(double, g, tau):
    soft = lecture.gumbel_softmax(double, g, tau)
    assert_close(soft.numpy(), scipy.special.softmax((double + g).numpy() / tau, axis=1))


def test_a_soft_choice_is_hard_in_the_cold_and_uniform_in_the_heat(double, g):
    hard = np.eye(3)[(double + g).numpy().argmax(1)]
    gap = (double + g).sort(1).values.diff(dim=1)[:, -1].min().item()
    assert_close(
        lecture.gumbel_softmax(double, g, gap / 40).numpy(), hard, rtol=0, atol=1e-15
    )  # 2 exp(−40)
    assert_close(
        lecture.gumbel_softmax(double, g, 1e9).numpy(),
        np.full((8, 3), 1 / 3),
        rtol=0,
        atol=1e-7,
    )


@pytest.mark.parametrize("tau", [0.3, 1.0, 4.0])
def test_the_gradient_of_a_soft_choice_is_its_finite_difference(double, g, tau):
    own = double.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda logits: lecture.gumbel_softmax(logits, g, tau), own)


@pytest.mark.parametrize("tau", [0.1, 1.0, 10.0])
def test_of_two_choices_the_softmax_share_is_chosen_since_a_gumbel_difference_is_logistic(tau):
    logits, n = torch.tensor([0.3, -0.9], dtype=torch.float64), 10_000
    p = scipy.special.softmax(logits.numpy())[0]
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    logistic = torch.stack(
        [torch.tensor(scipy.stats.logistic.ppf(u)), torch.zeros(n, dtype=torch.float64)], 1
    )
    share = (lecture.gumbel_softmax(logits, logistic, tau)[:, 0] > 0.5).double().mean().item()
    assert share == pytest.approx(p, abs=1.1 / n)
    share = (
        (lecture.gumbel_softmax(logits, lecture.gumbel(n, 2), tau)[:, 0] > 0.5)
        .double()
        .mean()
        .item()
    )
    assert abs(share - p) < 5 * (p * (1 - p) / n) ** 0.5


def test_the_loss_of_a_choice_is_the_squared_distance_of_its_value(double):
    assert_close(lecture.choice_loss(torch.eye(3, dtype=torch.float64)).numpy(), costs())
    soft = torch.rand(5, 3, dtype=torch.float64)
    assert_close(
        lecture.choice_loss(soft).numpy(), (soft.numpy()[:, 2] - soft.numpy()[:, 0] - 0.4) ** 2
    )


FORCED = 100 * torch.eye(3)  # noise that makes each choice once


def test_the_hard_choice_is_the_argmax_and_has_the_softmax_shares():
    assert torch.equal(lecture.hard(FORCED), torch.eye(3))
    p, n = lecture.logits.softmax(0), 20_000
    share = lecture.hard(lecture.gumbel(n, 3)).mean(0)
    assert ((share - p).abs() < 5 * (p * (1 - p) / n).sqrt()).all()


def test_each_score_gradient_is_the_cost_times_the_slope_of_log_p():
    logits = lecture.logits.double().requires_grad_()
    slopes = torch.stack([grad(logits.log_softmax(0)[k], logits)[0] for k in range(3)])
    wanted = torch.tensor(costs())[:, None] * slopes
    assert_close(lecture.hard_gradients(FORCED).double(), wanted, rtol=0, atol=1e-5)


def test_the_score_gradients_have_the_exact_mean_by_enumeration():
    p = scipy.special.softmax(lecture.logits.numpy())
    mean = np.tensordot(p, lecture.hard_gradients(FORCED).numpy(), 1)
    exact = exact_gradient(lecture.logits.numpy())
    assert_close(mean, exact, rtol=0, atol=1e-5, check_dtype=False)


def test_the_score_gradients_have_the_exact_mean_over_gumbel_noise():
    draws = lecture.hard_gradients(lecture.gumbel(40_000, 3))
    error = draws.std(0) / 40_000**0.5
    assert (
        (draws.mean(0) - torch.tensor(exact_gradient(lecture.logits.numpy()))).abs() < 5 * error
    ).all()


@pytest.mark.parametrize("tau", [0.3, 1.0, 4.0])
def test_every_row_of_soft_gradients_is_its_finite_difference(double, g, tau):
    def loss(logits):
        soft = scipy.special.softmax((logits + g.numpy()) / tau, axis=1)
        return (soft[:, 2] - soft[:, 0] - 0.4) ** 2

    steps = 1e-5 * np.eye(3)
    differences = [(loss(double.numpy() + h) - loss(double.numpy() - h)) / 2e-5 for h in steps]
    assert_close(
        lecture.soft_gradients(tau, g).numpy(), np.stack(differences, 1), rtol=0, atol=1e-6
    )  # h² f''' / 6
