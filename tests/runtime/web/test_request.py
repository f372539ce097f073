"""Who may ask, over real connections."""

import http.client
import logging
import threading
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest

from armlet.errors import OptionError
from armlet.runtime.model import Model
from armlet.runtime.web.access import WRONG_AT_ONCE
from armlet.runtime.web.address import Address
from armlet.runtime.web.wanted import WebOptions, serve
from tests.runtime.web.serving import TOKEN, Shown, serving, until

PATHS = [
    *("/", "/page.js", "/api/state", "/api/events", "/stream.mjpg"),
    *("/snapshot.jpg", "/healthz", "/metrics"),
]
QUOTED = quote(TOKEN)
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong tokens take no time."""
    monkeypatch.setattr("armlet.runtime.web.access.WRONG_S", 0.0)


def cookie_of(headers: http.client.HTTPMessage) -> str:
    return headers["Set-Cookie"].partition(";")[0]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_without_the_token(guarded: Shown, path: str) -> None:
    guarded.see(1)
    status, headers, body = guarded.get(path)
    assert status == 401
    assert headers["WWW-Authenticate"] == "Bearer"
    assert TOKEN not in f"{headers}{body!r}"
    assert b"net.tflite" not in body


@pytest.mark.parametrize("path", ["/page.css", "/icon.svg"])
def test_what_the_form_is_made_of(guarded: Shown, path: str) -> None:
    assert guarded.get(path)[0] == 200


@pytest.mark.parametrize("path", PATHS)
def test_bearer(guarded: Shown, path: str) -> None:
    guarded.see(1)
    status, headers, _ = guarded.get(path, "HEAD", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}x", "Bearer", f"Basic {TOKEN}", "Bearer ä"])
def test_wrong_bearer(guarded: Shown, quick: None, given: str) -> None:
    assert guarded.get("/api/state", Authorization=given)[0] == 401


def test_token_in_the_address_becomes_a_cookie(guarded: Shown) -> None:
    status, headers, _ = guarded.get(f"/api/state?a=1&token={QUOTED}&b=2")
    assert (status, headers["Location"]) == (303, "/api/state?a=1&b=2")
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Strict" in headers["Set-Cookie"]
    assert TOKEN not in headers["Set-Cookie"]
    assert guarded.get("/api/state", Cookie=cookie_of(headers))[0] == 200
    assert guarded.get("/api/state", Cookie=cookie_of(headers)[:-1])[0] == 401


def test_form(guarded: Shown, quick: None) -> None:
    status, headers, body = guarded.get("/")
    assert b'<form method="post" action="/login">' in body
    # Else browsers send Origin: null with the form.
    assert headers["Referrer-Policy"] == "same-origin"
    origin = f"http://127.0.0.1:{guarded.port}"
    status, _, body = guarded.get("/login", "POST", "token=wrong", Origin=origin, **FORM)
    assert (status, b"not the token" in body) == (401, True)
    assert guarded.get("/login", "POST", "", **FORM)[0] == 401
    status, headers, _ = guarded.get("/login", "POST", f"token={QUOTED}", Origin=origin, **FORM)
    assert (status, headers["Location"]) == (303, "/")
    assert guarded.get("/", Cookie=cookie_of(headers))[0] == 200


def test_form_that_nobody_needs(shown: Shown) -> None:
    assert shown.get("/login", "POST", "token=x", **FORM)[1]["Location"] == "/"
    assert shown.get("/login")[1]["Location"] == "/"


def test_wrong_token_is_noted_without_it(guarded: Shown, quick: None) -> None:
    for _ in range(5):
        assert guarded.get("/?token=my-secret-guess")[0] == 401
    (line,) = [one for one in guarded.said if "wrong token" in one]
    assert line == "web: wrong token (from 127.0.0.1)"


def test_those_who_guess_wait_and_others_do_not(
    guarded: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armlet.runtime.web.access.WRONG_S", 60.0)
    _, headers, _ = guarded.get(f"/?token={QUOTED}")

    def guess() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", guarded.port)
        guesses.append(connection)
        connection.request("GET", "/metrics", headers={"Authorization": "Bearer wrong"})

    guesses: list[http.client.HTTPConnection] = []
    threads = [threading.Thread(target=guess) for _ in range(WRONG_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def refused() -> bool:
        status, told, _ = guarded.get("/metrics", Authorization="Bearer wrong")
        return status == 429 and "Retry-After" in told

    until(refused)  # as soon as all of them wait
    assert guarded.get("/metrics", Authorization=f"Bearer {TOKEN}")[0] == 200
    assert guarded.get("/metrics", Cookie=cookie_of(headers))[0] == 200
    for one in guesses:
        one.close()


@pytest.mark.parametrize("path", [*PATHS, "/page.css", "/login", "/nothing"])
def test_other_hosts_and_sites(shown: Shown, path: str) -> None:
    for headers in (
        {"Host": "evil.example"},
        {"Host": "192.168.1.7"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        assert shown.get(path, **headers)[0] == 403, headers
    refused = [one for one in shown.said if "refused" in one]
    assert len(refused) == 1


def test_login_from_another_site(guarded: Shown) -> None:
    status, headers, _ = guarded.get(
        "/login", "POST", f"token={QUOTED}", Origin="http://evil.example", **FORM
    )
    assert status == 403
    assert "Set-Cookie" not in headers


def test_on_other_addresses_a_token_is_made() -> None:
    with serving(host="0.0.0.0") as shown:
        assert shown.get("/api/state")[0] == 401
        (line,) = shown.said
        token = line.partition("?token=")[2].split()[0]
        assert len(token) >= 24
        assert shown.get("/api/state", Authorization=f"Bearer {token}")[0] == 200
        assert shown.get("/", Host="192.168.1.7:8080")[0] == 401
        assert shown.get("/", Host="evil.example")[0] == 403


def test_token_of_a_file_is_not_printed(token_file: Path) -> None:
    for host in ("127.0.0.1", "0.0.0.0"):
        with serving(host=host, token_file=token_file) as shown:
            assert shown.get("/")[0] == 401
            assert TOKEN not in " ".join(shown.said)
            assert "?token" not in " ".join(shown.said)


def test_names_that_nobody_could_be_called() -> None:
    options = WebOptions(address=Address(port=0), allowed_hosts=["http://foo/"])
    with pytest.raises(OptionError, match="--allow-host http://foo/ is no host name; give it"):
        serve(options, cast(Model, None), "0", print)


def test_allowed_hosts() -> None:
    with serving(allowed_hosts=["camera.example"]) as shown:
        assert shown.get("/", Host="camera.example")[0] == 200
        assert shown.get("/", Host="evil.example")[0] == 403


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "/%2F/evil.example"])
def test_nobody_is_sent_elsewhere(guarded: Shown, path: str) -> None:
    status, headers, _ = guarded.get(f"{path}?token={QUOTED}")
    assert (status, headers.get("Location")) == (404, None)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"])
def test_only_looking(shown: Shown, method: str) -> None:
    assert shown.get("/api/state", method)[0] == 405


@pytest.mark.parametrize("path", [*PATHS, "/page.css", "/nothing"])
def test_browsers_are_told_to_be_strict(shown: Shown, path: str) -> None:
    shown.see(1)
    _, headers, _ = shown.get(path, "HEAD")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    kept = "no-cache" if path.endswith((".js", ".css")) else "no-store"
    assert headers["Cache-Control"] == kept
    assert "Server" not in headers


def test_fault_shows_nothing_of_itself(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("of a secret")

    monkeypatch.setattr("armlet.runtime.web.state.State.to_json", fail)
    for _ in range(3):
        status, _, body = shown.get("/api/state")
        assert (status, body) == (500, b'{"error": "Internal Server Error"}')
    assert shown.said[1:] == ["web: a fault of armlet (RuntimeError)"]
    assert capfd.readouterr() == ("", "")


def test_logging_is_as_it_was_before() -> None:
    log = logging.getLogger("tornado")
    before = log.handlers[:], log.propagate, log.level
    with serving() as shown:
        assert shown.get("/")[0] == 200
    assert (log.handlers, log.propagate, log.level) == before
