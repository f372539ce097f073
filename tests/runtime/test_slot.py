import threading

import pytest

from armlet.runtime.slot import Slot

PATIENCE_S = 10.0


def in_thread(slot: Slot[int], *items: int) -> threading.Thread:
    """One that puts these and then ends."""

    def run() -> None:
        for item in items:
            slot.put(item)
        slot.end()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_newest_takes_the_place_of_the_one_before() -> None:
    slot: Slot[int] = Slot()
    slot.put(1)
    slot.put(2)
    assert slot.take(0) == 2
    assert slot.take(0) is None


def test_giver_that_waits_loses_nothing() -> None:
    slot: Slot[int] = Slot(waits=True)
    thread = in_thread(slot, *range(100))
    assert [slot.take(PATIENCE_S) for _ in range(100)] == list(range(100))
    thread.join(PATIENCE_S)
    with pytest.raises(EOFError):
        slot.take(PATIENCE_S)


def test_taker_waits() -> None:
    slot: Slot[int] = Slot()
    taken: list[int | None] = []
    taker = threading.Thread(target=lambda: taken.append(slot.take(PATIENCE_S)), daemon=True)
    taker.start()
    slot.put(0)  # an item that is false is one, too
    taker.join(PATIENCE_S)
    assert taken == [0]


@pytest.mark.parametrize("error", [None, ValueError("broken")])
def test_end_comes_after_the_last_item(error: ValueError | None) -> None:
    slot: Slot[int] = Slot()
    slot.put(1)
    slot.end(error)
    assert slot.take(PATIENCE_S) == 1
    for _ in range(2):
        with pytest.raises(type(error) if error else EOFError):
            slot.take(PATIENCE_S)


def test_end_wakes_the_taker() -> None:
    slot: Slot[int] = Slot()
    in_thread(slot)
    with pytest.raises(EOFError):
        slot.take(PATIENCE_S)


def test_giver_that_waits_is_let_go() -> None:
    slot: Slot[int] = Slot(waits=True)
    thread = in_thread(slot, 1, 2, 3)
    assert slot.take(PATIENCE_S) == 1
    assert not slot.abandoned
    slot.abandon()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert slot.abandoned
    with pytest.raises(EOFError):  # what was put isn't kept
        slot.take(0)
