"""LiteRT, the present name of TensorFlow Lite's runtime."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from armlet.runtime.backends.interpreter import open_interpreter
from armlet.runtime.session import NOTHING, Given, Session, Tensor

if TYPE_CHECKING:
    from armlet.runtime.profiled import ProfiledRun

REPRODUCES_INT8: Final = True


def open(path: Path, threads: int, given: Given = NOTHING) -> Session:
    """Load a .tflite file.

    Raises:
        BackendError: ai-edge-litert isn't installed, or can't load the file.
    """
    return open_interpreter("ai_edge_litert.interpreter", "litert", path, threads, given)


def profile(
    path: Path, threads: int, given: Given, tensor: Tensor, runs: int
) -> "Sequence[ProfiledRun]":
    """Run with a profiler, see ``Backend.profile``."""
    from armlet.runtime.backends import litert_profiler

    return litert_profiler.profile(path, threads, given, tensor, runs)
