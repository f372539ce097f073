"""Which cameras are there, and whether this user may open them."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armlet.runtime.cameras.offers import asker, captures
from armlet.runtime.kernel_files import in_order, read_table, read_text

JOIN_VIDEO = 'run sudo usermod -aG video "$USER" and log in again'
INSTALL_RPICAM = "run sudo apt install rpicam-apps"

# Video nodes of Raspberry Pis that code or scale pictures, and those of their ribbon cable
# (CSI) connector, which give raw data to libcamera and no pictures to anybody else.
_NO_CAMERA = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rpi-hevc-dec", "rpivid")
_CSI = ("rp1-cfe", "unicam")
_CSI_TOOLS = ("rpicam-hello", "libcamera-hello")


def ask_kernel(path: Path) -> bool | None:
    """Whether pictures can be taken from a node; None: it doesn't tell. It may be in use."""
    try:
        node = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return captures(asker(node))
    finally:
        os.close(node)


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A video node of the kernel."""

    device: str
    """Such as ``/dev/video0``."""
    name: str | None
    allowed: bool
    """Whether this user may read and write it, as opening a camera needs."""
    capture: bool | None
    """Whether pictures can be taken from it; None: nothing tells."""
    csi: bool
    """Whether it belongs to a ribbon cable and so needs libcamera."""


@dataclass(frozen=True, kw_only=True)
class Cameras:
    """All video nodes, and the tool for cameras on a ribbon cable."""

    nodes: Sequence[Camera]
    csi_tool: str | None
    """The command that opens such cameras; None: it isn't installed."""

    @property
    def advice(self) -> Sequence[str]:
        """What keeps cameras from working, each with what to do."""
        closed = [
            one.device for one in self.nodes if not one.allowed and one.capture is not False
        ]
        found = []
        if closed:
            found.append(f"{', '.join(closed)} can't be opened by this user; {JOIN_VIDEO}")
        if self.csi_tool is None and any(one.csi for one in self.nodes):
            found.append(f"a camera on the ribbon cable needs libcamera; {INSTALL_RPICAM}")
        return found

    def to_json(self) -> dict[str, Any]:
        """Everything as a JSON object."""
        return {
            "nodes": [asdict(one) for one in self.nodes],
            "csi_tool": self.csi_tool,
            "advice": list(self.advice),
        }


def find_cameras(
    root: Path = Path("/"),
    may_open: Callable[[Path], bool] = lambda path: os.access(path, os.R_OK | os.W_OK),
    which: Callable[[str], str | None] = shutil.which,
    ask: Callable[[Path], bool | None] = ask_kernel,
) -> Cameras:
    """Look for cameras without taking one: it may be in use.

    Args:
        root: What stands for ``/``.
        may_open: Whether this user may open a device.
        which: Finds a command.
        ask: Whether pictures can be taken from a device, where udev doesn't tell.
    """
    return Cameras(
        nodes=[
            _node(path, root, may_open(path), ask)
            for path in in_order(root / "dev", "video[0-9]*")
        ],
        csi_tool=next((tool for tool in _CSI_TOOLS if which(tool)), None),
    )


def on_ribbon_cable(device: str, root: Path = Path("/")) -> bool:
    """Whether a node belongs to a ribbon cable and so gives raw data.

    Args:
        device: The node, or a link to it.
        root: What stands for ``/``.
    """
    node = Path(device).resolve().name
    name = read_text(root / "sys/class/video4linux" / node / "name")
    return (name or "").startswith(_CSI)


def _node(path: Path, root: Path, allowed: bool, ask: Callable[[Path], bool | None]) -> Camera:
    facts = root / "sys/class/video4linux" / path.name
    name = read_text(facts / "name")
    capture = _captures(name or "", read_text(facts / "dev"), root)
    return Camera(
        device=f"/dev/{path.name}",
        name=name,
        allowed=allowed,
        capture=ask(path) if capture is None and allowed else capture,
        csi=(name or "").startswith(_CSI),
    )


def _captures(name: str, number: str | None, root: Path) -> bool | None:
    """What udev found out when the node came; a webcam has a second one without pictures."""
    if name.startswith(_NO_CAMERA):
        return False
    entries = read_table(root / f"run/udev/data/c{number}")
    known = [value for key, value in entries if key == "E" and "ID_V4L_CAPABILITIES=" in value]
    return ":capture:" in known[0] if known else None
