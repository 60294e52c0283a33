"""Prompts that compare: preamble, then the prompt and two completions, then the question last.

All questions about one pair in one order share the prefix. The mark between the texts is drawn from
the texts in the order in which they are shown, so that a pair and its mirror image ask the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from typing import Any

from rlaif.ports import Prefix, estimated_tokens
from rlaif.prompting.codec import Codec
from rlaif.prompting.mark import mark_absent_from
from rlaif.prompting.prompt import LETTERS, Prompter
from rlaif.prompting.question import Question, label_ids_of
from rlaif.prompting.template import JudgeTemplate, Piece, Slot
from rlaif.records.criterion import Judged
from rlaif.records.identity import digest
from rlaif.records.judge_base import Labels
from rlaif.records.subject import POLICY, Subject, Turn

BLOCKS = ("pair", "pair_question")
_MEND = "a judge that compares needs it; judges/default.jinja2 shows one"


@dataclass(frozen=True, slots=True)
class Shown:
    """Two completions as the judge reads them in one order."""

    prefix: Prefix
    tokens: tuple[int, int]
    """How many the policy wrote of the first and of the second; estimates without a codec."""


class PairPrompter(Prompter):
    """Writes the prompts of a judge that compares; the answers are those of PAIR_ANSWERS."""

    def __init__(self, template: JudgeTemplate, labels: Labels, codec: Codec | None) -> None:
        """Render the preamble, and try the blocks of a pair in every form that they can take.

        A template without `pair_system` uses `system`. Examples that teach are not shown.

        Raises: FileProblems for a template without blocks `pair` and `pair_question`, or one that
        leaves something out; JudgeUnavailable when a letter is not one token.
        """
        super().__init__(template, labels, codec)
        for block in BLOCKS:
            if not template.has(block):
                template.refuse(f"block '{block}' is missing: {_MEND}")
        self._pair_shape = lru_cache(maxsize=256)(self._render_pair)
        self._pair_form = lru_cache(maxsize=256)(self._render_pair_question)
        self._pair_asked = lru_cache(maxsize=4096)(self._ask_pair)
        self._try_out_pair(template)
        preamble = template.render("pair_system" if template.has("pair_system") else "system", {})
        self._system = "".join(text for text, _ in preamble)
        if codec:
            label_ids_of(codec, _letters(na=True))
            frame = codec.frame
            self._head = (
                codec.control(frame.before)
                + codec.plain(self._system)
                + codec.control(frame.between)
            )

    def shown(self, first: Subject, second: Subject) -> Shown:
        """Everything before the question, with `first` shown first; both answer one prompt."""
        filled = self._pair_filled(first, second)
        text = "".join(part for part, _, _ in filled)
        turns = (Turn("system", self._system), Turn("user", text))
        if not self._codec:
            hashed = digest("pair", self._system, text)
            said = [estimated_tokens(_said(subject)) for subject in (first, second)]
            return Shown(Prefix(turns, policy=sum(said), hash=hashed), (said[0], said[1]))
        spoken = {f"c{i}" for i, turn in enumerate(_both(first, second)) if turn.role in POLICY}
        prefix = self._with_ids(turns, filled, spoken, self._codec)
        one, other = (self._policy_tokens(subject, self._codec) for subject in (first, second))
        return Shown(prefix, (one, other))

    def pair_question(self, criterion: Judged) -> Question:
        """The question which of two completions is better as to `criterion`; alike for every pair.

        A yes/no question asks for the clearer yes. Whether yes is good is not shown, so that a
        weight may change its sign and nothing is asked anew.
        """
        return self._pair_asked(
            criterion.ask, criterion.guidance, _worst_to_best(criterion), criterion.allow_na
        )

    def _policy_tokens(self, subject: Subject, codec: Codec) -> int:
        return sum(len(codec.plain(t.text)) for t in subject.completion if t.role in POLICY)

    def _pair_filled(self, first: Subject, second: Subject) -> list[tuple[str, bool, str]]:
        """The pair's part of the prompt: each piece, whether the pair wrote it, its slot."""
        slots = {f"p{i}": turn.text for i, turn in enumerate(first.prompt)}
        slots |= {f"c{i}": turn.text for i, turn in enumerate(_both(first, second))}
        if first.reference is not None:
            slots["reference"] = first.reference
        slots["fence"] = mark_absent_from(["pair", *slots.values()])
        pieces = self._pair_shape(
            tuple(turn.role for turn in first.prompt),
            tuple(turn.role for turn in first.completion),
            tuple(turn.role for turn in second.completion),
            first.reference is not None,
        )
        return [
            (slots[name] if slot else name, slot and name != "fence", name) for name, slot in pieces
        ]

    def _render_pair(
        self,
        prompt: tuple[str, ...],
        first: tuple[str, ...],
        second: tuple[str, ...],
        reference: bool,
    ) -> tuple[Piece, ...]:
        values = {
            "fence": Slot("fence"),
            "prompt": _turns(prompt, "p"),
            "first": _turns(first, "c"),
            "second": _turns(second, "c", len(first)),
            "chat": max(len(prompt), len(first), len(second)) > 1,
            "reference": Slot("reference") if reference else None,
        }
        return (*self._template.render("pair", values), ("\n\n", False))

    def _render_pair_question(
        self, guidance: bool, described: tuple[bool, ...], na: bool
    ) -> tuple[Piece, ...]:
        second, neither, first, *rest = _letters(na)
        levels = [
            {"name": Slot(f"n{i}"), "description": Slot(f"d{i}") if description else None}
            for i, description in enumerate(described)
        ]
        values = {
            "ask": Slot("ask"),
            "guidance": Slot("guidance") if guidance else None,
            "levels": levels,
            "first": first,
            "second": second,
            "neither": neither,
            "na": rest[0] if na else None,
        }
        return self._template.render("pair_question", values)

    def _ask_pair(
        self, ask: str, guidance: str, named: tuple[tuple[str, str], ...], na: bool
    ) -> Question:
        slots = {"ask": ask, "guidance": guidance}
        slots |= {f"n{i}": name for i, (name, _) in enumerate(named)}
        slots |= {f"d{i}": description for i, (_, description) in enumerate(named)}
        pieces = self._pair_form(bool(guidance), tuple(bool(d) for _, d in named), na)
        text = "".join(slots[name] if slot else name for name, slot in pieces)
        return self._question(text, _letters(na))

    def _try_out_pair(self, template: JudgeTemplate) -> None:
        """What the blocks leave out shows now, not in what the judge says."""
        for turns, reference in product((1, 2), (False, True)):
            roles = ("user",) * turns, ("assistant",) * turns, ("assistant",) * turns
            wanted = {**_named("p", turns, "prompt"), **_named("c", turns, "first completion")}
            wanted |= {f"c{turns + i}": "second completion" for i in range(turns)}
            wanted |= {"reference": "reference"} if reference else {}
            render = partial(self._pair_shape, *roles, reference)
            _must_show(template, "pair", render(), {**wanted, "fence": "fence"})
        for guidance, described, na in product((False, True), ((), (True, True)), (False, True)):
            pieces = self._pair_form(guidance, described, na)
            wanted = {"ask": "question"} | ({"guidance": "guidance"} if guidance else {})
            _must_show(template, "pair_question", pieces, wanted)
            text = "".join(part for part, slot in pieces if not slot)
            if absent := [letter for letter in _letters(na) if letter not in text]:
                told = ", ".join(sorted(absent))
                template.refuse(f"block 'pair_question' does not show the label {told}")


