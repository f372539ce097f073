"""edge-export as a user meets it: what goes wrong, and what a good export leaves."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from armlet.bundle import open_bundle, read_vectors, sha256
from armlet.export import cards, networks
from armlet.export.cli import main
from armlet.preprocessing import decode
from armlet.runtime.choice import Wish
from armlet.runtime.model import open_model

pytestmark = pytest.mark.torch

NETWORK = "shufflenet_v2_x0_5"
SMALL = ("--input-size", 32, "--precisions", "float32", "--formats", "onnx")
TINY = """
import torch
from torch import nn

def make():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
    return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))

def swish():
    return nn.Sequential(nn.Conv2d(3, 8, 3, 4), nn.Hardswish(), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(8, 2))

def noisy():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.calls = make(), 0
        def forward(self, x):
            self.calls += 1
            return self.net(x) + (self.calls > 1) * 100.0 * (self.calls % 2)
    return Noisy()

def untrained():
    net = make()
    net[-1].bias.data.fill_(float("nan"))
    return net

def branches():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = make()
        def forward(self, x):
            return self.net(x) if x.sum() > 0 else -self.net(x)
    return Branches()

def fails():
    raise RuntimeError("no such checkpoint")
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photos: Path) -> Path:
    """A folder to call from: a module of one's own, photos, weights, and nothing cached."""
    monkeypatch.chdir(tmp_path)
    name = f"tiny_{tmp_path.name}".replace("-", "_")  # a fresh module for each test
    (tmp_path / f"{name}.py").write_text(TINY, encoding="utf-8")
    (tmp_path / "module").write_text(name, encoding="utf-8")
    (tmp_path / "photos/deeper").mkdir(parents=True)
    shutil.copy(photos / "chelsea.png", tmp_path / "photos")
    shutil.copy(photos / "rocket.jpg", tmp_path / "photos/deeper")
    (tmp_path / "photos/notes.txt").write_text("no picture", encoding="utf-8")
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="edge-export")


def tiny(work: Path, factory: str = "make") -> str:
    return f"{(work / 'module').read_text(encoding='utf-8')}:{factory}"


def refused(result: Result, code: int = 1) -> str:
    """The one line on stderr of a run that failed as it should."""
    assert result.exit_code == code, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("edge-export: ")
    assert "fault of armlet" not in lines[0]
    assert result.stdout == ""
    return lines[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("resnet50",), "resnet50"),
        (("shufflenet_v2_x2_0",), "--weights"),
        (("shufflenet_v2_x1_0", "--weights", "cifar10"), "for shufflenet_v2_x0_5"),
        ((NETWORK, "--weights", "missing.pth"), "missing.pth"),
        ((NETWORK, "--weights", "photos"), "photos"),
        ((NETWORK, "--weights", "photos/chelsea.png"), "chelsea.png"),
        ((NETWORK, "--labels", "missing.txt"), "missing.txt"),
        ((NETWORK, "--labels", "photos/chelsea.png"), "not UTF-8"),
        ((NETWORK, "--labels", "nine.txt"), "9"),
        ((NETWORK, "--labels", "gap.txt"), "line 2 is empty"),
        ((NETWORK, "--calib", "missing"), "does not exist"),
        ((NETWORK, "--calib", "empty"), "none pictures"),
        ((NETWORK, "--calib", "broken"), "no readable one of 1"),
        ((NETWORK, "--eval", "photos"), "deeper"),
        ((NETWORK, "--eval", "missing"), "missing"),
        ((NETWORK, "--mean", "0.5,0.5,0.5"), "--calib"),
        (("nowhere:make",), "nowhere"),
        (("json:nothing",), "nothing"),
        (("json:dumps",), "json:dumps"),
        ((NETWORK, "--via", "litert-torch"), "TFLite only"),
        ((NETWORK, "--formats", "onnx", "--precisions", "float16"), "to TFLite alone"),
    ],
)
def test_bad_input_is_one_line_and_no_bundle(
    work: Path, words: tuple[str, ...], says: str
) -> None:
    (work / "nine.txt").write_text("\n".join("abcdefghi"), encoding="utf-8")
    (work / "gap.txt").write_text("a\n\nb\n", encoding="utf-8")
    (work / "empty").mkdir()
    (work / "broken").mkdir()
    (work / "broken/half.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    assert says in refused(run(*words, "-o", "out"))
    assert not (work / "out").exists()
    assert not list(work.glob(".out*"))


@pytest.mark.parametrize(
    "words",
    [
        (NETWORK,),
        (NETWORK, "-o", "out", "--mean", "0.5,0.5"),
        (NETWORK, "-o", "out", "--std", "0.5,0,0.5"),
        (NETWORK, "-o", "out", "--mean", "nan,0,0"),
        (NETWORK, "-o", "out", "--formats", "onnx,coreml"),
        (NETWORK, "-o", "out", "--precisions", ""),
        (NETWORK, "-o", "out", "--resize", "stretch"),
        (NETWORK, "-o", "out", "--input-size", "0"),
    ],
)
def test_bad_options_are_usage_errors(work: Path, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert not (work / "out").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda state: state.pop("conv5.0.weight"), "conv5.0.weight"),
        (lambda state: state.update(extra=torch.zeros(1)), "extra"),
        (lambda state: state.update({"conv1.0.weight": torch.zeros(24, 3, 5, 5)}), "conv1.0"),
        (lambda state: state["fc.bias"].fill_(torch.nan), "fc.bias"),
    ],
)
def test_weights_that_do_not_fit_name_the_first_offender(
    work: Path, change: object, says: str
) -> None:
    state = networks.build(NETWORK, 10, "cifar").state_dict()
    change(state)  # type: ignore[operator]  # a function, whatever it returns
    torch.save(state, work / "w.pth")
    assert says in refused(run(NETWORK, "--weights", "w.pth", "-o", "out"))


