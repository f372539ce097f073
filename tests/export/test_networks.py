"""ShuffleNet V2 against torchvision's keys, and the published counts."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from armlet.errors import NetworkError
from armlet.export import networks
from armlet.export.networks.shufflenet_v2 import channel_shuffle
from armlet.export.stem import Stem

pytestmark = pytest.mark.torch

KEYS = Path(__file__).with_name("shufflenet_v2_x1_0_keys.txt")
BATCH_NORM = ("weight", "bias", "running_mean", "running_var")


def torchvisions_keys() -> dict[str, tuple[int, ...]]:
    """Keys and shapes of torchvision's shufflenet_v2_x1_0, in its order."""
    keys: dict[str, tuple[int, ...]] = {}
    for line in KEYS.read_text().splitlines():
        name, kind, *_ = line.split(" ", 2)
        shape = tuple(int(size) for size in line[line.index("(") + 1 : -1].split(",") if size)
        if kind == "BatchNorm":
            keys |= {f"{name}.{key}": shape for key in BATCH_NORM}
            keys[f"{name}.num_batches_tracked"] = ()
        else:
            keys[name] = shape
    return keys


def shapes(module: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    return [(key, tuple(tensor.shape)) for key, tensor in module.state_dict().items()]


def multiply_adds(module: nn.Module, size: int) -> int:
    total = 0

    def count(layer: nn.Module, _: tuple[Tensor], output: Tensor) -> None:
        nonlocal total
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            total += output.numel() * layer.weight[0].numel()

    for layer in module.modules():
        layer.register_forward_hook(count)
    module.eval()(torch.zeros(1, 3, size, size))
    return total


@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
def test_keys_and_shapes_are_torchvisions(stem: Stem) -> None:
    expected = torchvisions_keys()
    assert len(expected) == 338
    network = networks.build("shufflenet_v2_x1_0", 1000, stem)
    assert shapes(network) == list(expected.items())


@pytest.mark.parametrize(
    ("name", "parameters", "millions"),
    [
        ("shufflenet_v2_x0_5", 1_366_792, 40.48),
        ("shufflenet_v2_x1_0", 2_278_604, 144.91),
        ("shufflenet_v2_x1_5", 3_503_624, 295.76),
        ("shufflenet_v2_x2_0", 7_393_996, 583.25),
    ],
)
def test_parameters_and_multiply_adds_are_the_published(
    name: str, parameters: int, millions: float
) -> None:
    with torch.device("meta"):  # shapes only: nothing is computed
        network = networks.build(name, 1000, "imagenet")
        assert sum(one.numel() for one in network.parameters()) == parameters
        assert round(multiply_adds(network, 224) / 1e6, 2) == millions


@pytest.mark.parametrize("classes", [1, 7, 1000])
def test_any_number_of_classes(classes: int) -> None:
    network = networks.build("shufflenet_v2_x0_5", classes, "imagenet").eval()
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, classes)


def test_cifar_stem_keeps_every_pixel() -> None:
    network = networks.build("shufflenet_v2_x0_5", 10, "cifar").eval()
    stages: dict[str, tuple[int, ...]] = {}
    for name in ("conv1", "maxpool", "stage2", "stage4"):
        network.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: stages.update({name: tuple(output.shape[2:])})
        )
    network(torch.zeros(1, 3, 32, 32))
    assert stages == {
        "conv1": (32, 32),
        "maxpool": (32, 32),
        "stage2": (16, 16),
        "stage4": (4, 4),
    }


def test_shuffle_interleaves_and_keeps_the_memory_layout() -> None:
    x = torch.arange(6.0).view(1, 6, 1, 1).expand(2, 6, 3, 5).contiguous()
    fast = channel_shuffle(x.to(memory_format=torch.channels_last), 2)
    assert channel_shuffle(x, 2)[0, :, 0, 0].tolist() == [0, 3, 1, 4, 2, 5]
    assert torch.equal(fast, channel_shuffle(x, 2))
    assert fast.is_contiguous(memory_format=torch.channels_last)


def test_unknown_network_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NetworkError, match="'resnet18', only shufflenet_v2_x0_5, .*x2_0;"):
        networks.build("resnet18", 10, "imagenet")
