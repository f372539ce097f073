"""The commands that measure a model in all ways in which this device can run it."""

from pathlib import Path

import click

from armlet.command import notice, watch
from armlet.runtime.options import ModelOptions, narrowing_options, say_assumed

# As in cli.py, what is heavy is imported in the commands: --help must be quick.


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@narrowing_options
@click.option(
    "--runs",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Of each file, runtime and number of threads.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(model: Path, options: ModelOptions, runs: int, as_json: bool) -> None:
    """Measure every file on every runtime with any number of threads.

    MODEL is what edge-run classify takes. By default the threads are 1, 2, 4 and so on up to
    the cores. All take turns, so that a busy spell hits all alike.

    \b
    edge-run bench out/
    edge-run bench out/ --precision int8 --threads 1 --json
    """
    import json

    from armlet.runtime import benchmark_table
    from armlet.runtime.benchmark import bench_model
    from armlet.runtime.report import next_bench

    benchmark = bench_model(
        model,
        options.wish,
        options.threads,
        options.foreign,
        runs,
        watch=lambda rounds: watch(rounds, "measuring", len(rounds)),
    )
    if as_json:
        click.echo(json.dumps(benchmark.to_json()))
    else:
        click.echo("\n".join(benchmark_table.as_text(benchmark)))
    say_assumed(benchmark.assumed)
    for problem in benchmark.problems:
        notice(f"edge-run: {problem}")
    if not as_json:
        notice(next_bench(model, options.foreign))
    if benchmark.problems:
        raise SystemExit(1)


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@narrowing_options
@click.option(
    "--runs",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Of each file, runtime and number of threads.",
)
@click.option("--force", is_flag=True, help="Store it though the measurement is not valid.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def tune(model: Path, options: ModelOptions, runs: int, force: bool, as_json: bool) -> None:
    """Find out once what is fastest on this device, and use it from then on.

    MODEL is what edge-run classify takes. It is measured as edge-run bench does; from then on
    classify, profile and the Python interface use what was found, where their options don't
    say otherwise. It is kept in $ARMLET_CACHE, else in $XDG_CACHE_HOME/armlet, else in
    ~/.cache/armlet.

    \b
    edge-run tune out/
    edge-run tune out/ --precision float32
    """
    import json

    from armlet.runtime import tuning_report
    from armlet.runtime.report import next_tune
    from armlet.runtime.tuning import store, tune_model

    tuning = tune_model(
        model,
        options.wish,
        options.threads,
        options.foreign,
        runs,
        watch=lambda rounds: watch(rounds, "measuring", len(rounds)),
    )
    if as_json:
        click.echo(json.dumps(tuning.to_json()))
    else:
        click.echo("\n".join(tuning_report.as_text(tuning)))
    say_assumed(tuning.benchmark.assumed)
    # A runtime that is broken is no failure here: the best of the others has been found.
    for problem in tuning.benchmark.problems:
        notice(f"edge-run: {problem}")
    # Only now, so that what was measured is seen even where it can't be stored.
    store(tuning, force)
    if not as_json:
        notice(next_tune(model, options.foreign))
