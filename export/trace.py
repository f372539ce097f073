"""PyTorch module to ONNX in memory, by torch's own exporter."""

import logging
import warnings

import onnx
import torch
from torch import nn

from armlet.errors import NetworkError

# The exporter's own working version; the files that armlet writes have theirs.
OPSET = 18


def trace(module: nn.Module, size: int) -> onnx.ModelProto:
    """Trace a classifier in eval mode with one picture of ``size`` pixels.

    Args:
        module: Takes (1, 3, size, size) float32, returns (1, classes).
        size: Height and width.

    Raises:
        NetworkError: torch can't trace it.
    """
    example = torch.zeros(1, 3, size, size)
    noisy = logging.getLogger("torch.onnx")
    level = noisy.level
    noisy.setLevel(logging.ERROR)  # it complains that torchvision is not installed
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module.eval(),
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=["input"],
                output_names=["logits"],
                verbose=False,
            )
    except Exception as error:  # the exporter passes on whatever the module raises
        reason = next((line for line in str(error).splitlines() if line.strip()), "no reason")
        raise NetworkError(
            f"torch can't trace the network at {size} pixels: {type(error).__name__}: {reason}",
            "check that it runs on one picture of --input-size",
        ) from error
    finally:
        noisy.setLevel(level)
    if program is None:
        raise NetworkError("torch's exporter returned nothing", "update torch")
    return program.model_proto
