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
# # 5 · Change of variables
#
# **Can noise be bent into data so that every probability stays known?** A *normalizing flow*
# treats a cloud of Gaussian noise like a rubber sheet. It stretches and squeezes the sheet, and
# never tears or folds it. Every point keeps the mass that it carries. So where the sheet is
# stretched it gets thin, and by how much is a matter of calculus.
#
# After this notebook you can
# - compute the density of $x = f(z)$ from that of $z$, in one dimension and in many,
# - say whose Jacobian the formula means, and what happens where $f$ folds,
# - write a coupling layer, its inverse and its log-determinant, and train a stack of them,
# - measure what it costs to be invertible,
# - turn a density of real numbers into probabilities of images, and say why the likeliest image
#   is not a typical one.
#
# It takes about 90 minutes and covers §4 of the lecture notes. You need densities, the chain
# rule, and for section 8 the bound of notebook 02. `log` is the natural logarithm.

# %%
import numpy as np
import torch
from lecture_utils import checks, explore, fit, one_cycle, playground, quiz, setup, show
from lecture_utils.data import checkerboard, digits, drawn, moons, ring
from lecture_utils.live import Drawing, Film, Point, Points
from lecture_utils.views import flow as views

setup(seed=0)
show(views.rubber_sheet)

# %% [markdown]
# ## 1 · Mass stays, width changes
#
# **Claim of the notes.** Draw $z$ from a simple density $p_z$ and compute $x = f(z)$ with an
# invertible $f$. Then
#
# $$p_x(x) = p_z(f^{-1}(x)) \left|\det \frac{\partial f^{-1}(x)}{\partial x}\right|.$$
#
# The matrix of all partial derivatives, $\partial f^{-1}/\partial x$, is called the *Jacobian*.
# In one dimension it is one number, the derivative. Why this formula? Take a narrow strip of
# $z$ of the width $dz$. It holds the probability $p_z\,dz$: we call it the *mass* of the strip.
# The map carries the strip to another place and to another width, $dx = f'(z)\,dz$, with all
# that is in it. So $p_x\,dx = p_z\,dz$.
#
# Below *you* bend the map. Its slope, always above 0, has three knobs: stretch or squeeze
# around $z = -1.5$, $0$ and $1.5$. Adding up the slope gives the map.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Around z = 0 the map gets three times as steep. What happens to p(x) around f(0)?",
      {"it falls to a third": "The same mass lies on three times the width."},
      {"it rises threefold": "Then three times the mass would lie there. Where from?",
       "nothing, if f(0) stays where it is": "The strip around it gets wider, so thinner."}),
     ("Can one hump of p(z) become two humps of p(x)?",
      {"yes": "Stretch the middle: there p(x) falls below its two sides."},
      {"no, f is invertible": "Invertible maps keep the mass of each strip, not the shape.",
       "only if f turns back somewhere": "A rising f with a steep middle is enough."}))

# %%
from scipy.integrate import cumulative_trapezoid
from scipy.stats import norm

p_z, zs = norm.pdf, np.linspace(-6, 6, 2401)


def slope(z, left, middle, right):                # df/dz > 0
    return np.exp(left * np.exp(-(z + 1.5)**2) + middle * np.exp(-z**2)
                  + right * np.exp(-(z - 1.5)**2))


def table(*bend):                                 # f(z) at every z of zs, with f(0) = 0
    x = cumulative_trapezoid(slope(zs, *bend), zs, initial=0)
    return x - x[1200]


def f(z, *bend):
    return np.interp(z, zs, table(*bend))


def f_inverse(x, *bend):                          # the same table, read backwards
    return np.interp(x, table(*bend), zs)


def p_x(x, *bend):                                # the formula: dz/dx = 1 / slope
    z = f_inverse(x, *bend)
    return p_z(z) / slope(z, *bend)


explore(views.mass(f, p_z, p_x), left=(-0.8, 1.2), middle=(-0.8, 1.2), right=(-0.8, 1.2),
        strip=(2, 19))

# %%
bend, x = (0.0, 1.2, -0.8), np.linspace(-12, 12, 4801)
p, dx = p_x(x, *bend), x[1] - x[0]
counts, _ = np.histogram(f(np.random.standard_normal(200_000), *bend), x[::100])
expected = 200_000 * (p * dx)[:-1].reshape(-1, 100).sum(1)
off = (np.abs(counts - expected) / np.sqrt(expected + 1)).max()
wrong = (p_z(f_inverse(x, *bend)) * slope(f_inverse(x, *bend), *bend)).sum() * dx
print(f"∫ p_x dx = {p.sum() * dx:.5f}, by J_f {wrong:.2f}; histogram off by {off:.1f} s.e.")
assert abs(p.sum() * dx - 1) < 1e-4 and off < 5 and abs(wrong - 1) > 0.5

# %% [markdown]
# **What you see.** At the bottom of the picture $p_z$ is cut into twenty strips of equal mass.
# Follow the orange one up to the curve and then to the left, where $p_x$ lies on its side. It
# arrives at another width, and its height makes up for that: both orange areas are the same,
# whatever you do. At first `middle` is at its largest: the curve is steep around 0, the strips
# there are wide, and one hump has become two. Lower it: the strips crowd together, and get
# high.
#
# **Whose Jacobian?** The notes also write $\log P_x(x) = \log P_z(z) + \log|\det J|$ and do not
# say what $J$ is. It must be that of $f^{-1}$, from the data to the noise. With $J_f$ the sign
# changes: $\log p_x = \log p_z - \log|\det J_f|$, since $\det J_{f^{-1}} = 1/\det J_f$. The
# cell above also tries the wrong one, and that "density" does not integrate to 1. In this
# notebook every layer maps $x \to z$, so its $\log|\det J|$ is *added*.
#
# ## 2 · When the map folds
#
# **Claim of the notes.** $f$ is invertible. Is that needed? Take $x = z + a \sin 2z$. Its slope
# $1 + 2a\cos 2z$ stays above 0 as long as $a < \frac12$. Beyond that, the map turns back, and
# some $x$ have three $z$ or more, on different *branches* of the curve. Which one is
# $f^{-1}(x)$?

