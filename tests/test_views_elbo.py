"""What the pictures of lecture 02 show is what its own functions, or a count by hand, say."""

import math
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
import scipy.stats
import torch
from lecture import functions
from looks import (
    Look,
    assert_images,
    assert_says,
    bars,
    cells,
    close,
    counted,
    filled,
    hue,
    line,
    lines,
    look,
    offsets,
    steps,
    title,
    uniform,
)

from lecture_utils.models.vae import VAE, Autoencoder
from lecture_utils.plots import DATA, MODEL, NOISE, TRUTH
from lecture_utils.train import Step
from lecture_utils.views import elbo as views
from lecture_utils.views import shared


def density(x, mean, sd):
    return scipy.stats.norm.pdf(np.asarray(x), float(mean), float(sd))


def record(step, model, **losses):
    return Step(step, 1000, losses, 0.0, model, model)


def luck(seed: int = 5):
    return torch.Generator().manual_seed(seed)


# ---- a latent curve, an integral, a best guess -----------------------------------------------


@pytest.fixture
def latent():
    """The view of the lecture's curve, moved to a random place, and what its functions got."""
    lecture, asked = functions("02_elbo"), []

    def marginal(x, *model):
        asked.append(model)
        return x[:, 0] + 10 * x[:, 1]

    here = SimpleNamespace(lecture=lecture, asked=asked)
    here.look = look(views.latent_curve, lecture.curve, lecture.draw, marginal)
    here.z, here.mean, here.width = uniform(-3, 3), uniform(-1.5, 1.5), uniform(0.5, 1.5)
    here.noise = uniform(0.05, 0.6)
    here.axes = here.look(here.z, here.mean, here.width, here.noise)
    return here


def test_the_prior_of_a_latent_variable_is_its_density_and_its_draws(latent):
    left, _ = latent.axes
    z, height = line(left, color=NOISE, marker="None")
    close(height, density(z, latent.mean, latent.width))
    assert z[0] == -4 and z[-1] == 4
    draws, y = line(left, marker="|")
    u = (draws - latent.mean) / latent.width
    assert len(u) == 200 and abs(u.mean()) < 5 / 200**0.5 and abs(u.std() - 1) < 5 / 400**0.5
    assert (y < 0).all() and (y > left.get_ylim()[0]).all()  # below the curve, and in sight
    close(line(left, marker="o"), [[latent.z], [0]])


def test_every_seen_point_is_the_effect_of_its_own_hidden_draw(latent):
    left, right = latent.axes
    causes = torch.tensor(line(left, marker="|")[0])
    effects = line(right, color=DATA, marker=".").T
    luck = (effects - latent.lecture.curve(causes).numpy()) / latent.noise
    assert abs(luck.mean()) < 5 / 400**0.5 and abs(luck.std() - 1) < 5 / 800**0.5


def test_the_curve_and_the_place_of_one_z_on_it_are_the_lectures(latent):
    curve, (_, right) = latent.lecture.curve, latent.axes
    close(line(right, color=MODEL).T, curve(torch.linspace(-4, 4, 200)))
    at = curve(torch.tensor([latent.z]))[0].numpy()
    close(line(right, color=TRUTH, marker="o")[:, 0], at)
    around = line(right, color=TRUTH, marker="None") - at[:, None]
    close(np.hypot(*around), np.full(60, 2 * latent.noise))
    assert np.ptp(np.unwrap(np.arctan2(*around))) > 6.28  # all the way round


def test_the_shade_of_a_cell_is_the_marginal_density_in_its_middle(latent):
    (shade,) = latent.axes[1].images
    low, high, bottom, top = shade.get_extent()
    middle = (np.arange(40) + 0.5) / 40
    x, y = low + middle * (high - low), bottom + middle * (top - bottom)
    close(shade.get_array(), x + 10 * y[:, None])
    assert shade.origin == "lower"
    close(latent.asked, [(latent.mean, latent.width, latent.noise)])


