"""The scans that come along, those that are fetched, and the checks that stand before every
model."""

import gzip
import hashlib
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from lecture import ROOT
from sklearn.datasets import load_digits
from torch.testing import assert_close

from lecture_utils.data import (
    check_finite,
    check_images,
    digits,
    fashion_mnist,
    images,
    mnist,
)

SHIPPED = ROOT / "data"


@pytest.fixture
def offline(monkeypatch):
    """A machine without a network: whoever asks for an address fails the test."""

    def refuse(*arguments):
        raise AssertionError(f"asked the network for {arguments}")

    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


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


# ---- MNIST -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scans():
    return mnist()


def by_hand(name, header):
    """The bytes after the header of a file that comes along, without the package."""
    packed = (SHIPPED / name).read_bytes()
    return np.frombuffer(zlib.decompress(packed, 16 + zlib.MAX_WBITS)[header:], np.uint8)


def test_mnist_comes_along_and_needs_no_network(offline, monkeypatch, tmp_path):
    monkeypatch.setenv("LECTURE_UTILS_DATA", str(tmp_path / "nowhere"))
    assert len(mnist().train.x) == 8000
    assert not (tmp_path / "nowhere").exists()


def test_mnist_has_images_and_labels_of_three_sizes(scans):
    assert [len(s.x) for s in scans] == [len(s.y) for s in scans] == [8000, 1000, 1000]
    for split in scans:
        assert split.x.shape[1:] == (1, 28, 28)
        assert split.x.dtype == torch.float32 and split.y.dtype == torch.long
        assert torch.equal(split.y.unique(), torch.arange(10))


def test_mnists_levels_are_the_whole_numbers_from_0_to_255(scans):
    x = torch.cat([split.x for split in scans])
    assert torch.equal(x.unique(), torch.arange(256.0))
    assert_close(x.double().mean().item() / 255, 0.1325, rtol=0, atol=5e-5)  # as published


def test_the_splits_of_mnist_share_no_image(scans):
    rows = [{image.tobytes() for image in split.x.byte().numpy()} for split in scans]
    assert [len(r) for r in rows] == [8000, 1000, 1000]  # nor is there one twice
    train, valid, test = rows
    assert not train & valid and not train & test and not valid & test


def test_mnist_is_the_files_dealt_out_in_blocks_of_a_hundred_with_their_labels(scans):
    x = by_hand("t10k-images-idx3-ubyte.gz", 16).reshape(10, 10, 100, 1, 28, 28)
    y = by_hand("t10k-labels-idx1-ubyte.gz", 8).reshape(10, 10, 100)
    parts = slice(0, 8), slice(8, 9), slice(9, 10)  # of every ten blocks
    for split, part in zip(scans, parts):
        assert np.array_equal(split.x.numpy(), x[:, part].reshape(-1, 1, 28, 28))
        assert np.array_equal(split.y.numpy(), y[:, part].flatten())


def test_the_files_that_come_along_are_those_of_their_table_and_of_the_download():
    table = re.findall(
        r"\| `(\S+)` \| ([\d,]+) \| `([0-9a-f]{64})` \|", (SHIPPED / "README.md").read_text()
    )
    assert {name for name, *_ in table} == {path.name for path in SHIPPED.glob("*.gz")}
    assert len(table) == 2
    for name, size, sha in table:
        content = (SHIPPED / name).read_bytes()
        assert len(content) == int(size.replace(",", ""))
        assert hashlib.sha256(content).hexdigest() == sha
        assert hashlib.md5(content).hexdigest() == images._MD5["mnist"][name]


