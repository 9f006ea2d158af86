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
# # 6 · Diffusion
#
# **Can one learn to create by learning to clean?** To ruin an image is easy: add a little
# noise, again and again, until nothing is left. A *diffusion model* learns the way back, one
# small step at a time. Each step is a modest task, to take a little noise away. But the chain
# of them begins with nothing but noise.
#
# After this notebook you can
# - noise data to any time in one jump, and say when what is left is really noise,
# - say exactly what the network is trained to predict, in three units,
# - write the loss and the steps of DDPM and of DDIM,
# - read a denoiser as a score, and use it for Langevin dynamics,
# - bound $\log P$ of an image, steer samples by labels, and fill in what is missing,
# - say why a perfect denoiser would be a useless one.
#
# It takes about 100 minutes and covers §5 of the lecture notes. You need Gaussians, and for
# section 7 the bound of notebook 02. `log` is the natural logarithm.

# %%
import numpy as np
import torch
from lecture_utils import checks, explore, fit, one_cycle, playground, quiz, setup, show, watch
from lecture_utils.data import checkerboard, digits, drawn, moons, ring, two_gaussians
from lecture_utils.models.chains import cosine, langevin, linear, reverse
from lecture_utils.views import diffusion as views

setup(seed=0)
show(views.there_and_back(digits().test.x[[2, 8, 17]], cosine(200)))

# %% [markdown]
# ## 1 · Forward: from data to noise
#
# **Claim of the notes.** Gradually add noise: $x_0 \to x_1 \to \dots \to x_T \sim \mathcal
# N(0, I)$.
#
# One step shrinks $x$ a little and adds fresh noise of variance $\beta_t$, so that what had
# variance 1 keeps it:
#
# $$x_t = \sqrt{1-\beta_t}\;x_{t-1} + \sqrt{\beta_t}\;\eta_t, \qquad \eta_t \sim \mathcal N(0,
# I).$$
#
# Do we have to go step by step? Sums of Gaussians are Gaussian. With $\bar\alpha_t =
# \prod_{s \le t} (1-\beta_s)$ one jump does it:
#
# $$x_t = \sqrt{\bar\alpha_t}\;x_0 + \sqrt{1-\bar\alpha_t}\;\varepsilon, \qquad \varepsilon
# \sim \mathcal N(0, I).$$
#
# $\bar\alpha_t$ says how much of the data's variance is left. A *schedule* is the list of
# them.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("x has mean 3 and variance 1. After very many steps, what are they?",
      {"mean 0, variance 1": "The mean shrinks in each step; the variance 1 is kept."},
      {"mean 3, and a huge variance": "So it would be without shrinking.",
       "mean 0, variance 0": "Fresh noise comes in with every step."}),
     ("x_0 is a digit. Is x_t, at a middle t, drawn from a Gaussian?",
      {"given x_0, yes; over all digits, no": "It is a mixture: one Gaussian for every digit."},
      {"yes, noise is Gaussian": "The noise is; the digits that it is added to are not.",
       "no, never": "Given x_0 it is √ᾱ x_0 plus Gaussian noise."}))

# %%
from itertools import count, pairwise

weights, means, width = (torch.tensor(v, dtype=torch.float64)
                         for v in ([0.7, 0.3], [-1.0, 1.5], 0.3))


def humps(a):                                     # of x_t, if ᾱ_t = a: they stay Gaussian
    return torch.distributions.Normal(a.sqrt() * means, (a * width**2 + 1 - a).sqrt())


def log_p(x, a):                                  # log density of x_t, (N,)
    return (humps(a).log_prob(x[:, None]) + weights.log()).logsumexp(1)


def draw(n):                                      # of x_0
    return means[torch.multinomial(weights, n, True)] + width * torch.randn(n).double()


def step_by_step(x, alpha_bar):                   # yields x_0, x_1, …, x_T
    yield x
    for before, after in pairwise(alpha_bar):
        beta = 1 - after / before
        x = (1 - beta).sqrt() * x + beta.sqrt() * torch.randn_like(x)
        yield x


def in_one_jump(x_0, a, eps):                     # x_t, if ᾱ_t = a
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps


data, valid, test = digits()

# %%
mean_image = data.x.mean(0)
starts = draw(10_000), ring().sample(150), (test.x[3] - mean_image).flatten() / 6
schedules = {"cosine": cosine(200), "linear": linear(200, 5e-4, 0.1),
             "stops early": linear(200, 5e-4, 5e-3)}
schedules = {name: alpha_bar.double() for name, alpha_bar in schedules.items()}
walks = {name: [list(step_by_step(x, alpha_bar)) for x in starts]
         for name, alpha_bar in schedules.items()}
explore(views.forward(walks, schedules, log_p, mean_image), time=(0, 200), schedule=list(walks))

# %%
def gap(x, a):                                    # of x's distribution function to that of x_t
    x = x.sort().values
    wanted = humps(a).cdf(x[:, None]) @ weights
    return (wanted - (torch.arange(len(x)) + 0.5) / len(x)).abs().max().item()


alpha_bar = schedules["cosine"]
for t in (40, 80, 200):
    jumped = in_one_jump(draw(10_000), alpha_bar[t], torch.randn(10_000))
    walked, earlier = walks["cosine"][0][t], walks["cosine"][0][t - 40]
    gaps = [gap(walked, alpha_bar[t]), gap(jumped, alpha_bar[t]), gap(earlier, alpha_bar[t])]
    print(f"t = {t}: largest gap to the closed form: step by step {gaps[0]:.3f},"
          f" in one jump {gaps[1]:.3f}; the walk at t = {t - 40}: {gaps[2]:.3f}")
    assert max(gaps[:2]) < 0.025 and (t == 200 or gaps[2] > 0.03)

left = {name: a[-1].item() for name, a in schedules.items()}
print("ᾱ_T:", ", ".join(f"{name} {a:.4f}" for name, a in left.items()))
assert max(left["cosine"], left["linear"]) < 1e-3 and left["stops early"] > 0.5

# %% [markdown]
# **What you see.** Step by step (grey) and in one jump (orange): the same distribution. The
# humps move to 0 and melt, the ring becomes a round cloud, the digit drowns. Compare the
# schedules: `linear` ruins the digit early and then spends many steps on what is noise
# already. `cosine` takes even steps of the angle $\varphi$ in $x_t = \cos\varphi\,x_0 +
# \sin\varphi\, \varepsilon$.
#
# **Where the notes simplify.** $x_T \sim \mathcal N(0, I)$ holds only if $\bar\alpha_T \approx
# 0$. Look at the gauge on the right. `stops early` is made of the same small steps, and at its
# end more than half of the variance is still the data's. In small the mistake is found in well
# known models, too: the first *Stable Diffusion* ended at 0.005 (Lin et al., 2024). What it
# costs, the next section shows.
#
# ## 2 · Backward, with the truth
#
# **Claim of the notes.** The reverse process denoises step by step: $x_T \to \dots \to x_0$.
#
# Before we learn anything: *could* it work? Take a time $s$ before $t$. If somebody told us
# $x_0$, Bayes' rule would give $x_s$ exactly:
#
# $$q(x_s\,|\,x_t, x_0) \propto q(x_t\,|\,x_s)\; q(x_s\,|\,x_0).$$
#
# Both factors are Gaussian bells over $x_s$, so the product is one. Drag them.

