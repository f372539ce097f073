"""The locks are what setup.cfg asks for, each wheel with its hashes."""

import configparser
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "device_scripts/locks"
BITS = ("64bit", "32bit")


def entries(name: str) -> Mapping[str, str]:
    """By package: what a lock says of it, continued lines joined."""
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    return {canonicalize_name(re.split(r"[=\s;]", line)[0]): line for line in lines}


def pinned(name: str) -> Mapping[str, Version]:
    found = {
        package: re.match(r"[\w.-]+==(\S+)", line) for package, line in entries(name).items()
    }
    return {package: Version(one[1]) for package, one in found.items() if one}


def requirements(*extras: str) -> list[Requirement]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lists = [config["options"]["install_requires"]]
    lists += [config["options.extras_require"][extra] for extra in extras]
    lines = [line.strip() for text in lists for line in text.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_64bit_lock_has_all_that_setup_cfg_asks_for() -> None:
    locked = pinned("64bit")
    wanted = requirements("onnx", "litert", "web", "mqtt")
    assert {"onnxruntime", "ai-edge-litert", "numpy"} <= {one.name for one in wanted}
    for one in wanted:
        version = locked.get(canonicalize_name(one.name))
        assert version is not None, one
        assert one.specifier.contains(version), one
    assert locked["onnxruntime"] < Version("1.29")


def test_32bit_lock_has_what_debian_lacks() -> None:
    locked = pinned("32bit")
    assert set(locked) == {"tflite-runtime", "click-default-group", "paho-mqtt"}
    for one in requirements("tflite-runtime", "mqtt"):
        if one.name in locked:
            assert one.specifier.contains(locked[one.name]), one


@pytest.mark.parametrize("name", BITS)
def test_every_entry_is_one_version_with_hashes(name: str) -> None:
    found = entries(name)
    assert found
    for package, line in found.items():
        assert re.match(r"[\w.-]+==[\w.]+ ", line), package
        hashes = re.findall(r"--hash=(\S+)", line)
        assert hashes, package
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), package


@pytest.mark.parametrize("name", BITS)
def test_a_lock_names_no_host(name: str) -> None:
    assert "://" not in (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
