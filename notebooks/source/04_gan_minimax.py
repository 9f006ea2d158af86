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
# # 4 · The minimax game of a GAN
#
# **Can a model learn to draw without ever being told a probability?** A forger makes digits, a
# detective says which are forged. Each learns from the other. Below are real digits and a
# beginner's fakes. At the end of this notebook the fakes are harder to tell from the data.
#
# After this notebook you can
# - play the game by hand, and say what each player's loss asks for,
# - compute the best discriminator, and what the generator then minimises,
# - say why gradients vanish, why training goes round in circles, and why modes are lost; and
#   repair each,
# - train a small DCGAN, and measure what it learned.
#
# It takes about 90 minutes and covers §3 of the lecture notes. You need notebook 02's training
# loop, densities and a little PyTorch. `log` is the natural logarithm.

# %%
import math
import torch
from lecture_utils import checks, explore, fit, playground, quiz, setup, show, train, watch
from lecture_utils.data import digits, moons, ring
from lecture_utils.views import gan as views

setup(seed=0)
data, valid, test = digits()
show(views.real_and_fake(data.x[:24], torch.rand(24, 1, 8, 8) * 16))

# %% [markdown]
# ## 1 · Two players
#
# **Claim of the notes.** The *generator* $G$ makes fakes $G(z)$ from noise $z$ and tries to
# fool $D$. The *discriminator* $D$ tries to tell data from fakes.
#
# $D(x)$ is the probability, in $D$'s opinion, that $x$ is a data point. Both play for one
# number,
#
# $$\min_G \max_D V(D, G), \qquad
#   V(D, G) = \mathbb E_{x\sim p}[\log D(x)] + \mathbb E_{z}[\log(1 - D(G(z)))].$$
#
# $D$ raises $V$: probability near 1 on data, near 0 on fakes. $G$ can only change the second
# term, by moving its fakes.
#
# Start in one dimension, where both players can be drawn. The data have two humps. $G$ and $D$
# are small networks; $D$ ends in a *logit* $s$ (that is what `D(x)` returns in the code), and
# the $D(x)$ of the formulas is $\sigma(s) = 1/(1 + e^{-s})$. Then $-\log\sigma(s) = $
# `softplus(-s)` and $-\log(1 - \sigma(s)) = $ `softplus(s)`.

# %%
from torch import nn
from torch.distributions import Normal
from torch.nn.functional import softplus
from lecture_utils import show_source
from lecture_utils.models.gan import GAN
from lecture_utils.nets import mlp


def humps(x, centre=0.0, gap=1.5, width=0.5):               # a density with two humps
    return sum(Normal(centre + s * gap, width).log_prob(x).exp() / 2 for s in (-1, 1))


x = torch.where(torch.rand(10_000, 1) < 0.5, -1.5, 1.5) + 0.5 * torch.randn(10_000, 1)  # draws


def new_game():
    game = GAN(mlp(1, 32, 32, 1), mlp(1, 32, 32, 1), latent=1)
    nn.init.constant_(game.G[-1].bias, -4.0)                # G starts off to the left
    return game


show(views.players)
show_source(GAN.d_loss, GAN.g_loss)

# %% [markdown]
# $D$'s loss is $-V$. (Skip the branch `wasserstein` until section 5.) $G$'s loss here is the
# *non-saturating* one, $-\mathbb E\log D(G(z))$: it also wants $D(G(z))$ large. Why this and
# not the second term of $V$ itself? Section 4 will tell. `detach` keeps $D$'s gradient from
# flowing into $G$.
#
# How does $G$ learn? Its loss depends on its weights only *through the fakes*. The gradient of
# the loss with respect to a fake point says where that point should go.

# %%
def push(game, fakes):  # −dL_G/dx at each fake point, (N, 1)
    fakes = fakes.clone().requires_grad_()
    return -torch.autograd.grad(softplus(-game.D(fakes)).sum(), fakes)[0]

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Only D moves, G stands still. What happens to V?",
      {"it rises": "D does what it is trained for: it raises V."},
      {"it falls":
           "G would lower it, but G stands still.",
       "it stays": "Only if D is the best one already. Here it is not."}),
     ("Where does D push a fake point?",
      {"uphill on D": "G wants D(x) large there, and the gradient points uphill."},
      {"to the nearest data point": "D knows no distances to data; only its own slope acts.",
       "to the nearest hump's centre": "Only if D happens to rise that way."}))

# %%
from ipywidgets import FloatLogSlider, IntSlider, SelectionSlider


def start(knobs):
    return train(new_game(), x, steps=20_000, batch=256, betas=(0.0, 0.9),
                 lr={"D": knobs.lr_D, "G": knobs.lr_G}, turns=lambda: knobs.verb)


playground(start, views.game(humps, push),
           before=500, verbs={"step D": ("D",), "step G": ("G",), "step both": ("D", "G")},
           lr_D=FloatLogSlider(value=5e-3, min=-4, max=-1, readout_format=".1e"),
           lr_G=FloatLogSlider(value=2e-3, min=-4, max=-1, readout_format=".1e"))

# %% [markdown]
# **What you see.** After 500 steps of both, the fakes cover both humps. $D$ is near ½ where
# there are data, and the value near the orange line.
#
# **What to try.** Press *reset*, then *step D* a dozen times: the pink curve falls where the
# fakes are and rises where the data are. Now *step G*, a dozen times: the fakes creep along
# their arrows. Drag `lr G` to 1e-2 and go on with *step G*: they run past the data, for $D$'s
# opinion is out of date.
#
# The same without hands, and written out: **the two players in turn**. (`train` does this for
# the other games of this notebook; its `turns` lists who moves in a step, its `betas` are
# Adam's memories, short ones, since the opponent moves.) How close do the fakes come? In one
# dimension the *Wasserstein distance* $W_1$ is easy: sort both sets of draws, pair them in this
# order, and average the distances. Section 5 has more about it.

# %%
def w1(a, b):  # of two sets of equal size, (N, 1) each
    return (a.sort(0).values - b.sort(0).values).abs().mean().item()


