"""Fetching a file once: mirrors in turn, a checksum, and nothing half done left behind."""

import errno
import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from uuid import uuid4

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

    A damaged copy is fetched again. Raises `RuntimeError`, a sentence, where that fails.
    """
    path = cache() / name / file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and _md5(path.read_bytes()) == md5:
            return path
    except OSError as error:
        raise _no_room(path, error) from None
    troubles = []
    for mirror in mirrors:
        try:
            content = _download(f"{mirror}/{file}", md5)
        except (OSError, http.client.HTTPException, _Refused) as error:
            troubles.append(f"{mirror} {_why(error)}")
            continue
        _keep(content, path)
        return path
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


def _download(url: str, md5: str) -> bytes:
    """Return what the address says: all of it, and what was wanted."""
    begun, content = time.monotonic(), bytearray()
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        size = answer.length or 0
        look = {"unit": "B", "unit_scale": True, "desc": url.split("/")[-1], "leave": False}
        with tqdm(total=size or None, **look) as bar:
            while piece := answer.read1(1 << 16):
                content += piece
                bar.update(len(piece))
                seconds = time.monotonic() - begun
                if seconds > PATIENCE and len(content) < SLOWEST * seconds:
                    speed = len(content) / seconds / 1e3
                    raise _Refused(f"is too slow ({speed:.0f} kB a second)")
    if len(content) < size:
        raise _Refused(f"breaks off after {len(content)} of {size} bytes")
    if _md5(content) != md5:
        raise _Refused("sends other bytes than wanted: the checksum differs")
    return bytes(content)


def _keep(content: bytes, path: Path):
    """Write all of it to `path`, or nothing."""
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")  # nobody else's
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        raise _no_room(path, error) from None
    finally:
        part.unlink(missing_ok=True)  # also when it is interrupted


def _no_room(path: Path, error: OSError) -> RuntimeError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    why = "the disk is full" if full else error.strerror
    return RuntimeError(
        f"{path.parent} cannot keep {path.name}: {why}; name another folder with "
        "LECTURE_UTILS_DATA"
    )


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
