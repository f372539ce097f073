"""Where the command ``edge-run`` begins and ends.

Most runs take a fraction of a second, and Python's own housekeeping a good part of that.
"""

import gc
import os
import signal
import sys
from typing import NoReturn

_OBJECTS = 100_000
_SETTINGS = {
    # Nothing here multiplies matrices, so numpy's library for that needs no threads.
    "OPENBLAS_NUM_THREADS": "1",
    # What a camera or a video does wrong we say ourselves, once and not at every frame.
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # Seconds that reading a camera may hang: as long as we wait for its first picture.
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "5",
}
"""Of libraries, which read them when they are imported."""


def run() -> NoReturn:
    """Run the command and end the process."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    # Imports make thousands of objects that stay; looking through them finds no garbage.
    gc.set_threshold(_OBJECTS)
    # Whoever is told to stop still removes temporary files.
    signal.signal(signal.SIGTERM, _stop)
    try:
        from armlet.runtime.cli import main

        main()
        code = 0
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    _leave(code)


def _stop(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _leave(code: int) -> NoReturn:
    """End at once: freeing a runtime and OpenCV piece by piece takes as long as ten runs."""
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):  # None: closed by the caller
            stream.flush()
    except (OSError, ValueError):
        code = code or 1  # nobody got what was printed last
    os._exit(code)
