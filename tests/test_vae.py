"""The autoencoder and the VAE at random weights, every formula by another route."""

import copy
import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import logistic
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from lecture_utils.metrics import importance_weighted_bound
from lecture_utils.models.vae import VAE, Autoencoder


@pytest.fixture
def vae(shake):
    """A small VAE on 2×2 images in double precision, so that all its 17⁴ images can be
    counted."""
    return wide(shake(VAE(latent=2, side=2, hidden=12)).double())


def wide(vae):
    """Make q a little wider than the prior: so wider than the posterior, and importance weights
    have a variance."""
    with torch.no_grad():
        vae.encoder[-1].weight[vae.latent :] *= 0.3
        vae.encoder[-1].bias[vae.latent :] = 0.2 + 0.1 * torch.rand(vae.latent)
    return vae


def by_hand(net, a):
    """An mlp in numpy."""
    linear = [
        (m.weight.detach().numpy(), m.bias.detach().numpy())
        for m in net
        if isinstance(m, torch.nn.Linear)
    ]
    for i, (weight, bias) in enumerate(linear):
        a = a @ weight.T + bias
        a = a / (1 + np.exp(-a)) if i < len(linear) - 1 else a
    return a


def level_probabilities(vae, z):
    """p(xᵢ = level | z) from scipy's logistic, (B, pixels, levels)."""
    half = (vae.levels - 1) / 2  # network −1 … 1 stands for levels 0 … 2 half
    location = half * (by_hand(vae.decoder, z.numpy()) + 1)
    scale = vae.log_scale.exp().detach().numpy()
    edges = np.array([-np.inf, *np.arange(0.5, vae.levels - 1), np.inf])
    return torch.tensor(np.diff(logistic.cdf(edges, location[..., None], scale[:, None])))


def grid(latent, reach=9.0, n=161):
    """Points (n^latent, latent) of a grid and the log of prior times cell: a sum there is an
    integral."""
    axis = torch.linspace(-reach, reach, n, dtype=torch.float64)
    z = torch.cartesian_prod(*[axis] * latent).view(-1, latent)
    return z, Normal(0.0, 1.0).log_prob(z).sum(1) + latent * math.log(axis[1] - axis[0])


@torch.no_grad()
def joint_by_quadrature(vae, x):
    """log p(x, z) on the grid, (B, points), times the cell."""
    z, log_prior = grid(vae.latent)
    each = [vae.log_likelihood(image.expand(len(z), *image.shape), z) for image in x]
    return z, torch.stack(each) + log_prior


def standard_error(draws):
    return draws.std(0) / len(draws) ** 0.5


def spy(vae, monkeypatch):
    """Record the (x, z) that the likelihood is asked for."""
    seen, original = [], vae.log_likelihood
    monkeypatch.setattr(
        vae, "log_likelihood", lambda x, z: seen.append((x, z)) or original(x, z)
    )
    return seen


def test_encoder_and_decoder_are_the_networks_between_levels_and_minus_one_to_one(vae, images):
    x, z = images(5, 2).double(), torch.randn(5, 2, dtype=torch.float64)
    by_numpy = by_hand(vae.encoder, x.flatten(1).numpy() / 8 - 1)
    assert_close(torch.cat(vae.encode(x), 1).detach().numpy(), by_numpy)
    assert_close(
        vae.decode(z).flatten(1).detach().numpy(), 8 * (by_hand(vae.decoder, z.numpy()) + 1)
    )
    assert vae.decode(z).shape == (5, 1, 2, 2)


def test_log_likelihood_is_the_logistics_mass_of_each_bin(vae, images):
    x = torch.cat(
        [images(40, 2), torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 16.0)]
    ).double()
    z = torch.randn(len(x), 2, dtype=torch.float64)
    mass = level_probabilities(vae, z).gather(2, x.flatten(1).long()[..., None])[..., 0]
    assert mass.min() > 1e-9, "these weights would test what scipy's differences lose"
    assert_close(
        vae.log_likelihood(x, z), mass.log().sum(1), rtol=1e-6, atol=1e-6
    )  # differences of cdfs lose digits


def test_the_probabilities_of_all_images_sum_to_one(vae):
    every = torch.cartesian_prod(*[torch.arange(17.0).double()] * 4).view(
        -1, 1, 2, 2
    )  # 17⁴ of them
    for z in torch.randn(2, 1, 2, dtype=torch.float64):
        total = vae.log_likelihood(every, z.expand(len(every), 2)).exp().sum()
        assert_close(total.item(), 1.0, rtol=0, atol=1e-11)  # 17⁴ terms, each with its 1e-16


