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
# # 3 · The reparameterization trick
#
# **How does a gradient get past a die?** In a VAE the encoder chooses $\mu$ and $\sigma$, then
# $z$ is drawn at random, then the loss is computed from $z$. To train the encoder we must know:
# had $\mu$ been a little larger, what would the loss have been? But $z$ would have been rolled
# again.
#
# After this notebook you can
# - say why no gradient passes a draw, and turn the randomness into an input, to which no
#   gradient has to flow,
# - write two estimators of the same gradient, and predict which one spreads more,
# - train a VAE by either, and see what the spread costs,
# - reparameterize other distributions, and say what to do where $z$ is a choice.
#
# It takes about 60 minutes and covers the reparameterization trick in §2 of the lecture notes.
# You need notebook 02, the chain rule and a little PyTorch.

# %%
import torch
from ipywidgets import FloatLogSlider
from lecture_utils import checks, explore, quiz, setup, show, show_source, watch
from lecture_utils.data import digits
from lecture_utils.views import reparameterization as views

setup(seed=0)
data, valid, test = digits()
show(views.die)

# %% [markdown]
# ## 1 · No gradient passes a roll of a die
#
# **Claim of the notes.** We cannot backpropagate through random sampling,
# $z \sim \mathcal N(\mu, \sigma)$. (We write the variance in the second place:
# $\mathcal N(\mu, \sigma^2)$.)
#
# Try it. The loss is $f(z) = (z - 1)^2$, and one number $z$ is drawn. PyTorch's distributions
# have a method `sample()`.

# %%
from torch.distributions import Normal


def f(z):
    return (z - 1)**2


mu, sigma = torch.tensor(0.5, requires_grad=True), torch.tensor(1.0, requires_grad=True)
z = Normal(mu, sigma).sample()
print(f"z = {z:.2f}; does it know where it came from? {z.requires_grad}")
try:
    f(z).backward()
except RuntimeError as error:
    print(f"backward() says: {error}")
assert not f(z).requires_grad and mu.grad is None

# %% [markdown]
# PyTorch refuses. Is that laziness? Ask what the number should be. A derivative compares the
# loss at $\mu$ with the loss at $\mu + h$. So roll at both, and compare.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("You move μ by h = 0.001 and roll again. The loss changes from 0.4 to 2.9. "
      "What is the derivative?",
      {"these two numbers cannot tell":
           "Nearly all of the change comes from the new roll, not from h."},
      {"about 2500": "That is the change over h. Roll once more, and it may be −1800.",
       "zero, since z is random":
            "The expected loss does depend on μ, so its derivative need not be zero."}),
     ("And if both rolls could use the same luck?",
      {"then the change comes from μ alone": "That is the idea of this notebook."},
      {"then the loss would not change": "z still moves with μ, only its luck stays.",
       "then z would not be random": "It is: the luck itself is drawn at random, once."}))

# %%
def average(mu, sigma, eps):  # mean of f over draws: mu (M,), eps (M, n) -> (M,)
    return f(mu[:, None] + sigma * eps).mean(1)


def expectation(mu, sigma):                       # E f(z) for z ~ N(μ, σ²), exactly
    return (mu - 1)**2 + sigma**2

# %%
explore(views.rolls(average, expectation),
        draws=(1, 32), sigma=(0.2, 2.0), pinned=False, roll=(1, 12))

h, at = 0.01, 0.5                                 # ten thousand differences, at σ = 1
first, second = torch.randn(2, 10_000, dtype=torch.float64)
fresh = (f(at + h + second) - f(at + first)) / h  # rolled again
pinned = (f(at + h + first) - f(at + first)) / h  # the same ε
print(f"fresh: spread {fresh.std():.0f}, mean {fresh.mean():.1f} ± {fresh.std() / 100:.1f}")
print(f"pinned: spread {pinned.std():.1f}, mean {pinned.mean():.2f};"
      f" exact derivative {2 * (at - 1):.2f}")
assert fresh.std() > 50 * pinned.std() and abs(pinned.mean() - (2 * (at - 1) + h)) < 0.1

# %% [markdown]
# **What you see.** With fresh noise for every $\mu$ the loss is a jagged line: its slope is
# chance. Switch `pinned` on: the same numbers ε serve every $\mu$, and the line is smooth. With
# few draws it is not the orange line: it is shifted, its lowest point lies elsewhere. Roll
# again a few times: it is shifted to the left or to the right. But it *has* a slope, and on
# average over the rolls that slope is the right one. Raise `draws`: the shift shrinks, and the
# smooth line comes closer to the orange one.
#
# ## 2 · Pin the noise
#
# **Claim of the notes.** Move the randomness to an input: $z = \mu + \sigma \odot \varepsilon$
# with $\varepsilon \sim \mathcal N(0, I)$. Now $z$ is differentiable in $\mu$ and $\sigma$.
#
# We call ε the *noise* of the draw. The distribution of $z$ is the same as before. But
# $\varepsilon$ does not depend on $\mu$ or $\sigma$, so it is a constant for autograd. What is
# left is a sum and a product, elementwise ($\odot$): each $z_i$ has its own $\mu_i$ and
# $\sigma_i$.

