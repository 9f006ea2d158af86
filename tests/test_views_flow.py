"""What the pictures of lecture 05 show is what its own functions, or a count by hand, say."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lecture import functions
from looks import (
    Look,
    assert_images,
    assert_says,
    cells,
    close,
    counted,
    hue,
    line,
    lines,
    look,
    offsets,
    steps,
    title,
    uniform,
)
from matplotlib.patches import Polygon, StepPatch
from matplotlib.path import Path
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import logistic, norm
from torch import nn

from lecture_utils.models.couplings import AffineCoupling, MixtureCoupling
from lecture_utils.models.flow import Flow, ImageFlow
from lecture_utils.nets import mlp
from lecture_utils.plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH, style
from lecture_utils.train import Step
from lecture_utils.views import flow as views

lecture = functions("05_change_of_variables")
lecture.p_z, lecture.zs = norm.pdf, np.linspace(-6, 6, 2401)


def record(step, model):
    return Step(step, 1000, {}, 0.0, model, model)


def chance(low: int, high: int) -> int:
    """A whole number between these, both included."""
    return int(torch.randint(low, high + 1, ()))


def legend(ax) -> list:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def assert_standard_normal(z):
    """Up to five standard errors of the mean and of the spread."""
    z = torch.as_tensor(z)
    n = z.numel()
    assert z.mean().abs() < 5 / n**0.5 and (z.std() - 1).abs() < 5 / (2 * n) ** 0.5


def area(corners) -> float:
    """By the shoelace formula: above 0 if they turn left."""
    x, y = np.asarray(corners, float).T
    return (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def parts(drawn) -> np.ndarray:
    """Return the parts (K, M, 2) of one line (2, N), which has a gap after each."""
    gaps = np.flatnonzero(np.isnan(drawn[0]))
    assert gaps[-1] == drawn.shape[1] - 1
    return np.stack([part for part in np.split(drawn.T, gaps + 1) if len(part)])[:, :-1]


def assert_grid(drawn, places, atol=1e-4):
    """Upright lines at these places, then level ones, from −3 to 3: (2 K, M, 2)."""
    for some, across in ((drawn[: len(places)], 0), (drawn[len(places) :], 1)):
        close(some[:, :, across], np.tile(places, (some.shape[1], 1)).T, atol)
        along = np.linspace(-3, 3, some.shape[1])
        close(some[:, :, 1 - across], np.tile(along, (len(places), 1)), atol)


def slopes_at(function, z, h=1e-5) -> torch.Tensor:
    """The Jacobian (N, 2, 2) by central differences, in double precision."""
    steps = h * torch.eye(2, dtype=torch.float64)
    z = torch.as_tensor(z).double()
    return torch.stack([(function(z + e) - function(z - e)) / (2 * h) for e in steps], 2)


# ---- the line --------------------------------------------------------------------------------


def test_the_rubber_sheet_is_not_torn_nor_folded_and_every_draw_stays_in_its_cell():
    left, right = look(lambda: views.rubber_sheet)()
    straight, bent = (
        np.stack([each.get_xydata() for each in lines(ax, color=DATA)]) for ax in (left, right)
    )
    z, x = line(left, color=NOISE, marker=".").T, line(right, color=MODEL, marker=".").T
    assert_standard_normal(z)
    assert_grid(np.concatenate([straight[::2], straight[1::2]]), np.linspace(-3, 3, 9))
    assert len(z) == len(x) > 100 and not np.allclose(straight, bent, atol=0.5)
    assert np.abs(np.diff(bent, axis=1)).max() < 0.3

    def along(curve, start):
        at = (start + np.linspace(0, 1, 20)) * (len(curve) - 1) / 8
        return np.stack([np.interp(at, np.arange(len(curve)), each) for each in curve.T], 1)

    cell = np.floor((z + 3) / 0.75)
    for i, j in np.ndindex(8, 8):
        upright, level = bent[2 * i :: 2][:2], bent[2 * j + 1 :: 2][:2]
        edges = [along(level[0], i), along(upright[1], j)]
        edges += [along(level[1], i)[::-1], along(upright[0], j)[::-1]]
        corners = np.concatenate(edges)
        assert area(corners) > 0
        assert Path(corners).contains_points(x[(cell == [i, j]).all(1)]).all()


@pytest.fixture
def carried():
    """Strips of mass, carried by a random bend; `f` and `p_x` are an integral of its slope."""
    here = SimpleNamespace(bend=[uniform(-0.8, 1.2) for _ in range(3)], strip=chance(2, 19))
    here.at = look(views.mass, lecture.f, lecture.p_z, lecture.p_x)
    here.at(1.0, -0.5, 1.0, here.strip % 18 + 2)  # another one
    here.side, here.curve, _, here.floor = here.at(*here.bend, here.strip)
    here.ends = norm.ppf([(here.strip - 1) / 20, here.strip / 20])
    here.slope = lambda z: lecture.slope(np.asarray(z), *here.bend)
    here.f = lambda z: np.array([quad(here.slope, 0, each)[0] for each in z])
    return here


def test_every_strip_of_x_holds_a_twentieth_of_the_mass_as_its_strip_of_z_does(carried):
    for ax, colour in ((carried.floor, NOISE), (carried.side, MODEL)):
        assert len(ax.patches) == 20
        masses = [abs(area(strip.get_xy())) for strip in ax.patches]
        np.testing.assert_allclose(masses, 1 / 20, rtol=0.04)
        colours = [hue(strip.get_facecolor()) for strip in ax.patches]
        wanted = [colour] * 20
        wanted[carried.strip - 1] = TRUTH
        assert colours == wanted
        opaque = [strip.get_alpha() == 1 for strip in ax.patches]
        assert opaque == [each == TRUTH for each in wanted]


def test_a_strip_of_x_lies_where_the_map_carries_its_strip_of_z(carried):
    for k in {3, carried.strip - 1, 15}:
        z, height = carried.floor.patches[k].get_xy().T
        lying, x = carried.side.patches[k].get_xy().T
        close([z.min(), z.max()], norm.ppf([k / 20, (k + 1) / 20]))
        close(x, carried.f(z), atol=1e-4)
        above = height > 0
        close(height[above], norm.pdf(z[above]))
        close(lying, np.where(above, norm.pdf(z) / carried.slope(z), 0), atol=1e-4)
    low, high = carried.side.get_xlim()
    assert low > high  # lying on its side, it grows to the left


def test_the_path_leads_from_the_ends_of_the_strip_up_to_the_map_and_to_the_left(carried):
    z, x = line(carried.curve, color=MODEL)
    some = slice(None, None, 40)
    close(x[some], carried.f(z[some]), atol=1e-4)
    (left, _), (bottom, _) = carried.curve.get_xlim(), carried.curve.get_ylim()
    ends = zip(carried.ends, carried.f(carried.ends))
    wanted = [[(z, bottom), (z, x), (left, x)] for z, x in ends]
    ((across, up),) = (line(carried.curve, color=TRUTH),)
    assert np.isnan(up[3]) and len(up) == 7
    close(np.stack([across, up], 1)[[0, 1, 2, 4, 5, 6]], np.concatenate(wanted), atol=1e-4)


def test_the_orange_strip_is_told_its_width_and_height_before_and_after(carried):
    z, x = carried.ends, carried.f(carried.ends)
    heights = norm.pdf(z), norm.pdf(z) / carried.slope(z)
    wanted = np.diff(z)[0], heights[0].mean(), np.diff(x)[0], heights[1].mean()
    assert_says(title(carried.side), *wanted)


def test_an_area_of_mass_is_as_large_on_the_paper_in_both_panels(carried):
    style()
    at = look(views.mass, lecture.f, lecture.p_z, lecture.p_x)
    at.picture.frame(**dict(zip(("left", "middle", "right"), carried.bend)), strip=5)
    side, _, _, floor = at.axes
    for k in range(1, 19):
        below, beside = (
            abs(area(ax.transData.transform(ax.patches[k].get_xy()))) for ax in (floor, side)
        )
        assert abs(below / beside - 1) < 0.03


@pytest.mark.parametrize("x, branches", [((1.45, 1.7), 3), ((-0.5, 0.5), 1)])
def test_a_fold_shows_every_z_of_x_and_the_density_of_its_draws(x, branches):
    a, x = uniform(0.8, 1.2), uniform(*x)
    at = look(views.fold, lecture.fold, lecture.solve, lecture.folded)
    at(0.3, 3.0)
    left, right = at(a, x)
    z, height = line(left, color=MODEL)
    close(height, z + a * np.sin(2 * z))
    roots, level = line(left, color=TRUTH)
    assert len(roots) == branches and (np.diff(roots) > 0.05).all()
    close(roots + a * np.sin(2 * roots), level, atol=1e-3)
    close(level, np.full(branches, x))
    close(line(left, color=DATA)[1], [x, x])
    close(line(right, color=TRUTH)[0], [x, x])
    assert title(left).endswith(f" at {branches} z")
    for colour, every in ((MODEL, True), (THIRD, False)):
        places, density = line(right, color=colour)
        close(density, lecture.folded(places, a, every))
    each = norm.pdf(roots) / np.abs(1 + 2 * a * np.cos(2 * roots))
    every, one = (np.interp(x, *line(right, color=colour)) for colour in (MODEL, THIRD))
    np.testing.assert_allclose([every, one], [each.sum(), each[0]], rtol=0.05)


def test_the_draws_of_a_fold_are_a_histogram_with_the_area_of_their_share():
    a = uniform(0.5, 1.5)
    _, right = look(views.fold, lecture.fold, lecture.solve, lecture.folded)(a, 1.0)
    heights, edges, colour = steps(right)
    z = np.linspace(-7, 7, 1_000_001)
    mass, _ = np.histogram(z + a * np.sin(2 * z), edges, weights=norm.pdf(z) * (z[1] - z[0]))
    off = heights * np.diff(edges) - mass
    assert colour == DATA and mass.sum() > 0.99
    assert (np.abs(off) < 5 * np.sqrt(mass / 1e5) + 1e-4).all()
    assert abs(off.sum()) < 1e-3


def test_the_quantile_map_makes_two_humps_and_is_steep_at_0():
    at, w = look(views.quantile_map, lecture.humps, lecture.quantile_map), uniform(0.25, 1)
    at(0.9)
    left, middle, right = at(w)
    x, p = line(left, color=TRUTH)
    close(p, (norm.pdf(x, -1.5, w) + norm.pdf(x, 1.5, w)) / 2)
    z, x = line(middle, color=MODEL)
    close((norm.cdf(x, -1.5, w) + norm.cdf(x, 1.5, w)) / 2, norm.cdf(z), atol=1e-4)
    widths, slopes = line(right, color=MODEL)
    close(np.log(slopes), np.log(widths) + 1.5**2 / (2 * widths**2))
    slope = w * math.exp(1.5**2 / (2 * w**2))
    close(line(right, color=TRUTH), [[w], [slope]], atol=1e-4)
    assert right.get_yscale() == "log" and (widths.min(), widths.max()) == (0.25, 1)
    assert_says(title(right).removeprefix("Slope at 0"), slope)


def test_spikes_are_the_density_and_the_losses_of_one_pixel():
    lecture.pixel = torch.randint(0, 17, (500,)).minimum(torch.randint(0, 17, (500,))).float()
    lecture.levels, u = torch.arange(17) + 0.5, torch.rand(500)
    share = lecture.share = lecture.pixel.long().bincount(minlength=17) / 500
    pixel, entropy, width = lecture.pixel.numpy(), uniform(1, 3), uniform(0.1, 1)

    def density(x, width):
        return norm.pdf(np.asarray(x)[:, None], np.arange(17) + 0.5, width) @ share.numpy()

    def nll(width, u):
        return -np.log(density(pixel + u, width)).mean()

    made = share, lecture.log_spikes, lecture.nll, torch.tensor(entropy), u
    at = look(views.spikes, *made)
    at(0.9)
    left, right = at(width)
    heights, edges, colour = steps(left)
    close(heights, [np.mean(pixel == level) for level in range(17)])
    assert list(edges) == list(range(18)) and colour == DATA
    x, height = line(left, color=MODEL)
    close(height, density(x, width))
    for colour, noise, dashes in ((THIRD, 0.5, "--"), (MODEL, u.numpy(), "-")):
        widths, losses = line(right, color=colour, linestyle=dashes)
        some = slice(4, None, 19)
        close(losses[some], [nll(w, noise) for w in widths[some]], atol=1e-3)
        dot = line(right, color=colour, marker="o")
        close(dot, [[width], [nll(width, noise)]], atol=1e-3)
    close(line(right, color=TRUTH)[1], [entropy] * 2)
    assert [name.split()[0] for name in legend(right)] == ["on", "with", "entropy"]


# ---- layers ----------------------------------------------------------------------------------


def test_the_times_of_both_determinants_are_drawn_on_log_axes_with_their_slopes():
    sizes = [8, 32, 64]
    seconds = {name: [10 ** uniform(-6, -1) for _ in sizes] for name in ("dense", "triangular")}
    slopes = {name: uniform(-1, 3) for name in seconds}
    (ax,) = look(views.times, sizes, seconds, slopes)()
    for name, colour, says in zip(seconds, (THIRD, MODEL), legend(ax), strict=True):
        close(line(ax, color=colour), [sizes, seconds[name]], atol=0)
        assert says.startswith(name)
        assert_says(says, slopes[name])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["8", "32", "64"]
    close(ax.get_xticks(), sizes)


def test_the_jacobian_of_layers_fills_up_and_its_determinant_is_the_sum_of_theirs(shake):
    nets = [nn.Sequential(shake(mlp(2, 8, 4), 0.3), nn.Tanh()).double() for _ in range(6)]
    some = torch.randn(3, 4, dtype=torch.float64)

    def of_layers(n):
        return lecture.jacobian(lambda x: lecture.stack(x, nets[:n])[0], some).detach()

    def by_sum(n):
        return lecture.stack(some, nets[:n])[1].detach()

    at = look(views.jacobian_of_layers, of_layers, by_sum)
    for n, zeros in ((3, 0), (2, 2 / 16), (1, 8 / 16)):  # two of a diagonal, six of two and 0
        left, right = at(n)
        (picture,) = left.images
        first = some[:1].clone().requires_grad_()
        z = lecture.stack(first, nets[:n])[0][0]
        rows = [torch.autograd.grad(each, first, retain_graph=True)[0][0] for each in z]
        close(picture.get_array(), torch.stack(rows))
        close(line(right, color=DATA)[0], [n, n])
        assert_says(title(left), n, 100 * zeros)
    assert picture.origin == "upper" and picture.get_clim() == (-0.5, 0.5)
    assert (np.triu(picture.get_array(), 1) == 0).all()
    (red, green, *_), (other_red, other_green, *_) = picture.cmap(1.0), picture.cmap(0.0)
    assert green > red and other_red > other_green
    dets = [abs(np.linalg.det(of_layers(n)[0].numpy())) for n in range(1, 7)]
    for colour in (THIRD, MODEL):
        close(line(right, color=colour), [range(1, 7), np.log(dets)])


def test_by_elimination_is_not_the_sum_of_the_layers():
    matrices, sums = torch.randn(7, 2, 3, 3), torch.randn(7, 2)
    _, right = look(views.jacobian_of_layers, matrices.__getitem__, sums.__getitem__)(4)
    dense = np.log(np.abs(np.linalg.det(matrices[1:, 0].numpy())))
    close(line(right, color=THIRD)[1], dense, atol=1e-4)
    close(line(right, color=MODEL)[1], sums[1:, 0])
    assert [name.split()[0] for name in legend(right)] == ["by", "sum"]


def test_the_elementwise_map_is_the_logit_of_a_mixture_and_its_density_follows():
    at = look(views.elementwise, MixtureCoupling.bend)
    apart, log_rate = uniform(0.5, 2), uniform(0, 2)
    at(0.7, 0.3)
    left, right = at(apart, log_rate)
    centres = apart * np.array([-2, -2 / 3, 2 / 3, 2])

    def bend(b):
        u = (b[:, None] - centres) * math.exp(log_rate)
        return logsumexp(logistic.logcdf(u), axis=1) - logsumexp(logistic.logsf(u), axis=1)

    b, y = line(left, color=MODEL)
    close(y, bend(b), atol=1e-4)
    b, p = line(right, color=MODEL)
    close(p, norm.pdf(bend(b)) * (bend(b + 1e-5) - bend(b - 1e-5)) / 2e-5, atol=1e-4)
    assert abs(np.trapezoid(p, b) - 1) < 0.01
    close(line(right, color=NOISE), [b, norm.pdf(b)])


def test_the_points_of_a_journey_keep_the_colours_of_their_slices(shake):
    z, masks = torch.randn(300, 2), ([True, False], [False, True], [True, False])
    flow = shake(Flow([AffineCoupling(torch.tensor(kept), 8) for kept in masks]))
    at, film = look(views.journey, z), list(lecture.journey(flow, z, 4))
    for layers, x in (film[0], film[5], film[-1]):
        (ax,) = at((layers, x))
        (dots,) = ax.collections
        close(offsets(dots), x)
        assert_says(title(ax), layers)
    close(x, flow.inverse(z).detach())
    slices = np.degrees(np.arctan2(*z.numpy().T[::-1])) % 360 // 60
    colours = [hue(colour) for colour in dots.get_facecolors()]
    assert len(set(colours)) == len(set(zip(slices, colours))) == 6


# ---- the plane -------------------------------------------------------------------------------


def test_the_map_to_drag_on_is_red_where_the_plane_is_stretched():
    draw = views.stretch_map(lecture.warp, lecture.jacobian)
    (ax,) = Look(lambda ax: draw(ax) or (lambda: None))()
    (shade,) = ax.images
    low, high, bottom, top = shade.get_extent()
    rows, columns = shade.get_array().shape
    x = low + (np.arange(columns) + 0.5) / columns * (high - low)
    y = bottom + (np.arange(rows) + 0.5) / rows * (top - bottom)
    points = np.stack(np.meshgrid(x, y), 2).reshape(-1, 2)
    log_det = slopes_at(lecture.warp, points).det().abs().log()
    close(shade.get_array(), log_det.view(rows, columns), atol=1e-4)
    assert (low, high, bottom, top) == (-3, 3, -3, 3) and shade.origin == "lower"
    assert -shade.get_clim()[0] == shade.get_clim()[1] > 1
    assert shade.cmap(1.0)[0] > shade.cmap(1.0)[2] and shade.cmap(0.0)[2] > shade.cmap(0.0)[0]
    assert_grid(parts(line(ax, color=DATA)), np.arange(-3, 4))


def test_a_square_is_carried_by_the_map_and_beside_it_by_its_jacobian():
    at = look(views.parallelogram, lecture.warp, lecture.jacobian)
    z, side = tuple(np.random.uniform(-2, 2, 2)), uniform(0.3, 1.5)  # numpy's, as a map gives
    at((1.0, -1.0), 0.2)
    (ax,) = at(z, side)
    (image,) = (patch for patch in ax.patches if isinstance(patch, Polygon))
    back = (lecture.unwarp(torch.tensor(image.get_xy())) - torch.tensor(z)) / side
    close(back.abs().amax(1), np.full(len(back), 0.5), atol=1e-4)  # on the edge of the square
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    near = np.abs(back.numpy()[:, None] - corners).max(2)
    assert near.min(0).max() < 1e-4 and len(back) > 40
    assert hue(image.get_facecolor()) == MODEL
    (J,) = slopes_at(lecture.warp, [z]).numpy()
    x = lecture.warp(torch.tensor([z], dtype=torch.float64)).numpy()
    linear = line(ax, color=TRUTH).T
    close(linear, x + side * corners[[0, 1, 2, 3, 0]] @ J.T, atol=1e-4)
    p = math.exp(-(z[0] ** 2 + z[1] ** 2) / 2) / (2 * math.pi)
    stretched = abs(area(linear[:4])) / side**2
    assert_says(title(ax), side**2, stretched * side**2, p, p / stretched)
    grid = parts(line(ax, color=DATA))
    back = lecture.unwarp(torch.tensor(grid).flatten(0, 1)).view(grid.shape)
    assert_grid(back.numpy(), np.arange(-3, 4))


class Toy:
    """A density that a flow misses by `nats` at 0, and by more to the right."""

    def __init__(self, flow, nats):
        self.flow, self.nats, self.drawn = flow, nats, []

    def sample(self, n, generator):
        self.drawn.append(self.flow.sample(n, generator))
        return self.drawn[-1]

    def log_prob(self, x):
        return self.flow.log_prob(x) + self.nats + 0.2 * x[:, 0]

    def lost(self):
        (x,) = self.drawn
        return self.nats + 0.2 * x[:, 0].mean().item()


@pytest.fixture
def bent(shake):
    """The view of a flow of the plane after two steps of another one, and that flow."""

    def new(nats):
        masks = [True, False], [False, True]
        flow = shake(Flow([AffineCoupling(torch.tensor(k), 8) for k in masks]), 0.4)
        flow.toy = Toy(flow, nats)
        return flow

    here = SimpleNamespace(look=look(views.plane), new=new, others=(new(9.0), new(-5.0)))
    here.flow = new(uniform(0.6, 1.8))
    for step, flow in zip((1, 2), here.others):
        here.look(record(step, flow))
    here.look(record(3, here.flow))
    here.shaded, here.drawn, here.grid, here.lost = here.look(record(4, here.flow))
    return here


def test_the_shade_of_the_plane_is_the_flows_density_and_the_data_are_the_toys(bent):
    (shade,) = bent.shaded.images
    n = len(shade.get_array())
    middle = torch.tensor((np.arange(n) + 0.5) / n * 6 - 3, dtype=torch.float32)
    points = torch.stack([middle.expand(n, n), middle[:, None].expand(n, n)], 2)
    p = bent.flow.log_prob(points.view(-1, 2)).exp().view(n, n).detach()
    close(shade.get_array(), p / p.max(), atol=1e-4)
    assert shade.origin == "lower" and shade.get_extent() == [-3, 3, -3, 3]
    assert hue(shade.cmap(1.0)) == MODEL
    data = line(bent.shaded, color=DATA, marker=".").T
    (x,) = bent.flow.toy.drawn  # once, though there were two steps
    close(data, x[: len(data)])
    assert len(data) > 50


@torch.no_grad()
def test_the_samples_of_the_plane_come_from_the_same_noise_at_every_step(bent):
    x = line(bent.drawn, color=MODEL, marker=".").T
    z, _ = bent.flow(torch.tensor(x, dtype=torch.float32))
    assert_standard_normal(z)
    bent.look(record(5, bent.others[0]))
    other = line(bent.drawn, color=MODEL, marker=".").T
    again, _ = bent.others[0](torch.tensor(other, dtype=torch.float32))
    close(z, again, atol=1e-3)
    assert not np.allclose(x, other)


@torch.no_grad()
def test_the_bent_lines_are_what_the_flow_takes_to_the_deciles_of_z(bent):
    drawn = parts(line(bent.grid, color=MODEL))
    z, _ = bent.flow(torch.tensor(drawn, dtype=torch.float32).flatten(0, 1))
    assert_grid(z.view(drawn.shape).numpy(), norm.ppf(np.arange(1, 10) / 10), atol=1e-3)
    assert len(drawn) == 18


def test_the_nats_lost_are_the_mean_of_log_p_over_the_flows_and_stay_in_the_panel(bent):
    steps, nats = line(bent.lost, color=MODEL)
    close([steps, nats], [[1, 2, 3, 4], [2.5, 0, *[bent.flow.toy.lost()] * 2]])
    assert bent.lost.get_ylim() == (0, 2.5) and 0.1 < nats[-1] < 2.4


def test_every_run_has_its_dot_and_the_chosen_one_its_samples_between_the_centres():
    names = "2 affine", "8, no gaps", "4 mixture"
    runs = {
        name: [(uniform(0, 3), uniform(0, 1), torch.randn(50, 2)) for _ in range(3)]
        for name in names
    }
    toy = SimpleNamespace(centres=torch.randn(8, 2))
    at = look(views.price, toy, runs)
    for name, run in (("2 affine", 3), ("4 mixture", 2)):
        left, middle, right = at(name, run)
        nats, _, x = runs[name][run - 1]
        close(line(left, color=MODEL).T, x)
        close(line(left, color="black", marker="+").T, toy.centres)
        assert_says(title(left), int(name[0]), run, nats)
        for ax, which in ((middle, 0), (right, 1)):
            close(line(ax, color=DATA)[0], [names.index(name)] * 2)
            columns = [each.get_data() for each in lines(ax, color=MODEL, marker="o")]
            for k, (places, heights) in enumerate(columns):
                close(heights, [each[which] for each in runs[names[k]]])
                assert (np.round(places) == k).all() and len(set(places)) == 3
            assert len(columns) == 3 and ax.get_ylim()[0] == 0
            close(ax.get_xticks(), range(3))
            labels = [text.get_text().split() for text in ax.get_xticklabels()]
            assert labels == [each.split() for each in names]


# ---- digits ----------------------------------------------------------------------------------


def test_the_losses_of_both_trainings_are_drawn_from_the_first_step():
    losses = {"bare": np.random.default_rng(chance(0, 99)).normal(size=9), "noisy": range(9)}
    (ax,) = look(views.runaway, losses)()
    for name, colour in (("bare", THIRD), ("noisy", MODEL)):
        close(line(ax, color=colour), [range(1, 10), losses[name]])
    assert ["bare" in says for says in legend(ax)] == [True, False]
    close(line(ax, color=DATA)[1], [0, 0])


class Listening(nn.Module):
    """A model of images that remembers what it was asked."""

    def __init__(self, nats):
        super().__init__()
        self.nats, self.z, self.seen = nats, [], []

    def sample(self, n, generator):
        self.z.append(torch.randn(n, 1, 8, 8, generator=generator))
        return self.nats + self.z[-1]

    def bound(self, x, generator):
        self.seen.append((x, torch.randn(len(x), generator=generator) + self.nats))
        return self.seen[-1][1]


def test_forty_samples_stand_beside_the_bound_on_images_that_are_not_trained_on(images):
    x = images(230)
    at, models = look(views.flow_of_images, x), (Listening(-500.0), Listening(-120.0))
    for step, model in zip((1, 7), models):
        left, right = at(record(step, model))
    (z,), ((asked, nats),) = models[1].z, models[1].seen
    assert z.shape == (40, 1, 8, 8)
    assert_images(cells(left, 8), z - 120)
    assert torch.equal(asked, x[: len(asked)]) and len(asked) >= 200
    assert torch.equal(z, models[0].z[0])
    close(nats - models[1].nats, models[0].seen[0][1] + 500, atol=1e-3)  # the same noise
    close(line(right, color=MODEL), [[1, 7], [180, -nats.mean()]])
    assert right.get_ylim()[1] == 180


def test_digits_take_other_levels_and_sizes(images):
    left, _ = look(views.flow_of_images, torch.zeros(3, 1, 6, 6), 256).axes
    assert cells(left, 8, 6).shape == (40, 6, 6) and left.images[0].get_clim() == (0, 255)


def test_at_a_temperature_the_codes_are_scaled_before_they_are_decoded():
    flow = SimpleNamespace(decode=lambda z: 8 + z.view(-1, 1, 8, 8))
    z, t = torch.randn(40, 64), uniform(0, 1.2)
    curve = {each: (uniform(-99, -80), uniform(90, 500)) for each in (0.2, 0.6, 1.0)}
    at = look(views.temperature, flow, z, curve)
    at(1.0)
    images, nats, distance = at(t)
    assert_images(cells(images, 8), 8 + t * z.view(40, 1, 8, 8))
    assert_says(title(images), t)
    for i, (ax, colour) in enumerate(((nats, MODEL), (distance, SECOND))):
        close(line(ax, color=colour), [list(curve), [both[i] for both in curve.values()]])
        close(line(ax, color=DATA)[0], [t, t])
    assert "bound" in title(nats) and "Fréchet" in title(distance)
    assert distance.get_ylim()[0] == 0


def test_three_ways_lead_from_one_image_to_the_next_by_line_arc_and_pixels(images):
    x, codes = images(5), torch.randn(5, 64)
    decode = lambda z: 8 + z.view(-1, 1, 8, 8)  # noqa: E731
    at = look(views.ways_between, decode, lecture.line, lecture.arc, x, codes)
    at(0.5, 0)
    t, pair = uniform(0.1, 0.9), chance(1, 3)
    left, right = at(t, pair)

    def ways(parts):
        parts = torch.as_tensor(parts, dtype=torch.float32)[:, None]
        start, end = codes[pair], codes[pair + 1]
        straight = start + parts * (end - start)
        length = start.norm() + parts * (end.norm() - start.norm())
        arc = straight / straight.square().sum(1, keepdim=True).sqrt() * length
        pixels = x[pair].flatten() + parts * (x[pair + 1] - x[pair]).flatten()
        return torch.cat([8 + straight, 8 + arc, pixels]).view(-1, 1, 8, 8)

    assert_images(cells(left, 1), ways([t]))
    assert_images(cells(right, 9), ways(np.arange(9) / 8))
    assert_says(title(left), t)


def test_a_drawing_is_told_its_place_among_the_tests(shake, images):
    flow = lecture.flow = shake(ImageFlow(couplings=2, hidden=16), 0.1)
    flow.decode = lambda z: ImageFlow.decode(flow, z) / 2  # not what was drawn
    x, drawing = images(30), images(1)
    at = look(views.drawing, flow, lecture.bound, lecture.code_and_det, x)
    at(x[:1])
    left, middle, right = at(drawing)
    assert_images(cells(left, 1), torch.cat([drawing, drawing / 2]))
    with torch.no_grad():
        known, (nats,) = (
            flow.log_weights(each, 20, torch.Generator().manual_seed(0)).mean(0)
            for each in (x, drawing)
        )
        lengths, (length,) = (
            lecture.code_and_det(each)[0].square().sum(1).sqrt() for each in (x, drawing)
        )
    for ax, values, mark in ((middle, known, nats), (right, lengths, length)):
        heights, edges, colour = steps(ax)
        assert (heights == counted(values, edges)).all() and colour == DATA
        close(line(ax, color=TRUTH)[0], [mark, mark], atol=1e-3)
        assert ax.get_xlim() == (edges[0], edges[-1])
    assert counted(known, steps(middle)[1]).sum() == 30
    assert_says(title(middle), nats, 100 * np.mean(known.numpy() < nats.item()))
    assert_says(title(right), length, lengths.mean())


def test_a_drawing_beyond_all_tests_is_marked_within_the_panels(images):
    flow = SimpleNamespace(encode=lambda x: x, decode=lambda z: z)
    x, nats, length = images(9), uniform(-9000, -900), uniform(25, 99)
    at = look(
        views.drawing,
        flow,
        lambda _, each: torch.linspace(-99, -60, 9) if len(each) == 9 else torch.tensor([nats]),
        lambda each: (torch.full((len(each), 1), length), None),
        x,
    )
    for ax in at(x[:1])[1:]:
        ((place, _), _) = line(ax, color=TRUTH)
        low, high = ax.get_xlim()
        assert low < place < high
        assert (place - low if ax is at.axes[1] else high - place) < 0.05 * (high - low)
    assert_says(title(at.axes[1]), nats, 0)
    assert_says(title(at.axes[2]), length, length)


def test_typical_bounds_are_histograms_and_every_odd_page_has_its_line(images):
    scores = {"tests": 15 * torch.randn(400) - 90, "samples": 15 * torch.randn(300) - 95}
    pages = images(3)
    nats = uniform(-60, -40), uniform(-900, -200), uniform(-140, -80)
    odd = {name: (x[None], each) for name, x, each in zip("abc", pages, nats)}
    left, right = look(views.typical, scores, odd)()
    drawn = [patch for patch in left.patches if isinstance(patch, StepPatch)]
    for patch, values, name, full in zip(drawn, scores.values(), scores, (True, False)):
        heights, edges, _ = patch.get_data()
        assert (heights == counted(values, edges)).all() and patch.get_label() == name
        assert patch.get_fill() == full
    grey, blue = drawn
    assert (hue(grey.get_facecolor()), hue(blue.get_edgecolor())) == (DATA, MODEL)
    places = [each.get_xdata()[0] for each in lines(left, color=THIRD)]
    close([places[0], places[2]], [nats[0], nats[2]])
    assert edges[0] < places[1] < edges[1]  # beyond, so at the end, and told
    assert len({each.get_linestyle() for each in lines(left, color=THIRD)}) == 3
    names = legend(left)
    assert names[0:2] == list(scores) and (names[2], names[4]) == ("a", "c")
    assert names[3].startswith("b")
    assert_says(names[3], nats[1])
    assert_images(cells(right, 3), pages)
    assert title(right) == "a, b, c"
