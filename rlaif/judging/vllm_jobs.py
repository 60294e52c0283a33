"""What engines are asked, with who waits for it; and their replies as answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from rlaif.judging.stop_texts import before_stop
from rlaif.judging.vllm_wire import Message
from rlaif.ports import Answer, Decision, Generated, Prefix, Request
from rlaif.records.outcome import Failure

Result = Answer | Generated | Failure
Decode = Callable[[Sequence[int]], str]
_TICKETS = count()


@dataclass(slots=True, eq=False)
class Job:
    """One question or request under way."""

    done: Callable[[Result], None]
    read: Callable[[Sequence[Any]], Result]
    """Of an engine's reply without its ticket."""
    cost: int
    """Tokens that it makes an engine compute, about."""
    ask: tuple[Sequence[int], Sequence[int]] | None = None
    """Suffix and label ids of a question."""
    write: Message | None = None
    ticket: int = field(default_factory=lambda: next(_TICKETS))


@dataclass(slots=True, eq=False)
class Batch:
    """What goes to an engine together: questions about one sample, or one request."""

    jobs: list[Job]
    about: object
    """What they have in common, for which one engine is the best; None for nothing."""
    prefix: Sequence[int] = ()
    asker: object = None
    """Who waits for it."""

    def message(self, jobs: Sequence[Job]) -> Message:
        """For the engine: these of the batch."""
        if (write := jobs[0].write) is not None:
            return {"kind": "write", "ticket": jobs[0].ticket, **write}
        asked = [(job.ticket, *job.ask) for job in jobs if job.ask]
        return {"kind": "ask", "prefix": self.prefix, "ask": asked}


def question(decision: Decision, first: bool, done: Callable[[Result], None]) -> Job:
    """A question as a job; the first one about a sample pays for the prefix."""
    shared = len(decision.prefix.ids) if first else 0
    return Job(
        done=done,
        read=lambda reply: _answer(decision, *reply),
        cost=shared + len(decision.suffix_ids),
        ask=(decision.suffix_ids, decision.label_ids),
    )


def questions(prefix: Prefix, jobs: list[Job]) -> Batch:
    """Questions about one sample."""
    return Batch(jobs, prefix, prefix.ids)


def text(request: Request, decode: Decode, done: Callable[[Result], None]) -> Batch:
    """A request for text."""
    write = {
        "ids": request.ids,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed % 2**63,
        "stops": request.stops,
        "schema": dict(request.schema) if request.schema else None,
        "top_p": request.top_p,
        "stop_texts": request.stop_texts,
    }
    job = Job(
        done=done,
        read=lambda reply: _generated(decode, request.stop_texts, *reply),
        cost=len(request.ids) + request.max_tokens,
        write=write,
    )
    return Batch([job], request.about or None)


def _answer(
    decision: Decision, found: Sequence[float | None], computed: int, cached: int
) -> Answer | Failure:
    known = [p for p in found if p is not None]
    if len(known) < len(decision.labels):
        absent = [n for n, p in zip(decision.labels, found, strict=True) if p is None]
        named = ", ".join(f"'{name}'" for name in absent)
        return Failure("backend", f"the engine gave no probability of the label {named}")
    if not all(0 <= p <= 1.0001 for p in known):
        return Failure("backend", "the model's probabilities are not numbers")
    return Answer(tuple(known), computed, cached)


def _generated(
    decode: Decode,
    stops: Sequence[str],
    ids: Sequence[int],
    cut: bool,
    computed: int,
    cached: int,
) -> Generated:
    text, stopped = before_stop(decode(ids), stops)
    kept = () if stopped else tuple(ids)  # they say more than the text does
    cut = cut and not stopped
    return Generated(text, cut, len(ids), kept, tokens_computed=computed, tokens_cached=cached)
