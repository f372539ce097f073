"""ncnn's int8 files, which its own ncnn2table and ncnn2int8 would write; those aren't on PyPI.

Quantization is symmetric: a scale of 127 / (largest absolute value) for each output channel of
the weights, and for each activation that a convolution or the last layer reads. Where one
convolution feeds another alone, the values between them stay int8.

A ``.param`` file is text, a line for each layer: type, name, numbers of inputs and outputs,
their names, parameters as ``key=value``. The ``.bin`` file holds the weights in the same order.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ncnn
import numpy as np
from numpy.typing import NDArray

CONVOLUTIONS = ("Convolution", "ConvolutionDepthWise")
LINEAR = "InnerProduct"
# What stands before an array of weights: how they are stored.
_PLAIN = (struct.pack("<I", 0), struct.pack("<I", 0x0002C056))
_INT8 = struct.pack("<I", 0x000D4B38)
# The parameter that says how far a layer is int8.
_TERM, _FLOAT_OUT, _INT8_OUT = "8", "1", "101"
_HEADER_LINES = 2


@dataclass(frozen=True, kw_only=True)
class Line:
    """One layer of a .param file."""

    type: str
    name: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    parameters: Mapping[str, str]

    @property
    def quantized(self) -> bool:
        """Whether the layer has weights."""
        return self.type in (*CONVOLUTIONS, LINEAR)

    @property
    def weights(self) -> tuple[int, int]:
        """Output channels, and weights of each."""
        channels = int(self.parameters["0"])
        return channels, int(self.parameters["2" if self.type == LINEAR else "6"]) // channels

    @property
    def has_bias(self) -> bool:
        """Whether a bias follows the weights."""
        return self.parameters.get("1" if self.type == LINEAR else "5") == "1"

    def text(self) -> str:
        """The line as it stands in the file."""
        pairs = [f"{key}={value}" for key, value in self.parameters.items()]
        counts = [str(len(self.inputs)), str(len(self.outputs))]
        return " ".join([self.type, self.name, *counts, *self.inputs, *self.outputs, *pairs])


def quantize(source: Path, target: Path, pictures: NDArray[np.float32]) -> None:
    """Write the int8 files of a float32 network.

    Args:
        source: Of the float32 files, without ``.param`` and ``.bin``.
        target: Of the int8 files, likewise.
        pictures: (N, 3, height, width) to calibrate with.
    """
    text = source.with_suffix(".param").read_text(encoding="utf-8").splitlines()
    lines = [_read(line) for line in text[_HEADER_LINES:]]
    largest = _largest(source, lines, pictures)
    readers: dict[str, list[Line]] = {}
    for line in lines:
        for name in line.inputs:
            readers.setdefault(name, []).append(line)
    data, place, written, result = source.with_suffix(".bin").read_bytes(), 0, b"", []
    for line in lines:
        if not line.quantized:
            result.append(line)
            continue
        assert data[place : place + 4] in _PLAIN, f"{line.name}: weights stored in another way"
        channels, each = line.weights
        count = channels * each + (channels if line.has_bias else 0)
        values = np.frombuffer(data, np.float32, count, place + 4)
        place += 4 + 4 * count
        following = readers.get(line.outputs[0], [])
        stays = (
            line.type != LINEAR and len(following) == 1 and following[0].type in CONVOLUTIONS
        )
        weights, bias = (
            values[: channels * each].reshape(channels, each),
            values[channels * each :],
        )
        written += _layer(weights, bias, largest[line.inputs[0]])
        if stays:
            written += struct.pack("<f", 127 / largest[line.outputs[0]])
        term = _INT8_OUT if stays else _FLOAT_OUT
        result.append(replace(line, parameters={**line.parameters, _TERM: term}))
    assert place == len(data), "weights left over"
    target.with_suffix(".bin").write_bytes(written)
    whole = [*text[:_HEADER_LINES], *(line.text() for line in result)]
    target.with_suffix(".param").write_text("\n".join(whole) + "\n", encoding="utf-8")


def _read(text: str) -> Line:
    type, name, inputs, outputs, *rest = text.split()
    first, last = int(inputs), int(inputs) + int(outputs)
    return Line(
        type=type,
        name=name,
        inputs=rest[:first],
        outputs=rest[first:last],
        parameters=dict(one.split("=", 1) for one in rest[last:]),
    )


def _largest(
    source: Path, lines: Sequence[Line], pictures: NDArray[np.float32]
) -> Mapping[str, float]:
    """The largest absolute value of each activation that is to be int8."""
    net = ncnn.Net()
    net.opt.lightmode = False  # keeps what is between layers
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.load_param(str(source.with_suffix(".param")))
    net.load_model(str(source.with_suffix(".bin")))
    names = {line.inputs[0] for line in lines if line.quantized}
    found = dict.fromkeys(names, 1e-9)
    for picture in pictures:
        extractor = net.create_extractor()
        extractor.input(lines[0].outputs[0], ncnn.Mat(picture))
        for name in names:
            _, values = extractor.extract(name)
            found[name] = max(found[name], float(np.abs(np.array(values)).max()))
    return found


def _layer(weights: NDArray[np.float32], bias: NDArray[np.float32], largest: float) -> bytes:
    """A layer's part of the .bin file, but for the scale of an int8 output."""
    scales = 127 / np.maximum(np.abs(weights).max(1), 1e-9)
    steps = np.clip(np.rint(weights * scales[:, None]), -127, 127).astype(np.int8).tobytes()
    padded = steps + b"\0" * (-len(steps) % 4)
    ends = struct.pack("<f", 127 / largest)
    return b"".join([_INT8, padded, bias.tobytes(), scales.astype(np.float32).tobytes(), ends])
