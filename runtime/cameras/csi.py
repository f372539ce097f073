"""The Raspberry Pi's camera on the ribbon cable (CSI), through the programs that come with it.

It gives raw data, of which libcamera makes pictures; OpenCV doesn't know that, and its Python
bindings are tied to the system's own Python.
"""

import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec

import cv2
import numpy as np

from armlet.errors import SourceError
from armlet.runtime.cameras.finding import INSTALL_RPICAM
from armlet.runtime.cameras.jpegs import JpegSplitter
from armlet.runtime.cameras.modes import WISH, Wish
from armlet.runtime.cameras.source import Pixels, Stream

PROGRAMS = ("rpicam-vid", "libcamera-vid")
"""One and the same; the older name was given up after Debian 12."""
FIRST_S, NEXT_S = 5.0, 1.5
"""How long to wait for a picture; less than ``feed.PATIENCE``, so that we say why."""
_LAST_WORDS_S = 0.5
_KILLED_S = 2.0
_PIECE = 1 << 16
_KEPT = 20
"""Lines that the program has said."""
_CABLE = "see to its cable, which goes in with the power off"
_KNOWN = (
    ("in use by another process", "is busy", "end the other program that uses it"),
    ("failed to acquire camera", "is busy", "end the other program that uses it"),
    ("no cameras available", "wasn't found by the system", _CABLE),
    (
        "selected camera is not available",
        "isn't there",
        "see edge-run camera --list for those there are",
    ),
    ("Permission denied", "can't be opened by this user", "add the user to the group video"),
)
"""What the programs say, what that means, and what to do."""
_LOG_PREFIX = re.compile(r"^\[[\d:.]+\]\s+\[\d+\]\s+\w+\s+\w+\s+\S+:\d+\s+")


@dataclass(frozen=True)
class CsiCamera:
    """A source: a camera on the ribbon cable.

    The size is asked for and kept by libcamera; the rate is the most it is allowed.
    """

    number: int = 0
    """As ``rpicam-hello --list-cameras`` counts them."""
    wish: Wish = WISH
    which: Callable[[str], str | None] = shutil.which
    """Finds a command."""
    waits = False
    lasting = False

    @property
    def name(self) -> str:
        """As the user calls it."""
        return f"csi:{self.number}" if self.number else "csi"

    def open(self) -> Stream:
        """Start capturing, and wait for the first picture.

        Raises:
            SourceError: There is no such camera, it is in use, or nothing can open it.
        """
        program = next(filter(None, map(self.which, PROGRAMS)), None)
        if program:
            return CsiStream(self.name, self._command(program))
        if find_spec("picamera2"):
            from armlet.runtime.cameras.picamera import PicameraStream

            return PicameraStream(self.name, self.number, self.wish)
        raise SourceError(f"{self.name} needs the program {PROGRAMS[0]}", INSTALL_RPICAM)

    def _command(self, program: str) -> Sequence[str]:
        # It ends with us even when we are killed; the program is part of every Debian.
        tied = self.which("setpriv")
        return [
            *([tied, "--pdeathsig", "KILL"] if tied else []),
            program,
            # JPEGs say how long they are; the rows of raw pictures have padding on some boards.
            *("--codec", "mjpeg", "--quality", "85"),
            *("--output", "-", "--flush"),
            *("--timeout", "0", "--nopreview"),
            *("--width", str(self.wish.width), "--height", str(self.wish.height)),
            *("--framerate", f"{self.wish.fps:g}"),
            *("--camera", str(self.number)),
        ]


class CsiStream:
    """A program that writes JPEGs.

    Args:
        name: What messages call the camera.
        command: The program and what it is told.

    Raises:
        SourceError: It can't be started, or gives no picture.
    """

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self._name = name
        self._splitter = JpegSplitter()
        self._said: deque[str] = deque(maxlen=_KEPT)
        self._rest = b""
        """Of what it says, a line that isn't whole yet."""
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,  # Ctrl-C is for us, and whatever it starts ends with it
            )
        except OSError as error:
            raise SourceError(
                f"{name}: {command[0]}: {error.strerror}", INSTALL_RPICAM
            ) from error
        assert self._process.stdout and self._process.stderr
        self._pictures = self._process.stdout.fileno()
        self._selector = selectors.DefaultSelector()
        for pipe in (self._process.stdout, self._process.stderr):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe.fileno(), selectors.EVENT_READ)
        try:
            self._first: Pixels | None = self._next(FIRST_S)
        except BaseException:
            self.close()
            raise
        height, width, _ = self._first.shape
        self._mode = f"{width} x {height}, MJPG"

    @property
    def mode(self) -> str:
        """Size of the first picture, and how they come; nothing tells the rate."""
        return self._mode

    def read(self) -> Pixels:
        """Wait for the next picture.

        Raises:
            SourceError: The program has ended, or gives nothing.
        """
        pixels, self._first = self._first, None
        return self._next(NEXT_S) if pixels is None else pixels

    def close(self) -> None:
        """End the program, whatever it is doing."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        # One that hangs in a driver can't be ended; it is waited for when the next one starts.
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_KILLED_S)
        self._selector.close()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    def _next(self, patience_s: float) -> Pixels:
        deadline = time.monotonic() + patience_s
        while (left := deadline - time.monotonic()) > 0:
            jpeg = self._splitter.take()
            if jpeg is None:
                self._receive(left)
                continue
            pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            if pixels is not None:
                return np.asarray(pixels, np.uint8)
        raise self._failure(f"gives no pictures for {patience_s:g} seconds", _CABLE)

    def _receive(self, timeout_s: float) -> None:
        """Take what there is, or wait for it.

        Raises:
            SourceError: The program has ended.
        """
        for key, _ in self._selector.select(timeout_s):
            data = os.read(key.fd, _PIECE)
            if key.fd != self._pictures:
                self._listen(data)
            elif data:
                self._splitter.feed(data)
            else:
                self._selector.unregister(self._pictures)
                self._hear_out()
                raise self._failure("is gone, its program has ended", _CABLE)
            if not data:
                self._selector.unregister(key.fd)

    def _hear_out(self) -> None:
        """Take its last words, which may come after its last picture."""
        deadline = time.monotonic() + _LAST_WORDS_S
        while self._selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                data = os.read(key.fd, _PIECE)
                self._listen(data)
                if not data:
                    self._selector.unregister(key.fd)

    def _listen(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_PIECE:]
        if not data:
            lines.append(self._rest)
        self._said += [line.decode("utf-8", "replace") for line in lines if line.strip()]

    def _failure(self, otherwise: str, advice: str) -> SourceError:
        """Why there are no pictures, as the program says, or else as we see it."""
        return complaint(self._name, self._said) or SourceError(
            f"{self._name} {otherwise}", advice
        )


def complaint(name: str, said: Sequence[str]) -> SourceError | None:
    """What the program's messages mean; None: it has said nothing of an error.

    Args:
        name: What messages call the camera.
        said: Its last lines.
    """
    for words, problem, advice in _KNOWN:
        if any(words in line for line in said):
            return SourceError(f"{name} {problem}", advice)
    errors = [line for line in said if "error" in line.lower() or "***" in line]
    if not errors:
        return None
    last = _LOG_PREFIX.sub("", errors[-1]).replace("***", "").removeprefix("ERROR:").strip()
    return SourceError(f"{name}: {last}", "try rpicam-hello, which shows the picture")
