from collections.abc import Sequence
from dataclasses import replace

import pytest

from armlet.runtime.backends.litert_events import IN_DELEGATE, OPERATOR, Event
from armlet.runtime.backends.tflite_operators import TfliteOperator, TfliteTensor
from armlet.runtime.backends.xnnpack_order import find_operators

MAP = (1, 8, 8, 4)


def tensor(index: int, shape: tuple[int, ...] = MAP) -> TfliteTensor:
    return TfliteTensor(index=index, name=f"t{index}", shape=shape, bytes=4)


def chain(*kinds: str) -> Sequence[TfliteOperator]:
    """Operators each of which reads what the one before it writes."""
    return [
        TfliteOperator(kind=kind, inputs=[tensor(place)], outputs=[tensor(place + 1)])
        for place, kind in enumerate(kinds)
    ]


def averaged(*kinds: str) -> Sequence[TfliteOperator]:
    """The same, but the first one leaves no more than batch and channels."""
    first, *rest = chain(*kinds)
    flat = tensor(1, (1, 4))
    second = replace(rest[0], inputs=[flat])
    return [replace(first, outputs=[flat]), second, *rest[1:]]


def kernels(*tags: str) -> Sequence[Event]:
    """Kernels of the delegate; ``@2`` is the file's third operator, run by the interpreter."""
    return [
        Event(tag="OP", type=OPERATOR, us=1, index=int(tag[1:]))
        if tag.startswith("@")
        else Event(tag=tag, type=IN_DELEGATE, us=1, index=0)
        for tag in tags
    ]


CONV, PAD = "Convolution (NHWC, F32) IGEMM", "Constant Pad (ND, X32)"
DEPTHWISE, POOL = "Convolution (NHWC, F32) DWConv", "Max Pooling (NHWC, F32)"


@pytest.mark.parametrize(
    ("operators", "events", "order"),
    [
        (chain("CONV_2D", "DEPTHWISE_CONV_2D"), kernels(CONV, DEPTHWISE), [0, 1]),
        # One PAD was fused into its convolution; the other one's kernel stands after it.
        (
            chain("PAD", "CONV_2D", "PAD", "MAX_POOL_2D"),
            kernels(CONV, PAD, POOL),
            [1, 2, 3],
        ),
        (chain("ADD", "MUL"), kernels("Add (ND)", "Clamp (NC)", "Multiply (ND)"), [0, 0, 1]),
        (chain("CONV_2D", "CUSTOM", "CONV_2D"), kernels(CONV, "@1", CONV), [0, 1, 2]),
        (chain("RELU", "CONV_2D"), kernels(CONV), [1]),
        (
            chain("MEAN", "FULLY_CONNECTED"),
            kernels("Mean (ND)", "Static Reshape (NC)", "Fully Connected (NC, F32) GEMM"),
            [0, 1, 1],
        ),
        (
            averaged("MEAN", "FULLY_CONNECTED"),
            kernels("Mean (ND)", "Static Reshape (NC)", "Fully Connected (NC, F32) GEMM"),
            [0, 0, 1],
        ),
        (
            averaged("MEAN", "FULLY_CONNECTED"),
            kernels("Mean (ND)", "Fully Connected (NC, F32) GEMM"),
            [0, 1],
        ),
    ],
)
def test_kernels_are_read_as_operators(
    operators: Sequence[TfliteOperator], events: Sequence[Event], order: Sequence[int]
) -> None:
    assert find_operators(operators, events) == order


@pytest.mark.parametrize(
    ("operators", "events"),
    [
        (chain("CONV_2D", "CONV_2D"), kernels(CONV)),
        (chain("CONV_2D"), kernels(CONV, CONV)),
        (chain("CONV_2D"), kernels(DEPTHWISE)),
        (chain("CONV_2D"), kernels("Something New (NC)")),
        # One of two, and no telling which.
        (chain("RESHAPE", "RESHAPE"), kernels("Static Reshape (NC)")),
        (chain("CONV_2D"), kernels(CONV, "@1")),
        # The interpreter's operator makes what the first kernel would have read.
        (chain("CUSTOM", "CONV_2D"), kernels(CONV, "@0")),
    ],
)
def test_no_way_or_two_ways_to_read_them(
    operators: Sequence[TfliteOperator], events: Sequence[Event]
) -> None:
    assert find_operators(operators, events) is None
