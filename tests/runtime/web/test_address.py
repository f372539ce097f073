import errno
import os
import socket

import pytest

from armlet.errors import ListenError, OptionError
from armlet.runtime.web.address import (
    Address,
    is_loopback,
    listen,
    parse_address,
    reachable_hosts,
    url,
)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("", "127.0.0.1", 8080),
        ("9000", "127.0.0.1", 9000),
        (":9000", "127.0.0.1", 9000),
        ("0", "127.0.0.1", 0),
        ("0.0.0.0:8080", "0.0.0.0", 8080),
        ("0.0.0.0", "0.0.0.0", 8080),
        ("localhost", "localhost", 8080),
        ("board.local:80", "board.local", 80),
        ("[::]:8081", "::", 8081),
        ("[::1]", "::1", 8080),
        ("::", "::", 8080),
    ],
)
def test_what_can_be_written(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host=host, port=port)


@pytest.mark.parametrize(
    "text",
    ["out/", "out", "a b:80", ":", "host:", "host:x", "host:65536", "1.2.3.4:-1", "[x]:80"]
    + ["http://localhost:8080", "::1:80:", "-x:80", "٨٠", "ho/st:80", "[]:80"],
)
def test_what_cannot(text: str) -> None:
    with pytest.raises(OptionError, match="--web .*; give a port such as 8080, or HOST:PORT"):
        parse_address(text)


def test_address_or_port() -> None:
    with pytest.raises(OptionError, match=r"--web ::1:8080: .* write \[::1\]:8080"):
        parse_address("::1:8080")


def test_port_that_somebody_has() -> None:
    with listen(Address(port=0)) as first:
        taken = Address(port=first.getsockname()[1])
        with pytest.raises(ListenError, match="in use; choose another port"):
            listen(taken)


def test_host_that_nobody_knows() -> None:
    with pytest.raises(ListenError, match="nobody.invalid:80: unknown host; give"):
        listen(Address(host="nobody.invalid", port=80))


def test_address_of_another_machine() -> None:
    with pytest.raises(ListenError, match="none of this machine's addresses; try 0.0.0.0"):
        listen(Address(host="203.0.113.7", port=8080))


def test_port_for_root_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:  # tests may run as root
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ListenError, match="Permission denied; choose a port from 1024 on"):
        listen(Address(port=80))


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("127.0.0.5", True), ("0.0.0.0", False)],
)
def test_who_can_reach_it(host: str, loopback: bool) -> None:
    with listen(Address(host=host, port=0)) as opened:
        assert is_loopback(opened) is loopback


def test_address_for_other_machines() -> None:
    anywhere = Address(host="0.0.0.0", port=0)
    with listen(anywhere) as opened:
        hosts = reachable_hosts(anywhere, opened)
    assert hosts[-1].startswith(socket.gethostname())
    assert not {"0.0.0.0", "127.0.0.1"} & set(hosts)


def test_url() -> None:
    assert url("::1", 80) == "http://[::1]:80/"
    assert url("board.local", 8080, "a&b c") == "http://board.local:8080/?token=a%26b%20c"
