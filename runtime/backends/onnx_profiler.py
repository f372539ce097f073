"""The time of each kernel in ONNX Runtime, as its own profiler writes it into a file.

The whole of a run is the sum of its kernels. The profiler's own ``model_run`` isn't: between
two kernels it spends longer on writing them down than small kernels take, so that one fifth to
two fifths of it are its own (ShuffleNet V2 at 224 pixels, one thread). The kernels alone
already take as long as the model does without a profiler, so nothing of the model's is lost.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from armlet.runtime.backends.onnx_origins import find_origins, multiplies
from armlet.runtime.onnx_graph import OnnxGraph, OnnxNode
from armlet.runtime.profiled import NodeTime, ProfiledRun, Work

_KERNEL = "_kernel_time"
_PLACES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"Conv": (1, 2), "Gemm": (1, 2), "MatMul": (1, 2), "QLinearConv": (3, 8)}
)
"""Operators that multiply by a weight: which inputs are weight and bias."""
_LAYOUT = frozenset(
    {"Cast", "DequantizeLinear", "QuantizeLinear", "ReorderInput", "ReorderOutput", "Transpose"}
)
"""What ONNX Runtime puts between nodes by itself."""


def runs_from_events(
    events: Sequence[Any], file: OnnxGraph, optimised: OnnxGraph
) -> Sequence[ProfiledRun]:
    """Sort ONNX Runtime's events into runs; a ``model_run`` event closes each.

    Args:
        events: The profile.
        file: The nodes of the file.
        optimised: What ONNX Runtime made of them.
    """
    details = {_kernel(event): event["args"] for event in events if _is_kernel(event)}
    operators = {kernel: args["op_name"] for kernel, args in details.items()}
    origins = find_origins(file, optimised, operators)
    works = {
        kernel: find_work(args, origins.get(kernel), file)
        for kernel, args in details.items()
        if kernel in origins or operators[kernel] not in _LAYOUT
    }
    runs: list[list[NodeTime]] = [[]]
    for event in events:
        if event["name"] == "model_run":
            runs.append([])
        elif _is_kernel(event):
            kernel = _kernel(event)
            runs[-1].append(
                NodeTime(
                    name=origins[kernel].label if kernel in origins else kernel,
                    operator=operators[kernel],
                    us=float(event["dur"]),
                    work=works.get(kernel),
                )
            )
    return [ProfiledRun(nodes=run, total_us=sum(node.us for node in run)) for run in runs[:-1]]


def _is_kernel(event: Mapping[str, Any]) -> bool:
    return event.get("cat") == "Node" and event["name"].endswith(_KERNEL)


def _kernel(event: Mapping[str, Any]) -> str:
    name: str = event["name"]
    return name.removesuffix(_KERNEL)


def find_work(event: Mapping[str, Any], node: OnnxNode | None, file: OnnxGraph) -> Work:
    """What a kernel costs on paper.

    Shapes of weights come from the file, since kernels keep theirs rearranged and padded.

    Args:
        event: The ``args`` of its event.
        node: The file's node that it does the work of.
        file: All of the file.
    """
    moved = sum(int(event[size]) for size in ("activation_size", "output_size"))
    places = _PLACES.get(node.operator) if node else None
    if node is None or places is None or not multiplies(event["op_name"]):
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
