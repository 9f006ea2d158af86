"""Chains of steps and the diffusion model at random weights, every formula by another route."""

import math
from functools import partial

import numpy as np
import pytest
import scipy.stats
import torch
from scipy.special import log_softmax
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from lecture_utils.models import chains
from lecture_utils.models.chains import cosine, langevin, linear, reverse, strided
from lecture_utils.models.diffusion import Diffusion

NEAR = {"rtol": 1e-9, "atol": 1e-9}
SINGLE = {"rtol": 1e-5, "atol": 1e-6}  # ᾱ is in single precision
SCHEDULES = {"cosine": cosine(20, 0.1), "linear": linear(40, 1e-3, 0.3)}
every_schedule = pytest.mark.parametrize(
    "a", [a.double() for a in SCHEDULES.values()], ids=SCHEDULES
)


def chance(seed):
    return torch.Generator().manual_seed(seed)


def rows(n, dim=1):
    return torch.randn(n, dim, dtype=torch.float64)


def end(states):
    *_, last = states
    return last.x


def posterior(a, t, s, x_t, x_0):
    """q(x_s|x_t, x_0): the precisions of x_s given x_0 and of x_t given x_s are added."""
    kept, beta = (a[t] / a[s]).sqrt(), 1 - a[t] / a[s]
    precision = 1 / (1 - a[s]) + kept**2 / beta
    mean = (a[s].sqrt() * x_0 / (1 - a[s]) + kept * x_t / beta) / precision
    return Normal(mean, precision.rsqrt())


# ---- schedules -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "T, first, last", [(2, 0.1, 0.9), (30, 0.02, 0.9997), (200, 0.3, 0.999)]
)
def test_the_cosine_schedule_takes_even_steps_of_the_angle_between_two_shares_of_noise(
    T, first, last
):
    a = cosine(T, first, last)
    share = (1 - a.double()).sqrt().numpy()
    assert a.shape == (T + 1,) and a.dtype == torch.float32 and a[0] == 1
    wanted = np.linspace(np.arcsin(first), np.arcsin(last), T)
    assert_close(np.arcsin(share[1:]), wanted, rtol=0, atol=1e-5)  # 6e-8 / 2 sin cos
    assert (a.diff() < 0).all() and a[-1] > 0


@pytest.mark.parametrize("T, first, last", [(2, 0.1, 0.9), (50, 1e-4, 0.3), (1000, 1e-4, 0.02)])
def test_the_linear_schedule_has_even_betas_and_alpha_bar_is_the_product(T, first, last):
    a = linear(T, first, last)
    beta = np.linspace(first, last, T)
    by_hand = [math.prod(1 - beta[:t]) for t in range(T + 1)]
    assert a.dtype == torch.float32 and a[0] == 1 and (a.diff() < 0).all()
    assert_close(a.double(), torch.tensor(by_hand), rtol=1e-6, atol=0)
    assert_close(1 - (a[1:] / a[:-1]).double(), torch.tensor(beta), rtol=0, atol=3e-7)


@every_schedule
def test_noise_added_step_by_step_has_the_mean_and_variance_of_the_closed_form(a):
    beta = 1 - a[1:] / a[:-1]
    if len(a) == 41:
        beta = torch.linspace(1e-3, 0.3, 40).double()
    mean, variance, x_0 = 1.7, 0.0, 1.7
    for t, b in enumerate(beta, 1):
        mean, variance = (1 - b).sqrt() * mean, (1 - b) * variance + b
        assert_close(mean, a[t].sqrt() * x_0, **SINGLE)
        assert_close(variance, 1 - a[t], **SINGLE)
    assert (beta > 0).all() and (beta < 1).all()


@pytest.mark.parametrize("T, steps, last", [(10, 4, 0), (10, 9, 1), (7, 1, 0), (997, 50, 1)])
def test_strided_times_are_the_nearest_to_even_ones(T, steps, last):
    times = strided(T, steps, last)
    even = np.linspace(T, last, steps + 1)
    assert len(times) == steps + 1 and (times[0], times[-1]) == (T, last)
    assert np.abs(times - even).max() <= 0.5 + 1e-4 and (np.diff(times) < 0).all()


