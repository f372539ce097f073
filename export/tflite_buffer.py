"""Constants of a .tflite file, aligned as its schema asks."""

from typing import Any

from ai_edge_litert import schema_py_generated as schema

ALIGNMENT = 16
"""Bytes: ``force_align`` of Buffer.data in schema.fbs."""


class AlignedBuffer(schema.BufferT):  # type: ignore[misc]  # the package has no types
    """A buffer whose data can be mapped and read as vectors.

    The generated Python code doesn't know ``force_align``, and packs bytes anywhere.
    """

    def Pack(self, builder: Any) -> int:
        """Write the buffer; returns its offset."""
        if self.data is not None:
            builder.Prep(ALIGNMENT, len(self.data))
        return int(super().Pack(builder))
