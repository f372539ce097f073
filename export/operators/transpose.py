"""A change of the order of axes, which a pass recognises as part of something."""

from armlet.export.source import OnnxNode, Source
from armlet.graph import Node, Transpose


def read(node: OnnxNode, source: Source) -> list[Node]:
    """A Transpose."""
    return [
        Transpose(
            name=node.name("transpose"),
            inputs=node.inputs[:1],
            outputs=node.outputs,
            order=tuple(node.attributes["perm"]),
        )
    ]
