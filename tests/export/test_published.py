"""Fetching published weights, from a server on this machine."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from armlet.bundle import sha256
from armlet.errors import DownloadError, OutputError
from armlet.export import published

NETWORK = "shufflenet_v2_x0_5"
CONTENT = b"published weights"
NOWHERE = "http://127.0.0.1:9/"
"""Nobody listens there."""
NAME = f"network-{sha256(CONTENT)[:10]}.pth"


@dataclass
class Server:
    """What the server answers, and what it was asked."""

    url: str
    answers: dict[str, tuple[int, bytes, int]] = field(default_factory=dict)
    """By path: status, body, and the length that the header claims."""
    asked: list[str] = field(default_factory=list)

    def offers(self, body: bytes, length: int | None = None) -> None:
        self.answers[f"/models/{NAME}"] = (200, body, len(body) if length is None else length)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            offer.asked.append(self.path)
            status, body, length = offer.answers.get(self.path, (404, b"", 0))
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    monkeypatch.setattr(published, "FILES", {NETWORK: NAME})
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        offer = Server(url=f"http://127.0.0.1:{http.server_port}/models/")
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield offer
        http.shutdown()
        thread.join()


def refused(problem: str, cache: Path, url: str) -> None:
    with pytest.raises(DownloadError) as refusal:
        published.fetch(NETWORK, cache, url)
    line = str(refusal.value)
    assert problem in line
    assert url + NAME in line
    assert f"put the file at {cache / NAME} by hand" in line
    assert "\n" not in line


def test_is_fetched_once_and_kept(server: Server, tmp_path: Path) -> None:
    server.offers(CONTENT)
    cache = tmp_path / "new" / "cache"
    path = published.fetch(NETWORK, cache, server.url)
    assert path == cache / NAME
    assert path.read_bytes() == CONTENT
    assert published.fetch(NETWORK, cache, server.url) == path
    assert server.asked == [f"/models/{NAME}"]
    assert list(cache.iterdir()) == [path]


def test_damaged_file_in_the_cache_is_fetched_again(server: Server, tmp_path: Path) -> None:
    server.offers(CONTENT)
    (tmp_path / NAME).write_bytes(CONTENT[:-1])
    assert published.fetch(NETWORK, tmp_path, server.url).read_bytes() == CONTENT


def test_file_put_there_by_hand_needs_no_network(server: Server, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    assert published.fetch(NETWORK, tmp_path, NOWHERE) == tmp_path / NAME


def test_wrong_file_put_there_by_hand_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"another file")
    refused(f"), and {tmp_path / NAME} is damaged; ", tmp_path, NOWHERE)


def test_wrong_content_is_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    server.offers(b"a proxy's login page")
    refused("isn't the published file (SHA-256 ", tmp_path, server.url)
    assert list(tmp_path.iterdir()) == []


def test_missing_file_is_refused(server: Server, tmp_path: Path) -> None:
    refused("can't be fetched (HTTP Error 404: Not Found)", tmp_path, server.url)


def test_cut_connection_is_refused(server: Server, tmp_path: Path) -> None:
    server.offers(CONTENT[:5], length=len(CONTENT))
    refused("can't be fetched (IncompleteRead", tmp_path, server.url)
    assert list(tmp_path.iterdir()) == []


def test_refused_connection_is_told(server: Server, tmp_path: Path) -> None:
    refused("Connection refused", tmp_path, NOWHERE)


def test_cache_that_cannot_be_written_names_its_variable(
    server: Server, tmp_path: Path
) -> None:
    server.offers(CONTENT)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="set ARMLET_CACHE"):
        published.fetch(NETWORK, tmp_path / "file" / "cache", server.url)


def test_network_without_published_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="no ImageNet weights are published for resnet18"):
        published.fetch("resnet18", tmp_path)


def test_names_carry_the_published_hashes() -> None:
    assert published.BASE_URL == "https://download.pytorch.org/models/"
    assert dict(published.FILES) == {
        "shufflenet_v2_x0_5": "shufflenetv2_x0.5-f707e7126e.pth",
        "shufflenet_v2_x1_0": "shufflenetv2_x1-5666bf0f80.pth",
        "shufflenet_v2_x1_5": "shufflenetv2_x1_5-3c479a10.pth",
        "shufflenet_v2_x2_0": "shufflenetv2_x2_0-8be3c8ee.pth",
    }
