"""From recorded times to table and plot; nothing is timed."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench.peers.report import name_of, report
from tests.bench.peers.summary import Line, Ratio, lines_of, summarise

MACHINE = {
    "board": None,
    "cpu": "Intel(R) Xeon(R) Processor",
    "kernel": "x86_64",
    "features": ["avx2"],
    "os": None,
    "python": "CPython 3.11.7",
}


def row(
    kind: str, runtime: str, file: str, milliseconds: list[float], **other: Any
) -> dict[str, Any]:
    given = {
        "network": "net",
        "kind": kind,
        "runtime": runtime,
        "engine": "armlet" if kind == "armlet" else runtime,
        "environment": "armlet",
        "file": file,
        "precision": "int8",
        "threads": 1,
        "rotated": False,
        "bytes": 1_500_000,
        "version": "1.0",
        "max_difference": 0.2,
        "largest_logit": 1.5,
        "sqnr_db": 14.0,
        "visits": [milliseconds, milliseconds],
    }
    return {**given, **other}


@pytest.fixture
def results() -> dict[str, Any]:
    """Of one network, in int8 with one thread but for the last."""
    return {
        "date": "2026-11-25",
        "machine": MACHINE,
        "cores": 2,
        "load_before": 0.1,
        "conditions": [],
        "doubts": ["the device was busy"],
        "versions": {"torch": "2.13.0"},
        "calibration": 32,
        "trial": 4,
        "rounds": 2,
        "runs": 3,
        "skipped": ["mnn: run make bench-peers PEERS=mnn"],
        "failed": [],
        "rows": [
            row("armlet", "LiteRT", "armlet/model.int8.tflite", [0.9, 1.0, 1.1]),
            row("armlet", "LiteRT", "armlet/model.r.tflite", [0.7, 0.8, 0.9], rotated=True),
            row("stock", "LiteRT", "stock/int8.nhwc.tflite", [1.5, 1.6, 1.7]),
            row("stock", "LiteRT", "stock/int8.tflite", [1.8, 2.0, 2.2]),
            row("peer", "ncnn", "ncnn/int8.param", [1.0, 1.25, 9.0], environment="ncnn"),
            row("armlet", "LiteRT", "armlet/16.tflite", [1.0, 1.0, 1.0], precision="float16"),
        ],
    }


def find(lines: list[Line], file: str) -> Line:
    (found,) = [line for line in lines if line.file == file]
    return found


def test_ratios_are_to_the_usual_way_and_to_the_fastest_other(results: dict[str, Any]) -> None:
    lines = list(lines_of(summarise(results)))
    ours = find(lines, "armlet/model.int8.tflite")
    assert (ours.min_ms, ours.median_ms, ours.runs) == (0.9, 1.0, 6)
    assert ours.to_stock == Ratio(median=0.5, min=0.5)
    assert ours.to_best == Ratio(median=0.8, min=0.9)
    peer = find(lines, "ncnn/int8.param")
    assert peer.to_stock == peer.to_best == Ratio(median=1, min=1)
    assert find(lines, "stock/int8.nhwc.tflite").to_stock == Ratio(median=0.8, min=0.833)


def test_what_nothing_compares_with_has_no_ratio(results: dict[str, Any]) -> None:
    alone = find(list(lines_of(summarise(results))), "armlet/16.tflite")
    assert alone.to_stock is None
    assert alone.to_best is None


def test_rows_are_sorted_by_their_medians_in_each_group(results: dict[str, Any]) -> None:
    lines = lines_of(summarise(results))
    assert [line.group for line in lines] == sorted(line.group for line in lines)
    medians = [line.median_ms for line in lines if line.precision == "int8"]
    assert medians == sorted(medians)


def test_three_files_are_written_and_are_the_same_each_time(
    results: dict[str, Any], tmp_path: Path
) -> None:
    page = report(results, tmp_path)
    assert page.name == "intel-xeon-processor.md"
    names = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(names) == {f"intel-xeon-processor.{end}" for end in ("md", "svg", "json")}
    record = json.loads(names["intel-xeon-processor.json"])
    assert "visits" not in record["rows"][0]
    assert ElementTree.fromstring(names["intel-xeon-processor.svg"]).tag.endswith("svg")
    report(results, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == names


def test_the_page_says_what_was_measured_and_what_was_not(
    results: dict[str, Any], tmp_path: Path
) -> None:
    page = report(results, tmp_path).read_text(encoding="utf-8")
    wanted = "`armlet/model.int8.tflite`** | 0.900 | 1.000 | 0.50 (0.50) | 0.80 (0.90) | 1.50"
    assert wanted in page
    assert "`armlet/model.r.tflite`, rotated input" in page
    for line in ("- the device was busy", "- mnn: run make bench-peers PEERS=mnn"):
        assert line in page.splitlines()


def test_a_board_names_the_files() -> None:
    machine = {**MACHINE, "board": "Raspberry Pi 5 Model B Rev 1.0"}
    assert name_of(machine) == "raspberry-pi-5-model-b-rev-1-0"
