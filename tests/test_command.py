import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from armlet.command import Command, Number, positive_triple, printable, triple
from armlet.errors import AgreementError, ImageError

PROGRAM = """
import click
from armlet.command import Command

@click.group(cls=Command)
def main():
    pass

@main.command()
def talk():
    for _ in range(100_000):
        click.echo("a line")

main()
"""


def run(error: BaseException, **environment: str) -> Result:
    @click.group(cls=Command)
    def tool() -> None:
        pass

    @tool.command()
    def fail() -> None:
        click.echo("result")
        raise error

    return CliRunner().invoke(tool, ["fail"], env=environment, prog_name="edge-tool")


def test_error_is_one_line_with_its_exit_code() -> None:
    done = run(ImageError("cat.png: empty file", "give a picture"))
    assert done.stderr == "edge-tool: cat.png: empty file; give a picture\n"
    assert done.stdout == "result\n"
    assert done.exit_code == 1


def test_disagreement_with_pytorch_exits_with_3() -> None:
    assert run(AgreementError("model.int8.onnx is off", "look")).exit_code == 3


def test_line_breaks_in_a_problem_stay_on_the_line() -> None:
    done = run(ImageError("odd\nname.png: empty file", "give a picture"))
    assert done.stderr == "edge-tool: odd name.png: empty file; give a picture\n"


def test_unforeseen_error_is_one_line_that_asks_for_a_report() -> None:
    done = run(RuntimeError("first line\nsecond line"))
    assert done.stderr == (
        "edge-tool: RuntimeError: first line; this is a fault of armlet; "
        "report it with what ARMLET_TRACEBACK=1 prints\n"
    )
    assert done.exit_code == 1


def test_traceback_on_demand() -> None:
    error = RuntimeError("inside")
    assert run(error, ARMLET_TRACEBACK="1").exception is error


def test_usage_error_exits_with_2() -> None:
    assert run(click.UsageError("no such thing")).exit_code == 2


def test_reader_that_goes_away_ends_it_silently(tmp_path: Path) -> None:
    program = tmp_path / "tool.py"
    program.write_text(PROGRAM)
    talker = subprocess.Popen(
        [sys.executable, program, "talk"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert talker.stdout is not None
    assert talker.stdout.readline() == b"a line\n"
    talker.stdout.close()
    assert talker.stderr is not None
    with talker.stderr as stderr:
        assert stderr.read() == b""
    assert talker.wait() == 1


@pytest.mark.parametrize("argument", ["talk", "--help"])
def test_full_disk_is_one_line(tmp_path: Path, argument: str) -> None:
    program = tmp_path / "tool.py"
    program.write_text(PROGRAM)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, program, argument], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.stderr == "tool.py: stdout: No space left on device\n"
    assert done.returncode == 1


def test_three_numbers_with_commas() -> None:
    assert triple("0.485, 0.456,-1e-1") == (0.485, 0.456, -0.1)
    assert positive_triple("0.2,1,3") == (0.2, 1.0, 3.0)


@pytest.mark.parametrize(
    "text", ["", "0.5", "0.5,0.5", "1,2,3,4", "a,b,c", "nan,0,0", "0,inf,0", "1e300,0,0"]
)
def test_what_is_not_three_finite_numbers(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not three numbers like"):
        triple(text)


@pytest.mark.parametrize("text", ["0,1,1", "1,1,-0.5", "1e-40,1,1"])
def test_a_deviation_is_above_zero(text: str) -> None:
    with pytest.raises(click.BadParameter, match="not above 0"):
        positive_triple(text)


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    assert printable("a\x1b]0;b\x07\nc é 猫") == "a?]0;b? c é 猫"


def test_number_is_a_number() -> None:
    assert Number(0, 2).convert("1.5", None, None) == 1.5
    for text in ("nan", "-nan", "inf", "x", "3"):
        with pytest.raises(click.BadParameter):
            Number(0, 2).convert(text, None, None)


def test_interrupt_is_an_abort() -> None:
    done = run(KeyboardInterrupt())
    assert done.stderr.strip() == "Aborted!"
    assert done.exit_code == 1
