"""A page that is really served, and those who look at it, for tests."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from armlet.records import Layer
from armlet.runtime.cameras.source import Frame
from armlet.runtime.clock import Clock
from armlet.runtime.conditions import Cluster, Conditions, Measured
from armlet.runtime.live.result import LiveResult
from armlet.runtime.result import Prediction
from armlet.runtime.throttling import Throttling
from armlet.runtime.web.address import Address
from armlet.runtime.web.served import Served
from armlet.runtime.web.state import Running
from armlet.runtime.web.wanted import WebOptions

RUNNING = Running(
    network="net", file="net.tflite", precision="int8", backend="litert", threads=2
)
TOLD = Conditions(
    governor="ondemand",
    clusters=[Cluster(cores="0 1 2 3", mhz=1500.0, max_mhz=2400.0)],
    celsius=48.5,
    throttling=Throttling(now=["throttled"], since_boot=["throttled"]),
    load=0.5,
    cores=4,
)
UNTOLD = Conditions(
    governor=None, clusters=[], celsius=None, throttling=None, load=None, cores=None
)
LAYER = Layer(
    name="conv",
    operator="Conv",
    kind="convolution",
    macs=10,
    parameters=2,
    bytes=30,
    median_us=4.0,
    share=1.0,
)
TOKEN = "a token of the user's"
Answer = tuple[int, http.client.HTTPMessage, bytes]
"""Status, headers, body."""
AT_LAST_S = 20.0
"""Whatever happens at all happens within that, even on a busy machine."""


def result(number: int, label: str = "cat", **given: Any) -> LiveResult:
    best = Prediction(index=0, label=label, score=0.75)
    given = {"conditions": Measured(threads=2, before=TOLD, after=TOLD), **given}
    made = LiveResult(
        frame=number,
        top=[best, replace(best, index=1, label="dog", score=0.25)],
        preprocess_ms=0.5,
        inference_ms=4.0,
        frame_age_ms=9.0,
        dropped=number // 4,
        fps=25.0,
    )
    return replace(made, **given)


def frame(number: int, side: int = 32, noise: bool = False) -> Frame:
    """Noise makes a JPEG large, and a colour tells which frame it is."""
    if noise:
        pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), np.uint8)
    else:
        pixels = np.full((side, side, 3), number % 256, np.uint8)
    return Frame(pixels=pixels, number=number, captured=0.0, mode="32 x 32")


@dataclass
class Shown:
    """What is served, and what was said of it."""

    page: Served
    said: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.page.port

    def see(self, *numbers: int, **given: Any) -> None:
        for number in numbers:
            self.page.saw(frame(number), result(number, **given))

    def get(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        """Ask once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=AT_LAST_S)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    @contextmanager
    def stream(self, path: str, **headers: str) -> Iterator[http.client.HTTPResponse]:
        """Look at something that goes on."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=AT_LAST_S)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200, answer.status
            yield answer
        finally:
            connection.close()

    @contextmanager
    def feeding(self, noise: bool = False, side: int = 32) -> Iterator[None]:
        """Frames come meanwhile, from 1, some hundred a second."""
        over = threading.Event()

        def feed() -> None:
            number = 0
            while not over.wait(0.01):
                number += 1
                self.page.saw(frame(number, side, noise), result(number, f"label {number}"))

        thread = threading.Thread(target=feed)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def serving(
    host: str = "127.0.0.1",
    token_file: Path | None = None,
    allowed_hosts: Sequence[str] = (),
    clock: Clock = time.monotonic,
) -> Iterator[Shown]:
    """On any port that is free."""
    options = WebOptions(
        address=Address(host=host, port=0), token_file=token_file, allowed_hosts=allowed_hosts
    )
    said: list[str] = []
    with Served(options, RUNNING, "/dev/video0", said.append, clock) as page:
        yield Shown(page, said)


@dataclass(frozen=True)
class Part:
    """A picture of the stream."""

    said: Mapping[str, Any]
    jpeg: bytes


def parts(answer: http.client.HTTPResponse) -> Iterator[Part]:
    """Pictures as they come, each as soon as the boundary behind it is there."""
    assert answer.readline() == b"--frame\r\n"
    while True:
        headers = {}
        while (line := answer.readline()) != b"\r\n":
            assert line, "the stream has ended"
            name, _, value = line.decode().partition(": ")
            headers[name] = value.strip()
        assert headers["Content-Type"] == "image/jpeg"
        jpeg = answer.read(int(headers["Content-Length"]))
        assert answer.readline() + answer.readline() == b"\r\n--frame\r\n"
        yield Part(json.loads(headers["X-Result"]), jpeg)


def events(answer: http.client.HTTPResponse) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Names and objects as they come."""
    while True:
        name, data, blank = (answer.readline().decode() for _ in range(3))
        assert blank == "\n"
        yield name.removeprefix("event: ").strip(), json.loads(data.removeprefix("data: "))


def until(true: Callable[[], object]) -> None:
    """Wait for it, and not for ever."""
    deadline = time.monotonic() + AT_LAST_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