game = new_game()
before = w1(game.sample(5000), x[:5000])
adam_D = torch.optim.Adam(game.D.parameters(), lr=5e-3, betas=(0.0, 0.9))
adam_G = torch.optim.Adam(game.G.parameters(), lr=2e-3, betas=(0.0, 0.9))
for step in range(500):
    for adam, loss in ((adam_D, game.d_loss), (adam_G, game.g_loss)):
        adam.zero_grad()
        value = loss(x[torch.randint(len(x), (256,))])    # of 256 random data and fakes
        value.backward()
        adam.step()                                       # moves its own player only

fakes_1d = game.sample(5000)
after = w1(fakes_1d, x[:5000])
left, between, right = ((fakes_1d - c).abs().lt(0.5).float().mean().item()
                        for c in (-1.5, 0.0, 1.5))
print(f"W₁ of fakes and data: {before:.2f} before, {after:.2f} after; shares of the fakes"
      f" around −1.5, 0 and 1.5: {left:.0%}, {between:.0%}, {right:.0%}")
assert after < 0.15 * before and between < 0.5 * min(left, right)      # two humps, not one

# %% [markdown]
# ## 2 · The best discriminator is known
#
# Freeze $G$. Its fakes have a density, $q$. For each $x$, $D$ wants to raise
# $p(x)\log D(x) + q(x)\log(1 - D(x))$. This is concave in $D(x)$. Set its derivative with
# respect to $D(x)$ to zero:
#
# $$D^*(x) = \frac{p(x)}{p(x) + q(x)}.$$
#
# Does training find it? Here $G$ is frozen so that $q = \mathcal N(0.5, 1.2^2)$, and $D$ never
# sees a density, only draws. The slider goes through $D$'s training.

# %%
grid = torch.linspace(-12, 12, 4001, dtype=torch.float64)
dx = grid[1] - grid[0]


def value(p, q, D=None):  # V by quadrature; D* unless D is given
    real, fake = (p / (p + q), q / (p + q)) if D is None else (D, 1 - D)
    # xlogy: a log b, and 0 log 0 = 0
    return (torch.xlogy(p, real) + torch.xlogy(q, fake)).sum() * dx


def jsd(p, q):                                              # Jensen–Shannon divergence, in nats
    m = (p + q) / 2
    return (torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).sum() * dx / 2


def affine(scale, shift):  # a frozen generator, x = scale z + shift
    G = nn.Linear(1, 1)
    nn.init.constant_(G.weight, scale), nn.init.constant_(G.bias, shift)
    return G


def opinion(game):  # D on the grid, not quite 0 or 1 for the logarithms
    with torch.no_grad():
        logit = game.D(grid[:, None].float())[:, 0].double()
    return torch.sigmoid(logit).clamp(1e-12, 1 - 1e-12)

# %%
p, q = humps(grid), Normal(0.5, 1.2).log_prob(grid).exp()
best = p / (p + q)
frozen, snapshots = GAN(affine(1.2, 0.5), mlp(1, 32, 32, 1), latent=1), {}
training = train(frozen, x, steps=1000, batch=256, turns=("D",),
                 lr={"D": lambda t: 1e-2 * (1 - t), "G": 0.0})
for step in training:
    if step.step in (1, 3, 10, 20, 40, 80, 150, 300, 600, 1000):
        D = opinion(frozen)
        error = ((D - best).abs() * (p + q) / 2).sum() * dx       # mean over data and fakes
        snapshots[step.step] = D, error.item(), value(p, q, D).item()

explore(views.discriminator_training(grid, p, q, best, snapshots),
        steps_of_D=SelectionSlider(options=list(snapshots), value=10))

_, error, trained = snapshots[1000]
of_best, by_jsd = value(p, q), 2 * jsd(p, q) - math.log(4)
print(f"V(D*) = {of_best:.6f}, −log 4 + 2 JSD = {by_jsd:.6f}")
print(f"trained: V = {trained:.4f}, mean |D − D*| = {error:.4f}")
assert abs(of_best - by_jsd) < 1e-6 and abs(trained - of_best) < 1e-2 and error <= 0.03

# %% [markdown]
# **What you see.** After some 150 steps $D$ is close to $D^*$ wherever there are data or fakes
# (the dashed line is the error that the cell allows in the end). Outside, nobody asks it.
#
# And its best value is known, too. Insert $D^*$, and write $m = (p + q)/2$:
#
# $$V(D^*, G) = \mathbb E_p\Big[\log\frac{p}{2m}\Big] + \mathbb E_q\Big[\log\frac{q}{2m}\Big]
#   = -\log 4 + 2\,\mathrm{JSD}(p, q),$$
#
# with the *Jensen–Shannon divergence*
# $\mathrm{JSD}(p, q) = \frac12 D_{KL}(p\,\|\,m) + \frac12 D_{KL}(q\,\|\,m)$. So a generator
# that lowers $V$ against the best discriminator minimises a divergence, without knowing any
# density. (The non-saturating loss has another gradient there: that of
# $D_{KL}(q\,\|\,p) - 2\,\mathrm{JSD}$.)
#
# ## 3 · The optimum
#
# **Claim of the notes.** At the optimum $P_g = P_{data}$. (So $D^* = \frac12$ everywhere: that
# is ours to add.)
#
# The JSD is zero only for $q = p$, and never above $\log 2$, since $p/m \le 2$ and $q/m \le 2$.
# Now *you* are the generator. Bring the left gauge down to its orange line.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Fakes and data never overlap. What is V(D*)?",
      {"0": "D* is 1 on the data and 0 on the fakes: both logarithms are 0."},
      {"−log 4": "That is the value for perfect fakes, where D* is ½.",
       "minus infinity": "A bad D can reach that; the best one reaches 0."}),
     ("The fakes are perfect. How much better than a coin does the best D guess?",
      {"not at all: it is a coin": "D* = ½ everywhere."},
      {"a little, since it has learned": "There is nothing to learn: p = q.",
       "by half: it is always right": "It is right half of the time."}))

# %%
def fakes(centre, gap, width):
    return humps(grid, centre, gap, width)


