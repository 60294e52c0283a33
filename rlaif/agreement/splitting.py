"""Which labels a judge is fitted on, and which are kept to measure it: split by prompt."""

from __future__ import annotations

from hashlib import blake2b

_WIDTH = 8


def place(prompt: str, seed: int) -> float:
    """Where a prompt falls in [0, 1): the same for the same prompt and seed, on every machine.

    Args: `prompt`, its digest.
    """
    named = f"split\0{seed}\0{prompt}".encode()
    whole = int.from_bytes(blake2b(named, digest_size=_WIDTH).digest(), "big")
    # The 53 highest bits are exact in a float: rounding never gives 1.
    return (whole >> 11) / 2.0**53


def fitting_part(prompt_digest: str, seed: int, share: float) -> bool:
    """Whether the samples of a prompt belong to the part that a judge is fitted on.

    About `share` (in [0, 1]) of the prompts do. A larger share keeps what a smaller one had.
    """
    return place(prompt_digest, seed) < share
