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
# **Which hidden cause made this image?** Below are scans of handwritten digits. Each has 64 pixels, and each pixel has
# 17 levels. Yet a writer chose only a few things: the digit, the slant, the size. If a model knew these few hidden
# numbers, it could draw new digits. How do we learn numbers that nobody wrote down?

# %%
import torch
from torch.distributions import Normal
from lecture_utils import checks, explore, fit, one_cycle, playground, quiz, setup, show, show_source, train, watch
from lecture_utils.data import digits
from lecture_utils.views import elbo as toys, vae as views

device = setup(seed=0)
data, valid, test = digits()
show(views.images(data.x[:48], "48 scans: which few numbers would describe one?"))

# %% [markdown]
# **After this notebook you can**
# - write down a latent variable model and draw from it,
# - say why an autoencoder is no generative model,
# - derive the evidence lower bound, and say what closes its gap,
# - train a variational autoencoder (VAE), read its two terms, and see them fail.
#
# It takes about 75 minutes and covers §2 of the notes: latent variables, autoencoders, VAE, ELBO. You need
# calculus, the Gaussian density and a little PyTorch. Every figure moves: drag the sliders, with the mouse or with the
# arrow keys. `log` is the natural logarithm everywhere, so information is counted in *nats*.

# %% [markdown]
# ## 1 · A latent variable
#
# **Claim of the notes.** Hidden variables explain what we observe: $z \sim p(z)$ (the prior), $x \sim p(x|z)$ (the
# likelihood).
#
# Here is the smallest example that can be drawn whole. The hidden $z$ is one number. A curve $f$ turns it into a point in
# the plane, and noise of width $\sigma_x$ blurs that point:
#
# $$z \sim \mathcal N(m, s^2), \qquad x \,|\, z \sim \mathcal N(f(z), \sigma_x^2 I).$$

# %%
def curve(z):                                            # (N,) -> (N, 2)
    return torch.stack([2 * torch.sin(1.5 * z), torch.sin(3 * z)], dim=1)


def draw(n, mean, width, noise, generator=None):         # ancestral sampling: first the cause, then the effect
    z = mean + width * torch.randn(n, generator=generator)
    x = curve(z) + noise * torch.randn(n, 2, generator=generator)
    return z, x

# %% [markdown]
# We only ever see $x$. Its density is the **marginal**: every $z$ that could have made $x$ counts, weighted by the prior.
#
# $$p(x) = \int p(x|z)\, p(z)\, dz$$
#
# With one hidden number we can simply add this up on a fine grid of $z$. That is called *quadrature*.

# %%
def marginal(x, mean=0.0, width=1.0, noise=0.25):        # (N, 2) -> (N,)
    z = mean + width * torch.linspace(-5, 5, 201)
    prior = Normal(mean, width).log_prob(z)                                  # (201,)
    likelihood = Normal(curve(z), noise).log_prob(x[:, None]).sum(2)         # (N, 201)
    return (likelihood + prior).exp().sum(1) * (z[1] - z[0])

# %%
quiz(("Shrink the noise towards zero. What becomes of $p(x)$?",
      {"it gathers on the curve": "With little noise x is almost f(z), and f(z) lies on the curve."},
      {"it becomes a Gaussian": "Only p(x|z) is a Gaussian; p(x) adds up many of them along the curve.",
       "it stays as it is": "The noise is the width of every p(x|z), so p(x) sharpens with it."}),
     ("Shrink the width of the prior instead. Where do the points $x$ go?",
      {"to a short piece of the curve": "The prior decides how far along the curve z travels."},
      {"to the origin of the plane": "They go to f(m), and f(m) need not be the origin.",
       "nowhere: the prior does not touch x": "x is drawn from p(x|z), so z's range decides where x can be."}))

# %%
explore(toys.latent_curve(curve, draw, marginal),
        z=(-3.0, 3.0), prior_mean=(-1.5, 1.5), prior_width=(0.1, 1.5), noise=(0.05, 0.6, 0.05))

# %% [markdown]
# **What you see.** Drag `z`: the orange point runs along the curve, and its circle shows where $p(x|z)$ puts $x$. Drag
# `prior_mean` and `prior_width`: the green draws of $z$ move, and the grey points follow. The blue shade is $p(x)$, and
# the grey points are drawn from it. Where the curve crosses itself, two different $z$ explain the same $x$.
#
# A density integrates to one. Does ours?

# %%
side = torch.linspace(-5, 5, 201)
total = marginal(torch.cartesian_prod(side, side)).sum() * (side[1] - side[0])**2
print(f"∫ p(x) dx = {total:.6f}")
assert abs(total - 1) < 1e-4

# %% [markdown]
# ## 2 · Autoencoders
#
# **Claim of the notes.** An encoder $z = f(x)$ and a decoder $\hat x = g(z)$ with the loss $\|x - \hat x\|^2$ learn an
# efficient code: $z$ has fewer dimensions than $x$.
#
# Start with the simplest one: $f$ and $g$ are linear, and $z$ has two numbers. Here is its training loop, written out.
# It is the same for everything in this course.