explore(views.optimum(grid, p, fakes, value, jsd),
        centre=(-8.0, 8.0), gap=(0.0, 2.5, 0.1), width=(0.2, 1.5, 0.1))

values = {(c, g, w): value(p, fakes(c, g, w)).item()
          for c in (-1.0, 0.0, 1.0) for g in (0.0, 1.0, 1.5, 2.0) for w in (0.4, 0.5, 1.0)}
lowest = min(values, key=values.get)
others = min(v for k, v in values.items() if k != lowest)
print(f"lowest of {len(values)}: {values[lowest]:.6f} at centre, gap, width = {lowest};"
      f" next {others:.4f}")
assert lowest == (0.0, 1.5, 0.5) and abs(values[lowest] + math.log(4)) < 1e-6
assert others > -math.log(4) + 1e-3

# %% [markdown]
# **What you see.** Only at centre 0, gap 1.5 and width 0.5 does the gauge touch $-\log 4$, and
# there $D^*$ is flat at ½. The other gauge says the same with JSD = 0. Slide the centre far to
# the side: once no fake reaches the data, beyond 6 or so for narrow humps, the gauges do not
# move any more. Remember that.
#
# This is a statement about the *best* $D$ and about densities. It does not say that alternating
# gradient steps of two networks arrive there. The rest of the notebook is about what can go
# wrong, and what helps.
#
# ## 4 · Vanishing gradients
#
# **Claim of the notes.** If $D$ is too good, the gradient of $G$ vanishes.
#
# At the start, the fakes do not look like data, so $D$ wins easily: $D(G(z)) \approx 0$. Take
# the two losses as functions of the logit $s$. The second term of $V$, $\log(1 - \sigma(s))$,
# has the slope $-\sigma(s)$, which goes to zero with $D$: it **saturates**. The
# **non-saturating** loss $-\log\sigma(s)$ has the slope $-(1 - \sigma(s))$, near $-1$ for bad
# fakes. Both push $D(G(z))$ up; they differ in where they push hard. $G$'s gradient is this
# slope, times the slope of $s$ in $x$, times the change of $x$ with $G$'s weights. Here are
# fakes far off, at −8. Train only $D$.

# %%
def gradient_norm(game, kind):  # of G's loss with respect to G's weights
    game.kind = kind
    gradients = torch.autograd.grad(game.g_loss(x[:2000]), list(game.G.parameters()))
    return torch.cat([g.flatten() for g in gradients]).norm().item()


far, snapshots = GAN(affine(0.5, -8.0), mlp(1, 32, 32, 1), latent=1), {}
q_far = Normal(-8.0, 0.5).log_prob(grid).exp()
training = train(far, x, steps=400, batch=256, turns=("D",), lr={"D": 5e-3, "G": 0.0},
                 betas=(0.0, 0.9))
for step in training:
    if step.step in (1, 5, 10, 25, 50, 100, 150, 200, 300, 400):
        norms = {kind: gradient_norm(far, kind) for kind in ("saturating", "non-saturating")}
        snapshots[step.step] = opinion(far), norms

explore(views.vanishing(grid, p, q_far, snapshots),
        steps_of_D=SelectionSlider(options=list(snapshots), value=25))

early, late = snapshots[10][1], snapshots[400][1]
for kind in early:
    print(f"{kind:15}: norm {early[kind]:.1e} after 10 steps of D, {late[kind]:.1e} after 400")
assert late["saturating"] < 1e-3 * early["saturating"]
assert late["non-saturating"] > early["non-saturating"]
assert late["non-saturating"] > 1e5 * late["saturating"]

# %% [markdown]
# **What you see.** After the first few steps, the better $D$ knows the fakes, the smaller the
# saturating gradient: many orders of magnitude. The non-saturating one even grows, since $s$
# gets steeper in $x$. So the claim is about one of the two losses. (Practice: an optimizer such
# as Adam divides by the size of the gradient, so a gradient that is small but not *too* small
# still moves $G$.)
#
# **A place to pause.** So far: the game, its optimum, and the loss that is used in practice.
# What follows is a second lecture: distances with a slope, circles, lost modes, images.
#
# ## 5 · Why Wasserstein
#
# **Claim of the notes.** The Wasserstein distance gives a gradient even where the distributions
# do not overlap.
#
# The non-saturating loss lives on whatever slope an unfinished $D$ happens to have between
# fakes and data. The divergence itself offers none there. Slide two densities apart. Once they
# do not overlap, the JSD is $\log 2$ at any distance: it says "different", not "how far". The
# *Wasserstein distance* $W_1$ asks how far mass must be carried. In one dimension it is the
# area between the distribution functions, $\int |F_p - F_q|\,dx$.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Data and fakes are one narrow hump each, of equal shape, 6 apart, then 7. "
      "What happens to W₁ and JSD?",
      {"W₁ grows by 1, the JSD stays":
           "All mass must go one further; the overlap was nothing before."},
      {"both grow": "The JSD cannot exceed log 2, and is there already.",
       "both stay": "W₁ counts how far the mass is carried, and that has grown."}))

# %%
def normal(theta):
    return Normal(theta, 0.5).log_prob(grid).exp()


def with_slope(distance):  # θ -> (distance, its derivative by θ)
    def f(theta):
        theta = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
        d = distance(normal(0.0), Normal(theta, 0.5).log_prob(grid).exp())
        slope, = torch.autograd.grad(d, theta)
        return d.item(), slope.item()
    return f


def wasserstein(p, q):
    return ((p - q).cumsum(0) * dx).abs().sum() * dx


both = with_slope(jsd), with_slope(wasserstein)
explore(views.distances(grid, normal, *both), theta=(-6.0, 6.0))

for theta in (1.0, 3.0, 6.0):
    (divergence, to_theta), (distance, to_theta_w) = (f(theta) for f in both)
    print(f"θ = {theta}: JSD {divergence:.4f}, slope {to_theta:.1e};"
          f"  W₁ {distance:.4f}, slope {to_theta_w:.4f}")
    assert abs(distance - theta) < 1e-3 and abs(to_theta_w - 1) < 1e-3
