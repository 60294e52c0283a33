"""The folder of a training: whose it is, how far it came, and from where it goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from rlaif.errors import RunError
from rlaif.records.training import TrainConfig, Trained
from rlaif.storage.lock import locked
from rlaif.storage.whole_files import TEMPORARY, disk_errors, write_whole
from rlaif.training.trl.job import METRICS, MODEL, WHOLE

MANIFEST = "training.json"
"""What the training was begun with, and how far it came."""
ROWS = "rows"
"""The folder of what the trainer reads; gone once it is done."""
_LOCK = ".lock"
_FORM = 1
_MOST_DIFFERENCES = 8
_NO_MATTER = ("output", "deadline_s", "retries", "in_flight", "cache", "revision")
"""Keys of a file that may change between two starts of one training; a revision may be named by
its branch and then by its commit, which `model` states."""

Stated = Mapping[str, Any]
"""What determines a training: by name, the keys of its file and hashes of what they lead to."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a training stands when its command is started."""

    checkpoint: Path | None = None
    """The last whole one, where there is any."""
    spent_s: float = 0.0
    """Seconds of training up to that checkpoint."""
    done: Trained | None = None
    """What it left behind, where it ended before."""


def stated_of(config: TrainConfig, hashes: Mapping[str, str]) -> dict[str, Any]:
    """What determines the training, flat, so that a difference can be named."""
    found: dict[str, Any] = {}
    for name, value in config.as_written(exclude=set(_NO_MATTER)).items():
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": one for inner, one in value.items()}
        elif name not in hashes:  # a path may change where the content does not
            found[name] = value
    return found | dict(hashes)


@contextmanager
def held(folder: Path, *, fresh: bool) -> Iterator[None]:
    """Make the folder of a training and keep others out of it.

    Raises: RunError for one that holds something else, or anything at all where `fresh`;
    RunLocked while another process trains into it.
    """
    with disk_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise RunError(f"{folder}: not a folder\n  hint: name another 'output'")
        inside = _inside(folder)
    mend = "name another 'output', or empty it yourself"
    if inside and fresh:
        raise RunError(f"{folder}: --fresh begins in an empty folder alone\n  hint: {mend}")
    if inside and MANIFEST not in inside:
        raise RunError(f"{folder}: not empty, and no training's folder\n  hint: {mend}")
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / _LOCK):
        yield


def begin(folder: Path, stated: Stated, *, alone: bool = True) -> Begun:
    """Start the training in `folder`, or say from where it goes on.

    Args: `alone`, false in further processes of one training, which change nothing there.
    Raises: RunError where the folder's training was begun with something else.
    """
    known = _manifest(folder)
    if known is None and not alone:
        return Begun()
    if known is None:
        _write(folder, {"form": _FORM, "state": "begun", "stated": dict(stated)})
        return Begun()
    _refuse_other(folder, known.get("stated", {}), stated)
    if known.get("state") == "done" and (folder / MODEL).is_dir():
        return Begun(done=_trained(folder, known))
    whole = [one for one in _checkpoints(folder) if (one / WHOLE).exists()]
    checkpoint = whole[-1] if whole else None
    if not alone:
        return Begun(checkpoint)
    for unfinished in set(_checkpoints(folder)) - set(whole):
        shutil.rmtree(unfinished)
    step = _step(checkpoint) if checkpoint else 0
    return Begun(checkpoint, _cut_metrics(folder / METRICS, step))


def finish(
    folder: Path, steps: int, *, keep_checkpoints: bool = False, alone: bool = True
) -> Trained:
    """Note that the training is done, and clear away what only it needed."""
    known = _manifest(folder) or {}
    figures = last_figures(folder / METRICS)
    if not alone:
        return Trained(folder / MODEL, folder / METRICS, steps, figures)
    _write(folder, {**known, "state": "done", "steps": steps, "figures": figures})
    shutil.rmtree(folder / ROWS, ignore_errors=True)
    for checkpoint in [] if keep_checkpoints else _checkpoints(folder):
        shutil.rmtree(checkpoint, ignore_errors=True)
    return Trained(folder / MODEL, folder / METRICS, steps, figures)


def last_figures(metrics: Path) -> dict[str, Any]:
    """The last value of each figure in a metrics file."""
    figures: dict[str, Any] = {}
    for line in metric_lines(metrics):
        for name, value in line.items():
            inner = isinstance(value, dict)
            figures[name] = {**figures.get(name, {}), **value} if inner else value
    return figures


def metric_lines(metrics: Path) -> Iterator[dict[str, Any]]:
    """The lines of a metrics file, without one that a killed process left unfinished."""
    with suppress(FileNotFoundError), metrics.open("rb") as file:
        for line in file:
            with suppress(orjson.JSONDecodeError):
                yield orjson.loads(line)


def _inside(folder: Path) -> set[str]:
    if not folder.is_dir():
        return set()
    names = {path.name for path in folder.iterdir()} - {_LOCK}
    return {name for name in names if not name.startswith(TEMPORARY)}


def _manifest(folder: Path) -> dict[str, Any] | None:
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        found: dict[str, Any] = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise RunError(
            f"{path}: damaged: {error.msg}\n  hint: name another 'output', or delete the folder"
        ) from error
    if found.get("form") != _FORM:
        raise RunError(f"{path}: written by another version of rlaif\n  hint: another 'output'")
    return found


def _write(folder: Path, content: Mapping[str, Any]) -> None:
    write_whole(folder / MANIFEST, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")


def _refuse_other(folder: Path, before: Stated, now: Stated) -> None:
    before = orjson.loads(orjson.dumps(before))
    now = orjson.loads(orjson.dumps(now))
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if not names:
        return
    told = [f"  {name}: {_shown(before, name)}, now {_shown(now, name)}" for name in names]
    more = len(told) - _MOST_DIFFERENCES
    rest = [f"  and {more} more"] if more > 0 else []
    raise RunError(
        "\n".join(
            [
                f"{folder}: holds a training that was begun with something else:",
                *told[:_MOST_DIFFERENCES],
                *rest,
                "  hint: name another 'output', or put back what it was begun with",
            ]
        )
    )


def _shown(stated: Stated, name: str) -> str:
    return str(stated[name])[:80] if name in stated else "not given"


def _trained(folder: Path, known: Mapping[str, Any]) -> Trained:
    return Trained(folder / MODEL, folder / METRICS, known["steps"], known["figures"])


def _checkpoints(folder: Path) -> list[Path]:
    """From the first to the last."""
    found = [path for path in folder.glob("checkpoint-*") if path.name[11:].isdigit()]
    return sorted(found, key=_step)


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix("checkpoint-"))


def _cut_metrics(metrics: Path, step: int) -> float:
    """Take the lines after `step` out of a metrics file; seconds spent up to there."""
    kept = [line for line in metric_lines(metrics) if line["step"] <= step]
    if metrics.exists():
        write_whole(metrics, b"".join(orjson.dumps(line) + b"\n" for line in kept))
    return float(kept[-1]["time_s"]) if kept else 0.0
