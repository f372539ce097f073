"""Packages that stand in for real ones by coming first on PYTHONPATH."""

import os
from pathlib import Path

import pytest

SIGILL = "import os, signal\nos.kill(os.getpid(), signal.SIGILL)"
NEEDS_GLIBC = (
    "raise ImportError(\"/lib/libc.so.6: version `GLIBC_2.99' not found (required by "
    '/home/jane/venv/lib/x.so)")'
)
HANGS = "import time\ntime.sleep(600)"
FINE_ONNXRUNTIME = """
import numpy as np
from types import SimpleNamespace

print("a library that talks")
__version__ = "1.32.0"

class SessionOptions:
    def add_session_config_entry(self, key, value):
        pass

class InferenceSession:
    def __init__(self, path, options, providers):
        assert path.endswith(".onnx"), path

    def get_inputs(self):
        return [SimpleNamespace(name="input", shape=[1, 3, 8, 8], type="tensor(float)")]

    def get_outputs(self):
        return [SimpleNamespace(shape=[1, 2], type="tensor(float)")]

    def run(self, names, tensors):
        assert tensors["input"].shape == (1, 3, 8, 8)
        return [np.zeros((1, 2), np.float32)]
"""
"""As much of ONNX Runtime as the trial uses, of a release that armlet keeps clear of."""


def install(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    package: str,
    code: str,
    version: str = "9.9.9",
) -> None:
    """Put a package before the installed one of the same name, for child processes."""
    name, _, inside = package.partition(".")
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "__init__.py").write_text("" if inside else code, encoding="utf-8")
    if inside:
        (folder / name / f"{inside}.py").write_text(code, encoding="utf-8")
    facts = folder / f"{name}-{version}.dist-info"
    facts.mkdir(exist_ok=True)
    (facts / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", encoding="utf-8")
    (facts / "top_level.txt").write_text(f"{name}\n", encoding="utf-8")
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    if str(folder) not in path:
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *path]))
