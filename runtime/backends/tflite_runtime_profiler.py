"""The time of each operator in tflite-runtime, which is as far as it goes.

The interpreter takes any C++ object of its class Profiler, but Python has no way to hand it
one. So here is one, made by hand: a table of functions, in the order of the class, and a
pointer to it. What a delegate runs, the interpreter doesn't see: XNNPACK takes most of a
float32 file here, and none of an int8 one.
"""

import ctypes
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from armlet.errors import BackendError
from armlet.runtime.backends import import_runtime
from armlet.runtime.backends.interpreter import InterpreterSession, open_interpreter
from armlet.runtime.backends.tflite_operators import TfliteOperator, read_operators
from armlet.runtime.profiled import NodeTime, ProfiledRun
from armlet.runtime.session import Given, Tensor

_MODULE: Final = "tflite_runtime.interpreter"
_LIBRARY: Final = "_pywrap_tensorflow_interpreter_wrapper.so"
_SET_PROFILER: Final = "_ZN6tflite4impl11Interpreter11SetProfilerEPNS_8ProfilerE"
_OPERATOR: Final = 2
_WARM_UP: Final = 5

_Pointer = ctypes.c_void_p
_Handle = ctypes.c_uint32
_Begin = ctypes.CFUNCTYPE(
    _Handle, _Pointer, ctypes.c_char_p, ctypes.c_int, ctypes.c_int64, ctypes.c_int64
)
_End = ctypes.CFUNCTYPE(None, _Pointer, _Handle)
_EndWithNumbers = ctypes.CFUNCTYPE(None, _Pointer, _Handle, ctypes.c_int64, ctypes.c_int64)
_Ignored = ctypes.CFUNCTYPE(None, _Pointer)


class Recorder:
    """A ``tflite::Profiler`` that keeps when each event began and ended."""

    def __init__(self) -> None:
        self.events: list[tuple[int, int]] = []
        """Type and index in the file, in the order in which they began."""
        self.begins: list[int] = []
        self.ends: list[int] = []
        clock = time.perf_counter_ns

        def begin(_: int, __: bytes, kind: int, index: int, ___: int) -> int:
            self.events.append((kind, index))
            self.ends.append(0)
            self.begins.append(clock())
            return len(self.ends) - 1

        def end(_: int, handle: int) -> None:
            self.ends[handle] = clock()

        def end_with_numbers(this: int, handle: int, _: int, __: int) -> None:
            end(this, handle)

        ignore = _Ignored(lambda _: None)
        # Two destructors, BeginEvent, two EndEvents, AddEvent, AddEventWithData.
        self._functions = (
            *(ignore, ignore, _Begin(begin)),
            *(_EndWithNumbers(end_with_numbers), _End(end), ignore, ignore),
        )
        pointers = [ctypes.cast(one, _Pointer) for one in self._functions]
        self._table = (_Pointer * len(pointers))(*pointers)
        self.object = (_Pointer * 1)(ctypes.addressof(self._table))

    def take(self) -> Sequence[tuple[int, int, float]]:
        """Type, index and microseconds of the events since the last call."""
        taken = [
            (*event, (end - begin) / 1e3)
            for event, begin, end in zip(self.events, self.begins, self.ends, strict=True)
        ]
        for one in (self.events, self.begins, self.ends):
            one.clear()
        return taken


def profile(
    path: Path, threads: int, given: Given, tensor: Tensor, runs: int
) -> Sequence[ProfiledRun]:
    """Run a file with a profiler in the interpreter, see ``Backend.profile``.

    The whole of a run is the time of its call, which includes some microseconds of Python for
    each operator.

    Raises:
        BackendError: tflite-runtime isn't installed, isn't the version that is known, or
            leaves operators to a delegate.
    """
    operators = read_operators(_MODULE, "tflite-runtime", path, tensor.shape)
    recorder = Recorder()
    session = open_interpreter(_MODULE, "tflite-runtime", path, threads, given)
    assert isinstance(session, InterpreterSession)
    set_profiler = _set_profiler()
    for _ in range(_WARM_UP):
        session.run(tensor)
    # The interpreter keeps a pointer into the recorder, so it must go first.
    set_profiler(session.interpreter._native_handle(), ctypes.addressof(recorder.object))
    profiled = [_run(session, tensor, recorder, operators) for _ in range(runs)]
    del session
    seen = {node.name for node in profiled[0].nodes}
    hidden = sum(one.name not in seen for one in operators)
    if hidden:
        # Were their layers shown with no time, that would be a lie.
        raise BackendError(
            f"tflite-runtime runs {hidden} of {len(operators)} operators of {path} in a "
            "delegate, which doesn't tell the time of a layer",
            "profile the int8 file, or use --backend litert",
        )
    return profiled


def _run(
    session: InterpreterSession,
    tensor: Tensor,
    recorder: Recorder,
    operators: Sequence[TfliteOperator],
) -> ProfiledRun:
    start = time.perf_counter_ns()
    session.run(tensor)
    total = (time.perf_counter_ns() - start) / 1e3
    nodes = []
    for kind, index, us in recorder.take():
        # Delegates come after the operators of the file.
        if kind == _OPERATOR and index < len(operators):
            one = operators[index]
            nodes.append(NodeTime(name=one.name, operator=one.kind, us=us, work=one.work()))
    return ProfiledRun(nodes=nodes, total_us=total)


def _set_profiler() -> Callable[[Any, int], None]:
    package = import_runtime("tflite_runtime", "tflite-runtime")
    try:
        # The wrapper is loaded already; this only looks up the function in it.
        function = ctypes.CDLL(str(Path(package.__path__[0]) / _LIBRARY))[_SET_PROFILER]
    except (AttributeError, OSError) as error:
        raise BackendError(
            f"this version of tflite-runtime can't be profiled ({error})",
            "run pip install 'armlet[tflite-runtime]', which knows a version that can",
        ) from error
    function.argtypes, function.restype = [_Pointer, _Pointer], None
    return function