# %%
from ipywidgets import FloatLogSlider, FloatSlider, IntSlider


def posterior(x_t, x_0, a_t, a_s):                # mean and variance of q(x_s | x_t, x_0)
    a = a_t / a_s                                 # 1 − β, of all steps from s to t
    mean = (a.sqrt() * (1 - a_s) * x_t + a_s.sqrt() * (1 - a) * x_0) / (1 - a_t)
    return mean, (1 - a) * (1 - a_s) / (1 - a_t)


explore(views.one_step_back(posterior, alpha_bar), t=(2, 200), s=(1, 199),
        x_0=FloatSlider(value=-1.0, min=-3, max=3, description="x₀"),
        x_t=FloatSlider(value=1.0, min=-3, max=3, description="xₜ"))

grid = torch.linspace(-12, 12, 24_001, dtype=torch.float64)
normal = torch.distributions.Normal
for x_0, x_t, t, s in ((-1.0, 1.0, 100, 50), (2.0, -0.5, 60, 59), (0.3, 2.0, 200, 20)):
    a_t, a_s, a = alpha_bar[t], alpha_bar[s], alpha_bar[t] / alpha_bar[s]
    x_0, x_t = torch.tensor(x_0).double(), torch.tensor(x_t).double()
    bayes = (normal(a.sqrt() * grid, (1 - a).sqrt()).log_prob(x_t)       # q(x_t | x_s)
             + normal(a_s.sqrt() * x_0, (1 - a_s).sqrt()).log_prob(grid)).softmax(0)
    mean = bayes @ grid
    found = torch.stack([mean, bayes @ (grid - mean)**2])
    torch.testing.assert_close(torch.stack(posterior(x_t, x_0, a_t, a_s)), found,
                               rtol=1e-5, atol=1e-7)

# %% [markdown]
# **What you see.** The blue bell lies between the two others and is narrower than each. Let
# $s$ come close to $t$: what $x_t$ says wins, and the step is small.
#
# But nobody tells us $x_0$. So guess it: take the *mean* of all $x_0$ that may have led to
# $x_t$, call it $\hat x_0$, and step as if it were true. For small steps that is enough. For a
# mixture of Gaussians the guess is known exactly, from the slope of $\log p(x_t)$ (section 3
# says why). Written as noise, $\hat\varepsilon = (x_t - \sqrt{\bar\alpha_t}\,\hat x_0) /
# \sqrt{1-\bar\alpha_t}$.

# %%
def slope(x, a):                                  # ∇ log p(x_t), by autograd
    return torch.func.grad(lambda x: log_p(x, a).sum())(x)


def true_eps(x, a):                               # the mean noise in x_t
    return -(1 - a).sqrt() * slope(x, a)


def walk_back(x, alpha_bar, steps, eps):          # from x_T to x_0, in a number of steps
    times = torch.linspace(len(alpha_bar) - 1, 0, steps + 1).round().long()
    for a_t, a_s in pairwise(alpha_bar[times]):
        x_0 = (x - (1 - a_t).sqrt() * eps(x, a_t)) / a_t.sqrt()
        mean, variance = posterior(x, x_0, a_t, a_s)
        x = mean + variance.sqrt() * torch.randn_like(x)
    return x


arrived, whole = {}, torch.tensor(1.0, dtype=torch.float64)
counts, told = [1, 2, 3, 5, 10, 30, 200], "stops early, from its own end"
for name, a in {**schedules, told: schedules["stops early"]}.items():
    for steps in counts:
        x_T = torch.randn(10_000).double()
        x_T = in_one_jump(draw(10_000), a[-1], x_T) if name == told else x_T
        x = walk_back(x_T, a, steps, true_eps)
        arrived[name, steps] = x, gap(x, whole)
explore(views.truth(arrived, log_p), steps=counts, schedule=[*schedules, told])

for (name, steps), (_, apart) in arrived.items():
    if steps in (2, 200):
        print(f"{name}, {steps} steps: distribution functions apart by {apart:.3f}")
assert arrived["cosine", 200][1] < 0.03 and arrived["cosine", 2][1] > 0.1
assert arrived["stops early", 200][1] > 0.045 and arrived[told, 200][1] < 0.03

# %% [markdown]
# **What you see.** With one step of `cosine` all points land in one place, the mean. With 200
# steps the histogram is the data's density, weights and widths. So the way back exists.
# `stops early` fails at every number of steps: its chains begin with $\mathcal N(0, 1)$, and
# its $x_T$ is something else. Begun with its own $x_T$, 200 steps of it are right.
#
# ## 3 · What the network predicts
#
# **Claim of the notes.** Train a network to predict the noise $\varepsilon_\theta(x_t, t)$
# added at each step.
#
# Read that closely. Two noises come into question: the fresh noise $\eta_t$ that step $t$
# added to $x_{t-1}$, or the *total* noise $\varepsilon$ in $x_t$. Which one is it? Let us see
# how much of each can be predicted from $x_t$, with the best possible prediction, the mean
# given $x_t$.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Step 100 of 200 added a little fresh noise. Can one see it in x_100?",
      {"hardly: a hundred others are mixed with it": "Only their sum can be seen."},
      {"yes, it was added last": "In a sum the order leaves no trace.",
       "yes, as well as the total noise": "The total is large, and the sum shows it."}))

# %%
t, n = 100, 40_000
before, now = alpha_bar[t - 1], alpha_bar[t]
beta, x_0 = 1 - now / before, draw(n)
eta = torch.randn(n).double()                                     # this step's noise
x_t = (1 - beta).sqrt() * in_one_jump(x_0, before, torch.randn(n)) + beta.sqrt() * eta
total = (x_t - now.sqrt() * x_0) / (1 - now).sqrt()               # all noise in x_t
share = (beta / (1 - now)).sqrt()                                 # η's part of the total
guess = true_eps(x_t, now)
pairs = {"total noise ε": (total, guess), "this step's η": (eta, share * guess)}
show(views.targets(x_t, pairs))

explained = [1 - ((value - mean).var() / value.var()).item() for value, mean in pairs.values()]
by_step = (eta * guess).mean() / (guess**2).mean()       # slope of η against the guess of ε
print(f"explained: {explained[0]:.1%} of ε, {explained[1]:.1%} of η;"
      f" slope {by_step:.3f}, by the formula {share:.3f}")
