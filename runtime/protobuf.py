"""Protocol Buffers, as far as reading an ONNX file takes: a message is numbered fields."""

import struct
from collections.abc import Iterator


class Message:
    """A message, its fields by number.

    Args:
        data: All of its bytes.

    Raises:
        IndexError, ValueError: The bytes are no message (see ``UNREADABLE``).
    """

    def __init__(self, data: memoryview) -> None:
        self._fields: dict[int, list[int | memoryview]] = {}
        for number, value in _fields(data):
            self._fields.setdefault(number, []).append(value)

    def messages(self, number: int) -> Iterator["Message"]:
        """Messages in this one."""
        return (Message(value) for value in self.bytes(number))

    def bytes(self, number: int) -> list[memoryview]:
        """Texts, messages, packed numbers and all else that has a length."""
        values = self._fields.get(number, [])
        return [value for value in values if isinstance(value, memoryview)]

    def texts(self, number: int) -> list[str]:
        """Strings."""
        return [str(value, "utf-8", "replace") for value in self.bytes(number)]

    def text(self, number: int) -> str:
        """The first string; empty where there is none."""
        return next(iter(self.texts(number)), "")

    def numbers(self, number: int) -> list[int]:
        """Integers, whether each is a field or all are packed into one."""
        found: list[int] = []
        for value in self._fields.get(number, []):
            found += [value] if isinstance(value, int) else _varints(value)
        return found

    def number(self, number: int) -> int:
        """The first integer; 0 where there is none."""
        return next(iter(self.numbers(number)), 0)


UNREADABLE = (IndexError, ValueError, struct.error)
"""What reading a damaged message raises."""


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Numbers and values of a message: integers, and the bytes of all else."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        kind, length = key & 7, 0
        if kind == 0:
            value, position = _varint(data, position)
            yield key >> 3, value
            continue
        if kind == 2:
            length, position = _varint(data, position)
        else:
            length = {1: 8, 5: 4}.get(kind, len(data) + 1)
        if position + length > len(data):
            raise ValueError("cut short")
        yield key >> 3, data[position : position + length]
        position += length


def _varints(data: memoryview) -> Iterator[int]:
    position = 0
    while position < len(data):
        value, position = _varint(data, position)
        yield value


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """An integer in pieces of seven bits, and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
        if shift > 63:
            raise ValueError("no integer")
