"""Verdicts read from the probabilities of labels, at once or after the judge has thought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rlaif.grading.known import Known
from rlaif.grading.seat import Seat
from rlaif.grading.sitting import Sitting
from rlaif.grading.thinking import Thought, thoughts
from rlaif.grading.verdict import believed, read_answer
from rlaif.ports import Answer, Decision, Prefix
from rlaif.prompting.question import Question
from rlaif.records.criterion import Judged
from rlaif.records.identity import digest
from rlaif.records.outcome import Failure, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Put:
    """One question about one sample, or about one pair in one order."""

    criterion: Judged
    prefix: Prefix
    question: Question
    key: str
    """By what the judge's answer is known; of several votes, the first."""
    answers: tuple[str, ...] = ()
    """From worst to best, in place of the criterion's own."""


def put_to(
    seat: Seat,
    criterion: Judged,
    prefix: Prefix,
    question: Question,
    answers: tuple[str, ...] = (),
) -> Put:
    """A question as one judge is asked it."""
    key = _key(prefix, question, seat, 0)
    return Put(criterion, prefix, question, key, answers)


def _key(prefix: Prefix, question: Question, seat: Seat, vote: int) -> str:
    return digest(prefix.hash, question.hash, seat.fingerprint, f"vote {vote}")


async def ask_labels(
    puts: Sequence[Put], sitting: Sitting, known: Known, vote: int = 0
) -> list[Outcome]:
    """The outcome of each question; what is known of them is not asked."""
    seat = sitting.seat
    keys = [_key(p.prefix, p.question, seat, vote) if vote else p.key for p in puts]
    least = seat.spec.min_label_mass
    found: dict[str, Outcome] = {
        key: believed(verdict, least) for key, verdict in known.of(keys).items()
    }
    opened: dict[str, Put] = {}
    for key, put in zip(keys, puts, strict=True):
        if key not in found:
            opened.setdefault(key, put)  # two criteria may ask the same
    if opened:
        for key, outcome in (await _asked(opened, sitting)).items():
            kept = known.kept(key, outcome, seat.name)
            found[key] = believed(kept, least) if isinstance(kept, Verdict) else kept
    return [found[key] for key in keys]


async def _asked(opened: dict[str, Put], sitting: Sitting) -> dict[str, Outcome]:
    if not sitting.seat.spec.thinking:
        decisions = [_decision(put, key, sitting) for key, put in opened.items()]
        return dict(zip(opened, await _read(decisions, sitting), strict=True))
    starts = [(key, put.prefix, put.question.text, put.question.ids) for key, put in opened.items()]
    thought = dict(zip(opened, await thoughts(starts, sitting), strict=True))
    found: dict[str, Outcome] = {k: t for k, t in thought.items() if isinstance(t, Failure)}
    decisions, minds = [], []
    for key, put in opened.items():
        if isinstance(mind := thought[key], Thought):
            decision = _decision(put, key, sitting)
            decisions.append(replace(decision, suffix_ids=(*decision.suffix_ids, *mind.ids)))
            minds.append((key, mind))
    answers = await _read(decisions, sitting)
    for (key, mind), outcome in zip(minds, answers, strict=True):
        if isinstance(outcome, Verdict):
            outcome = replace(outcome, rationale=mind.text or None)
        found[key] = outcome
    return found


async def _read(decisions: Sequence[Decision], sitting: Sitting) -> list[Outcome]:
    least = sitting.seat.spec.min_label_mass
    outcomes: list[Outcome] = []
    for decision, answer in zip(decisions, await sitting.labels.ask(decisions), strict=True):
        if isinstance(answer, Answer):
            sitting.usage.count(answer, sitting.seat.spec.price)
            outcomes.append(read_answer(answer, len(decision.labels), least))
        else:
            outcomes.append(answer)
    return outcomes


def _decision(put: Put, key: str, sitting: Sitting) -> Decision:
    """The question as it goes to a backend."""
    criterion, question = put.criterion, put.question
    worth = criterion.worth if not put.answers else tuple(range(len(put.answers)))
    answers = put.answers or criterion.answers
    return Decision(
        number=sitting.labels.number(),
        prefix=put.prefix,
        question=question.text,
        suffix_ids=question.ids,
        labels=question.labels,
        label_ids=question.label_ids,
        key=key,
        criterion=criterion.id,
        answers=(*answers, "na") if criterion.allow_na else answers,
        best=worth.index(max(worth)),
    )
