"""All four widths and the article's form through both runtimes: parity, exactness, int8."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from ai_edge_litert import interpreter
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray
from torch import nn

from armlet.bundle import Format
from armlet.export import networks, pictures
from armlet.export.answers import network_input
from armlet.export.classifier import IMAGENET
from armlet.export.cli import _open_file
from armlet.export.layers import layers
from armlet.export.metadata import Identity
from armlet.export.passes import simplify
from armlet.export.read import read
from armlet.export.trace import trace
from armlet.export.write import write
from armlet.graph import Graph
from armlet.preprocessing import Picture
from armlet.quantize.calibrate import calibrate, input_range
from armlet.quantize.int8 import quantize
from armlet.records import Precision
from tests import article_network

pytestmark = pytest.mark.torch

CLASSES = 17
MACS = {  # millions at 224 pixels and 1000 classes, without the last layer
    "shufflenet_v2_x0_5": 40.48 - 1.024,
    "shufflenet_v2_x1_0": 144.91 - 1.024,
    "shufflenet_v2_x1_5": 295.76 - 1.024,
    "shufflenet_v2_x2_0": 583.25 - 2.048,
}


@dataclass(frozen=True, kw_only=True)
class Exported:
    """One network and its four files."""

    module: nn.Module
    graph: Graph
    files: Mapping[tuple[Format, Precision], Path]

    def logits(
        self, key: tuple[Format, Precision], pictures: Sequence[Picture]
    ) -> NDArray[np.float32]:
        """Of one file, (N, classes)."""
        answer = _open_file(self.files[key], key[0], IMAGENET)
        return np.stack([answer(one) for one in pictures])


def random_network(name: str) -> nn.Module:
    """Random weights; batch norm statistics of real pictures keep the signals in size."""
    torch.manual_seed(1)
    if name == "article":
        return article_network.shufflenet_v2()
    module = networks.build(name, CLASSES, "imagenet").train()
    inputs = np.concatenate(
        [network_input(one, IMAGENET) for one in pictures.shipped().spread(6)]
    )
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # plain average
    with torch.no_grad():
        module(torch.from_numpy(inputs))
    return module.eval()


@pytest.fixture(scope="module", params=[*networks.NETWORKS, "article"])
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exported]:
    module = random_network(request.param)
    graph = simplify(read(trace(module, IMAGENET.size)))
    identity = Identity(network=request.param, labels=["x"] * CLASSES, preprocessing=IMAGENET)
    float32 = write(graph, "onnx", None, identity)
    inputs = (network_input(one, IMAGENET) for one in pictures.shipped().spread(4))
    ranges = {**calibrate(float32, graph.output, inputs), graph.input: input_range(IMAGENET)}
    quantization = quantize(graph, ranges)
    folder = tmp_path_factory.mktemp(request.param)
    files: dict[tuple[Format, Precision], Path] = {}
    formats: tuple[Format, ...] = ("onnx", "tflite")
    for format in formats:
        for precision in ("float32", "int8"):
            table = quantization if precision == "int8" else None
            path = folder / f"model.{precision}.{format}"
            path.write_bytes(write(graph, format, table, identity))
            files[format, precision] = path
    yield Exported(module=module, graph=graph, files=files)


@pytest.fixture(scope="module")
def seen() -> list[Picture]:
    """Real pictures that no calibration saw."""
    return list(pictures.shipped().spread(36))[1::4]


@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_float32_equals_pytorch(
    exported: Exported, seen: list[Picture], format: Format
) -> None:
    with torch.no_grad():
        inputs = torch.from_numpy(
            np.concatenate([network_input(one, IMAGENET) for one in seen])
        )
        pytorch = exported.module(inputs).numpy()
    logits = exported.logits((format, "float32"), seen)
    assert np.abs(logits - pytorch).max() <= 1e-4 * max(1.0, np.abs(pytorch).max())


def test_int8_logits_are_the_same_bit_for_bit(exported: Exported, seen: list[Picture]) -> None:
    first = exported.logits(("onnx", "int8"), seen)
    assert np.array_equal(first, exported.logits(("tflite", "int8"), seen))
    assert len(np.unique(first)) > 5


def test_onnx_runtime_leaves_no_float_in_int8(exported: Exported, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    path = exported.files["onnx", "int8"]
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    count = Counter(node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node)
    assert count["QLinearConv"] == 56
    assert not {"Conv", "FusedConv", "Gemm", "MatMul", "Relu", "Concat"} & set(count)
    assert count["QuantizeLinear"] == count["DequantizeLinear"] == 1
    # Channels last inside, so there is one change of layout at either end.
    assert count["Transpose"] == 2
    assert count["Split"] + count["Slice"] <= 2 * count["QLinearConcat"]


def test_litert_leaves_no_float_in_int8_and_one_partition(exported: Exported) -> None:
    path = exported.files["tflite", "int8"]
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes()))
    (graph,) = model.subgraphs
    assert not [one.name for one in graph.tensors if one.type == schema.TensorType.FLOAT32]
    codes = Counter(model.operatorCodes[one.opcodeIndex].builtinCode for one in graph.operators)
    assert not codes[schema.BuiltinOperator.QUANTIZE] + codes[schema.BuiltinOperator.DEQUANTIZE]
    runner = interpreter.Interpreter(str(path))
    runner.allocate_tensors()
    names = [one["op_name"] for one in runner._get_ops_details()]
    assert names.count("DELEGATE") == 1


def test_multiply_adds_and_kinds(exported: Exported, request: pytest.FixtureRequest) -> None:
    described = layers(exported.graph, "float32")
    assert len({layer.name for layer in described}) == len(described)
    kinds = Counter(layer.kind for layer in described)
    assert (kinds["depthwise"], kinds["shuffle"]) == (19, 0)
    total = sum(layer.macs or 0 for layer in described if layer.operator == "Conv")
    name = request.node.callspec.params["exported"]
    if name in MACS:
        assert total / 1e6 == pytest.approx(MACS[name], abs=0.01)
    int8 = layers(exported.graph, "int8")
    assert all(
        (a.bytes or 0) < b.bytes for a, b in zip(int8, described, strict=True) if b.bytes
    )
