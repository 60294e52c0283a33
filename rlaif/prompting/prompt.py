"""Prompts of a judge: preamble, then the sample, then the criterion last."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from itertools import product

from rlaif.errors import FileProblems, Problem
from rlaif.ports import Prefix, estimated_tokens
from rlaif.prompting.codec import Codec
from rlaif.prompting.form import Form, Forms
from rlaif.prompting.overall import overall_text
from rlaif.prompting.question import (
    FORMS,
    NO_CHOICES,
    Kind,
    Named,
    Question,
    Taught,
    answers_of,
    label_ids_of,
    slots_of,
    values_of,
)
from rlaif.prompting.sample_part import Part, sample_slots, sample_values, with_ids
from rlaif.prompting.template import WRITTEN, JudgeTemplate, Piece, Slot, filled
from rlaif.prompting.trial import refuse_without
from rlaif.records.criterion import Judged
from rlaif.records.identity import digest
from rlaif.records.judge_base import Labels
from rlaif.records.subject import POLICY, Subject, Turn

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Prompter:
    """Writes the prompts of one judge; with a codec also as token ids."""

    def __init__(
        self,
        template: JudgeTemplate,
        labels: Labels,
        codec: Codec | None,
        taught: Sequence[Taught] = (),
        *,
        verdict: str = "label_probability",
        tokens: int = 256,
    ) -> None:
        """Render the preamble, and try the template in every form that it can take.

        Args: `verdict` as in a judge file, which decides the preamble and which blocks the template
        must have; `tokens` is what one written verdict may take.

        Raises: FileProblems for a template at fault or without a block that `verdict` needs,
        JudgeUnavailable when the labels of a yes/no question are not one token each.
        """
        self._template, self._labels, self._codec = template, labels, codec
        self._shape = lru_cache(maxsize=256)(self._render_sample)
        self._phrased = lru_cache(maxsize=256)(self._render_question)
        self._asked = lru_cache(maxsize=4096)(self._ask)
        self._forms = Forms(template, self.labels, self._ids_of, tokens)
        self._try_out()
        refuse_without(template, verdict)
        if codec:
            label_ids_of(codec, self.labels(0, na=False))
            self._tail = codec.control(codec.frame.after)
        written = verdict in WRITTEN and template.has("form_system")
        preamble = filled(template.render("form_system" if written else "system", {}), {})
        shown = [self._example(number, one) for number, one in enumerate(taught, 1)]
        self._system = "\n\n".join([preamble, *shown])
        if codec:
            self._head = (
                codec.control(codec.frame.before)
                + codec.plain(self._system)
                + codec.control(codec.frame.between)
            )

    def prefix(self, subject: Subject) -> Prefix:
        """Everything before the question, shared by all questions about `subject`."""
        parts = self._filled(subject)
        text = "".join(part for part, _, _ in parts)
        turns = (Turn("system", self._system), Turn("user", text))
        if not self._codec:
            said = "".join(t.text for t in subject.completion if t.role in POLICY)
            written = estimated_tokens(said) if said else 0
            return Prefix(turns, policy=written, hash=digest(self._system, text))
        spoken = {f"c{i}" for i, turn in enumerate(subject.completion) if turn.role in POLICY}
        return self._with_ids(turns, parts, spoken, self._codec)

    def written(self, prefix: Prefix, question: Question | Form) -> str:
        """The whole prompt as text: with the chat format's own signs where the ids hold them."""
        if self._codec is None:
            texts = "\n\n".join(f"{turn.role}:\n{turn.text}" for turn in prefix.turns)
            return f"{texts}{question.text}"
        frame, (system, user) = self._codec.frame, prefix.turns
        return "".join(
            (frame.before, system.text, frame.between, user.text, question.text, frame.after)
        )

    def question(self, criterion: Judged) -> Question:
        """The question that `criterion` asks; alike for every sample.

        Raises: ValueError where the template shows no choices and the criterion has some.
        """
        return self._asked(
            criterion.ask, criterion.guidance, *answers_of(criterion), criterion.allow_na
        )

    def form(
        self, criteria: Sequence[Judged], *, listed: bool = False, evidence: bool = False
    ) -> Form:
        """The questions as the judge answers them in writing; alike for every sample.

        One question by itself, with quotations where `evidence` holds; or, `listed`, any number in
        one list.

        Raises: ValueError for another number of criteria, one that stands twice, or a list with
        evidence; FileProblems where the template lacks a block, which `verdict` has shown before.
        """
        return self._forms.form(criteria, listed=listed, evidence=evidence)

    def overall(self, criteria: Sequence[tuple[Judged, float]]) -> str:
        """One question that lists the criteria with their weights: how good it is on the whole.

        Raises: FileProblems as `form`.
        """
        return overall_text(self._template, criteria)

    @property
    def closing_ids(self) -> tuple[int, ...]:
        """What stands between a thought and its answer; empty without thinking or a codec."""
        return self._codec.closing_ids if self._codec else ()

    @property
    def closing_stop(self) -> tuple[int, ...]:
        """The token at which a thought ends, where there is one; see Codec."""
        return self._codec.closing_stop if self._codec else ()

    def without_control(self, ids: Sequence[int]) -> tuple[int, ...]:
        """A thought up to its first control token, fit to stand in a prompt."""
        return self._codec.without_control(ids) if self._codec else tuple(ids)

    def _filled(self, subject: Subject) -> list[Part]:
        """The sample's part of the prompt: each piece, whether the sample wrote it, its slot."""
        slots = sample_slots(subject)
        pieces = self._shape(
            tuple(turn.role for turn in subject.prompt),
            tuple(turn.role for turn in subject.completion),
            subject.reference is not None,
        )
        return [
            (slots[name] if slot else name, slot and name != "fence", name) for name, slot in pieces
        ]

    def _example(self, number: int, taught: Taught) -> str:
        """One example as the preamble shows it. Raises: FileProblems without block 'example'."""
        sample = "".join(part for part, _, _ in self._filled(taught.subject))
        slots = {"sample": sample.strip("\n")}
        answered = []
        for place, (criterion, answer) in enumerate(taught.answers):
            question = self.question(criterion)
            slots[f"q{place}"], slots[f"a{place}"] = question.text, question.labels[answer]
            answered.append({"question": Slot(f"q{place}"), "answer": Slot(f"a{place}")})
        values = {"number": number, "sample": Slot("sample"), "answered": answered}
        pieces = self._template.render("example", values)
        return filled(pieces, slots)

    def _with_ids(
        self,
        turns: tuple[Turn, ...],
        parts: Iterable[Part],
        spoken: set[str],
        codec: Codec,
    ) -> Prefix:
        """`spoken` names the slots that the policy wrote."""
        return with_ids(turns, parts, spoken, codec, self._head)

    def _render_sample(
        self, prompt: tuple[str, ...], completion: tuple[str, ...], reference: bool
    ) -> tuple[Piece, ...]:
        values = sample_values(prompt, completion, reference)
        return (*self._template.render("sample", values), ("\n\n", False))

    def _render_question(
        self, guidance: bool, kind: Kind, described: tuple[bool, ...], na: bool
    ) -> tuple[Piece, ...]:
        labels = self.labels(len(described), na)
        values = values_of(labels, guidance, kind, described, na)
        return self._template.render("question", values)

    def _try_out(self) -> None:
        """A fault of the template shows now, not at the first sample that brings it out."""
        forms: list[Callable[[], object]] = []
        for turns, reference in product((1, 2), (False, True)):
            roles = ("user",) * turns, ("assistant",) * turns
            forms.append(partial(self._shape, *roles, reference))
        for guidance, (kind, described), na in product((False, True), FORMS, (False, True)):
            forms.append(partial(self._phrased, guidance, kind, described, na))
        found: list[Problem] = []
        for form in forms:
            try:
                form()
            except FileProblems as refused:
                found += refused.problems
        if found:
            raise FileProblems(tuple(dict.fromkeys(found)))

    def _ask(
        self, ask: str, guidance: str, kind: Kind, named: tuple[Named, ...], na: bool
    ) -> Question:
        slots = slots_of(ask, guidance, named)
        described = tuple(bool(description) for _, description in named)
        pieces = self._phrased(bool(guidance), kind, described, na)
        if kind == "choices" and ("n0", True) not in pieces:
            raise ValueError(NO_CHOICES)
        return self._question(filled(pieces, slots), self.labels(len(named), na))

    def _question(self, text: str, labels: tuple[str, ...]) -> Question:
        if not self._codec:
            return Question(text, (), labels, (), digest(text, *labels))
        ids = self._ids_of(text)
        label_ids = label_ids_of(self._codec, labels)
        return Question(
            text, ids, labels, label_ids, digest(array("q", (*ids, *label_ids)).tobytes())
        )

    def _ids_of(self, text: str) -> tuple[int, ...]:
        """The rest of a prompt, with what the chat format puts after it; empty without a codec."""
        return (*self._codec.plain(text), *self._tail) if self._codec else ()

    def labels(self, named: int, na: bool) -> tuple[str, ...]:
        """The labels in the order of the answers, with "does not apply" last where it is allowed.

        Words answer yes/no; where answers have names, or "does not apply" is one, letters do.
        """
        if named == 0 and not na:
            return (self._labels.no, self._labels.yes)
        return tuple(LETTERS[: (named or 2) + na])
