"""Networks by the name of a factory."""

import sys
from pathlib import Path

import pytest
import torch

from armlet.errors import NetworkError
from armlet.export import factory

pytestmark = pytest.mark.torch

TESTS = Path(__file__).parents[1]


def test_article_network_from_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TESTS)
    path = list(sys.path)
    network = factory.make("article_network:shufflenet_v2")
    assert sys.path == path
    assert not network.training
    logits = network(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)))
    assert logits.shape == (2, 10)
    assert 0.01 < logits.std() < 100
    # Seeded, and 1.0x: the count of the 1000-class network without 990 rows of the classifier.
    again = factory.make("article_network:shufflenet_v2").state_dict()
    assert all(torch.equal(value, again[key]) for key, value in network.state_dict().items())
    assert sum(one.numel() for one in network.parameters()) == 2_278_604 - 990 * 1025


MODULE = """
from torch import nn
import torch

class Net(nn.Linear):
    def __init__(self):
        super().__init__(2, 2)

number = 7

def broken():
    raise KeyError("what")

def tensor():
    return torch.zeros(1)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "nets.py").write_text(MODULE)
    (package / "imports_nothing.py").write_text("import no_such_library")
    (package / "parses.py").write_text("import argparse\nargparse.ArgumentParser().error('x')")
    (package / "typo.py").write_text("def f(:\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_class_in_a_package_is_a_factory(folder: Path) -> None:
    assert not factory.make("own_package.nets:Net").training


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("own_package.nets", "'own_package.nets' names no factory"),
        (":Net", "':Net' names no factory"),
        ("nowhere.nets:Net", "ModuleNotFoundError: No module named 'nowhere'"),
        (
            "own_package.imports_nothing:Net",
            "'own_package.imports_nothing' can't be imported "
            "(ModuleNotFoundError: No module named 'no_such_library')",
        ),
        ("own_package.parses:Net", "SystemExit: 2"),
        ("own_package.typo:f", "SyntaxError: "),
        ("own_package.nets:Nets", "'own_package.nets' has no 'Nets'"),
        (
            "own_package.nets:number",
            "nets:number' can't be called (its type is int)",
        ),
        ("own_package.nets:broken", "own_package.nets:broken() fails (KeyError: 'what')"),
        ("own_package.nets:nn.Linear", "'own_package.nets' has no 'nn.Linear'"),
        ("own_package.nets:tensor", "own_package.nets:tensor() returns a Tensor"),
    ],
)
def test_bad_factories_are_refused_in_one_line(folder: Path, name: str, problem: str) -> None:
    with pytest.raises(NetworkError) as refusal:
        factory.make(name)
    assert problem in str(refusal.value)
    assert "\n" not in str(refusal.value)
