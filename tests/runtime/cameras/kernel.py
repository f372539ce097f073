"""The kernel's answers, as gcc lays them out from <linux/videodev2.h>, and a driver of them."""

import errno

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
