"""What Google's own tools make: litert-torch, ai-edge-quantizer with its recipe for int8.

The networks take pictures as PyTorch does, channels first, and so do the files of litert-torch.
Files with channels last (``.nhwc``) are written too, since they are faster.
"""

import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tests.bench.peers.convert import calibration
from tests.bench.peers.network import load

PACKAGES = ("torch", "litert-torch", "ai-edge-quantizer", "ai-edge-litert")


def convert(network: Path, target: Path) -> None:
    """Write float32 and int8, channels first and last."""
    os.environ["LITERT_TORCH_SHOW_PROGRESS"] = "n"
    import litert_torch

    module = load(network)
    # The wrapper comes in training mode, whatever is inside.
    last = litert_torch.to_channel_last_io(module, args=[0]).eval()
    pictures = calibration(network)
    _write(module, pictures, target, "tflite")
    _write(last, pictures.transpose(0, 2, 3, 1).copy(), target, "nhwc.tflite")


def _write(module: nn.Module, pictures: NDArray[np.float32], target: Path, suffix: str) -> None:
    import litert_torch
    from ai_edge_quantizer import calibrator, quantizer, recipe, recipe_manager
    from ai_edge_quantizer.utils import qsv_utils

    float32, int8 = target / f"float32.{suffix}", target / f"int8.{suffix}"
    litert_torch.convert(module, (torch.from_numpy(pictures[:1]),)).export(str(float32))
    rules = recipe.static_wi8_ai8()
    manager = recipe_manager.RecipeManager()
    manager.load_quantization_recipe(rules)
    # By default it takes a moving average of the extremes, which costs 10 dB.
    statistics = calibrator.Calibrator(
        float32.read_bytes(), num_threads=1, qsv_update_func=qsv_utils.min_max_update
    )
    samples = [{"args_0": one[None]} for one in pictures]
    statistics.calibrate({"serving_default": samples}, manager)
    made = quantizer.Quantizer(str(float32), rules).quantize(
        statistics.get_model_qsvs(), enable_progress_bar=False, enable_progress_report=False
    )
    int8.write_bytes(made.quantized_model)
