"""Results and latencies as lines of text: one renderer for people, one for programs."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from armlet.command import printable
from armlet.runtime.backends import BACKENDS
from armlet.runtime.conditions import describe

if TYPE_CHECKING:
    from armlet.runtime.conditions import Measured
    from armlet.runtime.latency import Latency
    from armlet.runtime.model import Model
    from armlet.runtime.options import ForeignOptions
    from armlet.runtime.result import Result

Lines = Sequence[str]
_OPTIONS = frozenset(
    {"--compare", "--csv", "--heaviest", "--input-size", "--labels", "--layers", "--layout"}
)


class Renderer(Protocol):
    """How a run of ``edge-run classify`` is put into words."""

    def heading(self, model: "Model") -> Lines:
        """What comes before the results."""

    def result(self, result: "Result") -> Lines:
        """One picture."""

    def conditions(self, measured: "Measured") -> Lines:
        """Under which conditions all results were measured."""

    def latency(self, latency: "Latency") -> Lines:
        """Where the time goes."""


class JsonLines:
    """One JSON object a line."""

    def heading(self, model: "Model") -> Lines:
        """Nothing: each object stands by itself."""
        return []

    def result(self, result: "Result") -> Lines:
        """The record."""
        return [json.dumps(result.to_json())]

    def conditions(self, measured: "Measured") -> Lines:
        """Nothing: each result has its own."""
        return []

    def latency(self, latency: "Latency") -> Lines:
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

    @staticmethod
    def for_folder(folder: Path) -> "Text":
        """Columns wide enough for most names that pictures in a folder may have."""
        return Text(width=len(shown(str(folder))) + 24)

    def heading(self, model: "Model") -> Lines:
        """What is going to run, and the titles of the columns."""
        return [
            running(model),
            "",
            f"{'picture':{self.width}}  preprocess   inference    score  label",
        ]

    def result(self, result: "Result") -> Lines:
        """A line for each label; path and times stand on the first."""
        path = shown(result.path)
        times = f"{result.preprocess_ms:7.2f} ms  {result.inference_ms:7.2f} ms"
        lines = []
        for one in result.top:
            score = f"{one.score * 100:5.1f} %"
            lines.append(f"{path:{self.width}}  {times:22}  {score}  {printable(one.label)}")
            path = times = ""
        return lines

    def conditions(self, measured: "Measured") -> Lines:
        """One line."""
        return ["", describe(measured)]

    def latency(self, latency: "Latency") -> Lines:
        """The layers, the sums of each kind, and the whole model."""
        from armlet.runtime.layer_table import layer_table

        return ["", *layer_table(latency)]


def running(model: "Model") -> str:
    """What runs, in one line."""
    tuned = ", tuned" if model.tuning and model.tuning.setting else ""
    setting = f"{model.precision}, {model.backend}, threads: {model.threads}{tuned}"
    return shown(f"{model.network}, {model.path.name}, {setting}")


def shown(path: str) -> str:
    """A path in one line that any terminal can show."""
    return printable(click.format_filename(path))


def next_command(opened: "Model", foreign: "ForeignOptions", picture: str, layers: bool) -> str:
    """What the user may try next, after a run with ``layers`` or without."""
    if opened.bundle is None:
        return next_line("profile", opened.path, *_again(foreign))
    if layers:
        return next_line("profile", opened.bundle.folder, "--heaviest")
    return next_line("classify", opened.bundle.folder, picture, "--layers")


def next_profile(
    opened: "Model", foreign: "ForeignOptions", heaviest: bool, compared: bool
) -> str:
    """What the user may try next, after a profile."""
    where = opened.bundle.folder if opened.bundle else opened.path
    if not heaviest:
        return next_line("profile", where, *_again(foreign), "--heaviest")
    beside = opened.bundle and any(
        file.format == BACKENDS[opened.backend].format and file.precision != opened.precision
        for file in opened.bundle.manifest.files
    )
    option = "--compare" if beside and not compared else "--csv"
    return next_line("profile", where, *_again(foreign), option)


def next_tune(model: Path, foreign: "ForeignOptions") -> str:
    """What the user may try next, after a tuning."""
    return next_line("classify", model, "photo.jpg", *_again(foreign))


def next_bench(model: Path, foreign: "ForeignOptions") -> str:
    """What the user may try next, after a benchmark."""
    return next_line("tune", model, *_again(foreign))


def _again(foreign: "ForeignOptions") -> Sequence[object]:
    """The options without which a bare file may not open."""
    options: list[object] = []
    if foreign.labels:
        options += ["--labels", foreign.labels]
    if foreign.input_size:
        options += ["--input-size", foreign.input_size]
    if foreign.layout:
        options += ["--layout", foreign.layout]
    return options


def next_line(command: str, *arguments: object) -> str:
    """A command of ours to try next; a name like an option's is no option."""
    words = [
        f"./{one}" if str(one).startswith("-") and one not in _OPTIONS else str(one)
        for one in arguments
    ]
    return shown(f"next: {shlex.join(['edge-run', command, *words])}")