# %%
def fold(z, a):
    return z + a * np.sin(2 * z)


def solve(x, a):                                  # all z with fold(z) = x: number of x, and z
    above = fold(zs, a) > x[:, None]              # (len(x), len(zs))
    i, k = np.nonzero(above[:, 1:] != above[:, :-1])      # between zs[k] and the next one
    low, high = fold(zs[k], a), fold(zs[k + 1], a)        # f passes x: on a straight line
    return i, zs[k] + (x[i] - low) / (high - low) * (zs[k + 1] - zs[k])


def first_of(i):                                  # True at the first, lowest z of each x
    return np.diff(i, prepend=-1) > 0


def folded(x, a, every_branch=True):              # the density of x
    i, z = solve(x, a)
    each = p_z(z) / np.abs(1 + 2 * a * np.cos(2 * z))
    return np.bincount(i, each if every_branch else each * first_of(i), len(x))


explore(views.fold(fold, solve, folded), a=(0.0, 1.5), x=(-4.0, 4.0))

# %%
grid = np.linspace(-8, 8, 12_801)
unfolded, one, every = (folded(grid, a, all_of).sum() * 16 / 12_800
                        for a, all_of in ((0.4, False), (1.0, False), (1.0, True)))
z = np.random.standard_normal(5000)
i, roots = solve(fold(z, 1.0), 1.0)
hidden = (np.abs(roots[first_of(i)] - z) > 1e-3).mean()    # draws with another z before theirs
print(f"a = 1: mass of one branch {one:.3f}, of all {every:.3f}; draws hidden {hidden:.3f}")
assert abs(unfolded - 1) < 1e-3 and abs(every - 1) < 0.02 and abs(1 - one - hidden) < 0.03

# %% [markdown]
# **What you see.** At $a = 1$ and $x = 1.5$ the line meets the curve three times. The dashed
# curve on the right takes the lowest $z$ for each $x$ and leaves out what the other branches
# bring, a large part of the mass. The sum over all branches, $\sum_k p_z(z_k)/|f'(z_k)|$,
# restores it. (It prints a little less than 1: a sum over a grid misses some of the spikes,
# which stand where the curve turns and its slope is 0.) The bars $|\cdot|$ matter: on the
# falling branch the slope is negative, and mass is not. Lower $a$ to 0.5: one branch is left,
# and all three curves agree.
#
# So an $f$ that folds has a density, too. But one must find all branches, and in many
# dimensions there is no good way to do so. **A flow is built so that there is one branch.**
#
# ## 3 · Two dimensions: areas
#
# In the plane a small square becomes, nearly, a parallelogram. Its sides are the columns of the
# Jacobian $J_f = \partial x/\partial z$, times the side of the square. Its area is $|\det J_f|$
# times that of the square. The same sentence as before: mass stays, area changes. Here is a map
# with its inverse. (Section 5 tells how to build such maps.)

# %%
def warp(z):                                      # (N, 2) -> (N, 2)
    a, b = z.unbind(1)
    b = b * torch.exp(0.5 * torch.sin(a)) + torch.sin(1.5 * a)
    a = a * torch.exp(0.4 * torch.cos(b)) - 0.5 * b
    return torch.stack([a, b], 1)


def unwarp(x):                                    # the same steps, backwards
    a, b = x.unbind(1)
    a = (a + 0.5 * b) * torch.exp(-0.4 * torch.cos(b))
    b = (b - torch.sin(1.5 * a)) * torch.exp(-0.5 * torch.sin(a))
    return torch.stack([a, b], 1)


def jacobian(function, x):                        # (N, D) -> (N, D, D), by autograd
    return torch.func.vmap(torch.func.jacrev(lambda one: function(one[None])[0]))(x)


explore(views.parallelogram(warp, jacobian),
        z=Point(views.stretch_map(warp, jacobian), at=(0.6, 0.4), size=(3.9, 3.8)),
        side=(0.1, 1.6))

# %% [markdown]
# **What you see.** On the map, red is stretched, blue is squeezed. Drag the point: in the other
# picture its square arrives, bent, and over it lies the parallelogram of $J_f$. Make `side`
# small, and the two agree. The title says what happened to the area and to the density: their
# product stays.
#
# The check below goes another way than the picture: the density comes from the *inverse* and
# its Jacobian, the area from the corners of the carried cells, and the mass from the
# distribution function of the Gaussian.

# %%
def log_p_x(x):                                   # the formula, with the Jacobian of f⁻¹
    log_p_z = torch.distributions.Normal(0.0, 1.0).log_prob(unwarp(x)).sum(1)
    return log_p_z + jacobian(unwarp, x).det().abs().log()


def carried_cells(side):                          # mass of each cell, density × area after f
    low = torch.cartesian_prod(*2 * [torch.arange(-3, 3 - side / 2, side, dtype=torch.float64)])
    corners = side * torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
    a, b = warp((low[:, None] + corners).flatten(0, 1)).view(-1, 4, 2).unbind(2)
    area = (a * b.roll(-1, 1) - a.roll(-1, 1) * b).sum(1).abs() / 2      # the shoelace formula
    ends = torch.stack([low, low + side])
    mass = torch.distributions.Normal(0.0, 1.0).cdf(ends).diff(dim=0)[0].prod(1)
    return mass, log_p_x(warp(low + side / 2)).exp() * area


errors = {}
for side in (0.2, 0.1, 0.05):
    mass, by_formula = carried_cells(side)
    errors[side] = ((by_formula - mass).abs().sum() / mass.sum()).item()
    print(f"cells of side {side}: density × area differs from the mass by {errors[side]:.3%}")
assert errors[0.05] < 0.003 and errors[0.1] / errors[0.05] > 3

