"""The hand-made profiler object; the rest needs tflite-runtime, so Python 3.11 and numpy 1."""

import ctypes
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armlet.errors import BackendError
from armlet.runtime.backends import tflite_runtime_profiler
from armlet.runtime.backends.tflite_runtime_profiler import Recorder, profile

needs_runtime = pytest.mark.skipif(
    importlib.util.find_spec("tflite_runtime") is None, reason="tflite-runtime isn't installed"
)


def method(recorder: Recorder, place: int, *types: Any) -> Any:
    """A function of the table, called as C++ does it: through the object."""
    table = ctypes.cast(recorder.object[0] or 0, ctypes.POINTER(ctypes.c_void_p))
    return ctypes.CFUNCTYPE(*types)(table[place])


def test_recorder_is_called_through_its_table() -> None:
    recorder = Recorder()
    begin = method(
        *(recorder, 2, ctypes.c_uint32),
        *(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int64, ctypes.c_int64),
    )
    end = method(recorder, 4, None, ctypes.c_void_p, ctypes.c_uint32)
    outer = begin(None, b"Invoke", 1, 0, 0)
    inner = begin(None, b"CONV_2D", 2, 7, 0)
    end(None, inner)
    end(None, outer)
    whole, operator = recorder.take()
    assert (whole[:2], operator[:2]) == ((1, 0), (2, 7))
    assert whole[2] >= operator[2] >= 0
    assert recorder.take() == []


@needs_runtime
def test_operators_of_int8(bundle: Path) -> None:
    tensor = np.zeros((1, 32, 32, 3), np.int8)
    runs = profile(bundle / "model.int8.tflite", 1, tensor, 5)
    assert len(runs) == 5
    assert runs[0].nodes[0].name == "conv1.0"
    assert all(sum(node.us for node in run.nodes) <= run.total_us for run in runs)


@needs_runtime
def test_delegate_that_takes_all_is_an_error(bundle: Path) -> None:
    tensor = np.zeros((1, 32, 32, 3), np.float32)
    with pytest.raises(BackendError, match="in a delegate, .* --backend litert"):
        profile(bundle / "model.float32.tflite", 1, tensor, 1)


@needs_runtime
def test_another_version_is_an_error(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflite_runtime_profiler, "_SET_PROFILER", "nothing")
    tensor = np.zeros((1, 32, 32, 3), np.int8)
    with pytest.raises(BackendError, match="can't be profiled"):
        profile(bundle / "model.int8.tflite", 1, tensor, 1)
