import json

import pytest

from tests.arm import gate
from tests.arm.processors import PROCESSORS
from tests.arm.tools import ROOT

RECORD = json.loads((ROOT / "docs/benchmarks/instructions.json").read_text(encoding="utf-8"))
NETWORK = "shufflenet_v2_x0_5"
FILE = "armlet/model.int8.rotated.tflite"


def compared(change: float, file: str = FILE) -> gate.Comparison:
    (row,) = (one for one in RECORD["rows"] if (one["network"], one["file"]) == (NETWORK, file))
    recorded = row["processors"]["cortex-a76"]["instructions"]
    counted = {(file, "cortex-a76"): round(recorded * (1 + change))}
    (found,) = gate.compare(counted, RECORD, NETWORK)
    assert found.recorded == recorded
    return found


@pytest.mark.parametrize(
    ("change", "more", "fewer"),
    [
        (0.006, True, False),
        (0.004, False, False),
        (-0.004, False, False),
        (-0.006, False, True),
    ],
)
def test_half_a_per_cent_more_is_too_much(change: float, more: bool, fewer: bool) -> None:
    one = compared(change)
    assert (one.more, one.fewer) == (more, fewer)
    assert bool(gate.problems([one])) is more
    assert ("make count-arm" in gate.as_text([one], "today")[-1]) is fewer


def test_problem_names_file_processor_and_counts() -> None:
    (line,) = gate.problems([compared(0.006)])
    assert line.startswith(f"{FILE} takes 0.60% more")
    assert "cortex-a76" in line
    assert f"instead of {compared(0).recorded:,}" in line


@pytest.mark.parametrize(
    ("file", "stock"),
    [
        (FILE, "stock_litert/int8.tflite"),
        ("armlet/model.float32.rotated.tflite", "stock_litert/float32.tflite"),
        ("armlet/model.int8.onnx", "stock_onnx/int8.onnx"),
    ],
)
def test_table_shows_the_stock_route_beside(file: str, stock: str) -> None:
    one = compared(0.001, file)
    assert one.stock == compared(0, stock).recorded
    row = gate.as_text([one], "2026-11-25")[-1]
    assert row.split() == [
        file,
        "cortex-a76",
        f"{one.counted / 1e6:.3f}",
        f"{one.recorded / 1e6:.3f}",
        "+0.100%",
        f"{(one.stock or 0) / 1e6:.2f}",
    ]


def test_record_knows_all_that_is_counted() -> None:
    files = {row["file"] for row in RECORD["rows"] if row["network"] == NETWORK}
    for precision in ("float32", "int8"):
        assert f"armlet/model.{precision}.rotated.tflite" in files
        assert f"armlet/model.{precision}.onnx" in files
    assert all(set(row["processors"]) == set(PROCESSORS) for row in RECORD["rows"])
