import shutil
from pathlib import Path

from armlet.bundle import open_bundle
from armlet.runtime.identity import identify_bare, identify_bundle, identify_model


def test_bundle_is_the_same_anywhere_and_another_than_its_files(
    bundle: Path, copied: Path
) -> None:
    assert identify_model(bundle) == identify_model(copied)
    files = [file.path for file in open_bundle(bundle)[0].manifest.files]
    assert len({identify_model(bundle / one) for one in ("", *files)}) == 1 + len(files)
    assert identify_model(bundle) == identify_bundle(*open_bundle(bundle))


def test_bare_file_is_the_same_anywhere(bundle: Path, tmp_path: Path) -> None:
    one = shutil.copy(bundle / "model.int8.tflite", tmp_path / "one.tflite")
    other = shutil.copy(bundle / "model.int8.tflite", tmp_path / "other.tflite")
    assert identify_model(Path(one)) == identify_bare(Path(other))
    assert identify_model(Path(one)) != identify_model(bundle / "model.int8.tflite")


def test_bare_files_differ_in_length_and_at_both_ends(tmp_path: Path) -> None:
    middle = bytes(200_000)
    contents = [middle, middle + b"\0", b"1" + middle[1:], middle[1:] + b"1", b"", b"short"]
    found = set()
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(content)
        found.add(identify_bare(path))
    assert len(found) == len(contents)
