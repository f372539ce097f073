"""Tries one library in a process of its own: ``python -m armlet.runtime.trial NAME``.

What it finds out goes to stdout at once, a JSON object a line, so that a crash takes away only
what would have come after it.
"""

import importlib
import importlib.metadata
import importlib.util
import json
import os
import resource
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from armlet.runtime.backends import BACKENDS, load_backend

Say = Callable[[dict[str, object]], object]

MODEL = Path(__file__).with_name("tiny")
"""With a format's suffix: a random int8 network as armlet exports it, for 8 x 8 pixels: a 3 x 3
convolution, ReLU, global average pooling and a fully connected layer."""


def main(name: str) -> None:
    """Import a library, a backend's or one of ``LIBRARIES``, use it, and say what happened.

    The lines hold ``installed`` and ``version``; then ``works``, or ``error`` with the messages
    of the failure, its first cause first.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # crashing is expected; leave no file
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # whatever a library prints must not get among the answers

        def say(facts: dict[str, object]) -> None:
            print(json.dumps(facts), file=answers, flush=True)

        try:
            _try(name, say)
        except Exception as error:  # whatever a broken library comes up with is the answer
            say({"error": _messages(error)})


def _try(name: str, say: Say) -> None:
    package, use = LIBRARIES[name] if name in LIBRARIES else _backend(name)
    installed = importlib.util.find_spec(package) is not None
    version = _version(package) if installed else None
    say({"installed": installed, "version": version})
    if installed:
        use()
        # The system's OpenCV has no metadata and tells its version only now.
        version = version or getattr(sys.modules[package], "__version__", None)
        say({"works": True, "version": version})


def _backend(name: str) -> tuple[str, Callable[[], None]]:
    return BACKENDS[name].package, partial(_use_backend, name)


def _use_backend(name: str) -> None:
    """Load a model and run it, as edge-run does."""
    import numpy as np

    session = load_backend(name).open(MODEL.with_suffix(f".{BACKENDS[name].format}"), 1)
    if not np.isfinite(session.run(session.input.example())).all():
        raise ArithmeticError("answers a model with NaN or infinity")


def _use_numpy() -> None:
    import numpy as np

    ones = np.ones((64, 64), np.float32)
    if (ones @ ones)[0, 0] != 64:
        raise ArithmeticError("multiplies matrices wrongly")


def _use_opencv() -> None:
    import cv2
    import numpy as np

    picture = cv2.resize(np.full((8, 8, 3), 7, np.uint8), (16, 16))
    _, data = cv2.imencode(".png", picture)
    again = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if again is None or not np.array_equal(again, picture):
        raise ArithmeticError("reads another picture than it wrote")


LIBRARIES = {"numpy": ("numpy", _use_numpy), "OpenCV": ("cv2", _use_opencv)}
"""What every runtime needs: name to package and what is tried."""


def _version(package: str) -> str | None:
    """What pip says, which is known even where importing would crash."""
    distributions = importlib.metadata.packages_distributions().get(package)
    return importlib.metadata.version(distributions[0]) if distributions else None


def _messages(error: BaseException | None) -> list[str]:
    messages: list[str] = []
    while error is not None:
        messages.insert(0, str(error).strip() or type(error).__name__)
        error = error.__cause__ or error.__context__
    return messages


if __name__ == "__main__":
    main(sys.argv[1])