# %%
def draw(mu, sigma, eps):                         # the reparameterization
    return mu + sigma * eps


def slopes(mu, sigma, eps):                       # z, ∂z/∂μ and ∂z/∂σ of every draw, each (N,)
    # Each draw gets its own copy of μ and σ. Then the gradient of the sum is each draw's own
    # derivative.
    mu, sigma = (torch.full_like(eps, v, requires_grad=True) for v in (mu, sigma))
    z = draw(mu, sigma, eps)
    return z.detach(), *torch.autograd.grad(z.sum(), (mu, sigma))    # both slopes


explore(views.graph(slopes, f), mu=(-2.0, 2.0), sigma=(0.1, 2.0), eps=(-3.0, 3.0))

eps = torch.randn(1000)
z, to_mu, to_sigma = slopes(0.5, 1.3, eps)
print("first draws: ε =", eps[:3].numpy().round(3), " ∂z/∂σ =", to_sigma[:3].numpy().round(3))
# ∂z/∂μ = 1, ∂z/∂σ = ε
assert torch.equal(to_mu, torch.ones(1000)) and torch.equal(to_sigma, eps)

# %%
explore(views.straight_lines(slopes), mu=(-2.0, 2.0), sigma=(0.4, 2.0), roll=(1, 12))

mu, sigma = torch.tensor(0.5, requires_grad=True), torch.tensor(1.3, requires_grad=True)
state = torch.get_rng_state()
z = Normal(mu, sigma).rsample()  # PyTorch's name for it: r as in reparameterized
z.backward()
torch.set_rng_state(state)
eps = torch.randn(())                             # the same ε again
print(f"rsample() has a gradient: ∂z/∂μ = {mu.grad:.0f},"
      f" ∂z/∂σ = {sigma.grad:.3f} for ε = {eps:.3f}")
assert mu.grad == 1 and torch.isclose(sigma.grad, eps) and torch.isclose(z, 0.5 + 1.3 * eps)

# %% [markdown]
# **What you see.** Each draw keeps its ε and moves on a straight line. Along $\mu$ the lines
# are parallel. Along $\sigma$ they are a fan: the larger $|\varepsilon|$, the steeper, up for a
# positive ε, down for a negative one. Follow them to $\sigma = 0$: all meet in $\mu$. Roll
# again: other lines, but lines. The arrows are what autograd computes.
#
# In the VAE of notebook 02 the trick takes one line. Here is its method `terms` again: find the
# line.

# %%
from lecture_utils.models.vae import VAE, kl_to_standard_normal

show_source(VAE.terms)

# %% [markdown]
# There each part of $z$ has its own $\sigma$. A Gaussian whose parts move together is pinned in
# the same way: with a lower triangular matrix $L$, $z = \mu + L\varepsilon$ has the covariance
# $LL^\top$, and every number of $L$ gets its gradient. Check it on
# $\mathbb E[z_1 z_2] = \mu_1\mu_2 + (LL^\top)_{12}$.

# %%
L = torch.tensor([[1.0, 0.0], [0.8, 0.6]], requires_grad=True)
pair = torch.tensor([0.5, -1.0]) + torch.randn(400_000, 2) @ L.T      # μ + L ε, (N, 2)
by_draws, = torch.autograd.grad(pair.prod(1).mean(), L, retain_graph=True)
by_formula, = torch.autograd.grad((L @ L.T)[0, 1], L)
print("covariance of the draws:", pair.T.cov().detach().numpy().round(2).tolist(),
      " L Lᵀ:", (L @ L.T).detach().numpy().round(2).tolist())
assert (pair.T.cov() - L @ L.T).abs().max() < 0.02
assert (by_draws - by_formula).abs().max() < 0.02

# %% [markdown]
# ## 3 · Two estimators of one gradient
#
# Pinning is *one* way, not the only one. Let $f$ be any function, a loss or a reward. What we
# want is the derivative of an expectation, $\frac{d}{d\mu}\,\mathbb E_{z \sim q}[f(z)]$ with
# $q = \mathcal N(\mu, \sigma^2)$. That exists also where a single draw has none.
#
# **Pathwise.** Follow the draw: with $z = \mu + \sigma\varepsilon$, and the derivative taken
# inside the expectation,
# $$\frac{d}{d\mu} \mathbb E_\varepsilon[f(\mu + \sigma\varepsilon)]
#   = \mathbb E_\varepsilon\big[f'(z) \cdot 1\big].$$
#
# **Score function.** Let the draws stand still and change their probability: with
# $\frac{dq}{d\mu} = q\,\frac{d \log q}{d\mu}$,
# $$\frac{d}{d\mu} \int f(z)\, q(z)\, dz = \mathbb E_q\Big[f(z)\, \frac{d\log q(z)}{d\mu}\Big],
#   \qquad \frac{d\log q(z)}{d\mu} = \frac{z-\mu}{\sigma^2},
#   \qquad \frac{d\log q(z)}{d\sigma} = \frac{(z-\mu)^2 - \sigma^2}{\sigma^3}.$$
#
# The factor $\frac{d\log q}{d\mu}$ is called the *score*. It says in which direction $\mu$ must
# move to make this draw more likely, and $f$ says how much we want that. This estimator never
# needs $f'$. In reinforcement learning it is called REINFORCE. The score has mean zero:
# $\mathbb E_q[\frac{d}{d\mu}\log q] = \frac{d}{d\mu}\int q\,dz = \frac{d}{d\mu} 1 = 0$.
#
# Below are both, one number per draw, and four functions with their exact derivative.