print(f"log 2 = {math.log(2):.4f}")
assert abs(divergence - math.log(2)) < 1e-6 and abs(to_theta) < 1e-6
(_, smooth), (_, jumps) = (f(-1e-3) for f in both)      # just left of 0, where W₁ has its kink
assert jumps < -0.99 and abs(smooth) < 2e-3

# %% [markdown]
# **What you see.** $W_1 = |\theta|$. Its slope is $\pm 1$ and leads to the data from any
# distance. "Smoother gradients", as the notes have it, is meant of far away. At $\theta = 0$ it
# is the other way round: there the slope of $W_1$ *jumps* from $-1$ to $1$, and that of the JSD
# passes smoothly through 0. So steps must get smaller near the data. (The dashed line is
# $\log 2$.)
#
# The notes' other name is **earth mover's distance**. The data are a heap of earth. To build
# the fakes' heap of it, what must be carried from where to where? In one dimension the cheapest
# plan keeps the order: lay out both heaps from left to right along $[0, 1]$. What bin $i$ and
# bin $j$ share of that line goes from $i$ to $j$.

# %%
def transport_plan(p, q):  # (K,), (K,) -> what goes from bin i to bin j, (K, K)
    P, Q = (torch.cat([torch.zeros(1), each.cumsum(0)]) for each in (p, q))
    ends, starts = torch.minimum(P[1:, None], Q[1:]), torch.maximum(P[:-1, None], Q[:-1])
    return (ends - starts).clamp(min=0)


explore(views.transport(transport_plan), centre=(1.0, 10.0), width=(0.5, 2.0, 0.1))

here, there = torch.rand(2, 12).softmax(1)
plan, way = transport_plan(here, there), (torch.arange(12)[:, None] - torch.arange(12)).abs()
cost, area = (plan * way).sum(), (here.cumsum(0) - there.cumsum(0)).abs().sum()
price = torch.cat([torch.zeros(1), (there - here).cumsum(0).sign()[:-1].cumsum(0)])
worth = ((here - there) * price).sum()          # no plan costs less, as prices differ by ≤ 1
print(f"earth × way: {cost:.4f}; area between the distribution functions {area:.4f};"
      f" no plan is below {worth:.4f}")
assert (plan.sum(1) - here).abs().max() < 1e-5 and (plan.sum(0) - there).abs().max() < 1e-5
assert abs(cost - area) < 1e-5 and cost < worth + 1e-5

# %% [markdown]
# **What you see.** Drag the centre: at width 1 all colours are carried equally far, or nearly,
# and the table is a shifted diagonal. Drag the width: the outer colours go outwards. The cost
# is $W_1$, the area of above. Is no plan cheaper? Give every place a price, such that
# neighbours differ by at most 1. Whoever moves earth by a way $d$ then gains at most $d$. So no
# plan costs less than its gain, $\sum_i (p_i - q_i)\,\mathrm{price}_i$, and for one choice of
# prices this *is* the cost.
#
# How does a network compute it? By duality:
# $W_1(p, q) = \max_f \mathbb E_p[f] - \mathbb E_q[f]$ over all $f$ with $|f'(x)| \le 1$
# everywhere. The best $f$ is as steep as it may be, between data and fakes. So $D$ becomes a
# *critic*: no probability, just a number. A penalty asks for a slope of size 1 at random points
# *between* data and fakes. That is WGAN-GP. The critic lowers $\mathbb E_q[f] - \mathbb E_p[f]$
# plus the penalty, $G$ lowers $-\mathbb E_q[f]$: look back at `d_loss` and `g_loss`.
#
# Does the critic measure the gap? Train some, on the fakes at −8. Sorting the draws gives the
# exact distance. But the penalty is soft. With one slope $k$ everywhere the critic gains $kW$
# and pays $\lambda(k - 1)^2$. So its best slope is $k = 1 + W/2\lambda$, too steep, and its
# value should be $W(1 + W/2\lambda)$.
#
# The critics start flat. If one had a single slope of the wrong sign, the penalty would trap it
# there, as long as $W < 2\lambda$: on a line a slope cannot turn without passing zero. In
# more dimensions it can.

# %%
show_source(GAN.gradient_penalty)


def critic_of(penalty):  # trained; its values on the grid, its estimate of W₁, G's gradient
    critic = GAN(affine(0.5, -8.0), mlp(1, 32, 32, 1), 1, "wasserstein", penalty)
    nn.init.zeros_(critic.D[-1].weight)
    fit(train(critic, x, steps=400, batch=256, turns=("D",),
              lr={"D": lambda t: 1e-2 * (1 - t), "G": 0.0}))
    with torch.no_grad():
        f, fake = critic.D(grid[:, None].float())[:, 0], critic.fake(len(x))
        estimate = (critic.D(x).mean() - critic.D(fake).mean()).item()
    return f, estimate, gradient_norm(critic, "wasserstein"), w1(x, fake)


critics = {penalty: critic_of(penalty) for penalty in (3.0, 10.0, 30.0, 100.0)}
explore(views.critics(grid, humps(grid), q_far, critics),
        penalty=SelectionSlider(options=list(critics), value=10.0, description="λ"))

for penalty, (_, estimate, to_G, gap) in critics.items():
    k = 1 + gap / (2 * penalty)
    print(f"λ = {penalty:3.0f}: sorting says W₁ = {gap:.2f}; the critic {estimate:5.2f},"
          f" expected {k * gap:5.2f}; G's gradient {to_G:.2f}, the slope k = {k:.2f}")
    assert abs(estimate / (k * gap) - 1) < 0.03 and abs(to_G / k - 1) < 0.1

# %% [markdown]
# ## 6 · Going round in circles
#
# **Claim of the notes.** Training is unstable: the players may oscillate.
#
# The smallest game that shows it: $V(a, b) = ab$. One player lowers it by moving $a$, the other
# raises it by moving $b$. The only point of rest is $(0, 0)$. Take gradient steps of size η.
# *Simultaneous*: both move from the same point. *Alternating*: the second sees the first's
# move. *Extragradient*: both look one step ahead, then move with the gradient found there.

