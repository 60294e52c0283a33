"""What a judge is asked to answer in writing: one question, or all of a sample in one text."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from rlaif.ports import Filling, estimated_tokens
from rlaif.prompting.form_schema import listed_schema, one_schema
from rlaif.prompting.question import Kind, Named, Shape, answers_of, slots_of, values_of
from rlaif.prompting.template import JudgeTemplate, Piece, Slot, filled
from rlaif.records.criterion import Judged
from rlaif.records.identity import canonical, digest

NA = "na"
"""What "does not apply" is called among the answers of a form."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One or several questions, and how their answers are to be written down."""

    text: str
    ids: tuple[int, ...]
    """The text and what the chat format puts after it; empty without a codec."""
    schema: dict[str, Any]
    """JSON Schema of the answer."""
    entries: tuple[Filling, ...]
    """The questions; labels and answers from worst to best, "does not apply" last."""
    listed: bool
    """Whether the answers stand in a list, by the criterion's id; else there is one, as it is."""
    evidence: bool
    """Whether the judge is also to quote what its verdict rests on."""
    hash: str
    """Of exactly what is asked, the schema included."""

    @property
    def tokens(self) -> int:
        """How many tokens that is; an estimate where there are no ids."""
        return len(self.ids) or estimated_tokens(self.text)


class _Asked(NamedTuple):
    """A criterion without what the judge is not shown, so that a weight changes no form."""

    id: str
    ask: str
    guidance: str
    kind: Kind
    named: tuple[Named, ...]
    na: bool
    answers: tuple[str, ...]
    best: int

    @property
    def shape(self) -> Shape:
        """What decides which text of the template stands around its texts."""
        described = tuple(bool(description) for _, description in self.named)
        return bool(self.guidance), self.kind, described, self.na

    @property
    def slots(self) -> dict[str, str]:
        """Its texts by the slots of the template."""
        return {"id": self.id, **slots_of(self.ask, self.guidance, self.named)}


class Forms:
    """Writes the forms of one judge; the same form for the same questions."""

    def __init__(
        self,
        template: JudgeTemplate,
        labels: Callable[[int, bool], tuple[str, ...]],
        encode: Callable[[str], tuple[int, ...]],
        tokens: int,
    ) -> None:
        """Take what a Prompter writes with.

        Args: `labels` of so many named answers, with or without "does not apply"; `encode` gives a
        text's ids with what the chat format puts after it, or none; `tokens` is the budget of one
        verdict.
        """
        self._template, self._labels, self._encode = template, labels, encode
        self._tokens = tokens
        self._one = lru_cache(maxsize=256)(self._render_one)
        self._all = lru_cache(maxsize=256)(self._render_all)
        self._form = lru_cache(maxsize=4096)(self._made)

    def form(self, criteria: Sequence[Judged], *, listed: bool, evidence: bool) -> Form:
        """The form that asks `criteria`; alike for every sample.

        Raises: ValueError for a wrong number of criteria, an id that stands twice, or a list with
        evidence; FileProblems where the template lacks a block.
        """
        if len(criteria) != 1 and not (listed and criteria):
            raise ValueError(f"a form with {len(criteria)} questions; it has one, or is a list")
        if len({criterion.id for criterion in criteria}) < len(criteria):
            raise ValueError("a form has each criterion once")
        if listed and evidence:
            raise ValueError("answers in a list quote nothing")
        return self._form(tuple(map(_asked, criteria)), listed, evidence)

    def _made(self, asked: tuple[_Asked, ...], listed: bool, evidence: bool) -> Form:
        entries = tuple(self._entry(one) for one in asked)
        if listed:
            text = self._listed_text(asked)
            labelled = [(entry.criterion, entry.labels) for entry in entries]
            schema = listed_schema(labelled, tokens=self._tokens)
        else:
            text = filled(self._one("form", asked[0].shape, evidence), asked[0].slots)
            schema = one_schema(entries[0].labels, evidence=evidence, tokens=self._tokens)
        ids = self._encode(text)
        said = array("q", ids).tobytes() if ids else text
        hashed = digest("form", said, canonical(schema))
        return Form(text, ids, schema, entries, listed, evidence, hashed)

    def _listed_text(self, asked: Sequence[_Asked]) -> str:
        slots = {
            f"q{place}": filled(self._one("listed", one.shape, False), one.slots)
            for place, one in enumerate(asked)
        }
        return filled(self._all(len(asked)), slots)

    def _entry(self, one: _Asked) -> Filling:
        labels = self._labels(len(one.named), one.na)
        return Filling(one.id, labels, (*one.answers, NA) if one.na else one.answers, one.best)

    def _render_one(self, block: str, shape: Shape, evidence: bool) -> tuple[Piece, ...]:
        _, _, described, na = shape
        return one_pieces(
            self._template, block, self._labels(len(described), na), shape, evidence=evidence
        )

    def _render_all(self, count: int) -> tuple[Piece, ...]:
        return all_pieces(self._template, count)


def one_pieces(
    template: JudgeTemplate, block: str, labels: Sequence[str], shape: Shape, *, evidence: bool
) -> tuple[Piece, ...]:
    """Block `form` or `listed` around one question. Raises: FileProblems."""
    more = {"evidence": evidence} if block == "form" else {"id": Slot("id")}
    return template.render(block, {**values_of(labels, *shape), **more})


def all_pieces(template: JudgeTemplate, count: int) -> tuple[Piece, ...]:
    """Block `one_call` around so many questions. Raises: FileProblems."""
    return template.render("one_call", {"questions": [Slot(f"q{n}") for n in range(count)]})


def _asked(criterion: Judged) -> _Asked:
    kind, named = answers_of(criterion)
    worth = criterion.worth
    return _Asked(
        criterion.id,
        criterion.ask,
        criterion.guidance,
        kind,
        named,
        criterion.allow_na,
        criterion.answers,
        worth.index(max(worth)),
    )
