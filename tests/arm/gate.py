"""Whether files take more instructions than was recorded of them; instructions, never times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLERANCE = 0.005
"""As a part of the recorded count. Runs differ by some 0.003 %, whatever the machine."""
_STOCK = {
    "LiteRT": "stock_litert/{precision}.tflite",
    "ONNX Runtime": "stock_onnx/{precision}.onnx",
}
"""What the usual way to the same runtime makes."""

Place = tuple[str, str]
"""A file, relative to its network's folder, and a processor."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One file on one processor; counts are of one inference."""

    file: str
    processor: str
    counted: int
    recorded: int
    stock: int | None
    """As recorded, of the stock file for the same runtime and precision."""

    @property
    def change(self) -> float:
        """From the recorded count, as a part of it."""
        return self.counted / self.recorded - 1

    @property
    def more(self) -> bool:
        """Whether it takes more than it may."""
        return self.change > TOLERANCE

    @property
    def fewer(self) -> bool:
        """Whether the record is worth making anew."""
        return self.change < -TOLERANCE


def compare(
    counted: Mapping[Place, int], record: Mapping[str, Any], network: str
) -> Sequence[Comparison]:
    """Hold counts against a record.

    Args:
        counted: Of one inference each.
        record: As ``count_instructions.measure`` makes it.
        network: The one that was counted.

    Raises:
        KeyError: The record doesn't know one of the files.
    """
    rows = {row["file"]: row for row in record["rows"] if row["network"] == network}
    found = []
    for (file, processor), instructions in counted.items():
        row = rows[file]
        stock = rows.get(_STOCK[row["runtime"]].format(precision=row["precision"]))
        found.append(
            Comparison(
                file=file,
                processor=processor,
                counted=instructions,
                recorded=row["processors"][processor]["instructions"],
                stock=stock["processors"][processor]["instructions"] if stock else None,
            )
        )
    return found


def as_text(comparisons: Sequence[Comparison], date: str) -> list[str]:
    """A table for people, in millions of instructions.

    Args:
        comparisons: What was counted.
        date: When the record was made.
    """
    lines = [
        f"millions of instructions of an inference; recorded on {date}, the stock route too",
        f"{'file':36}{'processor':12}{'counted':>9}{'recorded':>10}{'change':>10}{'stock':>8}",
    ]
    for one in comparisons:
        stock = f"{one.stock / 1e6:8.2f}" if one.stock else f"{'-':>8}"
        lines.append(
            f"{one.file:36}{one.processor:12}{one.counted / 1e6:9.3f}"
            f"{one.recorded / 1e6:10.3f}{one.change:+10.3%}{stock}"
        )
    if any(one.fewer for one in comparisons):
        lines.append("fewer than recorded: record anew with make bench and make count-arm")
    return lines


def problems(comparisons: Sequence[Comparison]) -> Sequence[str]:
    """A line for each file that takes more instructions than it may."""
    return [
        f"{one.file} takes {one.change:.2%} more instructions on {one.processor} than "
        f"recorded: {one.counted:,} instead of {one.recorded:,}"
        for one in comparisons
        if one.more
    ]
