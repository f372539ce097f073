"""The edge-run command: parse, call the library, print."""

import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

import armlet
from armlet.command import Command, notice, progress, watch
from armlet.errors import BackendError, ImageError, OptionError
from armlet.runtime.options import ModelOptions, model_options

# Whatever needs numpy, OpenCV or a runtime is imported in the commands: --help must be quick.
if TYPE_CHECKING:
    from armlet.records import Result
    from armlet.runtime.log import JsonLog
    from armlet.runtime.report import Renderer


@click.group(cls=Command)
@click.version_option(armlet.__version__)
def main() -> None:
    """Run exported image classifiers on this device.

    Try: edge-run classify out/ photo.jpg
    """


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, required=True)
@model_options
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
@click.option("--log", help="Append each result as a line of JSON to this file; - for stdout.")
def classify(
    model: Path,
    paths: Sequence[str],
    options: ModelOptions,
    top_k: int,
    as_json: bool,
    raw: bool,
    layers: bool,
    log: str | None,
) -> None:
    """Say what is on pictures.

    MODEL is a folder that edge-export wrote, one of the model files in it, or any other .onnx
    or .tflite file of an image classifier. PATHS are picture files, folders (searched
    recursively) or globs in quotes.

    \b
    edge-run classify out/ photo.jpg
    edge-run classify out/ photos/ 'more/**/*.png' --json
    edge-run classify out/model.float32.onnx photo.jpg --layers
    edge-run classify out/ photos/ --log results.jsonl
    edge-run classify mobilenet.tflite photo.jpg --labels labels.txt
    """
    from armlet.runtime import report
    from armlet.runtime.classify import Answer, classify_files
    from armlet.runtime.log import STDOUT, JsonLog
    from armlet.runtime.sources import find_pictures

    if raw and not as_json:
        raise OptionError("--raw adds the logits to JSON", "add --json")
    if log == STDOUT:
        if as_json:
            raise OptionError("--json and --log - both print the results", "drop one of them")
        as_json = True
    pictures = find_pictures(paths)
    opened = options.open(model, layers)
    renderer = report.JsonLines() if as_json else report.Text.for_paths(pictures)
    answer = Answer(top_k=top_k, logits=raw)
    outcomes = classify_files(opened, pictures, answer, time.perf_counter)
    with JsonLog(log) if log not in (None, STDOUT) else nullcontext() as file:
        _print(renderer.heading(opened))
        good = _print_results(outcomes, renderer, len(pictures), file)
    if layers and good:
        from armlet.runtime.latency import measure_latency

        _print(renderer.latency(measure_latency(opened, Path(good[0]), time.perf_counter)))
    if good and not as_json and opened.bundle:
        notice(report.next_command(model, good[0], layers))
    if len(good) < len(pictures):
        sys.exit(1)


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@model_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(model: Path, options: ModelOptions, as_json: bool) -> None:
    """Prove that this device reproduces what the workstation computed.

    Every file of the bundle MODEL runs the bundle's golden vectors on every runtime that is
    installed; or one file, runtime or precision, where that is given. Logits must be equal bit
    for bit where the runtime's int8 kernels are exact, and within a stated tolerance elsewhere.

    \b
    edge-run verify out/
    """
    from armlet.runtime import verdict
    from armlet.runtime.choice import Wish
    from armlet.runtime.verify import verify_model

    wish = Wish(backend=options.backend, precision=options.precision, layers=False)
    verification = verify_model(model, wish, options.threads, options.foreign)
    _print(verdict.as_json(verification) if as_json else verdict.as_text(verification, model))
    for problem in verification.problems:
        notice(f"edge-run: {problem}")
    if verification.problems:
        sys.exit(1)


def _print_results(
    outcomes: Iterable["Result | ImageError"],
    renderer: "Renderer",
    count: int,
    log: "JsonLog | None",
) -> Sequence[str]:
    """Results to stdout and log, broken pictures to stderr; returns paths of the good ones."""
    good = []
    # Results on a terminal are progress enough; where they go elsewhere, a bar stands in.
    bar = count > 1 and os.isatty(2) and not os.isatty(1)
    for outcome in watch(outcomes, "classifying", count) if bar else outcomes:
        if isinstance(outcome, ImageError):
            click.echo("\r\033[K" if bar else "", nl=False, err=True)
            notice(f"edge-run: {outcome.problem}")
        else:
            good.append(outcome.path)
            if log:
                log.write(outcome.to_json())
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

    \b
    edge-run doctor
    edge-run doctor --json
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
