"""tflite-runtime, which older images for boards still carry (Python 3.11, numpy 1).

Its int8 kernels round differently: don't expect LiteRT's and ONNX Runtime's very bits.
"""

from pathlib import Path
from typing import Final

from armlet.bundle import Format
from armlet.runtime.backends import tflite_runtime_profiler
from armlet.runtime.backends.interpreter import open_interpreter
from armlet.runtime.session import Session

FORMAT: Final[Format] = "tflite"
PACKAGE: Final = "tflite_runtime"
profile: Final = tflite_runtime_profiler.profile


def open(path: Path, threads: int) -> Session:
    """Load a .tflite file.

    Raises:
        BackendError: tflite-runtime isn't installed, or can't load the file.
    """
    return open_interpreter("tflite_runtime.interpreter", "tflite-runtime", path, threads)
