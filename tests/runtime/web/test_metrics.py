from prometheus_client.parser import text_string_to_metric_families

from armlet.runtime.cameras.source import SourceState
from armlet.runtime.conditions import Measured
from tests.runtime.web.serving import TOLD, UNTOLD, Shown, result


def scraped(shown: Shown) -> dict[str, float]:
    status, headers, body = shown.get("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(body.decode())
    return {
        one.name + "".join(f" {value}" for value in sorted(one.labels.values())): one.value
        for family in families
        for one in family.samples
    }


def test_metrics(shown: Shown) -> None:
    before = scraped(shown)
    assert before["armlet_results_total"] == before["armlet_healthy"] == 0
    assert "armlet_fps" not in before
    shown.see(1, 2, 9)
    told = scraped(shown)
    assert told["armlet_captured_frames_total"] == 9
    assert told["armlet_dropped_frames_total"] == result(9).dropped
    assert told["armlet_results_total"] == result(9).count
    assert told["armlet_inference_seconds_count"] == 3
    assert told["armlet_inference_seconds_bucket 0.005"] == 3
    assert told["armlet_inference_seconds_bucket 0.002"] == 0
    assert told["armlet_frame_age_seconds_bucket 0.01"] == 3
    assert round(told["armlet_frame_age_seconds_sum"], 6) == 0.027
    assert told["armlet_fps"] == 25
    assert told["armlet_temperature_celsius"] == 48.5
    assert told["armlet_clock_hertz 0 1 2 3"] == 1.5e9
    assert told["armlet_throttled"] == told["armlet_healthy"] == 1
    assert told["armlet_model_info 2 int8 litert net net.tflite"] == 1
    assert told["armlet_viewers"] == 0


def test_what_the_machine_does_not_tell_is_left_out(shown: Shown) -> None:
    shown.see(1, conditions=Measured(threads=2, before=TOLD, after=UNTOLD))
    told = " ".join(scraped(shown))
    assert "celsius" not in told
    assert "hertz" not in told
    assert "throttled" not in told


def test_source_that_is_gone_and_viewers(shown: Shown) -> None:
    shown.see(1)
    shown.page.heard(SourceState(works=False, line="gone"))
    with shown.stream("/api/events") as stream:
        stream.readline()
        told = scraped(shown)
    assert told["armlet_source_works"] == told["armlet_healthy"] == 0
    assert told["armlet_viewers"] == 1
