import numpy as np
import pytest

from armlet.errors import CalibrationError
from armlet.graph import Conv, Graph
from armlet.quantize.int8 import activation_scale, quantize, quantize_weights
from armlet.scales import Scale


def conv(weight: np.ndarray[tuple[int, ...], np.dtype[np.float32]], bias: float) -> Conv:
    return Conv(
        name="c",
        inputs=("x",),
        outputs=("y",),
        weight=weight,
        bias=np.full(len(weight), bias, np.float32),
        strides=(1, 1),
        pads=(0, 0, 0, 0),
    )


@pytest.mark.parametrize("ends", [(-1.0, 1.0), (0.0, 6.0), (0.5, 3.0), (-4.0, -1.0)])
def test_zero_is_exact_and_the_ends_are_within_half_a_step(ends: tuple[float, float]) -> None:
    scale = activation_scale(*ends)
    assert -128 <= scale.zero_point <= 127
    assert scale.scale == float(np.float32(scale.scale))
    for value in (*ends, 0.0):
        stored = np.clip(np.rint(value / scale.scale) + scale.zero_point, -128, 127)
        back = (stored - scale.zero_point) * scale.scale
        assert abs(back - value) <= scale.scale * 0.501
    assert (0 - scale.zero_point) * scale.scale + scale.zero_point * scale.scale == 0


def test_a_range_of_nothing_still_has_a_scale() -> None:
    assert activation_scale(0.0, 0.0).scale > 0


def test_weights_lose_no_more_than_without_clipping() -> None:
    random = np.random.default_rng(0)
    weight = random.normal(size=(5, 3, 3, 3)).astype(np.float32)
    weight *= np.array([1, 10, 0.1, 1e-3, 100], np.float32)[:, None, None, None]
    stored = quantize_weights(conv(weight, 0.5), Scale(scale=0.02, zero_point=3))
    assert np.abs(stored.weight).max() == 127
    steps = stored.scales[:, None, None, None]
    off = np.abs(stored.weight * steps - weight)
    clipped = np.abs(stored.weight) == 127
    assert (off <= np.where(clipped, 0.2 * np.abs(weight), steps * 0.501)).all()
    plain = np.abs(weight).max(axis=(1, 2, 3), keepdims=True) / 127
    lost = np.square(np.rint(weight / plain) * plain - weight).sum(axis=(1, 2, 3))
    assert (np.square(off).sum(axis=(1, 2, 3)) <= lost * 1.0001).all()
    assert np.allclose(stored.bias * stored.bias_scales, 0.5, atol=0.02 * 100)


def test_few_weights_are_exact_at_their_ends() -> None:
    weight = np.array([[[[2.0]]], [[[-0.5]]]], np.float32)
    stored = quantize_weights(conv(weight, 0.0), Scale(scale=0.02, zero_point=0))
    assert stored.weight.ravel() * stored.scales == pytest.approx([2.0, -0.5], rel=1e-3)


def test_a_dead_channel_with_a_bias_keeps_its_bias() -> None:
    stored = quantize_weights(
        conv(np.zeros((2, 3, 1, 1), np.float32), 7.5), Scale(scale=0.01, zero_point=0)
    )
    assert np.allclose(stored.bias * stored.bias_scales.astype(np.float64), 7.5, rtol=1e-6)
    assert (np.abs(stored.bias.astype(np.int64)) <= 2**30 + 1).all()


def test_weights_that_are_no_numbers_are_refused_by_layer() -> None:
    with pytest.raises(CalibrationError, match="layer c has weights"):
        quantize_weights(
            conv(np.full((1, 1, 1, 1), np.nan, np.float32), 0), Scale(scale=1, zero_point=0)
        )


def test_a_layer_without_a_range_is_named() -> None:
    node = conv(np.ones((1, 1, 1, 1), np.float32), 0)
    shapes = {"x": (1, 1, 2, 2), "y": (1, 1, 2, 2)}
    graph = Graph(input="x", output="y", nodes=(node,), shapes=shapes)
    with pytest.raises(CalibrationError, match="no activation range for layer y"):
        quantize(graph, {"x": (0.0, 1.0)})
