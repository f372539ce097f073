"""The same numbers for Prometheus."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from armlet.runtime.live.result import LiveResult
from armlet.runtime.web.hub import Hub

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds."""


class Metrics:
    """Counts all results; everything else is looked up when somebody asks.

    Args:
        hub: What is shown.
    """

    def __init__(self, hub: Hub) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Newest(hub))
        self._inference = self._histogram("inference", "Time in the runtime")
        self._age = self._histogram(
            "frame_age", "Time from the capture of a frame to its label"
        )

    def observe(self, result: LiveResult) -> None:
        """Count one more result."""
        self._inference.observe(result.inference_ms / 1e3)
        self._age.observe(result.frame_age_ms / 1e3)

    def text(self) -> bytes:
        """All of them in Prometheus' format."""
        return generate_latest(self._registry)

    def _histogram(self, name: str, meaning: str) -> Histogram:
        return Histogram(
            f"armlet_{name}_seconds", meaning, buckets=_BUCKETS, registry=self._registry
        )


class _Newest(Collector):
    """What the newest state tells; what the machine doesn't tell is left out."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        state, now_s = self._hub.newest.state, self._hub.now_s
        result = state.result
        yield InfoMetricFamily(
            "armlet_model",
            "What runs on what",
            {name: str(value) for name, value in state.running.to_json().items()},
        )
        count, captured, dropped = (
            (result.count, result.frame, result.dropped) if result else (0, 0, 0)
        )
        yield CounterMetricFamily("armlet_results", "Frames that were classified", count)
        yield CounterMetricFamily("armlet_captured_frames", "Frames that came", captured)
        yield CounterMetricFamily(
            "armlet_dropped_frames", "Frames passed over, since newer ones were there", dropped
        )
        yield _gauge("healthy", "1: results come", float(state.trouble(now_s) is None))
        yield _gauge("source_works", "0: it is gone and waited for", float(state.source.works))
        yield _gauge("viewers", "Streams of pages that are watched", self._hub.viewers())
        if result and result.fps is not None:
            yield _gauge("fps", "Results a second, lately", result.fps)
        if result and result.conditions:
            yield from self._machine(result)

    def _machine(self, result: LiveResult) -> Sequence[Metric]:
        assert result.conditions
        after = result.conditions.after
        told: list[Metric] = []
        if after.celsius is not None:
            told.append(_gauge("temperature_celsius", "Of the processor", after.celsius))
        clock = GaugeMetricFamily("armlet_clock_hertz", "Of these cores", labels=["cores"])
        for one in after.clusters:
            if one.mhz is not None:
                clock.add_metric([one.cores], one.mhz * 1e6)
        if clock.samples:
            told.append(clock)
        if after.throttling is not None:
            throttled = float(bool(after.throttling.now))
            told.append(_gauge("throttled", "1: the board slows itself down now", throttled))
        return told


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"armlet_{name}", meaning, value)
