"""Latencies as tables: for people, and as CSV."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from armlet.records import Layer
from armlet.runtime.columns import aligned
from armlet.runtime.conditions import describe
from armlet.runtime.latency import Latency, sum_known, totals_by_kind

Lines = Sequence[str]
Row = Sequence[str]

_TITLES = ("us", "share", "mult-adds", "bytes", "GMAC/s", "GB/s")
_LONGEST = 40
_COLUMNS = (
    *("name", "operator", "kind", "median_us", "share", "macs", "parameters", "bytes"),
    *("gmacs_per_s", "gbytes_per_s"),
)


def as_text(latencies: Sequence[Latency]) -> Lines:
    """One profile, or two beside each other."""
    if len(latencies) == 1:
        return layer_table(latencies[0])
    one, other = latencies
    return compare_table(one, other)


def as_json(latencies: Sequence[Latency]) -> Mapping[str, Any]:
    """One profile's object, or one that holds both and how they compare."""
    if len(latencies) == 1:
        return latencies[0].to_json()
    one, other = latencies
    return {
        "profiles": [one.to_json(), other.to_json()],
        "ratio": _ratio(one.total_us, other.total_us),
    }


def as_csv(latencies: Sequence[Latency]) -> Lines:
    """A line for each layer of each profile, columns named as in the JSON."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["backend", "precision", "threads", "total_us", *_COLUMNS])
    for latency in latencies:
        setting = (latency.backend, latency.precision, latency.threads)
        for layer in latency.layers:
            record = layer.to_json()
            values = [record[column] for column in _COLUMNS]
            writer.writerow([*setting, round(latency.total_us, 3), *values])
    return text.getvalue().removesuffix("\n").split("\n")


def layer_table(latency: Latency) -> Lines:
    """The layers, the sums of each kind, and how all of it was measured."""
    titles = ("layer", "operator", "kind", *_TITLES)
    layers = [
        (_short(one.name), _short(one.operator), one.kind, *_costs(one))
        for one in latency.layers
    ]
    sums = [
        (
            *(f"all {one.kind}", "", ""),
            *_measured(one.us, one.share),
            *(_count(one.macs), _count(one.bytes)),
        )
        for one in totals_by_kind(latency.layers)
    ]
    blank = ("",) * len(titles)
    macs = sum_known(one.macs for one in latency.layers)
    size = sum_known(one.bytes for one in latency.layers)
    profiled = sum(layer.median_us or 0.0 for layer in latency.layers)
    whole = [
        ("all of it, profiled", "", "", *_measured(profiled, 1.0), _count(macs), _count(size)),
        ("without profiler", "", "", f"{latency.total_us:.1f}"),
    ]
    return [
        *_lines([titles, *layers, blank, *sums, blank, *whole], words=3),
        "",
        *_how([latency]),
    ]


def compare_table(one: Latency, other: Latency) -> Lines:
    """Two profiles beside each other, layer by layer."""
    names = dict.fromkeys(layer.name for layer in (*one.layers, *other.layers))
    rows = [_by_name(latency) for latency in (one, other)]
    left, right = _titles(one, other)
    titles = ("layer", "kind", f"{left} us", f"{right} us", "ratio", left, right)
    layers = []
    for name in names:
        first, second = (found.get(name) for found in rows)
        kind = next(row.kind for row in (first, second) if row)
        times = [row.median_us if row else None for row in (first, second)]
        shares = [f"{(row.share or 0) * 100:.1f} %" if row else "" for row in (first, second)]
        layers.append((_short(name), kind, *map(_time, times), _rate(_ratio(*times)), *shares))
    blank = ("",) * len(titles)
    totals = (one.total_us, other.total_us)
    whole = ("without profiler", "", *map(_time, totals), _rate(_ratio(*totals)), "", "")
    return [
        *_lines([titles, *layers, blank, whole], words=2),
        "",
        *_how([one, other]),
    ]


def _how(latencies: Sequence[Latency]) -> Lines:
    """How all of it was measured."""
    first, runs = latencies[0], latencies[0].runs
    turns = ", taking turns" if len(latencies) > 1 else ""
    settings = " and ".join(f"{one.backend} {one.precision}" for one in latencies)
    return [
        f"Without profiler: the whole model, median of {runs} runs{turns}. Layers: medians and",
        f"shares of {runs} more with the runtime's profiler on, which disturbs.",
        "Other: what no layer accounts for: work of the runtime's own, time between operators.",
        f"{settings}, threads: {first.threads}, {describe(first.conditions)}",
    ]


def _titles(one: Latency, other: Latency) -> tuple[str, str]:
    """What sets the two apart."""
    if one.backend == other.backend:
        return one.precision, other.precision
    return one.backend, other.backend


def _by_name(latency: Latency) -> Mapping[str, Layer]:
    return {layer.name: layer for layer in latency.layers}


def _short(name: str) -> str:
    """What fits a column; tensors of others may be named after all that was fused in them."""
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"


def _costs(layer: Layer) -> Row:
    record = layer.to_json()
    return (
        *_measured(layer.median_us or 0.0, layer.share or 0.0),
        *(_count(layer.macs), _count(layer.bytes)),
        *(_rate(record.get(name)) for name in ("gmacs_per_s", "gbytes_per_s")),
    )


def _measured(us: float, share: float) -> Row:
    return f"{us:.1f}", f"{share * 100:.1f} %"


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _rate(value: float | None) -> str:
    return f"{value:.2f}" if value else ""


def _time(us: float | None) -> str:
    return "" if us is None else f"{us:.1f}"


def _ratio(one: float | None, other: float | None) -> float | None:
    return round(one / other, 3) if one and other else None


def _lines(rows: Sequence[Row], words: int) -> Lines:
    return [line.rstrip() for line in aligned(rows, words)]
