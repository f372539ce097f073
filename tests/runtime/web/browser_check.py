"""The page in a browser: Debian's Chromium, which a fresh machine may not have.

Screenshots go to the folder ARMLET_SCREENSHOTS, if that is set, and are taken when the page has
been served for ARMLET_SCREENSHOTS_S seconds: after two minutes, the charts are full.
"""

import contextlib
import os
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from armlet.runtime.cameras.source import SourceState
from armlet.runtime.web.address import Address
from armlet.runtime.web.served import Served
from armlet.runtime.web.wanted import WebOptions
from tests.runtime.lasting import edge_run, stopped
from tests.runtime.web.serving import (
    LAYER,
    RUNNING,
    TOKEN,
    Shown,
    frame,
    result,
    serving,
    until,
)

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
AT_LAST_MS = 20_000
PHOTOS = ("chelsea.png", "rocket.jpg", "motorcycle_left.png", "coffee.png")
LABELS = {"cat", "ship", "automobile"}
"""What the network sees on them, a cup of coffee included."""
WIDTH, HEIGHT = 640, 480


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


class Look:
    """A page that is looked at, and all that it did."""

    def __init__(self, browser: Browser, **how: Any) -> None:
        self.context: BrowserContext = browser.new_context(**how)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(AT_LAST_MS)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.context.on("request", lambda one: self.asked.append(one.url))
        self.page.on("console", lambda one: self.said.append(f"{one.type}: {one.text}"))
        self.page.on("pageerror", lambda one: self.said.append(str(one)))

    def text(self, name: str) -> str:
        return self.page.locator(name).inner_text()

    def expect(self, name: str, text: "str | re.Pattern[str]") -> None:
        expect(self.page.locator(name)).to_have_text(text, timeout=AT_LAST_MS)

    def wait(self, true: str) -> None:
        """Playwright's own way to wait takes eval, which the page's policy forbids."""
        until(lambda: self.page.evaluate(true))


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    one = Look(browser, viewport={"width": 1280, "height": 900})
    yield one
    one.context.close()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> Path:
    """Two seconds of each photo, as large and sharp as a camera's."""
    path = tmp_path_factory.mktemp("video") / "camera.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (WIDTH, HEIGHT))
    for name in PHOTOS:
        pixels = np.asarray(cv2.imread(str(photos / name)))
        scale = max(WIDTH / pixels.shape[1], HEIGHT / pixels.shape[0])
        large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        y, x = (large.shape[0] - HEIGHT) // 2, (large.shape[1] - WIDTH) // 2
        for _ in range(50):
            writer.write(np.ascontiguousarray(large[y : y + HEIGHT, x : x + WIDTH]))
    writer.release()
    return path


@pytest.fixture(scope="module")
def address(bundle: Path, video: Path) -> Iterator[str]:
    """Of the page of a command that runs meanwhile."""
    arguments = ("--loop", "--changes", "--web", "0")
    with (
        contextlib.chdir(video.parent),  # its name is shown
        edge_run("camera", bundle, "--source", video.name, *arguments) as running,
    ):
        assert running.stderr
        found = re.search(r"http://\S+", running.stderr.readline())
        assert found
        yield found[0]
        assert stopped(running, signal.SIGTERM)[1] == ""


def test_all_of_it(look: Look, address: str) -> None:
    page = look.page
    page.goto(address)
    look.expect("#network", "shufflenet_v2_x0_5")
    look.expect("#status-text", "Live")
    look.expect("#mode", "640 x 480, 25 frames a second")
    pixels = "document.getElementById('picture').toDataURL()"
    labels, pictures = set(), set()
    for _ in LABELS:
        labels.add(look.text("#best-label"))
        pictures.add(page.evaluate(pixels))
        expect(page.locator("#best-label")).not_to_have_text(look.text("#best-label"))
    assert labels <= LABELS
    assert len(labels) > 1
    assert len(pictures) > 1
    look.wait("document.querySelectorAll('#layers tr').length > 20")
    look.wait("document.querySelectorAll('#shares i:not([hidden])').length > 2")
    for chart in ("inference", "age"):
        line = f"document.querySelector('#{chart}-chart polyline')?.getAttribute('points')"
        look.wait(f"({line} ?? '').split(' ').length > 4")
    assert re.match(r"\d+\.\d", look.text("#fps"))
    assert "this machine" in look.text("#machine") or "°C" in look.text("#machine")
    assert look.said == []
    assert {one for one in look.asked if not one.startswith(address)} == set()