# %% [markdown]
# The error is that of small cells, not of the formula: half the side, a quarter of the error.
#
# ## 4 · A triangular determinant is cheap
#
# **Claim of the notes.** The determinant must be easy to compute, as that of a triangular
# matrix is.
#
# Training asks for the determinant at every step and for every image, and an image has $d$
# pixels, hundreds or thousands. A dense $d \times d$ matrix needs elimination, about $d^3/3$
# multiplications. And automatic differentiation gives one row of the Jacobian for each backward
# pass. The determinant of a *triangular* matrix is the product of its diagonal. So its
# logarithm is a sum of $d$ logarithms. We time both methods on the same triangular matrices.

# %%
import timeit


def seconds(function, J):                         # the fastest of seven
    return min(timeit.repeat(lambda: function(J), number=1, repeat=7))


def dense(J):                                     # by Gaussian elimination
    return torch.linalg.slogdet(J).logabsdet


def triangular(J):                                # the diagonal
    return J.diagonal().abs().log().sum()

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Twice as many dimensions. How much longer does elimination take?",
      {"about eight times": "It takes about d³/3 multiplications, and 2³ = 8."},
      {"twice": "That is the triangular one: d numbers on the diagonal.",
       "four times": "That is how many numbers the matrix has; each is used many times."}),
     ("How many backward passes fill a dense d × d Jacobian?",
      {"d": "Each gives one row of it."},
      {"one": "It gives the slopes of one number, not of d numbers.",
       "none, autograd knows it": "Autograd keeps a graph, not a matrix."}))

# %%
sizes = [64, 128, 256, 512, 1024]
matrices = [torch.randn(d, d, dtype=torch.float64).tril() for d in sizes]
times = {how.__name__: [seconds(how, J) for J in matrices] for how in (dense, triangular)}
slopes = {how: np.polyfit(np.log(sizes[2:]), np.log(t[2:]), 1)[0] for how, t in times.items()}
show(views.times(sizes, times, slopes))

for J in matrices:
    torch.testing.assert_close(dense(J), triangular(J))    # the same number, for these
assert slopes["dense"] > 2 and slopes["triangular"] < 1.2

# %% [markdown]
# **What you see.** On these axes a power $d^k$ is a line of slope $k$. Elimination climbs
# towards $k = 3$. The blue line is nearly flat: the sum is so short that calling it takes most
# of the time. A flow needs layers whose Jacobian is triangular *by construction*, in some order
# of the coordinates.
#
# ## 5 · A coupling layer in ten lines
#
# Cut $x$ into two halves, $a$ and $b$. Keep $a$. Scale and shift $b$ by numbers that a network
# computes from $a$ ($\odot$ multiplies elementwise):
#
# $$z = (a,\; b \odot e^{s(a)} + t(a)), \qquad
#   \frac{\partial z}{\partial x} = \begin{pmatrix} I & 0 \\ * & \mathrm{diag}(e^{s})
#   \end{pmatrix}, \qquad \log|\det| = \sum_i s_i(a).$$
#
# The block $*$ does not enter the determinant, so $s$ and $t$ may come from any network. And
# nobody inverts the network: $a$ is still there, so it answers the same $s$ and $t$ again.

# %%
from lecture_utils.nets import mlp


def couple(x, net):                               # (N, D) -> z (N, D), log|det ∂z/∂x| (N,)
    a, b = x.chunk(2, 1)
    s, t = net(a).chunk(2, 1)                     # the network sees a only
    return torch.cat([a, b * s.exp() + t], 1), s.sum(1)


def uncouple(z, net):                             # its inverse
    a, b = z.chunk(2, 1)
    s, t = net(a).chunk(2, 1)                     # the same a, so the same s and t
    return torch.cat([a, (b - t) * (-s).exp()], 1)


def stack(x, nets):                               # between two layers the halves change places
    log_det = torch.zeros(len(x), dtype=x.dtype)
    for i, net in enumerate(nets):
        a, b = x.chunk(2, 1)
        x, each = couple(torch.cat([b, a], 1) if i else x, net)
        log_det = log_det + each
    return x, log_det

# %%
nets = [mlp(8, 32, 16).double() for _ in range(6)]        # random weights, 16 dimensions
some = torch.randn(5, 16, dtype=torch.float64)


def of_layers(n):                                 # J of the first n layers, by autograd
    return jacobian(lambda x: stack(x, nets[:n])[0], some).detach()


def by_sum(n):
    return stack(some, nets[:n])[1].detach()


explore(views.jacobian_of_layers(of_layers, by_sum), layers=(1, 6))

for n in (1, 2, 6):
    print(f"layers {n}: log|det| {by_sum(n)[0]:.6f} by the sum of s,"
          f" {dense(of_layers(n))[0]:.6f} by autograd and elimination")
    assert (dense(of_layers(n)) - by_sum(n)).abs().max() < 1e-9
back = uncouple(couple(some, nets[0])[0], nets[0])
assert (back - some).abs().max() < 1e-12

# %% [markdown]
# **What you see.** Green is above 0, pink below. One layer: ones on the diagonal for $a$, the
# numbers $e^s$ for $b$, and below the ones a block that does not count. With every layer more
# blocks fill (the title counts the zeros that are left), and the determinant is still the
# product of the layers': the logarithms add up. Nobody ever needs that matrix. (That the halves
# change places permutes rows, and $|\det|$ of a permutation is 1.)
#
# ## 6 · RealNVP, live
#
# A *RealNVP* is a stack of such layers. Here is the package's *affine* layer ($b$ is scaled and
# shifted): the ten lines above, with the indices of $a$ and of $b$ in place of two halves, and
# with $|s| < 1$: one layer stretches $b$ at most e-fold. The training needs nothing new:
# minimise $-\log p_x(x)$, the *negative log-likelihood* (NLL), on the data.

# %%
from itertools import pairwise
from torch import nn
from lecture_utils import show_source, train, watch
from lecture_utils.models.couplings import AffineCoupling, Coupling, MixtureCoupling
from lecture_utils.models.flow import Flow, ImageFlow, Logit

show_source(Coupling.forward, AffineCoupling.g, AffineCoupling.s_and_t, Flow.log_prob)


