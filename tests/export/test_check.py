import numpy as np
import pytest

from armlet.errors import AgreementError
from armlet.export.check import compare, fault, require_agreement

PYTORCH = np.array([[1.0, 2.0, 3.0], [30.0, 0.0, -1.0]], np.float32)


def test_what_is_equal_has_no_fault() -> None:
    same = compare(PYTORCH, PYTORCH)
    assert (same.max_difference, same.agreement, same.sqnr_db) == (0.0, 100.0, 999.0)
    assert fault(same, "float32") is None
    assert fault(same, "int8") is None


def test_sqnr_is_in_decibels() -> None:
    tenth = compare(PYTORCH, PYTORCH * np.float32(0.9))
    assert tenth.sqnr_db == pytest.approx(20, abs=1e-4)


@pytest.mark.parametrize(("error", "good"), [(2.9e-3, True), (3.1e-3, False)])
def test_float32_may_differ_by_a_ten_thousandth_of_the_largest_logit(
    error: float, good: bool
) -> None:
    logits = PYTORCH.copy()
    logits[0, 0] += np.float32(error)
    assert (fault(compare(PYTORCH, logits), "float32") is None) == good


def test_int8_needs_ten_decibels_and_four_labels_in_five() -> None:
    random = np.random.default_rng(0)
    pytorch = random.normal(size=(50, 10)).astype(np.float32)
    noisy = pytorch + random.normal(size=pytorch.shape).astype(np.float32) * np.float32(0.5)
    assert "dB SQNR, under 10" in str(fault(compare(pytorch, noisy), "int8"))
    # Small differences that change every label.
    flat = np.full((10, 4), 5, np.float32)
    first, second = flat.copy(), flat.copy()
    first[:, 0] += 0.01
    second[:, 1] += 0.01
    assert "agrees on 0.0 % of labels" in str(fault(compare(first, second), "int8"))


def test_nan_is_a_fault() -> None:
    broken = np.full_like(PYTORCH, np.nan)
    assert fault(compare(PYTORCH, broken), "float32")
    assert fault(compare(PYTORCH, broken), "int8")
    numbers = compare(PYTORCH, broken).to_json("int8").values()
    assert np.isfinite(list(numbers)).all()  # JSON has no word for anything else
    silent = compare(np.zeros_like(PYTORCH), PYTORCH)
    assert silent.sqnr_db == -999


def test_faults_end_in_exit_code_3_and_name_the_files() -> None:
    require_agreement({}, "out")
    with pytest.raises(AgreementError, match=r"out: model.int8.onnx has 3.0 dB") as caught:
        require_agreement({"model.int8.onnx": "has 3.0 dB SQNR, under 10"}, "out")
    assert caught.value.exit_code == 3
