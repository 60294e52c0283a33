"""Whether a model can be packed: tried out when it is loaded."""

from __future__ import annotations

from typing import Any

import torch

from rlaif.judging.packed import Row, disagreement, full_attention, preamble_of
from rlaif.ports import Decision, Prefix

_MOST_OFF = {torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.05}
"""Largest relative distance of packed from plain logits; a wrong mask or position is over 0.3."""
_ONE_CALL = "one call a criterion"


def self_check(model: Any, dtype: torch.dtype) -> tuple[bool, bool, str]:
    """Whether packing is right for this model, whether sharing the preamble is; and in words."""
    if not full_attention(model.config):
        return False, False, f"{_ONE_CALL}: the model has layers that are not full attention"
    rows = _probe(model.config.get_text_config(decoder=True).vocab_size)
    try:
        off = disagreement(model, rows)
    except Exception as error:  # noqa: BLE001 - whatever a model's code makes of a packed batch
        return False, False, f"{_ONE_CALL}: the packed forward fails ({str(error)[:120]})"
    if not off <= _MOST_OFF[dtype]:
        return False, False, f"{_ONE_CALL}: packed answers differ from plain ones by {off:.1e}"
    told = f"all criteria of a sample in one forward pass (self-check: {off:.1e} off)"
    try:
        shares = disagreement(model, rows, preamble_of(model, rows[0].head)) <= _MOST_OFF[dtype]
    except Exception:  # noqa: BLE001 - a cache of another kind; the preamble is then computed anew
        shares = False
    return True, shares, told


def _probe(vocabulary: int) -> list[Row]:
    """Two rows of unlike prefixes with three unlike questions, of any tokens."""
    tokens = [(7919 * place + 104_729) % vocabulary for place in range(200)]
    rows = []
    for own in (tokens[:31], tokens[40:60]):
        head = Prefix((), tuple(tokens[110:119] + own), head=9)
        suffixes = (tokens[70:75], tokens[80:91], tokens[100:103])
        rows.append(Row(head.ids, tuple(_question(head, tuple(s)) for s in suffixes)))
    return rows


def _question(prefix: Prefix, ids: tuple[int, ...]) -> Decision:
    return Decision(
        number=0, prefix=prefix, question="", suffix_ids=ids, labels=(), label_ids=(), key="",
        criterion="", answers=(), best=0,
    )  # fmt: skip
