"""Streams of a real server on this machine; RTSP has a check of its own."""

import time
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from armlet.errors import OptionError, SourceError
from armlet.runtime.cameras import address
from armlet.runtime.cameras.address import FIRST_S, OPEN_MS, READ_MS, Address, AddressStream
from armlet.runtime.cameras.feed import PATIENCE, newest_frames
from armlet.runtime.cameras.reachable import PATIENCE_S
from armlet.runtime.cameras.source import Pixels, SourceState
from tests.runtime.network_camera import NetworkCamera, jpegs, network_camera


@pytest.fixture(scope="module")
def frames(photos: Path) -> Sequence[bytes]:
    return jpegs([photos / "chelsea.png"])


@pytest.fixture
def camera(frames: Sequence[bytes]) -> Iterator[NetworkCamera]:
    with network_camera(frames) as serving:
        yield serving


def test_frames(camera: NetworkCamera) -> None:
    stream = Address(camera.address).open()
    assert stream.mode == "320 x 240, MJPG"
    pixels = stream.read()
    stream.close()
    assert pixels.shape == (240, 320, 3)
    # The orange cat in the order B, G, R.
    assert pixels[..., 2].mean() > pixels[..., 0].mean() + 10


def test_stream_that_breaks_off_is_gone_and_can_be_opened_again(
    frames: Sequence[bytes],
) -> None:
    with network_camera(frames, breaks_after=10) as camera:
        for opened in (1, 2):
            stream = Address(camera.address).open()
            count = 0
            with pytest.raises(SourceError, match="/stream has broken off; see to the camera"):
                while np.asarray(stream.read()).any():
                    count += 1
            stream.close()
            assert count > 5
            assert camera.connections == opened