assert explained[0] > 0.3 and explained[1] < 0.05 and abs(by_step - share) < 0.05

of_paper = (x_t - beta / (1 - now).sqrt() * guess) / (1 - beta).sqrt()
x_0_hat = (x_t - (1 - now).sqrt() * guess) / now.sqrt()
torch.testing.assert_close(of_paper, posterior(x_t, x_0_hat, now, before)[0])

# %% [markdown]
# **What you see.** The best prediction of $\eta_t$ is that of $\varepsilon$, shrunk by
# $\sqrt{\beta_t/(1-\bar\alpha_t)}$: asserted above as a slope. But at this $t$ nearly all of
# $\eta_t$ is luck, and a network would learn from targets that are mostly noise. So the target
# is the **total** noise in $x_t$. (The notes' words, "added at each step", would be $\eta_t$.)
#
# $$L(\theta) = \mathbb E_{t, x_0, \varepsilon}\,\big\lVert \varepsilon -
# \varepsilon_\theta(\sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\varepsilon,\; t)
# \big\rVert^2$$
#
# The step back can be written with either, and DDPM's paper writes it so: take the step's
# noise away, $\mu = \big(x_t - \frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\hat\varepsilon\big) /
# \sqrt{1-\beta_t}$. It is the posterior's mean at $\hat x_0$, as the cell asserts last.
#
# **One thing in three units.** A squared error is least at the mean, so $\hat\varepsilon =
# \mathbb E[\varepsilon\,|\,x_t]$. A guess of the noise is a guess of the data,
#
# $$\hat x_0 = \big(x_t - \sqrt{1-\bar\alpha_t}\;\hat\varepsilon\big) / \sqrt{\bar\alpha_t} =
# \mathbb E[x_0\,|\,x_t].$$
#
# And it is a *score*, the slope of the log density. Given $x_0$, $x_t$ is Gaussian, and the
# slope of $\log q(x_t|x_0)$ is $-\varepsilon/\sqrt{1-\bar\alpha_t}$. Now $p(x_t)$ is the mean
# of $q(x_t|x_0)$ over $x_0$, and $\nabla p = p\,\nabla \log p$. So
#
# $$\nabla \log p(x_t) = \frac{\mathbb E_{x_0}[\nabla q(x_t|x_0)]}{p(x_t)} = \mathbb
# E\big[\nabla \log q(x_t|x_0)\,\big|\,x_t\big] =
# -\frac{\hat\varepsilon}{\sqrt{1-\bar\alpha_t}}.$$
#
# So to predict noise is to learn the score: *denoising score matching*. We check it by another
# way: $\hat x_0$ by an integral over all $x_0$, the score by autograd of $\log p(x_t)$.

# %%
x, prior = torch.linspace(-3, 3, 61, dtype=torch.float64), log_p(grid, whole)
for a in alpha_bar[[10, 100, 190]]:
    likelihood = normal(a.sqrt() * grid, (1 - a).sqrt()).log_prob(x[:, None])
    x_0_hat = (likelihood + prior).softmax(1) @ grid              # E[x_0 | x_t] by quadrature
    eps_hat = (x - a.sqrt() * x_0_hat) / (1 - a).sqrt()
    off = (slope(x, a) + eps_hat / (1 - a).sqrt()).abs().max()    # ∇ log p by autograd
    print(f"ᾱ = {a:.3f}: score and −ε̂/√(1 − ᾱ) differ by {off:.0e}")
    assert off < 1e-6

# %% [markdown]
# ## 4 · DDPM in the plane, live
#
# Now the network does not know the truth; it learns from points. All of *denoising diffusion
# probabilistic models* (DDPM) is in the loss below. The network is told how much noise there
# is, as the angle $\varphi$ with $\cos\varphi = \sqrt{\bar\alpha_t}$.
#
# The chain is `reverse`, printed below: `walk_back` with more knobs, and it yields every
# state, so a film, a slider and the final samples are one chain. (`eta` belongs to section 8,
# `correct` to sections 7 and 10.) At the same noise both end at the same points: asserted
# below.

# %%
from torch import nn
from lecture_utils import show_source, train
from lecture_utils.live import Drawing, Film, Points
from lecture_utils.metrics import energy_distance
from lecture_utils.nets import Denoiser


class DDPM(nn.Module):
    def __init__(self, T=100):
        super().__init__()
        self.net, self.alpha_bar = Denoiser(2), cosine(T)

    def eps(self, x_t, t):                        # t: one time, or one for each point
        return self.net(x_t, self.alpha_bar[t].expand(len(x_t)).sqrt().acos())

    def loss(self, x_0):
        t = torch.randint(1, len(self.alpha_bar), (len(x_0),))
        eps = torch.randn_like(x_0)
        x_t = in_one_jump(x_0, self.alpha_bar[t][:, None], eps)
        return (eps - self.eps(x_t, t)).square().mean()


show_source(Denoiser.forward, reverse)

# %%
def by_reverse(x, alpha_bar, steps, eps):
    return list(reverse(lambda x, t: eps(x, alpha_bar[t]), x, alpha_bar, steps))[-1].x


ends_of, x_T = [], torch.randn(1000, dtype=torch.float64)
for way in (walk_back, by_reverse):
    with torch.random.fork_rng():                 # the same noise for both
        torch.manual_seed(1)
        ends_of.append(way(x_T, alpha_bar, 50, true_eps))
torch.testing.assert_close(*ends_of)

# %%
def plane_training(model, toy, steps=1500, lr=None):
    model.toy, lr = toy, lr or one_cycle(5e-3)    # the toy is for the picture
    return train(model, toy.sample(20_000), steps=steps, batch=256, lr=lr)


def ends(model, x_T, steps=20):                   # in few steps, without noise: section 8
    *_, end = reverse(model.eps, x_T, model.alpha_bar, steps, eta=0.0)
    return end.x


toys = {"ring": ring(), "moons": moons(), "checkerboard": checkerboard()}
model = DDPM()
watch(plane_training(model, toys["ring"]), views.learning_to_denoise(ends, energy_distance))

states = list(reverse(model.eps, torch.randn(2000, 2), model.alpha_bar))
apart, untrained = (energy_distance(x, toys["ring"].sample(2000))
                    for x in (states[-1].x, ends(DDPM(), torch.randn(2000, 2))))
away, mode = torch.cdist(states[-1].x, toys["ring"].centres).min(1)
between, least = (away > 0.2).float().mean(), mode.bincount(minlength=8).min() / 2000
print(f"energy distance {apart:.4f}, untrained {untrained:.2f}; {between:.1%} between modes;"
      f" {least:.1%} in the smallest of the eight")
