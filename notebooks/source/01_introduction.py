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
# # 1 · What a generative model is
#
# **Who can tell a 3 from an 8: does he know what a 3 looks like?** Not necessarily. To sort
# images into threes and eights it is enough to know where they differ. To *draw* a three one
# has to know all of it. A *generative model* can make what it has seen, and the better ones
# know how probable it is. This notebook shows what that is good for, and what makes it hard.
#
# After this notebook you can
# - turn densities of classes into a classifier, by Bayes' rule, and say when that pays,
# - tell density estimation from sampling, and measure how far a density is from the true one,
# - say why images are lost in the space of all pixels,
# - classify, and learn, with pixels missing,
# - solve a problem that has infinitely many solutions, by a prior,
# - count the numbers that a distribution needs, and name three challenges of this course.
#
# It takes about 80 minutes and covers §1 of the lecture notes. You need probabilities, Bayes'
# rule and the Gaussian density. `log` is the natural logarithm; its unit is the *nat*.

# %%
import math
import torch
from lecture_utils import checks, explore, quiz, setup, show, show_source, watch
from lecture_utils.data import digits, mnist, moons
from lecture_utils.live import Point
from lecture_utils.views import introduction as views

setup(seed=0)
show(views.two_directions(*digits().train))

# %% [markdown]
# ## 1 · Two ways to classify
#
# **Claim of the notes.** We want a function $f: x \to y$. *Discriminative*: estimate $P(y|x)$
# directly, and take $f(x) = \arg\max_y P(y|x)$. *Generative*: estimate $P(x|y)$ and $P(y)$,
# and deduce
#
# $$P(y|x) = \frac{P(x|y)\,P(y)}{P(x)}, \qquad P(x) = \sum_y P(x|y)\,P(y).$$
#
# Below, each class $y$ is a Gaussian cloud in the plane: a mean $\mu_y$, and one width
# $\sigma$ for both. $P(y)$ is the *prior*: how frequent a class is. All is written in
# logarithms, so that small densities do not become 0.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Class 1 becomes more frequent. Where does the boundary between the classes go?",
      {"towards the mean of class 0": "There it needs less evidence now."},
      {"towards the mean of class 1": "Then fewer points would be called 1, not more.",
       "it stays": "It is where both P(x|y)P(y) are equal, and P(y) has changed."}),
     ("Both clouds get wider, with the same means. The boundary",
      {"stays, if the classes are equally frequent": "It lies halfway, whatever the width."},
      {"moves to the wider class": "They have one width for both."}))

# %%
def log_joint(x, means, sigma, prior):            # log P(x|y) + log P(y), (N, 2): y = 0, 1
    squared = (x[:, None] - means).square().sum(2)
    log_likelihood = -0.5 * squared / sigma**2 - math.log(2 * math.pi * sigma**2)
    return log_likelihood + torch.tensor([1 - prior, prior]).to(x).log()


def posterior(x, means, sigma, prior):            # P(y|x), (N, 2), by Bayes' rule
    joint = log_joint(x, means, sigma, prior)
    log_p_x = joint.logsumexp(1, keepdim=True)    # P(x): the sum over the classes
    return (joint - log_p_x).exp()

# %%
def line(means, sigma, prior):                    # w, b: the same P(y=1|x) is sigmoid(w·x + b)
    w = (means[1] - means[0]) / sigma**2
    b = (means[0].square().sum() - means[1].square().sum()) / (2 * sigma**2)
    return w, b + math.log(prior / (1 - prior))


explore(views.two_classes(log_joint, line), sigma=(0.4, 2.0), prior=(0.05, 0.95),
        zero=Point(views.mean_map(0), at=(-1, 0), names=("μ₀ →", "μ₀ ↑"), size=(3.4, 3.4)),
        one=Point(views.mean_map(1), at=(1, 0.5), names=("μ₁ →", "μ₁ ↑"), size=(3.4, 3.4)))

# %%
world = torch.randn(2, 2).double(), 0.7, 0.2      # means, sigma, prior
x = 3 * torch.randn(5000, 2).double()
w, b = line(*world)
by_bayes = posterior(x, *world)
off = (by_bayes[:, 1] - torch.sigmoid(x @ w + b)).abs().max().item()
print(f"Bayes' rule and the sigmoid differ by {off:.0e}")
assert off < 1e-12 and ((x @ w + b > 0) == (by_bayes.argmax(1) == 1)).all()

# %%
mixed = torch.tensor([[-0.5, 0.0], [0.5, 0.3]]).double(), 0.8, 0.3      # clouds that overlap
y = (torch.rand(200_000) < 0.3).long()            # first the class, then the point
said = posterior(mixed[0][y] + 0.8 * torch.randn(200_000, 2).double(), *mixed)[:, 1]
tenth = (10 * said).long().clamp(max=9)           # said to be 1 with 0-10 %, 10-20 %, ...
n, ones, sure = (torch.bincount(tenth, v.double()) for v in (torch.ones_like(said), y, said))
error = (ones - sure).abs() / torch.bincount(tenth, said * (1 - said)).sqrt()
print(f"called 1 with 30 to 40 %: {ones[3] / n[3]:.1%} are; {error.max():.1f} s.e. off at most")
assert error.max() < 5

# %% [markdown]
# **What you see.** Left is what the generative side knows: two clouds, and how frequent each
# is. It can draw new points of each class; the dots are such draws. In the middle is what the
# discriminative side knows: how sure one can be of class 1, and the orange line where both
# classes are equally probable, the *decision boundary*. From that alone nobody can draw a
# point. On the right you walk straight from mean to mean: $P(y|x)$ is one curve divided by the
# sum $P(x)$ of both.
#
# For these clouds both sides agree exactly. The posterior is $\mathrm{sigmoid}(w \cdot x +
# b)$, a *logistic regression*. The generative side has six numbers to find, this one three. So
# why bother?
#
# **Which one learns faster?** We go to 20 dimensions, where it is harder. The generative
# classifier finds the mean of each class, and assumes what the picture above assumes: round
# clouds of one width. (With equal priors Bayes' rule then picks the nearer mean.) The
# discriminative one, a logistic regression, fits $P(y|x)$ and nothing else. In one world the
# clouds are round, as assumed. In the other all coordinates go up and down together, a little.
# There a third classifier enters: *repaired*, generative as well, but with a covariance that
# it finds. Predict: who wins with few points, who with many, in each of the worlds?

# %%
from sklearn.linear_model import LogisticRegression

apart = torch.linspace(0, 1.2, 20)                # of the two means, in each coordinate


def clouds(n, together):                          # n points, half of each class; labels
    y = torch.arange(n) % 2
    noise = (1 - together)**0.5 * torch.randn(n, 20) + together**0.5 * torch.randn(n, 1)
    return noise + y[:, None] * apart, y

# %%
def generative(x, y, new):                        # P(x|y): a mean for each class
    means = torch.stack([x[y == k].mean(0) for k in (0, 1)])
    return torch.cdist(new, means).argmin(1)


