import itertools
import json
from pathlib import Path

import pytest

from armlet.errors import BackendError
from armlet.records import Layer, Precision
from armlet.runtime.backends.onnx import runs_from_events
from armlet.runtime.choice import Wish
from armlet.runtime.latency import (
    Latency,
    attribute,
    find_owner,
    measure_latency,
    totals_by_kind,
)
from armlet.runtime.model import open_model
from armlet.runtime.session import NodeTime

# What ONNX Runtime itself puts in between: changes of layout and the ends of the int8 graph.
ITS_OWN = {
    "DequantizeLinear",
    "QuantizeLinear",
    "ReorderInput",
    "ReorderOutput",
    "Transpose",
}


def layer(name: str, macs: int = 0) -> Layer:
    return Layer(
        name=name, operator="Conv", kind="convolution", macs=macs, parameters=0, bytes=10
    )


def time(name: str, us: float, operator: str = "Conv") -> NodeTime:
    return NodeTime(name=name, operator=operator, us=us)


@pytest.mark.parametrize(
    ("node", "owner"),
    [
        ("stage2.1", "stage2.1"),
        ("stage2.1/relu", "stage2.1"),
        ("stage2.1/quantize_token_3", "stage2.1"),
        ("stage2.1_nchwc", "stage2.1"),
        ("stage2.1:1_token_44", "stage2.1"),
        ("stage2.10_token_1", "stage2.10"),
        ("stage2.10.0", None),
        ("conv_1_nchwc", "conv_1"),
        ("conv_2_nchwc", "conv"),
        ("ReorderInput_token_9", None),
        ("", None),
    ],
)
def test_owner_is_the_longest_name_that_ends_at_a_boundary(
    node: str, owner: str | None
) -> None:
    assert find_owner(node, ["conv", "conv_1", "stage2.1", "stage2.10"]) == owner


def test_attribute_takes_the_median_run_and_shares_of_the_sum() -> None:
    runs = [
        [time("a_nchwc", us), time("a/relu", 1.0), time("b", 2 * us), time("Reorder", 5.0, "R")]
        for us in (9.0, 900.0, 14.0)
    ]
    a, b, other = attribute(runs, [layer("a"), layer("b")])
    assert (a.median_us, b.median_us, other.median_us) == (15.0, 28.0, 5.0)
    assert (a.share, b.share, other.share) == (15 / 48, 28 / 48, 5 / 48)
    assert (other.name, other.operator, other.kind, other.macs) == ("other", "R", "other", 0)


def test_layer_that_was_optimised_away_took_no_time() -> None:
    a, gone = attribute([[time("a", 4.0)]], [layer("a"), layer("gone")])
    assert (a.share, gone.median_us, gone.share) == (1.0, 0.0, 0.0)


def test_layer_called_other_is_not_taken_for_the_rest() -> None:
    layers = attribute([[time("other", 4.0), time("Reorder", 6.0)]], [layer("other")])
    assert [one.median_us for one in layers] == [4.0, 6.0]


def test_totals_by_kind_begin_with_the_most_expensive() -> None:
    shuffle = Layer(
        name="s", operator="S", kind="shuffle", macs=0, parameters=0, bytes=7, share=0.5
    )
    conv = [Layer(**layer(name, 3).to_json(), share=0.25) for name in ("a", "b")]
    first, second = totals_by_kind([conv[0], shuffle, conv[1]])
    assert (first.kind, first.share, first.macs, first.bytes) == ("convolution", 0.5, 6, 20)
    assert (second.kind, second.share, second.bytes) == ("shuffle", 0.5, 7)


def test_onnx_runtimes_events_become_runs() -> None:
    def kernel(name: str, duration: int) -> dict[str, object]:
        event = {"cat": "Node", "name": f"{name}_kernel_time", "dur": duration}
        return event | {"args": {"op_name": "Conv"}}

    session = {"cat": "Session", "dur": 99, "args": {}}
    events = [
        session | {"name": "session_initialization"},
        kernel("a", 3),
        {"cat": "Node", "name": "a_fence_before", "dur": 1, "args": {"op_name": "Conv"}},
        session | {"name": "model_run"},
        kernel("a", 4),
        kernel("b", 5),
        session | {"name": "SequentialExecutor::Execute"},
        session | {"name": "model_run"},
    ]
    assert runs_from_events(events) == [[time("a", 3.0)], [time("a", 4.0), time("b", 5.0)]]


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_real_profile_reaches_every_layer(
    bundle: Path, photos: Path, precision: Precision
) -> None:
    model = open_model(bundle, Wish(backend="onnx", precision=precision, layers=True), 1)
    clock = itertools.count().__next__  # every look at it a second later
    latency = measure_latency(model, photos / "chelsea.png", clock, runs=5)
    assert latency.total_us == 1e6
    assert sum(one.share or 0 for one in latency.layers) == pytest.approx(1.0)
    *layers, other = latency.layers
    assert [one.name for one in layers] == [one.name for one in model.layers]
    assert all(one.median_us for one in layers if one.kind in ("convolution", "depthwise"))
    assert all(one.median_us for one in layers if one.kind == "shuffle")
    # All that is left over is what the runtime put in by itself.
    assert other.name == "other"
    assert set(other.operator.split(", ")) <= ITS_OWN
    assert other.share is not None
    assert other.share < 0.25


def test_profile_leaves_no_file(
    bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    model = open_model(bundle, Wish(backend="onnx", precision=None, layers=True), 1)
    measure_latency(model, photos / "chelsea.png", lambda: 0.0, runs=1)
    assert list(tmp_path.iterdir()) == []


def test_backend_without_a_profiler(bundle: Path, photos: Path) -> None:
    model = open_model(bundle, Wish(backend="litert", precision=None, layers=False), 1)
    with pytest.raises(BackendError, match="litert does not tell .* --backend onnx"):
        measure_latency(model, photos / "chelsea.png", lambda: 0.0)


def test_latency_as_json() -> None:
    latency = Latency(
        layers=[layer("a")],
        total_us=12.34567,
        runs=50,
        backend="onnx",
        precision="int8",
        threads=2,
    )
    record = json.loads(json.dumps(latency.to_json()))
    assert record.pop("layers") == [layer("a").to_json()]
    assert record == {
        "total_us": 12.346,
        "runs": 50,
        "backend": "onnx",
        "precision": "int8",
        "threads": 2,
    }
