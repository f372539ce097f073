import json
from dataclasses import replace

from armlet.records import Layer

PAPER = Layer(
    name="stage2.0.branch2.3",
    operator="Conv",
    kind="depthwise",
    macs=1_000_000,
    parameters=240,
    bytes=2_000,
)


def test_layer_on_paper_says_nothing_of_time() -> None:
    assert PAPER.to_json() == {
        "name": "stage2.0.branch2.3",
        "operator": "Conv",
        "kind": "depthwise",
        "macs": 1_000_000,
        "parameters": 240,
        "bytes": 2_000,
    }


def test_measured_layer_has_rates() -> None:
    record = Layer(**PAPER.to_json(), median_us=500.0, share=0.25).to_json()
    assert record["median_us"] == 500.0
    assert record["share"] == 0.25
    assert record["gmacs_per_s"] == 2.0  # 10**6 in half a millisecond
    assert record["gbytes_per_s"] == 0.004


def test_layer_that_was_optimised_away_has_no_rates() -> None:
    record = Layer(**PAPER.to_json(), median_us=0.0, share=0.0).to_json()
    assert (record["gmacs_per_s"], record["gbytes_per_s"]) == (None, None)


def test_layers_survive_json() -> None:
    for layer in (PAPER, Layer(**PAPER.to_json(), median_us=1.5, share=0.125)):
        assert Layer.from_json(json.loads(json.dumps(layer.to_json()))) == layer


def test_layer_of_unknown_cost() -> None:
    unknown = replace(PAPER, macs=None, parameters=None, bytes=None, median_us=500.0, share=0.5)
    record = unknown.to_json()
    assert (record["macs"], record["gmacs_per_s"], record["gbytes_per_s"]) == (None, None, None)
    assert Layer.from_json(json.loads(json.dumps(record))) == unknown
