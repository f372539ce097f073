"""Trying libraries in child processes: real ones, and fakes that go wrong in every way."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from armlet.runtime.probe import Probe, probe
from armlet.runtime.support import Support
from tests.runtime import fake_packages as fake

SUPPORT = Support(tier="supported", reason="", advice="run pip install 'armlet[litert]'")


@pytest.mark.parametrize("name", ["numpy", "OpenCV", "litert", "onnx"])
def test_what_is_installed_works(name: str, tmp_path: Path) -> None:
    found = probe(name, SUPPORT)
    assert (found.installed, found.works, found.finding) == (True, True, None)
    assert found.version
    assert found.version[0].isdigit()


def test_illegal_instruction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.install(monkeypatch, tmp_path, "onnxruntime", fake.SIGILL, "1.21.0")
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    found = probe("onnx", SUPPORT)
    assert (found.installed, found.version, found.works) == (True, "1.21.0", False)
    assert found.finding is not None
    assert "SIGILL" in found.finding.problem
    assert found.finding.advice == "run pip install 'armlet[litert]' instead"
    assert {path for path in tmp_path.rglob("*") if path.name.startswith("core")} <= before


def test_newer_glibc_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.install(monkeypatch, tmp_path, "ai_edge_litert.interpreter", fake.NEEDS_GLIBC)
    found = probe("litert", SUPPORT)
    assert (found.installed, found.version, found.works) == (True, "9.9.9", False)
    assert found.finding is not None
    assert found.finding.problem == "needs glibc 2.99, which is newer than this system's"
    assert found.finding.advice.startswith("run pip install 'armlet[onnx]' instead")


def test_hang_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.install(monkeypatch, tmp_path, "onnxruntime", fake.HANGS)
    start = time.monotonic()
    # Enough for a loaded machine to come as far as the hang, which the version proves.
    found = probe("onnx", SUPPORT, seconds=5)
    assert time.monotonic() - start < 60
    assert (found.installed, found.version, found.works) == (True, "9.9.9", False)
    assert found.finding is not None
    assert found.finding.problem == "did not answer within 5 s"


def test_fine_one_that_talks_and_has_telemetry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.install(monkeypatch, tmp_path, "onnxruntime", fake.FINE_ONNXRUNTIME, "1.32.0")
    found = probe("onnx", SUPPORT)
    assert (found.installed, found.version, found.works) == (True, "1.32.0", True)
    assert found.finding is not None
    assert "telemetry" in found.finding.problem


def test_answer_of_nan_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = fake.FINE_ONNXRUNTIME.replace(
        "np.zeros((1, 2), np.float32)", "np.full((1, 2), np.nan)"
    )
    fake.install(monkeypatch, tmp_path, "onnxruntime", code, "1.28.0")
    found = probe("onnx", SUPPORT)
    assert found.finding is not None
    assert found.finding.problem == "answers a model with NaN or infinity"


def test_missing_one_is_said_to_be_missing() -> None:
    # -S: nothing is installed where there is no site-packages; armlet comes by PYTHONPATH.
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-m", "armlet.runtime.trial", "numpy"],
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == '{"installed": false, "version": null}\n'


def test_file_in_the_current_folder_is_not_taken_for_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError('the wrong one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert probe("numpy", SUPPORT).works


def test_record_is_json() -> None:
    it = Probe(name="onnx", installed=False, version=None, works=False, finding=None)
    assert it.to_json()["installed"] is False
