# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2 · Latent variables and the ELBO
#
# **Which hidden cause made this image?** Below are scans of handwritten digits: 64 pixels each,
# 17 grey levels per pixel. Yet a writer chose only a few things: the digit, the slant, the
# size. A model that knew such hidden numbers could draw new digits. How do we learn numbers
# that nobody wrote down?
#
# After this notebook you can
# - write down a latent variable model, and draw from it,
# - say why an autoencoder alone is no generative model,
# - derive the evidence lower bound (ELBO), and say what closes its gap,
# - train a variational autoencoder (VAE), read its two terms, and make it fail.
#
# It takes about 75 minutes and covers §2 of the notes up to the reparameterization trick. You
# need calculus, the Gaussian density and a little PyTorch. Every figure with sliders moves, by
# mouse or arrow keys. `log` is the natural logarithm, so information is counted in *nats*.

# %%
import torch
from lecture_utils import (checks, explore, fit, one_cycle, playground, quiz, setup, show,
                           show_source, train, watch)
from lecture_utils.data import digits
from lecture_utils.views import elbo as views

setup(seed=0)
data, valid, test = digits()
show(views.images(data.x[:48], "48 scans: which few numbers would describe one?"))

# %% [markdown]
# ## 1 · A latent variable
#
# **Claim of the notes.** Hidden variables explain what we observe: $z \sim p(z)$, the *prior*,
# then $x \sim p(x|z)$, the *likelihood*.
#
# The smallest example that can be drawn whole: the hidden $z$ is one number, a curve $g$ turns
# it into a point of the plane, and noise of width $s$ blurs that point,
#
# $$z \sim \mathcal N(m, \tau^2), \qquad x \,|\, z \sim \mathcal N(g(z), s^2 I).$$
#
# We only see $x$. Its density is the *marginal*: every $z$ that could have made $x$ counts,
# weighted by the prior,
#
# $$p(x) = \int p(x|z)\, p(z)\, dz.$$
#
# For one hidden number we can add this up on a fine grid. That is called *quadrature*.

# %%
from torch.distributions import Normal


def curve(z):                                       # g: (N,) -> (N, 2)
    return torch.stack([2 * torch.sin(1.5 * z), torch.sin(3 * z)], dim=1)


def draw(n, mean, width, noise, generator=None):    # first the cause, then the effect
    z = mean + width * torch.randn(n, generator=generator)
    return z, curve(z) + noise * torch.randn(n, 2, generator=generator)


def marginal(x, mean=0.0, width=1.0, noise=0.25):   # p(x) by quadrature: (N, 2) -> (N,)
    z = mean + width * torch.linspace(-5, 5, 201)
    prior = Normal(mean, width).log_prob(z)                             # (201,)
    likelihood = Normal(curve(z), noise).log_prob(x[:, None]).sum(2)    # (N, 201)
    return (likelihood + prior).exp().sum(1) * (z[1] - z[0])

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Shrink the noise towards zero. What becomes of p(x)?",
      {"it gathers on the curve":
           "With little noise x is almost g(z), and g(z) lies on the curve."},
      {"it becomes a Gaussian":
           "Only p(x|z) is Gaussian; p(x) adds up many of them along the curve.",
       "it stays as it is":
            "The noise is the width of every p(x|z), so p(x) sharpens with it."}),
     ("Shrink the width of the prior instead. Where do the points x go?",
      {"to a short piece of the curve": "The prior decides how far along the curve z travels."},
      {"to the origin of the plane": "They go to g(m), and g(m) need not be the origin.",
       "nowhere, they stay": "x is made from z, so z's range decides where x can be."}))

# %%
explore(views.latent_curve(curve, draw, marginal), z=(-3.0, 3.0), prior_mean=(-1.5, 1.5),
        prior_width=(0.1, 1.5), noise=(0.05, 0.6, 0.05))

side = torch.linspace(-5, 5, 201)
total = marginal(torch.cartesian_prod(side, side)).sum() * (side[1] - side[0])**2
print(f"∫ p(x) dx = {total:.6f}: a density integrates to one")
assert abs(total - 1) < 1e-4

# %% [markdown]
# **What you see.** Drag `z`: the orange point runs along the curve. Its circle shows where
# $p(x|z)$ puts $x$: the radius is two noise widths $s$. Drag the prior's mean $m$ and width
# $\tau$: the green draws of $z$ move, and the grey points follow. Drag the noise. The blue
# shade is $p(x)$. Now drag `z` to −2.1, to 0 and to 2.1: three causes, one $x$. Keep that place
# in mind.
#
# ## 2 · Autoencoders
#
# **Claim of the notes.** An encoder $z = f(x)$ and a decoder $\hat x = g(z)$, trained on
# $\|x - \hat x\|^2$, learn an efficient code: $z$ has fewer dimensions than $x$. So $g$ leads
# from causes to images, as the curve did. New is $f$.
#
# Start with the simplest one: $f$ and $g$ are linear plus a constant, $z$ is two numbers. Here
# is its training loop, written out. Almost every model of this course is trained so.

# %%
from lecture_utils.models.vae import VAE, Autoencoder

linear = Autoencoder(latent=2, linear=True)
optimizer = torch.optim.Adam(linear.parameters(), lr=0.003)
for step in range(20):
    loss = linear.loss(data.x)        # how far are the images from their reconstructions?
    optimizer.zero_grad()
    loss.backward()                   # in which direction does each weight make it larger?
    optimizer.step()                  # go a little the other way
print(f"squared error per image after 20 steps: {loss:.0f}")

# %% [markdown]
# `train` is this loop as a *generator*: it yields after every update. `watch` drives it and
# draws between the steps. `one_cycle(r)` is a learning rate that rises to $r$ and falls to
# zero.
#
# There is an older way to a linear code of two numbers: **principal component analysis** (PCA)
# projects on the two directions of largest variance. Which of the two reconstructs better?
# Guess, then watch.

# %%
flat = data.x.flatten(1)                                              # (1000, 64)
_, _, directions = torch.linalg.svd(flat - flat.mean(0), full_matrices=False)
pca = flat.mean(0) + (flat - flat.mean(0)) @ directions[:2].T @ directions[:2]
pca_loss = (flat - pca).square().sum(1).mean().item()

