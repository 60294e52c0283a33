"""Sampling in a batch, where no row depends on the others: each is drawn by its own seed.

A batch that is sampled as transformers samples it takes one seed for all: its texts then change
with what is beside them, and a job that goes on after a kill could not write what it would have
written. Here a row has a number in [0, 1) for each of its tokens, made from its seed alone, and the
token is the one at which the row's own distribution passes that number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from rlaif.ports import Request

Decode = Callable[[Sequence[int]], str]
_BELOW_ONE = 1.0 - 2.0**-22
"""The largest number that is drawn: times a sum it stays below it, rounded or not."""


class Draws:
    """A logits processor of transformers that leaves one token a row; greedy search takes it."""

    def __init__(self, batch: Sequence[Request], prompt: int, device: torch.device) -> None:
        """`prompt`: how many ids each row begins with, padding included."""
        self._prompt = prompt
        self._numbers = torch.stack([_numbers(request) for request in batch]).to(device)
        temperatures = torch.tensor([[request.temperature] for request in batch], device=device)
        self._greedy = temperatures == 0
        self._temperatures = temperatures.masked_fill(self._greedy, 1.0)
        top_p = torch.tensor([[request.top_p] for request in batch], device=device)
        self._top_p = top_p if bool((top_p < 1).any()) else None

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Minus infinity for all but the token that is drawn, of which it is 0.

        Args: ids so far, [rows, length]; scores, the logits, [rows, vocabulary].
        Raises: RuntimeError where the model's logits are not numbers.
        """
        shares = torch.softmax(scores.float() / self._temperatures, -1)
        if self._top_p is not None:
            shares = _nucleus(shares, self._top_p)
        reached = shares.cumsum(-1)
        whole = reached[:, -1:]
        if not bool(torch.isfinite(whole).all()):
            raise RuntimeError("its logits are not numbers")
        number = self._numbers[:, ids.shape[1] - self._prompt, None]
        drawn = torch.searchsorted(reached, number * whole, right=True)
        drawn = torch.where(self._greedy, scores.argmax(-1, keepdim=True), drawn)
        return torch.full_like(scores, -torch.inf).scatter_(1, drawn, 0.0)


class EndsAt:
    """A stopping criterion of transformers: a row ends once it has said one of its stop texts."""

    def __init__(self, batch: Sequence[Request], prompt: int, decode: Decode) -> None:
        """`prompt`: how many ids each row begins with, padding included."""
        self._prompt, self._decode = prompt, decode
        self._stops = [request.stop_texts for request in batch]
        self._tails = [_longest(request.stop_texts) for request in batch]
        self._ended = [False] * len(batch)

    def __call__(self, ids: torch.Tensor, _scores: object) -> torch.Tensor:
        """Which rows have ended, [rows]."""
        for row, stops in enumerate(self._stops):
            if stops and not self._ended[row]:
                tail = ids[row, self._prompt :][-self._tails[row] :].tolist()
                said = self._decode(tail)
                self._ended[row] = any(stop in said for stop in stops)
        return torch.tensor(self._ended, device=ids.device)


def _numbers(request: Request) -> torch.Tensor:
    """The row's numbers in [0, 1), one a token; on the processor, so that devices draw alike."""
    source = torch.Generator().manual_seed(request.seed % 2**63)
    return torch.rand(request.max_tokens, generator=source).clamp(max=_BELOW_ONE)


def _nucleus(shares: torch.Tensor, top_p: torch.Tensor) -> torch.Tensor:
    """Nothing left of those beyond the most probable ones that reach `top_p` together."""
    ordered, places = shares.sort(-1, descending=True)
    beyond = ordered.cumsum(-1) - ordered >= top_p
    beyond[:, 0] = False
    return shares.masked_fill(torch.zeros_like(beyond).scatter_(1, places, beyond), 0.0)


def _longest(stops: Sequence[str]) -> int:
    """Tokens at the end of a text that hold any of them whole: a token is a byte at least."""
    return max((len(stop.encode()) for stop in stops), default=0) + 4
