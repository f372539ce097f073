from armlet.runtime.web.seldom import PAUSE_S, Seldom


def test_once_a_minute_and_how_often() -> None:
    now = [0.0]
    said: list[str] = []
    seldom = Seldom(said.append, lambda: now[0])
    seldom.note("refused", "a")
    for _ in range(500):
        seldom.note("refused", "b")
    assert said == ["refused (a)"]
    seldom.note("wrong token")
    assert said[1:] == ["wrong token"]
    now[0] = PAUSE_S
    seldom.note("refused", "c")
    assert said[2:] == ["refused (c), 501 times since the last such line"]
    seldom.note("refused", "d")
    assert len(said) == 3