watch(train(linear, data.x, steps=1500, batch=1000, lr=one_cycle(0.1)),
      views.linear_beside_pca(data.x, pca_loss, pca[:4].view(4, 1, 8, 8)))
print(f"loss {linear.loss(data.x):.2f}, PCA's {pca_loss:.2f}")
assert abs(linear.loss(data.x) / pca_loss - 1) < 1e-3

# %% [markdown]
# **What you see.** The same loss. It is a theorem that no linear code beats PCA; training finds
# its plane. The two *axes* within the plane need not agree. The loss does not care how the code
# is turned or stretched.
#
# A plane is not enough: the 1 and the 2 become the same smear. So bend it, with hidden layers
# in $f$ and $g$. The code still has two numbers.

# %%
ae = Autoencoder(latent=2)
watch(train(ae, data.x, steps=1500, lr=one_cycle(5e-3)), views.autoencoder(data.x, data.y))

bent, straight = ae.loss(test.x).item(), linear.loss(test.x).item()
print(f"loss on test images: bent code {bent:.0f}, plane {straight:.0f}")
assert bent < 0.8 * straight

# %% [markdown]
# **What you see.** No label is given, and still most digits gather in groups. Some have two,
# and in the middle they overlap. The images lie nearer to a curved surface in the space of 64
# pixels than to any plane. The notes call this *manifold learning*.
#
# Now drag the point over the map of codes. The decoder answers at once.

# %%
from lecture_utils.live import Drawing, Point
from lecture_utils.plots import codes

z_ae = ae.encode(data.x).detach()                                     # (1000, 2)
explore(views.decoded(ae.decode), z=Point(
    lambda ax: codes(ax, z_ae, data.y, "Drag the blue point over the codes"),
    at=z_ae[0].tolist()))

# %% [markdown]
# **What you see.** Inside a group the digit changes smoothly. Between groups and outside them
# you often get no digit at all. Nothing in the loss asks for sense there: every image has *one*
# code, a single point, and only these points are trained.
#
# To *generate*, we must choose $z$ ourselves, from a distribution that we know. Try $z \sim
# \mathcal N(0, I)$. Or look where the codes are, and fit a distribution to them afterwards: one
# Gaussian, or a mixture of ten. For a fair comparison with what follows, every image gets the
# noise that the reconstructions leave in each pixel.

# %%
from lecture_utils.metrics import frechet_distance
from sklearn.mixture import GaussianMixture

samples = {"training": data.x[torch.randperm(1000)], "validation": valid.x}
left = (data.x - ae.decode(z_ae).detach()).std(0)         # what is left over in each pixel
crosses = torch.randn(350, 2)
decoded = [ae.decode(crosses).detach()]
for parts in (1, 10):
    z, _ = GaussianMixture(parts).fit(z_ae.double().numpy()).sample(350)
    decoded.append(ae.decode(torch.tensor(z).float()[torch.randperm(350)]).detach())
for name, x in zip(("N(0, I)", "one Gaussian", "ten"), decoded):
    samples[name] = (x + left * torch.randn_like(x)).round().clamp(0, 16)
show(views.prior_against_codes(z_ae, crosses[:36], decoded[0][:36], decoded[2][:36]))

ae_distance = {name: frechet_distance(x[:350], test.x) for name, x in samples.items()}
print(*(f"{name}: {d:.0f}" for name, d in ae_distance.items()), sep=";  ")
of_prior, of_one, of_ten = list(ae_distance.values())[2:]
assert of_prior > 1.5 * of_one and of_one > of_ten > ae_distance["validation"]

# %% [markdown]
# The numbers are *Fréchet distances* to the test images: they compare the mean and the
# covariance of the pixels, nothing else, and are zero if both agree. Real images do not reach
# zero: the sets are finite, and the scans stand in the file by writer, so each set has writers
# of its own. Draws from $\mathcal N(0, I)$ are far away, mainly because nothing fixed the scale
# of the codes: the crosses fall on a small part of the map. With a mixture fitted to its codes
# and some noise the autoencoder *is* a model that generates, and no bad one. **But training an
# autoencoder fixes neither a distribution of the codes nor one of $x$ given $z$. Both must be
# added afterwards, and no bound on $\log p(x)$ was trained.**
#
# ## 3 · The integral is intractable
#
# **Claim of the notes.** We want to maximise the marginal likelihood
# $p(x) = \int p(x|z)\,p(z)\,dz$, since a good model gives the observed images a high
# probability. But the integral is intractable.
#
# Section 1 just computed it. What goes wrong? Two ways come to mind: a grid over $z$, or the
# average of $p(x|z_k)$ over $K$ draws $z_k$ from the prior. Test both where the answer is
# known: $z \sim \mathcal N(0, I)$ in $D$ dimensions, $x = z + s\,\varepsilon$ with
# $\varepsilon \sim \mathcal N(0, I)$. Then $p(x) = \mathcal N(x; 0, (1 + s^2) I)$.

# %%
x_i, s = torch.tensor(1.0), 0.2          # every part of the observed x is 1


def exact(d):
    return d * Normal(0.0, (1 + s**2)**0.5).log_prob(x_i)


def by_prior(d, k, repeats, generator=None):  # logs of averages over k draws, (repeats,)
    z = torch.randn(repeats, k, d, generator=generator)
    return Normal(z, s).log_prob(x_i).sum(2).logsumexp(1) - torch.tensor(float(k)).log()


def by_grid(d, k):  # k points in all: k^(1/d) in each dimension, at least 2
    z = torch.linspace(-4, 4, max(2, int(k**(1 / d) + 1e-9)))
    terms = Normal(0.0, 1.0).log_prob(z) + Normal(z, s).log_prob(x_i) + (z[1] - z[0]).log()
    return d * terms.logsumexp(0)        # the sum over the grid factorises here

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("You can afford 1000 evaluations. How many grid points does each of 10 dimensions get?",
      {"not even 2": "The tenth root of 1000 is 1.995."},
      {"10": "10 points in each of 10 dimensions are 10 billion evaluations.",
       "100": "100 points in each of 10 dimensions: a one with 20 zeros."}),
     ("Draws from the prior need no grid. What limits them?",
      {"few draws land where p(x|z) is large":
           "The useful part of the prior shrinks exponentially with D."},
      {"the average needs 10 draws per dimension":
           "The need does not grow in steps of 10: it multiplies with each dimension.",
       "their average is biased":
            "The average is unbiased for p(x). Its spread is the trouble."}))

