"""Downloads from a server of the test, which answers well, badly, or not at all."""

import errno
import hashlib
import os
import socket
import stat
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from lecture import ROOT

from lecture_utils import data
from lecture_utils.data import download, images

CONTENT = bytes(range(256)) * 1000  # four pieces of 64 KiB, nearly
MD5 = hashlib.md5(CONTENT).hexdigest()
FILE = "things.gz"
OVER = threading.Event()  # set when a test ends: whoever is silent may go


class Server(BaseHTTPRequestHandler):
    """Answers GET /<how>/<file> by the method `how`."""

    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, self.path.split("/")[1])()

    def start(self, length=len(CONTENT)):
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.flush()

    def well(self):
        self.start()
        self.wfile.write(CONTENT)

    def without_length(self):
        self.start(None)
        self.wfile.write(CONTENT)

    def odd_length(self):
        self.start("much")
        self.wfile.write(CONTENT)

    def elsewhere(self):
        self.send_response(302)
        self.send_header("Location", f"/well/{FILE}")
        self.end_headers()

    def unhurried(self):
        self.start()
        for i in range(0, len(CONTENT), 25_600):
            self.wfile.write(CONTENT[i : i + 25_600])
            time.sleep(0.06)

    def wrong(self):
        self.start()
        self.wfile.write(CONTENT[:-1] + b"?")

    def another_page(self):
        self.start(12)
        self.wfile.write(b"<html>hello!")

    def forbidden(self):
        self.send_error(403)

    def broken(self):
        self.send_error(500)

    def cut_off(self):
        self.start()
        self.wfile.write(CONTENT[:100_000])

    def hung_up(self):
        self.start()
        self.wfile.write(CONTENT[:100_000])
        self.reset()

    def gone(self):
        self.reset()

    def reset(self):
        """Close the connection as a crash does, without a farewell."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()

    def rubbish(self):
        self.wfile.write(b"good morning\r\n\r\n")

    def silent(self):
        OVER.wait(20)

    def silent_later(self):
        self.start()
        self.wfile.write(CONTENT[:100_000])
        self.wfile.flush()
        OVER.wait(20)

    def slow(self):
        self.start()
        for i in range(0, 20_000, 50):  # for 8 s, then it breaks off
            self.wfile.write(CONTENT[i : i + 50])
            if OVER.wait(0.02):
                break

    def log_message(self, *_):
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is no news."""


@pytest.fixture
def server():
    OVER.clear()
    with Quiet(("127.0.0.1", 0), Server) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        OVER.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def loopback(monkeypatch):
    """Nothing asks any other machine, not even by a proxy."""
    connect = socket.create_connection

    def only_here(address, *arguments, **options):
        assert address[0] == "127.0.0.1", f"asked {address}"
        return connect(address, *arguments, **options)

    monkeypatch.setattr(socket, "create_connection", only_here)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*")


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """The folder of downloads; nothing half done is in it when a test ends."""
    monkeypatch.setenv("LECTURE_UTILS_DATA", str(tmp_path / "kept"))
    yield tmp_path / "kept"
    assert not [p.name for p in tmp_path.rglob("*") if "part" in p.name]


@pytest.fixture
def fetch(server, kept):
    """fetch("well"): that mirror's file; fetch("wrong", "well"): that of two mirrors."""

    def fetched(*ways, file=FILE, md5=MD5):
        mirrors = [f"http://127.0.0.1:{server.server_port}/{way}" for way in ways]
        return download.fetch("toys", file, md5, mirrors)

    return fetched


def fails(fetch, *ways, **options) -> str:
    """Return the sentence of the error: one line, without the exception that it stands for."""
    with pytest.raises(RuntimeError) as error:
        fetch(*ways, **options)
    sentence = str(error.value)
    assert "\n" not in sentence and FILE in sentence
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return sentence


# ---- what works ------------------------------------------------------------------------------


def test_a_file_is_fetched_once_and_kept_under_its_name(fetch, server, kept):
    path = fetch("well")
    assert path == kept / "toys" / FILE and path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == [FILE]
    assert fetch("well") == path and server.asked == [f"/well/{FILE}"]


@pytest.mark.parametrize("way", ["without_length", "odd_length"])
def test_a_mirror_need_not_say_how_long_a_file_is(fetch, way):
    assert fetch(way).read_bytes() == CONTENT


