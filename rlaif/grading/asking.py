"""The judge's questions about one sample: which are asked, and what the answers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.grading.desk import Desk
from rlaif.grading.plan import Plan
from rlaif.grading.verdict import believed, read_answer
from rlaif.ports import Answer, Decision, JudgeBackend, Prefix
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.question import Question
from rlaif.records.criterion import Judged
from rlaif.records.identity import digest
from rlaif.records.outcome import Failure

Asked = tuple[Judged, Decision]
"""A criterion, and its question as it goes to the judge."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A judge ready to answer: who writes its prompts, who answers them, how they are read."""

    name: str
    prompter: Prompter
    backend: JudgeBackend
    fingerprint: str
    min_label_mass: float
    max_length: int | None = None
    """Longest prompt in tokens."""
    max_completion: int | None = None
    """A completion of more tokens is prescreened as too long."""


def questions(
    made: Plan, criteria: Sequence[Judged], prefix: Prefix, asker: Asker, desk: Desk
) -> list[Asked]:
    """The questions that no earlier attempt has answered; what is known of the others is taken."""
    asked: list[Asked] = []
    for criterion in criteria:
        try:
            question = asker.prompter.question(criterion)
        except ValueError as error:
            made.take(criterion, Failure("render", str(error)))
            continue
        key = digest(prefix.hash, question.hash, asker.fingerprint, "vote 0")
        if known := made.work.prior.get(key):
            made.take(criterion, believed(known, asker.min_label_mass), key)
        elif failure := _prompt_too_long(prefix, question, asker):
            made.take(criterion, failure, key)
        elif _fills_the_window(prefix, question, asker):
            made.skip_all("too_long")
            return []
        else:
            number = desk.number()
            asked.append((criterion, decision_of(criterion, prefix, question, key, number)))
    return asked


async def ask(made: Plan, asked: Sequence[Asked], asker: Asker, desk: Desk) -> None:
    """Ask all at once."""
    answers = await desk.ask([decision for _, decision in asked])
    for (criterion, decision), answer in zip(asked, answers, strict=True):
        outcome = (
            read_answer(answer, len(decision.labels), asker.min_label_mass)
            if isinstance(answer, Answer)
            else answer
        )
        made.take(criterion, outcome, decision.key)


def _prompt_too_long(prefix: Prefix, question: Question, asker: Asker) -> Failure | None:
    """Ours: what the policy did not write leaves it less than a quarter of the judge's window.

    Whether it does is not the policy's to choose. Where nothing is screened, whatever does not fit.
    """
    whole = len(prefix.ids) + len(question.ids)
    others = whole - prefix.policy
    if asker.max_length is None:
        return None
    if others > asker.max_length * 3 // 4:
        told = f"without the completion the prompt has {others} tokens, over three quarters of"
        return Failure("length", f"{told} the {asker.max_length} that the judge takes")
    if asker.max_completion is None and whole >= asker.max_length:
        return Failure("length", f"{whole} tokens; the judge takes {asker.max_length - 1}")
    return None


def _fills_the_window(prefix: Prefix, question: Question, asker: Asker) -> bool:
    """The completion's doing: with it, the prompt does not fit."""
    most = asker.max_length
    return most is not None and len(prefix.ids) + len(question.ids) >= most


def decision_of(
    criterion: Judged,
    prefix: Prefix,
    question: Question,
    key: str,
    number: int,
    *,
    answers: tuple[str, ...] = (),
) -> Decision:
    """The question as it goes to a backend.

    `answers`, from worst to best, stand for the criterion's own, as where two are compared.
    """
    worth = criterion.worth if not answers else tuple(range(len(answers)))
    answers = answers or criterion.answers
    return Decision(
        number=number,
        prefix=prefix,
        question=question.text,
        suffix_ids=question.ids,
        labels=question.labels,
        label_ids=question.label_ids,
        key=key,
        criterion=criterion.id,
        answers=(*answers, "na") if criterion.allow_na else answers,
        best=worth.index(max(worth)),
    )
