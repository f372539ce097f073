"""Single JPEGs out of a stream of them."""

import re

LARGEST = 1 << 25
"""Bytes; what claims to be longer than this isn't a picture of a camera."""
_START = b"\xff\xd8"
_RESTART = re.compile(rb"\xff\xd8\xff")
# In coded data: any marker but stuffed zeros, fill bytes and restarts.
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
_END, _SCAN = 0xD9, 0xDA
_ALONE = (0x01, *range(0xD0, 0xD8))
"""Markers without a length after them."""


class JpegSplitter:
    """Takes bytes as they come, and gives whole JPEGs.

    It goes from segment to segment by their lengths, since thumbnails and other segments may
    hold what looks like an end. What is between pictures, and a picture that is damaged, is
    passed over.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._place = 0
        """So far it is well formed."""
        self._coded = False
        """Whether that is in coded data, behind a start of scan."""
        self.damaged = 0
        """Pictures that were passed over."""

    def feed(self, data: bytes) -> None:
        """Take more of the stream; take out what is whole before more comes."""
        self._data += data

    def take(self) -> bytes | None:
        """The next whole picture; None: there is none yet."""
        while True:
            if self._place == 0 and not self._begin():
                return None
            end = self._coded_end() if self._coded else self._segment_end()
            if end is None:
                if len(self._data) <= LARGEST:
                    return None
                self._give_up(self._place)
            elif end < 0:
                self._give_up(-end)
            elif end:
                picture = bytes(self._data[:end])
                self._drop(end)
                return picture

    def _begin(self) -> bool:
        """Drop what is before the next picture."""
        start = self._data.find(_START)
        if start < 0:
            # The last byte may be half of a start.
            del self._data[: len(self._data) - self._data.endswith(b"\xff")]
            return False
        del self._data[:start]
        self._place = len(_START)
        return True

    def _segment_end(self) -> int | None:
        """Go on by a segment.

        Returns:
            0: well; more than 0: the picture's end; less: the place of damage, negated; None:
            more data is needed.
        """
        data, place = self._data, self._place
        if len(data) < place + 2:
            return None
        if data[place] != 0xFF:
            return -place
        kind = data[place + 1]
        if kind == 0xFF:  # a fill byte
            self._place += 1
        elif kind == _END:
            return place + 2
        elif kind in _ALONE:
            self._place += 2
        elif kind in (0x00, 0xD8):
            return -place
        elif len(data) < place + 4:
            return None
        else:
            length = int.from_bytes(data[place + 2 : place + 4], "big")
            if length < 2:
                return -place
            self._place += 2 + length
            self._coded = kind == _SCAN
        return 0

    def _coded_end(self) -> int | None:
        """Go on to the next marker; returns as ``_segment_end``."""
        found = _MARKER.search(self._data, self._place)
        if found is None:
            self._place = max(self._place, len(self._data) - 1)
            return None
        self._place, self._coded = found.start(), False
        return 0

    def _give_up(self, place: int) -> None:
        """Go on with the next picture, which begins at this place or later."""
        self.damaged += 1
        found = _RESTART.search(self._data, max(place, len(_START)))
        # Without one, only the very end may still be a part of it.
        self._drop(found.start() if found else max(len(self._data) - 2, len(_START)))

    def _drop(self, length: int) -> None:
        del self._data[:length]
        self._place, self._coded = 0, False