def real_nvp(couplings=8, alternate=True, kind=AffineCoupling):
    first = torch.tensor([True, False])           # keep x₁ and move x₂, then in turn
    kept = [first if i % 2 == 0 or not alternate else ~first for i in range(couplings)]
    return Flow([kind(k, hidden=64, activation=nn.ReLU) for k in kept])


def plane_training(flow, toy, steps=800):
    flow.toy = toy                                # for the picture
    return train(flow, toy.sample(20_000), steps=steps, batch=256, lr=one_cycle(1e-2), clip=1.0)


toys = {"moons": moons(), "ring": ring(), "checkerboard": checkerboard()}
flows = {name: real_nvp() for name in toys}
watch(plane_training(flows["moons"], toys["moons"]), views.plane())

# %% [markdown]
# **What you see.** Top left, the model's density in blue with data in grey, and beside it
# samples. Below, the lines at the nine deciles of $z_1$ and of $z_2$, as the flow bends them:
# each cell between them holds one hundredth of the mass, so small cells are dense mass. Bottom
# right, what the model loses against the true density, $\mathbb E_p[\log p - \log p_x] =
# D_{KL}(p\,\|\,p_x)$, in *nats*, the unit of the natural logarithm. We know that number since
# the toy's density is known.
#
# What does each layer do? Let time run *through the layers*, from noise to data. (Between two
# layers the points move on straight lines: that only helps the eye.)

# %%
@torch.no_grad()
def journey(flow, z, parts=8):                    # z, on its way through the inverses
    for layer, (before, after) in enumerate(pairwise(flow.states(z))):
        for part in range(parts):
            yield layer + part / parts, before + part / parts * (after - before)
    yield layer + 1, after


noise = torch.randn(120, 2)
explore(views.journey(noise), state=Film(journey(flows["moons"], noise)))

# %% [markdown]
# **What you see.** Each layer moves the points along one axis only: left and right, then up and
# down, in turn. At time 0 the colours are the slices of a cake; watch where they go. Neighbours
# stay neighbours, and no cut is made: where the moons part, the sheet is stretched until hardly
# any mass is left on it.
#
# Now the numbers, at two checkpoints: the integral of the density over the plane, the error of
# the inverse, and the NLL. Its best value is the *entropy* $-\mathbb E_p[\log p]$ of the toy.
# (A density can exceed 1, so both can be negative. The number to read is the last one, the nats
# lost.)

# %%
ends = torch.tensor(np.r_[-8:-2.4:0.2, -2.4:2.4:0.015, 2.4:8.1:0.2], dtype=torch.float32)
middle, width = (ends[1:] + ends[:-1]) / 2, ends.diff()      # fine cells where the data are
plane, cells = torch.cartesian_prod(middle, middle), torch.cartesian_prod(width, width).prod(1)


@torch.no_grad()
def examine(flow, toy, x):                        # ∫p, error of the inverse, NLL, KL
    integral = flow.log_prob(plane).exp() @ cells
    error = (flow.inverse(flow(x)[0]) - x).abs().max()
    log_p, log_q = toy.log_prob(x), flow.log_prob(x)
    return [v.item() for v in (integral, error, -log_q.mean(), (log_p - log_q).mean())]


found = {}
for name in ("ring", "checkerboard"):
    for step in plane_training(flows[name], toys[name]):
        if step.step in (100, 800):
            found[name, step.step] = examine(flows[name], toys[name], toys[name].sample(10_000))
found["moons", 800] = examine(flows["moons"], toys["moons"], toys["moons"].sample(10_000))
for (name, step), (integral, error, nll, kl) in found.items():
    print(f"{name:12} step {step:4}: ∫p = {integral:.3f}, inverse off by {error:.0e},"
          f" NLL {nll:.2f} = entropy {toys[name].entropy():.2f} + {kl:.2f}")
worst = [max(abs(row[0] - 1) for row in found.values()), max(row[1] for row in found.values())]
assert worst[0] < 0.02 and worst[1] < 1e-4
assert found["moons", 800][3] < 0.1 and found["checkerboard", 800][3] < 0.35

# %% [markdown]
# Now break it on purpose. Choose the data, or draw your own: clear the pad with its round
# arrow, draw, choose "your drawing", press reset and play. Take 1 coupling: $x_1$ stays
# Gaussian. Then take 2. Switch `alternate` off: every layer keeps $x_1$ and moves $x_2$. Raise
# `lr` until it stops learning. What `richer` does, section 7 tells.

# %%
from ipywidgets import FloatLogSlider, IntSlider


def start(knobs):
    toy = drawn(knobs.points) if knobs.data == "your drawing" else toys[knobs.data]
    kind = MixtureCoupling if knobs.richer else AffineCoupling
    new = real_nvp(knobs.couplings, knobs.alternate, kind)
    new.toy = toy
    return train(new, toy.sample(20_000), steps=20_000, batch=256, lr=knobs.lr, clip=1.0)


playground(start, views.plane(), before=100, points=Points(toys["ring"].sample(150)),
           data=["ring", "moons", "checkerboard", "your drawing"], alternate=True, richer=False,
           couplings=IntSlider(value=6, min=1, max=10),
           lr=FloatLogSlider(value=5e-3, min=-4, max=-1, readout_format=".1e"))

stuck = real_nvp(alternate=False)
fit(plane_training(stuck, toys["ring"], steps=100))
stuck_lost = examine(stuck, toys["ring"], toys["ring"].sample(5000))[3]
x_1, true_x_1 = stuck.sample(4000)[:, 0], toys["ring"].sample(4000)[:, 0]
print(f"masks that do not alternate: {stuck_lost:.2f} nats lost; the samples' x₁ has the width"
      f" {x_1.std():.2f}, as z₁ has, the ring's {true_x_1.std():.2f}")
assert abs(x_1.std() - 1) < 0.1 and stuck_lost > 1