# %%
explore(views.integral_spread(exact, by_prior, by_grid),
        dimension=(1, 12), evaluations=[1000, 3000])

likelihood = Normal(torch.randn(2_000_000), s).log_prob(x_i).exp()           # p(x|z) for D = 1
r_measured = (likelihood.square().mean() / likelihood.mean()**2).item()
# N(x; z, s²)² is N(x; z, s²/2) / 2s√π, and the prior widens the first factor by 1
second_moment = Normal(0.0, (1 + s**2 / 2)**0.5).log_prob(x_i).exp() / (2 * s * torch.pi**0.5)
r = (second_moment / exact(1).exp()**2).item()
print(f"r = {r:.2f} by formula, {r_measured:.2f} measured")
needed = {d: 100 * (r**d - 1) for d in (2, 16)}
print(f"draws for a relative error of 10 %: {needed[2]:.0f} at D = 2,"
      f" {needed[16]:.0e} at D = 16")
assert abs(r_measured / r - 1) < 0.02 and needed[16] > 1e13

# %% [markdown]
# **What you see.** In one dimension the grid wins by far. Raise the dimension, and it fails
# first. The prior's draws hold out longer. Then their estimates spread over many nats, and most
# lie *below* the truth: one lucky draw carries the average. A single $p(x|z)$ has the mean
# $p(x)$ and the relative variance $r^D - 1$, with $r = \mathbb E_z[p(x|z)^2]\,/\,p(x)^2$ for
# $D = 1$: both factorise over dimensions. An average of $K$ has $(r^D - 1)/K$, and for an error
# of a tenth this is $\frac1{100}$. So $K = 100\,(r^D - 1)$: the work grows exponentially.
#
# In this toy, blind draws are hopeless at $D = 16$. What counts is how small a part of the
# prior could have made this $x$. That part is the *posterior* $p(z|x) = p(x|z)\,p(z)\,/\,p(x)$.
# We need draws from there. But it contains the unknown $p(x)$. So guess it.
#
# ## 4 · The ELBO
#
# **Claim of the notes.**
# $\log p(x) \ge \mathbb E_{z\sim q}[\log p(x|z)] - D_{KL}(q(z|x)\,\|\,p(z))$.
#
# Here $q(z|x)$ is our guess of the posterior; for one fixed $x$ we write $q(z)$. And
# $D_{KL}(q\,\|\,p) = \mathbb E_q[\log q(z) - \log p(z)]$ says how far it is from $p$, in nats.
# It is never negative, and zero only for $q = p$.
#
# Let $q$ be any density that is positive wherever $p(x, z)$ is. Write $p(x)$ as an average over
# $q$. The logarithm of an average is at least the average of the logarithms (Jensen):
#
# $$\log p(x) = \log \mathbb E_{q}\!\left[\frac{p(x,z)}{q(z)}\right]
#   \;\ge\; \mathbb E_q\!\left[\log\frac{p(x,z)}{q(z)}\right] = \mathrm{ELBO}(q).$$
#
# With $p(x,z) = p(x|z)\,p(z)$ this is the claim. What is lost? Insert $p(x,z) = p(z|x)\,p(x)$
# instead:
#
# $$\mathrm{ELBO}(q) = \mathbb E_q\!\left[\log p(x) + \log\frac{p(z|x)}{q(z)}\right]
#   = \log p(x) - D_{KL}\big(q(z)\,\|\,p(z|x)\big).$$
#
# That line is exact. Check it on the curve of section 1, with more noise, for one observed
# point near the crossing. Take $q = \mathcal N(\mu, \sigma^2)$. Below, `terms` computes the two
# terms of the claim: the reconstruction by quadrature, the KL to the *prior* by its closed form
# $\frac12(\mu^2 + \sigma^2 - 1 - \log\sigma^2)$. `gap` computes the KL to the *posterior* from
# its definition.

# %%
x_seen, noise = torch.tensor([[0.25, -0.1]]), 0.6
grid = torch.linspace(-8, 8, 8001, dtype=torch.float64)
dz = grid[1] - grid[0]


def log_likelihood(z):                                    # log p(x_seen | z): (N,) -> (N,)
    return Normal(curve(z), noise).log_prob(x_seen).sum(1)


def log_joint(z):                                         # log p(x_seen, z)
    return log_likelihood(z) + Normal(0.0, 1.0).log_prob(z)


log_px = log_joint(grid).logsumexp(0) + dz.log()          # quadrature on a finer grid
assert abs(marginal(x_seen, noise=noise).log() - log_px) < 1e-4     # section 1 agrees
posterior = (log_joint(grid) - log_px).exp()              # p(z | x_seen) on the grid

# %%
u = torch.linspace(-9, 9, 4001, dtype=torch.float64)
du = Normal(0.0, 1.0).log_prob(u).exp() * (u[1] - u[0])        # E_q[h] = Σ du · h(mu + sigma u)


def terms(mu, sigma):  # E_q[log p(x|z)] and KL(q ‖ p(z))
    reconstruction = (du * log_likelihood(mu + sigma * u)).sum()
    return reconstruction, 0.5 * (mu**2 + sigma**2 - 1) - torch.tensor(sigma).log()


def gap(mu, sigma):                                            # KL(q ‖ p(z|x))
    z = mu + sigma * u
    return (du * (Normal(mu, sigma).log_prob(z) - (log_joint(z) - log_px))).sum()

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("q equals the posterior. You double its width σ. Which of these grows?",
      {"the gap, log p(x) − ELBO":
           "q leaves the posterior, and the gap is the KL between the two."},
      {"the ELBO": "It was at its best; any other q has a lower one.",
       "log p(x)": "It does not know q. The ELBO and the gap only trade."}),
     ("You squeeze q to a needle instead, σ → 0. What happens to the KL to the prior?",
      {"it grows without bound":
           "The closed form holds −log σ: to name one z exactly costs ever more nats."},
      {"it goes to zero": "It is zero for q = p(z), and a needle is far from that.",
       "it stays: only the mean matters": "The closed form holds the width as well."}))

