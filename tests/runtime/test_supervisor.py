import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from armlet.runtime.supervisor import Supervisor


class FakeClock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def systemd() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.settimeout(0.05)
        yield ours


def heard(systemd: socket.socket) -> list[bytes]:
    said = []
    while True:
        try:
            said.append(systemd.recv(100))
        except TimeoutError:
            return said


def test_life_of_a_service(systemd: socket.socket, tmp_path: Path) -> None:
    path = tmp_path / "notify"
    systemd.bind(str(path))
    clock = FakeClock()
    told = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "10000000"}
    with Supervisor(told, clock) as supervisor:
        for _ in range(3):
            supervisor.ready()
        assert heard(systemd) == [b"READY=1"]
        for _ in range(100):  # 0.1 s apart
            supervisor.alive()
            clock.now += 0.1
        assert heard(systemd) == [b"WATCHDOG=1"] * 2
    assert heard(systemd) == [b"STOPPING=1"]


def test_socket_that_stands_in_no_folder(systemd: socket.socket) -> None:
    name = f"armlet-test-{os.getpid()}"
    systemd.bind(f"\0{name}")
    Supervisor({"NOTIFY_SOCKET": f"@{name}"}).ready()
    assert heard(systemd) == [b"READY=1"]


@pytest.mark.parametrize(
    "more", [{}, {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}]
)
def test_no_sign_of_life_unless_it_is_wanted_from_this_process(
    systemd: socket.socket, tmp_path: Path, more: dict[str, str]
) -> None:
    systemd.bind(str(tmp_path / "notify"))
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify"), **more}).alive()
    assert heard(systemd) == []


def test_watchdog_of_this_process(systemd: socket.socket, tmp_path: Path) -> None:
    path = tmp_path / "notify"
    systemd.bind(str(path))
    told = {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": str(os.getpid())}
    Supervisor({"NOTIFY_SOCKET": str(path), **told}).alive()
    assert heard(systemd) == [b"WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "vsock:2:9", "@nobody-listens"])
def test_nobody_to_tell(address: str) -> None:
    with Supervisor({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2"}) as supervisor:
        supervisor.ready()
        supervisor.alive()


def test_systemd_that_does_not_read_holds_nobody_up(
    systemd: socket.socket, tmp_path: Path
) -> None:
    path = tmp_path / "notify"
    systemd.bind(str(path))
    clock = FakeClock()
    supervisor = Supervisor({"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "2"}, clock)
    for _ in range(2000):  # more than such a socket takes
        supervisor.alive()
        clock.now += 1
    assert 0 < len(heard(systemd)) < 2000
