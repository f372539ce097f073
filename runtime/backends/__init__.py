"""The inference runtimes that edge-run can use. To add one: a module here and a line below.

Each module is an ``armlet.runtime.session.Backend``; none is imported before it is asked for.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from armlet.errors import BackendError
from armlet.silence import silenced

if TYPE_CHECKING:
    from armlet.runtime.session import Backend

BACKENDS: Mapping[str, str] = MappingProxyType(
    {
        "litert": "armlet.runtime.backends.litert",
        "onnx": "armlet.runtime.backends.onnx",
        "tflite-runtime": "armlet.runtime.backends.tflite_runtime",
    }
)
"""Name (also that of the extra that installs it) to module, in order of preference."""


def load_backend(name: str) -> "Backend":
    """The backend's module; its inference runtime stays unimported."""
    return cast("Backend", importlib.import_module(BACKENDS[name]))


def installed_backends() -> frozenset[str]:
    """Names of the backends whose package is there."""
    return frozenset(
        name
        for name in BACKENDS
        if importlib.util.find_spec(load_backend(name).PACKAGE) is not None
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