# %%
def simultaneous(a, b, eta):
    return a - eta * b, b + eta * a


def alternating(a, b, eta):
    a = a - eta * b
    return a, b + eta * a


def extragradient(a, b, eta):
    ahead_a, ahead_b = a - eta * b, b + eta * a
    return a - eta * ahead_b, b + eta * ahead_a


def path(method, eta, rounds):                    # from (1, 0): the points (a, b) of all rounds
    points = [(1.0, 0.0)]
    for _ in range(rounds):
        points.append(method(*points[-1], eta))
    return points


def radius(method, eta, rounds):                  # after the last of them
    return math.hypot(*path(method, eta, rounds)[-1])

# %%
methods = {f.__name__: f for f in (simultaneous, alternating, extragradient)}
explore(views.orbits(methods, path), method=list(methods), eta=(0.02, 0.9), rounds=(1, 200))

for eta, n in ((0.1, 100), (0.3, 40)):
    out, back = radius(simultaneous, eta, n), radius(extragradient, eta, n)
    print(f"η = {eta}, {n} rounds: simultaneous {out:.4f}, extragradient {back:.4f}")
    assert abs(out / (1 + eta**2)**(n / 2) - 1) < 1e-9
    assert abs(back / (1 - eta**2 + eta**4)**(n / 2) - 1) < 1e-9
    assert all(abs(a**2 + b**2 - eta * a * b - 1) < 1e-9 for a, b in path(alternating, eta, n))

# %% [markdown]
# **What you see.** Simultaneous steps spiral *out*, for every η, slowly for a small one: each
# round multiplies the distance from the saddle by $\sqrt{1+\eta^2}$. At η = 0.3 they soon leave
# the picture. Alternating steps stay on the ellipse $a^2 + b^2 - \eta ab = 1$, as long as $\eta
# < 2$. Extragradient steps spiral in if $\eta < 1$, by $\sqrt{1-\eta^2+\eta^4}$ a round.
#
# Is that only a toy? Take a real GAN with one number each: $G(z) = \theta + 0.05 z$, and $D$'s
# logit is $\psi x$. The data sit at 0. Near the saddle $V \approx -\log 4 - \frac12\psi\theta$:
# the same game. Plain gradient steps, in turn, for both of $G$'s losses.
#
# And a repair: let $D$ pay for its slope *at the data*, $\frac\gamma2 \mathbb E_p|D'(x)|^2$ of
# its logit. This is the $R_1$ penalty. At the saddle $D$ is flat, so it moves nothing there; on
# the way there it is a friction. Here the slope is $\psi$.

# %%
class Shift(nn.Module):
    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor(1.0))

    def forward(self, z):
        return self.theta + 0.05 * z


def rounds_of(kind, gamma=0.0, rounds=160, eta=0.2):  # the path of (θ, ψ, V), (rounds, 3)
    pair = GAN(Shift(), nn.Linear(1, 1, bias=False), latent=1, loss=kind)
    nn.init.zeros_(pair.D.weight)
    near, points = 0.05 * torch.randn(512, 1), []
    for _ in range(rounds):
        for name, (moved, loss) in pair.players().items():
            friction = gamma / 2 * pair.D.weight.square().sum() if name == "D" else 0
            for weight, slope in zip(moved, torch.autograd.grad(loss(near) + friction, moved)):
                weight.data -= eta * slope
        points.append((pair.G.theta.item(), pair.D.weight.item(), -pair.d_loss(near).item()))
    return torch.tensor(points)

# %%
paths = {kind: rounds_of(kind) for kind in ("saturating", "non-saturating")}
paths["saturating, γ = 0.3"] = rounds_of("saturating", gamma=0.3)
show(views.real_spiral(paths))
ends = []
for kind, rows in paths.items():
    crossings = rows[:, 0].sign().diff().ne(0).sum().item()
    ends.append(rows[-65:, :2].norm(dim=1).max().item())   # in the last turn
    print(f"{kind:19}: θ crosses the data {crossings} times,"
          f" in the last turn at most {ends[-1]:.3f} from the saddle")
    assert crossings >= 3
assert 0.9 < ends[0] < 1.2 and 0.3 < ends[1] < 0.7 and ends[2] < 0.15

# %% [markdown]
# **What you see.** With $V$ itself, the same circles as in the toy. $D$ leans to one side, $G$
# runs there, $D$ leans back. The non-saturating loss pulls them slowly inward, the friction
# quickly. And look at $V$ without friction: it passes $-\log 4$, its value for perfect fakes,
# four times in every turn: twice with the fakes on the data, and twice with the fakes farthest
# off, where $D$ has no opinion. **In a game, one value of the loss says little about
# progress**: it depends on the other player, too.
#
# ## 7 · Mode collapse
#
# **Claim of the notes.** $G$ may produce few kinds of samples: mode collapse.
#
# Lowering $V$ against the *best* $D$ minimises the JSD, and lost modes cost it. But a step of
# $G$ is taken against the $D$ of the moment. For a *fixed* $D$, which $G$ is best? One that
# puts **all fakes where $D$ is highest**: a single point, unless $D$ is flat. Nothing in $G$'s
# loss asks for variety. Only the next $D$, by calling that place fake, drives them on.
#
# So the order matters. In $\min_G\max_D$, $G$ is judged after $D$ has answered, and the best
# $G$ has $q = p$. In $\max_D\min_G$, $G$ answers the $D$ of the moment. (Over free densities
# the two *values* are the same, $-\log 4$. What $G$ does on the way is not.) Many steps of $G$
# for each of $D$ come near the second. Let $G$ take forty.

# %%
four = ring(modes=4, width=0.25)                    # four Gaussians on a circle of radius 2
spots = four.sample(4000)


def shares(fakes, toy):  # of the fakes, near each mode: (K,)
    return (torch.cdist(fakes, toy.centres) < max(0.3, 3 * toy.width)).float().mean(0)


def modes(fakes, toy):  # how many get at least 2 % of the fakes?
    return (shares(fakes, toy) >= 0.02).sum().item()


