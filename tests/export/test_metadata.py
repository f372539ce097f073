"""What an ONNX file says about itself, as ONNX Runtime reads it."""

import json

import onnxruntime
from onnx import TensorProto, helper

import armlet
from armlet.export.metadata import Identity, properties
from armlet.preprocessing import Preprocessing

IDENTITY = Identity(
    network="colours",
    labels=["red", "grün", "sea, or sky"],
    preprocessing=Preprocessing(
        size=16, resize="crop", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
    ),
)


def test_onnx_runtime_reads_labels_and_preprocessing() -> None:
    identity = helper.make_node("Identity", ["x"], ["y"])
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([identity], "g", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    helper.set_model_props(model, dict(properties(IDENTITY)))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found = session.get_modelmeta().custom_metadata_map
    assert json.loads(found["labels"]) == IDENTITY.labels
    assert Preprocessing.from_json(json.loads(found["preprocessing"])) == IDENTITY.preprocessing
    assert found["network"] == "colours"
    assert found["output"] == "logits"
    assert found["armlet_version"] == armlet.__version__
