"""armlet's files beside those of other tools and engines, in turn, on this machine.

``make bench`` runs this: it makes the files that are missing, with the tools that are there,
times all of them, and writes a table and a plot. ``make bench-peers`` installs the other tools.
"""

import argparse
import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from armlet.command import watch
from armlet.runtime.conditions import Measured, read_conditions
from armlet.runtime.machine import read_machine
from armlet.runtime.validity import doubts
from armlet.storage import write_file
from tests.bench.peers.catalogue import ROOT, Row, find_rows
from tests.bench.peers.driver import Times, measure
from tests.bench.peers.making import make_files, missing, versions
from tests.bench.peers.report import report

RESULTS = "results.json"


def main() -> None:
    options = _options()
    networks = [options.folder.resolve() / name for name in options.networks]
    load = read_conditions().load  # before our own work
    skipped = list(missing())
    for line in skipped:
        click.echo(f"skipped {line}")
    failed: list[str] = []
    for network in networks:
        failed += make_files(network)
    times: list[Times] = []
    conditions: list[Measured] = []
    for network in networks:
        for threads in map(int, options.threads):
            rows = _wanted(find_rows(network, threads), options.precisions)
            # Here the others are our own workers.
            before = replace(read_conditions(), load=load, work=None)
            click.echo(f"{network.name}, threads: {threads}, {len(rows)} files in turn")
            done, wrong = measure(rows, network, options.rounds, options.runs, _bar)
            times += done
            failed += wrong
            after = read_conditions()
            conditions.append(Measured(threads=threads, before=before, after=after))
    for line in failed:
        click.echo(f"not measured: {line}")
    results: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": read_machine().to_json(),
        "cores": read_conditions().cores,
        "load_before": load,
        "conditions": [one.to_json() for one in conditions],
        "doubts": list(dict.fromkeys(line for one in conditions for line in doubts(one))),
        "versions": versions(networks[0]),
        **_pictures(networks[0]),
        "rounds": options.rounds,
        "runs": options.runs,
        "skipped": skipped,
        "failed": failed,
        "rows": [one.to_json() for one in times],
    }
    path = options.folder / RESULTS
    write_file(path, json.dumps(results).encode("utf-8"))
    click.echo(f"wrote {path} and {report(results, options.report)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])

    def words(text: str) -> list[str]:
        return text.split(",")

    both = ["shufflenet_v2_x0_5", "shufflenet_v2_x1_0"]
    parser.add_argument("--networks", type=words, default=both, help="names, with commas")
    parser.add_argument("--precisions", type=words, default=[], help="by default all there are")
    parser.add_argument("--threads", type=words, default=["1", "2"])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--runs", type=int, default=20, help="of each file in each round")
    parser.add_argument("--folder", type=Path, default=ROOT / "demo/bench", help="for files")
    parser.add_argument("--report", type=Path, default=ROOT / "docs/benchmarks")
    return parser.parse_args()


def _wanted(rows: Sequence[Row], precisions: Sequence[str]) -> Sequence[Row]:
    return [row for row in rows if not precisions or row.precision in precisions]


def _bar(rounds: Iterable[int]) -> Iterable[int]:
    rounds = list(rounds)
    return watch(rounds, "measuring", len(rounds))


def _pictures(network: Path) -> dict[str, int]:
    """How many pictures the files are calibrated with and tried on."""
    with np.load(network / "pictures.npz") as arrays:
        return {name: len(arrays[name]) for name in ("calibration", "trial")}


if __name__ == "__main__":
    main()
