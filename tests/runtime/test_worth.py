import pytest

from armlet.runtime.worth import verdict, winner
from tests.runtime.benchmarks import row


def test_fastest_of_one_precision_wins() -> None:
    slow, fast = row("int8", 2.0, threads=1), row("int8", 1.9, threads=2)
    assert winner([slow, fast]) is fast
    assert verdict([slow, fast]) == "only int8 was measured, so there is nothing to compare"


@pytest.mark.parametrize(("ms", "wins"), [(0.5, "int8"), (0.95, "int8"), (0.96, "float32")])
def test_int8_wins_only_where_it_is_clearly_faster(ms: float, wins: str) -> None:
    rows = [row("float32", 3.0), row("float32", 1.0, threads=2), row("int8", ms)]
    assert winner(rows).precision == wins
    assert winner(rows).p50_ms == (ms if wins == "int8" else 1.0)


@pytest.mark.parametrize(
    ("half", "int8", "wins", "words"),
    [
        (0.6, 0.58, "float16", "float16 is worth it here: 1.67 times faster"),
        (0.6, 0.5, "int8", "int8 is worth it here: 2.00 times faster"),
        (0.99, 0.96, "float32", "int8 is not worth it here: less than 1.05 times faster than"),
        (1.1, 1.2, "float32", "float16 is not worth it here: float32 is 1.10 times faster"),
    ],
)
def test_each_precision_must_beat_those_more_accurate(
    half: float, int8: float, wins: str, words: str
) -> None:
    rows = [row("int8", int8), row("float16", half), row("float32", 1.0)]
    assert winner(rows).precision == wins
    assert verdict(rows).startswith(words)


@pytest.mark.parametrize(
    ("float32", "int8", "words"),
    [
        (1.34, 1.0, "int8 is worth it here: 1.34 times faster"),
        (1.04, 1.0, "int8 is not worth it here: less than 1.05 times faster than float32"),
        (1.0, 1.0, "int8 is not worth it here: less than 1.05 times faster than float32"),
        (1.0, 1.2, "int8 is not worth it here: float32 is 1.20 times faster"),
    ],
)
def test_verdict(float32: float, int8: float, words: str) -> None:
    assert verdict([row("float32", float32), row("int8", int8)]) == words


@pytest.mark.parametrize(
    ("float32", "int8", "words"),
    [
        ((86.7, 100.0), (86.5, 91.7), "for 0.2 points"),
        ((86.52, None), (86.57, None), "and 0.05 points more accurate"),
        ((86.5, None), (86.5, None), "at the same accuracy"),
        ((86.5, 100.0), (None, 91.67), "for other labels on 8.3 % of the export's pictures"),
        ((None, 100.0), (None, 100.0), "with the same labels in the export's check"),
        ((None, 100.0), (86.5, None), ""),
    ],
)
def test_price(
    float32: tuple[float | None, float | None],
    int8: tuple[float | None, float | None],
    words: str,
) -> None:
    rows = [
        row("float32", 1.34, top1=float32[0], agreement=float32[1]),
        row("int8", 1.0, top1=int8[0], agreement=int8[1]),
    ]
    assert verdict(rows) == f"int8 is worth it here: 1.34 times faster {words}".rstrip()
