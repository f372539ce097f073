import json
from dataclasses import replace

from armlet.records import Layer
from armlet.runtime.conditions import Measured, read_conditions
from armlet.runtime.result import Prediction, Result


def test_result_as_json() -> None:
    result = Result(
        path="cat.png",
        top=[Prediction(index=3, label="cat", score=0.98765432)],
        preprocess_ms=0.12345,
        inference_ms=1.0,
    )
    assert result.to_json() == {
        "path": "cat.png",
        "top": [{"index": 3, "label": "cat", "score": 0.987654}],
        "preprocess_ms": 0.123,
        "inference_ms": 1.0,
    }


def test_result_keeps_every_bit_of_the_logits() -> None:
    logits = [0.1, -1 / 3, 2.0**-30]
    result = Result(path="", top=[], preprocess_ms=0.0, inference_ms=0.0, logits=logits)
    assert json.loads(json.dumps(result.to_json()))["logits"] == logits


def test_conditions_and_layers_where_they_are_known() -> None:
    plain = Result(path="", top=[], preprocess_ms=0.0, inference_ms=0.0)
    layer = Layer(
        name="a", operator="Conv", kind="convolution", macs=1, parameters=1, bytes=1, share=1.0
    )
    now = read_conditions()
    measured = Measured(threads=3, before=now, after=now)
    record = replace(plain, conditions=measured, layers=[layer]).to_json()
    assert record["conditions"] == measured.to_json()
    assert record["conditions"]["threads"] == 3
    assert record["layers"] == [layer.to_json()]
    assert not {"conditions", "layers"} & set(plain.to_json())
