"""The C interface of LiteRT, for what its Python interface doesn't offer: the profiler.

The package exports these functions for every platform but documents them nowhere, so whatever
isn't as expected is taken for another version of it.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, NoReturn

from armlet.errors import BackendError
from armlet.graph import Shape
from armlet.runtime.backends import import_runtime
from armlet.runtime.session import Tensor

Handle = ctypes.c_void_p

_CPU: Final = 1
_WRITE: Final = 1
# The type of a tensor is passed on; it has 72 bytes in 2.3. Only its lengths are looked at:
# they stand behind the element's type and the number of axes.
_TENSOR_TYPE_BYTES: Final = 512
_LAYOUT: Final = 4
_LENGTHS: Final = 8
_NO_DELETER: Final = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)


@dataclass(frozen=True, kw_only=True)
class CompiledModel:
    """A .tflite file that is ready to run, with its profiler."""

    library: "Library"
    handle: Handle
    profiler: Handle
    """Owned by the model."""
    inputs: "ctypes.Array[Handle]"
    outputs: "ctypes.Array[Handle]"

    def feed(self, tensor: Tensor) -> None:
        """Copy ``tensor``, C-contiguous, into the first input.

        Raises:
            BackendError: The input has another size.
        """
        call, buffer = self.library.call, Handle(self.inputs[0])
        size, memory = ctypes.c_size_t(), Handle()
        call("LiteRtGetTensorBufferPackedSize", buffer, ctypes.byref(size))
        if size.value != tensor.nbytes:
            cannot_profile(f"its input has {size.value} bytes, not {tensor.nbytes}")
        call("LiteRtLockTensorBuffer", buffer, ctypes.byref(memory), ctypes.c_int(_WRITE))
        ctypes.memmove(memory, tensor.ctypes.data, tensor.nbytes)
        call("LiteRtUnlockTensorBuffer", buffer)

    def run(self) -> None:
        """Run the model once on what it was fed."""
        self.library.call(
            "LiteRtRunCompiledModel",
            self.handle,
            ctypes.c_size_t(0),
            ctypes.c_size_t(len(self.inputs)),
            self.inputs,
            ctypes.c_size_t(len(self.outputs)),
            self.outputs,
        )


class Library:
    """``libLiteRt.so``, each of whose functions returns a status."""

    def __init__(self) -> None:
        package = import_runtime("ai_edge_litert", "litert")
        try:
            self._library = ctypes.CDLL(str(Path(package.__path__[0]) / "libLiteRt.so"))
        except OSError as error:
            cannot_profile(f"no libLiteRt.so: {error}")

    def call(self, name: str, *arguments: object) -> None:
        """Call a function.

        Raises:
            BackendError: There is no such function, or its status is not 0.
        """
        status = self.function(name)(*arguments)
        if status != 0:
            cannot_profile(f"status {status} of {name}")

    def function(self, name: str) -> Callable[..., int]:
        """Look up a function.

        Raises:
            BackendError: There is none of this name.
        """
        try:
            found: Callable[..., int] = getattr(self._library, name)
        except AttributeError:
            cannot_profile(f"it has no {name}")
        return found

    def create(self, name: str, *arguments: object) -> Handle:
        """Call a function that leaves a handle in its last argument."""
        handle = Handle()
        self.call(name, *arguments, ctypes.byref(handle))
        return handle

    @contextmanager
    def compile(self, path: Path, threads: int, shape: Shape) -> Iterator[CompiledModel]:
        """Load a file for the CPU with profiling on; everything is released at the end.

        Args:
            path: The file.
            threads: How many it may use.
            shape: Of the input, which the file may leave open.
        """
        with ExitStack() as owned:

            def own(kind: str, handle: Handle) -> Handle:
                owned.callback(self.function(f"LiteRtDestroy{kind}"), handle)
                return handle

            nothing = (ctypes.c_int(0), None)
            environment = own("Environment", self.create("LiteRtCreateEnvironment", *nothing))
            file = ctypes.c_char_p(str(path).encode())
            model = own("Model", self.create("LiteRtCreateModelFromFile", environment, file))
            options = own("Options", self.create("LiteRtCreateOptions"))
            # The texts must outlive the options, which don't copy them.
            texts = {
                b"xnnpack": ctypes.create_string_buffer(b"num_threads = %d\n" % threads),
                b"runtime_options_string": ctypes.create_string_buffer(
                    b"enable_profiling = true\n"
                ),
            }
            self.call("LiteRtSetOptionsHardwareAccelerators", options, ctypes.c_int(_CPU))
            for name, text in texts.items():
                payload = ctypes.cast(text, Handle)
                more = self.create("LiteRtCreateOpaqueOptions", name, payload, _NO_DELETER)
                self.call("LiteRtAddOpaqueOptions", options, more)
            compiled = own(
                "CompiledModel",
                self.create("LiteRtCreateCompiledModel", environment, model, options),
            )
            signature = self.create("LiteRtGetModelSignature", model, ctypes.c_size_t(0))

            def buffers(kind: str) -> "ctypes.Array[Handle]":
                made = [
                    own("TensorBuffer", handle)
                    for handle in self._buffers(kind, environment, compiled, signature, shape)
                ]
                return (Handle * len(made))(*made)

            yield CompiledModel(
                library=self,
                handle=compiled,
                profiler=self.create("LiteRtCompiledModelGetProfiler", compiled),
                inputs=buffers("Input"),
                outputs=buffers("Output"),
            )

    def _buffers(
        self, kind: str, environment: Handle, compiled: Handle, signature: Handle, shape: Shape
    ) -> Sequence[Handle]:
        count = ctypes.c_size_t()
        self.call(f"LiteRtGetNumSignature{kind}s", signature, ctypes.byref(count))
        made = []
        for index in map(ctypes.c_size_t, range(count.value)):
            tensor = self.create(f"LiteRtGetSignature{kind}TensorByIndex", signature, index)
            tensor_type = ctypes.create_string_buffer(_TENSOR_TYPE_BYTES)
            self.call("LiteRtGetRankedTensorType", tensor, tensor_type)
            if kind == "Input":
                self._resize(compiled, index, shape, tensor_type)
            needs = self.create(
                f"LiteRtGetCompiledModel{kind}BufferRequirements",
                compiled,
                ctypes.c_size_t(0),
                index,
            )
            made.append(
                self.create(
                    "LiteRtCreateManagedTensorBufferFromRequirements",
                    environment,
                    tensor_type,
                    needs,
                )
            )
        return made

    def _resize(
        self,
        compiled: Handle,
        index: ctypes.c_size_t,
        shape: Shape,
        tensor_type: "ctypes.Array[ctypes.c_char]",
    ) -> None:
        """Give an input this shape, and its type too, if it has another."""
        lengths = (ctypes.c_int32 * len(shape))(*shape)
        if tensor_type.raw[_LENGTHS:].startswith(bytes(lengths)):
            return
        place = (compiled, ctypes.c_size_t(0), index)
        count = ctypes.c_size_t(len(shape))
        self.call("LiteRtCompiledModelResizeInputTensor", *place, lengths, count)
        layout = ctypes.byref(tensor_type, _LAYOUT)
        self.call("LiteRtGetCompiledModelInputTensorLayout", *place, layout)


def cannot_profile(reason: str) -> NoReturn:
    """Give up.

    Raises:
        BackendError: Always.
    """
    raise BackendError(
        f"ai-edge-litert {version('ai-edge-litert')} can't be profiled ({reason})",
        "run pip install 'armlet[litert]', which knows a version that can",
    )
