"""``edge-run profile`` as a user meets it."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner, Result

from armlet.bundle import open_bundle
from armlet.runtime.cli import main
from tests.runtime import foreign_onnx, foreign_tflite

FEW = ("--runs", "3")


def edge_run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["profile", *map(str, arguments)], prog_name="edge-run")


@pytest.mark.parametrize("backend", ["litert", "onnx"])
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_table(bundle: Path, backend: str, precision: str) -> None:
    done = edge_run(bundle, *FEW, "--backend", backend, "--precision", precision)
    assert done.exit_code == 0
    names = [layer.name for layer in open_bundle(bundle)[0].manifest.layers]
    titles, *lines = done.stdout.splitlines()
    assert titles.split()[:4] == ["layer", "operator", "kind", "us"]
    assert [line.split()[0] for line in lines[: len(names)]] == names
    assert lines[-1].startswith(f"{backend} {precision}, threads: ")
    assert done.stderr == f"next: edge-run profile {bundle} --heaviest\n"


def test_json_is_one_object(bundle: Path) -> None:
    done = edge_run(bundle, *FEW, "--json", "--threads", "1")
    record = json.loads(done.stdout)
    assert done.stderr == ""
    assert (record["backend"], record["precision"], record["threads"]) == ("litert", "int8", 1)
    assert record["total_us"] > 0
    assert record["conditions"]["threads"] == 1
    assert sum(one["share"] for one in record["layers"]) == pytest.approx(1.0, abs=1e-3)
    assert set(record["layers"][0]) == {
        *("name", "operator", "kind", "median_us", "share", "macs", "parameters", "bytes"),
        *("gmacs_per_s", "gbytes_per_s"),
    }


def test_heaviest_first(bundle: Path) -> None:
    done = edge_run(bundle, *FEW, "--json", "--heaviest", "--backend", "onnx")
    shares = [one["share"] for one in json.loads(done.stdout)["layers"]]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--compare"], [("litert", "int8"), ("litert", "float32")]),
        (["--compare", "onnx"], [("litert", "int8"), ("onnx", "int8")]),
        (
            ["--compare", "int8", "--precision", "float32", "--backend", "onnx"],
            [("onnx", "float32"), ("onnx", "int8")],
        ),
    ],
)
def test_comparisons(
    bundle: Path, options: Sequence[str], settings: Sequence[tuple[str, str]]
) -> None:
    record = json.loads(edge_run(bundle, *FEW, "--json", *options).stdout)
    assert [(one["backend"], one["precision"]) for one in record["profiles"]] == settings
    first, second = record["profiles"]
    assert record["ratio"] == pytest.approx(
        first["total_us"] / second["total_us"], rel=0.01, abs=0.001
    )
    assert [one["name"] for one in first["layers"]] == [one["name"] for one in second["layers"]]
    shown = edge_run(bundle, *FEW, *options)
    assert shown.exit_code == 0
    assert "taking turns" in shown.stdout
    rows = list(csv.DictReader(edge_run(bundle, *FEW, "--csv", *options).stdout.splitlines()))
    assert len(rows) == len(first["layers"]) + len(second["layers"])


@pytest.mark.parametrize(
    ("name", "model", "options", "operators"),
    [
        (
            "net.tflite",
            foreign_tflite.classifier("uint8"),
            (),
            {"CONV_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"},
        ),
        (
            "open.tflite",
            foreign_tflite.classifier("float32", open_size=True),
            ("--input-size", "20"),
            {"CONV_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"},
        ),
        (
            "open.onnx",
            foreign_onnx.classifier(batch="N", height="H", width="W"),
            ("--input-size", "20"),
            {"Conv", "GlobalAveragePool", "Flatten"},
        ),
    ],
)
def test_files_of_others_have_layers_too(
    tmp_path: Path, name: str, model: bytes, options: Sequence[str], operators: set[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(model)
    done = edge_run(path, *FEW, "--json", *options)
    assert done.exit_code == 0, done.stderr
    layers = json.loads(done.stdout)["layers"]
    if options:  # the convolution halves 20 pixels, so it works at 10 x 10 places
        assert max(one["macs"] for one in layers) == 100 * foreign_tflite.FILTERS * 27
    assert operators <= {one["operator"] for one in layers}
    assert all(one["macs"] for one in layers if one["kind"] == "convolution")
    shown = edge_run(path, *FEW, *options)
    assert shown.stderr.splitlines()[-1] == " ".join(
        ["next: edge-run profile", str(path), *options, "--heaviest"]
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{bundle}", "--json", "--csv"], 1, "--json and --csv both say what is printed; drop"),
        (
            ["{bundle}", "--compare", "int8"],
            1,
            "is what {bundle}/model.int8.rotated.tflite runs on",
        ),
        (["{bundle}", "--compare", "int4"], 2, "'int4' is not one of"),
        (["{bundle}", "--runs", "0"], 2, "0 is not in the range"),
        (["nowhere"], 1, "nowhere does not exist; give a folder"),
        (["{bundle}", "--input-size", "64"], 1, "what --input-size would say; drop"),
        (["{bundle}/manifest.json"], 1, "manifest.json is not a model file; give"),
    ],
)
def test_bad_input_is_one_line(
    bundle: Path, arguments: Sequence[str], code: int, message: str
) -> None:
    done = edge_run(*(one.format(bundle=bundle) for one in arguments))
    assert done.exit_code == code
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert message.format(bundle=bundle) in lines[-1]
    assert len(lines) == 1
    assert code == 1 or lines[0].endswith("; see edge-run profile --help")


def test_no_room_for_a_profile_is_one_line(
    bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    done = edge_run(bundle, *FEW, "--backend", "onnx")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"edge-run: onnx can't profile {bundle}/model.int8.onnx (")
    assert "see that there is room in " in done.stderr
    assert done.stderr.count("\n") == 1
    log = tmp_path / "log.jsonl"
    arguments = ["classify", bundle, photos / "chelsea.png", "--log", log, "--backend", "onnx"]
    logged = CliRunner().invoke(main, [str(one) for one in arguments])
    assert logged.exit_code == 0
    assert "the log has no layers: onnx can't profile" in logged.stderr
    assert len(log.read_text(encoding="utf-8").splitlines()) == 1


def test_names_that_the_profiler_does_not_escape(tmp_path: Path) -> None:
    path = tmp_path / "odd.onnx"
    model = onnx.load_from_string(foreign_onnx.classifier())
    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}\t{number}"
    path.write_bytes(model.SerializeToString())
    done = edge_run(path, *FEW, "--json")
    assert done.exit_code == 0, done.stderr
    assert "Conv\t0" in [one["name"] for one in json.loads(done.stdout)["layers"]]
    for number, node in enumerate(model.graph.node):
        node.name = f'"{number}"'
    path.write_bytes(model.SerializeToString())
    done = edge_run(path, *FEW, "--json")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("edge-run: onnx can't profile")
