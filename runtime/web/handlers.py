"""What is answered to requests."""

import asyncio
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from tornado.iostream import IOStream, StreamClosedError
from tornado.web import Application, HTTPError, RequestHandler

from armlet.runtime.web.access import Hosts, Token, Wrong, is_foreign
from armlet.runtime.web.hub import Hub, Kind, Shown, TooManyViewers
from armlet.runtime.web.metrics import Metrics
from armlet.runtime.web.picture import BOUNDARY, Pictures
from armlet.runtime.web.seldom import Seldom
from armlet.runtime.web.server import REFUSED, BoundedServer, make_bounded

EVERY_S = 0.1
"""Between two events."""
SIGN_OF_LIFE_S = 2.0
"""If nothing else happens, an event says so after so long."""
PATIENCE_S = 20.0
"""A viewer that doesn't take what it was sent in so long has gone."""
SENT_BYTES = 128 << 10
"""That the system may hold for a viewer: more would be pictures of long ago."""
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


def make_server(site: Site) -> BoundedServer:
    """A server of all there is; to be called in its loop."""
    given = {"site": site}
    application = Application(
        [
            ("/", Page, given),
            (r"/(page\.css|icon\.svg)", OpenFile, given),
            (r"/([a-z]+\.js)", File, given),
            ("/login", Login, given),
            ("/api/state", StateNow, given),
            ("/api/events", Events, given),
            (r"/stream\.mjpg", Stream, given),
            (r"/snapshot\.jpg", Snapshot, given),
            ("/healthz", Health, given),
            ("/metrics", Numbers, given),
        ],
        default_handler_class=Nothing,
        default_handler_args=given,
        log_function=lambda _: None,
    )
    server = make_bounded(application, site.seldom)
    application.settings["server"] = server
    return server


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
                path = "/" + self.request.path.lstrip("/")  # //elsewhere is another host
                self.redirect(f"{path}?{rest}" if rest else path, status=303)
                return
        self.refuse()

    async def tell(self, token: Token, given: bytes) -> bool:
        """Whether this is the token; if not, that takes a while.

        Raises:
            HTTPError: Too many guesses came from there.
        """
        address = self.request.remote_ip or ""
        if self.site.wrong.too_many(address):
            raise HTTPError(429, reason="Too many wrong tokens")
        if token.is_told(given):
            return True
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
        if not isinstance(value, (HTTPError, StreamClosedError)):
            self.site.seldom.note("web: a fault of armlet", type(value).__name__)

    def say(self, record: Mapping[str, Any]) -> None:
        """Answer with an object."""
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(record))


class Nothing(Handler):
    """There is no such page."""

    async def get(self) -> None:
        """Say so."""
        raise HTTPError(404)


class File(Handler):
    """A file of the page."""

    _KINDS = {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }

    async def get(self, name: str) -> None:
        """Send it, unless the browser has it.

        Raises:
            HTTPError: There is none of this name.
        """
        if name not in self.site.files:
            raise HTTPError(404)
        self.set_header("Content-Type", self._KINDS[name.rpartition(".")[2]])
        self.set_header("Cache-Control", "no-cache")
        self.write(self.site.files[name])


class OpenFile(File):
    """One that those see who are asked for the token."""

    needs_token = False


class Asking(Handler):
    """A page that asks for the token where it is needed."""

    def ask(self, said: str = "") -> None:
        """Show the form."""
        self.set_status(401)
        self.set_header("WWW-Authenticate", "Bearer")
        # With no-referrer, browsers would send Origin: null with the form.
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.site.files["login.html"].replace(b"<!--said-->", said.encode()))


