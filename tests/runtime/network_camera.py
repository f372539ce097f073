"""A camera of the network, which serves Motion JPEG by HTTP as real ones do."""

import base64
import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

USER, PASSWORD = "jane", "p@ss"


def jpegs(pictures: Sequence[Path]) -> Sequence[bytes]:
    """Each picture, as cameras send it, in 320 x 240 pixels."""
    found = []
    for picture in pictures:
        pixels = cv2.resize(np.asarray(cv2.imread(str(picture))), (320, 240))
        found.append(cv2.imencode(".jpg", pixels)[1].tobytes())
    return found


class NetworkCamera:
    """Serves ``/stream`` to anybody, ``/private`` to one user, ``/page`` as HTML.

    ``/picture`` is the first frame alone.

    Args:
        frames: JPEGs, one after the other and again.
        fps: How many of them a second.
        breaks_after: Frames, after which each connection is cut; None: never.
        stalls_after: Frames, after which each connection stands still; None: never.
        port: Where; 0: anywhere.
    """

    def __init__(
        self,
        frames: Sequence[bytes],
        fps: float = 25.0,
        breaks_after: int | None = None,
        stalls_after: int | None = None,
        port: int = 0,
    ) -> None:
        self._over = over = threading.Event()
        self.connections = 0
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/page":
                    self._head(200, "text/html")
                elif path == "/picture":
                    self._head(200, "image/jpeg")
                    self.wfile.write(frames[0])
                elif path == "/broken":
                    self._head(200, "multipart/x-mixed-replace; boundary=next")
                elif path == "/private" and self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                elif path in ("/stream", "/private"):
                    self._stream()
                else:
                    self.send_error(404)

            def _stream(self) -> None:
                camera.connections += 1
                self._head(200, "multipart/x-mixed-replace; boundary=next")
                for count, frame in enumerate(itertools.cycle(frames)):
                    if count == breaks_after:
                        return
                    if over.wait(None if count == stalls_after else 1 / fps):
                        return
                    head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(frame)}"
                    try:
                        self.wfile.write(head.encode() + b"\r\n\r\n" + frame + b"\r\n")
                    except OSError:  # nobody listens any more
                        return

            def _head(self, status: int, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        both = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        wanted = f"Basic {both}"
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = False  # so that closing waits for them
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def address(self) -> str:
        """Of the stream."""
        return self.at("stream")

    def at(self, path: str, login: str = "") -> str:
        """Of something else."""
        return f"http://{login}127.0.0.1:{self.port}/{path}"

    def close(self) -> None:
        """Cut all connections and take no more."""
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def network_camera(
    frames: Sequence[bytes],
    fps: float = 25.0,
    breaks_after: int | None = None,
    stalls_after: int | None = None,
    port: int = 0,
) -> Iterator[NetworkCamera]:
    """One that serves meanwhile."""
    camera = NetworkCamera(frames, fps, breaks_after, stalls_after, port)
    try:
        yield camera
    finally:
        camera.close()
