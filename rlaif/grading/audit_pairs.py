"""The pairs on which an audit tries the place: two completions of one prompt, in both orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlaif.grading.audit_changes import another
from rlaif.grading.audit_plan import Takes
from rlaif.grading.audit_sources import Source
from rlaif.grading.audit_texts import said_last
from rlaif.records.outcome import Verdict
from rlaif.records.pair import Pair
from rlaif.records.preference import Compared


@dataclass(frozen=True, slots=True)
class AuditPair:
    """A pair, and what it was made of."""

    pair: Pair
    source: Source
    kind: str


def pairs_of(sources: Sequence[Source], takes: Takes) -> list[AuditPair]:
    """Pairs of completions of one prompt; where a prompt has one, another prompt's beside it."""
    prompts: dict[str, list[tuple[int, Source]]] = {}
    for number, source in enumerate(sources):
        prompts.setdefault(source.prompt, []).append((number, source))
    found: list[AuditPair] = []
    for mine in prompts.values():
        for (_, one), (_, other) in zip(mine[::2], mine[1::2], strict=False):
            found += _pair(len(found), one, other, "two of one prompt", takes)
        if len(mine) % 2:
            number, one = mine[-1]
            if other_one := another(sources, number):
                found += _pair(len(found), one, other_one, "another prompt's beside it", takes)
    return found


def _pair(number: int, one: Source, other: Source, kind: str, takes: Takes) -> Iterator[AuditPair]:
    criteria = tuple(c for c in one.judged if takes("position", c.id))
    sample = one.sample
    if not criteria or sample.completion == other.sample.completion:
        return
    pair = Pair(
        pair_id=f"audit-{number}",
        prompt=sample.prompt,
        completion_a=sample.completion,
        completion_b=other.sample.completion,
        reference=sample.reference,
        metadata=sample.metadata,
        criteria=criteria,
    )
    yield AuditPair(pair, one, kind)


def leans_to_first(compared: Compared) -> tuple[float, float] | None:
    """How far the one shown first is preferred, in each order, in [-1, 1]; None where one failed.

    A judge that goes by the completions alone prefers in one order what it does not in the other:
    the two cancel out.
    """
    one, other = compared.outcomes
    if not isinstance(one, Verdict) or not isinstance(other, Verdict):
        return None
    return _first(one), _first(other)


def _first(verdict: Verdict) -> float:
    return verdict.distribution[2] - verdict.distribution[0]


def pair_text(pair: Pair) -> str:
    """Both completions, as a person looks at them."""
    return f"[a]\n{said_last(pair.sample('a'))}\n\n[b]\n{said_last(pair.sample('b'))}"
