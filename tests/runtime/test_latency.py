import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from armlet.errors import BackendError
from armlet.records import Layer, Precision
from armlet.runtime.backends import litert
from armlet.runtime.choice import Wish
from armlet.runtime.latency import (
    Latency,
    attribute,
    find_owner,
    measure_latency,
    totals_by_kind,
)
from armlet.runtime.model import open_model
from armlet.runtime.session import NodeTime, ProfiledRun

# What ONNX Runtime itself puts in between: changes of layout and the ends of the int8 graph.
ITS_OWN = {
    "DequantizeLinear",
    "QuantizeLinear",
    "ReorderInput",
    "ReorderOutput",
    "Transpose",
    "runtime",
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


def whole(nodes: list[NodeTime], total_us: float) -> ProfiledRun:
    return ProfiledRun(nodes=nodes, total_us=total_us)


def test_attribute_takes_the_median_run_and_shares_of_all_runs() -> None:
    runs = [
        whole(
            [
                *(time("a_nchwc", us), time("a/relu", 1.0)),
                *(time("b", 2 * us), time("Reorder", 5.0, "R")),
            ],
            3 * us + 10.0,  # 4 us lie between the operators
        )
        for us in (9.0, 900.0, 14.0)
    ]
    a, b, other = attribute(runs, [layer("a"), layer("b")])
    assert (a.median_us, b.median_us, other.median_us) == (15.0, 28.0, 9.0)
    assert (a.share, b.share, other.share) == pytest.approx(
        (926 / 2799, 1846 / 2799, 27 / 2799)
    )
    assert (other.name, other.operator, other.kind, other.macs) == ("other", "R", "other", 0)


def test_layer_that_was_optimised_away_took_no_time() -> None:
    runs = [whole([time("a", 4.0)], 4.0)]
    a, gone, other = attribute(runs, [layer("a"), layer("gone")])
    assert (a.share, gone.median_us, gone.share) == (1.0, 0.0, 0.0)
    assert (other.operator, other.median_us, other.share) == ("runtime", 0.0, 0.0)


def test_layer_called_other_is_not_taken_for_the_rest() -> None:
    layers = attribute(
        [whole([time("other", 4.0), time("Reorder", 6.0)], 10.0)], [layer("other")]
    )
    assert [one.median_us for one in layers] == [4.0, 6.0]


def test_totals_by_kind_begin_with_the_most_expensive() -> None:
    shuffle = Layer(
        name="s", operator="S", kind="shuffle", macs=0, parameters=0, bytes=7, share=0.5
    )
    conv = [Layer(**layer(name, 3).to_json(), share=0.25) for name in ("a", "b")]
    first, second = totals_by_kind([conv[0], shuffle, conv[1]])
    assert (first.kind, first.share, first.macs, first.bytes) == ("convolution", 0.5, 6, 20)
    assert (second.kind, second.share, second.bytes) == ("shuffle", 0.5, 7)


def test_sum_with_something_unknown_is_unknown() -> None:
    (kind,) = totals_by_kind([layer("a", 3), replace(layer("b"), macs=None)])
    assert (kind.macs, kind.bytes) == (None, 20)


@pytest.mark.parametrize("backend", ["litert", "onnx"])
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_real_profile_reaches_every_layer(
    bundle: Path, photos: Path, backend: str, precision: Precision
) -> None:
    model = open_model(bundle, Wish(backend=backend, precision=precision, layers=True), 1)
    clock = itertools.count().__next__  # every look at it a second later
    latency = measure_latency(model, photos / "chelsea.png", clock, runs=20)
    assert latency.total_us == 1e6
    assert sum(one.share or 0 for one in latency.layers) == pytest.approx(1.0)
    *layers, other = latency.layers
    assert [one.name for one in layers] == [one.name for one in model.layers]
    # LiteRT counts whole microseconds, less than which the small layers take at 32 pixels.
    least = 500_000 if backend == "litert" else 1
    heavy = [one for one in layers if (one.macs or 0) >= least]
    assert len(heavy) >= 3
    assert all(one.share for one in heavy)
    assert next(one for one in layers if one.kind == "shuffle").share
    # All that is left over is what the runtime put in by itself, and time between operators.
    assert other.name == "other"
    assert set(other.operator.split(", ")) <= ITS_OWN


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_both_runtimes_find_the_same_convolutions(
    bundle: Path, photos: Path, precision: Precision
) -> None:
    found = []
    for backend in ("litert", "onnx"):
        wish = Wish(backend=backend, precision=precision, layers=True)
        model = open_model(bundle, wish, 1)
        foreign = replace(model, layers=[])
        latency = measure_latency(foreign, photos / "chelsea.png", lambda: 0.0, runs=2)
        rows = [one for one in latency.layers if one.kind in ("convolution", "depthwise")]
        found.append(rows)
    by_name = [{one.name.removesuffix("/map"): one for one in rows} for rows in found]
    assert len(by_name[0]) == 57
    assert by_name[0].keys() == by_name[1].keys()
    # What the profile alone tells is what the export wrote into the manifest.
    for layer in model.layers:
        if layer.kind in ("convolution", "depthwise"):
            for rows_of in by_name:
                one = rows_of[layer.name]
                assert (one.kind, one.macs) == (layer.kind, layer.macs)
                assert one.parameters == layer.parameters


def test_profile_leaves_no_file(
    bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    model = open_model(bundle, Wish(backend="onnx", precision=None, layers=True), 1)
    measure_latency(model, photos / "chelsea.png", lambda: 0.0, runs=1)
    assert list(tmp_path.iterdir()) == []


def test_backend_without_a_profiler(
    bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litert, "profile", None)
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
