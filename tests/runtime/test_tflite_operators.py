from pathlib import Path

import pytest

from armlet.bundle import open_bundle
from armlet.runtime.attribution import find_owner
from armlet.runtime.backends.tflite_operators import (
    TfliteOperator,
    TfliteTensor,
    read_operators,
)
from armlet.runtime.profiled import Work


def tensor(*shape: int) -> TfliteTensor:
    return TfliteTensor(index=0, name="", shape=shape, bytes=10)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_operators_of_a_bundle_cost_what_the_manifest_says(
    bundle: Path, precision: str
) -> None:
    path = bundle / f"model.{precision}.tflite"
    manifest = open_bundle(bundle)[0].manifest
    layers = manifest.layers_int8 if precision == "int8" else manifest.layers
    names = [layer.name for layer in layers]
    works = {
        find_owner(one.name, names): one.work()
        for one in read_operators("ai_edge_litert.interpreter", "litert", path, (1, 32, 32, 3))
        if one.work().macs
    }
    heavy = {layer.name: layer for layer in layers if layer.macs}
    assert works.keys() == heavy.keys()
    for name, layer in heavy.items():
        assert works[name] == Work(
            depthwise=layer.kind == "depthwise",
            macs=layer.macs,
            parameters=layer.parameters,
            bytes=works[name].bytes,
        )


@pytest.mark.parametrize(
    ("kind", "inputs", "output", "work"),
    [
        (
            "CONV_2D",  # 8 groups of one channel
            [tensor(1, 6, 6, 8), tensor(8, 3, 3, 1), tensor(8)],
            tensor(1, 6, 6, 8),
            Work(depthwise=True, macs=72 * 36, parameters=80, bytes=40),
        ),
        (
            "CONV_2D",  # a grey picture
            [tensor(1, 6, 6, 1), tensor(8, 3, 3, 1)],
            tensor(1, 6, 6, 8),
            Work(macs=72 * 36, parameters=72, bytes=30),
        ),
        (
            "FULLY_CONNECTED",
            [tensor(1, 8), tensor(5, 8), tensor(5)],
            tensor(1, 5),
            Work(macs=40, parameters=45, bytes=40),
        ),
        ("ADD", [tensor(1, 8), tensor(1, 8)], tensor(1, 8), Work(bytes=30)),
    ],
)
def test_work(kind: str, inputs: list[TfliteTensor], output: TfliteTensor, work: Work) -> None:
    assert TfliteOperator(kind=kind, inputs=inputs, outputs=[output]).work() == work
