import asyncio
import socket
from pathlib import Path

import pytest

from armlet.errors import OptionError
from armlet.runtime.web.access import (
    WRONG_AT_ONCE,
    WRONG_IN_ALL,
    Hosts,
    Token,
    Wrong,
    is_foreign,
    make_token,
    read_token,
)


def test_token_and_what_a_browser_gets_instead() -> None:
    token = Token("a token of the user's", 8080)
    assert token.is_told(b"a token of the user's")
    assert not token.is_told(b"a token of the user'")
    assert token.is_in(token.cookie)
    assert not token.is_in("a token of the user's")
    assert token.cookie != Token("another one of the user's", 8080).cookie
    assert token.cookie_name != Token("a token of the user's", 8081).cookie_name


def test_tokens_are_made_anew() -> None:
    assert make_token() != make_token()
    assert len(make_token()) >= 24


def test_token_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("\n 0123456789abcdef \n", "utf-8")
    assert read_token(path) == "0123456789abcdef"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"0123456789abcde\n", "holds 15 characters, and a token has 16 to 1024"),
        (b"", "holds 0 characters"),
        (b"x" * 5000, "holds 1027 characters"),
        (b"0123456789\nabcdefghi", "holds more than a line"),
        (b"\xff" * 20, "holds no text"),
    ],
)
def test_file_that_holds_no_token(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(OptionError, match=f"{said}.*; give a file with one line of 16"):
        read_token(path)


@pytest.mark.parametrize("path", ["/nowhere/token", "/"])
def test_file_that_cannot_be_read(path: str) -> None:
    with pytest.raises(OptionError, match=f"--token-file {path}: .*; give a file"):
        read_token(Path(path))


@pytest.mark.parametrize(
    ("host", "here", "anywhere"),
    [
        ("localhost:8080", True, True),
        ("localhost", True, True),
        ("LOCALHOST.:8080", True, True),
        ("127.0.0.1:9000", True, True),
        ("[::1]:8080", True, True),
        ("192.168.1.7:8080", False, True),
        ("[fe80::1]:8080", False, True),
        (f"{socket.gethostname()}:8080", False, True),
        (f"{socket.gethostname()}.local", False, True),
        ("proxy.example", True, True),
        ("evil.example:8080", False, False),
        ("localhost.evil.example", False, False),
        ("localhost@evil.example", False, False),
        ("127.0.0.1.evil.example", False, False),
        ("", False, False),
        ("localhost:8080:8080", False, False),
        ("[::1", False, False),
    ],
)
def test_hosts(host: str, here: bool, anywhere: bool) -> None:
    assert Hosts(loopback=True, names=["proxy.example"]).allow(host) is here
    assert Hosts(loopback=False, names=["proxy.example"]).allow(host) is anywhere


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"Origin": "http://localhost:8080"}, False),
        ({"Origin": "https://localhost:8080"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Origin": "http://localhost:8081"}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://evil.example"}, True),
        ({"Origin": "ftp://localhost:8080"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://["}, True),
        ({"Origin": ""}, True),
    ],
)
def test_pages_of_others(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign({"Host": "localhost:8080", **headers}) is foreign


def test_those_who_guess_are_slowed_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    over = asyncio.Event()
    wrong = Wrong()

    async def waits(_: float) -> None:
        await over.wait()

    async def guess() -> None:
        monkeypatch.setattr("armlet.runtime.web.access.asyncio.sleep", waits)
        guesses = [asyncio.create_task(wrong.wait("2001:db8::1")) for _ in range(WRONG_AT_ONCE)]
        await asyncio.wait(guesses[:1], timeout=0.01)
        assert wrong.too_many("2001:db8::1")
        assert wrong.too_many("2001:db8::2")  # whoever has one of these has both
        assert not wrong.too_many("2001:db8:1::1")
        assert not wrong.too_many("192.0.2.1")
        others = [
            asyncio.create_task(wrong.wait(f"192.0.2.{one}")) for one in range(WRONG_IN_ALL)
        ]
        await asyncio.wait(others[:1], timeout=0.01)
        assert wrong.too_many("203.0.113.9")
        over.set()
        await asyncio.gather(*guesses, *others)
        assert not wrong.too_many("2001:db8::1")

    asyncio.run(guess())
