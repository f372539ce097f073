"""What readers of text are told: only what is new, and no more labels than they asked for."""

from collections.abc import Sequence
from dataclasses import replace

from armlet.runtime.cameras.source import Frame, SourceState
from armlet.runtime.live.changes import Changes
from armlet.runtime.live.result import LiveResult
from armlet.runtime.live.watcher import Watcher


class News(Watcher):
    """Passes on only what is new, with as many labels as were asked for.

    Args:
        watchers: To whom.
        changes: What is new; None: everything.
        top_k: How many labels; whoever shows more, such as the page, isn't told by this.
    """

    def __init__(
        self, watchers: Sequence[Watcher], changes: Changes | None, top_k: int
    ) -> None:
        self._watchers = watchers
        self._changes = changes
        self._top_k = top_k

    def saw(self, frame: Frame, result: LiveResult) -> None:
        """Pass it on if it is new."""
        if self._changes is None or self._changes.new(result):
            if len(result.top) > self._top_k:
                result = replace(result, top=result.top[: self._top_k])
            for one in self._watchers:
                one.saw(frame, result)

    def heard(self, state: SourceState) -> None:
        """Pass it on."""
        for one in self._watchers:
            one.heard(state)

    def tick(self) -> None:
        """Pass it on."""
        for one in self._watchers:
            one.tick()

    @property
    def failed(self) -> bool:
        """Whether one of them has."""
        return any(one.failed for one in self._watchers)
