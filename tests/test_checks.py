"""The exercises: every mistake is named, right answers are right however they are written."""
import inspect
import re

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from lecture_utils import checks


def kl(mu, log_sigma):
    return 0.5 * (mu**2 + (2 * log_sigma).exp() - 1 - 2 * log_sigma).sum(1)


def elbo(x, mu, log_sigma, eps, log_likelihood):
    return log_likelihood(x, mu + log_sigma.exp() * eps) - kl(mu, log_sigma)


RIGHT_KL = {
    "as in the notes": kl,
    "with σ first": lambda m, s: sum(-s.T + (s.exp().T ** 2 + m.T**2 - 1) / 2),
    "from torch": lambda m, s: kl_divergence(Independent(Normal(m, s.exp()), 1),
                                             Independent(Normal(0 * m, torch.ones_like(m)), 1)),
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
}
RIGHT_ELBO = {
    "from its pieces": elbo,
    "from torch": lambda x, m, s, e, f: f(x, m + s.exp() * e) - RIGHT_KL["from torch"](m, s),
    "as a sum of four": lambda x, m, s, e, f: f(x, torch.addcmul(m, s.exp(), e)) + (
        0.5 + s - m**2 / 2 - (2 * s).exp() / 2).sum(1),
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
CASES = {"gaussian_kl": (checks.gaussian_kl, RIGHT_KL, WRONG_KL, kl),
         "elbo_pieces": (checks.elbo_pieces, RIGHT_ELBO, WRONG_ELBO, elbo)}
each_exercise = pytest.mark.parametrize("exercise", CASES)


@pytest.mark.parametrize("exercise, form", [(e, f) for e, (_, right, _, _) in CASES.items() for f in right])
def test_right_answers_are_right_in_every_form(exercise, form):
    check, right, _, _ = CASES[exercise]
    verdict = check(right[form])
    assert verdict.ok and verdict.message.startswith("Right"), verdict
    assert verdict._repr_markdown_().startswith("✅")


@pytest.mark.parametrize("exercise, mistake", [(e, m) for e, (_, _, wrong, _) in CASES.items() for m in wrong])
def test_every_usual_mistake_is_named(exercise, mistake):
    check, _, wrong, _ = CASES[exercise]
    verdict = check(wrong[mistake])
    assert not verdict.ok and mistake in verdict.message
    assert verdict._repr_markdown_().startswith("🔶")


@each_exercise
def test_no_two_mistakes_get_the_same_sentence_and_every_sentence_is_tried(exercise):
    check, _, wrong, _ = CASES[exercise]
    said = {check(answer).message for answer in wrong.values()}
    assert len(said) == len(wrong)
    written = set(re.findall(r'^ +"([^"]+)": ', inspect.getsource(check), re.M))
    assert said == written, "a mistake that checks.py lists has no test here"


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
    verdict = CASES[exercise][0](lambda one: one)
    assert not verdict.ok and "TypeError" in verdict.message


@each_exercise
@pytest.mark.parametrize("convert, words", [
    (lambda a: a.tolist(), "list"), (lambda a: a.numpy(), "ndarray"), (lambda a: 0.0, "float"),
    (lambda a: a[:, None], "1)"), (lambda a: a[:-1], "shape"), (lambda a: a.expand(2, -1), "shape"),
    (lambda a: a + 0.01, "differ"), (lambda a: a * np.nan, "differ"), (lambda a: a.long(), "differ"),
])
def test_another_type_shape_or_value_is_said(exercise, convert, words):
    check, _, _, answer = CASES[exercise]
    verdict = check(lambda *arguments: convert(answer(*arguments)))
    assert not verdict.ok and words in verdict.message


def test_the_worst_value_is_shown_beside_the_right_one():
    seen = []

    def off_in_one(mu, log_sigma):
        value = kl(mu, log_sigma)
        seen.append(value[2].item())
        return value + 10 * (torch.arange(5) == 2)

    message = checks.gaussian_kl(off_in_one).message
    assert f"{seen[0] + 10:.4f}" in message and f"{seen[0]:.4f}" in message


def spent(beta):
    return 10.0 / beta


@pytest.mark.parametrize("beta, ok, words", [
    (2.0, True, "Right"), (2, True, "Right"), (np.float64(2.0), True, "Right"), (1.7, True, "5.9"), (2.4, True, "4.2"),
    (1.0, False, "raise β"), (9.0, False, "lower β"), (None, False, "Not yet"), (..., False, "Not yet"),
    (0, False, "above 0"), (-1.0, False, "above 0"), (float("nan"), False, "above 0"), (float("inf"), False, "above 0"),
    ("2", False, "above 0"),
])
def test_a_beta_is_judged_by_the_kl_it_spends(beta, ok, words):
    verdict = checks.wanted_kl(beta, spent, target=5.0, tolerance=1.0)
    assert verdict.ok == ok and words in verdict.message


def test_no_model_is_trained_for_a_beta_that_makes_no_sense():
    trained = []
    for beta in (None, ..., 0, -2.0, "x"):
        checks.wanted_kl(beta, trained.append, target=5.0, tolerance=1.0)
    assert trained == []
