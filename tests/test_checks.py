"""The exercises: every mistake is named, right answers are right however they are written."""

import ast
import inspect
import math
import re
import textwrap

import numpy as np
import pytest
import scipy.stats
import torch
from torch.distributions import (
    Independent,
    Laplace,
    MultivariateNormal,
    Normal,
    SigmoidTransform,
    TransformedDistribution,
    kl_divergence,
)
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    conv2d,
    logsigmoid,
    softplus,
)

from lecture_utils import checks


def kl(mu, log_sigma):
    return 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1)


def elbo(x, mu, log_sigma, eps, log_likelihood):
    return log_likelihood(x, mu + log_sigma.exp() * eps) - kl(mu, log_sigma)


def reparameterize(mu, log_sigma, eps):
    return mu + log_sigma.exp() * eps


def laplace(u, mu, b):
    return mu + torch.where(u < 0.5, b * (2 * u).log(), -b * (2 * (1 - u)).log())


def losses(logit):
    return -softplus(logit).mean(), softplus(-logit).mean()


def best(p, q):
    return p / (p + q)


def coupling(b, s, t):
    return b * softplus(s) + t, softplus(s).log().sum(1)


def coupling_inverse(z, s, t):
    return (z - t) / softplus(s)


def gaussian(z):  # log N(z; 0, 1)
    return -0.5 * z**2 - 0.5 * math.log(2 * math.pi)


def logit_normal(x):
    return gaussian(torch.logit(x)) - x.log() - (1 - x).log()


def closed_form(x_0, eps, beta):
    a = (1 - beta).prod()
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps


def step_by_step(x_0, eps, beta):
    mean, variance = x_0, 0.0
    for b in beta:
        mean, variance = (1 - b).sqrt() * mean, (1 - b) * variance + b
    return mean + variance.sqrt() * eps


def score_of_noise(eps, a):
    return -eps / (1 - a).sqrt()


def score_by_autograd(eps, a):  # of N(0, 1 − ᾱ) at √(1 − ᾱ) ε
    x = ((1 - a).sqrt() * eps).requires_grad_()
    log_q = Normal(torch.zeros_like(x), (1 - a).sqrt()).log_prob(x)
    return torch.autograd.grad(log_q.sum(), x)[0]


def ddim(x_t, eps, a_t, a_s):
    return a_s.sqrt() * clean(x_t, eps, a_t) + (1 - a_s).sqrt() * eps


def clean(x_t, eps, a):
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


