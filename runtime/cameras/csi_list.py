"""Which cameras are on the ribbon cable, as libcamera's own tool tells."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

PATIENCE_S = 5.0
# 0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)
_CAMERA = re.compile(r"^\s*(\d{1,3})\s+:\s+([A-Za-z][\w-]*)\s+\[\d+x\d+", re.ASCII)
#     Modes: 'SRGGB10_CSI2P' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
_MODE = re.compile(r"\b(\d+)x(\d+)\s+\[([\d.]+) fps")


@dataclass(frozen=True, kw_only=True)
class CsiMode:
    """A size in which the sensor can be read; libcamera scales it to any other."""

    width: int
    """In pixels, as for ``height``."""
    height: int
    fps: float
    """At most, in frames a second."""


@dataclass(frozen=True, kw_only=True)
class CsiListed:
    """A camera on the ribbon cable."""

    number: int
    sensor: str
    """Such as ``imx219``."""
    modes: Sequence[CsiMode] = ()
    """Empty: an older tool, which doesn't tell."""

    @property
    def source(self) -> str:
        """What ``--source`` calls it."""
        return f"csi:{self.number}" if self.number else "csi"


def list_csi(tool: str | None, patience_s: float = PATIENCE_S) -> Sequence[CsiListed] | None:
    """Ask for them, which takes about a second.

    Args:
        tool: ``rpicam-hello`` or ``libcamera-hello``; None: it isn't installed.
        patience_s: How long to wait for an answer, in seconds.

    Returns:
        None: nothing tells.
    """
    if tool is None:
        return None
    try:
        done = subprocess.run(
            [tool, "--list-cameras"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience_s,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    # Newer ones tell on stdout, and older ones did on stderr.
    text = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")
    found = parse(text)
    return found if found or "no cameras" in text.lower() else None


def parse(text: str) -> Sequence[CsiListed]:
    """Read the tool's list; lines that it has besides are passed over."""
    found: dict[int, CsiListed] = {}
    number = -1
    for line in text.splitlines():
        if camera := _CAMERA.match(line):
            number = int(camera[1])
            found.setdefault(number, CsiListed(number=number, sensor=camera[2]))
        elif number in found:
            modes = [
                CsiMode(width=int(width), height=int(height), fps=float(fps))
                for width, height, fps in _MODE.findall(line)
            ]
            known = found[number]
            new = [one for one in modes if one not in known.modes]
            found[number] = CsiListed(
                number=number, sensor=known.sensor, modes=[*known.modes, *new]
            )
    return list(found.values())
