"""Leftovers of a killed process taken away, and damaged parts set aside, before anything else."""

from __future__ import annotations

import shutil
from pathlib import Path

from rlaif.errors import RunError
from rlaif.storage.manifest import read_manifest
from rlaif.storage.whole_files import TEMPORARY, disk_errors, is_intact, parts, sync_folder

_COMPACTED = "`rlaif compact` is at work on it: start the same command again when it is done"


def clean(run: Path) -> list[str]:
    """Tidy a run that nobody else writes to; a sentence for each part put into quarantine."""
    with disk_errors(run):
        for folder in (run, run / "parts", run / "samples"):
            for leftover in folder.glob(f"{TEMPORARY}*"):
                _remove(leftover)
        for unstated in _unstated_samples(run):
            _remove(unstated)
        damaged = [part for part in parts(run / "parts") if not is_intact(part)]
        for part in damaged:
            _set_aside(part, run / "quarantine")
        if damaged:
            sync_folder(run / "parts")
    return [
        f"parts/{part.name} is damaged: put into quarantine/, its samples are graded again"
        for part in damaged
    ]


_LOOKS = 5
"""How often the parts are listed anew, where some went while they were looked at."""


def sound_parts(run: Path) -> list[Path]:
    """The parts with grades that are as they were written; damaged ones count as missing.

    Raises: RunError where parts go again and again while they are looked at, as they do when the
    run is compacted.
    """
    with disk_errors(run):
        for _ in range(_LOOKS):
            listed = parts(run / "parts")
            sound = [part for part in listed if is_intact(part)]
            if all(part.exists() for part in listed):
                return sound
    raise RunError(f"{run}: its parts change while they are read\n  hint: {_COMPACTED}")


def _unstated_samples(run: Path) -> list[Path]:
    """What a job took in that was killed before its manifest said so; it is taken in again.

    Of a run that has lost its manifest nothing is taken away, once there are grades.
    """
    manifest = read_manifest(run)
    stated = manifest and manifest.samples and manifest.samples.generation
    if not stated and parts(run / "parts"):
        return []
    taken = [(_number(path.name), path) for path in (run / "samples").glob("[0-9]*-*")]
    return [path for number, path in taken if number > _number(stated or "")]


def _number(generation: str) -> int:
    number = generation.partition("-")[0]
    return int(number) if number.isdigit() else 0


def _set_aside(part: Path, quarantine: Path) -> None:
    quarantine.mkdir(exist_ok=True)
    part.replace(quarantine / part.name)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