@pytest.mark.parametrize("make", [cosine, linear])
@pytest.mark.parametrize(
    "wrong", [(1, 0.1, 0.2), (9, 0.0, 0.2), (9, 0.3, 0.2), (9, 0.1, 1.0), (9, -0.1, 0.2)]
)
def test_a_schedule_refuses_what_does_not_rise_between_0_and_1(make, wrong):
    with pytest.raises(ValueError, match="^T, first, last: got .*, wanted 2 steps or more"):
        make(*wrong)


# ---- the way back ----------------------------------------------------------------------------


def knowing(a, x_0):
    """The ε of rows that are known."""
    return lambda x, t: (x - a[t].sqrt() * x_0) / (1 - a[t]).sqrt()


def step_back(a, t, x_t, x_0, steps, monkeypatch, draw, **options):
    """The first step from t on the way back, with `draw` for its noise: its s and x_s."""
    monkeypatch.setattr(chains, "fresh", lambda x, _: torch.full_like(x, draw))
    _, state, *_ = reverse(knowing(a, x_0), x_t, a[: t + 1], steps, **options)
    return state.t, state.x


@every_schedule
@pytest.mark.parametrize(
    "t, steps", [(2, None), (3, 2), (9, None), (19, None), (20, 3), (9, 2)]
)
@pytest.mark.parametrize("corrected", [False, True])
def test_a_step_is_the_posterior_of_bayes_rule(monkeypatch, a, t, steps, corrected):
    x_t, x_0 = rows(3), rows(3)
    options = {"correct": lambda guess: x_0} if corrected else {}
    told = rows(3) if corrected else x_0  # a correction must make up for any ε
    s, mean = step_back(a, t, x_t, told, steps, monkeypatch, 0.0, **options)
    _, higher = step_back(a, t, x_t, told, steps, monkeypatch, 1.0, **options)
    u = torch.linspace(-9, 9, 20001, dtype=torch.float64)
    prior = Normal(a[s].sqrt() * x_0, (1 - a[s]).sqrt()).log_prob(u)
    likelihood = Normal((a[t] / a[s]).sqrt() * u, (1 - a[t] / a[s]).sqrt()).log_prob(x_t)
    p = (prior + likelihood).softmax(1)
    wanted = (p * u).sum(1, keepdim=True)
    variance = (p * (u - wanted).square()).sum(1, keepdim=True)
    assert_close(mean, wanted, rtol=1e-7, atol=1e-7)
    assert_close(higher - mean, variance.sqrt(), rtol=1e-7, atol=1e-7)
    assert_close(posterior(a, t, s, x_t, x_0).mean, wanted, rtol=1e-7, atol=1e-7)


@every_schedule
@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_at_every_eta_a_step_keeps_the_marginal_and_takes_eta_times_the_spread(
    monkeypatch, a, eta
):
    def at(x_t, x_0, draw=0.0):
        x_t, x_0 = (torch.full((1, 1), v, dtype=torch.float64) for v in (x_t, x_0))
        return step_back(a, 15, x_t, x_0, 4, monkeypatch, draw, eta=eta)

    s, of_x = at(1.0, 0.0)
    of_x_0, sigma = at(0.0, 1.0)[1], at(0.0, 0.0, 1.0)[1]
    assert_close(of_x * a[15].sqrt() + of_x_0, a[s].sqrt().view(1, 1), **NEAR)
    assert_close(of_x**2 * (1 - a[15]) + sigma**2, (1 - a[s]).view(1, 1), **NEAR)
    one = posterior(a, 15, s, of_x, 0 * of_x)
    assert_close(sigma, eta * one.stddev.view(1, 1), **NEAR)


@every_schedule
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_the_last_step_adds_no_noise(a, eta):
    x_0 = rows(5)
    assert_close(end(reverse(knowing(a, x_0), rows(5), a, eta=eta)), x_0, **NEAR)


def test_a_correction_is_made_at_every_step_and_holds_at_the_end():
    a = SCHEDULES["cosine"].double()
    states = list(reverse(lambda x, t: 0 * x, 3 * rows(50), a, 6, correct=torch.sin))
    assert all(state.x0.abs().max() <= 1 for state in states[1:])
    assert states[0].x.abs().max() > 1 and torch.equal(states[-1].x, states[-1].x0)


