"""How texts are asked of a judge's servers, settled by a tiny text before the job."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlaif.judging.http_doors import Door
from rlaif.judging.http_faults import Denied, Fell, HttpFault
from rlaif.judging.http_line import Line
from rlaif.judging.openai_ask import denied
from rlaif.judging.openai_completions import Completions
from rlaif.judging.openai_manners import Body, Manners
from rlaif.judging.openai_probe import Way, Words, answered
from rlaif.judging.openai_write import WriteByIds, WriteByText, ids_in
from rlaif.ports import Request
from rlaif.records.backends import OpenaiJudge
from rlaif.records.subject import Turn

_ASKED = 'Is the sky blue? Answer with JSON: {"rationale": ..., "evidence": [...], "verdict": ...}'
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "rationale": {"type": "string", "maxLength": 40},
        "evidence": {"type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 3},
        "verdict": {"type": "string", "enum": ["No", "Yes"]},
    },
    "required": ["rationale", "evidence", "verdict"],
    "additionalProperties": False,
}
"""Every keyword that the schemas of written verdicts use, so that a refusal is seen here."""
_WARM = 0.7
"""A seed goes along with a temperature only."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How texts are asked."""

    way: WriteByIds | WriteByText
    told: str = ""
    """What answers can differ by, such as `without seed`; empty where all is as it should be."""
    trouble: str = ""
    """Why it could not be tried."""


async def settle(
    line: Line, doors: Sequence[Door], spec: OpenaiJudge, way: Way | None, words: Words | None
) -> Writing:
    """Try a text at every one of `doors`; one that falls meanwhile is left out.

    `way`: how labels are asked for; None where none are.

    Raises: JudgeUnavailable where a server does not let us in.
    """
    found = await asyncio.gather(*[_try(line, door, spec, way, words) for door in doors])
    manners = Manners(spec.options).along(one for one, _, _ in found)
    trouble = next((told for _, _, told in found if told), "")
    if words is None or not isinstance(way, Completions):
        told = manners.told.removeprefix(", ")
        return Writing(WriteByText(spec.model, manners), told, trouble)
    encode = None if all(gives for _, gives, _ in found) else words.ids
    told = (manners.told + (", with ids made here" if encode else "")).removeprefix(", ")
    return Writing(WriteByIds(spec.model, manners, words.special, encode), told, trouble)


async def fits(line: Line, door: Door, spec: OpenaiJudge, writing: Writing) -> str:
    """Why a server that was away cannot be asked for texts as the others are; empty where it can.

    Raises: Fell; JudgeUnavailable where it does not let us in.
    """
    try:
        await answered(line, door, writing.way, [_request(spec, None)], True)
    except Denied as fault:
        raise denied(fault) from None
    except Fell:
        raise
    except HttpFault as fault:
        return line.told(str(fault))
    return ""


async def _try(
    line: Line, door: Door, spec: OpenaiJudge, way: Way | None, words: Words | None
) -> tuple[Manners, bool, str]:
    """What the server refuses, whether it gives the ids of its texts, and why it was not tried."""
    manners = Manners(spec.options)
    asking: WriteByIds | WriteByText = WriteByText(spec.model, manners)
    if words is not None and isinstance(way, Completions):
        asking = WriteByIds(spec.model, manners, words.special, words.ids)
    try:
        reply: Body = await answered(line, door, asking, [_request(spec, words)], False)
    except Denied as fault:
        raise denied(fault) from None
    except HttpFault as fault:
        return manners, True, line.told(str(fault))
    return manners, bool(ids_in(reply["choices"][0])), ""


def _request(spec: OpenaiJudge, words: Words | None) -> Request:
    """A tiny request with every field that the job's have."""
    return Request(
        number=0,
        turns=(Turn("user", _ASKED),),
        ids=words.ids(_ASKED) if words else (1,),
        max_tokens=16,
        key="probe",
        temperature=spec.temperature if spec.writes else _WARM,
        seed=1,
        schema=_SCHEMA,
        stops=tuple(sorted(words.special)[:1]) if words else (),
        thinking=spec.thinking,
    )
