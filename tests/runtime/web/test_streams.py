"""Viewers, over real connections."""

import socket
import threading
from itertools import islice, takewhile

import cv2
import numpy as np
import pytest

from armlet.runtime.cameras.source import Frame, Pixels, SourceState
from armlet.runtime.web import picture, streams
from armlet.runtime.web.hub import MOST_VIEWERS
from armlet.runtime.web.picture import JPEG_LARGEST
from tests.runtime.web.serving import LAYER, Shown, events, parts, result, until


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The colour of each frame that is encoded, which is its number."""
    made: list[int] = []
    encode = picture.encode

    def count(pixels: Pixels, quality: int, largest: int = JPEG_LARGEST) -> bytes:
        assert threading.current_thread().name.startswith("encode")
        made.append(int(pixels[0, 0, 0]))
        return encode(pixels, quality, largest)

    monkeypatch.setattr(picture, "encode", count)
    return made


def decoded(jpeg: bytes) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(pixels, np.uint8)


def test_picture_and_its_label_belong_together(shown: Shown) -> None:
    with shown.feeding(), shown.stream("/stream.mjpg") as stream:
        kind = stream.headers["Content-Type"]
        assert kind == "multipart/x-mixed-replace; boundary=frame"
        before = 0
        for one in islice(parts(stream), 10):
            number = one.said["frame"]
            assert number > before
            before = number
            assert one.said["top"][0]["label"] == f"label {number}"
            assert abs(int(decoded(one.jpeg)[5, 5, 0]) - number % 256) <= 2


def test_picture_is_shown_at_once_and_only_once(shown: Shown) -> None:
    shown.see(1)
    with shown.stream("/stream.mjpg") as stream:
        pictures = parts(stream)
        assert next(pictures).said["frame"] == 1  # its boundary, too, without another frame
        shown.see(2)
        assert next(pictures).said["frame"] == 2


def test_encoded_once_and_only_while_somebody_watches(shown: Shown, encoded: list[int]) -> None:
    shown.see(1, 2, 3)
    with shown.stream("/api/events") as numbers:
        next(events(numbers))
        shown.see(4)
        next(events(numbers))
        assert encoded == []
    with shown.stream("/stream.mjpg") as one, shown.stream("/stream.mjpg") as other:
        pictures = [parts(one), parts(other)]
        first = [next(each) for each in pictures]
        assert encoded == [4]
        shown.see(5)
        second = [next(each) for each in pictures]
        assert encoded == [4, 5]
    for of_both in (first, second):
        assert of_both[0].jpeg == of_both[1].jpeg
    until(lambda: not shown.page.wants_layers and viewers(shown) == 0)
    shown.see(6, 7)
    assert shown.get("/healthz")[0] == 200  # a turn of the loop
    assert encoded == [4, 5]
    with shown.stream("/stream.mjpg") as stream:
        assert next(parts(stream)).said["frame"] == 7  # not the one of before
    assert encoded == [4, 5, 7]


def viewers(shown: Shown) -> int:
    body = shown.get("/metrics")[2].decode()
    return int(float(body.partition("\narmlet_viewers ")[2].split()[0]))


def test_at_most_thirty_a_second(shown: Shown, encoded: list[int]) -> None:
    with shown.feeding(), shown.stream("/stream.mjpg") as stream:
        numbers = [one.said["frame"] for one in islice(parts(stream), 8)]
    # Frames come every hundredth of a second at most, pictures every thirtieth.
    assert numbers[-1] - numbers[0] > len(numbers)


@pytest.mark.parametrize(
    ("shape", "small"), [((100, 2560), (50, 1280)), ((66_000, 10), (1280, 1))]
)
def test_large_pictures_are_made_smaller(
    shown: Shown, shape: tuple[int, int], small: tuple[int, int]
) -> None:
    large = Frame(pixels=np.zeros((*shape, 3), np.uint8), number=1, captured=0.0)
    shown.page.saw(large, result(1))
    with shown.stream("/stream.mjpg") as stream:
        assert decoded(next(parts(stream)).jpeg).shape == (*small, 3)
    assert shown.get("/snapshot.jpg")[0] == 200


def test_picture_that_cannot_be_encoded_is_passed_over(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError

    with monkeypatch.context() as patch, shown.stream("/stream.mjpg") as stream:
        patch.setattr(picture, "_part", fail)
        shown.see(1)
        until(lambda: viewers(shown) == 1)
        patch.undo()
        shown.see(2)
        assert next(parts(stream)).said["frame"] == 2
    assert shown.said[1:] == []


def test_slow_viewer_loses_frames_and_nobody_elses(shown: Shown) -> None:
    with socket.socket() as slow, shown.feeding(noise=True, side=500):
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        slow.connect(("127.0.0.1", shown.port))
        slow.sendall(b"GET /stream.mjpg HTTP/1.0\r\nHost: localhost\r\n\r\n")
        until(lambda: viewers(shown) == 1)
        with shown.stream("/stream.mjpg") as stream:
            seen = [one.said["frame"] for one in islice(parts(stream), 30)]
        # Whoever takes nothing for long gets what was under way, and then what is new.
        slow.settimeout(20)
        with slow.makefile("rb") as file:
            while file.readline() != b"\r\n":
                pass
            late = [one.said["frame"] for one in islice(parts(file), 6)]  # type: ignore[arg-type]
    held = list(takewhile(lambda number: number < seen[-1], late))
    assert len(held) <= 3, (held, seen)
    assert late[len(held)] >= seen[-1]


def test_viewer_that_takes_nothing_is_let_go(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PATIENCE_S", 0.3)
    with socket.socket() as stuck, shown.feeding(noise=True, side=500):
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
        stuck.connect(("127.0.0.1", shown.port))
        stuck.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(lambda: "a viewer that took nothing" in " ".join(shown.said))
        until(lambda: viewers(shown) == 0)


def test_too_many_viewers(shown: Shown) -> None:
    shown.see(1)
    inside = [shown.stream("/api/events") for _ in range(MOST_VIEWERS)]
    for one in inside:
        one.__enter__()
    until(lambda: viewers(shown) == MOST_VIEWERS)
    for path in ("/api/events", "/stream.mjpg"):
        status, headers, _ = shown.get(path)
        assert (status, "Retry-After" in headers) == (503, True)
    assert shown.get("/")[0] == 200
    inside[0].__exit__(None, None, None)
    until(lambda: viewers(shown) < MOST_VIEWERS)
    with shown.stream("/stream.mjpg") as stream:
        assert next(parts(stream)).said["frame"] == 1
    for one in inside[1:]:
        one.__exit__(None, None, None)


def test_events(shown: Shown) -> None:
    shown.see(1)
    assert not shown.page.wants_layers
    with shown.stream("/api/events") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        told = events(stream)
        name, state = next(told)
        assert (name, state["result"]["frame"]) == ("state", 1)
        assert len(state["history"]) == 1
        assert shown.page.wants_layers
        shown.see(2, 3, 4, layers=[LAYER])
        name, news = next(told)
        assert (name, news["result"]["frame"]) == ("news", 4)  # the newest alone
        assert news["profile"]["layers"] == [LAYER.to_json()]
        assert "running" not in news
        shown.page.heard(SourceState(works=False, line="gone; waiting"))
        name, news = next(told)
        assert news["trouble"] == news["source"]["line"] == "gone; waiting"
    until(lambda: not shown.page.wants_layers)


def test_events_say_that_the_server_is_there(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SIGN_OF_LIFE_S", 0.05)
    with shown.stream("/api/events") as stream:
        told = events(stream)
        times = [next(told)[1]["now_s"] for _ in range(4)]
    assert times == sorted(set(times))


def test_events_come_ten_times_a_second_at_most(shown: Shown) -> None:
    with shown.feeding(), shown.stream("/api/events") as stream:
        times = [one["now_s"] for _, one in islice(events(stream), 6)]
    assert all(after - before >= 0.09 for before, after in zip(times, times[1:], strict=False))


@pytest.mark.parametrize("path", ["/stream.mjpg", "/api/events"])
def test_head_of_a_stream_ends(shown: Shown, path: str) -> None:
    assert shown.get(path, "HEAD")[0] == 200
    assert viewers(shown) == 0