assert apart < 0.02 < untrained and between < 0.05 and least > 0.08
explore(views.chains(states), state=Film(states, speed=15))

# %% [markdown]
# **What you see.** A cloud of noise breaks up into eight modes, and none is lost: the loss is
# a plain regression, without an opponent. The loss does not go to 0. It cannot: part of the
# noise is not to be guessed. The *energy distance* is a distance of two sets of points that
# is 0 on average if both come from one density: an estimate of it may be a little below 0.
#
# **The chain as a film.** Drag the time. Left, $x_t$ with the ways of some points. Right,
# what the network takes each for, $\hat x_0$. At first every guess is near the middle: the
# mean of all data. Then they spread, and near the end a point decides for a mode.
#
# Now you are the chain. **noise** makes one step up, **denoise** one step down, **resample**
# begins with new noise. Denoise to 0, noise it up to 20, and come down again: is it the same
# cloud? And up to 100? A colour is the mode that a point left.
#
# In the second playground train on *your* data: clear the pad with its round arrow, draw,
# choose "your drawing", press reset and play. Try other toys, `T` steps and rates.

# %%
from types import SimpleNamespace


def modes_of(x):                                  # the nearest centre's number, (N,)
    return torch.cdist(x, toys["ring"].centres).argmin(1)


def by_hand(p):
    alpha_bar, T = model.alpha_bar, len(model.alpha_bar) - 1
    x, t, height, home = torch.randn(150, 2), T, [], None
    for step in count(1):
        if p.verb == "resample":
            x, t, home = torch.randn(150, 2), T, None
        elif p.verb == "noise" and t < T:
            home = modes_of(x) if t == 0 else home          # where they leave
            x, t = in_one_jump(x, alpha_bar[t + 1] / alpha_bar[t], torch.randn(150, 2)), t + 1
        elif p.verb == "denoise" and t > 0:
            *_, end = reverse(model.eps, x, alpha_bar[: t + 1], 1, last=t - 1)
            x, t = end.x, t - 1
            home = modes_of(x) if t == 0 and home is None else home
        height = (height + [t / T])[-101:]
        yield SimpleNamespace(step=step, x=x, t=t, height=height, home=home)

# %%
playground(by_hand, views.up_and_down(toys["ring"]), before=60, speed=30,
           verbs={"noise": "noise", "resample": "resample", "denoise": "denoise"})

# %%
def start(knobs):
    toy = drawn(knobs.points) if knobs.data == "your drawing" else toys[knobs.data]
    return plane_training(DDPM(knobs.T), toy, steps=20_000, lr=knobs.lr)


playground(start, views.learning_to_denoise(ends, energy_distance), before=200,
           points=Points(toys["moons"].sample(100)), T=IntSlider(value=100, min=20, max=400),
           data=["moons", "ring", "checkerboard", "your drawing"],
           lr=FloatLogSlider(value=3e-3, min=-5, max=-1, readout_format=".1e"))

# %% [markdown]
# **What you see.** From 20 nearly all points come home, from 100 no more than by chance. The
# cloud is the same each time; its points are not.
#
# ## 5 · The score, and Langevin
#
# **Claim of the notes.** Estimate the score $\nabla_x \log P(x)$, and use Langevin dynamics to
# move towards regions of high density.
#
# By section 3 the network has learned the score of *noisy* data, $-\varepsilon_\theta/
# \sqrt{1-\bar\alpha_t}$, for every noise level. Of the ring we know it exactly. It must be
# compared with the score of the data *with that noise*: another density for every $t$.

# %%
def log_p_plane(x, a, toy=None):                  # of x_t, for a mixture of Gaussians
    toy = toy or toys["ring"]
    squared = (x[:, None] - a.sqrt() * toy.centres).square().sum(2)
    variance = a * toy.width**2 + 1 - a
    each = -0.5 * squared / variance - (2 * np.pi * variance).log() + toy.weights.log()
    return each.logsumexp(1)


def true_score(x, a, toy=None):
    return torch.func.grad(lambda x: log_p_plane(x, a, toy).sum())(x)


def model_score(x, t, of=None):
    of = of or model
    return -of.eps(x, t).detach() / (1 - of.alpha_bar[t]).sqrt()


explore(views.scores(log_p_plane, model_score, true_score, model.alpha_bar), t=(5, 100))

for name, t in {"little noise": 10, "middle": 50, "much noise": 90}.items():
    a = model.alpha_bar[t]
    x = in_one_jump(toys["ring"].sample(5000), a, torch.randn(5000, 2))
    wanted, ours, clean = true_score(x, a), model_score(x, t), true_score(x, a / a)
    off, off_clean = ((s - wanted).square().sum() / (wanted - wanted.mean(0)).square().sum()
                      for s in (ours, clean))
    tilt = (ours * wanted).sum() / wanted.square().sum()
    print(f"{name}: R² = {1 - off:.3f}, slope {tilt:.2f}; is the score of the data without"
          f" noise worse than none? {'yes' if off_clean > 1 else 'no'}")
    assert 1 - off > 0.93 and abs(tilt - 1) < 0.1 and off_clean > 1

# %% [markdown]
# **What you see.** Blue arrows cover the orange ones where noisy data are. At little noise
# the right picture is red but for patches about the modes: elsewhere the network was never
# trained. At the middle noise level the arrows lead to the ring; at much noise to the centre.
#
# **Langevin dynamics** follows the score, with fresh noise in every step:
#
# $$x \leftarrow x + h\,\nabla \log p(x) + \sqrt{2h}\;\eta.$$
#
# The noise is no accident. Without it all walkers end on the peaks. With it they spread: for
# small $h$ they end up distributed as $p$. Play, and move $h$. Switch `noise` off. (The
# density is the ring's at $t = 15$, from the trained network.)

# %%
def walk(p):                                      # Langevin, one step at a time
    x = 5 * torch.rand(300, 2) - 2.5
    for step in count(1):
        x = x + p.h * model_score(x, 15) + p.noise * (2 * p.h) ** 0.5 * torch.randn(300, 2)
        yield SimpleNamespace(step=step, x=x)


playground(walk, views.walkers(lambda x: log_p_plane(x, model.alpha_bar[15])), before=100,
           speed=30, h=FloatLogSlider(value=0.003, min=-4, max=-0.5, readout_format=".1e"),
           noise=True)

# %% [markdown]
# **What you see.** Walkers climb to the modes, and then tremble about them. At a large $h$
# they jump over the modes, and the mean of $\log p$ falls. How large is too large? For $p =
# \mathcal N(0, 1)$ the score is $-x$, so a step is $x \leftarrow (1-h)x + \sqrt{2h}\,\eta$,
# and the variance $v$ that stays satisfies $v = (1-h)^2 v + 2h$: $v = 1/(1-h/2)$. It is never
# quite right, and from $h = 2$ on it grows without end.