class Page(Asking):
    """The page."""

    def refuse(self) -> None:
        """Ask for the token."""
        wrong = (
            "token" in self.request.arguments and "token" not in self.request.query_arguments
        )
        self.ask("That is not the token." if wrong else "")

    async def get(self) -> None:
        """Show it."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(self.site.files["index.html"])


class Login(Asking):
    """Where the form goes."""

    needs_token = False

    async def get(self) -> None:
        """Nothing is here for whoever comes without a form."""
        self.redirect("/", status=303)

    async def post(self) -> None:
        """Let in whoever knows the token."""
        token = self.site.token
        if token is not None:
            given = self.request.body_arguments.get("token", [b""])[-1].strip()
            if not await self.tell(token, given):
                self.ask("That is not the token.")
                return
            self.welcome(token)
        self.redirect("/", status=303)


class StateNow(Handler):
    """All that is shown, as one object."""

    async def get(self) -> None:
        """Tell it."""
        hub = self.site.hub
        self.say(hub.newest.state.to_json(hub.now_s))


class Health(Handler):
    """Whether results come."""

    async def get(self) -> None:
        """Tell it, by the status already."""
        hub = self.site.hub
        trouble = hub.newest.state.trouble(hub.now_s)
        if trouble:
            self.set_status(503)
        self.say({"ok": trouble is None, "reason": trouble})


class Numbers(Handler):
    """What Prometheus asks for."""

    async def get(self) -> None:
        """Tell it."""
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.write(self.site.metrics.text())


class Snapshot(Handler):
    """The newest frame, to keep."""

    async def get(self) -> None:
        """Send it.

        Raises:
            HTTPError: There is none yet.
        """
        frame = self.site.hub.newest.frame
        if frame is None:
            raise HTTPError(503, reason="There is no picture yet")
        name = time.strftime(f"armlet-%Y-%m-%d-%H%M%S-{frame.number}.jpg")
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.write(await self.site.pictures.snapshot(frame))


class Viewer(Handler):
    """A stream; each viewer takes the newest when it has taken what it was sent before."""

    what: tuple[Kind, str]
    """Of what, and what browsers call that."""
    gone = False

    async def stream(self) -> None:
        """Send as long as the viewer takes it.

        Raises:
            StreamClosedError: It has gone.
        """
        raise NotImplementedError

    async def send(self, data: bytes) -> None:
        """Send it, and wait until the viewer has taken it.

        Raises:
            StreamClosedError: The viewer has gone.
        """
        self.write(data)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.flush()
        except TimeoutError as error:
            self.site.seldom.note(REFUSED, "a viewer that took nothing")
            self.connection_stream.close()
            raise StreamClosedError from error

    @property
    def connection_stream(self) -> IOStream:
        """The connection."""
        stream: IOStream = self.request.connection.stream  # type: ignore[union-attr]
        return stream

    def on_connection_close(self) -> None:
        """Let the stream end."""
        self.gone = True
        self.site.hub.wake()

    async def get(self) -> None:
        """Stream.

        Raises:
            HTTPError: Too many watch already.
        """
        kind, content = self.what
        self.set_header("Content-Type", content)
        if self.request.method == "HEAD":
            return
        stream = self.connection_stream
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_BYTES)
        try:
            with self.site.hub.viewing(kind):
                self.settings["server"].watched.add(stream)
                await self.stream()
        except TooManyViewers:
            self.site.seldom.note(REFUSED, "too many viewers")
            raise HTTPError(503, reason="Too many watch already") from None
        except StreamClosedError:
            return


class Stream(Viewer):
    """Pictures."""

    what = ("pictures", f"multipart/x-mixed-replace; boundary={BOUNDARY}")

    async def stream(self) -> None:
        """Send the newest picture whenever the viewer is ready for one."""
        await self.send(f"--{BOUNDARY}\r\n".encode("ascii"))
        sent = None
        while not self.gone:
            picture = self.site.pictures.newest
            if picture and picture.number != sent:
                sent = picture.number
                await self.send(picture.part)
            else:
                await self.site.hub.changed(SIGN_OF_LIFE_S)


class Events(Viewer):
    """Numbers."""

    what = ("numbers", "text/event-stream")

    async def stream(self) -> None:
        """Send everything, and then what is new."""
        hub = self.site.hub
        sent = hub.newest
        await self.send(_event("state", sent.state.to_json(hub.now_s)))
        while not self.gone:
            await asyncio.sleep(EVERY_S)
            newest = await self._newer(sent)
            await self.send(_event("news", newest.state.since(sent.state, hub.now_s)))
            sent = newest

    async def _newer(self, sent: Shown) -> Shown:
        """What is new, or the same after a while."""
        hub = self.site.hub
        until_s = hub.now_s + SIGN_OF_LIFE_S
        while hub.newest is sent and not self.gone and (left_s := until_s - hub.now_s) > 0:
            await hub.changed(left_s)
        return hub.newest


def _event(name: str, record: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(record)}\n\n".encode("ascii")
