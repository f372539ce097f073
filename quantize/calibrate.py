"""Activation ranges, from running pictures through the float32 ONNX file."""

from collections.abc import Iterable, Iterator

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from armlet.errors import CalibrationError
from armlet.preprocessing import Preprocessing
from armlet.quantization import Ranges

PERCENTILE = 99.99
"""Of each picture's values; the few beyond it are clipped. On the real ImageNet network it
beats plain minimum and maximum by half a decibel (docs/accuracy.md)."""


def calibrate(
    model: bytes,
    output: str,
    inputs: Iterable[NDArray[np.float32]],
    percentile: float = PERCENTILE,
) -> Ranges:
    """Run pictures and note how far each activation goes.

    Args:
        model: A float32 ONNX file whose tensors are named as the graph's activations.
        output: The graph's name for what the file gives as its output.
        inputs: Network inputs, (1, 3, size, size) float32, one picture each.
        percentile: Upper share of each picture's values that counts, in per cent; the lower
            one is its mirror. 100 is plain minimum and maximum, and so is any other for
            activations of so few values that the share is less than one of them.

    Returns:
        Lowest and highest over all pictures, by activation, the network's input excepted
        (``input_range`` knows that one exactly).

    Raises:
        CalibrationError: There was no picture, or the network gave no finite numbers.
    """
    session = _session(model)
    names = [output.name for output in session.get_outputs()]
    (source,) = session.get_inputs()
    lows = dict.fromkeys(names, np.inf)
    highs = dict.fromkeys(names, -np.inf)
    pictures = 0
    for tensor in inputs:
        pictures += 1
        for name, values in zip(names, session.run(names, {source.name: tensor}), strict=True):
            low, high = _bounds(values, percentile)
            lows[name], highs[name] = min(lows[name], low), max(highs[name], high)
    if not pictures:
        raise CalibrationError(
            "no picture to calibrate with", "give --calib a folder of pictures"
        )
    for name in names:
        if not (np.isfinite(lows[name]) and np.isfinite(highs[name])):
            raise CalibrationError(
                f"layer {name} gave no finite numbers", "check the weights and --mean and --std"
            )
    logits = names[0]  # the file's own output stands before those that were added
    return {
        output if name == logits else name: (float(lows[name]), float(highs[name]))
        for name in names
    }


def input_range(preprocessing: Preprocessing) -> tuple[float, float]:
    """The range of the network's input: what pixel values 0 and 255 become."""
    ends = [
        (pixel - mean) / std
        for pixel in (0.0, 1.0)
        for mean, std in zip(preprocessing.mean, preprocessing.std, strict=True)
    ]
    return min(ends), max(ends)


def _session(model: bytes) -> onnxruntime.InferenceSession:
    proto = onnx.load_from_string(model)
    asked = {output.name for output in proto.graph.output}
    for name in _computed(proto):
        if name not in asked:
            value = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            proto.graph.output.append(value)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _computed(proto: onnx.ModelProto) -> Iterator[str]:
    for node in proto.graph.node:
        yield from node.output


def _bounds(values: NDArray[np.float32], percentile: float) -> tuple[float, float]:
    # Of few values (logits, a pooled vector) it would always clip the largest, the very answer.
    if values.size * (100 - percentile) < 100:
        return float(values.min()), float(values.max())
    # Partial sorting: percentiles of a hundred tensors a picture would dominate the export.
    flat = values.ravel()
    beyond = (len(flat) - 1) * (100 - percentile) / 100
    rank = int(beyond)
    part = np.partition(flat, (rank, rank + 1, -2 - rank, -1 - rank))
    weight = beyond - rank
    low = part[rank] + weight * (part[rank + 1] - part[rank])
    high = part[-1 - rank] + weight * (part[-2 - rank] - part[-1 - rank])
    return float(low), float(high)
