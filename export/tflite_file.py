"""Writes TFLite: float32, float16, or full int8 with the scales of the one table.

Everything is NHWC. The int8 file takes and gives int8. The float16 file takes and gives
float32, stores its weights in half, and lets XNNPACK compute in half where the processor can.
Tensors are named after the layer that writes them, so that a profile of the file can be told by
PyTorch module path.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from armlet.errors import UnsupportedOperator
from armlet.export.tflite_buffer import AlignedBuffer
from armlet.export.tflite_metadata import ENTRY
from armlet.graph import Activation, Graph, Node, Shape, Weighted
from armlet.quantization import Quantization
from armlet.records import Precision

FUSED: Mapping[Activation | None, int] = MappingProxyType(
    {
        None: schema.ActivationFunctionType.NONE,
        "relu": schema.ActivationFunctionType.RELU,
        "relu6": schema.ActivationFunctionType.RELU6,
    }
)
Arrange = Callable[[NDArray[Any]], NDArray[Any]]
IDENTIFIER = b"TFL3"
HALF_PRECISION = ("reduced_precision_support", b"fp16accfp16")
"""Metadata by which TensorFlow Lite's converter allows half-precision arithmetic, sums
included; without it XNNPACK computes in float32."""
DEQUANTIZE_VERSION = 3
"""The first that takes float16."""


def builtin(name: str) -> int:
    """The number of a builtin operator."""
    return int(getattr(schema.BuiltinOperator, name))


class TfliteWriter:
    """Collects the tensors and operators of one file; the operators call its methods."""

    def __init__(
        self, graph: Graph, precision: Precision, quantization: Quantization | None
    ) -> None:
        self.graph = graph
        self._precision = precision
        self._quantization = quantization
        self._subgraph = schema.SubGraphT()
        self._subgraph.name = "main"
        self._subgraph.tensors, self._subgraph.operators = [], []
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.description = "armlet"
        self._model.operatorCodes = []
        self._model.buffers = [schema.BufferT()]  # buffer 0 means "computed at run time"
        self._model.subgraphs = [self._subgraph]
        self._indices: dict[str, int] = {}
        self._codes: dict[tuple[int, int], int] = {}
        self._type = schema.TensorType.INT8 if quantization else schema.TensorType.FLOAT32

    @property
    def int8(self) -> bool:
        """Whether the file computes in integers."""
        return self._quantization is not None

    def shape(self, name: str) -> Shape:
        """Shape of one of the graph's activations, NHWC."""
        shape = self.graph.shapes[name]
        return (shape[0], *shape[2:], shape[1]) if len(shape) == 4 else shape

    def stored_shape(self, index: int) -> Shape:
        """Shape of any tensor, as stored."""
        return tuple(self._subgraph.tensors[index].shape)

    def tensor(self, name: str) -> int:
        """Index of one of the graph's activations."""
        return self.like(name, self.shape(name), name)

    def like(self, name: str, shape: Sequence[int], source: str) -> int:
        """Index of an activation of the writer's own, on the scale of ``source``."""
        if name not in self._indices:
            index = self._add_tensor(name, shape, self._type)
            if self._quantization:
                scale = self._quantization.activations[source]
                self._quantize(index, [scale.scale], [scale.zero_point])
            self._indices[name] = index
        return self._indices[name]

    def constant(self, name: str, values: NDArray[np.int32]) -> int:
        """Index of an int32 constant; equal ones are stored once."""
        key = f"const/{name}/{values.tolist()}"
        if key not in self._indices:
            kind = schema.TensorType.INT32
            self._indices[key] = self._add_tensor(key, values.shape, kind, values)
        return self._indices[key]

    def weights(
        self, node: Weighted, order: Sequence[int], arrange: Arrange = np.asarray
    ) -> tuple[int, int]:
        """Indices of weight and bias.

        Args:
            node: Whose weight is (outputs, inputs, height, width), or lacks the last two.
            order: In which the file wants these axes.
            arrange: What else is to be done to the weight, in that order.
        """
        quantization = self._quantization
        axis = list(order).index(0)
        name = node.name
        shape = (*node.weight.shape, 1, 1)[:4]
        if quantization is None:
            kind = schema.TensorType.FLOAT32
            weight = arrange(node.weight.reshape(shape).transpose(order))
            bias = self._add_tensor(f"{name}/bias", node.bias.shape, kind, node.bias)
            if self._precision == "float16":
                return self._halved(f"{name}/weight", weight), bias
            return self._add_tensor(f"{name}/weight", weight.shape, kind, weight), bias
        stored = quantization.weights[name]
        values = arrange(stored.weight.reshape(shape).transpose(order))
        kind = schema.TensorType.INT8
        index = self._add_tensor(f"{name}/weight", values.shape, kind, values)
        self._quantize(index, stored.scales, np.zeros_like(stored.scales), axis)
        kind = schema.TensorType.INT32
        bias = self._add_tensor(f"{name}/bias", stored.bias.shape, kind, stored.bias)
        self._quantize(bias, stored.bias_scales, np.zeros_like(stored.bias_scales))
        return index, bias

    def add(
        self,
        code: int,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: Any,
        *,
        int8_version: int,
    ) -> None:
        """Append an operator; ``int8_version`` is its version in int8 files (1 in float)."""
        self._append(code, inputs, outputs, options, int8_version if self._quantization else 1)

    def _append(
        self,
        code: int,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: Any,
        version: int,
    ) -> None:
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(code, version)
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if options is not None:
            kind = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            operator.builtinOptions = options
        self._subgraph.operators.append(operator)

    def reshape(self, source: int, output: int) -> None:
        """Append a RESHAPE to the shape that ``output`` has."""
        options = schema.ReshapeOptionsT()
        options.newShape = list(self.stored_shape(output))
        shape = self.constant("shape", np.array(options.newShape, np.int32))
        self.add(builtin("RESHAPE"), [source, shape], [output], options, int8_version=1)

    def reshaped(self, source: int, name: str, shape: Sequence[int]) -> int:
        """Append a RESHAPE to a new tensor ``name`` on the scale of ``source``."""
        index = self.beside(name, shape, source)
        self.reshape(source, index)
        return index

    def beside(
        self, name: str, shape: Sequence[int], source: int, values: NDArray[Any] | None = None
    ) -> int:
        """Index of a new tensor on the scale of another."""
        index = self._add_tensor(name, shape, self._type, values)
        self._subgraph.tensors[index].quantization = self._subgraph.tensors[source].quantization
        return index

    def refuse(self, node: Node, detail: str) -> UnsupportedOperator:
        """The error for a node that TFLite can't express."""
        return UnsupportedOperator(
            f"{node.operator} {detail} in module {node.name} can't be written to TFLite",
            "write --formats onnx only",
        )

    def data(self, metadata: bytes, input_name: str) -> bytes:
        """The finished file.

        Args:
            metadata: The TFLite Metadata flatbuffer.
            input_name: Of the tensor, and in the signature.
        """
        source, result = self.tensor(self.graph.input), self.tensor(self.graph.output)
        self._subgraph.tensors[source].name = input_name
        self._subgraph.inputs, self._subgraph.outputs = [source], [result]
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = "serving_default", 0
        signature.inputs = [self._named(input_name, source)]
        signature.outputs = [self._named("logits", result)]
        self._model.signatureDefs = [signature]
        entries = [(ENTRY, metadata)]
        if self._precision == "float16":
            entries.append(HALF_PRECISION)
        self._model.metadata = [self._entry(*one) for one in entries]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), IDENTIFIER)
        return bytes(builder.Output())

    def _halved(self, name: str, values: NDArray[np.float32]) -> int:
        """Index of a weight that is stored in half; runtimes unpack it once, when they load."""
        largest = float(np.finfo(np.float16).max)
        half = np.clip(values, -largest, largest).astype(np.float16)
        kind = schema.TensorType.FLOAT16
        stored = self._add_tensor(f"{name}/half", values.shape, kind, half)
        index = self._add_tensor(name, values.shape, schema.TensorType.FLOAT32)
        options = schema.DequantizeOptionsT()
        self._append(builtin("DEQUANTIZE"), [stored], [index], options, DEQUANTIZE_VERSION)
        return index

    def _entry(self, name: str, data: bytes) -> Any:
        entry = schema.MetadataT()
        entry.name, entry.buffer = name, self._add_buffer(data)
        return entry

    def _named(self, name: str, index: int) -> Any:
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name, index
        return entry

    def _code(self, code: int, version: int) -> int:
        if (code, version) not in self._codes:
            entry = schema.OperatorCodeT()
            # Readers of before 2020 look at the one-byte field.
            entry.builtinCode, entry.deprecatedBuiltinCode = code, min(code, 127)
            entry.version = version
            self._model.operatorCodes.append(entry)
            self._codes[code, version] = len(self._model.operatorCodes) - 1
        return self._codes[code, version]

    def _add_tensor(
        self, name: str, shape: Sequence[int], kind: int, values: NDArray[Any] | None = None
    ) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.type, tensor.hasRank = name, kind, True
        tensor.shape = [int(size) for size in shape]
        tensor.buffer = 0
        if values is not None:
            tensor.buffer = self._add_buffer(np.ascontiguousarray(values).tobytes())
        self._subgraph.tensors.append(tensor)
        return len(self._subgraph.tensors) - 1

    def _add_buffer(self, data: bytes) -> int:
        self._model.buffers.append(AlignedBuffer(np.frombuffer(data, np.uint8)))
        return len(self._model.buffers) - 1

    def _quantize(self, index: int, scales: Any, zero_points: Any, axis: int = 0) -> None:
        quantization = schema.QuantizationParametersT()
        quantization.scale = np.asarray(scales, np.float32)
        quantization.zeroPoint = np.asarray(zero_points, np.int64)
        quantization.quantizedDimension = axis
        self._subgraph.tensors[index].quantization = quantization
