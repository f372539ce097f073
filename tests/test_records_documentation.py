"""docs/records.md names every member of what edge-run says as JSON, and no others."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from armlet.runtime.cli import main
from armlet.runtime.live.broker import PASSWORD, USER
from tests.runtime.stand_ins import write_video
from tests.runtime.web.serving import LAYER, serving

PAGE = Path(__file__).parents[1] / "docs/records.md"
SECTION = re.compile(r"^## (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)
Record = Mapping[str, Any]


def documented() -> Mapping[str, set[str]]:
    """Section to the members that its table names."""
    sections = SECTION.findall(PAGE.read_text(encoding="utf-8"))
    return {
        title: {name for row in ROW.findall(body) for name in re.findall(r"\w+", row)}
        for title, body in sections
    }


def said(*arguments: object) -> Record:
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    record: Record = json.loads(done.stdout)
    return record


@pytest.fixture(scope="module")
def result(bundle: Path, photos: Path) -> Record:
    return said("classify", bundle, photos / "chelsea.png", "--log", "-", "--raw")


@pytest.fixture(scope="module")
def latency(bundle: Path) -> Record:
    return said("profile", bundle, "--json", "--runs", 2)


def test_members(result: Record, latency: Record) -> None:
    tables = documented()
    assert tables["Result"] == set(result)
    assert tables["Latency"] == set(latency)
    for layer in (*result["layers"], *latency["layers"]):
        assert tables["Layer"] == set(layer)
    for conditions in (result["conditions"], latency["conditions"]):
        assert tables["Conditions"] == set(conditions) | set(conditions["before"])


def test_members_of_a_live_result(bundle: Path, photos: Path, tmp_path: Path) -> None:
    video = tmp_path / "video.avi"
    write_video(video, [photos / "chelsea.png"], each=1)
    tables = documented()
    plain = said("camera", bundle, "--source", video, "--json")
    live = said("camera", bundle, "--source", video, "--json", "--layers-every", 1)
    assert tables["Live result"] == set(live) == {*plain, "conditions", "layers"}
    for layer in live["layers"]:
        assert tables["Layer"] == set(layer)
    assert tables["Conditions"] == set(live["conditions"]) | set(live["conditions"]["before"])


def test_what_is_published() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for words in ("online", "no source", "offline", USER, PASSWORD):
        assert f"`{words}`" in text


def test_members_of_the_state_of_a_page() -> None:
    with serving() as shown:
        shown.see(1, layers=[LAYER])
        state = json.loads(shown.get("/api/state")[2])
    tables = documented()
    text = PAGE.read_text(encoding="utf-8")
    assert tables["State"] == set(state)
    assert tables["Point"] == set(state["history"][0])
    assert tables["Live result"] == {*state["result"], "conditions", "layers"}
    inner = [state[name] for name in ("running", "source", "machine", "profile")]
    for one in (*inner, *state["machine"]["clusters"], *state["profile"]["kinds"]):
        assert all(f"`{member}`" in text for member in one)


def test_tuning_and_its_benchmark(bundle: Path) -> None:
    tables = documented()
    tuning = said("tune", bundle, "--json", "--force", "--runs", 1, "--threads", 1)
    benchmark = said("bench", bundle, "--json", "--runs", 1, "--threads", 1)
    text = PAGE.read_text(encoding="utf-8")
    assert tables["Tuning"] == set(tuning)
    assert all(f"`{member}`" in text for member in tuning["device"])
    assert tables["Benchmark"] == set(benchmark) == set(tuning["benchmark"])
    for row in benchmark["rows"]:
        assert tables["Row"] == set(row)


def test_comparison(bundle: Path) -> None:
    compared = said("profile", bundle, "--compare", "--json", "--runs", 2)
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"`{member}`" in text for member in compared)
