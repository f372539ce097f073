"""PyTorch module to ONNX in memory, by torch's own exporter."""

import contextlib
import io
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
    # It complains that torchvision is not installed, and prints the graph of what fails.
    logging.disable(logging.WARNING)
    try:
        with (
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
            torch.no_grad(),
        ):
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
        cause = error.__cause__ or error  # the exporter's own words only tell what it tried
        reason = next((line for line in str(cause).splitlines() if line.strip()), "no reason")
        raise NetworkError(
            f"torch can't trace the network at {size} pixels: {type(cause).__name__}: {reason}",
            "see that its forward() takes the same way for every picture",
        ) from error
    finally:
        logging.disable(logging.NOTSET)
    if program is None:
        raise NetworkError("torch's exporter returned nothing", "update torch")
    return program.model_proto
