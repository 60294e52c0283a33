"""One forward pass over several samples, each with all its questions over a shared prefix.

A row is one sample: [padding, prefix, question 1, ..., question K]. Every question continues the
prefix (its position ids repeat from there) and sees the prefix and itself, not its neighbours. Rows
of one batch ask questions of the same lengths, so that padding the prefixes on the left lines up
every question's last token, and the vocabulary is projected at those K positions only. The judge's
preamble, with which every row begins, is computed once and kept as keys and values.

Right only where every layer attends to everything before it: see `full_attention`, `disagreement`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rlaif.ports import Decision


@dataclass(frozen=True, slots=True)
class Row:
    """Questions about one sample: the prefix they share, and the decisions."""

    prefix: tuple[int, ...]
    decisions: tuple[Decision, ...]

    @property
    def suffixes(self) -> tuple[int, ...]:
        """Lengths of the questions in tokens."""
        return tuple(len(d.suffix_ids) for d in self.decisions)

    @property
    def head(self) -> tuple[int, ...]:
        """The judge's preamble, with which the prefix begins."""
        return self.prefix[: self.decisions[0].prefix.head]

    @property
    def ids(self) -> list[int]:
        """The prefix and every question after it."""
        return [*self.prefix, *(t for d in self.decisions for t in d.suffix_ids)]

    @property
    def tokens(self) -> int:
        """Tokens of the row, without padding."""
        return len(self.prefix) + sum(self.suffixes)


def rows_of(decisions: Sequence[Decision], most_tokens: int) -> Iterator[Row]:
    """Decisions that share a prefix, as rows of at most `most_tokens` (or of one question)."""
    groups: dict[int, list[Decision]] = {}
    for decision in decisions:
        groups.setdefault(id(decision.prefix), []).append(decision)
    for group in groups.values():
        part: list[Decision] = []
        length = start = len(group[0].prefix.ids)
        for decision in group:
            if part and length + len(decision.suffix_ids) > most_tokens:
                yield Row(part[0].prefix.ids, tuple(part))
                part, length = [], start
            part.append(decision)
            length += len(decision.suffix_ids)
        yield Row(part[0].prefix.ids, tuple(part))


def batches_of(rows: Sequence[Row], most_tokens: int) -> Iterator[list[Row]]:
    """Rows that go through the model together: alike in their questions, near in length."""
    batch: list[Row] = []
    for row in sorted(rows, key=lambda r: (r.suffixes, len(r.prefix))):
        alike = not batch or batch[0].suffixes == row.suffixes
        if not alike or (len(batch) + 1) * row.tokens > most_tokens:
            if batch:
                yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Preamble:
    """What a model has computed of tokens that every row begins with."""

    ids: tuple[int, ...]
    cache: Any
    """Keys and values of one row, as the model's own cache holds them."""


@torch.inference_mode()
def preamble_of(model: torch.nn.Module, ids: Sequence[int]) -> Preamble:
    """Compute `ids` once, for all rows to come."""
    device = next(model.parameters()).device
    output = model(
        input_ids=torch.tensor([list(ids)], device=device), logits_to_keep=1, use_cache=True
    )
    return Preamble(tuple(ids), output.past_key_values)


@dataclass(frozen=True, slots=True)
class Packed:
    """Tensors: ids, positions [rows, length], mask [rows, 1, length, skipped + length]."""

    ids: Tensor
    positions: Tensor
    mask: Tensor
    ends: Tensor
    """Where each question's last token stands, the same in every row: [questions]."""


def pack(batch: Sequence[Row], device: torch.device, skip: int = 0) -> Packed:
    """Lay out rows that ask questions of the same lengths, without their first `skip` tokens."""
    suffixes = batch[0].suffixes
    longest = max(len(row.prefix) for row in batch) - skip
    sizes = [len(row.prefix) - skip for row in batch]
    starts = torch.tensor([longest - size for size in sizes], device=device)
    padded = [[0] * (longest - n) + row.ids[skip:] for n, row in zip(sizes, batch, strict=True)]
    along = [torch.arange(longest), *(longest + torch.arange(count) for count in suffixes)]
    parts = [torch.full_like(place, number) for number, place in enumerate(along)]
    place, part = torch.cat(along).to(device), torch.cat(parts).to(device)
    column = torch.arange(len(part), device=device)
    sees = ((part == 0) | (part == part[:, None])) & (column <= column[:, None])
    mask = sees & (column >= starts[:, None, None])
    mask.diagonal(dim1=1, dim2=2).fill_(1)  # padding sees itself: a softmax over nothing is NaN
    mask = torch.nn.functional.pad(mask, (skip, 0), value=True)  # what is skipped, all see
    ends = longest - 1 + torch.tensor(suffixes, device=device).cumsum(0)
    positions = (place - starts[:, None]).clamp(min=0) + skip
    return Packed(torch.tensor(padded, device=device), positions, mask[:, None], ends)