@pytest.mark.parametrize(
    "T, steps, last, times",
    [
        (4, None, 0, [4, 3, 2, 1, 0]),
        (10, 5, 0, [10, 8, 6, 4, 2, 0]),
        (5, None, 1, [5, 4, 3, 2, 1]),
        (9, 2, 1, [9, 5, 1]),
    ],
)
def test_states_count_their_steps_and_ask_for_the_noise_at_their_own_time(
    T, steps, last, times
):
    x, asked = rows(3), []

    def eps(x, t):
        asked.append((t, x))
        return 0.1 * x

    states = list(reverse(eps, x, cosine(T).double(), steps, last=last))
    assert [state.t for state in states] == times and torch.equal(states[0].x, x)
    assert [s.step for s in states] == list(range(len(times)))
    assert {s.steps for s in states} == {len(times) - 1}
    assert [t for t, _ in asked] == times[:-1]
    assert all(x is state.x for (_, x), state in zip(asked, states))
    assert repr(states[1]) == f"step 1 of {len(times) - 1}, t = {times[1]}"


@pytest.mark.parametrize("steps, last, most", [(0, 0, 9), (10, 0, 9), (-1, 0, 9), (9, 1, 8)])
def test_steps_that_are_none_or_too_many_are_refused_by_name(steps, last, most):
    with pytest.raises(ValueError, match=f"^steps: got {steps}, wanted 1 to {most}, "):
        list(reverse(lambda x, t: x, rows(2), cosine(9), steps, last=last))


def test_without_noise_normal_quantiles_become_the_datas_at_first_order_and_nothing_is_drawn():
    a, (m, s) = cosine(400, 0.001, 0.99999).double(), (0.7, 1.6)
    z = torch.tensor(scipy.stats.norm.ppf(np.linspace(0.01, 0.99, 41)))[:, None]

    def eps(x, t):
        return (1 - a[t]).sqrt() * (x - a[t].sqrt() * m) / (a[t] * s**2 + 1 - a[t])

    generator, errors = chance(1), []
    before = torch.get_rng_state(), generator.get_state()
    for steps in (100, 200, 400):
        x = end(reverse(eps, z, a, steps, eta=0.0, generator=generator))
        errors.append((x - (m + s * z)).abs().max())
    assert torch.equal(before[0], torch.get_rng_state())
    assert torch.equal(before[1], generator.get_state()) and (x.diff(dim=0) > 0).all()
    assert errors[2] < 0.03 and errors[0] > 1.6 * errors[1] > 1.6**2 * errors[2]


def test_many_noisy_steps_draw_a_mixture_and_a_few_do_not():
    a, n = cosine(200).double(), 4000
    p, m, s = (torch.tensor(v).double() for v in ([0.3, 0.7], [-2.0, 1.5], [0.4, 0.6]))

    def eps(x, t):  # −√(1 − ᾱ) ∇ log p(x_t), by autograd
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            part = Normal(a[t].sqrt() * m, (a[t] * s**2 + 1 - a[t]).sqrt())
            log_p = (part.log_prob(x) + p.log()).logsumexp(1).sum()
        return -(1 - a[t]).sqrt() * torch.autograd.grad(log_p, x)[0]

    def cdf(u):
        return (Normal(m, s).cdf(torch.tensor(u)[:, None]) @ p).numpy()

    def chance_of(steps):
        x = end(reverse(eps, rows(n), a, steps)).numpy()
        return scipy.stats.kstest(x[:, 0], cdf).pvalue

    assert chance_of(200) > 1e-6 > chance_of(5)


def test_langevin_steps_keep_the_variance_that_their_size_gives():
    n, m, size = 20000, 1.5, 0.4
    states = list(langevin(lambda x: m - x, torch.zeros(n).double(), size, 40))
    x, wanted = states[-1].x, 1 / (1 - size / 2)  # v = (1 − h)² v + 2h
    assert [(s.step, s.steps, s.t) for s in states] == [(i, 40, 0) for i in range(41)]
    assert all(state.x is state.x0 for state in states) and (states[0].x == 0).all()
    assert abs(x.mean() - m) < 5 * (wanted / n) ** 0.5
    assert abs(x.var() - wanted) < 5 * wanted * (2 / n) ** 0.5


