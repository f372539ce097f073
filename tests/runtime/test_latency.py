import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from armlet.preprocessing import decode
from armlet.records import Layer, Precision
from armlet.runtime.choice import Wish
from armlet.runtime.conditions import Measured, read_conditions
from armlet.runtime.latency import Latency, measure_latency, totals_by_kind
from armlet.runtime.model import open_model

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
    model = open_model(bundle, Wish(backend=backend, precision=precision), 1)
    clock = itertools.count().__next__  # every look at it a second later
    tensor = model.tensor(decode(photos / "chelsea.png"))
    (latency,) = measure_latency([model], clock, 20, tensor)
    assert latency.total_us == 1e6
    assert sum(one.share or 0 for one in latency.layers) == pytest.approx(1.0)
    *layers, other = latency.layers
    assert [one.name for one in layers] == [one.name for one in model.layers]
    heavy = [one for one in layers if one.macs]
    assert len(heavy) == 57
    assert all(one.share for one in heavy)
    assert next(one for one in layers if one.kind == "data").share
    # All that is left over is what the runtime put in by itself, and time between operators.
    assert other.name == "other"
    assert set(other.operator.split(", ")) <= ITS_OWN


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_both_runtimes_find_the_same_convolutions(bundle: Path, precision: Precision) -> None:
    found = []
    for backend in ("litert", "onnx"):
        wish = Wish(backend=backend, precision=precision)
        model = open_model(bundle, wish, 1)
        foreign = replace(model, layers=[])
        (latency,) = measure_latency([foreign], lambda: 0.0, 2)
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
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    model = open_model(bundle, Wish(backend="onnx", precision=None), 1)
    measure_latency([model], lambda: 0.0, 1)
    assert list(tmp_path.iterdir()) == []


def test_latency_as_json() -> None:
    now = read_conditions()
    measured = Measured(threads=2, before=now, after=now)
    latency = Latency(
        network="net",
        file="model.int8.onnx",
        conditions=measured,
        layers=[layer("a")],
        total_us=12.34567,
        runs=50,
        backend="onnx",
        precision="int8",
        threads=2,
    )
    record = json.loads(json.dumps(latency.to_json()))
    assert record.pop("layers") == [layer("a").to_json()]
    assert record.pop("conditions") == measured.to_json()
    assert record == {
        "network": "net",
        "file": "model.int8.onnx",
        "total_us": 12.346,
        "runs": 50,
        "backend": "onnx",
        "precision": "int8",
        "threads": 2,
    }


def test_two_models_take_turns_and_share_their_conditions(bundle: Path) -> None:
    models = [
        open_model(bundle, Wish(backend=backend, precision=None), 1)
        for backend in ("litert", "onnx")
    ]
    ticks = itertools.count()
    shown: list[int] = []

    def watch(rounds: Sequence[int]) -> Iterator[int]:
        for number in rounds:
            shown.append(number)
            yield number

    first, second = measure_latency(models, lambda: float(next(ticks)), 12, watch=watch)
    assert shown == [0, 5, 10, 0, 0]  # without profiler, and each model with
    # Two looks at the clock for each run of each model, and for each time that one warms up.
    assert next(ticks) == 2 * 2 * 12 + 2 * (1 + 3 * 2)
    assert (first.backend, second.backend) == ("litert", "onnx")
    assert first.runs == second.runs == 12
    assert first.conditions is second.conditions


def test_heaviest_first(bundle: Path) -> None:
    model = open_model(bundle, Wish(backend="onnx", precision=None), 1)
    (latency,) = measure_latency([model], lambda: 0.0, 3)
    shares = [one.share or 0.0 for one in latency.heaviest_first().layers]
    assert shares == sorted(shares, reverse=True)
    assert {one.name for one in latency.heaviest_first().layers} == {
        one.name for one in latency.layers
    }