# %%
ran = {}
for h in (0.1, 0.5, 1.0, 1.5, 2.1):
    *_, end = langevin(lambda x: -x, torch.randn(20_000, 1), h, 200)
    ran[h] = end.x.var().item()
    print(f"h = {h}: variance {ran[h]:.3g}, by the formula {1 / (1 - h / 2):.3g}")
assert all(abs(v * (1 - h / 2) - 1) < 0.06 for h, v in ran.items() if h < 2) and ran[2.1] > 1e6

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Two modes, far apart, hold 0.8 and 0.2. Half of Langevin's walkers begin near each."
      " What share is in the heavy one after some hundred steps?",
      {"about half": "Each climbs the nearest hill, and the valley is too deep to cross."},
      {"0.8": "In the end, after very long; nobody waits for that.",
       "all of them": "Nothing near the light mode points to the heavy one."}))

# %% [markdown]
# ## 6 · SMLD: from much noise to little
#
# **Claim of the notes.** *Score matching with Langevin dynamics* (SMLD). Why noise at all, if
# the score of the data themselves is what we want? Take two modes that hold 0.8 and 0.2 of the
# mass, far apart. Walkers begin anywhere.
#
# Near one mode $\log p$ is that mode's own bell plus the log of its weight: a constant, which
# the slope does not see. With much noise, though, the modes flow into one another, and
# walkers move freely. So begin with much noise and lower it slowly: *annealed* Langevin. In
# SMLD noise is added without shrinking, $x_\sigma = x_0 + \sigma\varepsilon$. That is
# $x_t/\sqrt{\bar\alpha_t}$ with $\sigma = \sqrt{(1-\bar\alpha_t)/\bar\alpha_t}$: the same
# network serves, in other units. A step $h$ is a tenth of a noisy mode's variance: by section
# 5, that does little harm.

# %%
two = two_gaussians(weight=0.8, apart=4.0, width=0.4)
pair = fit(plane_training(DDPM(), two, steps=800)).model
sigmas = ((1 - pair.alpha_bar) / pair.alpha_bar).sqrt()       # (101,): from 0 up
levels = {"plain": 19 * [12], "annealed": range(81, 6, -4)}   # times t, 20 steps at each
begin = 6 * torch.rand(1000, 2) - 3
sizes = 0.1 * (two.width**2 + sigmas**2)                     # h: a tenth of a mode's variance


def learned(x, t):                                # the score of x_0 + σ ε, from the network
    a = pair.alpha_bar[t].sqrt()
    return a * model_score(a * x, t, pair)


def exact(x, t):
    a = pair.alpha_bar[t]
    return a.sqrt() * true_score(a.sqrt() * x, a, two)


def walkers(score, times, x, steps=20):           # Langevin, at each of the noise levels
    for t in times:
        for state in langevin(lambda x: score(x, t), x, sizes[t], steps):
            yield state.x
        x = state.x

# %%
ways = {(name, score.__name__): torch.stack(list(walkers(score, times, begin)))
        for name, times in levels.items() for score in (exact, learned)}
explore(views.annealing(two, ways), step=(0, 398), score=["learned", "exact"])

ended = {key: (way[-1, :, 0] < 0).float().mean().item() for key, way in ways.items()}
for (name, score), share in ended.items():
    print(f"{name}, {score} score: {share:.2f} of the walkers on the left")
assert max(ended["plain", "exact"], ended["plain", "learned"]) < 0.68
assert max(abs(ended["annealed", score] - 0.8) for score in ("exact", "learned")) < 0.12

# %% [markdown]
# **What you see.** Both begin at the same places. Plain Langevin leaves the walkers in the
# half where they began. With falling noise they first form one cloud, and when that parts,
# about four in five go left. It is the same with the exact score: the cause is not bad
# learning.
#
# ## 7 · Digits, live
#
# Now images. The package's `Diffusion` is the class above with these changes. (1) Pixels are
# taken less their mean, over their spread, so that data and noise are alike in size. (2) The
# network's answer is what $\sqrt{1-\bar\alpha_t}\,x_t$ lacks to be $\varepsilon$, over
# $\sqrt{\bar\alpha_t}$. It is called $v$, and its squared error is that of $\varepsilon$ over
# $\bar\alpha_t$. Why? $\hat x_0$ is off by $\sqrt{(1-\bar\alpha_t)/\bar\alpha_t}$ times the
# error of $\hat\varepsilon$: a small one matters where the noise is strong. (3) The chain
# stops at $x_1$ with noise that blurs a level, and the last step draws whole levels, pixel by
# pixel. (4) Every $\hat x_0$ is clipped to the range of the levels, and hidden units drop out
# in training. (5) It can be told labels, later.

# %%
from lecture_utils.metrics import coverage, frechet_distance
from lecture_utils.models.diffusion import Diffusion

show_source(Diffusion.loss, Diffusion.eps, Diffusion.log_levels)
recipe = {"batch": 128, "betas": (0.9, 0.99)}
digit_model = Diffusion(data.x)
watch(train(digit_model, data.x, steps=1200, lr=one_cycle(3e-3), **recipe),
      views.diffusion_of_images(valid.x))

# %%
samples, pixels = digit_model.sample(447), data.x.flatten(1)
spread = pixels.T.cov() + 0.1 * torch.eye(64)
gaussian = torch.distributions.MultivariateNormal(pixels.mean(0), spread)
sets = {"trained": samples, "untrained": Diffusion(data.x).sample(447, steps=20),
        "a Gaussian": gaussian.sample((447,)).round().clamp(0, 16).view(-1, 1, 8, 8),
        "real": data.x[:447]}
scores = {name: (frechet_distance(x, test.x), coverage(x, test.x)) for name, x in sets.items()}
explore(views.forming(digit_model.images), state=Film(digit_model.states(12), speed=20))

for name, (distance, covered) in scores.items():
    print(f"{name}: Fréchet distance {distance:.0f}, coverage {covered:.2f}")
assert scores["trained"][0] < 125 < scores["untrained"][0]
assert scores["a Gaussian"][1] < scores["trained"][1] - 0.2

