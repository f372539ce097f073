import os
from importlib.metadata import version
from pathlib import Path

import pytest

from armlet.runtime.device import package_version, read_device, runtime_versions
from tests.runtime.boards import LAPTOP, PI_4, lay_out


def test_processor_of_a_board_and_of_a_laptop(tmp_path: Path) -> None:
    assert read_device(lay_out(tmp_path / "pi", PI_4)).cpu == "Cortex-A72"
    assert read_device(lay_out(tmp_path / "laptop", LAPTOP)).cpu == "Fast CPU @ 3.00GHz"
    assert read_device(tmp_path).cpu is None


def test_processors_without_a_name_are_told_apart(tmp_path: Path) -> None:
    found = set()
    for part in ("0xaaa", "0xbbb"):
        text = f"CPU implementer\t: 0x41\nCPU part\t: {part}\n" * 2
        root = lay_out(tmp_path / part, {"proc/cpuinfo": text})
        found.add(read_device(root).cpu)
    assert found == {f"CPU implementer 0x41, CPU part {part}" for part in ("0xaaa", "0xbbb")}


def test_what_cores_can_do_is_told_apart(tmp_path: Path) -> None:
    def features(folder: str, text: str) -> str | None:
        return read_device(lay_out(tmp_path / folder, {"proc/cpuinfo": text})).features

    dot = "Features\t: fp asimd asimddp\n"
    assert features("one", dot) == features("two", dot * 2)
    assert features("three", "Features\t: fp asimd\n") != features("one", dot)
    assert features("four", "flags\t\t: fpu avx2\n")
    assert features("five", "model name\t: Fast CPU\n") is None


def test_cores_are_those_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(3)))
    assert read_device().cores == 3


def test_versions_are_those_that_pip_knows() -> None:
    assert runtime_versions() == {
        "litert": version("ai-edge-litert"),
        "onnx": version("onnxruntime"),
    }


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        (["onnxruntime-1.20.1.dist-info"], "1.20.1"),
        (["onnxruntime_gpu-1.20.1.dist-info", "onnx-1.17.dist-info"], "gpu-1.20.1"),
        (["onnxruntime-1.20.1.egg-info", "onnxruntime-1.20.1.txt"], "1.20.1"),
        (["onnxruntime-1.19.dist-info", "onnxruntime-1.20.dist-info"], "1.19, 1.20"),
    ],
)
def test_version_beside_a_package(tmp_path: Path, beside: list[str], said: str) -> None:
    package = tmp_path / "onnxruntime"
    for name in ("onnxruntime", *beside):
        (tmp_path / name).mkdir()
    assert package_version(package) == said


def test_package_that_pip_does_not_know_changes_with_its_time(tmp_path: Path) -> None:
    package = tmp_path / "onnxruntime"
    package.mkdir()
    os.utime(package, ns=(5, 7))
    assert package_version(package) == "installed at 7"
