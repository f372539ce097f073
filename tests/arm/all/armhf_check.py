"""edge-run on 32-bit ARM, where it is limited to TFLite files (make test-arm-all)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.arm import armhf, emulator
from tests.arm.root import Root

RUN = ("-c", "from armlet.runtime.entry import run; run()")
FILES = ("model.float32.tflite", "model.int8.tflite")


@pytest.fixture(scope="module")
def limited() -> Root:
    return armhf.make()


def edge_run(limited: Root, *arguments: str | Path) -> Any:
    """What a command prints as JSON."""
    done = emulator.attempt(limited, armhf.PROCESSOR, [*RUN, *map(str, arguments)])
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def test_doctor_says_what_32_bits_are_good_for(limited: Root) -> None:
    found = edge_run(limited, "doctor", "--json")
    assert found["machine"]["bits"] == 32
    assert found["support"]["tier"] == "limited"
    assert {one["name"] for one in found["runtimes"] if one["works"]} == {"tflite-runtime"}


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_bundle_keeps_its_promises(limited: Root, bundle: Path, precision: str) -> None:
    proof = edge_run(limited, "verify", bundle, "--precision", precision, "--json")
    assert proof["verified"], proof
    run = {
        (Path(one["path"]).suffix, one["backend"]) for one in proof["files"] if one["backend"]
    }
    assert run == {(".tflite", "tflite-runtime")}


def test_a_cat_is_a_cat(limited: Root, bundle: Path, photos: Path) -> None:
    for file in FILES:
        result = edge_run(limited, "classify", bundle / file, photos / "chelsea.png", "--json")
        assert result["top"][0]["label"] == "cat"