# %%
explore(views.elbo_gap(curve, x_seen, grid, posterior, log_px, terms, gap),
        mu=(-3.0, 3.0, 0.05), sigma=(0.05, 3.0, 0.05))

states = [(m / 4, s) for m in range(-12, 13) for s in (0.05, 0.1, 0.2, 0.5, 1.0, 3.0)]
elbos = torch.stack([terms(*state)[0] - terms(*state)[1] for state in states])
gaps = torch.stack([gap(*state) for state in states])
worst = (elbos + gaps - log_px).abs().max()
print(f"{len(states)} states: |ELBO + gap − log p| ≤ {worst:.0e}, gaps ≥ {gaps.min():.2f}")
assert worst < 1e-6 and gaps.min() > 0.1

# %% [markdown]
# **What you see.** Below left, ELBO and gap trade, and their sum stays at the orange line. To
# push the bound up *is* to push the gap down: move $q$ onto the main peak of the posterior. The
# blue dots then gather at the star. Below right, the reconstruction wants $q$ where $x$ is
# explained best, and narrow. The other term wants $q$ to be the prior: mean 0, width 1. Can you
# bring the gap below 0.28?
#
# It does not reach zero. The posterior has side peaks, because three likely causes make the
# crossing, and no Gaussian has those. **The bound is tight only if $q$ can be the posterior.**
#
# ## 5 · When the bound misleads
#
# **Claim of the notes.** Maximise the ELBO ⇒ maximise $\log p(x)$.
#
# Is that so? The ELBO depends on $q$ *and* on the parameters $\theta$ of the model. Freeze $q$
# and move only $\theta$. A worked example: $z \sim \mathcal N(0,1)$,
# $x|z \sim \mathcal N(\theta z, 1)$, we observe $x = 2$. Then
# $p_\theta(x) = \mathcal N(x; 0, 1 + \theta^2)$, and everything has a closed form.

# %%
x_obs = torch.tensor(2.0)


def log_p(theta):
    return Normal(0.0, (1 + theta**2).sqrt()).log_prob(x_obs)


def frozen_elbo(theta, mu, sigma):   # E_q[log N(x; θz, 1)] − KL(q ‖ N(0, 1))
    reconstruction = Normal(theta * mu, 1.0).log_prob(x_obs) - 0.5 * theta**2 * sigma**2
    return reconstruction - 0.5 * (mu**2 + sigma**2 - 1) + torch.tensor(sigma).log()


def posterior_of(theta):             # mean and width of p(z|x): a Gaussian, since all is linear
    return x_obs * theta / (1 + theta**2), (1 + theta**2)**-0.5


explore(views.frozen_bound(log_p, frozen_elbo, posterior_of),
        theta=(0.0, 4.0, 0.05), mu=(0.0, 1.2, 0.05), sigma=(0.1, 1.0, 0.05), refit=False)

theta = torch.linspace(1.8, 2.9, 23)
bound, truth = frozen_elbo(theta, 0.6, 0.2), log_p(theta)
rise, fall = bound[-1] - bound[0], truth[-1] - truth[0]
print(f"θ from 1.8 to 2.9: the bound {rise:+.3f} nats, log p {fall:+.3f} nats")
assert (bound.diff() > 0).all() and (truth.diff() < 0).all()

# %% [markdown]
# **What you see.** Drag `θ` through the grey band. The blue bound rises all the way, the orange
# $\log p(x)$ falls all the way. The bound only closed its gap: the *posterior* moved towards
# the frozen $q$. Then tick `refit`: $q$ becomes the posterior at your `θ`, and the blue curve
# touches the orange one there.
#
# **What is true.** $\log p(x)$ is never below the bound. And where the bound touches, every
# move of $\theta$ that raises the bound raises $\log p(x)$ by at least as much. Refit $q$, move
# $\theta$, repeat: this is the *EM algorithm*. Do it by hand: where does it end? A VAE moves
# $q$ and $\theta$ together, and its $q$ is hardly ever exact. Bound and likelihood often rise
# together, but nothing guarantees it.
#
# ## 6 · A VAE on digits
#
# **Claim of the notes.** The encoder outputs the parameters $\mu, \sigma$ of $q(z|x)$, the
# decoder gives $p(x|z)$, and we maximise the ELBO.
#
# Two networks make the toy into a model of images. The *encoder* gives
# $q(z|x) = \mathcal N(\mu(x), \operatorname{diag} \sigma^2(x))$ for *every* $x$, where we
# searched by hand for one. This is called *amortised* inference. The *decoder* gives
# $p(x|z) = \mathcal N(\hat x(z), s^2 I)$: **given $z$, the pixels are independent**. Both climb
# the same bound, with one draw $z = \mu + \sigma \odot \varepsilon$ per image,
# $\varepsilon \sim \mathcal N(0, I)$. Why this draw lets gradients through is the next
# notebook's subject.
#
# Compare with the autoencoder. There are four changes: the encoder puts out two vectors, noise
# is added to the code, the KL is a price, and the squared error is divided by $2s^2$, where $s$
# is learned. So the squared error stays, inside $-\log p(x|z)$, and $s$ decides how much the KL
# weighs.

# %%
from lecture_utils.nets import mlp


class GaussianVAE(torch.nn.Module):
    def __init__(self, latent=2):
        super().__init__()
        self.encoder = mlp(64, 128, 64, 2 * latent)             # x -> μ and log σ
        self.decoder = mlp(latent, 64, 128, 64)                 # z -> x̂
        self.log_s = torch.nn.Parameter(torch.tensor(2.0))      # width of p(x|z), in levels

    def loss(self, x):                                          # −ELBO, in nats
        mu, log_sigma = self.encoder(x.flatten(1) / 16).chunk(2, dim=1)
        z = mu + log_sigma.exp() * torch.randn_like(mu)
        error = (x.flatten(1) - 16 * self.decoder(z)).square().sum(1)
        minus_log_p = error / (2 * self.log_s.exp()**2) + 64 * (
            self.log_s + 0.5 * torch.log(torch.tensor(2 * torch.pi)))
        kl = 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1)
        return (minus_log_p + kl).mean()

