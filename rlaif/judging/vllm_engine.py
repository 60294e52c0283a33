"""One vLLM engine in this process: messages in, one step after another, what is done out."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from rlaif.judging import vllm_versions as versions
from rlaif.judging.vllm_wire import Message


class UnknownOption(ValueError):
    """The judge file's `options` name what this vLLM does not have."""


class VllmEngine:
    """The engine, and who waits for what of it."""

    def __init__(self, start: Message) -> None:
        """Load the model. Raises: UnknownOption, or whatever vLLM raises."""
        _known(start["options"])
        self._engine = versions.engine_of(start["options"])
        self._adapter = versions.adapter_of(start["adapter"])
        self._one_ahead = versions.is_recurrent(self._engine)
        self._open: dict[int, Sequence[int] | None] = {}
        """The labels (None for text) of each ticket that is being computed."""
        self._behind: dict[int, list[tuple[int, list[int], list[int]]]] = {}
        """Questions that wait for the first one about their sample, by its ticket."""
        self._refused: list[list[Any]] = []
        self.facts: Message = versions.facts_of(self._engine)

    @property
    def busy(self) -> bool:
        """Whether a step would compute or tell anything."""
        return bool(self._open or self._refused)

    def take(self, message: Message) -> None:
        """Take in an `ask`, a `write` or a `drop`."""
        if message["kind"] == "ask":
            self._ask(message["prefix"], message["ask"])
        elif message["kind"] == "write":
            self._add(message["ticket"], message["ids"], None, message)
        else:
            self._drop(set(message["tickets"]))

    def step(self) -> Message:
        """Compute one step; what is done after it."""
        answers: list[list[Any]] = []
        texts: list[list[Any]] = []
        for output in self._engine.step() if self._open else ():
            ticket = int(output.request_id)
            if not output.finished or ticket not in self._open:
                continue
            labels = self._open.pop(ticket)
            cached = output.num_cached_tokens or 0
            counted = [len(output.prompt_token_ids) - cached, cached]
            if labels is None:
                ids, cut = versions.written(output)
                texts.append([ticket, ids, cut, *counted])
            else:
                answers.append([ticket, versions.probabilities(output, labels), *counted])
            self._over(ticket)
        refused, self._refused = self._refused, []
        return {"answers": answers, "texts": texts, "refused": refused}

    def close(self) -> None:
        """Let go of the device."""
        versions.close(self._engine)

    def _ask(self, prefix: list[int], asked: list[tuple[int, list[int], list[int]]]) -> None:
        """Questions about one sample; where a step's requests share no prefix, one goes ahead."""
        whole = [(ticket, prefix + suffix, labels) for ticket, suffix, labels in asked]
        if self._one_ahead and len(whole) > 1:
            self._behind[whole[0][0]] = whole[1:]
            del whole[1:]
        for ticket, ids, labels in whole:
            self._add(ticket, ids, labels, None)

    def _add(
        self, ticket: int, ids: list[int], labels: list[int] | None, write: Message | None
    ) -> None:
        try:
            params = versions.writing(write) if write else versions.deciding(labels or ())
            versions.add(self._engine, str(ticket), ids, params, self._adapter)
            self._open[ticket] = labels
        except Exception as error:  # noqa: BLE001 - lengths, schemas: the fault of one request
            stage = "length" if len(ids) >= self.facts["max_length"] else "backend"
            self._refused.append([ticket, stage, str(error)[:300] or type(error).__name__])
            self._over(ticket)

    def _over(self, ticket: int) -> None:
        """The ticket is settled: those behind it may come."""
        for other, ids, labels in self._behind.pop(ticket, ()):
            self._add(other, ids, labels, None)

    def _drop(self, tickets: set[int]) -> None:
        for first, waiting in self._behind.items():
            self._behind[first] = [one for one in waiting if one[0] not in tickets]
        for ticket in tickets & self._open.keys():
            del self._open[ticket]
            self._engine.abort_request([str(ticket)])
            self._over(ticket)


def _known(options: Message) -> None:
    for name in options:
        if name not in versions.OPTIONS:
            near = get_close_matches(name, versions.OPTIONS, 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise UnknownOption(f"vLLM {versions.version()} has no option '{name}'{hint}")
