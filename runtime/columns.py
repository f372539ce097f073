"""Rows of cells as lines of aligned columns."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], words: int) -> Sequence[str]:
    """Pad every cell to the width of its column.

    Args:
        rows: A shorter one has empty cells at its end.
        words: So many columns, from the left, hold words and are aligned to the left; those of
            numbers, behind, to the right.

    Returns:
        Lines of equal length.
    """
    count = max(map(len, rows))
    full = [(*row, *[""] * (count - len(row))) for row in rows]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if place < words else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in full
    ]
