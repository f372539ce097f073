"""``edge-run watch`` as a user, a shell and systemd meet it."""

import json
import shutil
import signal
import socket
from pathlib import Path

import pytest

from tests.runtime.lasting import AT_ONCE_S, edge_run, line, record, stopped


@pytest.fixture
def folder(tmp_path: Path, photos: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    shutil.copy(photos / "chelsea.png", folder)
    return folder


def test_pictures_are_classified_as_they_come(
    bundle: Path, folder: Path, photos: Path, tmp_path: Path
) -> None:
    log = tmp_path / "results.jsonl"
    with edge_run("watch", bundle, folder, "--json", "--log", log) as running:
        first = record(running)
        assert (first["path"], first["top"][0]["label"]) == (f"{folder}/chelsea.png", "cat")
        assert set(first) == {"path", "top", "preprocess_ms", "inference_ms", "conditions"}
        (folder / "text.jpg").write_text("no picture")
        assert running.stderr
        assert running.stderr.readline() == (
            f"edge-run: {folder}/text.jpg: damaged or not a picture; "
            "give a complete JPEG, PNG, BMP, TIFF or WebP\n"
        )
        shutil.copy(photos / "rocket.jpg", folder / ".rocket")
        (folder / ".rocket").rename(folder / "rocket.jpg")
        second = record(running)
        assert (second["path"], second["top"][0]["label"]) == (f"{folder}/rocket.jpg", "ship")
        assert stopped(running, signal.SIGTERM) == ("", "")
    assert [json.loads(one) for one in log.read_text().splitlines()] == [first, second]


def test_text_and_new_only(bundle: Path, folder: Path, photos: Path) -> None:
    with edge_run("watch", bundle, folder, "--new-only", "--top-k", 1) as running:
        assert line(running).startswith("shufflenet_v2_x0_5, model.")
        assert line(running) == "\n"
        titles = line(running)
        shutil.copy(photos / "rocket.jpg", folder)
        result = line(running)
        assert result.startswith(f"{folder}/rocket.jpg ")
        assert result.index("ship") == titles.index("label")
        assert stopped(running, signal.SIGINT) == ("", "")


def test_folder_that_goes_and_comes_back(bundle: Path, folder: Path, photos: Path) -> None:
    with edge_run("watch", bundle, folder, "--json") as running:
        record(running)
        away = folder.rename(folder.with_name("away"))
        assert running.stderr
        assert running.stderr.readline() == (
            f"edge-run: {folder}: No such file or directory; waiting until it is back\n"
        )
        shutil.copy(photos / "rocket.jpg", away)
        away.rename(folder)
        assert running.stderr.readline() == f"edge-run: {folder} is back\n"
        assert record(running)["path"] == f"{folder}/rocket.jpg"
        assert stopped(running, signal.SIGTERM) == ("", "")


def test_reader_that_goes_away_is_noticed_without_a_new_picture(
    bundle: Path, folder: Path
) -> None:
    with edge_run("watch", bundle, folder, "--json") as running:
        record(running)
        assert running.stdout
        running.stdout.close()
        assert running.wait(AT_ONCE_S) == 1


def test_no_folder(bundle: Path, tmp_path: Path) -> None:
    with edge_run("watch", bundle, tmp_path / "nowhere") as running:
        printed, said = running.communicate(timeout=20)
    assert (running.returncode, printed) == (1, "")
    assert said == (f"edge-run: {tmp_path}/nowhere: No such file or directory; give a folder\n")


def test_systemd_hears_how_it_does(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    path = str(tmp_path / "notify")
    told = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(20)
        with edge_run("watch", bundle, tmp_path / "empty", **told) as running:
            heard = [systemd.recv(100) for _ in range(4)]
            stopped(running, signal.SIGTERM)
        assert heard == [b"READY=1", *[b"WATCHDOG=1"] * 3]
        while (last := systemd.recv(100)) == b"WATCHDOG=1":
            pass
        assert last == b"STOPPING=1"
