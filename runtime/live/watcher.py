"""Those who are told what a model sees: a terminal, a log, a broker, a page, a window."""

from types import TracebackType
from typing import Self

from armlet.runtime.cameras.source import Frame, SourceState
from armlet.runtime.live.result import LiveResult


class Watcher:
    """Somebody who is told, in the main thread, which must not wait for them.

    A context manager that closes it. All that it inherits does nothing.
    """

    def saw(self, frame: Frame, result: LiveResult) -> None:
        """A frame was classified. Nobody may change its pixels; keeping them is fine."""

    def heard(self, state: SourceState) -> None:
        """The source has stopped working, or works again."""

    def tick(self) -> None:
        """Called some ten times a second at least, whether anything was seen or not."""

    def close(self) -> None:
        """Nobody is told any more."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def labels(self) -> int:
        """How many labels it wants at least."""
        return 1

    @property
    def over(self) -> bool:
        """Whether all shall end, since somebody has closed the window."""
        return False

    @property
    def wants_layers(self) -> bool:
        """Whether somebody looks at where the time goes just now."""
        return False

    @property
    def failed(self) -> bool:
        """Whether it gave up, so that the command goes on and fails in the end."""
        return False