def test_the_draws_of_a_latent_variable_are_the_same_whenever_the_model_is(latent):
    def drawn():
        return line(latent.axes[1], color=DATA, marker=".")

    before = drawn()
    latent.look(0.0, latent.mean, latent.width, latent.noise)
    assert len(latent.asked) == 1  # only z was dragged
    for other in ((0.5, 0, 0), (0, 0.5, 0), (0, 0, 0.5)):
        model = np.add((latent.mean, latent.width, latent.noise), other).tolist()
        latent.look(0.0, *model)
        assert not np.array_equal(drawn(), before) and latent.asked[-1] == tuple(model)
    latent.look(0.0, latent.mean, latent.width, latent.noise)
    assert np.array_equal(drawn(), before)


@pytest.fixture
def spread():
    """The view of two ways to an integral whose errors are known, and how it was asked."""
    here = SimpleNamespace(asked=[], errors={}, of_grid={d: uniform(0.1, 9) for d in range(13)})

    def by_prior(d, k, repeats, generator):  # it may be asked for a few at a time
        here.asked.append((d, k))
        noise = torch.randn(repeats, generator=generator)
        errors = 0.3 * d * noise - 0.05 * d
        here.errors[d, k] = torch.cat([here.errors.get((d, k), errors[:0]), errors])
        return errors - 2.0 * d

    # half of the grid's errors are negative
    def by_grid(d, k):
        return -2.0 * d + (-1) ** d * here.of_grid[d] * 1000 / k

    here.look = look(views.integral_spread, lambda d: torch.tensor(-2.0 * d), by_prior, by_grid)
    return here


@pytest.mark.parametrize("d, k", [(2, 1000), (12, 1000), (7, 3000), (12, 3000)])
def test_estimates_from_the_prior_are_counted_around_the_exact_value(spread, d, k):
    left, _ = spread.look(d, k)
    errors = spread.errors[d, k]
    heights, edges, colour = steps(left)
    assert colour == MODEL and heights.sum() == 200
    assert (heights == counted(errors, edges)).all()
    close(edges, -edges[::-1])
    assert left.get_xlim() == (edges[0], edges[-1]) and left.get_ylim()[1] >= heights.max()
    assert_says(title(left), d, errors.mean(), 100 * np.mean(errors.numpy() < 0))
    close(line(left, color=TRUTH)[0], [0, 0])


@pytest.mark.parametrize("k, fine", [(1000, 9), (3000, 11)])
def test_the_errors_of_both_ways_are_those_at_every_dimension(spread, k, fine):
    """2⁹ ≤ 1000 < 2¹⁰ and 2¹¹ ≤ 3000 < 2¹²: further the grid has not even 2 points a side."""
    spread.look(5, 4000 - k)
    _, right = spread.look(5, k)
    d, error = line(right, color=MODEL)
    assert d.tolist() == list(range(1, 13))
    close(error, [math.sqrt(np.mean(spread.errors[n, k].numpy() ** 2)) for n in d])
    assert {key: len(errors) for key, errors in spread.errors.items()} == {
        (n, evaluations): 200 for n in range(1, 13) for evaluations in (1000, 3000)
    }
    d, error = line(right, color=DATA, marker="s")
    assert d.tolist() == list(range(1, fine + 1))
    close(error, [spread.of_grid[n] * 1000 / k for n in d], atol=3e-5)  # it draws 1e-5 more
    close(line(right, color=NOISE)[0], [5, 5])
    asked = len(spread.asked)
    spread.look(6, k)
    assert len(spread.asked) == asked  # known already


def test_the_best_guess_is_drawn_as_the_lecture_computes_it(images):
    error, two = functions("02_elbo").expected_error, images(2)
    at = look(views.blur, error, two)
    for _ in range(3):
        c, w = uniform(-1, 1), uniform(0, 1)
        left, right = at(c, w)
        guess, height = line(left, color=MODEL, marker="None")
        close(height, [(1 - w) * (-1 - g) ** 2 + w * (1 - g) ** 2 for g in guess])
        close(line(left, color=MODEL, marker="o"), [[c], [error(torch.tensor(c), w)]])
        close(line(left, color=TRUTH)[0], np.full(2, w - (1 - w)))
        close(line(left, color=DATA)[0], [-1, 1])
        shown = cells(right, 3)
        assert_images(shown[:2], two)
        assert_images(shown[2:], two[:1] + (c + 1) / 2 * (two[1:] - two[:1]))