def every_level(vae):
    return torch.arange(vae.levels).view(-1, 1, 1, 1).to(vae.log_scale)


@pytest.mark.parametrize("levels", [2, 3, 17, 256])
@pytest.mark.parametrize("z", [-30.0, -1.0, 0.0, 2.0, 30.0])
def test_the_levels_of_one_pixel_sum_to_one_even_where_its_location_is_far_outside(
    shake, levels, z
):
    vae = shake(VAE(latent=1, side=1, hidden=8, levels=levels)).double()
    each = vae.log_likelihood(every_level(vae), torch.full((levels, 1), z).double())
    assert_close(each.exp().sum().item(), 1.0, rtol=0, atol=1e-12)


def far_out(shake, levels):
    """A VAE in single precision whose pixels have their locations within and far outside of the
    levels, up to hundreds of scales away."""
    vae, top = shake(VAE(latent=2, side=3, hidden=12, levels=levels)), levels - 1
    places = torch.tensor([-20.0, -5.0, -1.0, 0.2, 0.5, 0.9, 2.0, 6.0, 21.0])  # of 0 … top
    with torch.no_grad():
        vae.decoder[-1].bias.copy_(2 * places - 1)
        vae.log_scale.copy_(math.log(top / 20) + 0.3 * torch.randn(9))
    return vae


def by_the_integral(x, location, scale, top):
    """log of the logistic's mass in the bins of x, in double precision: the density integrated
    by Gauss and Legendre, below its greatest value so that nothing underflows; at the ends,
    scipy's tails."""
    x, location, scale = (a.numpy().astype(float) for a in (x, location, scale))
    nodes, weights = np.polynomial.legendre.leggauss(60)
    at = logistic.logpdf(x[..., None] + nodes / 2, location[..., None], scale[:, None])
    inside = logsumexp(at, b=weights / 2, axis=-1)
    below = logistic.logcdf(0.5, location, scale)
    above = logistic.logsf(top - 0.5, location, scale)
    return np.where(x == 0, below, np.where(x == top, above, inside))


@pytest.mark.parametrize("levels", [2, 17, 256])
@torch.no_grad()
def test_the_likelihood_is_exact_far_in_both_tails_in_single_precision(shake, levels):
    vae, top = far_out(shake, levels), levels - 1
    x = torch.randint(0, levels, (40, 1, 3, 3)).float()
    x[0], x[1] = 0, top
    z = torch.randn(40, 2)
    location = vae.decode(z).flatten(1)
    each = by_the_integral(x.flatten(1), location, vae.log_scale.exp(), top)
    assert (location < -4 * top).any() and (location > 5 * top).any()
    assert each.min() < -100  # a clamp at 1e-12 would say −28
    wanted = torch.tensor(each.sum(1))
    # The location is known to 1e-7 of itself, and is tens of the scales away.
    assert_close(vae.log_likelihood(x, z).double(), wanted, rtol=1e-5, atol=1e-4)
    # Pixel by pixel in double precision: the route itself agrees closely.
    twin = copy.deepcopy(vae).double()
    each = by_the_integral(
        x.flatten(1), twin.decode(z.double()).flatten(1), twin.log_scale.exp(), top
    )
    assert_close(
        twin.log_likelihood(x.double(), z.double()),
        torch.tensor(each.sum(1)),
        rtol=1e-9,
        atol=1e-9,
    )


def test_a_level_far_in_a_tail_still_pulls_its_location_with_the_slope_of_the_scale(shake):
    """Where the location is far away, log p falls like the distance over the scale."""
    vae = far_out(shake, 17)
    x, z = torch.full((1, 1, 3, 3), 5.0), torch.zeros(1, 2)
    location = vae.decode(z).flatten().detach()
    vae.log_likelihood(x, z).sum().backward()
    slope, scale = vae.decoder[-1].bias.grad / 8, vae.log_scale.exp().detach()  # by location
    far = (location - 5).abs() > 40 * scale
    assert (far & (location < 5)).any() and (far & (location > 5)).any()
    assert_close(slope[far], (-(location - 5).sign() / scale)[far], rtol=1e-4, atol=0)
    assert all(p.grad.isfinite().all() for p in vae.decoder.parameters())
    assert vae.log_scale.grad.isfinite().all()


