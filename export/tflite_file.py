"""Writes TFLite: float32, or full int8 with the scales of the one table.

Everything is NHWC. The int8 file takes and gives int8. Tensors are named after the layer that
writes them, so that a profile of the file can be told by PyTorch module path.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from armlet.errors import UnsupportedOperator
from armlet.export.tflite_buffer import AlignedBuffer
from armlet.export.tflite_metadata import ENTRY
from armlet.graph import Activation, Graph, MaxPool, Node, Pads, Pair, Shape, Weighted
from armlet.quantization import Quantization

FUSED: Mapping[Activation | None, int] = MappingProxyType(
    {
        None: schema.ActivationFunctionType.NONE,
        "relu": schema.ActivationFunctionType.RELU,
        "relu6": schema.ActivationFunctionType.RELU6,
    }
)
IDENTIFIER = b"TFL3"


def builtin(name: str) -> int:
    """The number of a builtin operator."""
    return int(getattr(schema.BuiltinOperator, name))


class TfliteWriter:
    """Collects the tensors and operators of one file; the operators call its methods."""

    def __init__(self, graph: Graph, quantization: Quantization | None) -> None:
        self._graph = graph
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

    def shape(self, name: str) -> Shape:
        """Shape of one of the graph's activations, NHWC."""
        shape = self._graph.shapes[name]
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

    def weights(self, node: Weighted, order: Sequence[int]) -> tuple[int, int]:
        """Indices of weight and bias; ``order`` is that of (outputs, inputs, height, width)."""
        quantization = self._quantization
        axis = list(order).index(0)
        name = node.name
        shape = (*node.weight.shape, 1, 1)[:4]
        if quantization is None:
            kind = schema.TensorType.FLOAT32
            weight = node.weight.reshape(shape).transpose(order)
            index = self._add_tensor(f"{name}/weight", weight.shape, kind, weight)
            bias = self._add_tensor(f"{name}/bias", node.bias.shape, kind, node.bias)
            return index, bias
        stored = quantization.weights[name]
        values = stored.weight.reshape(shape).transpose(order)
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
        operator = schema.OperatorT()
        version = int8_version if self._quantization else 1
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
        index = self._add_tensor(name, shape, self._type)
        self._subgraph.tensors[index].quantization = self._subgraph.tensors[source].quantization
        self.reshape(source, index)
        return index

    def padded(
        self, node: Node, kernel: Sequence[int], strides: Pair, pads: Pads
    ) -> tuple[int, int]:
        """What a windowed operator shall read, and the padding it shall name.

        TFLite knows no numbers, only VALID (none) and SAME (as little as needed, more of it at
        the end). Where the node's padding is neither, a PAD goes before it: by zeros, which is
        exact for a convolution and, where nothing is negative, for a maximum.
        """
        (source,) = node.inputs
        _, height, width, channels = self.shape(source)
        _, rows, columns, _ = self.shape(node.outputs[0])
        top, left = pads[:2]
        # The last rows of bottom padding may lie beyond the last window.
        bottom = max((rows - 1) * strides[0] + kernel[0] - height - top, 0)
        right = max((columns - 1) * strides[1] + kernel[1] - width - left, 0)
        index = self.tensor(source)
        if not any((top, left, bottom, right)):
            return index, schema.Padding.VALID
        same = (top == (top + bottom) // 2, left == (left + right) // 2)
        if all(same) and (rows, columns) == (-(-height // strides[0]), -(-width // strides[1])):
            return index, schema.Padding.SAME
        shape = (1, top + height + bottom, left + width + right, channels)
        padded = self.like(f"{node.name}/pad", shape, source)
        amounts = np.array([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32)
        inputs = [index, self.constant("pads", amounts)]
        if isinstance(node, MaxPool) and not never_negative(self._graph, source):
            inputs.append(self._lowest(source))
            self.add(builtin("PADV2"), inputs, [padded], schema.PadV2OptionsT(), int8_version=2)
        else:
            self.add(builtin("PAD"), inputs, [padded], schema.PadOptionsT(), int8_version=2)
        return padded, schema.Padding.VALID

    def refuse(self, node: Node, detail: str) -> UnsupportedOperator:
        """The error for a node that TFLite can't express."""
        return UnsupportedOperator(
            f"{node.operator} {detail} in module {node.name} can't be written to TFLite",
            "write --formats onnx only",
        )

    def data(self, metadata: bytes) -> bytes:
        """The finished file; ``metadata`` is the TFLite Metadata flatbuffer."""
        source, result = self.tensor(self._graph.input), self.tensor(self._graph.output)
        self._subgraph.inputs, self._subgraph.outputs = [source], [result]
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = "serving_default", 0
        signature.inputs = [self._named("input", source)]
        signature.outputs = [self._named("logits", result)]
        self._model.signatureDefs = [signature]
        entry = schema.MetadataT()
        entry.name, entry.buffer = ENTRY, self._add_buffer(metadata)
        self._model.metadata = [entry]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), IDENTIFIER)
        return bytes(builder.Output())

    def _lowest(self, source: str) -> int:
        index = self._add_tensor(
            f"{source}/lowest",
            (1,),
            self._type,
            np.array([-128], np.int8)
            if self._quantization
            else np.array([-3.4e38], np.float32),
        )
        self._subgraph.tensors[index].quantization = self._subgraph.tensors[
            self.tensor(source)
        ].quantization
        return index

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


def never_negative(graph: Graph, tensor: str) -> bool:
    """Whether a tensor is known to hold no negative value."""
    node = graph.producer(tensor)
    if node is None:
        return False
    if getattr(node, "activation", None) is not None:
        return True
    return node.keeps_scale and all(never_negative(graph, name) for name in node.inputs)
