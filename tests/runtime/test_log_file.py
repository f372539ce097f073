import os
from pathlib import Path

import pytest

from armlet.errors import OutputError
from armlet.runtime.log_file import open_log


def opened(path: Path, *, alone: bool = False) -> None:
    os.close(open_log(path, alone=alone))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "log holds no lines of JSON; choose"),
        (b"{\n  'pretty': 1\n}\n", "log holds no lines of JSON"),
        (b"{% template %}", "log holds no lines of JSON"),
        (bytes(1 << 20), "log holds no lines of JSON"),  # a disk image, before it is filled
        (b'{"a": 1}\n[1, 2]', "log ends in no line of JSON"),
    ],
)
def test_files_of_others_are_let_alone(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(data)
    with pytest.raises(OutputError, match=said):
        opened(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\0" * 4096, b'{"frame": 1, "to', b'{"path": "a"}', b'\0\0}\n{"a": 1}\n'],
)
def test_what_a_power_cut_leaves_of_ours_is_ours(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "log").write_bytes(data)
    opened(tmp_path / "log")
    assert b"\0" not in (tmp_path / "log").read_bytes()


def test_only_regular_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/null"), tmp_path / "pipe"):
        with pytest.raises(OutputError, match="not a regular file; choose another --log"):
            opened(path)


def test_link_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "log")
    with pytest.raises(OutputError, match="symbolic links"):
        opened(tmp_path / "log")


def test_one_who_rotates_is_alone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    two = [open_log(path, alone=False), open_log(path, alone=False)]
    with pytest.raises(OutputError, match="log: another edge-run writes to it; choose another"):
        opened(path, alone=True)
    for one in two:
        os.close(one)
    first = open_log(path, alone=True)
    for alone in (True, False):
        with pytest.raises(OutputError, match="another edge-run writes to it"):
            opened(path, alone=alone)
    os.close(first)
    opened(path, alone=True)


def test_half_a_line_that_another_process_is_writing_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    first = open_log(path, alone=False)
    os.write(first, b'{"frame": ')
    opened(path, alone=False)
    os.close(first)
    assert path.read_bytes() == b'{"frame": '
