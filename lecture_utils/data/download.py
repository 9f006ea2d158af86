"""Fetching a file once: mirrors in turn, a checksum, and nothing half done left behind."""

import errno
import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tqdm.auto import tqdm

PATIENCE = 20.0  # seconds: without a byte, or slower than SLOWEST on the average, is too long
SLOWEST = 20_000  # bytes a second
_INSTEAD = "data.mnist() and data.digits() need no network"


def cache() -> Path:
    """Return where downloads are kept: LECTURE_UTILS_DATA, or `data/cache` of the checkout."""
    named = os.environ.get("LECTURE_UTILS_DATA")
    checkout = Path(__file__).resolve().parents[2] / "data"
    kept = checkout / "cache" if checkout.is_dir() else Path.home() / ".cache" / "lecture_utils"
    return Path(named).expanduser() if named else kept


def fetch(name: str, file: str, md5: str, mirrors: list[str]) -> Path:
    """Return the path of a file of the data set `name`, fetched unless it is there already.

    A damaged copy is fetched again. Raises `RuntimeError`, one sentence, where that fails.
    """
    path = cache() / name / file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and _md5(path) == md5:
            return path
    except OSError as error:
        raise RuntimeError(
            f"{path}: {error.strerror}; name another folder with LECTURE_UTILS_DATA"
        ) from None
    troubles = []
    for mirror in mirrors:
        try:
            _download(f"{mirror}/{file}", path, md5)
            return path
        except (OSError, http.client.HTTPException, _Refused) as error:
            if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                raise RuntimeError(
                    f"{path.parent}: the disk is full; {file} was not kept. LECTURE_UTILS_DATA "
                    "names another folder"
                ) from None
            troubles.append(f"{mirror} {_why(error)}")
    raise RuntimeError(f"{name}: {file} cannot be fetched: {'; '.join(troubles)}. {_INSTEAD}.")


class _Refused(Exception):
    """What came is not what was wanted."""


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"answers {error.code} {error.reason}"
    if isinstance(error, TimeoutError):
        return f"says nothing for {PATIENCE:g} s"
    if isinstance(error, urllib.error.URLError):
        if isinstance(error.reason, TimeoutError):
            return f"says nothing for {PATIENCE:g} s"
        return f"is not reached ({error.reason}): is there a network?"
    if isinstance(error, _Refused):
        return str(error)
    return f"breaks off ({type(error).__name__})"


def _download(url: str, path: Path, md5: str):
    """Write what the address says to `path`, all of it or nothing."""
    begun, digest = time.monotonic(), hashlib.md5(usedforsecurity=False)
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        size = int(answer.headers.get("Content-Length") or 0)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            bar = tqdm(
                total=size or None, unit="B", unit_scale=True, desc=path.name, leave=False
            )
            with os.fdopen(handle, "wb") as file, bar:
                while piece := answer.read1(1 << 16):
                    file.write(piece)
                    digest.update(piece)
                    bar.update(len(piece))
                    seconds = time.monotonic() - begun
                    if seconds > PATIENCE and file.tell() < SLOWEST * seconds:
                        raise _Refused(
                            f"is too slow ({file.tell() / seconds / 1e3:.0f} kB a second)"
                        )
                got = file.tell()
            if got < size:
                raise _Refused(f"breaks off after {got} of {size} bytes")
            if digest.hexdigest() != md5:
                raise _Refused("sends other bytes than wanted: the checksum differs")
            os.replace(part, path)
        finally:
            Path(part).unlink(missing_ok=True)  # also when it is interrupted


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
