"""All who watch a job that a command starts: progress for people, a log, Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from rlaif.cli.progress import shown_on
from rlaif.lazy import ADAPTERS, load
from rlaif.runs.job_log import STDERR, JobLog
from rlaif.runs.listening import Hub, Listener, listening
from rlaif.runs.watching import Watcher


@contextmanager
def watching(
    out: TextIO,
    run: Path,
    *,
    about: Mapping[str, str],
    log: str | None = None,
    metrics_port: int | None = None,
    metrics_host: str = "127.0.0.1",
) -> Iterator[Watcher]:
    """Show a job's progress on `out`, and tell whoever else is to know of it.

    Args: `run`, its folder; `about`, rubric and judge by name; `log`, a file for events, `-` for
    standard error, which then stands in place of the progress; `metrics_port`, where Prometheus
    may ask, 0 for any that is free.
    Raises: InputError for a log or an address that cannot be had; MissingExtra without
    prometheus_client. Both before anything is asked.
    """
    exporter = None if metrics_port is None else load(ADAPTERS["prometheus"])
    listeners: list[Listener] = [] if log == STDERR else [shown_on(out)]
    if log is not None:
        listeners.append(JobLog(log, str(run), about, lambda text: hub.note(text)))
    hub = Hub(listeners)
    with ExitStack() as stack:
        told = {"run": str(run), **about}
        if exporter is not None:
            address = stack.enter_context(exporter(hub.view, told, metrics_host, metrics_port))
        stack.enter_context(listening(hub))
        if exporter is not None:
            hub.note(f"Prometheus may ask {address}")
        yield hub
