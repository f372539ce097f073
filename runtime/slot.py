"""What one thread hands to another: one thing at a time, and the newest."""

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Slot(Generic[Item]):
    """Room for one item, between a thread that puts and one that takes.

    Args:
        waits: Whether the giver waits until an item is taken before it puts another one; if
            not, a newer item takes the place of the one before.
    """

    def __init__(self, *, waits: bool = False) -> None:
        self._waits = waits
        self._changed = threading.Condition()
        self._item: Item | None = None
        self._ended = False
        self._error: BaseException | None = None
        self._abandoned = False

    @property
    def abandoned(self) -> bool:
        """Whether nobody takes any more."""
        return self._abandoned

    def put(self, item: Item) -> None:
        """Offer an item; if nobody takes any more, it is dropped."""
        with self._changed:
            if self._waits:
                self._changed.wait_for(lambda: self._item is None or self._abandoned)
            if not self._abandoned:
                self._item = item
                self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """There won't be more, because of this error or simply at the end."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Item | None:
        """The item; wait for one if there is none.

        Raises:
            BaseException: There is none and won't be any, because of this.
            EOFError: Likewise, since the giver has come to its end.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._ended, timeout_s)
            item, self._item = self._item, None
            if item is None and self._ended:
                raise self._error or EOFError
            self._changed.notify_all()
            return item

    def abandon(self) -> None:
        """Want no more items."""
        with self._changed:
            self._abandoned = True
            self._item = None
            self._changed.notify_all()
