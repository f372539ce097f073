"""ONNX Runtime as its own documentation uses it."""

from pathlib import Path

import onnxruntime

from tests.bench.peers.engine import Engine, flat

_ERRORS = 3


def load(path: Path, threads: int) -> Engine:
    """Load an ONNX file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return Engine(
        package="onnxruntime",
        prepare=lambda pixels: pixels.copy(),
        run=lambda tensor: session.run(None, {name: tensor})[0],
        logits=flat,
    )
