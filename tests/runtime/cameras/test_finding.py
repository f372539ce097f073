from pathlib import Path

from armlet.runtime.cameras.finding import find_cameras
from tests.runtime.boards import lay_out

NODES = {
    "dev/video0": "",
    "sys/class/video4linux/video0/name": "HD Webcam\n",
    "sys/class/video4linux/video0/dev": "81:0\n",
    "run/udev/data/c81:0": "S:v4l/by-id/x\nE:ID_V4L_CAPABILITIES=:capture:\n",
    "dev/video1": "",
    "sys/class/video4linux/video1/name": "HD Webcam\n",
    "sys/class/video4linux/video1/dev": "81:1\n",
    "run/udev/data/c81:1": "E:ID_V4L_CAPABILITIES=:\n",
    "dev/video10": "",
    "sys/class/video4linux/video10/name": "bcm2835-codec-decode\n",
    "dev/video2": "",
    "sys/class/video4linux/video2/name": "unicam-image\n",
}


def test_nodes_in_order_with_what_can_be_told(tmp_path: Path) -> None:
    found = find_cameras(lay_out(tmp_path, NODES), lambda path: True, lambda tool: tool)
    assert [(one.device, one.name, one.capture, one.csi) for one in found.nodes] == [
        ("/dev/video0", "HD Webcam", True, False),
        ("/dev/video1", "HD Webcam", False, False),
        ("/dev/video2", "unicam-image", None, True),
        ("/dev/video10", "bcm2835-codec-decode", False, False),
    ]
    assert found.csi_tool == "rpicam-hello"
    assert found.advice == []


def test_advice_for_a_user_without_rights_and_a_ribbon_cable_without_tool(
    tmp_path: Path,
) -> None:
    found = find_cameras(lay_out(tmp_path, NODES), lambda path: False, lambda tool: None)
    rights, ribbon = found.advice
    assert rights.startswith("/dev/video0, /dev/video2 can't be opened by this user; ")
    assert 'usermod -aG video "$USER"' in rights
    assert ribbon.endswith("run sudo apt install rpicam-apps")


def test_older_tool(tmp_path: Path) -> None:
    found = find_cameras(
        tmp_path, which=lambda tool: tool if tool.startswith("libcamera") else None
    )
    assert (found.nodes, found.csi_tool) == ([], "libcamera-hello")
