import os
from pathlib import Path

import pytest

from armlet.runtime.mending import MUCH, mend

WHOLE = b'{"frame": 1}\n'
LAST = b'{"frame": 2}'


def mended(path: Path, data: bytes) -> bytes:
    path.write_bytes(data)
    descriptor = os.open(path, os.O_RDWR)
    try:
        mend(descriptor)
    finally:
        os.close(descriptor)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("torn", "left"),
    [
        (b"", b""),
        (LAST + b"\n", LAST + b"\n"),
        (LAST, LAST + b"\n"),  # nothing but its line break is missing
        (LAST[:-1], b""),
        (LAST + b"\0" * 4096, LAST + b"\n"),
        (LAST[:5] + b"\0" * 4096, b""),
        (LAST + b"\n" + b"\0" * 4096, LAST + b"\n"),
        (b"\0" * (3 * MUCH), b""),
        (b"\0" * 4096 + b': 3}\n{"a', b""),
        (b"   ", b""),
    ],
)
@pytest.mark.parametrize("before", [b"", WHOLE, WHOLE * (MUCH // 6)])
def test_end_of_a_file(tmp_path: Path, before: bytes, torn: bytes, left: bytes) -> None:
    assert mended(tmp_path / "log", before + torn) == before + left


def test_every_place_a_line_can_be_torn_at(tmp_path: Path) -> None:
    line = '{"frame": 2, "top": [{"label": "Kätzchen"}]}\n'.encode()
    for length in range(len(line)):
        left = line if length == len(line) - 1 else b""
        assert mended(tmp_path / "log", WHOLE + line[:length]) == WHOLE + left


def test_hole_before_the_end_becomes_space(tmp_path: Path) -> None:
    """A page that didn't reach the disk, with the ends of two lines around it."""
    hole = b'{"frame": ' + b"\0" * 4096 + b": 3}\n"
    found = mended(tmp_path / "log", WHOLE + hole + WHOLE)
    assert found == WHOLE + b" " * len(hole) + WHOLE
    assert mended(tmp_path / "log", found) == found


@pytest.mark.parametrize("data", [WHOLE + b"[1, 2]", WHOLE + b"{" + b"x" * MUCH])
def test_what_no_power_cut_leaves_is_let_alone(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        mended(tmp_path / "log", data)
    assert (tmp_path / "log").read_bytes() == data
