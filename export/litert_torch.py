"""The optional second way to TFLite, for operators that armlet's own writers don't know.

litert-torch makes the float32 file, ai-edge-quantizer the int8 one. They know nearly every
operator of PyTorch, but put 2.5 GB on the disk, take a minute for what armlet does in a second,
rescale in front of every concat, and know nothing of ONNX.
"""

import importlib
import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray
from torch import nn

from armlet.errors import BackendError
from armlet.records import Precision
from armlet.scales import Scale
from armlet.silence import silenced

SIGNATURE = "serving_default"
INPUT = "args_0"


def convert(
    module: nn.Module, size: int, inputs: Iterable[NDArray[np.float32]]
) -> Mapping[Precision, bytes]:
    """Convert a classifier.

    Args:
        module: Takes (1, 3, size, size) float32, returns (1, classes).
        size: Height and width of the input.
        inputs: (1, 3, size, size) float32, one picture each, to calibrate int8 with.

    Returns:
        The float32 file, which takes (1, size, size, 3), and the int8 one with int8 input and
        output; only the former if there were no inputs.

    Raises:
        BackendError: litert-torch or ai-edge-quantizer isn't installed, or can't do it.
    """
    float32 = _float32(module, size)
    int8 = _int8(float32, inputs)
    return {"float32": float32} if int8 is None else {"float32": float32, "int8": int8}


def input_scale(int8: bytes) -> Scale:
    """How the int8 file's input is quantized."""
    graph = schema.ModelT.InitFromObj(schema.Model.GetRootAs(int8)).subgraphs[0]
    quantization = graph.tensors[graph.inputs[0]].quantization
    return Scale(scale=float(quantization.scale[0]), zero_point=int(quantization.zeroPoint[0]))


def _float32(module: nn.Module, size: int) -> bytes:
    os.environ.setdefault("LITERT_TORCH_SHOW_PROGRESS", "n")
    litert_torch = _import("litert_torch")
    # The wrapper comes in training mode, whatever is inside.
    wrapped = litert_torch.to_channel_last_io(module.eval(), args=[0]).eval()
    example = (torch.zeros(1, size, size, 3),)
    try:
        with silenced(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bytes(litert_torch.convert(wrapped, example).model_content())
    except Exception as error:  # whatever torch.export, jax and the compiler raise
        raise _failed("litert-torch", error) from error


def _int8(float32: bytes, inputs: Iterable[NDArray[np.float32]]) -> bytes | None:
    quantizer = _import("ai_edge_quantizer.quantizer")
    recipe = _import("ai_edge_quantizer.recipe").static_wi8_ai8()
    manager = _import("ai_edge_quantizer.recipe_manager").RecipeManager()
    manager.load_quantization_recipe(recipe)
    # Its default, a moving average of the extremes, costs 10 dB.
    extremes = _import("ai_edge_quantizer.utils.qsv_utils").min_max_update
    calibrator = None
    try:
        for one in inputs:
            sample = {INPUT: np.ascontiguousarray(one.transpose(0, 2, 3, 1))}
            with silenced():  # around each picture, since the caller's progress must be seen
                calibrator = calibrator or _import("ai_edge_quantizer.calibrator").Calibrator(
                    float32, num_threads=os.cpu_count() or 1, qsv_update_func=extremes
                )
                calibrator.calibrate({SIGNATURE: [sample]}, manager)
        if calibrator is None:
            return None
        with silenced():
            result = quantizer.Quantizer(float32, recipe).quantize(
                calibrator.get_model_qsvs(),
                enable_progress_bar=False,
                enable_progress_report=False,
            )
        return bytes(result.quantized_model)
    except (RuntimeError, ValueError) as error:
        raise _failed("ai-edge-quantizer", error) from error


def _import(name: str) -> Any:
    try:
        with silenced(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        raise BackendError(
            f"{name.partition('.')[0]} can't be imported ({error})",
            "run pip install 'armlet[litert-torch]'",
        ) from error


def _failed(package: str, error: Exception) -> BackendError:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return BackendError(
        f"{package} can't convert the network: {first}", "export ONNX, or change the network"
    )
