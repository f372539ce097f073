"""The package map, the links and the wheel, each held against the tree."""

import configparser
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def setup_cfg() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def package_map() -> dict[str, Path]:
    """Package name to folder, as pip sees it."""
    lines = setup_cfg()["options"]["package_dir"].strip().splitlines()
    pairs = (line.split("=") for line in lines)
    return {name.strip(): ROOT / folder.strip() for name, folder in pairs}


def files_of_tree() -> dict[str, Path]:
    """Every file that belongs into the wheel, by its place there."""
    found = {}
    for package, folder in package_map().items():
        for path in folder.rglob("*"):
            inside = path.relative_to(folder)
            hidden = any(part == "__pycache__" or part[0] == "." for part in inside.parts)
            if path.is_file() and not hidden:
                found[f"{package.replace('.', '/')}/{inside.as_posix()}"] = path
    return found


def run(*command: object, **environment: str) -> str:
    """What a command prints; a failure shows all of it."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=environment.pop("cwd", str(ROOT)),
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built by way of the source archive, as a release is."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


def test_links_match_the_map() -> None:
    core = ROOT / "src/armlet"
    links = {
        f"armlet.{path.name}": path.resolve() for path in core.iterdir() if path.is_symlink()
    }
    assert {"armlet": core, **links} == package_map()


def test_every_folder_with_code_is_a_listed_package() -> None:
    listed = setup_cfg()["options"]["packages"].split()
    with_code = {
        str(Path(name).parent).replace("/", ".")
        for name in files_of_tree()
        if name.endswith(".py")
    }
    assert set(listed) == with_code
    assert all((folder / "__init__.py").exists() for folder in package_map().values())


def test_wheel_holds_the_tree(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert names == set(files_of_tree())
        for name, path in files_of_tree().items():
            assert archive.read(name) == path.read_bytes(), name


def test_installed_wheel_works_alone_and_stays_light(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=False)
    python = tmp_path / "bin/python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        wheel,
    )
    # Other packages come from this environment; its armlet, an editable one, does not.
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(site, "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    program = """if True:
        import importlib, sys
        from pkgutil import iter_modules, walk_packages
        import armlet, armlet.runtime
        assert armlet.__file__.startswith(sys.prefix), armlet.__file__
        core = [one for one in iter_modules(armlet.__path__, "armlet.") if not one.ispkg]
        device = walk_packages(armlet.runtime.__path__, "armlet.runtime.")
        for module in [*core, *device]:
            importlib.import_module(module.name)
        heavy = {"torch", "onnx", "onnxruntime", "ai_edge_litert", "tflite_runtime"}
        print(sorted(heavy & set(sys.modules)))
    """
    # From another folder: Python would find the tree's armlet in this one.
    assert run(python, "-c", program, cwd=str(tmp_path)).strip() == "[]"
    for command in ("edge-export", "edge-run"):
        assert "Usage:" in run(tmp_path / "bin" / command, "--help", cwd=str(tmp_path))


def test_stages_import_one_another_only_in_their_commands() -> None:
    run(Path(sys.executable).parent / "lint-imports", "--no-cache")