# %%
def pathwise(f, mu, sigma, eps):                  # (N,) -> (N,)
    mu = torch.full_like(eps, mu, requires_grad=True)
    return torch.autograd.grad(f(draw(mu, sigma, eps)).sum(), mu)[0]


def score(f, mu, sigma, eps, b=0.0):              # b: a baseline, for later
    z = draw(mu, sigma, eps)
    return (f(z) - b) * (z - mu) / sigma**2


# %%
phi = Normal(0.0, 1.0)
cases = {                                         # name: (f, dE/dμ)
    "z²": (lambda z: z**2, lambda mu, sigma: 2 * mu),
    "sin 3z": (lambda z: torch.sin(3 * z),
               lambda mu, sigma: 3 * torch.cos(3 * mu) * torch.exp(-4.5 * sigma**2)),
    "|z|": (lambda z: z.abs(), lambda mu, sigma: 2 * phi.cdf(mu / sigma) - 1),
    "step: z > 0": (lambda z: (1 + z.sign()) / 2,
                    lambda mu, sigma: phi.log_prob(mu / sigma).exp() / sigma)}

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("f(z) = z². You add 100 to f everywhere. What happens to the two estimates?",
      {"only the score function spreads more":
           "It multiplies f itself by the score; f' does not see a constant."},
      {"both spread more": "The slope f' is the same as before.",
       "the score function is biased now":
            "The score has mean zero, so a constant adds zero on average."}),
     ("f is a step: 0 below zero, 1 above. Which estimator still works?",
      {"the score function": "It asks for values of f only."},
      {"the pathwise one": "Its f' is zero wherever it looks: it always answers 0.",
       "none: f has no derivative":
            "The expectation has one, and the score function finds it."}))

# %%
explore(views.two_estimators(cases, pathwise, score),
        f=list(cases), mu=(-2.0, 2.0), sigma=(0.2, 2.0), log2_draws=(0, 6))

eps = torch.randn(400_000)
at = torch.tensor(0.7), torch.tensor(0.9)
for name, (function, derivative) in cases.items():
    exact, row = derivative(*at), []
    for estimate in (pathwise, score):
        g = estimate(function, *at, eps)
        error = g.std() / len(g)**0.5                              # standard error of the mean
        row.append(f"{g.mean():.3f} (s.e. {error:.3f})")
        if estimate is score or name != "step: z > 0":
            assert abs(g.mean() - exact) < 5 * error
    print(f"{name:12} exact {exact:.3f}, pathwise {row[0]}, score function {row[1]}")
assert (pathwise(cases["step: z > 0"][0], *at, eps) == 0).all()    # wrong, without any spread

mu, sigma = at                                    # and d/dσ E z² = 2σ, by the score for σ
to_sigma = draw(mu, sigma, eps)**2 * (eps**2 - 1) / sigma
assert abs(to_sigma.mean() - 2 * sigma) < 5 * to_sigma.std() / len(eps)**0.5

# %% [markdown]
# **What you see.** For $z^2$ both histograms have the same mean, the vertical line. In the
# titles, ± is the standard deviation of one estimate: the score function's is much larger, and
# some of its estimates lie outside the picture. (Below the picture, s.e. is the standard error
# of a mean over 400,000.) Raise `log2_draws` to $k$: each estimate averages $2^k$ draws, and
# both narrow by about $\sqrt{2^k}$. For $z^2$ at $\mu = 1$ make $\sigma$ small: below 0.5 the
# score function spreads more and more, since $f(\mu) \neq 0$ is multiplied by the score
# $\varepsilon/\sigma$. The pathwise one spreads less and less.
#
# Choose the step: the pathwise estimator answers 0 every time, and is wrong. It needs an $f$
# that is *continuous*, with a slope almost everywhere that accounts for all its change: a kink,
# as in $|z|$, does no harm, a jump does. Choose sin 3z: now the
# *pathwise* one spreads more, unless $\sigma$ is small. Remember that for exercise 3.
#
# For $f = z^2$ the spread can be computed. Insert $z = \mu + \sigma\varepsilon$ and the moments
# of ε: $\mathbb E\,\varepsilon^2 = 1$, $\mathbb E\,\varepsilon^4 = 3$,
# $\mathbb E\,\varepsilon^6 = 15$. The pathwise estimate $2z$ has the variance $4\sigma^2$. The
# score function's $z^2 \varepsilon / \sigma$ has
#
# $$\mathrm{Var} = \frac{\mu^4}{\sigma^2} + 14\,\mu^2 + 15\,\sigma^2 .$$

# %%
def pathwise_variance(mu, sigma):
    return 4 * sigma**2


