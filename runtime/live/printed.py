"""Results of a stream on stdout and in a log file."""

from collections.abc import Callable

import click

from armlet.errors import OutputError
from armlet.runtime.cameras.source import Frame, SourceState
from armlet.runtime.live.report import LiveRenderer
from armlet.runtime.live.result import LiveResult
from armlet.runtime.live.watcher import Watcher
from armlet.runtime.log import JsonLog
from armlet.runtime.model import Model

Report = Callable[[str], None]
"""Is told something in a line."""


class Printed(Watcher):
    """Prints results.

    A full disk behind stdout ends the printing with a warning; a reader that has gone away ends
    the command, as for every other command.

    Args:
        renderer: How.
        model: What the heading tells of.
        name: The source's.
        report: Is told why nothing is printed any more.
    """

    def __init__(self, renderer: LiveRenderer, model: Model, name: str, report: Report) -> None:
        self._renderer = renderer
        self._model = model
        self._name = name
        self._report = report
        self._mode: str | None = None
        self._broken = False

    def saw(self, frame: Frame, result: LiveResult) -> None:
        """Print a line; before the first one, and where frames come otherwise, a heading."""
        if self._broken:
            return
        try:
            if frame.mode != self._mode:
                self._mode = frame.mode
                source = ", ".join(filter(None, (self._name, frame.mode)))
                for line in self._renderer.heading(self._model, source):
                    click.echo(line)
            click.echo(self._renderer.result(result))
        except BrokenPipeError:
            raise
        except OSError as error:
            self._broken = True
            self._report(f"stdout: {error.strerror}; nothing is printed any more")

    @property
    def failed(self) -> bool:
        """Whether printing has ended before its time."""
        return self._broken


class Logged(Watcher):
    """Appends results to a log; a full disk ends the log with a warning, and nothing else.

    Args:
        log: Open.
        report: Is told why there is no log any more.
    """

    def __init__(self, log: JsonLog, report: Report) -> None:
        self._log = log
        self._report = report
        self._broken = False

    def saw(self, frame: Frame, result: LiveResult) -> None:
        """Append a line."""
        if self._broken:
            return
        try:
            self._log.write(result.to_json())
        except OutputError as error:
            self._broken = True
            self._report(f"{error.problem}; nothing is logged any more")

    @property
    def failed(self) -> bool:
        """Whether the log has ended before its time."""
        return self._broken


class Reported(Watcher):
    """Says when the source is lost and when it is back.

    Args:
        report: Is told so.
    """

    def __init__(self, report: Report) -> None:
        self._report = report

    def heard(self, state: SourceState) -> None:
        """Say it."""
        self._report(state.line)
