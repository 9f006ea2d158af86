"""The digits and the checks that stand before every model."""

import pytest
import torch
from sklearn.datasets import load_digits
from torch.testing import assert_close

from lecture_utils.data import check_finite, check_images, digits


def test_the_splits_are_sklearns_digits_in_file_order():
    bunch, splits = load_digits(), digits()
    assert [len(s.x) for s in splits] == [len(s.y) for s in splits] == [1000, 350, 447]
    assert_close(
        torch.cat([s.x for s in splits])[:, 0].double(),
        torch.tensor(bunch.images),
        rtol=0,
        atol=0,
    )
    assert torch.cat([s.y for s in splits]).tolist() == bunch.target.tolist()
    assert_close(
        splits.valid.x[0, 0].double(), torch.tensor(bunch.images[1000]), rtol=0, atol=0
    )
    assert_close(splits.test.x[0, 0].double(), torch.tensor(bunch.images[1350]), rtol=0, atol=0)


def test_pixels_are_whole_levels_from_0_to_16_as_floats_and_labels_are_long():
    for split in digits():
        assert (
            split.x.shape[1:] == (1, 8, 8)
            and split.x.dtype == torch.float32
            and split.y.dtype == torch.long
        )
        assert torch.equal(split.x, split.x.round())
    x = torch.cat([s.x for s in digits()])
    assert torch.equal(x.unique(), torch.arange(17.0))
    assert torch.equal(digits().train.y.unique(), torch.arange(10))


def test_good_images_come_back_unchanged():
    x = digits().train.x[:3]
    assert check_images(x) is x and check_finite(x) is x
    assert check_images(torch.zeros(2, 1, 4, 4), (1, 4, 4)).shape == (2, 1, 4, 4)


GOOD = torch.zeros(2, 1, 8, 8)


@pytest.mark.parametrize(
    "bad, words",
    [
        ([[0.0]], ["list", "tensor"]),
        (None, ["NoneType", "tensor"]),
        (torch.zeros(0, 1, 8, 8), ["(0, 1, 8, 8)", "at least one row"]),
        (torch.tensor(3.0), ["()", "at least one row"]),
        (torch.zeros(2, 8, 8), ["(2, 8, 8)", "(B, 1, 8, 8)"]),
        (torch.zeros(2, 3, 8, 8), ["(2, 3, 8, 8)", "(B, 1, 8, 8)"]),
        (torch.zeros(1, 8, 8), ["(1, 8, 8)", "(B, 1, 8, 8)"]),
        (GOOD.clone().fill_(float("nan")), ["NaN"]),
        (GOOD.clone().index_fill(0, torch.tensor([1]), float("inf")), ["infinite"]),
        (GOOD - 1, ["-1", "0..16"]),
        (GOOD + 255, ["255", "0..16"]),
        (GOOD + 16.5, ["16.5", "0..16"]),
    ],
)
def test_bad_images_are_refused_by_name_with_what_came_and_what_was_wanted(bad, words):
    with pytest.raises(ValueError, match="^pictures: ") as error:
        check_images(bad, name="pictures")
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    "bad",
    [
        [1.0],
        torch.zeros(0),
        torch.tensor(1.0),
        torch.tensor([1.0, float("nan")]),
        torch.tensor([-float("inf")]),
    ],
)
def test_check_finite_names_its_argument(bad):
    with pytest.raises(ValueError, match="^rows: "):
        check_finite(bad, "rows")


def test_the_range_of_levels_follows_its_argument():
    check_images(GOOD + 1, levels=2)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        check_images(GOOD + 2, levels=2)
