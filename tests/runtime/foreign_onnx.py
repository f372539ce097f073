"""ONNX classifiers as other tools write them: a convolution, a mean and a matrix.

The weights are random (seeded): the models know nothing, they only have to be computed alike.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

FILTERS = 6
IR_VERSIONS = {9: 3, 10: 5, 11: 6, 13: 7, 15: 8, 17: 8, 18: 8, 21: 10}
"""What the exporters of an opset's time wrote."""
TYPES = {"float32": TensorProto.FLOAT, "int8": TensorProto.INT8, "uint8": TensorProto.UINT8}
INPUT_SCALE = 1 / 64
INPUT_ZERO = {"int8": -4, "uint8": 124}
OUTPUT_SCALE = 1 / 16
OUTPUT_ZERO = {"int8": 3, "uint8": 131}
Dimension = int | str


def classifier(
    *,
    opset: int = 17,
    element: str = "float32",
    result: str = "float32",
    layout: str = "NCHW",
    batch: Dimension = 1,
    height: Dimension = 16,
    width: Dimension = 16,
    channels: Dimension = 3,
    classes: int = 5,
    softmax: bool = False,
    kept_axes: bool = False,
    outputs: int = 1,
    inputs: int = 1,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """An .onnx file.

    Args:
        opset: Version of the operators.
        element: Of the input; int8 and uint8 are followed by DequantizeLinear.
        result: Of the output; int8 and uint8 come from QuantizeLinear.
        layout: Of the input; NHWC is followed by Transpose.
        batch: Of the input, as the shape says it; a name where any length will do.
        height: Likewise.
        width: Likewise.
        channels: Likewise; a name means 3.
        classes: How many outputs.
        softmax: Whether it ends in one.
        kept_axes: Whether the output is (1, classes, 1, 1).
        outputs: How many.
        inputs: How many.
        metadata: ``metadata_props``.
    """
    random = np.random.default_rng(7)
    depth = channels if isinstance(channels, int) else 3
    weights: dict[str, NDArray[Any]] = {
        "kernel": random.normal(0, 0.3, (FILTERS, depth, 3, 3)).astype(np.float32),
        "bias": random.normal(0, 0.1, FILTERS).astype(np.float32),
        "matrix": random.normal(0, 1.5, (classes, FILTERS, 1, 1)).astype(np.float32),
        "offsets": random.normal(0, 0.5, classes).astype(np.float32),
    }
    nodes: list[NodeProto] = []
    last = "image"

    def add(operator: str, *more: str, **attributes: Any) -> None:
        nonlocal last
        name = f"value{len(nodes)}"
        nodes.append(helper.make_node(operator, [last, *more], [name], **attributes))
        last = name

    def scale(operator: str, name: str, step: float, zero: int, kind: str) -> None:
        weights[f"{name}_scale"] = np.array(step, np.float32)
        weights[f"{name}_zero"] = np.array(zero, kind)
        add(operator, f"{name}_scale", f"{name}_zero")

    if element != "float32" and layout == "NHWC":  # before and after: exporters do both
        add("Transpose", perm=[0, 3, 1, 2])
    if element != "float32":
        scale("DequantizeLinear", "in", INPUT_SCALE, INPUT_ZERO[element], element)
    elif layout == "NHWC":
        add("Transpose", perm=[0, 3, 1, 2])
    add("Conv", "kernel", "bias", pads=[1, 1, 1, 1], strides=[2, 2])
    add("Relu")
    add("GlobalAveragePool")
    add("Conv", "matrix", "offsets")
    if not kept_axes:
        add("Flatten")
    if softmax:
        add("Softmax", axis=1)
    if result != "float32":
        scale("QuantizeLinear", "out", OUTPUT_SCALE, OUTPUT_ZERO[result], result)
    length = {"N": batch, "C": channels, "H": height, "W": width}
    shape = [length[axis] for axis in layout]
    ends: list[Dimension] = [batch, classes, 1, 1] if kept_axes else [batch, classes]
    ir_version = IR_VERSIONS[opset]
    constants = [numpy_helper.from_array(np.asarray(v), k) for k, v in weights.items()]
    sources = [helper.make_tensor_value_info("image", TYPES[element], shape)]
    sources += [
        helper.make_tensor_value_info(f"more{number}", TensorProto.FLOAT, [1])
        for number in range(inputs - 1)
    ]
    if ir_version < 4:  # then weights were inputs, too
        sources += [
            helper.make_tensor_value_info(one.name, one.data_type, one.dims)
            for one in constants
        ]
    answers = [helper.make_tensor_value_info(last, TYPES[result], ends)]
    for number in range(outputs - 1):
        nodes.append(helper.make_node("Identity", [last], [f"again{number}"]))
        answers.append(helper.make_tensor_value_info(f"again{number}", TYPES[result], ends))
    return written(nodes, sources, answers, constants, opset, metadata)


def casting() -> bytes:
    """A file that takes uint8 without a scale: the mean of R, G and B of its pixels."""
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("GlobalAveragePool", ["pixels"], ["logits"]),
    ]
    source = helper.make_tensor_value_info("image", TensorProto.UINT8, [1, 3, 16, 16])
    answer = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 3, 1, 1])
    return written(nodes, [source], [answer])


def written(
    nodes: Sequence[NodeProto],
    sources: Sequence[ValueInfoProto],
    answers: Sequence[ValueInfoProto],
    constants: Sequence[TensorProto] = (),
    opset: int = 17,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """A file of these parts."""
    graph = helper.make_graph(nodes, "classifier", sources, answers, constants)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=IR_VERSIONS[opset],
        producer_name="somebody",
    )
    helper.set_model_props(model, dict(metadata or {}))
    data: bytes = model.SerializeToString()
    return data
