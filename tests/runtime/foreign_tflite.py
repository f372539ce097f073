"""TFLite classifiers as other tools write them: a convolution, a mean and a matrix.

The weights are random (seeded): the models know nothing, they only have to be computed alike.
"""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

FILTERS = 6
TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
}
Steps = tuple[float, int]
"""Scale and zero point."""
PIXELS: Steps = (1 / 127.5, 127)
"""Of inputs: what MobileNet's quantized files have, nearly; for uint8."""


class _Writer:
    def __init__(self, element: str) -> None:
        self.element = element
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.operatorCodes = []
        self.model.buffers = [schema.BufferT()]
        self.model.subgraphs = [self.graph]

    def tensor(
        self,
        shape: Sequence[int],
        steps: Steps | None,
        data: NDArray[Any] | None = None,
        signature: Sequence[int] | None = None,
    ) -> int:
        """An activation, or a constant; zero points are given for uint8."""
        one = schema.TensorT()
        one.shape, one.name = list(shape), f"tensor{len(self.graph.tensors)}"
        one.type = TYPES[self.element]
        one.shapeSignature = list(signature) if signature else None
        if data is not None:
            if data.dtype == np.int32:
                one.type = schema.TensorType.INT32
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            one.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        if steps and self.element != "float32":
            one.quantization = schema.QuantizationParametersT()
            one.quantization.scale = [steps[0]]
            moved = 128 if one.type == schema.TensorType.INT8 else 0
            one.quantization.zeroPoint = [steps[1] - moved]
        self.graph.tensors.append(one)
        return len(self.graph.tensors) - 1

    def constant(self, values: NDArray[np.float64], scale: float) -> int:
        """Weights, of which the zero point is in the middle."""
        if self.element == "float32":
            return self.tensor(values.shape, None, values.astype(np.float32))
        steps = np.clip(np.rint(values / scale), -127, 127).astype(np.int8)
        data = steps if self.element == "int8" else steps.view(np.uint8) ^ np.uint8(128)
        return self.tensor(values.shape, (scale, 128), data)

    def bias(self, values: NDArray[np.float64], scale: float) -> int:
        if self.element == "float32":
            return self.tensor(values.shape, None, values.astype(np.float32))
        data = np.rint(values / scale).astype(np.int32)
        return self.tensor(values.shape, (scale, 0), data)

    def add(
        self, operator: str, inputs: Sequence[int], outputs: Sequence[int], **options: Any
    ) -> None:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, operator)
        code.deprecatedBuiltinCode = code.builtinCode
        code.version = 2 if self.element == "int8" else 1
        one = schema.OperatorT()
        one.opcodeIndex = len(self.model.operatorCodes)
        one.inputs, one.outputs = list(inputs), list(outputs)
        kind = options.pop("kind")
        one.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        one.builtinOptions = getattr(schema, f"{kind}T")()
        for name, value in options.items():
            setattr(one.builtinOptions, name, value)
        self.model.operatorCodes.append(code)
        self.graph.operators.append(one)


