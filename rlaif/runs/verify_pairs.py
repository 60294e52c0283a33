"""A run of pairs verified: its files, and that each preference is read as it was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rlaif.errors import RunError
from rlaif.records.preference import Preference
from rlaif.reporting.text import count_of
from rlaif.runs.verification import Findings, manifest_of
from rlaif.storage.inventory import in_use
from rlaif.storage.manifest import PAIRS
from rlaif.storage.pair_folder import PairFolder
from rlaif.storage.verifying import gaps, leftovers, part_faults, quarantined, text_faults
from rlaif.storage.whole_files import parts


def look_at_pairs(path: Path, found: Findings) -> None:
    """Look at every file, and every effective preference. Its preferences have to fit in memory."""
    looked = found.looked
    manifest = manifest_of(path, PAIRS, found)
    if in_use(path):
        found.notes.append("a job is writing to the run right now")
    else:
        found.add("leftovers", leftovers(path, ("preferences", "pairs")))
    looked["quarantined"] = quarantined(path)
    written = parts(path / "preferences", ".jsonl")
    looked["parts"] = len(written)
    found.add("damaged parts", part_faults(path, written, "its pairs are compared again"))
    if manifest is None:
        return
    found.add("kept texts", text_faults(path, manifest))
    if manifest.samples is None:
        found.notes.append("no pairs were taken in yet")
        return
    try:
        for pair, preference in PairFolder(path, manifest).compared_pairs():
            _count(preference, looked)
            if preference is not None:
                faults = (f"the preference of '{pair.pair_id}' {f}" for f in _faults(preference))
                found.add("preferences", faults)
    except RunError as error:
        found.add("pairs", [str(error).replace("\n  hint:", ":", 1)])
    if looked["missing"]:
        missing = count_of(looked["missing"], "pair")
        found.notes.append(f"{missing} not compared yet: start `rlaif compare` again")
        everything = [*written, *parts(path / "quarantine", ".jsonl")]
        found.add("parts that are gone", (f"preferences/{gap}" for gap in gaps(everything)))


def _count(preference: Preference | None, looked: Counter[str]) -> None:
    looked["samples"] += 1
    if preference is None:
        looked["missing"] += 1
        return
    looked["grades"] += 1
    looked["ok"] += preference.status == "ok"
    looked["failed"] += preference.status == "failed"
    looked["outcomes"] += len(preference.criteria)


def _faults(preference: Preference) -> Iterator[str]:
    """What a preference cannot be."""
    if preference.status == "failed" and preference.answer is not None:
        yield "has an answer although its status is 'failed'"
