from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from armlet.errors import NetworkError, UnsupportedOperator
from armlet.export.passes import simplify
from armlet.export.read import read
from armlet.export.trace import trace
from armlet.export.write import check_writable
from armlet.graph import Conv, Graph, Split
from tests.export.evaluate import evaluate

pytestmark = pytest.mark.torch


class Net(nn.Module):
    """Two convolutions around whatever the test puts in between."""

    def __init__(
        self, middle: nn.Module | Callable[[Tensor], Tensor], channels: int = 8
    ) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.middle = middle
        self.last = nn.Conv2d(channels, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.last(self.middle(self.first(x)))
        return y.mean((2, 3))


def graph_of(middle: nn.Module | Callable[[Tensor], Tensor], channels: int = 8) -> Graph:
    torch.manual_seed(0)
    net = Net(middle, channels).eval()
    graph = simplify(read(trace(net, 16)))
    x = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(evaluate(graph, x).float(), net(x), rtol=1e-4, atol=1e-5)
    return graph


def test_layers_are_named_by_module_path_and_batch_norm_is_folded() -> None:
    middle = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.MaxPool2d(2))
    graph = graph_of(middle)
    assert [node.name for node in graph.nodes][:4] == [
        "first.0",
        "middle.0",
        "middle.1",
        "last",
    ]
    first, depthwise = graph.nodes[:2]
    assert isinstance(first, Conv) and first.activation == "relu"
    assert depthwise.layer_kind == "depthwise"


def test_slices_become_a_split_and_relu6_is_fused() -> None:
    def swap(x: Tensor) -> Tensor:
        return torch.cat((x[:, 3:], x[:, :3]), 1)

    graph = graph_of(swap)
    assert any(isinstance(node, Split) and node.sizes == (3, 5) for node in graph.nodes)
    graph = graph_of(nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU6()))
    assert any(isinstance(node, Conv) and node.activation == "relu6" for node in graph.nodes)


@pytest.mark.parametrize(
    ("middle", "operator"),
    [
        (nn.Sequential(nn.Conv2d(8, 8, 1), nn.Hardswish()), "HardSwish in module middle.1"),
        (nn.Sequential(nn.Sigmoid()), "Sigmoid in module middle.0"),
        (nn.Sequential(nn.Conv2d(8, 8, 3, dilation=2)), "Conv with dilation in module middle"),
        (nn.Sequential(nn.AvgPool2d(2)), "AveragePool over less than the whole map"),
    ],
)
def test_an_unknown_operator_is_refused_by_name_and_module(
    middle: nn.Module, operator: str
) -> None:
    with pytest.raises(UnsupportedOperator) as caught:
        read(trace(Net(middle).eval(), 16))
    assert operator in caught.value.problem
    assert "litert-torch" in caught.value.next_step
    assert "\n" not in str(caught.value)


def test_an_operator_without_a_writer_is_refused_before_any_work() -> None:
    graph = simplify(read(trace(Net(lambda x: x.transpose(2, 3)).eval(), 16)))
    with pytest.raises(UnsupportedOperator, match="Transpose in module"):
        check_writable(graph)


def test_a_network_that_torch_cannot_trace_is_one_line() -> None:
    class Choosy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mean((2, 3)) if x.sum() > 0 else x.amax((2, 3))

    with pytest.raises(
        NetworkError, match="torch can't trace the network at 16 pixels"
    ) as caught:
        trace(Choosy().eval(), 16)
    assert "\n" not in str(caught.value)
