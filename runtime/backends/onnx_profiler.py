"""The time of each kernel in ONNX Runtime, as its own profiler writes it into a file.

The whole of a run is the sum of its kernels. The profiler's own ``model_run`` isn't: between
two kernels it spends longer on writing them down than small kernels take, so that one fifth to
two fifths of it are its own (ShuffleNet V2 at 224 pixels, one thread). The kernels alone
already take as long as the model does without a profiler, so nothing of the model's is lost.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from armlet.runtime.backends.onnx_nodes import OnnxNode, OnnxNodes
from armlet.runtime.session import NodeTime, ProfiledRun, Work

_KERNEL = "_kernel_time"
_PLACES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"Conv": (1, 2), "Gemm": (1, 2), "MatMul": (1, 2), "QLinearConv": (3, 8)}
)
"""Operators that multiply by a weight: which inputs are weight and bias."""
_MULTIPLY = ("Conv", "Gemm", "MatMul")
"""One of these is in the name of every kernel that does such an operator's work."""


def runs_from_events(
    events: Sequence[Any], file: OnnxNodes, optimised: OnnxNodes
) -> Sequence[ProfiledRun]:
    """Sort ONNX Runtime's events into runs; a ``model_run`` event closes each.

    Args:
        events: The profile.
        file: The nodes of the file.
        optimised: What ONNX Runtime made of them.
    """
    names = node_names(file, optimised)
    known = {node.name: node for node in file.nodes}
    works: dict[str, Work] = {}
    runs: list[list[NodeTime]] = [[]]
    for event in events:
        name = event["name"]
        if name == "model_run":
            runs.append([])
        elif event.get("cat") == "Node" and name.endswith(_KERNEL):
            kernel = name.removesuffix(_KERNEL)
            if kernel in names and kernel not in works:
                node = known.get(names[kernel])
                works[kernel] = find_work(event["args"], node, file)
            runs[-1].append(
                NodeTime(
                    name=names.get(kernel, kernel),
                    operator=event["args"]["op_name"],
                    us=float(event["dur"]),
                    work=works.get(kernel),
                )
            )
    return [ProfiledRun(nodes=run, total_us=sum(node.us for node in run)) for run in runs[:-1]]


def node_names(file: OnnxNodes, optimised: OnnxNodes) -> Mapping[str, str]:
    """What each node of the optimised file is in the file that was given.

    Most keep their name as the beginning of the new one. Nodes that are ONNX Runtime's own
    idea, such as changes of layout, have a name of its making; those that finish a node's work
    write the very tensor that the node writes in the file, and count as that node's.
    """
    # A node of the file that is still there is nobody's origin.
    kept = {node.name for node in optimised.nodes}
    own = {node.name for node in file.nodes if node.name}
    writers = {tensor: node for node in file.nodes for tensor in node.outputs}
    names = {}
    for node in optimised.nodes:
        name = node.name if node.name in own else original_name(node.name, own - kept)
        writer = next((writers[one] for one in node.outputs if one in writers), None)
        if name is None and writer is not None:
            name = writer.name or writer.outputs[0]
        if name is not None:
            names[node.name] = name
    return names


def original_name(name: str, own: Collection[str]) -> str | None:
    """The name that ``name`` was made from by appending ``_token_4``, ``_nchwc`` or more."""
    while name not in own:
        name, cut, _ = name.rpartition("_")
        if not cut:
            return None
    return name


def find_work(event: Mapping[str, Any], node: OnnxNode | None, file: OnnxNodes) -> Work:
    """What a kernel costs on paper.

    Shapes of weights come from the file, since kernels keep theirs rearranged and padded.

    Args:
        event: The ``args`` of its event.
        node: The file's node that it does the work of.
        file: All of the file.
    """
    moved = sum(int(event[size]) for size in ("activation_size", "output_size"))
    places = _PLACES.get(node.operator) if node else None
    if node is None or places is None or not any(one in event["op_name"] for one in _MULTIPLY):
        return Work(bytes=moved + int(event["parameter_size"]))
    weight, bias = (
        file.constant(node.inputs[place]) if place < len(node.inputs) else None
        for place in places
    )
    (source, *_), (output, *_) = map(
        _shapes, (event["input_type_shape"], event["output_type_shape"])
    )
    if weight is None or weight.bytes is None:
        return Work()
    # After the batch, channels stand first or last; in kernels they may be padded.
    linear = node.operator in ("Gemm", "MatMul")
    last = linear or event["op_name"].startswith(("QLinear", "Nhwc"))
    channels = source[-1 if last else 1]
    positions = math.prod(output[:-1] if last else (output[0], *output[2:]))
    return Work(
        depthwise=not linear and weight.shape[1] == 1 and channels > 1,
        macs=math.prod(weight.shape) * positions,
        parameters=math.prod(weight.shape) + (math.prod(bias.shape) if bias else 0),
        bytes=moved + weight.bytes + ((bias.bytes or 0) if bias else 0),
    )


def _shapes(tensors: Sequence[Mapping[str, Sequence[int]]]) -> Sequence[Sequence[int]]:
    """Of an event's tensors, which it gives as ``{type: shape}``."""
    return [shape for tensor in tensors for shape in tensor.values()]
