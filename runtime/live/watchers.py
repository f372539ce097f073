"""Everybody who is told what a camera sees, as the options say."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from armlet.runtime.live.changes import Changes
from armlet.runtime.live.news import News
from armlet.runtime.live.options import LiveOptions
from armlet.runtime.live.printed import Logged, Printed, Reported
from armlet.runtime.live.report import JsonLines, Text
from armlet.runtime.live.watcher import Watcher
from armlet.runtime.log import STDOUT, JsonLog
from armlet.runtime.model import Model


@dataclass(frozen=True, kw_only=True)
class Told:
    """What those are told who read results as text."""

    source: str
    """What the source is called."""
    top_k: int
    """How many labels."""
    in_json: bool
    """Whether stdout gets JSON."""
    log: str | None
    """A file, or ``-`` for stdout; None: there is no log."""


def open_watchers(
    opened: ExitStack,
    model: Model,
    live: LiveOptions,
    told: Told,
    report: Callable[[str], None],
) -> Sequence[Watcher]:
    """Open all that the options ask for.

    Args:
        opened: Closes them in the end.
        model: What is going to run.
        live: The options.
        told: More of them.
        report: Is told something in a line.

    Raises:
        ArmletError: One of them can't be opened.
    """
    readers: list[Watcher] = []
    others: list[Watcher] = [Reported(report)]
    # What few ask for is imported here.
    if live.display:
        from armlet.runtime.live.display import Display, check_screen

        check_screen()
        others.append(Display(told.source, time.monotonic))
    if broker := live.broker:
        from armlet.runtime.live.mqtt import Published

        readers.append(opened.enter_context(Published(broker, report)))
    if page := live.page:
        from armlet.runtime.web.wanted import serve

        others.append(opened.enter_context(serve(page, model, told.source, report)))
    if told.log not in (None, STDOUT):
        readers.append(Logged(opened.enter_context(JsonLog(told.log, live.rotation)), report))
    renderer = JsonLines() if told.in_json else Text()
    readers.append(Printed(renderer, model, told.source, report))
    changes = Changes(time.monotonic) if live.changes else None
    return [News(readers, changes, told.top_k), *others]
