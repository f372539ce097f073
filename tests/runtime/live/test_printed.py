import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from armlet.runtime import open_classifier
from armlet.runtime.cameras.source import SourceState
from armlet.runtime.live.changes import Changes
from armlet.runtime.live.news import News
from armlet.runtime.live.printed import Logged, Printed, Reported
from armlet.runtime.live.report import JsonLines, Text
from armlet.runtime.live.watcher import Watcher
from armlet.runtime.log import JsonLog
from armlet.runtime.model import Model
from armlet.runtime.rotation import Rotation
from tests.runtime.live.results import frame, live_result


@pytest.fixture
def model(bundle: Path) -> Iterator[Model]:
    with open_classifier(bundle) as classifier:
        yield classifier.model


class Counting(Watcher):
    """Knows what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def saw(self, frame: object, result: object) -> None:
        self.told.append(result)

    def heard(self, state: object) -> None:
        self.told.append(state)

    def tick(self) -> None:
        self.told.append("tick")


def test_heading_comes_again_when_frames_come_otherwise(
    model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = Printed(Text(), model, "/dev/video0", pytest.fail)
    for number, mode in enumerate(["6 x 4", "6 x 4", "", "640 x 480"], 1):
        printed.saw(frame(number, mode), live_result(number))
    lines = capsys.readouterr().out.splitlines()
    assert [one for one in lines if "video0" in one] == [
        "/dev/video0, 6 x 4",
        "/dev/video0",
        "/dev/video0, 640 x 480",
    ]
    assert [one.split()[0] for one in lines if one.endswith("cat")] == ["1", "2", "3", "4"]


def test_json_is_what_the_log_gets(
    model: Model, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with JsonLog(str(tmp_path / "log")) as log:
        watchers = [Printed(JsonLines(), model, "a", pytest.fail), Logged(log, pytest.fail)]
        for number in range(1, 4):
            for one in watchers:
                one.saw(frame(number), live_result(number))
    out = capsys.readouterr().out
    assert (tmp_path / "log").read_text() == out
    assert [json.loads(line) for line in out.splitlines()] == [
        live_result(number).to_json() for number in range(1, 4)
    ]
    assert not any(one.failed for one in watchers)


def test_full_disk_behind_stdout_is_said_once(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    def full(text: object) -> None:
        tries.append(text)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(click, "echo", full)
    said: list[str] = []
    printed = Printed(JsonLines(), model, "a", said.append)
    assert not printed.failed
    for number in range(3):
        printed.saw(frame(), live_result(number))
    assert said == ["stdout: No space left on device; nothing is printed any more"]
    assert len(tries) == 1
    assert printed.failed
    assert News([Counting(), printed], None, 1).failed


def test_reader_that_has_gone_ends_it(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(text: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(click, "echo", gone)
    with pytest.raises(BrokenPipeError):
        Printed(JsonLines(), model, "a", pytest.fail).saw(frame(), live_result())


def test_log_that_cannot_be_rotated_ends_it(tmp_path: Path) -> None:
    said: list[str] = []
    with JsonLog(str(tmp_path / "log"), Rotation(size=300, keep=1)) as log:
        (tmp_path / "log.1").mkdir()
        logged = Logged(log, said.append)
        for number in range(10):
            logged.saw(frame(), live_result(number))
    assert said == [f"{tmp_path}/log.1: Is a directory; nothing is logged any more"]
    assert logged.failed
    assert all(json.loads(line) for line in (tmp_path / "log").read_text().splitlines())


def test_news_alone_are_passed_on_but_all_states() -> None:
    now = 0.0
    told = Counting()
    news = News([told], Changes(lambda: now), 1)
    lost = SourceState(works=False, line="the camera is gone")
    first, same = live_result(1), live_result(2)
    for one in (first, same):
        news.saw(frame(), one)
    news.heard(lost)
    news.tick()
    assert told.told == [first, lost, "tick"]
    everything = Counting()
    News([everything], None, 1).saw(frame(), same)
    assert everything.told == [same]


def test_source_that_is_lost_is_reported() -> None:
    said: list[str] = []
    Reported(said.append).heard(SourceState(works=False, line="the camera is gone"))
    assert said == ["the camera is gone"]
