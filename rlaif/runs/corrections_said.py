"""One person's answers in another tool, as the correction that they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from rlaif.records.correction import Correction, JudgeSaid
from rlaif.records.criterion import Criterion, Judged
from rlaif.records.identity import canonical, digest
from rlaif.records.refusals import plain_faults
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample, sample_digest, turn_faults
from rlaif.runs.corrections_labels import kept_label, label_of, questions_of
from rlaif.runs.corrections_score import human_score
from rlaif.storage.corrections.foreign import (
    COMMENT,
    NA_WORDS,
    REWRITTEN,
    USUAL,
    Columns,
    Foreign,
    Vote,
)
from rlaif.storage.corrections.kept import said_hash
from rlaif.storage.corrections.kept_form import Kept, KeptCorrection


class NotSaidError(ValueError):
    """The person answered nothing, rewrote nothing and wrote no comment."""


class Maker:
    """Makes corrections of the records of one file."""

    def __init__(self, tool: str, columns: Columns, rubric: Rubric | None, *, every: bool) -> None:
        """Take what is known of all records. Args: `every` as in `questions_of`."""
        self._tool, self._columns, self._rubric = tool, columns, rubric
        self._questions = questions_of(columns, rubric, every=every)
        self._every = every
        self.unknown: Counter[str] = Counter()
        """Answers to questions that are about no criterion, by question."""

    def correction(self, record: Foreign, vote: Vote, sample: Sample | None) -> Correction:
        """What `vote` says of the record's sample, or of its own texts where `sample` is None.

        Raises: NotSaidError; ValueError with what is wrong, in words.
        """
        kept = record.kept.corrections.get(vote.key) if record.kept else None
        if record.kept and kept is not None:
            return self._again(record, vote, sample, record.kept, kept)
        return self._scored(_sound(self._new(record, vote, sample)))

    def _scored(self, made: Correction) -> Correction:
        """With the score by the answers, where they are to the rubric that is known."""
        rubric = self._rubric
        fits = rubric is not None and made.rubric.hash in ("", rubric.content_hash)
        score = human_score(made, rubric) if rubric is not None and fits else None
        return made.model_copy(update={"human_score": score})

    def _again(
        self,
        record: Foreign,
        vote: Vote,
        sample: Sample | None,
        whole: Kept,
        kept: KeptCorrection,
    ) -> Correction:
        """A correction that was exported, with what its record says now."""
        taken = {one.criterion: one.answers for one in kept.criteria}
        labels = {
            criterion: self._label(criterion, vote.answers[question], whole.na, taken)
            for question, criterion in whole.answers.items()
            if question in vote.answers
        }
        comments = {c: str(vote.answers[q]) for q, c in whole.why.items() if q in vote.answers}
        entries = {one.criterion: one.model_dump() for one in kept.criteria}
        for name in (*labels, *comments):
            entries.setdefault(name, {"criterion": name})
        made = kept.stated()
        made |= self._texts(record, sample) | {
            "criteria": [
                {
                    **entry,
                    "answered": name in labels,
                    "human": labels.get(name),
                    "comment": comments.get(name, ""),
                }
                for name, entry in entries.items()
            ],
            "human_output": _rewritten(vote.answers.get(REWRITTEN), chat=kept.chat),
            "comment": str(vote.answers.get(COMMENT) or ""),
        }
        found = _sound(made)
        if said_hash(found) == kept.said:
            return found if found.human_score is not None else self._scored(found)
        # The score was worked out of other answers, and the answers are not of that time.
        return self._scored(_sound(made | {"at": vote.at, "source": self._tool}))

    def _label(
        self, name: str, value: Any, na: str, answers: Mapping[str, Sequence[str]]
    ) -> str | None:
        """A label by the rubric, else by the answers that were kept; `na` is "does not apply"."""
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        criterion = self._criterion(name)
        if value == na:
            return None if criterion is None else label_of(criterion, name, NA_WORDS[0])
        if criterion is None:
            return kept_label(answers.get(name, ()), name, value)
        return label_of(criterion, name, value)

    def _new(self, record: Foreign, vote: Vote, sample: Sample | None) -> dict[str, Any]:
        answers, why, rest = self._sorted(record, vote)
        entries = {name: self._entry(name, record) for name in (*answers, *why)}
        for name, entry in entries.items():
            entry |= {"answered": name in answers, "comment": why.get(name, "")}
            if name in answers:
                entry["human"] = label_of(self._criterion(name), name, answers[name])
        rewritten = _rewritten(self._columns.found(rest, "rewritten") or None, chat=False)
        comment = str(self._columns.found(rest, "comment") or "")
        if not answers and rewritten is None and not comment.strip() and not any(why.values()):
            raise NotSaidError
        texts = self._texts(record, sample)
        about = [texts["sample_id"], canonical(_plain(texts["output"])), vote.annotator]
        if not vote.annotator:
            # Somebody else each time, as far as anybody knows
            place = next(n for n, one in enumerate(record.votes) if one is vote)
            about.append(f"{record.number}.{place}")
        identity = digest(self._tool, *about, ",".join(sorted(entries)))
        return {
            **texts,
            "correction_id": f"{self._tool}-{identity[:16]}",
            "criteria": list(entries.values()),
            "human_output": rewritten,
            "comment": comment,
            "annotator": vote.annotator,
            "at": vote.at,
            "source": self._tool,
            "rubric": _under(self._rubric),
        }

    def _sorted(
        self, record: Foreign, vote: Vote
    ) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
        """Answers by criterion, comments by criterion, and all else by its own name."""
        answers: dict[str, Any] = {}
        why: dict[str, str] = {}
        rest: dict[str, Any] = {}
        kept = record.kept or Kept()
        taken = {*self._columns.fields.values(), *(n for names in USUAL.values() for n in names)}
        for question, value in vote.answers.items():
            if question in self._questions.why or question in kept.why:
                name = self._questions.why.get(question) or kept.why[question]
                why[name] = str(value)
                continue
            criterion = kept.answers.get(question) or self._questions.criterion_of(question, taken)
            if criterion is not None:
                answers[criterion] = value
            else:
                rest[question] = value
                self.unknown[question] += self._every and question not in taken
        return answers, why, rest

    def _entry(self, name: str, record: Foreign) -> dict[str, Any]:
        """Both verdicts on one criterion, without the person's."""
        criterion = self._criterion(name)
        made: dict[str, Any] = {"criterion": name}
        if criterion is not None:
            made["answers"] = criterion.answers
            made["checked"] = not isinstance(criterion, Judged)
            made["question"] = criterion.ask if isinstance(criterion, Judged) else ""
        for question, value in record.judge.items():
            if self._questions.criterion_of(question, set()) == name and value is not None:
                made["judge"] = JudgeSaid(answer=label_of(criterion, name, value))
        return made

    def _criterion(self, name: str) -> Criterion | None:
        return self._questions.criteria.get(name)

    def _texts(self, record: Foreign, sample: Sample | None) -> dict[str, Any]:
        if sample is not None:
            return {
                "sample_id": sample.sample_id,
                "sample_hash": sample_digest(sample),
                "input": sample.prompt,
                "output": sample.completion,
                "reference": sample.reference,
                "group_id": sample.group_id,
                "metadata": sample.metadata,
                "policy": sample.policy,
            }
        texts = {
            "input": "" if record.input is None else record.input,
            "output": record.output,
            "reference": record.reference,
        }
        name = record.sample_id or f"text-{digest(canonical(texts))[:16]}"
        return {**texts, "sample_id": name}


def _rewritten(value: Any, *, chat: bool) -> Any:
    """The rewritten output; of a chat, the messages that the text states as JSON."""
    if value is None or not chat:
        return value
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    return found if isinstance(found, list) else value


def _plain(side: Any) -> Any:
    return [turn.as_written() for turn in side] if isinstance(side, tuple) else side


def _under(rubric: Rubric | None) -> dict[str, str]:
    if rubric is None:
        return {}
    return {"name": rubric.rubric, "version": rubric.version, "hash": rubric.content_hash}


def _sound(made: Mapping[str, Any]) -> Correction:
    """The record. Raises: NotSaidError, ValueError with all that is wrong."""
    try:
        found = Correction.model_validate(dict(made))
    except ValidationError as error:
        told = [fault.message for fault in plain_faults(error)]
        if len(told) == 1 and told[0].startswith("a correction answers"):
            raise NotSaidError from error
        raise ValueError("; ".join(told)) from error
    if faults := list(turn_faults(found.output, "output")):
        raise ValueError(faults[0].message)
    return found
