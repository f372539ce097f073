"""The edge-run command: parse, call the library, print."""

import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

import armlet
from armlet.command import Command, notice, progress, watch
from armlet.errors import BackendError, ImageError, OptionError
from armlet.runtime.backends import BACKENDS

# Whatever needs numpy, OpenCV or a runtime is imported in the commands: --help must be quick.
if TYPE_CHECKING:
    from armlet.records import Precision, Result
    from armlet.runtime.report import Renderer


def default_threads() -> int:
    """All cores that this process may use, but no more than 4."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, 4)


@click.group(cls=Command)
@click.version_option(armlet.__version__)
def main() -> None:
    """Run exported image classifiers on this device.

    Try: edge-run classify out/ photo.jpg
    """


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--backend",
    type=click.Choice(list(BACKENDS)),
    help="Inference runtime; by default the first of these that is installed and can do it.",
)
@click.option(
    "--precision",
    type=click.Choice(["int8", "float32"]),
    help="By default int8 if the bundle has it.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    default=default_threads,
    show_default="as many as cores, at most 4",
    help="Threads of the runtime.",
)
@click.option(
    "--top-k",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Labels for each picture.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.option("--raw", is_flag=True, help="Add all logits to the JSON.")
@click.option("--layers", is_flag=True, help="Measure the time of each layer.")
def classify(
    model: Path,
    paths: Sequence[str],
    backend: str | None,
    precision: "Precision | None",
    threads: int,
    top_k: int,
    as_json: bool,
    raw: bool,
    layers: bool,
) -> None:
    r"""Say what is on pictures.

    MODEL is a folder that edge-export wrote, or one of the model files in it. PATHS are picture
    files, folders (searched recursively) or globs in quotes.

    \b
    edge-run classify out/ photo.jpg
    edge-run classify out/ photos/ 'more/**/*.png' --json
    edge-run classify out/model.float32.onnx photo.jpg --layers
    """
    from armlet.runtime import report
    from armlet.runtime.choice import Wish
    from armlet.runtime.classify import Answer, classify_files
    from armlet.runtime.latency import measure_latency
    from armlet.runtime.model import open_model
    from armlet.runtime.sources import find_pictures

    if raw and not as_json:
        raise OptionError("--raw adds the logits to JSON", "add --json")
    pictures = find_pictures(paths)
    wish = Wish(backend=backend, precision=precision, layers=layers)
    opened = open_model(model, wish, threads)
    renderer = report.JsonLines() if as_json else report.Text.for_paths(pictures)
    answer = Answer(top_k=top_k, logits=raw)
    outcomes = classify_files(opened, pictures, answer, time.perf_counter)
    _print(renderer.heading(opened))
    good = _print_results(outcomes, renderer, len(pictures))
    if layers and good:
        _print(renderer.latency(measure_latency(opened, Path(good[0]), time.perf_counter)))
    if good and not as_json:
        notice(report.next_command(model, good[0], layers))
    if len(good) < len(pictures):
        sys.exit(1)


def _print_results(
    outcomes: Iterable["Result | ImageError"], renderer: "Renderer", count: int
) -> Sequence[str]:
    """Results to stdout, broken pictures to stderr; returns the paths of the good ones."""
    good = []
    # Results on a terminal are progress enough; where they go elsewhere, a bar stands in.
    bar = count > 1 and os.isatty(2) and not os.isatty(1)
    for outcome in watch(outcomes, "classifying", count) if bar else outcomes:
        if isinstance(outcome, ImageError):
            click.echo("\r\033[K" if bar else "", nl=False, err=True)
            notice(f"edge-run: {outcome.problem}")
        else:
            good.append(outcome.path)
            _print(renderer.result(outcome))
    return good


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for bug reports.")
def doctor(as_json: bool) -> None:
    """Say what works on this device, and what to do about what doesn't.

    The exit code is 1 if no inference runtime works. What is printed names neither the device
    nor you.
    """
    import json

    from armlet.runtime.diagnosis import diagnose
    from armlet.runtime.diagnosis_report import NEXT, page

    progress("trying every runtime")
    diagnosis = diagnose()
    _print([json.dumps(diagnosis.to_json())] if as_json else page(diagnosis))
    if not diagnosis.works:
        raise BackendError("no inference runtime works here", diagnosis.next_step)
    if not as_json:
        notice(NEXT)
