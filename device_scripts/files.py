"""Files that travel to a device."""

from dataclasses import dataclass
from pathlib import Path

DIGITS = 12
"""Of a digest in the name of a folder."""


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """One file to be on a device."""

    name: str
    """Of a bundle's file, relative to the bundle; of a wheel, its own."""
    path: Path
    """Here."""
    sha256: str
    """Hexadecimal."""
    bytes: int
