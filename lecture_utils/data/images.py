"""Real scans: two sets that come along, so no network is needed, and two that are fetched."""

import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from .download import fetch

LEVELS = 17  # a pixel of `digits` counts the ink in a 4×4 block of the scan: 0..16
_HERE = Path(__file__).resolve()
_MD5 = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    },
    "fashion_mnist": {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
}
_MIRRORS = {
    "mnist": [
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    ],
    "fashion_mnist": [
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    ],
}


class Split(NamedTuple):
    """Images `x` (N, 1, H, W), float, and their labels `y` (N,), long."""

    x: Tensor
    y: Tensor


class Splits(NamedTuple):
    """Three splits that no image shares."""

    train: Split
    valid: Split
    test: Split


def digits() -> Splits:
    """Return 1797 handwritten digits (N, 1, 8, 8), levels 0..16.

    1000 are for training, 350 for validation, 447 for tests, in file order: the last ones are
    by other writers. Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten
    Digits, UCI (1998), as scikit-learn ships it.
    """
    bunch = load_digits()
    x = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1)  # (1797, 1, 8, 8)
    y = torch.tensor(bunch.target, dtype=torch.long)
    parts = slice(0, 1000), slice(1000, 1350), slice(1350, None)
    return Splits(*(Split(x[part], y[part]) for part in parts))


def mnist(full: bool = False) -> Splits:
    """Return handwritten digits (N, 1, 28, 28), levels 0..255.

    8,000 are for training, 1,000 for validation, 1,000 for tests: the ten thousand that come
    along, dealt out in blocks of a hundred in file order, so that few writers are shared. With
    `full`, all 70,000 are fetched: 55,000, 5,000 and 10,000. Raises `RuntimeError` where that
    fails. Source: `data/README.md`.
    """
    if full:
        return _fetched("mnist")
    images, labels = (
        shipped() / name for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
    )
    x, y = _images(images), _labels(labels)
    block = torch.arange(len(x)) // 100 % 10
    parts = block < 8, block == 8, block == 9
    return Splits(*(Split(x[part], y[part]) for part in parts))


def fashion_mnist() -> Splits:
    """Return 70,000 pictures of clothes (N, 1, 28, 28), levels 0..255: 55,000, 5,000, 10,000.

    They are fetched. Raises `RuntimeError` where that fails. Source: Xiao, Rasul and Vollgraf,
    Fashion-MNIST (2017), MIT licence.
    """
    return _fetched("fashion_mnist")


def shipped() -> Path:
    """Return the folder of the data that comes along: the checkout's, or the package's own."""
    checkout, installed = _HERE.parents[2] / "data", _HERE.parent / "shipped"
    return checkout if (checkout / "t10k-images-idx3-ubyte.gz").exists() else installed


def _fetched(name: str) -> Splits:
    files = {file: fetch(name, file, md5, _MIRRORS[name]) for file, md5 in _MD5[name].items()}
    x, y = (
        _images(files["train-images-idx3-ubyte.gz"]),
        _labels(files["train-labels-idx1-ubyte.gz"]),
    )
    test = (
        _images(files["t10k-images-idx3-ubyte.gz"]),
        _labels(files["t10k-labels-idx1-ubyte.gz"]),
    )
    return Splits(Split(x[:55_000], y[:55_000]), Split(x[55_000:], y[55_000:]), Split(*test))


def _images(path: Path) -> Tensor:
    """Return the images of an IDX file, (N, 1, H, W), float."""
    return torch.from_numpy(_read(path, dimensions=3)).float().unsqueeze(1)


def _labels(path: Path) -> Tensor:
    return torch.from_numpy(_read(path, dimensions=1)).long()


def _read(path: Path, dimensions: int) -> np.ndarray:
    """Return the bytes of an IDX file: a magic number, the sizes, then row after row."""
    start = 4 * (1 + dimensions)
    try:
        content = gzip.decompress(path.read_bytes())
        sizes = np.frombuffer(content[4:start], ">i4")
        if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) - start != sizes.prod():
            raise ValueError(f"no IDX file of {dimensions} dimensions")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise RuntimeError(
            f"{path} cannot be read ({error}): get the course's folder `data` again"
        ) from None
    return np.frombuffer(content, np.uint8, offset=start).reshape(sizes).copy()
