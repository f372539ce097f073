"""The second way to TFLite, run for real in an environment that has litert-torch.

``make test-litert-torch`` makes that environment and runs this. Each export ends with armlet's
own check of both files against PyTorch, which fails the command.
"""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import skimage

CHELSEA = Path(skimage.__path__[0]) / "data/chelsea.png"
# Enough that one picture on the edge between two labels, which another processor's rounding may
# tip, doesn't decide whether the export's own check passes.
PICTURES = Path(__file__).parents[1] / "export/shipped/pictures"
NETWORKS = """
import torch
from torch import nn

def hardswish():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1), nn.Hardswish(),
        nn.Conv2d(16, 32, 3, 2, 1), nn.Hardswish(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 5),
    )
"""
"""A network with an operator that armlet's own writers lack."""


def run(folder: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / command, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a user works: a network of one's own, and some photos."""
    (tmp_path / "mynet.py").write_text(NETWORKS, encoding="utf-8")
    shutil.copytree(PICTURES, tmp_path / "photos")
    shutil.copy(CHELSEA, tmp_path / "photos")
    return tmp_path


@pytest.mark.parametrize(
    "network", [["mynet:hardswish", "--input-size", "64"], ["shufflenet_v2_x0_5"]]
)
def test_both_files_agree_with_pytorch_and_classify(folder: Path, network: list[str]) -> None:
    options = ["--via", "litert-torch", "--formats", "tflite", "--calib", "photos", "-o", "out"]
    exported = run(folder, "edge-export", *network, *options)
    assert exported.returncode == 0, exported.stderr
    assert "Traceback" not in exported.stderr
    manifest = json.loads((folder / "out/manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["check"]) == {"model.float32.tflite", "model.int8.tflite"}
    for precision in ("float32", "int8"):
        path = f"out/model.{precision}.tflite"
        with zipfile.ZipFile(folder / path) as archive:
            labels = archive.read("labels.txt").decode().splitlines()
        assert labels == manifest["labels"]
        classified = run(folder, "edge-run", "classify", path, "photos/chelsea.png", "--json")
        assert classified.returncode == 0, classified.stderr
        assert json.loads(classified.stdout)["top"][0]["label"] in labels


def test_own_way_refuses_the_operator_and_hints_at_this_one(folder: Path) -> None:
    options = ["--input-size", "64", "--calib", "photos", "-o", "out"]
    refused = run(folder, "edge-export", "mynet:hardswish", *options)
    assert refused.returncode == 1
    assert "HardSwish" in refused.stderr
    assert "--via litert-torch" in refused.stderr
    assert not (folder / "out").exists()
