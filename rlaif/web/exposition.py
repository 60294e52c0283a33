"""A server's counts in Prometheus' text. The only module of `web` that knows prometheus_client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from rlaif.records.outcome import Stage
from rlaif.web.counts import BOUNDS_S, Counts

_BOUNDS = (*map(str, BOUNDS_S), "+Inf")


def exposition(
    counts: Counts, items: int, ready: bool, about: Mapping[str, str]
) -> tuple[bytes, str]:
    """The text, and its content type. `items`: completions that wait or are being graded."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Read(counts, items, ready, about))
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


class _Read(Collector):
    def __init__(self, counts: Counts, items: int, ready: bool, about: Mapping[str, str]) -> None:
        self._counts, self._items, self._ready, self._about = counts, items, ready, about

    def collect(self) -> Iterator[Metric]:
        """Every metric, as it is now."""
        counts = self._counts
        yield InfoMetricFamily("rlaif_reward", "What is graded by.", dict(self._about))
        ready = "Whether the judge is loaded."
        yield GaugeMetricFamily("rlaif_reward_ready", ready, float(self._ready))
        under_way = "Requests under way."
        yield GaugeMetricFamily("rlaif_reward_requests_in_flight", under_way, counts.in_flight)
        queue = "Completions that wait for a grade or are being graded."
        yield GaugeMetricFamily("rlaif_reward_queue_length", queue, self._items)
        yield self._requests()
        samples = "Completions that were graded."
        yield _by("rlaif_reward_samples", samples, "form", counts.samples)
        failed = dict.fromkeys((*get_args(Stage), "deadline"), 0) | counts.failures
        yield _by("rlaif_reward_failures", "Completions without a reward.", "stage", failed)
        yield CounterMetricFamily(
            "rlaif_reward_stand_ins", "Stand-ins given for a reward.", counts.stand_ins
        )
        yield self._seconds()

    def _requests(self) -> Metric:
        family = CounterMetricFamily(
            "rlaif_reward_requests", "Requests answered.", labels=["form", "status"]
        )
        for (form, status), number in self._counts.requests.items():
            family.add_metric([form, str(status)], number)
        return family

    def _seconds(self) -> Metric:
        family = HistogramMetricFamily(
            "rlaif_reward_seconds", "Seconds to answer a request.", labels=["form"]
        )
        for form, seen in self._counts.seconds.items():
            below = list(zip(_BOUNDS, map(float, accumulate(seen.counts)), strict=True))
            family.add_metric([form], below, seen.sum_s)
        return family


def _by(name: str, about: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, about, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
