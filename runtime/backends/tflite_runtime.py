"""tflite-runtime, which older images for boards still carry (Python 3.11, numpy 1).

Its int8 kernels round differently: don't expect LiteRT's and ONNX Runtime's very bits.
"""

from pathlib import Path
from typing import Final

from armlet.bundle import Format
from armlet.runtime.backends.interpreter import open_interpreter
from armlet.runtime.backends.tflite_runtime_profiler import profile as profile
from armlet.runtime.session import NOTHING, Given, Session

FORMAT: Final[Format] = "tflite"
PACKAGE: Final = "tflite_runtime"
REPRODUCES_INT8: Final = False


def open(path: Path, threads: int, given: Given = NOTHING) -> Session:
    """Load a .tflite file.

    Raises:
        BackendError: tflite-runtime isn't installed, or can't load the file.
    """
    return open_interpreter(
        "tflite_runtime.interpreter", "tflite-runtime", path, threads, given
    )