def score_variance(mu, sigma, b=0.0):             # b, a baseline, comes in the next cell
    change = (b**2 - 2 * b * (mu**2 + 3 * sigma**2)) / sigma**2
    return mu**4 / sigma**2 + 14 * mu**2 + 15 * sigma**2 + change


square = cases["z²"][0]
for mu, sigma in ((1.0, 0.2), (1.0, 1.0), (0.0, 1.0)):
    measured = score(square, mu, sigma, eps).var() / pathwise(square, mu, sigma, eps).var()
    ratio = score_variance(mu, sigma) / pathwise_variance(mu, sigma)
    print(f"μ = {mu}, σ = {sigma}: variance ratio {measured:.2f} measured,"
          f" {ratio:.2f} by formula")
    assert abs(measured / ratio - 1) < 0.08
    assert ratio >= 15 / 4

# %% [markdown]
# For $z^2$ the ratio is never below $15/4$: divide the formula by $4\sigma^2$, and the first
# two terms are never negative.
#
# **A baseline** can help. The score has mean zero, so we may subtract any constant $b$ from
# $f$: the mean of the estimate stays, its variance changes by
# $\big(b^2 - 2b\,\mathbb E[z^2\varepsilon^2]\big)/\sigma^2$ with
# $\mathbb E[z^2\varepsilon^2] = \mu^2 + 3\sigma^2$. Which $b$ is best? Drag `b`.

# %%
explore(views.baseline(square, score, score_variance, pathwise_variance),
        b=(-4.0, 12.0), mu=(-1.5, 1.5), sigma=(0.3, 1.5))

mu, sigma = 1.0, 1.0
best = mu**2 + 3 * sigma**2                       # where the parabola is lowest
for name, b in {"none": 0.0, "mean of f": mu**2 + sigma**2, "best": best}.items():
    g = score(square, mu, sigma, eps, b)
    wanted = score_variance(mu, sigma, b)
    print(f"b = {b:.0f}, {name:9}: mean {g.mean():.2f},"
          f" variance {g.var():.1f} ({wanted:.0f} by formula)")
    assert abs(g.mean() - 2 * mu) < 5 * g.std() / len(g)**0.5
    assert abs(g.var() / wanted - 1) < 0.08
assert abs(score_variance(mu, sigma, best) - (8 * mu**2 + 6 * sigma**2)) < 1e-9

# %% [markdown]
# **What you see.** The variance is a parabola in $b$. It is lowest at $b = \mu^2 + 3\sigma^2$:
# not the mean of $f$, which is $\mu^2 + \sigma^2$, but the mean weighted with $\varepsilon^2$,
# since far draws count more. The plain mean is easier to get, and helps too. Even the best $b$
# leaves $8\mu^2 + 6\sigma^2$, and the pathwise estimator has $4\sigma^2$.
#
# Now let $z$ have $D$ dimensions, with $\mu = 0$, $\sigma = 1$ and $f = \sum_i z_i^2$, and ask
# for the derivative with respect to $\mu_1$. The pathwise estimate is still $2 z_1$. The score
# function's is $f(z)\,z_1$: one number $f$ must tell which of $D$ directions was good. Its mean
# is 0. Its variance is $\mathbb E[f^2 z_1^2] = \mathbb E[f^3]/D = (D+2)(D+4)$, since all $z_i$
# are alike and $f$ is $\chi^2$ with $D$ degrees of freedom. With the best baseline,
# $b = D + 2$, it is $2(D + 2)$.

# %%
for D in (1, 4, 16, 64):
    z = torch.randn(60_000, D)
    f_z = z.square().sum(1)
    plain, with_b = (f_z * z[:, 0]).var().item(), ((f_z - D - 2) * z[:, 0]).var().item()
    print(f"D = {D:2}: pathwise {(2 * z[:, 0]).var():.2f},"
          f" score function {plain:6.1f} ({(D + 2) * (D + 4)}),"
          f" with baseline {with_b:5.1f} ({2 * (D + 2)})")
    assert abs(plain / ((D + 2) * (D + 4)) - 1) < 0.15
    assert abs(with_b / (2 * (D + 2)) - 1) < 0.15

# %% [markdown]
# Without a baseline the variance grows like $D^2$. With the best one it still grows like $D$:
# for the derivative with respect to $\mu_1$ all other $z_i$ are noise. In brackets are the
# formulas.
#
# ## 4 · A VAE by both
#
# What does the spread cost? Train the VAE of notebook 02, a small one, by three estimators at
# equal steps: pathwise, score function, and score function with a baseline. Here
# $f(z) = \log p(x|z)$ is a reward. It is about −100 nats, so the baseline matters: for each
# image it is the mean over the *other* images of the batch, which do not know this image's
# draw. Now $\sigma$ is learned, too; autograd computes the scores for $\mu$ and $\sigma$ from
# $\log q$. The KL and its gradient are exact in all three.
#
# A trick in the last lines: $\log q$ minus `log_q.detach()` is zero, but its gradient is the
# score. So the loss has the value of one draw of $-\mathrm{ELBO}$, and its gradient is the
# score-function estimate.