def repaired(x, y, new):                          # P(x|y): one covariance for both, too
    means = torch.stack([x[y == k].mean(0) for k in (0, 1)])
    off = x - means[y]
    cov = off.T @ off / len(x) + 0.1 * torch.eye(20)              # so never singular
    w = torch.linalg.solve(cov, means[1] - means[0])
    return ((new - means.mean(0)) @ w > 0).long()


def discriminative(x, y, new):                    # P(y|x), with next to no penalty on w
    return torch.tensor(LogisticRegression(C=1e6, max_iter=1000).fit(x, y).predict(new))


# %%
sizes, accuracy = (4, 10, 20, 50, 200, 1000), {}
worlds = {"round": (0.0, (generative, discriminative)),
          "not round": (0.2, (generative, discriminative, repaired))}
for world_name, (together, classifiers) in worlds.items():
    right = torch.zeros(len(classifiers), len(sizes), 12)
    for i, repeat in [(i, repeat) for i in range(len(sizes)) for repeat in range(12)]:
        known, new = clouds(sizes[i], together), clouds(2000, together)
        for each, classifier in zip(right, classifiers):
            each[i, repeat] = (classifier(*known, new[0]) == new[1]).float().mean()
    for each, classifier in zip(right, classifiers):
        accuracy[f"{classifier.__name__}, {world_name}"] = each.mean(1, keepdim=True)
show(views.accuracies(sizes, accuracy, "points to learn from", "Right, mean of 12 runs", True))

ahead = {name: (accuracy[name] - accuracy["discriminative, " + name.split(", ")[1]]).mean(1)
         for name in accuracy if "discriminative" not in name}
for name, gap in ahead.items():
    print(f"{name:21} ahead of the discriminative by", *(f"{v:+.1%}" for v in gap))
round_ahead, wrong_ahead, repaired_ahead = ahead.values()
assert round_ahead[1:4].min() > 0.04 and abs(round_ahead[5]) < 0.015
assert wrong_ahead[1:3].min() > 0.02 and wrong_ahead[5] < -0.04
assert repaired_ahead[3] > 0.005 and abs(repaired_ahead[5]) < 0.01

# %% [markdown]
# **What you see.** Where the clouds are as assumed, the generative classifier needs far fewer
# points: its assumption takes the place of data. With many points both arrive at the same
# place. Where the assumption is wrong, the curves *cross*: with few points a strong assumption
# helps although it is wrong, with many it stays behind. The regression assumes less, only that
# the boundary is straight, and that is true in both worlds. (Ng and Jordan compared such pairs
# in 2001.) Is the generative way worse with many points, then? No: its assumption was.
# *Repaired* says $P(x|y)$ rightly, and comes to the same place as the regression. But it has
# 210 more numbers to find, and with ten or twenty points the wrong assumption beats it. So a
# generative model should say what is true, in few numbers. The rest of this course is about
# that.
#
# (The 0.1 in its covariance helps *repaired*: it is a penalty, and the regression has next to
# none. A strong penalty on $w$ gives the regression nearly the assumption of round clouds, as
# long as points are few. Try `C=0.001`.)
#
# ## 2 · Without labels
#
# **Claim of the notes.** The fundamental challenge has two parts. *Density estimation*: the
# probability distribution of the data. *Sample generation*: new samples from the same
# distribution. The training data come from $P_{data}(x)$, the samples from $P_{model}(x)$.
#
# A model can do the one well and the other not at all, but they are two faces of one thing.
# How close is close? The data come from $p$, the model says $q$. The mean of $-\log q(x)$ over
# data is the *negative log-likelihood*, NLL. Its smallest possible value is the entropy
# $H(p)$, and what is above that is the Kullback–Leibler divergence:
#
# $$\underbrace{-\mathbb{E}_p \log q(x)}_{NLL} - \underbrace{-\mathbb{E}_p \log p(x)}_{H(p)}
# = \mathbb{E}_p \log \frac{p(x)}{q(x)} = KL(p\,\|\,q) \ge 0.$$
#
# The oldest estimates first: a *histogram* counts points in cells, a *kernel estimate* puts a
# small Gaussian on each point. Both have one knob, a width.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("The width of the kernels shrinks to almost nothing. What happens to the NLL?",
      {"on the data it falls without end, on new points it rises":
           "It remembers the points, and nothing lies between them."},
      {"it falls on both": "New points do not lie where the old ones do.",
       "it rises on both": "On the data themselves the density gets higher and higher."}),
     ("Samples of such a kernel estimate, with almost no width, look",
      {"perfect: they are the data": "So samples alone do not tell how good a model is."},
      {"like noise": "Each sample is a data point, moved by almost nothing."}))

# %%
toy = moons(0.15)                                 # its true density is known
points = toy.sample(300)


def kernel(at, width):                            # log p: a small Gaussian on every point
    normal = math.log(len(points) * 2 * math.pi * width**2)
    return (-0.5 * torch.cdist(at, points).square() / width**2).logsumexp(1) - normal


def from_kernel(width, n, generator):             # a point, and a little noise
    i = torch.randint(len(points), (n,), generator=generator)
    return points[i] + width * torch.randn(n, 2, generator=generator)


def cells(at, width):                             # of the square from −3 to 3: row, column
    return ((at + 3) / width).long().clamp(0, math.ceil(6 / width) - 1)


def share(width):                                 # of the points, in each cell; none quite 0
    counts = torch.full(2 * [math.ceil(6 / width)], 0.01)
    counts.index_put_(tuple(cells(points, width).T), torch.tensor(1.0), accumulate=True)
    return counts / counts.sum()


def histogram(at, width):                         # log p: the share, over the area of a cell
    return (share(width)[tuple(cells(at, width).T)] / width**2).log()


