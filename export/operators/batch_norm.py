"""Batch normalisation, which a pass folds into the convolution before it."""

import numpy as np

from armlet.export.source import OnnxNode, Source
from armlet.graph import BatchNorm, Node


def read(node: OnnxNode, source: Source) -> list[Node]:
    """An inference-mode BatchNormalization with constant statistics."""
    weight, bias, mean, variance = (
        source.constant(node, position).astype(np.float64) for position in range(1, 5)
    )
    factor = weight / np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
    return [
        BatchNorm(
            name=node.name("batch_norm"),
            inputs=node.inputs[:1],
            outputs=node.outputs[:1],
            factor=factor.astype(np.float32),
            offset=(bias - mean * factor).astype(np.float32),
        )
    ]
