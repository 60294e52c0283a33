"""A verdict as a few bytes, and back. What comes back is checked: a cache file is input."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from rlaif.records.outcome import Ballot, Case, Quote, Verdict
from rlaif.storage.clean_text import clean_verdict

MOST = 4 * 2**20
"""Bytes of a verdict's JSON, and so of what is unpacked; one that is larger is not kept."""

_LONG = 512
"""Bytes from which packing saves more than it costs."""
_SUM = 4
_ROUNDING = 1e-6


def packed(key: bytes, verdict: Verdict) -> bytes | None:
    """The verdict as bytes, with a checksum over it and its key; None for one that is too large."""
    try:
        text = orjson.dumps(_row(verdict))
    except TypeError:  # half a surrogate pair
        text = orjson.dumps(_row(clean_verdict(verdict)))
    if len(text) > MOST:
        return None
    body = zlib.compress(text, 1) if len(text) > _LONG else text
    return zlib.crc32(body, zlib.crc32(key)).to_bytes(_SUM, "big") + body


def unpacked(key: bytes, content: object) -> Verdict | None:
    """The verdict; None where the bytes are damaged, or are none."""
    if not isinstance(content, bytes) or len(content) <= _SUM:
        return None
    body = content[_SUM:]
    if int.from_bytes(content[:_SUM], "big") != zlib.crc32(body, zlib.crc32(key)):
        return None
    try:
        return _verdict(*orjson.loads(body if body[:1] == b"[" else _inflated(body)))
    except (ValueError, TypeError, zlib.error):
        return None


def _inflated(body: bytes) -> bytes:
    """Never more than `MOST` bytes: what is cut there is no JSON."""
    return zlib.decompressobj().decompress(body, MOST)


def _row(verdict: Verdict) -> list[Any]:
    """What stands at the end and is empty is left out."""
    row = [
        verdict.distribution,
        verdict.label_mass,
        verdict.rationale,
        [[c.name, c.passed, c.message, c.seconds, c.memory] for c in verdict.cases],
        [[quote.text, quote.found] for quote in verdict.evidence],
        [[ballot.by, ballot.distribution, ballot.label_mass] for ballot in verdict.ballots],
    ]
    while len(row) > 1 and (row[-1] is None or row[-1] == []):
        row.pop()
    return row


def _verdict(
    distribution: Any,
    label_mass: Any = None,
    rationale: Any = None,
    cases: Any = (),
    evidence: Any = (),
    ballots: Any = (),
) -> Verdict:
    """Raises: ValueError, TypeError where a field is not what it should be."""
    return Verdict(
        _distribution(distribution),
        _share(label_mass),
        None if rationale is None else _of(str, rationale),
        tuple([_case(*case) for case in cases]),
        tuple([Quote(_of(str, text), _of(bool, found)) for text, found in evidence]),
        tuple([Ballot(_of(str, by), _distribution(d), _share(mass)) for by, d, mass in ballots]),
    )


def _case(name: Any, passed: Any, message: Any, seconds: Any, memory: Any) -> Case:
    took = None if seconds is None else _of(float, seconds)
    held = None if memory is None else _of(int, memory)
    return Case(_of(str, name), _of(bool, passed), _of(str, message), took, held)


def _distribution(given: Any) -> tuple[float, ...]:
    """Probabilities that sum to 1. Raises: ValueError, TypeError."""
    row = tuple([_of(float, p) for p in _of(list, given)])
    if not row or min(row) < -_ROUNDING or abs(sum(row) - 1) > _ROUNDING:
        raise ValueError("not a distribution")
    return row


def _share(given: Any) -> float | None:
    if given is None:
        return None
    mass: float = _of(float, given)
    if not 0 <= mass <= 1 + _ROUNDING:
        raise ValueError("not a share")
    return mass


def _of(kind: type, given: Any) -> Any:
    """`given`, of exactly this type; a whole number is a number too. Raises: TypeError."""
    if kind is float and type(given) is int:
        return float(given)  # JSON has no infinity and no nan: every number is finite
    if type(given) is not kind:
        raise TypeError(f"not {kind.__name__}")
    return given
