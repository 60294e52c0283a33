"""Which labels a judge is fitted on, and which are kept to measure it: split by prompt."""

from __future__ import annotations

import unicodedata
from hashlib import blake2b

from rlaif.records.identity import canonical, digest
from rlaif.records.sample import Sample

_WIDTH = 8


def prompt_key(sample: Sample) -> str:
    """Hash of the words of a prompt: all completions of it, in whatever form, fall into one part.

    Text and a chat of one user's turn are the same prompt, and white space does not count: another
    tool may have stripped or wrapped it.
    """
    if isinstance(sample.prompt, str):
        return digest(canonical([["user", _folded(sample.prompt)]]))
    turns = sample.prompt
    calls = [[[call.name, call.arguments] for call in turn.tool_calls] for turn in turns]
    said = [[turn.role, _folded(turn.content)] for turn in turns]
    return digest(canonical([[*one, *called] for one, called in zip(said, calls, strict=True)]))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def place(prompt: str, seed: int) -> float:
    """Where a prompt falls in [0, 1): the same for the same prompt and seed, on every machine.

    Args: `prompt`, its key.
    """
    named = f"split\0{seed}\0{prompt}".encode()
    whole = int.from_bytes(blake2b(named, digest_size=_WIDTH).digest(), "big")
    # The 53 highest bits are exact in a float: rounding never gives 1.
    return (whole >> 11) / 2.0**53


def fitting_part(prompt: str, seed: int, share: float) -> bool:
    """Whether the samples of a prompt belong to the part that a judge is fitted on.

    About `share` (in [0, 1]) of the prompts do. A larger share keeps what a smaller one had.
    """
    return place(prompt, seed) < share