def from_histogram(width, n, generator):          # a cell, and a place in it
    p = share(width)
    i = torch.multinomial(p.flatten(), n, replacement=True, generator=generator)
    corner = torch.stack([i // len(p), i % len(p)], 1)
    return (corner + torch.rand(n, 2, generator=generator)) * width - 3


explore(views.estimates(toy, points, {"kernel": kernel, "histogram": histogram},
                        {"kernel": from_kernel, "histogram": from_histogram}),
        method=["kernel", "histogram"], width=(0.05, 1.0))

# %% [markdown]
# **What you see.** Narrow the width. The grey curve, the NLL of the data themselves, falls
# below the entropy: the estimate remembers its points. The blue one, of new points, turns and
# rises. Its lowest place is the best width, and what it still has above the orange line is
# $KL(p\|q)$. The samples tell nothing of it: at the narrowest width they look best.
#
# A kernel estimate carries all its data along. A *mixture of Gaussians* keeps a few numbers:
#
# $$p(x) = \sum_k P(k)\, \mathcal{N}(x; \mu_k, \Sigma_k).$$
#
# To fit it we would like to know which component each point came from. And if we knew that,
# the fit would be easy. *Expectation maximisation*, EM, does both by turns: E, compute
# $P(k|x)$ for each point by Bayes' rule; M, take the mean and the covariance of the points,
# each counted by that share. (Why no step lowers the likelihood: notebook 02.)

# %%
from lecture_utils.models.mixture import GaussianMixture, em

show_source(GaussianMixture.log_joint, GaussianMixture.sample, em)
mixture = watch(em(points, 12, 40), views.fitting(toy, points))

# %%
fresh = toy.sample(20_000)
nll = -mixture.log_prob(fresh)
side = torch.arange(-4, 4, 0.04) + 0.02
plane = torch.cartesian_prod(side, side)
log_p, log_q = toy.log_prob(plane), mixture.log_prob(plane)
kl = (log_p.exp() * (log_p - log_q)).sum().item() * 0.04**2       # the integral, by a sum
above = nll.mean().item() - toy.entropy()
rising = torch.stack([m.log_prob(points).mean() for m in em(points, 12, 40)]).diff()
junk = torch.tensor(math.log(0.1 / 36))           # every tenth sample anywhere in the square
cost = (-nll - torch.logaddexp(math.log(0.9) - nll, junk)).mean().item()
weights = mixture.weights.clone()
weights[weights.argmax()] = 0                     # one of the twelve is forgotten
poor = mixture._replace(weights=weights / weights.sum())
forgot = (-nll - poor.log_prob(fresh)).mean().item()
print(f"NLL of new points {nll.mean():.3f} = entropy {toy.entropy():.3f} + {above:.3f};"
      f" KL by a sum over the plane {kl:.3f}")
print(f"∫q = {log_q.exp().sum() * 0.04**2:.4f}; cost of junk {cost:.2f} nats,"
      f" of forgetting {forgot:.2f}")
assert abs(above - kl) < 5 * nll.std() / 20_000**0.5 and abs(above) < 0.3
assert abs(log_q.exp().sum() * 0.04**2 - 1) < 1e-3 and rising.min() > -1e-3
assert cost < 0.106 and forgot > 3 * cost         # −log 0.9 is 0.105

# %% [markdown]
# **What you see.** Twelve ellipses begin as wide as the data, each around one of the points.
# Step by step they share the points among each other. The NLL of the data falls at every step;
# that of new points stops falling earlier. Samples beside the data: is a sample missing where
# there are data? Does one lie where there are none? Neither view is enough. The NLL punishes a
# density that forgets a part of the data: without its largest ellipse ours loses many times
# more than by ten percent of junk. And junk it forgives: if every tenth sample lies anywhere,
# that costs at most $-\log 0.9 = 0.105$ nats. In samples it is the other way round: junk is
# seen at once, what is missing is not. So one looks at both.
#
# ## 3 · Real images are nowhere
#
# **Claim of the notes.** Real images occupy a negligible proportion of the volume of space.
#
# An image of 8×8 pixels is a point in a cube of 64 dimensions, with sides from 0 to 16. Fill
# the cube with random points: what do they look like? And how large is the part of the cube
# that is near some digit?

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("You draw a million random images of 8×8 pixels. How many look like a digit?",
      {"none": "The part of the cube near digits is smaller than you think: see below."},
      {"a few": "Each pixel would have to agree with its neighbours, all 64 at once.",
       "about a thousand": "That would be a share of a thousandth. It is smaller."}),
     ("Two random points in a cube of 1,000 dimensions are",
      {"nearly always about equally far": "The squared distance is a sum of 1,000."},
      {"sometimes near, sometimes far": "That is so in few dimensions.",
       "nearly always very near": "Each coordinate adds to the distance."}))

# %%
data, valid, test = digits()
images, more = data.x.flatten(1), test.x.flatten(1)               # (1000, 64), (447, 64)
noise = torch.randint(17, (447, 64)).float()
shuffled = more.gather(1, torch.rand(447, 64).argsort(1))         # the same ink, elsewhere
nearest = {name: torch.cdist(each, images).min(1).values          # training digit, in levels
           for name, each in {"test digits": more, "their pixels, shuffled": shuffled,
                              "random images": noise}.items()}


def log10_share(radius, centres=images, side=16):  # of the cube, in some ball: at most
    d = centres.shape[1]
    log_ball = d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1) + d * math.log(radius / side)
    walls = ((centres == 0) | (centres == side)).sum(1).double()   # behind each lies half
    return ((log_ball - walls * math.log(2)).logsumexp(0) / math.log(10)).item()


show(views.digits_and_noise(test.x[:16], noise[:16].view(-1, 1, 8, 8)))
explore(views.balls(nearest, log10_share), radius=(5.0, 40.0))

# %%
corners = torch.tensor([[0.0, 0, 1], [0.6, 0.5, 0], [1, 0.8, 0.3]])    # in a cube of side 1
dots = torch.rand(400_000, 3)
for centres in (corners[:1], corners):
    hit = (torch.cdist(dots, centres) < 0.3).any(1).float().mean().item()
    most = 10**log10_share(0.3, centres, side=1)
    print(f"{len(centres)} balls in a cube: share hit {hit:.4f}, at most {most:.4f}")
    assert hit < most + 0.002 and (len(centres) > 1 or hit > most - 0.002)
inside = {name: (each < 22).float().mean().item() for name, each in nearest.items()}
print(", ".join(f"{name} {share:.0%}" for name, share in inside.items()), "within 22 levels;"
      f" share of the cube at most 10^{log10_share(22):.1f}")
assert inside["test digits"] > 0.6 and log10_share(22) <= -16
assert max(inside["their pixels, shuffled"], inside["random images"]) == 0

# %% [markdown]
# **What you see.** Let the balls around the thousand training digits grow. At 22 levels most
# new digits lie in some ball, though they were written by others. Of the cube all balls
# together fill a share with at least sixteen zeros behind the point. That is a bound: they may
# overlap, and where a pixel is 0 or 16, half of a ball lies outside. No random image is in one
# of them, and even the digits' own ink, shuffled, is not.
#
# **How many directions has the thin set?** Look at each point's two nearest neighbours, at
# distances $r_1 < r_2$. Where points fill $d$ dimensions evenly, $P(r_2/r_1 > u) = u^{-d}$,
# whatever the space around them. So $\log(r_2/r_1)$ has the mean $1/d$.

# %%
def intrinsic_dimension(x):                       # 1 over the mean of log(r₂ / r₁)
    apart = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    r1, r2 = apart.topk(3, largest=False).values[:, 1:].unbind(1)      # the first is itself
    return 1 / (r2 / r1).log().mean().item()


found = {}
for d in (2, 5, 10):                              # flat pieces, turned into 64 dimensions
    turn = torch.linalg.qr(torch.randn(64, d)).Q
    found[f"{d}-dimensional cube"] = d, intrinsic_dimension(torch.rand(1000, d) @ turn.T)
