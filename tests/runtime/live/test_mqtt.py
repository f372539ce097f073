"""What needs no broker; ``mqtt_check.py`` has one."""

import importlib
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from armlet.errors import OptionError
from armlet.runtime.cameras.source import SourceState
from armlet.runtime.live import mqtt
from armlet.runtime.live.broker import find_broker
from armlet.runtime.live.mqtt import MOST_UNSENT, Published
from tests.runtime.live.results import frame, live_result

ACCEPTED = b"\x20\x02\x00\x00"
REFUSED = b"\x20\x02\x00\x05"


@contextmanager
def listening(answer: bytes) -> Iterator[tuple[int, list[socket.socket]]]:
    """A port where everybody gets this answer and nothing more, and nobody is read further."""
    taken: list[socket.socket] = []
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            with suppress(OSError):  # the end of the server
                while True:
                    one, _ = server.accept()
                    accepted.append(one)
                    with suppress(OSError):  # a client that has gone already
                        one.recv(1000)
                        one.sendall(answer)
                        taken.append(one)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], taken
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for one in accepted:
                one.close()


def wait(published: Published, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not until():
        assert time.monotonic() < deadline
        published.tick()
        time.sleep(0.01)


def publishing(port: int, said: list[str]) -> Published:
    address = f"mqtt://127.0.0.1:{port}/camera"
    return Published(find_broker(address, {}), said.append)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_broker_that_is_not_there_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "PAUSES_S", (0, 0))  # so that there are many attempts
    said: list[str] = []
    port = closed_port()
    with publishing(port, said) as published:
        wait(published, lambda: bool(said))
        for number in range(MOST_UNSENT + 7):
            published.saw(frame(), live_result(number))
            published.tick()
    name = f"mqtt://127.0.0.1:{port}/camera"
    assert said == [
        f"{name} can't be reached: Connection refused; trying again",
        f"{name}: {MOST_UNSENT + 7} results were not sent",
    ]


def test_broker_that_does_not_read_costs_no_memory_and_no_time() -> None:
    said: list[str] = []
    label = "x" * 10_000
    with listening(ACCEPTED) as (port, taken):
        with publishing(port, said) as published:
            wait(published, lambda: published._connected)
            number = 0
            # First, the kernel's buffers are filled.
            while not said:
                number += 1
                published.saw(frame(), live_result(number, label))
                time.sleep(0.001)
            published.heard(SourceState(works=False, line="gone"))
            for _ in range(1000):
                published.saw(frame(), live_result(label=label))
                published.tick()
            assert len(published._unsent) == MOST_UNSENT
            # A result, the state, and perhaps a ping.
            assert len(published._client._out_packet) <= 3
            start = time.monotonic()
        assert time.monotonic() - start < 5  # not for ever
        received = taken[0].recv(1 << 16)
    assert said[0].endswith("/camera takes no more results; the oldest are dropped")
    assert said[1].endswith(f"{1001 + MOST_UNSENT} results were not sent")
    assert b"\x06cameraonline" not in received
    assert received.index(b"camera/statusonline") < received.index(b'camera{"frame": 1')
    assert len(said) == 2


def test_broker_that_refuses_us_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "PAUSES_S", (0, 0))
    said: list[str] = []
    with listening(REFUSED) as (port, taken), publishing(port, said) as published:
        # The client closes what was refused, and comes again.
        wait(published, lambda: bool(said) and len(taken) > 2)
        published.tick()
    assert said == [f"mqtt://127.0.0.1:{port}/camera refuses us: Not authorized; trying again"]


def test_broker_that_hangs_up_is_lost_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "PAUSES_S", (0, 0))
    said: list[str] = []
    with listening(ACCEPTED) as (port, taken), publishing(port, said) as published:
        wait(published, lambda: published._connected)
        taken[0].close()
        wait(published, lambda: len(said) == 2)
        published.saw(frame(), live_result(5))
        wait(published, lambda: not published._unsent)
        published.close()
        received = b""
        while block := taken[1].recv(1000):
            received += block
    assert [line.partition("/camera ")[2] for line in said] == [
        "is lost; trying again",
        "is back; 0 results were not sent",
    ]
    result = received[received.index(b'{"frame"') : received.index(b"}\x31") + 1]
    assert json.loads(result) == live_result(5).to_json()
    assert received.endswith(b"camera/statusoffline\xe0\x00")  # and a good-bye


def test_without_paho(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    monkeypatch.delitem(sys.modules, "armlet.runtime.live.mqtt")
    with pytest.raises(OptionError, match=r"isn't installed; run pip install 'armlet\[mqtt\]'"):
        importlib.import_module("armlet.runtime.live.mqtt")
    monkeypatch.undo()
