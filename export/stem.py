"""The two ways in which a network may begin."""

from typing import Literal

Stem = Literal["imagenet", "cifar"]
"""imagenet: for pictures of about 224 pixels, a quarter of them at once; cifar: for about 32
pixels, all of which are kept."""
