"""tflite-runtime 2.14, in the environment that it needs: Python 3.11 and numpy below 2.

``make test-tflite-runtime`` makes that environment and the demo's bundle, and runs this.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from armlet.errors import BackendError
from armlet.runtime.backends import tflite_runtime_profiler
from armlet.runtime.session import NOTHING

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


def test_operators_of_int8_have_times() -> None:
    done = edge_run("profile", BUNDLE, "--runs", "5", "--json")
    assert done.returncode == 0, done.stderr
    layers = json.loads(done.stdout)["layers"]
    manifest = json.loads((BUNDLE / "manifest.json").read_text(encoding="utf-8"))
    names = [one["name"] for one in manifest["layers_int8"]]
    assert [one["name"] for one in layers] == [*names, "other"]
    convolutions = [one for one in layers if one["kind"] in ("convolution", "depthwise")]
    assert all(one["median_us"] > 0 for one in convolutions)


def test_delegate_that_takes_all_is_an_error() -> None:
    done = edge_run("profile", BUNDLE, "--precision", "float32")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "in a delegate, which" in done.stderr
    assert done.stderr.endswith("--backend litert\n")


def test_log_without_layers_says_so(tmp_path: Path) -> None:
    log = tmp_path / "results.jsonl"
    done = edge_run("classify", BUNDLE, PHOTOS, "--precision", "float32", "--log", log)
    assert done.returncode == 0
    assert "edge-run: the log has no layers: tflite-runtime runs" in done.stderr
    assert len(log.read_text(encoding="utf-8").splitlines()) == 3


def test_another_version_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflite_runtime_profiler, "_SET_PROFILER", "nothing")
    tensor = np.zeros((1, 32, 32, 3), np.int8)
    with pytest.raises(BackendError, match="can't be profiled"):
        tflite_runtime_profiler.profile(BUNDLE / "model.int8.tflite", 1, NOTHING, tensor, 1)
