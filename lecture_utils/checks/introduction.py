"""The exercises of the introduction."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch.distributions import MultivariateNormal, Normal
from torch.nn.functional import one_hot

from .verdict import NOT_YET, Verdict, call, compare, not_yet, plain


def _wrong_posteriors(likelihood: torch.Tensor, prior: torch.Tensor) -> dict:
    """Return `mistakes` as in `compare`."""
    joint, divided = likelihood * prior, likelihood / prior
    p_x = joint.sum(1, keepdim=True)
    p, best = joint / p_x, joint.argmax(1)
    equal = likelihood / likelihood.sum(1, keepdim=True)  # of equally probable classes
    return {
        "The prior is missing: that takes all classes as equally probable.": equal,
        "The prior is in P(x) only; it is in the numerator, too.": likelihood / p_x,
        "This is the joint P(x, y): divide it by P(x), its sum over the classes.": joint,
        "Normalise last: the prior is to be in the sum, too.": equal * prior,
        "You normalise over the batch; the classes are dimension 1.": joint / joint.sum(0),
        "Multiply by the prior; you divide by it.": divided / divided.sum(1, keepdim=True),
        "You divide by the prior: multiply by it, then divide by P(x).": divided,
        "This is a softmax of the product; divide the product by its sum.": joint.softmax(1),
        "This is 1 for the most probable class; the probability of each is wanted.": (
            one_hot(best, len(prior)).to(p)
        ),
        "These are the most probable classes; the probability of each is wanted.": best.to(p),
        "This is the logarithm; the posterior itself is wanted.": p.log(),
        "This is P(x): divide the joint by it.": p_x[:, 0],
        "This takes 1/C for the prior, and is not normalised.": likelihood / len(prior),
        "This is the likelihood as it was given.": likelihood,
        "This is the transpose: a row for each x is wanted.": p.T,
    }


def bayes_rule(posterior: Callable) -> Verdict:
    """Judge posterior(likelihood, prior) → P(y|x) (N, C), of P(x|y) (N, C) and P(y) (C,)."""
    generator = torch.Generator().manual_seed(15)
    likelihood = torch.rand(6, 4, generator=generator, dtype=torch.float64)
    likelihood[2, 1] = 0  # this x is not of class 1
    prior = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
    wanted = torch.stack([p * prior / (p @ prior) for p in likelihood])
    got, failed = call(posterior, likelihood, prior)
    if failed and "non-singleton dimension 1" in failed.message:
        hint = "Is it the sum over the classes? It needs its axis, `keepdim=True`."
        return Verdict(False, f"{failed.message} {hint}")
    right = "Right: likelihood times prior, and each row sums to 1."
    return failed or compare(got, wanted, _wrong_posteriors(likelihood, prior), right)


def _wrong_counts() -> dict:
    """Return, for each of the four numbers, a sentence → the mistake as a function of n."""
    return {
        "joint": {
            "the 2ⁿ probabilities sum to 1: one of them is not free.": lambda n: 2**n,
            "2ⁿ − 1 is wanted, not 2ⁿ⁻¹.": lambda n: 2 ** (n - 1),
            "a number for each image is wanted, and there are 2ⁿ, not n².": lambda n: n**2,
            "2⁶⁴ is too large for an integer of 64 bits: take Python's own, or a float.": (
                lambda n: 2**n - 1 if n < 64 else -1
            ),
        },
        "independent": {
            "each pixel needs its P(1) only, no table of all images.": lambda n: 2**n,
            "P(0) of a pixel is 1 − P(1): that is one number, not two.": lambda n: 2 * n,
        },
        "markov": {
            "this is one table for all places; each has its own.": lambda n: 3,
            "the first pixel is missing: its P(1) is one more.": lambda n: 2 * (n - 1),
            "the first pixel has none before it: one number, not two.": lambda n: 2 * n,
            "a later pixel has two P(1), one after a 0 and one after a 1.": lambda n: n,
            "two of a 2 × 2 table are free: its rows sum to 1.": lambda n: 1 + 4 * (n - 1),
        },
        "autoregressive": {
            "the n biases are missing.": lambda n: n * (n - 1) // 2,
            "this is n²; a pixel has weights only for those before it.": lambda n: n**2,
            "1 + 2 + … + n is half of n(n + 1).": lambda n: n * (n + 1),
            "with full tables it is the joint; take logistic regressions.": lambda n: 2**n - 1,
        },
    }


def _four_numbers(count: Callable, n: int, names: tuple) -> tuple:
    """Return (the four of count(n), None), or (None, the verdict on what are no numbers)."""
    answer, failed = call(count, n)
    if failed:
        return None, Verdict(False, f"count({n}): {failed.message}")
    if not_yet(answer):
        return None, NOT_YET
    if isinstance(answer, (torch.Tensor, np.ndarray)):
        answer = answer.tolist()
    if not isinstance(answer, (tuple, list)) or len(answer) != 4:
        return None, Verdict(False, f"Four numbers are wanted: return {', '.join(names)}.")
    numbers = [plain(value) for value in answer]
    for name, value in zip(names, numbers, strict=True):
        if not_yet(value):
            return None, Verdict(False, f"{name}: not yet, it is still {value}.")
        if type(value) not in (int, float) or not abs(value) < 1e30:
            words = f"{name}: at n = {n} a number is wanted, finite and below 10³⁰."
            return None, Verdict(False, words)
    return numbers, None


def _same(yours: int | float, wanted: int) -> bool:
    exact = isinstance(yours, int)  # a float cannot be, near 2⁶⁴
    return yours == wanted if exact else math.isclose(yours, wanted, rel_tol=1e-5)


def parameter_counts(count: Callable) -> Verdict:
    """Judge count(n) → (joint, independent, markov, autoregressive), of n binary pixels.

    They count the free numbers of the table of all images; of independent pixels; of a Markov
    chain with a table for each place; of a logistic regression of each pixel on those before.
    """
    mistakes = _wrong_counts()
    right = {n: (2**n - 1, n, 1 + 2 * (n - 1), n * (n + 1) // 2) for n in (1, 2, 9, 64)}
    got = {}
    for n in right:
        got[n], failed = _four_numbers(count, n, tuple(mistakes))
        if failed:
            return failed
    other_order = all(sorted(got[n]) == sorted(right[n]) for n in (1, 2, 9))
    if other_order and got[9] != list(right[9]):
        return Verdict(False, f"Right, but in another order: return {', '.join(mistakes)}.")
    for i, name in enumerate(mistakes):
        for sentence, wrong in mistakes[name].items():
            if all(_same(got[n][i], wrong(n)) for n in (2, 9, 64)):  # of 1 pixel much is right
                return Verdict(False, f"{name}: {sentence}")
        for n in right:
            if not _same(got[n][i], right[n][i]):
                words = f"{name} at n = {n} is {got[n][i]}; {right[n][i]} is right."
                return Verdict(False, f"The values differ: {words}")
    return Verdict(True, "Right: 64 pixels need 1.8 · 10¹⁹, 64, 127 and 2080 numbers.")


def _wrong_densities(x, seen, mean, cov) -> dict:
    """Return `mistakes` as in `compare`; here x has its unseen numbers, too."""
    d, left = (x - mean)[:, seen], cov[seen][:, seen]
    crossed = cov.inverse()[seen][:, seen]
    given = MultivariateNormal(mean[seen], precision_matrix=crossed).log_prob(x[:, seen])
    alone = Normal(mean, cov.diag().sqrt()).log_prob(x)[:, seen]
    whole, at_mean = MultivariateNormal(mean, cov), torch.where(seen, x, mean)

    def square(matrix):
        return ((d @ matrix) * d).sum(1)

    distance, log_det, log_2pi = square(left.inverse()), left.logdet(), math.log(math.tau)
    constant = d.shape[1] * log_2pi
    pairs = -0.5 * (d @ left.inverse() @ d.T + log_det + constant)  # (N, N)
    p = pairs.diag()
    return {
        "Crossing out of the precision is the conditional, the unseen at their mean.": given,
        "Cross out before you invert, not after.": p + 0.5 * (distance - square(crossed)),
        "Integrate the unseen out; you put them at their mean.": whole.log_prob(at_mean),
        "Integrate the unseen out; you put them at 0.": whole.log_prob(x * seen),
        "The covariances are missing: you take the diagonal of cov only.": alone.sum(1),
        "2π has the power S, the number seen, not D.": p - 0.5 * (~seen).sum() * log_2pi,
        "log det is to be of the seen, not of all.": p + 0.5 * (log_det - cov.logdet()),
        "log det cov is missing.": p + 0.5 * log_det,
        "log det cov is to be subtracted; you add it.": p + log_det,
        "log 2π is missing, once for each number seen.": p + 0.5 * constant,
        "Only the quadratic form: log det cov and log 2π are missing.": -0.5 * distance,
        "The ½ of log det cov is missing.": p - 0.5 * log_det,
        "The ½ of log 2π is missing.": p - 0.5 * constant,
        "The ½ of the quadratic form is missing.": p - 0.5 * distance,
        "The quadratic form is of cov⁻¹, not of cov.": p + 0.5 * (distance - square(left)),
        "The mean is to be subtracted from x.": (
            MultivariateNormal(0 * mean[seen], left).log_prob(x[:, seen])
        ),
        "The sign is the other way round: this is −log p.": -p,
        "The factor ½ is missing: this is 2 log p.": 2 * p,
        "This is in bits; nats are wanted.": p / math.log(2),
        "This is the density; its logarithm is wanted.": p.exp(),
        "This pairs every row with every row; only the diagonal is wanted.": pairs,
        "This is the sum over the batch; one number a row is wanted.": p.sum(),
        "This is the mean over the batch; one number a row is wanted.": p.mean(),
    }


def _of_the_unseen(log_p: Callable, x, seen, mean, cov) -> Verdict | None:
    """Return the verdict on what is a number only if the unseen are; None on what is none."""
    got, _ = call(log_p, x, seen, mean, cov)
    if seen.all() or not isinstance(got, torch.Tensor) or not got.isfinite().all():
        return None
    other = MultivariateNormal(mean[~seen], cov[~seen][:, ~seen]).log_prob(x[:, ~seen])
    if compare(got, other, {}, "").ok:
        return Verdict(False, "Seen and unseen have changed places: True means seen.")
    return Verdict(False, "The unseen are NaN, and NaN · 0 is NaN: leave them out, x[:, seen].")


def gaussian_marginal(log_p: Callable) -> Verdict:
    """Judge log_p(x, seen, mean, cov) → (N,), in nats: the log density of the seen coordinates.

    `x` (N, D) is NaN where the mask `seen` (D,) is False; the whole is N(mean, cov).
    """
    generator = torch.Generator().manual_seed(16)
    numbers = torch.randn(11, 5, generator=generator, dtype=torch.float64)
    x, root = numbers[:6], numbers[6:]
    mean = torch.linspace(-0.5, 0.5, 5, dtype=torch.float64)
    cov = root @ root.T / 5 + 0.3 * torch.eye(5, dtype=torch.float64)
    some, one = torch.tensor([False, True, False, True, True]), torch.arange(5) == 2
    right = "Right: with some, with all and with one of them seen."
    for seen, when in ((some, ""), (some | True, "With all seen: "), (one, "With one seen: ")):
        wanted = MultivariateNormal(mean[seen], cov[seen][:, seen]).log_prob(x[:, seen])
        mistakes = _wrong_densities(x, seen, mean, cov) if seen is some else {}
        got, failed = call(log_p, x.masked_fill(~seen, math.nan), seen, mean, cov)
        verdict = failed or compare(got, wanted, mistakes, right)
        if failed or (isinstance(got, torch.Tensor) and got.isnan().any()):
            verdict = _of_the_unseen(log_p, x, seen, mean, cov) or verdict
        if not verdict.ok:
            return Verdict(False, when + verdict.message)
    return verdict
