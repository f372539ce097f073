"""LiteRT, the present name of TensorFlow Lite's runtime."""

from pathlib import Path
from typing import Final

from armlet.bundle import Format
from armlet.runtime.backends.interpreter import open_interpreter
from armlet.runtime.backends.litert_profiler import profile as profile
from armlet.runtime.session import NOTHING, Given, Session

FORMAT: Final[Format] = "tflite"
PACKAGE: Final = "ai_edge_litert"
REPRODUCES_INT8: Final = True


def open(path: Path, threads: int, given: Given = NOTHING) -> Session:
    """Load a .tflite file.

    Raises:
        BackendError: ai-edge-litert isn't installed, or can't load the file.
    """
    return open_interpreter("ai_edge_litert.interpreter", "litert", path, threads, given)
