"""Which mode is chosen, with what real cameras offer."""

from collections.abc import Sequence

import pytest

from armlet.runtime.cameras.modes import Mode, Offer, Wish, choose, described


def offers(fourcc: str, **sizes: Sequence[float]) -> list[Offer]:
    """One for each size, such as ``s640x480=(30, 15)``."""
    found = []
    for name, rates in sizes.items():
        width, height = map(int, name[1:].split("x"))
        found.append(Offer(fourcc=fourcc, width=width, height=height, rates=rates))
    return found


C270 = [
    *offers("YUYV", s640x480=(30, 25, 15, 5), s800x600=(15, 5), s1280x720=(10, 5)),
    *offers("MJPG", s640x480=(30, 25, 15, 5), s800x600=(30, 15), s1280x720=(30, 15)),
]
C920 = [
    *offers("YUYV", s640x480=(30, 24, 15), s1280x720=(10, 7.5, 5), s1920x1080=(5,)),
    *offers("H264", s640x480=(30,), s1280x720=(30,), s1920x1080=(30,)),
    *offers("MJPG", s640x480=(30, 24), s1280x720=(30, 24), s1920x1080=(30, 24)),
]
MJPG_ONLY = offers("MJPG", s320x240=(30,), s1280x720=(30,), s1920x1080=(30,))
RAW_ONLY = offers("YUYV", s352x288=(30, 15), s640x480=(15, 10))
GREY_TOO = [*offers("GREY", s640x480=(60,)), *offers("UYVY", s640x480=(25,))]


@pytest.mark.parametrize(
    ("camera", "wish", "chosen"),
    [
        (C270, Wish(), ("YUYV", 640, 480, 30)),
        (C270, Wish(width=1280, height=720), ("MJPG", 1280, 720, 30)),
        (C270, Wish(width=1280, height=720, fps=10), ("YUYV", 1280, 720, 10)),
        (C270, Wish(width=1280, height=720, fps=12), ("MJPG", 1280, 720, 15)),
        (C270, Wish(width=1900, height=1000), ("MJPG", 1280, 720, 30)),
        (C920, Wish(), ("YUYV", 640, 480, 30)),
        (C920, Wish(fps=60), ("YUYV", 640, 480, 30)),  # none is quicker
        (C920, Wish(width=1920, height=1080), ("MJPG", 1920, 1080, 30)),
        (C920, Wish(width=1920, height=1080, fps=5), ("YUYV", 1920, 1080, 5)),
        (MJPG_ONLY, Wish(), ("MJPG", 320, 240, 30)),
        (MJPG_ONLY, Wish(width=1000, height=700), ("MJPG", 1280, 720, 30)),
        (RAW_ONLY, Wish(), ("YUYV", 640, 480, 15)),
        (RAW_ONLY, Wish(width=300, height=200), ("YUYV", 352, 288, 30)),
        (GREY_TOO, Wish(), ("UYVY", 640, 480, 25)),
        (GREY_TOO[:1], Wish(), ("GREY", 640, 480, 60)),
    ],
)
def test_what_is_chosen(
    camera: Sequence[Offer], wish: Wish, chosen: tuple[str, int, int, float]
) -> None:
    fourcc, width, height, fps = chosen
    assert choose(camera, wish) == Mode(fourcc=fourcc, width=width, height=height, fps=fps)


def test_of_two_sizes_as_near_the_larger() -> None:
    camera = offers("YUYV", s600x480=(30,), s680x480=(30,))
    assert choose(camera, Wish()).width == 680


def test_american_rates_are_enough() -> None:
    camera = [*offers("YUYV", s640x480=(30000 / 1001,)), *offers("MJPG", s640x480=(30.0,))]
    assert choose(camera, Wish()).fourcc == "YUYV"


def test_any_rate_in_between() -> None:
    camera = Offer(fourcc="YUYV", width=640, height=480, rates=(60, 5), between=True)
    assert [camera.rate(fps) for fps in (1, 17.5, 100)] == [5, 17.5, 60]


def test_rate_that_nobody_tells_is_taken_to_be_as_wanted() -> None:
    assert choose(offers("BGR3", s640x480=()), Wish()).fps == 30


@pytest.mark.parametrize("camera", [[], offers("H264", s1280x720=(30,))])
def test_nothing_that_can_be_decoded_is_left_to_the_camera(camera: Sequence[Offer]) -> None:
    assert choose(camera, Wish(fps=20)) == Mode(fourcc=None, width=640, height=480, fps=20)


def test_nv12_is_not_taken_since_opencv_swaps_its_colours() -> None:
    camera = [*offers("NV12", s640x480=(60,)), *offers("YUYV", s640x480=(10,))]
    assert choose(camera, Wish()).fourcc == "YUYV"


def test_mode_for_people() -> None:
    assert described(640, 480, "MJPG", 30.0) == "640 x 480, MJPG, 30 frames a second"
    assert described(1280.0, 720.0, "", 7.5) == "1280 x 720, 7.5 frames a second"
    assert described(640, 480, "YUYV", -1) == "640 x 480, YUYV"
