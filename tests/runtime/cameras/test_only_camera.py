from collections.abc import Sequence

import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras.csi_list import CsiListed
from armlet.runtime.cameras.finding import Camera, Cameras
from armlet.runtime.cameras.only_camera import only_camera

WEBCAM = Camera(device="/dev/video0", name="HD Webcam", allowed=True, capture=True, csi=False)
ITS_DATA = Camera(
    device="/dev/video1", name="HD Webcam", allowed=True, capture=False, csi=False
)
OTHER = Camera(device="/dev/video2", name=None, allowed=False, capture=None, csi=False)
RIBBON = [
    Camera(device=f"/dev/video{number}", name="rp1-cfe", allowed=True, capture=True, csi=True)
    for number in (4, 5)
]
FIRST, SECOND = (CsiListed(number=number, sensor="imx219") for number in (0, 1))


def chosen(nodes: Sequence[Camera], listed: Sequence[CsiListed] | None = None) -> str:
    def ask(tool: str | None) -> Sequence[CsiListed] | None:
        assert tool == "rpicam-hello"
        assert nodes[-1].csi, "asked for nothing"
        return listed

    return only_camera(Cameras(nodes=nodes, csi_tool="rpicam-hello"), ask)


def test_the_only_one() -> None:
    assert chosen([WEBCAM, ITS_DATA]) == "/dev/video0"
    assert chosen([ITS_DATA, OTHER]) == "/dev/video2"
    assert chosen(RIBBON, [FIRST]) == "csi"
    assert chosen(RIBBON, None) == "csi"
    assert chosen([WEBCAM, *RIBBON], []) == "/dev/video0"


@pytest.mark.parametrize(
    ("nodes", "listed", "named"),
    [
        ([WEBCAM, OTHER], None, "/dev/video0 (HD Webcam), /dev/video2 (no name)"),
        ([WEBCAM, *RIBBON], [FIRST], "/dev/video0 (HD Webcam), csi (imx219)"),
        (RIBBON, [FIRST, SECOND], "csi (imx219), csi:1 (imx219)"),
    ],
)
def test_several(
    nodes: Sequence[Camera], listed: Sequence[CsiListed] | None, named: str
) -> None:
    with pytest.raises(SourceError) as failure:
        chosen(nodes, listed)
    assert str(failure.value) == f"there are several cameras: {named}; choose one with --source"


def test_none() -> None:
    advice = "plug one in, or give a video, a folder or an address with --source"
    for nodes in ([], [ITS_DATA]):
        with pytest.raises(SourceError) as failure:
            chosen(nodes)
        assert str(failure.value) == f"there is no camera; {advice}"
    with pytest.raises(SourceError, match="^no camera works on the ribbon cable; plug one in"):
        chosen(RIBBON, [])