def plane_game(**options):
    return GAN(mlp(2, 64, 64, 2), mlp(2, 64, 64, 1, activation=nn.ReLU), latent=2, **options)

# %%
def start_four(knobs):
    return train(plane_game(), spots, steps=20_000, batch=128, betas=(0.5, 0.999),
                 lr={"D": 2e-3, "G": 1e-3}, turns=lambda: ("D",) + knobs.steps_of_G * ("G",))


playground(start_four, views.modes_found(spots, four.centres, lambda x: modes(x, four)),
           before=60, steps_of_G=IntSlider(value=40, min=1, max=40))

# %% [markdown]
# **What to try.** Play: one clump, which sits on a mode, then leaves and hops to another. Lower
# `steps of G` to 1: the clump breaks up, and all four modes are found within a few hundred
# steps. Raise it again: what happens to modes that are found?
#
# Without hands, 200 rounds of forty steps of $G$, then 600 of one, then 75 of forty again. The
# fakes are those of $G$ itself, at the end of every round.

# %%
game, steps_of_G, live = plane_game(), 40, {}
for step in train(game, spots, steps=875, batch=128, betas=(0.5, 0.999),
                  lr={"D": 2e-3, "G": 1e-3}, turns=lambda: ("D",) + steps_of_G * ("G",)):
    live[step.step], steps_of_G = game.sample(500), 1 if 200 <= step.step < 800 else 40

visits = []                                       # of a mode, by over 90 % of the fakes
for n in range(101, 201):
    if shares(live[n], four).max() > 0.9:
        visits.append(shares(live[n], four).argmax().item())
late, again = ([modes(live[n], four) for n in rounds].count(4)
               for rounds in (range(701, 801), range(801, 876)))
print(f"forty steps: over 90 % on one mode in {len(visits)} of 100 rounds,"
      f" on {len(set(visits))} different modes\none step: all four modes in {late} of 100"
      f" rounds\nforty again: all four modes in {again} of 75 rounds")
assert len(visits) >= 50 and len(set(visits)) >= 2 and late >= 95 and again >= 50
explore(views.hops(spots, live, lambda x: shares(x, four)),
        step=IntSlider(value=150, min=1, max=875))

# %% [markdown]
# **What you see.** Drag `step`. Up to 200 the fakes are a clump, on one mode, later on another:
# a **collapse** that hops. Right, a dark cell is a clump on a mode; where all four are white,
# the fakes are on their way. Shorter turns repair it. And forty steps, *again*, do not destroy
# what is there: a $D$ that has seen fakes on all four modes is near ½ on each, so no mode draws
# them all.
#
# **Eight narrow modes** are harder. Train twice from scratch: a GAN with a fast $D$, and a
# WGAN-GP, with two steps of the critic for each of $G$. Its penalty has $\lambda = 0.1$ here.
# By section 5 that lets the slope be far above 1, so the critic's value is no estimate of
# $W_1$. With `average`, samples come from a running mean of $G$'s weights, which swings less
# than $G$.

# %%
toy = ring()                                        # eight Gaussians of width 0.05
points = toy.sample(4000)


def ring_game(**options):
    G, D = (mlp(2, 64, 64, n, activation=nn.ReLU) for n in (2, 1))
    return GAN(G, D, latent=2, penalty=0.1, **options)


gan = fit(train(ring_game(), points, steps=800, batch=128, lr={"D": 2e-3, "G": 1e-3},
                betas=(0.5, 0.999), average=0.99)).averaged
wgan = fit(train(ring_game(loss="wasserstein"), points, steps=800, batch=128, lr=2e-3,
                 betas=(0.5, 0.9), turns=("D", "D", "G"), average=0.99)).averaged
fakes_2d = {"GAN": gan.sample(2000), "WGAN-GP": wgan.sample(2000)}
show(views.clouds(points, fakes_2d))
for name, drawn in fakes_2d.items():
    print(f"{name:7}: {modes(drawn, toy)} of 8 modes,"
          f" {1 - shares(drawn, toy).sum():.0%} of the fakes between them")
assert modes(fakes_2d["GAN"], toy) >= 5 and modes(fakes_2d["WGAN-GP"], toy) >= 7

# %% [markdown]
# **What you see.** Both find most modes, and each has a good part of its fakes *between* them:
# $G$ is continuous and $z$ has no gaps. Which of the two is better, one run at unequal budgets
# cannot tell. A steeper $G$, trained longer, leaves fewer fakes there.
#
# The ring is kind. **Draw your own data set** on the left: clear the page with the round arrow,
# draw with the brush, then press reset and play. What does it do with two far blobs, with a
# thin line, with a single dense spot? Look for bridges, and for parts that come late.

# %%
from lecture_utils.live import Points

crescents = moons().sample(150)


def start_drawn(knobs):
    drawn = knobs.points if len(knobs.points) >= 10 else crescents  # too few: these instead
    return train(ring_game(loss="wasserstein"), drawn, steps=20_000, batch=128,
                 lr=knobs.lr, betas=(0.5, 0.9), turns=("D", "D", "G"))


playground(start_drawn, views.cloud(), before=400, points=Points(crescents),
           lr=FloatLogSlider(value=2e-3, min=-4, max=-1.5, readout_format=".1e"))

# %% [markdown]
# ## 8 · A DCGAN on digits
#
# **Claim of the notes.** DCGAN's guidelines make convolutional GANs train: batch normalisation,
# LeakyReLU in $D$. (Its paper adds strided convolutions instead of pooling, and ReLU in $G$.)
#
# Here are both networks, for images of 8×8. A *transposed convolution* with stride 2 doubles
# the side: its matrix is the transpose of a strided convolution's.

# %%
from lecture_utils.models.gan import dc_discriminator, dc_generator

show_source(dc_generator, dc_discriminator)

# %%
def dcgan(batch_norm=True, leaky=True):
    G = dc_generator(16, batch_norm=batch_norm)
    D = dc_discriminator(batch_norm=batch_norm, leaky=leaky)
    return GAN(G, D, latent=16)