found["digits"] = None, intrinsic_dimension(images)
flat = []                                         # a Gaussian cloud for each digit
for kind in (images[data.y == k] for k in range(10)):
    values, vectors = torch.linalg.eigh(kind.T.cov())
    cloud = torch.randn(len(kind), 64) * values.clamp_min(0).sqrt() @ vectors.T
    flat.append(kind.mean(0) + cloud)
found["ten flat clouds"] = None, intrinsic_dimension(torch.cat(flat))
found["digits, pixels shuffled"] = None, intrinsic_dimension(
    images.gather(1, torch.rand(1000, 64).argsort(1)))
found["random images"] = 64, intrinsic_dimension(torch.rand(1000, 64))
show(views.dimensions(found))
assert all(abs(found[f"{d}-dimensional cube"][1] / d - 1) < 0.25 for d in (2, 5, 10))
assert 5 < found["digits"][1] < 0.8 * found["ten flat clouds"][1] < found["random images"][1]

# %%
distances = {d: (torch.rand(4000, d) - torch.rand(4000, d)).norm(dim=1)
             for d in (1, 2, 5, 10, 64, 784)}
explore(views.gathering(distances), d=list(distances))
for d in (64, 784):
    each, spread = distances[d], 0.59 / d**0.5        # √(7/20) is 0.59; for large d
    print(f"{d} dimensions: spread / mean {each.std() / each.mean():.4f}, theory {spread:.4f}")
    assert abs(each.square().mean() - d / 6) < 5 * each.square().std() / 4000**0.5
    assert abs(each.std() / each.mean() / spread - 1) < 0.1

# %% [markdown]
# **What you see.** The digits have about eight directions, of 64. (The estimate needs many
# points: it is a little low at ten dimensions, and far too low in the last row.) Are they flat
# clouds, one for each digit? Ten Gaussians with the means and covariances of the digits get
# clearly more by the same estimate. So the set is thinner than flat clouds of its width: it is
# *bent*. That is the *manifold* of which the notes speak. All families in this course look for
# it in one way or another.
#
# The second picture says why the plane is a bad guide. Pairs of points in a cube: in few
# dimensions some are near and some are far. In many, all are about equally far, since the
# squared distance is a sum of many terms, and sums settle.
#
# ## 4 · Missing data
#
# **Claim of the notes.** Why study generative models? They can be trained with missing data.
#
# A model of $P(x|y)$ knows what to do with a pixel that nobody measured: sum over all values
# it might have. For a Gaussian that is easy. The marginal of the seen pixels is Gaussian
# again, with the rows and columns of the unseen ones crossed out of mean and covariance. And
# given the seen pixels $s$, the unseen ones $u$ are Gaussian, too, with the mean $\mu_u +
# \Sigma_{us}\Sigma_{ss}^{-1}(x_s - \mu_s)$ and the covariance $\Sigma_{uu} -
# \Sigma_{us}\Sigma_{ss}^{-1}\Sigma_{su}$: section 4 trains with that. A logistic regression
# has no $P(x)$, so it must be given *something* for each pixel. Often that is the mean. This
# time each class has a full covariance.

# %%
def crossed_out(seen, cov):                       # (N, D), (D, D) → (N, D, D): the unseen rows
    both = seen[:, :, None] & seen[:, None]       # and columns become those of the identity
    return torch.where(both, cov, torch.eye(len(cov)).to(cov))


def log_seen(x, seen, mean, cov):                 # log density of the seen pixels alone, (N,)
    L = torch.linalg.cholesky(crossed_out(seen, cov))
    off = torch.where(seen, x - mean, 0)[..., None]
    u = torch.linalg.solve_triangular(L, off, upper=False)[..., 0]
    log_det = 2 * L.diagonal(dim1=1, dim2=2).log().sum(1)
    return -0.5 * (u.square().sum(1) + log_det + seen.sum(1) * math.log(2 * math.pi))


mean, root = torch.randn(3).double(), torch.randn(3, 3).double()
cov, seen = root @ root.T + 0.1 * torch.eye(3), torch.tensor([[True, True, False]])
x = torch.tensor([[0.3, -0.5, 0.0]]).double()
last = torch.arange(-60, 60, 0.01).double()       # integrate the third coordinate away
x_whole = torch.cat([x[:, :2].expand(len(last), 2), last[:, None]], 1)
whole = torch.distributions.MultivariateNormal(mean, cov).log_prob(x_whole)
by_sum, crossed = whole.exp().sum().item() * 0.01, log_seen(x, seen, mean, cov).exp().item()
print(f"density of what is seen: by crossing out {crossed:.8f}, by a sum {by_sum:.8f}")
assert abs(by_sum / crossed - 1) < 1e-6

# %%
def em_step(x, seen, mean, cov, ridge=2.0):       # of one Gaussian, with holes in x
    known = seen[:, :, None] * cov                # (N, D, D)
    gain = torch.linalg.solve(crossed_out(seen, cov), known)      # Σ_ss⁻¹ Σ_s·, else 0
    guess = mean + (torch.where(seen, x - mean, 0)[:, None] @ gain)[:, 0]    # E: the mean of x,
    unsure = (cov - known.mT @ gain).mean(0)      # and its covariance, given what is seen
    return guess.mean(0), guess.T.cov(correction=0) + unsure + ridge * torch.eye(64)


def fitted(x, seen, y, steps, ridge=2.0):         # a Gaussian for each class
    classes = []
    for k in range(10):
        gaussian = x[seen].mean().expand(64), 30 * torch.eye(64)
        for _ in range(steps):
            gaussian = em_step(x[y == k], seen[y == k], *gaussian, ridge)
        classes.append(gaussian)
    return classes


def chances(classes, x, seen):                    # P(y | what is seen), (N, 10); equal P(y)
    return torch.stack([log_seen(x, seen, *each) for each in classes], 1).softmax(1)


def share_right(classes, x, y):                   # of whole images
    whole = torch.ones(1, 64).bool()
    return (chances(classes, x.flatten(1), whole).argmax(1) == y).float().mean().item()


# %%
everything, all_seen = torch.ones(1000, 64).bool(), torch.ones(1, 64).bool()
gaussians = fitted(images, everything, data.y, steps=1)
regression = LogisticRegression(max_iter=200).fit(images / 16, data.y)


def by_gaussians(x, seen):
    return chances(gaussians, x.flatten(1), seen)


def filled_in(x, seen):                           # the mean image in the place of the unseen
    return torch.where(seen, x.flatten(1), images.mean(0))


def by_regression(x, seen):
    return torch.tensor(regression.predict_proba(filled_in(x, seen) / 16))


order = torch.rand(447, 64).argsort(1)            # in which pixels vanish
rules = {"Gaussians, summed out": by_gaussians, "regression, filled in": by_regression,
         "Gaussians, filled in": lambda x, s: chances(gaussians, filled_in(x, s), all_seen)}
