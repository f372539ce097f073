"""What to do about a library that doesn't work, in one line."""

import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from armlet.runtime.support import Support


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How a trial ended that did not end well."""

    name: str
    """Of the library or backend."""
    code: int | None
    """The process's exit code, negative for a signal; None: it was still at it at the limit."""
    messages: tuple[str, ...]
    """Of the exception, if one was raised, its first cause first."""
    seconds: float
    """The limit."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong, and what to do."""

    problem: str
    """Without a full stop."""
    advice: str
    """An imperative."""


_REINSTALL: Mapping[str, str] = MappingProxyType(
    {
        "numpy": "run pip install --force-reinstall numpy",
        "OpenCV": "run pip install --force-reinstall opencv-python-headless",
    }
)
_SYSTEMS_OWN: Mapping[str, str] = MappingProxyType(
    {
        "numpy": "try the system's, with sudo apt install python3-numpy; on ARM try "
        "OPENBLAS_CORETYPE=ARMV8 first",
        "OpenCV": "try the system's, with sudo apt install python3-opencv",
    }
)
_SIGNALS: Mapping[int, str] = MappingProxyType(
    {
        signal.SIGILL: "uses instructions that this processor doesn't have (SIGILL)",
        signal.SIGSEGV: "crashes (SIGSEGV)",
        signal.SIGBUS: "crashes (SIGBUS)",
        signal.SIGABRT: "gives up (SIGABRT)",
        signal.SIGKILL: "was killed by the system, most likely for want of memory (SIGKILL)",
    }
)


def explain(failure: Failure, support: Support) -> Finding:
    """Say what a failure means on a machine with this support."""
    name = failure.name
    if failure.code is None:
        problem = f"did not answer within {failure.seconds:g} s"
        return Finding(problem=problem, advice=f"try again, or {_other(name, support)}")
    if failure.code < 0:
        problem = _SIGNALS.get(-failure.code, f"was ended by signal {-failure.code}")
        if failure.code == -signal.SIGKILL:
            return Finding(problem=problem, advice="close other programs and try again")
        return Finding(problem=problem, advice=_other(name, support))
    return _explain_error(failure, support)


def _explain_error(failure: Failure, support: Support) -> Finding:
    name, text = failure.name, "\n".join(failure.messages)
    other = _other(name, support)
    if match := re.search(r"`?GLIBC_([\d.]+\d)'? not found", text):
        problem = f"needs glibc {match[1]}, which is newer than this system's"
        return Finding(problem=problem, advice=f"{other}, or upgrade the system")
    if match := re.search(r"`?((?:GLIBCXX|CXXABI)_[\d.]+\d)'? not found", text):
        problem = f"needs a newer libstdc++, with {match[1]}"
        return Finding(problem=problem, advice=f"upgrade the system, or {other}")
    if match := re.search(r"([\w.+-]+\.so[\w.]*): cannot open shared object", text):
        return _explain_missing(match[1], other)
    if re.search(r"_ARRAY_API|NumPy 1\.x|multiarray failed to import|numpy\.core\.", text):
        built_for = "numpy 1" if name == "tflite-runtime" else "another numpy"
        return Finding(
            problem=f"was built for {built_for} and not for the one that is here",
            advice=_again(name, support) if name in _REINSTALL else other,
        )
    first = anonymous(failure.messages[0]) if failure.messages else "ended without an answer"
    return Finding(problem=first, advice=_again(name, support))


def _explain_missing(library: str, other: str) -> Finding:
    problem = f"needs {library}, which isn't installed"
    if library.startswith("libstdc++"):
        return Finding(problem=problem, advice="run sudo apt install libstdc++6")
    if library.startswith(("libGL.", "libgthread", "libglib")):
        # Those that show windows need these; the headless build of OpenCV doesn't.
        return Finding(
            problem=problem,
            advice="run pip uninstall opencv-python opencv-contrib-python, then "
            "pip install --force-reinstall opencv-python-headless",
        )
    return Finding(problem=problem, advice=f"install the system's package with it, or {other}")


def missing(name: str, support: Support) -> Finding:
    """What to do where numpy or OpenCV isn't installed."""
    return Finding(problem="not installed", advice=_again(name, support))


def telemetry(version: str) -> Finding | None:
    """A word about ONNX Runtime releases that armlet keeps clear of."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < (1, 29):
        return None
    return Finding(
        problem="this release carries telemetry code; edge-run expects one below 1.29",
        advice="run pip install 'armlet[onnx]', or pip install 'onnxruntime<1.29'",
    )


def anonymous(message: str) -> str:
    """The first line of a message, paths cut down to their last part: they may name people."""
    home = os.path.expanduser("~").rstrip("/")
    line = next(iter(message.strip().splitlines()), "").replace(f"{home}/", "/")
    return re.sub(r"(?<![\w:/.])/(?:[^/\s:'\"()]+/)+", "", line)


def _other(name: str, support: Support) -> str:
    """What to use instead of this very build."""
    if name in _SYSTEMS_OWN:
        return _SYSTEMS_OWN[name]
    if support.tier in ("limited", "unsupported"):
        return support.advice
    return f"run pip install 'armlet[{'onnx' if name == 'litert' else 'litert'}]' instead"


def _again(name: str, support: Support) -> str:
    """How to get a whole copy of the same."""
    if support.tier in ("limited", "unsupported"):
        return support.advice
    if name in _REINSTALL:
        return _REINSTALL[name]
    return f"run pip install --force-reinstall 'armlet[{name}]', or {_other(name, support)}"
