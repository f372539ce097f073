"""The second trained network on all test pictures of Fashion-MNIST (make test-accuracy).

It needs Debian's package dataset-fashion-mnist and a bundle at demo/fashion-mnist.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PICTURES = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    command = [
        str(Path(sys.executable).parent / "edge-export"),
        "accuracy",
        "demo/fashion-mnist",
        "--eval",
        str(PICTURES),
        "--json",
    ]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def test_every_file_was_asked_about_every_picture(measured: dict[str, Any]) -> None:
    assert {one["images"] for one in measured["accuracy"].values()} == {10_000}
    manifest = json.loads((ROOT / "demo/fashion-mnist/manifest.json").read_text("utf-8"))
    files = {one["path"] for one in (*manifest["files"], *manifest["variants"])}
    assert set(measured["accuracy"]) == files


@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_int8_is_within_half_a_point_of_float32(measured: dict[str, Any], format: str) -> None:
    float32 = measured["accuracy"][f"model.float32.{format}"]["top1"]
    int8 = measured["accuracy"][f"model.int8.{format}"]["top1"]
    assert float32 > 90
    assert abs(float32 - int8) <= 0.5


def test_all_int8_files_give_the_same_logits(measured: dict[str, Any]) -> None:
    assert measured["int8_identical"] == 10_000
