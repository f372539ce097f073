"""From recorded times to what is read: a short record, a table and a plot.

``make bench`` ends with this; to do it again from what it recorded in demo/bench/results.json,
``python -m tests.bench.peers.report RESULTS FOLDER``.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from armlet.storage import write_file, write_json
from tests.bench.peers.plot import draw
from tests.bench.peers.summary import summarise
from tests.bench.peers.table import render


def report(results: Mapping[str, Any], folder: Path) -> Path:
    """Write the three files, which are named after the machine.

    Args:
        results: As ``bench`` writes it, with rows.
        folder: Where to.

    Returns:
        The table.
    """
    name = name_of(results["machine"])
    summary = summarise(results)
    write_json(folder / f"{name}.json", summary)
    write_file(folder / f"{name}.svg", draw(summary))
    page = folder / f"{name}.md"
    write_file(page, render(summary, f"{name}.svg").encode("utf-8"))
    return page


def name_of(machine: Mapping[str, Any]) -> str:
    """A file name for a machine: ``raspberry-pi-5-model-b-rev-1-0``."""
    words = machine["board"] or machine["cpu"] or machine["kernel"]
    return re.sub(r"[^a-z0-9]+", "-", str(words).lower().replace("(r)", "")).strip("-")


if __name__ == "__main__":
    print(report(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])))