# %%
from lecture_utils.models.vae import VAE, Autoencoder

linear = Autoencoder(latent=2, linear=True)
optimizer = torch.optim.Adam(linear.parameters(), lr=0.01)
for step in range(100):
    loss = linear.loss(data.x)        # how far are the images from their reconstructions?
    optimizer.zero_grad()
    loss.backward()                   # in which direction does each weight make it larger?
    optimizer.step()                  # go a little the other way
print(f"after 100 steps: {loss:.0f}")

# %% [markdown]
# `train` is this loop as a *generator*: it yields after every update, so that someone else can draw, pause or stop.
#
# There is an older way to a two-number linear code: **principal component analysis** (PCA). It projects on the two
# directions of largest variance. Let us put it next to the autoencoder.

# %%
flat = data.x.flatten(1)                                              # (1000, 64)
mean = flat.mean(0)
_, _, directions = torch.linalg.svd(flat - mean, full_matrices=False)
plane = directions[:2]                                                # (2, 64), orthonormal rows

pca = mean + (flat - mean) @ plane.T @ plane
pca_loss = (flat - pca).square().sum(1).mean().item()

# %%
quiz(("Both squeeze 64 pixels through two numbers, linearly. How do their losses compare?",
      {"equal in the end": "PCA is the best linear answer in squared error, and training finds it."},
      {"PCA is better: it is exact": "Training also reaches the minimum; it only takes longer.",
       "the autoencoder is better: it has more weights": "More weights, but still only a plane: the best plane is PCA's."}))

# %%
def overlap(model):                                     # cosines of the angles between its plane and PCA's
    basis, _ = torch.linalg.qr(model.g[0].weight)       # (64, 2)
    return torch.linalg.svdvals(plane @ basis).tolist()


watch(train(linear, data.x, steps=1200, batch=1000, lr=lambda t: 0.03 * (1 - t)),
      views.linear_beside_pca(data.x, pca_loss, pca[:8].view(8, 1, 8, 8), overlap))

# %%
print(f"loss {linear.loss(data.x):.2f}, PCA {pca_loss:.2f}; cosines {overlap(linear)}")
assert abs(linear.loss(data.x) / pca_loss - 1) < 1e-3
assert min(overlap(linear)) > 0.999

# %% [markdown]
# **What you see.** Same loss, same plane. The two *axes* within the plane need not be the same: the loss does not care
# how the code is turned or stretched.
#
# Two straight directions are too few: the reconstructions all look alike. Bend the map instead: give $f$ and $g$
# hidden layers. The code still has two numbers.

# %%
ae = Autoencoder(latent=2)
watch(train(ae, data.x, steps=1500, lr=3e-3), views.autoencoder(data.x, data.y))

# %%
print(f"loss of the bent code {ae.loss(data.x):.0f}, of the plane {pca_loss:.0f}")
assert ae.loss(data.x) < 0.7 * pca_loss

# %% [markdown]
# **What you see.** No label was given, and still each digit finds its own place. The images lie near a curved
# two-dimensional surface in the space of 64 pixels. The notes call this *manifold learning*.
#
# Now drag the point over the map. The decoder answers at once.

# %%
from lecture_utils.controls import Drawing, Point
from lecture_utils.plots import codes

with torch.no_grad():
    z_ae = ae.encode(data.x)                                          # (1000, 2)
explore(views.decoded(ae.decode),
        z=Point(lambda ax: codes(ax, z_ae, data.y, "Drag the blue point over the codes"), at=z_ae[0].tolist()))

# %% [markdown]
# **Look at the borders.** Inside a group the digit changes smoothly. Between groups, and far outside, you often get
# something that is no digit. Nothing in the loss asks for sense there: every image has **one** code, a single point, and
# only these points are trained.
#
# To *generate*, we must choose $z$ ourselves, from a distribution we know. Take $z \sim \mathcal N(0, I)$.

# %%
z = torch.randn(32, 2)
with torch.no_grad():
    show(views.prior_against_codes(z_ae, data.y, z, ae.decode(z)))

# %%
from lecture_utils.metrics import frechet_distance

with torch.no_grad():
    ae_samples = ae.decode(torch.randn(500, 2))
    ae_distance = frechet_distance(ae_samples, test.x)
print(f"pixel Fréchet distance to the test images: {ae_distance:.0f}; of training images: {frechet_distance(data.x, test.x):.0f}")
assert ae_distance > 3 * frechet_distance(data.x, test.x)

# %% [markdown]
# The *Fréchet distance* compares the mean and the covariance of two sets of images: zero means that both agree.
# The decoded draws are far from the test images, for two reasons: the codes are not distributed like $\mathcal N(0, I)$,
# and nothing fills the space between them. **An autoencoder compresses. It has no $p(z)$, no $p(x)$ and hence no
# samples.** A generative model needs the code to have a known distribution.