def test_snapshot(look: Look, address: str, tmp_path: Path) -> None:
    look.page.goto(address)
    look.expect("#status-text", "Live")
    with look.page.expect_download() as download:
        look.page.get_by_role("link", name="Save picture").click()
    assert re.fullmatch(r"armlet-[\d-]+\.jpg", download.value.suggested_filename)
    download.value.save_as(tmp_path / "saved.jpg")
    saved = cv2.imread(str(tmp_path / "saved.jpg"))
    assert saved is not None
    assert saved.shape == (HEIGHT, WIDTH, 3)


def test_token(look: Look, token_file: Path) -> None:
    page = look.page
    with serving(token_file=token_file) as shown:
        shown.see(1)
        address = f"http://127.0.0.1:{shown.port}/"
        page.goto(address)
        expect(page.get_by_label("Token")).to_be_focused()
        page.keyboard.type("not the one that is meant")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("That is not the token.")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Open").click()
        look.expect("#network", "net")
        look.expect("#best-label", "cat")
        look.context.clear_cookies()
        page.goto(f"{address}?token={quote(TOKEN)}")
        look.expect("#best-label", "cat")
        assert page.url == address
        (cookie,) = look.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    # Browsers say of each 401 that it is one.
    assert {one for one in look.said if "401 (Unauthorized)" not in one} <= {
        one for one in look.said if "ERR_" in one
    }


def test_label_belongs_to_the_picture(look: Look) -> None:
    with serving() as shown, shown.feeding():
        look.page.goto(f"http://127.0.0.1:{shown.port}/")
        look.expect("#best-label", re.compile(r"label \d+"))
        for _ in range(20):
            label, blue = look.page.evaluate(
                """() => new Promise((done) => requestAnimationFrame(() => {
                  const canvas = document.getElementById("picture");
                  const pixel = canvas.getContext("2d").getImageData(5, 5, 1, 1).data;
                  done([document.getElementById("best-label").textContent, pixel[2]]);
                }))"""
            )
            assert abs(int(label.removeprefix("label ")) % 256 - blue) <= 2


def test_camera_that_is_away_and_a_server_that_is_gone(look: Look) -> None:
    with serving() as shown:
        shown.see(1)
        port = shown.port
        look.page.goto(f"http://127.0.0.1:{port}/")
        look.expect("#status-text", "Live")
        shown.page.heard(SourceState(works=False, line="/dev/video0 is gone; waiting"))
        look.expect("#status-text", "Camera away")
        look.expect("#trouble", "/dev/video0 is gone; waiting")
        shown.page.heard(SourceState(works=True, line="/dev/video0 is back"))
        look.expect("#status-text", "Live")
        expect(look.page.locator("#trouble")).to_be_hidden()
    look.expect("#status-text", "Reconnecting")
    look.expect("#trouble", "The server is gone; trying again")
    options = WebOptions(address=Address(port=port))
    with Served(options, RUNNING, "/dev/video1", lambda _: None) as again:
        look.expect("#status-text", "Starting")
        again.saw(frame(1), result(1, "dog"))
        look.expect("#status-text", "Live")
        look.expect("#source", "/dev/video1")
        look.expect("#best-label", "dog")


def test_nobody_looks_at_a_hidden_page(look: Look, shown: Shown) -> None:
    shown.see(1)
    look.page.goto(f"http://127.0.0.1:{shown.port}/")
    look.expect("#best-label", "cat")
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    viewers = "fetch('/metrics').then((one) => one.text()).then((one) => one.includes('{}'))"
    look.page.evaluate(hide, True)
    look.wait(viewers.format("armlet_viewers 0.0"))
    look.page.evaluate(hide, False)
    look.wait(viewers.format("armlet_viewers 2.0"))
    assert look.said == []


def test_labels_of_any_length_move_nothing(look: Look, shown: Shown) -> None:
    boxes = """() => [...document.querySelectorAll(".card")].map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [x, y, width, height].join(" ");
    })"""
    shown.see(1)
    look.page.goto(f"http://127.0.0.1:{shown.port}/")
    look.expect("#best-label", "cat")
    look.page.wait_for_selector("#machine dd")
    before = look.page.evaluate(boxes)
    shown.page.saw(frame(2), result(2, "an animal with whiskers " * 20, inference_ms=1234.5))
    look.expect("#best-label", re.compile("whiskers"))
    look.expect("#inference", re.compile("1234|1235"))
    assert look.page.evaluate(boxes) == before


