"""How TFLite pads what a windowed operator reads."""

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from armlet.export.tflite_file import TfliteWriter, builtin
from armlet.graph import Graph, MaxPool, Node, Pair


def padded(
    node: Node,
    writer: TfliteWriter,
    source: int,
    kernel: Sequence[int],
    strides: Pair,
    before: Pair,
) -> tuple[int, int]:
    """What a windowed operator shall read, and the padding it shall name.

    TFLite knows no numbers, only VALID (none) and SAME (as little as needed, more of it at the
    end). Where the node's padding is neither, a PAD goes before it: by zeros, which is exact
    for a convolution and, where nothing is negative, for a maximum.

    Args:
        node: The operator.
        writer: Of its file.
        source: Index of the tensor it would read.
        kernel: Height and width of its window.
        strides: Vertical and horizontal.
        before: Rows of padding at the top, columns at the left.
    """
    _, height, width, channels = writer.stored_shape(source)
    _, rows, columns, _ = writer.shape(node.outputs[0])
    top, left = before
    # The last rows of bottom padding may lie beyond the last window.
    bottom = max((rows - 1) * strides[0] + kernel[0] - height - top, 0)
    right = max((columns - 1) * strides[1] + kernel[1] - width - left, 0)
    if not any((top, left, bottom, right)):
        return source, schema.Padding.VALID
    same = (top == (top + bottom) // 2, left == (left + right) // 2)
    if all(same) and (rows, columns) == (-(-height // strides[0]), -(-width // strides[1])):
        return source, schema.Padding.SAME
    shape = (1, top + height + bottom, left + width + right, channels)
    result = writer.beside(f"{node.name}/pad", shape, source)
    amounts = np.array([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32)
    inputs = [source, writer.constant("pads", amounts)]
    if isinstance(node, MaxPool) and not never_negative(writer.graph, node.inputs[0]):
        lowest = np.array([-128], np.int8) if writer.int8 else np.array([-3.4e38], np.float32)
        inputs.append(writer.beside(f"{node.name}/lowest", (1,), source, lowest))
        writer.add(builtin("PADV2"), inputs, [result], schema.PadV2OptionsT(), int8_version=2)
    else:
        writer.add(builtin("PAD"), inputs, [result], schema.PadOptionsT(), int8_version=2)
    return result, schema.Padding.VALID


def never_negative(graph: Graph, tensor: str) -> bool:
    """Whether a tensor is known to hold no negative value."""
    node = graph.producer(tensor)
    if node is None:
        return False
    if getattr(node, "activation", None) is not None:
        return True
    return node.keeps_scale and all(never_negative(graph, name) for name in node.inputs)