# %% [markdown]
# ## 3 · The integral is intractable
#
# **Claim of the notes.** We want to maximise the marginal likelihood $p(x) = \int p(x|z)p(z)\,dz$, but the integral is
# intractable.
#
# In section 1 we just computed it. What goes wrong? Two ways come to mind: a grid of $z$, or the average over $K$ draws
# from the prior, $\hat p(x) = \frac1K \sum_k p(x|z_k)$. We test both where the answer is known exactly: $z$ has $D$
# independent parts, and $x_i = z_i + $ noise, so that $p(x) = \mathcal N(x; 0, (1 + \sigma_x^2) I)$.

# %%
x_i, sigma_x = 1.0, 0.2                # every part of the observed x is 1


def exact(d):
    return d * Normal(0.0, (1 + sigma_x**2)**0.5).log_prob(torch.tensor(x_i))


def by_prior(d, k, repeats):           # (repeats,): logs of averages over k draws from the prior
    z = torch.randn(repeats, k, d)
    return Normal(z, sigma_x).log_prob(torch.tensor(x_i)).sum(2).logsumexp(1) - torch.tensor(float(k)).log()


def by_grid(d, k):                     # k points in all: only k^(1/d) a dimension
    z = torch.linspace(-4, 4, max(2, int(k**(1 / d) + 1e-9)))
    terms = Normal(0.0, 1.0).log_prob(z) + Normal(z, sigma_x).log_prob(torch.tensor(x_i)) + (z[1] - z[0]).log()
    return d * terms.logsumexp(0)      # the grid's sum factorises over the dimensions here

# %%
quiz(("With 1000 evaluations in all, how many grid points does each of 10 dimensions get?",
      {"1, not even 2": "1000 to the power 1/10 is 1.995, so a regular grid cannot even have two."},
      {"10": "10 points in each of 10 dimensions are 10 billion evaluations.",
       "100": "100 points in each dimension would need 100 to the power 10 evaluations."}),
     ("Draws from the prior have no grid. What limits them?",
      {"few draws land where $p(x|z)$ is large": "The posterior fills a part of the prior's mass that shrinks exponentially with D."},
      {"random numbers are slow to make": "They are cheap. It is their place that matters.",
       "the average is biased": "The average itself is unbiased for p(x); its spread is the trouble."}))

# %%
explore(toys.integral_spread(exact, by_prior, by_grid), dimension=(1, 12), evaluations=[100, 1000, 4000])

# %% [markdown]
# **What you see.** Raise the dimension. The grid fails first. The prior's draws hold out longer, then their estimates
# spread over many nats, and nearly all lie *below* the truth. One or two lucky draws carry the whole average.
#
# How fast does it get worse? The relative variance of one weight $w = p(x|z)$ is known here. It grows exponentially with $D$:
#
# $$\frac{\operatorname{Var} w}{p(x)^2} = c^D - 1, \qquad c = \frac{\mathbb E[\,p(x_1|z_1)^2\,]}{p(x_1)^2}.$$

# %%
one_dimension = Normal(torch.randn(2_000_000), sigma_x).log_prob(torch.tensor(x_i)).exp()
measured = (one_dimension.square().mean() / one_dimension.mean()**2).item()

# E[N(x; z, s²)²] = N(x; 0, 1 + s²/2) / (2 s √π)
second_moment = Normal(0.0, (1 + sigma_x**2 / 2)**0.5).log_prob(torch.tensor(x_i)).exp() / (2 * sigma_x * torch.pi**0.5)
c = (second_moment / exact(1).exp()**2).item()

print(f"c = {c:.3f} by formula, {measured:.3f} measured. For 10 % error: {100 * (c**2 - 1):.0f} draws at D = 2, {100 * (c**20 - 1):.1e} at D = 20")
assert abs(measured / c - 1) < 0.02

# %% [markdown]
# The VAE below has 16 latent dimensions. Blind draws from the prior are hopeless. We need draws **where the
# posterior $p(z|x)$ is**, and we need them anew for every image.

# %% [markdown]
# ## 4 · The ELBO
#
# **Claim of the notes.** $\log p(x) \ge \mathbb E_{z\sim q}[\log p(x|z)] - D_{KL}(q(z|x)\,\|\,p(z))$.
#
# Let $q$ be *any* density over $z$. Write $p(x)$ as an average over $q$ and use Jensen's inequality, the logarithm of an
# average is at least the average of the logarithms:
#
# $$\log p(x) = \log \mathbb E_{q}\!\left[\frac{p(x,z)}{q(z)}\right] \;\ge\; \mathbb E_q\!\left[\log\frac{p(x,z)}{q(z)}\right] = \mathrm{ELBO}(q).$$
#
# What is lost? Insert $p(x,z) = p(z|x)\,p(x)$ on the right:
#
# $$\log p(x) = \mathrm{ELBO}(q) + D_{KL}\big(q(z)\,\|\,p(z|x)\big).$$
#
# No approximation is left in that line. We check it on the curve of section 1, for one observed point.

