import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from armlet.errors import ImageError
from armlet.runtime.sources import find_pictures


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "b.JPG",
        "a.png",
        "notes.txt",
        "._a.png",
        "below/c.webp",
        "below/deeper/d.tiff",
        ".cache/e.png",
        "odd[1].png",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*sources: str) -> list[str]:
    return [str(path) for path in find_pictures(sources).paths]


def test_files_are_taken_whatever_their_name(tree: Path) -> None:
    assert found("notes.txt", "b.JPG") == ["notes.txt", "b.JPG"]


def test_folders_are_searched_for_pictures_in_order(tree: Path) -> None:
    assert found(".") == [
        "a.png",
        "b.JPG",
        "below/c.webp",
        "below/deeper/d.tiff",
        "odd[1].png",
    ]


def test_globs(tree: Path) -> None:
    assert found("*.png") == ["a.png", "odd[1].png"]
    assert found("below/*/*.t*") == ["below/deeper/d.tiff"]
    assert found("**/*.webp") == ["below/c.webp"]


def test_glob_that_matches_a_folder_means_its_pictures(tree: Path) -> None:
    assert found("bel*") == ["below/c.webp", "below/deeper/d.tiff"]


def test_name_that_looks_like_a_glob(tree: Path) -> None:
    assert found("odd[1].png") == ["odd[1].png"]


def test_each_file_once(tree: Path) -> None:
    absolute = str(tree / "a.png")
    assert found("a.png", "*.png", "./a.png", absolute) == ["a.png", "odd[1].png"]


def test_broken_links_are_left_to_the_decoder(tree: Path) -> None:
    (tree / "gone.png").symlink_to(tree / "nowhere.png")
    assert found("gone.png") == ["gone.png"]


def test_linked_folders_are_followed_only_if_named(tree: Path) -> None:
    (tree / "below" / "loop").symlink_to(tree)
    assert found("below") == ["below/c.webp", "below/deeper/d.tiff"]
    assert found("below/loop/empty/../below")[0].endswith("c.webp")


@pytest.mark.parametrize("source", ["none.png", "none/*.png", ""])
def test_nothing_there(tree: Path, source: str) -> None:
    with pytest.raises(ImageError, match="no such file or folder"):
        found(source)


def test_folder_without_pictures(tree: Path) -> None:
    with pytest.raises(ImageError, match="empty: no picture there; give picture files"):
        found("empty")


def test_what_is_not_there_does_not_stop_the_rest(tree: Path) -> None:
    pictures = find_pictures(["none.png", "a.png", "empty"])
    assert [str(path) for path in pictures.paths] == ["a.png"]
    assert [error.problem for error in pictures.problems] == [
        "none.png: no such file or folder",
        "empty: no picture there",
    ]


def test_folder_that_cannot_be_read_does_not_stop_the_rest(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A superuser may read everything, so the system's refusal is played.
    listed = Path.iterdir

    def refuse(self: Path) -> Iterator[Path]:
        if self.name == "below":
            raise PermissionError(13, "Permission denied", str(self))
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    pictures = find_pictures(["."])
    assert [str(path) for path in pictures.paths] == ["a.png", "b.JPG", "odd[1].png"]
    assert [error.problem for error in pictures.problems] == ["below: Permission denied"]


def test_folders_a_thousand_deep(tree: Path) -> None:
    place = tree / "deep"
    for _ in range(1500):
        place.mkdir()
        os.chdir(place)
        place = Path("d")
    Path("z.png").write_bytes(b"")
    os.chdir(tree)
    try:
        assert found("a.png", "deep")[0] == "a.png"
    finally:  # pytest, which removes a folder in the end, gives up at such a depth
        subprocess.run(["rm", "-rf", "deep"], check=True)
