"""``edge-run doctor`` as a user meets it."""

import getpass
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime import fake_packages as fake

EDGE_RUN = Path(sys.executable).parent / "edge-run"
RUNTIMES = ("ai_edge_litert.interpreter", "onnxruntime", "tflite_runtime.interpreter")


def doctor(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([EDGE_RUN, "doctor", *options], capture_output=True, text=True)


def test_page_of_a_machine_where_it_works() -> None:
    done = doctor()
    assert done.returncode == 0
    assert done.stderr == "next: edge-run classify out/ photo.jpg\n"
    lines = done.stdout.splitlines()
    titles = [line for line in lines[1:] if line and not line.startswith(" ")]
    assert titles == ["machine", "now", "cameras", "libraries", "runtimes", "support"]
    found, expected = lines[: lines.index("support")], lines[lines.index("support") :]
    rows = {line.split()[0]: line for line in found if line.startswith("  ") and line.split()}
    for name in ("numpy", "OpenCV", "litert", "onnx"):
        assert rows[name].endswith(", works")
    assert "->" not in rows["litert"]
    assert expected[1].split()[0] == "supported"
    assert [line.split()[:2] for line in expected[2:4]] == [
        ["litert", "fits"],
        ["onnx", "fits"],
    ]


def test_json_is_one_object_that_names_nobody() -> None:
    done = doctor("--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    record = json.loads(done.stdout)
    assert record["works"] is True
    assert [one["name"] for one in record["runtimes"]] == ["litert", "onnx", "tflite-runtime"]
    assert [one["name"] for one in record["libraries"]] == ["numpy", "OpenCV"]
    assert record["support"]["tier"] == "supported"
    fits = {one["runtime"]: one["fits"] for one in record["support"]["runtimes"]}
    assert fits == {"litert": True, "onnx": True, "tflite-runtime": sys.version_info < (3, 12)}
    for secret in (platform.node(), getpass.getuser(), str(Path.home())):
        assert f'"{secret}"' not in done.stdout
    assert "/home/" not in done.stdout


def test_where_no_runtime_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in RUNTIMES:
        fake.install(monkeypatch, tmp_path, package, fake.NEEDS_GLIBC)
    done = doctor()
    assert done.returncode == 1
    assert done.stderr == (
        "edge-run: no inference runtime works here; run pip install 'armlet[onnx]' instead, or "
        "upgrade the system\n"
    )
    rows = done.stdout.splitlines()
    place, _ = (number for number, row in enumerate(rows) if row.startswith("  litert "))
    assert rows[place].endswith("9.9.9, needs glibc 2.99, which is newer than this system's")
    assert rows[place + 1].strip().startswith("-> run pip install")
    assert "/home/" not in done.stdout


def test_one_runtime_that_crashes_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.install(monkeypatch, tmp_path, "ai_edge_litert.interpreter", fake.SIGILL)
    done = doctor("--json")
    assert done.returncode == 0
    litert, onnx, _ = json.loads(done.stdout)["runtimes"]
    assert "SIGILL" in litert["finding"]["problem"]
    assert onnx["works"]


def test_broken_numpy_breaks_neither_doctor_nor_its_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.install(monkeypatch, tmp_path, "numpy", fake.SIGILL, "2.4.6")
    done = doctor()
    assert done.returncode == 1
    assert "numpy           2.4.6, uses instructions that this processor doesn't" in done.stdout
    assert "litert          not tried, it needs numpy" in done.stdout
    assert done.stderr.startswith("edge-run: no inference runtime works here; try the system's")
    assert done.stderr.count("\n") == 1


def test_no_runtime_is_imported_by_the_command_itself() -> None:
    program = """if True:
        import sys
        from click.testing import CliRunner
        from armlet.runtime.cli import main
        result = CliRunner().invoke(main, ["doctor"])
        assert result.exit_code == 0, result.output
        heavy = {"numpy", "cv2", "onnxruntime", "ai_edge_litert", "tflite_runtime"}
        print(sorted(heavy & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
