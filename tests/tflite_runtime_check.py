"""tflite-runtime 2.14, in the environment that it needs: Python 3.11 and numpy below 2.

``make test-tflite-runtime`` makes that environment and the demo's bundle, and runs this.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
BUNDLE, PHOTOS = ROOT / "demo/bundle", ROOT / "demo/photos"


def edge_run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "edge-run"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_environment_is_the_old_one() -> None:
    assert int(np.__version__.split(".")[0]) < 2


def test_default_int8_bundle_is_classified() -> None:
    done = edge_run("classify", BUNDLE, PHOTOS / "chelsea.png", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["top"][0]["label"] == "cat"
    shown = edge_run("classify", BUNDLE / "model.int8.tflite", PHOTOS, "--top-k", "1")
    assert "int8, tflite-runtime" in shown.stdout


def test_verify_holds_it_to_a_tolerance() -> None:
    done = edge_run("verify", BUNDLE, "--json")
    assert done.returncode == 0, done.stderr
    files = {one["path"]: one for one in json.loads(done.stdout)["files"]}
    assert files["model.int8.tflite"]["backend"] == "tflite-runtime"
    assert files["model.int8.tflite"]["promise"] == "15 dB or better"
    assert files["model.int8.onnx"]["backend"] is None


def test_other_runtimes_are_refused_with_the_command_that_installs_them() -> None:
    done = edge_run("classify", BUNDLE, PHOTOS, "--backend", "litert")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "pip install 'armlet[litert]'" in done.stderr
