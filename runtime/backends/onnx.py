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
from armlet.runtime.backends.onnx_nodes import read_nodes
from armlet.runtime.backends.onnx_profiler import runs_from_events
from armlet.runtime.session import InputSpec, ProfiledRun, Session, Tensor, first_line

FORMAT: Final[Format] = "onnx"
PACKAGE: Final = "onnxruntime"

_ONLY_FATAL = 4
_WARM_UP = 5
_OPTIMISED = "optimised.onnx"
_X86 = frozenset({"amd64", "i386", "i686", "x86_64"})


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


def profile(path: Path, threads: int, tensor: Tensor, runs: int) -> Sequence[ProfiledRun]:
    """Run with ONNX Runtime's own profiler on.

    Returns:
        For each run the kernels in the order in which they ran.

    Raises:
        BackendError: onnxruntime isn't installed, or can't load the file.
    """
    with tempfile.TemporaryDirectory(prefix="armlet-") as name:
        folder = Path(name)
        session = _open(path, threads, folder)
        for _ in range(_WARM_UP + runs):
            session.run(tensor)
        events = json.loads(Path(session.runtime.end_profiling()).read_bytes())
        optimised = read_nodes(folder / _OPTIMISED)
    return runs_from_events(events, read_nodes(path), optimised)[_WARM_UP:]


def _open(path: Path, threads: int, profile_folder: Path | None) -> OnnxSession:
    onnxruntime = import_runtime("onnxruntime", "onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ONLY_FATAL
    if platform.machine().lower() in _X86:
        # The default int8 kernels saturate where VNNI is missing; these are exact anywhere.
        options.add_session_config_entry("session.x64quantprecision", "1")
    if profile_folder is not None:
        options.enable_profiling = True
        options.profile_file_prefix = str(profile_folder / "profile")
        options.optimized_model_filepath = str(profile_folder / _OPTIMISED)
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
