"""A judge's text -> what it answers, question by question, or why that cannot be read.

The text is hostile: it may quote a completion that was written to be mistaken for a verdict. What
is not certain is not guessed. Where several answers stand in the text, one after another, the last
one counts, unless another says something else: then none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rlaif.ports import Filling
from rlaif.prompting.form import Form
from rlaif.prompting.form_schema import MOST_QUOTES
from rlaif.prompting.json_text import Found, NotJsonError, Object, clean, objects_in, read_value
from rlaif.prompting.quoting import quoted

__all__ = ["Filled", "quoted", "read_form"]

_ANSWERS = "answers"
_BEGUN = re.compile(r'\{\s*"answers"\s*:\s*\[')
_COMMA = re.compile(r"\s*,?\s*")
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Filled:
    """One answer as it was read."""

    place: int
    """Which of the form's labels."""
    rationale: str
    quotes: tuple[str, ...] = ()
    """As the judge gives them; more than the form asks for are left out."""


Read = dict[str, Filled | str]
"""By criterion: its answer, or why there is none."""


def read_form(text: str, form: Form) -> Read:
    """What `text` answers to each question of `form`. Never raises, whatever the text is.

    JSON may stand alone, between fences, or behind other text. In a list, an answer that is missing
    or cannot be read concerns that one only; where the text ends inside the list, the answers
    before that count. A list with a question that was not asked, or with one twice, is believed in
    nothing: so does a list look in which the judge copied a completion that closes the judge's
    answer and goes on with answers of its own.
    """
    found = objects_in(text)
    key = _ANSWERS if form.listed else "verdict"
    answers = [one for one in found.objects if key in one]
    if found.damage and not (form.listed and _BEGUN.match(found.rest)):
        return _none(form, f"the judge's text cannot be read: {found.damage}")
    if form.listed and 0 < len(answers) < len(found.objects):
        return _none(form, "the judge's text holds JSON besides its list of answers")
    read = [_answers(one, form) for one in answers]
    if found.rest:
        read.append(_until_cut(found, form))
    if not read:
        return _none(form, _nothing(found, form))
    return {
        entry.criterion: _last([one[entry.criterion] for one in read]) for entry in form.entries
    }


def _last(read: Sequence[Filled | str]) -> Filled | str:
    """The last of several answers to one question, where no other one differs."""
    places = {one.place for one in read if isinstance(one, Filled)}
    if len(places) > 1:
        return "the judge's text holds several answers to this question, and they differ"
    return read[-1]


def _none(form: Form, why: str) -> Read:
    return {entry.criterion: why for entry in form.entries}


def _nothing(found: Found, form: Form) -> str:
    wanted = "list of answers" if form.listed else "verdict"
    where = "in its JSON" if found.objects else "as JSON"
    return f"the judge's text holds no {wanted} {where}"


def _answers(answer: Object, form: Form) -> Read:
    if not form.listed:
        (entry,) = form.entries
        return {entry.criterion: _entry(answer, entry, form)}
    listed = answer[_ANSWERS]
    if _ANSWERS in answer.doubled:
        return _none(form, "the key 'answers' stands twice in the judge's text")
    if not isinstance(listed, list):
        return _none(form, "the 'answers' of the judge's text are no list")
    return _by_id(listed, form, "the judge's text has no answer to this question")


def _by_id(listed: Sequence[Any], form: Form, missing: str) -> Read:
    found: dict[str, list[Object]] = {}
    for one in listed:
        if isinstance(one, Object) and "id" not in one.doubled and isinstance(one.get("id"), str):
            found.setdefault(one["id"].strip(), []).append(one)
    if found.keys() - {entry.criterion for entry in form.entries}:
        return _none(form, "the judge's text answers a question that was not asked")
    if any(len(answers) > 1 for answers in found.values()):
        return _none(form, "the judge's text answers a question more than once")
    read: Read = {}
    for entry in form.entries:
        mine = found.get(entry.criterion)
        read[entry.criterion] = _entry(mine[0], entry, form) if mine else missing
    return read


def _until_cut(found: Found, form: Form) -> Read:
    """The whole answers of a list that the text ends in; the last one may be another's part."""
    begun = _BEGUN.match(found.rest)
    missing = "the judge's text ends before its answer to this question"
    return _by_id(list(_whole(found.rest, begun.end())) if begun else [], form, missing)


def _whole(text: str, at: int) -> Iterator[Any]:
    while True:
        comma = _COMMA.match(text, at)
        at = comma.end() if comma else at
        if not text.startswith("{", at):
            return
        try:
            value, at = read_value(text, at)
        except NotJsonError:
            return
        yield value


def _entry(answer: Object, entry: Filling, form: Form) -> Filled | str:
    keys = ("rationale", *(("evidence",) if form.evidence else ()), "verdict")
    for key in keys:
        if key not in answer:
            return f"the judge's answer has no '{key}'"
        if key in answer.doubled:
            return f"the judge's answer has '{key}' twice"
    rationale, verdict = answer["rationale"], answer["verdict"]
    if not isinstance(rationale, str):
        return "the 'rationale' of the judge's answer is no text"
    quotes = answer["evidence"] if form.evidence else []
    if not isinstance(quotes, list) or not all(isinstance(one, str) for one in quotes):
        return "the 'evidence' of the judge's answer is no list of texts"
    if not isinstance(verdict, str) or verdict.strip() not in entry.labels:
        shown = clean(repr(verdict))[:_LONGEST_SHOWN]
        return f"the verdict {shown} is none of {', '.join(entry.labels)}"
    place = entry.labels.index(verdict.strip())
    return Filled(place, clean(rationale).strip(), tuple(map(clean, quotes[:MOST_QUOTES])))
