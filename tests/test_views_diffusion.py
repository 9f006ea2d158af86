"""What the pictures of lecture 06 show is what its own functions, or a count by hand, say, and
every frame is the figure drawn anew."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lecture import functions
from looks import (
    assert_images,
    assert_says,
    bars,
    cells,
    close,
    counted,
    hue,
    line,
    lines,
    offsets,
    steps,
    title,
    uniform,
)
from looks import (
    exact_look as look,
)
from matplotlib import colormaps
from matplotlib.patches import StepPatch
from matplotlib.quiver import Quiver
from scipy.spatial.distance import cdist, pdist
from scipy.stats import kstest, norm

from lecture_utils.data import ring, two_gaussians
from lecture_utils.data.toys import Mixture
from lecture_utils.models.chains import cosine, linear, reverse
from lecture_utils.models.diffusion import Diffusion
from lecture_utils.plots import DATA, MODEL, NOISE, SECOND, THIRD, TRUTH
from lecture_utils.train import Step
from lecture_utils.views import diffusion as views

lecture = functions("06_diffusion", "toys", "model")
lecture.weights, lecture.means = torch.tensor([[0.7, 0.3], [-1.0, 1.5]], dtype=torch.float64)
lecture.width = 0.3


pytestmark = pytest.mark.usefixtures("as_in_the_lectures")


def grid(ax) -> torch.Tensor:
    """All images of a grid, however wide it is."""
    return cells(ax, (ax.images[0].get_array().shape[1] - 1) // 9)


def dots(ax, colour) -> np.ndarray:
    return line(ax, color=colour, marker=".").T


def data_pdf(x, a=1.0):
    """The density of x_t: two bells, each with its variance shrunk and noise added."""
    spread = np.sqrt(0.09 * a + 1 - a)
    return sum(w * norm.pdf(x, a**0.5 * m, spread) for w, m in ((0.7, -1.0), (0.3, 1.5)))


def assert_share(ax, values, colour):
    """Assert that the one histogram has area 1 and the heights of these values."""
    heights, edges, shown = steps(ax)
    count = counted(values, edges)
    close(heights, count / count.sum() / np.diff(edges))
    assert shown == colour


def noisy(toy, a):
    """A mixture of Gaussians after noise: one of Gaussians still."""
    width = (a * toy.width**2 + 1 - a).sqrt().item()
    return Mixture(a.sqrt() * toy.centres, width, toy.weights)


def places(n):
    """The middles of n × n cells of the square, (n², 2), row by row from below."""
    middle = (torch.arange(n) + 0.5) / n * 6 - 3
    return torch.stack([middle.repeat(n), middle.repeat_interleave(n)], 1)


def slopes(toy, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(toy.log_prob(x).sum(), x)[0]


# ---- forward and one step back ---------------------------------------------------------------


def test_nine_moments_of_each_image_are_the_jump_of_the_closed_form(images):
    x, alpha_bar = images(3), cosine(203)
    (ax,) = look(views.there_and_back, x, alpha_bar)()
    shown = cells(ax, 9).view(3, 9, 64)
    assert_images(shown[:, 0].view(3, 8, 8), x)
    a = alpha_bar[[int(k * 203 / 8) for k in range(9)]][1:, None]
    eps = ((shown[:, 1:] - 8) / 6 - a.sqrt() * (x.view(3, 1, 64) - 8) / 6) / (1 - a).sqrt()
    close(6 * lecture.in_one_jump((x.view(3, 1, 64) - 8) / 6, a, eps) + 8, shown[:, 1:], 1e-4)
    assert eps.mean().abs() < 5 / 1536**0.5 and (eps.std() - 1).abs() < 5 / 3072**0.5
    assert np.abs(np.corrcoef(eps.view(24, 64)) - np.eye(24)).max() < 0.7  # no draw twice


@pytest.mark.parametrize("time", [0, 7, 20])
def test_numbers_points_and_digit_of_a_time_stand_beside_its_mark(images, time):
    schedules = {"cosine": cosine(20), "linear": linear(20, 0.01, 0.5), "x": linear(20)}
    schedules = {name: a.double() for name, a in schedules.items()}
    x, mean = images(2)
    starts = lecture.draw(3000), ring().sample(60), (x - mean).flatten() / 6
    walks = {
        name: [list(lecture.step_by_step(start, a)) for start in starts]
        for name, a in schedules.items()
    }
    at = look(views.forward, walks, schedules, lecture.log_p, mean)
    at(time=20 - time, schedule="linear")
    numbers, plane, digit, gauge = at(time=time, schedule="x")
    a = schedules["x"][time].item()
    assert_share(numbers, walks["x"][0][time][:, None], DATA)
    xs, height = line(numbers, color=TRUTH)
    close(height, data_pdf(xs, a))
    close(dots(plane, DATA), walks["x"][1][time])
    assert_images(grid(digit), 6 * walks["x"][2][time].view(1, 1, 8, 8) + mean)
    if time == 0:
        assert_images(grid(digit), x[None])
    for each, colour in zip(schedules.values(), (MODEL, NOISE, THIRD), strict=True):
        close(line(gauge, color=colour)[1], each)
    close(line(gauge, marker="o"), [[time], [a]])
    assert_says(title(numbers), time, a)


@pytest.mark.parametrize("t, s", [(120, 40), (200, 199), (200, 1), (2, 199), (60, 60)])
def test_what_both_say_is_the_product_of_what_each_says(t, s):
    alpha_bar = cosine(200).double()
    at, x_0, x_t = look(views.one_step_back, lecture.posterior, alpha_bar), *torch.randn(2)
    x_0, x_t = x_0.item() / 2, x_t.item() / 2
    at(x_0=2.0, x_t=-1.0, t=100, s=50)
    (ax,) = at(x_0=x_0, x_t=x_t, t=t, s=s)
    s = min(s, t - 1)
    a_t, a_s = alpha_bar[[t, s]].tolist()
    xs = np.linspace(-40, 40, 400_001)
    x_0s = norm.pdf(xs, a_s**0.5 * x_0, (1 - a_s) ** 0.5)
    x_ts = norm.pdf(x_t, (a_t / a_s) ** 0.5 * xs, (1 - a_t / a_s) ** 0.5)
    both = x_0s * x_ts
    mean = np.average(xs, weights=both)
    spread = np.average((xs - mean) ** 2, weights=both) ** 0.5
    for wanted, colour in ((x_0s, NOISE), (x_ts, DATA), (both, MODEL)):
        x, height = line(ax, color=colour, marker="None")
        wanted = np.interp(x, xs, wanted / (wanted.sum() * (xs[1] - xs[0])))
        if colour == DATA and a_t < 0.01:  # wider than this grid
            wanted = norm.pdf(x, x_t / (a_t / a_s) ** 0.5, (a_s / a_t - 1) ** 0.5)
        np.testing.assert_allclose(height, wanted, atol=0.01 * height.max())
    for colour, place in ((NOISE, x_0), (DATA, x_t)):
        close(line(ax, color=colour, marker="o"), [[place], [0]])
    assert_says(title(ax), t, s, mean, spread)


def test_where_chains_end_is_a_histogram_that_is_told_its_distance():
    arrived, whole = {}, torch.tensor(1.0, dtype=torch.float64)
    for name, a in {"cosine": cosine(40), "early": linear(40, 5e-4, 5e-3)}.items():
        for n in (1, 3, 40):
            start = torch.randn(700, dtype=torch.float64)
            x = lecture.walk_back(start, a.double(), n, lecture.true_eps)
            arrived[name, n] = x, lecture.gap(x, whole)
    at = look(views.truth, arrived, lecture.log_p)
    for (name, n), (x, _) in arrived.items():
        (ax,) = at(steps=n, schedule=name)
        assert_share(ax, x, MODEL)

        def cdf(x):
            return 0.7 * norm.cdf(x, -1, 0.3) + 0.3 * norm.cdf(x, 1.5, 0.3)

        assert title(ax).startswith(name)
        assert_says(title(ax), n, kstest(x.numpy(), cdf).statistic - 0.5 / 700)
    xs, height = line(ax, color=TRUTH)
    close(height, data_pdf(xs))


def test_of_the_total_noise_the_share_that_its_mean_has_is_explained():
    a, eps = cosine(200)[100].double(), torch.randn(4000).double()
    x_t = lecture.in_one_jump(lecture.draw(4000), a, eps)
    guess = lecture.true_eps(x_t, a)
    eta = torch.randn(4000).double()
    panels = look(views.targets, x_t, {"all": (eps, guess), "last": (eta, 0.1 * guess)})()
    for ax, value, mean in zip(panels, (eps, eta), (guess, 0.1 * guess), strict=True):
        shown = dots(ax, DATA)
        close(shown, torch.stack([x_t, value], 1)[: len(shown)])
        order = np.argsort(x_t.numpy())
        close(line(ax, color=SECOND), [x_t[order], mean[order]])
        off, spread = np.var((value - mean).numpy()), np.var(value.numpy())
        assert_says(title(ax), 100 * (1 - off / spread))
    told = float(title(panels[0]).split()[1].rstrip("%")) / 100
    assert abs(told - guess.var() / eps.var()) < 0.1  # the law of total variance


# ---- the plane -------------------------------------------------------------------------------


def test_a_model_that_learns_shows_its_samples_and_starts_over_with_nothing_left(shake):
    seen = []

    def sample(model, x_T):
        seen.append((x_T, lecture.ends(model, x_T, 5)))
        return seen[-1][1]

    def distance(a, b):
        return 2 * cdist(a, b).mean() - pdist(a).mean() - pdist(b).mean()

    def record(step, toy, loss, by):
        model = shake(lecture.DDPM(20), by)
        model.toy = toy
        return Step(step, 100, {"loss": loss}, 0.0, model, model)

    first, second = ring(), two_gaussians()
    at = look(views.learning_to_denoise, sample, lecture.energy_distance)
    at(step=record(1, first, 90.0, 0.5))
    start, loss = record(1, second, 0.7, 0.05), 0.8 + 0.2 * 0.7
    for step in (record(2, first, 4.0, 0.1), start, start):  # it is played, reset and redrawn
        left, middle, right = at(step=step)
    close(line(middle, color=MODEL), [[1], [loss]])
    end = record(9, second, 0.2, 0.02)
    left, middle, right = at(step=end)
    close(line(middle, color=MODEL), [[1, 9], [loss, 0.8 * loss + 0.2 * 0.2]])
    (x_T, x), data = seen[-1], dots(left, DATA)
    close(dots(left, MODEL), x)
    assert all(torch.equal(x_T, other) for other, _ in seen)
    assert x_T.mean().abs() < 5 / x_T.numel() ** 0.5
    assert ((second.centres - torch.tensor(data)[:, None]).norm(dim=2).amin(1) < 2.2).all()
    apart = [distance(each, data) for _, each in (seen[-2], seen[-1])]
    close(line(right, color=MODEL), [[1, 9], np.clip(apart, 0, 0.3)], 1e-4)


def test_the_loss_and_the_distance_are_cut_where_their_panels_end():
    model = SimpleNamespace(toy=ring())
    for told, shown in ((7.0, 0.3), (-0.01, 0.0), (0.2, 0.2)):
        at = look(views.learning_to_denoise, lambda _, x_T: x_T, lambda *_, d=told: d)
        _, loss, apart = at(step=Step(3, 9, {"loss": 50.0}, 0.0, model, model))
        close(line(apart, color=MODEL), [[3], [shown]])
        close(line(loss, color=MODEL), [[3], [1]])


def test_chains_leave_their_ways_and_the_guesses_are_the_points_less_their_noise(shake):
    model = shake(lecture.DDPM(30))
    states = list(reverse(model.eps, torch.randn(140, 2), model.alpha_bar, 6))
    at = look(views.chains, states)
    for k in (0, 6, 3, 1):
        left, right = at(state=states[k])
        x, t = states[k].x, round(30 - 5 * k)
        points, guesses = dots(left, MODEL), dots(right, NOISE)
        close(points, x[: len(points)])
        wanted = states[0].x
        if k:
            before, a = states[k - 1].x, model.alpha_bar[t + 5]
            eps = model.eps(before, t + 5).detach()
            wanted = (before - (1 - a).sqrt() * eps) / a.sqrt()
        close(guesses, wanted[: len(guesses)], 1e-4)
        for i, way in enumerate(lines(left, color=MODEL, marker="None")):
            close(way.get_xydata(), [state.x[i].numpy() for state in states[: k + 1]])
        assert_says(title(left), t)
    assert i > 0 and len(points) > 50


def test_up_and_down_counts_the_last_hundred_steps_and_colours_points_by_where_they_left(
    monkeypatch, shake
):
    monkeypatch.setattr(lecture, "model", shake(lecture.DDPM(60), 0.05))
    p, heights, clouds = SimpleNamespace(verb="resample"), [], []
    game, t, modes = lecture.by_hand(p), 60, len(ring().centres)
    at = look(views.up_and_down, lecture.toys["ring"])
    acts = (  # and after which of them the points were where their colours say
        ("resample", 1, None),
        ("noise", 2, None),
        ("denoise", 63, 2),
        ("noise", 58, 2),
        ("denoise", 58, 2),
        ("noise", 50, 4),
        ("resample", 1, None),
        ("denoise", 10, None),
    )
    for verb, n, left_at in acts:
        for _ in range(n):
            p.verb = verb
            record = next(game)
            t += {"resample": 60 - t, "noise": t < 60, "denoise": -(t > 0)}[verb]
            heights.append(t / 60)
        clouds.append(np.arctan2(*record.x.numpy().T[::-1]) / (2 * np.pi / modes))
        home = np.zeros(150) if left_at is None else np.rint(clouds[left_at]) % modes
        left, right = at(step=record)
        (points,) = left.collections
        close(offsets(points), record.x)
        palette = np.array(colormaps["tab10"].colors)
        close(points.get_facecolors()[:, :3], palette[home.astype(int)])
        way = heights[-101:]
        close(line(right, color=MODEL), [range(1 - len(way), 1), way])
        assert_says(title(left), t)
    first, second = (np.rint(clouds[k]) % modes for k in (2, 4))
    assert len(set(first)) > 1 and (first != second).any()
    data = torch.tensor(dots(left, DATA)).float()
    assert (torch.cdist(data, ring().centres).amin(1) < 0.3).all()
    assert t == 50 and right.get_xlim()[0] <= -100


@pytest.mark.parametrize("t", [5, 40, 100])
def test_both_scores_are_arrows_and_their_distance_is_told_in_the_usual_length(shake, t):
    model = shake(lecture.model, 0.05)
    made = lecture.log_p_plane, lecture.model_score, lecture.true_score, model.alpha_bar
    at = look(views.scores, *made)
    at(t=60)
    left, right = at(t=t)
    a = model.alpha_bar[t]
    toy = noisy(lecture.toys["ring"], a)

    def guess(x):
        return -model.eps(x, t).detach() / (1 - a).sqrt()

    (shade,) = left.images
    n = len(shade.get_array())
    p = toy.log_prob(places(n)).exp().view(n, n)
    close(shade.get_array(), p / p.max(), 1e-4)
    arrows = {hue(each.get_facecolor()[0]): each for each in left.collections}
    for colour, score in ((TRUTH, lambda x: slopes(toy, x)), (MODEL, guess)):
        arrow = arrows[colour]
        assert isinstance(arrow, Quiver)
        wanted = score(torch.tensor(arrow.XY).float())
        apart = 6 / len(wanted) ** 0.5
        wanted = wanted * apart / wanted.norm(dim=1).max()
        close(np.stack([arrow.U, arrow.V], 1), wanted, 1e-4)
    (error,) = right.images
    n = len(error.get_array())
    x, wanted = places(n), slopes(toy, places(n))
    p = toy.log_prob(x).exp()
    usual = ((p * wanted.norm(dim=1) ** 2).sum() / p.sum()).sqrt()
    off = ((guess(x) - wanted).norm(dim=1) / usual).clamp(max=1)
    close(error.get_array(), off.view(n, n), 1e-3)
    assert error.get_extent() == [-3, 3, -3, 3] and error.origin == shade.origin == "lower"
    assert_says(title(left), t, (1 - a).sqrt())


def test_walkers_that_flew_away_are_told_the_least_log_p():
    a = torch.tensor(0.9)
    at = look(views.walkers, lambda x: lecture.log_p_plane(x, a))
    toy, good = noisy(ring(), a), 2 * torch.randn(50, 2)
    lost, endless, far = good.clone(), good.clone(), 1e3 * good
    lost[3, 1], endless[7] = torch.nan, torch.tensor([torch.inf, -torch.inf])
    for step, x in enumerate((good, lost, endless, far, good / 2), 1):
        left, right = at(step=SimpleNamespace(step=step, x=x))
        close(dots(left, MODEL), x)
        assert_says(title(left), step)
    means = [toy.log_prob(x).mean() for x in (good, good / 2)]
    wanted = [max(-10, means[0]), -10, -10, -10, max(-10, means[1])]
    close(line(right, color=MODEL), [range(1, 6), wanted], 1e-4)
    (shade,) = left.images
    n = len(shade.get_array())
    p = toy.log_prob(places(n)).exp().view(n, n)
    close(shade.get_array(), p / p.max(), 1e-4)
    at(step=SimpleNamespace(step=1, x=good / 2))
    close(line(right, color=MODEL), [[1], [wanted[4]]], 1e-4)


def test_the_share_on_the_left_is_counted_at_every_step_of_the_annealing(monkeypatch):
    pair, two = lecture.model, two_gaussians(weight=uniform(0.6, 0.9), apart=4.0)
    a = pair.alpha_bar
    for name, value in {
        "pair": pair,
        "two": two,
        "sizes": 0.1 * (0.16 + (1 - a) / a),
    }.items():
        monkeypatch.setattr(lecture, name, value, raising=False)
    begin = 6 * torch.rand(150, 2) - 3
    levels = {"plain": 19 * [12], "annealed": range(81, 6, -4)}
    ways = {
        (name, score.__name__): torch.stack(list(lecture.walkers(score, times, begin)))
        for name, times in levels.items()
        for score in (lecture.exact, lecture.learned)
    }
    at = look(views.annealing, two, ways)
    for k, score in ((398, "learned"), (0, "exact"), (250, "exact"), (398, "exact")):
        *planes, right = at(step=k, score=score)
        for ax, name, colour in zip(planes, levels, (SECOND, MODEL), strict=True):
            way = ways[name, score].numpy()
            points = dots(ax, colour)
            close(points, way[k, : len(points)], 1e-4)
            shares = [np.count_nonzero(x[:, 0] < 0) / 150 for x in way[: k + 1]]
            close(line(right, color=colour), [range(k + 1), shares])
            assert title(ax) == lines(right, color=colour)[0].get_label() == name
            assert len(points) > 50 and len(dots(ax, DATA)) > 50
            share = np.mean(dots(ax, DATA)[:, 0] < 0)
            assert abs(share - two.weights[0]) < 0.25
    close(line(right, color=TRUTH)[1], [two.weights[0]] * 2)
    assert right.get_xlim() == (0, 398) and len(way) == 399


# ---- digits ----------------------------------------------------------------------------------


class Listening(Diffusion):
    """A small model of images that remembers what it was asked."""

    def __init__(self, x, T=60):
        super().__init__(x, T, width=16, blocks=1)
        self.asked = []
        self.eval()

    def sample(self, *arguments, **options):
        images = super().sample(*arguments, **options)
        self.asked.append((images, options))
        return images

    def terms(self, x, **options):
        terms = super().terms(x, **options)
        self.asked.append((x, terms))
        return terms


def test_samples_stand_beside_the_bound_on_images_that_are_not_trained_on(images, shake):
    x = images(130)
    at = look(views.diffusion_of_images, x)
    for k, step in enumerate((1, 7)):
        model = Listening(images(20))
        with torch.no_grad():
            model.b.add_(4 * torch.randn(64, 17) * (k == 0))  # so far beyond the panel
        left, right = at(step=Step(step, 100, {}, 0.0, model, model))
    (samples, options), (asked, terms) = model.asked
    assert_images(grid(left), samples)
    assert torch.equal(samples, samples.round()) and options["eta"] == 0
    again = Diffusion.sample(model, 40, torch.Generator().manual_seed(0), steps=20, eta=0.0)
    assert torch.equal(samples, again)
    assert torch.equal(asked, x[: len(asked)]) and len(asked) >= 100
    nats = np.sum(terms.numpy(), 0).mean()
    close(line(right, color=MODEL), [[1, 7], [200, min(200, nats)]], 1e-3)


def test_images_form_of_rows_and_the_last_has_whole_levels(images):
    x = images(30)
    model = Diffusion(x, T=20, width=16, blocks=1)
    mean, rows = x.mean(0), x - x.mean(0)
    states, at = list(model.states(20, steps=5)), look(views.forming, model.images)
    for state in (states[-1], states[0], states[3]):
        left, right = at(state=state)
        for ax, each in ((left, state.x), (right, state.x0)):
            shown = grid(ax)
            each = each[: len(shown)].view(-1, 1, 8, 8)
            wanted = each * rows.square().mean().sqrt() + mean
            assert_images(shown, wanted)
        assert_says(title(left), state.t)
    left, _ = at(state=states[-1])
    close(grid(left), grid(left).round(), 1e-4)


def test_the_terms_stand_at_their_times_and_their_sums_are_the_bound(images):
    model, x = Listening(images(30), 12), images(10)
    terms = model.terms(x).mean(1).numpy()
    left, right = look(views.terms_of_bound, terms)()
    close(line(left, color=MODEL), [range(12, 1, -1), terms[1:12]])
    found = bars(right)
    assert [colour for *_, colour in found] == [NOISE, MODEL, SECOND]
    heights = [height for _, _, _, height, _ in found]
    close([heights[0], heights[2]], [terms[0], terms[12]])
    close(sum(heights), terms.sum(), 1e-3)
    for text, height in zip(right.texts, heights, strict=True):
        assert_says(text.get_text(), height)


def test_guided_samples_are_of_the_chosen_digit_and_weight(images):
    kept = {(digit, w): images(24) for digit in (3, 7) for w in (0.0, 1.5)}
    measured = {w: (uniform(0.5, 1), uniform(0, 0.5)) for w in (0.0, 1.5, 4.0)}
    at = look(views.guidance, lambda digit, w: kept[digit, w], measured)
    for digit, w in kept:
        shown, right, covered = at(w=w, digit=digit)
        assert_images(grid(shown), kept[digit, w])
        assert_says(title(shown), digit, w)
        for i, (ax, colour) in enumerate(((right, MODEL), (covered, SECOND))):
            close(line(ax, color=colour), [list(measured), [m[i] for m in measured.values()]])
            close(line(ax, color=DATA)[0], [w, w])
            assert title(ax) == ("Read as that digit", "Coverage")[i]
            assert ax.get_ylim()[0] <= min(m[i] for m in measured.values())


def test_every_number_of_steps_of_both_ways_has_its_dot_and_its_images(images):
    numbers, floor = (2, 20, 199), uniform(62, 70)
    measured = {
        (way, n): (images(44), uniform(70, 300), uniform(0.01, 9))
        for n in reversed(numbers)
        for way in ("DDPM", "DDIM")
    }
    measured["DDPM", 999] = images(44), 80.0, 20.0
    at = look(views.how_slow, measured, floor)
    for (way, n), (x, distance, seconds) in measured.items():
        left, right = at(steps=n, way=way)
        assert_images(grid(left), x[:40])
        close(line(right, color="black"), [[seconds], [distance]])
        assert title(left).startswith(f"{way}, ")
        assert_says(title(left), n, distance)
    for way, colour in (("DDPM", MODEL), ("DDIM", SECOND)):
        own = [*numbers, 999] if way == "DDPM" else numbers
        wanted = np.array([measured[way, n][:0:-1] for n in own])
        close(line(right, color=colour), wanted.T)
        told = {each.get_text(): each.xy for each in right.texts if each.get_color() == colour}
        assert list(told) == [str(n) for n in own]
        close(list(told.values()), wanted)
    close(line(right, color=DATA)[1], [floor, floor])


def test_below_each_image_stands_the_nearest_and_shares_are_of_all_distances(images):
    x = images(60) / 4
    sources = {"the ideal": x[9:40], "trained": images(20) / 4, "test": images(50) / 4}
    found = {name: lecture.nearest(each, x) for name, each in sources.items()}
    left, right = look(views.nearest, x, found)()
    flat = {name: cdist(each.flatten(1), x.flatten(1)) for name, each in sources.items()}
    rows = [
        row for name, each in sources.items() for row in (each[:8], x[flat[name].argmin(1)[:8]])
    ]
    assert_images(cells(left, 8), torch.cat(rows))
    drawn = [patch for patch in right.patches if isinstance(patch, StepPatch)]
    for patch, (name, apart), colour in zip(drawn, flat.items(), (NOISE, MODEL, DATA)):
        heights, edges, _ = patch.get_data()
        close(heights, counted(apart.min(1), edges) / len(apart))
        face = patch.get_facecolor() if patch.get_fill() else patch.get_edgecolor()
        assert (hue(face), patch.get_label()) == (colour, name)
        assert abs(sum(heights) - 1) < 1e-9
    assert drawn[0].get_data()[0][0] == 1


@pytest.mark.parametrize("blank", [True, False])
def test_six_answers_agree_with_what_is_seen(images, monkeypatch, blank):
    monkeypatch.setattr(lecture, "digit_model", Listening(images(40)), raising=False)
    x = torch.zeros(1, 1, 8, 8) if blank else images(1)
    A, halves = torch.eye(64)[:32], torch.kron(torch.eye(32), torch.full((1, 2), 0.5))
    tasks = {
        name: (each, lambda x, A=each: (A.pinverse() @ (A @ x.flatten())).view(1, 1, 8, 8))
        for name, each in {"the lower half": A, "pairs": halves}.items()
    }

    def solve(x, A):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return lecture.solve(x, A)

    at = look(views.answers, solve, tasks)
    at(drawing=images(1), task="pairs")
    for name, (each, _) in tasks.items():
        left, middle, right = at(drawing=x, task=name)
        assert_images(grid(left), x)
        seen, many = grid(middle), grid(right)
        if each is A:
            assert_images(seen[:, :4], x[:, :, :4])
            assert (seen[:, 4:].abs() < 1e-4).all()
            close(many[:, :4], x[:, 0, :4].expand(6, 4, 8), 1e-3)
        else:
            pairs = x.view(1, 8, 4, 2).mean(3, keepdim=True).expand(-1, -1, -1, 2)
            close(seen, pairs.reshape(1, 8, 8), 1e-3)
        assert len(many) == 6 and many.min() >= 0 and many.max() <= 16
        assert_images(many, solve(x, each).clamp(0, 16))
        assert many.std(0).max() > 0.5