# %%
x_seen, noise = torch.tensor([[0.25, -0.1]]), 0.25                  # close to where the curve crosses itself
grid = torch.linspace(-8, 8, 8001, dtype=torch.float64)
dz = grid[1] - grid[0]


def log_likelihood(z):                                              # log p(x_seen | z), (N,) -> (N,)
    return Normal(curve(z), noise).log_prob(x_seen).sum(1)


def log_joint(z):
    return log_likelihood(z) + Normal(0.0, 1.0).log_prob(z)


log_px = log_joint(grid).logsumexp(0) + dz.log()                    # quadrature, as in section 1
posterior = (log_joint(grid) - log_px).exp()                        # p(z | x_seen) on the grid

# %% [markdown]
# Now $q = \mathcal N(\mu, \sigma^2)$. The first function computes the two terms as the notes write them: the
# reconstruction by quadrature, the KL to the prior in closed form. The second computes the KL to the *posterior*, straight
# from its definition.

# %%
t = torch.linspace(-9, 9, 4001, dtype=torch.float64)
weights = Normal(0.0, 1.0).log_prob(t).exp() * (t[1] - t[0])        # E_q[h(z)] = Σ weights · h(mu + sigma t)


def terms(mu, sigma):                                               # E_q[log p(x|z)] and KL(q ‖ p(z))
    mu, sigma = torch.as_tensor(mu), torch.as_tensor(sigma)
    return (weights * log_likelihood(mu + sigma * t)).sum(), 0.5 * (mu**2 + sigma**2 - 1) - sigma.log()


def gap(mu, sigma):                                                 # KL(q ‖ p(z|x))
    z = mu + sigma * t
    return (weights * (Normal(mu, sigma).log_prob(z) - (log_joint(z) - log_px))).sum()

# %%
quiz(("You drag $q$. What happens to the sum ELBO + KL(q‖p(z|x))?",
      {"nothing, it is $\\log p(x)$": "log p(x) does not know q, so the two parts only trade."},
      {"it is largest when q is the posterior": "The ELBO is largest then; the sum never moves.",
       "it falls as q gets wider": "Each part changes with q's width; their sum does not."}))

# %%
explore(toys.elbo_gap(grid, posterior, log_px, terms, gap), mu=(-3.0, 3.0, 0.05), sigma=(0.05, 3.0, 0.05))

# %% [markdown]
# **What you see.** The blue and the green bar in the middle trade, and their sum stays at the orange line. To push the bound up is to
# push the KL down: move $q$ onto the main peak of the posterior. Right: the reconstruction term wants $q$ narrow,
# where $x$ is explained best. The other wants $q$ wide and central, like the prior.
#
# The number that checks it: over a whole grid of states, the sum equals $\log p(x)$.

# %%
states = [(mu, sigma) for mu in torch.linspace(-3, 3, 13).tolist() for sigma in (0.05, 0.1, 0.3, 1.0, 3.0)]
elbos = torch.stack([terms(*s)[0] - terms(*s)[1] for s in states])
gaps = torch.stack([gap(*s) for s in states])

print(f"largest |ELBO + KL − log p(x)| over {len(states)} states: {(elbos + gaps - log_px).abs().max():.1e}; smallest KL {gaps.min():.3f}")
assert (elbos + gaps - log_px).abs().max() < 1e-6
assert gaps.min() > 0

# %% [markdown]
# The smallest KL is not zero. The posterior has side peaks, where the curve crosses itself, and no Gaussian $q$ has
# those. **The bound is tight only if $q$ can be the posterior.**

# %% [markdown]
# ## 5 · What the notes simplify
#
# **Claim of the notes.** Maximise the ELBO ⇒ maximise $\log p(x)$.
#
# Is that so? The ELBO depends on $q$ *and* on the model's parameters $\theta$. Freeze $q$, and move only
# $\theta$. A worked example, where everything is known: $z \sim \mathcal N(0,1)$, $x|z \sim \mathcal N(\theta z, 1)$,
# and we observe $x = 2$. Then $p_\theta(x) = \mathcal N(x; 0, 1 + \theta^2)$.

# %%
x_obs = torch.tensor(2.0)


def log_p(theta):
    return Normal(0.0, (1 + theta**2).sqrt()).log_prob(x_obs)


def frozen_elbo(theta, mu, sigma):     # E_q[log N(x; θz, 1)] − KL(q ‖ N(0, 1)) for q = N(mu, sigma²), in closed form
    sigma = torch.as_tensor(sigma)
    reconstruction = Normal(theta * mu, 1.0).log_prob(x_obs) - 0.5 * theta**2 * sigma**2
    return reconstruction - (0.5 * (mu**2 + sigma**2 - 1) - sigma.log())