def digits_training(game, steps):
    return train(game, data.x, steps=steps, batch=64, lr={"D": 2e-3, "G": 1e-3},
                 betas=(0.5, 0.999), average=0.99)


gan = watch(digits_training(dcgan(), 700), views.fakes_and_losses()).averaged

# %% [markdown]
# How good are they? Three numbers. The *Fréchet distance* of the pixels' mean and covariance,
# as in notebook 02, from 350 images. The share of the *rarest digit*: a classifier that has
# learned the real images names every fake. A tenth is ideal, and zero says that a digit is
# lost. And the distance to the *nearest training image*, which all but a tenth of the set
# exceed: a generator that copies would bring it to zero.

# %%
from lecture_utils.metrics import frechet_distance
from sklearn.svm import SVC
from torch.distributions import MultivariateNormal

known = data.x.flatten(1)
classifier = SVC().fit(known, data.y)                     # a support vector machine


def measure(images, others):  # Fréchet distance, shares of the digits, to the nearest
    images = images[torch.randperm(len(images))].flatten(1)
    named = torch.as_tensor(classifier.predict(images))
    shares = named.bincount(minlength=10) / len(images)
    to_nearest = torch.cdist(images, known).min(1).values.quantile(0.1).item()
    return frechet_distance(images[:350], others), shares, to_nearest


pixels = MultivariateNormal(known.mean(0), known.T.cov() + 1e-3 * torch.eye(64))
sets = {"training images": data.x, "validation images": valid.x,
        "real 0s and 1s": data.x[data.y < 2], "Gaussian of pixels": pixels.sample((2000,)),
        "DCGAN": gan.sample(2000)}
measured = {name: measure(images, test.x) for name, images in sets.items()}
mixed = test.x[torch.randperm(len(test.x))]
measured["half the test set"] = measure(mixed[:224], mixed[224:])
lacking, gaussian_of, fake, unseen = list(measured.values())[2:]

# %%
for name, (frechet, each_digit, to_nearest) in measured.items():
    print(f"{name:18}: Fréchet {frechet:4.0f}, rarest digit {each_digit.min():4.1%},"
          f" the nearest training image at {to_nearest:.1f}")
assert classifier.score(test.x.flatten(1), test.y) > 0.94 and fake[0] < 160
assert fake[1].min() > 0.03 and lacking[1].min() < 0.01 and lacking[0] > 2 * fake[0]
assert unseen[2] < fake[2] < 0.85 * gaussian_of[2]
few, bars = gan.sample(8), {"test images": unseen[1], "DCGAN": fake[1]}
show(views.pairs(few, data.x[torch.cdist(few.flatten(1), known).argmin(1)], bars))

# %% [markdown]
# **What you see.** Left, above, fakes; below each, the training image nearest to it: some
# alike, none the same, and some are no clear digits. Right, all ten digits are there, as the
# classifier sees them. Now the table. Real images have a Fréchet distance, too: the sets are
# samples, and partly by other writers. One number alone is easily fooled. *Real 0s and 1s* pass
# one by one; as a set they lack eight digits. A *Gaussian* with the pixels' mean and covariance
# has a good Fréchet distance, which sees nothing else, and the classifier gives a digit's name
# to anything. But its draws are far from every digit: the last number works both ways. Copies
# would be at 0. The DCGAN lies between unseen digits and the Gaussian: it does not copy, and is
# not perfect.
#
# **The guidelines as switches.** Play, then switch one off: training starts over with the new
# networks.

# %%
def guidelines(knobs):
    while True:
        chosen = knobs.batch_norm, knobs.leaky_relu
        for step in digits_training(dcgan(*chosen), 20_000):
            if (knobs.batch_norm, knobs.leaky_relu) != chosen:
                break
            yield step


playground(guidelines, views.fakes_and_losses(), before=100, batch_norm=True, leaky_relu=True)

# %%
def frechet_after(steps=300, **options):
    trained = fit(digits_training(dcgan(**options), steps)).averaged
    return frechet_distance(trained.sample(350), test.x)


table = {"as recommended": frechet_after(), "no BatchNorm": frechet_after(batch_norm=False),
         "ReLU in D, not leaky": frechet_after(leaky=False)}
print(*(f"{name}: {distance:.0f}" for name, distance in table.items()), sep=";  ")
assert table["no BatchNorm"] > 2 * table["as recommended"]

# %% [markdown]
# Without batch normalisation in both networks, *at these rates*, the training is far behind
# after 300 steps; with other rates the gap may be smaller. Whether $D$'s ReLU is leaky makes
# **no clear difference** here: change the seed in the first cell, and the sign of the small
# difference may change. A guideline is experience with larger images, not a law.
#
# **Walk in latent space.** Take two random codes, scale them to length 4 (codes of
# $\mathcal N(0, I)$ in 16 dimensions have about that length), and go from one to the other on
# the sphere, at constant speed: drag $t$. `pair` chooses other ends.

# %%
def walk(t, start, end):  # (16,), (16,) -> codes on the arc, (len(t), 16)
    omega = torch.arccos(torch.nn.functional.cosine_similarity(start, end, dim=0))
    first, second = torch.sin((1 - t) * omega), torch.sin(t * omega)
    return (first[:, None] * start + second[:, None] * end) / torch.sin(omega)


ends = torch.randn(12, 16)
ends = 4 * ends / ends.norm(dim=1, keepdim=True)   # on the sphere of radius √16
explore(views.latent_walk(gan.generate, lambda t, k: walk(t, ends[k], ends[k + 1])),
        t=(0.0, 1.0, 0.02), pair=(0, 10))

largest = {}
for n in (100, 200, 400):  # steps along the arc
    images = gan.generate(walk(torch.linspace(0, 1, n + 1), ends[0], ends[1]))
    largest[n] = images.diff(dim=0).flatten(1).norm(dim=1).max().item()