# %%
def score_loss(model, x, baseline=False):  # −ELBO, with the score function's gradient
    mu, log_sigma = model.encode(x)
    q = Normal(mu, log_sigma.exp())
    z = q.sample()                                           # (B, D): no gradient
    f = model.log_likelihood(x, z)  # (B,): its gradient trains the decoder
    log_q = q.log_prob(z).sum(1)
    b = (f.sum() - f) / (len(f) - 1) if baseline else 0      # (B,): the mean of the others
    surrogate = (f - b) * (log_q - log_q.detach())           # zero, but not its gradient
    return (kl_to_standard_normal(mu, log_sigma).sum(1) - f - surrogate).mean()


losses = {"pathwise": lambda model, x: model.loss(x),        # z = μ + σ ε inside
          "score function": lambda model, x: score_loss(model, x),
          "with baseline": lambda model, x: score_loss(model, x, baseline=True)}

# %% [markdown]
# How large is the spread of the encoder's gradient? Compute two losses $a, b$ on the same
# images with fresh noise, and their gradients $g_a, g_b$ with respect to the encoder's weights.
# Then $\mathbb E\,\frac12\|g_a - g_b\|^2$ is the variance, summed over those weights. It is
# measured in each step, and $a$ trains. The three estimators start from the same weights, three
# times.

# %%
from copy import deepcopy
from lecture_utils.train import together, train


def encoder_variance(a, b, model):                # of two losses on the same images
    difference = torch.autograd.grad(a - b, list(model.encoder.parameters()), retain_graph=True)
    return sum(g.square().sum() for g in difference).item() / 2


def training(name, model):
    model.variance = []

    def loss(x):
        a, b = losses[name](model, x), losses[name](model, x)
        model.variance.append(encoder_variance(a, b, model))
        return a

    return train(model, data.x, steps=200, batch=50, lr=3e-3, loss=loss)

# %%
starts = [VAE(latent=4, hidden=64, dropout=0.0) for _ in range(3)]
models = {name: [deepcopy(start) for start in starts] for name in losses}
watch(together({name: [training(name, model) for model in models[name]] for name in losses}),
      views.estimator_race(valid.x))
# %%
with torch.no_grad():
    nats = {name: [-m.elbo(valid.x).mean().item() for m in models[name]] for name in losses}
for name, values in nats.items():
    print(f"{name:15} −ELBO {min(values):.1f} to {max(values):.1f} nats")
assert max(nats["pathwise"]) < min(nats["with baseline"])
assert max(nats["with baseline"]) < max(nats["score function"])

# %%
def spread_at(name, model, times=20):  # of each estimator at the *same* weights and images
    loss = losses[name]
    pairs = [(loss(model, data.x[:50]), loss(model, data.x[:50])) for _ in range(times)]
    return sum(encoder_variance(a, b, model) for a, b in pairs) / times


at_end = {name: spread_at(name, models["pathwise"][0]) for name in losses}
for name, value in at_end.items():
    print(f"{name:15} variance {value:10.0f},"
          f" {value / at_end['pathwise']:6.0f} times the pathwise one")
assert at_end["score function"] > 300 * at_end["pathwise"]
assert at_end["with baseline"] > 10 * at_end["pathwise"]

# %% [markdown]
# **What you see.** The lines are medians, the bands the range of three starts. For the first
# steps all three are nearly alike: the decoder learns what all images share, and its gradient
# does not pass the draw, so it is the same in all three. Then the encoder is needed. The
# pathwise VAE pulls away, the one with a baseline follows. Without a baseline the encoder hears
# mostly noise: its reconstructions are almost the same blurred image for every $x$. The
# variance tells why; its axis is logarithmic. There each estimator is measured on its own VAE.
# The table below the picture measures all three on the trained pathwise VAE, where the gap is
# larger still.
#
# ## 5 · Beyond the Gaussian
#
# Which other distributions can be pinned? A general recipe: let $u$ be uniform on $(0, 1)$ and
# put $z = F^{-1}(u)$, where $F$ is the distribution function of $z$. Then
# $P(z \le t) = P(u \le F(t)) = F(t)$, as wanted. The noise is $u$, and the parameters are in
# $F^{-1}$.
#
# | | $F^{-1}(u)$ |
# |---|---|
# | exponential with mean $b$ | $-b \log(1 - u)$ |
# | logistic with scale $b$ | $b\,\log\frac{u}{1 - u}$ |
# | Laplace with scale $b$ | exercise 2; until then PyTorch's |
# | a choice among $-1, 0, 1$ | a staircase |
#
# The last one is a *discrete* $z$ with $p = \mathrm{softmax}(-b, 0, b)$. Its $F$ jumps, so
# $F^{-1}(u)$ is the first $z$ with $F(z) \ge u$.

# %%
from torch.distributions import Laplace

values = torch.tensor([-1.0, 0.0, 1.0])


def edges(b):  # where the staircase steps up: p₁ and p₁ + p₂, (N, 2)
    return (b[:, None] * values).softmax(1).cumsum(1)[:, :2]


