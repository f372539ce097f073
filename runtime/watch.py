"""The command ``edge-run watch``: a folder into which pictures come."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import click

from armlet.command import notice
from armlet.errors import ImageError
from armlet.runtime.options import JSON, LOG, ModelOptions, model_options, top_k_option

_TICK_S = 0.1
_TICKS = 10
"""Between two looks into a folder: a second."""


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@model_options
@top_k_option(5, "picture")
@JSON
@LOG
@click.option("--new-only", is_flag=True, help="Pass over what is in the folder already.")
def watch(
    model: Path,
    folder: Path,
    options: ModelOptions,
    top_k: int,
    as_json: bool,
    log: str | None,
    new_only: bool,
) -> None:
    """Say what is on pictures as they come into a folder, until it is told to stop.

    MODEL is what edge-run classify takes. FOLDER is looked at once a second, at any depth. A
    picture is classified when it is complete, and again when it has changed; one that can't be
    read is reported, and the next one is waited for.

    \b
    edge-run watch out/ incoming/
    edge-run watch out/ incoming/ --new-only --json
    edge-run watch out/ incoming/ --log results.jsonl
    """
    from armlet.runtime import report
    from armlet.runtime.arrivals import Arrivals
    from armlet.runtime.ending import Ending
    from armlet.runtime.log import STDOUT, JsonLog, prints_json
    from armlet.runtime.supervisor import Supervisor

    in_json = prints_json(as_json, log)
    arrivals = Arrivals(folder, new_only)
    renderer = report.JsonLines() if in_json else report.Text.for_folder(folder)
    with ExitStack() as opened:
        classifier = opened.enter_context(options.open(model))
        file = opened.enter_context(JsonLog(log)) if log not in (None, STDOUT) else None
        ending = opened.enter_context(Ending())
        supervisor = opened.enter_context(Supervisor())
        _print(renderer.heading(classifier.model))
        while True:
            pictures, problems = arrivals.look()
            supervisor.ready()
            for problem in problems:
                _say(problem)
            for outcome in classifier.classify_files(pictures, top_k=top_k):
                supervisor.alive()
                if isinstance(outcome, ImageError):
                    _say(str(outcome))
                else:
                    if file:
                        file.write(outcome.to_json())
                    _print(renderer.result(outcome))
                if ending.asked:
                    return
            for _ in range(_TICKS):
                supervisor.alive()
                if ending.asked:
                    return
                time.sleep(_TICK_S)


def _say(line: str) -> None:
    notice(f"edge-run: {line}")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
