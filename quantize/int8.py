"""Ranges and float weights to the one table of int8 scales, weights and biases.

Activations: asymmetric, one scale a tensor. Weights: symmetric, one scale an output channel.
Biases: int32 on the product of both scales. This is the scheme of Jacob et al., CVPR 2018
(arXiv 1712.05877), with per-channel weights as both runtimes' int8 kernels take them.
"""

import numpy as np
from numpy.typing import NDArray

from armlet.errors import CalibrationError
from armlet.graph import Graph, Weighted
from armlet.quantization import Quantization, QuantizedWeights, Ranges
from armlet.quantize.sharing import groups
from armlet.scales import Scale

LARGEST_WEIGHT = 127
CLIPPINGS = np.linspace(0.8, 1, 41)
"""Parts of a channel's largest weight that its 127 steps are tried on. Clipping the few largest
a little serves the many: 0.1 dB on the real ImageNet network (docs/accuracy.md)."""
# Half of int32's range: an accumulator of products still fits beside the bias.
LARGEST_BIAS = 2**30


def quantize(graph: Graph, ranges: Ranges) -> Quantization:
    """Make the table that both int8 writers use.

    Args:
        graph: Simplified.
        ranges: Of every activation that keeps a scale of its own, the input included. An
            activation without a range takes that of the group it shares a scale with.

    Raises:
        CalibrationError: A group of activations has no range, or a weight isn't finite.
    """
    activations: dict[str, Scale] = {}
    for group in groups(graph):
        known = [ranges[name] for name in group if name in ranges]
        if not known:
            raise CalibrationError(
                f"no activation range for layer {group[0]}", "calibrate with --calib DIR"
            )
        scale = activation_scale(min(low for low, _ in known), max(high for _, high in known))
        activations.update(dict.fromkeys(group, scale))
    weights = {
        node.name: quantize_weights(node, activations[node.inputs[0]])
        for node in graph.nodes
        if isinstance(node, Weighted)
    }
    return Quantization(activations=activations, weights=weights)


def activation_scale(low: float, high: float) -> Scale:
    """The scale that spreads 256 steps over a range widened to hold 0, which is then exact."""
    low, high = min(low, 0.0), max(high, 0.0)
    step = np.float32((high - low) / 255) or np.float32(1)
    zero_point = int(np.clip(np.rint(-128 - low / float(step)), -128, 127))
    return Scale(scale=float(step), zero_point=zero_point)


def quantize_weights(node: Weighted, source: Scale) -> QuantizedWeights:
    """Quantize one node's weight and bias.

    A channel's scale is that with the least squared error, but never so small that the bias,
    stored in steps of input scale times weight scale, would leave int32, as a dead channel's
    would.

    Raises:
        CalibrationError: A weight or bias isn't finite.
    """
    flat = node.weight.reshape(len(node.weight), -1)
    if not (np.isfinite(flat).all() and np.isfinite(node.bias).all()):
        raise CalibrationError(
            f"layer {node.name} has weights that aren't finite numbers", "check the weights"
        )
    step = np.float32(source.scale)
    for_weight = _best_steps(flat)
    for_bias = np.abs(node.bias) / (step * LARGEST_BIAS)
    scales = np.maximum(np.maximum(for_weight, for_bias), 1e-8).astype(np.float32)
    shape = (-1, *(1,) * (node.weight.ndim - 1))
    steps = np.rint(node.weight / scales.reshape(shape))
    bias_scales = (step * scales).astype(np.float32)
    bias = np.rint(node.bias.astype(np.float64) / bias_scales)
    return QuantizedWeights(
        weight=np.clip(steps, -LARGEST_WEIGHT, LARGEST_WEIGHT).astype(np.int8),
        scales=scales,
        bias=bias.astype(np.int32),
        bias_scales=bias_scales,
    )


def _best_steps(flat: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of each row the step that loses least when its values become -127 to 127 steps."""
    largest = np.abs(flat).max(axis=1).astype(np.float64) / LARGEST_WEIGHT
    tried = CLIPPINGS[:, None] * np.where(largest > 0, largest, 1.0)
    losses = []
    for steps in tried:
        stored = np.clip(np.rint(flat / steps[:, None]), -LARGEST_WEIGHT, LARGEST_WEIGHT)
        losses.append(np.square(stored * steps[:, None] - flat).sum(axis=1))
    best = np.argmin(losses, axis=0)
    return np.where(largest > 0, tried[best, np.arange(len(flat))], 0.0)
