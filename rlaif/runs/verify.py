"""Whether a run is whole: its files are as written, and its scores follow from its answers."""

from __future__ import annotations

from pathlib import Path

import orjson

from rlaif.authoring.rubric_file import read_rubric
from rlaif.errors import RunError
from rlaif.grading.calibrating import Calibrating
from rlaif.grading.recheck import grade_faults
from rlaif.records.grade import Grade
from rlaif.records.rubric import Rubric
from rlaif.records.run_facts import Looked
from rlaif.reporting.text import count_of
from rlaif.runs.canaries import kept_canaries
from rlaif.runs.kept_maps import kept_maps
from rlaif.runs.verification import Findings, Verification, manifest_of
from rlaif.runs.verify_pairs import look_at_pairs
from rlaif.storage.inventory import in_use
from rlaif.storage.manifest import NAME, PAIRS
from rlaif.storage.row_counts import row_counts
from rlaif.storage.run_folder import RunFolder
from rlaif.storage.verifying import (
    gaps,
    kept_samples,
    leftovers,
    part_faults,
    quarantined,
    sample_faults,
    text_faults,
)
from rlaif.storage.whole_files import disk_errors, parts


def verify_run(path: Path) -> Verification:
    """Read all of the run at `path`, and change nothing. Memory stays flat, whatever its size.

    Raises: RunError for a folder that holds no run at all, or that cannot be read.
    """
    found = Findings()
    with disk_errors(path):
        if (path / PAIRS).is_file() or (path / "preferences").is_dir():
            look_at_pairs(path, found)
        else:
            _look(path, found)
    return Verification(path, found.told(), tuple(found.notes), Looked(**found.looked))


def _look(path: Path, found: Findings) -> None:
    looked = found.looked
    manifest = manifest_of(path, NAME, found)
    used = in_use(path)
    if used:
        found.notes.append("a job is writing to the run right now")
    else:
        found.add("leftovers", leftovers(path, ("parts", "samples")))
    looked["quarantined"] = quarantined(path)
    graded = parts(path / "parts")
    looked["parts"] = len(graded)
    found.add("damaged parts", part_faults(path, graded, "its samples are graded again"))
    _canaries(path, found)
    if manifest is None:
        return
    found.add("kept texts", text_faults(path, manifest))
    if manifest.samples is None:
        found.notes.append("no samples were taken in yet")
        return
    faults = list(sample_faults(path, manifest.samples))
    found.add("samples", faults)
    if not faults:
        _Grades(RunFolder(path, manifest), found).look()
    if looked["missing"]:
        missing = count_of(looked["missing"], "sample")
        found.notes.append(f"{missing} not graded yet: start the same `rlaif grade` command again")
        found.add("parts that are gone", (f"parts/{gap}" for gap in gaps(_all_parts(path, graded))))


def _all_parts(path: Path, graded: list[Path]) -> list[Path]:
    """The parts, and those that were set aside: they leave no gap."""
    return [*graded, *parts(path / "quarantine")]


def _canaries(path: Path, found: Findings) -> None:
    try:
        kept_canaries(path)
    except RunError as error:
        found.add("canaries", [str(error).replace("\n  hint:", ":", 1)])


class _Grades:
    """The effective grades of a run beside its samples, each worked out again."""

    def __init__(self, run: RunFolder, found: Findings) -> None:
        self._run, self._found, self._looked = run, found, found.looked

    def look(self) -> None:
        """Look at every sample and every effective grade."""
        run, looked = self._run, self._looked
        samples, graded = run.files()
        rows = row_counts(samples, graded, run.manifest.under)
        looked.update(rows=rows.rows, beaten=rows.beaten, others=rows.others)
        if rows.repeated_ids:
            ids = count_of(rows.repeated_ids, "sample id")
            self._found.add("samples", [f"the kept samples have {ids} twice"])
        rubric, holistic = self._rubric(), self._holistic()
        reads = self._reads(rubric) if rubric is not None else None
        grades = run.grades()
        grade = next(grades, None)
        for sample_hash, sample, fault in kept_samples(samples):
            looked["samples"] += 1
            if fault:
                self._tell("samples", f"the sample '{sample.sample_id}' {fault}")
            mine: list[Grade] = []
            while grade is not None and grade.sample_id == sample.sample_id:
                mine.append(grade)
                grade = next(grades, None)
            looked["missing"] += not mine
            self._one_grade(sample.sample_id, sample_hash, mine)
            if mine and rubric is not None and holistic is not None:
                faults = grade_faults(rubric, sample, mine[0], holistic=holistic, reads=reads)
                self._found.add(
                    "grades", (f"the grade of '{sample.sample_id}' {fault}" for fault in faults)
                )
        if grade is not None:
            self._tell("grades", f"the grade of '{grade.sample_id}' is of no current sample")

    def _one_grade(self, sample_id: str, sample_hash: str, mine: list[Grade]) -> None:
        """Count the grade of a sample; tell more than one, or one of another content or judge."""
        looked = self._looked
        for grade in mine[:1]:
            looked["grades"] += 1
            looked["ok"] += grade.status == "ok"
            looked["failed"] += grade.status == "failed"
            looked["outcomes"] += len(grade.outcomes)
            if grade.sample_hash != sample_hash:
                self._tell("grades", f"the grade of '{sample_id}' is of another content")
            if not self._is_by(grade):
                told = f"is by {grade.rubric} and {grade.judge}, which the manifest does not state"
                self._tell("grades", f"the grade of '{sample_id}' {told}")
        if len(mine) > 1:
            self._tell("grades", f"the sample '{sample_id}' has {len(mine)} effective grades")

    def _is_by(self, grade: Grade) -> bool:
        manifest = self._run.manifest
        stated = (manifest.rubric, manifest.judge)
        names = [f"{one.name}@{one.version}" for one in stated if one is not None]
        return [grade.rubric, grade.judge] == names

    def _rubric(self) -> Rubric | None:
        """The kept rubric, or None with what is wrong with it told."""
        stated = self._run.manifest.rubric
        if stated is None or not (self._run.path / stated.file).is_file():
            return None
        read = read_rubric(self._run.path / stated.file)
        if read.rubric is None:
            self._tell("kept texts", f"{stated.file} cannot be read: {read.problems[0].message}")
        elif read.rubric.content_hash != stated.hash:
            self._tell("kept texts", f"{stated.file} is another rubric than the grades are under")
            return None
        return read.rubric

    def _holistic(self) -> bool | None:
        """Whether the kept judge puts one overall question; None where it cannot be read."""
        stated = self._run.manifest.judge
        if stated is None:
            return None
        try:
            kept = orjson.loads((self._run.path / stated.file).read_bytes())
            first = (kept.get("members") or [kept])[0]
            return bool(first["judge"].get("verdict") == "holistic")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            self._tell("kept texts", f"{stated.file} cannot be read as a judge")
            return None

    def _reads(self, rubric: Rubric) -> Calibrating | None:
        """The kept judge's calibration; None where it has none, or cannot be read."""
        return kept_maps(self._run, rubric)

    def _tell(self, kind: str, sentence: str) -> None:
        self._found.add(kind, [sentence])
