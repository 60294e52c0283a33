"""What the fake says: answers, forms filled in, thoughts and lists, each the same every time."""

from __future__ import annotations

from typing import Any

import orjson

from rlaif.ports import Answer, Decision, Filling, Generated, Request
from rlaif.records.backends import ScriptedJudge
from rlaif.records.identity import digest
from rlaif.records.outcome import Failure

_FAILED = Failure("backend", "a failure that the judge file asks for")
_RATIONALE = "This is a canned reason."
_THOUGHT = "This is a canned thought."
_CANNED = (
    "[good, essential] Does the completion answer what the prompt asks?",
    "[good, essential] Is every fact that the completion states right?",
    "[good, important] Does the completion keep to the form that the prompt asks for?",
    "[good, important] Does the completion say what it is not sure of?",
    "[good, minor] Is the completion written in whole sentences?",
    "[good, minor] Does the completion come to an end of its own?",
    "[fault, essential] Does the completion advise something that could do harm?",
    "[fault, important] Does the completion contradict itself?",
    "[fault, important] Does the completion speak of things that nobody asked about?",
    "[fault, minor] Does the completion say the same thing twice?",
)


def answer_of(decision: Decision, spec: ScriptedJudge) -> Answer | Failure:
    """The label that the judge file's rule takes, with certainty; a distribution by its hash."""
    drawn = _drawn(decision.prefix.hash, decision.question)
    if _fails(drawn, spec):
        return _FAILED
    count = len(decision.labels)
    if spec.answers == "hash":
        weights = _weights(drawn, count)
        return Answer(tuple(weight / sum(weights) for weight in weights))
    place = _place(decision, spec, drawn)
    if isinstance(place, Failure):
        return place
    return Answer(tuple(float(one == place) for one in range(count)))


def text_of(request: Request, spec: ScriptedJudge) -> Generated | Failure:
    """A form filled in, where the request has one; else a thought, or a list of criteria."""
    thought = _THOUGHT if request.thinking else ""
    thinks = request.stops and request.schema is None
    if request.forms and not thinks:
        filled = _filled(request, spec)
        return filled if isinstance(filled, Failure) else Generated(filled, thought=thought)
    drawn = _drawn(request.key)
    if _fails(drawn, spec):
        return _FAILED
    return Generated(_THOUGHT if thinks else _listed(drawn), thought=thought)


def _filled(request: Request, spec: ScriptedJudge) -> str | Failure:
    """JSON that fits the schema. In a form of several, one that fails is left out."""
    found = {form.criterion: _label(request, form, spec) for form in request.forms}
    keys = (request.schema or {}).get("properties", {})
    if "answers" in keys or len(found) > 1:
        rows = [
            {"id": name, "rationale": _RATIONALE, "verdict": label}
            for name, label in found.items()
            if not isinstance(label, Failure)
        ]
        return orjson.dumps({"answers": rows}).decode()
    (label,) = found.values()
    if isinstance(label, Failure):
        return label
    evidence: dict[str, Any] = {"evidence": []} if "evidence" in keys else {}
    return orjson.dumps({"rationale": _RATIONALE, **evidence, "verdict": label}).decode()


def _label(request: Request, form: Filling, spec: ScriptedJudge) -> str | Failure:
    """The label that stands for the answer; the seed counts, so that votes differ."""
    drawn = _drawn(request.key, form.criterion, str(request.seed))
    if _fails(drawn, spec):
        return _FAILED
    place = _place(form, spec, drawn)
    return place if isinstance(place, Failure) else form.labels[place]


def _place(asked: Decision | Filling, spec: ScriptedJudge, drawn: int) -> int | Failure:
    """Which of the answers the rule takes."""
    if spec.answers == "hash":
        weights = _weights(drawn, len(asked.labels))
        return weights.index(max(weights))
    if spec.answers == "best":
        return asked.best
    told = spec.answers.get(asked.criterion)
    if told not in asked.answers:
        return Failure("parse", f"the judge file has no answer to '{asked.criterion}'")
    return asked.answers.index(told)


def _drawn(*parts: str) -> int:
    return int(digest(*parts), 16)


def _fails(drawn: int, spec: ScriptedJudge) -> bool:
    return bool(spec.failure_share) and drawn % 9973 / 9973 < spec.failure_share


def _weights(drawn: int, count: int) -> list[int]:
    return [1 + _drawn(str(drawn), str(place)) % 997 for place in range(count)]


def _listed(drawn: int) -> str:
    """The canned criteria, in an order that the request decides."""
    first = drawn % len(_CANNED)
    lines = enumerate((*_CANNED[first:], *_CANNED[:first]), 1)
    return "Here are the criteria:\n\n" + "\n".join(f"{place}. {text}" for place, text in lines)
