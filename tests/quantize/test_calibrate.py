import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from armlet.errors import CalibrationError
from armlet.preprocessing import Preprocessing
from armlet.quantize.calibrate import calibrate, input_range


def model() -> bytes:
    """Doubles its input, then takes off one."""
    value = helper.make_tensor_value_info
    constants = [
        helper.make_tensor("two", 1, [], [2.0]),
        helper.make_tensor("one", 1, [], [1.0]),
    ]
    nodes = [
        helper.make_node("Mul", ["input", "two"], ["doubled"]),
        helper.make_node("Sub", ["doubled", "one"], ["logits"]),
    ]
    shape = [1, 3, 40, 40]
    ends = (
        [value("input", TensorProto.FLOAT, shape)],
        [value("logits", TensorProto.FLOAT, shape)],
    )
    graph = helper.make_graph(nodes, "g", *ends, constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def pictures() -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    random = np.random.default_rng(0)
    return [random.normal(size=(1, 3, 40, 40)).astype(np.float32) for _ in range(3)]


def test_minimum_and_maximum_over_all_pictures() -> None:
    ranges = calibrate(model(), "last", pictures(), percentile=100)
    everything = np.concatenate(pictures())
    assert set(ranges) == {"doubled", "last"}
    assert ranges["doubled"] == pytest.approx((2 * everything.min(), 2 * everything.max()))
    assert ranges["last"][0] == pytest.approx(2 * everything.min() - 1)


def test_percentile_is_numpys_of_each_picture() -> None:
    ranges = calibrate(model(), "last", pictures(), percentile=99.9)
    lows, highs = zip(*(np.percentile(2 * one, (0.1, 99.9)) for one in pictures()), strict=True)
    assert ranges["doubled"] == pytest.approx((min(lows), max(highs)), rel=1e-5)


def test_of_few_values_the_largest_is_never_clipped() -> None:
    few, plain = (
        calibrate(model(), "last", pictures(), percentile=one) for one in (99.99, 100)
    )
    assert few == plain


def test_no_picture_and_no_number_are_refused() -> None:
    with pytest.raises(CalibrationError, match="no picture"):
        calibrate(model(), "last", [])
    broken = np.full((1, 3, 40, 40), np.nan, np.float32)
    with pytest.raises(CalibrationError, match="no finite numbers"):
        calibrate(model(), "last", [broken])


def test_the_input_range_is_that_of_black_and_white() -> None:
    preprocessing = Preprocessing(
        size=8, resize="squash", mean=(0.5, 0.4, 0.3), std=(0.25, 0.5, 0.1)
    )
    assert input_range(preprocessing) == pytest.approx((-3.0, 7.0))


def test_the_model_file_is_not_changed() -> None:
    data = model()
    calibrate(data, "last", pictures())
    assert len(onnx.load_from_string(data).graph.output) == 1
