from armlet.runtime.live.changes import Changes
from armlet.runtime.live.result import LiveResult
from armlet.runtime.result import Prediction


def test_what_a_short_log_tells() -> None:
    now = 0.0
    changes = Changes(lambda: now)

    def told(at: float, label: int) -> bool:
        nonlocal now
        now = at
        top = [Prediction(index=label, label=str(label), score=1.0)]
        return changes.new(
            LiveResult(
                frame=1,
                top=top,
                preprocess_ms=1.0,
                inference_ms=1.0,
                frame_age_ms=1.0,
                dropped=0,
                fps=None,
            )
        )

    assert told(0.0, 3)  # the first one
    assert not told(0.1, 3)
    assert told(0.2, 4)  # another label
    assert [told(second, 4) for second in range(1, 60)] == [False] * 59
    assert told(60.2, 4)  # a minute later
    assert not told(62.2, 4)
    assert told(64.3, 4)  # after a gap