def test_stream_that_stalls_is_gone(
    frames: Sequence[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "READ_MS", 500)
    with network_camera(frames, stalls_after=20, fps=50) as camera:
        stream = Address(camera.address).open()
        with pytest.raises(SourceError, match="has broken off"):
            while True:
                stream.read()
        stream.close()


@pytest.mark.parametrize(
    ("path", "login", "said"),
    [
        ("none", "", "/none answers with error 404; see to the path"),
        ("page", "", "/page is no stream but text/html; give the address of"),
        ("broken", "", "/broken gives no stream that can be read; give"),
        ("private", "", "/private wants a user and a password (401); write it as http://user:"),
        ("private", "jane:wrong@", "/private refuses this user or password (401); see"),
    ],
)
def test_why_it_can_not_be_opened(
    camera: NetworkCamera, path: str, login: str, said: str
) -> None:
    with pytest.raises(SourceError) as failure:
        Address(camera.at(path, login)).open()
    assert str(failure.value).startswith(f"http://127.0.0.1:{camera.port}{said}")


def test_user_and_password(camera: NetworkCamera) -> None:
    stream = Address(camera.at("private", "jane:p%40ss@")).open()
    assert stream.read().any()
    stream.close()


@pytest.mark.parametrize("scheme", ["http", "https", "rtsp", "rtsps"])
def test_nothing_answers(camera: NetworkCamera, scheme: str) -> None:
    camera.close()
    with pytest.raises(SourceError) as failure:
        Address(f"{scheme}://127.0.0.1:{camera.port}/stream").open()
    assert f"can't be reached: nothing answers on port {camera.port}" in str(failure.value)


def test_nobody_knows_the_host() -> None:
    with pytest.raises(
        SourceError, match="can't be reached: nobody knows no.such.host.invalid"
    ):
        Address("http://no.such.host.invalid/stream").open()


@pytest.mark.parametrize(
    ("scheme", "said"),
    [("rtsp", "doesn't speak rtsp; give"), ("https", "isn't encrypted as https should be")],
)
def test_server_of_another_kind(camera: NetworkCamera, scheme: str, said: str) -> None:
    with pytest.raises(SourceError) as failure:
        Address(f"{scheme}://127.0.0.1:{camera.port}/stream").open()
    assert said in str(failure.value)


@pytest.mark.parametrize("url", ["http://", "http://host:port/x", "rtsp://[::1/x"])
def test_what_is_no_address(url: str) -> None:
    scheme = url.partition(":")[0]
    with pytest.raises(SourceError, match=f"is no address; write it as {scheme}://user:pass"):
        Address(url).open()


def test_single_picture_is_no_stream(camera: NetworkCamera) -> None:
    said: list[SourceState] = []
    url = camera.at("picture")
    with pytest.raises(OptionError, match="/picture is a single picture and no stream; give"):
        list(newest_frames(Address(url), time.monotonic, said.append))
    assert said == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://10.0.0.2:554/stream", "rtsp://10.0.0.2:554/stream"),
        ("rtsp://jane:secret@cam/stream", "rtsp://cam/stream"),
        ("rtsp://jane:sec/ret@cam/stream", "rtsp://cam/stream"),
        ("rtsp://jane:sec@ret@cam/stream", "rtsp://cam/stream"),
        ("rtsp://jane:sec?ret#@cam/stream", "rtsp://cam/stream"),
        ("http://cam/video?user=jane&pwd=secret", "http://cam/video"),
        ("http://cam/video#secret", "http://cam/video"),
        ("rtsp://jane:123/4@cam/stream", "rtsp://cam/stream"),
        ("rtsp://jane.doe:123/4@cam/stream", "rtsp://cam/stream"),
        ("rtsp://jane:s@c/ret@cam/stream", "rtsp://cam/stream"),
        ("rtsp://jane/doe:secret@cam/stream", "rtsp://cam/stream"),
        ("http://127.0.0.1:9321/cam@2", "http://127.0.0.1:9321/cam@2"),
        ("http://[fe80::1]:80/cam@2?a=b@c", "http://[fe80::1]:80/cam@2"),
        ("http://cam/cam@2", "http://cam/cam@2"),
        ("rtsp://jane:secret@10.0.0.2/cam@2", "rtsp://10.0.0.2/cam@2"),
        ("rtsp://jane@cam/stream", "rtsp://cam/stream"),
    ],
)
def test_name_holds_no_secret(url: str, name: str) -> None:
    assert Address(url).name == name


class Slow:
    """OpenCV's, of a stream that shows nothing at first, each time for as long as it waits."""

    def __init__(self, *shown: bool, takes_s: float = 0.02) -> None:
        self._shown = iter(shown)
        self._takes_s = takes_s

    def read(self) -> tuple[bool, Pixels | None]:
        good = next(self._shown)
        if not good:
            time.sleep(self._takes_s)
        return good, np.zeros((4, 6, 3), np.uint8) if good else None


def test_first_frame_may_take_longer_than_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "READ_MS", 10)
    stream = AddressStream(
        Address("rtsp://x"), cast(cv2.VideoCapture, Slow(False, False, True, False)), inf
    )
    assert stream.read().shape == (4, 6, 3)
    with pytest.raises(SourceError, match="x has broken off"):
        stream.read()


@pytest.mark.parametrize(("until", "takes_s"), [(0.0, 0.02), (inf, 0.0)])
def test_what_is_over_or_out_of_time_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, until: float, takes_s: float
) -> None:
    monkeypatch.setattr(address, "READ_MS", 10)
    capture = cast(cv2.VideoCapture, Slow(False, True, takes_s=takes_s))
    with pytest.raises(SourceError, match="x has broken off"):
        AddressStream(Address("rtsp://x"), capture, until).read()


def test_reason_is_told_before_patience_ends() -> None:
    assert PATIENCE.first_frame_s > OPEN_MS / 1e3 + PATIENCE_S
    assert PATIENCE.first_frame_s > FIRST_S + READ_MS / 1e3
    assert PATIENCE.next_frame_s > READ_MS / 1e3
