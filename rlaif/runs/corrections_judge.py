"""Corrections as what teaches a judge: its own question, and the expert's label as its answer."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rlaif.agreement.splitting import prompt_key
from rlaif.errors import InputError
from rlaif.grading.plan import Plan, Work, plan
from rlaif.grading.verdict import place_of_label
from rlaif.ports import Prefix
from rlaif.prompting.codec import Codec
from rlaif.prompting.form import Form
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.question import Question
from rlaif.records.correction import JudgeSaid
from rlaif.records.criterion import Judged, leaves
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.backends import backend_of
from rlaif.runs.corrections_match import text_key
from rlaif.runs.corrections_unasked import Dropped, reason_of
from rlaif.runs.judge import codec_of, prompter_of
from rlaif.storage.row_files import Kind
from rlaif.training.corrections.rows import lineage, sample_of
from rlaif.training.corrections.settling import Settled

IGNORED = -100
"""The label of a token that nothing is learned from."""


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """One row, and what it teaches."""

    criterion: str
    label: str
    """The expert's answers, as the criterion names them."""
    row: dict[str, Any]
    tokens: int
    """Of the whole row; 0 for a judge that takes text."""


class JudgeRows:
    """Makes rows of one judge under one rubric; no model is loaded."""

    def __init__(self, rubric: Rubric, judge: Judge) -> None:
        """Read the judge's tokenizer and template.

        Raises: InputError for a judge that cannot be taught so; FileProblems, JudgeUnavailable,
        MissingExtra as for grading.
        """
        _refuse(judge)
        backend = backend_of(judge)
        self._rubric, self._judge = rubric, judge
        self._prompter: Prompter = prompter_of(judge, backend, rubric)
        self._codec: Codec | None = codec_of(judge, backend)
        taught = [example.sample("example") for example in rubric.taught]
        self._taught = {_texts(one) for one in taught}
        self.taught_prompts = frozenset(map(prompt_key, taught))
        """Keys of the prompts that the judge is taught by."""
        self._ends: tuple[int, ...] = ()
        files = backend.tokenizer()
        if self._codec and files and not judge.own.reads_labels:
            self._ends = tuple(self._codec.control(files.special_tokens.get("eos_token", "")))

    @property
    def kinds(self) -> dict[str, Kind]:
        """The columns that trainers look at, and what is taught."""
        side: Kind = "text" if self._codec else "chat"
        ids: dict[str, Kind] = {"input_ids": "ids", "labels": "ids"} if self._codec else {}
        return {
            "prompt": side,
            "completion": side,
            **ids,
            "criterion": "text",
            "label": "text",
            "judge_label": "text",
        }

    @property
    def asked(self) -> dict[str, str]:
        """The question of each criterion that a judge is asked about."""
        return asked_by(self._rubric)

    def of(self, one: Settled) -> Iterator[JudgeRow | Dropped]:
        """The rows of one sample; for each answer without one, why."""
        sample = sample_of(one.correction)
        if _texts(sample) in self._taught:
            yield from _all_of(one.labels, "taught")
            return
        made = plan(Work(sample), self._rubric)
        judged = {c.id: c for c in made.criteria if isinstance(c, Judged)}
        asked = {c.id for c in made.open()}
        wanted: dict[str, Judged] = {}
        for name, label in one.labels.items():
            reason = reason_of(made, judged.get(name), name in asked, label)
            if reason:
                yield reason
            else:
                wanted[name] = judged[name]
        if wanted:
            open_ = [c for c in made.open() if isinstance(c, Judged)]
            yield from self._asked(made, [wanted[n] for n in judged if n in wanted], one, open_)

    def _asked(
        self, made: Plan, wanted: Sequence[Judged], one: Settled, open_: Sequence[Judged]
    ) -> Iterator[JudgeRow | Dropped]:
        together = self._judge.own.verdict == "one_call"
        if together and len(wanted) < len(open_):
            yield from _all_of(wanted, "incomplete")
            return
        try:
            prefix = self._prompter.prefix(made.subject)
        except ValueError:
            yield from _all_of(wanted, "unwritable")
            return
        for criteria in [wanted] if together else [[criterion] for criterion in wanted]:
            yield self._row(prefix, criteria, one)

    def _row(self, prefix: Prefix, criteria: Sequence[Judged], one: Settled) -> JudgeRow:
        question, answer = self._answered(criteria, one)
        said = [_word(one.judged[c.id].judge) for c in criteria]
        names = ", ".join(c.id for c in criteria)
        label = ", ".join(_shown(one.labels[c.id]) for c in criteria)
        sides = self._sides(prefix, question, answer)
        row = {
            **sides,
            "criterion": names,
            "label": label,
            "judge_label": ", ".join(said),
            **lineage(one, ", ".join(one.annotators)),
        }
        return JudgeRow(names, label, row, len(sides.get("input_ids", ())))

    def _answered(self, criteria: Sequence[Judged], one: Settled) -> tuple[Question | Form, str]:
        """What is asked, and the answer that people gave, as the judge would write it."""
        spec = self._judge.own
        if spec.verdict == "label_probability":
            question = self._prompter.question(criteria[0])
            return question, question.labels[
                place_of_label(criteria[0], one.labels[criteria[0].id])
            ]
        listed = spec.verdict == "one_call"
        form = self._prompter.form(criteria, listed=listed, evidence=spec.evidence)
        written = [
            {
                **({"id": c.id} if listed else {}),
                "rationale": _rationale(one, c.id),
                **({"evidence": []} if spec.evidence else {}),
                "verdict": entry.labels[place_of_label(c, one.labels[c.id])],
            }
            for c, entry in zip(criteria, form.entries, strict=True)
        ]
        answer = {"answers": written} if listed else written[0]
        return form, json.dumps(answer, ensure_ascii=False)

    def _sides(self, prefix: Prefix, question: Question | Form, answer: str) -> dict[str, Any]:
        """Prompt and completion; with the very ids that the judge computes, where it takes ids.

        The text alone would not do: a trainer cuts it into other tokens where two parts of the
        prompt meet, and would take a chat format's sign in a completion for a real one.
        """
        if self._codec is None:
            system, user = prefix.turns
            return {
                "prompt": [
                    {"role": "system", "content": system.text},
                    {"role": "user", "content": user.text + question.text},
                ],
                "completion": [{"role": "assistant", "content": answer}],
            }
        asked = (*prefix.ids, *question.ids)
        said = (*self._answer_ids(question, answer, self._codec), *self._ends)
        return {
            "prompt": self._prompter.written(prefix, question),
            "completion": answer,
            "input_ids": [*asked, *said],
            "labels": [*([IGNORED] * len(asked)), *said],
        }

    def _answer_ids(self, question: Question | Form, answer: str, codec: Codec) -> tuple[int, ...]:
        if isinstance(question, Question):
            return (question.label_ids[question.labels.index(answer)],)
        return tuple(codec.plain(answer))