# %%
gaussian = fit(train(GaussianVAE(), data.x, steps=800, lr=one_cycle(8e-3))).model
with torch.no_grad():
    mu, log_sigma = gaussian.encoder(data.x.flatten(1) / 16).chunk(2, dim=1)
    z = mu + log_sigma.exp() * torch.randn_like(mu)
    off = (data.x.flatten(1) - 16 * gaussian.decoder(z)).square().mean().sqrt().item()
s_learned = gaussian.log_s.exp().item()
print(f"width {s_learned:.2f}, error {off:.2f} levels; −ELBO {gaussian.loss(test.x):.0f} nats")
assert abs(s_learned / off - 1) < 0.1            # the best s² is the mean squared error

# %% [markdown]
# It trains, and the width that it learns is nearly the error that it makes: at the optimum
# $s^2$ is the mean squared error. Yet it needs very many nats. (A bin is one level wide, so
# this density is about a probability.) Independent pixels with a histogram each need fewer, as
# you will see. A corner pixel is nearly always 0, one in the middle is anything, and both have
# the width $s$. And a width for each pixel cannot simply be added: where a pixel is always 0, a
# density has no upper limit. A probability has one.
#
# So the course's `VAE` has another $p(x|z)$: **every pixel has a width of its own, and its bell
# curve, a logistic, is cut into 17 bins, one per level**. (Its networks are larger, too, with
# dropout in the decoder.) Here is what runs, for $\ \mathrm{ELBO}(x) = \mathbb E_{q}[\log
# p(x|z)] - D_{KL}(q(z|x)\,\|\,p(z))$.

# %%
show_source(VAE.elbo, VAE.terms, VAE.log_likelihood)
vae = VAE(latent=16)
watch(train(vae, data.x, steps=800, lr=one_cycle(8e-3)), views.training(valid.x))

# %% [markdown]
# **What you see.** The average digit first, then digits. The blue curve, the reconstruction
# term on images that are not trained on, falls by more than 100 nats. The green KL rises: to
# say which image it was, $q$ must differ from the prior, and the KL is what that costs.
#
# And unlike the autoencoder's, this loss gives every image a bound on its probability. That is
# a length: a code built on $p(x)$ spends $-\log p(x)$ nats on an image, and
# $-\log p(x) \le -\mathrm{ELBO}$. What would 64 independent pixels need?

# %%
with torch.no_grad():
    reconstruction, kl = vae.terms(test.x)
    vae_distance = frechet_distance(vae.sample(350), test.x)
nats = (kl - reconstruction).mean()
print(f"VAE, −ELBO on test images: {nats:.1f} nats, {kl.mean():.1f} of them KL")

counts = torch.nn.functional.one_hot(data.x.flatten(1).long(), 17).sum(0) + 0.1       # (64, 17)
frequency = counts / counts.sum(1, keepdim=True)
independent = -frequency[torch.arange(64), test.x.flatten(1).long()].log().sum(1).mean()
print(f"independent pixels: {independent:.1f} nats; the VAE knows how pixels go together")
print(f"Fréchet distance to the test images: its full draws {vae_distance:.0f}, validation"
      f" images {ae_distance['validation']:.0f}")
assert nats < 91 and independent > nats + 10 and vae_distance < 160

# %% [markdown]
# **Walk through the latent space.** Sixteen dimensions cannot be drawn. So train a second VAE
# with two, and drag. Compare with the autoencoder's map: where are the codes now?
#
# **Draw your own digit** below the map. Clear the page with the can, then draw. The drawing is
# scanned as the data were: cut out, fitted, its ink counted in 8×8 blocks. Then draw something
# that is no digit. Watch its $-\mathrm{ELBO}$.

# %%
vae2 = VAE(latent=2)
fit(train(vae2, data.x, steps=800, lr=one_cycle(8e-3)))

mu, log_sigma = vae2.encode(data.x)
# (1000, 2), one draw of q(z|x) per image
z_vae = (mu + log_sigma.exp() * torch.randn_like(mu)).detach()
explore(views.decoded(vae2.decode), z=Point(
    lambda ax: codes(ax, z_vae, data.y, "Drag: the codes gather where the prior is"),
    at=(0.5, 0.5)))

show(views.decoded_plane(vae2.decode, mu[[0, 5, 11]], mu[[1, 7, 4]]))
spread_vae, spread_ae = (z.square().mean().sqrt().item() for z in (z_vae, z_ae))
print(f"root mean square of a coordinate: VAE {spread_vae:.2f},"
      f" autoencoder {spread_ae:.2f}, N(0, I) 1")
distance = frechet_distance(vae2.sample(350), test.x)
one_width, bins = gaussian.loss(test.x).item(), -vae2.elbo(test.x).mean().item()
print(f"Fréchet distance: VAE {distance:.0f}, autoencoder with a mixture {of_ten:.0f}\n"
      f"−ELBO on test images: one width {one_width:.0f}, bins {bins:.0f} nats")
assert 0.6 < spread_vae < 1.5 < spread_ae and bins < one_width - 20
assert of_ten < distance < of_prior / 2

# %%
axis = torch.linspace(-5, 5, 81)
plane_z = torch.cartesian_prod(axis, axis)                            # (6561, 2)


@torch.no_grad()
def log_joint_2(x, z):           # log p(x, z) of one image at many codes: z (N, 2) -> (N,)
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(1)
    return vae2.log_likelihood(x.expand(len(z), 1, 8, 8), z) + log_prior


def evidence(x):                 # log p(x), by quadrature as in sections 1 and 4
    return log_joint_2(x, plane_z).logsumexp(0) + 2 * (axis[1] - axis[0]).log()


known = torch.stack([evidence(x[None]) for x in test.x[:60]])         # 60 test images
explore(views.posterior_of_drawing(vae2, data.x, data.y, log_joint_2, evidence, known),
        drawing=Drawing(test.x[2]))

