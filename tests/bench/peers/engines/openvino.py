"""OpenVINO on the CPU, told to answer soon rather than to answer much."""

import sys
from pathlib import Path

from tests.bench.peers.engine import Engine, Pixels, flat

# Its tools report their use unless this package, which does that, is missing.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
import openvino  # noqa: E402


def load(path: Path, threads: int) -> Engine:
    """Load an OpenVINO model (.xml, with the .bin file beside it) or an ONNX file."""
    settings: dict[str, object] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        # It would compute in bfloat16 where the processor can.
        "INFERENCE_PRECISION_HINT": "f32",
    }
    core = openvino.Core()
    request = core.compile_model(core.read_model(path), "CPU", settings).create_infer_request()

    def run(tensor: Pixels) -> object:
        request.set_input_tensor(openvino.Tensor(tensor, shared_memory=True))
        request.infer()
        return request.get_output_tensor(0).data.copy()

    return Engine(
        package="openvino", prepare=lambda pixels: pixels.copy(), run=run, logits=flat
    )