@torch.inference_mode()
def forward_packed(
    model: torch.nn.Module, batch: Sequence[Row], preamble: Preamble | None = None
) -> Tensor:
    """Next-token logits after every question: [rows, questions, vocabulary].

    What `preamble` holds is not computed again where all rows begin with it.
    """
    begins = preamble and all(row.head == preamble.ids for row in batch)
    cache = deepcopy(preamble.cache) if preamble and begins else None
    if cache is not None and len(batch) > 1:
        cache.batch_repeat_interleave(len(batch))
    skip = len(preamble.ids) if preamble and begins else 0
    packed = pack(batch, next(model.parameters()).device, skip)
    output = model(
        input_ids=packed.ids,
        attention_mask=packed.mask,
        position_ids=packed.positions,
        logits_to_keep=packed.ends,
        past_key_values=cache,
        use_cache=False,
    )
    logits: Tensor = output.logits
    return logits


@torch.inference_mode()
def forward_plain(model: torch.nn.Module, ids: Sequence[int]) -> Tensor:
    """Next-token logits after one prompt: [vocabulary]."""
    device = next(model.parameters()).device
    output = model(
        input_ids=torch.tensor([list(ids)], device=device), logits_to_keep=1, use_cache=False
    )
    logits: Tensor = output.logits[0, -1]
    return logits


_WINDOWS = ("sliding_window", "attention_chunk_size", "window_size")
_BY_LENGTH = ("dynamic", "longrope")
"""Position encodings that depend on the longest position of a batch."""


def read_labels(
    logits: Tensor, asked: Sequence[Sequence[Decision]]
) -> list[list[tuple[float, ...]]]:
    """Each label's probability out of the whole vocabulary, by row and question.

    Args: logits [rows, questions, vocabulary], and the decisions that they answer.
    """
    most = max(len(decision.label_ids) for row in asked for decision in row)
    padded = [[[*d.label_ids, *[0] * (most - len(d.label_ids))] for d in row] for row in asked]
    chosen = logits.gather(-1, torch.tensor(padded, device=logits.device)).float()
    probabilities = (chosen - logits.float().logsumexp(-1, keepdim=True)).exp().tolist()
    return [
        [tuple(found[: len(d.label_ids)]) for d, found in zip(row, of_row, strict=True)]
        for row, of_row in zip(asked, probabilities, strict=True)
    ]


def full_attention(config: object) -> bool:
    """Whether the configuration says that every layer attends to everything before it.

    A short self-check cannot see a sliding window, nor positions that change with the length, so
    the configuration must.
    """
    get = getattr(config, "get_text_config", None)
    text = get(decoder=True) if get else config
    rope = getattr(text, "rope_parameters", None) or {}
    if isinstance(rope, dict) and rope.get("rope_type") in _BY_LENGTH:
        return False
    kinds = getattr(text, "layer_types", None)
    if kinds is not None:
        return set(kinds) <= {"full_attention"}
    return not any(getattr(text, name, None) for name in _WINDOWS)


def disagreement(
    model: torch.nn.Module, rows: Sequence[Row], preamble: Preamble | None = None
) -> float:
    """Relative distance between packed and plain logits: |packed - plain| / |plain - its mean|.

    Not a number where either of them is not.
    """
    packed = forward_packed(model, rows, preamble).float()
    off = []
    for row, logits in zip(rows, packed, strict=True):
        for decision, one in zip(row.decisions, logits, strict=True):
            plain = forward_plain(model, (*row.prefix, *decision.suffix_ids)).float()
            off.append((one - plain).norm() / (plain - plain.mean()).norm())
    return float(torch.stack(off).max())
