"""The networks that armlet can build by name.

To add one: write a module like ``shufflenet_v2`` (two names, see ``NetworkModule``) and enter
its networks in ``NETWORKS``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from torch import nn

from armlet.errors import NetworkError
from armlet.export.networks import shufflenet_v2
from armlet.export.stem import Stem


class NetworkModule(Protocol):
    """What a module of this package offers."""

    CLASSIFIER: str
    """State_dict key whose first axis has one row for each class."""

    def build(self, name: str, classes: int, stem: Stem) -> nn.Module:
        """Make the network ``name`` with fresh random weights.

        It maps ``(N, 3, H, W)`` float32 to logits ``(N, classes)``.
        """


NETWORKS: Mapping[str, NetworkModule] = MappingProxyType(
    {
        "shufflenet_v2_x0_5": shufflenet_v2,
        "shufflenet_v2_x1_0": shufflenet_v2,
        "shufflenet_v2_x1_5": shufflenet_v2,
        "shufflenet_v2_x2_0": shufflenet_v2,
    }
)


def find(name: str) -> NetworkModule:
    """The module that builds the network ``name``.

    Raises:
        NetworkError: There is no such network.
    """
    if name not in NETWORKS:
        raise NetworkError(
            f"there is no network {name!r}, only {', '.join(NETWORKS)}",
            "choose one of these, or give a factory as package.module:factory",
        )
    return NETWORKS[name]


def build(name: str, classes: int, stem: Stem) -> nn.Module:
    """Make the network ``name`` with fresh random weights: ``(N, 3, H, W)`` to logits.

    Raises:
        NetworkError: There is no such network.
    """
    return find(name).build(name, classes, stem)
