"""ncnn: its converter pnnx, and int8 by ``ncnn_int8``, since its quantizer isn't on PyPI."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pnnx

from tests.bench.peers.convert import calibration
from tests.bench.peers.converters.ncnn_int8 import quantize

PACKAGES = ("ncnn", "pnnx")


def convert(network: Path, target: Path) -> None:
    """Write a .param and a .bin for each precision."""
    with tempfile.TemporaryDirectory(prefix="armlet-bench-") as name:
        # It writes half a dozen files beside its input.
        traced = Path(shutil.copy(network / "traced.pt", name))
        subprocess.run(
            # fp16=0: it would store float32 weights as float16
            [pnnx.EXEC_PATH, traced.name, "inputshape=[1,3,224,224]", "fp16=0"],
            cwd=name,
            check=True,
        )
        for part in ("param", "bin"):
            shutil.copy(Path(name, f"traced.ncnn.{part}"), target / f"float32.{part}")
    quantize(target / "float32", target / "int8", calibration(network))