# %% [markdown]
# **What you see.** Left, noise in which slowly strokes appear. Right, what the network takes
# it for: at first a blur, the mean of all digits, then sharper and sharper.
#
# Two numbers judge 447 samples; real images are the row to compare with. The *Fréchet
# distance* of notebook 02 compares means and covariances. A Gaussian with nearly those of the
# training images, whose draws are fog, does not do badly by it. *Coverage* is the share of
# test images with a sample nearer than their fifth neighbour among the test images. Fog
# covers little.
#
# **How likely is an image?** The chain is a latent variable model like the VAE of notebook 02,
# with the latent variables $x_1, \dots, x_T$, and an encoder that is not learned: it adds
# noise. So there is a bound,
#
# $$-\log P(x) \le \underbrace{D_{KL}\big(q(x_T|x)\,\|\,\mathcal N(0, I)\big)}_{\text{prior}} +
# \sum_{t=2}^{T} \underbrace{\mathbb E_q\,D_{KL}\big(q(x_{t-1}|x_t, x)\,\|\,
# p(x_{t-1}|x_t)\big)}_{\text{step } t} + \underbrace{\mathbb E_q[-\log P(x|x_1)]}_{\text{last
# step}}.$$
#
# In a step both bells have the same variance. So their divergence is the squared distance of
# their means, a multiple of $\lVert x_0 - \hat x_0\rVert^2$: *the loss, weighted*.

# %%
show_source(Diffusion.terms)
terms = digit_model.terms(test.x)                                       # (201, 447)
show(views.terms_of_bound(terms.mean(1).numpy()))

bound, untrained = terms.sum(0).mean(), Diffusion(data.x).terms(test.x).sum(0).mean()
levels_seen = torch.nn.functional.one_hot(data.x.flatten(1).long(), 17).sum(0) + 0.1
alone = levels_seen.log().log_softmax(1).gather(1, test.x.flatten(1).long().T).sum(0).mean()
coarse = digit_model.terms(test.x, steps=10).sum(0).mean()
print(f"−log P of test images ≤ {bound:.1f} nats, {bound / 64 / np.log(2):.2f} bits a pixel;"
      f" in 10 steps {coarse:.1f}; pixels alone {-alone:.1f}, untrained {untrained:.0f}")
assert bound < -alone - 5 and bound < coarse - 3 and untrained > -alone
assert terms[0].mean() < 0.1 and terms[-20:].sum(0).mean() > 0.5 * bound

# %% [markdown]
# **What you see.** The prior's term is next to nothing, since $\bar\alpha_T \approx 0$. Of
# the rest most is paid near $t = 0$, for details that hardly anybody sees. Ours gives these
# times less weight than the bound does, as DDPM's does: for looks, not for nats. *Independent
# pixels*, a histogram for each, are a baseline. And with ten long steps the bound is worse:
# two bells of one variance are right for small steps only. (The bounds of the VAE in notebook
# 02 and of the mixture flow in notebook 05 are lower.)
#
# **Which digit?** Train on with labels; a fifth of the time the label is withheld, so the
# network knows both scores. Their difference points to where the label is *more certain*.
# *Classifier-free guidance* overdoes it:
#
# $$\tilde\varepsilon = (1 + w)\,\varepsilon_\theta(x_t, t, y) - w\,\varepsilon_\theta(x_t,
# t).$$

# %%
from sklearn.svm import SVC

fit(train(digit_model, (data.x, data.y), steps=500, lr=one_cycle(2e-3), **recipe))
reader = SVC(gamma=0.002).fit(data.x.flatten(1), data.y)                # another judge
labels = torch.arange(400) % 10
measured, guided = {}, {}
for w in (0.0, 0.5, 1.0, 2.0, 4.0):
    guided[w] = digit_model.sample(400, y=labels, w=w, steps=20)
    measured[w] = reader.score(guided[w].flatten(1), labels), coverage(guided[w], test.x)


def draw_digit(digit, w):                         # 24 samples, from the same noise every time
    luck, y = torch.Generator().manual_seed(0), torch.full((24,), digit)
    return digit_model.sample(24, luck, y=y, w=w, steps=20, eta=0.0)


explore(views.guidance(draw_digit, measured), w=(0.0, 4.0, 0.5), digit=list(range(10)))

# %%
far = {w: frechet_distance(x, test.x) for w, x in guided.items()}
for w, (right, covered) in measured.items():
    print(f"w = {w}: {right:.0%} read as asked, coverage {covered:.2f}, Fréchet {far[w]:.0f}")
print(f"real images: {reader.score(test.x.flatten(1), test.y):.0%} read right,"
      f" coverage {coverage(data.x[:400], test.x):.2f}")
assert measured[2.0][0] > measured[0.0][0] and measured[4.0][1] < measured[0.0][1] - 0.1
assert far[4.0] > far[0.0] + 30

# %% [markdown]
# **What you see.** A little guidance, and nearly all are read as asked, by a classifier that
# was trained on real images: more than of the real ones, so that is no proof of quality. More
# of it gains nothing: samples cover fewer of the test images, and the Fréchet distance grows.
# They move away from the other classes, to where real digits are rare, and those near the
# border are lost. Fidelity to the label is paid with fidelity to the data. (The picture is
# drawn without fresh noise, the curves with it.)
#
# ## 8 · Slow? How slow?
#
# **Claim of the notes** (§6, cons of diffusion). Slow sampling: thousands of steps. DDPM's
# authors took a thousand. Two questions: does it need all steps, and does it need noise?
#
# *DDIM* takes the same guess $\hat\varepsilon$, and steps without fresh noise:
#
# $$x_s = \sqrt{\bar\alpha_s}\;\hat x_0 + \sqrt{1-\bar\alpha_s}\;\hat\varepsilon.$$
#
# The distribution of $x_s$ given $x_0$ is what it should be, so nothing must be trained anew.
# Our network is told the noise and not the step. So we may also give it *more* steps than in
# training.

# %%
import time


def timed(model, steps, eta):                     # 447 samples, their distance, seconds
    start = time.perf_counter()
    x = model.sample(447, steps=steps, eta=eta)
    seconds = time.perf_counter() - start
    return x, frechet_distance(x, test.x), seconds


speeds = {}
for way, eta in (("DDPM", 1.0), ("DDIM", 0.0)):
    for steps in (2, 5, 10, 20, 50, 199):
        speeds[way, steps] = timed(digit_model, steps, eta)
digit_model.alpha_bar = cosine(1000, first=0.3)   # five times as fine
speeds["DDPM", 999] = timed(digit_model, 999, 1.0)
digit_model.alpha_bar = cosine(200, first=0.3)
floor = frechet_distance(data.x[:447], test.x)
explore(views.how_slow(speeds, floor), steps=[2, 5, 10, 20, 50, 199], way=["DDIM", "DDPM"])

for (way, steps), (_, distance, _) in speeds.items():
    print(f"{way} {steps:3} steps: Fréchet distance {distance:.0f}")
distance = {key: d for key, (_, d, _) in speeds.items()}
assert distance["DDIM", 20] < distance["DDPM", 999] + 20
assert distance["DDPM", 2] - 20 > distance["DDIM", 2]
gain = distance["DDPM", 2] - distance["DDPM", 20]
assert abs(distance["DDPM", 20] - distance["DDPM", 999]) < 0.3 * gain
assert speeds["DDIM", 20][2] < 0.1 * speeds["DDPM", 999][2]

