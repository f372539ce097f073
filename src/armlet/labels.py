"""The names of a network's classes, as they stand in text files."""

import re
from collections.abc import Sequence
from pathlib import Path

from armlet.errors import OptionError
from armlet.reading import read_file

_NUMBERED = re.compile(r"(\d+)[\s:,]+(\S.*)")


def read_labels(path: Path) -> list[str]:
    """Labels from a text file, as ``parse_labels`` reads it.

    Raises:
        OptionError: It can't be read, has no lines or an empty one.
    """
    try:
        text = read_file(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise OptionError(f"{path}: {reason}", "give --labels a text file") from error
    labels = parse_labels(text)
    if not labels:
        raise OptionError(f"{path} holds no labels", "write one a line")
    if "" in labels:
        number = labels.index("") + 1
        raise OptionError(f"{path}: line {number} is empty", "write one label a line")
    return labels


def parse_labels(text: str) -> list[str]:
    """Labels, one a line; empty lines at the end don't count.

    If every line is ``index name`` and the indices go up, as in the files for COCO and ImageNet
    that come with many models, the indices go and an index that is left out is "class <index>".
    """
    labels = [line.strip() for line in text.splitlines()]
    while labels and not labels[-1]:
        labels.pop()
    return _by_index(labels) or labels


def _by_index(lines: Sequence[str]) -> list[str]:
    """The labels of a numbered list; none if it isn't one."""
    parts = [_NUMBERED.fullmatch(line) for line in lines]
    names = {int(part[1]): part[2] for part in parts if part}
    indices = list(names)
    # A number far beyond the lines is part of a name: a year, an article.
    if not lines or len(names) < len(lines) or indices != sorted(indices):
        return []
    if indices[0] > 1 or indices[-1] >= 2 * len(lines) + 1:
        return []
    return [names.get(index, f"class {index}") for index in range(indices[0], indices[-1] + 1)]
