import click
import pytest

from armlet.export import cards
from armlet.export.options import NAMES, some_of


def test_some_of_keeps_its_own_order_and_each_word_once() -> None:
    parse = some_of("onnx", "tflite")
    assert parse("tflite,onnx,tflite") == ("onnx", "tflite")
    assert parse("tflite") == ("tflite",)
    for text in ("", "onnx,", "ONNX", "onnx tflite"):
        with pytest.raises(click.BadParameter, match="is none of onnx, tflite"):
            parse(text)


def test_help_names_the_shipped_weights() -> None:
    assert ", ".join(cards.SHIPPED) == NAMES