# ---- bounds ----------------------------------------------------------------------------------


@pytest.fixture
def gap():
    """Lecture 02's exact bound for an x of our own, its view at a random q, and that q."""
    here = functions("02_elbo")
    z = uniform(-1, 1)
    here.x_seen = here.curve(torch.tensor([z])) + 0.2 * torch.randn(1, 2)
    here.noise = uniform(0.6, 0.9)
    here.grid = torch.linspace(-8, 8, 8001, dtype=torch.float64)
    here.log_px = here.log_joint(here.grid).logsumexp(0) + math.log(16 / 8000)
    here.posterior = (here.log_joint(here.grid) - here.log_px).exp()
    here.u = torch.linspace(-9, 9, 4001, dtype=torch.float64)
    here.du = torch.tensor(density(here.u, 0, 1)) * 18 / 4000
    parts = here.curve, here.x_seen, here.grid, here.posterior, here.log_px
    here.look = look(views.elbo_gap, *parts, here.terms, here.gap)
    here.mu, here.sigma = z + uniform(-0.3, 0.3), uniform(0.2, 0.5)  # no term is off the page
    here.axes = here.look(here.mu, here.sigma)
    return here


def test_elbo_and_gap_are_stacked_up_to_log_p(gap):
    stack = gap.axes[2]
    reconstruction, kl = gap.terms(gap.mu, gap.sigma)
    bound, floor = float(reconstruction - kl), stack.get_xlim()[0]
    assert floor < bound < gap.log_px
    (low, _, width, _, blue), (start, _, rest, _, grey) = bars(stack)
    close([low, low + width], [floor, bound])
    close([start, start + rest], [bound, gap.log_px])
    assert (blue, grey) == (MODEL, DATA)
    close(line(stack, color=TRUTH)[0], np.full(2, gap.log_px))
    (words,) = stack.texts
    over = float(gap.gap(gap.mu, gap.sigma))
    assert words.get_text().startswith("ELBO ") and over > 0
    assert_says(words.get_text(), bound, over, gap.log_px)


def test_the_two_terms_of_the_elbo_are_bars_with_their_signs(gap):
    pair = gap.axes[3]
    reconstruction, kl = (float(v) for v in gap.terms(gap.mu, gap.sigma))
    (x1, y1, first, h1, blue), (x0, y0, second, h0, green) = bars(pair)
    close([x1, first, x0, second], [0, reconstruction, 0, -kl])
    assert (blue, green) == (MODEL, NOISE) and y1 > y0 + h0
    names = {t.get_text(): t.get_position()[1] for t in pair.texts[:2]}
    numbers = {t.get_position()[1]: t.get_text() for t in pair.texts[2:]}
    for name, bottom, value in (("log p(x|z)", y1, reconstruction), ("−KL(q‖p(z))", y0, -kl)):
        (height,) = (y for words, y in names.items() if name in words)
        assert bottom < height < bottom + 1
        assert_says(numbers[height], value)


def test_bars_that_are_too_long_end_at_the_floor_and_their_numbers_do_not(gap):
    parts = gap.curve, gap.x_seen, gap.grid, gap.posterior, -3.0
    terms = torch.tensor(-40.0), torch.tensor(20.5)
    over = look(views.elbo_gap, *parts, lambda *_: terms, lambda *_: torch.tensor(57.5))
    _, _, stack, pair = over(0.0, 1.0)
    floor = stack.get_xlim()[0]
    (low, _, width, *_), (start, _, rest, *_) = bars(stack)
    close([low, width, start, start + rest], [floor, 0, floor, -3])
    close([bar[2] for bar in bars(pair)], [floor, floor])
    assert_says(stack.texts[0].get_text(), -60.5, 57.5, -3)
    assert_says("; ".join(t.get_text() for t in pair.texts[2:]), -40, -20.5)