# %%
explore(toys.frozen_bound(log_p, frozen_elbo), theta=(0.0, 4.0, 0.05), mu=(0.1, 2.0, 0.05), sigma=(0.05, 1.0, 0.05))

# %% [markdown]
# **What you see.** Drag `theta` from 1.8 to 3. The blue bound rises all the way. The orange $\log p(x)$ falls all the way. The
# rising bound did not raise the likelihood: it only closed its gap, because the *posterior* moved towards the
# frozen $q$.
#
# Then move `mu` and `sigma` until the blue curve touches the orange one at your `theta`.

# %%
theta = torch.linspace(1.8, 3.0, 25)
bound, truth = frozen_elbo(theta, 0.6, 0.2), log_p(theta)

print(f"θ from 1.8 to 3.0: the bound changes by {bound[-1] - bound[0]:+.3f}, log p by {truth[-1] - truth[0]:+.3f}")
assert (bound.diff() > 0).all() and (truth.diff() < 0).all()

# %% [markdown]
# **What is true.** A higher bound *guarantees* more: $\log p(x)$ is at least that high. And if $q$ is refitted after
# each move, so that the bound touches, then no step can lower $\log p(x)$. A VAE moves $q$ and $\theta$
# together, and its $q$ is never exact. So its bound and its likelihood mostly rise together. It is not a law.

# %%
theta = torch.tensor(0.5)
values = []
for step in range(30):
    mu, sigma = 2 * theta / (1 + theta**2), (1 + theta**2)**-0.5      # q := the posterior at this theta
    theta = 2 * mu / (mu**2 + sigma**2)                               # theta := the best one for this q
    values.append(log_p(theta))

print(f"θ = {theta:.4f}; the maximum of log p is at √3 = 1.7321")
assert (torch.stack(values).diff() > -1e-6).all()
assert abs(theta - 3**0.5) < 1e-3

# %% [markdown]
# ## 6 · A VAE on digits
#
# **Claim of the notes.** The encoder outputs the parameters $\mu, \sigma$ of $q(z|x)$; the decoder gives $p(x|z)$; we
# maximise the ELBO.
#
# Three ingredients make the toy into a model of images.
# - One network gives $q(z|x) = \mathcal N(\mu(x), \operatorname{diag} \sigma^2(x))$ for *every* $x$, instead of a search
#   for each. This is called *amortised* inference.
# - Another gives $p(x|z)$: for each pixel a distribution over its 17 levels.
# - Both climb the same bound, with one draw $z = \mu + \sigma \odot \varepsilon$ an image. Why this draw lets gradients
#   through is the subject of the next notebook.
#
# Here is what runs, beside the equation: $\ \mathrm{ELBO}(x) = \mathbb E_{q}[\log p(x|z)] - D_{KL}(q(z|x)\,\|\,p(z))$.

# %%
show_source(VAE.terms, VAE.elbo, VAE.log_likelihood)

# %%
quiz(("At the start the decoder knows nothing. Which of the two terms moves first?",
      {"the reconstruction": "There is much to win there: every pixel's average already helps a lot."},
      {"the KL": "A KL above zero costs; it pays only once the decoder can use z.",
       "both at the same rate": "Watch the curves: they are of very different sizes."}))

# %%
vae = VAE(latent=16)
watch(train(vae, data.x, steps=1200, lr=one_cycle(3e-3)), views.training(valid.x))

# %% [markdown]
# **What you see.** The average digit first, then digits. The blue curve falls by tens of nats. The green KL rises:
# to describe an image, $q$ must differ from the prior, and these are the nats it pays.

# %%
with torch.no_grad():
    reconstruction, kl = vae.terms(test.x)
    vae_distance = frechet_distance(vae.sample(500), test.x)
print(f"test images: −ELBO {(kl - reconstruction).mean():.1f} nats = {-reconstruction.mean():.1f} + {kl.mean():.1f} (KL); Fréchet distance {vae_distance:.0f}")
assert (kl - reconstruction).mean() < 92
assert vae_distance < ae_distance / 2

# %% [markdown]
# The autoencoder's draws were more than twice as far away. And we have a *number for each image* now: at most this many nats
# are needed to describe it. A model of 64 independent pixels needs more.

# %%
counts = torch.nn.functional.one_hot(data.x.flatten(1).long(), 17).float().sum(0) + 0.1      # (64, 17)
levels = (counts / counts.sum(1, keepdim=True)).log()
independent = -levels[torch.arange(64), test.x.flatten(1).long()].sum(1).mean()
print(f"independent pixels: {independent:.1f} nats; the VAE: {(kl - reconstruction).mean():.1f} or less")
assert independent > (kl - reconstruction).mean() + 10

