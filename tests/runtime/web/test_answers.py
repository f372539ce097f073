"""What is answered at once."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from armlet.runtime.cameras.source import Pixels, SourceState
from armlet.runtime.web import picture
from tests.runtime.web.serving import LAYER, Shown, frame, result, serving

FILES = Path(picture.__file__).parent / "page"


@pytest.mark.parametrize("path", sorted(one.name for one in FILES.iterdir()))
def test_files(shown: Shown, path: str) -> None:
    asked = {"index.html": "/", "login.html": "/login.html"}.get(path, f"/{path}")
    status, headers, body = shown.get(asked)
    if path == "login.html":
        assert status == 404
        return
    assert (status, body) == (200, (FILES / path).read_bytes())
    again = shown.get(asked, If_None_Match=headers["Etag"])
    assert (again[0], again[2]) == (304, b"")


@pytest.mark.parametrize("path", sorted(FILES.iterdir()))
def test_page_needs_nothing_from_elsewhere_and_nothing_inline(path: Path) -> None:
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "//" not in re.sub(r"^ *// .*$| // .*$", "", text, flags=re.MULTILINE)
    if path.suffix == ".html":
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?! type=\"module\" src=)", text)


def test_state(shown: Shown) -> None:
    first = json.loads(shown.get("/api/state")[2])
    assert (first["result"], first["profile"], first["history"]) == (None, None, [])
    assert first["source"]["mode"] == ""
    shown.see(1, 2, layers=[LAYER])
    status, headers, body = shown.get("/api/state")
    state = json.loads(body)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert state["running"]["network"] == "net"
    assert state["source"] == {
        "name": "/dev/video0",
        "mode": "32 x 32",
        "works": True,
        "line": None,
    }
    assert state["result"] == result(2).to_json()
    assert state["profile"]["frame"] == 2
    assert state["profile"]["layers"] == [LAYER.to_json()]
    assert state["profile"]["kinds"][0]["share"] == 1
    assert state["machine"]["throttled"]["now"] == ["throttled"]
    assert len(state["history"]) == 1


def test_health() -> None:
    now = [0.0]
    with serving(clock=lambda: now[0]) as shown:

        def health() -> tuple[int, str | None]:
            status, _, body = shown.get("/healthz")
            told = json.loads(body)
            assert told["ok"] is (status == 200)
            return status, told["reason"]

        assert health() == (503, "starting: there is no result yet")
        shown.see(1)
        now[0] = 9.0
        assert health() == (200, None)
        now[0] = 11.0
        assert health() == (503, "no result for 11 seconds")
        shown.see(2)
        shown.page.heard(SourceState(works=False, line="/dev/video0 is gone; waiting"))
        assert health() == (503, "/dev/video0 is gone; waiting")
        shown.page.heard(SourceState(works=True, line="/dev/video0 is back"))
        assert health() == (200, None)


def test_snapshot(shown: Shown) -> None:
    assert shown.get("/snapshot.jpg")[0] == 503
    newest = frame(7, side=64)
    shown.page.saw(newest, result(7))
    status, headers, body = shown.get("/snapshot.jpg")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    named = r'attachment; filename="armlet-\d{4}-\d\d-\d\d-\d{6}-7\.jpg"'
    assert re.fullmatch(named, headers["Content-Disposition"])
    decoded = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == newest.pixels.shape
    assert np.abs(decoded.astype(int) - newest.pixels).max() <= 2


def test_snapshot_is_made_once(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    encode = picture.encode

    def count(pixels: Pixels, quality: int, largest: int = picture.JPEG_LARGEST) -> bytes:
        made.append(quality)
        return encode(pixels, quality, largest)

    monkeypatch.setattr(picture, "encode", count)
    shown.see(1)
    with ThreadPoolExecutor(8) as many:
        asked = [many.submit(shown.get, "/snapshot.jpg") for _ in range(16)]
        assert len({one.result()[2] for one in asked}) == 1
    assert made == [picture.BEST]
    shown.see(2)
    shown.get("/snapshot.jpg")
    assert made == [picture.BEST] * 2


def test_nothing_there(shown: Shown) -> None:
    status, _, body = shown.get("/../../etc/passwd")
    assert (status, json.loads(body)) == (404, {"error": "Not Found"})
    assert shown.get("/login.html")[0] == 404
    assert shown.get("/other.js")[0] == 404
