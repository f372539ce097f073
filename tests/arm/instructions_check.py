"""No file takes more instructions than when they were last recorded (make test-arm)."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.arm import gate, plugin
from tests.arm.count_instructions import Row, rows
from tests.arm.counting import count
from tests.arm.processors import PROCESSORS
from tests.arm.root import Root
from tests.arm.tools import ROOT
from tests.bench.peers.catalogue import CONVERSIONS, MAIN
from tests.bench.peers.making import make_files

NETWORK = "shufflenet_v2_x0_5"
EMULATORS = 2
"""At once."""
PICTURES = 1
"""They differ by a hundredth of what is tolerated."""


def counted(row: Row) -> bool:
    """Whether this is what edge-run takes by default, or what ONNX Runtime's own tools make."""
    taken = row.rotated or row.engine != "armlet" or row.file.endswith(".onnx")
    return taken and row.precision != "float16"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network that was recorded, exported anew by armlet as it stands in this clone."""
    folder = tmp_path_factory.mktemp("networks") / NETWORK
    here = [one for one in CONVERSIONS if one.environment == MAIN]
    assert make_files(folder, here) == []
    return folder


@pytest.fixture(scope="module")
def record() -> Mapping[str, Any]:
    path = ROOT / "docs/benchmarks/instructions.json"
    record: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def test_no_file_takes_more_instructions_than_recorded(
    root: Root, network: Path, record: Mapping[str, Any], said: list[str]
) -> None:
    counter = plugin.compiled()
    wanted = [
        (row, processor) for row in rows(network) if counted(row) for processor in PROCESSORS
    ]

    def instructions(place: tuple[Row, str]) -> int:
        row, processor = place
        (found,), _ = count(row.task(network, PICTURES), root, processor, counter)
        return found.instructions

    with ThreadPoolExecutor(EMULATORS) as pool:
        counts = list(pool.map(instructions, wanted))
    compared = gate.compare(
        {(row.file, name): one for (row, name), one in zip(wanted, counts, strict=True)},
        record,
        NETWORK,
    )
    said += gate.as_text(compared, record["date"])
    now = ", ".join(f"{name} {version}" for name, version in root.versions().items())
    then = ", ".join(f"{name} {record['packages'][name]}" for name in root.versions())
    said.append(f"counted with {now}; recorded with {then}")
    ours = [one for one in compared if one.file.startswith("armlet/")]
    assert len(ours) == len(PROCESSORS) * len(("float32", "int8")) * len(("tflite", "onnx"))
    assert list(gate.problems(ours)) == []