# %% [markdown]
# ### Walk through the latent space
#
# Sixteen dimensions cannot be drawn. So train one with two, and drag.

# %%
vae2 = VAE(latent=2)
fit(train(vae2, data.x, steps=1000, lr=one_cycle(3e-3)))

# %%
with torch.no_grad():
    z_vae = vae2.encode(data.x)[0]                                    # (1000, 2), the means of q(z|x)
explore(views.decoded(vae2.decode),
        z=Point(lambda ax: codes(ax, z_vae, data.y, "Drag the blue point: no hole, no far end"), at=(0.0, 0.0)))

# %% [markdown]
# **Compare with the autoencoder's map.** The codes now fill a disc around the origin, as the prior asks, and the decoder
# has an answer almost everywhere. What the KL costs in sharpness it gives back in order.

# %%
spread = z_vae.square().mean().sqrt().item()
print(f"root mean square of the codes: VAE {spread:.2f}, autoencoder {z_ae.square().mean().sqrt():.2f}; N(0, I) has 1")
assert 0.6 < spread < 1.4

# %% [markdown]
# ### Draw your own digit
#
# Erase the digit and draw one. The drawing is scanned as the data were: cut out, fitted, its ink counted in 8×8 blocks.

# %%
explore(views.posterior_of_drawing(vae2, data.x, data.y), drawing=Drawing(test.x[2]))

# %% [markdown]
# **What you see.** The encoder turns your drawing into a *distribution*, the blue ellipse: these $z$ could have made
# it. Draw something that is no digit. The model knows only digits: the reconstruction becomes the nearest thing it has.

# %% [markdown]
# ## 7 · The two terms pull
#
# **Claim of the notes.** Term 1 is the quality of the reconstruction. Term 2 keeps $q$ close to the prior.
#
# Give the second a weight: $\ \mathbb E_q[\log p(x|z)] - \beta\, D_{KL}(q(z|x)\,\|\,p(z))$. Only $\beta = 1$ is the ELBO. Other values show
# what each term wants. Press play, let it train, *then* move β.

# %%
quiz(("What happens at $\\beta = 20$?",
      {"all reconstructions become the same image": "Telling images apart costs more than it wins, so q becomes the prior."},
      {"samples get sharper": "The decoder loses the information it needs to be sharp.",
       "the KL grows": "A higher price on the KL makes the model spend less of it."}),
     ("And at $\\beta = 0$?",
      {"a noisy autoencoder: the codes leave $\\mathcal N(0, I)$": "Without a price, each q shrinks to a point wherever it likes."},
      {"nothing changes": "The KL is the only term that knows the prior.",
       "posterior collapse": "Collapse is what a high price does."}))

# %%
from ipywidgets import FloatLogSlider


def start(p):
    model = VAE(latent=16, hidden=96)
    return train(model, data.x, steps=20_000, lr=p.lr, loss=lambda x, t: model.loss(x, beta=p.beta))


playground(start, views.two_terms_pull(valid.x), before=400,
           beta=(0.0, 20.0, 0.1), lr=FloatLogSlider(value=3e-3, base=10, min=-4, max=-1, step=0.1, readout_format=".1e"))

# %% [markdown]
# **What to try.** Play at β = 1: some bars stand, the rest lie at zero. A latent with a bar near zero carries nothing, it is
# *inactive*. Raise β to 20: bar after bar falls, and then all reconstructions are one image. That is **posterior
# collapse**: $q(z|x) = p(z)$ for every $x$. Lower β again: does it recover? Drag `lr` far to the right and see training break.

# %%
def kl_and_active(beta, steps=500):
    model = VAE(latent=8, hidden=96)
    for step in train(model, data.x, steps, lr=3e-3, loss=lambda x, t: model.loss(x, beta=beta)):
        pass
    with torch.no_grad():
        mu, log_sigma = model.encode(valid.x)
    each = (0.5 * (mu**2 + (2 * log_sigma).exp() - 1) - log_sigma).mean(0)     # (8,) nats a latent
    return each.sum().item(), (each > 0.1).sum().item()


table = {beta: kl_and_active(beta) for beta in (0.2, 1.0, 4.0, 20.0)}
for beta, (kl, active) in table.items():
    print(f"β = {beta:<4}: KL {kl:5.2f} nats, {active} of 8 latents active")
assert table[0.2][0] > table[1.0][0] > table[4.0][0]
assert table[20.0] < (0.5, 1)

# %% [markdown]
# ## 8 · Why VAE samples blur
#
# **Claim of the notes.** VAE samples are blurry.
#
# The cause is in the question that the decoder is asked. Say one code $z$ has to serve two images, $x = -1$ with probability
# $1 - w$ and $x = +1$ with probability $w$. The decoder answers one guess $c$ and pays the squared error.

# %%
def expected_error(c, w):                       # E (x − c)²
    return (1 - w) * (-1 - c)**2 + w * (1 - c)**2


