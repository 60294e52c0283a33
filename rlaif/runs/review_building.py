"""A run made into the file of a review, and the file brought up to date with the run."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson

from rlaif.agreement.informative import RANDOM_EVERY, in_order
from rlaif.authoring.rubric_file import read_rubric
from rlaif.errors import InputError, RunError
from rlaif.records.correction import Under
from rlaif.records.criterion import Criterion, leaves
from rlaif.records.judge import ask_fingerprint
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.kept import kept_rubric
from rlaif.runs.kept_order import whole_judge
from rlaif.runs.review_copies import candidate_of, copy_of, items_in
from rlaif.runs.review_terms import terms_by
from rlaif.storage.manifest import Stated
from rlaif.storage.review import content, derived
from rlaif.storage.review.candidates import candidates, state_of
from rlaif.storage.review.file import ReviewFile, open_file
from rlaif.storage.review.grade_json import items_of
from rlaif.storage.run_folder import REVIEW, RunFolder, open_run

_MOST = 1_000_000


def kept_review(
    run: Path, file: Path | None, *, most: int, seed: int, note: Callable[[str], None]
) -> ReviewFile:
    """The review of a run, made, gone on with, or brought up to date; see `runs/review.py`.

    Raises: RunError; InputError for a `most` that cannot be.
    """
    if not 1 <= most <= _MOST:
        raise InputError(f"--most {most}: between 1 and {_MOST:,}")
    alone = run if run.is_file() else file if file and file.is_file() and not run.exists() else None
    if alone is not None:
        kept = open_file(alone, make=False)
        note(f"{alone}: reviewed by itself, without its run")
        return kept
    folder = open_run(run)
    kept_rubric(folder)  # says what is wrong before a file is made
    kept = open_file(file or run / REVIEW)
    try:
        _bring_up_to_date(kept, folder, most, seed, note)
    except BaseException:
        kept.close()
        raise
    return kept


def _bring_up_to_date(
    kept: ReviewFile, run: RunFolder, most: int, seed: int, note: Callable[[str], None]
) -> None:
    state = state_of(run, seed, most)
    with kept.reading() as connection:
        if content.get_meta(connection, "state") == state and not _labels_moved(connection):
            return
    with kept.writing() as connection:
        before = content.get_meta(connection, "state")
        if before != state:
            _take_in(connection, run, most, seed)
            content.set_meta(connection, "state", state)
        drawn = {number: place for number, place, _ in content.known_of_all(connection)}
        _rank(connection, drawn)
        taken = len(drawn)
        told = _told(connection, run, taken, sum(p is not None for p in drawn.values()))
    if before != state:
        for line in told:
            note(line)


def _labels_moved(connection: sqlite3.Connection) -> bool:
    return content.get_meta(connection, "ranked by") != _labels_text(connection)


def _labels_text(connection: sqlite3.Connection) -> str:
    found = content.labels_so_far(connection)
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()


def _take_in(connection: sqlite3.Connection, run: RunFolder, most: int, seed: int) -> None:
    """Copy what comes in; answers stay with the text that they are about."""
    rubric = kept_rubric(run)
    grounds = content.put_grounds(connection, *_grounds(run, rubric))
    must = content.reviewed_keys(connection)
    placed: list[tuple[int, str, int | None]] = []
    for taken in candidates(run, most, seed, RANDOM_EVERY, must):
        number = content.put_copy(connection, copy_of(taken, rubric), grounds)
        placed.append((number, "", taken.drawn))
    content.place_all(connection, placed)
    content.set_meta(connection, "title", _title(run))
    content.set_meta(connection, "grounds", str(grounds))
    content.set_meta(connection, "command", orjson.dumps(run.manifest.command).decode())
    _judge_anew(connection, rubric)


def _rank(connection: sqlite3.Connection, drawn: dict[int, int | None]) -> None:
    known = [candidate_of(*row) for row in content.known_of_all(connection)]
    order = in_order(known, content.labels_so_far(connection))
    content.place_all(connection, ((one.number, one.why, drawn[one.number]) for one in order))
    content.set_meta(connection, "ranked by", _labels_text(connection))


def _judge_anew(connection: sqlite3.Connection, rubric: Rubric) -> None:
    """What follows from answers, questions and grades together, now that these have changed.

    Of samples that are no longer in the run all stays as it was.
    """
    query = """SELECT number, sample, items FROM texts JOIN samples USING (number)
    WHERE place IS NOT NULL AND number IN (SELECT number FROM reviewed)"""
    who = "SELECT annotator FROM reviewed WHERE number = ? ORDER BY annotator"
    for number, sample, items in connection.execute(query).fetchall():
        terms = terms_by(partial(criterion_in, rubric, sample, items))
        for (annotator,) in connection.execute(who, (number,)).fetchall():
            derived.weigh_sample(connection, number, annotator, terms)
        derived.find_disputes(connection, number, terms)
    derived.tally_all(connection)


def criterion_in(rubric: Rubric, sample: str, items: str | None, name: str) -> Criterion | None:
    """The criterion of that name of a kept sample; None where there is none."""
    for one in leaves(rubric.items):
        if one.id == name and items is None:
            return one
    own = items_of(items) if items else items_in(Sample.model_validate_json(sample), rubric)
    return next((one for one in leaves(own) if one.id == name), None)


def _grounds(run: RunFolder, rubric: Rubric) -> tuple[str, str, str]:
    """The rubric's text, and what names it and the judge."""
    stated, judge = run.manifest.rubric, run.manifest.judge
    text = (run.path / stated.file).read_text(encoding="utf-8") if stated else ""
    return text, _under(stated, ""), _under(judge, _fingerprint(run, rubric))


def _fingerprint(run: RunFolder, rubric: Rubric) -> str:
    """What determines the judge's answers; empty where its kept text is damaged."""
    stated = run.manifest.judge
    try:
        return ask_fingerprint(whole_judge(run, rubric).spec, stated.served if stated else "")
    except RunError:
        return ""


def _under(stated: Stated | None, fingerprint: str) -> str:
    if stated is None:
        return "{}"
    under = Under(
        name=stated.name, version=stated.version, hash=stated.hash, fingerprint=fingerprint
    )
    return under.model_dump_json()


def rubric_in(text: str) -> Rubric | None:
    """The rubric of a kept text; None where it cannot be read any more."""
    return read_rubric(Path("rubric.yaml"), text).rubric


def _title(run: RunFolder) -> str:
    stated = run.manifest.rubric
    name = f"{stated.name}@{stated.version}" if stated else "?"
    return f"{run.path.absolute().name}: {name}"


def _told(connection: sqlite3.Connection, run: RunFolder, taken: int, drawn: int) -> list[str]:
    of = run.manifest.samples.count if run.manifest.samples else taken
    told = f"{taken:,} of {of:,} samples are in the review, {drawn:,} of them drawn at random"
    lines = [told if taken < of else f"{taken:,} samples, {drawn:,} of them drawn at random"]
    query = "SELECT count(DISTINCT number) FROM said JOIN samples USING (number)"
    (gone,) = connection.execute(query + " WHERE place IS NULL AND says").fetchone()
    if gone:
        lines.append(f"{gone:,} reviewed samples are no longer in the run; what was said is kept")
    query = "SELECT count(*) FROM said JOIN samples USING (number)"
    query += " WHERE place IS NOT NULL AND kind = 'answer' AND says AND NOT holds"
    (idle,) = connection.execute(query).fetchone()
    if idle:
        lines.append(
            f"{idle:,} answers do not fit what is asked now: another question, other levels, or"
            " no such criterion; they are kept, and count no more until they fit again"
        )
    return lines
