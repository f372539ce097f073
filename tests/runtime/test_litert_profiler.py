"""LiteRT's profiler on real files, our own and those of others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from armlet.errors import BackendError
from armlet.runtime.backends.litert_profiler import profile
from armlet.runtime.foreign_layers import foreign_layers
from armlet.runtime.profiled import NodeTime
from armlet.runtime.session import NOTHING

FLOATS = np.zeros((1, 32, 32, 3), np.float32)
Graph = Any


def nodes(path: Path, runs: int = 3) -> Sequence[NodeTime]:
    return profile(path, 1, NOTHING, FLOATS, runs)[0].nodes


def resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(one.split()[1]) for one in status.splitlines() if "VmRSS" in one)


def name_of(tensor: Any) -> str:
    name: str | bytes = tensor.name
    return name if isinstance(name, str) else name.decode()


def with_norm(source: Path, path: Path, tensor: str, reader: str | None) -> Path:
    """A copy with an operator that XNNPACK doesn't take, and without names for its ends.

    Args:
        source: The file.
        path: Of the copy.
        tensor: What the new operator reads.
        reader: Whose input it becomes, by its output; None: everybody's who read ``tensor``.
    """
    model = schema.ModelT.InitFromPackedBuf(source.read_bytes(), 0)
    graph: Graph = model.subgraphs[0]
    model.signatureDefs = model.metadata = None
    place = next(i for i, one in enumerate(graph.tensors) if name_of(one) == tensor)
    made = schema.TensorT()
    made.name, made.shape, made.type = f"{tensor}/norm", graph.tensors[place].shape, 0
    graph.tensors.append(made)
    for one in graph.operators:
        if reader in (None, name_of(graph.tensors[one.outputs[0]])):
            new = len(graph.tensors) - 1
            one.inputs = [new if index == place else index for index in one.inputs]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.L2_NORMALIZATION
    code.version = 1
    model.operatorCodes.append(code)
    norm = schema.OperatorT()
    norm.opcodeIndex = len(model.operatorCodes) - 1
    norm.inputs, norm.outputs = [place], [len(graph.tensors) - 1]
    norm.builtinOptionsType = schema.BuiltinOptions.L2NormOptions
    norm.builtinOptions = schema.L2NormOptionsT()
    after = next(i for i, one in enumerate(graph.operators) if place in list(one.outputs)) + 1
    graph.operators.insert(after, norm)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def test_every_kernel_is_an_operator_of_the_file(bundle: Path) -> None:
    runs = profile(bundle / "model.float32.tflite", 2, NOTHING, FLOATS, 50)
    assert len(runs) == 50
    assert len({tuple(node.name for node in run.nodes) for run in runs}) == 1
    assert all(sum(node.us for node in run.nodes) <= run.total_us for run in runs)
    assert [node.name for node in runs[0].nodes[:3]] == [
        "conv1.0",
        "stage2.0.branch1.0",
        "stage2.0.branch1.2",
    ]
    assert all(node.work and node.work.bytes for node in runs[0].nodes)


def test_counts_of_whole_microseconds_are_taken_for_their_middle(bundle: Path) -> None:
    for run in profile(bundle / "model.float32.tflite", 1, NOTHING, FLOATS, 5):
        assert {node.us % 1 for node in run.nodes} == {0.5}
        assert sum(node.us for node in run.nodes) <= run.total_us


def test_profile_writes_nothing_to_stderr(
    bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nodes(bundle / "model.float32.tflite")
    assert capfd.readouterr() == ("", "")


def test_several_partitions_of_the_delegate(bundle: Path, tmp_path: Path) -> None:
    source = bundle / "model.float32.tflite"
    path = with_norm(source, tmp_path / "parts.tflite", "stage3.3.branch2.0.concat", None)
    plain, mixed = nodes(source), nodes(path)
    added = [node for node in mixed if node.operator == "L2_NORMALIZATION"]
    assert [node.name for node in added] == ["stage3.3.branch2.0.concat/norm"]
    rest = [(node.name, node.operator) for node in mixed if node not in added]
    assert rest == [(node.name, node.operator) for node in plain]


def test_nothing_is_claimed_where_a_delegate_changes_the_order(
    bundle: Path, tmp_path: Path
) -> None:
    # The second branch doesn't wait for the new operator, and so runs before the first.
    reader = "stage3.0.branch1.0/pad"
    tensor = "stage3.0.branch1.0.concat"
    path = with_norm(
        bundle / "model.float32.tflite", tmp_path / "swapped.tflite", tensor, reader
    )
    found = nodes(path)
    assert [node.name for node in found if node.name == f"{tensor}/norm"]
    assert not [node.name for node in found if node.name.startswith("stage")][1:]
    names = [layer.name for layer in foreign_layers([*profile(path, 1, NOTHING, FLOATS, 1)])]
    assert "Fully Connected (NC, F32) GEMM" in names


def test_nothing_is_left_behind(bundle: Path) -> None:
    path = bundle / "model.float32.tflite"
    for _ in range(10):
        nodes(path, runs=1)
    before = resident_kib()
    for _ in range(100):
        nodes(path, runs=1)
    # The file alone has 1.4 MB, and so would 100 of anything that were kept.
    assert resident_kib() - before < 20_000


def test_tensor_of_another_size_is_refused(bundle: Path) -> None:
    with pytest.raises(BackendError, match=r"its input has \d+ bytes, not 12288"):
        profile(bundle / "model.int8.tflite", 1, NOTHING, FLOATS, 1)
