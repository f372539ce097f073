"""A traced ONNX model as the operators read it: constants, shapes and module paths."""

import ast
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from armlet.errors import UnsupportedOperator
from armlet.graph import Shape

HINT = "export it with --via litert-torch (pip install armlet[litert-torch]), for TFLite only"
UNKNOWN = "?"


@dataclass(frozen=True, kw_only=True)
class OnnxNode:
    """One ONNX node with what the trace knows of its origin."""

    operator: str
    """ONNX operator type."""
    module: str
    """PyTorch module path that it ran in; empty for the network itself."""
    own_module: bool
    """Whether that module is nothing but this operator (an ``nn.ReLU``, say)."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def name(self, suffix: str) -> str:
        """The layer name: the module path, with a suffix where the module does more."""
        if self.own_module:
            return self.module
        return f"{self.module}.{suffix}" if self.module else suffix

    def refuse(self, detail: str = "") -> UnsupportedOperator:
        """The error that says which operator where is not supported."""
        what = f"{self.operator}{' ' + detail if detail else ''}"
        where = f"module {self.module}" if self.module else "the network itself"
        return UnsupportedOperator(f"operator {what} in {where} is not supported", HINT)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The traced model."""

    nodes: tuple[OnnxNode, ...]
    constants: Mapping[str, NDArray[Any]]
    shapes: Mapping[str, Shape]
    input: str
    output: str

    def constant(self, node: OnnxNode, position: int) -> NDArray[Any]:
        """The constant that a node takes at one position.

        Raises:
            UnsupportedOperator: That input is computed at run time.
        """
        name = node.inputs[position]
        if name not in self.constants:
            raise node.refuse(f"with a computed input {position}")
        return self.constants[name]


def open_source(model: onnx.ModelProto) -> Source:
    """Take a traced model apart."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    nodes: list[OnnxNode] = []
    for node in graph.node:
        attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        if node.op_type == "Constant":
            constants[node.output[0]] = _constant(attributes)
            continue
        nodes.append(_node(node, attributes))
    values = [*graph.value_info, *graph.input, *graph.output]
    shapes = {
        value.name: tuple(one.dim_value for one in value.type.tensor_type.shape.dim)
        for value in values
    }
    inputs = [value.name for value in graph.input if value.name not in constants]
    return Source(
        nodes=tuple(_located(node, nodes) for node in nodes),
        constants=constants,
        shapes=shapes,
        input=inputs[0],
        output=graph.output[0].name,
    )


def _constant(attributes: Mapping[str, Any]) -> NDArray[Any]:
    (value,) = attributes.values()
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    return np.asarray(value)


def _located(node: OnnxNode, nodes: Sequence[OnnxNode]) -> OnnxNode:
    """Give a node whose origin the exporter lost (a split) that of all who read its outputs."""
    if node.module != UNKNOWN:
        return node
    readers = [
        other.module.split(".")
        for other in nodes
        if set(other.inputs) & set(node.outputs) and other.module != UNKNOWN
    ]
    common = os.path.commonprefix(readers) if readers else []
    return replace(node, module=".".join(common))


def _node(node: onnx.NodeProto, attributes: Mapping[str, Any]) -> OnnxNode:
    properties = {one.key: one.value for one in node.metadata_props}
    # The last entry is the traced function, the one before it the module that called it.
    scopes = ast.literal_eval(properties.get("pkg.torch.onnx.name_scopes", "['']"))
    classes = ast.literal_eval(properties.get("pkg.torch.onnx.class_hierarchy", "['']"))
    module = scopes[-2] if len(scopes) > 1 else UNKNOWN if scopes == [""] else ""
    owner = classes[-2] if len(classes) > 1 else ""
    return OnnxNode(
        operator=node.op_type,
        module=module,
        own_module=bool(module)
        and owner.startswith("torch.nn.modules.")
        and ".container." not in owner,
        inputs=tuple(node.input),
        outputs=tuple(node.output),
        attributes=attributes,
    )
