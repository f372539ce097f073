"""ExecuTorch with the XNNPACK delegate that its files name."""

from pathlib import Path

import numpy as np
import torch
from executorch.extension.pybindings import _C
from executorch.runtime import Runtime

from tests.bench.peers.engine import Engine, Pixels, flat


def load(path: Path, threads: int) -> Engine:
    """Load a .pte file."""
    _C._unsafe_reset_threadpool(threads)  # it takes all cores, and has no other setting
    method = Runtime.get().load_program(path).load_method("forward")
    assert method is not None

    def run(tensor: Pixels) -> object:
        return np.array(method.execute((torch.from_numpy(tensor),))[0])

    return Engine(
        package="executorch", prepare=lambda pixels: pixels.copy(), run=run, logits=flat
    )
