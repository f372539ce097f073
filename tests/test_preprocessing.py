"""The decoder is compared with Pillow, the table with plain arithmetic and ONNX Runtime."""

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import skimage
from numpy.typing import NDArray
from onnx import TensorProto, helper
from PIL import Image, ImageOps

from armlet.errors import ImageError
from armlet.preprocessing import (
    Layout,
    Preprocessing,
    Resize,
    apply_table,
    decode,
    model_input,
    resize,
    table,
)
from armlet.scales import Scale

PHOTOS = Path(skimage.__file__).parent / "data"
ORIENTATION = 0x0112
IMAGENET = Preprocessing(
    size=32, resize="squash", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)
SCALES = [
    Scale(scale=float(np.float32(scale)), zero_point=zero_point)
    for scale, zero_point in ((0.0186, -14), (1 / 255, -128), (0.5, 0), (0.003, 127), (0.02, 3))
]
EVERY_PIXEL = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
"""(1, 256, 3): each value in each channel."""


def cat() -> Image.Image:
    return Image.open(PHOTOS / "chelsea.png").convert("RGB")


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.info.clear()  # a colour profile would be written along
    image.save(buffer, format, **options)
    return buffer.getvalue()


def written(folder: Path, data: bytes) -> Path:
    path = folder / "picture"
    path.write_bytes(data)
    return path


def reference(path: Path) -> NDArray[np.uint8]:
    """What Pillow makes of a picture."""
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF"])
def test_turns_pictures_upright(tmp_path: Path, format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = written(tmp_path, encoded(cat(), format, exif=exif))
    picture = decode(path)
    assert picture.shape == ((451, 300, 3) if orientation > 4 else (300, 451, 3))
    assert np.array_equal(picture, reference(path))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_makes_three_channels_of_any_png(tmp_path: Path, mode: str) -> None:
    path = written(tmp_path, encoded(cat().convert(mode), "PNG"))
    picture = decode(path)
    assert picture.shape == (300, 451, 3)
    assert np.array_equal(picture, reference(path))


@pytest.mark.parametrize("format", ["BMP", "PPM", "TIFF", "WEBP"])
def test_reads_other_formats(tmp_path: Path, format: str) -> None:
    options = {"lossless": True} if format == "WEBP" else {}
    assert np.array_equal(
        decode(written(tmp_path, encoded(cat(), format, **options))), np.asarray(cat())
    )


def test_takes_the_first_picture_of_an_animation(tmp_path: Path) -> None:
    more = [cat().rotate(180)]
    data = encoded(cat(), "WEBP", lossless=True, save_all=True, append_images=more)
    assert np.array_equal(decode(written(tmp_path, data)), np.asarray(cat()))


def test_drops_transparency(tmp_path: Path) -> None:
    image = cat().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    assert np.array_equal(decode(written(tmp_path, encoded(image, "PNG"))), np.asarray(cat()))


def test_takes_the_upper_byte_of_16_bits(tmp_path: Path) -> None:
    grey = np.asarray(cat().convert("L"))
    data = encoded(Image.fromarray(grey.astype(np.uint16) * 257), "PNG")
    assert np.array_equal(
        decode(written(tmp_path, data)), np.repeat(grey[..., None], 3, axis=2)
    )


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_the_order_of_colours_changes_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    path = written(tmp_path, encoded(cat().convert(mode), "JPEG", exif=exif))
    picture = decode(path)
    monkeypatch.delattr(cv2, "IMREAD_COLOR_RGB", raising=False)  # as before OpenCV 4.11
    assert np.array_equal(picture, decode(path))


def test_reads_a_cmyk_jpeg(tmp_path: Path) -> None:
    path = written(tmp_path, encoded(cat().convert("CMYK"), "JPEG"))
    difference = decode(path).astype(int) - reference(path)
    assert np.abs(difference).max() <= 1  # the conversion to RGB is rounded differently


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95, -2])
def test_refuses_a_truncated_jpeg(tmp_path: Path, progressive: bool, kept: float) -> None:
    data = encoded(cat(), "JPEG", progressive=progressive)
    length = int(len(data) * kept) if kept > 0 else len(data) + int(kept)
    with pytest.raises(ImageError, match="cut short"):
        decode(written(tmp_path, data[:length]))