def test_q_and_the_posterior_are_drawn_as_densities(gap):
    right = gap.axes[1]
    z, height = line(right, color=MODEL)
    close(height, density(z, gap.mu, gap.sigma))
    z, height = line(right, color=NOISE)
    close(height, density(z, 0, 1))
    corners, colour = filled(right)
    assert colour == TRUTH
    outline = {(round(float(x), 5), round(float(y), 5)) for x, y in corners}
    points = zip(gap.grid[3000:5000:97].tolist(), gap.posterior[3000:5000:97].tolist())
    assert all((round(x, 5), round(y, 5)) in outline for x, y in points)


def test_the_dots_on_the_curve_are_what_draws_of_q_would_make(gap):
    plane = gap.axes[0]
    close(line(plane, marker="*")[:, 0], gap.x_seen[0])
    close(line(plane, marker="None").T, gap.curve(torch.linspace(-3, 3, 300)))

    def flat(z):
        return torch.stack([z, 2 * z], 1)

    parts = gap.x_seen, gap.grid, gap.posterior, gap.log_px, gap.terms, gap.gap
    other = look(views.elbo_gap, flat, *parts)
    seen = []
    for mu, sigma in ((gap.mu, gap.sigma), (0.5, 2.0)):
        z, twice = line(other(mu, sigma)[0], marker="o")
        close(twice, 2 * z)
        seen.append((z - mu) / sigma)
    close(seen[0], seen[1])  # the same luck at every q
    n = len(seen[0])
    assert abs(seen[0].mean()) < 5 / n**0.5 and abs(seen[0].std() - 1) < 5 / (2 * n) ** 0.5


@pytest.fixture
def frozen():
    """Lecture 02's bound of a frozen q for an x of our own."""
    here = functions("02_elbo")
    here.x_obs = torch.tensor(uniform(2.0, 2.4))
    functions_of = here.log_p, here.frozen_elbo, here.posterior_of
    here.look = look(views.frozen_bound, *functions_of)
    return here


def test_the_frozen_bound_and_log_p_are_the_lectures_and_the_gap_is_between_them(frozen):
    theta, mu, sigma = uniform(0, 4), uniform(0.1, 1.2), uniform(0.1, 1)
    left, right = frozen.look(theta, mu, sigma, False)
    thetas, truth = line(left, color=TRUTH)
    _, bound = line(left, color=MODEL)
    close(truth, frozen.log_p(torch.tensor(thetas)))
    close(bound, frozen.frozen_elbo(torch.tensor(thetas), mu, sigma))
    at, (top, low) = line(left, marker="o")
    here = torch.tensor(theta)
    close(at, [theta, theta])
    close([top, low], [frozen.log_p(here), frozen.frozen_elbo(here, mu, sigma)])
    assert_says(title(right), top - low)
    z, height = line(right, color=TRUTH)
    mean, sd = frozen.posterior_of(here)
    close(height, density(z, mean, sd))
    close(line(right, color=MODEL)[1], density(z, mu, sigma))


# q far to the right wants a smaller θ, q near zero a larger one
@pytest.mark.parametrize("mu, rises", [(0.6, True), (1.2, False)])
def test_the_band_is_where_bound_and_log_p_go_opposite_ways(frozen, mu, rises):
    left, _ = frozen.look(1.8, mu, 0.2, False)
    ((start, _, width, _, colour),) = bars(left)
    fine = torch.linspace(0, 4, 40_001, dtype=torch.float64)
    peaks = [
        float(fine[frozen.frozen_elbo(fine, mu, 0.2).argmax()]),
        float(fine[frozen.log_p(fine).argmax()]),
    ]
    # the view looks at steps of 0.025; in single precision a peak is flat within 0.001
    close([start, start + width], sorted(peaks), atol=0.0125 + 2e-3)
    assert colour == DATA and (peaks[0] > peaks[1]) == rises
    inside = torch.linspace(start + 0.02, start + width - 0.02, 50, dtype=torch.float64)
    bound = frozen.frozen_elbo(inside, mu, 0.2).diff() > 0
    assert (bound == rises).all() and ((frozen.log_p(inside).diff() > 0) != rises).all()
    assert title(left).endswith(
        "the bound rises, log p falls" if rises else "the bound falls, log p rises"
    )


