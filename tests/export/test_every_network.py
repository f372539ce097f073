"""All four widths and the article's form through both runtimes: parity, exactness, int8."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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

from armlet.bundle import Kind, ModelFile, Variant
from armlet.export import networks, pictures
from armlet.export.answers import network_input
from armlet.export.check import TOLERANCES
from armlet.export.classifier import IMAGENET
from armlet.export.cli import _open_file
from armlet.export.layers import layers
from armlet.export.metadata import Identity
from armlet.export.passes import simplify
from armlet.export.pipeline import FLOAT32
from armlet.export.read import read
from armlet.export.trace import trace
from armlet.export.write import kinds_of, write
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
    """One network and its files."""

    module: nn.Module
    graph: Graph
    files: Mapping[Kind, Path]

    def logits(self, kind: Kind, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """Of one file, (N, classes)."""
        path = self.files[kind]
        file = ModelFile(**asdict(kind), path=path.name, sha256="", bytes=0)
        answer = _open_file(path.parent, file, IMAGENET)
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
    float32 = write(graph, FLOAT32, None, identity)
    inputs = (network_input(one, IMAGENET) for one in pictures.shipped().spread(4))
    ranges = {**calibrate(float32, graph.output, inputs), graph.input: input_range(IMAGENET)}
    quantization = quantize(graph, ranges)
    folder = tmp_path_factory.mktemp(request.param)
    files = {}
    for kind in kinds_of(graph, ("onnx", "tflite"), ("float32", "float16", "int8")):
        table = quantization if kind.precision == "int8" else None
        files[kind] = folder / kind.file_name
        files[kind].write_bytes(write(graph, kind, table, identity))
    yield Exported(module=module, graph=graph, files=files)


@pytest.fixture(scope="module")
def seen() -> list[Picture]:
    """Real pictures that no calibration saw."""
    return list(pictures.shipped().spread(36))[1::4]


def test_files_of_every_kind(exported: Exported) -> None:
    assert sorted(path.name for path in exported.files.values()) == [
        "model.float16.rotated.tflite",
        "model.float16.tflite",
        "model.float32.onnx",
        "model.float32.rotated.tflite",
        "model.float32.tflite",
        "model.int8.onnx",
        "model.int8.rotated.tflite",
        "model.int8.tflite",
    ]


def test_float_files_equal_pytorch(exported: Exported, seen: list[Picture]) -> None:
    with torch.no_grad():
        inputs = torch.from_numpy(
            np.concatenate([network_input(one, IMAGENET) for one in seen])
        )
        pytorch = exported.module(inputs).numpy()
    largest = max(1.0, np.abs(pytorch).max())
    for kind in exported.files:
        if kind.precision != "int8":
            apart = np.abs(exported.logits(kind, seen) - pytorch).max()
            assert apart <= TOLERANCES[kind.precision] * largest
            # Weights in half can't have come out the same as in float32.
            assert (apart > 1e-4 * largest) == (kind.precision == "float16")


def test_int8_logits_are_the_same_bit_for_bit(exported: Exported, seen: list[Picture]) -> None:
    first, *others = [
        exported.logits(kind, seen) for kind in exported.files if kind.precision == "int8"
    ]
    assert len(others) == 2
    assert all(np.array_equal(first, one) for one in others)
    assert len(np.unique(first)) > 5


def test_onnx_runtime_leaves_no_float_in_int8(exported: Exported, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    path = exported.files[Kind(format="onnx", precision="int8")]
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    count = Counter(node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node)
    assert count["QLinearConv"] == 56
    assert not {"Conv", "FusedConv", "Gemm", "MatMul", "Relu", "Concat"} & set(count)
    assert count["QuantizeLinear"] == count["DequantizeLinear"] == 1
    # Channels last inside, so there is one change of layout at either end.
    assert count["Transpose"] == 2
    assert count["Split"] + count["Slice"] <= 2 * count["QLinearConcat"]


@pytest.mark.parametrize("variant", [None, "rotated"])
def test_litert_leaves_no_float_in_int8(exported: Exported, variant: Variant | None) -> None:
    kind = Kind(format="tflite", precision="int8", variant=variant)
    model, codes = operators(exported.files[kind])
    tensors = model.subgraphs[0].tensors
    assert not [one.name for one in tensors if one.type == schema.TensorType.FLOAT32]
    assert not codes["QUANTIZE"] + codes["DEQUANTIZE"]


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_rotated_files_pad_nothing(exported: Exported, precision: Precision) -> None:
    plain = Kind(format="tflite", precision=precision)
    _, before = operators(exported.files[plain])
    _, after = operators(exported.files[replace(plain, variant="rotated")])
    assert before.pop("PAD") == 8
    assert after == before


def test_litert_runs_every_file_in_one_partition(exported: Exported) -> None:
    for kind, path in exported.files.items():
        if kind.format == "tflite":
            assert partitions(path) == 1


def operators(path: Path) -> tuple[schema.ModelT, Counter[str]]:
    """What stands in a .tflite file, and its operators by name."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes()))
    names = {
        value: name for name, value in vars(schema.BuiltinOperator).items() if name.isupper()
    }
    (graph,) = model.subgraphs
    codes = [model.operatorCodes[one.opcodeIndex].builtinCode for one in graph.operators]
    return model, Counter(names[code] for code in codes)


def partitions(path: Path) -> int:
    """How many parts of a file XNNPACK takes."""
    runner = interpreter.Interpreter(str(path))
    runner.allocate_tensors()
    names = [one["op_name"] for one in runner._get_ops_details()]
    return names.count("DELEGATE")


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