def mask(size, kind):
    m = torch.zeros(size, size)
    m[: size // 2] = 1
    m[size // 2, : size // 2 + (kind == "B")] = 1
    return m


def mask_with(size, kind, change):  # change(the mask, its middle)
    m = mask(size, kind)
    change(m, size // 2)
    return m


def pixels_seen(n):
    return n + 3 * n * (n + 1) // 2


def seen_by(kinds):
    """The number of places that a stack of masks sees, walked from mask to mask."""
    places = {(0, 0)}
    for kind in kinds:
        steps = [(y - 1, x - 1) for y, x in mask(3, kind).nonzero().tolist()]
        places = {(y + dy, x + dx) for y, x in places for dy, dx in steps}
    return len(places)


def seen_by_gradient(n):
    x = torch.ones(1, 1, 2 * n + 1, 2 * n + 1, dtype=torch.float64, requires_grad=True)
    h = x
    for kind in "A" + "B" * (n - 1):
        h = conv2d(h, mask(3, kind).double()[None, None], padding=1)
    (slope,) = torch.autograd.grad(h[0, 0, n, n], x)
    return slope.count_nonzero()


def pixel_draw(log_p, T):
    return torch.multinomial((log_p / T).softmax(1), 1)[:, 0]


def by_gumbel(log_p, T):
    return (log_p / T - torch.empty_like(log_p).exponential_().log()).argmax(1)


def by_cdf(log_p, T, n=None):  # n random numbers, or one for each row
    cdf = (log_p / T).softmax(1).cumsum(1)
    return (torch.rand(n or len(log_p), 1) > cdf[:, :-1]).sum(1)


def by_choice(log_p, T):
    p, random = (log_p.double() / T).softmax(1).numpy(), np.random.default_rng(5)
    return torch.tensor([random.choice(len(row), p=row) for row in p])


def posterior(likelihood, prior):
    joint = likelihood * prior
    return joint / joint.sum(1, keepdim=True)


def class_by_class(likelihood, prior):
    p = torch.empty_like(likelihood)
    for n, row in enumerate(likelihood):
        p_x = sum(a * b for a, b in zip(row, prior))
        for c in range(len(prior)):
            p[n, c] = row[c] * prior[c] / p_x
    return p


def counts(n):
    return 2**n - 1, n, 1 + 2 * (n - 1), n * (n + 1) // 2


def counts_with(name, f):  # the right four, but one of them is f(n)
    names = ["joint", "independent", "markov", "autoregressive"]
    return lambda n: tuple(f(n) if a == name else b for a, b in zip(names, counts(n)))


def all_tables(n):
    """log P of all images of n binary pixels, by families with more numbers than are needed."""
    x = torch.cartesian_prod(*[torch.arange(2)] * n)  # (2ⁿ, n)
    spins = 2.0 * x.double() - 1

    def independent(theta):
        return theta.view(n, 2).log_softmax(1)[range(n), x].sum(1)

    def markov(theta):
        first, later = theta[:2].log_softmax(0), theta[2:].view(n - 1, 2, 2).log_softmax(2)
        return first[x[:, 0]] + later[range(n - 1), x[:, :-1], x[:, 1:]].sum(1)

    def autoregressive(theta):
        weight, bias = theta[n:].view(n, n).tril(-1), theta[:n]
        return logsigmoid(spins * (spins @ weight.T + bias)).sum(1)

    numbers = 2**n, 2 * n, 4 * n - 2, n + n * n
    return zip((lambda t: t.log_softmax(0), independent, markov, autoregressive), numbers)


def marginal(x, seen, mean, cov):
    return MultivariateNormal(mean[seen], cov[seen][:, seen]).log_prob(x[:, seen])


def marginal_of(d, cov, half=0.5, of_log_det=0.5, of_2pi=0.5, size=None):
    """log N(d; 0, cov), with other factors, and another matrix than its inverse."""
    squared = torch.einsum("nd,de,ne->n", d, cov.inverse(), d)
    size = d.shape[1] if size is None else size
    return -half * squared - of_log_det * cov.logdet() - of_2pi * size * math.log(2 * math.pi)


def with_terms(f):  # f(x − μ, cov) of the seen
    return lambda x, seen, mean, cov: f((x - mean)[:, seen], cov[seen][:, seen])


def joint_over_conditional(x, seen, mean, cov):  # the unseen may be anything
    if seen.all():
        return MultivariateNormal(mean, cov).log_prob(x)
    x = torch.where(seen, x, 0.7)
    gain = cov[~seen][:, seen] @ cov[seen][:, seen].inverse()
    given = MultivariateNormal(
        mean[~seen] + (x - mean)[:, seen] @ gain.T,
        cov[~seen][:, ~seen] - gain @ cov[seen][:, ~seen],
    )
    return MultivariateNormal(mean, cov).log_prob(x) - given.log_prob(x[:, ~seen])


def coordinate_by_coordinate(x, seen, mean, cov):  # by the chain rule
    log_p, before = 0, []
    for i in seen.nonzero()[:, 0].tolist():
        gain = cov[i, before] @ cov[before][:, before].inverse()
        at = mean[i] + (x[:, before] - mean[before]) @ gain
        log_p += Normal(at, (cov[i, i] - gain @ cov[before, i]).sqrt()).log_prob(x[:, i])
        before.append(i)
    return log_p


def marginal_in_place(x, seen, mean, cov):
    x.sub_(mean).nan_to_num_()
    cov[~seen] = cov[:, ~seen] = 0
    cov.diagonal().add_((~seen).double())  # the unseen become N(0, 1), and are at 0
    return marginal_of(x, cov, size=seen.sum().item())


def with_whole_determinant(x, seen, mean, cov):
    return marginal(x, seen, mean, cov) + 0.5 * (cov[seen][:, seen].logdet() - cov.logdet())


def bce(logit, target):
    return binary_cross_entropy_with_logits(logit, torch.full_like(logit, target))


RIGHT_KL = {
    "as in the notes": kl,
    "with σ first": lambda m, s: sum(-s.T + (s.exp().T ** 2 + m.T**2 - 1) / 2),
    "from torch": lambda m, s: kl_divergence(
        Independent(Normal(m, s.exp()), 1), Independent(Normal(0 * m, torch.ones_like(m)), 1)
    ),
    "in single precision": lambda m, s: kl(m.float(), s.float()),
    "with a gradient": lambda m, s: kl(m.requires_grad_(), s),
}
WRONG_KL = {
    "sign": lambda m, s: -kl(m, s),
    "½": lambda m, s: 2 * kl(m, s),
    "averaged": lambda m, s: kl(m, s) / 3,
    "each dimension": lambda m, s: 0.5 * (m**2 + (2 * s).exp() - 1 - 2 * s),
    "batch": lambda m, s: kl(m, s).sum(),
    "log σ only once": lambda m, s: 0.5 * (m**2 + (2 * s).exp() - 1 - s).sum(1),
    "the variance, not σ": lambda m, s: 0.5 * (m**2 + s.exp() - 1 - 2 * s).sum(1),
    "You take log σ for log σ²": lambda m, s: 0.5 * (m**2 + s.exp() - 1 - s).sum(1),
    "The −1 is missing": lambda m, s: 0.5 * (m**2 + (2 * s).exp() - 2 * s).sum(1),
}
RIGHT_ELBO = {
    "from its pieces": elbo,
    "from torch": lambda x, m, s, e, f: f(x, m + s.exp() * e) - RIGHT_KL["from torch"](m, s),
    "as a sum of four": lambda x, m, s, e, f: (
        f(x, torch.addcmul(m, s.exp(), e)) + (0.5 + s - m**2 / 2 - (2 * s).exp() / 2).sum(1)
    ),
}
WRONG_ELBO = {
    "is added": lambda x, m, s, e, f: f(x, m + s.exp() * e) + kl(m, s),
    "loss": lambda x, m, s, e, f: -elbo(x, m, s, e, f),
    "z is the mean": lambda x, m, s, e, f: f(x, m) - kl(m, s),
    "exponential": lambda x, m, s, e, f: f(x, m + s * e) - kl(m, s),
    "from the prior": lambda x, m, s, e, f: f(x, e) - kl(m, s),
    "KL is missing": lambda x, m, s, e, f: f(x, m + s.exp() * e),
    "averaged": lambda x, m, s, e, f: elbo(x, m, s, e, f).mean(),
}
RIGHT_REPARAMETERIZE = {
    "as in the notes": reparameterize,
    "as one operation": lambda m, s, e: torch.addcmul(m, s.exp(), e),
    "with σ² first": lambda m, s, e: (2 * s).exp().sqrt() * e + m,
    "in single precision": lambda m, s, e: reparameterize(m.float(), s.float(), e.float()),
    "with a gradient": lambda m, s, e: reparameterize(m.requires_grad_(), s, e),
}
WRONG_REPARAMETERIZE = {
    "exponential": lambda m, s, e: m + s * e,
    "the variance": lambda m, s, e: m + (2 * s).exp() * e,
    "√σ": lambda m, s, e: m + (s / 2).exp() * e,
    "where is ε": lambda m, s, e: m,
    "μ is missing": lambda m, s, e: s.exp() * e,
    "subtracted": lambda m, s, e: m - s.exp() * e,
}
RIGHT_LAPLACE = {
    "in two halves": laplace,
    "with a sign": lambda u, m, b: m - b * (u - 0.5).sign() * torch.log1p(-2 * (u - 0.5).abs()),
    "from torch": lambda u, m, b: Laplace(m, b).icdf(u),
    "as two parts": lambda u, m, b: (
        m + b * (2 * u).clamp(max=1).log() - b * (2 - 2 * u).clamp(max=1).log()
    ),
    "in single precision": lambda u, m, b: laplace(u.float(), m.float(), b.float()),
}
WRONG_LAPLACE = {
    "mean μ is missing": lambda u, m, b: laplace(u, 0 * m, b),
    "scale b is missing": lambda u, m, b: laplace(u, m, torch.ones_like(b)),
    "other way round": lambda u, m, b: laplace(1 - u, m, b),
    "right below the mean only": lambda u, m, b: m + b * (2 * u).log(),
    "right above the mean only": lambda u, m, b: m - b * (2 * (1 - u)).log(),
    "factor 2 is missing": lambda u, m, b: (
        m + torch.where(u < 0.5, b * u.log(), -b * (1 - u).log())
    ),
    "an exponential distribution": lambda u, m, b: m - b * torch.log1p(-u),
}
RIGHT_LOSSES = {
    "by softplus": losses,
    "by logsigmoid": lambda l: (logsigmoid(-l).mean(), -logsigmoid(l).mean()),
    "by cross entropies": lambda l: (-bce(l, 0.0), bce(l, 1.0)),
    "in single precision": lambda l: losses(l.float()),
    "with a gradient": lambda l: losses(l.requires_grad_()),
}
WRONG_LOSSES = {
    "swapped": lambda l: losses(l)[::-1],
    "sign is the other way round": lambda l: tuple(-a for a in losses(l)),
    "sum over the batch": lambda l: tuple(len(l) * a for a in losses(l)),
    "One number is wanted": lambda l: (-softplus(l), softplus(-l)),
    "the logit for the probability": lambda l: ((1 - l).log().mean(), -l.log().mean()),
}
RIGHT_BEST = {
    "as in the notes": best,
    "as an odds ratio": lambda p, q: 1 / (1 + q / p),
    "as the sigmoid of a log ratio": lambda p, q: (p.log() - q.log()).sigmoid(),
    "in single precision": lambda p, q: best(p.float(), q.float()),
    "with a gradient": lambda p, q: best(p.requires_grad_(), q),
}
WRONG_BEST = {
    "swapped": lambda p, q: q / (p + q),
    "ratio of the densities": lambda p, q: p / q,
    "mind the sign": lambda p, q: p / (p - q),
}


def by_autograd(b, s, t):
    """The log-determinant of the whole Jacobian, a row at a time."""

    def row(b, s, t):
        return coupling(b[None], s[None], t[None])[0][0]

    jacobian = torch.func.vmap(torch.func.jacrev(row))(b, s, t)
    return coupling(b, s, t)[0], torch.linalg.slogdet(jacobian)[1]


def z_is(f):  # f(b, s, t), with the right log-determinant
    return lambda b, s, t: (f(b, s, t), coupling(b, s, t)[1])


def log_det_is(f):  # f(softplus(s)), with the right z
    return lambda b, s, t: (coupling(b, s, t)[0], f(softplus(s)))


def with_slope_by_autograd(x):
    z = torch.logit(x.requires_grad_())
    (slope,) = torch.autograd.grad(z.sum(), x, create_graph=True)
    return gaussian(z) + slope.log()


RIGHT_COUPLING = {
    "as in the notes": coupling,
    "as a list": lambda b, s, t: list(coupling(b, s, t)),
    "with softplus written out": lambda b, s, t: (
        t.addcmul(b, (1 + s.exp()).log()),
        (1 + s.exp()).log().prod(1).log(),
    ),
    "from autograd": by_autograd,
    "in place": lambda b, s, t: (b.mul_(softplus(s)).add_(t), softplus(s).log_().sum(1)),
    "in place of t": lambda b, s, t: (t.add_(b * softplus(s)), coupling(b, s, t)[1]),
    "in single precision": lambda b, s, t: coupling(b.float(), s.float(), t.float()),
    "one of the two in single precision": log_det_is(lambda scale: scale.float().log().sum(1)),
    "with a gradient": lambda b, s, t: coupling(b.requires_grad_(), s.requires_grad_(), t),
    "without a gradient": torch.no_grad()(coupling),
}
WRONG_COUPLING = {
    "z_b: the scale is softplus(s), not eˢ": z_is(lambda b, s, t: b * s.exp() + t),
    "z_b: the scale is softplus(s), not s": z_is(lambda b, s, t: b * s + t),
    "z_b: t is added, not subtracted": z_is(lambda b, s, t: b * softplus(s) - t),
    "z_b: t is added after b is scaled": z_is(lambda b, s, t: (b + t) * softplus(s)),
    "z_b: t is missing": z_is(lambda b, s, t: b * softplus(s)),
    "log_det: this is the determinant": log_det_is(lambda scale: scale.prod(1)),
    "log_det: the sign is the other way round": log_det_is(lambda scale: -scale.log().sum(1)),
    "log_det: these are the logarithms of all slopes": log_det_is(torch.log),
    "log_det: this is one number": log_det_is(lambda scale: scale.log().sum()),
    "log_det: log eˢ is s": lambda b, s, t: (coupling(b, s, t)[0], s.sum(1)),
    "log_det: this is the mean": log_det_is(lambda scale: scale.log().mean(1)),
    "log_det: this is the sum of the slopes": log_det_is(lambda scale: scale.sum(1)),
}
RIGHT_INVERSE = {
    "as in the notes": coupling_inverse,
    "as a product": lambda z, s, t: z.sub(t) * (-softplus(s).log()).exp(),
    "as two parts": lambda z, s, t: z / softplus(s) - t / softplus(s),
    "solved": lambda z, s, t: torch.linalg.solve(
        torch.diag_embed(softplus(s)), (z - t)[..., None]
    )[..., 0],
    "in place": lambda z, s, t: z.sub_(t).div_(softplus(s)),
    "in single precision": lambda z, s, t: coupling_inverse(z.float(), s.float(), t.float()),
    "with a gradient": lambda z, s, t: coupling_inverse(z.requires_grad_(), s, t),
}
WRONG_INVERSE = {
    "the layer once more": lambda z, s, t: z * softplus(s) + t,
    "Undo the last step first": lambda z, s, t: z / softplus(s) - t,
    "This undoes the scale eˢ": lambda z, s, t: (z - t) / s.exp(),
    "not by s": lambda z, s, t: (z - t) / s,
    "you multiply": lambda z, s, t: (z - t) * softplus(s),
    "you add it": lambda z, s, t: (z + t) / softplus(s),
    "t is still in it": lambda z, s, t: z / softplus(s),
}
RIGHT_LOGIT_NORMAL = {
    "as in the notes": logit_normal,
    "with a logarithm of a ratio": lambda x: gaussian((x / (1 - x)).log()) - (x - x**2).log(),
    "from torch": lambda x: TransformedDistribution(
        Normal(x.new_tensor(0.0), x.new_tensor(1.0)), SigmoidTransform()
    ).log_prob(x),
    "from scipy": lambda x: torch.from_numpy(
        scipy.stats.norm.logpdf(torch.logit(x)) - np.log(x.numpy() * (1 - x.numpy()))
    ),
    "from autograd": with_slope_by_autograd,
    "in place": lambda x: gaussian(torch.logit(x)).sub_(x.log() + x.neg_().log1p_()),
    "in single precision": lambda x: logit_normal(x.float()),
    "with a gradient": lambda x: logit_normal(x.requires_grad_()),
}
WRONG_LOGIT_NORMAL = {
    "Jacobian is missing": lambda x: gaussian(torch.logit(x)),
    "sign of the Jacobian": lambda x: gaussian(torch.logit(x)) + x.log() + (1 - x).log(),
    "This is the density": lambda x: logit_normal(x).exp(),
    "z is the logit of x": gaussian,
    "factor 1/√(2π)": lambda x: logit_normal(x) + 0.5 * math.log(2 * math.pi),
}
RIGHT_CLOSED_FORM = {
    "as in the notes": closed_form,
    "step by step": step_by_step,
    "with all ᾱ": lambda x, e, b: torch.lerp(0 * x, x, (1 - b).cumprod(0)[-1] ** 0.5).add(
        (1 - (1 - b).cumprod(0)[-1]) ** 0.5 * e
    ),
    "with logarithms": lambda x, e, b: (
        (torch.log1p(-b).sum() / 2).exp() * x + (-torch.expm1(torch.log1p(-b).sum())) ** 0.5 * e
    ),
    "by an angle": lambda x, e, b: torch.addcmul(
        (1 - b).prod().sqrt().acos().cos() * x, (1 - b).prod().sqrt().acos().sin(), e
    ),
    "in place": lambda x, e, b: x.mul_(
        b.neg_().add_(1).prod().sqrt()  # 1 − β from here on
    ).add_(e.mul_((1 - b.prod()).sqrt())),
    "in single precision": lambda x, e, b: closed_form(x.float(), e.float(), b.float()),
    "with a gradient": lambda x, e, b: closed_form(x.requires_grad_(), e, b),
}
WRONG_CLOSED_FORM = {
    "The noise is √(1 − ᾱ) ε, not": lambda x, e, b: (
        (1 - b).prod().sqrt() * x + (1 - (1 - b).prod()) * e
    ),
    "The data shrink by √ᾱ": lambda x, e, b: (
        (1 - b).prod() * x + (1 - (1 - b).prod()).sqrt() * e
    ),
    "Take the roots": lambda x, e, b: (1 - b).prod() * x + (1 - (1 - b).prod()) * e,
    "not of the last step only": lambda x, e, b: closed_form(x, e, b[-1:]),
    "This takes ᾱ = 1 − Σβ": lambda x, e, b: closed_form(x, e, b.sum()[None]),
    "This is the product of the β": lambda x, e, b: closed_form(x, e, 1 - b),
    "changed places": lambda x, e, b: closed_form(e, x, b),
    "The noise is missing": lambda x, e, b: closed_form(x, 0 * e, b),
}
RIGHT_SCORE = {
    "as in the notes": score_of_noise,
    "as a product": lambda e, a: e.neg() * (1 - a).rsqrt(),
    "over the variance": lambda e, a: -((1 - a).sqrt() * e) / (1 - a),
    "from autograd": score_by_autograd,
    "in place": lambda e, a: e.div_(a.neg_().add_(1).sqrt_()).neg_(),
    "in single precision": lambda e, a: score_of_noise(e.float(), a.float()),
    "with a gradient": lambda e, a: score_of_noise(e.requires_grad_(), a),
    "without a gradient": torch.no_grad()(score_of_noise),
}
WRONG_SCORE = {
    "The sign: ": lambda e, a: -score_of_noise(e, a),
    "The sign, and the root": lambda e, a: e / (1 - a),
    "This is the noise itself": lambda e, a: e,
    "not by 1 − ᾱ": lambda e, a: -e / (1 - a),
    "you multiply": lambda e, a: -e * (1 - a).sqrt(),
    "not by √ᾱ": lambda e, a: -e / a.sqrt(),
    "the score of wide noise is small": lambda e, a: -e,
}
RIGHT_DDIM = {
    "as in the notes": ddim,
    "with two factors": lambda x, e, a, b: (
        (b / a).sqrt() * x + ((1 - b).sqrt() - (b * (1 - a) / a).sqrt()) * e
    ),
    "by a turn": lambda x, e, a, b: (
        b.sqrt().acos().cos() * (x - a.sqrt().acos().sin() * e) / a.sqrt().acos().cos()
        + b.sqrt().acos().sin() * e
    ),
    "in place": lambda x, e, a, b: (
        x.sub_((1 - a).sqrt() * e).mul_((b / a).sqrt()).add_(e.mul_((1 - b).sqrt()))
    ),
    "in single precision": lambda *given: ddim(*(v.float() for v in given)),
    "with a gradient": lambda x, e, a, b: ddim(x.requires_grad_(), e, a, b),
}
WRONG_DDIM = {
    "This is x̂₀": lambda x, e, a, b: clean(x, e, a),
    "The noise for the time s is missing": lambda x, e, a, b: b.sqrt() * clean(x, e, a),
    "not √(1 − ᾱ_t) ε": lambda x, e, a, b: b.sqrt() * clean(x, e, a) + (1 - a).sqrt() * e,
    "x̂₀ shrinks by √ᾱ_s": lambda x, e, a, b: clean(x, e, a) + (1 - b).sqrt() * e,
    "the division is missing": lambda x, e, a, b: (
        b.sqrt() * (x - (1 - a).sqrt() * e) + (1 - b).sqrt() * e
    ),
    "not x_t": lambda x, e, a, b: b.sqrt() * x + (1 - b).sqrt() * e,
    "you subtract": lambda x, e, a, b: b.sqrt() * clean(x, e, a) - (1 - b).sqrt() * e,
    "Take the roots": lambda x, e, a, b: b * clean(x, e, a) + (1 - b) * e,
    "the mean of DDPM's posterior": lambda x, e, a, b: (
        b.sqrt() * clean(x, e, a) + (a / b).sqrt() * (1 - b) / (1 - a).sqrt() * e
    ),
    "s and t have changed places": lambda x, e, a, b: ddim(x, e, b, a),
}
RIGHT_MASKS = {
    "as in the notes": mask,
    "of bool": lambda s, k: torch.arange(s * s).view(s, s) < s * s // 2 + (k == "B"),
    "of whole numbers": lambda s, k: mask(s, k).long(),
    "in double precision": lambda s, k: mask(s, k).double(),
    "from a triangle": lambda s, k: (
        torch.ones(s * s, s * s).tril(0 if k == "B" else -1)[s * s // 2].view(s, s)
    ),
    "place by place": lambda s, k: torch.tensor(
        [
            [(i, j) < (s // 2, s // 2) or (i == j == s // 2 and k == "B") for j in range(s)]
            for i in range(s)
        ]
    ),
    "with a gradient": lambda s, k: mask(s, k).requires_grad_(),
    "rounded": lambda s, k: mask(s, k) * (1 - 1e-7),
}
WRONG_MASKS = {
    "A and B have changed places": lambda s, k: mask(s, "AB"[k == "A"]),
    "Both are mask A": lambda s, k: mask(s, "A"),
    "Both are mask B": lambda s, k: mask(s, "B"),
    "it looks to the right": lambda s, k: mask(s, k).flip(1),
    "to both sides": lambda s, k: mask_with(s, k, lambda m, h: m[h, h + 1 :].fill_(1)),
    "the transpose": lambda s, k: mask(s, k).T,
    "wanted as a whole, to the right": lambda s, k: mask_with(
        s, k, lambda m, h: m[:, h + 1 :].zero_()
    ),
    "the rows below": lambda s, k: mask(s, k).flip(0),
    "The rows above are missing": lambda s, k: mask_with(s, k, lambda m, h: m[:h].zero_()),
    "The row just above": lambda s, k: mask_with(
        s, k, lambda m, h: m[max(h - 1, 0) : h].zero_()
    ),
    "Its own row is missing": lambda s, k: mask_with(s, k, lambda m, h: m[h, :h].zero_()),
    "all ones": lambda s, k: torch.ones(s, s),
    "0 and 1 have changed places": lambda s, k: 1 - mask(s, k),
}
RIGHT_PIXELS_SEEN = {
    "as in the notes": pixels_seen,
    "as a float": lambda n: n + 1.5 * n * (n + 1),
    "as a sum": lambda n: n + sum(n + i + 1 for i in range(1, n + 1)),
    "as a tensor": lambda n: torch.tensor([pixels_seen(n)]),
    "from numpy": lambda n: np.int64(n) + 3 * np.arange(n + 1).sum(),
    "step by step": lambda n: seen_by("A" + "B" * (n - 1)),
    "from autograd": seen_by_gradient,
}
WRONG_PIXELS_SEEN = {
    "half the square": lambda n: n + n * (2 * n + 1),
    "the whole square;": lambda n: (2 * n + 1) ** 2,
    "The whole square but the pixel": lambda n: (2 * n + 1) ** 2 - 1,
    "One too many": lambda n: seen_by("B" * n),
    "mask A in every layer": lambda n: seen_by("A" * n),
    "4 a layer": lambda n: 4 * n,
    "adds the ones of all masks up": lambda n: sum(
        mask(3, kind).sum() for kind in "A" + "B" * (n - 1)
    ),
    "the quadrant": lambda n: (n + 1) ** 2 - 1,
    "in its own row are missing": lambda n: sum(n + i + 1 for i in range(1, n + 1)),
}
RIGHT_PIXEL_DRAW = {
    "as in the notes": pixel_draw,
    "from torch": lambda l, T: torch.distributions.Categorical(logits=l / T).sample(),
    "from unnormalised weights": lambda l, T: (l.exp() ** (1 / T)).multinomial(1).squeeze(1),
    "by Gumbel's noise": by_gumbel,
    "by the distribution function": by_cdf,
    "from numpy, row by row": by_choice,
    "in place": lambda l, T: l.div_(T).exp_().multinomial(1)[:, 0],
    "as floats": lambda l, T: pixel_draw(l, T).float(),
    "as bytes": lambda l, T: pixel_draw(l, T).to(torch.uint8),
    "in double precision": lambda l, T: pixel_draw(l.double(), T).double(),
    "with a generator": lambda l, T: torch.multinomial(
        (l / T).softmax(1), 1, generator=torch.Generator().manual_seed(6)
    )[:, 0],
    "with a gradient": lambda l, T: pixel_draw(l, T).float().requires_grad_(),
}
WRONG_PIXEL_DRAW = {
    "T is the wrong way round": lambda l, T: pixel_draw(l, 1 / T),
    "T changes nothing": lambda l, T: (l.exp() / T).multinomial(1)[:, 0],
    "always the most probable": lambda l, T: l.argmax(1),
    "the softmax of p / T": lambda l, T: pixel_draw(l.exp(), T),
    "over the batch": lambda l, T: (l / T).softmax(0).multinomial(1)[:, 0],
    "you take −log p": lambda l, T: (l / T).neg().multinomial(1)[:, 0],
    "the first row's P": lambda l, T: (l[0] / T).softmax(0).multinomial(len(l), True),
}
RIGHT_BAYES = {
    "as in the notes": posterior,
    "with logarithms": lambda l, p: (l.log() + p.log()).softmax(1),
    "with logsumexp": lambda l, p: (
        (l.log() + p.log()) - (l.log() + p.log()).logsumexp(1, keepdim=True)
    ).exp(),
    "with P(x) as a product": lambda l, p: torch.einsum("nc,c,n->nc", l, p, 1 / (l @ p)),
    "from torch": lambda l, p: torch.nn.functional.normalize(l * p, p=1, dim=1),
    "class by class": class_by_class,
    "transposed and back": lambda l, p: ((l * p).T / (l * p).sum(1)).T,
    "in place": lambda l, p: l.mul_(p).div_(l.sum(1, keepdim=True)),
    "in place of the prior": lambda l, p: l * p.div_(1) / (l @ p)[:, None],
    "in single precision": lambda l, p: posterior(l.float(), p.float()),
    "with a gradient": lambda l, p: posterior(l.requires_grad_(), p),
}
WRONG_BAYES = {
    "The prior is missing": lambda l, p: l / l.sum(1, keepdim=True),
    "The prior is in P(x) only": lambda l, p: l / (l @ p)[:, None],
    "This is the joint": lambda l, p: l * p,
    "Normalise last": lambda l, p: l / l.sum(1, keepdim=True) * p,
    "You normalise over the batch": lambda l, p: l * p / (l * p).sum(0),
    "Multiply by the prior; you": lambda l, p: posterior(l, 1 / p),
    "multiply by it, then divide by P(x)": lambda l, p: l / p,
    "a softmax of the product": lambda l, p: (l * p).softmax(1),
    "This is 1 for the most probable": lambda l, p: (
        l * p == (l * p).amax(1, keepdim=True)
    ).double(),
    "These are the most probable": lambda l, p: (l * p).argmax(1),
    "This is the logarithm": lambda l, p: posterior(l, p).log(),
    "This is P(x)": lambda l, p: l @ p,
    "This takes 1/C": lambda l, p: l * torch.full_like(p, 0.25),
    "This is the likelihood": lambda l, p: l,
    "This is the transpose": lambda l, p: posterior(l, p).T,
}
RIGHT_COUNTS = {
    "as in the notes": counts,
    "as a list": lambda n: list(counts(n)),
    "as floats": lambda n: (2.0**n - 1, float(n), 2.0 * n - 1, n * (n + 1) / 2),
    "as sums": lambda n: (
        sum(2**i for i in range(n)),
        sum(1 for _ in range(n)),
        sum(1 if i == 0 else 2 for i in range(n)),
        sum(i + 1 for i in range(n)),
    ),
    "as a tensor": lambda n: torch.tensor([float(a) for a in counts(n)]),
    "as an array": lambda n: np.array(counts(n)),
    "as tensors of one number": lambda n: [torch.tensor([float(a)]) for a in counts(n)],
    "from numpy": lambda n: (
        np.float64(2) ** n - 1,
        np.int64(n),
        np.ones(2 * n - 1).sum(),
        np.arange(n + 1).sum(),
    ),
    "by an exponential": lambda n: (math.expm1(n * math.log(2)), *counts(n)[1:]),
    "with a gradient": lambda n: torch.tensor([float(a) for a in counts(n)]).requires_grad_(),
}
WRONG_COUNTS = {
    "joint: the 2ⁿ probabilities sum to 1": counts_with("joint", lambda n: 2**n),
    "joint: 2ⁿ − 1 is wanted, not 2ⁿ⁻¹": counts_with("joint", lambda n: 2 ** (n - 1)),
    "joint: a number for each image": counts_with("joint", lambda n: n**2),
    "joint: 2⁶⁴ is too large": counts_with("joint", lambda n: torch.tensor(2) ** n - 1),
    "independent: each pixel needs": counts_with("independent", lambda n: 2**n),
    "independent: P(0) of a pixel": counts_with("independent", lambda n: 2 * n),
    "markov: this is one table": counts_with("markov", lambda n: 1 + 2),
    "markov: the first pixel is missing": counts_with("markov", lambda n: 2 * (n - 1)),
    "markov: the first pixel has none": counts_with("markov", lambda n: 2 * n),
    "markov: a later pixel has two": counts_with("markov", lambda n: 1 + (n - 1)),
    "markov: two of a 2 × 2 table": counts_with("markov", lambda n: 1 + 4 * (n - 1)),
    "autoregressive: the n biases": counts_with("autoregressive", lambda n: sum(range(n))),
    "autoregressive: this is n²": counts_with("autoregressive", lambda n: n * n),
    "autoregressive: 1 + 2": counts_with("autoregressive", lambda n: n + n * n),
    "autoregressive: with full tables": counts_with(
        "autoregressive", lambda n: sum(2**i for i in range(n))
    ),
}
RIGHT_MARGINAL = {
    "as in the notes": marginal,
    "written out": with_terms(marginal_of),
    "from the joint and the conditional": joint_over_conditional,
    "by the chain rule": coordinate_by_coordinate,
    "with a Cholesky factor": with_terms(
        lambda d, c: (
            -0.5
            * torch.linalg.solve_triangular(torch.linalg.cholesky(c), d.T, upper=False)
            .square()
            .sum(0)
            - torch.linalg.cholesky(c).diag().log().sum()
            - 0.5 * d.shape[1] * math.log(2 * math.pi)
        )
    ),
    "from scipy": lambda x, seen, m, c: torch.from_numpy(
        scipy.stats.multivariate_normal(m[seen], c[seen][:, seen]).logpdf(x[:, seen])
    ),
    "row by row": lambda x, seen, m, c: torch.stack(
        [marginal(row[None], ~row.isnan(), m, c)[0] for row in x]
    ),
    "in place": marginal_in_place,
    "in single precision": lambda x, seen, m, c: marginal(
        x.float(), seen, m.float(), c.float()
    ),
    "with a gradient": lambda x, seen, m, c: marginal(x, seen, m.requires_grad_(), c),
}
WRONG_MARGINAL = {
    "Crossing out of the precision": lambda x, seen, m, c: marginal_of(
        (x - m)[:, seen],  # the Schur complement is the covariance given the others
        c[seen][:, seen]
        - c[seen][:, ~seen] @ torch.linalg.solve(c[~seen][:, ~seen], c[~seen][:, seen]),
    ),
    "Cross out before you invert": lambda x, seen, m, c: (
        marginal_of((x - m)[:, seen], c.inverse()[seen][:, seen].inverse(), 0.5, 0.0, 0.0)
        + marginal_of(0 * (x - m)[:, seen], c[seen][:, seen])
    ),
    "you put them at their mean": lambda x, seen, m, c: MultivariateNormal(m, c).log_prob(
        torch.where(seen, x, m)
    ),
    "you put them at 0": lambda x, seen, m, c: MultivariateNormal(m, c).log_prob(
        x.nan_to_num()
    ),
    "The covariances are missing": lambda x, seen, m, c: (
        Normal(m[seen], c.diag()[seen].sqrt()).log_prob(x[:, seen]).sum(1)
    ),
    "2π has the power S": with_terms(lambda d, c: marginal_of(d, c, size=5)),
    "log det is to be of the seen": with_whole_determinant,
    "log det cov is missing": with_terms(lambda d, c: marginal_of(d, c, of_log_det=0)),
    "log det cov is to be subtracted": with_terms(
        lambda d, c: marginal_of(d, c, of_log_det=-0.5)
    ),
    "log 2π is missing": with_terms(lambda d, c: marginal_of(d, c, of_2pi=0)),
    "Only the quadratic form": with_terms(lambda d, c: marginal_of(d, c, 0.5, 0, 0)),
    "The ½ of log det cov": with_terms(lambda d, c: marginal_of(d, c, of_log_det=1)),
    "The ½ of log 2π": with_terms(lambda d, c: marginal_of(d, c, of_2pi=1)),
    "The ½ of the quadratic form": with_terms(lambda d, c: marginal_of(d, c, half=1)),
    "The quadratic form is of cov⁻¹": with_terms(
        lambda d, c: marginal_of(0 * d, c) - 0.5 * ((d @ c) * d).sum(1)
    ),
    "The mean is to be subtracted": lambda x, seen, m, c: marginal(x, seen, 0 * m, c),
    "The sign is the other way round": lambda *a: -marginal(*a),
    "The factor ½": with_terms(lambda d, c: marginal_of(d, c, 1, 1, 1)),
    "This is in bits": lambda *a: marginal(*a) / math.log(2),
    "This is the density": lambda *a: marginal(*a).exp(),
    "This pairs every row": with_terms(
        lambda d, c: marginal_of(0 * d, c)[:, None] - 0.5 * d @ c.inverse() @ d.T
    ),
    "This is the sum over the batch": lambda *a: marginal(*a).sum(),
    "This is the mean over the batch": lambda *a: marginal(*a).mean(),
}
CASES = {
    "bayes_rule": (checks.bayes_rule, RIGHT_BAYES, WRONG_BAYES, posterior),
    "parameter_counts": (checks.parameter_counts, RIGHT_COUNTS, WRONG_COUNTS, counts),
    "gaussian_marginal": (
        checks.gaussian_marginal,
        RIGHT_MARGINAL,
        WRONG_MARGINAL,
        marginal,
    ),
    "gaussian_kl": (checks.gaussian_kl, RIGHT_KL, WRONG_KL, kl),
    "elbo_pieces": (checks.elbo_pieces, RIGHT_ELBO, WRONG_ELBO, elbo),
    "reparameterize": (
        checks.reparameterize,
        RIGHT_REPARAMETERIZE,
        WRONG_REPARAMETERIZE,
        reparameterize,
    ),
    "laplace_sampler": (checks.laplace_sampler, RIGHT_LAPLACE, WRONG_LAPLACE, laplace),
    "generator_losses": (checks.generator_losses, RIGHT_LOSSES, WRONG_LOSSES, losses),
    "best_discriminator": (checks.best_discriminator, RIGHT_BEST, WRONG_BEST, best),
    "coupling": (checks.coupling, RIGHT_COUPLING, WRONG_COUPLING, coupling),
    "coupling_inverse": (
        checks.coupling_inverse,
        RIGHT_INVERSE,
        WRONG_INVERSE,
        coupling_inverse,
    ),
    "logit_normal": (
        checks.logit_normal,
        RIGHT_LOGIT_NORMAL,
        WRONG_LOGIT_NORMAL,
        logit_normal,
    ),
    "closed_form": (checks.closed_form, RIGHT_CLOSED_FORM, WRONG_CLOSED_FORM, closed_form),
    "score_of_noise": (checks.score_of_noise, RIGHT_SCORE, WRONG_SCORE, score_of_noise),
    "ddim_step": (checks.ddim_step, RIGHT_DDIM, WRONG_DDIM, ddim),
    "masks": (checks.masks, RIGHT_MASKS, WRONG_MASKS, mask),
    "pixels_seen": (checks.pixels_seen, RIGHT_PIXELS_SEEN, WRONG_PIXELS_SEEN, pixels_seen),
    "pixel_draw": (checks.pixel_draw, RIGHT_PIXEL_DRAW, WRONG_PIXEL_DRAW, pixel_draw),
}
OF_WHOLE_NUMBERS = ("parameter_counts", "masks", "pixels_seen", "pixel_draw")
each_exercise = pytest.mark.parametrize("exercise", CASES)
each_with_one_answer = pytest.mark.parametrize(
    "exercise",
    [e for e in CASES if e not in ("generator_losses", "coupling", *OF_WHOLE_NUMBERS)],
)


@pytest.mark.parametrize(
    "exercise, form", [(e, f) for e, (_, right, _, _) in CASES.items() for f in right]
)
def test_right_answers_are_right_in_every_form(exercise, form):
    check, right, _, _ = CASES[exercise]
    verdict = check(right[form])
    assert verdict.ok and verdict.message.startswith("Right"), verdict
    assert verdict._repr_markdown_().startswith("✅")


@pytest.mark.parametrize(
    "exercise, mistake", [(e, m) for e, (_, _, wrong, _) in CASES.items() for m in wrong]
)
def test_every_usual_mistake_is_named(exercise, mistake):
    check, _, wrong, _ = CASES[exercise]
    verdict = check(wrong[mistake])
    assert not verdict.ok and mistake in verdict.message
    assert verdict._repr_markdown_().startswith("🔶")


def tables_of(check) -> list:
    """The dictionaries written in a check and in the private functions that it names."""
    helpers = [
        value
        for name in check.__code__.co_names
        if name.startswith("_") and inspect.isfunction(value := check.__globals__.get(name))
    ]
    return [
        node
        for function in (check, *helpers)
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
        if isinstance(node, ast.Dict) and node.keys
    ]


@pytest.mark.parametrize("exercise", CASES)
def test_no_two_mistakes_get_the_same_sentence_and_every_sentence_is_tried(exercise):
    check, _, wrong, _ = CASES[exercise]
    around = (
        r"^(The [-a-z]+ loss|z_b|log_det|joint|independent|markov|autoregressive): "
        r"| \(Over x .*\)$"
    )
    said = {re.sub(around, "", check(answer).message) for answer in wrong.values()}
    assert len(said) == len(wrong)
    keys = {key.value for table in tables_of(check) for key in table.keys}
    written = {key for key in keys if key.endswith((".", "?"))}  # others are names
    assert said == written, (
        f"a mistake that {inspect.getsourcefile(check)} lists has no test here"
    )


def test_every_check_with_a_table_of_mistakes_is_an_exercise_here():
    with_tables = {name for name in checks.__all__ if tables_of(getattr(checks, name))}
    assert with_tables == set(CASES)


@each_exercise
@pytest.mark.parametrize("stub", [None, ...])
def test_an_unanswered_stub_is_not_yet(exercise, stub):
    verdict = CASES[exercise][0](lambda *_: stub)
    assert not verdict.ok and verdict.message.startswith("Not yet")


@each_exercise
def test_an_error_in_the_answer_is_reported_and_not_raised(exercise):
    def broken(*_):
        raise KeyError("sigma")

    verdict = CASES[exercise][0](broken)
    assert not verdict.ok and "KeyError" in verdict.message and "sigma" in verdict.message


@each_exercise
def test_a_function_of_too_few_arguments_is_reported(exercise):
    verdict = CASES[exercise][0](lambda: None)
    assert not verdict.ok and "TypeError" in verdict.message


@pytest.mark.parametrize(
    "convert, words",
    [
        (lambda a: a.tolist(), "list"),
        (lambda a: a.numpy(), "ndarray"),
        (lambda a: 0.0, "float"),
        (lambda a: "log p", "returns a str"),
        (lambda a: a[..., None], "1)"),
        (lambda a: a[:-1], "shape"),
        (lambda a: a.expand(2, *a.shape), "shape"),
        (lambda a: a + 0.01, "differ"),
        (lambda a: a * np.nan, "differ"),
    ],
)
@each_with_one_answer
def test_another_type_shape_or_value_is_said(exercise, convert, words):
    check, _, _, answer = CASES[exercise]
    verdict = check(lambda *arguments: convert(answer(*arguments)))
    assert not verdict.ok and words in verdict.message


@each_with_one_answer
def test_whole_numbers_are_told_to_differ(exercise):
    check, _, _, answer = CASES[exercise]
    verdict = check(lambda *arguments: answer(*arguments).long())
    assert not verdict.ok and "differ" in verdict.message


def test_the_worst_value_is_shown_beside_the_right_one():
    seen = []

    def off_in_one(mu, log_sigma):
        value = kl(mu, log_sigma)
        seen.append(value[2].item())
        return value + 10 * (torch.arange(5) == 2)

    message = checks.gaussian_kl(off_in_one).message
    assert f"{seen[0] + 10:.4f}" in message and f"{seen[0]:.4f}" in message


def test_the_worst_value_of_a_table_is_shown_beside_the_right_one():
    seen = []

    def off_in_one(mu, log_sigma, eps):
        value = reparameterize(mu, log_sigma, eps)
        seen.append(value[3, 1].item())
        value[3, 1] += 10
        return value

    message = checks.reparameterize(off_in_one).message
    assert f"{seen[0] + 10:.4f}" in message and f"{seen[0]:.4f} is right" in message


def test_a_shape_is_asked_for_per_image_only_where_there_is_one_number_an_image():
    assert (
        "one number a row is wanted, (5,)"
        in checks.gaussian_kl(lambda m, s: kl(m, s)[:-1]).message
    )
    assert (
        "wanted is (5, 3)" in checks.reparameterize(lambda *a: reparameterize(*a)[:-1]).message
    )


def no_grad(function):
    return torch.no_grad()(function)


def by_numpy(u, mu, b):
    return torch.from_numpy(
        scipy.stats.laplace(mu.detach().numpy(), b.detach().numpy()).ppf(u.numpy(force=True))
    )


@pytest.mark.parametrize(
    "check, answer, names",
    [
        (checks.reparameterize, lambda m, s, e: m.detach() + s.exp() * e, "μ:"),
        (checks.reparameterize, lambda m, s, e: m + s.detach().exp() * e, "log σ:"),
        (checks.reparameterize, lambda m, s, e: m + s.exp().detach() * e, "log σ:"),
        (
            checks.reparameterize,
            lambda m, s, e: (2 * m).detach() - m + s.exp() * e,
            "μ:",
        ),  # a gradient, but −1
        (checks.reparameterize, no_grad(reparameterize), "μ:"),
        (checks.laplace_sampler, lambda u, m, b: laplace(u, m.detach(), b), "μ and b:"),
        (checks.laplace_sampler, lambda u, m, b: laplace(u, m, b.detach()), "μ and b:"),
        (checks.laplace_sampler, lambda u, m, b: laplace(u, m, b).detach(), "μ and b:"),
        (checks.laplace_sampler, no_grad(laplace), "μ and b:"),
        (checks.laplace_sampler, by_numpy, "μ and b:"),
    ],
)
def test_a_right_answer_without_a_gradient_is_told_so(check, answer, names):
    verdict = check(answer)
    assert not verdict.ok and f"no gradient passes to {names}" in verdict.message


@pytest.mark.parametrize(
    "check, answer",
    [
        (
            checks.reparameterize,
            lambda m, s, e: torch.from_numpy(m.numpy() + np.exp(s.numpy()) * e.numpy()),
        ),
        (
            checks.laplace_sampler,
            lambda u, m, b: torch.from_numpy(
                scipy.stats.laplace(m.numpy(), b.numpy()).ppf(u.numpy())
            ),
        ),
    ],
)
def test_a_right_answer_that_raises_where_a_gradient_is_wanted_is_told_so_and_not_raised(
    check, answer
):
    verdict = check(answer)
    assert not verdict.ok and "grad" in verdict.message


def spent(beta):
    return 10.0 / beta


@pytest.mark.parametrize(
    "beta, ok, words",
    [
        (2.0, True, "Right"),
        (2, True, "Right"),
        (np.float64(2.0), True, "Right"),
        (1.7, True, "5.9"),
        (2.4, True, "4.2"),
        (1.0, False, "raise β"),
        (9.0, False, "lower β"),
        (None, False, "Not yet"),
        (..., False, "Not yet"),
        (0, False, "above 0"),
        (-1.0, False, "above 0"),
        (float("nan"), False, "above 0"),
        (float("inf"), False, "above 0"),
        ("2", False, "above 0"),
    ],
)
def test_a_beta_is_judged_by_the_kl_it_spends(beta, ok, words):
    verdict = checks.wanted_kl(beta, spent, target=5.0, tolerance=1.0)
    assert verdict.ok == ok and words in verdict.message


NUMBERS = {  # each check of a number, with a number that is right
    "wanted_kl": (lambda beta: checks.wanted_kl(beta, spent, 5.0, 1.0), 2.0),
    "equal_variances": (lambda sigma: checks.equal_variances(sigma, two), 2.0),
    "quiet_step_size": (lambda eta: checks.quiet_step_size(eta, shrunk), 0.5),
}
each_number = pytest.mark.parametrize("exercise", NUMBERS)


@each_number
@pytest.mark.parametrize(
    "form",
    [
        torch.tensor,
        lambda a: torch.tensor([[a]], dtype=torch.float64),
        lambda a: torch.tensor(a, requires_grad=True),
        np.float32,
        np.array,
        lambda a: np.array([[a]]),
    ],
)
def test_a_right_number_is_right_as_a_tensor_and_as_an_array_of_one(exercise, form):
    check, right = NUMBERS[exercise]
    assert check(form(right)).ok and check(form(right)) == check(right)


@each_number
@pytest.mark.parametrize(
    "wrong",
    [
        True,
        np.bool_(True),
        torch.tensor(True),
        torch.tensor(math.nan),
        np.float64("inf"),
        np.array([-2.0]),
        np.int64(0),
        np.array(["2"]),
        np.zeros(0),
        torch.zeros(0),
        np.ones(2),
        torch.ones(2, requires_grad=True),
        torch.tensor(2 + 1j),
        "2.0",
        b"2",
        (2.0,),
        {},
        float,
    ],
    ids=repr,
)
def test_what_is_no_number_above_0_is_told_what_is_wanted(exercise, wrong):
    verdict = NUMBERS[exercise][0](wrong)
    assert not verdict.ok and "a number above 0 is wanted" in verdict.message


def test_no_model_is_trained_for_a_beta_that_makes_no_sense():
    trained = []
    for beta in (None, ..., 0, -2.0, "x"):
        checks.wanted_kl(beta, trained.append, target=5.0, tolerance=1.0)
    assert trained == []


def two(sigma):
    return sigma**2, 4.0  # pathwise, score function: the same at σ = 2


@pytest.mark.parametrize(
    "sigma, ok, words",
    [
        (2.0, True, "Right"),
        (2, True, "Right"),
        (np.float64(2.0), True, "Right"),
        (1.9, True, "3.61"),
        (2.1, True, "4.41"),
        (1.8, False, "Raise σ"),
        (2.2, False, "Lower σ"),
        (1e-9, False, "Raise σ"),
        (1e9, False, "Lower σ"),
        (None, False, "Not yet"),
        (..., False, "Not yet"),
        (0, False, "above 0"),
        (-1.0, False, "above 0"),
        (float("nan"), False, "above 0"),
        (float("inf"), False, "above 0"),
        ("2", False, "above 0"),
        (torch.ones(2), False, "above 0"),
        ([2.0], False, "above 0"),
    ],
)
def test_a_sigma_is_judged_by_its_two_variances(sigma, ok, words):
    verdict = checks.equal_variances(sigma, two)
    assert verdict.ok == ok and words in verdict.message


def test_both_variances_are_said_by_name():
    for sigma in (2.0, 3.0):
        message = checks.equal_variances(sigma, two).message
        assert (
            f"pathwise variance is {sigma**2:.2f}" in message
            and "score function's 4.00" in message
        )


def test_the_tolerance_is_relative():
    assert checks.equal_variances(1.0, lambda s: (114.0, 100.0)).ok
    assert not checks.equal_variances(1.0, lambda s: (116.0, 100.0)).ok
    assert checks.equal_variances(1.0, lambda s: (116.0, 100.0), tolerance=0.2).ok


def test_nothing_is_measured_for_a_sigma_that_makes_no_sense():
    measured = []
    for sigma in (None, ..., 0, -2.0, "x"):
        checks.equal_variances(sigma, measured.append)
    assert measured == []


@pytest.mark.parametrize(
    "mistake, which, name",
    [
        (m, *one)
        for m in WRONG_LOSSES
        if m != "swapped"
        for one in ((0, "saturating"), (1, "non-saturating"))
    ],
)
def test_a_mistake_in_one_of_the_two_losses_is_said_of_that_one(mistake, which, name):
    def answer(logit):
        return tuple(
            (WRONG_LOSSES[mistake] if i == which else losses)(logit)[i] for i in (0, 1)
        )

    verdict = checks.generator_losses(answer)
    assert (
        not verdict.ok
        and verdict.message.startswith(f"The {name} loss: ")
        and mistake in verdict.message
    )


@pytest.mark.parametrize("which, name", [(0, "saturating"), (1, "non-saturating")])
@pytest.mark.parametrize(
    "convert, words",
    [
        (lambda a: a.item(), "returns a float"),
        (lambda a: a.numpy(), "returns a ndarray; a tensor of one number is wanted"),
        (lambda a: a[None], "The shape is (1,)"),
        (lambda a: a.expand(7), "The shape is (7,)"),
        (lambda a: a + 0.01, "differ"),
        (lambda a: a * np.nan, "take the logit for the probability"),
        (lambda a: a.long(), "differ"),
        (lambda a: None, "Not yet"),
        (lambda a: ..., "Not yet"),
    ],
)
def test_another_type_shape_or_value_of_one_loss_is_said_of_that_one(
    convert, words, which, name
):
    verdict = checks.generator_losses(
        lambda l: tuple(convert(a) if i == which else a for i, a in enumerate(losses(l)))
    )
    assert (
        not verdict.ok and words in verdict.message and f"The {name} loss: " in verdict.message
    )


@pytest.mark.parametrize(
    "answer",
    [
        lambda l: losses(l)[0],
        lambda l: losses(l) + losses(l),
        lambda l: (),
        lambda l: 0.0,
        lambda l: "two",
    ],
)
def test_another_number_of_losses_than_two_is_said(answer):
    verdict = checks.generator_losses(answer)
    assert not verdict.ok and verdict.message.startswith("Two losses are wanted")


def log_of_sigmoid(l):
    return (1 - l.sigmoid()).log().mean(), -l.sigmoid().log().mean()


def in_single_precision(l):
    return log_of_sigmoid(l.float())


@pytest.mark.parametrize(
    "answer",
    [
        log_of_sigmoid,
        in_single_precision,
        lambda l: (log_of_sigmoid(l)[0], losses(l)[1]),
        lambda l: (losses(l)[0], in_single_precision(l)[1]),
        lambda l: (losses(l)[0], (1 + (-l.float()).exp()).log().mean()),
        lambda l: (-(1 + l.float().exp()).log().mean(), losses(l)[1]),
        lambda l: (losses(l)[0], losses(l)[1] + 0 * l.float().exp().mean()),  # nan
    ],
)
def test_a_right_loss_that_is_not_finite_at_huge_logits_is_told_so(answer):
    verdict = checks.generator_losses(answer)
    assert not verdict.ok and "at a logit of" in verdict.message
    assert "softplus" in verdict.message


def sigmoid_and(change):
    def answer(l):
        return change(1 - l.sigmoid()).log().mean(), -change(l.sigmoid()).log().mean()

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        sigmoid_and(lambda d: d + 1e-8),
        sigmoid_and(lambda d: d.clamp(min=1e-9)),
        lambda l: tuple(a.nan_to_num() for a in log_of_sigmoid(l)),
        lambda l: losses(l.clamp(-18, 18)),
        lambda l: (losses(l)[0], losses(l.clamp(min=-18))[1]),
    ],
)
def test_what_takes_the_gradient_of_a_bad_fake_away_is_no_right_loss(answer):
    assert not checks.generator_losses(answer).ok


@pytest.mark.parametrize("which, name", [(0, "saturating"), (1, "non-saturating")])
def test_a_loss_without_a_slope_is_told_so(which, name):
    def answer(l):
        return tuple(a.detach() if i == which else a for i, a in enumerate(losses(l)))

    verdict = checks.generator_losses(answer)
    assert not verdict.ok and f"The {name} loss has no slope" in verdict.message


def test_a_loss_with_a_slope_that_only_its_values_hide_is_told_so():
    def answer(l):  # right values; the slope is stopped where D is sure
        sure = (l.abs() > 10).any()
        return tuple(a.detach() + 0 * l.sum() if sure else a for a in losses(l))

    verdict = checks.generator_losses(answer)
    assert not verdict.ok and "has the slope 0 at a logit of" in verdict.message


def test_two_losses_may_come_as_a_list():
    assert checks.generator_losses(lambda l: list(losses(l))).ok


def test_an_earlier_exercise_that_returns_nothing_is_suspected():
    verdict = checks.elbo_pieces(lambda x, m, s, e, log_p: log_p(x, m + s.exp() * e) - None)
    assert not verdict.ok and "earlier exercise" in verdict.message


def by_math(logit):
    D = logit.sigmoid().tolist()
    return torch.tensor(sum(math.log(1 - d) for d in D) / len(D)), torch.tensor(
        -sum(math.log(d) for d in D) / len(D)
    )


def test_a_right_loss_that_raises_at_huge_logits_is_told_so_and_not_raised():
    assert not checks.generator_losses(by_math).ok  # log 0: a ValueError


@pytest.mark.parametrize("mistake", WRONG_BEST)
def test_a_mistake_in_single_precision_is_named_too(mistake):
    verdict = checks.best_discriminator(lambda p, q: WRONG_BEST[mistake](p, q).float())
    assert not verdict.ok and mistake in verdict.message


def test_the_worst_density_is_shown_beside_the_right_one():
    seen = []

    def off_in_one(p, q):
        seen.append(best(p, q)[4].item())
        return best(p, q) + 0.5 * (torch.arange(9) == 4)

    right = re.search(
        r"yours (\S+) where (\S+) is right", checks.best_discriminator(off_in_one).message
    )
    assert [float(a) for a in right.groups()] == pytest.approx(
        [seen[0] + 0.5, seen[0]], abs=2e-4
    )  # found by a search


def shrunk(eta):
    return {0.5: 1e-4, 0.7: 1e-3, 0.25: 0.3}.get(eta, 40.0 if eta > 1 else 0.5)


@pytest.mark.parametrize(
    "eta, ok, words",
    [
        (0.5, True, "from 1 to 1.0e-04"),
        (np.float64(0.5), True, "Right: with η = 0.5"),
        (0.7, True, "Right"),
        (0.25, False, "With η = 0.25 the distance is 0.3; it shrinks too slowly"),
        (1e-9, False, "too slowly"),
        (1, False, "too slowly"),
        (1.5, False, "the distance is 40; it spirals out: lower η. At most 0.001 is wanted"),
        (2, False, "lower η"),
        (None, False, "Not yet"),
        (..., False, "Not yet"),
        (0, False, "above 0"),
        (-0.5, False, "η is -0.5"),
        (float("nan"), False, "above 0"),
        (float("inf"), False, "above 0"),
        ("0.5", False, "above 0"),
        (True, False, "above 0"),
        ([0.5], False, "above 0"),
        (torch.ones(2), False, "above 0"),
        (0.5j, False, "above 0"),
    ],
)
def test_a_step_size_is_judged_by_how_far_the_orbit_shrinks(eta, ok, words):
    verdict = checks.quiet_step_size(eta, shrunk)
    assert verdict.ok == ok and words in verdict.message


@pytest.mark.parametrize(
    "radius, words",
    [(0.999, "too slowly"), (1.0, "spirals out"), (float("inf"), "spirals out")],
)
def test_an_orbit_that_does_not_shrink_spirals_out(radius, words):
    verdict = checks.quiet_step_size(0.5, lambda eta: radius)
    assert not verdict.ok and words in verdict.message


def test_the_wanted_distance_may_be_another():
    assert checks.quiet_step_size(0.25, shrunk, wanted=0.3).ok
    verdict = checks.quiet_step_size(0.25, shrunk, wanted=0.2)
    assert not verdict.ok and "At most 0.2 is wanted" in verdict.message


def test_no_orbit_is_run_for_a_step_size_that_makes_no_sense():
    run = []
    for eta in (None, ..., 0, -2.0, "x", True):
        checks.quiet_step_size(eta, run.append)
    assert run == []


PAIR = pytest.mark.parametrize("which, name", [(0, "z_b"), (1, "log_det")])


def coupling_with(which, convert):
    """Return the right layer with one of its two answers converted."""
    return lambda *given: tuple(
        convert(a) if i == which else a for i, a in enumerate(coupling(*given))
    )


@PAIR
@pytest.mark.parametrize(
    "convert, words",
    [
        (lambda a: a.tolist(), "returns a list; a tensor of shape (6"),
        (lambda a: a.numpy(), "returns a ndarray"),
        (lambda a: 0.0, "returns a float"),
        (lambda a: "z", "returns a str"),
        (lambda a: (a,), "returns a tuple"),
        (lambda a: a[..., None], "1)"),
        (lambda a: a[:-1], "The shape is (5"),
        (lambda a: a.expand(2, *a.shape), "The shape is (2, 6"),
        (lambda a: a + 0.01, "differ"),
        (lambda a: a * np.nan, "differ"),
        (lambda a: a.long(), "differ"),
        (lambda a: None, "not yet, it is still None."),
        (lambda a: ..., "not yet, it is still Ellipsis."),
    ],
)
def test_another_type_shape_or_value_of_z_or_its_log_det_is_said_of_that_one(
    convert, words, which, name
):
    verdict = checks.coupling(coupling_with(which, convert))
    assert not verdict.ok and words in verdict.message
    assert verdict.message.startswith(f"{name}: ")


def test_what_is_wrong_with_z_is_said_before_what_is_wrong_with_its_log_det():
    for answer in (lambda *a: coupling(*a)[::-1], lambda *a: (None, None)):
        assert checks.coupling(answer).message.startswith("z_b: ")


@pytest.mark.parametrize(
    "answer",
    [
        lambda *a: coupling(*a)[0],
        lambda *a: coupling(*a)[0][:2],  # of length 2
        lambda *a: coupling(*a) * 2,
        lambda *a: coupling(*a)[:1],
        lambda *a: (),
        lambda *a: np.ones((2, 6)),
        lambda *a: dict(zip("zl", coupling(*a))),
        lambda *a: 0.0,
        lambda *a: "zl",
    ],
)
def test_another_answer_than_z_and_its_log_det_is_told_what_to_return(answer):
    verdict = checks.coupling(answer)
    assert not verdict.ok and verdict.message.startswith("Two tensors are wanted: return z_b")


@pytest.mark.parametrize("mistake", WRONG_COUPLING)
def test_a_mistake_in_a_coupling_that_returns_a_list_in_single_precision_is_named_too(mistake):
    answer = WRONG_COUPLING[mistake]
    verdict = checks.coupling(lambda *a: [v.float() for v in answer(*a)])
    assert not verdict.ok and mistake in verdict.message


@pytest.mark.parametrize("mistake", WRONG_INVERSE)
def test_a_mistake_of_an_inverse_in_single_precision_is_named_too(mistake):
    verdict = checks.coupling_inverse(lambda *a: WRONG_INVERSE[mistake](*a).float())
    assert not verdict.ok and mistake in verdict.message


@pytest.mark.parametrize(
    "exercise, mistake",
    [(e, m) for e in ("closed_form", "score_of_noise", "ddim_step") for m in CASES[e][2]],
)
def test_a_mistake_about_noise_in_single_precision_is_named_too(exercise, mistake):
    check, _, wrong, _ = CASES[exercise]
    verdict = check(lambda *given: wrong[mistake](*(v.float() for v in given)))
    assert not verdict.ok and mistake in verdict.message


def test_what_is_right_about_noise_for_one_measure_of_it_only_is_not_right():
    for answer in (
        lambda x, e, a, b: ddim(x, e, a, b.mean() + 0 * b),
        lambda x, e, a, b: x,
        lambda x, e, a, b: a.sqrt() * clean(x, e, a) + (1 - a).sqrt() * e,
    ):
        assert "differ" in checks.ddim_step(answer).message
    assert "differ" in checks.score_of_noise(lambda e, a: -e / (1 - a.mean()).sqrt()).message
    for steps in (1, 4):
        verdict = checks.closed_form(lambda x, e, b: closed_form(x, e, b[:steps]))
        assert not verdict.ok and "differ" in verdict.message


def test_a_ddim_step_is_given_noise_that_shrinks_and_a_score_every_measure_of_it():
    given = []
    assert checks.ddim_step(lambda *a: given.extend(a) or ddim(*a)).ok
    x_t, eps, a_t, a_s = given
    assert x_t.shape == eps.shape == (6, 4) and a_t.shape == a_s.shape == (6, 1)
    assert ((0 < a_t) & (a_t < a_s) & (a_s < 1)).all()
    given.clear()
    assert checks.score_of_noise(lambda *a: given.extend(a) or score_of_noise(*a)).ok
    assert given[1].min() < 0.2 and given[1].max() > 0.8


def test_an_inverse_is_given_what_the_layer_makes_of_its_answer():
    given = []
    assert checks.coupling_inverse(lambda *a: given.extend(a) or coupling_inverse(*a)).ok
    z, s, t = given
    torch.testing.assert_close(coupling(coupling_inverse(z, s, t), s, t)[0], z)


@pytest.mark.parametrize(
    "answer, integral",
    [
        (WRONG_LOGIT_NORMAL["factor 1/√(2π)"], math.sqrt(2 * math.pi)),
        (lambda x: logit_normal(x) + math.log(0.5), 0.5),
        (lambda x: logit_normal(x.requires_grad_()).float() + math.log(3), 3.0),
        (WRONG_LOGIT_NORMAL["z is the logit of x"], scipy.stats.norm.cdf(1) - 0.5),
        (torch.zeros_like, 1.0),
        (lambda x: x * torch.nan, math.nan),
        (lambda x: x + torch.inf, math.inf),
    ],
)
def test_a_wrong_log_density_is_told_what_its_exponential_integrates_to(answer, integral):
    verdict = checks.logit_normal(answer)
    said = re.search(
        r" \(Over x from 0 to 1 its exponential integrates to (\S+)\.\)$", verdict.message
    )
    assert not verdict.ok and float(said[1]) == pytest.approx(integral, abs=1e-3, nan_ok=True)


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: logit_normal(x)[:-1],
        lambda x: logit_normal(x)[:, None],
        lambda x: logit_normal(x).mean(),
        lambda x: logit_normal(x).long(),
        lambda x: logit_normal(x) > 0,
        lambda x: logit_normal(x).numpy(),
        lambda x: ["log p"],
        lambda x: -0.92,
        lambda x: None,
    ],
)
def test_nothing_is_integrated_that_is_not_one_number_for_each_x(answer):
    verdict = checks.logit_normal(answer)
    assert not verdict.ok and "integrates" not in verdict.message


@pytest.mark.parametrize(
    "convert, words",
    [
        (lambda m: m.tolist(), 'mask(3, "A"): Your function returns a list; a tensor of shape'),
        (lambda m: m.numpy(), "returns a ndarray"),
        (lambda m: 1.0, "returns a float"),
        (lambda m: m[None], "The shape is (1, 3, 3); wanted is (3, 3)"),
        (lambda m: m[:-1], "The shape is (2, 3)"),
        (lambda m: m.flatten(), "The shape is (9,)"),
        (lambda m: m / m.sum().clamp(min=1), 'only; mask(3, "A")[0, 0] is 0.25.'),
        (lambda m: m / m.sum(), "0 and 1 only"),
        (lambda m: m + 0.01, "0 and 1 only"),
        (lambda m: 2 * m, "0 and 1 only"),
        (lambda m: -m, "0 and 1 only"),
        (lambda m: m * torch.nan, "0 and 1 only"),
        (lambda m: m.log(), "0 and 1 only"),
        (lambda m: 0 * m, 'The values differ: mask(3, "A")[0, 0] is 0; 1 is right.'),
        (lambda m: m.flip(0, 1), 'The values differ: mask(3, "A")[0, 0] is 0; 1 is right.'),
    ],
)
def test_another_type_shape_or_value_of_a_mask_is_said(convert, words):
    verdict = checks.masks(lambda *a: convert(mask(*a)))
    assert not verdict.ok and words in verdict.message


@pytest.mark.parametrize("size, kind", [(s, k) for s in (1, 3, 5, 7) for k in "AB"])
def test_a_mask_of_each_size_and_kind_is_looked_at(size, kind):
    def this_one(answer):
        return lambda *a: answer() if a == (size, kind) else mask(*a)

    h, name = size // 2, f'mask({size}, "{kind}")'
    other = mask(size, "AB"[kind == "A"])
    verdict = checks.masks(this_one(lambda: other))
    is_and_right = "0; 1" if kind == "B" else "1; 0"
    said = f"The values differ: {name}[{h}, {h}] is {is_and_right} is right."
    assert verdict == (False, said)
    verdict = checks.masks(this_one(lambda: [][size]))
    assert verdict.message.startswith(f"{name}: Your function raises IndexError")
    assert checks.masks(this_one(lambda: None)).message.startswith("Not yet")


@pytest.mark.parametrize("mistake", WRONG_MASKS)
def test_a_mistake_in_a_mask_of_bool_is_named_too(mistake):
    verdict = checks.masks(lambda *a: WRONG_MASKS[mistake](*a).bool())
    assert not verdict.ok and mistake in verdict.message


@pytest.mark.parametrize("n", [1, 2, 3, 5, 10])
def test_the_pixels_seen_are_counted_for_every_depth(n):
    wanted = pixels_seen(n)
    assert seen_by("A" + "B" * (n - 1)) == seen_by_gradient(n) == wanted
    verdict = checks.pixels_seen(lambda m: pixels_seen(m) + (m == n))
    said = f"The values differ: count({n}) is {wanted + 1}; {wanted} is right."
    assert verdict == (False, said)
    verdict = checks.pixels_seen(lambda m: [][m] if m == n else pixels_seen(m))
    assert verdict.message.startswith(f"count({n}): Your function raises IndexError")
    verdict = checks.pixels_seen(lambda m: None if m == n else pixels_seen(m))
    assert verdict.message.startswith("Not yet: your function returns nothing")


@pytest.mark.parametrize(
    "wrong", [True, "4", [4], 0, -4, math.nan, math.inf, torch.ones(2), {}], ids=repr
)
def test_what_is_no_number_of_pixels_is_told_what_is_wanted(wrong):
    message = checks.pixels_seen(lambda n: wrong).message
    assert message == f"count(1) is {wrong!r}; a number above 0 is wanted."


@pytest.mark.parametrize("mistake", WRONG_PIXELS_SEEN)
def test_a_wrong_number_of_pixels_that_is_a_tensor_is_named_too(mistake):
    verdict = checks.pixels_seen(lambda n: torch.tensor([float(WRONG_PIXELS_SEEN[mistake](n))]))
    assert not verdict.ok and mistake in verdict.message


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda l, T: pixel_draw(l, T).tolist(), "returns a list; a tensor of shape (20000,)"),
        (lambda l, T: pixel_draw(l, T).numpy(), "returns a ndarray"),
        (lambda l, T: 3, "returns a int"),
        (lambda l, T: (l / T).softmax(1), "These are 5 numbers a row"),
        (lambda l, T: pixel_draw(l, T)[:, None], "(20000, 1); wanted is (20000,), without"),
        (lambda l, T: pixel_draw(l, T)[None], "The shape is (1, 20000); one number a row"),
        (lambda l, T: pixel_draw(l, T)[:-1], "The shape is (19999,); one number a row"),
        (lambda l, T: pixel_draw(l, T)[0], "The shape is ()"),
        (lambda l, T: pixel_draw(l, T) + 1, "count from 1 to 5; they count from 0 to 4."),
        (lambda l, T: pixel_draw(l, T) + 2, "A level is a whole number from 0 to 4; "),
        (lambda l, T: pixel_draw(l, T) - 1, "from 0 to 4; -1 is none."),
        (lambda l, T: pixel_draw(l, T) / 4, "A level is a whole number"),
        (lambda l, T: pixel_draw(l, T) * math.nan, "nan is none."),
        (lambda l, T: pixel_draw(l, T) + math.inf, "inf is none."),
        (lambda l, T: 0.5 + 0 * l[:, 0], "from 0 to 4; 0.5 is none."),
        (lambda l, T: by_cdf(l, T, 1), "all by one random number"),
        (lambda l, T: pixel_draw(l, T)[:1].expand(len(l)), "all by one random number"),
        (lambda l, T: pixel_draw(l, T**2), "differ: at T = 0.5, of 10,000 rows where level"),
        (lambda l, T: pixel_draw(l, T).flip(0), "The draws differ"),
        (lambda l, T: torch.randint(5, l.shape[:1]), "The draws differ"),
        (lambda l, T: pixel_draw(l[:2].repeat(len(l) // 2, 1), T), "A row with p = 1 at level"),
        (lambda l, T: pixel_draw(l, T)[torch.arange(20_000)], "raises IndexError"),
        (lambda l, T: pixel_draw(l, T) if len(l) > 100 else None, "Not yet"),
    ],
)
def test_what_is_no_draw_of_levels_is_said(answer, words):
    verdict = checks.pixel_draw(answer)
    assert not verdict.ok and words in verdict.message


def test_the_worst_share_of_draws_is_shown_beside_the_right_one():
    share = 0.26**2 / (0.04**2 + 0.1**2 + 0.2**2 + 0.26**2 + 0.4**2)

    def never_3_in_every_other_row(l, T):
        if T == 0.5:
            l[1::2, 3] = -math.inf
        return pixel_draw(l, T)

    assert checks.pixel_draw(never_3_in_every_other_row).message == (
        "The draws differ: at T = 0.5, of 10,000 rows where level 3 has p = 0.26, 0.0% draw "
        f"it; {share:.1%} are right."
    )


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_a_draw_that_is_wrong_at_one_temperature_only_is_not_right(temperature):
    verdict = checks.pixel_draw(lambda l, T: pixel_draw(l, T * (1 + 0.2 * (T == temperature))))
    assert not verdict.ok and f"The draws differ: at T = {temperature:g}," in verdict.message


def test_a_draw_is_judged_the_same_way_each_time_and_leaves_the_random_numbers_as_they_are():
    drawn = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        wanted = torch.rand(3)
        torch.manual_seed(seed)
        assert checks.pixel_draw(lambda *a: drawn.append(pixel_draw(*a)) or drawn[-1]).ok
        assert torch.equal(torch.rand(3), wanted)
    assert len(drawn) == 8 and all(map(torch.equal, drawn[:4], drawn[4:]))


@pytest.mark.parametrize("form", ["as in the notes", "by Gumbel's noise"])
def test_right_draws_are_right_whatever_the_random_numbers(form):
    seeds = iter(range(80))

    def draw(log_p, T):
        torch.manual_seed(next(seeds))
        return RIGHT_PIXEL_DRAW[form](log_p, T)

    assert all(checks.pixel_draw(draw).ok for _ in range(20))


def in_single_precision_of(answer):
    """The same answer, given single precision; a mask stays a mask."""
    return lambda *given: answer(*(v.float() if v.is_floating_point() else v for v in given))


@pytest.mark.parametrize(
    "exercise, mistake",
    [(e, m) for e in ("bayes_rule", "gaussian_marginal") for m in CASES[e][2]],
)
def test_a_mistake_about_probabilities_in_single_precision_is_named_too(exercise, mistake):
    check, _, wrong, _ = CASES[exercise]
    verdict = check(in_single_precision_of(wrong[mistake]))
    assert not verdict.ok and mistake in verdict.message


@pytest.mark.parametrize("exercise", ["bayes_rule", "parameter_counts", "gaussian_marginal"])
def test_a_check_of_the_introduction_leaves_the_random_numbers_as_they_are(exercise):
    check, _, _, answer = CASES[exercise]
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    assert check(answer).ok
    assert torch.equal(torch.rand(3), wanted)


def test_a_posterior_is_judged_with_an_unbalanced_prior_and_a_zero():
    given = []
    assert checks.bayes_rule(lambda *a: given.extend(a) or posterior(*a)).ok
    likelihood, prior = given
    assert likelihood.shape == (6, 4) and prior.shape == (4,)
    assert prior.sum().item() == pytest.approx(1) and prior.unique().numel() == 4
    assert (likelihood == 0).sum() == 1 and (likelihood >= 0).all()
    maximum_likelihood = likelihood.argmax(1)  # is another class than the most probable
    assert (maximum_likelihood != posterior(likelihood, prior).argmax(1)).any()


@pytest.mark.parametrize(
    "answer", [lambda l, p: l * p / (l * p).sum(1), lambda l, p: l / (l @ p)]
)
def test_a_sum_over_the_classes_without_its_axis_is_suspected(answer):
    message = checks.bayes_rule(answer).message
    assert "raises RuntimeError" in message and message.endswith("`keepdim=True`.")


@pytest.mark.parametrize("answer", [lambda l, p: l * p[:, None], lambda l, p: l[7]])
def test_no_such_axis_is_suspected_of_another_error(answer):
    message = checks.bayes_rule(answer).message
    assert "raises" in message and "keepdim" not in message


@pytest.mark.parametrize(
    "answer",
    [
        lambda l, p: torch.where(l == 0, 0.1, posterior(l, p)),
        lambda l, p: torch.where(l == 0, torch.nan, posterior(l, p)),
        lambda l, p: ((l + 1e-3).log() + p.log()).softmax(1),
        lambda l, p: posterior(l, p).flip(1),
        lambda l, p: posterior(l, p.flip(0)),
        lambda l, p: posterior(l, p.mean() + 0 * p) * p / p,
    ],
)
def test_a_posterior_that_is_right_in_places_is_not_right(answer):
    assert not checks.bayes_rule(answer).ok


@pytest.mark.parametrize("n", [3, 4])
def test_the_numbers_wanted_are_the_dimensions_of_the_families(n):
    """Of each family's log P, as many directions are free as its count says."""
    for (log_p, size), wanted in zip(all_tables(n), counts(n)):
        theta = torch.randn(size, dtype=torch.float64)
        assert log_p(theta).exp().sum().item() == pytest.approx(1)
        slopes = torch.autograd.functional.jacobian(log_p, theta)
        assert torch.linalg.matrix_rank(slopes, rtol=1e-9) == wanted


FOUR = ["joint", "independent", "markov", "autoregressive"]


@pytest.mark.parametrize("n", [1, 2, 9, 64])
@pytest.mark.parametrize("name", FOUR)
def test_a_count_that_is_wrong_for_one_number_of_pixels_is_said(name, n):
    right = counts(n)[FOUR.index(name)]
    for wrong in (right + 1, right + 1.0 if n < 64 else 3.0):
        answer = counts_with(name, lambda m: wrong if m == n else counts(m)[FOUR.index(name)])
        said = f"The values differ: {name} at n = {n} is {wrong}; {right} is right."
        assert checks.parameter_counts(answer) == (False, said)


@pytest.mark.parametrize("n", [1, 2, 9, 64])
def test_an_error_or_nothing_for_one_number_of_pixels_is_said(n):
    verdict = checks.parameter_counts(lambda m: [][m] if m == n else counts(m))
    assert verdict.message.startswith(f"count({n}): Your function raises IndexError")
    for stub in (None, ...):
        verdict = checks.parameter_counts(lambda m: stub if m == n else counts(m))
        assert verdict.message.startswith("Not yet: your function returns nothing")


@pytest.mark.parametrize("name", FOUR)
@pytest.mark.parametrize("stub", [None, ...])
def test_one_of_the_four_counts_may_be_missing_yet(name, stub):
    message = checks.parameter_counts(counts_with(name, lambda n: stub)).message
    assert message == f"{name}: not yet, it is still {stub}."


@pytest.mark.parametrize(
    "wrong",
    [
        True,
        "3",
        [3],
        {},
        3j,
        math.nan,
        math.inf,
        -math.inf,
        10**400,
        10**5000,
        torch.ones(2),
        torch.ones(0),
        torch.tensor(True),
        np.nan,
        np.ones(2),
    ],
    ids=lambda wrong: type(wrong).__name__,
)
def test_what_is_no_count_is_told_what_is_wanted(wrong):
    for name in FOUR:
        message = checks.parameter_counts(counts_with(name, lambda n: wrong)).message
        assert message == f"{name}: at n = 1 a number is wanted, finite and below 10³⁰."


@pytest.mark.parametrize(
    "answer",
    [
        lambda n: counts(n)[:3],
        lambda n: (*counts(n), 0),
        lambda n: (),
        lambda n: n,
        lambda n: "1234",
        lambda n: {1, 2, 3, 4},
        lambda n: dict(zip(FOUR, counts(n))),
        lambda n: (a for a in counts(n)),
        lambda n: torch.ones(4, 4)[:3],
        lambda n: torch.ones(1, 4),
        lambda n: torch.tensor(1.0),
        lambda n: np.ones(5),
        lambda n: np.float64(1),
    ],
)
def test_another_number_of_counts_than_four_is_told_what_to_return(answer):
    message = checks.parameter_counts(answer).message
    assert message == f"Four numbers are wanted: return {', '.join(FOUR)}."


@pytest.mark.parametrize("order", [(0, 1, 3, 2), (1, 0, 2, 3), (3, 2, 1, 0)])
def test_the_four_counts_in_another_order_are_told_so(order):
    for kind in (tuple, list, lambda a: torch.tensor([float(b) for b in a])):
        verdict = checks.parameter_counts(lambda n: kind(counts(n)[i] for i in order))
        said = f"Right, but in another order: return {', '.join(FOUR)}."
        assert verdict == (False, said)


@pytest.mark.parametrize("mistake", [m for m in WRONG_COUNTS if "2⁶⁴" not in m])
def test_a_wrong_count_among_floats_is_named_too(mistake):
    for convert in (
        lambda a: [float(b) for b in a],
        lambda a: torch.tensor([float(b) for b in a]),
    ):
        verdict = checks.parameter_counts(lambda n: convert(WRONG_COUNTS[mistake](n)))
        assert not verdict.ok and mistake in verdict.message


@pytest.mark.parametrize("mistake", WRONG_COUNTS)
def test_a_mistake_in_a_count_is_named_even_if_one_pixel_is_right(mistake):
    def answer(n):
        return counts(n) if n == 1 else WRONG_COUNTS[mistake](n)

    verdict = checks.parameter_counts(answer)
    assert not verdict.ok and mistake in verdict.message


def test_an_integer_is_to_be_exact_and_a_float_is_not():
    assert checks.parameter_counts(counts_with("joint", lambda n: float(2**n - 1))).ok
    verdict = checks.parameter_counts(counts_with("joint", lambda n: int(2.0**n - 1)))
    assert not verdict.ok and "is 18446744073709551616; 18446744073709551615" in verdict.message


def test_a_marginal_is_given_nan_where_it_is_not_seen_and_a_full_covariance():
    given = []
    assert checks.gaussian_marginal(lambda *a: given.append(a) or marginal(*a)).ok
    assert [seen.sum().item() for _, seen, _, _ in given] == [3, 5, 1]
    for x, seen, mean, cov in given:
        assert x.shape == (6, 5) and seen.dtype == torch.bool
        assert torch.equal(x.isnan(), (~seen).expand(6, 5))
        assert mean.shape == (5,) and mean.abs().max() > 0.4
        correlation = cov / (cov.diag().sqrt()[:, None] * cov.diag().sqrt())
        assert (correlation - torch.eye(5)).abs().max() > 0.5
        assert torch.linalg.eigvalsh(cov).min() > 0.1


def unchecked(x, seen, mean, cov):
    return MultivariateNormal(mean[seen], cov[seen][:, seen], validate_args=False).log_prob(
        x[:, seen]
    )


@pytest.mark.parametrize("of_the_seen", [marginal, unchecked, with_terms(marginal_of)])
def test_seen_and_unseen_in_each_others_place_are_told_so(of_the_seen):
    def swapped(x, seen, mean, cov):
        return of_the_seen(x, ~seen, mean, cov)

    for answer in (swapped, in_single_precision_of(swapped)):
        verdict = checks.gaussian_marginal(answer)
        assert not verdict.ok and verdict.message.startswith("Seen and unseen have changed")


def times_0(x, seen, mean, cov):  # right, but for NaN · 0
    cov = cov * seen * seen[:, None] + torch.diag((~seen).to(cov))
    return marginal_of((x - mean) * seen, cov, size=seen.sum().item())


@pytest.mark.parametrize(
    "answer",
    [
        times_0,
        lambda x, seen, m, c: MultivariateNormal(m, c).log_prob(x),  # raises
        lambda x, seen, m, c: MultivariateNormal(m, c).log_prob(x * seen),
        lambda x, seen, m, c: marginal_of(x - m, c),
        lambda x, seen, m, c: torch.where(seen, x, x - m).sum(1),
    ],
)
def test_what_is_nan_or_raises_for_the_unseen_is_told_so(answer):
    verdict = checks.gaussian_marginal(answer)
    assert not verdict.ok and verdict.message.startswith("The unseen are NaN")


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda *a: marginal(*a) * math.nan, "The values differ: yours nan"),
        (lambda *a: marginal(*a) + math.inf, "The values differ: yours inf"),
        (lambda *a: marginal(*a).fill_(-3.0), "The values differ"),
        (lambda *a: [][0], "raises IndexError"),
        (lambda x, seen, m, c: marginal(x[seen], seen, m, c), "raises IndexError"),
        (lambda *a: marginal(*a)[:, None], "The shape is (6, 1); one number a row is wanted"),
        (lambda x, *a: torch.empty(0), "The shape is (0,)"),
        (lambda x, *a: x, "The unseen are NaN"),
        (lambda x, *a: x.nan_to_num(), "The shape is (6, 5)"),
    ],
)
def test_what_is_wrong_about_a_marginal_for_another_reason_is_said(answer, words):
    verdict = checks.gaussian_marginal(answer)
    assert not verdict.ok and words in verdict.message


@pytest.mark.parametrize("size, when", [(5, "With all seen: "), (1, "With one seen: ")])
@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda *a: marginal(*a) + 0.01, "The values differ"),
        (lambda *a: marginal(*a) * math.nan, "The values differ"),
        (lambda *a: marginal(*a).sum(), "The shape is ()"),
        (lambda *a: 1 / 0, "Your function raises ZeroDivisionError"),
        (lambda *a: None, "Not yet"),
    ],
)
def test_a_marginal_that_is_wrong_for_one_mask_is_told_for_which(wrong, words, size, when):
    verdict = checks.gaussian_marginal(
        lambda *a: wrong(*a) if a[1].sum() == size else marginal(*a)
    )
    assert not verdict.ok and verdict.message.startswith(when + words)


def test_what_is_nan_by_chance_is_no_error():
    right = iter([True, False, True])

    def answer(*given):  # with all seen it is NaN, and at the next call it is not
        return marginal(*given) if next(right) else marginal(*given) * math.nan

    message = checks.gaussian_marginal(answer).message
    assert message.startswith("With all seen: The values differ: yours nan")
