"""Reading weights, and refusing those that don't fit."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from armlet.errors import WeightsError
from armlet.export import cards, networks, weights

pytestmark = pytest.mark.torch

NETWORK = "shufflenet_v2_x0_5"
LATE = "stage2.0.branch2.5.weight"


@pytest.fixture(scope="module")
def module() -> nn.Module:
    return networks.build(NETWORK, 10, "cifar")


@pytest.fixture
def state(module: nn.Module) -> dict[str, Tensor]:
    return dict(module.state_dict())


def refused(problem: str, call: Callable[[], object]) -> None:
    with pytest.raises(WeightsError) as refusal:
        call()
    assert problem in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["w.pth", "w.pt", "legacy.pth", "w.safetensors"])
def test_every_kind_of_file_gives_the_same_network(
    tmp_path: Path, state: dict[str, Tensor], name: str
) -> None:
    path = tmp_path / name
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(state, path)
    else:
        zipped = not name.startswith("legacy")
        torch.save(state, path, _use_new_zipfile_serialization=zipped)
    read = weights.read(path)
    assert weights.class_count(NETWORK, read, name) == 10
    network = weights.fit(NETWORK, "cifar", read, name, 10)
    assert not network.training
    assert network.get_submodule("conv1.0").stride == (1, 1)
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_written_weights_are_read_back(tmp_path: Path, module: nn.Module) -> None:
    path = tmp_path / "w.safetensors"
    weights.write(path, module.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
    read = weights.read(path)
    assert sorted(read) == sorted(module.state_dict())
    assert all(torch.equal(read[key], value) for key, value in module.state_dict().items())


def test_old_files_lack_the_batch_counters(state: dict[str, Tensor]) -> None:
    old = {key: value for key, value in state.items() if "num_batches" not in key}
    network = weights.fit(NETWORK, "cifar", old, "old.pth")
    assert torch.equal(network.state_dict()["conv1.0.weight"], state["conv1.0.weight"])


def test_half_precision_becomes_float32(state: dict[str, Tensor]) -> None:
    half = {key: value.half() for key, value in state.items()}
    network = weights.fit(NETWORK, "cifar", half, "half.pth")
    assert {one.dtype for one in network.parameters()} == {torch.float32}
    assert torch.equal(network.state_dict()[LATE], half[LATE].float())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({LATE: None}, f"'{LATE}' is missing;"),
        ({LATE: None, "fc.bias": None}, f"'{LATE}' is missing (and 1 more)"),
        ({"fc.weight": None}, "'fc.weight' is missing"),
        ({"fc.weight": torch.zeros(10)}, "'fc.weight' has shape (10,), not a matrix"),
        ({"aux.weight": torch.zeros(1)}, "'aux.weight' is surplus;"),
        ({LATE: torch.zeros(9, 9)}, f"'{LATE}' has shape (9, 9), not (24, 24, 1, 1);"),
        ({LATE: torch.zeros(24, 24, 1, 1, dtype=torch.int8)}, f"'{LATE}' holds int8, not"),
        ({LATE: torch.zeros(24, 24, 1, 1).to_sparse()}, f"'{LATE}' holds float32, not plain"),
        ({LATE: torch.full((24, 24, 1, 1), torch.nan)}, f"'{LATE}' holds values that aren't"),
        ({"fc.bias": torch.full((10,), 1e300, dtype=torch.float64)}, "'fc.bias' holds values"),
    ],
)
def test_first_offender_is_named(
    state: dict[str, Tensor], change: dict[str, Tensor | None], problem: str
) -> None:
    wrong = {key: value for key, value in (state | change).items() if value is not None}
    refused(
        f"w.pth doesn't fit {NETWORK}: {problem}",
        lambda: weights.fit(NETWORK, "cifar", wrong, "w.pth"),
    )


def test_weights_of_another_width_are_refused(state: dict[str, Tensor]) -> None:
    refused(
        "w.pth doesn't fit shufflenet_v2_x1_0: 'stage2.0.branch1.2.weight' has shape "
        "(24, 24, 1, 1), not (58, 24, 1, 1) (and ",
        lambda: weights.fit("shufflenet_v2_x1_0", "cifar", state, "w.pth"),
    )


def test_wrong_number_of_labels_is_refused(state: dict[str, Tensor]) -> None:
    refused(
        "w.pth is for 10 classes, but 9 labels were given",
        lambda: weights.fit(NETWORK, "cifar", state, "w.pth", 9),
    )


def test_prefix_of_data_parallel_is_named_not_stripped(state: dict[str, Tensor]) -> None:
    wrapped = {f"module.{key}": value for key, value in state.items()}
    refused(
        "'fc.weight' is missing (there is 'module.fc.weight': save model.module.state_dict())",
        lambda: weights.fit(NETWORK, "cifar", wrapped, "w.pth"),
    )


def test_refused_weights_leave_the_module_as_it_was(state: dict[str, Tensor]) -> None:
    network = networks.build(NETWORK, 10, "cifar")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(WeightsError):
        weights.load(network, NETWORK, state | {"fc.bias": torch.zeros(3)}, "w.pth")
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


class Exploit:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("code from a weights file was run",))


def saved(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("w.bin", b"", "w.bin is neither .pth, .pt nor .safetensors"),
        ("w.pth", b"", "w.pth is damaged or no PyTorch file"),
        ("w.pth", b"neither a pickle nor a zip", "w.pth is damaged or no PyTorch file"),
        ("w.pth", saved({"a": torch.zeros(999)})[:900], "w.pth is damaged or no PyTorch file"),
        ("w.pth", pickle.dumps({"a": Exploit()}), "w.pth is damaged or no PyTorch file"),
        ("w.pth", saved({"a": Exploit()}), "w.pth holds more than tensors"),
        ("w.pth", saved(nn.Linear(1, 1)), "w.pth holds more than tensors"),
        ("w.pth", saved([torch.zeros(1)]), "w.pth holds a list, not a state_dict"),
        (
            "w.pth",
            saved({"epoch": 3, "state_dict": {"a": torch.zeros(1)}}),
            "w.pth is no state_dict: 'epoch' holds a int",
        ),
        ("w.safetensors", b"", "w.safetensors is damaged or no .safetensors file"),
        ("w.safetensors", b"not one, but long enough", "w.safetensors is damaged or no"),
        (
            "w.safetensors",
            safetensors.torch.save({"a": torch.zeros(999)})[:500],
            "w.safetensors is damaged or no",
        ),
    ],
)
def test_unreadable_files_are_refused(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    name: str,
    content: bytes,
    problem: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    refused(problem, lambda: weights.read(path))
    assert capfd.readouterr() == ("", "")  # nothing in the file was run


def test_places_without_a_file_are_refused(tmp_path: Path) -> None:
    refused("w.pth: No such file", lambda: weights.read(tmp_path / "w.pth"))
    (tmp_path / "d.safetensors").mkdir()
    refused("d.safetensors: Is a directory", lambda: weights.read(tmp_path / "d.safetensors"))


def test_every_width_takes_its_own_weights() -> None:
    for name in networks.NETWORKS:
        with torch.device("meta"):
            shapes = networks.build(name, 3, "imagenet").state_dict()
        state = {key: torch.ones(value.shape) for key, value in shapes.items()}
        network = weights.fit(name, "imagenet", state, "ones.pth")
        assert all(one.eq(1).all() for one in network.parameters())


@pytest.mark.parametrize("name", cards.SHIPPED)
def test_shipped_weights_fit_their_card(name: str) -> None:
    card, path = cards.shipped(name, NETWORK)
    state = weights.read(path)
    network = weights.fit(card.network, card.stem, state, name, len(card.labels))
    size = card.preprocessing.size
    assert network(torch.zeros(1, 3, size, size)).isfinite().all()
    assert card.recipe["network"] == card.network
    assert card.accuracy is not None
    assert card.accuracy.images == 10_000
    assert card.ranges
    assert path.stat().st_size < 1.5e6
