import pytest

from armlet.records import Kind
from armlet.runtime.foreign_layers import find_kind, foreign_layers
from armlet.runtime.profiled import NodeTime, ProfiledRun, Work


@pytest.mark.parametrize(
    ("operator", "kind"),
    [
        ("CONV_2D", "convolution"),
        ("QLinearConv", "convolution"),
        ("FULLY_CONNECTED", "convolution"),
        ("Gemm", "convolution"),
        ("QLinearMatMul", "convolution"),
        ("Fully Connected (NC, F32) GEMM", "convolution"),
        ("Convert (NC, F32, QS8)", "other"),
        ("ADD", "element-wise"),
        ("QLinearAdd", "element-wise"),
        ("HARD_SWISH", "element-wise"),
        ("CONCATENATION", "data"),
        ("QLinearConcat", "data"),
        ("Static Reshape (NC)", "data"),
        ("ReorderOutput", "data"),
        ("NhwcMaxPool", "other"),
        ("AVERAGE_POOL_2D", "other"),
        ("L2_NORMALIZATION", None),
    ],
)
def test_kind_of_an_operator(operator: str, kind: Kind | None) -> None:
    assert find_kind(operator) == kind


def node(name: str, operator: str, work: Work | None) -> NodeTime:
    return NodeTime(name=name, operator=operator, us=1.0, work=work)


def test_layers_are_the_files_operators() -> None:
    weighted = Work(macs=90, parameters=10, bytes=200)
    run = ProfiledRun(
        nodes=[
            node("a", "CONV_2D", weighted),
            node("b", "CONV_2D", Work(depthwise=True, macs=9, parameters=1, bytes=20)),
            node("Reorder_1", "ReorderInput", None),
            node("c", "ADD", Work(bytes=8)),
            node("c", "Clamp (NC)", Work()),
            node("d", "RESHAPE", Work(bytes=4)),
            node("e", "LSTM", Work()),
            node("f", "TRANSPOSE_CONV", Work(bytes=6)),
        ],
        total_us=10.0,
    )
    found = [
        (one.name, one.operator, one.kind, one.macs, one.parameters, one.bytes)
        for one in foreign_layers([run, run])
    ]
    assert found == [
        ("a", "CONV_2D", "convolution", 90, 10, 200),
        ("b", "CONV_2D", "depthwise", 9, 1, 20),
        ("c", "ADD", "element-wise", 0, None, 8),
        ("d", "RESHAPE", "data", 0, 0, 4),
        ("e", "LSTM", "other", None, None, None),
        ("f", "TRANSPOSE_CONV", "convolution", None, None, 6),
    ]
