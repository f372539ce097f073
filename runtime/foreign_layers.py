"""Layers of a file that came without a manifest, made from its profile."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from armlet.records import Kind, Layer
from armlet.runtime.profiled import NodeTime, ProfiledRun, Work

_PREFIXES = ("QLinear", "Nhwc", "Fused")
"""What ONNX Runtime puts before the name of an operator that it has another kernel for."""

_OPERATORS: Mapping[Kind, str] = MappingProxyType(
    {
        "convolution": "BatchMatMul Conv Conv2D Conv3D ConvInteger ConvTranspose Convolution "
        "Deconvolution DepthwiseConv2D DynamicQuantizeMatMul FullyConnected Gemm MatMul "
        "MatMulInteger MatMulIntegerToFloat MatMulNBits QGemm TransposeConv",
        "element-wise": "Abs Add BatchNormalization BiasGelu BinaryElementwise Ceil Clamp Clip "
        "Div Divide Elu Erf Exp Floor Gelu HardSigmoid HardSwish LeakyRelu Log Logistic Max "
        "Maximum Min Minimum Mul Multiply Neg Negate Pow PRelu QuickGelu ReciprocalSquareRoot "
        "Relu Relu6 ReluN1To1 Round Rsqrt Sigmoid Sqrt Square SquaredDifference SquareRoot Sub "
        "Subtract Tanh UnaryElementwise",
        "data": "Concat Concatenation ConstantPad Copy DepthToSpace Expand ExpandDims Flatten "
        "Gather GatherND Identity MirrorPad Pack Pad PadV2 ReorderInput ReorderOutput Reshape "
        "Slice SpaceToDepth Split SplitV Squeeze StaticReshape StridedSlice Tile Transpose "
        "Unpack Unsqueeze",
        "other": "ArgMax AveragePool AveragePool2D AveragePooling Cast Convert Dequantize "
        "DequantizeLinear DynamicQuantizeLinear GlobalAveragePool GlobalMaxPool MaxPool "
        "MaxPool2D MaxPooling Mean Quantize QuantizeLinear ReduceMax ReduceMean ReduceSum "
        "Resize ResizeBilinear ResizeNearestNeighbor Shape Softmax Sum",
    }
)
"""After Figure 2 of the ShuffleNet V2 paper, as the runtimes and XNNPACK write them."""

_KINDS: Mapping[str, Kind] = MappingProxyType(
    {name.lower(): kind for kind, names in _OPERATORS.items() for name in names.split()}
)


def foreign_layers(runs: Sequence[ProfiledRun]) -> Sequence[Layer]:
    """One layer for each of the file's operators that ran, nothing measured.

    Operators of the same name are one layer. The runtime's own are none.

    Args:
        runs: The profile; every run has the same operators.
    """
    layers: dict[str, Layer] = {}
    for node in runs[0].nodes if runs else ():
        if node.work is not None:
            layers.setdefault(node.name, _layer(node, node.work))
    return list(layers.values())


def find_kind(operator: str) -> Kind | None:
    """What an operator's time is spent on; None if the operator isn't known.

    Args:
        operator: Such as ``QLinearConv``, ``CONV_2D`` or ``Max Pooling (NHWC, F32)``.
    """
    name = operator.split(" (")[0].replace("_", "").replace(" ", "")
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return _KINDS.get(name.lower())


def _layer(node: NodeTime, work: Work) -> Layer:
    kind = find_kind(node.operator)
    multiplies = kind == "convolution" or kind is None
    return Layer(
        name=node.name,
        operator=node.operator,
        kind="depthwise" if work.depthwise else kind or "other",
        macs=work.macs if multiplies else 0,
        # An element-wise operator may have constants of its own, or two activations.
        parameters=work.parameters if multiplies or kind == "element-wise" else 0,
        bytes=work.bytes,
    )
