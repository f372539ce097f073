"""A run leaves nothing on a device but what it was asked for and armlet's cache."""

import os
import subprocess
import sys
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.version import Version

from tests.runtime.leaving import BACKENDS, Places, commands

# What ONNX Runtime from 1.29 on says when it can't write the file by which it knows a machine
# again, and a part of that file's path.
DEVICE_ID = (b"telemetry device ID", b"DeveloperTools")


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_log_and_cache_appear(
    bundle: Path, photos: Path, tmp_path: Path, backend: str
) -> None:
    places = Places(tmp_path)
    for one in commands(backend, bundle, photos / "chelsea.png", places.log):
        done = subprocess.run(
            [Path(sys.executable).parent / "edge-run", *one],
            cwd=places.work,
            env={**os.environ, **places.environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (one, done.stderr)
        assert places.strays() == set(), one
    assert places.log.exists()
    assert any(one.startswith("armlet-cache/tuning/") for one in places.files())


def test_stray_files_are_seen(tmp_path: Path) -> None:
    places = Places(tmp_path)
    stray = tmp_path / "home/.cache/Microsoft/deviceid"
    stray.parent.mkdir(parents=True)
    stray.write_text("one")
    assert places.strays() == {"home/.cache/Microsoft/deviceid"}


def test_onnxruntime_is_one_that_numbers_no_device() -> None:
    assert Version(version("onnxruntime")) < Version("1.29")
    libraries = [one for one in distribution("onnxruntime").files or () if ".so" in one.name]
    assert any(one.name.startswith("onnxruntime_pybind11_state") for one in libraries)
    for one in libraries:
        content = Path(str(one.locate())).read_bytes()
        assert not [words for words in DEVICE_ID if words in content], one