def _letters(na: bool) -> tuple[str, ...]:
    """The labels in the order of PAIR_ANSWERS; the prompt shows them as A, B, C."""
    first, second, neither, of_neither = tuple(LETTERS[:4])
    return (second, neither, first, of_neither)[: 3 + na]


def _both(first: Subject, second: Subject) -> tuple[Turn, ...]:
    return (*first.completion, *second.completion)


def _said(subject: Subject) -> str:
    return "".join(turn.text for turn in subject.completion if turn.role in POLICY)


def _turns(roles: Iterable[str], letter: str, start: int = 0) -> list[dict[str, Any]]:
    return [{"role": r, "text": Slot(f"{letter}{i}")} for i, r in enumerate(roles, start)]


def _named(letter: str, count: int, what: str) -> dict[str, str]:
    return {f"{letter}{i}": what for i in range(count)}


def _must_show(
    template: JudgeTemplate, block: str, pieces: Iterable[Piece], wanted: dict[str, str]
) -> None:
    there = {name for name, slot in pieces if slot}
    for slot, what in wanted.items():
        if slot not in there:
            template.refuse(f"block '{block}' does not show the {what}")


def _worst_to_best(criterion: Judged) -> tuple[tuple[str, str], ...]:
    """A criterion's named answers by their worth, with descriptions; the two ends of a range."""
    if criterion.range is not None:
        unit = f" {criterion.range.unit}".rstrip()
        names = criterion.range.names
        return ((f"{names[0]}{unit}", ""), (f"{names[-1]}{unit}", ""))
    named = criterion.levels or criterion.choices or ()
    ranked = sorted(range(len(named)), key=lambda i: criterion.worth[i])
    return tuple((named[i].name, named[i].description) for i in ranked)
