import numpy as np
import pytest

from armlet.export.layers import layers
from armlet.graph import ChannelShuffle, Conv, GlobalAveragePool, Linear
from tests.export import toy

pytestmark = pytest.mark.torch


def test_costs_worked_out_by_hand() -> None:
    depthwise = Conv(
        name="depthwise",
        inputs=("shuffled",),
        outputs=("depthwise",),
        weight=np.zeros((8, 1, 3, 3), np.float32),
        bias=np.zeros(8, np.float32),
        strides=(2, 2),
        pads=(1, 1, 1, 1),
        groups=8,
    )
    linear = Linear(
        name="fc",
        inputs=("pooled",),
        outputs=("fc",),
        weight=np.zeros((5, 8), np.float32),
        bias=np.zeros(5, np.float32),
    )
    nodes = (
        toy.conv("pointwise", "x", 3, 8),
        ChannelShuffle(name="shuffle", inputs=("pointwise",), outputs=("shuffled",), groups=2),
        depthwise,
        GlobalAveragePool(name="pool", inputs=("depthwise",), outputs=("pooled",)),
        linear,
    )
    shapes = {
        "x": (1, 3, 6, 6),
        "pointwise": (1, 8, 6, 6),
        "shuffled": (1, 8, 6, 6),
        "depthwise": (1, 8, 3, 3),
        "pooled": (1, 8, 1, 1),
        "fc": (1, 5),
    }
    graph = toy.graph(nodes, shapes, "fc")
    found = layers(graph, "float32")
    assert [(one.name, one.kind) for one in found] == [
        ("pointwise", "convolution"),
        ("shuffle", "shuffle"),
        ("depthwise", "depthwise"),
        ("pool", "other"),
        ("fc", "convolution"),
    ]
    assert [one.macs for one in found] == [3 * 8 * 36, 0, 8 * 9 * 9, 0, 40]
    assert [one.parameters for one in found] == [24 + 8, 0, 72 + 8, 0, 40 + 5]
    moved = [3 * 36 + 8 * 36, 16 * 36, 8 * 36 + 8 * 9, 8 * 9 + 8, 8 + 5]
    assert [one.bytes for one in found] == [
        4 * (values + (one.parameters or 0)) for values, one in zip(moved, found, strict=True)
    ]
    int8 = layers(graph, "int8")
    biases = (8, 0, 8, 0, 5)  # the only ones that stay four bytes wide
    assert [one.bytes for one in int8] == [
        values + (one.parameters or 0) + 3 * bias
        for values, one, bias in zip(moved, int8, biases, strict=True)
    ]