def test_is_not_fooled_by_the_end_of_a_thumbnail(tmp_path: Path) -> None:
    thumbnail = encoded(cat().resize((64, 48)), "JPEG")
    data = encoded(cat(), "JPEG", exif=b"Exif\0\0" + thumbnail)
    with pytest.raises(ImageError, match="cut short"):
        decode(written(tmp_path, data[: len(data) * 2 // 3]))


def test_reads_a_jpeg_with_a_video_behind_it(tmp_path: Path) -> None:
    data = encoded(cat(), "JPEG")
    with_video = decode(written(tmp_path, data + bytes(200_000)))
    assert np.array_equal(with_video, decode(written(tmp_path, data)))


@pytest.mark.parametrize("format", ["BMP", "PNG", "PPM", "TIFF", "WEBP"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_refuses_other_truncated_files(tmp_path: Path, format: str, kept: float) -> None:
    data = encoded(cat(), format)
    with pytest.raises(ImageError, match="damaged"):
        decode(written(tmp_path, data[: int(len(data) * kept)]))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"a text\n" * 99, "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"?" * 99, "not a picture"),
        (b"\xff\xd8", "cut short"),
    ],
)
def test_refuses_what_is_no_picture(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode(written(tmp_path, data))


def test_refuses_a_changed_byte_in_a_png(tmp_path: Path) -> None:
    data = bytearray(encoded(cat(), "PNG"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(ImageError, match="damaged"):
        decode(written(tmp_path, bytes(data)))


def test_refuses_folders_missing_files_and_loops(tmp_path: Path) -> None:
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    for path, reason in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none.png", "No such file"),
        (loop, "symbolic links"),
    ):
        with pytest.raises(ImageError, match=reason):
            decode(path)


def test_says_nothing_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for format in ("PNG", "TIFF", "BMP"):
        data = encoded(cat(), format)
        with pytest.raises(ImageError):
            decode(written(tmp_path, data[: len(data) // 2]))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", ["squash", "crop"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 10_000), (10_000, 1), (32, 32), (65, 31)])
def test_resizes_any_shape(shape: tuple[int, int], mode: str) -> None:
    picture = np.full((*shape, 3), (10, 20, 30), np.uint8)
    record = IMAGENET.to_json() | {"resize": mode}
    small = resize(picture, Preprocessing.from_json(record))
    assert small.flags.c_contiguous
    assert np.array_equal(small, np.full((32, 32, 3), (10, 20, 30), np.uint8))


def test_crop_takes_the_central_square() -> None:
    picture = np.zeros((32, 96, 3), np.uint8)
    picture[:, 32:64] = 200
    crop = Preprocessing.from_json(IMAGENET.to_json() | {"resize": "crop"})
    assert np.all(resize(picture, crop) == 200)
    assert not np.all(resize(picture, IMAGENET) == 200)


@pytest.mark.parametrize("mode", ["squash", "crop", "pad"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 999), (999, 1), (24, 40), (65, 31)])
def test_resizes_to_any_shape(shape: tuple[int, int], mode: Resize) -> None:
    mean = (10 / 255, 20 / 255, 30 / 255)
    wanted = replace(IMAGENET, size=24, width=40, resize=mode, mean=mean)
    small = resize(np.full((*shape, 3), (10, 20, 30), np.uint8), wanted)
    assert small.flags.c_contiguous
    assert np.array_equal(small, np.full((24, 40, 3), (10, 20, 30), np.uint8))


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [
        ((64, 64), (0, 64), (16, 48)),
        ((40, 80), (0, 40), (30, 50)),
        ((96, 32), (16, 80), (0, 32)),
    ],
)
def test_crop_has_the_shape_of_the_input(
    shape: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    picture = np.zeros((*shape, 3), np.uint8)
    picture[slice(*rows), slice(*columns)] = 200
    assert np.all(resize(picture, replace(IMAGENET, size=64, width=32, resize="crop")) == 200)
    picture[rows[1] - 1, columns[1] - 1] = 0
    assert not np.all(
        resize(picture, replace(IMAGENET, size=64, width=32, resize="crop")) == 200
    )


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [
        ((40, 20), (0, 20), (15, 25)),  # halved
        ((10, 80), (7, 12), (0, 40)),  # halved, and an odd number of rows left over
        ((20, 40), (0, 20), (0, 40)),
        ((1, 1000), (9, 10), (0, 40)),
    ],
)
def test_pad_keeps_the_shape_of_the_picture_and_fills_with_the_mean(
    shape: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    padded = resize(
        np.full((*shape, 3), 7, np.uint8),
        replace(IMAGENET, size=20, width=40, resize="pad"),
    )
    expected = np.full((20, 40, 3), (124, 116, 104), np.uint8)
    expected[slice(*rows), slice(*columns)] = 7
    assert np.array_equal(padded, expected)


def test_grey_and_uint8_tables() -> None:
    grey = cv2.cvtColor(EVERY_PIXEL[:, ::2], cv2.COLOR_RGB2GRAY)
    values = np.arange(255, -1, -1, dtype=np.uint8).reshape(1, 256, 1)
    assert np.array_equal(apply_table(EVERY_PIXEL[:, ::2], values)[0, ..., 0], 255 - grey)


def test_halving_is_the_rounded_mean_of_four_pixels() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    four = picture.reshape(32, 2, 32, 2, 3).astype(int).sum(axis=(1, 3))
    assert np.array_equal(resize(picture, IMAGENET), (four + 2) // 4)


def test_float_table_is_the_normalisation() -> None:
    normal = (EVERY_PIXEL / 255.0 - IMAGENET.mean) / IMAGENET.std
    values = apply_table(EVERY_PIXEL, table(IMAGENET, None))
    assert values.shape == (1, 1, 256, 3)
    assert values.dtype == np.float32
    assert np.allclose(values[0], normal, rtol=0, atol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_int8_table_rounds_the_float_table_ties_to_even(scale: Scale) -> None:
    values = apply_table(EVERY_PIXEL, table(IMAGENET, scale))
    assert values.dtype == np.int8
    normal = apply_table(EVERY_PIXEL, table(IMAGENET, None))
    steps = (normal / np.float32(scale.scale)).flatten().tolist()
    expected = [min(max(round(step) + scale.zero_point, -128), 127) for step in steps]
    assert values.flatten().tolist() == expected


def test_int8_table_has_ties_and_rounds_them_to_even() -> None:
    plain = Preprocessing(size=1, resize="squash", mean=(0, 0, 0), std=(1 / 255,) * 3)
    values = table(plain, Scale(scale=2.0, zero_point=-128))
    assert values[0, :6, 0].tolist() == [-128, -128, -127, -126, -126, -126]


@pytest.mark.parametrize("scale", SCALES)
def test_int8_table_equals_onnx_runtimes_quantizelinear(scale: Scale) -> None:
    normal = apply_table(EVERY_PIXEL, table(IMAGENET, None))
    graph = helper.make_graph(
        [helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["y"])],
        "quantize",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, normal.shape)],
        [helper.make_tensor_value_info("y", TensorProto.INT8, normal.shape)],
        [
            helper.make_tensor("scale", TensorProto.FLOAT, [], [scale.scale]),
            helper.make_tensor("zero", TensorProto.INT8, [], [scale.zero_point]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (expected,) = session.run(None, {"x": normal})
    assert np.array_equal(apply_table(EVERY_PIXEL, table(IMAGENET, scale)), expected)


@pytest.mark.parametrize("scale", [None, SCALES[0]])
def test_model_input_takes_either_layout(scale: Scale | None) -> None:
    picture = decode(PHOTOS / "chelsea.png")
    values = table(IMAGENET, scale)
    last = model_input(picture, IMAGENET, values, "NHWC")
    first = model_input(picture, IMAGENET, values, "NCHW")
    assert np.array_equal(last, apply_table(resize(picture, IMAGENET), values))
    assert first.shape == (1, 3, 32, 32)
    assert first.flags.c_contiguous
    assert first.dtype == last.dtype
    assert np.array_equal(first, last.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("mode", ["squash", "crop", "pad"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_rotated_input_is_the_resized_picture_upside_down(
    mode: Resize, layout: Layout, channels: int
) -> None:
    picture = decode(PHOTOS / "chelsea.png")
    wanted = replace(IMAGENET, size=31, width=40, resize=mode)
    values = table(wanted, SCALES[0])[..., :channels].copy()
    upright = model_input(picture, wanted, values, layout)
    rotated = model_input(picture, wanted, values, layout, rotated=True)
    axes = (1, 2) if layout == "NHWC" else (2, 3)
    assert rotated.flags.c_contiguous
    assert rotated.dtype == np.int8
    assert np.array_equal(rotated, np.flip(upright, axes))
    assert not np.array_equal(rotated, upright)


def test_preprocessing_survives_json() -> None:
    assert Preprocessing.from_json(IMAGENET.to_json()) == IMAGENET


@pytest.mark.parametrize("change", [{"mean": [0, 0]}, {"std": [1]}, {"resize": "stretch"}])
def test_preprocessing_refuses_odd_json(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="three values"):
        Preprocessing.from_json(IMAGENET.to_json() | change)


def test_colours_are_rgb(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    cv2.imwrite(str(path), np.full((2, 2, 3), (0, 0, 255), np.uint8))
    assert decode(path)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("kind", ["squash", "crop", "pad"])
def test_order_of_the_channels_does_not_matter(kind: Resize, layout: Layout) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (90, 130, 3), np.uint8)
    preprocessing = Preprocessing(
        size=32, resize=kind, mean=(0.1, 0.5, 0.9), std=(0.2, 0.3, 0.4)
    )
    values = table(preprocessing, None)
    rgb = model_input(picture, preprocessing, values, layout, rotated=True)
    turned = np.ascontiguousarray(picture[..., ::-1])
    bgr = model_input(turned, preprocessing, values, layout, rotated=True, bgr=True)
    assert np.array_equal(rgb, bgr)
