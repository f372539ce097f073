"""ShuffleNet V2 (Ma et al., ECCV 2018, arXiv 1807.11164), with torchvision's state_dict keys.

The four widths are those of the paper's Table 5. Keys and shapes equal torchvision's, so that
its published weights load unchanged.
"""

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn

from armlet.export.stem import Stem

CLASSIFIER = "fc.weight"
# Output channels of conv1, stage2, stage3, stage4 and conv5 (paper, Table 5).
CHANNELS: Mapping[str, tuple[int, int, int, int, int]] = MappingProxyType(
    {
        "shufflenet_v2_x0_5": (24, 48, 96, 192, 1024),
        "shufflenet_v2_x1_0": (24, 116, 232, 464, 1024),
        "shufflenet_v2_x1_5": (24, 176, 352, 704, 1024),
        "shufflenet_v2_x2_0": (24, 244, 488, 976, 2048),
    }
)


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """Interleave the channels of ``groups`` equal blocks (paper, Figure 3).

    Args:
        x: NCHW tensor; C is divisible by ``groups``.
        groups: Number of blocks.

    Returns:
        A tensor of the same shape, channel ``g * C/groups + i`` moved to ``i * groups + g``.
    """
    n, c, h, w = x.shape
    if not x.is_contiguous():  # channels last, the faster layout for training: keep it
        pairs = x.permute(0, 2, 3, 1).view(n, h, w, groups, c // groups).transpose(3, 4)
        return pairs.reshape(n, h, w, c).permute(0, 3, 1, 2)
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


def _pointwise(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]


def _depthwise(channels: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
    ]


class Unit(nn.Module):
    """One building block: the paper's Figure 3 (c) at stride 1, (d) at stride 2."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        half = outputs // 2
        self.stride = stride
        self.branch1 = (
            nn.Sequential(*_depthwise(inputs, stride), *_pointwise(inputs, half))
            if stride == 2
            else nn.Sequential()
        )
        self.branch2 = nn.Sequential(
            *_pointwise(inputs if stride == 2 else half, half),
            *_depthwise(half, stride),
            *_pointwise(half, half),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map NCHW to NCHW; stride 2 halves H and W, rounding up."""
        if self.stride == 1:
            kept, worked = x.chunk(2, dim=1)
            halves = (kept, self.branch2(worked))
        else:
            halves = (self.branch1(x), self.branch2(x))
        return channel_shuffle(torch.cat(halves, dim=1), 2)


def _stage(inputs: int, outputs: int, units: int) -> nn.Sequential:
    rest = [Unit(outputs, outputs, 1) for _ in range(units - 1)]
    return nn.Sequential(Unit(inputs, outputs, 2), *rest)


class ShuffleNetV2(nn.Module):
    """The classifier: NCHW float32 in, logits ``(N, classes)`` out, no softmax.

    Args:
        channels: Output channels of conv1, the three stages and conv5.
        classes: Number of logits.
        stem: ``imagenet`` (conv1 stride 2, then max pool) or ``cifar`` for images of about
            32 pixels (conv1 stride 1, no max pool). Keys and shapes are the same in both.
    """

    def __init__(
        self, channels: tuple[int, int, int, int, int], classes: int, stem: Stem
    ) -> None:
        super().__init__()
        first, second, third, fourth, last = channels
        small = stem == "cifar"
        self.conv1 = nn.Sequential(
            nn.Conv2d(3, first, 3, 1 if small else 2, 1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(inplace=True),
        )
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        self.stage2 = _stage(first, second, 4)
        self.stage3 = _stage(second, third, 8)
        self.stage4 = _stage(third, fourth, 4)
        self.conv5 = nn.Sequential(*_pointwise(fourth, last))
        self.fc = nn.Linear(last, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, 3, H, W)`` float32 to logits ``(N, classes)``."""
        x = self.maxpool(self.conv1(x))
        x = self.stage4(self.stage3(self.stage2(x)))
        logits: Tensor = self.fc(self.conv5(x).mean((2, 3)))
        return logits


def build(name: str, classes: int, stem: Stem) -> ShuffleNetV2:
    """Make the network ``name``, a key of ``CHANNELS``, with fresh random weights."""
    return ShuffleNetV2(CHANNELS[name], classes, stem)
