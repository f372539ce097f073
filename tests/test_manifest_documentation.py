"""docs/manifest.md names every member of a real manifest, and no others."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from armlet.bundle import SCHEMA, Accuracy

PAGE = Path(__file__).parents[1] / "docs/manifest.md"
SECTION = re.compile(r"^## (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def documented() -> dict[str, set[str]]:
    """Section to the members that its table names."""
    text = PAGE.read_text(encoding="utf-8")
    return {title: set(ROW.findall(body)) for title, body in SECTION.findall(text)}


@pytest.fixture(scope="module")
def manifest(bundle: Path) -> Mapping[str, Any]:
    record: Mapping[str, Any] = json.loads((bundle / "manifest.json").read_text("utf-8"))
    return record


def test_members(manifest: Mapping[str, Any]) -> None:
    tables = documented()
    assert tables["The object"] == set(manifest)
    assert tables["Preprocessing"] == set(manifest["preprocessing"])
    for title, records in (
        ("A file", manifest["variants"]),
        ("A layer", [*manifest["layers"], *manifest["layers_int8"]]),
        ("A comparison", [manifest["check"]["model.float16.tflite"]]),
    ):
        assert records
        for record in records:
            assert tables[title] == set(record), title
    assert all(set(one) == tables["A file"] - {"variant"} for one in manifest["files"])
    for path, record in manifest["check"].items():
        missing = {"tolerance"} if ".int8." in path else set()
        assert set(record) == tables["A comparison"] - missing


def test_members_of_an_accuracy() -> None:
    record = Accuracy(top1=1.0, top5=2.0, images=3).to_json()
    assert documented()["An accuracy"] == set(record)


def test_version() -> None:
    assert f"now **{SCHEMA}**" in PAGE.read_text(encoding="utf-8")
