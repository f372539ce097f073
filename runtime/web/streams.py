"""What goes on for as long as somebody watches: pictures and numbers."""

import asyncio
import json
import socket
from collections.abc import Mapping
from typing import Any

from tornado.iostream import IOStream, StreamClosedError
from tornado.web import HTTPError

from armlet.runtime.web.hub import Kind, Shown, TooManyViewers
from armlet.runtime.web.picture import BOUNDARY
from armlet.runtime.web.request import Handler
from armlet.runtime.web.server import REFUSED

EVERY_S = 0.1
"""Between two events."""
SIGN_OF_LIFE_S = 2.0
"""If nothing else happens, an event says so after so long."""
PATIENCE_S = 20.0
"""A viewer that doesn't take what it was sent in so long has gone."""
SENT_BYTES = 128 << 10
"""That the system may hold for a viewer: more would be pictures of long ago."""


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
        if stream.closed():  # others have come since it asked
            return
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
