"""The ribbon cable's camera, with a program in place of the Raspberry Pi's."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from armlet.errors import SourceError
from armlet.runtime.cameras import csi
from armlet.runtime.cameras.csi import CsiCamera, complaint
from armlet.runtime.cameras.modes import Wish
from tests.runtime.lasting import ended, wait_until
from tests.runtime.rpicam import install

WISH = Wish(width=64, height=48, fps=20)
FRAMES = "for number in range(1, 6): show(shot(number))\n"
Open = Callable[[str], CsiCamera]


@pytest.fixture
def acting(tmp_path: Path) -> Open:
    """A camera whose program does as it is told."""

    def act(code: str) -> CsiCamera:
        program = install(tmp_path, code)
        return CsiCamera(wish=WISH, which=finds(program))

    return act


def finds(program: Path) -> Callable[[str], str | None]:
    return lambda name: str(program) if name == program.name else shutil.which(name)


def shades(camera: CsiCamera) -> tuple[list[int], str]:
    """What comes of each frame, and why no more do."""
    stream = camera.open()
    found = []
    try:
        while (pixels := stream.read()) is not None:
            assert pixels.shape == (48, 64, 3)
            found.append(round(float(pixels.mean()) / 10))
    except SourceError as error:
        return found, str(error)
    finally:
        stream.close()
    raise AssertionError("a camera has no end")


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_pictures_until_the_program_ends(acting: Open) -> None:
    camera = acting(FRAMES)
    found, said = shades(camera)
    assert found == [1, 2, 3, 4, 5]
    assert said.startswith("csi is gone, its program has ended; see to its cable, ")


def test_mode_is_what_comes(acting: Open) -> None:
    stream = acting("asked.width = 80\n" + FRAMES).open()
    assert stream.mode == "80 x 48, MJPG"
    stream.close()


def test_what_it_is_asked_for(acting: Open) -> None:
    camera = acting("say(f'ERROR: *** {vars(asked)} ***')")
    with pytest.raises(SourceError) as failure:
        CsiCamera(1, WISH, camera.which).open()
    for said in ("'width': 64", "'height': 48", "'framerate': 20.0", "'camera': 1"):
        assert said in str(failure.value)
    assert str(failure.value).startswith("csi:1: ")


def test_partial_writes_and_garbage(acting: Open) -> None:
    camera = acting(
        "show(b'no picture')\n"
        "for number in range(1, 4):\n"
        "    data = shot(number)\n"
        "    for start in range(0, len(data), 100): show(data[start:start + 100])\n"
        "show(data[:-20])\n"
        "show(shot(4))\n"
        "show(b'\\xff\\xd8\\xff\\xe0\\x00\\x02' + b'\\xff\\xd9')\n"  # whole, and no picture
        "show(shot(5))\n"
    )
    assert shades(camera)[0] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (
            "say('ERROR: *** no cameras available ***'); sys.exit(255)",
            "csi wasn't found by the system; see to its cable",
        ),
        (
            "say('[1:2:3.4] [5]  INFO Camera camera.cpp:839 Pipeline handler in use by another"
            " process'); say('ERROR: *** failed to acquire camera /base ***'); sys.exit(255)",
            "csi is busy; end the other program that uses it",
        ),
        (
            "say('[1:2:3.4] [5] ERROR V4L2 v4l2.cpp:9 Something is broken'); os._exit(1)",
            "csi: Something is broken; try rpicam-hello",
        ),
        ("os._exit(0)", "csi is gone, its program has ended; "),
        ("os.kill(os.getpid(), 9)", "csi is gone, its program has ended; "),
        # Its last words come after its end, from a process that it has left behind.
        (
            "subprocess.Popen(['sh', '-c', 'sleep 0.1; echo ERROR: too late >&2'], stdout=-3)",
            "csi: too late; ",
        ),
    ],
)
def test_why_it_can_not_be_opened(acting: Open, act: str, said: str) -> None:
    with pytest.raises(SourceError) as failure:
        acting(act).open()
    assert str(failure.value).startswith(said)


def test_second_camera_that_is_not_there(acting: Open) -> None:
    with pytest.raises(SourceError, match="^csi:2 isn't there; see edge-run camera --list"):
        CsiCamera(2, WISH, acting(FRAMES).which).open()


@pytest.mark.parametrize(
    "act",
    [
        "time.sleep(600)",
        "while True: show(b'no picture at all' * 1000)",
        "while True: show(b'\\xff\\xd8\\xff\\xe0\\x00\\x02' + b'\\xff\\xd9')",
        "while True: say('and so on' * 1000)",
        "sys.stderr.close(); os.close(2); time.sleep(600)",
    ],
)
def test_nothing_that_it_does_hangs_us(
    acting: Open, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csi, "FIRST_S", 0.5)
    with pytest.raises(SourceError, match="^csi gives no pictures for 0.5 seconds; "):
        acting(act).open()


def test_camera_that_stalls_later(acting: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csi, "NEXT_S", 0.3)
    found, said = shades(acting(FRAMES + "time.sleep(600)"))
    assert found == [1, 2, 3, 4, 5]
    assert said.startswith("csi gives no pictures for 0.3 seconds; ")


def test_what_it_says_meanwhile_does_not_block_it(acting: Open) -> None:
    camera = acting("for number in range(1, 6): say('x' * 100_000); show(shot(number))")
    assert shades(camera)[0] == [1, 2, 3, 4, 5]


def test_closing_ends_it_and_what_it_has_started(acting: Open, tmp_path: Path) -> None:
    noted = tmp_path / "pids"
    stream = acting(
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "other = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(noted)!r}, 'w').write(f'{{os.getpid()}} {{other.pid}}')\n"
        "show(shot(1)); time.sleep(600)"
    ).open()
    own, other = map(int, noted.read_text().split())
    assert runs(own)
    stream.close()
    assert not runs(own)
    wait_until(lambda: ended(other))


def test_it_ends_with_us_even_when_we_are_killed(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    program = install(
        tmp_path,
        f"open({str(noted)!r}, 'w').write(str(os.getpid()))\nshow(shot(1)); time.sleep(600)",
    )
    code = (
        "import sys, time\n"
        "from armlet.runtime.cameras.csi import CsiCamera\n"
        "stream = CsiCamera().open()\n"
        "print('open', flush=True)\n"
        "time.sleep(600)\n"
    )
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PATH": path}
    ) as process:
        assert process.stdout and process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    pid = int(noted.read_text())
    wait_until(lambda: ended(pid))


def test_older_program_is_taken_where_there_is_no_newer(tmp_path: Path) -> None:
    program = install(tmp_path, FRAMES, "libcamera-vid")
    assert shades(CsiCamera(wish=WISH, which=finds(program)))[0] == [1, 2, 3, 4, 5]


def test_without_any_program() -> None:
    with pytest.raises(SourceError) as failure:
        CsiCamera(which=lambda name: None).open()
    said = "csi needs the program rpicam-vid; run sudo apt install rpicam-apps"
    assert str(failure.value) == said


def test_program_that_can_not_be_started(tmp_path: Path) -> None:
    broken = tmp_path / "rpicam-vid"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    camera = CsiCamera(which=lambda name: None if name == "setpriv" else str(broken))
    with pytest.raises(SourceError, match="rpicam-vid: No such file or directory; run sudo"):
        camera.open()


def test_program_that_complains_of_nothing() -> None:
    assert complaint("csi", ["[1:2:3.4] [5]  INFO Camera camera.cpp:1 all is well"]) is None
