import errno

import pytest

from armlet.runtime.cameras.modes import Offer
from armlet.runtime.cameras.offers import (
    captures,
    code_of,
    fourcc_of,
    offers_near,
    read_formats,
    read_offer,
)
from tests.runtime.cameras.kernel import (
    CAP_CAPTURE,
    CAP_META,
    CAP_OLD_OUTPUT,
    FMT_MJPG,
    FMT_YUYV,
    RATE_7_5,
    RATE_30,
    RATE_CONT,
    RATE_STEP,
    SIZE_640,
    SIZE_1280,
    SIZE_CONT,
    SIZE_STEP,
    Driver,
)


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


@pytest.mark.parametrize(
    ("code", "fourcc"),
    [
        (0x47504A4D, "MJPG"),
        (0x20363159, "Y16"),
        (0xA0363159, "Y16-BE"),
        (0xB5315258, "XR15-BE"),
    ],
)
def test_names_of_formats_lead_back_to_them(code: int, fourcc: str) -> None:
    assert fourcc_of(code) == fourcc
    assert code_of(fourcc) == code
