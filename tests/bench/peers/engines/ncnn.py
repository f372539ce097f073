"""ncnn on the CPU."""

from pathlib import Path

import ncnn
import numpy as np

from tests.bench.peers.engine import Engine, Pixels, flat


def load(path: Path, threads: int, half: bool = False) -> Engine:
    """Load a .param file and the .bin file beside it.

    Args:
        path: The .param file.
        threads: How many may be used.
        half: Whether a float32 file may be computed in float16 where the processor can.
    """
    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_vulkan_compute = False
    if path.name.startswith("float32") and not half:
        # It would compute in float16 or bfloat16 where the processor can.
        net.opt.use_fp16_packed = net.opt.use_fp16_storage = False
        net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    net.load_param(str(path))
    net.load_model(str(path.with_suffix(".bin")))
    source, result = net.input_names()[0], net.output_names()[0]

    def run(tensor: Pixels) -> object:
        extractor = net.create_extractor()
        extractor.input(source, ncnn.Mat(tensor))  # which refers to the array's memory
        return np.array(extractor.extract(result)[1])

    return Engine(package="ncnn", prepare=lambda pixels: pixels[0].copy(), run=run, logits=flat)
