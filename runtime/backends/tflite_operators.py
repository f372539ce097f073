"""The operators of a .tflite file, as its interpreter lists them before any delegate is in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from armlet.graph import Shape
from armlet.runtime.backends import import_runtime
from armlet.runtime.profiled import Work
from armlet.silence import silenced

_OUTPUTS_AXIS: Mapping[str, int] = MappingProxyType(
    {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
)
"""Operators that multiply by a weight, their second input, and its axis of outputs."""


@dataclass(frozen=True, kw_only=True)
class TfliteTensor:
    """A tensor of the file, constant or not."""

    index: int
    name: str
    shape: Shape
    """As stored: NHWC, weights (outputs, height, width, inputs)."""
    bytes: int | None
    """None where an element has no fixed size."""


@dataclass(frozen=True, kw_only=True)
class TfliteOperator:
    """An operator of the file."""

    kind: str
    """Such as ``CONV_2D``."""
    inputs: Sequence[TfliteTensor]
    outputs: Sequence[TfliteTensor]

    @property
    def name(self) -> str:
        """Its first output's, which our own files name after the layer."""
        return (self.outputs[0].name if self.outputs else "") or self.kind

    def work(self) -> Work:
        """What it costs on paper."""
        sizes = [tensor.bytes for tensor in (*self.inputs, *self.outputs)]
        moved = None if None in sizes else sum(size or 0 for size in sizes)
        if self.kind not in _OUTPUTS_AXIS or len(self.inputs) < 2:
            return Work(bytes=moved)
        source, weight, *rest = (tensor.shape for tensor in self.inputs)
        outputs = weight[_OUTPUTS_AXIS[self.kind]]
        # A grouped CONV_2D sees fewer channels than there are.
        alone = self.kind == "CONV_2D" and weight[3] == 1 and source[3] == outputs > 1
        return Work(
            depthwise=self.kind == "DEPTHWISE_CONV_2D" or alone,
            macs=math.prod(weight) * math.prod(self.outputs[0].shape) // outputs,
            parameters=math.prod(weight) + sum(map(math.prod, rest)),
            bytes=moved,
        )


def read_operators(
    module: str, backend: str, path: Path, shape: Shape
) -> Sequence[TfliteOperator]:
    """List the operators in the order of the file.

    Args:
        module: Where the runtime keeps its ``Interpreter``.
        backend: The backend's name.
        path: A file that the interpreter is known to load.
        shape: Of the input, which the file may leave open.

    Raises:
        BackendError: The runtime isn't installed.
    """
    runtime = import_runtime(module, backend)
    plain = runtime.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    with silenced():
        interpreter = runtime.Interpreter(
            model_path=str(path), experimental_op_resolver_type=plain
        )
        (source,) = interpreter.get_input_details()
        if tuple(source["shape"]) != tuple(shape):
            interpreter.resize_tensor_input(source["index"], shape)
            interpreter.allocate_tensors()
    tensors = {one["index"]: _tensor(one) for one in interpreter.get_tensor_details()}
    return [
        TfliteOperator(
            kind=operator["op_name"],
            # An optional input that isn't there has the index -1.
            inputs=[tensors[index] for index in operator["inputs"] if index in tensors],
            outputs=[tensors[index] for index in operator["outputs"] if index in tensors],
        )
        for operator in interpreter._get_ops_details()
    ]


def _tensor(details: Mapping[str, Any]) -> TfliteTensor:
    shape = tuple(map(int, details["shape"]))
    sized = np.issubdtype(details["dtype"], np.number) or details["dtype"] is np.bool_
    return TfliteTensor(
        index=int(details["index"]),
        name=details["name"],
        shape=shape,
        bytes=math.prod(shape) * np.dtype(details["dtype"]).itemsize if sized else None,
    )
