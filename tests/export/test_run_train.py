"""``edge-export train`` as a user meets it; what training itself does is in test_train.py."""

import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from armlet.export.classifier import Wish, resolve
from armlet.export.cli import main

pytestmark = pytest.mark.torch

NETWORK = "shufflenet_v2_x0_5"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="edge-export")


@pytest.fixture
def colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Noise, one folder bluish and one reddish; the current folder is above it."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for channel, label in ((0, "blue"), (2, "red")):
        (tmp_path / "train" / label).mkdir(parents=True)
        for number in range(64):
            picture = random.integers(0, 100, (16, 16, 3), np.uint8)
            picture[:, :, channel] += 100
            cv2.imwrite(f"train/{label}/{number}.png", picture)
    return tmp_path / "train"


def test_training_ends_with_a_command_that_exports_the_weights(colours: Path) -> None:
    (colours / "red/broken.png").write_bytes(b"")
    data = ("--data", "train", "--test", "train", "--input-size", 8)
    words = (
        "train",
        NETWORK,
        *data,
        "--phases",
        "4:20",
        "--threads",
        1,
        "-o",
        "w/my weights.safetensors",
    )
    done = run(*words)
    assert done.exit_code == 0, done.stderr
    assert "passed over train/red/broken.png: empty file" in done.stderr
    reached, card, _, following = done.stdout.splitlines()
    assert reached.startswith(f"w/my weights.safetensors: {NETWORK}, top-1 ")
    assert card == "w/my weights.json: its card"
    names = sorted(path.name for path in (colours.parent / "w").iterdir())
    assert names == ["my weights.json", "my weights.safetensors"]
    given = shlex.split(following.removeprefix("next: "))
    # Its own preprocessing, not ImageNet's; the folder of pictures is the user's to name.
    given[given.index("photos/")] = "train"
    again = run(*given[1:], "--precisions", "float32", "--formats", "onnx")
    assert again.exit_code == 0, again.stderr
    assert "8 x 8 pixels" in again.stdout
    plain = resolve(Wish(network=NETWORK, weights="w/my weights.safetensors"))
    assert plain.preprocessing.size == 224
    assert "exists already" in run(*words).stderr


def test_bad_input_is_one_line_before_any_training(colours: Path) -> None:
    (colours.parent / "one.txt").write_text("blue\n", encoding="utf-8")
    good = (NETWORK, "--data", "train", "-o", "w.safetensors")
    for words, problem in (
        (("resnet50", *good[1:]), "there is no network 'resnet50'"),
        ((NETWORK, "--data", "nowhere", *good[3:]), "nowhere does not exist"),
        ((*good[:-1], "w.pth"), "w.pth has no suffix .safetensors"),
        ((*good, "--phases", "32"), "'32' are no phases of training"),
        ((*good, "--phases", "64:1"), "crops of 64 pixels are larger"),
        ((*good, "--labels", "one.txt"), "the folder 'red' is no label"),
        ((*good, "--test", "nowhere"), "nowhere does not exist"),
        ((*good, "--phases", "24:1"), "pictures are too few"),
    ):
        done = run("train", *words)
        assert (done.exit_code, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("edge-export: ")
        assert problem in line
    for seed in ("-1", "99999999999", "x"):
        assert run("train", *good, "--seed", seed).exit_code == 2
    assert not list(colours.parent.glob("w.*"))
