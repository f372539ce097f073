"""Results and latencies as lines of text: one renderer for people, one for programs."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import click

from armlet.records import Result
from armlet.runtime.latency import Latency, sum_known, totals_by_kind
from armlet.runtime.model import Model

Lines = Sequence[str]
Row = Sequence[str]


class Renderer(Protocol):
    """How a run of ``edge-run classify`` is put into words."""

    def heading(self, model: Model) -> Lines:
        """What comes before the results."""

    def result(self, result: Result) -> Lines:
        """One picture."""

    def latency(self, latency: Latency) -> Lines:
        """Where the time goes."""


class JsonLines:
    """One JSON object a line."""

    def heading(self, model: Model) -> Lines:
        """Nothing: each object stands by itself."""
        return []

    def result(self, result: Result) -> Lines:
        """The record."""
        return [json.dumps(result.to_json())]

    def latency(self, latency: Latency) -> Lines:
        """The record."""
        return [json.dumps(latency.to_json())]


@dataclass(frozen=True, kw_only=True)
class Text:
    """Aligned columns."""

    width: int
    """Of the longest path, in characters."""

    @staticmethod
    def for_paths(paths: Sequence[Path]) -> "Text":
        """Columns wide enough for these pictures."""
        return Text(width=max(len("picture"), *(len(shown(str(path))) for path in paths)))

    def heading(self, model: Model) -> Lines:
        """What is going to run, and the titles of the columns."""
        return [
            f"{model.network}, {model.precision}, {model.backend}, threads: {model.threads}",
            "",
            f"{'picture':{self.width}}  preprocess   inference    score  label",
        ]

    def result(self, result: Result) -> Lines:
        """A line for each label; path and times stand on the first."""
        path = shown(result.path)
        times = f"{result.preprocess_ms:7.2f} ms  {result.inference_ms:7.2f} ms"
        lines = []
        for one in result.top:
            score = f"{one.score * 100:5.1f} %"
            lines.append(f"{path:{self.width}}  {times:22}  {score}  {one.label}")
            path = times = ""
        return lines

    def latency(self, latency: Latency) -> Lines:
        """The layers, the sums of each kind, and the whole model.

        A profiler slows a model down, a small one to half its speed, so each layer is shown
        with its share of the time that the model takes without it.
        """
        titles = ("layer", "operator", "kind", "us", "share", "mult-adds", "bytes")
        blank = ("",) * len(titles)
        total = latency.total_us
        layers = [
            (one.name, one.operator, one.kind, *_costs(total, one.share, one.macs, one.bytes))
            for one in latency.layers
        ]
        sums = [
            (f"all {one.kind}", "", "", *_costs(total, one.share, one.macs, one.bytes))
            for one in totals_by_kind(latency.layers)
        ]
        macs = sum_known(one.macs for one in latency.layers)
        size = sum_known(one.bytes for one in latency.layers)
        whole = ("whole model", "", "", *_costs(total, 1.0, macs, size))
        return [
            "",
            *_aligned([titles, *layers, blank, *sums, whole]),
            "",
            f"Whole model: median of {latency.runs} runs ({latency.precision}, "
            f"{latency.backend}, threads: {latency.threads}).",
            f"Shares: from {latency.runs} more runs with the runtime's profiler on, which",
            "slows the model down; what it does between the operators of ONNX Runtime is left",
            "out. A layer's us is its share of the whole model's time.",
        ]


def shown(path: str) -> str:
    """A path in one line that any terminal can show."""
    return " ".join(click.format_filename(path).splitlines())


def next_command(model: Path, picture: str, layers: bool) -> str:
    """What the user may try next, after a run with ``layers`` or without."""
    folder = model if model.is_dir() else model.parent
    options = ["--layers", "--json"] if layers else ["--layers"]
    return shown(
        f"next: {shlex.join(['edge-run', 'classify', str(folder), picture, *options])}"
    )


def _costs(total_us: float, share: float | None, macs: int | None, size: int | None) -> Row:
    part = share or 0.0
    paper = ("?" if number is None else f"{number:,}" for number in (macs, size))
    return (f"{part * total_us:.1f}", f"{part * 100:.1f} %", *paper)


def _aligned(rows: Sequence[Row]) -> Lines:
    """Words to the left, numbers (from the fourth column on) to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:>{width}}" if place >= 3 else f"{cell:<{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
