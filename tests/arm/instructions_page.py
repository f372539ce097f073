"""Counted instructions as a page of Markdown."""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.arm.processors import PROCESSORS

_WIDTH = 100
_STOCK_OF = {"float16": "float32"}
"""Half precision is held against what float32 costs: there is no stock file in half."""

Row = Mapping[str, Any]


def render(record: Mapping[str, Any]) -> str:
    """The page.

    Args:
        record: As ``count_instructions.measure`` makes it.
    """
    parts = ["# Instructions of an inference on ARM", *map(_filled, _introduction(record))]
    order = {"float32": 0, "float16": 1, "int8": 2}
    rows = sorted(record["rows"], key=lambda row: (row["network"], order[row["precision"]]))
    for (network, precision), some in groupby(
        rows, lambda row: (row["network"], row["precision"])
    ):
        parts.append(f"## {network}, {precision}")
        parts.append(_table(list(some), rows))
    if record["failed"]:
        parts += ["## Not counted", "\n".join(f"- {one}" for one in record["failed"])]
    return "\n\n".join(parts) + "\n"


def _introduction(record: Mapping[str, Any]) -> Sequence[str]:
    boards = " and ".join(f"{one.title} ({one.board})" for one in PROCESSORS.values())
    packages = ", ".join(f"{name} {one}" for name, one in record["packages"].items())
    return [
        f"""Counted with `make count-arm` on {record["date"]}: QEMU {record["qemu"]} emulates a
        {boards}; Debian {record["debian"]}, {packages}; one thread, a batch of one, 224 pixels,
        1000 classes, random weights. A run is from an array in memory to an array in memory.
        Given is the median over {record["pictures"]} pictures, which differ by
        {max(_spreads(record))} instructions at most.""",
        """These are millions of instructions and not milliseconds: caches, memory and how many
        instructions a processor takes at once don't show. Nothing here was measured on a
        board.""",
        """*To stock* is to litert-torch's and ai-edge-quantizer's file of the same precision
        on LiteRT, with its channels first, as PyTorch's (float16: to that in float32); for ONNX
        Runtime also, in parentheses, to the file of `torch.onnx.export` and `quantize_static`
        on ONNX Runtime. *Kernels* are what the multiply-adds of vectors are done with: dot
        products of bytes, half or single precision, and where none of these were seen, integers
        of 16 bits. A rotated file takes its picture turned by 180 degrees. SQNR is of the
        logits against PyTorch's: with random weights int8 has some 14 dB whichever way.""",
    ]


def _spreads(record: Mapping[str, Any]) -> Sequence[int]:
    return [one["spread"] for row in record["rows"] for one in row["processors"].values()]


def _table(some: Sequence[Row], rows: Sequence[Row]) -> str:
    titles = [
        f"{one.title}{more}" for one in PROCESSORS.values() for more in (", M", " to stock")
    ]
    head = ["engine", "file", *titles]
    head += [f"kernels, {' / '.join(one.title for one in PROCESSORS.values())}", "SQNR, dB"]
    lines = [head, ["---"] * len(head)]
    first = next(iter(PROCESSORS))
    for row in sorted(some, key=lambda row: row["processors"][first]["instructions"]):
        lines.append(_cells(row, rows))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row, rows: Sequence[Row]) -> list[str]:
    counts = row["processors"]
    cells = []
    for name in PROCESSORS:
        cells += [f"{counts[name]['instructions'] / 1e6:.2f}", _ratios(row, name, rows)]
    kernels = " / ".join(_kernels(counts[name]) for name in PROCESSORS)
    sqnr = " / ".join(dict.fromkeys(f"{counts[name]['sqnr_db']:.1f}" for name in PROCESSORS))
    engine = row["runtime"] + (", half precision" if row["half"] else "")
    file = f"`{row['file']}`"
    if row["kind"] == "armlet":
        engine, file, *cells = (f"**{one}**" for one in (engine, file, *cells))
    return [engine, file, *cells, kernels, sqnr]


def _ratios(row: Row, processor: str, rows: Sequence[Row]) -> str:
    precision = _STOCK_OF.get(row["precision"], row["precision"])
    to_litert = _ratio(row, processor, rows, f"stock_litert/{precision}.tflite")
    if row["runtime"] != "ONNX Runtime":
        return to_litert
    return f"{to_litert} ({_ratio(row, processor, rows, f'stock_onnx/{precision}.onnx')})"


def _ratio(row: Row, processor: str, rows: Sequence[Row], stock: str) -> str:
    for one in rows:
        if (one["network"], one["file"]) == (row["network"], stock):
            ours, theirs = (
                each["processors"][processor]["instructions"] for each in (row, one)
            )
            return f"{ours / theirs:.3f}"
    return "–"


def _kernels(counts: Mapping[str, int]) -> str:
    kinds = {"dot": "dot", "half": "half", "single": "single"}
    most = max(kinds, key=lambda kind: counts[kind])
    # A few single-precision ones rescale integers.
    return kinds[most] if counts[most] > counts["instructions"] / 50 else "int16"


def _filled(paragraph: str) -> str:
    return textwrap.fill(" ".join(paragraph.split()), _WIDTH)