blank, square = torch.zeros(2, 1, 1, 8, 8)
square[..., 0, :] = square[..., 7, :] = square[..., 0] = square[..., 7] = 16
print(f"−log p(x): test images {-known.mean():.0f} nats on average, {-known.min():.0f} at most;"
      f" a hollow square {-evidence(square):.0f}; a blank page {-evidence(blank):.0f}")
assert -evidence(square) > 1.5 * -known.min() and evidence(blank) > known.min()

# %% [markdown]
# **What you see.** The codes gather around the origin at the scale of the prior, with gaps
# left. So the prior can be drawn from, and nothing is fitted afterwards: that is the gain. (By
# the Fréchet distance the autoencoder with its mixture, trained for twice the steps, is even
# nearer.) Your drawing becomes a *distribution*: the blue ellipse, the encoder's guess of which
# $z$ could have made it. With two latents, quadrature gives the truth: orange in the middle
# panel, seen through a lens, is the exact posterior $p(z|x)$, as far as it is in view, and the
# title has the exact $\log p(x)$. On a drawing that is no digit the encoder was never trained.
# It may answer anything, and then the posterior is out of view and the bound millions of nats
# too low.
#
# How many test images are less likely than your drawing? A low $\log p(x)$ says that the model
# finds it strange. A high one does *not* say that it is a digit: clear the page, and see which
# rank a blank one has.
#
# What is the gap made of? $q$ is a Gaussian with upright axes; that is its *family*. And one
# network must guess it for all images; that is *amortisation*. Free each test image's $\mu$ and
# $\sigma$ from the network, refit them, and see how much of the gap goes away.

# %%
def refitted(model, x):  # the −ELBO of the network's q, and of a q of its own for each image
    with torch.no_grad():
        amortised = torch.stack([model.elbo(x) for _ in range(50)]).mean().item()
    q = [v.detach().clone().requires_grad_() for v in model.encode(x)]
    optimizer = torch.optim.Adam(q, lr=0.03)
    for step in range(400):
        mu, log_sigma = q
        z = mu + log_sigma.exp() * torch.randn_like(mu)
        kl = 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1)
        bound = (model.log_likelihood(x, z) - kl).mean()
        for v, slope in zip(q, torch.autograd.grad(-bound, q)):
            v.grad = slope
        optimizer.step()
    with torch.no_grad():
        z = mu + log_sigma.exp() * torch.randn(200, *mu.shape)
        each = torch.stack([model.log_likelihood(x, z_k) for z_k in z]).mean(0)
    return -amortised, (kl - each).mean().item()


(network, own), exact_2 = refitted(vae2, test.x[:60]), -known.mean().item()
seen, sixteen = refitted(vae2, data.x[:60]), refitted(vae, test.x[:60])
print(f"two latents: −ELBO {network:.1f} nats; q refitted {own:.1f}; exact {exact_2:.1f}")
print("on training images {:.1f}; q refitted {:.1f}".format(*seen))
print("sixteen latents: {:.1f}; q refitted {:.1f}".format(*sixteen))
assert exact_2 < own < network and own - exact_2 < 0.5 * (network - own)
assert seen[0] - seen[1] < network - own and sixteen[0] - sixteen[1] > 0.5

# %% [markdown]
# **What you see.** Most of the gap goes away: it was the network's guess, less the Gaussian. On
# *training* images there is less to gain: much of the guess's error is that the network never
# saw the test images. What is left is at most the family's part. With sixteen latents nobody
# knows the exact value, but refitting gains there, too.
#
# ## 7 · The two terms pull
#
# **Claim of the notes.** Term 1 is the quality of the reconstruction. Term 2 keeps $q$ close to
# the prior.
#
# Give the second a weight: $\ \mathbb E_q[\log p(x|z)] - \beta\, D_{KL}(q(z|x)\,\|\,p(z))$.
# Only $\beta = 1$ is the ELBO. Other values show what each term wants. Press play. *Then* move
# β, while it trains.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("What happens at β = 20?",
      {"all reconstructions become one image":
           "Telling images apart costs more than it wins: q becomes the prior."},
      {"samples get sharper": "The decoder loses the information that it needs to be sharp.",
       "the KL grows": "A higher price on the KL makes the model spend less of it."}),
     ("And at β = 0?",
      {"each q shrinks to a point":
           "A width only blurs the reconstruction, and now it is worth nothing."},
      {"the means run away":
           "A larger scale would help as a smaller width does, but the widths get there first.",
       "nothing changes": "The KL is the only term that knows the prior.",
       "every latent shuts off": "That is what a high price does."}))

# %%
from ipywidgets import FloatLogSlider, FloatSlider


def start(p):
    model = VAE(latent=16, hidden=96)
    return train(model, data.x, steps=20_000, lr=p.lr, loss=lambda x: model.loss(x, p.beta))


playground(start, views.two_terms_pull(valid.x), before=400,
           beta=FloatSlider(value=1, min=0, max=20),
           lr=FloatLogSlider(value=10**-2.3, min=-4, max=1, readout_format=".1e"))

# %% [markdown]
# **What to try.** At β = 1 some bars stand and the rest lie near zero: those latents carry
# nothing, they are *inactive*. Raise β slowly, to 2, 4, 8, and to 20. Bar after bar falls, then
# all reconstructions are one image. This is **posterior collapse**: $q(z|x) = p(z)$ for every
# $x$. Here the price forces it. Go back to β = 1 and wait a thousand steps: only about half of
# the bars return, three or four of six or seven. The objective is the old one, and the latents
# are still off: it happens at β = 1, too, after a bad start, or where the decoder can do
# without $z$. Set β to 0: all bars grow. The widths of $q$ vanish, its means keep roughly the
# scale of the prior. Drag `lr` far to the right and see training break, then press reset.
#
# For a Gaussian $p(x|z)$ of fixed width, only $\beta / s^2$ counts. A loss "MSE + KL" without a
# factor silently chooses $s$.
#
# The same without hands, for four values of β. A latent counts as active above 0.1 nats. The
# model is smaller than the one above, so compare only within the table.

