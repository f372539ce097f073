"""The TFLite interpreter, which LiteRT and tflite-runtime share; both take NHWC."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armlet.errors import BackendError
from armlet.runtime.backends import import_runtime
from armlet.runtime.session import InputSpec, Session, Tensor, first_line
from armlet.scales import Scale
from armlet.silence import silenced


@dataclass(frozen=True, kw_only=True)
class InterpreterSession:
    """A loaded .tflite file."""

    input: InputSpec
    classes: int
    interpreter: Any
    input_index: int
    output_index: int
    output_scale: Scale | None
    """None: the logits are float32."""

    def run(self, tensor: Tensor) -> NDArray[np.float32]:
        """Logits, (1, classes) float32, of one (1, size, size, 3) float32 or int8."""
        self.interpreter.set_tensor(self.input_index, tensor)
        self.interpreter.invoke()
        logits = np.asarray(self.interpreter.get_tensor(self.output_index))
        if self.output_scale is None:
            return np.asarray(logits, np.float32)
        steps = logits.astype(np.float32) - np.float32(self.output_scale.zero_point)
        return np.asarray(steps * np.float32(self.output_scale.scale), np.float32)


def open_interpreter(module: str, backend: str, path: Path, threads: int) -> Session:
    """Load a .tflite file.

    Args:
        module: Where the runtime keeps its ``Interpreter``.
        backend: The backend's name.
        path: The file.
        threads: How many the interpreter may use.

    Raises:
        BackendError: The runtime isn't installed, or can't load the file.
    """
    runtime = import_runtime(module, backend)
    try:
        with silenced():
            interpreter = runtime.Interpreter(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (RuntimeError, SystemError, ValueError) as error:
        # A SystemError wraps what really happened: tflite-runtime meets numpy 2, say.
        raise BackendError(
            f"{backend} can't load {path} ({first_line(error.__cause__ or error)})",
            f"run pip install 'armlet[{backend}]' again, or export again",
        ) from error
    (source,) = interpreter.get_input_details()
    (answer,) = interpreter.get_output_details()
    return InterpreterSession(
        input=InputSpec(layout="NHWC", size=int(source["shape"][1]), scale=_scale(source)),
        classes=int(answer["shape"][1]),
        interpreter=interpreter,
        input_index=source["index"],
        output_index=answer["index"],
        output_scale=_scale(answer),
    )


def _scale(tensor: dict[str, Any]) -> Scale | None:
    if tensor["dtype"] == np.float32:
        return None
    scale, zero_point = tensor["quantization"]
    return Scale(scale=float(scale), zero_point=int(zero_point))
