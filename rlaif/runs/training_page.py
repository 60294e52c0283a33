"""The page of a training that is done: its figures over its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rlaif.errors import MissingExtra
from rlaif.lazy import ADAPTERS, load
from rlaif.reporting.training_page import figures_of, page
from rlaif.runs.training_output import metric_lines
from rlaif.storage.whole_files import write_whole
from rlaif.training.trl.job import METRICS

PAGE = "training.html"


def write_page(folder: Path, stated: Mapping[str, Any], tell: Callable[[str], None]) -> None:
    """Write training.html, or say how to get what draws it. Raises: RunError."""
    try:
        draw = load(ADAPTERS["training_charts"])
    except MissingExtra as error:
        tell(f"no {PAGE}, as {error}")
        return
    facts = {name: str(value) for name, value in stated.items()}
    figures = figures_of(metric_lines(folder / METRICS))
    made = page(f"{stated['train']} of {folder.name}", facts, figures, draw)
    write_whole(folder / PAGE, made.encode())
