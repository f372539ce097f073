"""armlet's own files, run as edge-run runs them."""

from pathlib import Path

import numpy as np

from armlet.runtime.backends import load_backend
from armlet.runtime.session import Tensor
from tests.bench.peers.engine import Engine, Pixels, flat

_BACKENDS = {".onnx": ("onnx", "onnxruntime"), ".tflite": ("litert", "ai-edge-litert")}


def load(path: Path, threads: int) -> Engine:
    """Load a file of a bundle through the session that edge-run has."""
    backend, package = _BACKENDS[path.suffix]
    session = load_backend(backend).open(path, threads)
    spec = session.input

    def prepare(pixels: Pixels) -> Tensor:
        laid = pixels if spec.layout == "NCHW" else pixels.transpose(0, 2, 3, 1)
        if spec.scale is not None:
            steps = np.rint(laid / np.float32(spec.scale.scale)) + spec.scale.zero_point
            laid = np.clip(steps, -128, 127)
        return np.array(laid, spec.element, order="C")

    return Engine(package=package, prepare=prepare, run=session.run, logits=flat)
