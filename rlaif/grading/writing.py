"""Verdicts that the judge writes: one a text with its rationale, or all of a sample in one text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.grading.known import Known
from rlaif.grading.seat import Seat
from rlaif.grading.sitting import Sitting
from rlaif.grading.thinking import Thought, asked_in, seed_of, thoughts
from rlaif.grading.together import together
from rlaif.ports import Generated, Prefix, Request
from rlaif.prompting.form import Form
from rlaif.prompting.form_reading import Filled, quoted, read_form
from rlaif.records.criterion import Judged
from rlaif.records.identity import digest
from rlaif.records.outcome import Failure, Outcome, Verdict
from rlaif.records.subject import Subject

_THOUGHT = ("<think>", "</think>")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sample before one judge that writes."""

    prefix: Prefix
    subject: Subject
    sitting: Sitting
    known: Known

    def form(self, criteria: Sequence[Judged]) -> Form:
        """The criteria as the judge is to answer them. Raises: ValueError as Prompter.form."""
        return form_of(criteria, self.sitting.seat)

    async def filled(self, criteria: Sequence[Judged], vote: int) -> list[Outcome]:
        """The outcome of each criterion; what is known is not asked.

        Where one text answers them all, what went wrong in it is asked again by itself.
        """
        if self.sitting.seat.spec.verdict == "generated":
            return [o for of_one in await self._apart(criteria, vote) for o in of_one]
        joint = await self._asked(criteria, vote)
        faulty = [i for i, outcome in enumerate(joint) if isinstance(outcome, Failure)]
        if len(criteria) > 1 and faulty:
            again = await self._apart([criteria[i] for i in faulty], vote)
            for i, (outcome,) in zip(faulty, again, strict=True):
                joint[i] = outcome
        return joint

    async def _apart(self, criteria: Sequence[Judged], vote: int) -> list[list[Outcome]]:
        return await together([self._asked([criterion], vote) for criterion in criteria])

    async def _asked(self, criteria: Sequence[Judged], vote: int) -> list[Outcome]:
        """One text for all of them; none where all of it is known."""
        form, seat = self.form(criteria), self.sitting.seat
        keys = [written_key(self.prefix, form, c, seat, vote) for c in criteria]
        found: dict[str, Outcome] = dict(self.known.of(keys))
        if len(found) < len(keys):
            outcomes = await self._written(form, vote)
            for criterion, key in zip(criteria, keys, strict=True):
                if key not in found:
                    found[key] = self.known.kept(key, outcomes[criterion.id], seat.name)
        return [found[key] for key in keys]

    async def _written(self, form: Form, vote: int) -> dict[str, Outcome]:
        text = await self._text(form, vote)
        if isinstance(text, Failure):
            return {entry.criterion: text for entry in form.entries}
        if text.cut and not form.listed:  # of a list, what came before the cut can be read
            told = f"the judge's text was cut after {text.tokens} tokens; raise rationale_tokens"
            return {entry.criterion: Failure("parse", told) for entry in form.entries}
        read = read_form(_answered(text.text), form)
        return {
            entry.criterion: self._outcome(read[entry.criterion], len(entry.labels), text.thought)
            for entry in form.entries
        }

    def _outcome(self, read: Filled | str, answers: int, thought: str) -> Outcome:
        if isinstance(read, str):
            return Failure("parse", read)
        distribution = tuple(float(place == read.place) for place in range(answers))
        quotes = quoted(read.quotes, self.subject)
        told = read.rationale or thought.strip() or None
        return Verdict(distribution, None, told, evidence=quotes)

    async def _text(self, form: Form, vote: int) -> Generated | Failure:
        """What the judge writes, after thinking where its file says so."""
        seat, prefix = self.sitting.seat, self.prefix
        spec, key = seat.spec, digest(prefix.hash, form.hash, seat.fingerprint, f"vote {vote}")
        ids, budget = (*prefix.ids, *form.ids), seat.may_write(len(form.entries))
        if spec.thinking and ids:
            (mind,) = await thoughts([(key, prefix, form.text, form.ids)], self.sitting)
            if not isinstance(mind, Thought):
                return mind
            ids = (*ids, *mind.ids)
        request = Request(
            number=self.sitting.texts.number(),
            turns=asked_in(prefix, form.text),
            ids=ids,
            max_tokens=budget + (0 if ids or not spec.thinking else spec.thinking_tokens),
            key=key,
            temperature=spec.temperature,
            seed=seed_of(key),
            schema=form.schema,
            thinking=spec.thinking,
            about=prefix.hash,
            forms=form.entries,
        )
        (answer,) = await self.sitting.texts.ask([request])
        if isinstance(answer, Generated):
            self.sitting.usage.count(answer, self.sitting.seat.spec.price)
        return answer


def _answered(text: str) -> str:
    """The text without the thoughts that it begins with, where a server leaves them in it.

    Thoughts that do not end are no answer, whatever stands in them.
    """
    text = text.lstrip()
    if not text.startswith(_THOUGHT[0]):
        return text
    return text.partition(_THOUGHT[1])[2]


def form_of(criteria: Sequence[Judged], seat: Seat) -> Form:
    """The form that a judge fills in. Raises: ValueError where its template cannot show them."""
    listed = seat.spec.verdict == "one_call"
    return seat.prompter.form(criteria, listed=listed, evidence=seat.spec.evidence)


def written_key(prefix: Prefix, form: Form, criterion: Judged, seat: Seat, vote: int = 0) -> str:
    """By what one answer of a written text is known."""
    return digest(prefix.hash, form.hash, seat.fingerprint, f"vote {vote}", criterion.id)
