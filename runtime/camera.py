"""The command ``edge-run camera``: what a camera sees, until it is told to stop."""

import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import click

from armlet.command import notice
from armlet.runtime.live.options import LiveOptions, live_options
from armlet.runtime.options import ModelOptions, model_options

# As in cli.py, what is heavy is imported in the command: --help must be quick.


@click.command()
@click.argument("model", type=click.Path(path_type=Path), required=False)
@live_options
@model_options
def camera(
    model: Path | None,
    live: LiveOptions,
    options: ModelOptions,
    top_k: int,
    as_json: bool,
    log: str | None,
) -> None:
    """Say what a camera sees, frame by frame, until it is told to stop.

    MODEL is a folder that edge-export wrote or a model file, as for edge-run classify. The
    newest frame is always the next one; those that came in between are dropped and counted. A
    camera that is unplugged or stalls is opened again when it is back. With --changes, results
    are those with another label than the one before, and one a minute.

    \b
    edge-run camera out/
    edge-run camera out/ --source /dev/video2 --json --changes
    edge-run camera out/ --source video.mp4 --log results.jsonl
    edge-run camera out/ --source rtsp://user:password@192.168.1.20/stream
    edge-run camera out/ --web
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
    from armlet.runtime.live.watchers import Told, open_watchers
    from armlet.runtime.log import prints_json
    from armlet.runtime.supervisor import Supervisor

    in_json = prints_json(as_json, log)
    live.check_heard(in_json=in_json, log=log)
    source = find_source(live.source, live.wanted, _say)
    clock = time.monotonic
    with ExitStack() as opened:
        # First of all: Ctrl-C is a good end while the model is being opened, too.
        ending = opened.enter_context(Ending())
        classifier = opened.enter_context(options.open(model))
        told = Told(source=source.name, top_k=top_k, in_json=in_json, log=log)
        watchers = open_watchers(opened, classifier.model, live, told, _say)
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
            top_k=max(top_k, *(one.labels for one in watchers)),
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


def _say(line: str) -> None:
    notice(f"edge-run: {line}")