def test_a_mirror_may_send_us_elsewhere(fetch, server):
    assert fetch("elsewhere").read_bytes() == CONTENT
    assert server.asked == [f"/elsewhere/{FILE}", f"/well/{FILE}"]


@pytest.mark.parametrize("damage", [b"", CONTENT[:-1], CONTENT + b"1", b"0" + CONTENT[1:]])
def test_a_damaged_copy_is_fetched_again(fetch, server, kept, damage):
    (kept / "toys").mkdir(parents=True)
    (kept / "toys" / FILE).write_bytes(damage)
    assert fetch("well").read_bytes() == CONTENT and len(server.asked) == 1


@pytest.mark.parametrize("bad", ["wrong", "forbidden", "cut_off", "gone", "rubbish"])
def test_where_the_first_mirror_fails_the_second_is_asked(fetch, server, bad):
    assert fetch(bad, "well", "forbidden").read_bytes() == CONTENT
    assert server.asked == [f"/{bad}/{FILE}", f"/well/{FILE}"]


def test_a_long_download_is_fine_as_long_as_it_is_not_slow(fetch, monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", 0.4)
    monkeypatch.setattr(download, "SLOWEST", 1000)
    began = time.monotonic()
    assert fetch("unhurried").read_bytes() == CONTENT
    assert time.monotonic() - began > 0.5


def test_two_may_fetch_the_same_file_at_once(fetch, server, monkeypatch):
    write, both = Path.write_bytes, threading.Barrier(2, timeout=10)

    def together(path, content):
        write(path, content)
        both.wait()  # now both have written

    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
        patched.setattr(Path, "write_bytes", together)
        first, second = pool.map(fetch, ["well", "without_length"])
    assert first == second and first.read_bytes() == CONTENT
    assert len(server.asked) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_kept_file_has_the_rights_of_every_new_file(fetch, tmp_path):
    """A folder that a class shares: its other members read it, too."""
    new = tmp_path / "new"
    new.write_bytes(b"")
    path = fetch("well")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(new.stat().st_mode)


def test_downloads_are_kept_beside_the_data_unless_another_folder_is_named(monkeypatch):
    monkeypatch.setenv("LECTURE_UTILS_DATA", "~/somewhere")
    assert download.cache() == Path.home() / "somewhere"
    monkeypatch.delenv("LECTURE_UTILS_DATA")
    assert download.cache() == ROOT / "data" / "cache"


# ---- what does not ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way, words",
    [
        ("forbidden", "answers 403 Forbidden"),
        ("broken", "answers 500 Internal Server Error"),
        ("wrong", "sends other bytes than wanted: the checksum differs"),
        ("another_page", "sends other bytes than wanted: the checksum differs"),
        ("cut_off", "breaks off after 100000 of 256000 bytes"),
        ("hung_up", "breaks off"),
        ("gone", "breaks off"),
        ("rubbish", "breaks off (BadStatusLine)"),
    ],
)
def test_a_mirror_that_fails_is_named_with_what_it_did_and_what_to_do(
    fetch, server, kept, way, words
):
    sentence = fails(fetch, way)
    assert sentence.startswith(f"toys: {FILE} cannot be fetched: ")
    assert f"http://127.0.0.1:{server.server_port}/{way} {words}" in sentence
    assert sentence.endswith("data.mnist() and data.digits() need no network.")
    assert not list((kept / "toys").iterdir())


@pytest.mark.parametrize(
    "way, words",
    [
        ("silent", "says nothing for 0.3 s"),
        ("silent_later", "says nothing for 0.3 s"),
        ("slow", "is too slow ("),
    ],
)
def test_a_mirror_that_makes_us_wait_is_given_up_soon(fetch, monkeypatch, kept, way, words):
    monkeypatch.setattr(download, "PATIENCE", 0.3)
    began = time.monotonic()
    assert f"/{way} {words}" in fails(fetch, way)
    assert 0.25 < time.monotonic() - began < 5  # the 20 kB take 8 s
    assert not list((kept / "toys").iterdir())


