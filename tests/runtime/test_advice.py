import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from armlet.runtime.advice import Failure, anonymous, explain, telemetry
from armlet.runtime.support import INSTALL_32, Support

FULL = Support(tier="supported", reason="", advice="run pip install 'armlet[litert]'")
SMALL = Support(tier="limited", reason="", advice=INSTALL_32)


def failure(name: str, code: int | None = 0, messages: Sequence[str] = ()) -> Failure:
    return Failure(name=name, code=code, messages=tuple(messages), seconds=60.0)


@pytest.mark.parametrize(
    ("name", "message", "problem", "advice"),
    [
        (
            "litert",
            "/lib/aarch64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by "
            "/home/jane/x.so)",
            "needs glibc 2.38, which is newer than this system's",
            "run pip install 'armlet[onnx]' instead, or upgrade the system",
        ),
        (
            "onnx",
            "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by x.so)",
            "needs a newer libstdc++, with GLIBCXX_3.4.32",
            "upgrade the system, or run pip install 'armlet[litert]' instead",
        ),
        (
            "tflite-runtime",
            "libstdc++.so.6: cannot open shared object file: No such file or directory",
            "needs libstdc++.so.6, which isn't installed",
            "run sudo apt install libstdc++6",
        ),
        (
            "OpenCV",
            "libGL.so.1: cannot open shared object file: No such file or directory",
            "needs libGL.so.1, which isn't installed",
            "run pip uninstall opencv-python opencv-contrib-python, then pip install "
            "--force-reinstall opencv-python-headless",
        ),
        (
            "numpy",
            "libopenblas.so.0: cannot open shared object file: No such file or directory",
            "needs libopenblas.so.0, which isn't installed",
            "install the system's package with it, or try the system's",
        ),
        (
            "tflite-runtime",
            "numpy.core.multiarray failed to import",
            "was built for numpy 1 and not for the one that is here",
            "run pip install 'armlet[litert]' instead",
        ),
        (
            "OpenCV",
            "_ARRAY_API not found",
            "was built for another numpy and not for the one that is here",
            "run pip install --force-reinstall opencv-python-headless",
        ),
        (
            "onnx",
            "/home/jane/venv/lib/onnxruntime.so: undefined symbol: foo\nand more",
            "onnxruntime.so: undefined symbol: foo",
            "run pip install --force-reinstall 'armlet[onnx]', or run pip",
        ),
    ],
)
def test_errors(name: str, message: str, problem: str, advice: str) -> None:
    found = explain(failure(name, messages=[message, "outer error"]), FULL)
    assert found.problem == problem
    assert found.advice.startswith(advice)
    assert "\n" not in found.problem + found.advice


@pytest.mark.parametrize(
    ("code", "problem", "advice"),
    [
        (
            -signal.SIGILL,
            "uses instructions that this processor doesn't have",
            "armlet[litert]",
        ),
        (-signal.SIGSEGV, "crashes (SIGSEGV)", "armlet[litert]"),
        (-signal.SIGKILL, "want of memory", "close other programs"),
        (-signal.SIGXCPU, f"was ended by signal {int(signal.SIGXCPU)}", "armlet[litert]"),
        (None, "did not answer within 60 s", "try again"),
        (1, "ended without an answer", "--force-reinstall"),
    ],
)
def test_ends_without_an_error(code: int | None, problem: str, advice: str) -> None:
    found = explain(failure("onnx", code), FULL)
    assert problem in found.problem
    assert advice in found.advice


def test_on_32_bit_no_other_runtime_is_advised() -> None:
    found = explain(failure("tflite-runtime", -signal.SIGILL), SMALL)
    assert found.advice == INSTALL_32


@pytest.mark.parametrize(
    ("version", "known"),
    [("1.20.1", False), ("1.28.0", False), ("1.29.0", True), ("2.0.0", True), ("?", False)],
)
def test_telemetry(version: str, known: bool) -> None:
    found = telemetry(version)
    assert (found is not None) == known
    assert found is None or "'onnxruntime<1.29'" in found.advice


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("/home/jane/a/x.so: bad", "x.so: bad"),
        (f"{Path.home()}/venv/x.so: bad", "x.so: bad"),
        ("can't load '/srv/jane/m.tflite' (no)", "can't load 'm.tflite' (no)"),
        ("see https://numpy.org/doc/x for more", "see https://numpy.org/doc/x for more"),
        ("1/2 of it", "1/2 of it"),
        ("\n\nfirst\nsecond", "first"),
    ],
)
def test_messages_name_nobody(message: str, shown: str) -> None:
    assert anonymous(message) == shown