stroke = torch.zeros(2, 1, 8, 8)
stroke[0, 0, 1:7, 1:3] = 16                     # x = −1: a stroke on the left
stroke[1, 0, 1:7, 5:7] = 16                     # x = +1: a stroke on the right

# %%
explore(toys.blur(expected_error, stroke), guess=(-1.5, 1.5, 0.05), weight=(0.0, 1.0, 0.05))

# %% [markdown]
# **What you see.** The cheapest guess lies between the two, where no image is. As a picture it is a ghost of both.
# **The best answer in squared error is the mean of what is possible**, and a mean of sharp images is blurred. The
# squared error is the log-likelihood of a Gaussian $p(x|z)$ of fixed width, so the ELBO asks the same question.

# %%
guesses = torch.linspace(-1, 1, 2001)
for w in (0.5, 0.7, 0.9):
    best = guesses[expected_error(guesses, w).argmin()]
    assert abs(best - (2 * w - 1)) < 1e-3       # the mean of x
print("the best guess is the mean, at w = 0.5, 0.7 and 0.9")

# %% [markdown]
# The same on digits. What we have shown as "samples" so far was the decoder's *mean*, and it is smooth. A real draw from the model adds the
# noise of $p(x|z)$, pixel by pixel. Which of the two is more honest?

# %%
with torch.no_grad():
    z = torch.randn(24, vae.latent)
    means, draws = vae.decode(z), vae.sample(24)
show(views.side_by_side((test.x[:24], "test images"), (means, "the decoder's means: smooth"), (draws, "full draws: noisy")))

# %%
def roughness(x):                               # mean squared step between neighbouring pixels
    return (x.diff(dim=3).square().mean() + x.diff(dim=2).square().mean()).item()


with torch.no_grad():
    means = vae.decode(torch.randn(500, vae.latent)).clamp(0, 16)
print(f"roughness: data {roughness(test.x):.1f}, decoder's means {roughness(means):.1f}, full draws {roughness(vae.sample(500)):.1f}")
assert roughness(means) < 0.95 * roughness(test.x)

# %% [markdown]
# The means are smoother than the data. The full draws are rough enough, but their roughness is independent noise, no pen stroke. What a latent $z$
# does not say, a factorised $p(x|z)$ cannot make up. So the notes' "MSE loss issues" is half of the reason. The other half
# is the independence of the pixels given $z$.

# %% [markdown]
# ## 9 · Tighter
#
# Can we get closer to $\log p(x)$ with the same $q$? Draw $K$ times and average the weights *inside* the logarithm
# (Burda et al., 2016):
#
# $$L_K = \mathbb E\left[\log \frac1K \sum_{k=1}^K \frac{p(x, z_k)}{q(z_k)}\right], \qquad z_k \sim q.$$
#
# $L_1$ is the ELBO. As $K$ grows, the average approaches $p(x)$, and Jensen has less to take. Here it is for the toy of section 4.

# %%
def bounds(k, repeats):                         # (repeats,) estimates of L_K for q = N(0, 0.6²)
    q = Normal(0.0, 0.6)
    z = q.sample((repeats, k))
    log_w = log_joint(z.flatten()).view(repeats, k) - q.log_prob(z)
    return log_w.logsumexp(1) - torch.tensor(float(k)).log()

# %%
explore(toys.tighter(log_px.item(), bounds), log2_k=(0, 8))

# %% [markdown]
# **What you see.** With one draw the estimates scatter far to the left. With many they gather at the orange line, and their mean
# rises towards it from below. A single estimate may exceed the line. The *mean* does not.

# %%
means = {k: bounds(k, 20_000).mean().item() for k in (1, 4, 16, 64)}
print(", ".join(f"L_{k} = {v:.3f}" for k, v in means.items()), f"; exact {log_px:.3f}")
assert means[1] < means[4] < means[16] < means[64] < log_px + 0.01

# %% [markdown]
# For the VAE nobody knows the exact value. But the bound still rises with $K$, so we learn that it was better than its
# ELBO said.

# %%
from lecture_utils.metrics import importance_weighted_bound

for k in (1, 10, 100):
    tight = -importance_weighted_bound(vae, test.x, k).mean()
    print(f"K = {k:>3}: at most {tight:.1f} nats an image")
assert tight < (vae.loss(test.x) - 1).item()

# %% [markdown]
# ## 10 · Your turn
#
# Each exercise has a stub that runs unanswered, and a check that says what is wrong.
#
# **Exercise 1.** Write $D_{KL}\big(\mathcal N(\mu, \operatorname{diag}\sigma^2)\,\|\,\mathcal N(0, I)\big)$, one number an image, from
# $\mu$ and $\log\sigma$. Start from one dimension: it is $\frac12(\mu^2 + \sigma^2 - 1 - \log\sigma^2)$.

