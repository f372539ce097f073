"""Traced ONNX to the intermediate graph."""

from collections import Counter
from dataclasses import replace

import onnx

from armlet.errors import NetworkError
from armlet.export.operators import READERS
from armlet.export.source import OnnxNode, Source, open_source
from armlet.graph import Graph, Node


def read(model: onnx.ModelProto) -> Graph:
    """Read a traced model, one node after the other.

    Raises:
        UnsupportedOperator: An operator, or a form of it, that the writers don't know.
        NetworkError: The model is no classifier of single images.
    """
    source = open_source(model)
    _check_ends(source)
    aliases: dict[str, str] = {}
    nodes: list[Node] = []
    for one in source.nodes:
        if one.operator == "Identity":
            aliases[one.outputs[0]] = aliases.get(one.inputs[0], one.inputs[0])
            continue
        inputs = tuple(aliases.get(name, name) for name in one.inputs)
        nodes += _read_node(replace(one, inputs=inputs), source)
    shapes = dict(source.shapes)
    for node in nodes:
        for name in node.outputs:
            if name not in shapes:  # a tensor that a reader put in between
                shapes[name] = (*shapes[node.inputs[0]][:2], 1, 1)
    output = aliases.get(source.output, source.output)
    graph = Graph(input=source.input, output=output, nodes=(), shapes=shapes)
    return graph.with_nodes(_unique(nodes))


def _read_node(node: OnnxNode, source: Source) -> list[Node]:
    if node.operator not in READERS:
        raise node.refuse()
    return READERS[node.operator](node, source)


def _check_ends(source: Source) -> None:
    if source.output in source.constants:
        raise NetworkError("the network's output doesn't depend on its input", "mend forward()")
    shape = source.shapes[source.output]
    if len(shape) != 2 or shape[0] != 1:
        raise NetworkError(
            f"the network's output has shape {list(shape)}, not [1, classes]",
            "give a classifier that returns one vector of logits",
        )


def _unique(nodes: list[Node]) -> tuple[Node, ...]:
    """Number the names that several nodes share, as a functional call used twice gives."""
    seen: Counter[str] = Counter()
    named = []
    for node in nodes:
        seen[node.name] += 1
        count = seen[node.name]
        named.append(node if count == 1 else replace(node, name=f"{node.name}.{count}"))
    return tuple(named)