# %%
def kl_and_active(beta, steps=400):
    with torch.random.fork_rng():       # the same start for every β, and nothing after it knows
        torch.manual_seed(torch.initial_seed())
        model = VAE(latent=8, hidden=96)
        for step in train(model, data.x, steps, lr=5e-3, loss=lambda x: model.loss(x, beta)):
            pass
    each = model.kl(valid.x).mean(0)                                  # (8,), nats per latent
    return each.sum().item(), (each > 0.1).sum().item()


table = {beta: kl_and_active(beta) for beta in (0.2, 1.0, 4.0, 20.0)}
for beta, (kl, active) in table.items():
    print(f"β = {beta:<4}: KL {kl:5.2f} nats, {active} of 8 latents active")
assert table[0.2][0] > table[1.0][0] > table[4.0][0] and table[20.0][0] < 0.5

# %% [markdown]
# ## 8 · Why VAE samples blur
#
# **Claim of the notes** (§6). VAE samples are blurry: "MSE loss issues".
#
# $q(z|x)$ has a width, and $z$ holds few nats: different images share a code. Say two do,
# $x = -1$ with probability $1 - w$ and $x = +1$ with probability $w$. The decoder answers with
# *one* guess $c$ and pays the squared error. Where is the cheapest guess?

# %%
def expected_error(c, w):                       # E (x − c)²
    return (1 - w) * (-1 - c)**2 + w * (1 - c)**2


strokes = torch.zeros(2, 1, 8, 8)
strokes[0, 0, 1:7, 1:3] = strokes[1, 0, 1:7, 5:7] = 16        # x = −1: left; x = +1: right
explore(views.blur(expected_error, strokes), c=(-1.0, 1.0, 0.05), w=(0.0, 1.0, 0.05))

guesses = torch.linspace(-1, 1, 2001)
for w in (0.5, 0.7, 0.9):                       # the best guess is the mean of x
    assert abs(guesses[expected_error(guesses, w).argmin()] - (2 * w - 1)) < 1e-3

# %% [markdown]
# **What you see.** The cheapest guess lies between the two, where no image is. As a picture it
# is a ghost of both. **The best answer in squared error is the mean of what is possible**, and
# a mean of sharp images is blurred. For a Gaussian $p(x|z)$ of fixed width, $-\log p(x|z)$ is
# the squared error up to a factor and a constant, so the ELBO asks the same question.
#
# Our VAE has another $p(x|z)$: a logistic per pixel. Does it escape? The "samples" of section 6
# were its *centres*. A full draw adds the noise of $p(x|z)$, pixel by pixel. Compare both, for
# the same $z$, with the nearest test image.

# %%
def neighbours(r):                              # correlation of what neighbouring pixels hold
    aside, below = (r[..., 1:], r[..., :-1]), (r[..., 1:, :], r[..., :-1, :])
    pairs = [torch.cat([a.flatten(), b.flatten()]) for a, b in zip(aside, below)]
    return torch.corrcoef(torch.stack(pairs))[0, 1].item()


with torch.no_grad():
    z = torch.randn(500, vae.latent)
    centres, draws = vae.decode(z).clamp(0, 16), vae.draw(z)
nearest = test.x[torch.cdist(centres.flatten(1), test.x.flatten(1)).argmin(1)]
rows = torch.cat([centres[:8], draws[:8], nearest[:8]])
show(views.images(rows, "above: centres; middle: full draws; below: nearest test images", 8))

with torch.no_grad():
    mu, log_sigma = vae.encode(test.x)
    left_over = test.x - vae.decode(mu + log_sigma.exp() * torch.randn_like(mu)).clamp(0, 16)
real, model = neighbours(left_over), neighbours(draws - centres)
print(f"neighbours' deviations from the centre correlate: test images {real:.2f},"
      f" full draws {model:.2f}")
sets = {"test images": test.x, "centres of encoded test images": test.x - left_over,
        "centres of draws from the prior": centres, "full draws": draws}
steps = {name: (x.diff(dim=2).square().mean() + x.diff(dim=3).square().mean()).item()
         for name, x in sets.items()}
print("squared steps between neighbours:", *(f"{s:.0f} ({name})" for name, s in steps.items()))
of_test, of_encoded, of_prior, of_draws = steps.values()
assert real > 2 * abs(model) and of_prior < of_encoded < of_test
assert abs(of_draws / of_test - 1) < 0.15

# %% [markdown]
# The centres are too smooth, for **two reasons**. A code stands for several images, and its
# centre is a compromise between them (for a Gaussian, the mean): the centres of *encoded* test
# images have lost some of the steps. And draws from the prior also fall where no image was
# encoded, between digits: they lose more.
#
# The full draws have most of the steps back, but each pixel deviates from the centre on its
# own: look for breaks in the strokes. In real images neighbours deviate a little *together*,
# for example because a pen moves on. So another likelihood changes the damage, and does not
# undo it: the centre may become a median, the draw noisy instead of smooth. What $z$ leaves
# open, pixels that are independent given $z$ cannot decide together.
#
# ## 9 · Tighter
#
# Can we get closer to $\log p(x)$ with the same $q$? Draw $K$ times and average *inside* the
# logarithm:
#
# $$L_K = \mathbb E\left[\log \frac1K \sum_{k=1}^K \frac{p(x, z_k)}{q(z_k)}\right],
#   \qquad z_k \sim q.$$
#
# This is the *importance-weighted bound*; the ratios are the weights. $L_1$ is the ELBO. As $K$
# grows, the average gathers around $p(x)$, and Jensen takes less. Here it is for the toy of
# section 4, whose exact value we know, with $q = \mathcal N(0, 1)$. (A $q$ narrower than
# $\sqrt{1/2}$ would give ratios of infinite variance here: its tails are too thin.)

# %%
from lecture_utils.metrics import importance_weighted_bound


def bounds(k, repeats, generator=None):  # estimates of L_K for q = N(0, 1), (repeats,)
    z = torch.randn(repeats, k, generator=generator)
    log_w = log_joint(z.flatten()).view(repeats, k) - Normal(0.0, 1.0).log_prob(z)
    return log_w.logsumexp(1) - torch.tensor(float(k)).log()


explore(views.tighter(log_px.item(), bounds), log2_K=(0, 8))

