"""Further blocks of a template tried out: a fault shows when the judge is made, not at a sample.

Each block is rendered in every form that it can take, with slots for all that it is given, so that
what it leaves out can be told apart from what it happens to say in other words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product

from rlaif.errors import FileProblems, Problem
from rlaif.prompting.form import all_pieces, one_pieces
from rlaif.prompting.overall import overall_pieces
from rlaif.prompting.question import FORMS, Shape
from rlaif.prompting.template import NEEDED, JudgeTemplate, Piece, Slot

_Trial = tuple[Callable[[], tuple[Piece, ...]], Mapping[str, str], tuple[str, ...]]
"""What renders a block; the slots it is to show, with what they are; the keys it is to name, as
JSON writes them."""


def refuse_without(template: JudgeTemplate, verdict: str) -> None:
    """Try out the blocks that a way to read verdicts takes.

    Raises: FileProblems that say which block is missing and for what, or what one fails to do.
    """
    found = [problem for block in NEEDED[verdict] for problem in block_problems(template, block)]
    if found:
        raise FileProblems(found)


def block_problems(template: JudgeTemplate, block: str) -> list[Problem]:
    """What is wrong with one of the blocks of NEEDED."""
    found: dict[Problem, None] = {}
    for render, slots, words in _TRIALS[block](template):
        try:
            pieces = render()
            absent = list(_absent(pieces, slots, words))
            if absent:
                template.refuse(f"block '{block}' does not show {', '.join(absent)}")
        except FileProblems as refused:
            found |= dict.fromkeys(refused.problems)
    return list(found)


def _absent(
    pieces: tuple[Piece, ...], slots: Mapping[str, str], words: tuple[str, ...]
) -> Iterator[str]:
    there = {name for name, slot in pieces if slot}
    text = "".join(name for name, slot in pieces if not slot)
    yield from dict.fromkeys(f"the {what}" for slot, what in slots.items() if slot not in there)
    yield from (f"the key '{word}'" for word in words if f'"{word}"' not in text)


def _forms(template: JudgeTemplate) -> Iterator[_Trial]:
    for shape, evidence in product(_shapes(), (False, True)):
        words = ("rationale", *(("evidence",) if evidence else ()), "verdict")
        yield partial(_one, template, "form", shape, evidence), _wanted(shape), words


def _listed(template: JudgeTemplate) -> Iterator[_Trial]:
    for shape in _shapes():
        yield partial(_one, template, "listed", shape, False), {**_wanted(shape), "id": "id"}, ()


def _one_call(template: JudgeTemplate) -> Iterator[_Trial]:
    for count in (1, 2):
        wanted = {f"q{place}": "questions" for place in range(count)}
        words = ("answers", "id", "rationale", "verdict")
        yield partial(all_pieces, template, count), wanted, words


def _holistic(template: JudgeTemplate) -> Iterator[_Trial]:
    for guidance, best, fault in product((False, True), repeat=3):
        wanted = {"ask0": "question"} | ({"guidance0": "guidance"} if guidance else {})
        yield partial(_overall, template, (guidance, best, fault)), wanted, ()


def _overall(template: JudgeTemplate, point: tuple[bool, bool, bool]) -> tuple[Piece, ...]:
    """Raises: FileProblems where a fault reads as something good."""
    guidance, best, fault = point
    pieces = overall_pieces(template, [point])
    if pieces == overall_pieces(template, [(guidance, best, not fault)]):
        template.refuse("block 'holistic' does not say which criteria are faults: see 'fault'")
    return pieces


_TRIALS: dict[str, Callable[[JudgeTemplate], Iterator[_Trial]]] = {
    "form": _forms,
    "listed": _listed,
    "one_call": _one_call,
    "holistic": _holistic,
}


def _shapes() -> Iterator[Shape]:
    for guidance, (kind, described), na in product((False, True), FORMS, (False, True)):
        yield guidance, kind, described, na


def _labels(shape: Shape) -> list[str]:
    _, _, described, na = shape
    return [Slot(f"l{place}") for place in range((len(described) or 2) + na)]


def _wanted(shape: Shape) -> dict[str, str]:
    """The slots of a question, with what they are."""
    guidance, kind, described, _ = shape
    wanted = {"ask": "question"} | ({"guidance": "guidance"} if guidance else {})
    wanted |= {f"n{place}": kind for place in range(len(described))}
    return wanted | {f"l{place}": "labels" for place in range(len(_labels(shape)))}


def _one(template: JudgeTemplate, block: str, shape: Shape, evidence: bool) -> tuple[Piece, ...]:
    return one_pieces(template, block, _labels(shape), shape, evidence=evidence)
