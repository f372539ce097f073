"""tflite-runtime, which older images for boards still carry (Python 3.11, numpy 1).

Its int8 kernels round differently: don't expect LiteRT's and ONNX Runtime's very bits.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from armlet.runtime.backends.interpreter import open_interpreter
from armlet.runtime.session import NOTHING, Given, Session, Tensor

if TYPE_CHECKING:
    from armlet.runtime.profiled import ProfiledRun

REPRODUCES_INT8: Final = False


def open(path: Path, threads: int, given: Given = NOTHING) -> Session:
    """Load a .tflite file.

    Raises:
        BackendError: tflite-runtime isn't installed, or can't load the file.
    """
    return open_interpreter(
        "tflite_runtime.interpreter", "tflite-runtime", path, threads, given
    )


def profile(
    path: Path, threads: int, given: Given, tensor: Tensor, runs: int
) -> "Sequence[ProfiledRun]":
    """Run with a profiler, see ``Backend.profile``."""
    from armlet.runtime.backends import tflite_runtime_profiler

    return tflite_runtime_profiler.profile(path, threads, given, tensor, runs)
