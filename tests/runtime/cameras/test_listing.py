import errno
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from armlet.runtime.cameras.csi_list import CsiListed, parse
from armlet.runtime.cameras.finding import find_cameras
from armlet.runtime.cameras.holders import Holder, Holders
from armlet.runtime.cameras.listing import Listing, Look, list_cameras, look, look_into
from armlet.runtime.cameras.listing_page import page
from armlet.runtime.cameras.offers import REQUEST_BUFFERS
from tests.runtime.boards import CAMERAS, lay_out
from tests.runtime.cameras.kernel import (
    FMT_MJPG,
    FMT_YUYV,
    RATE_7_5,
    RATE_30,
    SIZE_640,
    SIZE_1280,
    SIZE_STEP,
    Driver,
)
from tests.runtime.rpicam import SENSORS

FREE = Holders(seen=[], hidden=True)
BUSY = Holders(seen=[Holder(pid=77, name="motion")], hidden=False)
WEBCAM = Driver(FMT_YUYV, FMT_MJPG, SIZE_640, SIZE_1280, RATE_30, RATE_7_5)


def listing(
    root: Path,
    found: Look | None = None,
    holders: Holders = FREE,
    allowed: bool = True,
    tool: str | None = "rpicam-hello",
    csi: Sequence[CsiListed] | None = None,
) -> Listing:
    def look_at(device: str) -> Look:
        assert device == "/dev/video0"
        return found or look(WEBCAM)

    def list_csi(asked: str | None) -> Sequence[CsiListed] | None:
        assert asked == tool
        return csi

    def which(name: str) -> str | None:
        return tool if name == tool else None

    return list_cameras(
        lambda: find_cameras(root, lambda path: allowed, which),
        look_at,
        lambda device: holders,
        list_csi,
    )


def test_all_that_is_there(tmp_path: Path) -> None:
    found = listing(lay_out(tmp_path, CAMERAS), csi=parse(SENSORS))
    assert page(found) == [
        "/dev/video0  HD Webcam",
        "             YUYV  640 x 480 (30/s), 1280 x 720 (30/s)",
        "             MJPG  640 x 480 (30/s), 1280 x 720 (30/s)",
        "csi          imx219, on the ribbon cable",
        "             sensor  640 x 480 (206.7/s), 1640 x 1232 (41.85/s)",
        "csi:1        imx477, on the ribbon cable",
        "             sensor  1332 x 990 (120/s)",
        "             without pictures: /dev/video1 (HD Webcam),"
        " /dev/video10 (bcm2835-codec-decode)",
        "",
        "next: edge-run camera out/ --source /dev/video0",
    ]
    record = json.loads(json.dumps(found.to_json()))
    (node,) = record["nodes"]
    assert node["offers"][0] == {
        **{"fourcc": "YUYV", "width": 640, "height": 480},
        **{"rates": [30, 7.5], "between": False},
    }
    assert (node["device"], node["capture"], node["holders"]) == ("/dev/video0", True, [])
    assert [one["source"] for one in record["csi"]] == ["csi", "csi:1"]
    assert record["sources"] == ["/dev/video0", "csi", "csi:1"]
    assert record["next"] == "edge-run camera out/ --source /dev/video0"
    assert record["advice"] == []


def test_camera_in_use(tmp_path: Path) -> None:
    found = listing(lay_out(tmp_path, CAMERAS), ([], True), BUSY, csi=[])
    lines = page(found)
    assert "             -> in use by motion (process 77); end that first" in lines
    assert any("no camera answers on the ribbon cable; see to its" in one for one in lines)
    node = found.to_json()["nodes"][0]
    assert (node["busy"], node["holders"]) == (True, [{"pid": 77, "name": "motion"}])
    assert found.sources == []
    hidden = listing(tmp_path, ([], True), FREE, csi=[])
    said = "             -> in use by another user, whom sudo edge-run camera"
    assert any(one.startswith(said) for one in page(hidden))


def test_camera_that_is_open_and_not_in_use(tmp_path: Path) -> None:
    found = listing(lay_out(tmp_path, CAMERAS), holders=BUSY, csi=[])
    assert found.sources == ["/dev/video0"]


@pytest.mark.parametrize(
    ("number", "busy"), [(0, False), (errno.EBUSY, True), (errno.EINVAL, False)]
)
def test_driver_tells_whether_another_program_captures(number: int, busy: bool) -> None:
    def ask(request: int, data: bytearray) -> None:
        if request != REQUEST_BUFFERS:
            WEBCAM(request, data)
        elif number:
            raise OSError(number, "refused")

    offers, found = look(ask)
    assert (len(offers), found) == (4, busy)


def test_camera_that_may_not_be_opened(tmp_path: Path) -> None:
    found = listing(lay_out(tmp_path, CAMERAS), ([], False), allowed=False, tool=None)
    lines = page(found)
    assert lines[:2] == [
        "/dev/video0  HD Webcam",
        "             may not be opened by this user",
    ]
    rights, ribbon = found.advice
    assert "usermod -aG video" in rights and ribbon.endswith("run sudo apt install rpicam-apps")
    assert lines[-1] == "next: edge-run camera out/ --source video.mp4"


def test_none(tmp_path: Path) -> None:
    found = listing(tmp_path)
    assert page(found) == [
        "-> there is no camera; plug a USB camera in, or use a video, a folder or an address",
        "",
        "next: edge-run camera out/ --source video.mp4",
    ]
    record = found.to_json()
    assert (record["nodes"], record["csi"], record["sources"]) == ([], [], [])
    assert record["advice"][0].startswith("there is no camera; plug a USB camera in")


def test_of_a_grid_of_sizes_the_largest() -> None:
    offers, _ = look(Driver(FMT_YUYV, SIZE_STEP))
    assert [(one.width, one.height) for one in offers] == [(1920, 1080)]


def test_what_is_no_camera_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    for name in ("video0", "none"):
        assert look_into(str(tmp_path / name)) == ([], False)