# %% tags=["exercise"]
def my_kl(mu, log_sigma):              # (B, D), (B, D) -> (B,)
    ...


checks.gaussian_kl(my_kl)

# %% [markdown]
# <details><summary>Solution</summary> The next cell. Dimensions are independent, so their KLs add.</details>

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_kl(mu, log_sigma):
    return 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1)


checks.gaussian_kl(solved_kl)

# %% [markdown]
# **Exercise 2.** Build one draw of the ELBO from its pieces: draw $z$ with the given ε, ask `log_likelihood(x, z)` for
# $\log p(x|z)$, and use your KL.

# %% tags=["exercise"]
def my_elbo(x, mu, log_sigma, eps, log_likelihood):      # -> (B,)
    ...


checks.elbo_pieces(my_elbo)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_elbo(x, mu, log_sigma, eps, log_likelihood):
    z = mu + log_sigma.exp() * eps
    return log_likelihood(x, z) - solved_kl(mu, log_sigma)


checks.elbo_pieces(solved_elbo)

# %% [markdown]
# **Exercise 3.** Choose β so that a small VAE spends 5 ± 0.75 nats of KL an image after 500 steps. Section 7 printed
# a table to start from.

# %% tags=["exercise"]
my_beta = ...

checks.wanted_kl(my_beta, lambda beta: kl_and_active(beta)[0], target=5, tolerance=0.75)

# %% tags=["solution"] jupyter={"source_hidden": true}
solved_beta = 1.5

checks.wanted_kl(solved_beta, lambda beta: kl_and_active(beta)[0], target=5, tolerance=0.75)

# %% [markdown]
# ## Quiz

# %%
quiz(("The ELBO of an image equals $\\log p(x)$ exactly when",
      {"$q(z|x) = p(z|x)$": "Then the KL between them, which is the gap, is zero."},
      {"$q(z|x) = p(z)$": "Then the KL to the prior is zero. The gap is the KL to the posterior.",
       "the reconstruction is perfect": "The gap is about q and the posterior, not about pixels."}),
     ("Why is an autoencoder no generative model?",
      {"nothing makes its codes follow a known distribution": "So we do not know where to draw z, and nothing is trained between the codes."},
      {"its decoder is deterministic": "A decoder may be deterministic, as in a GAN, and still generate.",
       "its loss is a squared error": "A VAE may use that too, as a Gaussian likelihood."}),
     ("Half of the latents have a KL of zero. What does the decoder see of $x$ through them?",
      {"nothing": "There q(z|x) is the prior for every x, so that z is pure noise."},
      {"half of the pixels": "Latents are not assigned to pixels.",
       "all of it, without cost": "Information about x costs KL; at zero KL there is none."}),
     ("You raise $K$ in the importance-weighted bound. Which is true?",
      {"it rises towards $\\log p(x)$": "The average inside the logarithm varies less, so Jensen takes less."},
      {"it may pass $\\log p(x)$ for large $K$": "A single estimate may; the bound, its mean, never does.",
       "the model gets better": "The model is the same. We only measure it more tightly."}))

# %% [markdown]
# ## Summary
#
# - A latent variable model draws a cause $z$, then an effect $x$. Its density is an integral over all causes.
# - Blind integration fails as the dimension grows. A guess $q(z|x)$ of the posterior makes it feasible.
# - $\log p(x) = \mathrm{ELBO} + D_{KL}(q(z|x)\,\|\,p(z|x))$. The ELBO is reconstruction minus KL to the prior.
# - A VAE learns decoder and $q$ together. Its codes fill the prior, so it can generate.
# - Too high a price on the KL, and the latents collapse. A factorised decoder blurs.
#
# **Where the notes simplify**
# - "Maximise ELBO ⇒ maximise $\log p(x)$": not if $q$ is frozen (section 5).
# - "$z \sim \mathcal N(\mu, \sigma^2 I)$": the encoder gives one $\sigma$ *for each* dimension, $\operatorname{diag}\sigma^2$.
# - "Reconstruction quality" is a log-likelihood. It is the squared error only for a Gaussian of fixed width (section 8).
# - "Blurry: MSE loss issues": independent pixels given $z$ are the other half (section 8).
#
# **References.** Kingma and Welling, *Auto-Encoding Variational Bayes* (2014). Rezende, Mohamed and Wierstra, *Stochastic
# Backpropagation and Approximate Inference in Deep Generative Models* (2014). Higgins et al., *β-VAE* (2017). Burda, Grosse and
# Salakhutdinov, *Importance Weighted Autoencoders* (2016). Baldi and Hornik, *Neural Networks and Principal Component
# Analysis* (1989). The scans: Alpaydin and Kaynak, *Optical Recognition of Handwritten Digits*, UCI (1998).
#
# **Next:** why the draw $z = \mu + \sigma\odot\varepsilon$ lets gradients through: `03_reparameterization`.
