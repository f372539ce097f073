import click
import pytest
from click.testing import CliRunner

from armlet.errors import OptionError
from armlet.runtime.camera import camera
from armlet.runtime.live.options import LiveOptions, live_options
from armlet.runtime.rotation import Rotation


def given(*arguments: str) -> LiveOptions:
    """What they become, after the check of those that need somebody to be told."""
    found: list[LiveOptions] = []

    @click.command()
    @live_options
    def command(live: LiveOptions, top_k: int, as_json: bool, log: str | None) -> None:
        live.check_heard(in_json=as_json or log == "-", log=log)
        found.append(live)

    command.main(list(arguments), standalone_mode=False)
    return found[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--layers-every", "5"], "--layers-every measures what nobody is told; add --json,"),
        (["--layers-every", "5", "--display"], "nobody is told; add --json, --log, --publish"),
        (["--log-size", "1"], "--log-size is for the file of --log; add --log FILE"),
        (["--log-size", "0", "--json"], "--log-size is for the file of --log"),
        (["--log-keep", "2", "--log", "-"], "--log-keep is for the file of --log"),
    ],
)
def test_what_would_do_nothing(arguments: list[str], said: str) -> None:
    with pytest.raises(OptionError) as failure:
        given(*arguments)
    assert said in str(failure.value)


@pytest.mark.parametrize(
    "told",
    [["--json"], ["--log", "x"], ["--log", "-"], ["--publish", "mqtt://x/y"], ["--web"]],
)
def test_layers_that_go_somewhere(told: list[str]) -> None:
    assert given("--layers-every", "5", *told).layers_every == 5


@pytest.mark.parametrize(
    ("arguments", "rotation"),
    [
        ([], Rotation(size=10_000_000, keep=5)),
        (["--log-size", "0.5"], Rotation(size=500_000, keep=5)),
        (["--log-keep", "7"], Rotation(size=10_000_000, keep=7)),
        (["--log-size", "0"], None),
    ],
)
def test_how_much_of_a_log_is_kept(arguments: list[str], rotation: Rotation | None) -> None:
    assert given("--log", "x", *arguments).rotation == rotation


def test_help_begins_with_the_source_and_ends_with_files_of_others() -> None:
    shown = CliRunner().invoke(camera, ["--help"]).output
    order = ["--source", "--top-k", "--duration", "--json", "--log ", "--web", "--display"]
    places = [shown.index(f"\n  {one}") for one in [*order, "--backend", "--labels"]]
    assert places == sorted(places)
    assert shown.count("[default: 10]") == shown.count("[default: 5]") == 1