# %%
x_T = torch.randn(50, 64)
codes = [list(reverse(digit_model.eps, x_T, digit_model.alpha_bar, n, 0.0))[-1].x
         for n in (199, 199, 50)]
codes.append(codes[0].roll(1, 0))                 # each image's neighbour: another code
_, again, fewer, other = ((codes[0] - x).norm(dim=1).mean() for x in codes)
print(f"DDIM twice: {again:.0f} apart; 50 instead of 199 steps: {fewer / other:.0%} of what"
      " another code is")
assert again == 0 and fewer < 0.3 * other

# %% [markdown]
# **What you see.** From twenty steps to a thousand the distance changes by less than from two
# to twenty, and by little. With very few steps DDIM is ahead of DDPM, whose fresh noise has
# no time to be cleaned again. And DDIM has no chance in it: $x_T$ is a *code* of the image,
# and with fewer steps the same code gives almost the same image. Still, twenty calls of the
# network are twenty times as many as a GAN needs.
#
# ## 9 · A perfect score is a memory
#
# What is the best possible denoiser *of the training set*? A finite set is a mixture of
# spikes, one for each image, so $\mathbb E[x_0|x_t]$ is a mean of training images, weighted
# by how well they explain $x_t$. Nothing must be trained: the loss has no lower value than
# this.

# %%
rows = digit_model.rows(data.x)                                         # (1000, 64)


def ideal_eps(x, t):                              # the least loss that can be, on these images
    a = digit_model.alpha_bar[t]
    fit_of = -0.5 * torch.cdist(x, a.sqrt() * rows).square() / (1 - a)  # log q(x_t | x_0) + c
    x_0 = fit_of.softmax(1) @ rows
    return (x - a.sqrt() * x_0) / (1 - a).sqrt()


def nearest(x, among):                            # images, distance in levels, which
    distance, index = torch.cdist(x.flatten(1), among.flatten(1)).min(1)
    return x, distance, index


*_, end = reverse(ideal_eps, torch.randn(447, 64), digit_model.alpha_bar)
sets = {"the ideal": digit_model.images(end.x).round(), "trained": samples, "test": test.x}
found = {name: nearest(x, data.x) for name, x in sets.items()}
show(views.nearest(data.x, found))
assert found["the ideal"][1].max() == 0

clean, guess = rows.repeat(4, 1), torch.randn(4000, 64)
for t in (60, 100):                               # the loss on the training images
    x_t = in_one_jump(clean, digit_model.alpha_bar[t], guess)
    losses = [(guess - e(x_t, t)).square().mean().item() for e in (ideal_eps, digit_model.eps)]
    print(f"t = {t}: loss of the ideal {losses[0]:.3f}, of the trained network {losses[1]:.3f}")
    assert losses[0] < losses[1]

# %%
few = Diffusion(data.x[:20])                      # the same network, and 20 images
fit(train(few, data.x[:20].repeat(7, 1, 1, 1), steps=600, lr=one_cycle(3e-3), **recipe))
found["trained on 20 images"] = nearest(few.sample(400), data.x[:20])
copies = {name: (d < 10).float().mean().item() for name, (_, d, _) in found.items()}
for name, (_, d, _) in found.items():
    print(f"{name}: median distance {d.median():.1f}, nearer than 10: {copies[name]:.1%}")
assert copies["trained"] < 0.02 < 0.5 < copies["trained on 20 images"]
assert abs(found["trained"][1].median() - found["test"][1].median()) < 3

# %% [markdown]
# **What you see.** The ideal denoiser returns training images, pixel by pixel. It has the
# least loss of all, and creates nothing. The trained network has a higher loss, and its
# samples are as far from the training images as the test images are. What keeps it from
# remembering? A thousand images are many for it. The same network, trained on twenty, mostly
# draws copies of those.
#
# ## 10 · Fill in what is missing
#
# A trained denoiser knows what digits look like. Use it as a prior: something is seen, $A x =
# y$: the upper half, say, or means of blocks. In every step replace $\hat x_0$ by the nearest
# point that agrees with what is seen: $\hat x_0 + A^+(y - A\hat x_0)$, with the pseudo-inverse
# $A^+$. What is hidden hears of it only through the next steps, so make each step several
# times: down, up again with fresh noise, and down. Nothing is trained anew. Draw, and choose
# what is hidden.

# %%
from lecture_utils.models.chains import strided

eye, keep = torch.eye(64), torch.ones(3, 8, 8, dtype=torch.bool)
keep[0, 4:], keep[1, 2:6, 2:6] = False, False
blocks = torch.kron(torch.eye(4), torch.full((1, 2), 0.5))              # (4, 8): halves of rows
tasks = {"the lower half": eye[keep[0].flatten()], "a hole": eye[keep[1].flatten()],
         "blurred": torch.kron(blocks, blocks)}
tasks = {name: (A, lambda x, A=A: (A.pinverse() @ (A @ x.flatten())).view(1, 1, 8, 8))
         for name, A in tasks.items()}


def solve(x, A, n=6, steps=20, rounds=5):         # n images for each x, with A x as seen
    A_plus, offset = A.pinverse(), digit_model.mean / digit_model.spread
    luck, alpha_bar = torch.Generator(), digit_model.alpha_bar
    seen = ((digit_model.rows(x) + offset) @ A.T).repeat_interleave(n, 0)

    def noise():
        return torch.randn(len(seen), 64, generator=luck)

    def agree(x_0):                               # the nearest point with A x = y
        return x_0 + (seen - (x_0 + offset) @ A.T) @ A_plus.T

    x_t = noise()
    for t, s in pairwise(strided(len(alpha_bar) - 1, steps)):
        for _ in range(rounds):                   # one step down, and up again
            *_, end = reverse(digit_model.eps, x_t, alpha_bar[: t + 1], 1, 1.0, luck, agree, s)
            x_t = in_one_jump(end.x, alpha_bar[t] / alpha_bar[s], noise())
        x_t = end.x
    return digit_model.images(x_t)


explore(views.answers(solve, tasks), drawing=Drawing(test.x[8]), task=list(tasks))

# %%
def fog(x, A, n=6):                               # draws of section 7's Gaussian, given A x
    gain, draws = spread @ A.T @ (A @ spread @ A.T).inverse(), gaussian.sample((len(x) * n,))
    return draws + (x.flatten(1).repeat_interleave(n, 0) - draws) @ A.T @ gain.T