def test_without_a_network_the_sentence_asks_for_one(kept):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # and nobody listens there
        mirrors = [f"http://127.0.0.1:{port}/a", f"http://127.0.0.1:{port}/b"]
        with pytest.raises(RuntimeError) as error:
            download.fetch("toys", FILE, MD5, mirrors)
    sentence = str(error.value)
    for mirror in mirrors:
        assert f"{mirror} is not reached (" in sentence
    assert "is there a network?" in sentence and "need no network" in sentence


def test_a_name_that_nobody_knows_asks_for_a_network_too(fetch, monkeypatch):
    def unknown(*arguments, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    sentence = fails(fetch, "well")
    assert "Name or service not known" in sentence and "is there a network?" in sentence


def test_all_mirrors_are_named_where_all_fail(fetch):
    sentence = fails(fetch, "forbidden", "wrong", "cut_off")
    assert sentence.index("/forbidden answers 403") < sentence.index("/wrong sends other")
    assert sentence.index("/wrong sends") < sentence.index("/cut_off breaks off after")


def test_a_damaged_copy_is_not_returned_where_no_mirror_has_a_better_one(fetch, kept):
    (kept / "toys").mkdir(parents=True)
    (kept / "toys" / FILE).write_bytes(CONTENT[:-1])
    assert "answers 403" in fails(fetch, "forbidden")


def test_the_whole_mnist_says_what_to_do_without_a_network(monkeypatch, kept):
    closed = ["http://127.0.0.1:9/mnist"]
    monkeypatch.setattr(images, "_MIRRORS", {"mnist": closed, "fashion_mnist": closed})

    def refused(*arguments, **options):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", refused)
    for load in (lambda: data.mnist(full=True), data.fashion_mnist):
        with pytest.raises(RuntimeError, match=r"is there a network.*data\.mnist\(\)"):
            load()


# ---- nowhere to keep it ----------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["folder", "data set", "file"])
def test_a_folder_that_cannot_be_is_named_with_the_way_out(fetch, server, kept, wrong):
    if wrong == "folder":
        kept.write_bytes(b"a file where the folder should be")
    elif wrong == "data set":
        kept.mkdir()
        (kept / "toys").write_bytes(b"a file where the folder should be")
    else:
        (kept / "toys" / FILE).mkdir(parents=True)
    sentence = fails(fetch, "well")
    assert sentence.startswith(str(kept / "toys")) and "None" not in sentence
    assert "name another folder with LECTURE_UTILS_DATA" in sentence
    assert server.asked == []


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EACCES, os.strerror(errno.EACCES)),
        (errno.EROFS, os.strerror(errno.EROFS)),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_a_file_that_cannot_be_written_is_no_mirrors_fault(
    fetch, server, kept, monkeypatch, number, words
):
    half_written(monkeypatch, OSError(number, os.strerror(number)))
    sentence = fails(fetch, "well", "without_length")
    assert sentence.startswith(f"{kept / 'toys'} cannot keep {FILE}: {words};")
    assert "LECTURE_UTILS_DATA" in sentence and "127.0.0.1" not in sentence
    assert len(server.asked) == 1 and not list((kept / "toys").iterdir())


def test_a_file_that_cannot_be_renamed_is_taken_away_again(fetch, kept, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "replace", refuse)
    assert "Operation not permitted" in fails(fetch, "well")
    assert not list((kept / "toys").iterdir())


def half_written(monkeypatch, error):
    """Make every file end in the middle, with this error."""
    write = Path.write_bytes

    def stopped(path, content):
        write(path, content[: len(content) // 2])
        raise error

    monkeypatch.setattr(Path, "write_bytes", stopped)


# ---- interrupts ------------------------------------------------------------------------------


def test_an_interrupt_while_it_is_fetched_leaves_nothing_behind(fetch, kept, monkeypatch):
    class Interrupted(download.tqdm):
        def update(self, n=1):
            super().update(n)
            if self.n > 100_000:
                raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(download, "tqdm", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch("well", "well")
    assert not list((kept / "toys").iterdir())
    assert fetch("well").read_bytes() == CONTENT


def test_an_interrupt_while_it_is_written_leaves_nothing_behind(fetch, kept, monkeypatch):
    with monkeypatch.context() as patched:
        half_written(patched, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            fetch("well", "well")
    assert not list((kept / "toys").iterdir())
    assert fetch("well").read_bytes() == CONTENT
