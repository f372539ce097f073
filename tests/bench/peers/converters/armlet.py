"""armlet's own bundle, made by its command."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

from armlet.records import Precision

PACKAGES = ("armlet", "torch", "onnxscript")
# Files that don't agree with PyTorch are kept: int8 with random weights agrees but so far.
_DISAGREE = 3


def convert(network: Path, target: Path) -> None:
    """Export every format and precision that there is."""
    command: list[str | Path] = [
        sys.executable,
        "-c",
        "import armlet.export.cli as c; c.main()",
    ]
    command += [network.name, "--weights", network / "weights.pt"]
    command += [
        "--calib",
        network / "calibration",
        "--precisions",
        ",".join(get_args(Precision)),
    ]
    ended = subprocess.run([*command, "-o", target], check=False)
    if ended.returncode not in (0, _DISAGREE):
        raise RuntimeError(f"edge-export ended with {ended.returncode}")
