"""What PyTorch and ONNX Runtime make by themselves: torch.onnx.export, quantize_static."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from tests.bench.peers.convert import calibration
from tests.bench.peers.network import load

PACKAGES = ("torch", "onnxscript", "onnxruntime")
INPUT = "input"


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands out the calibration pictures."""

    def __init__(self, pictures: NDArray[np.float32]) -> None:
        self._left: Iterator[NDArray[np.float32]] = iter(pictures)

    def get_next(self) -> dict[str, Any] | None:
        one = next(self._left, None)
        return None if one is None else {INPUT: one[None]}


def convert(network: Path, target: Path) -> None:
    """Write both files, int8 in the form that ONNX Runtime advises for x86: U8S8, QDQ."""
    module = load(network)
    program = torch.onnx.export(
        module, (torch.zeros(1, 3, 224, 224),), dynamo=True, input_names=[INPUT], verbose=False
    )
    assert program is not None
    program.save(target / "float32.onnx")
    quantize_static(
        target / "float32.onnx",
        target / "int8.onnx",
        _Reader(calibration(network)),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