print(*(f"{n} steps: the image moves by {d:.2f} at most" for n, d in largest.items()), sep="; ")
assert 1.7 < largest[100] / largest[200] < 2.3 and 1.7 < largest[200] / largest[400] < 2.3
straight = (ends[:-1] + ends[1:]).norm(dim=1) / 2         # half way on the straight line
print(f"half way on a straight line, codes have the lengths {straight.min():.1f} to"
      f" {straight.max():.1f}")

# %% [markdown]
# **What you see.** No sudden jumps: half the step in $z$ is half the step in the image. That is
# no merit of training: $G$ is made of smooth or piecewise linear pieces, so its slope is
# bounded, and every code gives some image. So on the way there are shapes that are no digits. A
# straight line would cut through the inside of the sphere, half way at about $4/\sqrt2$, where
# $\mathcal N(0, I)$ has hardly any codes.
#
# ## 9 · Your turn
#
# Replace each `...`, run the cell, and read what the check says. The folded cell after it holds
# a solution.
#
# **1.** Write both losses of the generator from $D$'s *logits* of the fakes: saturating, then
# non-saturating. They should stay finite for any logit.
#
# **2.** Write the best discriminator from the densities $p$ of the data and $q$ of the fakes.
# The check finds it by search.
#
# **3.** In the game $V = ab$, choose a step size η for which 100 rounds of extragradient bring
# the distance from 1 below 0.001. Section 6 has the factor per round.

# %% tags=["exercise"]
def my_generator_losses(logit):  # (B,) -> two scalars: saturating, non-saturating
    ...


checks.generator_losses(my_generator_losses)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_generator_losses(logit):
    return -softplus(logit).mean(), softplus(-logit).mean()


checks.generator_losses(solved_generator_losses)

# %% tags=["exercise"]
def my_best_discriminator(p, q):                  # (N,), (N,) -> (N,)
    ...


checks.best_discriminator(my_best_discriminator)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_best_discriminator(p, q):
    return p / (p + q)


checks.best_discriminator(solved_best_discriminator)

# %% tags=["exercise"]
my_eta = ...

checks.quiet_step_size(my_eta, lambda eta: radius(extragradient, eta, 100))

# %% tags=["solution"] jupyter={"source_hidden": true}
solved_eta = 0.7                                  # near √½, where 1 − η² + η⁴ is smallest

checks.quiet_step_size(solved_eta, lambda eta: radius(extragradient, eta, 100))

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("D can express any function and is fully trained against a frozen G. "
      "It answers ½ everywhere. Then",
      {"the fakes have the data's distribution": "D* = p/(p+q) = ½ means p = q."},
      {"D has learned nothing": "It has learned that there is nothing to tell.",
       "G has collapsed": "Then D would tell: the missing modes are data only."}),
     ("Fakes are far from the data and D is nearly perfect. Which loss still moves G?",
      {"the non-saturating one": "Its slope in the logit is near −1 for bad fakes."},
      {"the saturating one": "Its slope is −D(G(z)), and that is nearly zero.",
       "neither": "The two have the same goal and very different slopes."}),
     ("G's loss has gone up for 1000 steps. What does it tell you?",
      {"not much": "It depends on D, which has changed as well."},
      {"G is getting worse":
           "D may have become better. Look at samples, or measure a distance.",
       "G is getting better": "That does not follow either."}),
     ("What does the gradient penalty hold near 1?",
      {"the critic's slope":
           "Between data and fakes, softly: on a line it is 1 + W/2λ, near 1 for a large λ."},
      {"the critic's value": "A constant may be added to the critic without any change.",
       "G's slope": "G is free; the penalty is part of the critic's loss."}))

# %% [markdown]
# ## Summary
#
# - $G$ and $D$ play for one number $V$. $G$ learns only from the slope of $D$ at its fakes.
# - The best $D$ is $p/(p+q)$. Against it, $V = -\log 4 + 2\,\mathrm{JSD}(p, q)$, lowest at
#   $q = p$.
# - The saturating loss has no gradient where $D$ wins. The non-saturating one has, as long as
#   $D$'s logit has a slope there.
# - Without overlap the JSD is flat. $W_1$ is not, and a critic with a bounded slope measures
#   it.
# - Gradient steps of two players can circle or spiral out. Losses do not show progress.
# - Against a fixed $D$ that is not flat, a best $G$ is one point. If $G$ moves far before $D$
#   answers, it collapses; shorter turns repair that.
#
# **Where the notes simplify**
# - "Vanishing gradients when $D$ is too good": for the saturating loss. The non-saturating
#   gradient stays, as long as $D$'s logit has a slope at the fakes (section 4).
# - "At the optimum $P_g = P_{data}$": for the best $D$ and free densities. Gradient steps need
#   not arrive (sections 3 and 6).
# - "$\min_G \max_D$": practice takes turns of single steps, and another loss for $G$ than $V$
#   (sections 1 and 4).
# - The critic of a WGAN is not a discriminator: no probability. Its slope is held near 1 only
#   softly, so its value measures $W_1$ only roughly: where one slope fits everywhere, the
#   factor is $1 + W/2\lambda$ (section 5).
# - "Smoother gradients" of $W_1$: far from the data. Near them its slope jumps, and the JSD's
#   does not (section 5).
# - DCGAN's guidelines are observations. One of them shows no clear effect at this size (section
#   8).
#
# **References.** Goodfellow et al., *Generative Adversarial Nets* (2014). Radford, Metz and
# Chintala, *Unsupervised Representation Learning with Deep Convolutional GANs* (2016). Arjovsky
# and Bottou, *Towards Principled Methods for Training GANs* (2017). Arjovsky, Chintala and
# Bottou, *Wasserstein GAN* (2017). Gulrajani et al., *Improved Training of Wasserstein GANs*
# (2017). Mescheder, Geiger and Nowozin, *Which Training Methods for GANs do actually Converge?*
# (2018), for the friction. Goodfellow, *NIPS 2016 Tutorial: Generative Adversarial Networks*,
# for $\max\min$ and $\min\max$. Korpelevich, *The Extragradient Method* (1976). Kahng et al.,
# *GAN Lab* (2018), which had such buttons first.
#
# **Next.** A model that knows its density exactly, by a change of variables: notebook 05.
