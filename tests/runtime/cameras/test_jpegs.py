"""JPEGs out of a stream, however it is cut up and damaged."""

import random

import cv2
import numpy as np
import pytest

from armlet.runtime.cameras import jpegs
from armlet.runtime.cameras.jpegs import JpegSplitter


def coded(seed: int, *parameters: int) -> bytes:
    """A picture of noise, whose coded data holds all kinds of bytes."""
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 64, 3), np.uint8)
    return cv2.imencode(".jpg", pixels, parameters)[1].tobytes()


def with_segment(jpeg: bytes, content: bytes) -> bytes:
    """Put an application's segment in, as cameras do with thumbnails."""
    return jpeg[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content + jpeg[2:]


def split(*pieces: bytes) -> list[bytes]:
    splitter = JpegSplitter()
    found = []
    for piece in pieces:
        splitter.feed(piece)
        while jpeg := splitter.take():
            found.append(jpeg)
    return found


PLAIN = coded(1)
THUMBNAIL = with_segment(coded(2), PLAIN)
RESTARTS = coded(3, cv2.IMWRITE_JPEG_RST_INTERVAL, 1)
PROGRESSIVE = coded(4, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
FILLED = coded(5)[:-2] + b"\xff\xff\xff\xd9"
ALL = [PLAIN, THUMBNAIL, RESTARTS, PROGRESSIVE, FILLED, PLAIN]


@pytest.mark.parametrize("size", [1, 2, 7, 1000, 1 << 20])
def test_all_kinds_in_pieces_of_any_size(size: int) -> None:
    assert b"\xff\xd0" in RESTARTS and PROGRESSIVE.count(b"\xff\xda") > 1
    stream = b"".join(ALL)
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert split(*pieces) == ALL


def test_each_comes_as_soon_as_it_is_whole() -> None:
    splitter = JpegSplitter()
    splitter.feed(PLAIN[:-1])
    assert splitter.take() is None
    splitter.feed(PLAIN[-1:])
    assert splitter.take() == PLAIN


@pytest.mark.parametrize(
    "garbage",
    [b"--next\r\n\r\n", b"\xff", b"\xff\xff", b"\xff\xd8\x00", b"\xff\xd8\xff\xff\x00"],
)
def test_what_is_between_them_is_passed_over(garbage: bytes) -> None:
    assert split(garbage + PLAIN + garbage + THUMBNAIL) == [PLAIN, THUMBNAIL]


def test_picture_that_is_cut_short_costs_no_other() -> None:
    splitter = JpegSplitter()
    splitter.feed(PLAIN[: len(PLAIN) // 2] + RESTARTS + PLAIN)
    assert (splitter.take(), splitter.take(), splitter.take()) == (RESTARTS, PLAIN, None)
    assert splitter.damaged == 1


def test_segment_of_impossible_length() -> None:
    assert split(PLAIN[:2] + b"\xff\xe0\x00\x01" + PLAIN[2:] + THUMBNAIL) == [THUMBNAIL]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpegs, "LARGEST", 20_000)
    splitter = JpegSplitter()
    endless = PLAIN[:-2] + b"\x00" * 1000  # coded data without an end
    for piece in (endless, *[b"\x00" * 1000] * 100):
        splitter.feed(piece)
        assert splitter.take() is None
        assert len(splitter._data) <= 21_000
    splitter.feed(THUMBNAIL)
    assert splitter.take() == THUMBNAIL
    for _ in range(100):
        splitter.feed(b"no picture at all" * 100)
        assert splitter.take() is None
        assert len(splitter._data) <= 1


def test_no_damage_stops_it() -> None:
    """Whatever bytes are wrong, it goes on, and a whole picture after them is found."""
    chance = random.Random(7)
    for _ in range(300):
        damaged = bytearray(THUMBNAIL)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.choice([0, 0xD8, 0xD9, 0xDA, 0xFF])
        # A length that is wrong may swallow as much as a segment holds.
        stream = bytes(damaged) + PLAIN * (2 * 65536 // len(PLAIN) + 2) + RESTARTS + PLAIN
        assert RESTARTS in split(stream)
