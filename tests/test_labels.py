from pathlib import Path

import pytest

from armlet.errors import OptionError
from armlet.labels import parse_labels, read_labels


def test_labels_as_editors_write_them(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes("\ufeffcat\r\n Hündin \r\n\r\n".encode())
    assert read_labels(path) == ["cat", "Hündin"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "holds no labels"),
        (b"\n \n", "holds no labels"),
        (b"a\n\nb", "line 2 is empty"),
        (b"\xff\xfe", "not UTF-8 text"),
    ],
)
def test_bad_labels_are_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    with pytest.raises(OptionError, match=problem):
        read_labels(path)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("0 background\n1  tench, Tinca tinca\n", ["background", "tench, Tinca tinca"]),
        ("0: cat\n1: dog", ["cat", "dog"]),
        ("1 cat\n2 dog", ["cat", "dog"]),
        ("0 person\n2 car", ["person", "class 1", "car"]),
        ("n01440764 tench\nn01443537 goldfish", ["n01440764 tench", "n01443537 goldfish"]),
        ("0\n1\n2", ["0", "1", "2"]),
        ("7 up\n8 ball", ["7 up", "8 ball"]),
        ("0 a\n0 b", ["0 a", "0 b"]),
        ("0 a\n1984 novel", ["0 a", "1984 novel"]),
        ("", []),
    ],
)
def test_numbers_before_labels_are_indices_only_where_they_can_be(
    text: str, labels: list[str]
) -> None:
    assert parse_labels(text) == labels
