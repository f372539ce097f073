import pytest

from armlet.records import Layer
from armlet.runtime.attribution import attribute, find_owner
from armlet.runtime.profiled import NodeTime, ProfiledRun


def layer(name: str, macs: int = 0) -> Layer:
    return Layer(
        name=name, operator="Conv", kind="convolution", macs=macs, parameters=0, bytes=10
    )


def time(name: str, us: float, operator: str = "Conv") -> NodeTime:
    return NodeTime(name=name, operator=operator, us=us)


@pytest.mark.parametrize(
    ("node", "owner"),
    [
        ("stage2.1", "stage2.1"),
        ("stage2.1/relu", "stage2.1"),
        ("stage2.1/quantize_token_3", "stage2.1"),
        ("stage2.1_nchwc", "stage2.1"),
        ("stage2.1:1_token_44", "stage2.1"),
        ("stage2.10_token_1", "stage2.10"),
        ("stage2.10.0", None),
        ("conv_1_nchwc", "conv_1"),
        ("conv_2_nchwc", "conv"),
        ("ReorderInput_token_9", None),
        ("", None),
    ],
)
def test_owner_is_the_longest_name_that_ends_at_a_boundary(
    node: str, owner: str | None
) -> None:
    assert find_owner(node, ["conv", "conv_1", "stage2.1", "stage2.10"]) == owner


def whole(nodes: list[NodeTime], total_us: float) -> ProfiledRun:
    return ProfiledRun(nodes=nodes, total_us=total_us)


def test_attribute_takes_the_median_run_and_shares_of_all_runs() -> None:
    runs = [
        whole(
            [
                *(time("a_nchwc", us), time("a/relu", 1.0)),
                *(time("b", 2 * us), time("Reorder", 5.0, "R")),
            ],
            3 * us + 10.0,  # 4 us lie between the operators
        )
        for us in (9.0, 900.0, 14.0)
    ]
    a, b, other = attribute(runs, [layer("a"), layer("b")])
    assert (a.median_us, b.median_us, other.median_us) == (15.0, 28.0, 9.0)
    assert (a.share, b.share, other.share) == pytest.approx(
        (926 / 2799, 1846 / 2799, 27 / 2799)
    )
    assert (other.name, other.operator, other.kind, other.macs) == ("other", "R", "other", 0)


def test_layer_that_was_optimised_away_took_no_time() -> None:
    runs = [whole([time("a", 4.0)], 4.0)]
    a, gone, other = attribute(runs, [layer("a"), layer("gone")])
    assert (a.share, gone.median_us, gone.share) == (1.0, 0.0, 0.0)
    assert (other.operator, other.median_us, other.share) == ("runtime", 0.0, 0.0)


def test_layer_called_other_is_not_taken_for_the_rest() -> None:
    layers = attribute(
        [whole([time("other", 4.0), time("Reorder", 6.0)], 10.0)], [layer("other")]
    )
    assert [(one.name, one.median_us) for one in layers] == [("other", 4.0), ("other'", 6.0)]
