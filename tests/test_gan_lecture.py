"""Every function of lecture 04 by another route: quadrature, differences, scipy, complex
numbers, sets counted by hand."""

import copy
import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.optimize
import scipy.spatial.distance
import scipy.stats
import torch
from lecture import functions
from torch import nn
from torch.testing import assert_close

from lecture_utils.models.gan import GAN
from lecture_utils.nets import mlp

lecture = functions("04_gan_minimax", "grid", "dx", "four", "toy")
grid, dx = lecture.grid, lecture.dx.item()
CENTRES = [(2 * math.cos(k * math.pi / 4), 2 * math.sin(k * math.pi / 4)) for k in range(8)]
H = 1e-5  # a central difference of values near 1 then errs by H² and by 1e-16 / H: by 1e-10


@pytest.fixture(autouse=True)
def double():
    """Networks and noise in double precision."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def sigmoid(s):
    return 1 / (1 + torch.exp(-s))


def density(x, centre, gap, width):
    """Two humps, by scipy."""
    return (
        scipy.stats.norm.pdf(x, centre - gap, width)
        + scipy.stats.norm.pdf(x, centre + gap, width)
    ) / 2


def mixtures(n=4):
    """Random pairs of densities, each as its arguments: no longer than the grid, and nowhere so
    thin as to be 0 on it."""
    u = torch.rand(n, 2, 3)
    return [
        tuple(
            tuple(row)
            for row in (
                pair * torch.tensor([2.0, 2.0, 0.5]) + torch.tensor([-1.0, 0.0, 0.5])
            ).tolist()
        )
        for pair in u
    ]


def integral(function):
    return scipy.integrate.quad(
        function,
        grid[0].item(),
        grid[-1].item(),
        limit=300,
        epsabs=1e-10,
        points=[-3, -1, 0, 1, 3],
    )[0]


# ---- section 1: the data, the push, a distance -----------------------------------------------


def test_the_humps_are_a_mixture_of_two_gaussians_with_mass_1():
    for arguments, _ in mixtures():
        p = lecture.humps(grid, *arguments)
        assert_close(p.numpy(), density(grid.numpy(), *arguments))
        assert abs(p.sum().item() * dx - 1) < 1e-9
    assert_close(lecture.humps(grid).numpy(), density(grid.numpy(), 0, 1.5, 0.5))
    assert_close(lecture.fakes(0.3, 1.0, 0.7).numpy(), density(grid.numpy(), 0.3, 1.0, 0.7))


def test_the_games_generator_starts_on_the_left():
    game = lecture.new_game()
    assert -5 < game.sample(500).mean() < -3
    assert game.D(torch.randn(4, 1)).shape == (4, 1)


def test_the_push_is_downhill_on_gs_loss_at_every_fake_for_itself(shake):
    game, fakes = SimpleNamespace(D=shake(mlp(1, 8, 1), 0.5)), 3 * torch.randn(20, 1)

    def loss(x):
        return -torch.log(sigmoid(game.D(x))).detach()

    push = lecture.push(game, fakes)
    assert_close(push, -(loss(fakes + H) - loss(fakes - H)) / (2 * H), rtol=1e-6, atol=1e-9)
    assert push.abs().max() > 1e-3 and not fakes.requires_grad


def test_the_distance_of_draws_is_scipys_wasserstein_distance():
    for n in (1, 7, 100):
        a, b = torch.randn(n, 1), 2 * torch.randn(n, 1) + 1
        before = a.clone()
        assert_close(
            lecture.w1(a, b),
            scipy.stats.wasserstein_distance(a.flatten().numpy(), b.flatten().numpy()),
        )
        assert torch.equal(a, before)
    assert lecture.w1(a, a[torch.randperm(100)]) == 0


# ---- sections 2 and 3: the value and the divergence ------------------------------------------


def test_the_value_of_any_d_is_its_integral():
    D = 0.05 + 0.9 * torch.rand(1).item() * torch.sigmoid(grid / 2)
    of = lambda x: np.interp(x, grid.numpy(), D.numpy())  # noqa: E731
    for p, q in mixtures():
        wanted = integral(
            lambda x: density(x, *p) * np.log(of(x)) + density(x, *q) * np.log(1 - of(x))
        )
        got = lecture.value(lecture.humps(grid, *p), lecture.humps(grid, *q), D)
        assert_close(
            got.item(), wanted, rtol=0, atol=1e-5
        )  # of bends at the grid's points: an error of dx²


def test_the_best_value_is_above_that_of_every_other_d_and_is_p_over_p_plus_q():
    for p, q in mixtures():
        p, q = lecture.humps(grid, *p), lecture.humps(grid, *q)
        best = lecture.value(p, q)
        D = (p / (p + q)).clamp(
            1e-12, 1 - 1e-12
        )  # a D that is 1 where q is not 0 is worth minus infinity
        assert_close(lecture.value(p, q, D), best, rtol=0, atol=1e-9)
        for other in (
            D * 0.98,
            D + (1 - D) * 0.02,
            1 - D,
            torch.full_like(D, 0.5),
            torch.rand_like(D),
        ):
            assert lecture.value(p, q, other) < best - 1e-6


def test_the_divergence_is_its_integral_and_scipys():
    for p, q in mixtures():

        def both(x):
            a, b = density(x, *p), density(x, *q)
            return (
                scipy.special.rel_entr(a, (a + b) / 2) + scipy.special.rel_entr(b, (a + b) / 2)
            ) / 2

        a, b = lecture.humps(grid, *p), lecture.humps(grid, *q)
        assert_close(lecture.jsd(a, b).item(), integral(both), rtol=0, atol=1e-8)
        assert_close(
            lecture.jsd(a, b).item(),
            scipy.spatial.distance.jensenshannon(a, b) ** 2,
            rtol=0,
            atol=1e-8,
        )
        assert_close(lecture.jsd(a, b), lecture.jsd(b, a))


def test_the_ends_of_the_divergence_and_of_the_value():
    p, far = (
        lecture.humps(grid, -4.5, 0.5, 0.5),
        lecture.humps(grid, 4.5, 0.5, 0.5),
    )  # nowhere 0, in double precision
    assert_close(lecture.jsd(p, p).item(), 0.0, rtol=0, atol=1e-12)
    assert_close(lecture.value(p, p).item(), -math.log(4))
    assert_close(lecture.jsd(p, far).item(), math.log(2), rtol=0, atol=1e-9)
    assert_close(lecture.value(p, far).item(), 0.0, rtol=0, atol=1e-9)
    p, narrow = (
        lecture.humps(grid),
        lecture.humps(grid, 2.0, 2.5, 0.2),
    )  # 0 in places, as at the ends of the lecture's sliders
    assert (narrow == 0).any()
    assert_close(lecture.value(p, narrow), 2 * lecture.jsd(p, narrow) - math.log(4))


def test_a_frozen_generator_scales_and_shifts_its_noise():
    z = torch.randn(6, 1)
    assert_close(lecture.affine(1.2, -0.5)(z), 1.2 * z - 0.5)


def test_the_opinion_is_ds_probability_on_the_grid(shake):
    D = shake(mlp(1, 8, 1).float(), 0.5)
    opinion = lecture.opinion(SimpleNamespace(D=D))
    assert (
        opinion.shape == grid.shape
        and opinion.dtype == grid.dtype
        and not opinion.requires_grad
    )
    assert_close(
        opinion, sigmoid(D.double()(grid[:, None])[:, 0]).detach(), rtol=0, atol=1e-5
    )  # it is single precision


def test_an_opinion_is_never_worth_minus_infinity():
    for sure in (1e4, -1e4):
        D = lecture.affine(0.0, sure).float()
        p, q = lecture.humps(grid), lecture.humps(grid, 1.0)
        assert lecture.value(p, q, lecture.opinion(SimpleNamespace(D=D))).isfinite()


# ---- sections 4 and 5: slopes ----------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, to_logit",
    [
        ("saturating", lambda s: -sigmoid(s)),
        ("non-saturating", lambda s: -(1 - sigmoid(s))),
        ("wasserstein", lambda s: -1 + 0 * s),
    ],
)
def test_the_gradients_norm_is_that_of_its_two_numbers_by_hand(kind, to_logit, monkeypatch):
    """G(z) = a z + b and D(x) = c x + d: the slopes are the means of to_logit · c · z and of
    to_logit · c."""
    monkeypatch.setattr(lecture, "x", torch.randn(50, 1), raising=False)
    a, b, c, d = torch.randn(4)
    game = GAN(lecture.affine(a, b), lecture.affine(c, d), latent=1)
    torch.manual_seed(2)
    got = lecture.gradient_norm(game, kind)
    torch.manual_seed(2)
    z = torch.randn(50, 1)
    slope = to_logit(c * (a * z + b) + d) * c
    assert_close(got, math.hypot((slope * z).mean().item(), slope.mean().item()))


@pytest.mark.parametrize("theta", [0.0, -1.7, 4.0])
def test_the_wasserstein_distance_of_shifted_densities_is_the_shift(theta):
    p, q = lecture.normal(0.0), lecture.normal(theta)
    assert_close(q.numpy(), scipy.stats.norm.pdf(grid.numpy(), theta, 0.5))
    assert_close(lecture.wasserstein(p, q).item(), abs(theta), rtol=0, atol=1e-6)


def test_the_wasserstein_distance_is_scipys():
    for p, q in mixtures():
        p, q = lecture.humps(grid, *p), lecture.humps(grid, *q)
        wanted = scipy.stats.wasserstein_distance(grid, grid, p, q)
        assert_close(lecture.wasserstein(p, q).item(), wanted, rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", ["jsd", "wasserstein"])
def test_the_slope_of_a_distance_is_its_difference(name):
    function = lecture.with_slope(getattr(lecture, name))
    for theta in (-3.0, -0.8, 0.5, 1.9, 6.0):
        distance, slope = function(theta)
        assert_close(
            distance, getattr(lecture, name)(lecture.normal(0.0), lecture.normal(theta)).item()
        )
        assert_close(
            slope,
            (function(theta + H)[0] - function(theta - H)[0]) / (2 * H),
            rtol=0,
            atol=1e-8,
        )


# ---- section 6: rounds of the game -----------------------------------------------------------

# One round as a matrix that acts on (a, b), and its eigenvalues, written without the lecture's
# code.
ROUNDS = {
    "simultaneous": lambda eta: ([[1, -eta], [eta, 1]], [1 + 1j * eta]),
    "alternating": lambda eta: ([[1, -eta], [eta, 1 - eta**2]], np.roots([1, eta**2 - 2, 1])),
    "extragradient": lambda eta: (
        [[1 - eta**2, -eta], [eta, 1 - eta**2]],
        [1 - eta**2 + 1j * eta],
    ),
}


@pytest.mark.parametrize("eta", [0.05, 0.3, 0.7, 1.4])
@pytest.mark.parametrize("name", ROUNDS)
def test_a_round_is_its_matrix(name, eta):
    matrix, eigenvalues = ROUNDS[name](eta)
    a, b = torch.randn(2).tolist()
    assert_close(np.array(getattr(lecture, name)(a, b, eta)), np.array(matrix) @ [a, b])
    for value in eigenvalues:
        assert (
            np.abs(np.linalg.eigvals(np.array(matrix)) - value).min() < 1e-7
        )  # a double one is known to √1e-16


@pytest.mark.parametrize("eta", [0.05, 0.3, 0.7, 1.4])
@pytest.mark.parametrize("name", ROUNDS)
def test_the_radius_is_that_of_the_matrixs_power(name, eta):
    matrix, _ = ROUNDS[name](eta)
    for rounds in (0, 1, 2, 37):
        wanted = np.linalg.norm(np.linalg.matrix_power(np.array(matrix), rounds) @ [1, 0])
        assert_close(lecture.radius(getattr(lecture, name), eta, rounds), wanted)


@pytest.mark.parametrize("eta", [0.05, 0.3, 0.7, 1.4])
def test_the_radius_is_a_power_of_a_complex_numbers_length(eta):
    """a + i b: a simultaneous step multiplies it by 1 + iη; extragradient by 1 + iη (1 + iη).
    Alternating steps by numbers of length 1, in an ellipse."""
    assert_close(lecture.radius(lecture.simultaneous, eta, 30), abs(1 + 1j * eta) ** 30)
    assert_close(
        lecture.radius(lecture.extragradient, eta, 30), abs(1 + 1j * eta * (1 + 1j * eta)) ** 30
    )
    assert_close(np.abs(ROUNDS["alternating"](eta)[1]), np.ones(2))
    a, b = 1.0, 0.0
    for _ in range(300):
        a, b = lecture.alternating(a, b, eta)
        assert_close(a**2 + b**2 - eta * a * b, 1.0)  # the ellipse


def test_the_pairs_generator_is_one_number_and_little_noise():
    z = torch.randn(4, 1)
    assert_close(lecture.Shift()(z), 1 + 0.05 * z)


@pytest.mark.parametrize("gamma", [0.0, 0.5])
@pytest.mark.parametrize(
    "kind, share", [("saturating", lambda s: s), ("non-saturating", lambda s: 1 - s)]
)
def test_a_real_gan_of_two_numbers_goes_round_as_its_equations_say(kind, share, gamma):
    """Without noise the slopes are one line each; the noise, 0.05, is worth 0.002 a round."""
    theta, psi, eta, path = 1.0, 0.0, 0.2, []
    for _ in range(25):
        psi -= eta / (1 + math.exp(-psi * theta)) * theta + eta * gamma * psi
        theta += eta * share(1 / (1 + math.exp(-psi * theta))) * psi
        path.append((theta, psi, math.log(0.5) - math.log(1 + math.exp(psi * theta))))
    got = lecture.rounds_of(kind, gamma, rounds=25, eta=eta)
    assert_close(got, torch.tensor(path), rtol=0, atol=0.03)
    assert got[:, 0].min() < 0.5  # it has moved


# ---- section 7: modes ------------------------------------------------------------------------


def points(*groups):
    """Rows: n points at the place (x, y), for every (n, x, y)."""
    return torch.tensor([place for n, *place in groups for _ in range(n)])


def test_the_centres_are_on_a_circle_of_radius_2():
    assert_close(lecture.toy.centres.double(), torch.tensor(CENTRES), rtol=0, atol=1e-6)
    assert_close(lecture.four.centres.double(), torch.tensor(CENTRES[::2]), rtol=0, atol=1e-6)


def around(centre, distance):
    length = math.hypot(*centre)
    return [c * (1 + distance / length) for c in centre]


@pytest.mark.parametrize(
    "groups, found",
    [
        ([(100, 0.0, 0.0)], 0),
        ([(100, *CENTRES[3])], 1),
        ([(12, *c) for c in CENTRES], 8),
        ([(98, *CENTRES[0]), (2, *CENTRES[5])], 2),
        ([(99, *CENTRES[0]), (1, *CENTRES[5])], 1),  # 2 % are enough, 1 % not
        ([(50, *around(CENTRES[2], 0.29)), (50, *around(CENTRES[6], -0.29))], 2),
        ([(100, *around(CENTRES[2], 0.31))], 0),
        ([(93, 0.0, 0.0), (7, *CENTRES[1])], 1),
    ],
)
def test_modes_are_counted_as_by_hand(groups, found):
    fakes = points(*groups).float()
    assert lecture.modes(fakes, lecture.toy) == found
    assert lecture.modes(fakes[torch.randperm(len(fakes))], lecture.toy) == found


def test_a_wide_mode_reaches_three_widths_and_its_share_is_counted():
    near, far = around(CENTRES[2], 0.74), around(CENTRES[2], 0.76)
    fakes = points((30, *near), (20, *far), (50, *CENTRES[4])).float()
    assert_close(lecture.shares(fakes, lecture.four), torch.tensor([0, 0.3, 0.5, 0]).float())


@pytest.mark.parametrize(
    "game, activations", [("ring_game", (nn.ReLU, nn.ReLU)), ("plane_game", (nn.SiLU, nn.ReLU))]
)
def test_the_games_in_the_plane_are_two_networks(game, activations):
    game = getattr(lecture, game)(loss="wasserstein")
    assert (game.kind, game.latent) == ("wasserstein", 2)
    assert game.sample(5).shape == (5, 2) and game.D(game.sample(5)).shape == (5, 1)
    for net, act, outputs in zip((game.G, game.D), activations, (2, 1)):
        layers = [type(m) for m in net if not isinstance(m, nn.Dropout)]
        assert layers == [nn.Linear, act, nn.Linear, act, nn.Linear]
        assert net[-1].out_features == outputs


# ---- section 5: the earth --------------------------------------------------------------------


def test_the_plan_moves_all_earth_and_no_plan_is_cheaper():
    way = (torch.arange(7)[:, None] - torch.arange(7)).abs().double()
    for p, q in torch.rand(4, 2, 7).double().softmax(2):
        plan = lecture.transport_plan(p, q)
        assert (plan >= 0).all()
        assert_close(plan.sum(1), p)
        assert_close(plan.sum(0), q)
        # the best plan by linear programming: its rows' and columns' sums are given
        rows = np.kron(np.eye(7), np.ones(7))
        columns = np.kron(np.ones(7), np.eye(7))
        best = scipy.optimize.linprog(
            way.flatten().numpy(),
            A_eq=np.vstack([rows, columns]),
            b_eq=torch.cat([p, q]).numpy(),
        )
        assert_close((plan * way).sum().item(), best.fun, rtol=0, atol=1e-8)


def test_a_critic_of_the_lecture_is_measured_as_by_hand(monkeypatch):
    """In the place of a training its weights are drawn at random."""
    torch.set_default_dtype(torch.float32)
    monkeypatch.setattr(lecture, "x", torch.randn(300, 1), raising=False)
    monkeypatch.setattr(lecture, "show_source", lambda *_: None)
    asked = {}

    def training(game, x, **options):
        asked.update(options)
        with torch.no_grad():
            for p in game.D.parameters():
                p.normal_()
        asked["game"] = game
        return iter([None])

    monkeypatch.setattr(lecture, "train", training)
    monkeypatch.setattr(lecture, "fit", list)
    f, estimate, slope, gap = lecture.critic_of(7.0)
    game = asked["game"]
    assert (game.kind, game.penalty, asked["turns"]) == ("wasserstein", 7.0, ("D",))
    with torch.no_grad():
        far = game.D(-8.0 + 0.5 * torch.randn(200_000, 1)).mean()
        assert_close(f, game.D(lecture.grid[:, None].float())[:, 0])
        difference = (game.D(lecture.x).mean() - far).item()
    assert abs(estimate - difference) < 0.1 * max(1, f.std().item())
    assert abs(gap - (lecture.x.mean() + 8)) < 0.2 and slope > 0


# ---- section 8: images -----------------------------------------------------------------------


@pytest.mark.parametrize("batch_norm, leaky", [*itertools.product([True, False], repeat=2)])
def test_the_guidelines_are_switches_of_both_networks(batch_norm, leaky):
    game = lecture.dcgan(batch_norm=batch_norm, leaky=leaky)
    kinds = {name: {type(m) for m in getattr(game, name)} for name in "GD"}
    assert all((nn.BatchNorm2d in kinds[name]) == batch_norm for name in "GD")
    assert (
        (nn.LeakyReLU in kinds["D"]) == leaky
        and (nn.ReLU in kinds["D"]) == (not leaky)
        and nn.ReLU in kinds["G"]
    )
    assert (game.latent, game.kind) == (16, "non-saturating")


def test_images_are_drawn_from_the_mean_of_the_weights_and_d_learns_twice_as_fast(monkeypatch):
    x = torch.randint(0, 17, (80, 1, 8, 8)).double()
    monkeypatch.setattr(lecture, "data", SimpleNamespace(x=x), raising=False)
    game = lecture.dcgan()
    before = copy.deepcopy(game)
    steps = lecture.digits_training(game, 5)
    first = next(steps)
    assert first.steps == 5 and first.model is game and first.averaged is not game
    for name, rate in (("D", 2e-3), ("G", 1e-3)):  # Adam's first update is the rate
        pairs = zip(getattr(game, name).parameters(), getattr(before, name).parameters())
        far = torch.cat([(now - old).detach().abs().flatten() for now, old in pairs])
        assert_close(far.max().item(), rate, rtol=1e-3, atol=0)
    start, second = copy.deepcopy(game), next(steps)
    pairs = zip(second.averaged.parameters(), start.parameters(), game.parameters())
    for mean, old, new in pairs:  # a young mean of two
        assert_close(mean.detach(), (old / 11 + new * 10 / 11).detach())


def first_pixel(images):
    """Stand in for a classifier: the first pixel is the class."""
    return images[:, 0].numpy().astype(int)


def test_images_are_measured_as_by_scipy(monkeypatch):
    known, test, images = (torch.randint(0, 10, (n, 1, 2, 2)).double() for n in (30, 25, 20))
    named = SimpleNamespace(predict=first_pixel)
    monkeypatch.setattr(lecture, "classifier", named, raising=False)
    monkeypatch.setattr(lecture, "known", known.flatten(1), raising=False)
    frechet, shares, to_nearest = lecture.measure(images, test)
    a, b, k = (t.flatten(1).numpy() for t in (images, test, known))
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    root = np.real(scipy.linalg.sqrtm(cov_a @ cov_b))
    assert_close(
        frechet,
        ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root),
        rtol=1e-6,
        atol=1e-6,
    )
    assert shares.tolist() == pytest.approx([(a[:, 0] == i).mean() for i in range(10)])
    assert_close(to_nearest, np.quantile([min(math.dist(i, j) for j in k) for i in a], 0.1))


def test_copies_are_at_distance_0_and_a_shift_is_known(monkeypatch):
    known = torch.randint(0, 9, (30, 1, 2, 2)).double()
    named = SimpleNamespace(predict=first_pixel)
    monkeypatch.setattr(lecture, "classifier", named, raising=False)
    monkeypatch.setattr(lecture, "known", known.flatten(1), raising=False)
    frechet, _, to_nearest = lecture.measure(known, known)
    assert abs(frechet) < 1e-9 and to_nearest < 1e-6
    moved = lecture.measure(known + 20, known)  # every pixel, by more than the levels differ
    assert_close(moved[0], 4 * 20.0**2)
    assert moved[2] > 2 * 11  # 2 (20 − 8) at least, with rounding to spare


def test_a_walk_is_an_arc_from_end_to_end_on_the_sphere_at_an_even_pace():
    start, end = torch.randn(2, 16)
    start, end = 4 * start / start.norm(), 4 * end / end.norm()
    codes = lecture.walk(torch.linspace(0, 1, 11), start, end)
    assert_close(codes[0], start)
    assert_close(codes[-1], end)
    assert_close(codes.norm(dim=1), torch.full((11,), 4.0))
    angles = [math.acos(min(1.0, (codes[0] @ c / 16).item())) for c in codes]
    assert_close(
        torch.tensor(angles),
        torch.linspace(0, 1, 11) * math.acos((start @ end / 16).item()),
        rtol=0,
        atol=1e-6,
    )
    inside = torch.linalg.lstsq(
        torch.stack([start, end], 1), codes.T
    )  # in the plane of its ends
    assert_close(torch.stack([start, end], 1) @ inside.solution, codes.T)


def test_a_walk_between_orthogonal_codes_is_cosine_and_sine():
    t = torch.rand(5)
    codes = lecture.walk(t, torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0]))
    assert_close(codes, 3 * torch.stack([(t * math.pi / 2).cos(), (t * math.pi / 2).sin()], 1))