def test_places_that_cannot_be_written_are_refused_at_once(work: Path) -> None:
    (work / "file").write_text("", encoding="utf-8")
    assert "is a file" in refused(run(NETWORK, "-o", "file"))
    assert "holds other files" in refused(run(NETWORK, "-o", "photos"))
    assert "file" in refused(run(NETWORK, "-o", "file/out"))
    assert (work / "photos/chelsea.png").exists()


def test_an_unsupported_operator_is_named_with_its_module_and_the_other_way(work: Path) -> None:
    (work / "photos/broken.png").write_bytes(b"")
    line = run(tiny(work, "swish"), "--input-size", 32, "--calib", "photos", "-o", "out")
    last = line.stderr.strip().splitlines()[-1]
    assert line.exit_code == 1
    assert "HardSwish" in last and "module 1" in last and "--via litert-torch" in last
    assert "no such checkpoint" in refused(run(tiny(work, "fails"), "-o", "out"))


def test_a_factory_with_pictures_leaves_a_bundle(work: Path) -> None:
    (work / "photos/broken.png").write_bytes(b"")
    (work / "labels.txt").write_text("cat\nrocket\n", encoding="utf-8")
    for folder in ("cat", "rocket"):
        (work / "eval" / folder).mkdir(parents=True)
        shutil.copy(work / "photos/chelsea.png", work / "eval" / folder)
    words = (tiny(work), "--input-size", 32, "--labels", "labels.txt", "--calib", "photos")
    result = run(*words, "--eval", "eval", "-o", "a/b/out")
    assert result.exit_code == 0, result.output
    assert "broken.png" in result.stderr
    assert "2 pictures are few" in result.stderr
    assert result.stdout.strip().splitlines()[-1] == "next: edge-run classify a/b/out photo.jpg"
    bundle, _ = open_bundle(Path("a/b/out"))
    assert bundle.manifest.labels == ["cat", "rocket"]
    assert {one.images for one in bundle.manifest.accuracy.values()} == {2}
    assert {one.top1 for one in bundle.manifest.accuracy.values()} == {50.0}
    # A second export takes the first one's place; anything else would have been refused.
    again = run(*words, "--formats", "onnx", "--precisions", "float32", "-o", "a/b/out")
    assert again.exit_code == 0, again.output
    assert [one.path for one in open_bundle(Path("a/b/out"))[0].manifest.files] == [
        "model.float32.onnx"
    ]
    assert not list(Path("a/b").glob(".*"))


def test_files_that_disagree_are_kept_and_exit_with_3(work: Path) -> None:
    words = ("--input-size", 32, "--precisions", "float32", "--formats", "onnx", "-o", "out")
    line = refused(run(tiny(work, "noisy"), *words), code=3)
    assert "model.float32.onnx differs from PyTorch" in line
    assert (work / "out/manifest.json").exists()


