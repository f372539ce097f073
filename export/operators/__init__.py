"""What armlet knows of each operator: how to read it, what it costs, how to write it.

To add one: a dataclass in ``armlet.graph``, a module here, and its lines in these tables. A
node without writers exists only until a pass replaces it; if it survives, the network is
refused.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from armlet import graph
from armlet.export.onnx_file import OnnxWriter
from armlet.export.operators import (
    batch_norm,
    channel_gather,
    channel_shuffle,
    concat,
    conv,
    global_average_pool,
    linear,
    max_pool,
    relu,
    reshape,
    slices,
    split,
    transpose,
)
from armlet.export.source import OnnxNode, Source
from armlet.export.tflite_file import TfliteWriter

READERS: Mapping[str, Callable[[OnnxNode, Source], list[graph.Node]]] = MappingProxyType(
    {
        "AveragePool": global_average_pool.read,
        "BatchNormalization": batch_norm.read,
        "Clip": relu.read_clip,
        "Concat": concat.read,
        "Conv": conv.read,
        "Flatten": reshape.read,
        "Gemm": linear.read,
        "Gather": channel_gather.read,
        "GatherND": channel_gather.read_rows,
        "GlobalAveragePool": global_average_pool.read,
        "MaxPool": max_pool.read,
        "ReduceMean": global_average_pool.read_mean,
        "Relu": relu.read,
        "Reshape": reshape.read,
        "Slice": slices.read,
        "Split": split.read,
        "Squeeze": reshape.read,
        "Transpose": transpose.read,
        "Unsqueeze": reshape.read,
    }
)
"""ONNX operator type: what it becomes."""

ONNX: Mapping[type[graph.Node], Callable[[Any, OnnxWriter], None]] = MappingProxyType(
    {
        graph.ChannelGather: channel_gather.write_onnx,
        graph.ChannelShuffle: channel_shuffle.write_onnx,
        graph.Concat: concat.write_onnx,
        graph.Conv: conv.write_onnx,
        graph.Flatten: reshape.write_onnx,
        graph.GlobalAveragePool: global_average_pool.write_onnx,
        graph.Linear: linear.write_onnx,
        graph.MaxPool: max_pool.write_onnx,
        graph.Relu: relu.write_onnx,
        graph.Slice: slices.write_onnx,
        graph.Split: split.write_onnx,
    }
)
"""Node type: how it is written to ONNX, float32 and int8 alike."""

TFLITE: Mapping[type[graph.Node], Callable[[Any, TfliteWriter], None]] = MappingProxyType(
    {
        graph.ChannelGather: channel_gather.write_tflite,
        graph.ChannelShuffle: channel_shuffle.write_tflite,
        graph.Concat: concat.write_tflite,
        graph.Conv: conv.write_tflite,
        graph.Flatten: reshape.write_tflite,
        graph.GlobalAveragePool: global_average_pool.write_tflite,
        graph.Linear: linear.write_tflite,
        graph.MaxPool: max_pool.write_tflite,
        graph.Relu: relu.write_tflite,
        graph.Slice: slices.write_tflite,
        graph.Split: split.write_tflite,
    }
)
"""Node type: how it is written to TFLite, float32 and int8 alike."""
