"""LiteRT as its own documentation uses it."""

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from tests.bench.peers.engine import Engine, Pixels, flat

_CHANNELS = 3


def load(path: Path, threads: int) -> Engine:
    """Load a TFLite file; int8 ones take and give int8."""
    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    last = source["shape"][-1] == _CHANNELS

    def prepare(pixels: Pixels) -> NDArray[np.generic]:
        laid = pixels.transpose(0, 2, 3, 1) if last else pixels
        if source["dtype"] == np.int8:
            scale, zero = source["quantization"]
            laid = np.clip(np.rint(laid / scale) + zero, -128, 127)
        return np.array(laid, source["dtype"], order="C")

    def run(tensor: NDArray[np.generic]) -> NDArray[np.generic]:
        interpreter.set_tensor(source["index"], tensor)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(result["index"]))

    def logits(answer: NDArray[np.generic]) -> NDArray[np.float32]:
        scale, zero = result["quantization"] if answer.dtype == np.int8 else (1, 0)
        return (flat(answer) - zero) * np.float32(scale)

    return Engine(package="ai-edge-litert", prepare=prepare, run=run, logits=logits)
