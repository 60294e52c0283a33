"""What an `openai` judge says of itself: to people, and as part of what verdicts are known by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlaif.judging.openai_completions import Completions
from rlaif.judging.openai_probe import Way
from rlaif.judging.openai_settle import Writing
from rlaif.judging.openai_survey import TEXT_ONLY, Seen
from rlaif.records.backends import OpenaiJudge


def served_as(
    spec: OpenaiJudge, serves: Sequence[str], way: Way | None, writing: Writing | None
) -> str:
    """The model, as the judge file and the servers name it, and how it is asked."""
    named = f"{spec.model}@{spec.revision}" if spec.revision else spec.model
    more = ", ".join(sorted(set(serves) - {spec.model}))
    asked = way.told if way else "in no way that works"
    texts = f"; texts {writing.told}" if writing and writing.told else ""
    return f"{named}{f' ({more})' if more else ''}, asked by {asked}{texts}"


def notes_of(
    spec: OpenaiJudge, found: Sequence[Seen], way: Way | None, writing: Writing | None, why: str
) -> Iterator[str]:
    """Notes for people. `why`: no way works, or there are no files of a tokenizer."""
    where = spec.base_url[0] if len(found) == 1 else f"{len(found)} addresses"
    if way is None:
        yield f"{spec.model} at {where}: {why}"
        return
    yield f"{spec.model} at {where}, asked by {way.told}"
    for one in found:
        if one.away:
            yield f"{one.door.address.base} is not reached: {one.away}"
    if writing and writing.trouble:
        yield f"a text could not be tried: {writing.trouble}"
    if isinstance(way, Completions):
        return
    if spec.api == "auto":
        tried = [one.tried["completions"].told for one in found if not one.away]
        told = why or "; ".join(dict.fromkeys(filter(None, tried)))
        yield f"token ids are not used: {told}"
    yield TEXT_ONLY
