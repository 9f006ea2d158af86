"""Coupling layers and flows at random weights, every formula by another route."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
import scipy.stats
import torch
from scipy.special import expit, log_softmax, logit
from torch import nn
from torch.autograd.functional import jacobian
from torch.distributions import Normal
from torch.quasirandom import SobolEngine
from torch.testing import assert_close

from lecture_utils.metrics import importance_weighted_bound
from lecture_utils.models import flow as flow_module
from lecture_utils.models.couplings import PARTS, STEEP, AffineCoupling, MixtureCoupling
from lecture_utils.models.flow import Flow, ImageFlow, Logit, image_masks, log_logistic

every_kind = pytest.mark.parametrize("kind", [AffineCoupling, MixtureCoupling])
every_mask = pytest.mark.parametrize(
    "kept",
    [[1, 0], [0, 1], [1, 0, 1], [0, 1, 0], [0, 1, 0, 0, 1], [1, 0, 0, 1] * 16],
    ids=lambda kept: "".join(map(str, kept[:5])),
)
both_noises = pytest.mark.parametrize("learned", [True, False], ids=["learned", "uniform"])
NEAR = {"rtol": 1e-9, "atol": 1e-9}
APART = torch.linspace(-2, 2, PARTS)  # where the logistics are before a network moves them


@pytest.fixture
def coupling(shake):
    """A small layer at random weights, in double precision."""

    def new(kind, kept, by=0.5):
        return shake(kind(torch.tensor(kept).bool(), hidden=8), by).double()

    return new


@pytest.fixture
def plane(shake):
    """A small flow in the plane at random weights, in double precision."""

    def new(kind=MixtureCoupling, by=0.5):
        masks = [True, False], [False, True], [True, False]
        return shake(Flow([kind(m, hidden=8) for m in masks]), by).double()

    return new


@pytest.fixture
def tiny(shake):
    """A flow of 2×2 images of few levels, so that all of them can be counted."""

    def new(learned=True, levels=2, kind=MixtureCoupling, by=0.3):
        model = ImageFlow(2, 3, 8, kind=kind, learned_noise=learned, levels=levels)
        return shake(model, by).double()

    return new


def rows(n, dim, spread=2.0):
    return spread * torch.randn(n, dim, dtype=torch.float64)


def jacobians(layer, x):
    """∂z/∂x of every row, (B, D, D)."""
    return jacobian(lambda x: layer(x)[0].sum(0), x).transpose(0, 1)


def chance(seed):
    return torch.Generator().manual_seed(seed)


def standard_error(draws):
    return draws.std(0) / len(draws) ** 0.5


# ---- coupling layers -------------------------------------------------------------------------


@every_kind
@every_mask
def test_the_log_determinant_is_that_of_autograds_jacobian(coupling, kind, kept):
    layer, x = coupling(kind, kept), rows(4, len(kept))
    sign, log_det = torch.linalg.slogdet(jacobians(layer, x))
    got = layer(x)[1]
    assert (sign == 1).all() and got.shape == (4,)
    assert_close(got, log_det, **NEAR)
    assert got.abs().median() > 1e-3


@every_kind
@every_mask
def test_what_the_mask_keeps_stays_and_everything_else_moves(coupling, kind, kept):
    layer, x, kept = coupling(kind, kept), rows(9, len(kept)), torch.tensor(kept).bool()
    for moved in (layer(x)[0], layer.inverse(x)):
        assert torch.equal(moved[:, kept], x[:, kept])
        assert (moved[:, ~kept] != x[:, ~kept]).all()


@every_kind
@every_mask
def test_with_a_first_the_jacobian_is_triangular_and_a_moves_every_element_of_b(
    coupling, kind, kept
):
    layer, x, kept = coupling(kind, kept), rows(3, len(kept)), torch.tensor(kept).bool()
    J, n = jacobians(layer, x), int(kept.sum())
    order = torch.cat([kept.nonzero()[:, 0], (~kept).nonzero()[:, 0]])
    J = J[:, order][:, :, order]
    slopes = J[:, n:, n:].diagonal(dim1=1, dim2=2)
    assert torch.equal(J[:, :n, :n], torch.eye(n).expand(3, n, n).double())
    assert (J[:, :n, n:] == 0).all() and (J[:, n:, :n].abs().amax(2) > 1e-6).all()
    assert torch.equal(J[:, n:, n:], slopes.diag_embed()) and (slopes > 0).all()


@every_kind
def test_no_row_depends_on_another(coupling, kind):
    layer, x = coupling(kind, [1, 0, 1]), rows(5, 3)
    z, log_det = layer(x)
    for i in range(5):
        alone, of_alone = layer(x[i : i + 1])
        assert_close(alone[0], z[i], **NEAR)
        assert_close(of_alone[0], log_det[i], **NEAR)


@every_kind
@every_mask
@torch.no_grad()
def test_the_inverse_takes_back_in_both_orders(coupling, kind, kept):
    layer, x = coupling(kind, kept), rows(200, len(kept))
    slope = layer.g(x[:, layer.b], layer.chosen(x))[1].exp()
    error = (layer.inverse(layer(x)[0]) - x)[:, layer.b].abs()
    steep = slope > 0.01  # where it is flat, digits are lost
    assert error[steep].max() < 1e-9 and steep.float().mean() > 0.8
    assert (error * slope).max() < 1e-9
    assert_close(layer(layer.inverse(x))[0], x, rtol=0, atol=1e-8)


@every_kind
@every_mask
@torch.no_grad()
def test_the_inverse_takes_back_in_single_precision(coupling, kind, kept):
    layer = coupling(kind, kept, by=0.5 / len(kept) ** 0.5).float()
    x = rows(200, len(kept)).float()
    z, log_det = layer(x)
    assert z.dtype == log_det.dtype == layer.inverse(z).dtype == torch.float32
    assert_close(layer.inverse(z), x, rtol=0, atol=1e-4)


def told(layer, x):
    """What the network tells every element of b, in numpy: (B, elements of b, numbers)."""
    return layer.net(x[:, layer.a]).detach().numpy().reshape(len(x), -1, layer.numbers)


@torch.no_grad()
def test_an_affine_layer_is_its_formula(coupling):
    layer, x = coupling(AffineCoupling, [0, 1, 0, 0, 1]), rows(6, 5)
    b, answer = x[:, [0, 2, 3]].numpy(), told(layer, x)
    s, t = np.tanh(answer[..., 0]), answer[..., 1]
    z, log_det = layer(x)
    assert_close(z[:, [0, 2, 3]].numpy(), b * np.exp(s) + t, **NEAR)
    assert_close(log_det.numpy(), s.sum(1), **NEAR)


@torch.no_grad()
def test_a_mixture_layer_is_the_logit_of_four_logistics_mixed_then_scaled_and_shifted(coupling):
    layer, x = coupling(MixtureCoupling, [0, 1, 0, 0, 1]), rows(6, 5, 1.0)
    b, answer = x[:, [0, 2, 3]].numpy(), told(layer, x)
    of_weight, of_centre, of_rate = np.split(answer[..., :12], 3, 2)
    weight = np.exp(3 * np.tanh(of_weight / 3))
    weight /= weight.sum(2, keepdims=True)
    centre = 3 * np.tanh(of_centre / 3) + APART.numpy()
    rate = np.exp(2 * np.tanh(of_rate / 2))
    f = (weight * expit((b[..., None] - centre) * rate)).sum(2)
    by_hand = logit(f) * np.exp(np.tanh(answer[..., 12])) + answer[..., 13]
    assert_close(layer(x)[0][:, [0, 2, 3]].numpy(), by_hand, rtol=1e-7, atol=1e-7)  # 1 − F


def test_at_first_an_affine_layer_is_the_identity_and_a_mixture_has_equal_parts():
    x = rows(7, 3)
    kept = torch.tensor([True, False, False])
    z, log_det = AffineCoupling(kept).double()(x)
    assert torch.equal(z, x) and (log_det == 0).all()
    z, _ = MixtureCoupling(kept).double()(x)
    f = torch.sigmoid(x[:, 1:, None] - APART).mean(2)
    assert_close(z[:, 1:], torch.logit(f), **NEAR)


@every_kind
def test_the_scale_stays_within_one_nat_and_the_shift_is_free(kind):
    chosen = 10 * torch.randn(500, 2, kind.numbers, dtype=torch.float64)
    s, t = kind.s_and_t(chosen)
    assert s.abs().max() <= 1 and (s.min() < -0.99) and (s.max() > 0.99)
    assert_close(s, torch.tanh(chosen[..., -2]))
    assert torch.equal(t, chosen[..., -1])


@pytest.mark.parametrize("size", [1.0, 1e3])
def test_weights_sum_to_one_and_centres_and_rates_are_bounded(size):
    chosen = size * torch.randn(500, 2, MixtureCoupling.numbers, dtype=torch.float64)
    log_weight, centre, log_rate = MixtureCoupling.mixture(chosen)
    assert_close(log_weight.exp().sum(2), torch.ones(500, 2).double(), **NEAR)
    assert log_weight.min() > -6 - math.log(PARTS)
    assert (centre - APART).abs().max() <= 3 and log_rate.abs().max() <= STEEP
    wanted = log_softmax(3 * np.tanh(chosen[..., :4].numpy() / 3), 2)
    assert_close(log_weight.numpy(), wanted, **NEAR)
    assert_close(log_rate, STEEP * torch.tanh(chosen[..., 8:12] / STEEP), **NEAR)


def random_mixture(n, dtype=torch.float64):
    chosen = 2 * torch.randn(n, 1, MixtureCoupling.numbers, dtype=dtype)
    return MixtureCoupling.mixture(chosen)


def test_bend_is_the_logit_of_the_mixture_and_its_log_slope_is_autograds():
    mixture = log_weight, centre, log_rate = random_mixture(50)
    b = rows(50, 1, 1.0).requires_grad_()
    f = (log_weight.exp() * torch.sigmoid((b[..., None] - centre) * log_rate.exp())).sum(2)
    y, log_slope = MixtureCoupling.bend(b, *mixture)
    inside = (f > 1e-4) & (f < 1 - 1e-4)  # 1 − F loses digits
    assert inside.sum() > 25
    (slope,) = torch.autograd.grad(torch.logit(f).sum(), b, retain_graph=True)
    (own,) = torch.autograd.grad(y.sum(), b)
    assert_close(y[inside], torch.logit(f)[inside], **NEAR)
    assert_close(log_slope[inside], slope.log()[inside], rtol=1e-8, atol=1e-8)
    assert_close(log_slope, own.log(), **NEAR)


def bend_in_decimals(b, log_weight, centre, log_rate):
    """The definition of one `bend`, in sixty digits and without an underflow."""
    with localcontext() as context:
        context.prec = 60
        weight = [Decimal(w).exp() for w in log_weight.tolist()]
        rate = [Decimal(r).exp() for r in log_rate.tolist()]
        u = [(Decimal(b) - Decimal(c)) * r for c, r in zip(centre.tolist(), rate)]
        below, above = [1 / (1 + (-v).exp()) for v in u], [1 / (1 + v.exp()) for v in u]
        f = sum(w * p for w, p in zip(weight, below))
        rest = sum(w * q for w, q in zip(weight, above))
        density = sum(w * r * p * q for w, r, p, q in zip(weight, rate, below, above))
        return float((f / rest).ln()), float((density / f / rest).ln())


@pytest.mark.parametrize("b", [-1000.0, -30.0, -3.0, 0.0, 3.0, 30.0, 1000.0])
@pytest.mark.parametrize("dtype, digit", [(torch.float32, 6e-8), (torch.float64, 1e-16)])
def test_bend_is_exact_far_in_both_tails(b, dtype, digit):
    mixture, n = random_mixture(6, dtype), 6
    y, log_slope = MixtureCoupling.bend(torch.full((n, 1), b, dtype=dtype), *mixture)
    each = [bend_in_decimals(b, *(m[i, 0] for m in mixture)) for i in range(n)]
    wanted_y, wanted_slope = torch.tensor(each, dtype=torch.float64).T
    atol = 30 * digit * (5 + abs(b))  # sums of numbers of the size of u, at most 8 |b|
    assert_close(y[:, 0].double(), wanted_y, rtol=0, atol=atol)
    assert_close(log_slope[:, 0].double(), wanted_slope, rtol=0, atol=atol)


@pytest.mark.parametrize("size", [30.0, 1000.0])
def test_a_mixture_layer_and_its_gradient_are_finite_far_away_in_single_precision(
    coupling, size
):
    layer = coupling(MixtureCoupling, [1, 0, 0]).float()
    x = torch.tensor([[1.0, size, -size], [-1.0, -size, size]]).requires_grad_()
    z, log_det = layer(x)
    (z.sum() + log_det.sum()).backward()
    assert z.isfinite().all() and log_det.isfinite().all() and x.grad.isfinite().all()
    assert all(p.grad.isfinite().all() for p in layer.parameters())
    assert_close(layer.inverse(z), x.detach(), rtol=1e-4, atol=0)


def test_the_slope_of_an_affine_inverse_is_one_over_the_slope_and_a_mixtures_is_not_kept(
    coupling,
):
    for kind in (AffineCoupling, MixtureCoupling):
        layer, z = coupling(kind, [1, 0]), rows(4, 2).requires_grad_()
        x = layer.inverse(z)
        (slope,) = torch.autograd.grad(x[:, 1].sum(), z)
        forward = jacobians(layer, x.detach())
        wanted = 1 / forward[:, 1, 1] if kind is AffineCoupling else torch.zeros(4).double()
        assert_close(slope[:, 1], wanted, **NEAR)


@every_kind
def test_dropout_and_the_activation_are_those_of_the_network(kind):
    layer = kind(torch.tensor([True, False]), hidden=8, dropout=0.3, activation=nn.Tanh)
    assert [m.p for m in layer.net if isinstance(m, nn.Dropout)] == [0.3, 0.3]
    assert sum(isinstance(m, nn.Tanh) for m in layer.net) == 2
    sizes = [tuple(m.weight.shape) for m in layer.net if isinstance(m, nn.Linear)]
    assert sizes == [(8, 1), (8, 8), (kind.numbers, 8)]


@every_kind
@pytest.mark.parametrize(
    "kept",
    [
        torch.tensor([True, True]),
        torch.tensor([False, False]),
        torch.tensor([1, 0]),
        torch.tensor([[True, False]]),
        torch.tensor([], dtype=torch.bool),
    ],
)
def test_a_mask_must_be_a_row_with_a_true_and_a_false(kind, kept):
    sentence = "^kept: got .*, wanted a row of True and False, at least one of each$"
    with pytest.raises(ValueError, match=sentence):
        kind(kept)


wrong_points = pytest.mark.parametrize(
    "x", [torch.zeros(4, 2), torch.zeros(4, 4), torch.zeros(4, 3, 1), torch.zeros(3)]
)


@every_kind
@wrong_points
def test_a_layer_refuses_points_of_another_width(kind, x):
    for kept in ([False, False, True], [True, False, False]):
        layer = kind(torch.tensor(kept))
        for use in (layer, layer.inverse):
            with pytest.raises(ValueError) as error:
                use(x)
            assert str(error.value) == f"x: got shape {tuple(x.shape)}, wanted (B, 3)"


# ---- the logit -------------------------------------------------------------------------------

every_box = pytest.mark.parametrize("levels, alpha", [(17, 1e-5), (2, 1e-3), (1, 0.05)])


def inside(n, dim, levels):
    return levels * torch.rand(n, dim, dtype=torch.float64)


@every_box
def test_the_logit_and_its_log_determinant_are_numpys_and_autograds(levels, alpha):
    layer, x = Logit(levels, alpha), inside(6, 3, levels)
    z, log_det = layer(x)
    p = alpha + (1 - 2 * alpha) * x.numpy() / levels
    assert_close(z.numpy(), np.log(p / (1 - p)), **NEAR)
    assert_close(log_det, torch.linalg.slogdet(jacobians(layer, x))[1], **NEAR)


@every_box
def test_the_logit_goes_back_and_its_ends_are_finite(levels, alpha):
    layer, x = Logit(levels, alpha), inside(50, 3, levels)
    x[0], x[1] = 0, levels
    z, log_det = layer(x)
    assert z.isfinite().all() and log_det.isfinite().all()
    assert_close(z[0], torch.full_like(z[0], math.log(alpha / (1 - alpha))), **NEAR)
    assert_close(z[1], -z[0], **NEAR)
    assert_close(layer.inverse(z), x, **NEAR)
    x = x.float()
    assert_close(layer.inverse(layer(x)[0]), x, rtol=0, atol=1e-6 * levels)


def test_the_logit_reads_the_levels_of_the_digits_unless_it_is_told_others():
    assert Logit().levels == 17
    assert_close(Logit().inverse(torch.zeros(1, 2)), torch.full((1, 2), 8.5))


@pytest.mark.parametrize("bad", [-0.01, 3.01, math.nan, math.inf])
def test_the_logit_refuses_what_lies_outside_the_box(bad):
    x = torch.ones(4, 2)
    x[2, 1] = bad
    sentence = "^x: got values outside 0 to 3, or NaN; wanted inside$"
    with pytest.raises(ValueError, match=sentence):
        Logit(3)(x)


# ---- flows -----------------------------------------------------------------------------------


def mixed(shake, dim):
    """A flow of both kinds of layer and random masks."""
    layers = []
    for kind in (AffineCoupling, MixtureCoupling, MixtureCoupling, AffineCoupling):
        layers.append(kind(torch.randperm(dim) < dim // 2, hidden=8))
    return shake(Flow(layers, dim), 0.3).double()


@pytest.mark.parametrize("dim", [2, 3, 7, 64])
def test_a_flows_log_determinant_is_that_of_its_jacobian(shake, dim):
    model, x = mixed(shake, dim), rows(3, dim, 1.0)
    z, log_det = model(x)
    assert z.shape == (3, dim) and log_det.shape == (3,)
    assert_close(log_det, torch.linalg.slogdet(jacobians(model, x))[1], **NEAR)


@pytest.mark.parametrize("dim", [2, 3, 7])
def test_log_prob_is_the_normals_of_z_times_the_volume_and_loss_is_its_mean(shake, dim):
    model, x = mixed(shake, dim), rows(6, dim, 1.0)
    log_p = model.log_prob(x)
    volume = torch.linalg.slogdet(jacobians(model, x))[1]
    assert_close(log_p, Normal(0.0, 1.0).log_prob(model(x)[0]).sum(1) + volume, **NEAR)
    assert_close(model.loss(x), -log_p.mean(), **NEAR)
    assert model.loss(x).shape == () and log_p.shape == (6,)


def test_a_flow_without_layers_is_a_normal():
    x = rows(5, 3)
    assert_close(Flow([], 3).log_prob(x), Normal(0.0, 1.0).log_prob(x).sum(1), **NEAR)
    assert torch.equal(Flow([], 3).inverse(x), x)


@pytest.mark.parametrize("dim", [2, 3, 7])
@torch.no_grad()
def test_a_flow_goes_back(shake, dim):
    model, x = mixed(shake, dim), rows(200, dim, 1.0)
    assert_close(model.inverse(model(x)[0]), x, rtol=0, atol=1e-9)
    assert_close(model(model.inverse(x))[0], x, rtol=0, atol=1e-9)
    model, x = model.float(), x.float()
    assert_close(model.inverse(model(x)[0]), x, rtol=0, atol=1e-4)


@torch.no_grad()
def test_states_are_z_and_then_every_step_back_in_the_order_of_the_layers(shake):
    model, z = mixed(shake, 3), rows(9, 3, 1.0)
    states = list(model.states(z))
    assert len(states) == len(model.layers) + 1
    assert torch.equal(states[0], z) and torch.equal(states[-1], model.inverse(z))
    for layer, x, after in zip(model.layers, states[::-1], states[-2::-1]):
        assert_close(layer(x)[0], after, rtol=0, atol=1e-9)


@torch.no_grad()
def test_samples_are_the_way_back_of_noise_and_a_temperature_scales_it(plane):
    model = plane()
    z = torch.randn(6, 2, generator=chance(4), dtype=torch.float64)
    assert torch.equal(model.sample(6, chance(4)), model.inverse(z))
    for temperature in (0.5, 1.7):
        cold = model.sample(6, chance(4), temperature=temperature)
        assert torch.equal(cold, model.inverse(temperature * z))
    frozen = model.sample(6, temperature=0.0)
    assert torch.equal(frozen, model.inverse(torch.zeros(6, 2).double()))
    assert_close(frozen, frozen[:1].expand(6, 2), **NEAR)


@every_kind
def test_samples_carry_no_gradient_but_the_way_back_of_an_affine_flow_does(plane, kind):
    model, z = plane(kind), rows(4, 2)
    assert not model.sample(6).requires_grad
    assert model.inverse(z).requires_grad == (kind is AffineCoupling)


def every_weight_learns(model, loss):
    """The gradient of every weight, along a random direction, is a difference of the losses."""
    h = 1e-5
    gradients = torch.autograd.grad(loss(), list(model.parameters()))
    for p, gradient in zip(model.parameters(), gradients):
        direction = torch.randn_like(p)
        with torch.no_grad():
            p.add_(h * direction)
            above = loss()
            p.sub_(2 * h * direction)
            below = loss()
            p.add_(h * direction)
        slope = (gradient * direction).sum()
        assert_close(slope, (above - below) / (2 * h), rtol=1e-5, atol=1e-6)
        assert gradient.abs().sum() > 0


@every_kind
def test_every_weight_of_a_flow_learns_from_its_loss_by_a_finite_difference(plane, kind):
    model, x = plane(kind), rows(20, 2, 1.0)
    every_weight_learns(model, lambda: model.loss(x))


@pytest.mark.parametrize("x", [torch.zeros(3), torch.zeros(4, 2), torch.zeros(4, 3, 1)])
def test_a_flow_refuses_points_of_another_width_by_name(x):
    model = Flow([AffineCoupling(torch.tensor([True, False, False]))], 3)
    for use, name in (
        (model, "x"),
        (model.log_prob, "x"),
        (model.loss, "x"),
        (model.inverse, "z"),
        (lambda z: next(model.states(z)), "z"),
    ):
        with pytest.raises(ValueError) as error:
            use(x)
        assert str(error.value) == f"{name}: got shape {tuple(x.shape)}, wanted (B, 3)"


every_way_back = pytest.mark.parametrize(
    "back",
    [
        lambda model, z: list(model.flow.states(z)),
        lambda model, z: model.flow.inverse(z),
        lambda model, z: model.flow.sample(2),
        lambda model, z: model.decode(z),
        lambda model, z: model.sample(2),
    ],
    ids=["states", "inverse", "flow sample", "decode", "sample"],
)


@every_way_back
def test_there_is_no_way_back_in_train_mode_with_dropout(back):
    model, z = ImageFlow(2, 2, 8, dropout=0.1).train(), torch.zeros(2, 4)
    sentence = r"^the flow is in train mode, with dropout: call its eval\(\) first$"
    with pytest.raises(ValueError, match=sentence):
        back(model, z)
    back(model.eval(), z)
    back(ImageFlow(2, 2, 8, dropout=0.0).train(), z)


# ---- masks of images -------------------------------------------------------------------------


@pytest.mark.parametrize("side", [2, 3, 8])
def test_masks_are_a_checkerboard_then_two_halves_each_with_its_negative(side):
    masks = [mask.view(side, side).tolist() for mask in image_masks(side, 14)]
    places = range(side)
    rules = (
        lambda i, j: (i + j) % 2 == 0,
        lambda i, j: j < side // 2,
        lambda i, j: i < side // 2,
    )
    for i, (first, second) in enumerate(zip(masks[::2], masks[1::2])):
        rule = rules[i % 3]
        assert first == [[rule(i, j) for j in places] for i in places]
        assert second == [[not rule(i, j) for j in places] for i in places]


@every_kind
@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_there_are_as_many_masks_as_couplings_and_each_splits_the_pixels(kind, n):
    masks = image_masks(4, n)
    assert len(masks) == n and all(mask.shape == (16,) for mask in masks)
    assert all(0 < mask.sum() < 16 and mask.dtype == torch.bool for mask in masks)
    layers = ImageFlow(4, n, 8, kind=kind).flow.layers
    assert len(layers) == n + 1 and isinstance(layers[0], Logit)
    for mask, layer in zip(masks, layers[1:]):
        assert type(layer) is kind
        assert torch.equal(layer.a, mask.nonzero()[:, 0])
        assert torch.equal(layer.b, (~mask).nonzero()[:, 0])


@pytest.mark.parametrize("side, n", [(1, 4), (0, 4), (8, 0), (8, -1)])
def test_masks_need_a_side_of_two_and_one_coupling(side, n):
    sentence = f"^side, n: got {side}, {n}, wanted a side of 2 or more, and n above 0$"
    for use in (image_masks, ImageFlow):
        with pytest.raises(ValueError, match=sentence):
            use(side, n)


@pytest.mark.parametrize("levels", [1, 0, -3])
def test_images_have_two_levels_or_more(levels):
    with pytest.raises(ValueError, match=f"^levels: got {levels}, wanted 2 or more$"):
        ImageFlow(levels=levels)


# ---- the noise -------------------------------------------------------------------------------


def noise_of(model, x):
    """The centre and scale of the logistic of every pixel, in numpy: (B, D)."""
    h = 2 * x / (model.levels - 1) - 1
    mu, log_scale = np.split(model.noise_net(h).detach().numpy(), 2, 1)
    return mu, np.exp(log_scale.clip(-3, 3))


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_log_q_is_scipys_density_of_a_logistic_squeezed_into_0_to_1(tiny, levels):
    model = tiny(levels=levels)
    x = torch.randint(0, levels, (30, 4)).double()
    u, log_q = (a.detach().numpy() for a in model.dequantise(x))
    mu, scale = noise_of(model, x)
    each = scipy.stats.logistic.logpdf(logit(u), mu, scale) - np.log(u * (1 - u))
    assert_close(log_q, each.sum(1), rtol=1e-7, atol=1e-7)  # 1 − u
    assert np.median(np.abs(log_q)) > 0.01 and log_q.shape == (30,)


@torch.no_grad()
def test_learned_noise_has_the_distribution_of_that_logistic(tiny):
    model, n = tiny(levels=5), 4000
    x = torch.tensor([[0.0, 3.0, 4.0, 1.0]]).double()
    u, _ = model.dequantise(x.expand(n, 4))
    (mu,), (scale,) = noise_of(model, x)
    for i, pixel in enumerate(logit(u.numpy()).T):
        wanted = scipy.stats.logistic(mu[i], scale[i])
        assert scipy.stats.kstest(pixel, wanted.cdf).pvalue > 1e-6
    assert (torch.corrcoef(u.T) - torch.eye(4)).abs().max() < 5 / n**0.5


@pytest.mark.parametrize("pixel", range(4))
@torch.no_grad()
def test_q_integrates_to_one_in_a_pixel(tiny, monkeypatch, pixel):
    """The last layer tells nothing of the others: there q is uniform, and its log zero."""
    model, n = tiny(levels=5), 20001
    others = torch.arange(8) % 4 != pixel
    model.noise_net[-1].weight[others], model.noise_net[-1].bias[others] = 0, 0
    v = torch.full((n, 4), 0.37).double()
    v[:, pixel] = torch.sigmoid(torch.linspace(-13, 13, n).double())
    monkeypatch.setattr(flow_module, "noise", lambda *_, **__: v)
    u, log_q = model.dequantise(torch.tensor([[0.0, 3.0, 4.0, 1.0]]).double().expand(n, 4))
    u = u[:, pixel]
    assert (u[1:] >= u[:-1]).all() and log_q.abs().max() > 0.1
    assert_close(torch.trapezoid(log_q.exp(), u).item(), 1.0, rtol=0, atol=1e-3)


@both_noises
def test_log_q_is_the_change_of_variables_from_uniform_numbers(tiny, monkeypatch, learned):
    model, x = tiny(learned, levels=5), torch.randint(0, 5, (20, 4)).double()
    v = torch.rand(20, 4, dtype=torch.float64).requires_grad_()
    monkeypatch.setattr(flow_module, "noise", lambda *_, **__: v)
    u, log_q = model.dequantise(x)
    (slope,) = torch.autograd.grad(u.sum(), v)
    assert_close(log_q, -slope.log().sum(1), rtol=1e-8, atol=1e-8)


@both_noises
@torch.no_grad()
def test_noise_lies_between_0_and_1_and_is_uniform_unless_it_is_learned(shake, images, learned):
    model, x = ImageFlow(hidden=24, learned_noise=learned), images(300).flatten(1)
    for weights in ("at first", "shaken"):
        u, log_q = model.dequantise(x)
        assert u.shape == (300, 64) and 0 <= u.min() and u.max() <= 1
        assert log_q.shape == (300,) and log_q.isfinite().all()
        if weights == "at first" or not learned:
            assert scipy.stats.kstest(u.flatten().numpy(), "uniform").pvalue > 1e-6
            assert_close(log_q, torch.zeros(300), rtol=0, atol=1e-4)
        shake(model, 0.05)
    u, _ = model.double().dequantise(x.double())
    assert 0 < u.min() and u.max() < 1
    assert (model.noise_net is not None) == learned


def test_noise_and_its_density_stay_finite_whatever_the_network_says(images):
    model, x = ImageFlow(hidden=8), images(20).flatten(1)
    with torch.no_grad():
        model.noise_net[-1].bias[64:] = torch.tensor([-200.0, 200.0]).repeat(32)
    u, log_q = model.dequantise(x)
    log_q.sum().backward()
    assert u.isfinite().all() and log_q.isfinite().all()
    assert model.noise_net[-1].bias.grad.isfinite().all()


def test_log_logistic_is_scipys():
    w = rows(100, 2, 10.0)
    assert_close(log_logistic(w).numpy(), scipy.stats.logistic.logpdf(w.numpy()), **NEAR)


# ---- flows of images -------------------------------------------------------------------------


def every_image(levels):
    axis = torch.arange(levels).double()
    return torch.cartesian_prod(*[axis] * 4).view(-1, 1, 2, 2)


@pytest.fixture
def smooth(tiny):
    """The same, with boxes that hold its mass and q(u|x) wider than uniform: nowhere too thin,
    so that importance weights have a variance."""

    def new(*arguments, **options):
        return wide(tiny(*arguments, by=0.12, **options))

    return new


@torch.no_grad()
def wide(model):
    if model.noise_net is not None:
        model.noise_net[-1].weight[4:] *= 0.3
        model.noise_net[-1].bias[4:] = 0.2 + 0.1 * torch.rand(4)
    return model


@both_noises
@torch.no_grad()
def test_a_log_weight_is_log_p_minus_log_q_at_draws_in_the_box_of_its_own_image(
    tiny, monkeypatch, learned
):
    model, x, k = tiny(learned, levels=5), torch.randint(0, 5, (6, 1, 2, 2)).double(), 7
    seen, original = [], model.dequantise
    monkeypatch.setattr(
        model, "dequantise", lambda *arguments: seen.append(original(*arguments)) or seen[-1]
    )
    weights = model.log_weights(x, k)
    ((drawn, log_qs),) = seen
    assert weights.shape == (k, 6) and drawn.shape == (6 * k, 4)
    for weight, u, log_q in zip(weights, drawn.view(k, 6, 4), log_qs.view(k, 6)):
        assert_close(weight, model.flow.log_prob(x.flatten(1) + u) - log_q, **NEAR)


@both_noises
def test_the_bound_is_one_log_weight_and_the_loss_minus_its_mean(tiny, learned):
    model, x = tiny(learned), every_image(2)
    assert torch.equal(model.bound(x, chance(7)), model.log_weights(x, 1, chance(7))[0])
    torch.manual_seed(7)
    bound = model.bound(x)
    torch.manual_seed(7)
    assert_close(model.loss(x), -bound.mean(), **NEAR)
    assert bound.shape == (16,) and model.loss(x).shape == ()


def test_every_weight_of_an_image_flow_learns_from_its_loss_by_a_finite_difference(tiny):
    model, x = tiny(levels=5), torch.randint(0, 5, (6, 1, 2, 2)).double()

    def loss():
        torch.manual_seed(11)  # the same noise every time
        return model.loss(x)

    torch.manual_seed(5)
    every_weight_learns(model, loss)


@every_kind
@torch.no_grad()
def test_encode_is_the_flow_at_the_middle_of_the_box(tiny, kind):
    model, x = tiny(levels=5, kind=kind), torch.randint(0, 5, (6, 1, 2, 2)).double()
    z = model.encode(x)
    assert_close(z, model.flow(x.flatten(1) + 0.5)[0], **NEAR)
    assert_close(model.flow.inverse(z), x.flatten(1) + 0.5, rtol=0, atol=1e-8)


def bars():
    """Every image whose one column is lit."""
    x = torch.zeros(8, 1, 8, 8)
    x[range(8), 0, :, range(8)] = 16
    return x


@every_kind
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_decode_finds_every_image_that_was_encoded_noise_and_bars_too(
    shake, images, kind, dtype
):
    model = shake(ImageFlow(hidden=16, kind=kind), 0.15).to(dtype)
    x = torch.cat([images(40), bars(), torch.zeros(1, 1, 8, 8), torch.full((1, 1, 8, 8), 16)])
    found = model.decode(model.encode(x))
    assert torch.equal(found, x.to(dtype))
    assert found.dtype == dtype and not found.requires_grad


@torch.no_grad()
def test_decode_finds_the_image_of_any_point_of_a_box(tiny):
    model, x = tiny(levels=5), torch.randint(0, 5, (200, 1, 2, 2)).double()
    u = 0.001 + 0.998 * torch.rand(200, 4, dtype=torch.float64)
    assert torch.equal(model.decode(model.flow(x.flatten(1) + u)[0]), x)


def test_what_ends_outside_every_box_becomes_the_nearest_level(shake):
    model = shake(ImageFlow(hidden=8, levels=5))
    x = model.decode(300 * torch.randn(50, 64))
    assert torch.equal(x, x.round()) and (x.min(), x.max()) == (0, 4)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_samples_are_whole_levels_in_range_and_need_no_gradient(shake, levels):
    x = shake(ImageFlow(3, 3, 8, levels=levels)).sample(500)
    assert x.shape == (500, 1, 3, 3) and not x.requires_grad
    assert torch.equal(x, x.round()) and 0 <= x.min() and x.max() <= levels - 1
    assert x.min() < 0.1 * levels and x.max() > 0.9 * levels - 1


@torch.no_grad()
def test_a_temperature_scales_the_noise_of_an_image_too(tiny):
    model = tiny(levels=17)
    z = torch.randn(9, 4, generator=chance(4), dtype=torch.float64)
    for temperature in (1.0, 0.5, 2.0):
        x = model.sample(9, chance(4), temperature=temperature)
        assert torch.equal(x, model.decode(temperature * z))
    assert torch.equal(model.sample(9, chance(4)), model.decode(z))
    frozen = model.sample(9, temperature=0.0)
    assert torch.equal(frozen, model.decode(torch.zeros(9, 4).double()))


@pytest.mark.parametrize(
    "use",
    [
        lambda model, x, g: model.bound(x, g),
        lambda model, x, g: model.log_weights(x, 3, g),
        lambda model, x, g: model.dequantise(x.flatten(1), g)[0],
        lambda model, x, g: model.sample(40, g),
        lambda model, x, g: model.flow.sample(40, g),
    ],
    ids=["bound", "log_weights", "dequantise", "sample", "flow sample"],
)
@both_noises
def test_a_generator_repeats_what_is_drawn_and_leaves_the_global_one_alone(
    tiny, use, learned, assert_repeats
):
    model, x = tiny(learned), every_image(2)
    assert_repeats(lambda generator: use(model, x, generator))


def test_a_model_in_double_precision_takes_images_in_single_and_whole_numbers(tiny):
    model, x = tiny(), every_image(2)
    for other in (x.float(), x.long()):
        assert model.encode(other).dtype == torch.float64
        assert torch.equal(model.encode(other), model.encode(x))
        assert torch.equal(model.bound(other, chance(7)), model.bound(x, chance(7)))


def test_dropout_acts_on_the_couplings_in_training_but_not_on_the_noise(shake, images):
    model, x = shake(ImageFlow(hidden=24, dropout=0.25)), images(5)
    rates = [m.p for m in model.flow.modules() if isinstance(m, nn.Dropout)]
    assert rates == [0.25] * 8 and {p.p for p in model.noise_net if hasattr(p, "p")} == {0.0}
    assert torch.equal(model.encode(x), model.encode(x))
    model.train()
    assert not torch.equal(model.encode(x), model.encode(x))
    noises = [model.dequantise(x.flatten(1), chance(7))[0] for _ in range(2)]
    assert torch.equal(*noises)


@pytest.mark.parametrize(
    "bad, words",
    [
        (torch.zeros(2, 64), "wanted (B, 1, 8, 8)"),
        (torch.zeros(2, 1, 7, 8), "wanted (B, 1, 8, 8)"),
        (torch.zeros(0, 1, 8, 8), "at least one row"),
        (torch.full((1, 1, 8, 8), math.nan), "NaN"),
        (torch.full((1, 1, 8, 8), 5.0), "wanted levels 0..4"),
        (torch.full((1, 1, 8, 8), -1.0), "wanted levels 0..4"),
        (torch.rand(2, 1, 8, 8), "multiply them by 4"),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        ImageFlow.bound,
        ImageFlow.loss,
        ImageFlow.encode,
        lambda model, x: model.log_weights(x, 2),
        importance_weighted_bound,
    ],
)
def test_bad_images_are_refused_by_every_way_in(use, bad, words):
    with pytest.raises(ValueError, match="^x: ") as error:
        use(ImageFlow(hidden=8, levels=5), bad)
    assert words in str(error.value)


@pytest.mark.parametrize("z", [torch.zeros(64), torch.zeros(2, 63), torch.zeros(2, 1, 8, 8)])
def test_decode_refuses_codes_of_another_width(z):
    with pytest.raises(ValueError, match=r"^z: got shape .*, wanted \(B, 64\)$"):
        ImageFlow(hidden=8).eval().decode(z)


# ---- integrals and samples, which take longer ------------------------------------------------


def on_a_grid(model, cells=10, fine=60):
    """The edges of cells that hold nearly all samples, the mass of each by midpoints, samples.

    (cells + 1,) twice, (cells, cells), (20000, 2).
    """
    samples = model.sample(20000)
    low, high = samples.amin(0), samples.amax(0)
    low, high = low - 0.2 * (high - low), high + 0.2 * (high - low)
    step = (high - low) / (cells * fine)
    at = torch.arange(cells * fine).double() + 0.5
    points = torch.cartesian_prod(low[0] + step[0] * at, low[1] + step[1] * at)
    density = torch.cat([model.log_prob(part).exp() for part in points.split(50000)])
    mass = density.view(cells, fine, cells, fine).sum((1, 3)) * step.prod()
    edges = [np.linspace(l, h, cells + 1) for l, h in zip(low.tolist(), high.tolist())]
    return edges, mass.numpy(), samples.numpy()


def agree(counts, mass):
    """Whether counts may come from these masses: a chi-square test of all large enough."""
    wanted = counts.sum() * mass / mass.sum()
    large = wanted > 20
    rest = counts[~large].sum(), wanted[~large].sum()
    counts, wanted = np.append(counts[large], rest[0]), np.append(wanted[large], rest[1])
    chi_square = ((counts - wanted) ** 2 / (wanted + 1e-3 * wanted.sum() / len(wanted))).sum()
    assert len(counts) > 4
    return scipy.stats.chi2.sf(chi_square, len(counts) - 1) > 1e-6


@every_kind
@torch.no_grad()
def test_the_density_integrates_to_one_and_is_that_of_the_samples(plane, kind):
    edges, mass, samples = on_a_grid(plane(kind, by=0.25))
    assert abs(mass.sum() - 1) < 1e-3
    counts, _, _ = np.histogram2d(*samples.T, bins=edges)
    assert agree(counts, mass)


@torch.no_grad()
def log_mass(model, x, n=2**13):
    """log P(x), the integral of the density over the box of x, at a Sobol sequence that is
    denser near the faces: there the density may rise steeply."""
    seed = int(torch.randint(2**31, ()))
    v = SobolEngine(4, scramble=True, seed=seed).draw(n, dtype=torch.float64)
    u, log_slope = v * v * (3 - 2 * v), (6 * v * (1 - v)).log().sum(1)
    each = [(model.flow.log_prob(box + u) + log_slope).logsumexp(0) for box in x.flatten(1)]
    return torch.stack(each) - math.log(n)


@both_noises
@torch.no_grad()
def test_the_mean_weight_of_every_image_is_its_own_probability(smooth, learned):
    model, x = smooth(learned), every_image(2)
    log_p = log_mass(model, x)
    ratio = (model.log_weights(x, 8000) - log_p).exp()
    assert log_p.max() - log_p.min() > 0.3
    assert ((ratio.mean(0) - 1).abs() < 5 * standard_error(ratio) + 0.01).all()


@pytest.mark.parametrize("levels", [2, 3])
@torch.no_grad()
def test_the_probabilities_of_all_images_sum_to_one_and_are_those_of_samples(smooth, levels):
    model, n = smooth(levels=levels), 10000
    p = log_mass(model, every_image(levels)).exp().numpy()
    assert abs(p.sum() - 1) < 0.01
    code = model.sample(n).flatten(1) @ levels ** torch.arange(3, -1, -1).double()
    assert agree(np.bincount(code.long(), minlength=levels**4), p)


@both_noises
@torch.no_grad()
def test_the_bound_lies_below_log_p_and_rises_to_it_with_k(smooth, learned):
    model, x, bounds = smooth(learned), every_image(2), []
    log_p = log_mass(model, x)
    for k in (1, 4, 1000):
        draws = model.log_weights(x, 4000).view(-1, k, 16).logsumexp(1) - math.log(k)
        bounds.append(draws.mean(0))
        assert (bounds[-1] < log_p + 5 * standard_error(draws) + 0.01).all() or k == 1000
    assert (bounds[0] < log_p - 0.05).all() and bounds[0].mean() < bounds[1].mean() - 0.05
    assert bounds[1].mean() < log_p.mean() - 0.05
    assert (bounds[2].mean() - log_p.mean()).abs() < 0.05
    together = importance_weighted_bound(model, x, 4000).mean()
    assert (together - log_p.mean()).abs() < 0.05


def test_the_noise_of_a_flow_lies_where_its_weights_do():
    """On `meta`, a device of its own that holds no numbers; a generator of the CPU is fine."""
    model = ImageFlow(3, 2, 8).eval().to("meta")
    for drawn in (model.sample(5), model.sample(5, chance(1))):
        assert drawn.shape == (5, 1, 3, 3) and drawn.device.type == "meta"
    for x in (model.flow.sample(5), *model.dequantise(torch.empty(5, 9, device="meta"))):
        assert x.shape[0] == 5 and x.device.type == "meta"
