"""edge-run on emulated processors says what it says here (make test-arm).

It takes the bundles demo/bundle and demo/fashion-mnist, and Debian's dataset-fashion-mnist.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from armlet.bundle import open_bundle
from armlet.export import datasets
from tests.arm import wheels
from tests.arm.edge_run import everywhere, on, records
from tests.arm.processors import PROCESSORS
from tests.arm.root import Root
from tests.arm.tools import ROOT, ArmError
from tests.runtime.leaving import BACKENDS, Places, commands

DEMO, PHOTOS = ROOT / "demo/bundle", ROOT / "demo/photos"
FASHION = ROOT / "demo/fashion-mnist"
IDX = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
PICTURES = 300
PAGE = 0x4000
"""16 KiB, of the Raspberry Pi 5's own kernel."""
TITLES = {"litert": "LiteRT", "onnx": "ONNX Runtime"}
ONE_THREAD = ("--threads", "1")
"""A thread for each emulator, since there are two at once."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Pictures with what is on them."""

    folder: Path
    targets: Mapping[str, int]
    """By file name."""

    def right(self, results: Sequence[Mapping[str, Any]]) -> int:
        """How many results name the right label."""
        return sum(
            self.targets[Path(one["path"]).name] == one["top"][0]["index"] for one in results
        )


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    """The first of Fashion-MNIST's test pictures, as files."""
    if not IDX.exists():
        raise ArmError(f"there is no {IDX}", "run apt-get install dataset-fashion-mnist")
    folder = tmp_path_factory.mktemp("fashion-mnist")
    targets = {}
    for number, one in enumerate(datasets.find(IDX).pictures[:PICTURES]):
        path = folder / f"{number:04}.png"
        assert cv2.imwrite(str(path), np.ascontiguousarray(one.load()[:, :, ::-1]))
        targets[path.name] = one.target
    return Labelled(folder=folder, targets=targets)


def answers(output: str) -> list[dict[str, Any]]:
    """The results, without what is said of the machine at the end."""
    return [one for one in records(output) if "path" in one]


def identical(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> int:
    """How many of the same pictures' logits are equal, bit for bit."""
    pairs = list(zip(one, other, strict=True))
    assert all(a["path"] == b["path"] and a["logits"] for a, b in pairs)
    return sum(a["logits"] == b["logits"] for a, b in pairs)


def test_wheels_are_those_of_the_lock(root: Root, said: list[str]) -> None:
    tags = wheels.tags(root.site[0])
    for name in ("ai_edge_litert", "numpy", "onnxruntime", "opencv_python_headless"):
        assert "_aarch64" in tags[name], name
        said.append(f"{name} {tags[name]}")


def test_libraries_fit_pages_of_16_kib(root: Root, said: list[str]) -> None:
    found = {path: wheels.alignments(path) for path in wheels.programs(root.site[0])}
    libraries = {path for path in root.site[0].rglob("*.so*") if not path.is_symlink()}
    assert libraries and libraries <= set(found)
    assert not [path for path, parts in found.items() if not parts]
    assert not [path for path, parts in found.items() if min(parts) < PAGE]
    least = min(min(parts) for parts in found.values())
    said.append(
        f"libraries in the wheels: {len(found)}, aligned to {least // 1024} KiB or more"
    )


def test_doctor_knows_the_processor(root: Root, said: list[str]) -> None:
    _, there = everywhere(root, "doctor", "--json")
    for name, output in there.items():
        record = json.loads(output)
        assert record["works"]
        assert record["machine"]["cpu"] == PROCESSORS[name].title
        assert ("asimddp" in record["machine"]["features"]) == (name == "cortex-a76")
        assert record["machine"]["target"]["architecture"] == "aarch64"
        assert record["support"]["tier"] == "supported"
        works = {one["name"]: one["works"] for one in record["runtimes"]}
        assert works == {"litert": True, "onnx": True, "tflite-runtime": False}
        said.append(f"{name}: {record['support']['reason']}, both runtimes work")


def test_golden_vectors_are_reproduced(root: Root, said: list[str]) -> None:
    here, there = everywhere(root, "verify", DEMO, "--json", *ONE_THREAD)
    for name, output in there.items():
        record = json.loads(output)
        assert record["verified"]
        assert [one["path"] for one in record["files"]] == [
            one["path"] for one in json.loads(here)["files"]
        ]
        for one in record["files"]:
            if one["path"].startswith("model.int8") and one["path"].endswith(".tflite"):
                assert one["promise"] == "bit for bit"
        said.append(f"{name}: verify kept its promise for {len(record['files'])} files")


@pytest.mark.parametrize("backend", BACKENDS)
def test_photos_have_the_labels_that_they_have_here(root: Root, backend: str) -> None:
    here, there = everywhere(
        root, "classify", DEMO, PHOTOS, *("--backend", backend, "--raw", "--json"), *ONE_THREAD
    )
    expected = answers(here)
    assert len(expected) == len(list(PHOTOS.iterdir()))
    for output in there.values():
        found = answers(output)
        assert [one["top"][0]["label"] for one in found] == [
            one["top"][0]["label"] for one in expected
        ]
        if backend == "litert":
            assert identical(found, expected) == len(expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_int8_on_real_pictures(
    root: Root, labelled: Labelled, backend: str, said: list[str]
) -> None:
    here, there = everywhere(
        root,
        *("classify", FASHION, labelled.folder, "--backend", backend),
        *("--precision", "int8", "--raw", "--json"),
        *ONE_THREAD,
    )
    expected = answers(here)
    assert len(expected) == PICTURES
    right = labelled.right(expected)
    assert right > 0.9 * PICTURES
    for name, output in there.items():
        found = answers(output)
        same = identical(found, expected)
        said.append(
            f"{name}: {TITLES[backend]} int8: {same} of {PICTURES} pictures bit-identical to "
            f"x86; {labelled.right(found)} right, on x86 {right}"
        )
        if backend == "litert":
            assert same == PICTURES
        assert abs(labelled.right(found) - right) <= 0.01 * PICTURES


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_layer_has_its_time(root: Root, backend: str) -> None:
    _, there = everywhere(
        root, "profile", DEMO, *("--backend", backend, "--runs", "2", "--json"), *ONE_THREAD
    )
    manifest = open_bundle(DEMO)[0].manifest
    for output in there.values():
        record = json.loads(output)
        assert (record["backend"], record["precision"]) == (backend, "int8")
        names = [one["name"] for one in record["layers"]]
        assert names == [*(one.name for one in manifest.layers_int8), "other"]
        assert sum(one["share"] for one in record["layers"]) == pytest.approx(1, abs=0.01)


def test_only_log_and_cache_appear(root: Root, tmp_path: Path) -> None:
    def leave(place: tuple[str, str]) -> None:
        processor, backend = place
        places = Places(tmp_path / processor)
        for one in commands(backend, DEMO, PHOTOS / "chelsea.png", places.log):
            on(root, processor, one, environment=places.environment, folder=places.work)
            assert places.strays() == set(), one
        assert places.log.exists()
        assert any(one.startswith("armlet-cache/tuning/") for one in places.files())

    with ThreadPoolExecutor(len(PROCESSORS)) as pool:
        list(pool.map(leave, zip(PROCESSORS, BACKENDS, strict=True)))
