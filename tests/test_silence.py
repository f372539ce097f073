import os
import subprocess
import sys
import threading

import pytest

from armlet.command import notice
from armlet.silence import heard, silenced


def test_native_writes_go_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before\n")
    with silenced():
        os.write(2, b"inside\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "before\nafter\n"


def test_stderr_comes_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), silenced():
        raise ZeroDivisionError
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_nested_and_threaded_blocks_end_with_the_last(
    capfd: pytest.CaptureFixture[str],
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        with silenced(), silenced():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=work)
    with silenced():
        thread.start()
        assert entered.wait(10)
    os.write(2, b"the thread is still inside\n")
    leave.set()
    thread.join()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_others_are_heard_meanwhile(capfd: pytest.CaptureFixture[str]) -> None:
    with silenced():
        os.write(2, b"a library\n")
        with heard():
            os.write(2, b"we\n")
        notice("the camera is gone")
        os.write(2, b"a library\n")
    assert capfd.readouterr().err == "we\nthe camera is gone\n"


def test_works_with_stderr_closed() -> None:
    program = (
        "import os; os.close(2)\nfrom armlet.silence import silenced\nwith silenced(): print(1)"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (0, b"1\n")
