"""Names every activation after the layer that writes it."""

from dataclasses import replace

from armlet.graph import Graph


def name_tensors(graph: Graph) -> Graph:
    """Call the input ``input`` and a layer's output ``<layer>`` or ``<layer>:<position>``.

    So activation ranges on a card, tensors in the files and lines in a profile speak of the
    same things, whatever the tracer called them.
    """
    names = {graph.input: "input"}
    for node in graph.nodes:
        for position, tensor in enumerate(node.outputs):
            several = len(node.outputs) > 1
            names[tensor] = f"{node.name}:{position}" if several else node.name
    nodes = tuple(
        replace(
            node,
            inputs=tuple(names[one] for one in node.inputs),
            outputs=tuple(names[one] for one in node.outputs),
        )
        for node in graph.nodes
    )
    shapes = {names[name]: shape for name, shape in graph.shapes.items() if name in names}
    return Graph(input="input", output=names[graph.output], nodes=nodes, shapes=shapes)
