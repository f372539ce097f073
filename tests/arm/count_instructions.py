"""Counts instructions of an inference, armlet's files beside others, on emulated processors.

``make count-arm`` runs it on what ``make bench`` left in demo/bench, or on another such folder:
``python -m tests.arm.count_instructions [FOLDER]``. What is counted is what make bench times,
from an array in memory to an array in memory, in one thread.
"""

import argparse
import datetime
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armlet.command import notice
from armlet.errors import ArmletError
from armlet.storage import write_file, write_json
from tests.arm import plugin, root
from tests.arm.counting import Count, count
from tests.arm.guest import Task
from tests.arm.instructions_page import render
from tests.arm.processors import PROCESSORS
from tests.arm.tools import ROOT, ArmError, require
from tests.bench.peers.catalogue import RUNNERS, Kind, model_files

ENGINES = frozenset({"armlet", "litert", "onnxruntime", "ncnn", "mnn"})
"""Those with wheels for aarch64 that are in the root."""
HALVES = frozenset({"ncnn", "mnn"})
"""Those that compute a float32 file in half precision if they are told, or not told, to."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file on one engine."""

    network: str
    kind: Kind
    runtime: str
    engine: str
    file: str
    """Relative to the network's folder."""
    precision: str
    half: bool
    rotated: bool

    def task(self, network: Path, pictures: int) -> Task:
        """What counts it, over so many pictures."""
        return Task(
            engine=self.engine,
            path=str((network / self.file).absolute()),
            half=self.half,
            rotated=self.rotated,
            pictures=str((network / "pictures.npz").absolute()),
            runs=pictures,
        )


def rows(network: Path) -> Iterator[Row]:
    """What there is to count in a network's folder."""
    seen = set()
    for runner in RUNNERS:
        for path, precision, rotated in model_files(network / runner.folder, runner.suffix):
            if runner.engine not in ENGINES or path in seen:
                continue  # armlet's ONNX files are there twice, which differs on x86 alone
            seen.add(path)
            can_halve = runner.engine in HALVES and precision == "float32"
            for half in (False, True) if can_halve else (False,):
                yield Row(
                    network=network.name,
                    kind=runner.kind,
                    runtime=runner.runtime,
                    engine=runner.engine,
                    file=str(path.relative_to(network)),
                    precision="float16" if half else precision,
                    half=half,
                    rotated=rotated,
                )


def measure(folder: Path, pictures: int) -> Mapping[str, Any]:
    """Count everything in a folder of networks.

    Raises:
        ArmError: Something that it takes is missing, or there is nothing to count.
    """
    require("qemu-aarch64", "mmdebstrap", "gcc")
    networks = sorted(path.parent for path in folder.glob("*/pictures.npz"))
    wanted = [(network, row) for network in networks for row in rows(network)]
    if not wanted:
        raise ArmError(f"{folder} holds no models", "run make bench first")
    place, counter = root.make_with_peers(), plugin.compiled()
    about = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "qemu": _qemu(),
        "debian": root.SUITE,
        "packages": place.versions(),
        "pictures": pictures,
    }
    counted, failed = [], []
    for number, (network, row) in enumerate(wanted, 1):
        notice(f"{number} of {len(wanted)}: {row.network}, {row.runtime}, {row.file}")
        task = row.task(network, pictures)
        try:
            found = {name: _record(*count(task, place, name, counter)) for name in PROCESSORS}
        except ArmError as error:  # of one file; the others took minutes
            notice(str(error))
            failed.append(f"{row.network}, {row.runtime}, {row.file}: {error.problem}")
            continue
        counted.append({**asdict(row), "processors": found})
    return {**about, "rows": counted, "failed": failed}


def _record(counts: Sequence[Count], sqnr_db: float) -> Mapping[str, Any]:
    """The median run; ``spread`` is from the lowest to the highest count."""
    totals = [one.instructions for one in counts]
    middle = statistics.median_low(totals)
    return {
        **asdict(counts[totals.index(middle)]),
        "spread": max(totals) - min(totals),
        "sqnr_db": round(sqnr_db, 1),
    }


def _qemu() -> str:
    said = subprocess.run(["qemu-aarch64", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"version (\S+)", said)
    return found[1] if found else "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "demo/bench")
    parser.add_argument("--pictures", type=int, default=3, help="how many are counted")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks")
    options = parser.parse_args()
    try:
        record = measure(options.folder, options.pictures)
        write_json(options.output / "instructions.json", record)
        write_file(options.output / "instructions.md", render(record).encode("utf-8"))
    except ArmletError as error:
        notice(f"count_instructions: {error}")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
