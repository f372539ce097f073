from pathlib import Path

import pytest

from armlet.errors import OptionError
from armlet.runtime.cameras.address import Address
from armlet.runtime.cameras.csi import CsiCamera
from armlet.runtime.cameras.folder import Folder
from armlet.runtime.cameras.modes import Wish
from armlet.runtime.cameras.naming import Wanted, find_source
from armlet.runtime.cameras.v4l2 import V4l2Camera
from armlet.runtime.cameras.video import VideoFile

ASKED = Wanted(width=1280, height=720, fps=15)


def test_cameras() -> None:
    assert find_source("2") == V4l2Camera("/dev/video2", Wish())
    assert find_source("/dev/v4l/by-id/x", ASKED) == V4l2Camera(
        "/dev/v4l/by-id/x", Wish(width=1280, height=720, fps=15)
    )
    assert find_source("csi") == CsiCamera(0, Wish())
    assert find_source("csi:1", Wanted(fps=10)) == CsiCamera(1, Wish(fps=10))


def test_files(tmp_path: Path) -> None:
    quick = Wanted(paced=False, loop=True)
    assert find_source("video.mp4", quick) == VideoFile(Path("video.mp4"), False, True)
    report = print
    folder = find_source(str(tmp_path), Wanted(fps=5, loop=True), report)
    assert folder == Folder(tmp_path, fps=5, loop=True, report=report)
    assert find_source(str(tmp_path), quick, report) == Folder(
        tmp_path, paced=False, loop=True, report=report
    )


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http", "https"])
def test_addresses(scheme: str) -> None:
    assert find_source(f"{scheme}://10.0.0.2/x") == Address(f"{scheme}://10.0.0.2/x")
    assert find_source(f"{scheme.upper()}://10.0.0.2/X") == Address(f"{scheme}://10.0.0.2/X")


@pytest.mark.parametrize("scheme", ["file", "concat", "ftp", "udp", ""])
def test_other_schemes(scheme: str) -> None:
    with pytest.raises(OptionError) as failure:
        find_source(f"{scheme}://jane:secret@x")
    assert str(failure.value) == (
        f"{scheme}:// is no address of a stream; "
        "give one with rtsp://, rtsps://, http://, https://"
    )


def test_nothing_is_no_source() -> None:
    with pytest.raises(OptionError, match="--source names nothing; leave it out to take the"):
        find_source("")


@pytest.mark.parametrize("path", ["a stream", "straße", "x\n"])
def test_address_that_is_not_encoded(path: str) -> None:
    with pytest.raises(OptionError, match="write it %-encoded, a space as %20") as failure:
        find_source(f"rtsp://jane:secret@10.0.0.2/{path}")
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("named", "wanted", "said"),
    [
        ("0", Wanted(loop=True), "a camera takes no --loop; leave that out"),
        ("csi", Wanted(paced=False), "a camera takes no --no-pace; leave that out"),
        ("v.mp4", ASKED, "a video file takes no --size and no --fps; leave that out"),
        (".", Wanted(width=9, height=9), "a folder takes no --size; leave that out"),
        (
            ".",
            Wanted(fps=2, paced=False),
            "--fps and --no-pace contradict each other; drop one",
        ),
        ("rtsp://x/y", Wanted(loop=True), "an address takes no --loop; leave that out"),
        ("rtsp://x/y", ASKED, "an address takes no --size and no --fps; leave that out"),
        ("http://x/y", Wanted(paced=False), "an address takes no --no-pace; leave that out"),
    ],
)
def test_what_a_source_can_not_heed(named: str, wanted: Wanted, said: str) -> None:
    with pytest.raises(OptionError) as failure:
        find_source(named, wanted)
    assert str(failure.value).startswith(said)
