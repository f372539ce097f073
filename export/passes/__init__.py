"""Rewrites of the graph, each in its own file, run in this order.

A pass takes a graph and returns one that computes the same. Each has a test that says how
exactly.
"""

from collections.abc import Callable
from typing import Final

from armlet.export.passes.absorb_shuffles import absorb_shuffles
from armlet.export.passes.drop_flatten import drop_flatten
from armlet.export.passes.find_gathers import find_gathers
from armlet.export.passes.find_shuffles import find_shuffles
from armlet.export.passes.find_stacks import find_stacks
from armlet.export.passes.fold_batch_norm import fold_batch_norm
from armlet.export.passes.fuse_activations import fuse_activations
from armlet.export.passes.join_slices import join_slices
from armlet.export.passes.name_tensors import name_tensors
from armlet.graph import Graph

PASSES: Final[tuple[Callable[[Graph], Graph], ...]] = (
    fold_batch_norm,
    fuse_activations,
    find_gathers,
    find_shuffles,
    find_stacks,
    drop_flatten,
    absorb_shuffles,
    join_slices,
    name_tensors,  # last: names tensors after the nodes that are left
)


def simplify(graph: Graph) -> Graph:
    """Run every pass once, in order."""
    for rewrite in PASSES:
        graph = rewrite(graph)
    return graph
