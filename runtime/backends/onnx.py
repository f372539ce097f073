"""ONNX Runtime on the CPU. Its files take float32 NCHW, the int8 ones too."""

import json
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from armlet.bundle import Format
from armlet.errors import BackendError
from armlet.runtime.backends import import_runtime
from armlet.runtime.session import InputSpec, NodeTime, Session, Tensor, first_line

FORMAT: Final[Format] = "onnx"
PACKAGE: Final = "onnxruntime"

_ONLY_FATAL = 4
# On x86 there are kernels without saturation to ask for; elsewhere it rounds in its own way.
_X86 = platform.machine().lower() in {"amd64", "i386", "i686", "x86_64"}
REPRODUCES_INT8: Final = _X86


@dataclass(frozen=True, kw_only=True)
class OnnxSession:
    """A loaded ONNX file."""

    input: InputSpec
    classes: int
    runtime: Any
    """The onnxruntime.InferenceSession."""
    input_name: str

    def run(self, tensor: Tensor) -> NDArray[np.float32]:
        """Logits, (1, classes) float32, of one (1, 3, size, size) float32."""
        return np.asarray(self.runtime.run(None, {self.input_name: tensor})[0], np.float32)


def open(path: Path, threads: int) -> Session:
    """Load an ONNX file.

    Raises:
        BackendError: onnxruntime isn't installed, or can't load the file.
    """
    return _open(path, threads, None)


def profile(
    path: Path, threads: int, tensor: Tensor, runs: int
) -> Sequence[Sequence[NodeTime]]:
    """Run with ONNX Runtime's own profiler on.

    Returns:
        For each run the kernels in the order in which they ran.

    Raises:
        BackendError: onnxruntime isn't installed, or can't load the file.
    """
    with tempfile.TemporaryDirectory(prefix="armlet-") as folder:
        session = _open(path, threads, str(Path(folder) / "profile"))
        for _ in range(runs):
            session.run(tensor)
        events = json.loads(Path(session.runtime.end_profiling()).read_bytes())
    return runs_from_events(events)


def runs_from_events(events: Sequence[Any]) -> Sequence[Sequence[NodeTime]]:
    """Sort ONNX Runtime's events into runs; a ``model_run`` event closes each."""
    runs: list[list[NodeTime]] = [[]]
    for event in events:
        name = event["name"]
        if name == "model_run":
            runs.append([])
        elif event.get("cat") == "Node" and name.endswith("_kernel_time"):
            node = name.removesuffix("_kernel_time")
            operator = event["args"]["op_name"]
            runs[-1].append(NodeTime(name=node, operator=operator, us=float(event["dur"])))
    return runs[:-1]


def _open(path: Path, threads: int, profile_prefix: str | None) -> OnnxSession:
    onnxruntime = import_runtime("onnxruntime", "onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ONLY_FATAL
    if _X86:
        # The default int8 kernels saturate where VNNI is missing; these are exact anywhere.
        options.add_session_config_entry("session.x64quantprecision", "1")
    if profile_prefix is not None:
        options.enable_profiling = True
        options.profile_file_prefix = profile_prefix
    try:
        runtime = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own errors have no common base but this
        raise BackendError(
            f"onnxruntime {onnxruntime.__version__} can't load {path} ({first_line(error)})",
            "update onnxruntime or export again",
        ) from error
    (source,) = runtime.get_inputs()
    (answer,) = runtime.get_outputs()
    return OnnxSession(
        input=InputSpec(layout="NCHW", size=source.shape[2], scale=None),
        classes=answer.shape[1],
        runtime=runtime,
        input_name=source.name,
    )
