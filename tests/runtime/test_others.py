from dataclasses import replace
from pathlib import Path

import pytest

from armlet.runtime.others import Work, read_work, share_of_others
from tests.runtime.boards import PI_4, lay_out

# user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice; a tick is 10 ms.
STAT = (
    "cpu  1210 0 340 9000 30 5 15 0 0 0\n"
    "cpu0 1000 10 300 4000 20 5 15 70 500 5\n"
    "cpu1 100 0 20 5000 10 0 0 0 0 0\n"
    "cpu10 100 0 20 5000 10 0 0 0 0 0\n"
    "intr 1 2 3\n"
    "ctxt 99\n"
)
BEFORE = Work(wall_s=100.0, busy_s=40.0, own_s=3.0, cores=4)


@pytest.fixture(autouse=True)
def ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: {"SC_CLK_TCK": 100}[name])


def work(root: Path, *cores: int) -> Work | None:
    return read_work(root, cores, lambda: 12.0, lambda: 3.0)


def test_cores_of_this_process_count(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"proc/stat": STAT})
    # Waiting is no work, and what guests did is among the user's.
    assert work(root, 0) == Work(wall_s=12.0, busy_s=14.0, own_s=3.0, cores=1)
    assert work(root, 0, 1) == Work(wall_s=12.0, busy_s=15.2, own_s=3.0, cores=2)
    assert work(root, 7) is None


@pytest.mark.parametrize("text", ["", "?", "cpu0\n", "cpu0 1 2 3\n", "cpu0 a b c d e f g h\n"])
def test_kernel_that_does_not_tell(tmp_path: Path, text: str) -> None:
    assert work(lay_out(tmp_path, {"proc/stat": text}), 0) is None
    assert work(tmp_path / "nowhere", 0) is None


def later(wall: float, busy: float, own: float) -> Work:
    return replace(
        BEFORE,
        wall_s=BEFORE.wall_s + wall,
        busy_s=BEFORE.busy_s + busy,
        own_s=BEFORE.own_s + own,
    )


def test_share() -> None:
    assert share_of_others(BEFORE, later(10.0, 14.0, 10.0)) == pytest.approx(0.1)
    assert share_of_others(BEFORE, later(10.0, 10.0, 10.0)) == 0.0
    # Ticks and the process's own clock never agree quite.
    assert share_of_others(BEFORE, later(10.0, 9.0, 10.0)) == 0.0
    assert share_of_others(BEFORE, later(10.0, 90.0, 0.0)) == 1.0


def test_nothing_can_be_told() -> None:
    after = later(10.0, 14.0, 10.0)
    assert share_of_others(None, after) is None
    assert share_of_others(BEFORE, None) is None
    assert share_of_others(BEFORE, replace(after, cores=2)) is None
    assert share_of_others(BEFORE, later(0.9, 1.0, 0.1)) is None


def test_this_machine() -> None:
    told = read_work(Path("/"), range(1024))
    assert told is None or told.cores >= 1


def test_board_without_the_file_tells_nothing(tmp_path: Path) -> None:
    assert work(lay_out(tmp_path, PI_4), 0, 1, 2, 3) is None
