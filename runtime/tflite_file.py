"""What a .tflite file says of itself, read from its own bytes before a runtime is chosen.

It is a flatbuffer, and so is the TFLite Metadata in it; the files that the metadata mentions
are a zip archive behind. Reading needs so little of the format that no package is worth it,
which a device might lack. Field numbers: ``schema.fbs`` and ``metadata_schema.fbs``.
"""

import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armlet.errors import BundleError
from armlet.reading import read_file
from armlet.records import Precision

UNREADABLE = (IndexError, ValueError, struct.error)
_METADATA = "TFLITE_METADATA"
_HALF, _INTEGERS = 1, frozenset({3, 9})  # float16; uint8, int8
# The head of an archive's entry, long enough not to occur among weights by chance.
_ENTRY = re.compile(rb"PK\x03\x04.{26}[\w.-]+\.(txt|json)", re.DOTALL)
_LARGEST = 16 << 20  # bytes; no list of labels is longer


class Table:
    """A table of a flatbuffer; reading a damaged one raises one of ``UNREADABLE``.

    Args:
        data: The whole flatbuffer.
        position: Of the table in it; by default that of the root.
    """

    def __init__(self, data: bytes, position: int | None = None) -> None:
        self._data = data
        self._position = self._read("<I", 0) if position is None else position

    def number(self, field: int, code: str, default: int = 0) -> int:
        """A number whose type is one of ``struct``'s codes."""
        place = self._place(field)
        return self._read(f"<{code}", place) if place else default

    def table(self, field: int) -> "Table | None":
        """A table in this one."""
        place = self._place(field)
        return Table(self._data, place + self._read("<I", place)) if place else None

    def tables(self, field: int) -> list["Table"]:
        """A vector of tables."""
        start, count = self._vector(field)
        places = range(start, start + 4 * count, 4)
        return [Table(self._data, place + self._read("<I", place)) for place in places]

    def array(self, field: int, dtype: Any) -> NDArray[Any]:
        """A vector of numbers."""
        start, count = self._vector(field)
        return np.frombuffer(self._data, dtype, count, start)

    def text(self, field: int) -> str:
        """A string; empty where there is none."""
        return self.array(field, np.uint8).tobytes().decode("utf-8")

    def _vector(self, field: int) -> tuple[int, int]:
        place = self._place(field)
        if not place:
            return 0, 0
        start = place + self._read("<I", place)
        return start + 4, self._read("<I", start)

    def _place(self, field: int) -> int:
        """Where a field stands; 0 where it is left out."""
        known = self._position - self._read("<i", self._position)
        offset = 4 + 2 * field
        if offset >= self._read("<H", known):
            return 0
        moved = self._read("<H", known + offset)
        return self._position + moved if moved else 0

    def _read(self, code: str, position: int) -> int:
        if position < 0:
            raise ValueError("a position before the beginning")
        return int(struct.unpack_from(code, self._data, position)[0])


@dataclass(frozen=True, kw_only=True)
class TfliteFile:
    """What stands in a file."""

    precision: Precision
    """int8 if any of its tensors is int8 or uint8, else float16 if any is."""
    metadata: Table | None
    """The root of its TFLite Metadata."""
    files: Mapping[str, bytes]
    """Those that come with the metadata, by name."""


def read_tflite(path: Path) -> TfliteFile:
    """Read a file's own bytes.

    Raises:
        BundleError: It can't be read, is no TFLite file or is damaged.
    """
    try:
        data = read_file(path)
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror}", "give a readable file") from error
    if data[4:8] != b"TFL3":
        raise BundleError(f"{path} is not a TFLite file", "copy or export it again")
    try:
        model = Table(data)
        graphs = model.tables(2)
        elements = {one.number(1, "b") for graph in graphs for one in graph.tables(0)}
        return TfliteFile(
            precision=_precision(elements),
            metadata=_metadata(model, data),
            files=_files(data),
        )
    except UNREADABLE as error:
        raise damaged(path) from error


def damaged(path: Path) -> BundleError:
    """What to say where reading a ``Table`` fails with one of ``UNREADABLE``."""
    return BundleError(f"{path} is damaged", "copy or export it again")


def _precision(elements: set[int]) -> Precision:
    if elements & _INTEGERS:
        return "int8"
    return "float16" if _HALF in elements else "float32"


def _metadata(model: Table, data: bytes) -> Table | None:
    for entry in model.tables(6):
        if entry.text(0) == _METADATA:
            buffer = model.tables(4)[entry.number(1, "I")]
            content = buffer.array(0, np.uint8).tobytes()
            if not content:  # it stands behind the model
                start, size = buffer.number(1, "Q"), buffer.number(2, "Q")
                content = data[start : start + size]
            return Table(content)
    return None


def _files(data: bytes) -> Mapping[str, bytes]:
    """What the archive behind the model holds, if there is one.

    Raises:
        ValueError: It is damaged or cut short.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if one.file_size <= _LARGEST]
            return {one.filename: archive.read(one) for one in entries}
    except Exception:  # zipfile lets through whatever its decoders raise
        if _ENTRY.search(data):
            raise ValueError("the archive can't be read") from None
        return {}