inverse_cdf = {                                   # u (N,), b (N,) -> z (N,)
    "exponential": lambda u, b: -b * torch.log1p(-u),
    "logistic": lambda u, b: b * (u / (1 - u)).log(),
    "Laplace": lambda u, b: Laplace(0.0, b).icdf(u),
    # how many edges lie below u?
    "a choice": lambda u, b: values[(u[:, None] > edges(b)).sum(1)]}
cdf = {                                           # z (N,), b a number -> F(z) (N,)
    "exponential": lambda z, b: 1 - torch.exp(-z.clamp(min=0) / b),
    "logistic": lambda z, b: torch.sigmoid(z / b),
    "Laplace": lambda z, b: Laplace(0.0, b).cdf(z),
    "a choice": lambda z, b: (z[:, None] >= values).float() @ (b * values).softmax(0)}

# %%
def quantile(name, u, b):                         # z and ∂z/∂b of every draw, each (N,)
    b = torch.full_like(u, b, requires_grad=True)
    z = inverse_cdf[name](u, b)
    if not z.requires_grad:
        return z, torch.zeros_like(u)
    return z.detach(), torch.autograd.grad(z.sum(), b)[0]

# %%
from lecture_utils.live import Point
from scipy import stats

explore(views.inverse_cdf(quantile, cdf), distribution=list(cdf), b=(0.5, 1.5),
        u=Point(views.unit_interval, at=(0, 0.7), names=(None, "u"), size=(1.7, 4.6)))

u = ((torch.arange(10_000) + torch.rand(10_000)) / 10_000).clamp(1e-6, 1 - 1e-6)
for name, known in zip(cdf, (stats.expon, stats.logistic, stats.laplace)):
    z, to_b = quantile(name, u, 1.5)              # one u in each of ten thousand equal bins
    ks = stats.kstest(z.numpy(), known(scale=1.5).cdf)  # Kolmogorov and Smirnov compare with F
    print(f"{name:11}: largest difference to F {ks.statistic:.5f}; ∂z/∂b = z/b")
    assert ks.statistic < 3 / len(u) and torch.allclose(to_b, z / 1.5, atol=1e-5)

# %% [markdown]
# **What you see.** Drag $u$ up and down its axis, evenly: $z$ lingers where $F$ is steep, for
# there the density is high. The green ticks are sixty uniform numbers, the blue ones below are
# the same sixty as $z$. Change $b$: for the first three, $z$ slides, and the title's
# $\partial z/\partial b$ says how fast. They are *scale families*: $z = b \cdot F_1^{-1}(u)$,
# with slope $F_1^{-1}(u) = z/b$. For the Gaussian that slope was ε.
#
# Now take "a choice": its density is three spikes, cut off in the picture. As you drag $u$, $z$
# jumps. Between the jumps nothing moves, so the slope is 0. But the expectation does move with
# $b$.

# %%
b = torch.tensor(1.0, requires_grad=True)
p = (b * values).softmax(0)
exact, = torch.autograd.grad(p @ values, b)                # E z, by adding up three terms
u, h = torch.rand(1_000_000), 0.01                         # pinned
before, after = (inverse_cdf["a choice"](u, torch.full_like(u, at)) for at in (1.0, 1.0 + h))
change = (after - before) / h
print(f"d E[z]/db = {exact:.3f}; pinned differences: {(change == 0).float().mean():.1%} are 0,"
      f" their mean is {change.mean():.2f}, their spread {change.std():.1f}")
assert exact > 0.4 and (change == 0).float().mean() > 0.99
assert abs(change.mean() - exact) < 5 * change.std() / len(u)**0.5 + 0.1 * h

# %% [markdown]
# **A discrete $z$ can be pinned, but then it is a step function of the parameters.** The rare
# jumps carry the whole derivative, and autograd looks between them, where the slope is 0. The
# score function still works. Is there another way?
#
# **Gumbel-max.** Let $\ell_k$ be logits and $g_k = -\log(-\log u_k)$ independent *Gumbel*
# noise. Then $\arg\max_k (\ell_k + g_k)$ equals $k$ with probability
# $\mathrm{softmax}(\ell)_k$. Why: $e^{-(\ell_k + g_k)} = -\log u_k / e^{\ell_k}$ is the waiting
# time of a clock that rings at the rate $e^{\ell_k}$, and the chance to ring first is
# proportional to the rate.
#
# **Gumbel-softmax.** What jumps now is the argmax. Replace it by a soft one, with a temperature
# τ:
#
# $$y = \mathrm{softmax}\big((\ell + g)/\tau\big).$$
#
# For $\tau \to 0$ it is the hard choice. For $\tau > 0$ it is differentiable, and *not* what we
# wanted: a mixture of choices. Its gradient has a bias. How large, and what does a small τ
# cost?
#
# (The score function needs no soft choice: with the hard one as a one-hot vector $y$, the score
# is $y - \mathrm{softmax}(\ell)$.)

# %%
logits = torch.tensor([0.5, 0.0, -1.0])


def gumbel(*shape):
    return -(-torch.rand(shape).log()).log()


def gumbel_softmax(logits, g, tau):
    return ((logits + g) / tau).softmax(-1)


