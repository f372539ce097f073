"""MNN on the CPU, through its Module interface (its Session is as fast)."""

from pathlib import Path

import MNN.expr
import MNN.nn
import numpy as np

from tests.bench.peers.engine import Engine, Pixels, flat


def load(path: Path, threads: int, half: bool = False) -> Engine:
    """Load a .mnn file.

    Args:
        path: The file.
        threads: How many may be used.
        half: Whether a float32 file may be computed in float16 where the processor can.
    """
    # precision high: float32 stays float32
    precision = "low" if half else "high"
    settings = {"backend": "CPU", "numThread": threads, "precision": precision}
    manager = MNN.nn.create_runtime_manager((settings,))
    module = MNN.nn.load_module_from_file(str(path), [], [], runtime_manager=manager)
    source = MNN.expr.placeholder([1, 3, 224, 224], MNN.expr.NCHW)

    def run(tensor: Pixels) -> object:
        source.write(tensor)
        return np.array(module.forward(source).read())

    return Engine(package="MNN", prepare=lambda pixels: pixels.copy(), run=run, logits=flat)
