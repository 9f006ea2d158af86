"""What the pictures of lecture 04 show is what its own functions, or a count by hand, say."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats
import torch
from lecture import functions
from looks import (
    assert_images,
    assert_says,
    bars,
    cells,
    close,
    counted,
    filled,
    line,
    look,
    offsets,
    steps,
    title,
    uniform,
)
from matplotlib.quiver import Quiver
from torch import nn

from lecture_utils.models.gan import GAN
from lecture_utils.nets import mlp
from lecture_utils.plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH
from lecture_utils.train import Step
from lecture_utils.views import gan as views

lecture = functions("04_gan_minimax", "grid", "dx", "both", "methods", "four")
grid = lecture.grid
FEW = 8  # every eighth point of the grid is drawn


def record(step, model, averaged=None, **losses):
    return Step(step, 1000, losses, 0.0, model, averaged or model)


class Listening(nn.Module):
    """A generator that remembers the codes it was given."""

    def __init__(self, net):
        super().__init__()
        self.net, self.z = net, []

    def forward(self, z):
        self.z.append(z)
        return self.net(z)


def assert_standard_normal(z):
    """Up to five standard errors of the mean and of the spread."""
    n = z.numel()
    assert z.mean().abs() < 5 / n**0.5 and (z.std() - 1).abs() < 5 / (2 * n) ** 0.5


def assert_area(ax, x, height, number=0, colour=DATA):
    """The area below the curve is filled: each of its points is a corner, and nothing is
    higher."""
    corners, shade = filled(ax, number)
    assert shade == colour
    places = corners[:, :2]
    for point in zip(np.asarray(x, float), np.asarray(height, float)):
        assert np.abs(places - point).max(1).min() < 1e-5
    assert places[:, 1].max() < max(height) + 1e-5 and abs(places[:, 1].min()) < 1e-5


# ---- the game --------------------------------------------------------------------------------


@pytest.fixture
def game(shake):
    """The view of the game, two steps in, and its players at random weights."""
    here = SimpleNamespace()
    G = Listening(nn.Linear(1, 1))
    (
        nn.init.constant_(G.net.weight, uniform(2, 3)),
        nn.init.constant_(G.net.bias, uniform(-2, 2)),
    )
    here.gan = GAN(G, shake(mlp(1, 16, 1), 0.5), latent=1).eval()
    here.look = look(views.game, lecture.humps, lecture.push)
    here.look(record(1, here.gan, D=0.4, G=1.0))
    here.look(record(2, here.gan, G=7.0))  # D did not move
    here.axes = here.look(record(3, here.gan, D=9.0, G=1.0))
    here.z = G.z[-1]
    here.fakes = G.net(here.z)[:, 0].detach()
    return here


def test_the_fakes_of_the_game_are_a_histogram_with_the_area_of_their_share(game):
    left, _ = game.axes
    assert_standard_normal(game.z)
    heights, edges, colour = steps(left)
    share = counted(game.fakes, edges) / len(game.fakes)
    close(heights * np.diff(edges), share, atol=1.5 / len(game.fakes))  # one may lie on an edge
    assert colour == MODEL and (edges[0], edges[-1]) == (-6, 6)
    assert 0.5 < share.sum() < 1  # some lie beyond


def test_data_and_ds_belief_stand_behind_the_fakes(game):
    left, _ = game.axes
    xs = torch.linspace(-6, 6, 300)
    assert_area(left, xs, lecture.humps(xs))
    x, belief = line(left, color=SECOND, linestyle="-")
    logit = game.gan.D(torch.tensor(x, dtype=torch.float32)[:, None])[:, 0].detach().numpy()
    close(belief, 1 / (1 + np.exp(-logit)))
    close(line(left, color=SECOND, linestyle=":")[1], [0.5, 0.5])


def test_the_arrows_of_the_game_are_the_push_at_twenty_fakes(game):
    left, _ = game.axes
    (arrows,) = (c for c in left.collections if isinstance(c, Quiver))
    x, y = offsets(arrows).T
    assert len(x) == 20 and (y < 0).all() and (np.diff(x) >= 0).all()
    assert all(np.abs(game.fakes.numpy() - place).min() < 1e-5 for place in x)
    push = lecture.push(game.gan, torch.tensor(x, dtype=torch.float32)[:, None])[:, 0]
    close(arrows.U, push.clamp(-3, 3), atol=1e-4)
    assert (arrows.V == 0).all() and (arrows.angles, arrows.scale) == ("xy", 1)
    strong = look(views.game, lecture.humps, lambda gan, x: 100 * (x - x.mean()))
    left, _ = strong(record(1, game.gan, D=1.0))
    (arrows,) = (c for c in left.collections if isinstance(c, Quiver))
    assert set(np.round(arrows.U[np.abs(x - x.mean()) > 0.1], 5)) == {-3.0, 3.0}


def test_the_value_of_the_game_is_minus_ds_loss_and_has_a_point_where_d_moved(game):
    _, right = game.axes
    close(line(right, color=SECOND), [[1, 3], [-0.4, -2.5]])  # at −9 it lies on the floor
    close(line(right, color=TRUTH)[1], [-math.log(4)] * 2)
    assert right.get_ylim()[0] == -2.5


@pytest.fixture
def densities():
    here = SimpleNamespace(p=lecture.humps(grid))
    here.q = lecture.humps(grid, uniform(-3, 3), uniform(0, 2), uniform(0.5, 1.5))
    here.best = here.p / (here.p + here.q)
    return here


def assert_data_and_fakes(ax, p, q):
    assert_area(ax, grid[::FEW][500 // FEW : 3500 // FEW], p[::FEW][500 // FEW : 3500 // FEW])
    close(line(ax, label="fakes: q"), [grid[::FEW], q[::FEW]])
    (fakes,) = (each for each in ax.lines if each.get_label() == "fakes: q")
    assert fakes.get_color() == MODEL


def test_the_discriminator_on_its_way_is_that_of_the_chosen_step(densities):
    d = densities
    snapshots = {
        s: (torch.rand(len(grid), dtype=torch.float64), uniform(0, 1), uniform(-3, 0))
        for s in (1, 10, 300)
    }
    at = look(views.discriminator_training, grid, d.p, d.q, d.best, snapshots)
    for step in (10, 300):
        left, right = at(step)
        D, error, value = snapshots[step]
        assert_data_and_fakes(left, d.p, d.q)
        close(line(left, color=TRUTH), [grid[::FEW], d.best[::FEW]])
        close(line(left, color=SECOND), [grid[::FEW], D[::FEW]])
        errors = [snapshots[s][1] for s in snapshots]
        close(line(right, color=SECOND, linestyle="-"), [[1, 10, 300], errors])
        close(line(right, color="black"), [[step], [error]])
        assert_says(title(left), step, error, value)


def test_the_gauges_of_the_optimum_start_where_both_are_lowest(densities):
    p, shape = densities.p, (uniform(-3, 3), uniform(0, 2.5), uniform(0.3, 1.5))
    at = look(views.optimum, grid, p, lecture.fakes, lecture.value, lecture.jsd)
    left, right = at(*shape)
    q = lecture.fakes(*shape)
    assert_data_and_fakes(left, p, q)
    close(line(left, color=SECOND), [grid[::FEW], (p / (p + q))[::FEW]])
    value, jsd = lecture.value(p, q), lecture.jsd(p, q)
    (_, low, _, v, pink), (_, zero, _, d, blue) = bars(right)
    close([low, low + v, zero, zero + d], [-math.log(4), value, 0, jsd])
    assert (pink, blue) == (SECOND, MODEL) and 0 < jsd < math.log(2)
    close(line(right, color=DATA)[1], [math.log(2)] * 2)
    assert sorted(each.get_ydata()[0] for each in right.lines if each.get_color() == TRUTH) == [
        -math.log(4),
        0,
    ]
    assert_says(title(left) + title(right), value, 4, 2, jsd)  # = −log 4 + 2 · JSD
    assert [t.get_text() for t in right.get_xticklabels()] == ["V(D*, G)", "JSD(p, q)"]


def test_the_norms_of_gs_gradient_belong_to_their_losses(densities):
    names = {"saturating": THIRD, "non-saturating": MODEL}
    snapshots = {
        s: (
            torch.rand(len(grid), dtype=torch.float64),
            {name: 10 ** uniform(-9, 1) for name in names},
        )
        for s in (1, 25, 400)
    }
    at = look(views.vanishing, grid, densities.p, densities.q, snapshots)
    for step in (25, 400):
        left, right = at(step)
        D, norms = snapshots[step]
        assert_data_and_fakes(left, densities.p, densities.q)
        close(line(left, color=SECOND), [grid[::FEW], D[::FEW]])
        for name, colour in names.items():
            wanted = [snapshots[s][1][name] for s in snapshots]
            close(line(right, color=colour, label=name), [[1, 25, 400], wanted], atol=0)
        close(line(right, color=DATA)[0], [step, step])
        first, second = title(left).split(", ")
        assert first.startswith("saturating") and second.startswith("non-saturating")
        assert_says(first.removeprefix("saturating"), norms["saturating"])
        assert_says(second.removeprefix("non-saturating"), norms["non-saturating"])


def test_a_critic_is_drawn_around_0_and_its_estimate_on_the_line_of_the_formula(densities):
    d, gap = densities, uniform(2, 9)
    found = {
        each: (torch.randn(len(grid), dtype=torch.float64), uniform(2, 20), uniform(1, 3), gap)
        for each in (3.0, 10.0, 100.0)
    }
    at = look(views.critics, grid, d.p, d.q, found)
    at(3.0)
    left, right, heights = at(100.0)
    f, estimate, slope, _ = found[100.0]
    assert_data_and_fakes(left, d.p, d.q)
    (critic,) = heights.lines
    x, y = (np.asarray(v, float) for v in critic.get_data())
    close(x, grid[::FEW])
    close(np.diff(y), np.diff(f[::FEW]), atol=1e-4)
    middle = (f * d.p).sum() / d.p.sum() + (f * d.q).sum() / d.q.sum()
    close(y, f[::FEW] - middle / 2, atol=1e-4)
    assert_says(title(left), 100, slope, estimate)
    lambdas, predicted = line(right, color=TRUTH)
    close(predicted, gap * (1 + gap / (2 * lambdas)), atol=1e-4)
    assert lambdas.min() < 3 and lambdas.max() > 100
    close(line(right, color=SECOND), [[3, 10, 100], [found[k][1] for k in found]])
    close(line(right, color=DATA)[1], [gap, gap])
    close(line(right, color="black"), [[100], [estimate]])


def test_the_earth_of_every_column_hangs_where_the_plan_carries_it():
    at = look(views.transport, lecture.transport_plan)
    at(2.0, 0.5)
    centre, width = uniform(3, 8), uniform(0.8, 1.5)
    left, right = at(centre, width)
    place = np.arange(12)

    def hill(centre, width):
        p = np.exp(-0.5 * ((place - centre) / width) ** 2)
        return p / p.sum()

    data, fakes = hill(2.5, 1.0), hill(centre, width)
    drawn = bars(left)
    columns, pieces = drawn[:12], np.array([b[:4] for b in drawn[12:]]).reshape(12, 12, 4)
    close([height for *_, height, _ in columns], data)
    colours = [each[4] for each in drawn[12:]]
    assert colours == [columns[i][4] for i in range(12) for _ in range(12)]
    heights, bottoms = pieces[..., 3], pieces[..., 1]
    close(heights.sum(0), fakes)  # every column of the fakes is complete
    close(heights.sum(1), data)  # and made of all the data's earth
    close(pieces[..., 0], np.tile(place - 0.45, (12, 1)))
    close(bottoms, -heights.cumsum(0))  # one below the other
    close(right.images[0].get_array(), heights.T)
    assert right.get_xlabel() == "from" and right.images[0].origin == "lower"
    way = np.abs(place[:, None] - place)
    assert_says(title(left), (heights * way).sum())
    assert (
        abs((heights * way).sum() - scipy.stats.wasserstein_distance(place, place, data, fakes))
        < 1e-5
    )


def test_the_diagram_of_the_players_leads_from_noise_and_data_to_d_and_back_to_g():
    (ax,) = look(lambda: views.players)()
    places = {t.get_text(): t.get_position() for t in ax.texts}
    arrows = [(t.xyann, t.xy) for t in ax.texts if getattr(t, "arrow_patch", None)]

    def touches(point, name):
        return abs(point[0] - places[name][0]) < 1.1 and abs(point[1] - places[name][1]) < 0.5

    def leads(a, b):
        return any(touches(start, a) and touches(end, b) for start, end in arrows)

    for a, b in (
        ("noise z", "G"),
        ("G", "fake G(z)"),
        ("fake G(z)", "D"),
        ("data x", "D"),
        ("D", "D(x)"),
        ("D", "fake G(z)"),
        ("fake G(z)", "G"),
    ):
        assert leads(a, b), f"no arrow from {a} to {b}"
    assert len(arrows) == 7 and not leads("D", "data x")


# ---- distances and paths ---------------------------------------------------------------------


def test_both_distances_and_their_slopes_are_drawn_against_theta():
    jsd, w1 = lecture.both
    at, theta = look(views.distances, grid, lecture.normal, jsd, w1), uniform(-6, 6)
    left, middle, right = at(theta)
    x, height = line(left, color=MODEL)
    close(height, scipy.stats.norm.pdf(x, theta, 0.5))
    some = slice(500 // 8, 3500 // 8)
    assert_area(left, grid[::8][some], scipy.stats.norm.pdf(grid, 0, 0.5)[::8][some])
    for colour, distance, label in ((THIRD, jsd, "JSD"), (NOISE, w1, "W₁")):
        thetas, values = line(middle, color=colour, label=label)
        assert (thetas[0], thetas[-1]) == (-6, 6)
        for i in (0, 23, 60):
            close([values[i], line(right, label=label)[1][i]], distance(thetas[i]))
        at_middle, at_right = (line(ax, color=colour, marker="o") for ax in (middle, right))
        close([at_middle, at_right], [[[theta], [v]] for v in distance(theta)])
    # far from 0, W₁ is |θ| and its slope ±1: what is a distance and what a slope
    _, far = line(middle, label="W₁")
    _, slope = line(right, label="W₁")
    close([far[0], slope[0], slope[-1]], [6, -1, 1], atol=1e-3)
    close(line(middle, color=DATA)[1], [math.log(2)] * 2)


@pytest.mark.parametrize("method", ["simultaneous", "alternating", "extragradient"])
def test_an_orbit_and_its_distance_from_the_saddle_are_those_of_the_rounds(method):
    eta, rounds = uniform(0.02, 0.3), 37
    at = look(views.orbits, lecture.methods, lecture.path)
    at("alternating", 0.5, 100)
    left, right = at(method, eta, rounds)
    path = [(1.0, 0.0)]
    for _ in range(rounds):
        path.append(lecture.methods[method](*path[-1], eta))
    close(line(left, color=MODEL).T, path)
    close(line(left, color=TRUTH), [[0], [0]])
    close(line(left, color="black"), [[1], [0]])
    distances = [math.hypot(*point) for point in path]
    close(line(right, color=MODEL), [range(rounds + 1), distances])
    close(line(right, color=DATA)[1], [1, 1])
    assert_says(title(right), distances[-1])
    assert left.get_xlabel().startswith("a, which lowers") and "raises" in left.get_ylabel()


def test_the_paths_of_a_real_gan_are_theta_to_the_right_and_psi_upwards():
    colours = {"saturating": THIRD, "non-saturating": MODEL, "with friction": NOISE}
    paths = {name: torch.randn(50, 3) for name in colours}
    left, right = look(views.real_spiral, paths)()
    for name, colour in colours.items():
        close(line(left, color=colour, label=name), paths[name][:, :2].T)
    close(line(right, color=THIRD), [range(50), paths["saturating"][:, 2]])
    assert len(right.lines) == 2  # and the value of perfect fakes
    close(line(left, color=TRUTH), [[0], [0]])
    close(line(right, color=TRUTH)[1], [-math.log(4)] * 2)
    assert left.get_xlabel().startswith("θ") and left.get_ylabel().startswith("ψ")


# ---- what the generator makes ----------------------------------------------------------------


def test_real_images_stand_left_and_fakes_right(images):
    real, fake = images(16), images(16)
    left, right = look(views.real_and_fake, real, fake)()
    assert_images(cells(left, 8), real)
    assert_images(cells(right, 8), fake)
    assert title(left) == "data" and "fakes" in title(right)


@pytest.fixture
def plane(shake):
    """A GAN in the plane and its running mean, both at random weights."""
    nets = [shake(mlp(2, 8, n), 0.5) for n in (2, 1, 2, 1)]
    gan, averaged = (GAN(Listening(G), D, latent=2).eval() for G, D in (nets[:2], nets[2:]))
    return SimpleNamespace(gan=gan, averaged=averaged)


def test_the_fakes_on_the_ring_are_of_the_mean_and_the_shade_is_of_d(plane):
    data, found = torch.randn(600, 2), iter([3, 5])
    heard = []
    modes = lambda fakes: heard.append(fakes) or next(found)  # noqa: E731
    at = look(views.modes_found, data, torch.randn(8, 2), modes)
    at(record(4, plane.gan, plane.averaged))
    left, right = at(record(9, plane.gan, plane.averaged))
    dots, (z, again) = line(left, color=MODEL, marker="."), plane.averaged.G.z
    close(dots.T, plane.averaged.G.net(z).detach())
    close(heard[-1], dots.T)
    assert torch.equal(z, again)
    assert_standard_normal(z)
    close(line(left, color=DATA, marker=".").T, data[:400])
    assert_says(title(left).split(";")[0], 5, 8)
    close(line(right, color=MODEL), [[4, 9], [3, 5]])
    close(line(right, color=TRUTH)[1], [8, 8])


def test_where_d_is_high_the_plane_is_green(plane):
    at = look(views.modes_found, torch.randn(9, 2), torch.randn(8, 2), lambda x: 1)
    left, _ = at(record(1, plane.gan, plane.averaged))
    (shade,) = left.images
    low, high, bottom, top = shade.get_extent()
    middle = torch.tensor((np.arange(41) + 0.5) / 41, dtype=torch.float32)
    x, y = low + middle * (high - low), bottom + middle * (top - bottom)
    points = torch.stack([x.expand(41, 41), y[:, None].expand(41, 41)], 2)
    logits = plane.gan.D(points.view(-1, 2)).detach().view(41, 41).numpy()
    wanted = (logits - np.median(logits)) / logits.std(ddof=1)
    close(shade.get_array(), wanted.clip(-1, 1), atol=1e-3)
    assert shade.origin == "lower" and shade.get_clim() == (-1, 1)
    red, green, _ = shade.cmap(1.0)[:3]
    assert green > red and shade.cmap(0.0)[0] > shade.cmap(0.0)[1]


def test_the_fakes_of_a_round_stand_beside_the_shares_of_all_rounds():
    data, centres = torch.randn(500, 2), torch.randn(4, 2)
    live = {n: torch.randn(30, 2) for n in range(1, 231)}

    def shares(x):
        return (torch.cdist(x, centres) < 1).float().mean(0)

    at = look(views.hops, data, live, shares)
    at(3)
    left, right = at(220)
    close(line(left, color=MODEL).T, live[220])
    close(line(left, color=DATA).T, data[:400])
    table = right.images[0].get_array()
    rounds = [*range(1, 201), 210, 220, 230]
    close(table.T, torch.stack([shares(live[n]) for n in rounds]))
    close(line(right, color=THIRD)[0], [201, 201])  # the column of round 220
    assert [t.get_text() for t in right.get_xticklabels()] == ["1", "100", "200"]
    close(right.get_xticks(), [0, 99, 199])
    assert_says(title(left), 220, 100 * shares(live[220]).max())


def test_two_models_fakes_stand_side_by_side():
    data, fakes = torch.randn(500, 2), {name: torch.randn(20, 2) for name in ("one", "two")}
    for ax, name in zip(look(views.clouds, data, fakes)(), fakes, strict=True):
        close(line(ax, color=MODEL).T, fakes[name])
        close(line(ax, color=DATA).T, data[:400])
        assert title(ax) == name


def test_the_cloud_is_what_the_mean_makes_of_the_same_codes(plane):
    at = look(views.cloud)
    at(record(1, plane.gan, plane.averaged))
    (ax,) = at(record(12, plane.gan, plane.averaged))
    z, again = plane.averaged.G.z
    assert torch.equal(z, again)
    assert_standard_normal(z)
    close(line(ax, color=MODEL).T, plane.averaged.G.net(z).detach())
    assert_says(title(ax), 12)


def test_forty_eight_fakes_of_the_mean_stand_beside_both_players_losses(shake):
    G = nn.Sequential(nn.Linear(6, 64), nn.Unflatten(1, (1, 8, 8)))
    averaged = GAN(Listening(shake(G)), nn.Flatten(), latent=6).eval()
    at = look(views.fakes_and_losses)
    at(record(1, None, averaged, D=0.9, G=1.7))
    left, right = at(record(5, None, averaged, D=8.0, G=2.5))
    z, again = averaged.G.z
    assert z.shape == (48, 6) and torch.equal(z, again)
    assert_standard_normal(z)
    assert_images(cells(left, 8), averaged.G.net(z))
    close(line(right, color=SECOND, label="D's loss"), [[1, 5], [0.9, 3.0]])
    close(line(right, color=MODEL, label="G's loss"), [[1, 5], [1.7, 2.5]])
    assert right.get_ylim() == (0, 3)


def test_fakes_of_other_sizes_and_levels_have_their_grid_too():
    averaged = GAN(nn.Unflatten(1, (1, 6, 6)), nn.Flatten(), latent=36).eval()
    left, _ = look(views.fakes_and_losses, (1, 6, 6), 256)(record(1, None, averaged, D=1, G=1))
    assert cells(left, 8, 6).shape == (48, 6, 6) and left.images[0].get_clim() == (0, 255)


def test_every_fake_stands_above_its_nearest_image(images):
    fakes, nearest = images(8), images(8)
    shares = {"real": torch.rand(10) / 5, "fakes": torch.rand(10) / 5}
    left, right = look(views.pairs, fakes, nearest, shares)()
    shown = cells(left, 8)
    assert_images(shown[:8], fakes)
    assert_images(shown[8:], nearest)
    for name, color, some in (("real", DATA, slice(10)), ("fakes", MODEL, slice(10, 20))):
        drawn = bars(right)[some]
        close([height for *_, height, _ in drawn], shares[name])
        assert [round(x + width / 2) for x, _, width, *_ in drawn] == list(range(10))
        assert {bar[4] for bar in drawn} == {color}
    assert [t.get_text() for t in right.get_legend().get_texts()] == ["real", "fakes"]


def test_a_walk_shows_the_image_at_t_and_ten_along_the_whole_path():
    ends = torch.randn(5, 64)

    def walk(t, pair):
        return ends[pair] + t[:, None] * (ends[pair + 1] - ends[pair])

    at = look(views.latent_walk, lambda z: z.view(-1, 1, 8, 8), walk)
    at(0.5, 0)
    t, pair = uniform(0, 1), 3
    left, right = at(t, pair)
    assert_images(cells(left, 1, gap=0), walk(torch.tensor([t]), pair).view(1, 1, 8, 8))
    along = torch.arange(10) / 9
    assert_images(cells(right, 5), walk(along, pair).view(10, 1, 8, 8))
    assert_says(title(left), t)