# %% [markdown]
# ## 7 · The price of being invertible
#
# **Claim of the notes** (§6, cons of flows). The architecture is restricted. (The other con,
# the cost, is measured in notebook 08.) What can a continuous map with a continuous inverse
# *not* do? It cannot cut. A Gaussian cloud is in one piece, so its image is. Data in several
# pieces get *filaments* between them, bridges with some of the mass.
#
# In one dimension the best map is known. Let $\Phi$ be the distribution function of the
# Gaussian and $F$ that of the data. $f = F^{-1} \circ \Phi$ takes every $z$ to the $x$ with the
# same share of the mass to its left. Take two humps at $\pm 1.5$ of the width $w$. In the
# middle the slope of $f$ is $p_z(0)/p_x(0) = w\,e^{1.5^2/2w^2}$: the emptier the middle, the
# steeper the map.

# %%
def humps(x, w):                                  # density of two humps
    return (norm.pdf(x, -1.5, w) + norm.pdf(x, 1.5, w)) / 2


def quantile_map(z, w):                           # F⁻¹(Φ(z)), F from a table
    at = np.linspace(-6, 6, 24_001)
    cdf = (norm.cdf(at, -1.5, w) + norm.cdf(at, 1.5, w)) / 2
    return np.interp(norm.cdf(z), cdf, at)


explore(views.quantile_map(humps, quantile_map), width=(0.25, 1.0))

steepness = {w: norm.pdf(0) / humps(0, w) for w in (0.8, 0.5, 0.4)}
for w, by_densities in steepness.items():
    h = 1e-3 / by_densities
    by_map = (quantile_map(h, w) - quantile_map(-h, w)) / (2 * h)
    print(f"w = {w}: slope {by_densities:.1f} by the densities, {by_map:.1f} by the map")
    assert abs(by_map / by_densities - 1) < 0.01
assert steepness[0.4] > 50 * steepness[0.8]

# %% [markdown]
# **What you see.** An exact map exists. But at small $w$ it is nearly a step. One of our affine
# layers stretches $b$ at most e-fold, and for a given $a$ all $b$ alike. How much does a stack
# of them lose? Train on a ring of eight modes with 2, 4 and 8 affine couplings, three times
# each. Count the nats lost, and the share of samples *between* the modes, farther than four
# widths from every centre. (Of the data a share of $e^{-4^2/2}$ lies there, one in 3000.) For
# comparison, the same ring without gaps: there nothing needs to be cut.

# %%
wide_ring, no_gaps = ring(width=0.1), ring(modes=100, width=0.1)


def trained(couplings, toy, kind=AffineCoupling):  # nats lost, share between, samples
    new = real_nvp(couplings, kind=kind)
    fit(plane_training(new, toy, steps=300))
    x = new.sample(5000)
    far = torch.cdist(x, toy.centres).min(1).values > 4 * toy.width
    return examine(new, toy, toy.sample(5000))[3], far.float().mean().item(), x


runs = {f"{n} affine": [trained(n, wide_ring) for _ in range(3)] for n in (2, 4, 8)}
runs["8, no gaps"] = [trained(8, no_gaps) for _ in range(3)]
runs["4 mixture"] = [trained(4, wide_ring, MixtureCoupling) for _ in range(3)]
explore(views.price(wide_ring, runs), couplings=list(runs), run=(1, 3))

for name, each in runs.items():
    print(f"{name:10}: nats lost", *(f"{kl:.2f}" for kl, _, _ in each),
          "  between the modes", *(f"{far:.1%}" for _, far, _ in each))
lost, between = ({name: np.median([run[i] for run in each]) for name, each in runs.items()}
                 for i in (0, 1))
assert lost["8 affine"] < lost["4 affine"] < lost["2 affine"]
assert 0.03 < between["8 affine"] < 0.7 * between["2 affine"]
assert max(lost["4 mixture"], lost["8, no gaps"]) < 0.4 * lost["8 affine"]

# %% [markdown]
# **What you see.** At the same number of steps, more layers lose fewer nats and leave less mass
# between the modes: look at the bridges. Is it the gaps? At 8 layers, yes: without them the
# same layers lose a fraction of it.
#
# **A richer map.** The last column keeps the coupling and replaces what is done to $b$. For
# given $a$ an affine step only scales and shifts. Any rising function would do in its place, if
# we know its slope. *Flow++* bends $b$ by a curve with several steps: first $F$, the
# distribution function of a mixture of logistic densities, takes $b$ to $(0, 1)$; then the
# *logit*, $\log\frac{p}{1-p}$, takes that back to the whole line; then comes the affine step.
# The network chooses the mixture. No formula inverts $F$. But it rises, so bisection does. Drag
# `apart`: it moves the four centres. `log rate` makes the steps steep.

# %%
show_source(MixtureCoupling.bend, MixtureCoupling.g_inverse)
explore(views.elementwise(MixtureCoupling.bend), apart=(0.5, 2.0), log_rate=(0.0, 2.0))

flows["richer"] = real_nvp(4, kind=MixtureCoupling)
fit(plane_training(flows["richer"], toys["ring"]))
integral, error, nll, kl = examine(flows["richer"], toys["ring"], toys["ring"].sample(10_000))
print(f"the narrow ring: 4 mixture couplings: NLL {nll:.2f} = truth {nll - kl:.2f} + {kl:.2f};"
      f" 8 affine ones: truth + {found['ring', 800][3]:.2f}")
assert kl < 0.15 and kl < 0.5 * found["ring", 800][3] and error < 1e-4

# %% [markdown]
# **What you see.** Where the curve on the left is steep, $b$ is stretched: there a Gaussian $y$
# puts much mass on little $b$. One hump becomes several. With four such layers the narrow ring
# is learned almost exactly.
#
# ## 8 · Digits
#
# Pixels are whole numbers, 0 to 16. A density of real numbers has no upper limit: it may put an
# endlessly thin, endlessly high spike on each whole number. Look at one pixel, and give the
# model one Gaussian for each level, with the right share. (The pixel $x$ fills the box $[x, x +
# 1)$; the spike stands in its middle.)

# %%
data, valid, test = digits()
pixel = data.x[:, 0, 3, 3]                                # one pixel of 1000 images
share = pixel.long().bincount(minlength=17) / len(pixel)
entropy = -torch.xlogy(share, share).sum()
levels = torch.arange(17) + 0.5