@pytest.mark.parametrize(
    "size, steps", [(0.0, 5), (-0.1, 5), (math.nan, 5), (0.1, 0), (0.1, -1)]
)
def test_langevin_refuses_sizes_and_steps_that_are_not_above_0_by_name(size, steps):
    with pytest.raises(ValueError, match=f"^size, steps: got {size}, {steps}, wanted both"):
        next(langevin(lambda x: -x, rows(3), size, steps))


def test_fresh_noise_is_standard_and_lies_where_x_does_in_its_precision():
    """On `meta`, a device of its own that holds no numbers; a generator of the CPU is fine."""
    for dtype in (torch.float32, torch.float64):
        for generator in (None, chance(1)):
            x = torch.empty(5, 2, device="meta", dtype=dtype)
            drawn = chains.fresh(x, generator)
            assert (drawn.shape, drawn.dtype, drawn.device.type) == ((5, 2), dtype, "meta")
        drawn = chains.fresh(torch.empty(4000, 1, 3, dtype=dtype), None)
        assert scipy.stats.kstest(drawn.flatten(), "norm").pvalue > 1e-6


@pytest.mark.parametrize(
    "draw",
    [
        lambda x, g: end(reverse(lambda x, t: 0.5 * x, x, cosine(9), eta=0.5, generator=g)),
        lambda x, g: end(langevin(lambda x: -x, x, 0.1, 4, g)),
    ],
    ids=["reverse", "langevin"],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_generator_repeats_a_chain_of_any_precision(assert_repeats, draw, dtype):
    x = rows(6, 2).to(dtype)
    assert_repeats(lambda generator: draw(x, generator))
    assert draw(x, None).dtype == dtype


# ---- the model -------------------------------------------------------------------------------


@pytest.fixture
def tiny(shake):
    """A model of small images of few levels at random weights, in double precision."""

    def new(side=2, levels=2, T=6, by=0.4, net=None):
        x = torch.randint(0, levels, (30, 1, side, side)).float()
        model = Diffusion(x, T, width=8, blocks=1, classes=3, levels=levels)
        model = shake(model, by).double()
        model.net = net or model.net
        return model

    return new


def levels_of(model, n):
    """Random images, the first with a bright pixel."""
    x = torch.randint(0, model.levels, (n, *model.shape))
    x[0, 0, 0, 0] = model.levels - 1
    return x


def guess(model, x_t, t, y=None, w=0.0):
    """x̂₀ by a rotation: the network's part stands at a right angle to x_t."""
    phi = model.alpha_bar[t].sqrt().acos().expand(len(x_t))
    none = torch.full((len(x_t),), 3)
    out = model.net(x_t, phi, none)
    if y is not None:
        out = out + (1 + w) * (model.net(x_t, phi, y) - out)
    return phi.cos()[:, None] * x_t - phi.sin()[:, None] * out


def inside(model, x_0):
    pixels = (x_0 * model.spread + model.mean).clamp(0, model.levels - 1)
    return (pixels - model.mean) / model.spread


class Exact(nn.Module):
    """What a network would say that knows the noise of N(m, s²), with its own m and s for every
    label; `seen` are the angles and labels that it was given."""

    def __init__(self, m, s):
        super().__init__()
        self.m, self.s, self.seen = m, s, []

    def forward(self, x, angle, label):
        self.seen.append((angle, label))
        m, variance, c, s = self.m[label], self.s[label] ** 2, angle.cos(), angle.sin()
        c, s = c[:, None], s[:, None]
        apart = (x - c * m) / (c**2 * variance + s**2)
        return c * (s * apart) - s * (m + c * variance * apart)  # c ε̂ − s x̂₀


def exact(D):
    """Means and spreads of three labels, and of none."""
    return Exact(rows(4, D), 0.5 + torch.rand(4, D, dtype=torch.float64))


def test_rows_have_the_mean_0_and_the_spread_1_and_go_back():
    x = torch.randint(0, 17, (40, 1, 3, 3)).float()
    model = Diffusion(x, T=5, width=8, blocks=1).double()
    r = model.rows(x)
    assert r.shape == (40, 9) and r.dtype == torch.float64
    assert_close(r.mean(0), torch.zeros(9).double(), rtol=0, atol=1e-5)
    assert_close(r.square().mean(), torch.tensor(1.0).double(), rtol=0, atol=1e-5)
    assert_close(model.images(r), x.double(), **NEAR)
    assert_close(model.clip(r), r, **NEAR)
    far = 5 * rows(30, 9)
    assert_close(model.images(model.clip(far)), model.images(far).clamp(0, 16), **NEAR)


def test_the_models_options_reach_its_network_and_its_chain():
    x = torch.randint(0, 17, (9, 1, 3, 3)).float()
    model = Diffusion(x, T=7, width=24, blocks=2, dropout=0.3, classes=4)
    assert (
        torch.equal(model.alpha_bar, cosine(7, first=0.3)) and model.net.last.in_features == 24
    )
    assert {m.p for m in model.net.blocks.modules() if isinstance(m, nn.Dropout)} == {0.3}
    assert len(model.net.blocks) == 2 and len(model.net.of_label.weight) == 5
    assert model.log_levels(model.rows(x)).shape == (9, 9, 17)


def test_a_row_darker_than_level_1_is_clipped_as_any_other(tiny):
    model = tiny(levels=3)
    dark = model.rows(torch.zeros(1, *model.shape))
    for shift in (-0.01, 0.01, -5.0):
        assert_close(model.clip(dark + shift), inside(model, dark + shift), **NEAR)
    assert_close(model.clip(dark - 5), dark, **NEAR)


@pytest.mark.parametrize("t", [1, 4, "each"])
@pytest.mark.parametrize("labelled", [False, True])
def test_the_score_is_the_gradient_of_the_log_density_where_the_network_is_exact(
    tiny, t, labelled
):
    net, x, y = exact(4), rows(6, 4).requires_grad_(), torch.tensor([0, 1, 2, 0, 1, 2])
    model, label = tiny(net=net), y if labelled else torch.full((6,), 3)
    t, y = torch.arange(1, 7) if t == "each" else t, y if labelled else None
    a = model.alpha_bar[t].view(-1, 1)
    density = Normal(a.sqrt() * net.m[label], (a * net.s[label] ** 2 + 1 - a).sqrt())
    (wanted,) = torch.autograd.grad(density.log_prob(x).sum(), x)
    assert_close(model.score(x, t, y), wanted, **NEAR)
    eps = model.eps(x, t, y)
    assert_close(eps, -(1 - a).sqrt() * wanted, **NEAR)
    tweedie = (x + (1 - a) * wanted) / a.sqrt()
    assert_close(model.x0(x, t, eps), tweedie, **NEAR)


@pytest.mark.parametrize("w", [-0.5, 0.0, 0.7, 3.0])
def test_guidance_tilts_the_density_towards_its_label(tiny, w):
    net, x, y = exact(4), rows(6, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    model, t, none = tiny(net=net), 3, torch.full((6,), 3)
    a = model.alpha_bar[t]
    # p(x|y) (p(x|y)/p(x))^w is a Gaussian: its precision is of both, and its mean
    each = [(a.sqrt() * net.m[k], 1 / (a * net.s[k] ** 2 + 1 - a)) for k in (y, none)]
    (m_y, of_y), (m, of_none) = each
    precision = (1 + w) * of_y - w * of_none
    mean = ((1 + w) * of_y * m_y - w * of_none * m) / precision
    assert_close(model.score(x, t, y, w), precision * (mean - x), **NEAR)
    assert_close(model.score(x, t, None, w), of_none * (m - x), **NEAR)
    if w == 0:
        net.seen.clear()
        model.eps(x, t, y, w)
        assert len(net.seen) == 1 and torch.equal(net.seen[0][1], y)


@pytest.mark.parametrize("levels", [2, 5])
@torch.no_grad()
def test_levels_are_a_normal_at_whole_numbers_with_a_bias_and_sum_to_one(tiny, levels):
    model = tiny(levels=levels)
    x_0, k = rows(7, 4), np.arange(levels)
    got = model.log_levels(x_0)
    pixels = (x_0 * model.spread + model.mean).numpy()
    normal = scipy.stats.norm.logpdf(k, pixels[..., None], model.log_s.exp().numpy()[:, None])
    assert_close(got.exp().sum(2), torch.ones(7, 4).double(), **NEAR)
    assert_close(got.numpy(), log_softmax(normal + model.b.numpy(), 2), **NEAR)
    x, grid = levels_of(model, 7), got.numpy()
    wanted = [sum(grid[i, d, int(v)] for d, v in enumerate(x[i].flatten())) for i in range(7)]
    assert_close(model.log_last(x, x_0), torch.tensor(wanted), **NEAR)


# ---- what it learns --------------------------------------------------------------------------


@torch.no_grad()
def test_the_mean_loss_is_that_of_every_time_and_every_noise(tiny):
    model, n = tiny(side=1, levels=3), 1600
    at, weight = np.polynomial.hermite_e.hermegauss(40)
    at, weight = torch.tensor(at)[:, None], torch.tensor(weight / weight.sum())

    def of(k, t):  # E (x_0 − x̂₀)²/(1 − ᾱ) and E log P(k|x_1) of one image of level k
        x_0, a = (k - model.mean) / model.spread, model.alpha_bar[t]
        x0_hat = guess(model, a.sqrt() * x_0 + (1 - a).sqrt() * at, t)
        return [
            weight @ ((x_0 - x0_hat).square() / (1 - a))[:, 0],
            weight @ model.log_levels(x0_hat)[:, 0, k],
        ]

    error = torch.tensor([[of(k, t)[0] for t in range(1, 7)] for k in range(3)]).mean(1)
    last = [of(k, 1)[1] for k in range(3)]
    eighths = torch.tensor([1, 0, 0, 0, 0, 2, 2, 2])
    k = eighths.repeat_interleave(n // 8)
    draws = torch.stack([model.loss(k.view(n, 1, 1, 1)) for _ in range(100)])
    wanted = error[eighths].mean() - last[1]
    assert abs(draws.mean() - wanted) < 5 * draws.std() / 10
    assert draws.std() / 10 < 0.01 * wanted.abs()


@torch.no_grad()
def test_a_network_that_knows_the_image_has_only_the_loss_of_the_last_step(tiny):
    model, n = tiny(T=9), 40
    x = levels_of(model, 1)
    x_0 = model.rows(x)
    model.net = Exact(x_0.expand(4, 4), torch.zeros(4, 4).double())
    wanted = -model.log_levels(x_0)[0, range(4), x.flatten()].mean()
    for y in (None, torch.randint(0, 3, (n,))):
        assert_close(model.loss(x.expand(n, 1, 2, 2), y), wanted, **NEAR)


def test_a_fifth_of_the_labels_is_hidden_and_the_last_eighth_is_at_time_1(tiny):
    net, n = exact(4), 8000
    model, y = tiny(net=net), torch.randint(0, 3, (n,))
    x = levels_of(model, n)
    model.loss(x, y)
    model.loss(x)
    (angle, label), (_, unlabelled) = net.seen
    hidden = label[:n] == 3
    assert abs(hidden.double().mean() - 0.2) < 5 * (0.2 * 0.8 / n) ** 0.5
    assert torch.equal(label[:n][~hidden], y[~hidden]) and (unlabelled == 3).all()
    assert len(label) == n + n // 8 and torch.equal(label[n:], label[: n // 8])
    times = model.alpha_bar[1:].sqrt().acos()
    assert_close(angle[n:], times[:1].expand(n // 8), **NEAR)
    counts = [(angle[:n] - time).abs().lt(1e-9).sum() for time in times]
    assert scipy.stats.chisquare(counts).pvalue > 1e-6 and sum(counts) == n


def test_every_weight_learns_from_the_loss_in_the_direction_of_its_gradient(tiny):
    model, h = tiny(), 1e-5
    x, y = levels_of(model, 20), torch.randint(0, 3, (20,))

    def loss():
        torch.manual_seed(11)
        return model.loss(x, y)

    for p, gradient in zip(model.parameters(), torch.autograd.grad(loss(), model.parameters())):
        direction = torch.randn_like(p)
        with torch.no_grad():
            p.add_(h * direction)
            above = loss()
            p.sub_(2 * h * direction)
            slope = (above - loss()) / (2 * h)
            p.add_(h * direction)
        assert_close((gradient * direction).sum(), slope, rtol=1e-5, atol=1e-6)
        assert gradient.abs().sum() > 0


# ---- the bound -------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [None, 1, 3])
@pytest.mark.parametrize("labelled", [False, True])
@torch.no_grad()
def test_every_term_of_the_bound_is_a_kl_of_two_normals_and_the_last_a_log_probability(
    tiny, steps, labelled
):
    model, n = tiny(), 12
    x, y = levels_of(model, n), torch.randint(0, 3, (n,)) if labelled else None
    x_0, a, generator = model.rows(x), model.alpha_bar, chance(5)
    x_T = Normal(a[6].sqrt() * x_0, (1 - a[6]).sqrt())
    wanted = [kl_divergence(x_T, Normal(torch.zeros_like(x_0), 1.0)).sum(1)]
    times = {None: [6, 5, 4, 3, 2, 1], 1: [6, 1], 3: [6, 4, 3, 1]}[steps]
    for t, s in zip(times, [*times[1:], 0]):
        eps = torch.randn(n, 4, generator=generator, dtype=torch.float64)
        x_t = Normal(a[t].sqrt() * x_0, (1 - a[t]).sqrt())
        x_t = x_t.mean + x_t.stddev * eps
        x0_hat = inside(model, guess(model, x_t, t, y))
        if s == 0:
            wanted.append(-model.log_last(x, x0_hat))
            break
        q, p = (posterior(a, t, s, x_t, known) for known in (x_0, x0_hat))
        wanted.append(kl_divergence(q, p).sum(1))
    got = model.terms(x, y, steps, chance(5))
    assert got.shape == (len(times) + 1, n)
    assert_close(got, torch.stack(wanted).float(), **SINGLE)
    if steps is None and not labelled:
        assert_close(model.elbo(x, chance(5)), -got.sum(0))


def by_quadrature(model, y=None, w=0.0, points=600):
    """P(k) of each level k of the only pixel, by the chain of densities on a grid."""
    a, u = model.alpha_bar, torch.linspace(-7, 7, points, dtype=torch.float64)
    du, y = u[1] - u[0], y if y is None else torch.full((points,), y)
    p = Normal(0.0, 1.0).log_prob(u).exp()
    for t in range(len(a) - 1, 0, -1):
        x0_hat = inside(model, guess(model, u[:, None], t, y, w))
        if t == 1:
            return (p * du) @ model.log_levels(x0_hat)[:, 0].exp()
        p = (p * du) @ posterior(a, t, t - 1, u[:, None], x0_hat).log_prob(u).exp()


@pytest.mark.parametrize("levels", [2, 3])
@torch.no_grad()
def test_the_bound_lies_below_log_p_whose_sum_is_one_and_samples_have_these_shares(
    tiny, levels
):
    model, n = tiny(side=1, levels=levels, T=3), 4000
    p = by_quadrature(model)
    assert_close(p.sum(), torch.tensor(1.0).double(), rtol=0, atol=1e-5)
    x = torch.arange(levels).repeat_interleave(n).view(-1, 1, 1, 1)
    elbo = model.elbo(x).view(levels, n).double()
    error = elbo.std(1) / n**0.5
    assert (elbo.mean(1) < p.log() + 5 * error).all()
    for y, w in ((None, 0.0), (1, 0.7)):
        p = by_quadrature(model, y, w)
        labels = y if y is None else torch.full((2 * n,), y)
        counts = model.sample(2 * n, y=labels, w=w).flatten().long().bincount(minlength=levels)
        assert scipy.stats.chisquare(counts, 2 * n * p / p.sum()).pvalue > 1e-6


# ---- samples ---------------------------------------------------------------------------------


@pytest.mark.parametrize("steps, eta", [(None, 1.0), (3, 0.0), (2, 0.5)])
@pytest.mark.parametrize("w", [None, 0.0, 1.5])
@torch.no_grad()
def test_a_film_is_the_way_back_with_guidance_then_drawn_levels_and_a_sample_is_its_end(
    tiny, steps, eta, w
):
    model, n, g = tiny(), 40, chance(5)
    y = None if w is None else torch.randint(0, 3, (n,))
    options = {"steps": steps, "eta": eta} | ({} if w is None else {"y": y, "w": w})
    a, w = model.alpha_bar, w or 0.0

    def eps(x, t):
        return (x - a[t].sqrt() * guess(model, x, t, y, w)) / (1 - a[t]).sqrt()

    x_T = torch.randn(n, 4, generator=g, dtype=torch.float64)
    wanted = list(reverse(eps, x_T, a, steps, eta, g, partial(inside, model), last=1))
    *states, last = model.states(n, chance(5), **options)
    assert len(states) == len(wanted)
    for state, by_hand in zip(states, wanted):
        assert_close(state.x, by_hand.x, **NEAR)
        assert_close(state.x0, by_hand.x0, **NEAR)
        assert (state.step, state.t) == (by_hand.step, by_hand.t)
    assert {s.steps for s in (*states, last)} == {len(wanted)}
    assert (last.step, last.t) == (len(wanted), 0)
    assert_close(last.x0, inside(model, guess(model, wanted[-1].x, 1, y, w)), **NEAR)
    x = model.images(last.x)
    assert_close(x, x.round(), **NEAR)
    sample = model.sample(n, chance(5), **options)
    assert torch.equal(sample, x.round()) and sample.shape == (n, 1, 2, 2)


@torch.no_grad()
def test_drawn_levels_have_the_chances_of_their_own_pixels(tiny):
    model, n = tiny(T=3), 8000
    *_, last = model.states(n)
    p = model.log_levels(last.x0).exp()
    drawn = nn.functional.one_hot(model.images(last.x).round().flatten(1).long(), 2)
    for weight in (torch.ones(n, 4, 1), last.x0[..., None]):  # x̂₀ tells the rows apart
        off = (weight * (drawn - p)).sum(0)
        assert (off.abs() < 5 * (weight**2 * p * (1 - p)).sum(0).sqrt()).all()


def test_a_generator_repeats_samples_and_bounds(tiny, assert_repeats):
    model, y = tiny(), torch.tensor([0, 1, 2] * 10)
    x = levels_of(model, 30)
    assert_repeats(lambda g: model.sample(30, g))
    assert_repeats(lambda g: model.sample(30, g, y=y, w=1.0, steps=2, eta=0.0))
    assert_repeats(lambda g: model.elbo(x, g))
    assert_repeats(lambda g: model.terms(x, y, 2, g))
    assert not model.elbo(x).requires_grad and not model.sample(3).requires_grad


@pytest.mark.parametrize(
    "use, words",
    [
        (lambda m: m.loss(torch.zeros(5, 1, 3, 2)), "^x: got shape"),
        (lambda m: m.terms(torch.full((5, 1, 2, 2), 3.0)), "^x: got values .* wanted levels"),
        (lambda m: Diffusion(torch.full((5, 1, 2, 2), 17.0)), "^x: got values .* wanted"),
        (lambda m: Diffusion(torch.full((5, 1, 2, 2), math.nan)), "^x: "),
        (lambda m: Diffusion(torch.ones(3, 1, 2, 2)), "^x: got 3 times one image, wanted"),
        (lambda m: m.terms(torch.zeros(2, 1, 2, 2), torch.tensor([0, 3])), "^y: .* in 0..2$"),
        (lambda m: m.terms(torch.zeros(2, 1, 2, 2), torch.zeros(1)), "^y: got shape .1,., wan"),
        (lambda m: m.loss(torch.zeros(5, 1, 2, 2), torch.zeros(4)), "^y: got shape .4,., wan"),
        (lambda m: m.loss(torch.zeros(2, 1, 2, 2), torch.tensor([0, 3])), "^y: .* in 0..2$"),
        (lambda m: m.sample(2, y=torch.tensor([-1, 0])), "^y: .* wanted 2 labels in 0..2$"),
        (lambda m: m.sample(2, y=torch.tensor([[1], [0]])), "^y: got shape .2, 1., "),
        (lambda m: m.sample(2, steps=6), "^steps: got 6, wanted 1 to 5"),
        (lambda m: m.terms(torch.zeros(5, 1, 2, 2), steps=0), "^steps: got 0, wanted 1 to 5"),
    ],
)
def test_the_model_refuses_what_does_not_fit_by_name(tiny, use, words):
    with pytest.raises(ValueError, match=words):
        use(tiny())