curves, sure = {name: {} for name in rules}, {name: {} for name in rules}
for name, hidden in [(name, hidden) for name in rules for hidden in (0, 16, 32, 40, 48, 56)]:
    top = rules[name](test.x, order >= hidden).max(1)
    curves[name][hidden / 64] = (top.indices == test.y).float().mean().item()
    sure[name][hidden / 64] = top.values.mean().item()
explore(views.hidden(test.x, test.y, order, rules, curves),
        hidden=(0.0, 0.95), digit=(0, 40))

half = [curve[0.5] for curve in curves.values()]
for name in rules:
    print(f"half hidden: {name:21} sure {sure[name][0.5]:.0%}, right {curves[name][0.5]:.1%}")
assert half[0] > 0.8 and half[0] > half[1] + 0.05 and half[0] > half[2] + 0.1
assert sure["Gaussians, summed out"][0.5] > half[0] + 0.03
assert sure["regression, filled in"][0.5] < half[1] - 0.03

# %% [markdown]
# **What you see.** Hide more and more pixels. Bars spread out: fewer pixels, less evidence.
# All three rules get worse, the Gaussians that sum out much later. The third curve shows that
# it is the summing and not the Gaussians: with half of the pixels hidden the very same
# Gaussians, given the mean, are below the regression. They take a made-up pixel for a measured
# one. (One can train a regression on images with holes, too; then it must see holes of the
# kind that come.)
#
# Being right is not all. The printed lines say how sure each rule is, on the average. The
# Gaussians that sum out are surer than they are right: Bayes' rule takes their covariances for
# the truth, and they are neither the right family nor known exactly. With the mean filled in
# they are nearly as sure, and far more often wrong. The regression is less sure than it is
# right.
#
# **Training with holes, too.** Now pixels are missing in the *training* images, each image its
# own. EM again: E, complete each image by what the model expects, and remember how unsure that
# is; M, fit. Compared with two shortcuts: fill in the mean of the pixel over all digits, or
# over those of the same class, and fit once. The second gets as much added to all variances as
# serves the validation images best. The tests are on whole images.

# %%
holes, missing = torch.rand(1000, 64), (0.0, 0.4, 0.6, 0.8)
trained = {"EM": [], "mean of all filled in": [], "mean of the class filled in": []}
for gone in missing:
    known = holes >= gone
    sums, n = (torch.zeros(10, 64).index_add(0, data.y, v)        # of each class
               for v in (torch.where(known, images, 0), known.float()))
    by_all = torch.where(known, images, sums.sum(0) / n.sum(0))
    by_class = torch.where(known, images, (sums / n.clamp_min(1))[data.y])
    tried = [fitted(by_class, everything, data.y, 1, ridge) for ridge in (2, 5, 10, 20)]
    best = max(tried, key=lambda each: share_right(each, valid.x, valid.y))
    all_three = (fitted(images, known, data.y, steps=12),
                 fitted(by_all, everything, data.y, steps=1), best)
    for each, classes in zip(trained.values(), all_three):
        each.append([share_right(classes, test.x, test.y)])
show(views.accuracies(missing, trained, "share of the training pixels that is missing",
                      "Right on whole test images"))
dark = torch.rand(1000, 64) < images / 16         # the more ink, the more often it is missing
unlucky = [share_right(fitted(images, known, data.y, steps=12), test.x, test.y)
           for known in (~dark, holes >= dark.float().mean())]
for name, each in trained.items():
    print(f"{name:27}", *(f"{v:.1%}" for v, in each))
print(f"{dark.float().mean():.0%} missing by ink {unlucky[0]:.1%}, at random {unlucky[1]:.1%}")
em_right, all_right, class_right = (torch.tensor(each)[:, 0] for each in trained.values())
assert em_right[3] > max(0.8, all_right[3] + 0.05) and unlucky[0] < em_right[3] - 0.005
assert (em_right - class_right)[1:].mean() > 0.003 and unlucky[0] < unlucky[1] - 0.03

# %% [markdown]
# **What you see.** With eighty of a hundred training pixels gone, EM still learns the digits.
# The mean of all digits makes the classes alike. Where much is missing, the mean of the class
# is the better guess, and with some variance added by hand it comes near. EM is ahead of both:
# it guesses from the pixels that are seen, and finds from the data how unsure each guess is.
#
# It has one condition: the pixels must be *missing at random*; whether one is missing must not
# depend on the value that it hides. The last line breaks this: the more ink, the more often a
# pixel is missing, and a full one always is. Only 31 of a hundred are gone, yet EM does worse
# than with eighty gone at random. The holes themselves say where the ink is, and EM does not
# listen, unless it is told how pixels vanish.
#
# ## 5 · Inverse problems
#
# **Claim of the notes.** *Forward*: given $x$, predict $y$, $P(y|x)$; classification is such a
# problem. *Inverse*: given $y$, infer the $x$ that likely produced it, $P(x|y)$. It is
# difficult, since it is *ill-posed*: there is no unique solution, it needs regularisation.
#
# The smallest example has two unknowns and one equation, $y = A x + \text{noise}$. Every $x$
# on a line explains $y$ equally well. Only a *prior* $P(x)$ can choose: $P(x|y) \propto
# P(y|x)\,P(x)$. For a mixture of Gaussians the posterior is a mixture again.

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("One equation, two unknowns, no prior. More precise measurements of y",
      {"make the line thinner, and choose no point on it": "All its points explain y."},
      {"make the solution unique in the end": "No precision adds a second equation."}),
     ("The posterior has two humps. Which single x has the smallest expected squared error?",
      {"the mean of the posterior": "It always has, even where it lies between the humps."},
      {"the higher hump": "It is most probable, but far from the other hump.",
       "the smallest x": "The squared error knows nothing of sizes."}))

# %%
show_source(GaussianMixture.given)

# %%
angle = 2 * math.pi * torch.arange(12) / 12
centres = {"two humps": (torch.tensor([[-1.2, -0.8], [1.2, 0.8]]), 0.45),
           "ring": (1.8 * torch.stack([angle.cos(), angle.sin()], 1), 0.3),
           "one hump": (torch.zeros(1, 2), 1.0)}
priors = {name: GaussianMixture(torch.full((len(at),), 1 / len(at)), at,
                                (width**2 * torch.eye(2)).expand(len(at), 2, 2))
          for name, (at, width) in centres.items()}
explore(views.one_equation(priors, GaussianMixture.given), prior=list(priors),
        angle=(0.0, 180.0), y=(-2.5, 2.5), noise=(0.05, 1.0))