def test_the_bundle_holds_what_the_manifest_says(bundle: Path) -> None:
    record = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    opened, _ = open_bundle(bundle)
    names = {f"model.{p}.{f}" for p in ("float32", "int8") for f in ("onnx", "tflite")}
    assert {one["path"] for one in record["files"]} == {*names, "model.float16.tflite"}
    assert {(one["path"], one["variant"]) for one in record["variants"]} == {
        (f"model.{p}.rotated.tflite", "rotated") for p in ("float32", "float16", "int8")
    }
    for one in (*record["files"], *record["variants"]):
        data = (bundle / one["path"]).read_bytes()
        assert (one["bytes"], one["sha256"]) == (len(data), sha256(data))
    card, _ = cards.shipped("cifar10", NETWORK)
    assert list(opened.manifest.labels) == list(card.labels)
    assert opened.manifest.preprocessing == card.preprocessing
    assert {"torch", "onnxruntime", "ai-edge-litert"} <= set(record["versions"])
    layers = {one["name"]: one for one in record["layers"]}
    assert layers["stage2.0.branch2.3"]["kind"] == "depthwise"
    assert layers["stage4.3.branch2.0.concat"]["kind"] == "data"
    assert layers["conv5.0"]["parameters"] == 192 * 1024 + 1024


def test_every_file_answers_its_golden_pictures_as_the_vectors_say(bundle: Path) -> None:
    opened, _ = open_bundle(bundle)
    vectors = read_vectors(opened)
    pictures = [decode(path) for path in sorted((bundle / "golden").glob("*.png"))]
    assert len(pictures) == len(vectors["pytorch"]) == 4
    for file in opened.manifest.all_files:
        model = open_model(bundle / file.path, Wish(backend=None, precision=None), 1)
        logits = np.concatenate([model.session.run(model.tensor(one)) for one in pictures])
        expected = np.asarray(vectors[file.path], np.float32)
        if file.precision == "int8":
            assert np.array_equal(logits, expected)
        assert np.allclose(logits, expected, atol=1e-4)


def test_a_killed_export_leaves_no_half_bundle(work: Path) -> None:
    command = [str(Path(sys.executable).parent / "edge-export"), NETWORK, "-o", "out"]
    # In a process of its own, so that the kill is a real one.
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as child:
        deadline = time.monotonic() + 500
        while not list(work.glob(".out.partial-*")) and time.monotonic() < deadline:
            assert child.poll() is None, "the export ended before it could be killed"
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
    assert not (work / "out").exists()
    assert list(work.glob(".out.partial-*"))
    # The next export to the same place clears away what the killed one left.
    assert run(tiny(work), *SMALL, "-o", "out").exit_code == 0
    assert not list(work.glob(".out*"))


def test_an_interrupted_export_leaves_nothing(work: Path) -> None:
    command = [str(Path(sys.executable).parent / "edge-export"), NETWORK, "-o", "out"]
    # What a shell starts in the background ignores the signal, and so would its children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    with child:
        assert child.stderr is not None
        assert "on the card of cifar10" in child.stderr.readline()
        child.send_signal(signal.SIGINT)
        # An empty line ends the one on which the terminal shows ^C.
        assert child.stderr.read() == "\nAborted!\n"
    assert child.returncode == 1
    assert not list(work.glob(".out*"))
    assert not (work / "out").exists()


def test_a_full_disk_is_one_line_and_leaves_nothing(work: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (900, before[1]))
    try:
        result = run(tiny(work), *SMALL, "-o", "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "model.float32.onnx: File too large" in refused(result)
    assert not (work / "out").exists()
    assert not list(work.glob(".out*"))


def test_a_link_stays_and_the_folder_that_one_is_in_is_refused(work: Path) -> None:
    (work / "far").mkdir()
    (work / "out").symlink_to("far")
    assert run(tiny(work), *SMALL, "-o", "out").exit_code == 0
    assert (work / "out").is_symlink()
    assert (work / "far/manifest.json").exists()
    os.chdir(work / "far")  # the fixture returns to where the test began
    assert "the folder that you are in" in refused(run(NETWORK, "-o", "."))
    assert (work / "far/manifest.json").exists()


def test_logits_that_are_no_numbers_are_no_bundle(work: Path) -> None:
    line = refused(run(tiny(work, "untrained"), *SMALL, "-o", "out"))
    assert "PyTorch itself gives logits that aren't finite" in line
    assert not (work / "out").exists()


def test_what_torch_cannot_trace_is_said_in_torchs_own_words(work: Path) -> None:
    line = refused(run(tiny(work, "branches"), *SMALL, "-o", "out"))
    assert "data-dependent" in line
