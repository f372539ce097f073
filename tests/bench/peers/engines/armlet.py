"""armlet's own files, run as edge-run runs them."""

from pathlib import Path

import numpy as np

from armlet.runtime.backends import load_backend
from armlet.scales import Scale
from tests.bench.peers.engine import Engine, Pixels, flat

PACKAGE = "armlet"
BACKENDS = {".onnx": "onnx", ".tflite": "litert"}


def load(path: Path, threads: int) -> Engine:
    """Load a file of a bundle through the session that edge-run has."""
    session = load_backend(BACKENDS[path.suffix]).open(path, threads)
    spec = session.input

    def prepare(pixels: Pixels) -> object:
        laid = pixels if spec.layout == "NCHW" else pixels.transpose(0, 2, 3, 1)
        return quantized(laid, spec.scale) if spec.element == "int8" else laid.copy()

    return Engine(prepare=prepare, run=session.run, logits=flat)


def quantized(values: Pixels, scale: Scale | None) -> object:
    """Values as a file with int8 input takes them."""
    assert scale is not None
    steps = np.rint(values / np.float32(scale.scale)) + scale.zero_point
    return np.clip(steps, -128, 127).astype(np.int8)