def choice_loss(y):  # of a hard or a soft choice, (..., 3) -> (...)
    return (y @ values - 0.4)**2

# %%
def soft_gradients(tau, g):                       # d f(y)/dℓ of every draw, (N, 3)
    own = logits.expand_as(g).clone().requires_grad_()
    return torch.autograd.grad(choice_loss(gumbel_softmax(own, g, tau)).sum(), own)[0]


def hard(g):                                      # Gumbel-max, as a one-hot vector
    return torch.nn.functional.one_hot((logits + g).argmax(-1), 3).float()


def hard_gradients(g):                            # f (y − p), the score function's, (N, 3)
    y = hard(g)
    return choice_loss(y)[:, None] * (y - logits.softmax(0))

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("You lower the temperature τ. What happens to the gradient of f(y)?",
      {"less bias, more variance":
           "y comes closer to a hard choice, whose slope is zero or enormous."},
      {"less bias, less variance":
           "Then everybody would take τ = 0, where there is no gradient at all.",
       "more bias, less variance": "That is what a higher τ does."}),
     ("You can average over very many draws. Which τ is best then?",
      {"a small one": "Averaging removes the variance; the bias stays."},
      {"a large one": "A large τ has a small variance, but averaging would have removed that.",
       "it makes no difference": "The bias depends on τ, and no number of draws removes it."}))

# %%
own = logits.clone().requires_grad_()
# by adding up three terms
exact, = torch.autograd.grad(own.softmax(0) @ (values - 0.4)**2, own)
g, taus = gumbel(100_000, 3), torch.logspace(-1, 1, 21).tolist()
draws = [soft_gradients(tau, g) for tau in taus]
bias = [(d.mean(0) - exact).norm().item() for d in draws]
spread = [d.var(0).sum().sqrt().item() for d in draws]
unbiased = hard_gradients(g)
score_spread = unbiased.var(0).sum().sqrt().item()
explore(views.gumbel(lambda tau: gumbel_softmax(logits, g[:300], tau),
                     (taus, bias, spread, score_spread)),
        tau=FloatLogSlider(value=1.0, min=-1, max=1), log2_draws=(0, 14))

share = hard(g).mean(0)
print("Gumbel-max chooses with", share.numpy().round(3),
      "softmax says", logits.softmax(0).numpy().round(3))
print(f"bias: {bias[3]:.3f} at τ = {taus[3]:.2f}, {bias[15]:.3f} at τ = {taus[15]:.2f}")
print(f"standard deviation: {spread[3]:.2f} and {spread[15]:.2f};"
      f" score function {score_spread:.2f}")
assert (share - logits.softmax(0)).abs().max() < 5 * 0.5 / len(g)**0.5
assert ((unbiased.mean(0) - exact).abs() < 5 * unbiased.std(0) / len(g)**0.5).all()
assert bias[15] > 4 * bias[3] and spread[3] > 2 * spread[15]

# %% [markdown]
# **What you see.** The triangle shows 300 soft choices, coloured by the hard choice that each
# softens. At a high temperature the points crowd in the middle: every point mixes all
# three values. Lower τ, and they move to the corners. On the right is the price, as an error of
# the gradient; the grey bar is your τ, and the best τ is where the dashed line is lowest. With
# one draw the best τ is near one: its small spread is worth its bias. Raise `log2_draws`: the
# blue line falls, the bias stays, and the best τ moves left. From some number of draws on, the
# score function wins over every τ of the picture, for it has no bias. That is one choice. In a
# model with many, each one's score is multiplied with the loss of all, as in section 4; the
# slope of a soft choice is not.
#
# **Straight-through.** What if the model must see a hard choice? Go forward with the hard $y$,
# and backward with the slope of the soft one, as if the argmax were not there.

# %%
def straight_through(tau, g):                     # d f(y)/dℓ of every draw, (N, 3)
    own = logits.expand_as(g).clone().requires_grad_()
    soft = gumbel_softmax(own, g, tau)
    y = hard(g) + (soft - soft.detach())          # its value is hard, its slope is soft's
    return torch.autograd.grad(choice_loss(y).sum(), own)[0]


for i in (3, 10, 15):
    through = straight_through(taus[i], g)
    off = (through.mean(0) - exact).norm().item()
    error = (through.var(0).sum() / len(g)).sqrt().item()
    print(f"τ = {taus[i]:.2f}: bias {off:.3f} straight through, {bias[i]:.3f} soft")
    assert off > 5 * error                        # it is biased, whatever the number of draws

# %% [markdown]
# Straight-through is biased at each of these temperatures, and here not more than the soft
# choice: its slope belongs to another function than its value. The model sees a hard choice, at
# that price.
#
# ## 6 · Your turn
#
# Replace each `...`, run the cell, and read what the check says. The folded cell after it holds
# a solution.
#
# **1.** Write the reparameterization as a VAE uses it, from $\log\sigma$.
#
# **2.** Write a sampler for the Laplace distribution with mean $\mu$ and scale $b$ from uniform
# numbers $u$. (The check accepts PyTorch's `icdf` as well; it is the solving that teaches.) Its
# distribution function is $F(z) = \frac12 e^{(z-\mu)/b}$ below $\mu$, and $1 - \frac12
# e^{-(z-\mu)/b}$ above. Solve $u = F(z)$ for $z$.
#
# **3.** For $f = \sin 3z$ at $\mu = 0$: at which σ do both estimators have the same variance?
# There is one such σ. Look for it with the sliders of section 3, or by bisection:
# `variances(sigma)` measures both, with pinned noise.

