from pathlib import Path

import pytest

from armlet.runtime.cameras.csi_list import CsiMode, list_csi, parse
from tests.runtime.rpicam import SENSORS, install_tool


def test_cameras_with_their_modes(tmp_path: Path) -> None:
    tool = install_tool(tmp_path, f"cat <<'EOF'\n{SENSORS}EOF")
    found = list_csi(str(tool))
    assert found
    first, second = found
    assert (first.source, first.sensor) == ("csi", "imx219")
    assert first.modes == [
        CsiMode(width=640, height=480, fps=206.65),
        CsiMode(width=1640, height=1232, fps=41.85),
    ]
    assert (second.source, second.sensor, len(second.modes)) == ("csi:1", "imx477", 1)


def test_older_tool_tells_on_stderr_without_rates(tmp_path: Path) -> None:
    lines = (
        "[0:00:01.2] [34]  INFO Camera camera_manager.cpp:293 libcamera v0.0.1\n"
        "Available cameras\n-----------------\n"
        "0 : ov5647 [2592x1944] (/base/soc/i2c0mux/i2c@1/ov5647@36)\n"
        "    Modes: 'SGBRG10_CSI2P' : 640x480 1296x972\n"
    )
    found = list_csi(str(install_tool(tmp_path, f"cat >&2 <<'EOF'\n{lines}EOF")))
    assert found
    assert [(one.sensor, list(one.modes)) for one in found] == [("ov5647", [])]


@pytest.mark.parametrize(
    ("act", "found"),
    [
        ("echo 'No cameras available!'", []),
        ("echo 'something else: 1 2 3'; exit 1", None),
        ("sleep 60", None),
        ("head -c 100000 /dev/urandom", None),
    ],
)
def test_no_camera_and_no_answer_are_different(
    tmp_path: Path, act: str, found: list[object] | None
) -> None:
    assert list_csi(str(install_tool(tmp_path, act)), patience_s=1) == found


def test_without_the_tool(tmp_path: Path) -> None:
    assert list_csi(None) is None
    assert list_csi(str(tmp_path / "none")) is None


def test_what_is_no_list() -> None:
    assert parse("") == []
    assert parse("12:30:01 up 5 days\n") == []
