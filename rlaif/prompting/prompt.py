"""Prompts of a judge: preamble, then the sample, then the criterion last."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from itertools import product

from rlaif.errors import FileProblems, Problem
from rlaif.ports import Prefix, Span
from rlaif.prompting.codec import Codec
from rlaif.prompting.mark import mark_absent_from
from rlaif.prompting.question import (
    FORMS,
    NO_CHOICES,
    Kind,
    Named,
    Question,
    Taught,
    answers_of,
    label_ids_of,
)
from rlaif.prompting.template import JudgeTemplate, Piece, Slot
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
    ) -> None:
        """Render the preamble, and try the template in every form that it can take.

        Raises: FileProblems for a template at fault, JudgeUnavailable when the labels of a yes/no
        question are not one token each.
        """
        self._template, self._labels, self._codec = template, labels, codec
        self._shape = lru_cache(maxsize=256)(self._render_sample)
        self._form = lru_cache(maxsize=256)(self._render_question)
        self._asked = lru_cache(maxsize=4096)(self._ask)
        self._try_out()
        if codec:
            label_ids_of(codec, self.labels(0, na=False))
            self._tail = codec.control(codec.frame.after)
        preamble = "".join(text for text, _ in template.render("system", {}))
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
        filled = self._filled(subject)
        text = "".join(part for part, _, _ in filled)
        turns = (Turn("system", self._system), Turn("user", text))
        if not self._codec:
            return Prefix(turns, hash=digest(self._system, text))
        spoken = {f"c{i}" for i, turn in enumerate(subject.completion) if turn.role in POLICY}
        return self._with_ids(turns, filled, spoken, self._codec)

    def written(self, prefix: Prefix, question: Question) -> str:
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

    def _filled(self, subject: Subject) -> list[tuple[str, bool, str]]:
        """The sample's part of the prompt: each piece, whether the sample wrote it, its slot."""
        slots = {f"p{i}": turn.text for i, turn in enumerate(subject.prompt)}
        slots |= {f"c{i}": turn.text for i, turn in enumerate(subject.completion)}
        if subject.reference is not None:
            slots["reference"] = subject.reference
        slots["fence"] = _fence(subject)
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
        return "".join(slots[name] if slot else name for name, slot in pieces)

    def _with_ids(
        self,
        turns: tuple[Turn, ...],
        filled: Iterable[tuple[str, bool, str]],
        spoken: set[str],
        codec: Codec,
    ) -> Prefix:
        """`spoken` names the slots that the policy wrote."""
        ids, untrusted, completion = list(self._head), [], []
        policy = 0
        for part, slot, name in _joined(filled):
            start = len(ids)
            ids += codec.plain(part)
            if slot:
                untrusted.append((start, len(ids)))
            if slot and name[0] == "c":
                completion.append((start, len(ids)))
            if slot and name in spoken:
                policy += len(ids) - start
        span: Span | None = (completion[0][0], completion[-1][1]) if completion else None
        hashed = digest(array("q", ids).tobytes())
        head = len(self._head)
        return Prefix(turns, tuple(ids), tuple(untrusted), span, policy, hashed, head)

    def _render_sample(
        self, prompt: tuple[str, ...], completion: tuple[str, ...], reference: bool
    ) -> tuple[Piece, ...]:
        values = {
            "fence": Slot("fence"),
            "prompt": [{"role": r, "text": Slot(f"p{i}")} for i, r in enumerate(prompt)],
            "completion": [{"role": r, "text": Slot(f"c{i}")} for i, r in enumerate(completion)],
            "chat": len(prompt) > 1 or len(completion) > 1,
            "reference": Slot("reference") if reference else None,
        }
        return (*self._template.render("sample", values), ("\n\n", False))

    def _render_question(
        self, guidance: bool, kind: Kind, described: tuple[bool, ...], na: bool
    ) -> tuple[Piece, ...]:
        """`described` says of each named answer whether it has a description."""
        labels = self.labels(len(described), na)
        named = [
            {
                "label": labels[i],
                "name": Slot(f"n{i}"),
                "description": Slot(f"d{i}") if description else None,
            }
            for i, description in enumerate(described)
        ]
        values = {
            "ask": Slot("ask"),
            "guidance": Slot("guidance") if guidance else None,
            "levels": [] if kind == "choices" else named,
            "choices": named if kind == "choices" else [],
            "numbers": kind == "numbers",
            "no": labels[0],
            "yes": labels[1],
            "na": labels[-1] if na else None,
        }
        return self._template.render("question", values)

    def _try_out(self) -> None:
        """A fault of the template shows now, not at the first sample that brings it out."""
        forms: list[Callable[[], object]] = []
        for turns, reference in product((1, 2), (False, True)):
            roles = ("user",) * turns, ("assistant",) * turns
            forms.append(partial(self._shape, *roles, reference))
        for guidance, (kind, described), na in product((False, True), FORMS, (False, True)):
            forms.append(partial(self._form, guidance, kind, described, na))
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
        slots = {"ask": ask, "guidance": guidance}
        slots |= {f"n{i}": name for i, (name, _) in enumerate(named)}
        slots |= {f"d{i}": description for i, (_, description) in enumerate(named)}
        described = tuple(bool(description) for _, description in named)
        pieces = self._form(bool(guidance), kind, described, na)
        if kind == "choices" and ("n0", True) not in pieces:
            raise ValueError(NO_CHOICES)
        text = "".join(slots[name] if slot else name for name, slot in pieces)
        return self._question(text, self.labels(len(named), na))

    def _question(self, text: str, labels: tuple[str, ...]) -> Question:
        if not self._codec:
            return Question(text, (), labels, (), digest(text, *labels))
        ids = (*self._codec.plain(text), *self._tail)
        label_ids = label_ids_of(self._codec, labels)
        return Question(
            text, ids, labels, label_ids, digest(array("q", (*ids, *label_ids)).tobytes())
        )

    def labels(self, named: int, na: bool) -> tuple[str, ...]:
        """The labels in the order of the answers, with "does not apply" last where it is allowed.

        Words answer yes/no; where answers have names, or "does not apply" is one, letters do.
        """
        if named == 0 and not na:
            return (self._labels.no, self._labels.yes)
        return tuple(LETTERS[: (named or 2) + na])


def _joined(filled: Iterable[tuple[str, bool, str]]) -> Iterable[tuple[str, bool, str]]:
    """Neighbouring trusted pieces as one, so that the template is tokenised as it is written."""
    run = ""
    for part, slot, name in filled:
        if slot:
            if run:
                yield run, False, ""
            run = ""
            yield part, True, name
        else:
            run += part
    if run:
        yield run, False, ""


def _fence(subject: Subject) -> str:
    """Eight letters that the policy could not foresee and that none of the texts holds."""
    texts = [t.text for t in (*subject.prompt, *subject.completion)] + [subject.reference or ""]
    return mark_absent_from(texts)
