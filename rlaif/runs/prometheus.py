"""A job's counts for Prometheus, over HTTP while the job runs.

The only module that knows prometheus_client; it is loaded by name (`rlaif.lazy`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import get_args

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from rlaif.errors import InputError
from rlaif.records.outcome import Stage
from rlaif.runs.pace import View


class _Counts(Collector):
    """Reads how the job stands whenever somebody scrapes."""

    def __init__(self, view: Callable[[], View], about: Mapping[str, str]) -> None:
        self._view, self._about = view, dict(about)

    def collect(self) -> Iterator[Metric]:
        """Every metric, as it is now."""
        view = self._view()
        usage = view.usage
        yield InfoMetricFamily("rlaif_job", "What is graded, and by what.", self._about)
        yield _gauge("rlaif_samples", "Samples of the run.", view.samples)
        yield _gauge("rlaif_samples_graded", "Samples with a grade, earlier jobs'.", view.done)
        yield _gauge("rlaif_idle_seconds", "Seconds since the last grade.", view.idle_s)
        statuses = {"ok": view.new - view.failed, "failed": view.failed}
        yield _counter("rlaif_grades", "Grades that this job made.", "status", statuses)
        yield _counted("rlaif_verdicts", "Verdicts in those grades.", view.verdicts)
        stages = {stage: view.stages.get(stage, 0) for stage in (*get_args(Stage), *view.stages)}
        yield _counter("rlaif_failures", "Criteria without a verdict.", "stage", stages)
        yield _counted("rlaif_questions", "Questions that the judge answered.", usage.asked)
        tokens = {"computed": usage.computed, "cached": usage.cached}
        yield _counter("rlaif_prompt_tokens", "Tokens of the prompts.", "kind", tokens)
        yield _counted("rlaif_written_tokens", "Tokens that the judge wrote.", usage.written)
        yield _counted("rlaif_cached_verdicts", "Verdicts of earlier runs.", usage.recalled)
        yield _counter("rlaif_cost", "What the judge cost.", "currency", usage.cost)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value)


def _counted(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(name, about, value)


def _counter(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(name, about, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


@contextmanager
def exported(
    view: Callable[[], View], about: Mapping[str, str], host: str, port: int
) -> Iterator[str]:
    """Serve a job's counts, and stop at the end. Gives the address.

    Args: `port`, 0 for any that is free. Raises: InputError where the address cannot be had.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Counts(view, about))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise InputError(
            f"--metrics-port {port}: {host} port {port} cannot be had: {error.strerror or error}\n"
            "  hint: another port, or 0 for any that is free; --metrics-host names the address"
        ) from error
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
