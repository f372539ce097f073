"""What holds for all requests: who may ask, and what no answer lacks."""

import json
from asyncio import CancelledError
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from armlet.runtime.web.access import Hosts, Token, Wrong, is_foreign
from armlet.runtime.web.hub import Hub
from armlet.runtime.web.metrics import Metrics
from armlet.runtime.web.picture import Pictures
from armlet.runtime.web.seldom import Seldom
from armlet.runtime.web.server import REFUSED

_LATER_S = 10
"""After which it is worth asking again."""
_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, kw_only=True)
class Site:
    """What all answers are made of."""

    hub: Hub
    pictures: Pictures
    metrics: Metrics
    token: Token | None
    """None: who reaches this may look."""
    hosts: Hosts
    wrong: Wrong
    seldom: Seldom
    files: Mapping[str, bytes]
    """Of the page, by name."""


class Handler(RequestHandler):
    """What holds for all: who may ask, and what no answer lacks."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST")
    needs_token = True

    def initialize(self, site: Site) -> None:
        """Take what answers are made of."""
        self.site = site

    def set_default_headers(self) -> None:
        """Let browsers be strict."""
        self.clear_header("Server")
        for name, value in _SAFE.items():
            self.set_header(name, value)

    async def prepare(self) -> None:
        """See who asks.

        Raises:
            HTTPError: They may not.
        """
        headers = self.request.headers
        if not self.site.hosts.allow(headers.get("Host", "")):
            self.site.seldom.note(REFUSED, "another host's name; see --allow-host")
            raise HTTPError(403, reason="This host name is not allowed, see --allow-host")
        if is_foreign(headers):
            self.site.seldom.note(REFUSED, "another site's page")
            raise HTTPError(403, reason="Another site asked for this; open the address itself")
        token = self.site.token
        if not self.needs_token or token is None:
            return
        if token.is_in(self.get_cookie(token.cookie_name) or ""):
            return
        scheme, _, bearer = headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if await self.tell(token, bearer.strip().encode("latin-1")):
                return
        elif "token" in self.request.query_arguments:
            given = self.request.query_arguments.pop("token")[-1]
            if await self.tell(token, given):
                self.welcome(token)
                rest = urlencode(self.request.query_arguments, doseq=True)
                path = self.request.path  # one of ours, or we wouldn't be here
                self.redirect(f"{path}?{rest}" if rest else path, status=303)
                return
        self.refuse()

    async def tell(self, token: Token, given: bytes) -> bool:
        """Whether this is the token; if not, that takes a while. It can't be guessed anyway.

        Raises:
            HTTPError: Too many guesses came from there.
        """
        if token.is_told(given):  # first: whoever guesses keeps nobody out
            return True
        address = self.request.remote_ip or ""
        if self.site.wrong.too_many(address):
            raise HTTPError(429, reason="Too many wrong tokens")
        self.site.seldom.note("web: wrong token", f"from {address}")
        await self.site.wrong.wait(address)
        return False

    def welcome(self, token: Token) -> None:
        """Let the browser need no token any more."""
        self.set_cookie(token.cookie_name, token.cookie, httponly=True, samesite="Strict")

    def refuse(self) -> None:
        """Answer whoever hasn't told the token.

        Raises:
            HTTPError: Always.
        """
        raise HTTPError(401, reason="The token is needed")

    async def head(self, *given: str) -> None:
        """What GET would say, without its body."""
        answer = getattr(self, "get", None)
        if answer is None:
            raise HTTPError(405)
        await answer(*given)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say what is wrong, and nothing of how this is made."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", "GET, HEAD")
        if status_code == HTTPStatus.UNAUTHORIZED:
            self.set_header("WWW-Authenticate", "Bearer")
        if status_code in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            self.set_header("Retry-After", str(_LATER_S))
        self.say({"error": self._reason})

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Note faults, without a traceback."""
        if not isinstance(value, (HTTPError, StreamClosedError, CancelledError)):
            self.site.seldom.note("web: a fault of armlet", type(value).__name__)

    def say(self, record: Mapping[str, Any]) -> None:
        """Answer with an object."""
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(record))
