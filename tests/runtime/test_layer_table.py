"""Tables of latencies, word for word."""

import csv
import json
from dataclasses import replace

from armlet.runtime import layer_table
from armlet.runtime.latency import Latency
from tests.runtime.test_run_report import LATENCY, layer

TABLE = """\
layer                operator                   kind             us    share  mult-adds   bytes  GMAC/s  GB/s
conv1.0              Conv                       convolution   800.0   50.0 %    663,552  28,392    0.83  0.04
stage2.0.branch1.0   Conv                       depthwise     400.0   25.0 %     55,296  31,032    0.14  0.08
stage2.0.shuffle     ChannelShuffle             shuffle       200.0   12.5 %          0  24,576          0.12
other                QuantizeLinear, Transpose  other         200.0   12.5 %          0       0

all convolution                                               800.0   50.0 %    663,552  28,392
all depthwise                                                 400.0   25.0 %     55,296  31,032
all shuffle                                                   200.0   12.5 %          0  24,576
all other                                                     200.0   12.5 %          0       0

all of it, profiled                                          1600.0  100.0 %    718,848  84,000
without profiler                                             1234.5

Without profiler: the whole model, median of 50 runs. Layers: medians and
shares of 50 more with the runtime's profiler on, which disturbs.
Other: what no layer accounts for: work of the runtime's own, time between operators.
onnx int8, threads: 2, governor ondemand, 600 -> 1800 MHz, 45.0 -> 51.5 °C, load 0.2
"""

BESIDE = """\
layer               kind         int8 us  float32 us  ratio    int8  float32
conv1.0             convolution    800.0      1200.0   0.67  50.0 %   75.0 %
stage2.0.branch1.0  depthwise      400.0                     25.0 %
stage2.0.shuffle    shuffle        200.0       200.0   1.00  12.5 %   12.5 %
other               other          200.0       200.0   1.00  12.5 %   12.5 %

without profiler                  1234.5      2469.0   0.50

Without profiler: the whole model, median of 50 runs, taking turns. Layers: medians and
shares of 50 more with the runtime's profiler on, which disturbs.
Other: what no layer accounts for: work of the runtime's own, time between operators.
onnx int8 and onnx float32, threads: 2, governor ondemand, 600 -> 1800 MHz, 45.0 -> 51.5 °C, load 0.2
"""

FLOAT: Latency = replace(
    LATENCY,
    precision="float32",
    file="model.float32.onnx",
    total_us=2469.0,
    layers=[
        layer("conv1.0", "Conv", "convolution", 663_552, 113_568, 0.75),
        layer("stage2.0.shuffle", "ChannelShuffle", "shuffle", 0, 98_304, 0.125),
        layer("other", "ReorderInput", "other", 0, 0, 0.125),
    ],
)


def text(*latencies: Latency) -> str:
    return "\n".join([*layer_table.as_text(latencies), ""])


def test_layers_for_people() -> None:
    assert text(LATENCY) == TABLE


def test_two_precisions_beside_each_other() -> None:
    assert text(LATENCY, FLOAT) == BESIDE


def test_two_runtimes_are_told_apart_by_name() -> None:
    titles = text(LATENCY, replace(LATENCY, backend="litert")).splitlines()[0]
    assert titles.split() == [
        "layer",
        "kind",
        "onnx",
        "us",
        "litert",
        "us",
        "ratio",
        "onnx",
        "litert",
    ]


def test_unknown_costs_are_no_numbers() -> None:
    unknown = replace(LATENCY.layers[0], macs=None)
    lines = text(replace(LATENCY, layers=[unknown, LATENCY.layers[1]])).splitlines()
    assert lines[1].split()[-3:] == ["?", "28,392", "0.04"]
    assert next(one for one in lines if one.startswith("all of it")).split()[-2:] == [
        "?",
        "59,424",
    ]


def test_long_names_are_cut_at_the_front() -> None:
    name = "model/" * 20 + "stage2.branch1.0/BiasAdd"
    lines = text(replace(LATENCY, layers=[replace(LATENCY.layers[0], name=name)])).splitlines()
    first = lines[1].split()[0]
    assert (len(first), first[0]) == (40, "…")
    assert name.endswith(first[1:])


def test_json_of_one_is_its_object_and_of_two_holds_both() -> None:
    assert layer_table.as_json([LATENCY]) == LATENCY.to_json()
    both = json.loads(json.dumps(layer_table.as_json([LATENCY, FLOAT])))
    assert both == {"profiles": [LATENCY.to_json(), FLOAT.to_json()], "ratio": 0.5}


def test_csv_has_a_line_for_each_layer_of_each_profile() -> None:
    rows = list(csv.DictReader(layer_table.as_csv([LATENCY, FLOAT])))
    assert [row["name"] for row in rows] == [
        one.name for one in (*LATENCY.layers, *FLOAT.layers)
    ]
    assert [row["precision"] for row in rows] == ["int8"] * 4 + ["float32"] * 3
    assert rows[0] == {
        "backend": "onnx",
        "precision": "int8",
        "threads": "2",
        "total_us": "1234.5",
        "name": "conv1.0",
        "operator": "Conv",
        "kind": "convolution",
        "median_us": "800.0",
        "share": "0.5",
        "macs": "663552",
        "parameters": "0",
        "bytes": "28392",
        "gmacs_per_s": "0.829",
        "gbytes_per_s": "0.035",
    }