A, y_seen = torch.tensor([[0.6, 0.8]]), torch.tensor([0.0])
solutions = torch.tensor([0.8, -0.6]) * torch.linspace(-3, 3, 7)[:, None]      # a whole line
after = priors["ring"].given(A, y_seen, 0.2)
weight = priors["ring"].log_prob(plane).exp() * (-0.5 * (plane @ A.T / 0.2)[:, 0]**2).exp()
by_grid = weight / (weight.sum() * 0.04**2)       # prior × likelihood, normalised
off = (after.log_prob(plane).exp() - by_grid).abs().sum().item() * 0.04**2
middle = after.weights @ after.means
best = plane[after.log_prob(plane).argmax()]
log_at = [priors["ring"].log_prob(v[None]).item() for v in (best, middle)]
print(f"residuals {(solutions @ A.T - y_seen).abs().max():.0e}; posterior off by {off:.0e};"
      f" log p(x) under the prior: at the best x {log_at[0]:.1f}, at the mean {log_at[1]:.1f}")
assert (solutions @ A.T - y_seen).abs().max() < 1e-6 and off < 1e-3
assert log_at[1] < log_at[0] - 5

# %% [markdown]
# **What you see.** Turn the line. With one hump there is one best place. With two, or with the
# ring, the line may cross the prior twice, and the posterior has two humps. The pink cross is
# its mean: of all answers it has the smallest squared error on average, and on the ring it
# lies in the middle, where the prior has next to nothing. *The best guess on average can be no
# possible answer.* The star is the most probable point, the *MAP*. Samples show what both
# hide.
#
# **Digits.** Now $x$ is a scan of 28×28 pixels, and $y$ a part of it, or a blurred one. The
# prior must know digits. Forty numbers describe a scan roughly, along the forty directions in
# which scans vary most; over these numbers we fit a mixture of sixty Gaussians, by the same EM
# as before. It is a small generative model, and it is fitted before your eyes.

# %%
scans, more_scans, some = mnist()
pixels = scans.x.flatten(1) / 255                           # (8000, 784), 0 to 1
centre = pixels.mean(0)
vary = torch.linalg.eigh((pixels - centre).T @ (pixels - centre) / 8000)   # rising variances
directions = vary.eigenvectors[:, -40:]                            # (784, 40)


def encode(x):
    return (x.flatten(1) / 255 - centre) @ directions


def decode(codes):
    return (centre + codes @ directions.T).view(-1, 1, 28, 28).clamp(0, 1)


codes = encode(scans.x)
left_out = (pixels - decode(codes).flatten(1)).std().item()        # by the forty numbers
digit_prior = watch(em(codes, 60, 12, ridge=0.05),
                    views.mixture_of_digits(decode, codes[:1000], encode(more_scans.x)))

# %%
from ipywidgets import IntSlider

place = torch.eye(784)
blur = torch.kron(*2 * [torch.kron(torch.eye(7), torch.full((1, 4), 1 / 4))])      # (49, 784)
rows, columns = torch.arange(784) // 28, torch.arange(784) % 28
problems = {"top hidden": place[rows >= 14], "left hidden": place[columns >= 14],
            "only a strip seen": place[(rows >= 10) & (rows < 16)],
            "one pixel of ten seen": place[torch.rand(784) < 0.1], "blurred": blur}
inverses = {name: torch.linalg.pinv(B) for name, B in problems.items()}
kinds = torch.nn.functional.one_hot(scans.y, 10).float()
kind_of = digit_prior.log_joint(codes).softmax(1).T @ kinds
kind_of /= kind_of.sum(1, keepdim=True)           # P(digit | component), (60, 10)


def solve(image, problem, noise, luck):           # y = B x + noise, and P(x|y)
    B = problems[problem]
    y = B @ image.flatten() + noise * torch.randn(len(B), generator=luck)
    unsure = math.hypot(noise, left_out)          # what the forty numbers miss is noise, too
    return y, digit_prior.given(B @ directions, y - B @ centre, unsure)


def answers(image, problem, noise):               # all that the picture shows
    B, luck = problems[problem], torch.Generator().manual_seed(0)
    y, after = solve(image, problem, noise, luck)
    seen = torch.where(B.sum(0) > 0, B.T @ y / B.square().sum(0).max()**0.5, math.nan)
    shortest, mean = inverses[problem] @ y, after.weights[None] @ after.means
    return (seen.view(1, 1, 28, 28), shortest.view(1, 1, 28, 28), decode(mean),
            decode(after.sample(12, luck)), after.weights @ kind_of)


explore(views.dozen(some.x[:40] / 255, answers, list(problems)),
        digit=IntSlider(28, 0, 39), problem=list(problems), noise=(0.05, 1.0))

# %%
errors, spreads, misfits, called = [], [], [], {name: [] for name in problems}
for image, label in zip(some.x[:40] / 255, some.y[:40]):
    luck = torch.Generator().manual_seed(1)
    for name, B in problems.items():
        y, after = solve(image, name, 0.2, luck)
        twelve = decode(after.sample(12, luck)).flatten(1)
        misfits.append((twelve @ B.T - y).square().mean(1).sqrt().max().item())
        called[name].append((after.weights @ kind_of).argmax().item() == label.item())
        if name == "top hidden":
            mean, truth = decode(after.weights[None] @ after.means), image.flatten()
            errors.append([(guess.flatten() - truth).square().sum().item()
                           for guess in (inverses[name] @ y, mean)])
            spreads.append([twelve.std(0)[rows < 14].mean(), twelve.std(0)[rows >= 14].mean()])
errors, spreads = torch.tensor(errors).mean(0), torch.tensor(spreads).mean(0)
whole = (digit_prior.log_joint(encode(some.x[:40])).softmax(1) @ kind_of).argmax(1)
called["whole"] = (whole == some.y[:40]).tolist()
print("label right:", *(f"{k} {sum(v) / 40:.0%}" for k, v in called.items()), sep="\n  ")
print(f"top hidden: squared error without prior {errors[0]:.0f}, of the mean {errors[1]:.0f};"
      f" spread, hidden half {spreads[0]:.3f}, seen half {spreads[1]:.3f}")
assert errors[1] < 0.6 * errors[0] and spreads[0] > 1.5 * spreads[1]
assert max(misfits) < 1.4 * math.hypot(0.2, left_out)
assert sum(map(sum, called.values())) > 0.5 * 40 * len(called)

# %% [markdown]
# **What you see.** Twelve answers to one question. They fit what was measured as well as the
# noise allows, and differ most where nothing was measured. (What the forty numbers leave out
# of an image counts as noise, too.) Without a prior the shortest solution leaves the hidden
# half white. The mean is a blur of all answers. Now look at the bars on the right, for several
# digits. Often more than one label remains, as it should: half a 9 may be half a 4. The
# printed lines say how often the highest bar is the true label, and how often with the whole
# image. Even then it may be wrong. *A posterior is as good as its prior*, and ours draws soft
# digits, with smudges. Better priors are what the other notebooks are about, and notebook 06
# finishes digits with one of them. Raise the noise: the measurement says less, the prior says
# more.
#
# The *forward* problem is the easy twin: from a whole image to its label there is one answer,
# and section 4 finds it in a line.
#
# ## 6 · Three challenges
#
# **Claim of the notes.** (1) *Representation*: how to join random variables, compactly. (2)
# *Learning*: how to estimate the parameters. MLE? (3) *Inference*: how to infer latent
# variables.
#
# **Representation.** Nine pixels, black or white: 512 small images. A table of all their
# probabilities has 511 free numbers, and 8×8 pixels would need $2^{64} - 1$. What can be left
# out? *Independent* pixels need nine numbers. In a *Markov chain* each pixel looks at the one
# before it. In an *autoregressive* model each is a logistic regression on all before it. By
# the chain rule nothing is lost if each may depend on all before it *in any way*; a regression
# cannot do that. To each count a little is added, so that nothing is impossible. Predict: from
# 300 patches, which of the four comes nearest to new ones?

