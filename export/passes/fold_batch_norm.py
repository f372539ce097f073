"""Multiplies a batch norm into the convolution before it."""

from dataclasses import replace

from armlet.graph import BatchNorm, Conv, Graph, Node


def fold_batch_norm(graph: Graph) -> Graph:
    """Fold every BatchNorm that alone reads a linear convolution; equal up to float32 rounding.

    torch's exporter folds them already where it can; this holds for graphs that come otherwise.
    """
    folded: dict[str, Conv] = {}
    gone: set[str] = set()
    for norm in graph.nodes:
        if not isinstance(norm, BatchNorm):
            continue
        conv = graph.producer(norm.inputs[0])
        if (
            isinstance(conv, Conv)
            and conv.activation is None
            and graph.only_reader(conv.outputs[0]) is norm
        ):
            folded[conv.name] = replace(
                conv,
                outputs=norm.outputs,
                weight=conv.weight * norm.factor[:, None, None, None],
                bias=conv.bias * norm.factor + norm.offset,
            )
            gone.add(norm.name)
    nodes: list[Node] = [folded.get(one.name, one) for one in graph.nodes]
    return graph.with_nodes(one for one in nodes if one.name not in gone)
