"""armlet's own bundle, made by its command."""

import subprocess
import sys
from pathlib import Path

PACKAGES = ("armlet", "torch", "onnxscript")
# Files that don't agree with PyTorch are kept: int8 with random weights agrees but so far.
_DISAGREE = 3


def convert(network: Path, target: Path) -> None:
    """Export every format, precision and variant: that is the command's default."""
    program = "import armlet.export.cli as command; command.main()"
    command: list[str | Path] = [sys.executable, "-c", program, network.name]
    command += ["--weights", network / "weights.pt", "--calib", network / "calibration"]
    ended = subprocess.run([*command, "-o", target], check=False)
    if ended.returncode not in (0, _DISAGREE):
        raise RuntimeError(f"edge-export ended with {ended.returncode}")
