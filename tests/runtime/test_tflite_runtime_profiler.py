"""The hand-made profiler object; with tflite-runtime itself: tests/tflite_runtime_check.py."""

import ctypes
from typing import Any

from armlet.runtime.backends.tflite_runtime_profiler import Recorder


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
