"""Writes ONNX: float32, or int8 as QDQ with the scales of the one table.

The int8 form gives every activation a QuantizeLinear and a DequantizeLinear and leaves it to
ONNX Runtime to fuse them into integer kernels. Activations are stored as uint8 with the zero
point moved by 128, weights as int8: the form that x86 has kernels for and that ARM runs too.
The real values are those of the TFLite file. Both forms take and give float32, NCHW.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from armlet import __version__
from armlet.graph import Activation, Graph, Shape, Weighted
from armlet.quantization import Quantization
from armlet.scales import Scale

# Old enough for every ONNX Runtime of the last three years, new enough for per-channel scales.
OPSET = 17
IR_VERSION = 8
INPUT = "input"
LOGITS = "logits"


class OnnxWriter:
    """Collects the nodes and constants of one file; the operators call its methods.

    Every node is named after its layer, or ``<layer>/<part>``, which is how a profile of the
    file is told by PyTorch module path.
    """

    def __init__(self, graph: Graph, quantization: Quantization | None) -> None:
        self._graph = graph
        self._quantization = quantization
        self._scales: dict[str, Scale] = dict(quantization.activations) if quantization else {}
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._read: dict[str, str] = {}

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Shapes of the graph's activations, NCHW."""
        return self._graph.shapes

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Store a constant once; returns its name."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(values, name)
        return name

    def like(self, name: str, source: str) -> str:
        """Declare a tensor of the writer's own on the scale of ``source``; returns its name."""
        if self._quantization:
            self._scales[name] = self._scales[source]
        return name

    def read(self, name: str) -> str:
        """The tensor to read ``name`` from: in int8, what its quantized form stands for."""
        if not self._quantization:
            return name
        if name not in self._read:
            self._read[name] = self._quantized(name, f"{name}/real")
        return self._read[name]

    def weights(self, node: Weighted) -> tuple[str, str]:
        """Names of a node's weight and bias, dequantized per output channel in int8."""
        weight, bias = f"{node.name}/weight", f"{node.name}/bias"
        if not self._quantization:
            return self.constant(weight, node.weight), self.constant(bias, node.bias)
        stored = self._quantization.weights[node.name]
        return (
            self._dequantized(weight, stored.weight, stored.scales),
            self._dequantized(bias, stored.bias, stored.bias_scales),
        )

    def add(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        name: str,
        **attributes: Any,
    ) -> None:
        """Append a node."""
        self._nodes.append(helper.make_node(operator, inputs, outputs, name=name, **attributes))

    def activate(self, activation: Activation, source: str, output: str, name: str) -> None:
        """Append a ReLU or ReLU6. ONNX Runtime drops it where quantizing clips as well."""
        if activation == "relu":
            self.add("Relu", [source], [output], name)
            return
        low = self.constant("zero", np.zeros((), np.float32))
        high = self.constant("six", np.full((), 6, np.float32))
        self.add("Clip", [source, low, high], [output], name)

    def model(self, metadata: Mapping[str, str]) -> onnx.ModelProto:
        """The finished, checked model; ``metadata`` becomes its properties."""
        graph = self._graph
        if self._quantization:
            self._quantized(graph.output, LOGITS)
        self._rename(graph.input, INPUT)
        if not self._quantization:
            self._rename(graph.output, LOGITS)
        float32 = TensorProto.FLOAT
        made = helper.make_graph(
            self._nodes,
            "armlet",
            [helper.make_tensor_value_info(INPUT, float32, graph.shapes[graph.input])],
            [helper.make_tensor_value_info(LOGITS, float32, graph.shapes[graph.output])],
            list(self._constants.values()),
        )
        model = helper.make_model(
            made,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="armlet",
            producer_version=__version__,
        )
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model, full_check=True)
        return model

    def _quantized(self, name: str, output: str) -> str:
        scale = self._scales[name]
        step = self.constant(f"{name}/scale", np.array(scale.scale, np.float32))
        zero = np.array(scale.zero_point + 128, np.uint8)
        zero_point = self.constant(f"{name}/zero_point", zero)
        stored = f"{name}/stored"
        self.add("QuantizeLinear", [name, step, zero_point], [stored], f"{name}/quantize")
        self.add("DequantizeLinear", [stored, step, zero_point], [output], f"{name}/dequantize")
        return output

    def _dequantized(self, name: str, values: NDArray[Any], scales: NDArray[np.float32]) -> str:
        zeros = np.zeros(len(scales), values.dtype)
        inputs = [
            self.constant(f"{name}/stored", values),
            self.constant(f"{name}/scale", scales),
            self.constant(f"{name}/zero_point", zeros),
        ]
        self.add("DequantizeLinear", inputs, [name], f"{name}/dequantize", axis=0)
        return name

    def _rename(self, old: str, new: str) -> None:
        for node in self._nodes:
            for field in (node.input, node.output):
                for position, name in enumerate(field):
                    if name == old:
                        field[position] = new