def test_the_kl_is_torchs_and_monte_carlos(vae, images):
    x = images(4, 2)
    mu, log_sigma = (a.detach() for a in vae.encode(x.double()))
    q, prior = Normal(mu, log_sigma.exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    kl = vae.terms(x.double())[1].detach()
    assert_close(kl, kl_divergence(q, prior).sum(1))
    assert_close(vae.kl(x.double()), kl_divergence(q, prior))
    z = q.sample((20000,))
    draws = (q.log_prob(z) - prior.log_prob(z)).sum(2)
    assert ((draws.mean(0) - kl).abs() < 5 * standard_error(draws)).all()


def test_the_reconstruction_term_is_the_likelihood_of_a_draw_from_q(vae, images, monkeypatch):
    x, n = images(3, 2).double(), 5000
    seen = spy(vae, monkeypatch)
    with torch.no_grad():
        reconstruction, _ = vae.terms(x.repeat(n, 1, 1, 1))
        mu, log_sigma = vae.encode(x)
        ((asked, z),) = seen
        assert_close(reconstruction, vae.log_likelihood(asked, z))
    assert torch.equal(asked, x.repeat(n, 1, 1, 1))
    standard = (z.view(n, 3, 2) - mu) / log_sigma.exp()  # should be N(0, 1)
    assert (standard.mean(0).abs() < 5 / n**0.5).all()
    assert ((standard.square().mean(0) - 1).abs() < 5 * (2 / n) ** 0.5).all()


def test_a_log_weight_is_log_joint_minus_log_q_at_a_draw_from_q(vae, images, monkeypatch):
    x, k = images(3, 2).double(), 4000
    seen = spy(vae, monkeypatch)
    with torch.no_grad():
        weights = vae.log_weights(x, k)
        mu, log_sigma = vae.encode(x)
        ((asked, z),) = seen
        likelihood = vae.log_likelihood(asked, z).view(k, 3)
    z, q = z.view(k, 3, 2), Normal(mu, log_sigma.exp())
    assert weights.shape == (k, 3) and torch.equal(asked.view(k, 3, 1, 2, 2)[-1], x)
    assert_close(weights, likelihood + (Normal(0.0, 1.0).log_prob(z) - q.log_prob(z)).sum(2))
    standard = (z - mu) / log_sigma.exp()
    assert (standard.mean(0).abs() < 5 / k**0.5).all()
    assert ((standard.square().mean(0) - 1).abs() < 5 * (2 / k) ** 0.5).all()


@torch.no_grad()
def test_the_elbo_is_the_mean_log_weight(vae, images):
    x, n = images(3, 2).double(), 4000
    bound, weights = vae.elbo(x.repeat(n, 1, 1, 1)).view(n, 3), vae.log_weights(x, n)
    error = (standard_error(bound) ** 2 + standard_error(weights) ** 2).sqrt()
    assert ((bound.mean(0) - weights.mean(0)).abs() < 5 * error).all()


@pytest.mark.parametrize("latent", [1, 2])
@torch.no_grad()
def test_the_elbo_misses_log_p_by_the_kl_to_the_true_posterior(shake, images, latent):
    vae = wide(shake(VAE(latent=latent, side=2, hidden=12)).double())
    x, n = images(3, 2).double(), 4000
    z, log_joint = joint_by_quadrature(vae, x)
    log_p = log_joint.logsumexp(1)
    cell = grid(latent)[1] - Normal(0.0, 1.0).log_prob(z).sum(1)
    mu, log_sigma = vae.encode(x)
    log_q = (
        Normal(mu[:, None], log_sigma.exp()[:, None]).log_prob(z).sum(2) + cell
    )  # (B, points)
    gap = (log_q.exp() * (log_q - (log_joint - log_p[:, None]))).sum(1)
    bound = vae.elbo(x.repeat(n, 1, 1, 1)).view(n, 3)
    assert (gap > 0).all()
    assert (
        (bound.mean(0) + gap - log_p).abs() < 5 * standard_error(bound) + 1e-4
    ).all()  # 1e-4: the grid


@torch.no_grad()
def test_the_mean_weight_is_p_of_x(vae, images):
    x = images(3, 2).double()
    log_p = joint_by_quadrature(vae, x)[1].logsumexp(1)
    ratio = (vae.log_weights(x, 20000) - log_p).exp()
    assert ((ratio.mean(0) - 1).abs() < 5 * standard_error(ratio) + 1e-4).all()


@torch.no_grad()
def test_the_importance_weighted_bound_rises_with_k_to_log_p_from_below(vae, images):
    x, n = images(1, 2).double(), 1500
    log_p = joint_by_quadrature(vae, x)[1].logsumexp(1).item()
    bounds = [importance_weighted_bound(vae, x.repeat(n, 1, 1, 1), k) for k in (1, 4, 16)]
    means, errors = (
        [b.mean().item() for b in bounds],
        [standard_error(b).item() for b in bounds],
    )
    for low, high, e, f in zip(means, means[1:], errors, errors[1:]):
        assert low < high + 5 * math.hypot(e, f)
    assert means[0] + 5 * errors[0] < means[2] < log_p + 5 * errors[2]
    many = importance_weighted_bound(vae, x, k=20000).item()
    assert log_p - many < 0.1 * (
        log_p - means[0]
    )  # the gap shrinks as 1/K: a tenth leaves room for the noise
    assert abs(log_p - many) < 0.1


@torch.no_grad()
def test_samples_have_the_levels_that_the_density_gives_them(shake):
    vae = shake(VAE(latent=1, side=1, hidden=8))
    n, z = 100_000, grid(1)
    by_level = (
        level_probabilities(copy.deepcopy(vae).double(), z[0])[:, 0] * z[1].exp()[:, None]
    ).sum(0)  # (17,)
    assert_close(by_level.sum().item(), 1.0, rtol=0, atol=1e-6)
    frequency = torch.bincount(vae.sample(n).flatten().long(), minlength=17) / n
    assert (
        (frequency - by_level).abs() < 5 * (by_level * (1 - by_level) / n).sqrt() + 1e-4
    ).all()


@torch.no_grad()
def test_draws_at_one_code_have_the_levels_that_the_density_gives_every_pixel(shake):
    vae, n = shake(VAE(latent=2, side=2, hidden=12)), 40_000
    z = torch.randn(1, 2)
    mass = level_probabilities(copy.deepcopy(vae).double(), z.double())[0]  # (4, 17)
    draws = vae.draw(z.expand(n, 2)).flatten(1).long()
    frequency = torch.stack([torch.bincount(pixel, minlength=17) / n for pixel in draws.T])
    assert ((frequency - mass).abs() < 5 * (mass * (1 - mass) / n).sqrt() + 1e-4).all()
    apart = torch.corrcoef(draws.T.double()) - torch.eye(4)
    assert apart.abs().max() < 5 / n**0.5  # pixels are independent given z


@torch.no_grad()
def test_samples_have_the_pixel_products_that_the_density_gives_them(shake):
    vae = shake(VAE(latent=2, side=2, hidden=12))
    z, log_prior = grid(2)
    mean = (
        level_probabilities(copy.deepcopy(vae).double(), z) @ torch.arange(17.0).double()
    )  # E[xᵢ|z], (points, 4)
    expected = (
        mean.T * log_prior.exp() @ mean
    )  # pixels are independent given z: right off the diagonal
    draws = vae.sample(40_000).flatten(1).double()
    draws = draws[:, :, None] * draws[:, None]
    off = ~torch.eye(4, dtype=bool)
    assert ((draws.mean(0) - expected).abs() < 5 * standard_error(draws) + 1e-3)[off].all()


def test_samples_are_whole_levels_and_a_generator_repeats_them():
    vae = VAE(latent=3, hidden=8).eval()
    first, again = (vae.sample(50, torch.Generator().manual_seed(7)) for _ in range(2))
    assert first.shape == (50, 1, 8, 8) and not first.requires_grad
    assert torch.equal(first, again) and not torch.equal(
        first, vae.sample(50, torch.Generator().manual_seed(8))
    )
    assert torch.equal(first, first.round()) and first.min() >= 0 and first.max() <= 16


def chance(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    "use",
    [
        lambda vae, x, g: vae.elbo(x, g),
        lambda vae, x, g: torch.stack(vae.terms(x, g))[:1],  # the KL needs no noise
        lambda vae, x, g: vae.log_weights(x, 3, g),
        lambda vae, x, g: vae.draw(torch.ones(40, 2).to(x), g),
        lambda vae, x, g: vae.float().sample(40, g),
    ],
    ids=["elbo", "terms", "log_weights", "draw", "sample"],
)
def test_a_generator_repeats_what_is_drawn_and_leaves_the_global_one_alone(
    vae, images, use, assert_repeats
):
    x = images(4, 2).double()
    assert_repeats(lambda generator: use(vae, x, generator))


def test_noise_lies_where_the_weights_do():
    """On `meta`, a device of its own that holds no numbers; a generator of the CPU is fine."""
    vae = VAE(latent=3, hidden=8).to("meta")
    z = torch.empty(5, 3, device="meta")
    for drawn in (vae.sample(5), vae.sample(5, chance(1)), vae.draw(z), vae.draw(z, chance(1))):
        assert drawn.shape == (5, 1, 8, 8) and drawn.device.type == "meta"


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_other_levels_are_seen_between_minus_one_and_one_and_drawn_within_their_range(
    shake, levels
):
    vae = shake(VAE(latent=2, side=2, hidden=12, levels=levels)).double()
    x = torch.randint(0, levels, (5, 1, 2, 2)).double()
    seen = by_hand(vae.encoder, 2 * x.flatten(1).numpy() / (levels - 1) - 1)
    assert_close(torch.cat(vae.encode(x), 1).detach().numpy(), seen)
    z = torch.randn(5, 2, dtype=torch.float64)
    mass = level_probabilities(vae, z).gather(2, x.flatten(1).long()[..., None])[..., 0]
    assert mass.min() > 1e-9, "these weights would test what scipy's differences lose"
    assert_close(vae.log_likelihood(x, z), mass.log().sum(1), rtol=1e-6, atol=1e-6)
    drawn = vae.float().sample(4000)
    assert torch.equal(drawn, drawn.round()) and (drawn.min(), drawn.max()) == (0, levels - 1)
    with pytest.raises(ValueError, match=rf"^x: .*wanted levels 0\.\.{levels - 1}"):
        vae.elbo(torch.full((1, 1, 2, 2), float(levels)))


@pytest.mark.parametrize("beta", [0.0, 1.0, 3.7])
def test_the_loss_is_beta_kl_minus_reconstruction_averaged(vae, images, beta):
    x = images(5, 2).double()
    torch.manual_seed(11)
    reconstruction, kl = vae.terms(x)
    torch.manual_seed(11)
    loss = vae.loss(x, beta)
    assert_close(loss, -reconstruction.mean() + beta * kl.mean())
    assert kl.mean() > 0.01 and loss.shape == ()


def test_the_loss_without_beta_is_minus_the_elbo(vae, images):
    x = images(5, 2).double()
    torch.manual_seed(11)
    elbo = vae.elbo(x)
    torch.manual_seed(11)
    assert_close(vae.loss(x), -elbo.mean())
    assert elbo.shape == (5,)


def test_the_gradient_of_the_loss_is_its_finite_difference(vae, images):
    x = images(5, 2).double()
    parameters = list(vae.parameters())
    direction = [torch.randn_like(p) for p in parameters]

    def loss(h):
        torch.manual_seed(11)  # the same noise on both sides
        shifted = {n: p + h * d for (n, p), d in zip(vae.named_parameters(), direction)}
        return torch.func.functional_call(
            _Loss(vae), {f"vae.{n}": p for n, p in shifted.items()}, (x,)
        )

    slope = sum(
        (g * d).sum() for g, d in zip(torch.autograd.grad(loss(0.0), parameters), direction)
    )
    h = 1e-5
    with torch.no_grad():
        difference = (loss(h) - loss(-h)) / (2 * h)
    assert_close(
        slope, difference, rtol=1e-6, atol=1e-6
    )  # error h² and 1e-16/h: below 1e-9 of values near 100


class _Loss(torch.nn.Module):
    def __init__(self, vae):
        super().__init__()
        self.vae = vae

    def forward(self, x):
        return self.vae.loss(x, 2.0)


def test_dropout_acts_on_the_decoder_in_training_and_nowhere_in_eval(images):
    vae, x, z = VAE(latent=2, dropout=0.5).train(), images(3), torch.randn(3, 2)
    assert not torch.equal(vae.decode(z), vae.decode(z))
    assert all(torch.equal(a, b) for a, b in zip(vae.encode(x), vae.encode(x)))
    vae.eval()
    assert torch.equal(vae.decode(z), vae.decode(z))


@pytest.mark.parametrize(
    "bad, words",
    [
        (torch.zeros(2, 64), "wanted (B, 1, 8, 8)"),
        (torch.zeros(2, 1, 7, 8), "wanted (B, 1, 8, 8)"),
        (torch.zeros(0, 1, 8, 8), "at least one row"),
        (torch.full((1, 1, 8, 8), math.nan), "NaN"),
        (torch.full((1, 1, 8, 8), 17.0), "0..16"),
        (torch.full((1, 1, 8, 8), -1.0), "0..16"),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        VAE.encode,
        VAE.elbo,
        VAE.loss,
        lambda m, x: m.log_weights(x, 2),
        importance_weighted_bound,
        Autoencoder.loss,
        Autoencoder.encode,
    ],
)
def test_bad_images_are_refused_by_every_way_in(use, bad, words):
    model = (
        Autoencoder if getattr(use, "__qualname__", "").startswith("Autoencoder") else VAE
    )()
    with pytest.raises(ValueError, match="^x: ") as error:
        use(model, bad)
    assert words in str(error.value)


@pytest.mark.parametrize("model", [VAE(latent=3), Autoencoder(latent=3)])
@pytest.mark.parametrize(
    "z", [torch.zeros(3), torch.zeros(2, 2), torch.zeros(2, 3, 1), torch.zeros(2, 4)]
)
def test_codes_of_another_shape_are_refused_by_name(model, z):
    with pytest.raises(ValueError, match=r"^z: .*wanted \(B, 3\)"):
        model.decode(z)


def test_the_likelihood_refuses_bad_images_and_codes_too():
    with pytest.raises(ValueError, match="^x: "):
        VAE(latent=3).log_likelihood(torch.zeros(2, 64), torch.zeros(2, 3))
    with pytest.raises(ValueError, match=r"^x: .*0\.\.16"):
        VAE(latent=3).log_likelihood(torch.full((2, 1, 8, 8), 17.0), torch.zeros(2, 3))
    with pytest.raises(ValueError, match="^z: "):
        VAE(latent=3).log_likelihood(torch.zeros(2, 1, 8, 8), torch.zeros(2, 4))


@pytest.mark.parametrize("linear", [False, True])
def test_the_autoencoders_loss_is_the_mean_squared_error_of_an_image_by_hand(
    shake, images, linear
):
    model, x = (
        shake(Autoencoder(latent=3, side=4, hidden=(9, 6), linear=linear)).double(),
        images(5, 4).double(),
    )
    flat = x.flatten(1).numpy()
    code = by_hand(model.f, flat / 16)
    assert_close(model.encode(x).detach().numpy(), code)
    assert_close(
        model.loss(x).item(), np.square(flat - 16 * by_hand(model.g, code)).sum(1).mean()
    )
    assert model.decode(model.encode(x)).shape == x.shape


def test_an_autoencoder_of_other_levels_sees_them_between_0_and_1(shake):
    model = shake(Autoencoder(latent=3, side=4, levels=256)).double()
    x = torch.randint(0, 256, (5, 1, 4, 4)).double()
    flat = x.flatten(1).numpy()
    code = by_hand(model.f, flat / 255)
    assert_close(model.encode(x).detach().numpy(), code)
    by_numpy = np.square(flat - 255 * by_hand(model.g, code)).sum(1).mean()
    assert_close(model.loss(x).item(), by_numpy)
    with pytest.raises(ValueError, match=r"^x: .*wanted levels 0\.\.255"):
        model.encode(torch.full((1, 1, 4, 4), 256.0))


def test_only_the_linear_autoencoder_is_affine(shake, images):
    x, y = images(2, 4).double().split(1)
    for linear in (True, False):
        model = shake(Autoencoder(latent=3, side=4, linear=linear), 0.3).double()
        through = [model.decode(model.encode(a)) for a in (x, y, 0.3 * x + 0.7 * y)]
        assert torch.allclose(0.3 * through[0] + 0.7 * through[1], through[2]) == linear


def test_the_autoencoder_narrows_in_the_order_of_hidden_and_widens_back():
    sizes = [
        tuple(m.weight.shape)
        for net in (Autoencoder().f, Autoencoder().g)
        for m in net
        if isinstance(m, torch.nn.Linear)
    ]
    assert sizes == [(128, 64), (64, 128), (2, 64), (64, 2), (128, 64), (64, 128)]
