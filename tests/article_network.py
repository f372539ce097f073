"""The article's own form of ShuffleNet V2, a network that armlet has not written.

Its stride-1 unit slices the halves, convolves the first and passes the second through
``nn.Identity``; its stride-2 unit has the longer branch first; everything sits in one
``Sequential`` of named parts. Export it with ``article_network:shufflenet_v2``.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


def long_branch(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        conv(inputs, outputs, 1),
        nn.ReLU(),
        conv(outputs, outputs, 3, stride, groups=outputs),
        conv(outputs, outputs, 1),
        nn.ReLU(),
    )


def shuffle(x: Tensor) -> Tensor:
    b, c, h, w = x.shape
    return x.view(b, 2, c // 2, h, w).transpose(1, 2).contiguous().view(b, -1, h, w)


class BasicUnit(nn.Module):
    """Stride 1: the first half is convolved, the second passes through."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.worked = channels // 2
        self.conv = long_branch(self.worked, self.worked, 1)
        self.identity = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        first, second = x[:, : self.worked], x[:, self.worked :]
        return shuffle(torch.cat((self.conv(first), self.identity(second)), dim=1))


class DownsampleUnit(nn.Module):
    """Stride 2: both branches see all channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        half = outputs // 2
        self.long = long_branch(inputs, half, 2)
        self.short = nn.Sequential(
            conv(inputs, inputs, 3, 2, groups=inputs), conv(inputs, half, 1), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        return shuffle(torch.cat((self.long(x), self.short(x)), dim=1))


class ArticleNetwork(nn.Module):
    """``(N, 3, H, W)`` to logits ``(N, classes)``, at 1.0x."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        stem = nn.Sequential(conv(3, 24, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        parts: OrderedDict[str, nn.Module] = OrderedDict(conv1_pool=stem)
        inputs = 24
        for number, (outputs, units) in enumerate(((116, 4), (232, 8), (464, 4)), 2):
            basic = [BasicUnit(outputs) for _ in range(units - 1)]
            parts[f"stage{number}"] = nn.Sequential(DownsampleUnit(inputs, outputs), *basic)
            inputs = outputs
        parts["conv5"] = nn.Sequential(conv(inputs, 1024, 1), nn.ReLU())
        self.module_list = nn.Sequential(parts)
        self.classifier = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.adaptive_avg_pool2d(self.module_list(x), 1)
        logits: Tensor = self.classifier(x.view(x.shape[0], -1))
        return logits


def shufflenet_v2() -> ArticleNetwork:
    """Ten classes; random weights from a fixed seed.

    The batch norm statistics are those of seeded random pictures, so that activations have the
    size that they have in a trained network.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = ArticleNetwork(10)
        norms = [one for one in network.modules() if isinstance(one, nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = None  # a plain mean over what it sees
        blotches = torch.randn(8, 3, 16, 16)
        network.train()(functional.interpolate(blotches, scale_factor=4.0, mode="bilinear"))
        for norm in norms:
            norm.momentum = 0.1
    return network
