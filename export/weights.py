"""A network's weights: read from a file, checked, and put into the network.

What a file holds is never guessed at: it must be a plain state_dict, and every key and shape
must be the network's own.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from armlet.errors import WeightsError
from armlet.export import networks
from armlet.export.stem import Stem
from armlet.reading import read_file
from armlet.storage import write_file

State = Mapping[str, Tensor]
"""A state_dict."""

SAVE_THE_STATE = "save the model's state_dict() alone, with torch.save or as .safetensors"
# Files from before PyTorch 0.4.1 lack it, and a network that runs makes no use of it.
OPTIONAL = ".num_batches_tracked"


def read(path: Path) -> State:
    """Read a state_dict from a .pth or .pt file (tensors only, no code) or a .safetensors file.

    Raises:
        WeightsError: The file can't be read, is damaged, or isn't a plain state_dict.
    """
    if path.suffix not in (".pth", ".pt", ".safetensors"):
        raise WeightsError(
            f"{path} is neither .pth, .pt nor .safetensors", "give a state_dict in such a file"
        )
    try:
        data = read_file(path)
    except OSError as error:
        raise WeightsError(
            f"{path}: {error.strerror}", "give a readable file with --weights"
        ) from error
    if path.suffix == ".safetensors":
        return _read_safetensors(data, path)
    return _read_pickle(data, path)


def write(path: Path, module: nn.Module) -> None:
    """Write a module's weights as .safetensors, under PyTorch's keys.

    Raises:
        OutputError: The place can't be written to.
    """
    state = {key: tensor.contiguous() for key, tensor in module.state_dict().items()}
    write_file(path, safetensors.torch.save(state))


def class_count(network: str, state: State, source: str) -> int:
    """How many classes the weights of a network tell apart.

    Raises:
        NetworkError: There is no such network.
        WeightsError: The classifier's weight is missing or isn't a matrix.
    """
    key = networks.find(network).CLASSIFIER
    if key not in state:
        raise _misfit(source, network, [_absent(key, state)])
    if state[key].ndim != 2:
        raise _misfit(
            source, network, [f"{key!r} has shape {_shape(state[key])}, not a matrix"]
        )
    return len(state[key])


def fit(
    network: str, stem: Stem, state: State, source: str, classes: int | None = None
) -> nn.Module:
    """Make a network that holds these weights.

    Args:
        network: A name of ``networks.NETWORKS``.
        stem: How the network begins; not seen from the weights.
        state: The weights, in any floating-point type.
        source: Where they come from, for messages.
        classes: How many labels were given; None where the weights alone decide.

    Returns:
        The network in eval mode, float32.

    Raises:
        NetworkError: There is no such network.
        WeightsError: The weights don't fit; the line names the first offender.
    """
    rows = class_count(network, state, source)
    if classes is not None and classes != rows:
        raise WeightsError(
            f"{source} is for {rows} classes, but {classes} labels were given",
            f"give a labels file with {rows} lines",
        )
    module = networks.build(network, rows, stem)
    load(module, network, state, source)
    return module


def load(module: nn.Module, name: str, state: State, source: str) -> None:
    """Put weights into a module, which is in eval mode afterwards.

    Args:
        module: Changed in place, only if all weights fit.
        name: What messages call the module.
        state: The weights, in any floating-point type.
        source: Where they come from, for messages.

    Raises:
        WeightsError: A key is missing or surplus, a shape is another, or a value isn't finite.
    """
    own = module.state_dict()
    found = {key: tensor for key, tensor in state.items() if not key.endswith(OPTIONAL)}
    needed = [key for key in own if not key.endswith(OPTIONAL)]
    missing = [_absent(key, state) for key in needed if key not in found]
    surplus = [f"{key!r} is surplus" for key in state if key not in own]
    wrong = [
        problem
        for key in needed
        if key in found and (problem := _problem(key, found[key], own[key]))
    ]
    if missing or wrong or surplus:
        raise _misfit(source, name, missing + wrong + surplus)
    module.load_state_dict(own | {key: found[key].to(own[key].dtype) for key in needed})
    module.eval()


def _problem(key: str, tensor: Tensor, own: Tensor) -> str | None:
    if tensor.shape != own.shape:
        return f"{key!r} has shape {_shape(tensor)}, not {_shape(own)}"
    dense = tensor.layout is torch.strided and tensor.device.type == "cpu"
    if not (dense and (tensor.is_floating_point() or tensor.dtype == own.dtype)):
        return f"{key!r} holds {str(tensor.dtype).removeprefix('torch.')}, not plain floats"
    if not torch.isfinite(tensor.to(own.dtype)).all():
        return f"{key!r} holds values that aren't finite"
    return None


def _absent(key: str, state: State) -> str:
    problem = f"{key!r} is missing"
    if f"module.{key}" in state:
        # DataParallel's prefix: said, not stripped, for the file may be anything else, too.
        return f"{problem} (there is 'module.{key}': save model.module.state_dict())"
    return problem


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def _misfit(source: str, name: str, problems: Sequence[str]) -> WeightsError:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return WeightsError(
        f"{source} doesn't fit {name}: {problems[0]}{more}",
        f"give a state_dict of {name}, or name the network that it belongs to",
    )


def _read_safetensors(data: bytes, path: Path) -> State:
    try:
        return safetensors.torch.load(data)
    except (SafetensorError, KeyError) as error:  # KeyError: a type that torch doesn't have
        raise WeightsError(
            f"{path} is damaged or no .safetensors file", SAVE_THE_STATE
        ) from error


def _read_pickle(data: bytes, path: Path) -> State:
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise anything
        forbidden = "Weights only load failed" in str(error) and "GLOBAL" in str(error)
        problem = "holds more than tensors" if forbidden else "is damaged or no PyTorch file"
        raise WeightsError(f"{path} {problem}", SAVE_THE_STATE) from error
    if not isinstance(content, dict):
        raise WeightsError(
            f"{path} holds a {type(content).__name__}, not a state_dict", SAVE_THE_STATE
        )
    for key, value in content.items():
        if not (isinstance(key, str) and isinstance(value, Tensor)):
            raise WeightsError(
                f"{path} is no state_dict: {key!r} holds a {type(value).__name__}",
                SAVE_THE_STATE,
            )
    return content
