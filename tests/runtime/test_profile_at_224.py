"""What a profile is worth at a size that people use, on both runtimes, in both precisions."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import flatbuffers
import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert import interpreter
from ai_edge_litert import schema_py_generated as schema

from armlet.bundle import open_bundle
from armlet.export import pictures
from armlet.records import Layer, Precision
from armlet.runtime.attribution import find_owner
from armlet.runtime.backends.tflite_operators import read_operators
from armlet.runtime.onnx_graph import read_graph
from armlet.runtime.session import Tensor

pytestmark = pytest.mark.torch

RUNS = 60
CONVOLUTIONS = ("convolution", "depthwise")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One file of the bundle."""

    path: Path
    backend: str
    tensor: Tensor
    layers: Sequence[Layer]

    def profile(self) -> Sequence[Layer]:
        """The measured layers, and the other row, in a process of its own as for a user."""
        done = subprocess.run(
            [
                *(Path(sys.executable).parent / "edge-run", "profile", self.path),
                *("--threads", "1", "--runs", str(RUNS), "--json"),
            ],
            check=True,
            stdout=subprocess.PIPE,
        )
        return [Layer.from_json(one) for one in json.loads(done.stdout)["layers"]]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle at 224 pixels; its weights are for another size, and only time matters."""
    out = tmp_path_factory.mktemp("large") / "out"
    photos = Path(pictures.__file__).parent / "shipped" / "pictures"
    command = Path(sys.executable).parent / "edge-export"
    options = ["--input-size", "224", "--stem", "imagenet", "--weights", "cifar10"]
    done = subprocess.run(
        [command, "shufflenet_v2_x0_5", *options, "--calib", photos, "-o", out], check=False
    )
    assert done.returncode in (0, 3)  # 3: it doesn't recognise much
    return out


@pytest.fixture(params=["litert float32", "litert int8", "onnx float32", "onnx int8"])
def case(request: pytest.FixtureRequest, large: Path) -> Case:
    backend, precision = request.param.split()
    return make_case(large, backend, precision)


def make_case(large: Path, backend: str, precision: Precision) -> Case:
    manifest = open_bundle(large)[0].manifest
    random = np.random.default_rng(0)
    shape = (1, 224, 224, 3) if backend == "litert" else (1, 3, 224, 224)
    tensor: Tensor = random.normal(size=shape).astype(np.float32)
    if backend == "litert" and precision == "int8":
        tensor = np.clip(tensor * 40, -128, 127).astype(np.int8)
    return Case(
        path=large / f"model.{precision}.{'tflite' if backend == 'litert' else 'onnx'}",
        backend=backend,
        tensor=tensor,
        layers=manifest.layers_int8 if precision == "int8" else manifest.layers,
    )


def test_layers_account_for_nine_tenths(case: Case) -> None:
    # A busy machine takes breaks in the middle of a run, some of them between operators.
    profiles = [case.profile() for _ in range(3)]
    for rows in profiles:
        assert sum(row.share or 0 for row in rows) == pytest.approx(1.0, abs=1e-4)
        assert [row.name for row in rows] == [*(layer.name for layer in case.layers), "other"]
    assert min(rows[-1].share or 0 for rows in profiles) <= 0.10


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_every_convolution_takes_time_on_both_runtimes(
    large: Path, precision: Precision
) -> None:
    names = []
    for backend in ("litert", "onnx"):
        rows = [
            row
            for row in make_case(large, backend, precision).profile()
            if row.kind in CONVOLUTIONS
        ]
        assert all(row.share and row.median_us for row in rows)
        names.append([row.name for row in rows])
    assert names[0] == names[1]
    assert len(names[0]) == 57


def test_most_expensive_layer_costs_most_when_files_are_cut_around_it(
    case: Case, tmp_path: Path
) -> None:
    ranked = sorted(case.profile()[:-1], key=lambda row: -(row.share or 0))
    first, rest = ranked[0], ranked[1:]
    # Ordering alone, and of what is far apart: timing on a busy machine is rough.
    far = [row for row in rest if (row.share or 0) < (first.share or 0) / 3]
    compared = [first, *[row for row in far if row.kind in CONVOLUTIONS][:4]]
    costs = marginal_us(case, [row.name for row in compared], tmp_path)
    assert all(costs[first.name] > 1.3 * costs[row.name] for row in compared[1:]), costs


def marginal_us(case: Case, names: Sequence[str], folder: Path) -> dict[str, float]:
    """How much longer a file runs that ends after a layer than one that ends before it."""
    if case.backend == "litert":
        nodes = read_operators(
            "ai_edge_litert.interpreter", "litert", case.path, case.tensor.shape
        )
        labels, cut = [node.name for node in nodes], cut_tflite
    else:
        labels, cut = [node.label for node in read_graph(case.path).nodes], cut_onnx
    known = [layer.name for layer in case.layers]
    owners = [find_owner(label, known) for label in labels]
    ends = set()
    for name in names:
        places = [place for place, owner in enumerate(owners) if owner == name]
        ends |= {min(places), max(places) + 1}
    calls: dict[int, Callable[[], object]] = {0: lambda: None}
    for end in ends - {0}:
        path = folder / f"{end}{case.path.suffix}"
        path.write_bytes(cut(case.path, end))
        calls[end] = runner(path, case)
    medians = interleaved_us(calls)
    found = {}
    for name in names:
        places = [place for place, owner in enumerate(owners) if owner == name]
        found[name] = medians[max(places) + 1] - medians[min(places)]
    return found


def interleaved_us(calls: dict[int, Callable[[], object]]) -> dict[int, float]:
    """Median time of each call, taken in turns, so that a busy spell hits all alike."""
    times: dict[int, list[float]] = {end: [] for end in calls}
    for _ in range(RUNS):
        for end, call in calls.items():
            start = time.perf_counter()
            call()
            times[end].append((time.perf_counter() - start) * 1e6)
    return {end: statistics.median(values) for end, values in times.items()}


def runner(path: Path, case: Case) -> Callable[[], object]:
    """Runs a file once, without looking at what it answers."""
    if case.backend == "litert":
        session = interpreter.Interpreter(str(path), num_threads=1)
        session.allocate_tensors()
        session.set_tensor(session.get_input_details()[0]["index"], case.tensor)
        session.invoke()
        return session.invoke  # type: ignore[no-any-return]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", "1")
    opened = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda: opened.run(None, {opened.get_inputs()[0].name: case.tensor})


def cut_tflite(path: Path, end: int) -> bytes:
    """The file's first ``end`` operators."""
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    (graph,) = model.subgraphs
    graph.operators = graph.operators[:end]
    read = {tensor for one in graph.operators for tensor in one.inputs}
    made = [tensor for one in graph.operators for tensor in one.outputs]
    graph.outputs = [tensor for tensor in made if tensor not in read]
    model.signatureDefs = model.metadata = None
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def cut_onnx(path: Path, end: int) -> bytes:
    """The file's first ``end`` nodes."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    graph = model.graph
    known = {one.name: one for one in (*graph.value_info, *graph.output)}
    nodes = list(graph.node)[:end]
    read = {tensor for node in nodes for tensor in node.input}
    outputs = [one for node in nodes for one in node.output if one not in read]
    del graph.node[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.output.extend(known[one] for one in outputs)
    return bytes(model.SerializeToString())