def classifier(
    element: str = "float32",
    *,
    height: int = 16,
    width: int = 16,
    channels: int = 3,
    classes: int = 5,
    softmax: bool = True,
    open_size: bool = False,
    outputs: int = 1,
    inputs: int = 1,
    metadata: bytes | None = None,
) -> bytes:
    """A .tflite file.

    Args:
        element: float32, int8 or uint8, inside and at both ends.
        height: Of the input.
        width: Of the input.
        channels: Of the input.
        classes: How many outputs.
        softmax: Whether it ends in one.
        open_size: Whether batch, height and width are -1 in the signature.
        outputs: How often the output is listed.
        inputs: How often the input is listed.
        metadata: TFLite Metadata.
    """
    random = np.random.default_rng(7)
    it = _Writer(element)
    signature = (-1, -1, -1, channels) if open_size else None
    shape = (1, 1, 1, channels) if open_size else (1, height, width, channels)
    image = it.tensor(shape, PIXELS, signature=signature)
    rows, columns = (1, 1) if open_size else ((height + 1) // 2, (width + 1) // 2)
    kernel = it.constant(random.normal(0, 0.3, (FILTERS, 3, 3, channels)), 0.01)
    bias = it.bias(random.normal(0, 0.1, FILTERS), PIXELS[0] * 0.01)
    convolved = it.tensor((1, rows, columns, FILTERS), (0.02, 0))
    it.add(
        "CONV_2D",
        [image, kernel, bias],
        [convolved],
        kind="Conv2DOptions",
        padding=schema.Padding.SAME,
        strideH=2,
        strideW=2,
        fusedActivationFunction=schema.ActivationFunctionType.RELU,
    )
    axes = it.tensor((2,), None, np.array([1, 2], np.int32))
    mean = it.tensor((1, FILTERS), (0.02, 0))
    it.add("MEAN", [convolved, axes], [mean], kind="ReducerOptions", keepDims=False)
    matrix = it.constant(random.normal(0, 1.5, (classes, FILTERS)), 0.04)
    offsets = it.bias(random.normal(0, 0.5, classes), 0.02 * 0.04)
    result = it.tensor((1, classes), (0.06, 128))
    it.add(
        "FULLY_CONNECTED",
        [mean, matrix, offsets],
        [result],
        kind="FullyConnectedOptions",
        fusedActivationFunction=schema.ActivationFunctionType.NONE,
    )
    if softmax:
        logits, result = result, it.tensor((1, classes), (1 / 256, 0))
        it.add("SOFTMAX", [logits], [result], kind="SoftmaxOptions", beta=1.0)
    more = [it.tensor((1, 2), (0.1, 0)) for _ in range(inputs - 1)]
    it.graph.inputs = [image, *more]
    it.graph.outputs = [result, logits][:outputs] if softmax else [result]
    if metadata is not None:
        entry, buffer = schema.MetadataT(), schema.BufferT()
        entry.name, entry.buffer = "TFLITE_METADATA", len(it.model.buffers)
        buffer.data = np.frombuffer(metadata, np.uint8)
        it.model.metadata = [entry]
        it.model.buffers.append(buffer)
    builder = flatbuffers.Builder(1024)
    builder.Finish(it.model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def standard_metadata(mean: Sequence[float], std: Sequence[float], labels: str) -> bytes:
    """TFLite Metadata as TensorFlow's own writers make it, in units of 0 to 255."""
    builder = flatbuffers.Builder(256)

    def table(*fields: tuple[int, int], code: int | None = None) -> int:
        builder.StartObject(9)
        if code is not None:  # the kind in a union or of a file, and where it stands
            builder.PrependUint8Slot(code >> 8, code & 255, 0)
        for field, offset in fields:
            builder.PrependUOffsetTRelativeSlot(field, offset, 0)
        return int(builder.EndObject())

    def tables(*offsets: int) -> int:
        builder.StartVector(4, len(offsets), 4)
        for offset in offsets:
            builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())

    def floats(values: Sequence[float]) -> int:
        return int(builder.CreateNumpyVector(np.asarray(values, np.float32)))

    normalization = table((0, floats(mean)), (1, floats(std)))
    units = tables(table((1, normalization), code=1))
    size_name = builder.CreateString("a classifier")
    source = table((4, units))
    file = table((0, builder.CreateString(labels)), code=2 << 8 | 2)
    answer = table((6, tables(file)))
    graph = table((2, tables(source)), (3, tables(answer)))
    root = table((0, size_name), (3, tables(graph)))
    builder.Finish(root, file_identifier=b"M001")
    return bytes(builder.Output())


def with_files(model: bytes, **files: str) -> bytes:
    """The model with an archive behind it; an underscore in a name stands for a full stop."""
    data = io.BytesIO(model)
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return data.getvalue()
