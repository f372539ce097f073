"""Sending files to a device: only what it lacks, and from where it stopped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from armlet.command import watch
from armlet.device_scripts.connection import CONTINUE, Connection
from armlet.device_scripts.files import SentFile
from armlet.errors import DeviceError

CHUNK = 1 << 18
"""Bytes between two steps of the progress bar."""
ALL = -1


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """What of some files must travel."""

    files: Sequence[SentFile]
    """Those that the device lacks."""
    starts: Mapping[str, int]
    """By SHA-256, how many bytes of it the device has already."""
    there: int
    """How many it has whole."""

    @property
    def bytes(self) -> int:
        """How many travel."""
        return sum(file.bytes - self.starts[file.sha256] for file in self.files)


def plan(files: Sequence[SentFile], arrived: Mapping[str, int]) -> Transfer:
    """What must travel.

    Args:
        files: What shall be there in the end.
        arrived: By SHA-256, how many bytes of it are there; ``ALL``: it is whole.
    """
    missing = {one.sha256: one for one in files if arrived[one.sha256] != ALL}
    starts = {
        digest: arrived[digest] if arrived[digest] < one.bytes else 0
        for digest, one in missing.items()
    }
    there = sum(arrived[one.sha256] == ALL for one in files)
    return Transfer(files=list(missing.values()), starts=starts, there=there)


def send(connection: Connection, transfer: Transfer, label: str) -> int:
    """Send it, with a progress bar on a terminal.

    Returns:
        How many bytes were sent.

    Raises:
        ConnectionFailed: The connection has broken; what has arrived stays there.
        DeviceError: The device can't store it, or a file isn't any more what it was.
    """
    sent = 0
    steps = sum(
        -(-(one.bytes - transfer.starts[one.sha256]) // CHUNK) for one in transfer.files
    )
    for count in watch(_pieces(connection, transfer), label, steps):
        sent += count
    return sent


def _pieces(connection: Connection, transfer: Transfer) -> Iterator[int]:
    for file in transfer.files:
        start = transfer.starts[file.sha256]
        yield from _piecewise(connection, file, start)
        whole = connection.reply()["whole"]
        if not whole and start:  # the part that was there was damaged, as by a power cut
            yield from _piecewise(connection, file, 0)
            whole = connection.reply()["whole"]
        if not whole:
            raise DeviceError(
                f"{file.path} changed while it was sent",
                "wait until it is written, and " + CONTINUE,
            )


def _piecewise(connection: Connection, file: SentFile, start: int) -> Iterator[int]:
    connection.request("put", digest=file.sha256, start=start, bytes=file.bytes - start)
    left = file.bytes - start
    with open(file.path, "rb") as opened:
        opened.seek(start)
        while left:
            # One that has become shorter must not leave the other end waiting.
            data = opened.read(min(CHUNK, left)).ljust(min(CHUNK, left), b"\0")
            connection.send(data)
            left -= len(data)
            yield len(data)