def test_a_refitted_q_is_the_posterior_and_leaves_no_gap(frozen):
    left, right = frozen.look(uniform(0.1, 4), 0.9, 0.7, True)
    close(line(right, color=MODEL), line(right, color=TRUTH))
    _, (top, low) = line(left, marker="o")
    close(top, low)
    assert_says(title(right), 0)


def test_estimates_of_a_tighter_bound_are_counted_and_their_mean_is_the_bound():
    log_px, estimates = uniform(-6, -2), {}

    def bounds(k, repeats, generator):
        noise = torch.randn(repeats, generator=generator)
        estimates[k] = log_px - 1.5 / k + 2 / k**0.5 * noise
        return estimates[k]

    at = look(views.tighter, log_px, bounds)
    assert list(estimates) == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    means = [float(e.mean()) for e in estimates.values()]
    for log2_K in (0, 3, 8):
        left, right = at(log2_K)
        each, mean = estimates[2**log2_K].numpy(), means[log2_K]
        heights, edges, colour = steps(left)
        shape = counted(each, edges)
        close(heights * shape.max(), shape * heights.max(), atol=1e-2)
        assert 0.5 < heights.max() < left.get_ylim()[1] and colour == MODEL
        close([edges[0], edges[-1]], [log_px - 6, log_px + 3])
        close(line(left, color=TRUTH)[0], [log_px, log_px])
        close(line(left, color=MODEL)[0], [mean, mean])
        above = 100 * np.mean(each > np.float32(log_px))
        assert_says(title(left), 2**log2_K, mean, log_px, above)
        close(line(right, label="bound"), [list(estimates), means])
        close(line(right, color=TRUTH)[1], [log_px, log_px])
        close(line(right, color="black"), [[2**log2_K], [mean]])


# ---- autoencoders ----------------------------------------------------------------------------


def assert_reconstructions(ax, x, x_hat, columns=5):
    """Every row of images stands above the row of their reconstructions."""
    pairs = cells(ax, columns).view(-1, 2, columns, 8, 8)
    assert_images(pairs[:, 0].flatten(0, 1), x)
    assert_images(pairs[:, 1].flatten(0, 1), x_hat)


def test_the_linear_autoencoder_is_drawn_beside_pca(shake, images):
    x, pca, loss = images(9), images(4), uniform(100, 900)
    model = shake(Autoencoder(latent=2, linear=True))
    at = look(views.linear_beside_pca, x, loss, pca)
    at(record(3, model, loss=1.5 * loss))
    left, right = at(record(40, model, loss=1.2 * loss))
    close(line(left, color=MODEL), [[3, 40], [1.5 * loss, 1.2 * loss]])
    close(line(left, color=TRUTH)[1], [loss, loss])
    assert left.get_ylim()[1] > 1.5 * loss
    shown = cells(right, 4)
    assert_images(shown, torch.cat([x[:4], pca, model.decode(model.encode(x[:4]))]))


def test_the_codes_of_an_autoencoder_lie_on_the_map_in_their_digits_colours(shake, images):
    x, labels = images(30), torch.randint(0, 10, (30,))
    at = look(views.autoencoder, x, labels)
    for by in (0.1, 1.0):
        model = shake(Autoencoder(latent=2, hidden=(8,)), by)
        left, right = at(record(1, model, loss=1.0))
        (dots,), z = left.collections, model.encode(x).detach()
        close(offsets(dots), z)
        assert (dots.get_array() == labels.numpy()).all() and dots.get_clim() == (0, 9)
        ends = *left.get_xlim(), *left.get_ylim()
        assert z.abs().max() <= min(map(abs, ends)), "a code lies off the map"
        assert_reconstructions(right, x[:20], model.decode(z[:20]))