def log_spikes(x, width):                                 # log density of 17 spikes, (N,)
    each = torch.distributions.Normal(levels, width).log_prob(x[:, None])
    return (each + share.log()).logsumexp(1)


def nll(width, u):                                        # at x + u, in nats
    return -log_spikes(pixel + u, width).mean()


u = torch.rand(1000)
explore(views.spikes(share, log_spikes, nll, entropy, u), width=(0.02, 1.0, 0.02))

narrow, best = nll(0.001, 0.5), min(nll(w / 50, u) for w in range(5, 100))
print(f"entropy of the pixel {entropy:.2f} nats; −log p with noise, at best {best:.2f};"
      f" on the whole numbers, at the width 0.001, {narrow:.2f}")
assert narrow < -3 and best > entropy and best - entropy < 0.2

# %% [markdown]
# **What you see.** Make `width` small. The dashed curve, the mean of $-\log p$ on the levels
# themselves, falls below the pixel's entropy, below zero, without end: nothing is learned by
# that. Now add uniform noise $u$ to every level. The data fill the whole box. A narrow spike
# covers little of it, so most data get a low density; a wide one spills into the next boxes.
# There is a best width, and with noise the curve stays above the entropy. The next formula says
# why.
#
# **Dequantisation.** What we want is the probability of the *level*, $P(x)$: what $p$ holds in
# its box. Jensen's inequality bounds it, for any noise with a density $q(u|x) > 0$ on the box:
#
# $$\log P(x) = \log \int_{[0,1)^D} p(x + u)\,du
#   = \log \mathbb E_q\Big[\frac{p(x+u)}{q(u|x)}\Big]
#   \;\ge\; \mathbb E_q\big[\log p(x + u) - \log q(u|x)\big].$$
#
# It is notebook 02's bound, with the noise as latent variable. Uniform noise has $q = 1$. A
# learned $q$ comes closer. The flow's first layer, a logit, takes the range from 0 to 17, a
# hair narrower, to the line from −11.5 to 11.5; its slope enters as every layer's does. Now the
# same mistake with images: train one flow on the bare numbers, one with noise. (`log_weights`
# returns the square bracket for $k$ draws of the noise.)

# %%
show_source(ImageFlow.log_weights, ImageFlow.dequantise, Logit.forward)


bare, noisy = (ImageFlow(hidden=64, dropout=0.0, learned_noise=False) for _ in range(2))
options = {"steps": 250, "lr": one_cycle(5e-3)}
at_middle = train(bare, data.x, **options,
                  loss=lambda rows: bare.flow.loss(rows.flatten(1) + 0.5))
losses = {"bare": [step.losses["loss"] for step in at_middle],
          "noisy": [step.losses["loss"] for step in train(noisy, data.x, **options)]}
show(views.runaway(losses))

# %%
@torch.no_grad()
def bound(model, x, k=20):                                # on log P, the mean of k draws, (B,)
    return model.log_weights(x, k, torch.Generator().manual_seed(0)).mean(0)


last, dice = {name: np.mean(each[-20:]) for name, each in losses.items()}, 64 * np.log(17)
on_tests = {"bare": -bound(bare, test.x).mean(), "noisy": -bound(noisy, test.x).mean()}
for name, loss in last.items():
    print(f"{name}: last losses {loss:.0f}; test bound {on_tests[name]:.0f}, dice {dice:.0f}")
assert last["bare"] < -10 and on_tests["bare"] > dice > 1.5 * on_tests["noisy"]

# %% [markdown]
# The loss on the bare numbers runs away, far below 0, where no $-\log P$ can be. And with
# noise, what this flow can promise for the test images, its bound, is worse than dice, for
# which all 17 levels of a pixel are alike. Now train the good one: four mixture couplings,
# dropout against learning the thousand images by heart, and learned noise.

# %%
from lecture_utils.metrics import frechet_distance, importance_weighted_bound

flow = ImageFlow()
watch(train(flow, data.x, steps=500, lr=one_cycle(5e-3)), views.flow_of_images(valid.x))


def fitted(**options):
    model = ImageFlow(learned_noise=False, **options)
    return fit(train(model, data.x, steps=500, lr=one_cycle(5e-3))).model


worth = {}
for name, model in {"affine couplings, uniform noise": fitted(kind=AffineCoupling),
                    "mixture couplings, uniform noise": fitted(),
                    "mixture couplings, learned noise": flow}.items():
    value = -bound(model, test.x).mean().item()
    tighter = -importance_weighted_bound(model, test.x, 20).mean().item()
    worth[name] = value, tighter
    print(f"{name}: {value:.1f} nats an image, {value / 64 / np.log(2):.2f} bits a pixel;"
          f" with 20 draws {tighter:.1f}")
(affine, _), (mixture, tight_mixture), (learned, tight_learned) = worth.values()
assert (learned < mixture - 1 < affine - 3 and learned < 90
        and 0 < tight_mixture - tight_learned < mixture - learned)

# %% [markdown]
# Each of the two changes saves some nats, at the same number of training steps. (A step of the
# mixture takes longer.) The last number is notebook 02's importance-weighted bound, nearer to
# $-\log P$. By it the learned noise saves less: a part of what it saves is a tighter bound, not
# a better model. Bits per dimension, the unit of papers, are nats over $D \log 2$.
#
# **Samples, and the temperature.** Drag `temperature`: the same $z$, shrunk or stretched, then
# decoded. At 0 all samples are the same image, and towards 1 they become more varied. On the
# right, their mean bound and their *Fréchet distance*, notebook 02's, to the test images.

# %%
z, curve = torch.randn(40, 64), {}
for t in (0.2, 0.4, 0.6, 0.8, 1.0, 1.2):
    x = flow.sample(447, temperature=t)
    curve[t] = bound(flow, x, 5).mean().item(), frechet_distance(x[:350], test.x)
explore(views.temperature(flow, z, curve), temperature=(0.0, 1.2, 0.05))

