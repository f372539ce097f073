"""The driver with real workers on a tiny file; no time is looked at."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armlet.bundle import open_bundle
from tests.bench.peers import catalogue
from tests.bench.peers.catalogue import Row, find_rows
from tests.bench.peers.driver import measure
from tests.bench.peers.engines import litert

ROOT = Path(__file__).parents[2]
TINY = ROOT / "runtime/tiny.tflite"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network's folder with one file in it, what to ask that, and what it answers."""
    folder = tmp_path / "tiny"
    (folder / "stock_litert").mkdir(parents=True)
    (folder / "stock_litert/int8.tflite").write_bytes(TINY.read_bytes())
    engine = litert.load(TINY, 1)
    pictures = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)
    answers = [engine.logits(engine.run(engine.prepare(one[None]))) for one in pictures]
    np.savez(folder / "pictures.npz", trial=pictures, logits=np.stack(answers))
    return folder


@pytest.fixture
def row(network: Path) -> Row:
    (found,) = find_rows(network, 1)
    return found


def test_rows_come_from_the_files_that_are_there(network: Path, row: Row) -> None:
    assert (row.file, row.precision, row.kind) == (
        "stock_litert/int8.tflite",
        "int8",
        "stock",
    )
    assert row.bytes == TINY.stat().st_size


def test_each_row_is_visited_in_each_round(network: Path, row: Row) -> None:
    rows = [row, replace(row, engine="armlet", threads=2)]
    measured, failed = measure(rows, network, rounds=2, runs=3, watch=iter)
    assert not failed
    for one in measured:
        assert [len(visit) for visit in one.visits] == [3, 3]
        assert one.ready.max_difference < 1e-5
        assert one.ready.version


def test_a_file_that_cannot_be_loaded_is_named_and_the_rest_is_measured(
    network: Path, row: Row
) -> None:
    (network / "broken.tflite").write_bytes(b"no model")
    measured, failed = measure(
        [replace(row, file="broken.tflite"), row], network, rounds=1, runs=1, watch=iter
    )
    assert [one.row for one in measured] == [row]
    (line,) = failed
    assert line.startswith("tiny/broken.tflite on LiteRT, 1 thread: ended with 1")


def test_a_file_with_wrong_answers_is_not_measured(network: Path, row: Row) -> None:
    with np.load(network / "pictures.npz") as arrays:
        changed = {**arrays, "logits": -arrays["logits"]}
    np.savez(network / "pictures.npz", **changed)
    measured, failed = measure([row], network, rounds=1, runs=1, watch=iter)
    assert not measured
    assert "its answers aren't PyTorch's" in failed[0]


def test_every_file_and_variant_of_a_bundle_s_manifest_is_a_row(
    copied: Path, tmp_path: Path
) -> None:
    copied.rename(tmp_path / "armlet")
    rows = [row for row in find_rows(tmp_path, 1) if row.engine == "armlet"]
    manifest = open_bundle(tmp_path / "armlet")[0].manifest
    assert {(row.file, row.precision, row.rotated) for row in rows} == {
        (f"armlet/{one.path}", one.precision, one.rotated) for one in manifest.all_files
    }


def test_every_conversion_and_runner_has_its_module() -> None:
    folder = Path(catalogue.__file__).parent
    for one in catalogue.CONVERSIONS:
        assert (folder / f"converters/{one.name}.py").exists()
    for runner in catalogue.RUNNERS:
        assert (folder / f"engines/{runner.engine}.py").exists()
