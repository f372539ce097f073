"""Which node of an ONNX file each kernel of ONNX Runtime comes from.

ONNX Runtime's optimiser fuses nodes and changes layouts. What it makes it names after a node
or a tensor of the file with something appended, or in a way of its own.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from armlet.runtime.onnx_graph import OnnxGraph, OnnxNode

MULTIPLY = ("Conv", "Gemm", "MatMul")
"""One of these is in the name of every operator, and every kernel, that has a weight."""

_Found = TypeVar("_Found")


def find_origins(
    file: OnnxGraph, optimised: OnnxGraph, kernels: Mapping[str, str]
) -> Mapping[str, OnnxNode]:
    """The node of the file that each kernel comes from.

    A kernel that multiplies comes from the node that does, whatever was fused with it. One
    that ONNX Runtime put in comes from a node if it writes the very tensor that this node
    writes in the file, and so finishes its work; all others come from none and are left out.

    Args:
        file: The nodes of the file.
        optimised: What ONNX Runtime made of them.
        kernels: By the kernel's name its operator.
    """
    writers = {tensor: node for node in file.nodes for tensor in node.outputs}
    named = {node.name: node for node in file.nodes if node.name}
    # A node that is still there is nobody else's origin.
    kept = {node.name for node in optimised.nodes}
    gone = {name: node for name, node in named.items() if name not in kept}
    origins: dict[str, OnnxNode] = {}
    fused: dict[str, OnnxNode] = {}
    for kernel, operator in kernels.items():
        node = (
            named.get(kernel)
            or _shortened(kernel, gone.get)
            or _shortened(kernel, writers.get)
            or _nameless(kernel, operator, file)
        )
        if node is not None and multiplies(operator):
            multiplier = _multiplier(node, writers)
            fused[node.label] = multiplier
            node = multiplier
        if node is not None:
            origins[kernel] = node
    for made in optimised.nodes:
        if made.name in kernels and made.name not in origins:
            finished = [writers[tensor] for tensor in made.outputs if tensor in writers]
            if finished:
                node = fused.get(finished[0].label, finished[0])
                multiplier = _multiplier(node, writers)
                origins[made.name] = multiplier if multiplies(kernels[made.name]) else node
    return origins


def multiplies(operator: str) -> bool:
    """Whether an operator or a kernel has a weight."""
    return any(word in operator for word in MULTIPLY)


def _shortened(kernel: str, find: Callable[[str], _Found | None]) -> _Found | None:
    """What is found once ``_nchwc``, ``_token_4`` and the like are taken off."""
    name, cut, _ = kernel.rpartition("_")
    while cut:
        found = find(name)
        if found is not None:
            return found
        name, cut, _ = name.rpartition("_")
    return None


def _nameless(kernel: str, operator: str, file: OnnxGraph) -> OnnxNode | None:
    """A node without a name goes by its operator and its place in the file."""
    # Constants become initializers before nodes are counted.
    nodes = [node for node in file.nodes if node.operator != "Constant"]
    place = kernel.removeprefix(f"{operator}_")
    if not place.isdecimal() or int(place) >= len(nodes):
        return None
    node = nodes[int(place)]
    return node if not node.name and node.operator == operator else None


def _multiplier(node: OnnxNode, writers: Mapping[str, OnnxNode]) -> OnnxNode:
    """The node with a weight whose result ``node`` passes on, or else ``node``."""
    passing = node
    while not multiplies(passing.operator):
        before = writers.get(passing.inputs[0]) if passing.inputs else None
        if before is None:
            return node
        passing = before
    return passing
