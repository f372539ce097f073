"""ExecuTorch with the XNNPACK delegate: float32, and int8 quantized in PyTorch (pt2e)."""

from pathlib import Path

import torch
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
    XNNPACKQuantizer,
    get_symmetric_quantization_config,
)
from executorch.exir import to_edge_transform_and_lower
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from tests.bench.peers.convert import calibration
from tests.bench.peers.network import load

PACKAGES = ("torch", "executorch", "torchao")


def convert(network: Path, target: Path) -> None:
    """Write float32 and int8."""
    module = load(network)
    pictures = torch.from_numpy(calibration(network))
    example = (pictures[:1],)
    _write(torch.export.export(module, example), target / "float32.pte")
    quantizer = XNNPACKQuantizer()
    quantizer.set_global(get_symmetric_quantization_config(is_per_channel=True))
    prepared = prepare_pt2e(torch.export.export(module, example).module(), quantizer)
    for one in pictures:
        prepared(one[None])
    quantized = torch.export.export(convert_pt2e(prepared), example)
    _write(quantized, target / "int8.pte")


def _write(program: torch.export.ExportedProgram, path: Path) -> None:
    lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    path.write_bytes(lowered.to_executorch().buffer)