def idx(array, kind=8):
    """The bytes of an IDX file."""
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.fixture
def along(monkeypatch, tmp_path):
    """along(images, labels): what comes along is these bytes now."""

    def put(x, y):
        (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(x)
        (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(y)
        monkeypatch.setattr(images, "shipped", lambda: tmp_path)

    return put


X = np.random.default_rng(0).integers(0, 256, (1000, 2, 3))
Y = np.arange(1000) % 10
PACKED = gzip.compress(idx(X))


def test_an_idx_file_is_read_row_after_row(along):
    along(PACKED, gzip.compress(idx(Y)))
    splits = mnist()
    assert np.array_equal(torch.cat([s.x for s in splits])[:, 0].numpy(), X)
    assert np.array_equal(torch.cat([s.y for s in splits]).numpy(), Y)
    assert splits.test.x.shape == (100, 1, 2, 3)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"<html>not found</html>",
        PACKED[:-1],
        PACKED[: len(PACKED) // 2],
        PACKED[:100] + bytes(8) + PACKED[108:],
        PACKED[:10] + b"\xff" + PACKED[11:],
        PACKED + b"more",
        gzip.compress(b""),
        gzip.compress(idx(X)[:3]),
        gzip.compress(idx(X)[:7]),
        gzip.compress(idx(X)[:-1]),
        gzip.compress(idx(X) + b"1"),
        gzip.compress(idx(Y)),
        gzip.compress(idx(X[:, 0])),
        gzip.compress(idx(X, kind=9)),
    ],
    ids=[
        "empty",
        "a page",
        "its last byte is missing",
        "half",
        "eight bytes are zero",
        "no such packing",
        "more follows",
        "nothing packed",
        "half a magic number",
        "half a size",
        "a pixel is missing",
        "a pixel too many",
        "labels",
        "two dimensions",
        "not bytes",
    ],
)
def test_a_damaged_file_is_a_sentence_that_names_it_and_what_to_do(along, damaged, tmp_path):
    along(damaged, gzip.compress(idx(Y)))
    with pytest.raises(RuntimeError) as error:
        mnist()
    sentence = str(error.value)
    assert sentence.startswith(str(tmp_path / "t10k-images-idx3-ubyte.gz"))
    assert "cannot be read" in sentence and "again" in sentence and "\n" not in sentence


def test_damaged_labels_are_a_sentence_too(along):
    for damaged in (b"", gzip.compress(idx(Y)[:-1]), PACKED):
        along(PACKED, damaged)
        with pytest.raises(RuntimeError, match="t10k-labels-idx1-ubyte.gz cannot be read"):
            mnist()


def test_a_file_that_is_not_there_is_a_sentence_too(along, tmp_path):
    along(PACKED, b"")
    (tmp_path / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(RuntimeError, match="cannot be read .*No such file"):
        mnist()


# ---- what is fetched -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, load", [("mnist", lambda: mnist(full=True)), ("fashion_mnist", fashion_mnist)]
)
def test_the_whole_sets_are_their_files_in_order(monkeypatch, tmp_path, offline, name, load):
    """The fetched files are stood in for by small images: number i has i in its two pixels."""
    asked = []

    def fetched(data_set, file, md5, mirrors):
        n, first = (60_000, 0) if file.startswith("train") else (10_000, 60_000)
        number = np.arange(first, first + n)
        both = np.stack([number % 256, number // 256 % 256], 1)[:, None]  # (n, 1, 2)
        path = tmp_path / file
        path.write_bytes(
            gzip.compress(idx(both if "images" in file else number % 7), compresslevel=1)
        )
        asked.append((data_set, file, md5, tuple(mirrors)))
        return path

    monkeypatch.setattr(images, "fetch", fetched)
    splits, begin = load(), 0
    assert [len(s.x) for s in splits] == [len(s.y) for s in splits] == [55_000, 5_000, 10_000]
    for x, y in splits:
        number = torch.arange(begin, begin + len(x))
        assert torch.equal(x.flatten(1), torch.stack([number % 256, number // 256 % 256], 1))
        assert torch.equal(y, number % 7) and x.dtype == torch.float32
        begin += len(x)
    assert {data_set for data_set, *_ in asked} == {name}
    assert [file for _, file, *_ in asked] == list(images._MD5[name])
    assert all(re.fullmatch("[0-9a-f]{32}", md5) for *_, md5, _ in asked)
    assert len({md5 for *_, md5, _ in asked}) == 4  # a sum for each file
    assert all(len(m) == 2 and all(a.startswith("https://") for a in m) for *_, m in asked)


# ---- installed, without the checkout ---------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The package, built as a wheel from a copy of the tree and installed in a folder."""
    if "LECTURE_COPY" in os.environ:
        pytest.skip("the copy of test_mutations.py cannot be installed")
    folder = tmp_path_factory.mktemp("wheel")
    parts = ["lecture_utils", "data", "pyproject.toml", "README.md", "LICENSE"]
    for part in (ROOT / name for name in parts):
        if part.is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "cache")
            shutil.copytree(part, folder / "tree" / part.name, ignore=left_out)
        else:
            shutil.copy(part, folder / "tree" / part.name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", ".", "--no-deps", "--no-index", "--no-build-isolation", "-w", "../wheels"]
    run([*pip, *build], cwd=folder / "tree")
    (wheel,) = (folder / "wheels").iterdir()
    target = ["--target", folder / "target"]
    run([*pip, "install", "--no-deps", "--no-index", *target, wheel], cwd=folder)
    return folder / "target"


def run(command, **options) -> str:
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=300, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


WITHOUT_A_CHECKOUT = """
import socket
socket.socket.connect = socket.getaddrinfo = None  # no network
import lecture_utils
from lecture_utils.data import download, images, mnist
splits = mnist()
print(lecture_utils.__file__)
print(images.__file__)
print(images.shipped())
print(download.cache())
print([len(s.x) for s in splits], int(sum(s.x.double().sum() for s in splits)))
"""


@pytest.mark.slow
def test_an_installed_package_brings_its_own_data(installed, scans, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(installed), "HOME": str(tmp_path)}
    environment.pop("LECTURE_UTILS_DATA", None)
    said = run(
        [sys.executable, "-c", WITHOUT_A_CHECKOUT], cwd=tmp_path, env=environment
    ).splitlines()
    *places, cache, counts = said
    assert [Path(place) for place in places] == [
        installed / "lecture_utils" / "__init__.py",
        installed / "lecture_utils" / "data" / "images.py",
        installed / "lecture_utils" / "data" / "shipped",
    ]
    assert Path(cache) == tmp_path / ".cache" / "lecture_utils"
    total = int(sum(split.x.double().sum() for split in scans))
    assert counts == f"[8000, 1000, 1000] {total}"


@pytest.mark.slow
def test_a_wheel_holds_every_module_and_the_files_that_come_along(installed):
    def modules(folder):
        return {str(path.relative_to(folder)) for path in folder.rglob("*.py")}

    got = modules(installed / "lecture_utils")
    assert got == modules(ROOT / "lecture_utils"), "say in pyproject.toml what is missing"
    shipped = installed / "lecture_utils" / "data" / "shipped"
    for path in SHIPPED.iterdir():
        if path.is_file():
            assert (shipped / path.name).read_bytes() == path.read_bytes()


# ---- the checks ------------------------------------------------------------------------------


def test_good_images_come_back_unchanged():
    x = digits().train.x[:3]
    assert check_images(x, (1, 8, 8), 17) is x and check_finite(x) is x
    assert check_images(torch.zeros(2, 1, 4, 4), (1, 4, 4), 17).shape == (2, 1, 4, 4)


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
        check_images(bad, (1, 8, 8), 17, name="pictures")
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
    shape = (1, 8, 8)
    assert check_images(GOOD + 1, shape, levels=2) is not None
    assert check_images(GOOD + 255, shape, levels=256) is not None
    with pytest.raises(ValueError, match=r"0\.\.1;"):
        check_images(GOOD + 2, shape, levels=2)
    with pytest.raises(ValueError, match=r"0\.\.255;"):
        check_images(GOOD + 256, shape, levels=256)


@pytest.mark.parametrize("levels, most", [(17, 16), (256, 255), (3, 2)])
@pytest.mark.parametrize("top", [1.0, 0.7, 0.01])
def test_images_that_are_scaled_to_0_to_1_are_told_so_and_by_what_to_multiply(
    levels, most, top
):
    x = top * torch.rand(2, 1, 8, 8)
    x[0, 0, 0, 0] = top
    with pytest.raises(ValueError) as error:
        check_images(x, (1, 8, 8), levels, "pictures")
    assert str(error.value) == (
        f"pictures: got images scaled to 0..1, wanted levels 0..{most}; multiply them by {most}"
    )


@pytest.mark.parametrize(
    "x",
    [
        GOOD,
        GOOD + 1,
        torch.eye(8).expand(2, 1, 8, 8),
        torch.full((2, 1, 8, 8), 1.5),
        torch.cat([0.3 * torch.ones(1, 1, 8, 8), torch.full((1, 1, 8, 8), 9.0)]),
    ],
    ids=["blank", "faint", "0 and 1", "between levels", "one faint, one not"],
)
def test_blank_pages_and_images_of_the_levels_0_and_1_are_fine(x):
    assert check_images(x, (1, 8, 8), 17) is x


def test_where_there_are_two_levels_only_0_to_1_is_their_range():
    x = torch.rand(2, 1, 8, 8)
    assert check_images(x, (1, 8, 8), levels=2) is x
