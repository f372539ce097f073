"""The inference runtimes that edge-run can use. To add one: a module here and a line below.

Each module is an ``armlet.runtime.session.Backend``; none is imported before it is asked for.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from armlet.errors import BackendError
from armlet.silence import silenced

if TYPE_CHECKING:
    from armlet.bundle import Format
    from armlet.runtime.session import Backend


class Entry(NamedTuple):
    """What can be known of a backend without importing anything."""

    module: str
    format: "Format"
    """Of the files that it runs."""
    package: str
    """The inference runtime's, which must be installed."""


BACKENDS: Mapping[str, Entry] = MappingProxyType(
    {
        "litert": Entry("litert", "tflite", "ai_edge_litert"),
        "onnx": Entry("onnx", "onnx", "onnxruntime"),
        "tflite-runtime": Entry("tflite_runtime", "tflite", "tflite_runtime"),
    }
)
"""By name, which is also that of the extra that installs it, in order of preference."""


def load_backend(name: str) -> "Backend":
    """The backend's module; its inference runtime stays unimported."""
    return cast("Backend", importlib.import_module(f"{__name__}.{BACKENDS[name].module}"))


def installed_backends() -> frozenset[str]:
    """Names of the backends whose package is there."""
    return frozenset(
        name
        for name, entry in BACKENDS.items()
        if importlib.util.find_spec(entry.package) is not None
    )


def import_runtime(module: str, backend: str) -> Any:
    """Import an inference runtime.

    Args:
        module: Its dotted name.
        backend: The backend that needs it.

    Raises:
        BackendError: It isn't installed, or doesn't work here.
    """
    try:
        with silenced():
            return importlib.import_module(module)
    except ImportError as error:
        raise BackendError(
            f"{module} can't be imported ({error})", f"run pip install 'armlet[{backend}]'"
        ) from error