def test_the_image_under_the_point_is_decoded_from_its_code(shake):
    model = shake(Autoencoder(latent=2, hidden=(8,)))
    at = look(views.decoded, model.decode)
    z = uniform(-3, 3), uniform(-3, 3)
    (ax,) = at(z)
    assert_images(cells(ax, 1, gap=0), model.decode(torch.tensor([z])))
    assert_says(title(ax), *z)


def test_codes_draws_and_what_those_decode_to_have_their_places(images):
    z, draws, x, fitted = torch.randn(50, 2), torch.randn(12, 2), images(12), images(12)
    left, middle, right = look(views.prior_against_codes, z, draws, x, fitted)()
    close(line(left, color=DATA, marker=".").T, z)
    close(line(left, color=NOISE, marker="+").T, draws)
    assert_images(cells(middle, 6), x)
    assert_images(cells(right, 6), fitted)


def test_the_plane_of_decodings_is_a_map_and_the_lines_go_from_code_to_code():
    def decode(z):  # the first pixels are the code
        return torch.nn.functional.pad(z, (0, 62)).view(-1, 1, 8, 8)

    starts, ends = torch.randn(3, 2), torch.randn(3, 2)
    left, right = look(views.decoded_plane, decode, starts, ends)()
    shown, side = cells(left, 10)[:, 0, :2].view(10, 10, 2), np.linspace(-2, 2, 10)
    close(shown[..., 0], np.tile(side, (10, 1)))  # z₁ to the right
    close(shown[..., 1], np.tile(side[::-1, None], 10))  # z₂ upwards
    shown, t = cells(right, 8)[:, 0, :2].view(3, 8, 2), torch.linspace(0, 1, 8)[:, None]
    for row, start, end in zip(shown, starts, ends, strict=True):
        close(row, (1 - t) * start + t * end)


def test_images_stand_in_reading_order_with_their_own_levels(images):
    x = images(11)
    (ax,) = look(views.images, x, "eleven", 4, 100)()
    shown = cells(ax, 4)
    assert_images(shown[:11], x)
    assert shown[11:].isnan().all() and title(ax) == "eleven"
    assert ax.images[0].get_clim() == (0, 99)


def test_reconstructions_stand_below_their_images_at_once_and_later(images):
    x, x_hat = images(6), images(6)
    at = Look(lambda ax: shared.reconstructions(ax, x, 3, 100))
    assert_reconstructions(*at.axes, x, x, 3)
    assert_reconstructions(*at(x_hat), x, x_hat, 3)
    assert at.axes[0].images[0].get_clim() == (0, 99)


# ---- VAEs ------------------------------------------------------------------------------------


class Glass(VAE):
    """A VAE whose images show their codes: the first pixels are z."""

    def decode(self, z):
        page = z.new_zeros(len(z), 64)
        page[:, : self.latent] = z
        return page.view(-1, 1, 8, 8)


@pytest.fixture
def needle(shake):
    """A VAE at random weights whose q(z|x) is so narrow that every draw is its mean."""
    model = shake(VAE(latent=4, hidden=16))
    with torch.no_grad():
        model.encoder[-1].weight[4:] *= 0.1
        model.encoder[-1].bias[4:] -= 6
        model.encoder[-1].bias[:4] += torch.randn(4)
    return model


def terms_by_hand(model, x):
    """−log p(x|μ) and the KL, both averaged."""
    mu, log_sigma = model.encode(x)
    kl = 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma)
    return -model.log_likelihood(x, mu).mean().item(), kl.sum(1).mean().item()