def asked_by(rubric: Rubric) -> dict[str, str]:
    """What a rubric asks a judge, by criterion."""
    return {c.id: c.ask for c in leaves(rubric.items) if isinstance(c, Judged)}


def _texts(sample: Sample) -> tuple[str, str]:
    return prompt_key(sample), text_key(sample.completion)


def _all_of(wanted: Collection[object], reason: Dropped) -> list[Dropped]:
    return [reason] * len(wanted)


def _refuse(judge: Judge) -> None:
    if judge.members:
        names = ", ".join(member.name for member in judge.members)
        raise InputError(
            f"the judge '{judge.name}' is several, and one model is taught at a time: {names}\n"
            "  hint: --judge with the file of one of them"
        )
    spec = judge.own
    if spec.verdict == "holistic":
        raise InputError(
            f"the judge '{judge.name}' gives one score on the whole, which no expert has stated\n"
            "  hint: a judge file with verdict: label_probability"
        )
    if spec.thinking:
        raise InputError(
            f"the judge '{judge.name}' thinks before it answers, and no expert wrote its thoughts\n"
            "  hint: a copy of its file with thinking: false"
        )


def _rationale(one: Settled, criterion: str) -> str:
    """The experts' words; where they have none and agree with the judge, the judge's own."""
    if comments := one.comments[criterion]:
        return "\n".join(comments)
    said = one.judged[criterion].judge
    return said.rationale if said and not one.overruled(criterion) else ""


def _word(said: JudgeSaid | None) -> str:
    return "" if said is None else _shown(said.answer)


def _shown(label: str | None) -> str:
    return "does not apply" if label is None else label
