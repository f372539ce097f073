import re
from typing import Any

import pytest

from tests.arm import tools
from tests.arm.counting import Count, between
from tests.arm.instructions_page import render
from tests.arm.processors import PROCESSORS


def row(file: str, runtime: str, millions: float, **more: Any) -> dict[str, Any]:
    count = {
        "instructions": round(millions * 1e6),
        "dot": 0,
        "half": 0,
        "single": round(millions * 5e5),
        "spread": 0,
        "sqnr_db": 100.0,
    }
    return {
        "network": "net",
        "kind": "armlet" if file.startswith("armlet") else "stock",
        "runtime": runtime,
        "engine": "litert",
        "file": file,
        "precision": "float32",
        "half": False,
        "rotated": False,
        "processors": {name: count for name in PROCESSORS},
        **more,
    }


def test_a_count_is_what_lies_between_two_marks() -> None:
    lines = ["0 100 1 2 3", "1 150 4 2 13", "0 900 4 2 13", "1 901 4 2 13"]
    assert list(between(lines)) == [
        Count(instructions=50, dot=3, half=0, single=10),
        Count(instructions=1, dot=0, half=0, single=0),
    ]


def test_the_page_holds_each_file_against_the_stock_one() -> None:
    page = render(
        {
            "date": "2026-11-25",
            "qemu": "7.2",
            "debian": "bookworm",
            "packages": {"ai-edge-litert": "2.3.0"},
            "pictures": 3,
            "failed": [],
            "rows": [
                row("stock_litert/float32.tflite", "LiteRT", 20),
                row("stock_onnx/float32.onnx", "ONNX Runtime", 30),
                row("armlet/model.float32.onnx", "ONNX Runtime", 15),
                row("armlet/model.float16.tflite", "LiteRT", 10, precision="float16"),
            ],
        }
    )
    ours = next(line for line in page.splitlines() if "model.float32.onnx" in line)
    assert "**15.00** | **0.750 (0.500)**" in ours
    assert "| **10.00** | **0.500** |" in page
    assert "milliseconds" in page


def test_linux_says_of_a_processor_what_kernels_are_picked_by() -> None:
    for name, part, dot in (("cortex-a72", "0xd08", False), ("cortex-a76", "0xd0b", True)):
        text = PROCESSORS[name].cpuinfo
        assert f"CPU part\t: {part}\n" in text
        assert ("asimddp" in text) is dot
        assert len(re.findall(r"^processor\t: \d$", text, re.MULTILINE)) == 4


def test_what_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(tools.ArmError, match="qemu-aarch64, gcc not found; .* qemu-user gcc$"):
        tools.require("qemu-aarch64", "gcc")
