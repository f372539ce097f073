"""What runs on the device: classify pictures with a bundle and say where the time goes.

>>> with armlet.runtime.open_classifier("out/") as classifier:
...     classifier.classify("photo.jpg").top[0].label
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armlet.runtime.classifier import Classifier as Classifier
    from armlet.runtime.latency import Latency as Latency
    from armlet.runtime.opening import open_classifier as open_classifier
    from armlet.runtime.result import Prediction as Prediction
    from armlet.runtime.result import Result as Result

_HOMES = {
    "Classifier": "classifier",
    "Latency": "latency",
    "Prediction": "result",
    "Result": "result",
    "open_classifier": "opening",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and no sooner: ``edge-run --help`` needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