for t in (0.4, 0.6, 1.0):
    print(f"temperature {t}: bound {curve[t][0]:.0f} nats, Fréchet distance {curve[t][1]:.0f}")
assert curve[0.6][0] > curve[1.0][0] + 2 and curve[0.6][1] > 1.4 * curve[1.0][1]

# %% [markdown]
# **Exactly back.** A VAE's code loses something. A flow's code is the image, in other
# coordinates. And between two codes, every point is the code of some image. But which way to
# go? Codes of $\mathcal N(0, I)$ in $D$ dimensions have lengths near $\sqrt D$, here 8, and a
# straight line passes nearer to 0, where there are hardly any. So take the arc, too: the same
# points, at the length of the ends. In the picture: line, arc, and the average of the pixels.

# %%
codes = flow.encode(test.x)                               # (447, 64)


def line(t, start, end):
    return (1 - t) * start + t * end


def arc(t, start, end):                                   # the line, at the length of its ends
    z, lengths = line(t, start, end), [c.norm(dim=-1, keepdim=True) for c in (start, end)]
    return z / z.norm(dim=-1, keepdim=True) * line(t, *lengths)


explore(views.ways_between(flow.decode, line, arc, test.x, codes),
        t=(0.0, 1.0, 0.02), pair=(0, 40))

half = {way.__name__: flow.decode(way(0.5, codes[:-1], codes[1:])) for way in (line, arc)}
half["pixels"] = line(0.5, test.x[:-1], test.x[1:])
apart = {name: frechet_distance(x[:350], test.x) for name, x in half.items()}
print(f"decode(encode(x)) = x for {(flow.decode(codes) == test.x).all((1, 2, 3)).sum()} of 447;"
      " half way, Fréchet distance", *(f"{name} {d:.0f}" for name, d in apart.items()))
assert torch.equal(flow.decode(codes), test.x) and apart["arc"] < 0.9 * apart["line"]

# %% [markdown]
# **What you see.** Half way along the arc there are better digits than half way along the line,
# by the Fréchet distance. Averaged pixels are double exposures.
#
# **Draw a digit.** The flow tells how likely it is, a number to compare with the test images'.
# The second number is the length of its code $z$, noise included.

# %%
@torch.no_grad()
def code_and_det(x):                                      # z with one draw of u, log|det|
    rows, luck = x.flatten(1), torch.Generator().manual_seed(0)
    return flow.flow(rows + flow.dequantise(rows, luck)[0])


explore(views.drawing(flow, bound, code_and_det, test.x), drawing=Drawing(test.x[3]))

# %% [markdown]
# ## 9 · Likely is not typical
#
# On the pad above, draw the straightest 1 you can: one thick bar in the middle, from the top to
# the bottom. Look at its likelihood. Draw it anew at the right edge. Then clear the pad: what
# does *nothing* get?

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("A coin shows heads with probability 0.6. You throw it 100 times. Which sequence of heads"
      " and tails is likeliest?",
      {"all heads": "0.6 to the 100th is the largest of all. You will never see it."},
      {"one with 60 heads": "Each such one is rarer, but there are very many of them.",
       "all are equally likely": "Only for a fair coin."}),
     ("So what do typical samples of a model have?",
      {"about the average log-likelihood": "There are so many of these: they hold the mass."},
      {"the highest log-likelihood": "The highest has no company: it holds little mass.",
       "the lowest": "These are rare one by one and together."}))

# %%
bar, moved, blank = torch.zeros(3, 1, 1, 8, 8)
bar[..., 3:5] = moved[..., 6:8] = 16
pages = {"a bar in the middle": bar, "at the edge": moved, "a blank page": blank}
scores = {"test images": bound(flow, test.x), "samples": bound(flow, flow.sample(447))}
odd = {name: (x, bound(flow, x).item()) for name, x in pages.items()}
show(views.typical(scores, odd))

beaten = {name: (scores["test images"] < nats).float().mean().item()
          for name, (_, nats) in odd.items()}
for name, (_, nats) in odd.items():
    print(f"{name}: {nats:.0f} nats, above {beaten[name]:.0%} of the test images")
print("on average:", *(f"{name} {each.mean():.0f}" for name, each in scores.items()))
assert beaten["a bar in the middle"] > 0.95 and beaten["at the edge"] < 0.05
assert 0 < beaten["a blank page"] < 0.5
assert scores["samples"].max() < odd["a bar in the middle"][1]
assert scores["samples"].mean() < scores["test images"].mean() - 1

# %%
counts = torch.nn.functional.one_hot(data.x.flatten(1).long(), 17).sum(0) + 0.1    # (64, 17)
log_share = (counts / counts.sum(1, keepdim=True)).log()


def independent(x):                                       # log P, were all pixels independent
    return log_share.gather(1, x.flatten(1).long().T).sum(0)


def two_terms(x):                                         # log N(z; 0, I) and log|det|, means
    z, log_det = code_and_det(x.repeat(20, 1, 1, 1))
    return -0.5 * (z**2 + np.log(2 * np.pi)).sum(1).mean().item(), log_det.mean().item()


of_bar, of_tests = two_terms(bar), two_terms(test.x)
for name, (base, log_det) in {"the bar": of_bar, "test images": of_tests}.items():
    print(f"{name}: log N(z; 0, I) = {base:.0f}, log|det| = {log_det:.0f}")
assert of_bar[0] < of_tests[0] and of_bar[1] > of_tests[1] + 20
assert (independent(test.x) < independent(bar)).float().mean() > 0.95

