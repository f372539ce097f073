"""Frames as JPEGs: once each for all who watch, and in a thread of their own."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2

from armlet.runtime.cameras.source import Frame, Pixels
from armlet.runtime.live.result import LiveResult
from armlet.runtime.web.hub import Hub

EVERY_S = 1 / 30
"""Between two pictures of the stream at least."""
LARGEST = 1280
"""Pixels of a side; the stream's pictures are made smaller than that."""
JPEG_LARGEST = 65500
"""Likewise, of any JPEG."""
GOOD, BEST = 80, 95
"""JPEG qualities, of the stream and of snapshots."""
BOUNDARY = "frame"
_LABELS = 10
"""With each picture, since browsers limit what stands before it."""
_IDLE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A frame of the stream, encoded."""

    number: int
    """The frame's."""
    part: bytes
    """Of the multipart stream: headers, JPEG, and the next boundary, on which browsers wait."""


def encode(pixels: Pixels, quality: int, largest: int = JPEG_LARGEST) -> bytes:
    """A JPEG.

    Args:
        pixels: (height, width, 3) in the order B, G, R.
        quality: 0 to 100.
        largest: Pixels of a side; larger pictures are made smaller.

    Raises:
        ValueError: OpenCV can't.
    """
    height, width = pixels.shape[:2]
    source: cv2.typing.MatLike = pixels
    scale = largest / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        source = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    good, encoded = cv2.imencode(".jpg", source, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise ValueError(f"no JPEG can be made of {width} x {height} pixels")
    return encoded.tobytes()


class Pictures:
    """Encodes the newest frame, at most 30 a second and only while somebody watches.

    Args:
        hub: Where frames come from, and who is told.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._thread = ThreadPoolExecutor(1, "encode")
        self._snapshot: tuple[Frame, asyncio.Future[bytes]] | None = None
        self.newest: Picture | None = None
        """None: nobody watched just now."""

    async def run(self) -> None:
        """Go on until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            shown = self._hub.newest
            frame, result = shown.frame, shown.state.result
            if not self._hub.viewers("pictures"):
                self.newest = None  # whoever comes next shall not see an old one
            elif frame and result and (not self.newest or self.newest.number != frame.number):
                start = loop.time()
                try:
                    self.newest = await loop.run_in_executor(self._thread, _part, frame, result)
                    self._hub.wake()
                except (cv2.error, ValueError, MemoryError):  # the next one may be better
                    await self._hub.changed(_IDLE_S)
                await asyncio.sleep(start + EVERY_S - loop.time())
                continue
            await self._hub.changed(_IDLE_S)

    async def snapshot(self, frame: Frame) -> bytes:
        """A frame as a JPEG of good quality; made once, however many ask."""
        if self._snapshot is None or self._snapshot[0] is not frame:
            loop = asyncio.get_running_loop()
            made = loop.run_in_executor(self._thread, encode, frame.pixels, BEST)
            self._snapshot = frame, made
        return await asyncio.shield(self._snapshot[1])

    def close(self) -> None:
        """Want no more of the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _part(frame: Frame, result: LiveResult) -> Picture:
    jpeg = encode(frame.pixels, GOOD, LARGEST)
    said = {
        "frame": frame.number,
        "top": [one.to_json() for one in result.top[:_LABELS]],
    }
    headers = (
        "Content-Type: image/jpeg\r\n"
        f"Content-Length: {len(jpeg)}\r\n"
        f"X-Result: {json.dumps(said)}\r\n\r\n"
    )
    part = headers.encode("ascii") + jpeg + f"\r\n--{BOUNDARY}\r\n".encode("ascii")
    return Picture(number=frame.number, part=part)
