"""What the recorded times say: for each file its time, and its ratio to two others.

The ratios are to the usual way to the same version of the runtime (for an engine's own
conversion, to that) and to the fastest file that isn't armlet's, of the same network, precision
and number of threads.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import chain
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How one row's time compares with another's; under 1 is faster."""

    median: float
    min: float


@dataclass(frozen=True, kw_only=True)
class Line:
    """One file on one engine."""

    network: str
    precision: str
    threads: int
    kind: str
    """As ``catalogue.Kind``."""
    runtime: str
    engine: str
    """As ``catalogue.Runner``."""
    version: str
    file: str
    """Relative to the network's folder."""
    rotated: bool
    """Whether it takes pictures turned by 180 degrees."""
    bytes: int
    min_ms: float
    median_ms: float
    p90_ms: float
    runs: int
    max_difference: float
    """From PyTorch's logits."""
    sqnr_db: float
    to_stock: Ratio | None
    """None where nothing of that precision runs there."""
    to_best: Ratio | None
    """To the fastest that isn't armlet's."""

    @property
    def ran_on(self) -> str:
        """The runtime with its version, in words."""
        words = f"{self.runtime} {self.version}"
        return f"{words}, by edge-run" if self.engine == "armlet" else words

    @property
    def group(self) -> tuple[str, int, str]:
        """What is compared with one another."""
        return self.network, self.threads, self.precision


def summarise(results: Mapping[str, Any]) -> dict[str, Any]:
    """The record that is kept, of the one that has all times.

    Args:
        results: As ``bench`` writes it.

    Returns:
        The same with ``rows`` of ``Line`` as JSON objects, fastest first in each group.
    """
    rows = [_with_times(row) for row in results["rows"]]
    lines = []
    for row in rows:
        group = [one for one in rows if _group(one) == _group(row)]
        others = [one for one in group if one["kind"] != "armlet"]
        stock = [one for one in others if _same_place(one, row) and _plain(one)]
        best = min(others, key=lambda one: float(one["median_ms"]), default=None)
        ratios = {
            "to_stock": _ratio(row, stock[0] if stock else None),
            "to_best": _ratio(row, best),
        }
        known = {one.name: {**row, **ratios}[one.name] for one in fields(Line)}
        lines.append(Line(**known))
    lines.sort(key=lambda line: (line.network, line.threads, line.precision, line.median_ms))
    return {**results, "rows": [asdict(line) for line in lines]}


def lines_of(summary: Mapping[str, Any]) -> Sequence[Line]:
    """The rows of a record that ``summarise`` made."""
    return [
        Line(
            **{
                **row,
                "to_stock": Ratio(**row["to_stock"]) if row["to_stock"] else None,
                "to_best": Ratio(**row["to_best"]) if row["to_best"] else None,
            }
        )
        for row in summary["rows"]
    ]


def _with_times(row: Mapping[str, Any]) -> dict[str, Any]:
    times = sorted(chain.from_iterable(row["visits"]))
    return {
        **row,
        "min_ms": times[0],
        "median_ms": round(statistics.median(times), 4),
        "p90_ms": times[int(0.9 * (len(times) - 1))],
        "runs": len(times),
    }


def _group(row: Mapping[str, Any]) -> tuple[object, ...]:
    return row["network"], row["threads"], row["precision"]


def _same_place(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("runtime", "environment"))


def _plain(row: Mapping[str, Any]) -> bool:
    """Whether a file is what its way leads to, and no variant: ``int8.onnx``."""
    return str(row["file"]).count(".") == 1


def _ratio(row: Mapping[str, Any], other: Mapping[str, Any] | None) -> Ratio | None:
    if other is None:
        return None
    return Ratio(
        median=round(row["median_ms"] / other["median_ms"], 3),
        min=round(row["min_ms"] / other["min_ms"], 3),
    )
