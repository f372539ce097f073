"""The edge-export command: parse, call the library, print."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import armlet
from armlet.command import Command, notice, positive_triple, progress, triple, watch
from armlet.export.options import NAMES, PATH, some_of

# Whatever needs torch, onnx or a runtime is imported in the commands: --help must be quick.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from armlet.bundle import Format, ModelFile
    from armlet.export.answers import Answer
    from armlet.export.pipeline import Stages
    from armlet.preprocessing import Picture, Preprocessing
    from armlet.records import Precision


@click.group(cls=Command, default="network")
@click.version_option(armlet.__version__)
def main() -> None:
    """Take a trained image classifier to ONNX and TFLite.

    Try: edge-export shufflenet_v2_x0_5 -o out/
    """


@main.command()
@click.argument("network")
@click.option("--weights", help="File (.pth, .pt, .safetensors), imagenet, or " + NAMES + ".")
@click.option("--labels", type=PATH, help="Text file, one label a line.")
@click.option(
    "--stem",
    type=click.Choice(["imagenet", "cifar"]),
    help="cifar: for pictures of about 32 pixels. [default: imagenet]",
)
@click.option("--input-size", type=click.IntRange(8, 4096), help="Pixels. [default: 224]")
@click.option(
    "--resize",
    type=click.Choice(["squash", "crop", "pad"]),
    help="Whole picture, largest central square, or whole with borders. [default: squash]",
)
@click.option(
    "--mean", type=triple, metavar="R,G,B", help="In units of 0 to 1. [default: ImageNet's]"
)
@click.option("--std", type=positive_triple, metavar="R,G,B", help="Likewise.")
@click.option("--calib", type=PATH, help="Folder of pictures to calibrate int8 with.")
@click.option("--eval", "evaluation", type=PATH, help="Folder with one folder a class.")
@click.option(
    "--formats",
    type=some_of("onnx", "tflite"),
    metavar="LIST",
    default="onnx,tflite",
    show_default=True,
)
@click.option(
    "--precisions",
    type=some_of("float32", "float16", "int8"),
    metavar="LIST",
    help="float16: TFLite that computes in half where the processor can. [default: all]",
)
@click.option(
    "--via",
    type=click.Choice(["armlet", "litert-torch"]),
    default="armlet",
    help="litert-torch: for networks with operators that armlet lacks; TFLite only.",
)
@click.option("-o", "--output", type=PATH, required=True, help="Folder for the bundle.")
def network(
    network: str,
    calib: Path | None,
    evaluation: Path | None,
    formats: "Sequence[Format]",
    precisions: "Sequence[Precision] | None",
    via: str,
    output: Path,
    **wish: Any,
) -> None:
    """Export NETWORK: a name, or package.module:factory for a network of your own.

    With shipped weights, size, mean and so on are those that they were trained with.

    \b
    edge-export shufflenet_v2_x0_5 -o out/
    edge-export shufflenet_v2_x1_0 --weights my.pth --labels labels.txt --calib photos/ -o out/
    edge-export mypackage.net:make --weights my.pth --calib photos/ -o out/
    """
    from armlet.bundle import MANIFEST
    from armlet.export import datasets, pictures, report
    from armlet.export.classifier import Wish, resolve
    from armlet.export.pipeline import Job, export
    from armlet.export.routes import precisions_of, route
    from armlet.storage import check_target

    check_target(output, MANIFEST)
    convert = route(via, formats)
    precisions = precisions_of(precisions, via, formats)
    progress(f"loading {network}")
    classifier = resolve(Wish(network=network, **wish))
    job = Job(
        formats=formats,
        precisions=precisions,
        calibration=pictures.find(calib, "--calib") if calib else None,
        evaluation=datasets.find(evaluation, classifier.labels) if evaluation else None,
        options=report.options(classifier, formats, precisions, via, calib, evaluation),
    )
    for line in job.calibration.unreadable if job.calibration else ():
        notice(f"edge-export: passed over {line}")
    manifest = export(classifier, job, output, _stages(), convert)
    for line in report.summary(manifest, output):
        click.echo(line)


@main.command()
@click.argument("bundle", type=PATH)
@click.option(
    "--eval",
    "evaluation",
    type=PATH,
    required=True,
    help="Folder or .zip with one folder a class, or the images file of an IDX pair.",
)
@click.option("--images", type=click.IntRange(min=1), help="Only so many, evenly spread.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def accuracy(bundle: Path, evaluation: Path, images: int | None, as_json: bool) -> None:
    """Measure every file of BUNDLE on labelled pictures and note it in the manifest.

    \b
    edge-export accuracy out/ --eval test/
    """
    from armlet.export import report
    from armlet.export.accuracy import measure_bundle

    measured = measure_bundle(bundle, evaluation, images, _open_file, watch)
    for line in measured.unreadable:
        notice(f"edge-export: passed over {line}")
    lines = report.accuracy_json(measured) if as_json else report.accuracy(measured, bundle)
    for line in lines:
        click.echo(line)


@main.command()
@click.argument("network")
@click.option(
    "--data",
    type=PATH,
    required=True,
    help="Folder or .zip with one folder a class, or the images file of an IDX pair.",
)
@click.option("--test", type=PATH, help="Held-out pictures, only measured on at the end.")
@click.option("--labels", type=PATH, help="Text file, one label a line.")
@click.option(
    "--stem", type=click.Choice(["imagenet", "cifar"]), default="cifar", show_default=True
)
@click.option("--input-size", type=click.IntRange(8, 1024), default=32, show_default=True)
@click.option(
    "--resize", type=click.Choice(["squash", "crop"]), default="squash", show_default=True
)
@click.option(
    "--phases",
    default="24:12,32:8",
    show_default=True,
    help="Size of the random crops : epochs, in this order.",
)
@click.option(
    "--padding",
    type=click.IntRange(0, 64),
    default=4,
    show_default=True,
    help="Pixels by which pictures are extended before they are cropped.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--threads", type=click.IntRange(1, 256), help="CPU threads.")
@click.option("--source", default="", help="For the card: where others get the pictures.")
@click.option("--remarks", default="", help="For the card: what must be known of them.")
@click.option("-o", "--output", type=PATH, required=True, help="NAME.safetensors")
def train(
    network: str,
    labels: Path | None,
    phases: str,
    padding: int,
    stem: Any,
    input_size: int,
    resize: Any,
    seed: int,
    threads: int | None,
    output: Path,
    **job: Any,
) -> None:
    """Train NETWORK from nothing; when killed, the same command continues.

    \b
    edge-export train shufflenet_v2_x0_5 --data train/ --test test/ -o my.safetensors
    """
    from armlet.export import report, trained
    from armlet.export.recipe import Recipe, phases_from_text
    from armlet.labels import read_labels

    recipe = Recipe(
        network=network,
        stem=stem,
        size=input_size,
        phases=phases_from_text(phases),
        padding=padding,
        seed=seed,
    )
    names = read_labels(labels) if labels else None
    task = trained.Job(recipe=recipe, labels=names, resizing=resize, weights=output, **job)
    outcome = trained.run(task, _ranges_of, report.TrainingLine().show, threads)
    for line in outcome.unreadable:
        notice(f"edge-export: passed over {line}")
    for line in report.training(outcome):
        click.echo(line)


@main.command()
@click.argument("targets", nargs=-1, required=True, metavar="[BUNDLE] HOST")
@click.option("--home", default="armlet", show_default=True, help="Armlet's folder there.")
@click.option("--tune", is_flag=True, help="Find out what is fastest there, and use it.")
@click.option("--bench", is_flag=True, help="Measure every file there.")
@click.option("--profile", is_flag=True, help="Measure every layer there.")
@click.option(
    "--rest",
    type=click.FloatRange(0, 3600),
    default=180,
    show_default=True,
    help="Longest wait for a busy device before --tune and --bench, in seconds.",
)
@click.option("--rollback", is_flag=True, help="Back to the bundle before; no BUNDLE then.")
@click.option("--ssh-config", type=PATH, help="Instead of ~/.ssh/config.")
@click.option("--wheelhouse", type=PATH, help="Folder to take wheels from, without a network.")
@click.option("-o", "--output", type=PATH, help="For what it says. [default: deployed/HOST]")
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def deploy(
    targets: Sequence[str], ssh_config: Path | None, rollback: bool, as_json: bool, **wish: Any
) -> None:
    """Bring BUNDLE to the device HOST, prove it there, measure, fetch.

    HOST is what ssh takes: pi@raspberrypi, an alias, ssh://pi@host:port. The device needs
    python3 and no network: armlet comes along. A bundle that doesn't verify there is refused,
    and the one before it stays.

    \b
    edge-export deploy out/ pi@raspberrypi
    edge-export deploy out/ pi@raspberrypi --tune --bench
    edge-export deploy pi@raspberrypi --rollback
    """
    import json

    from armlet.device_scripts import deploy as deploying
    from armlet.device_scripts import deploy_report
    from armlet.device_scripts.connection import Host
    from armlet.errors import OptionError

    if len(targets) != (1 if rollback else 2):
        wanted = "HOST alone" if rollback else "BUNDLE and HOST"
        raise OptionError(f"deploy needs {wanted}", "see edge-export deploy --help")
    if rollback and (wish["tune"] or wish["bench"] or wish["profile"]):
        raise OptionError("--rollback measures nothing", "drop --tune, --bench and --profile")
    job = deploying.Job(host=Host(name=targets[-1], ssh_config=ssh_config), **wish)
    if rollback:
        done = deploying.roll_back(job)
        said = deploy_report.rolled_back_json(done)
        lines = [json.dumps(said)] if as_json else deploy_report.rolled_back(done)
        problem = None
    else:
        outcome = deploying.deploy(job, Path(targets[0]))
        said = deploy_report.as_json(outcome)
        lines = [json.dumps(said)] if as_json else deploy_report.summary(outcome)
        problem = outcome.problem
    for line in lines:
        click.echo(line)
    if problem:
        raise problem


@main.command()
@click.option(
    "--system",
    type=click.Choice(["bookworm", "trixie", "bookworm-32"]),
    default="bookworm",
    show_default=True,
    help="What the device runs: the release of Debian or Raspberry Pi OS, 64-bit unless it "
    "says 32.",
)
@click.option("--bundle", type=PATH, help="Folder that edge-export wrote, to be active there.")
@click.option("--wheelhouse", type=PATH, help="Folder to take wheels from, without a network.")
@click.option("-o", "--output", type=PATH, required=True, help="Folder for it.")
def kit(system: str, bundle: Path | None, wheelhouse: Path | None, output: Path) -> None:
    """Put together what installs armlet on a device that no SSH reaches.

    The folder holds setup.sh, the other scripts for devices, all wheels and a bundle; carry it
    there.

    \b
    edge-export kit --bundle out/ -o kit/
    edge-export kit --bundle out/ --system trixie -o kit/
    """
    import shlex

    from armlet.device_scripts.kit import write_kit

    progress(f"resolving wheels for {system}")
    made = write_kit(system, output, bundle, wheelhouse)
    click.echo(f"{made.folder}: {made.wheels} wheels, {made.bytes / 1e6:.0f} MB for {system}")
    notice(f"next, on the device: sh {shlex.quote(f'{made.folder.name}/setup.sh')}")


def _stages() -> "Stages":
    """The stages of other folders, for the export, which imports none of them."""
    from armlet.export.pipeline import Stages
    from armlet.quantize.calibrate import calibrate, input_range
    from armlet.quantize.int8 import quantize

    return Stages(
        calibrate=calibrate,
        input_range=input_range,
        quantize=quantize,
        open_file=_open_file,
        progress=progress,
        notice=lambda line: notice(f"edge-export: {line}"),
        watch=watch,
    )


def _open_file(folder: Path, file: "ModelFile", preprocessing: "Preprocessing") -> "Answer":
    """Open one of a bundle's files on the runtime, and with the preprocessing, of edge-run."""
    from armlet.preprocessing import model_input, table
    from armlet.runtime.backends import load_backend

    backend = load_backend("onnx" if file.format == "onnx" else "litert")
    session = backend.open(folder / file.path, 1)
    values = table(preprocessing, session.input.scale)
    spec = session.input

    def answer(picture: "Picture") -> "NDArray[np.float32]":
        tensor = model_input(picture, preprocessing, values, spec.layout, rotated=spec.rotated)
        logits: NDArray[np.float32] = session.run(tensor)[0]
        return logits

    return answer


def _ranges_of(module: Any, inputs: Any) -> Any:
    """Activation ranges of a trained network on (N, 3, size, size) inputs."""
    from armlet.export.pipeline import calibrate_module

    return calibrate_module(module, inputs, _stages())
