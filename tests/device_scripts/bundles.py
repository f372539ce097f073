"""Bundles that differ from another in one way."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from armlet.bundle import MANIFEST, VECTORS, sha256

CHANGED = "model.int8.onnx"


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / MANIFEST
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def change_one_model(folder: Path, remark: str) -> None:
    """Another file that answers the same: a remark (doc_string) is added to it."""
    data = (folder / CHANGED).read_bytes() + bytes([0x32, len(remark)]) + remark.encode()
    (folder / CHANGED).write_bytes(data)

    def change(record: dict[str, Any]) -> None:
        (file,) = [one for one in record["files"] if one["path"] == CHANGED]
        file |= {"sha256": sha256(data), "bytes": len(data)}

    edit_manifest(folder, change)


def expect_other_answers(folder: Path) -> None:
    """Every checksum is right, and one model doesn't answer what is expected of it."""
    with np.load(folder / VECTORS) as arrays:
        vectors = dict(arrays)
    vectors[CHANGED] = vectors[CHANGED] + np.float32(5)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **vectors)
    (folder / VECTORS).write_bytes(buffer.getvalue())


def damage(folder: Path) -> None:
    """A bit of one model flips."""
    data = bytearray((folder / CHANGED).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / CHANGED).write_bytes(data)
