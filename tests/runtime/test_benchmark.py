import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from armlet.bundle import open_bundle
from armlet.errors import BundleError
from armlet.runtime import benchmark, turns
from armlet.runtime.benchmark import Benchmark, bench_model
from armlet.runtime.benchmark_table import as_text
from armlet.runtime.choice import Wish
from armlet.runtime.conditions import NOTHING_TOLD, Conditions, Measured, read_conditions
from armlet.runtime.throttling import decode
from tests.runtime.benchmarks import row

ANY = Wish(backend=None, precision=None)
INT8 = Wish(backend=None, precision="int8")


def test_every_row_is_measured(bundle: Path) -> None:
    ticks = itertools.count()
    shown: list[int] = []

    def watch(rounds: Sequence[int]) -> Iterator[int]:
        for number in rounds:
            shown.append(number)
            yield number

    made = bench_model(bundle, INT8, 1, runs=12, watch=watch, clock=lambda: float(next(ticks)))
    assert shown == [0, 5, 10]
    assert [(one.file, one.backend, one.threads) for one in made.rows] == [
        ("model.int8.onnx", "onnx", 1),
        ("model.int8.tflite", "litert", 1),
        ("model.int8.rotated.tflite", "litert", 1),
    ]
    manifest = open_bundle(bundle)[0].manifest
    for one in made.rows:
        # Every look at the clock is a second after the last.
        assert one.p50_ms == one.p90_ms == one.p99_ms == one.min_ms == 1000
        assert one.bytes == (bundle / one.file).stat().st_size
        assert (one.top1, one.agreement) == (None, manifest.check[one.file]["agreement"])


def test_threads_go_up_to_the_cores(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "available_cores", lambda: 3)
    made = bench_model(bundle / "model.int8.onnx", ANY, runs=1, clock=lambda: 0.0)
    assert [one.threads for one in made.rows] == [1, 2, 3]
    assert made.conditions.threads == 3


def test_measured_accuracy_is_passed_on(copied: Path) -> None:
    path = copied / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["accuracy"] = {"model.int8.onnx": {"top1": 86.5, "top5": 99.0, "images": 100}}
    path.write_text(json.dumps(record), encoding="utf-8")
    made = bench_model(copied, INT8, 1, runs=1, clock=lambda: 0.0)
    assert {one.file: one.top1 for one in made.rows} == {
        "model.int8.onnx": 86.5,
        "model.int8.tflite": None,
        "model.int8.rotated.tflite": None,
    }


def test_load_is_that_before_and_the_clock_that_during(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = replace(read_conditions(), cores=2, clusters=[], load=0.1)
    looks = iter([quiet, replace(quiet, load=1.7), replace(quiet, load=1.9)])
    for module in (benchmark, turns):
        monkeypatch.setattr(module, "read_conditions", lambda: next(looks))
    made = bench_model(bundle, INT8, 1, runs=1, clock=lambda: 0.0)
    assert (made.conditions.before.load, made.conditions.after.load) == (0.1, 1.9)
    assert made.reasons == []


def test_damaged_file_is_refused(copied: Path) -> None:
    (copied / "model.int8.onnx").write_bytes(b"damaged")
    with pytest.raises(BundleError, match="is damaged"):
        bench_model(copied, ANY)


def made(*, bits: int = 0) -> Benchmark:
    quiet = Conditions(
        governor=None,
        clusters=[],
        celsius=None,
        throttling=decode(bits),
        load=0.0,
        cores=2,
    )
    return Benchmark(
        network="net",
        runs=5,
        rows=[row("float32", 12.34), row("int8", 0.5678, top1=86.57)],
        conditions=Measured(threads=2, before=quiet, after=quiet),
        problems=[],
        assumed=[],
    )


def test_json() -> None:
    record = json.loads(json.dumps(made().to_json()))
    assert (record["valid"], record["reasons"], record["problems"]) == (True, [], [])
    assert record["rows"][1] == {
        "file": "model.int8.tflite",
        "backend": "litert",
        "precision": "int8",
        "threads": 1,
        "p50_ms": 0.5678,
        "p90_ms": 0.5678,
        "p99_ms": 0.5678,
        "min_ms": 0.5678,
        "bytes": 500_000,
        "top1": 86.57,
        "agreement": None,
    }
    slowed = made(bits=4).to_json()
    assert not slowed["valid"]
    assert slowed["reasons"] == ["the board slowed itself down (throttled)"]


def test_table() -> None:
    heading, blank, titles, float32, int8, *rest = as_text(made())
    assert (heading, blank) == ("net, 5 runs of each, taking turns", "")
    assert titles.split()[-3:] == ["MB", "top-1", "%"]
    assert float32.split()[3:] == ["1", "12.3", "12.3", "12.3", "12.3", "0.50"]
    assert int8.split()[4] == "0.568"
    assert int8.endswith("0.50    86.57  fastest")
    benchmark = made()
    chosen = as_text(benchmark, benchmark.rows[0])
    assert chosen[3].endswith("0.50           best")
    assert chosen[4].endswith("fastest")
    assert rest == ["", f"load 0.0, {NOTHING_TOLD}"]
    assert as_text(made(bits=4))[-1] == ("NOT VALID: the board slowed itself down (throttled)")


def test_table_without_accuracy() -> None:
    titles = as_text(replace(made(), rows=[row("int8", 1.0)]))[2]
    assert "top-1" not in titles
