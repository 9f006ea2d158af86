"""GANs: every loss by its definition, who learns from it, the penalty in closed form, samples,
the DCGAN's networks."""

import math

import numpy as np
import pytest
import scipy.optimize
import scipy.spatial.distance
import scipy.stats
import torch
from torch import nn
from torch.autograd import grad
from torch.testing import assert_close

from lecture_utils import fit, train
from lecture_utils.models.gan import GAN, LOSSES, dc_discriminator, dc_generator
from lecture_utils.nets import mlp

every_loss = pytest.mark.parametrize("loss", LOSSES)
PROBABILITIES = ("non-saturating", "saturating")  # the losses for which D(x) is a logit
H = 1e-5  # a central difference of values near 1 then errs by H² and by 1e-16 / H: by 1e-10


@pytest.fixture(autouse=True)
def double():
    """Networks and noise in double precision."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def game(shake):
    """A small game in the plane at random weights."""

    def new(loss="non-saturating", **options):
        return shake(GAN(mlp(3, 6, 2), mlp(2, 7, 1), latent=3, loss=loss, **options), 0.5)

    return new


def seeded(function, *arguments):
    torch.manual_seed(5)
    return function(*arguments)


def flat(module):
    return torch.cat([p.detach().flatten() for p in module.parameters()])


def sigmoid(s):
    return 1 / (1 + math.exp(-s))


def logits(model, x):
    return model(x).flatten().tolist()


def drawn(game, n):
    """The n fakes that the game draws next."""
    return game.G(seeded(torch.randn, n, 3))


class Constant(nn.Module):
    """A player that answers the same whatever it gets: fakes that are given, or logits."""

    def __init__(self, answer):
        super().__init__()
        self.answer = nn.Parameter(torch.as_tensor(answer))

    def forward(self, _):
        return self.answer


class Table(nn.Module):
    """D on the numbers 0, 1, 2, ...: a logit for each."""

    def __init__(self, logit):
        super().__init__()
        self.logit = nn.Parameter(torch.as_tensor(logit))

    def forward(self, x):
        return self.logit[x.detach().long()]


class Linear(nn.Module):
    """D(x) = a · x of points or images."""

    def __init__(self, a):
        super().__init__()
        self.a = nn.Parameter(torch.as_tensor(a))

    def forward(self, x):
        return x.flatten(1) @ self.a


class Bowl(nn.Module):
    """D(x) = c ‖x‖² / 2, with the slope c x."""

    def __init__(self, c):
        super().__init__()
        self.c = c

    def forward(self, x):
        return self.c * x.flatten(1).square().sum(1) / 2


# ---- the losses ------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", PROBABILITIES)
def test_ds_loss_is_minus_the_value_of_the_game_on_the_same_noise(game, loss):
    game, x = game(loss), torch.randn(9, 2)
    on_data = [math.log(sigmoid(s)) for s in logits(game.D, x)]
    on_fakes = [math.log(1 - sigmoid(s)) for s in logits(game.D, drawn(game, 9))]
    assert_close(seeded(game.d_loss, x).item(), -(sum(on_data) / 9 + sum(on_fakes) / 9))


@pytest.mark.parametrize(
    "loss, of_a_logit",
    [
        ("saturating", lambda s: math.log(1 - sigmoid(s))),
        ("non-saturating", lambda s: -math.log(sigmoid(s))),
        ("wasserstein", lambda s: -s),
    ],
)
def test_gs_loss_is_its_definition_on_as_many_draws_as_there_are_rows(game, loss, of_a_logit):
    game, x = game(loss), torch.randn(9, 2)
    by_hand = [of_a_logit(s) for s in logits(game.D, drawn(game, 9))]
    assert_close(seeded(game.g_loss, x).item(), sum(by_hand) / 9)


@pytest.mark.parametrize(
    "loss, slope",
    [
        ("saturating", lambda s: -sigmoid(s)),
        ("non-saturating", lambda s: -(1 - sigmoid(s))),
        ("wasserstein", lambda s: -1.0),
    ],
)
def test_the_slope_of_gs_loss_by_the_logit(loss, slope):
    s = 4 * torch.randn(8)
    game = GAN(nn.Identity(), Constant(s), latent=1, loss=loss)
    (got,) = grad(game.g_loss(s), game.D.answer)
    assert_close(got, torch.tensor([slope(a) for a in s.tolist()]) / 8)


def test_the_value_where_d_cannot_tell_is_minus_log_4():
    game = GAN(nn.Identity(), Constant(torch.zeros(6, 1)), latent=1)
    assert_close(game.d_loss(torch.randn(6, 1)).item(), math.log(4))


@pytest.mark.parametrize(
    "loss, wanted", [("saturating", (0.0, -200.0)), ("non-saturating", (200.0, 0.0))]
)
def test_every_loss_and_its_slope_are_finite_at_huge_logits_in_single_precision(loss, wanted):
    for logit, value in zip((-200.0, 200.0), wanted):
        game = GAN(
            nn.Identity(),
            Constant(torch.full((3, 1), logit, dtype=torch.float32)),
            latent=1,
            loss=loss,
        )
        for got, by_hand in (
            (game.g_loss(torch.zeros(3, 1)), value),
            (game.d_loss(torch.zeros(3, 1)), 200.0),
        ):
            (slope,) = grad(got, game.D.answer)
            assert_close(got.item(), by_hand)
            assert slope.isfinite().all()


def test_the_best_logits_on_discrete_data_are_those_of_p_over_p_plus_q_and_tell_the_jsd():
    """D is a table, so nothing but its loss decides where an optimizer ends."""
    real, fake = (
        torch.tensor([6, 2, 1, 3, 8]),
        torch.tensor([1, 2, 7, 9, 1]),
    )  # how often each number is drawn, of 20
    x, draws = (torch.arange(5.0).repeat_interleave(n) for n in (real, fake))
    game = GAN(Constant(draws), Table(torch.zeros(5)), latent=1)

    def loss(logit):
        game.D.logit.data = torch.tensor(logit)
        value = game.d_loss(x)
        return value.item(), grad(value, game.D.logit)[0].numpy()

    best = scipy.optimize.minimize(
        loss, np.random.default_rng(0).normal(size=5), jac=True, tol=1e-14
    )
    p, q = real.numpy() / 20, fake.numpy() / 20
    jsd = scipy.spatial.distance.jensenshannon(p, q) ** 2
    assert_close(1 / (1 + np.exp(-best.x)), p / (p + q), rtol=0, atol=1e-6)
    assert_close(-best.fun, -math.log(4) + 2 * jsd, rtol=0, atol=1e-10)


def test_a_critics_loss_is_minus_the_difference_of_its_means_plus_the_penalty():
    a, x, fakes = torch.randn(3), torch.randn(6, 3), torch.randn(6, 3)
    for options, penalty in (({}, 10.0), ({"penalty": 0.7}, 0.7), ({"penalty": 0.0}, 0.0)):
        game = GAN(Constant(fakes), Linear(a), latent=1, loss="wasserstein", **options)
        by_hand = a @ (fakes.mean(0) - x.mean(0)) + penalty * (a.norm() - 1) ** 2
        assert_close(
            game.d_loss(x).item(), by_hand.item(), rtol=0, atol=1e-9
        )  # √(‖a‖² + 1e-12) is in it


# ---- who learns from what --------------------------------------------------------------------


@every_loss
def test_ds_loss_gives_the_generator_no_gradient_and_every_weight_of_d_one(game, loss):
    game = game(loss)
    game.d_loss(torch.randn(9, 2)).backward()
    assert all(p.grad is None for p in game.G.parameters())
    assert all(p.grad is not None for p in game.D.parameters())


@every_loss
@pytest.mark.parametrize("player", ["D", "G"])
def test_a_players_gradient_is_the_slope_of_its_own_loss(game, loss, player):
    """Along a random direction in its weights, by a difference; a detach in the way shows
    here."""
    game, x = game(loss), torch.randn(9, 2)
    moved, own = game.players()[player]
    direction = [torch.randn_like(p) for p in moved]

    def at(h):
        with torch.no_grad():
            for p, d in zip(moved, direction):
                p.add_(h * d)
        value = seeded(own, x).item()
        with torch.no_grad():
            for p, d in zip(moved, direction):
                p.sub_(h * d)
        return value

    gradients = grad(seeded(own, x), moved, allow_unused=True)  # a critic's last bias cancels
    slope = sum((g * d).sum().item() for g, d in zip(gradients, direction) if g is not None)
    assert abs(slope) > 1e-4
    assert_close((at(H) - at(-H)) / (2 * H), slope, rtol=1e-6, atol=1e-8)


@every_loss
@pytest.mark.parametrize("player, other", ["DG", "GD"])
def test_a_player_that_trains_alone_leaves_the_other_as_it_is(game, loss, player, other):
    game = game(loss)
    before = {name: flat(getattr(game, name)) for name in "DG"}
    fit(train(game, torch.randn(40, 2), steps=5, batch=8, lr=0.05, turns=(player,)))
    assert torch.equal(flat(getattr(game, other)), before[other])
    assert (flat(getattr(game, player)) - before[player]).abs().max() > 0.05


def test_the_players_are_d_then_g_with_their_own_parameters_and_losses(game):
    game, x = game(), torch.randn(9, 2)
    players = game.players()
    assert list(players) == ["D", "G"]
    for name, module, loss in (("D", game.D, game.d_loss), ("G", game.G, game.g_loss)):
        moved, own = players[name]
        assert [id(p) for p in moved] == [id(p) for p in module.parameters()]
        assert seeded(own, x) == seeded(loss, x)


def test_the_loss_may_be_switched_while_it_trains(game):
    switched, x = game("saturating"), torch.randn(9, 2)
    for loss in LOSSES:
        switched.kind = loss
        fresh = GAN(switched.G, switched.D, 3, loss)
        for name in ("D", "G"):
            assert seeded(switched.players()[name][1], x) == seeded(fresh.players()[name][1], x)


@pytest.mark.parametrize("loss", ["saturating", "non-saturating", "wasserstein"])
def test_a_generator_alone_moves_its_fakes_to_where_d_is_high(loss):
    game = GAN(
        Constant(torch.zeros(8, 2)), Linear(torch.tensor([0.6, -0.8])), latent=1, loss=loss
    )
    fit(train(game, torch.randn(8, 2), steps=20, batch=8, lr=0.1, turns=("G",)))
    assert (game.D(game.G.answer) > 1).all()


def test_a_critic_alone_rates_data_above_fakes(game):
    game, x = game("wasserstein"), torch.randn(200, 2) + 3

    def advantage():
        with torch.no_grad():
            return (game.D(x).mean() - game.D(drawn(game, 200)).mean()).item()

    nn.init.zeros_(game.D[-1].weight)
    assert advantage() == 0
    fit(train(game, x, steps=150, batch=50, lr=0.02, turns=("D",)))
    assert advantage() > 1  # the means are 3 √2 apart


def test_a_linear_critics_best_slope_is_steeper_than_1_by_the_gap_over_twice_the_penalty():
    """Found by search on d_loss itself; the lecture tells the formula."""
    for gap, penalty in ((8.0, 10.0), (2.5, 0.6)):
        x, fakes = torch.randn(2, 30, 1)
        fakes += x.mean() - gap - fakes.mean()
        game = GAN(
            Constant(fakes),
            Linear(torch.ones(1)),
            latent=1,
            loss="wasserstein",
            penalty=penalty,
        )

        def loss(slope):
            game.D.a.data.fill_(slope)
            return game.d_loss(x).item()

        best = scipy.optimize.minimize_scalar(
            loss, bounds=(0.01, 20), method="bounded", options={"xatol": 1e-9}
        )
        assert_close(best.x, 1 + gap / (2 * penalty), rtol=0, atol=1e-5)
        game.D.a.data.fill_(best.x)
        difference = (game.D(x).mean() - game.D(fakes).mean()).item()
        assert_close(difference, gap * (1 + gap / (2 * penalty)), rtol=1e-5, atol=0)


# ---- the penalty -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3,), (1,), (1, 2, 2)])
def test_the_penalty_of_a_linear_critic_is_the_square_of_its_slope_minus_1(shape):
    x, fake = torch.randn(2, 5, *shape)
    for _ in range(3):
        a = 2 * torch.randn(math.prod(shape))
        game = GAN(nn.Identity(), Linear(a), latent=1)
        assert_close(
            game.gradient_penalty(x, fake).item(), (a.norm().item() - 1) ** 2, rtol=0, atol=1e-9
        )


@pytest.mark.parametrize("c", [0.5, 2.0])
def test_the_penalty_of_a_critic_that_bends_is_its_integral_along_the_line(c):
    """From 1 to 3 on an axis the slope is c s, s uniform: neither the data (c − 1)² nor the
    fakes (3c − 1)²."""
    n = 100_000
    x, fake = torch.zeros(2, n, 4)
    x[:, 0], fake[:, 0] = 1, 3
    got = GAN(nn.Identity(), Bowl(c), latent=1).gradient_penalty(x, fake).item()
    mean, square = (
        ((3 * c - 1) ** k - (c - 1) ** k) / (2 * c * k) for k in (3, 5)
    )  # of (c s − 1)² and of its square
    assert abs(got - mean) < 5 * math.sqrt((square - mean**2) / n)


@pytest.mark.parametrize("shape", [(3,), (1, 2, 2)])
def test_every_row_has_a_point_of_its_own_uniform_on_its_line(shape):
    asked = []

    class Spy(Bowl):
        def forward(self, x):
            asked.append(x.detach())
            return super().forward(x)

    x, fake = torch.randn(2, 2000, *shape)
    GAN(nn.Identity(), Spy(1.0), latent=1).gradient_penalty(x, fake)
    u = ((asked[0] - fake) / (x - fake)).flatten(
        1
    )  # a difference near 0 loses digits: the median of the row has them
    assert_close(fake + u.median(1).values.view(-1, *[1] * len(shape)) * (x - fake), asked[0])
    assert scipy.stats.kstest(u.median(1).values.numpy(), "uniform").pvalue > 1e-6


def test_the_penalty_of_a_flat_critic_is_1_and_its_gradient_finite():
    game = GAN(nn.Identity(), Linear(torch.zeros(3)), latent=1)
    penalty = game.gradient_penalty(*torch.randn(2, 5, 3))
    assert_close(penalty.item(), 1.0, rtol=0, atol=1e-5)
    assert grad(penalty, game.D.a)[0].isfinite().all()


def test_the_penalty_teaches_the_critics_weights():
    game = GAN(nn.Identity(), Linear(torch.tensor([0.3, -1.1, 2.0])), latent=1)
    a = game.D.a.detach()
    (slope,) = grad(game.gradient_penalty(*torch.randn(2, 5, 3)), game.D.a)
    assert_close(slope, 2 * (a.norm() - 1) * a / a.norm(), rtol=0, atol=1e-9)


# ---- samples ---------------------------------------------------------------------------------


def chance(seed):
    return torch.Generator().manual_seed(seed)


def test_samples_are_g_of_standard_noise_and_a_generator_repeats_them(game):
    game, z = game(), torch.randn(5, 3, generator=chance(4))
    sample = game.sample(5, generator=chance(4))
    assert torch.equal(sample, game.G(z)) and torch.equal(sample, game.sample(5, chance(4)))
    assert not torch.equal(sample, game.sample(5, chance(5)))
    assert not sample.requires_grad


def test_samples_come_from_the_global_seed_too_and_a_generator_leaves_it_alone(game):
    game = game()
    assert torch.equal(seeded(game.sample, 5), seeded(game.sample, 5))
    assert not torch.equal(game.sample(5), game.sample(5))
    torch.manual_seed(6)
    wanted = torch.rand(3)
    torch.manual_seed(6)
    game.sample(5, chance(4))
    assert torch.equal(torch.rand(3), wanted)


def test_codes_make_the_samples_that_they_are_drawn_for(game):
    game, z = game(), torch.randn(5, 3)
    assert torch.equal(game.generate(z), game.G(z)) and not game.generate(z).requires_grad


def test_samples_of_the_mean_come_from_the_mean_of_gs_weights(game):
    game, x = game(), torch.randn(40, 2)
    *_, step = train(game, x, steps=12, batch=8, lr=0.1, turns=("D", "G", "G"), average=0.9)
    assert isinstance(step.averaged, GAN) and step.averaged is not game
    z = torch.randn(5, 3, generator=chance(4))
    sample = step.averaged.sample(5, generator=chance(4))
    assert torch.equal(sample, step.averaged.G(z))
    assert (sample - game.G(z)).abs().max() > 1e-3
    own = {id(p) for moved, _ in game.players().values() for p in moved}
    assert not own & {id(p) for p in step.averaged.parameters()}


def test_sampling_after_training_moves_nothing():
    game = GAN(dc_generator(4, 2), dc_discriminator(2), latent=4)
    *_, step = train(game, 16 * torch.rand(20, 1, 8, 8), steps=3, batch=10, average=0.9)
    for model in (game, step.averaged):
        before = {name: value.clone() for name, value in model.state_dict().items()}
        z = torch.randn(50, 4)
        assert_close(model.generate(z)[:1], model.generate(z[:1]))  # no batch statistic in it
        model.sample(50)
        now = model.state_dict()
        assert all(torch.equal(value, before[name]) for name, value in now.items())


def test_noise_lies_where_the_weights_do(game):
    game = game().to("meta")  # a device of its own, that holds no numbers
    for made in (game.sample(3), game.fake(3), game.sample(3, chance(4))):
        assert made.shape == (3, 2) and made.device.type == "meta"
    x = torch.empty(4, 2, device="meta")
    for kind in LOSSES:
        game.kind = kind
        assert game.d_loss(x).device.type == game.g_loss(x).device.type == "meta"


def test_fakes_carry_the_generators_gradient(game):
    game = game()
    fake = seeded(game.fake, 4)
    assert torch.equal(fake, drawn(game, 4))
    assert all(g.abs().sum() > 0 for g in grad(fake.square().sum(), list(game.G.parameters())))


@pytest.mark.parametrize(
    "name, options",
    [
        ("loss", {"loss": "wgan"}),
        ("loss", {"loss": None}),
        ("penalty", {"penalty": -0.1}),
        ("penalty", {"loss": "wasserstein", "penalty": -10}),
        ("penalty", {"penalty": math.nan}),
    ],
)
def test_senseless_options_are_refused_in_a_sentence(name, options):
    with pytest.raises(ValueError, match=f"^{name}: got .*, wanted "):
        GAN(nn.Linear(2, 2), nn.Linear(2, 1), latent=2, **options)


# ---- the DCGAN's networks --------------------------------------------------------------------


def size(net):
    return sum(p.numel() for p in net.parameters())


def test_a_dcgan_goes_from_codes_to_images_to_logits():
    for latent, width in ((16, 16), (5, 3)):
        images = dc_generator(latent, width)(torch.randn(6, latent))
        assert images.shape == (6, 1, 8, 8)
        assert dc_discriminator(width)(images).shape == (6, 1)
    assert dc_generator()(torch.randn(2, 16)).shape == (2, 1, 8, 8)


@pytest.mark.parametrize("batch_norm", [True, False])
def test_images_are_in_levels_and_reach_both_ends(shake, batch_norm):
    net = shake(dc_generator(4, 2, batch_norm=batch_norm), 5.0)
    images = net(20 * torch.randn(50, 4))
    assert 0 <= images.min() < 0.01 and 15.99 < images.max() <= 16


def test_a_generators_output_before_anything_is_learned_is_the_middle_level():
    net = dc_generator(4, 2)
    nn.init.zeros_(net[-3].weight), nn.init.zeros_(net[-3].bias)
    assert_close(net(torch.randn(3, 4)), torch.full((3, 1, 8, 8), 8.0))


def test_the_discriminator_sees_levels_as_numbers_from_minus_1_to_1():
    seen = []
    net = dc_discriminator(2)
    next(m for m in net if isinstance(m, nn.Conv2d)).register_forward_hook(
        lambda _, inputs, __: seen.append(inputs[0])
    )
    net(torch.tensor([0.0, 4.0, 16.0]).view(3, 1, 1, 1).expand(3, 1, 8, 8))
    assert_close(seen[0][:, 0, 0, 0], torch.tensor([-1.0, -0.5, 1.0]))


def test_the_number_of_parameters_is_that_of_the_layers():
    latent, w = 5, 3
    conv = 2 * w * w * 16  # 4×4 kernels between w and 2w channels
    generator = (latent + 1) * 8 * w + conv + w + w * 16 + 1
    discriminator = w * 16 + w + conv + 2 * w + 8 * w + 1
    assert size(dc_generator(latent, w, batch_norm=False)) == generator
    assert size(dc_generator(latent, w)) == generator + 2 * (2 * w) + 2 * w
    assert size(dc_discriminator(w, batch_norm=False)) == discriminator
    assert (
        size(dc_discriminator(w))
        == size(dc_discriminator(w, leaky=False))
        == discriminator + 2 * (2 * w)
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda on: dc_generator(4, 2, batch_norm=on),
        lambda on: dc_discriminator(2, batch_norm=on),
    ],
)
def test_with_batch_norm_an_answer_depends_on_the_rest_of_the_batch_in_training_only(make):
    for on in (True, False):
        net = make(on)
        x = torch.randn(7, 4) if isinstance(net[0], nn.Linear) else 16 * torch.rand(7, 1, 8, 8)
        assert ((net(x)[:4] - net(x[:4])).abs().max() > 1e-3) == on
        net.eval()
        assert_close(net(x)[:4], net(x[:4]))


def test_the_first_layer_of_the_discriminator_has_no_batch_norm():
    kinds = [type(m) for m in dc_discriminator(2)]
    first, second = (i for i, kind in enumerate(kinds) if kind is nn.Conv2d)
    norm = kinds.index(nn.BatchNorm2d)
    assert kinds.count(nn.BatchNorm2d) == 1 and second < norm
    assert [type(m) for m in dc_generator(4, 2)].count(nn.BatchNorm2d) == 2


@pytest.mark.parametrize("leaky, slope", [(True, 0.2), (False, 0.0)])
def test_the_switch_is_the_slope_of_both_activations_below_zero(leaky, slope):
    found = [
        m for m in dc_discriminator(2, leaky=leaky) if isinstance(m, (nn.ReLU, nn.LeakyReLU))
    ]
    assert len(found) == 2
    for activation in found:
        assert_close(activation(torch.tensor([-3.0, 2.0])), torch.tensor([-3 * slope, 2.0]))


def test_a_small_dcgan_trains_with_every_loss_and_switch():
    x = 16 * torch.rand(20, 1, 8, 8)
    for loss in LOSSES:
        for on in (True, False):
            game = GAN(
                dc_generator(4, 2, on),
                dc_discriminator(2, on, leaky=on),
                latent=4,
                loss=loss,
            )
            last = fit(train(game, x, steps=2, batch=10, average=0.9))
            assert set(last.losses) == {"D", "G"}
            assert last.averaged.sample(3).shape == (3, 1, 8, 8)
