"""MNN: its converter for ONNX files and its quantizer, on the stock ONNX file.

The commands ``mnnconvert`` and ``mnnquant`` install a logging package into whichever Python is
first on the path and report each use; here the compiled functions behind them are called. Each
call has a process of its own, since the quantizer aborts once it has written its file.

The quantizer runs all its pictures as one batch. Where a file's shapes say a batch of one, that
fails, and all that comes of it is a file whose activations stay float32: so batch is left open.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import onnx
from onnx import numpy_helper

PACKAGES = ("MNN", "onnx")
_CALL = "import _tools, sys; getattr(_tools, sys.argv[1])(sys.argv[1:])"
# ImageNet's, for pixels of 0 to 255.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def convert(network: Path, target: Path) -> None:
    """Write float32, int8, and a file with float32 activations and int8 weights."""
    stock = network / "stock_onnx" / "float32.onnx"
    _from_onnx(stock, target / "float32.mnn")
    _from_onnx(stock, target / "int8.weights.mnn", "--weightQuantBits", 8)
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as name:
        folder = Path(name)
        onnx.save(_any_batch(onnx.load(stock)), folder / "batch.onnx")
        _from_onnx(folder / "batch.onnx", folder / "batch.mnn")
        _quantize(folder / "batch.mnn", target / "int8.mnn", network / "calibration")


def _any_batch(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model for any number of pictures at once."""
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del model.graph.value_info[:]
    shapes = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    for constant in model.graph.initializer:
        if constant.name in shapes:
            shape = numpy_helper.to_array(constant).copy()
            shape[0] = -1
            constant.CopyFrom(numpy_helper.from_array(shape, constant.name))
    return model


def _from_onnx(source: Path, target: Path, *options: object) -> None:
    files = ["--modelFile", source, "--MNNModel", target]
    _tool("mnnconvert", target, "-f", "ONNX", *files, "--bizCode", "bench", *options)


def _quantize(source: Path, target: Path, pictures: Path) -> None:
    settings = {
        "input_type": "image",
        "format": "RGB",
        "mean": [255 * one for one in _MEAN],
        "normal": [1 / (255 * one) for one in _STD],
        "width": 224,
        "height": 224,
        "path": f"{pictures}/",
        # All: it takes minutes, and with 8 of them it crashes.
        "used_sample_num": len(list(pictures.iterdir())),
        # Of the other methods, KL crashes and EMA diverges.
        "feature_quantize_method": "ADMM",
        "weight_quantize_method": "MAX_ABS",
    }
    configuration = source.with_name("quantization.json")
    configuration.write_text(json.dumps(settings), encoding="utf-8")
    _tool("mnnquant", target, source, target, configuration)
    Path(f"{target}.json").unlink()  # scales, for people


def _tool(name: str, made: Path, *arguments: object) -> None:
    """Call one of MNN's tools; what it made is believed rather than its exit code."""
    command = [sys.executable, "-c", _CALL, name, *map(str, arguments)]
    ended = subprocess.run(command, check=False)
    if not made.exists():
        raise RuntimeError(f"{name} ended with {ended.returncode} and wrote no {made.name}")
