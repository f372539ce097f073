"""MediaPipe reads our .tflite files: an independent reader, in an environment without armlet.

``make test-mediapipe`` exports the bundles and runs this. What is expected comes from the
bundles alone: the manifest, and in the golden vectors the inputs and what each file answers.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
import pytest
from mediapipe.tasks.metadata import metadata_schema_py_generated as schema
from mediapipe.tasks.metadata import schema_py_generated as tflite
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import ImageClassifier, ImageClassifierOptions

DEMO = Path(__file__).parents[1] / "demo"
PER_CHANNEL = DEMO / "bundle"
"""Trained on CIFAR-10: mean and deviation of each channel."""
ONE_MEAN = DEMO / "fashion-mnist"
"""Trained on Fashion-MNIST, which is grey: one mean and deviation."""


def manifest(bundle: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    return record


def classifier(path: Path) -> ImageClassifier:
    options = ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(path)))
    return ImageClassifier.create_from_options(options)


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("bundle", [PER_CHANNEL, ONE_MEAN], ids=["per-channel", "one-mean"])
def test_metadata_equals_the_manifest(bundle: Path, precision: str) -> None:
    expected = manifest(bundle)
    path = bundle / f"model.{precision}.tflite"
    data = path.read_bytes()
    model = tflite.ModelT.InitFromObj(tflite.Model.GetRootAs(data))
    (entry,) = (one for one in model.metadata if one.name == b"TFLITE_METADATA")
    content = bytes(model.buffers[entry.buffer].data)
    assert schema.ModelMetadata.ModelMetadataBufferHasIdentifier(content, 0)
    said = schema.ModelMetadataT.InitFromObj(schema.ModelMetadata.GetRootAs(content))
    assert said.name.decode() == expected["network"]

    (graph,) = said.subgraphMetadata
    (image,) = graph.inputTensorMetadata
    assert image.content.contentPropertiesType == schema.ContentProperties.ImageProperties
    assert image.content.contentProperties.colorSpace == schema.ColorSpaceType.RGB
    (step,) = image.processUnits
    assert step.optionsType == schema.ProcessUnitOptions.NormalizationOptions
    mean = np.array(expected["preprocessing"]["mean"])
    std = np.array(expected["preprocessing"]["std"])
    np.testing.assert_allclose(step.options.mean, mean * 255, rtol=1e-6)
    np.testing.assert_allclose(step.options.std, std * 255, rtol=1e-6)
    np.testing.assert_allclose(image.stats.max, (1 - mean) / std, rtol=1e-6)
    np.testing.assert_allclose(image.stats.min, -mean / std, rtol=1e-6)

    (logits,) = graph.outputTensorMetadata
    (labels,) = logits.associatedFiles
    assert labels.type == schema.AssociatedFileType.TENSOR_AXIS_LABELS
    (card,) = said.associatedFiles
    with zipfile.ZipFile(path) as archive:
        assert archive.read(labels.name.decode()).decode().splitlines() == expected["labels"]
        inside = json.loads(archive.read(card.name.decode()))
    assert inside["preprocessing"] == expected["preprocessing"]


def test_classifier_gives_our_logits() -> None:
    record = manifest(ONE_MEAN)
    mean = np.array(record["preprocessing"]["mean"])
    std = np.array(record["preprocessing"]["std"])
    with np.load(ONE_MEAN / "golden/vectors.npz") as vectors:
        inputs, expected = vectors["inputs"], vectors["model.float32.tflite"]
    assert len(inputs) > 0
    # Back to pixels, at the network's own size: then MediaPipe's resizing changes nothing.
    pictures = np.rint((inputs.transpose(0, 2, 3, 1) * std + mean) * 255).astype(np.uint8)
    with classifier(ONE_MEAN / "model.float32.tflite") as ours:
        for picture, logits in zip(pictures, expected, strict=True):
            image = mediapipe.Image(
                image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture)
            )
            (head,) = ours.classify(image).classifications
            found = {one.category_name: one.score for one in head.categories}
            assert head.categories[0].category_name == record["labels"][logits.argmax()]
            np.testing.assert_allclose(
                [found[label] for label in record["labels"]], logits, atol=1e-3
            )


def test_int8_input_is_refused() -> None:
    with pytest.raises(ValueError, match="uint8/float32, got INT8"):
        classifier(ONE_MEAN / "model.int8.tflite")


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_rotated_pictures_are_refused(precision: str) -> None:
    with pytest.raises(ValueError, match="Expected ImageProperties for tensor rotated_image"):
        classifier(ONE_MEAN / f"model.{precision}.rotated.tflite")


def test_a_mean_of_each_channel_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="Per-channel image normalization"):
        classifier(PER_CHANNEL / "model.float32.tflite")