def test_keyboard(look: Look, shown: Shown) -> None:
    shown.see(1, layers=[LAYER])
    look.page.goto(f"http://127.0.0.1:{shown.port}/")
    look.expect("#inference-readout", re.compile("^mean 4.00 ms, longest 4.00 ms"))
    look.page.locator("#inference-chart").focus()
    look.page.keyboard.press("ArrowLeft")
    look.expect("#inference-readout", re.compile(r"^\d+ s ago: mean 4.00 ms"))
    look.page.locator("#heaviest").focus()
    look.page.keyboard.press("Enter")
    expect(look.page.locator("#heaviest")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser: Browser, shown: Shown, scheme: str) -> None:
    """Of all text, as WCAG's AA demands, and of what the colours stand for."""
    look = Look(browser, color_scheme=scheme, reduced_motion="reduce")
    shown.see(1, layers=[LAYER])
    look.page.goto(f"http://127.0.0.1:{shown.port}/")
    look.page.wait_for_selector("#layers tr")
    poor = look.page.evaluate(
        """() => {
          const read = (text) => text.match(/[\\d.]+/g).map(Number);
          const light = (rgb) => rgb.slice(0, 3).reduce((sum, value, place) => {
            const part = value / 255;
            const linear = part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
            return sum + linear * [0.2126, 0.7152, 0.0722][place];
          }, 0);
          const behind = (one) => {
            for (let at = one; at; at = at.parentElement) {
              const colour = read(getComputedStyle(at).backgroundColor);
              if (colour.length === 3 || colour[3] > 0.7) return colour;
            }
          };
          const ratio = (a, b) => {
            const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
            return (high + 0.05) / (low + 0.05);
          };
          const own = (one) => [...one.childNodes].some(
            (node) => node.nodeType === 3 && node.textContent.trim());
          const texts = [...document.querySelectorAll("body *")].filter(
            (one) => own(one) && one.getClientRects().length);
          const swatches = [...document.querySelectorAll("#kinds .swatch")];
          return [
            ...texts.map((one) => [one.id || one.textContent.slice(0, 20),
              ratio(read(getComputedStyle(one).color), behind(one)), 4.5]),
            ...swatches.map((one) => [one.dataset.kind,
              ratio(behind(one), behind(one.parentElement)), 3]),
          ].filter(([, found, wanted]) => found < wanted);
        }"""
    )
    look.context.close()
    assert poor == []


def make_smaller(path: Path, kept: Sequence[Sequence[int]]) -> None:
    """Leave 256 colours: those to be kept, the most frequent, and what suits the rest."""
    with Image.open(path) as opened:
        shot = opened.convert("RGB")
    pixels = np.asarray(shot).reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    own = colours[np.argsort(counts)[-90:]]
    rest = (shot.quantize(160).getpalette() or [])[: 3 * 160]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*np.ravel(kept).tolist(), *own.ravel().tolist(), *rest])
    smaller = shot.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    smaller.save(path, optimize=True)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("page-desktop", {"viewport": {"width": 1280, "height": 900}}),
        ("page-dark", {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}),
        (
            "page-phone",
            {
                "viewport": {"width": 360, "height": 780},
                "device_scale_factor": 2,
                "has_touch": True,
                "is_mobile": True,
            },
        ),
    ],
)
def test_screenshots(
    browser: Browser, address: str, tmp_path: Path, name: str, how: dict[str, Any]
) -> None:
    folder = Path(os.environ.get("ARMLET_SCREENSHOTS", tmp_path))
    look = Look(browser, **how)
    look.page.goto(address)
    look.wait("document.querySelectorAll('#layers tr').length > 20")
    age_s = look.page.evaluate("fetch('/api/state').then((one) => one.json())")["now_s"]
    wanted_s = float(os.environ.get("ARMLET_SCREENSHOTS_S", "0"))
    look.page.wait_for_timeout(max(0.0, 1e3 * (wanted_s - age_s)))
    look.expect("#best-label", "cat")
    width = how["viewport"]["width"]
    assert look.page.evaluate("document.documentElement.scrollWidth") == width
    path = folder / f"{name}.png"
    look.page.screenshot(path=path, full_page=name != "page-phone")
    kinds = look.page.evaluate(
        """() => [...document.querySelectorAll("#kinds .swatch")].map(
          (one) => getComputedStyle(one).backgroundColor.match(/\\d+/g).map(Number))"""
    )
    look.context.close()
    make_smaller(path, kinds)
    assert path.stat().st_size < 400_000