some, true = test.x[:100], test.x[:100].flatten(1)[:, None]             # true: (100, 1, 64)
for name, (A, _) in tasks.items():
    hidden = torch.eye(64) - A.pinverse() @ A     # takes what is not seen
    answers, foggy = (x.view(100, 6, 64) for x in (solve(some, A), fog(some, A)))
    off = ((answers - true) @ A.T).abs().max()
    vary = ((answers - answers.mean(1, keepdim=True)) @ hidden).std(1).mean()
    ours, others = (((x - true) @ hidden).norm(dim=2).mean() for x in (answers, foggy))
    print(f"{name}: seen part off by {off:.0e}, answers vary by {vary:.1f};"
          f" hidden part off by {ours:.1f}, the Gaussian's {others:.1f}")
    assert off < 1e-3 and vary > 0.3 and ours < 0.95 * others

# %% [markdown]
# **What you see.** All six answers agree with what is seen, and differ in what is not:
# several answers are right, and a sampler gives several. (The notes' §1 calls such problems
# ill-posed.) A good rival is the Gaussian of section 7, given $y$, for which there is a
# formula. Its draws are farther from the hidden truth, and foggy. Set `rounds=1` in `solve`:
# that advantage is gone. This is a simple way, not an exact one: the answers are not quite
# distributed as $P(x\,|\,y)$.
#
# ## 11 · Your turn
#
# Replace each `...`, run the cell, and read what the check says. The folded cell after it
# holds a solution.
#
# **1.** All steps at once: $x_t$ from $x_0$, $\varepsilon$ and the list of $\beta_1 \dots
# \beta_t$.
#
# **2.** The score of $q(x_t|x_0)$, from $\varepsilon$ and $\bar\alpha_t$.
#
# **3.** One step of DDIM, from $t$ to $s$, without noise.

# %% tags=["exercise"]
def my_noisy(x_0, eps, beta):                     # (B, D), (B, D), (t,) -> x_t (B, D)
    ...


checks.closed_form(my_noisy)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_noisy(x_0, eps, beta):
    a = (1 - beta).prod()
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps


checks.closed_form(solved_noisy)

# %% tags=["exercise"]
def my_score(eps, a):                             # (B, D), ᾱ_t (B, 1) -> (B, D)
    ...


checks.score_of_noise(my_score)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_score(eps, a):
    return -eps / (1 - a).sqrt()


checks.score_of_noise(solved_score)

# %% tags=["exercise"]
def my_ddim(x_t, eps, a_t, a_s):                  # (B, D), (B, D), (B, 1), (B, 1) -> x_s (B, D)
    ...


checks.ddim_step(my_ddim)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_ddim(x_t, eps, a_t, a_s):
    x_0 = (x_t - (1 - a_t).sqrt() * eps) / a_t.sqrt()
    return a_s.sqrt() * x_0 + (1 - a_s).sqrt() * eps


checks.ddim_step(solved_ddim)

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("What is the network of a DDPM trained to predict?",
      {"all the noise in x_t": "From that follow x̂₀ and the score."},
      {"the noise that step t added": "That is drowned by the other steps' noise.",
       "x at the time t − 1": "It is x_t less the noise of step t: drowned as well."}),
     ("Can the loss of a DDPM go to 0?",
      {"no": "Several x_0 may lead to one x_t; only the mean noise can be predicted."},
      {"yes, with a large network": "Even the exact mean leaves the variance around it.",
       "yes, with many steps": "The noise in x_t stays uncertain at each of them."}),
     ("Why is noise added on the way back, in DDPM and in Langevin?",
      {"it keeps the right spread at every noise level":
           "The guess alone pulls towards peaks. (DDIM keeps the spread in another way.)"},
      {"to make training stable": "The network is trained already.",
       "to make samples blurry": "It makes them sharp: the guess alone is a blur."}),
     ("A diffusion model reaches the least loss possible on its training images. Then it",
      {"returns the training images": "The ideal denoiser of a finite set is its memory."},
      {"is the best model": "It creates nothing new.",
       "cannot sample": "It can: training images, every one of them."}))

# %% [markdown]
# ## Summary
#
# - Noise can be added in one jump: $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,
#   \varepsilon$.
# - A network learns the total noise in $x_t$ by regression. That is $\hat x_0$, and it is the
#   score, in other units.
# - Small steps back, each as if $\hat x_0$ were true, make a sample: with noise (DDPM) or
#   without (DDIM), in tens of steps.
# - The loss, weighted, is a bound on $-\log P$.
# - Langevin dynamics follows the score; it needs falling noise to find the weights of modes.
# - Guidance trades diversity for fidelity. A corrected $\hat x_0$ solves inverse problems.
# - The perfect denoiser of a training set only remembers.
#
# **Where the notes simplify**
# - "$x_T \sim \mathcal N(0, I)$": only if $\bar\alpha_T \approx 0$ (sections 1 and 2).
# - "Predict the noise added at each step": it is all the noise in $x_t$ (section 3).
# - "The score $\nabla_x \log P(x)$": of data *with noise*, at every level. Of the data alone
#   it cannot be learned where there are none (sections 5 and 6).
# - "Move towards high density": and tremble there; without noise everything ends on the peaks.
# - "Thousands of steps": tens are enough (section 8).
# - In the limit of small steps DDPM and SMLD are two stochastic differential equations, which
#   a rescaling turns into each other. The limit of DDIM is an ordinary one, a flow along
#   time, and *flow matching* learns its direction straight away. Latent diffusion runs the
#   chain on the codes of an autoencoder.
#
# **References.** Sohl-Dickstein et al., *Deep Unsupervised Learning using Nonequilibrium
# Thermodynamics* (2015). Song and Ermon, *Generative Modeling by Estimating Gradients of the
# Data Distribution* (2019), for SMLD. Vincent, *A Connection Between Score Matching and
# Denoising Autoencoders* (2011). Naeem et al., *Reliable Fidelity and Diversity Metrics for
# Generative Models* (2020), for coverage. Lin et al., *Common Diffusion Noise Schedules and
# Sample Steps are Flawed* (2024). Ho, Jain and Abbeel, *Denoising Diffusion Probabilistic
# Models* (2020). Song, Meng and Ermon, *Denoising Diffusion Implicit Models* (2021). Nichol
# and Dhariwal, *Improved DDPM* (2021), for the cosine schedule. Song et al., *Score-Based
# Generative Modeling through Stochastic Differential Equations* (2021). Kingma et al.,
# *Variational Diffusion Models* (2021), for the bound. Salimans and Ho, *Progressive
# Distillation* (2022), for the weight $1/\bar\alpha_t$. Ho and Salimans, *Classifier-Free
# Diffusion Guidance* (2022). Wang, Yu and Zhang, *Zero-Shot Image Restoration Using Denoising
# Diffusion Null-Space Model* (2023), and Lugmayr et al., *RePaint* (2022), for section 10.
# Karras et al., *Elucidating the Design Space of Diffusion-Based Generative Models* (2022),
# for the ideal denoiser.
#
# **Next.** A model that writes an image pixel by pixel, each given all before it: notebook 07.