# %% tags=["exercise"]
def my_reparameterize(mu, log_sigma, eps):        # (B, D) each -> (B, D)
    ...


checks.reparameterize(my_reparameterize)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_reparameterize(mu, log_sigma, eps):
    return mu + log_sigma.exp() * eps


checks.reparameterize(solved_reparameterize)

# %% tags=["exercise"]
def my_laplace(u, mu, b):                         # (N,) each -> (N,)
    ...


checks.laplace_sampler(my_laplace)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_laplace(u, mu, b):
    return mu + torch.where(u < 0.5, b * (2 * u).log(), -b * (2 * (1 - u)).log())


checks.laplace_sampler(solved_laplace)

# %% tags=["exercise"]
def variances(sigma):                             # pathwise, score function
    f = cases["sin 3z"][0]
    return [g(f, 0.0, sigma, pinned_eps).var().item() for g in (pathwise, score)]


pinned_eps = torch.randn(200_000)
my_sigma = ...

checks.equal_variances(my_sigma, variances)

# %% tags=["solution"] jupyter={"source_hidden": true}
low, high = 0.1, 2.0
while high - low > 1e-4:
    middle = (low + high) / 2
    low, high = (middle, high) if variances(middle)[0] < variances(middle)[1] else (low, middle)

checks.equal_variances(low, variances)

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("What does reparameterization change about z?",
      {"how it is made, not its distribution": "z = μ + σ ε has the same density as before."},
      {"its distribution, so that it has a gradient": "The density is the same N(μ, σ²).",
       "it is no longer random": "ε is as random as ever; it only enters from outside."}),
     ("Why does the VAE not use the score function?",
      {"its gradient spreads too much":
           "Same mean, far larger variance, even with a baseline."},
      {"it would give a wrong gradient": "Its mean is right. You checked that.",
       "it needs f to be differentiable":
            "The other one does. The score function needs f only."}),
     ("z is Gaussian. The loss counts the errors that a program makes on input z. "
      "Which estimator?",
      {"score function, with a baseline":
           "A count is a step function: its slope is zero or undefined."},
      {"pathwise": "A count has no useful slope: the answer would be 0.",
       "Gumbel-softmax":
            "It softens a discrete z. Here z is continuous, and it is f that jumps."}),
     ("A gradient estimate has a small variance. Is its error small, too?",
      {"perhaps not: it may have a bias":
           "The pathwise slope of a step has variance zero, and is wrong."},
      {"yes": "Only if the estimator is unbiased.",
       "no": "It may well be: pathwise on z² has a small variance and no bias."}))

# %% [markdown]
# ## Summary
#
# - A draw has no derivative. Its *expectation* has one, and so has the draw with its noise
#   pinned.
# - $z = \mu + \sigma\odot\varepsilon$ has $\partial z/\partial\mu = 1$ and
#   $\partial z/\partial\sigma = \varepsilon$. The distribution of $z$ is unchanged.
# - Pathwise and score function estimate the same gradient. The first needs the slope of a
#   continuous $f$. The second needs only the values of $f$. It usually spreads far more, and
#   the more so the more dimensions $z$ has. A good baseline helps, without bias.
# - An inverse distribution function reparameterizes other continuous distributions. For a
#   discrete $z$ there is the score function, or a soft choice at the price of a bias.
#
# **Where the notes simplify**
# - "Cannot backpropagate through random sampling": not through a *sample*. The gradient of the
#   expectation exists, and the score function finds it without any reparameterization (section
#   3).
# - "$z \sim \mathcal N(\mu, \sigma)$": the second parameter of $\mathcal N$ is the variance
#   elsewhere in the notes. Here σ is the standard deviation.
# - "Now differentiable": $z$ is. The loss must be continuous, too: for a step function the
#   trick returns 0 (section 3).
# - The trick is not tied to the Gaussian, and a discrete $z$ gets no useful gradient from it
#   (section 5).
#
# **References.** Kingma and Welling, *Auto-Encoding Variational Bayes* (2014). Rezende, Mohamed
# and Wierstra, *Stochastic Backpropagation and Approximate Inference in Deep Generative Models*
# (2014). Williams, *Simple Statistical Gradient-Following Algorithms for Connectionist
# Reinforcement Learning* (1992). Mnih and Gregor, *Neural Variational Inference and Learning in
# Belief Networks* (2014), for baselines. Jang, Gu and Poole, *Categorical Reparameterization
# with Gumbel-Softmax* (2017). Maddison, Mnih and Teh, *The Concrete Distribution* (2017).
# Mohamed et al., *Monte Carlo Gradient Estimation in Machine Learning* (2020).
#
# **Next.** A generator that is trained without any likelihood: notebook 04.
