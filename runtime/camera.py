"""The command ``edge-run camera``: what a camera sees, until it is told to stop."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from armlet.command import notice
from armlet.runtime.live.options import LiveOptions, live_options
from armlet.runtime.options import JSON, LOG, ModelOptions, model_options, top_k_option

# As in cli.py, what is heavy is imported in the command: --help must be quick.
if TYPE_CHECKING:
    from armlet.runtime.classifier import Classifier
    from armlet.runtime.live.broker import Broker
    from armlet.runtime.live.watcher import Watcher


@click.command()
@click.argument("model", type=click.Path(path_type=Path), required=False)
@live_options
@model_options
@top_k_option(1, "frame")
@JSON
@LOG
def camera(
    model: Path | None,
    live: LiveOptions,
    options: ModelOptions,
    top_k: int,
    as_json: bool,
    log: str | None,
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
    edge-run camera out/ --source rtsp://user:password@192.168.1.20/stream
    edge-run camera out/ --top-k 5 --web
    edge-run camera --list
    """
    if live.list_cameras:
        _list(as_json)
        return
    if model is None:
        raise click.UsageError(
            "Missing argument 'MODEL', which only --list does without",
            click.get_current_context(),
        )
    from armlet.runtime.cameras.naming import find_source
    from armlet.runtime.ending import Ending
    from armlet.runtime.live.layers import LayerSampler
    from armlet.runtime.live.look import look
    from armlet.runtime.live.loop import classify_live
    from armlet.runtime.live.smoothing import Smoothing
    from armlet.runtime.log import prints_json
    from armlet.runtime.supervisor import Supervisor

    in_json = prints_json(as_json, log)
    source = find_source(live.source, live.wanted, _say)
    broker = live.broker
    if live.display:
        from armlet.runtime.live.display import check_screen  # few have one

        check_screen()
    clock = time.monotonic
    with ExitStack() as opened:
        classifier = opened.enter_context(options.open(model))
        watchers = _watchers(opened, classifier, source.name, live, log, in_json, broker)
        ending = opened.enter_context(Ending())
        supervisor = opened.enter_context(Supervisor())
        sampler = LayerSampler(
            classifier.model,
            clock,
            live.layers_every,
            lambda: any(one.wants_layers for one in watchers),
            _say,
        )
        stream = classify_live(
            classifier,
            source,
            clock,
            top_k=top_k,
            smooth=Smoothing(live.smooth, clock).smooth if live.smooth else None,
            sample=sampler.sample,
        )
        opened.enter_context(closing(stream))
        look(stream, watchers, live.limits, ending, supervisor, clock)
        if any(one.failed for one in watchers):
            sys.exit(1)


def _list(as_json: bool) -> None:
    """Show which cameras are there; that there is none is an answer too, and no failure."""
    import json

    from armlet.runtime.cameras.listing import list_cameras
    from armlet.runtime.cameras.listing_page import page

    listing = list_cameras()
    lines = [json.dumps(listing.to_json())] if as_json else page(listing)
    for line in lines:
        click.echo(line)


def _watchers(
    opened: ExitStack,
    classifier: "Classifier",
    name: str,
    live: LiveOptions,
    log: str | None,
    in_json: bool,
    broker: "Broker | None",
) -> "Sequence[Watcher]":
    """Everybody who is to be told, as the options say."""
    from armlet.runtime.live.changes import Changes
    from armlet.runtime.live.printed import Logged, News, Printed, Reported
    from armlet.runtime.live.report import JsonLines, Text
    from armlet.runtime.log import STDOUT, JsonLog

    told: list[Watcher] = [
        Printed(JsonLines() if in_json else Text(), classifier.model, name, _say)
    ]
    if log not in (None, STDOUT):
        told.append(Logged(opened.enter_context(JsonLog(log, live.rotation)), _say))
    if broker:
        from armlet.runtime.live.mqtt import Published  # few publish

        told.append(opened.enter_context(Published(broker, _say)))
    shown: list[Watcher] = []
    if live.display:
        from armlet.runtime.live.display import Display  # few have a screen

        shown.append(Display(name, time.monotonic))
    if page := live.page:
        from armlet.runtime.web.wanted import serve  # few look

        shown.append(opened.enter_context(serve(page, classifier.model, name, _say)))
    return [
        News(told, Changes(time.monotonic) if live.changes else None),
        Reported(_say),
        *shown,
    ]


def _say(line: str) -> None:
    notice(f"edge-run: {line}")
