"""The network that is measured, the same for every engine: random weights, always the same.

They take as long as trained ones, and anyone can make them.
"""

from pathlib import Path

import torch
from torch import nn

from armlet.export import networks

CLASSES = 1000


def build(name: str) -> nn.Module:
    """An untrained network of ``networks.NETWORKS``, in eval mode."""
    torch.manual_seed(1)
    return networks.build(name, CLASSES, "imagenet").eval()


def settle_weights(module: nn.Module, inputs: torch.Tensor) -> None:
    """Give a network weights whose activations are like a trained one's.

    Args:
        module: Is left in eval mode.
        inputs: (N, 3, size, size), from which batch norm takes its statistics.
    """
    for one in module.modules():
        if isinstance(one, nn.Conv2d):
            nn.init.kaiming_normal_(one.weight, mode="fan_out")
        elif isinstance(one, nn.BatchNorm2d):
            # Scales and shifts that differ by channel, as training leaves them.
            nn.init.uniform_(one.weight, 0.6, 1.4)
            nn.init.normal_(one.bias, 0, 0.2)
            one.momentum = None  # the plain mean of what it sees
    with torch.no_grad():
        module.train()(inputs)
    module.eval()


def load(folder: Path) -> nn.Module:
    """The network that a folder is named after, with the weights in it."""
    module = build(folder.name)
    module.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    return module
