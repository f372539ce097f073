"""OpenVINO: the stock ONNX file in its own format, and quantized by nncf."""

import sys
from pathlib import Path

from tests.bench.peers.convert import calibration

# Its tools report their use unless this package, which does that, is missing.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
import nncf  # noqa: E402
import openvino  # noqa: E402

PACKAGES = ("openvino", "nncf")


def convert(network: Path, target: Path) -> None:
    """Write an .xml and a .bin for each precision."""
    model = openvino.convert_model(network / "stock_onnx" / "float32.onnx")
    openvino.save_model(model, target / "float32.xml", compress_to_fp16=False)
    pictures = [one[None] for one in calibration(network)]
    quantized = nncf.quantize(model, nncf.Dataset(pictures), subset_size=len(pictures))
    openvino.save_model(quantized, target / "int8.xml", compress_to_fp16=False)
