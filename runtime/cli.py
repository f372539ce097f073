"""The edge-run command: parse, call the library, print."""

import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

import armlet
from armlet.command import Command, notice, progress, watch
from armlet.errors import BackendError, ImageError, OptionError
from armlet.runtime.backends import BACKENDS
from armlet.runtime.options import (
    JSON,
    LOG,
    PRECISION,
    PRECISIONS,
    ModelOptions,
    model_options,
    narrowing_options,
    top_k_option,
)

# Whatever needs numpy, OpenCV or a runtime is imported in the commands: --help must be quick.
if TYPE_CHECKING:
    from armlet.runtime.classifier import Classifier
    from armlet.runtime.conditions import Measured
    from armlet.runtime.log import JsonLog
    from armlet.runtime.report import Renderer
    from armlet.runtime.result import Result
    from armlet.runtime.sampling import Sampler


_ELSEWHERE = {
    "bench": "measuring",
    "camera": "camera",
    "tune": "measuring",
    "watch": "watch",
}
"""Commands and the modules that they are in, which classify needn't wait for."""


class _Commands(Command):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_ELSEWHERE])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _ELSEWHERE:
            return super().get_command(ctx, name)
        module = import_module(f"armlet.runtime.{_ELSEWHERE[name]}")
        found: click.Command = getattr(module, name)
        return found


@click.group(cls=_Commands)
@click.version_option(armlet.__version__)
def main() -> None:
    """Run exported image classifiers on this device.

    Try: edge-run classify out/ photo.jpg
    """


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, required=True)
@model_options
@top_k_option(5, "picture")
@JSON
@click.option("--raw", is_flag=True, help="Add all logits to the JSON.")
@click.option("--layers", is_flag=True, help="Measure the time of each layer.")
@LOG
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
    from armlet.runtime.log import STDOUT, JsonLog, prints_json
    from armlet.runtime.sources import find_pictures

    if raw and not as_json and not log:
        raise OptionError("--raw adds the logits to JSON", "add --json or --log")
    as_json = prints_json(as_json, log)
    found = find_pictures(paths)
    pictures = found.paths
    renderer = report.JsonLines() if as_json else report.Text.for_paths(pictures)
    with ExitStack() as opened:
        classifier = opened.enter_context(options.open(model))
        file = opened.enter_context(JsonLog(log)) if log not in (None, STDOUT) else None
        sampler = _sampler(classifier) if log else None
        outcomes = classifier.classify_files(
            pictures, top_k=top_k, logits=raw, sample=sampler.sample if sampler else None
        )
        _print(renderer.heading(classifier.model))
        for problem in found.problems:
            notice(f"edge-run: {problem}")
        good = _print_results(outcomes, renderer, len(pictures), file)
        if sampler and sampler.problem:
            notice(f"edge-run: the log has no layers: {sampler.problem}")
        if layers and good:
            progress("measuring the layers")
            _print(renderer.latency(classifier.profile(picture=good[0])))
        if good and not as_json:
            notice(report.next_command(classifier.model, options.foreign, good[0], layers))
    if found.problems or len(good) < len(pictures):
        sys.exit(1)


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@model_options
@click.option(
    "--runs",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="With the runtime's profiler, and as many without.",
)
@click.option("--heaviest", is_flag=True, help="The layers that take longest first.")
@click.option(
    "--compare",
    type=click.Choice([PRECISION, *PRECISIONS, *BACKENDS]),
    is_flag=False,
    flag_value=PRECISION,
    help="Put another precision or runtime beside; by default the other precision.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a line of CSV for each layer.")
def profile(
    model: Path,
    options: ModelOptions,
    runs: int,
    heaviest: bool,
    compare: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Say where a model's time goes, layer by layer.

    MODEL is what edge-run classify takes.

    \b
    edge-run profile out/
    edge-run profile out/ --heaviest --threads 1
    edge-run profile out/ --compare
    edge-run profile out/ --compare onnx --csv
    """
    import json

    from armlet.runtime import layer_table
    from armlet.runtime.comparison import beside
    from armlet.runtime.latency import measure_latency
    from armlet.runtime.report import next_profile

    if as_json and as_csv:
        raise OptionError("--json and --csv both say what is printed", "drop one of them")
    with ExitStack() as opened:
        models = [opened.enter_context(options.open(model)).model]
        if compare:
            changed, path = beside(options, model, models[0], compare)
            models.append(opened.enter_context(changed.open(path)).model)
        latencies = measure_latency(
            models,
            time.perf_counter,
            runs,
            watch=lambda rounds: watch(rounds, "measuring", len(rounds)),
        )
    if heaviest:
        latencies = [one.heaviest_first() for one in latencies]
    if as_json:
        _print([json.dumps(layer_table.as_json(latencies))])
    elif as_csv:
        _print(layer_table.as_csv(latencies))
    else:
        _print(layer_table.as_text(latencies))
        notice(next_profile(models[0], options.foreign, heaviest, bool(compare)))


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@narrowing_options
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
    from armlet.runtime.verify import verify_model

    verification = verify_model(model, options.wish, options.threads, options.foreign)
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
    good: list[str] = []
    spans: list[Measured] = []
    # Results on a terminal are progress enough; where they go elsewhere, a bar stands in.
    bar = count > 1 and os.isatty(2) and not os.isatty(1)
    for outcome in watch(outcomes, "classifying", count) if bar else outcomes:
        if isinstance(outcome, ImageError):
            click.echo("\r\033[K" if bar else "", nl=False, err=True)
            notice(f"edge-run: {outcome}")
        else:
            good.append(outcome.path)
            if log:
                log.write(outcome.to_json())
            _print(renderer.result(outcome))
            if outcome.conditions:
                spans = [*spans[:1], outcome.conditions]
    if spans:
        _print(renderer.conditions(replace(spans[-1], before=spans[0].before)))
    return good


def _sampler(classifier: "Classifier") -> "Sampler":
    from armlet.runtime.sampling import Sampler

    return Sampler(classifier.model, time.perf_counter)


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
