"""Which software made a bundle."""

import platform
from collections.abc import Mapping
from importlib import metadata

import armlet

PACKAGES = ("torch", "onnx", "onnxruntime", "ai-edge-litert", "numpy", "opencv-python-headless")


def versions() -> Mapping[str, str]:
    """Versions of armlet, Python and every package that has a part in the files."""
    found = {"armlet": armlet.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
