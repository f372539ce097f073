"""LiteRT, the present name of TensorFlow Lite's runtime."""

from pathlib import Path
from typing import Final

from armlet.bundle import Format
from armlet.runtime.backends import litert_profiler
from armlet.runtime.backends.interpreter import open_interpreter
from armlet.runtime.session import Session

FORMAT: Final[Format] = "tflite"
PACKAGE: Final = "ai_edge_litert"
profile: Final = litert_profiler.profile


def open(path: Path, threads: int) -> Session:
    """Load a .tflite file.

    Raises:
        BackendError: ai-edge-litert isn't installed, or can't load the file.
    """
    return open_interpreter("ai_edge_litert.interpreter", "litert", path, threads)