def assert_two_terms(ax, wanted: dict):
    """Compare the curves with step → (reconstruction, KL)."""
    blue, green = (line(ax, color=c) for c in (MODEL, NOISE))
    assert blue[0].tolist() == green[0].tolist() == list(wanted)
    # q is σ = e⁻⁶ wide; a nat in a hundred is more than that moves the reconstruction
    np.testing.assert_allclose(blue[1], [a for a, _ in wanted.values()], rtol=1e-2)
    np.testing.assert_allclose(green[1], [b for _, b in wanted.values()], rtol=1e-4)
    names = {hue(each.get_color()): each.get_label() for each in ax.lines}
    assert "p(x|z)" in names[MODEL] and names[NOISE].startswith("KL")
    assert names[MODEL].startswith("−") and min(*blue[1], *green[1]) > 0


@pytest.mark.parametrize("name", ["training", "two_terms_pull"])
def test_the_two_terms_of_a_training_are_those_of_the_first_hundred_images(
    name, needle, images
):
    x, wanted = images(120), {}
    at = look(getattr(views, name), x)
    for step in (1, 50):
        axes = at(record(step, needle, loss=0.0))
        wanted[step] = terms_by_hand(needle, x[:100])
        with torch.no_grad():
            needle.decoder[-1].bias += 0.2
            needle.encoder[-1].bias[:4] += 0.3
    assert_two_terms(axes[2], wanted)


def test_the_terms_of_a_wide_q_are_drawn_from_the_panels_own_generator(shake, images):
    x, model = images(40), shake(VAE(latent=4, hidden=16))
    for name in ("training", "two_terms_pull"):
        *_, right = look(getattr(views, name), x)(record(1, model, loss=0.0))
        draws = torch.stack([-model.terms(x)[0].mean() for _ in range(200)]).detach()
        assert abs(line(right, color=MODEL)[1][0] - draws.mean()) < 6 * draws.std()


def test_a_vae_in_training_shows_its_reconstructions_beside_samples(needle, images):
    x, at = images(20), None
    at = look(views.training, x)
    left, middle, _ = at(record(1, needle, loss=0.0))
    assert_reconstructions(left, x[:15], needle.decode(needle.encode(x[:15])[0]))
    codes = []
    for step in (2, 3):
        _, middle, _ = at(record(step, Glass(latent=4, hidden=16).eval(), loss=0.0))
        shown = cells(middle, 5).flatten(1)
        assert len(shown) == 30 and (shown[:, 4:] == 0).all()
        codes.append(shown[:, :4])
    assert torch.equal(*codes)  # whatever changes is the model
    # 120 draws of N(0, 1): five standard errors
    assert codes[0].mean().abs() < 5 / 120**0.5 and (codes[0].std() - 1).abs() < 5 / 240**0.5


@pytest.mark.parametrize("unused", [0, 1, 3])
def test_the_bars_are_the_kl_of_each_latent_from_the_largest_and_those_above_a_tenth_count(
    needle, images, unused
):
    x = images(20)
    at = look(views.two_terms_pull, x)
    at(record(1, needle, loss=0.0))
    with torch.no_grad():
        for j in range(unused):
            needle.encoder[-1].weight[[j, 4 + j]] = 0
            needle.encoder[-1].bias[[j, 4 + j]] = 0
    left, middle, _ = at(record(2, needle, loss=0.0))
    mu, log_sigma = needle.encode(x)
    kl = 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma)
    wanted = sorted(kl.mean(0).tolist(), reverse=True)
    assert [round(x + width / 2) for x, _, width, *_ in bars(left)] == [0, 1, 2, 3]
    close([height for *_, height, _ in bars(left)], wanted)
    assert {bar[4] for bar in bars(left)} == {NOISE}
    assert_says(title(left), 4 - unused, 4)
    assert_reconstructions(middle, x[:15], needle.decode(mu[:15]))


