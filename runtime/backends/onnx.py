"""ONNX Runtime on the CPU."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from armlet.errors import BackendError
from armlet.runtime.answer import FirstRun, check_ends, check_name, check_scale, dequantized
from armlet.runtime.backends import import_runtime
from armlet.runtime.kernel_files import read_table
from armlet.runtime.processor import has_amx
from armlet.runtime.session import (
    CLASSIFIER,
    NOTHING,
    Element,
    Given,
    InputSpec,
    Session,
    Tensor,
    first_line,
)
from armlet.runtime.shape import read_shape
from armlet.scales import Scale

if TYPE_CHECKING:
    from armlet.runtime.profiled import ProfiledRun


_ONLY_FATAL = 4
_WARM_UP = 5
_OPTIMISED = "optimised.onnx"
_ELEMENTS: dict[str, Element] = {
    "tensor(float)": "float32",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
}
# On x86 its int8 kernels are exact, or can be asked to. On ARM they gave the same bits on some
# 5,000 pictures (make test-arm counts), which is no promise for other boards and versions.
_X86 = platform.machine().lower() in {"amd64", "i386", "i686", "x86_64"}
REPRODUCES_INT8: Final = _X86


@dataclass(frozen=True, kw_only=True)
class OnnxSession(FirstRun):
    """A loaded ONNX file."""

    path: Path
    input: InputSpec
    output_scale: Scale | None
    runtime: Any
    """The onnxruntime.InferenceSession."""
    input_name: str

    def run(self, tensor: Tensor) -> NDArray[np.float32]:
        """Run the model once, see ``Session.run``."""
        try:
            (answer,) = self.runtime.run(None, {self.input_name: tensor})
        except Exception as error:  # onnxruntime's own errors have no common base but this
            raise BackendError(
                f"{self.path} can't be run ({first_line(error)})",
                "see that it is whole, and made for this --input-size and --layout",
            ) from error
        return dequantized(self.path, answer, self.output_scale)


def open(path: Path, threads: int, given: Given = NOTHING) -> Session:
    """Load an ONNX file.

    Raises:
        BackendError: onnxruntime isn't installed, or can't load the file, or that is no image
            classifier.
        OptionError: The input's shape leaves something open, and so does ``given``.
    """
    onnxruntime = _import(path)
    return _load(path, str(path), onnxruntime, _options(onnxruntime, threads), given)


def prepare(path: Path, threads: int) -> bytes:
    """The graph as ONNX Runtime optimises it for this processor, see ``Preparing.prepare``."""
    import tempfile

    onnxruntime = _import(path)
    options = _options(onnxruntime, threads)
    with tempfile.TemporaryDirectory(prefix="armlet-") as folder:
        written = Path(folder) / _OPTIMISED
        options.optimized_model_filepath = str(written)
        _load(path, str(path), onnxruntime, options, NOTHING)
        return written.read_bytes()


def open_prepared(path: Path, threads: int, prepared: bytes) -> Session:
    """Load an optimised graph as it is, see ``Preparing.open_prepared``."""
    onnxruntime = _import(path)
    options = _options(onnxruntime, threads)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return _load(path, prepared, onnxruntime, options, NOTHING)


def profile(
    path: Path, threads: int, given: Given, tensor: Tensor, runs: int
) -> "Sequence[ProfiledRun]":
    """Run with ONNX Runtime's own profiler on, see ``Backend.profile``."""
    import json
    import tempfile

    from armlet.runtime.backends.onnx_profiler import runs_from_events
    from armlet.runtime.onnx_graph import read_graph

    with tempfile.TemporaryDirectory(prefix="armlet-") as name:
        folder = Path(name)
        onnxruntime = _import(path)
        options = _options(onnxruntime, threads)
        options.enable_profiling = True
        options.profile_file_prefix = str(folder / "profile")
        options.optimized_model_filepath = str(folder / _OPTIMISED)
        try:
            session = _load(path, str(path), onnxruntime, options, given)
        except BackendError as error:  # it writes the optimised file at once
            raise OSError(error.problem) from error
        for _ in range(_WARM_UP + runs):
            session.run(tensor)
        text = Path(session.runtime.end_profiling()).read_text("utf-8", "replace")
        events = json.loads(text, strict=False)  # names may hold anything
        optimised = read_graph(folder / _OPTIMISED)
    return runs_from_events(events, read_graph(path), optimised)[_WARM_UP:]


def _import(path: Path) -> Any:
    check_name(path)
    return import_runtime("onnxruntime", "onnx")


def _options(onnxruntime: Any, threads: int) -> Any:
    """How all sessions run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ONLY_FATAL
    if _X86 and not has_amx(read_table(Path("/proc/cpuinfo"))):
        # The default kernels saturate where VNNI is missing. These are exact anywhere, but
        # onnxruntime leaves AMX unused for them, which is exact and takes 2/3 of the time.
        options.add_session_config_entry("session.x64quantprecision", "1")
    return options


def _load(
    path: Path, content: str | bytes, onnxruntime: Any, options: Any, given: Given
) -> OnnxSession:
    """Load ``content``, a file's name or bytes, which is ``path`` in some form."""
    try:
        runtime = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own errors have no common base but this
        raise BackendError(
            f"onnxruntime {onnxruntime.__version__} can't load {path} ({first_line(error)})",
            "update onnxruntime or export again",
        ) from error
    sources, answers = runtime.get_inputs(), runtime.get_outputs()
    check_ends(path, len(sources), len(answers))
    (source,), (answer,) = sources, answers
    element = _element(path, "takes", source.type)
    result = _element(path, "answers with", answer.type)
    input_scale, output_scale = (
        _scales(path) if {element, result} != {"float32"} else (None, None)
    )
    check_scale(path, result, output_scale)
    shape = [length if isinstance(length, int) else None for length in source.shape]
    return OnnxSession(
        path=path,
        input=read_shape(path, shape, element, input_scale, given),
        output_scale=output_scale,
        runtime=runtime,
        input_name=source.name,
    )


def _scales(path: Path) -> tuple[Scale | None, Scale | None]:
    """Of input and output, which the runtime doesn't tell."""
    from armlet.runtime.onnx_file import read_onnx

    file = read_onnx(path)
    return file.input_scale, file.output_scale


def _element(path: Path, verb: str, kind: str) -> Element:
    """What a tensor holds, of onnxruntime's name for it.

    Raises:
        BackendError: Something else than edge-run knows.
    """
    if kind not in _ELEMENTS:
        raise BackendError(
            f"{path} {verb} {kind}, not a tensor of float, int8 or uint8", CLASSIFIER
        )
    return _ELEMENTS[kind]
