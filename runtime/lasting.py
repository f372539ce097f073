"""The commands that go on until they are told to stop."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from armlet.command import notice
from armlet.errors import ImageError, OptionError
from armlet.runtime.options import ModelOptions, model_options

# As in cli.py, what is heavy is imported in the commands: --help must be quick.
if TYPE_CHECKING:
    from armlet.runtime.stream import Source

Command = Callable[..., Any]
_TICK_S = 0.1
_TICKS = 10
"""Between two looks into a folder: a second."""
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
_LOG = click.option(
    "--log", help="Append each result as a line of JSON to this file; - for stdout."
)


def _top_k(default: int, each: str) -> Callable[[Command], Command]:
    return click.option(
        "--top-k",
        type=click.IntRange(min=1),
        default=default,
        show_default=True,
        help=f"Labels for each {each}.",
    )


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--source",
    "named",
    default="0",
    show_default=True,
    help="A camera, by number or as /dev/video0, or a video file, which is played once.",
)
@model_options
@_top_k(1, "frame")
@_JSON
@_LOG
@click.option("--changes", is_flag=True, help="Only results that tell something new.")
@click.option("--max-frames", type=click.IntRange(min=1), help="Stop after so many results.")
@click.option(
    "--duration",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop after so many seconds.",
)
def camera(
    model: Path,
    named: str,
    options: ModelOptions,
    top_k: int,
    as_json: bool,
    log: str | None,
    changes: bool,
    max_frames: int | None,
    duration: float | None,
) -> None:
    """Say what a camera sees, frame by frame, until it is told to stop.

    MODEL is what edge-run classify takes. The newest frame is always the next one; those that
    came in between are dropped and counted. A camera that is unplugged or stalls is opened
    again when it is back. With --changes, results are those with another label than the one
    before, and one a minute.

    \b
    edge-run camera out/
    edge-run camera out/ --source /dev/video2 --json --changes
    edge-run camera out/ --source video.mp4 --log results.jsonl
    """
    from armlet.runtime.ending import Ending
    from armlet.runtime.feed import newest_frames
    from armlet.runtime.live import Changes, classify_frames
    from armlet.runtime.live_report import JsonLines, Text
    from armlet.runtime.log import STDOUT, JsonLog, prints_json
    from armlet.runtime.supervisor import Supervisor

    renderer = JsonLines() if prints_json(as_json, log) else Text()
    source = _source(named)
    with ExitStack() as opened:
        classifier = opened.enter_context(options.open(model))
        file = opened.enter_context(JsonLog(log)) if log not in (None, STDOUT) else None
        ending = opened.enter_context(Ending())
        supervisor = opened.enter_context(Supervisor())
        clock = time.monotonic
        frames = opened.enter_context(closing(newest_frames(source, clock, _say)))
        told = Changes(clock) if changes else None
        began = clock()
        count = 0
        for result in classify_frames(classifier, frames, clock, top_k):
            supervisor.alive()
            if result:
                if not count:
                    supervisor.ready()
                    _print(renderer.heading(classifier.model, source.name))
                count += 1
                if told is None or told.new(result):
                    if file:
                        file.write(result.to_json())
                    click.echo(renderer.result(result))
            enough = count == max_frames or (duration and clock() - began >= duration)
            if enough or ending.asked:
                break


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@model_options
@_top_k(5, "picture")
@_JSON
@_LOG
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


def _source(named: str) -> "Source":
    from armlet.runtime.v4l2 import V4l2Camera
    from armlet.runtime.video import VideoFile

    if "://" in named:
        raise OptionError(f"{named} is an address", "give a camera or a video file")
    if named.isdecimal():
        return V4l2Camera(f"/dev/video{int(named)}")
    return V4l2Camera(named) if named.startswith("/dev/") else VideoFile(Path(named))


def _say(line: str) -> None:
    notice(f"edge-run: {line}")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