# %% [markdown]
# **What you see.** The bar in the middle is likelier than nearly every real digit, and than
# every sample of the model. Its code is no likelier than theirs: it is the log-determinant that
# is large. A model of independent pixels says the same (last assert), so this is no fault of
# flows: in most pixels the bar has the commonest level, as all heads has the commoner side of
# every coin. The blank page beats some real digits, too. The bar at the edge gets a very low
# score.
#
# The bar's probability is large, for an image, and still so small that nobody will ever see the
# model draw it. Let $\log P$ of a sample be $-H$ on average (the print shows a bound on it). If
# such images hold nearly all of the mass, there must be about $e^{H}$ of them. They are called
# the *typical set*. So a high likelihood does not say "this is a digit". Ask rather how far
# $\log P(x)$ is from its average, on *either* side. Samples at temperature 0.6 (section 8) are
# likelier than those at 1, and poorer by the Fréchet distance. And by the bound the samples at
# temperature 1 are *less* likely than the test images: the model spreads its mass wider than
# the data do.
#
# ## 10 · Your turn
#
# Replace each `...`, run the cell, and read what the check says. The folded cell after it holds
# a solution.
#
# **1.** A coupling layer with another scale: $z_b = b \cdot \mathrm{softplus}(s) + t$. Return
# $z_b$ and the log-determinant of each row.
#
# **2.** Its inverse: $b$ from $z_b$, $s$ and $t$.
#
# **3.** A *logit-normal*: $z \sim \mathcal N(0, 1)$ and $x = 1/(1 + e^{-z})$. Return $\log
# p_x(x)$. If it is wrong, the check says what its exponential integrates to.

# %% tags=["exercise"]
from torch.nn.functional import softplus


def my_coupling(b, s, t):                         # (B, D) each -> z_b (B, D), log_det (B,)
    ...


checks.coupling(my_coupling)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_coupling(b, s, t):
    scale = softplus(s)
    return b * scale + t, scale.log().sum(1)


checks.coupling(solved_coupling)

# %% tags=["exercise"]
def my_inverse(z_b, s, t):                        # (B, D) each -> b (B, D)
    ...


checks.coupling_inverse(my_inverse)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_inverse(z_b, s, t):
    return (z_b - t) / softplus(s)


checks.coupling_inverse(solved_inverse)

# %% tags=["exercise"]
def my_log_density(x):                            # (N,), between 0 and 1 -> log p_x (N,)
    ...


checks.logit_normal(my_log_density)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_log_density(x):
    z = x.log() - (1 - x).log()
    return -0.5 * z**2 - 0.5 * np.log(2 * np.pi) - x.log() - (1 - x).log()


checks.logit_normal(solved_log_density)

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("A layer maps x to z and doubles every one of 10 coordinates. What is its log|det|?",
      {"10 log 2": "The determinant is 2 to the 10th, and it is added to log p(z)."},
      {"log 2": "One factor for each coordinate.",
       "−10 log 2": "That is the Jacobian's of the way back, from z to x."}),
     ("Why may the networks in a coupling layer be any networks?",
      {"they are never inverted, and their slopes do not enter the determinant":
           "a is kept, so s and t come again; the block below the diagonal drops out."},
      {"they are invertible themselves": "They need not be, and usually are not.",
       "training makes them invertible": "The layer is invertible before any training."}),
     ("A flow without a bug, trained on whole numbers, reports −log p = −200 nats. Then",
      {"it has put spikes on the numbers": "A probability cannot exceed 1, a density can."},
      {"it is the best model of the lecture": "Add noise and look again.",
       "it gives images a probability above 1": "It is a density; no box holds more than 1."}),
     ("An image has a higher likelihood than every training image. Is it a typical sample?",
      {"no": "Typical samples have about the average log-likelihood."},
      {"yes, a very good one": "A full bar has such a likelihood, and is never drawn.",
       "yes, if the training went well": "Even a perfect model hardly ever draws one."}))

# %% [markdown]
# ## Summary
#
# - $p_x(x) = p_z(f^{-1}(x))\,|\det J_{f^{-1}}|$: mass stays, volume changes. Layers'
#   log-determinants add up.
# - Where a map folds, all branches must be summed. A flow has one.
# - A coupling layer keeps $a$ and moves $b$ by what a network says about $a$. Triangular
#   Jacobian, cheap determinant, exact inverse, any network.
# - Maximum likelihood needs no bound and no opponent, in the plane. Pixels are whole numbers:
#   they need noise, and with it there is a bound again.
# - A continuous map cannot cut: modes stay joined by filaments, which get thinner with the
#   depth and with richer elementwise maps.
# - The likeliest image is not a typical one.
#
# **Where the notes simplify**
# - "$\log P_x = \log P_z + \log|\det J|$": $J$ is the Jacobian of $f^{-1}$, at $x$. With that
#   of $f$ the sign changes (section 1).
# - "Exact likelihood": of real-valued data. For pixels it is a bound on the probability, as
#   tight as the noise is good (section 8).
# - "$f$ is invertible": where its slope is 0 the density is infinite (section 2). And $z$ has
#   as many dimensions as $x$, whatever the data need.
# - "Easy to compute, e.g. triangular": autoregressive flows (MAF, IAF) are triangular in the
#   order of the pixels, fast one way and slow the other. Splines do what our mixtures do, with
#   an inverse by formula. $1 \times 1$ convolutions (Glow) and flows along a differential
#   equation have other cheap determinants.
# - "Restricted architecture": the restriction is that nothing can be cut. How much it costs
#   depends on the elementwise map as much as on the depth (section 7).
#
# **References.** Dinh, Krueger and Bengio, *NICE* (2015). Rezende and Mohamed, *Variational
# Inference with Normalizing Flows* (2015). Dinh, Sohl-Dickstein and Bengio, *Density Estimation
# using Real NVP* (2017). Theis, van den Oord and Bethge, *A Note on the Evaluation of
# Generative Models* (2016), for dequantisation. Kingma and Dhariwal, *Glow* (2018). Ho et al.,
# *Flow++* (2019). Nalisnick et al., *Do Deep Generative Models Know What They Don't Know?*
# (2019), for section 9, and *Detecting Out-of-Distribution Inputs to Deep Generative Models
# Using Typicality* (2019). Cornish et al., *Relaxing Bijectivity Constraints with Continuously
# Indexed Normalising Flows* (2020), for section 7. Papamakarios et al., *Normalizing Flows for
# Probabilistic Modeling and Inference* (2021).
#
# **Next.** A model that adds noise step by step, and learns to take it away: notebook 06.
