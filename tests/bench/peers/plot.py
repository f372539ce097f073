"""The benchmark as a picture."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from tests.bench.peers.summary import Line, lines_of

_COLOURS = {"armlet": "#c0392b", "stock": "#5d7b93", "peer": "#b5bfc7"}
_NAMES = {"armlet": "armlet's files", "stock": "the usual way", "peer": "other engines"}
_ROW_INCHES, _WIDTH_INCHES = 0.21, 6.5


def draw(summary: Mapping[str, Any]) -> bytes:
    """Medians as bars, minima as ticks, ratios to the best that isn't armlet's: an SVG."""
    groups: dict[tuple[str, int], dict[str, list[Line]]] = {}
    lines = lines_of(summary)
    # A precision that is armlet's alone has nothing beside it, and stands in the tables.
    for line in [one for one in lines if one.to_best] or lines:
        kinds = groups.setdefault((line.network, line.threads), {})
        kinds.setdefault(line.precision, []).append(line)
    columns = max(len(group) for group in groups.values())
    heights = [max(map(len, group.values())) + 3 for group in groups.values()]
    figure = Figure(
        (_WIDTH_INCHES * columns, _ROW_INCHES * sum(heights) + 0.5), layout="constrained"
    )
    axes = figure.subplots(len(groups), columns, squeeze=False, height_ratios=heights)
    for row, ((network, threads), group) in zip(axes, groups.items(), strict=True):
        for one in row[len(group) :]:
            one.axis("off")
        for one, (precision, bars) in zip(row, sorted(group.items()), strict=False):
            plural = "s" if threads > 1 else ""
            one.set_title(
                f"{network}, {precision}, {threads} thread{plural}", fontsize=9, pad=8
            )
            _bars(one, bars)
    patches = [Patch(color=_COLOURS[kind], label=_NAMES[kind]) for kind in _COLOURS]
    figure.legend(handles=patches, loc="outside lower center", ncols=3, fontsize=8)
    data = BytesIO()
    # The same record gives the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "armlet"}):
        figure.savefig(data, format="svg", metadata={"Date": None})
    return data.getvalue()


def _bars(axes: Axes, lines: Sequence[Line]) -> None:
    places = range(len(lines))
    medians = [line.median_ms for line in lines]
    axes.barh(places, medians, color=[_COLOURS[line.kind] for line in lines])
    axes.plot([line.min_ms for line in lines], places, "|", color="black", markersize=7)
    for place, line in zip(places, lines, strict=True):
        ratio = f"  {line.to_best.median:.2f}" if line.to_best else ""
        axes.text(
            line.median_ms, place, f" {line.median_ms:.2f} ms{ratio}", va="center", fontsize=7
        )
    axes.set_yticks(places, [_label(line) for line in lines], fontsize=7)
    axes.set_xlim(0, 1.3 * max(medians))
    axes.invert_yaxis()
    axes.tick_params(axis="x", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _label(line: Line) -> str:
    name = line.file.rpartition("/")[2].removeprefix("model.")
    return f"{line.ran_on}: {name}"
