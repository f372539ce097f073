from pathlib import Path

from armlet.runtime.cameras.finding import ask_kernel, find_cameras, on_ribbon_cable
from tests.runtime.boards import CAMERAS, lay_out


def test_nodes_in_order_with_what_can_be_told(tmp_path: Path) -> None:
    found = find_cameras(lay_out(tmp_path, CAMERAS), lambda path: True, lambda tool: tool)
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
    found = find_cameras(lay_out(tmp_path, CAMERAS), lambda path: False, lambda tool: None)
    rights, ribbon = found.advice
    assert rights.startswith("/dev/video0, /dev/video2 can't be opened by this user; ")
    assert 'usermod -aG video "$USER"' in rights
    assert ribbon.endswith("run sudo apt install rpicam-apps")


def test_older_tool(tmp_path: Path) -> None:
    found = find_cameras(
        tmp_path, which=lambda tool: tool if tool.startswith("libcamera") else None
    )
    assert (found.nodes, found.csi_tool) == ([], "libcamera-hello")


def test_driver_is_asked_where_udev_does_not_tell(tmp_path: Path) -> None:
    nodes = {"dev/video0": "", "dev/video1": "", "dev/video2": ""}
    answers = {"video0": True, "video1": False, "video2": None}
    found = find_cameras(lay_out(tmp_path, nodes), ask=lambda path: answers[path.name])
    assert [one.capture for one in found.nodes] == [True, False, None]


def test_what_is_no_device_does_not_tell(tmp_path: Path) -> None:
    found = find_cameras(lay_out(tmp_path, {"dev/video0": "a file"}))
    assert [one.capture for one in found.nodes] == [None]
    assert ask_kernel(tmp_path / "none") is None


def test_nodes_of_the_ribbon_cable(tmp_path: Path) -> None:
    lay_out(tmp_path, CAMERAS)
    link = tmp_path / "dev/by-id"
    link.symlink_to(tmp_path / "dev/video2")
    asked = ("/dev/video0", "/dev/video2", str(link), "/dev/null")
    found = [on_ribbon_cable(device, tmp_path) for device in asked]
    assert found == [False, True, True, False]
