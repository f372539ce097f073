"""Files that take their pictures upside down, which no user should ever notice."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from armlet.errors import BackendError, BundleError
from armlet.preprocessing import decode
from armlet.runtime.candidates import find_candidates
from armlet.runtime.choice import Wish
from armlet.runtime.model import open_model
from armlet.runtime.options import NO_FOREIGN_OPTIONS

LITERT = Wish(backend="litert", precision="int8")
ROTATED = "model.int8.rotated.tflite"


def logits(model: Path, photo: Path) -> NDArray[np.float32]:
    opened = open_model(model, LITERT, 1)
    return opened.session.run(opened.tensor(decode(photo)))


def test_it_is_what_a_bundle_runs_and_says_the_same(bundle: Path, photos: Path) -> None:
    opened = open_model(bundle, LITERT, 1)
    assert (opened.path.name, opened.session.input.rotated) == (ROTATED, True)
    for name in ("chelsea.png", "motorcycle_left.png", "rocket.jpg"):
        plain = logits(bundle / "model.int8.tflite", photos / name)
        assert np.array_equal(logits(bundle, photos / name), plain)


def test_out_of_its_bundle_the_file_itself_says_what_it_is(
    bundle: Path, photos: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "net.tflite"
    shutil.copy(bundle / ROTATED, alone)
    photo = photos / "chelsea.png"
    assert np.array_equal(logits(alone, photo), logits(bundle / "model.int8.tflite", photo))
    with zipfile.ZipFile(alone) as archive:
        assert json.loads(archive.read("armlet.json"))["variant"] == "rotated"
    assert Interpreter(str(alone)).get_signature_list() == {
        "serving_default": {"inputs": ["rotated_input"], "outputs": ["logits"]}
    }


@pytest.mark.parametrize("take", ["plain", "rotated"])
def test_manifest_that_takes_one_for_the_other(copied: Path, take: str) -> None:
    path = copied / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    plain = next(one for one in record["files"] if one["path"] == "model.int8.tflite")
    rotated = next(one for one in record["variants"] if one["path"] == ROTATED)
    for member in ("path", "sha256", "bytes"):
        plain[member], rotated[member] = rotated[member], plain[member]
    path.write_text(json.dumps(record), encoding="utf-8")
    model = copied / (ROTATED if take == "plain" else "model.int8.tflite")
    with pytest.raises(BundleError, match="disagree on whether it is rotated"):
        open_model(model, LITERT, 1)


def test_deleted_variant_is_not_missed(copied: Path) -> None:
    (copied / ROTATED).unlink()
    assert open_model(copied, LITERT, 1).path.name == "model.int8.tflite"
    assert [one.name for one in bench_paths(copied)] == ["model.int8.tflite"]


def bench_paths(bundle: Path) -> list[Path]:
    return [one.path for one in find_candidates(bundle, LITERT, [1], NO_FOREIGN_OPTIONS)]


def test_variant_of_a_later_armlet_is_refused(bundle: Path, tmp_path: Path) -> None:
    alone = tmp_path / "net.tflite"
    data = (bundle / ROTATED).read_bytes()
    start = data.index(b"PK\x03\x04")
    alone.write_bytes(data[:start])
    with zipfile.ZipFile(bundle / ROTATED) as old, zipfile.ZipFile(alone, "a") as new:
        card = json.loads(old.read("armlet.json")) | {"variant": "mirrored"}
        new.writestr("armlet.json", json.dumps(card))
    with pytest.raises(BackendError, match="variant mirrored, which this armlet doesn't know"):
        open_model(alone, LITERT, 1)


def test_manifest_of_a_later_armlet_may_have_other_variants(copied: Path) -> None:
    path = copied / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for one in record["variants"]:
        one["variant"] = "mirrored"
    path.write_text(json.dumps(record), encoding="utf-8")
    assert open_model(copied, LITERT, 1).path.name == "model.int8.tflite"