toy = {k: bounds(k, 20_000).mean().item() for k in (1, 4, 16, 64)}
print("toy:", *(f"L_{k} = {value:.3f}," for k, value in toy.items()), f"exact {log_px:.3f}")
assert toy[1] < toy[4] < toy[16] < toy[64] < log_px + 0.01

tight = {k: importance_weighted_bound(vae, test.x, k).mean().item() for k in (1, 10, 100)}
print("VAE:", *(f"L_{k} = {value:.1f}," for k, value in tight.items()), "test images, in nats")
assert tight[1] + 0.5 < tight[10] < tight[100]

# %% [markdown]
# **What you see.** With one draw the estimates scatter far to the left. With many they gather
# at the orange line, and their mean rises towards it from below. Single estimates do pass the
# line; the title counts them. Their *expectation* does not. For the VAE with sixteen latents
# nobody knows the exact value. But the bound rises there too, so the model is better than its
# ELBO says.

# %% [markdown]
# ## 10 · Your turn
#
# Replace each `...`, run the cell, and read what the check says. The folded cell after it holds
# a solution.
#
# **1.** Write
# $D_{KL}\big(\mathcal N(\mu, \operatorname{diag}\sigma^2)\,\|\,\mathcal N(0, I)\big)$, one
# number per image, from $\mu$ and $\log\sigma$. Section 4 has the formula for one dimension;
# independent dimensions add.
#
# **2.** Build one draw of the ELBO from its pieces: draw $z$ with the given ε, ask
# `log_likelihood(x, z)` for $\log p(x|z)$, subtract your KL.
#
# **3.** Choose β so that the VAE of `kl_and_active` spends 5 ± 1 nats of KL. Its table tells
# you where to start.

# %% tags=["exercise"]
def my_kl(mu, log_sigma):                                # (B, D), (B, D) -> (B,)
    ...


checks.gaussian_kl(my_kl)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_kl(mu, log_sigma):
    return 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1)


checks.gaussian_kl(solved_kl)

# %% tags=["exercise"]
def my_elbo(x, mu, log_sigma, eps, log_likelihood):      # -> (B,)
    ...


checks.elbo_pieces(my_elbo)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_elbo(x, mu, log_sigma, eps, log_likelihood):
    z = mu + log_sigma.exp() * eps
    return log_likelihood(x, z) - solved_kl(mu, log_sigma)


checks.elbo_pieces(solved_elbo)

# %% tags=["exercise"]
my_beta = ...

checks.wanted_kl(my_beta, lambda beta: kl_and_active(beta)[0], target=5, tolerance=1)

# %% tags=["solution"] jupyter={"source_hidden": true}
solved_beta = 1.9

checks.wanted_kl(solved_beta, lambda beta: kl_and_active(beta)[0], target=5, tolerance=1)

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("The ELBO of an image equals log p(x) exactly when",
      {"q(z|x) = p(z|x)": "Then the KL between them, which is the gap, is zero."},
      {"q(z|x) = p(z)": "Then the KL to the prior is zero. The gap is the KL to the posterior.",
       "the reconstruction is perfect":
            "The gap is about q and the posterior, not about pixels."}),
     ("Why is an autoencoder alone no generative model?",
      {"training gives its codes no known distribution": "So we do not know where to draw z."},
      {"its decoder is deterministic": "The curve g of section 1 was deterministic too.",
       "its loss is a squared error": "A VAE may use that too, as a Gaussian likelihood."}),
     ("Half of the latents have a KL of zero. What do they tell the decoder about x?",
      {"nothing": "There q(z|x) is the prior for every x, so z is pure noise."},
      {"a little, which the decoder ignores":
           "There is nothing to ignore: they are the same for every x.",
       "everything, at no cost": "Information about x costs KL; at zero KL there is none."}),
     ("You raise K in the importance-weighted bound. Which is true?",
      {"it rises towards log p(x)":
           "The average inside the logarithm varies less, so Jensen takes less."},
      {"it passes log p(x) for large K":
           "A single estimate may; the bound, their mean, never does.",
       "the model gets better": "The model is the same. We only measure it more tightly."}))

# %% [markdown]
# ## Summary
#
# - A latent variable model draws a cause $z$, then an effect $x$. Its density is an integral
#   over all causes.
# - Blind integration fails as the dimension grows. A guess $q(z|x)$ of the posterior gives a
#   bound instead.
# - $\log p(x) = \mathrm{ELBO} + D_{KL}(q(z|x)\,\|\,p(z|x))$. The ELBO is the reconstruction
#   minus the KL to the prior.
# - A VAE learns the decoder and $q$ together. Its codes gather where the prior is, so draws
#   from the prior mostly decode well.
# - Too high a price on the KL, and the latents collapse. One guess for many images, and they
#   blur.
#
# **Where the notes simplify**
# - "Maximise ELBO ⇒ maximise $\log p(x)$": not if $q$ is frozen (section 5).
# - "$z \sim \mathcal N(\mu, \sigma^2 I)$": the encoder gives one $\sigma$ *for each* dimension,
#   $\operatorname{diag}\sigma^2$.
# - "Negative reconstruction error": it is a log-likelihood, and the squared error only for a
#   Gaussian of fixed width (section 8).
# - "MSE loss issues": another loss does not repair it, while $z$ leaves something open and
#   pixels are independent given $z$ (section 8).
#
# **References.** Kingma and Welling, *Auto-Encoding Variational Bayes* (2014). Rezende, Mohamed
# and Wierstra, *Stochastic Backpropagation and Approximate Inference in Deep Generative Models*
# (2014). Higgins et al., *β-VAE* (2017). Burda, Grosse and Salakhutdinov, *Importance Weighted
# Autoencoders* (2016). Baldi and Hornik, *Neural Networks and Principal Component Analysis*
# (1989). Dowson and Landau, *The Fréchet Distance between Multivariate Normal Distributions*
# (1982). The scans: Alpaydin and Kaynak, *Optical Recognition of Handwritten Digits*, UCI
# (1998).
#
# **Next.** Why does the draw $z = \mu + \sigma\odot\varepsilon$ let gradients through? That is
# notebook 03.
