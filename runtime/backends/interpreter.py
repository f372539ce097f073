"""The TFLite interpreter, which LiteRT and tflite-runtime share."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armlet.bundle import ROTATED_INPUT
from armlet.errors import BackendError
from armlet.runtime.answer import FirstRun, check_ends, check_name, check_scale, dequantized
from armlet.runtime.backends import import_runtime
from armlet.runtime.session import (
    CLASSIFIER,
    NOTHING,
    Element,
    Given,
    InputSpec,
    Session,
    Tensor,
    first_line,
)
from armlet.runtime.shape import read_shape
from armlet.scales import Scale
from armlet.silence import silenced

_ELEMENTS: dict[Any, Element] = {np.float32: "float32", np.int8: "int8", np.uint8: "uint8"}


@dataclass(frozen=True, kw_only=True)
class InterpreterSession(FirstRun):
    """A loaded .tflite file."""

    path: Path
    input: InputSpec
    interpreter: Any
    input_index: int
    output_index: int
    output_scale: Scale | None
    lock: Lock = field(default_factory=Lock)
    """An interpreter has one set of tensors, whoever calls it."""

    def run(self, tensor: Tensor) -> NDArray[np.float32]:
        """Run the model once, see ``Session.run``."""
        try:
            with self.lock:
                self.interpreter.set_tensor(self.input_index, tensor)
                self.interpreter.invoke()
                answer = np.asarray(self.interpreter.get_tensor(self.output_index))
        except (RuntimeError, ValueError) as error:
            raise BackendError(
                f"{self.path} can't be run ({first_line(error)})",
                "see that it is whole, and made for this --input-size and --layout",
            ) from error
        return dequantized(self.path, answer, self.output_scale)


def open_interpreter(
    module: str, backend: str, path: Path, threads: int, given: Given = NOTHING
) -> Session:
    """Load a .tflite file.

    Args:
        module: Where the runtime keeps its ``Interpreter``.
        backend: The backend's name.
        path: The file.
        threads: How many the interpreter may use.
        given: What is known of the input, where the file leaves it open.

    Raises:
        BackendError: The runtime isn't installed, or can't load the file, or that is no image
            classifier.
        OptionError: The input's shape leaves something open, and so does ``given``.
    """
    check_name(path)
    runtime = import_runtime(module, backend)
    try:
        with silenced():
            interpreter = runtime.Interpreter(model_path=str(path), num_threads=threads)
            source, answer = _ends(path, interpreter)
            spec = _input(path, source, given)
            if list(source["shape"]) != list(spec.shape):
                interpreter.resize_tensor_input(source["index"], spec.shape)
            interpreter.allocate_tensors()
    except (RuntimeError, SystemError, ValueError) as error:
        # A SystemError wraps what really happened: tflite-runtime meets numpy 2, say.
        raise BackendError(
            f"{backend} can't load {path} ({first_line(error.__cause__ or error)})",
            f"run pip install 'armlet[{backend}]' again, or export again",
        ) from error
    return InterpreterSession(
        path=path,
        input=spec,
        interpreter=interpreter,
        input_index=source["index"],
        output_index=answer["index"],
        output_scale=_scale(answer),
    )


def _ends(path: Path, interpreter: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The input and the output, if there is one of each and edge-run knows what it holds."""
    sources, answers = interpreter.get_input_details(), interpreter.get_output_details()
    check_ends(path, len(sources), len(answers))
    for verb, tensor in (("takes", sources[0]), ("answers with", answers[0])):
        if tensor["dtype"] not in _ELEMENTS:
            raise BackendError(
                f"{path} {verb} {np.dtype(tensor['dtype']).name}, not float32, int8 or uint8",
                CLASSIFIER,
            )
    check_scale(path, _ELEMENTS[answers[0]["dtype"]], _scale(answers[0]))
    return sources[0], answers[0]


def _input(path: Path, tensor: dict[str, Any], given: Given) -> InputSpec:
    lengths: Sequence[int] = tensor["shape"]
    signature = tensor.get("shape_signature", lengths)  # -1 where any length will do
    lengths = signature if len(signature) else lengths
    shape = [int(length) if length > 0 else None for length in lengths]
    spec = read_shape(path, shape, _ELEMENTS[tensor["dtype"]], _scale(tensor), given)
    return replace(spec, rotated=bool(tensor["name"] == ROTATED_INPUT))


def _scale(tensor: dict[str, Any]) -> Scale | None:
    scale, zero_point = tensor["quantization"]
    if tensor["dtype"] == np.float32 or scale == 0:
        return None
    moved = 128 if tensor["dtype"] == np.uint8 else 0
    return Scale(scale=float(scale), zero_point=int(zero_point) - moved)
