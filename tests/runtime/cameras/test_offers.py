"""What the kernel answers, as gcc lays it out from <linux/videodev2.h>."""

import errno

import pytest

from armlet.runtime.cameras.modes import Offer
from armlet.runtime.cameras.offers import (
    captures,
    offers_near,
    read_formats,
    read_offer,
)

# Made by a C program that fills the structures in and prints them with the numbers of their
# requests; a compiler for 32-bit ARM has the same sizes, offsets and numbers.

CAP_CAPTURE = (
    0x80685600,
    bytes.fromhex(
        "757663766964656f000000000000000048442057656263616d00000000000000"
        "000000000000000000000000000000007573622d303030303a30313a30302e30"
        "2d312e33000000000000000000000000220c0600010080840100000400000000"
        "0000000000000000"
    ),
)

CAP_META = (
    0x80685600,
    bytes.fromhex(
        "757663766964656f000000000000000048442057656263616d00000000000000"
        "000000000000000000000000000000007573622d303030303a30313a30302e30"
        "2d312e33000000000000000000000000220c0600010080840000800400000000"
        "0000000000000000"
    ),
)

CAP_OLD_OUTPUT = (
    0x80685600,
    bytes.fromhex(
        "757663766964656f000000000000000048442057656263616d00000000000000"
        "000000000000000000000000000000007573622d303030303a30313a30302e30"
        "2d312e33000000000000000000000000220c0600020000040000000000000000"
        "0000000000000000"
    ),
)

FMT_YUYV = (
    0xC0405602,
    bytes.fromhex(
        "0000000001000000000000005955595620343a323a3200000000000000000000"
        "0000000000000000000000005955595600000000000000000000000000000000"
    ),
)

FMT_MJPG = (
    0xC0405602,
    bytes.fromhex(
        "0100000001000000010000004d6f74696f6e2d4a504547000000000000000000"
        "0000000000000000000000004d4a504700000000000000000000000000000000"
    ),
)

SIZE_640 = (
    0xC02C564A,
    bytes.fromhex(
        "00000000595559560100000080020000e0010000000000000000000000000000"
        "000000000000000000000000"
    ),
)

SIZE_1280 = (
    0xC02C564A,
    bytes.fromhex(
        "01000000595559560100000000050000d0020000000000000000000000000000"
        "000000000000000000000000"
    ),
)

SIZE_STEP = (
    0xC02C564A,
    bytes.fromhex(
        "0000000059555956030000003000000080070000100000002000000038040000"
        "080000000000000000000000"
    ),
)

SIZE_CONT = (
    0xC02C564A,
    bytes.fromhex(
        "0000000059555956020000003000000080070000010000002000000038040000"
        "010000000000000000000000"
    ),
)

RATE_30 = (
    0xC034564B,
    bytes.fromhex(
        "000000005955595680020000e001000001000000010000001e00000000000000"
        "0000000000000000000000000000000000000000"
    ),
)

RATE_7_5 = (
    0xC034564B,
    bytes.fromhex(
        "010000005955595680020000e001000001000000020000000f00000000000000"
        "0000000000000000000000000000000000000000"
    ),
)

RATE_STEP = (
    0xC034564B,
    bytes.fromhex(
        "000000005955595680020000e001000003000000010000003c00000001000000"
        "05000000010000003c0000000000000000000000"
    ),
)

RATE_CONT = (
    0xC034564B,
    bytes.fromhex(
        "000000005955595680020000e001000002000000010000003c00000001000000"
        "0500000001000000010000000000000000000000"
    ),
)


class Driver:
    """Answers with recorded bytes, in order of the index that is asked for.

    It refuses what it has no answer to, and wants the sizes that C has.
    """

    def __init__(self, *answers: tuple[int, bytes], error: int = errno.EINVAL) -> None:
        self._answers = answers
        self._error = error
        self.asked: list[tuple[int, bytes]] = []

    def __call__(self, request: int, data: bytearray) -> None:
        self.asked.append((request, bytes(data)))
        known = [answer for number, answer in self._answers if number == request]
        index = 0 if request == CAP_CAPTURE[0] else int.from_bytes(data[:4], "little")
        # Sizes and rates are asked for of one format: here, all have the same.
        if index >= len(known):
            raise OSError(self._error, "refused")
        assert len(data) == len(known[index]) == request >> 16 & 0x3FFF
        data[:] = known[index]


@pytest.mark.parametrize(
    ("answer", "expected"), [(CAP_CAPTURE, True), (CAP_META, False), (CAP_OLD_OUTPUT, False)]
)
def test_whether_pictures_can_be_taken(answer: tuple[int, bytes], expected: bool) -> None:
    assert captures(Driver(answer)) is expected


def test_what_is_no_camera_does_not_tell() -> None:
    assert captures(Driver(error=errno.ENOTTY)) is None


def test_formats_with_their_sizes() -> None:
    driver = Driver(FMT_YUYV, FMT_MJPG, SIZE_640, SIZE_1280)
    assert [
        (one.fourcc, [(sizes.widths[-1], sizes.heights[-1]) for sizes in one.sizes])
        for one in read_formats(driver)
    ] == [("YUYV", [(640, 480), (1280, 720)]), ("MJPG", [(640, 480), (1280, 720)])]


def test_what_is_asked() -> None:
    driver = Driver(FMT_YUYV, SIZE_640, RATE_30)
    offers_near(driver, 640, 480)
    asked = dict(reversed(driver.asked))  # the first question of each kind
    assert asked[FMT_YUYV[0]][:8].hex() == "0000000001000000"
    assert asked[SIZE_640[0]][:8].hex() == "0000000059555956"
    assert asked[RATE_30[0]][:16].hex() == "000000005955595680020000e0010000"


def test_rates_one_by_one() -> None:
    offer = read_offer(Driver(RATE_30, RATE_7_5), "YUYV", 640, 480)
    assert offer == Offer(fourcc="YUYV", width=640, height=480, rates=[30, 7.5])


@pytest.mark.parametrize("answer", [RATE_STEP, RATE_CONT])
def test_rates_of_a_range(answer: tuple[int, bytes]) -> None:
    offer = read_offer(Driver(answer), "YUYV", 640, 480)
    assert (offer.rates, offer.between) == ([60, 5], True)


@pytest.mark.parametrize(
    ("answer", "wanted", "nearest"),
    [
        (SIZE_STEP, (640, 480), (640, 480)),
        (SIZE_STEP, (650, 485), (656, 488)),
        (SIZE_STEP, (10, 10), (48, 32)),
        (SIZE_STEP, (4000, 4000), (1920, 1080)),
        (SIZE_CONT, (651, 485), (651, 485)),
    ],
)
def test_nearest_of_a_grid_of_sizes(
    answer: tuple[int, bytes], wanted: tuple[int, int], nearest: tuple[int, int]
) -> None:
    (offer,) = offers_near(Driver(FMT_YUYV, answer), *wanted)
    assert (offer.width, offer.height) == nearest


def test_driver_that_tells_formats_alone() -> None:
    (offer,) = offers_near(Driver(FMT_MJPG), 640, 480)
    assert offer == Offer(fourcc="MJPG", width=640, height=480, rates=[])


def test_driver_that_tells_nothing() -> None:
    assert offers_near(Driver(error=errno.ENOTTY), 640, 480) == []


def test_driver_that_never_ends() -> None:
    def endless(request: int, data: bytearray) -> None:
        if request != FMT_YUYV[0]:
            raise OSError(errno.EINVAL, "refused")
        data[:] = FMT_YUYV[1]

    assert 1 < len(read_formats(endless)) < 1000