# %%
states = (torch.arange(512)[:, None] >> torch.arange(9)) & 1       # all patches, (512, 9)


def patches(x):                                   # all 3×3 patches of the images, as numbers
    windows = (x[:, 0] > 7).unfold(1, 3, 1).unfold(2, 3, 1).flatten(3).flatten(0, 2)
    return windows.long() @ 2**torch.arange(9)


def table(patch):                                 # the share of each of the 512
    counts = torch.bincount(patch, minlength=512).double()
    return counts / counts.sum()


def given(p, i, before):                          # P(x_i = 1 | x_before), of each state, (512,)
    same = (states[:, None, before] == states[:, before]).all(2).double()
    return (same @ (p * states[:, i]) + 0.05) / (same @ p + 0.1)


def product(p, before):                           # the model whose pixel i looks at before(i)
    q = torch.ones(512).double()
    for i in range(9):
        one = given(p, i, before(i))
        q *= torch.where(states[:, i] == 1, one, 1 - one)
    return q


# %%
def regressions(p, steps=400):                    # each pixel on all before it: the first net
    W = torch.zeros(9, 9, dtype=torch.double, requires_grad=True)
    b = torch.zeros(9, dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.Adam([W, b], lr=0.1)
    for step in range(steps):
        logits = states.double() @ W.tril(-1).T + b               # (512, 9)
        log_q = -torch.nn.functional.binary_cross_entropy_with_logits(
            logits, states.double(), reduction="none").sum(1)
        loss = -(p * log_q).sum() + 1e-3 * W.square().sum()        # the NLL; and small weights
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return log_q.detach().exp()


def cross_entropy(p, q):                          # the mean of −log q(x), x drawn from p
    return -torch.special.xlogy(p, q).sum().item()


chosen = patches(data.x)[torch.randperm(36_000)[:300]]
p, p_new = table(chosen), table(patches(test.x))
models = {"independent": (9, product(p, lambda i: [])),
          "Markov chain": (17, product(p, lambda i: [i - 1] if i else [])),
          "autoregressive": (45, regressions(p)),
          "table": (511, (300 * p + 0.1) / (300 + 51.2))}
losses = {name: (n, cross_entropy(p, q), cross_entropy(p_new, q))
          for name, (n, q) in models.items()}
show(views.joint_tables(losses, cross_entropy(p_new, p_new)))

# %%
def lost(p, q):                                   # KL(p ‖ q) = NLL − H(p), in nats
    return cross_entropy(p, q) - cross_entropy(p, p)


def exactly(p):                                   # the chain rule, nothing left out
    q = torch.ones(512).double()
    for i in range(9):
        before = list(range(i))
        same = (states[:, None, before] == states[:, before]).all(2).double()
        own = same * (states[:, None, i] == states[:, i])
        q *= (own @ p) / (same @ p).clamp_min(1e-300)
    return q


everywhere, entropy = table(patches(data.x)), cross_entropy(p_new, p_new)
for name, (n, old, new) in losses.items():
    print(f"{name:14} {n:3} numbers: NLL of the 300 {old:.2f}, of new patches {new:.2f}"
          f" = H {entropy:.2f} + KL {new - entropy:.2f}")
richest = (36_000 * everywhere + 0.1) / 36_051.2
of_all = [lost(p_new, q) for q in (richest, regressions(everywhere))]
print(f"learned from 36,000 patches: table {of_all[0]:.3f}, autoregressive {of_all[1]:.3f}")
sums = [q.sum().item() for _, q in models.values()]
assert max(abs(s - 1) for s in sums) < 1e-9
assert (exactly(everywhere) - everywhere).abs().max() < 1e-12
assert losses["table"][1] < losses["autoregressive"][1] and of_all[0] < of_all[1]
assert losses["autoregressive"][2] < min(losses[m][2] for m in ("table", "Markov chain"))

# %% [markdown]
# **What you see.** On the 300 patches, grey, more numbers are always better. The table even
# falls below the dotted line: it remembers them, as the narrow kernels of section 2 did. On
# new patches, blue, what a model has above that line is its KL, and there the table is not the
# best: it has a number for every image, and most images never came. The autoregressive model
# *shares*: one weight serves all images. From all 36,000 patches the table is the best. But
# for 8×8 pixels no one will ever have $2^{64}$ images. The next notebooks are about sharing.
#
# **Learning.** MLE, *maximum likelihood*: choose the parameter under which the data are most
# probable, so the NLL is lowest. Since NLL = H + KL and H does not depend on the model, it is
# the parameter with the smallest KL. Here: how many of the nine pixels are black? A binomial
# has one knob.

# %%
counted = torch.zeros(10).double().index_add(0, states.sum(1), everywhere)  # 0 to 9 are black
k = torch.arange(10).double()
log_ways = torch.lgamma(torch.tensor(10.0)) - torch.lgamma(k + 1) - torch.lgamma(10 - k)


def binomial(share):                              # each pixel black with this chance, (10,)
    return (log_ways + k * math.log(share) + (9 - k) * math.log(1 - share)).exp()


explore(views.smallest_kl(counted, binomial), p=(0.02, 0.98))

# %%
tried = torch.arange(0.02, 0.98, 0.001)
likeliest = tried[torch.tensor([lost(counted, binomial(v)) for v in tried.tolist()]).argmin()]
share_black, remains = (counted @ k).item() / 9, lost(counted, binomial(likeliest.item()))
print(f"smallest KL at {likeliest:.3f}; the mean share of black pixels is"
      f" {share_black:.3f}; there remain {remains:.2f} nats")
assert abs(likeliest - share_black) < 0.001 and remains > 0.1

# %% [markdown]
# **What you see.** The lowest point of the curve is at the mean share of black pixels, as
# calculus says. But the gap does not close. A binomial says that the nine pixels are black
# independently. Ink comes in strokes, so very few and very many are more frequent than it
# allows. *Maximum likelihood finds the best model of the family, and says nothing about how
# good the family is.*
#
# It has a second trap, which you have seen: it looks for the smallest KL from the *data*, and
# the data are not the world. In section 2 the likeliest width of a kernel is 0. The table
# above is the likeliest of all tables, but for the little that was added to each count, and it
# remembers.
#
# **Inference.** Which component did a point come from? It is *latent*: nobody saw it. Bayes'
# rule answers, as in section 1, where the classes had names. Drag the point.

# %%
here = points[mixture.log_joint(points).softmax(1).max(1).values.argmin()]  # the least sure
explore(views.whose(mixture),
        x=Point(views.mixture_map(mixture, points[:100]), at=here.tolist(), names=("x₁", "x₂"),
                size=(3.4, 3.4)))

# %%
k_true = torch.multinomial(mixture.weights, 1_000_000, replacement=True)
normal = torch.linalg.cholesky(mixture.covs)[k_true] @ torch.randn(1_000_000, 2, 1)
near = (mixture.means[k_true] + normal[..., 0] - here).norm(dim=1) < 0.05
said_k = mixture.log_joint(here[None])[0].softmax(0)
off_k = k_true[near].bincount(minlength=12) - near.sum() * said_k
off_k = off_k.abs() / (near.sum() * said_k + 9).sqrt()
print(f"{near.sum()} draws fall near the point; counted shares: {off_k.max():.1f} s.e. off")
assert off_k.max() < 5 and near.sum() > 100

# %% [markdown]
# **What you see.** In the middle of a large ellipse one component takes nearly all. Where some
# overlap, each has a share. The upper bars are $P(k)\,p(x|k)$, the lower ones the same,
# divided by their sum $p(x)$. Here the sum has twelve terms. With a latent *image* or a latent
# vector it becomes an integral that nobody can compute: that is where notebook 02 begins.
#
# ## 7 · The map

# %%
show(views.family_map)

# %% [markdown]
# Each family says $P(x)$ in another way, and pays for it in another way. None is best at
# everything; notebook 08 measures them all on the same data.
#
# ## 8 · Your turn
#
# Replace each `...`, run the cell, and read what the check says. The folded cell after it
# holds a solution.
#
# **1.** Bayes' rule for any number of classes, with a prior that is not balanced.
#
# **2.** How many free numbers describe $n$ pixels, black or white: the whole table,
# independent pixels, a Markov chain whose tables may differ from place to place, and logistic
# regressions on all pixels before?
#
# **3.** The log density of the seen coordinates of a Gaussian. `x` is NaN where it is not
# seen.

# %% tags=["exercise"]
def my_posterior(likelihood, prior):              # P(x|y) (N, C), P(y) (C,) -> P(y|x) (N, C)
    ...


checks.bayes_rule(my_posterior)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_posterior(likelihood, prior):
    joint = likelihood * prior
    return joint / joint.sum(1, keepdim=True)


checks.bayes_rule(solved_posterior)

# %% tags=["exercise"]
def my_numbers(n):                                # -> table, independent, Markov, regressions
    ...


checks.parameter_counts(my_numbers)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_numbers(n):
    return 2**n - 1, n, 2 * n - 1, n * (n + 1) // 2


checks.parameter_counts(solved_numbers)

# %% tags=["exercise"]
def my_log_p(x, seen, mean, cov):                 # (N, D), (D,) bool, (D,), (D, D) -> (N,)
    ...


checks.gaussian_marginal(my_log_p)

# %% tags=["solution"] jupyter={"source_hidden": true}
def solved_log_p(x, seen, mean, cov):
    part = torch.distributions.MultivariateNormal(mean[seen], cov[seen][:, seen])
    return part.log_prob(x[:, seen])


checks.gaussian_marginal(solved_log_p)

# %% tags=["quiz"] jupyter={"source_hidden": true}
quiz(("Which of these needs a generative model?",
      {"drawing different completions of half an image": "It asks for P(x | a part of x)."},
      {"telling cats from dogs": "P(y|x) is enough.",
       "predicting tomorrow's temperature as one number": "A regression gives one number."}),
     ("On more and more new data a model's NLL tends to their entropy. What do you know?",
      {"the model is the true distribution": "Then KL = 0, and that only happens there."},
      {"it has memorised the training data": "Then it would be worse on new data.",
       "its samples look good, no more": "It is more: no density is better."}),
     ("You double the precision of the only equation for two unknowns. The posterior",
      {"gets narrower across the line, not along it": "Along the line only the prior speaks."},
      {"becomes a point": "One equation leaves one direction open.",
       "does not change": "It gets narrower where the equation speaks."}),
     ("A thousand images of 8×8 pixels, black or white. Why not a table of all probabilities?",
      {"it has far more numbers than there are images": "Most of them would be guessed."},
      {"it does not sum to 1": "It does; that is easy to see to.",
       "it is not exact": "Nothing is more exact, if one had the data."}),
     ("Maximum likelihood with a wrong family finds",
      {"the member with the smallest KL from the data": "And that KL is not zero."},
      {"nothing": "A wrong family has a nearest member, too.",
       "the truth, with enough data": "The truth is not in the family."}))

# %% [markdown]
# ## Summary
#
# - Discriminative: $P(y|x)$. Generative: $P(x|y)$ and $P(y)$, and Bayes' rule. The first
#   assumes less, the second can do more: draw, marginalise, invert. With few data its
#   assumptions help; with many they hurt, if they are wrong.
# - Without labels: density estimation and sampling. NLL − H = KL tells how far a density is
#   off. Good samples alone prove little.
# - Digits fill next to nothing of their cube, along a few directions.
# - Missing pixels are summed over, in use and in training.
# - An inverse problem has many answers. A prior weighs them; their mean may be none of them.
# - Challenges: to represent a joint distribution compactly, to learn it, to infer what is
#   latent.
#
# **Where the notes simplify**
# - "Generative: estimate $P(x|y)$ and $P(y)$": without labels it is $P(x)$ (section 2).
# - "Negligible proportion of volume": which share depends on what counts as near; section 3
#   names a radius and a bound.
# - "Trained with missing data": if the pixels are missing at random (section 4).
# - "No unique solution": a posterior is unique; it is the *point* that is not (section 5).
# - "MLE?": it finds the best of its family, however bad the family is, and takes the data for
#   the world (section 6).
# - "Inverse problem: generative models": a network can also be trained to return one $x$ for
#   each $y$; then it returns something like the mean (section 5).
#
# **References.** Ng and Jordan, *On Discriminative vs. Generative Classifiers* (2001).
# Dempster, Laird and Rubin, *Maximum Likelihood from Incomplete Data via the EM Algorithm*
# (1977). Rubin, *Inference and Missing Data* (1976). Facco et al., *Estimating the Intrinsic
# Dimension of Datasets by a Minimal Neighborhood Information* (2017). Beyer et al., *When Is
# "Nearest Neighbor" Meaningful?* (1999). Silverman, *Density Estimation* (1986). Theis, van
# den Oord and Bethge, *A Note on the Evaluation of Generative Models* (2016).
#
# **Next.** Latent variables, and a bound where the sum cannot be computed: notebook 02.
