"""Content hashes: what makes two things the same thing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import orjson

_SIZE = 16


def canonical(value: Any) -> bytes:
    """`value` as JSON with sorted keys, the same bytes for the same content."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number beyond 64 bits
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest(*parts: bytes | str) -> str:
    """32 hex digits over `parts`, each with its length, so that no two splits collide."""
    return digest_of(parts)


def digest_of(parts: Iterable[bytes | str]) -> str:
    """As `digest`, over any iterable."""
    state = hashlib.blake2b(digest_size=_SIZE)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()
