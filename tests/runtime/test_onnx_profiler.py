"""ONNX Runtime's profile: reading the file, finding origins, and foreign files."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from armlet.runtime.attribution import attribute
from armlet.runtime.backends import onnx as backend
from armlet.runtime.backends.onnx_origins import find_origins
from armlet.runtime.backends.onnx_profiler import runs_from_events
from armlet.runtime.foreign_layers import foreign_layers
from armlet.runtime.onnx_graph import OnnxGraph, OnnxNode, read_graph
from armlet.runtime.profiled import Work
from armlet.runtime.session import NOTHING


def node(name: str, operator: str, inputs: str, outputs: str) -> OnnxNode:
    return OnnxNode(
        name=name, operator=operator, inputs=inputs.split(), outputs=outputs.split()
    )


def nodes(*given: OnnxNode) -> OnnxGraph:
    return OnnxGraph(nodes=given, constants={})


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_file_is_read_as_the_onnx_package_reads_it(bundle: Path, precision: str) -> None:
    path = bundle / f"model.{precision}.onnx"
    found, graph = read_graph(path), onnx.load(path).graph
    assert [
        (one.name, one.operator, list(one.inputs), list(one.outputs)) for one in found.nodes
    ] == [(one.name, one.op_type, list(one.input), list(one.output)) for one in graph.node]
    assert {name: (one.shape, one.bytes) for name, one in found.constants.items()} == {
        one.name: (tuple(one.dims), numpy_helper.to_array(one).nbytes)
        for one in graph.initializer
    }


def test_weights_behind_a_dequantization_are_found(bundle: Path) -> None:
    file = read_graph(bundle / "model.int8.onnx")
    conv = next(one for one in file.nodes if one.name == "conv1.0")
    weight = file.constant(conv.inputs[1])
    assert weight is not None
    assert (weight.shape, weight.bytes) == ((24, 3, 3, 3), 24 * 27)


def test_origins_of_kernels() -> None:
    file = nodes(
        node("conv", "Conv", "x w", "c"),
        node("act", "Relu", "c", "r"),
        node("conv_1", "Conv", "r w", "d"),
        node("Transpose", "Transpose", "d", "t"),
        node("pool", "MaxPool", "t", "p"),
        node("", "Constant", "", "k"),
        node("", "Mul", "p k", "m"),
    )
    optimised = nodes(
        node("r_nchwc", "Conv", "x w", "reorder_1"),
        node("ReorderOutput_token_2", "ReorderOutput", "reorder_1", "r"),
        node("ReorderInput_token_3", "ReorderInput", "r", "reorder_4"),
        node("conv_1_token_5", "QLinearConv", "reorder_4 w", "u"),
        node("Transpose", "Transpose", "u", "t"),
        node("Transpose_token_6", "Transpose", "t", "v"),
        node("pool", "MaxPool", "v", "p"),
        node("", "Mul", "p k", "m"),
    )
    kernels = {one.name: one.operator for one in optimised.nodes if one.name}
    origins = find_origins(file, optimised, {**kernels, "Mul_5": "Mul"})
    assert {kernel: origin.label for kernel, origin in origins.items()} == {
        "r_nchwc": "conv",
        # It writes what the fused activation wrote.
        "ReorderOutput_token_2": "conv",
        "conv_1_token_5": "conv_1",
        # The file's own Transpose is still there, so the other one isn't its.
        "Transpose": "Transpose",
        "pool": "pool",
        "Mul_5": "m",
    }


def test_events_become_runs() -> None:
    def kernel(name: str, duration: int) -> dict[str, Any]:
        sizes = {"activation_size": "8", "output_size": "4", "parameter_size": "2"}
        event = {"cat": "Node", "name": f"{name}_kernel_time", "dur": duration}
        return event | {"args": {"op_name": "Relu" if name == "a" else "Transpose", **sizes}}

    session = {"cat": "Session", "dur": 99, "args": {}}
    events = [
        session | {"name": "session_initialization"},
        kernel("a", 3),
        {"cat": "Node", "name": "a_fence_before", "dur": 1, "args": {"op_name": "Relu"}},
        session | {"name": "model_run"},
        kernel("a", 4),
        kernel("b", 5),
        session | {"name": "SequentialExecutor::Execute"},
        session | {"name": "model_run"},
    ]
    file = nodes(node("a", "Relu", "x", "y"))
    first, second = runs_from_events(events, file, file)
    # Between kernels the profiler writes; that isn't the model's time.
    assert (first.total_us, second.total_us) == (3.0, 9.0)
    assert [(one.name, one.us, one.work) for one in second.nodes] == [
        ("a", 4.0, Work(bytes=14)),
        ("b", 5.0, None),
    ]


@pytest.mark.parametrize("named", [True, False])
def test_layers_of_a_foreign_file(tmp_path: Path, named: bool) -> None:
    random = np.random.default_rng(0)
    weights: list[onnx.TensorProto] = []

    def weight(*shape: int) -> str:
        values = random.normal(size=shape).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"w{len(weights)}"))
        return f"w{len(weights) - 1}"

    def add(operator: str, name: str, *inputs: str, **options: Any) -> onnx.NodeProto:
        return helper.make_node(operator, inputs, [name], name if named else "", **options)

    around = {"pads": [1] * 4}
    made = [
        add("Conv", "c1", "x", weight(20, 3, 3, 3), weight(20), strides=[2, 2], **around),
        add("Relu", "r1", "c1"),
        add("Conv", "c2", "r1", weight(20, 1, 3, 3), group=20, **around),
        add("Conv", "c3", "c2", weight(20, 5, 1, 1), group=4),
        add("Add", "a1", "c3", "r1"),
        add("Transpose", "t", "a1", perm=[0, 2, 3, 1]),
        add("MatMul", "mm", "t", weight(20, 7)),
        add("LRN", "lrn", "mm", size=3),
        add("Flatten", "f", "lrn"),
        add("Gemm", "y", "f", weight(10, 1792), weight(10), transB=1),
    ]
    graph = helper.make_graph(
        made,
        "foreign",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 10])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path = tmp_path / "foreign.onnx"
    path.write_bytes(model.SerializeToString())
    runs = backend.profile(path, 1, NOTHING, np.zeros((1, 3, 32, 32), np.float32), 5)
    rows = attribute(runs, foreign_layers(runs))
    assert {row.name: (row.kind, row.macs, row.parameters) for row in rows} == {
        "c1": ("convolution", 20 * 27 * 256, 560),
        "c2": ("depthwise", 20 * 9 * 256, 180),
        "c3": ("convolution", 20 * 5 * 256, 100),
        "a1": ("element-wise", 0, None),
        "t": ("data", 0, 0),
        "mm": ("convolution", 20 * 7 * 256, 140),
        "lrn": ("other", None, None),
        "f": ("data", 0, 0),
        "y": ("convolution", 17920, 17930),
        "other": ("other", 0, 0),
    }
    assert sum(row.share or 0 for row in rows) == pytest.approx(1.0)


def test_matrix_that_was_fused_with_its_bias(tmp_path: Path) -> None:
    weights = {"w": np.ones((48, 7), np.float32), "b": np.ones(7, np.float32)}
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["f"], "f"),
            helper.make_node("MatMul", ["f", "w"], ["mm"], "mm"),
            helper.make_node("Add", ["mm", "b"], ["sum"], "sum"),
            helper.make_node("Softmax", ["sum"], ["y"], "y"),
        ],
        "fused",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 7])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "fused.onnx"
    path.write_bytes(model.SerializeToString())
    runs = backend.profile(path, 1, NOTHING, np.zeros((1, 3, 4, 4), np.float32), 2)
    rows = {row.name: row for row in attribute(runs, foreign_layers(runs))}
    assert (rows["mm"].operator, rows["mm"].macs) == ("Gemm", 48 * 7)
    assert "sum" not in rows
