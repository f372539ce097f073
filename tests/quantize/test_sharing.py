from armlet.graph import Concat, Graph, Relu, Split
from armlet.quantize.sharing import groups


def test_what_only_moves_values_shares_a_scale_and_the_rest_does_not() -> None:
    shape = (1, 4, 2, 2)
    half = (1, 2, 2, 2)
    graph = Graph(
        input="x",
        output="z",
        nodes=(
            Split(name="s", inputs=("x",), outputs=("a", "b"), sizes=(2, 2)),
            Relu(name="r", inputs=("b",), outputs=("c",), activation="relu"),
            Concat(name="k", inputs=("a", "c"), outputs=("y",)),
            Relu(name="t", inputs=("y",), outputs=("z",), activation="relu"),
        ),
        shapes={"x": shape, "a": half, "b": half, "c": half, "y": shape, "z": shape},
    )
    assert groups(graph) == [["x", "a", "b", "c", "y"], ["z"]]
