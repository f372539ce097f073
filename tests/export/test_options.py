import click
import pytest

from armlet.export import cards
from armlet.export.options import NAMES, positive_triple, some_of, triple


def test_three_numbers_with_commas() -> None:
    assert triple("0.485, 0.456,-1e-1") == (0.485, 0.456, -0.1)
    assert positive_triple("0.2,1,3") == (0.2, 1.0, 3.0)


@pytest.mark.parametrize(
    "text", ["", "0.5", "0.5,0.5", "1,2,3,4", "a,b,c", "nan,0,0", "0,inf,0"]
)
def test_what_is_not_three_finite_numbers(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not three numbers like"):
        triple(text)


@pytest.mark.parametrize("text", ["0,1,1", "1,1,-0.5"])
def test_a_deviation_is_above_zero(text: str) -> None:
    with pytest.raises(click.BadParameter, match="not above 0"):
        positive_triple(text)


def test_some_of_keeps_its_own_order_and_each_word_once() -> None:
    parse = some_of("onnx", "tflite")
    assert parse("tflite,onnx,tflite") == ("onnx", "tflite")
    assert parse("tflite") == ("tflite",)
    for text in ("", "onnx,", "ONNX", "onnx tflite"):
        with pytest.raises(click.BadParameter, match="is none of onnx, tflite"):
            parse(text)


def test_help_names_the_shipped_weights() -> None:
    assert ", ".join(cards.SHIPPED) == NAMES
