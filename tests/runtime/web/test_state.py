from dataclasses import replace

from armlet.runtime.web.history import History
from armlet.runtime.web.state import Origin, Profile, State
from tests.runtime.web.serving import LAYER, RUNNING, result

FIRST = State(running=RUNNING, source=Origin(name="/dev/video0"))


def test_trouble() -> None:
    assert FIRST.trouble(3.0) == "starting: there is no result yet"
    seen = replace(FIRST, result=result(1), seen_s=5.0)
    assert seen.trouble(15.0) is None
    assert seen.trouble(15.6) == "no result for 11 seconds"
    gone = replace(
        seen, source=Origin(name="/dev/video0", works=False, line="it is gone; waiting")
    )
    assert gone.trouble(5.0) == "it is gone; waiting"


def test_news_are_what_is_new() -> None:
    history = History()
    history.add(1.0, result(1))
    before = replace(FIRST, result=result(1), seen_s=1.0, history=history.points)
    assert {"history", "profile", "running"} & set(before.since(before, 1.1)) == set()
    history.add(1.5, result(2))
    history.add(2.0, result(3))
    profile = Profile.of(3, [LAYER])
    after = replace(before, result=result(3), history=history.points, profile=profile)
    news = after.since(before, 2.1)
    assert [one["at_s"] for one in news["history"]] == [1.5, 2.0]
    assert news["profile"] == after.to_json(2.1)["profile"]
    assert news["result"]["frame"] == 3
    assert "profile" not in after.since(after, 2.2)


def test_layers_are_told_with_the_profile_alone() -> None:
    state = replace(FIRST, result=result(1, layers=[LAYER]))
    told = state.to_json(0.0)
    assert "layers" not in told["result"]
    assert told["machine"]["celsius"] == 48.5
