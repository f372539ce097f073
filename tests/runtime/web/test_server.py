"""What strangers can't take, over real connections."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from armlet.runtime.web import server
from tests.runtime.web.serving import AT_LAST_S, Shown, events, parts, serving, until

ASKED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


def connected(shown: Shown, sent: bytes = b"") -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", shown.port), timeout=AT_LAST_S)
    opened.sendall(sent)
    return opened


def answered(opened: socket.socket) -> bytes:
    """All that comes until the connection is closed."""
    found = b""
    try:
        while some := opened.recv(4096):
            found += some
    except ConnectionResetError:
        pass
    return found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    monkeypatch.setattr(server, "REQUEST_S", 0.3)
    with serving() as one:
        yield one


def test_large_headers(shown: Shown) -> None:
    with connected(shown, ASKED + b"X: " + b"x" * server.HEADERS_BYTES + b"\r\n\r\n") as opened:
        assert answered(opened) == b""
    assert "malformed, too large or too slow" in shown.said[-1]
    status, _, _ = shown.get("/api/state", X="x" * (server.HEADERS_BYTES - 500))
    assert status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 5000\r\n\r\n" + b"x" * 5000,
        b"Content-Length: 99999999999999\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1388\r\n" + b"x" * 5000 + b"\r\n0\r\n\r\n",
    ],
)
def test_large_body(shown: Shown, body: bytes) -> None:
    asked = b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
    with connected(shown, asked + body) as opened:
        assert b" 200 " not in answered(opened).partition(b"\r\n")[0]
    assert "malformed, too large or too slow" in shown.said[-1]
    assert shown.get("/api/state")[0] == 200


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", ASKED, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n"]
)
def test_slow_headers(impatient: Shown, sent: bytes) -> None:
    with connected(impatient, sent) as opened:
        answered(opened)  # which ends
    assert impatient.get("/api/state")[0] == 200


def test_headers_that_trickle_in(impatient: Shown) -> None:
    with connected(impatient, ASKED) as opened, pytest.raises(OSError):
        for _ in range(2000):
            opened.sendall(b"X: y\r\n")
            time.sleep(0.01)


def test_slow_body(impatient: Shown) -> None:
    asked = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nto"
    with connected(impatient, asked) as opened:
        assert answered(opened) == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/9\r\nHost: localhost\r\n\r\n",
        b"\0\0\0\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
    ],
)
def test_strange_requests(shown: Shown, sent: bytes) -> None:
    with connected(shown, sent) as opened:
        first = answered(opened).partition(b"\r\n")[0]
    assert first == b"" or b" 400 " in first or b" 403 " in first
    assert [one for one in shown.said[1:] if "refused or closed" not in one] == []
    assert shown.get("/api/state")[0] == 200


def test_connections_that_wait_keep_nobody_out(shown: Shown) -> None:
    shown.see(1)
    with ExitStack() as opened:
        numbers = events(opened.enter_context(shown.stream("/api/events")))
        next(numbers)
        idle = [opened.enter_context(connected(shown)) for _ in range(500)]
        shown.see(2)
        # Who watched before goes on; signs of life may come in between.
        told = (one["result"]["frame"] for _, one in numbers)
        assert next(frame for frame in told if frame != 1) == 2
        pictures = parts(opened.enter_context(shown.stream("/stream.mjpg")))
        assert next(pictures).said["frame"] == 2
        assert answered(idle[0]) == b""
        until(lambda: len(shown.said) > 1)
        more = [opened.enter_context(connected(shown)) for _ in range(100)]
        assert answered(more[0]) == b""
        shown.see(3)
        assert next(pictures).said["frame"] == 3
        assert shown.get("/healthz")[0] == 200
    lines = [one for one in shown.said if "refused or closed" in one]
    assert lines == ["web: refused or closed (too many connections)"]


def test_no_more_connections_than_that(shown: Shown) -> None:
    with ExitStack() as opened:
        for _ in range(server.MOST_CONNECTIONS):
            opened.enter_context(connected(shown))
        assert shown.get("/healthz")[0] == 503
        until(lambda: any("too many connections" in one for one in shown.said))


def test_end_closes_everything(capfd: pytest.CaptureFixture[str]) -> None:
    with ExitStack() as opened:
        with serving() as shown:
            shown.see(1)
            pictures = opened.enter_context(shown.stream("/stream.mjpg"))
            next(parts(pictures))
            numbers = opened.enter_context(shown.stream("/api/events"))
            next(events(numbers))
            idle = opened.enter_context(connected(shown))
            asking = opened.enter_context(connected(shown, ASKED))
            began = time.monotonic()
        assert time.monotonic() - began < 5  # a second, on a busy machine
        for one in (idle, asking):
            assert answered(one) == b""
        for ended in (pictures, numbers):
            with pytest.raises(Exception, match="IncompleteRead|0 bytes read"):
                ended.read()
        with pytest.raises(ConnectionRefusedError):
            connected(shown)
    assert "web" not in [one.name for one in threading.enumerate()]
    assert len(shown.said) == 1  # an end is no fault
    assert capfd.readouterr() == ("", "")


def test_seeing_after_the_end_is_no_fault() -> None:
    with serving() as shown:
        shown.see(1)
    shown.see(2)
    shown.page.close()


def test_no_more_is_started_than_ended() -> None:
    before = threading.active_count()
    for _ in range(3):
        with serving() as shown:
            shown.get("/")
    until(lambda: threading.active_count() == before)
