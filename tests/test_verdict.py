"""What every check is built of: a call of the reader's function, its slopes, a number."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from lecture_utils.checks.verdict import Verdict, call, number, slopes


def test_a_function_may_change_what_it_is_given_since_it_gets_copies():
    def careless(x, y, words):
        x.zero_(), y.mul_(2), words.append("mine")
        return x + y

    x, y, words = torch.randn(4), torch.randn(4), []
    before = x.clone(), y.clone()
    answer, failed = call(careless, x, y, words)
    assert failed is None and torch.equal(answer, 2 * before[1])
    assert torch.equal(x, before[0]) and torch.equal(y, before[1])
    assert words == ["mine"]  # only tensors are copied


def test_an_error_is_a_verdict_with_its_type_and_words():
    def broken(x):
        raise ArithmeticError("no such logarithm")

    answer, failed = call(broken, torch.zeros(1))
    assert answer is None and isinstance(failed, Verdict) and not failed.ok
    assert "ArithmeticError: no such logarithm" in failed.message


def test_an_interrupt_is_no_wrong_answer():
    def endless(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(endless, torch.zeros(1))


def test_the_slopes_are_those_of_the_sum_and_none_where_there_is_none():
    x, y, z = torch.randn(3, 5)
    (to_x, to_y, to_z), failed = slopes(lambda x, y, z: x.square() * y, x, y, z)
    assert failed is None and to_z is None
    assert_close(to_x, 2 * x * y)
    assert_close(to_y, x.square())
    assert not x.requires_grad and not y.requires_grad


def test_slopes_of_what_has_no_gradient_are_none_and_of_what_raises_a_verdict_too():
    (to_x,), failed = slopes(lambda x: x.detach(), torch.randn(3))
    assert to_x is None and failed is None
    (to_x,), failed = slopes(lambda x: x.nonsense, torch.randn(3))
    assert to_x is None and "AttributeError" in failed.message


@pytest.mark.parametrize(
    "answer", [2, 2.0, torch.tensor(2), torch.tensor([2.0]), np.array([[2.0]]), np.float32(2)]
)
def test_one_number_is_a_number_in_every_form(answer):
    value, failed = number(answer, "σ")
    assert value == 2 and isinstance(value, float) and failed is None


@pytest.mark.parametrize(
    "answer",
    [0, -1.0, math.inf, math.nan, True, "2", [2], torch.ones(2), np.zeros(0), 1j],
    ids=str,
)
def test_what_is_no_number_above_0_is_said_by_name(answer):
    value, failed = number(answer, "σ")
    assert math.isnan(value) and not failed.ok and failed.message.startswith("σ is ")
    assert "above 0" in failed.message


@pytest.mark.parametrize("stub", [None, ...])
def test_a_number_that_is_not_there_yet_is_not_yet(stub):
    value, failed = number(stub, "σ")
    assert math.isnan(value) and failed.message.startswith("Not yet")
