"""The loop in which pages are served, and the bounds of what strangers may take of it."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPInputError
from tornado.iostream import IOStream, StreamClosedError
from tornado.web import Application

from armlet.runtime.web.seldom import Seldom

MOST_CONNECTIONS = 64
HEADERS_BYTES, BODY_BYTES = 8 << 10, 4 << 10
READ_BYTES = 64 << 10
"""Of a connection, that wait to be looked at."""
REQUEST_S = 10.0
"""For the headers of a request, and as long for its body; a connection may idle so long."""
CLOSE_S = 0.5
"""At the end, the thread is waited for so long."""
REFUSED = "web: refused or closed"
_LOGGER = "tornado"


class BoundedServer(HTTPServer):
    """An HTTP server with room for so many connections.

    One more takes the place of the oldest that no viewer watches, so that connections that
    only wait keep nobody out.
    """

    seldom: Seldom
    """Is told when that happens."""

    def initialize(self, *args: Any, **options: Any) -> None:
        """As tornado's."""
        super().initialize(*args, **options)
        self._open: dict[IOStream, None] = {}
        self.watched: set[IOStream] = set()
        """Those of viewers."""

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Serve one more connection."""
        if len(self._open) >= MOST_CONNECTIONS:
            oldest = next(one for one in self._open if one not in self.watched)
            del self._open[oldest]
            oldest.close()
            self.seldom.note(REFUSED, "too many connections")
        self._open[stream] = None
        super().handle_stream(stream, address)

    def on_close(self, server_conn: Any) -> None:
        """Forget one that is closed."""
        super().on_close(server_conn)
        self._open.pop(server_conn.stream, None)
        self.watched.discard(server_conn.stream)

    def end(self) -> None:
        """Listen no longer, and close all connections."""
        self.stop()
        for stream in list(self._open):
            stream.close()


def make_bounded(application: Application, seldom: Seldom) -> BoundedServer:
    """A server that isn't patient without end; to be called in its loop."""
    server = BoundedServer(
        application,
        max_header_size=HEADERS_BYTES,
        max_body_size=BODY_BYTES,
        max_buffer_size=READ_BYTES,
        idle_connection_timeout=REQUEST_S,
        body_timeout=REQUEST_S,
    )
    server.seldom = seldom
    return server


class Serving:
    """A thread that serves on a socket from ``start`` to ``close``.

    Args:
        opened: Listens.
        seldom: Is told of faults and of what was refused.
    """

    def __init__(self, opened: socket.socket, seldom: Seldom) -> None:
        self.loop = asyncio.new_event_loop()
        self._opened = opened
        self._seldom = seldom
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(
        self,
        make: Callable[[], BoundedServer],
        work: Callable[[], Coroutine[Any, Any, None]],
        wake: Callable[[], None],
    ) -> None:
        """Begin.

        Args:
            make: Makes the server, in the loop.
            work: A coroutine that goes on meanwhile.
            wake: Lets viewers see that they have been closed.
        """
        self._make, self._work, self._wake = make, work, wake
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end all streams, and wait for the thread, but not for long."""
        with suppress(RuntimeError):  # it has ended by itself
            self.loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        log = logging.getLogger(_LOGGER)
        handler = _ToSeldom(self._seldom)
        before = log.propagate, log.level
        log.addHandler(handler)
        log.propagate, log.level = False, logging.INFO
        try:
            with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
                runner.run(self._serve(handler))
        finally:
            log.removeHandler(handler)
            log.propagate, log.level = before

    async def _serve(self, handler: "_ToSeldom") -> None:
        self.loop.set_exception_handler(self._note_fault)
        server = self._make()
        server.add_socket(self._opened)
        work = self.loop.create_task(self._work())
        work.add_done_callback(self._note_end)
        await self._ended.wait()
        handler.ending = True
        server.end()
        work.cancel()
        self._wake()
        await asyncio.sleep(0)

    def _note_end(self, work: asyncio.Task[None]) -> None:
        if not work.cancelled() and (error := work.exception()):
            self._note_fault(self.loop, {"exception": error})

    def _note_fault(self, _: object, context: Mapping[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, (StreamClosedError, asyncio.CancelledError)):
            self._seldom.note("web: a fault of armlet", type(error).__name__)


class _ToSeldom(logging.Handler):
    """Says what tornado logs in few words: a log of every stranger's mistakes fills disks."""

    def __init__(self, seldom: Seldom) -> None:
        super().__init__(logging.INFO)
        self._seldom = seldom
        self.ending = False

    def emit(self, record: logging.LogRecord) -> None:
        if self.ending or record.name == "tornado.access":
            return
        error = record.exc_info[0] if record.exc_info else None
        if record.levelno == logging.INFO or error is HTTPInputError:
            self._seldom.note(REFUSED, "a request that is malformed, too large or too slow")
        elif record.levelno >= logging.ERROR:
            self._seldom.note("web: a fault of armlet", error.__name__ if error else "")