@pytest.fixture
def drawing(shake, images):
    """The view of a drawing's posterior, at a random drawing."""
    model = shake(VAE(latent=2, hidden=16))
    with torch.no_grad():
        model.encoder[-1].bias[2:] += torch.tensor([-4.0, -5.0])
    here = SimpleNamespace(model=model, x=images(40), labels=torch.arange(40) % 10)
    here.drawing = images(1)
    here.known = torch.tensor([-300.0, -200.0, -150.0, -50.0])

    def log_joint(x, z):  # a posterior one width of q to the right, half as wide
        (m,), (log_sigma,) = (v.detach() for v in model.encode(x))
        u = (z - m) / log_sigma.exp()
        half_as_wide = -0.5 * ((u - torch.tensor([1.0, 0.0])) / 0.5).square().sum(1)
        return -120 + half_as_wide - (2 * math.pi * 0.25 * log_sigma.sum().exp()).log()

    given = log_joint, lambda x: torch.tensor(-120.0), here.known
    at = look(views.posterior_of_drawing, model, here.x, here.labels, *given)
    here.axes = at(here.drawing)
    (here.m,), (log_sigma,) = (v.detach() for v in model.encode(here.drawing))
    here.sigma = log_sigma.exp().numpy()
    return here


def test_the_posterior_of_a_drawing_is_an_ellipse_of_two_standard_deviations(drawing):
    left, _, _ = drawing.axes
    (ellipse,) = (each for each in lines(left, color=MODEL) if len(each.get_xdata()) > 2)
    around = (np.array(ellipse.get_data()).T - drawing.m.numpy()) / drawing.sigma
    close(np.hypot(*around.T), np.full(len(around), 2), atol=1e-3)
    assert np.ptp(np.unwrap(np.arctan2(*around.T))) > 6.28
    upright, level = (each for each in lines(left, color=MODEL) if each is not ellipse)
    close(upright.get_xdata(), [drawing.m[0]] * 2)
    close(level.get_ydata(), [drawing.m[1]] * 2)


def test_a_drawings_title_is_minus_its_elbo(drawing):
    reconstruction, kl = terms_by_hand(drawing.model, drawing.drawing)
    text = title(drawing.axes[0])
    assert "−ELBO" in text
    nats = int(text.split("−ELBO ")[1].split()[0])
    # σ below e⁻³: draws of z move the bound little
    assert abs(nats - (reconstruction + kl)) < 1 + 0.02 * abs(reconstruction)


def test_a_drawings_exact_posterior_is_seen_through_a_lens_and_ranked_among_test_images(
    drawing,
):
    left, middle, _ = drawing.axes
    assert title(left).endswith("−log p(x) 120") and title(middle).endswith("than 75%")
    circle = line(middle, color=MODEL)
    close(np.hypot(*circle), np.full(len(circle[0]), 2), atol=1e-4)
    (shade,) = middle.images
    p = np.asarray(shade.get_array())
    side = (np.arange(61) + 0.5) / 61 * 10 - 5
    assert tuple(shade.get_extent()) == (-5, 5, -5, 5)
    assert matplotlib.colors.to_hex(shade.get_cmap()(1.0)).upper() == TRUTH  # by convention
    mean = (p.sum(0) @ side / p.sum(), p.sum(1) @ side / p.sum())
    close(mean, (1.0, 0.0), atol=1e-3)
    assert 3.9 < p.max() <= 4.001  # the full shade is at the top of q, a fourth of its own


def test_a_drawing_stands_beside_its_reconstruction_and_the_images_of_the_nearest_codes(
    drawing,
):
    left, _, right = drawing.axes
    mu = drawing.model.encode(drawing.x)[0].detach()
    close(offsets(left.collections[0]), mu)
    assert (left.collections[0].get_array() == drawing.labels.numpy()).all()
    distances = [math.dist(a, drawing.m.tolist()) for a in mu.tolist()]
    nearest = sorted(range(40), key=distances.__getitem__)[:4]
    x_hat = drawing.model.decode(drawing.m[None])
    assert_images(cells(right, 2), torch.cat([drawing.drawing, x_hat, drawing.x[nearest]]))
