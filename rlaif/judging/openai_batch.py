"""A judge behind OpenAI's offline API: its requests go to a file, its answers come from one.

A question becomes one line under its key, in the form that `/v1/chat/completions` takes it, and the
answer to it is read as a live server's is. Two backends share that: `Collecting` answers nothing
and hands every request on, `Replaying` answers from what came back.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from functools import partial
from math import log
from typing import Any
from urllib.parse import urlsplit

import orjson

from rlaif.judging.http_faults import Broken, one_line
from rlaif.judging.openai_chat import Chat, Json, said_in
from rlaif.judging.openai_labels import choices_of, first_token, logarithm
from rlaif.judging.openai_manners import Body, Manners
from rlaif.judging.openai_settle import Writing
from rlaif.judging.openai_survey import TEXT_ONLY
from rlaif.judging.openai_told import served_as
from rlaif.judging.openai_write import WriteByText
from rlaif.ports import Answer, Decision, Generated, Request, TokenizerFiles
from rlaif.records.backends import OpenaiJudge
from rlaif.records.outcome import Failure

WAITING = "asked in a batch whose answer is not here yet"
"""The message of a failure that only says so."""
URL = "/v1/chat/completions"
OPTIONAL = ("chat_template_kwargs", "max_tokens", "response_format", "seed", "top_logprobs")
"""Fields that some servers refuse, and that can be left out or said otherwise."""
_OPENAI = ("chat_template_kwargs", "max_tokens")
"""Those that OpenAI's own servers refuse."""
_DATED = re.compile(r"[-@](\d{4}(-\d{2}){0,2}|\d{6}|\d{8}|0\d{2}|v\d+(\.\d+)*)")
"""What a server adds to the name that it was asked by: `-2024-07-18`, `-0613`, `-002`, `@v2`."""
_HALF = log(0.5)


def batch_line(key: str, body: Body) -> bytes:
    """A line of a file of requests."""
    row = {"custom_id": key, "method": "POST", "url": URL, "body": body}
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def left_out(spec: OpenaiJudge, named: Iterable[str] = ()) -> frozenset[str]:
    """The fields that the judge's server refuses: the `named` ones, and what is known of OpenAI."""
    own = all(urlsplit(address).hostname == "api.openai.com" for address in spec.base_url)
    return frozenset(named).union(_OPENAI if own else ())


class _Offline:
    """What both have in common: prompts are text, and no server is looked for."""

    notes: tuple[str, ...] = (TEXT_ONLY,)

    def __init__(self, spec: OpenaiJudge, without: Iterable[str] = (), served: str = "") -> None:
        """`without`: fields that the server refuses; `served`, if it is known from before."""
        manners = Manners(spec.options, without)
        made: Chat | Json = (Json if spec.api == "json" else Chat)(spec.model, manners)
        self._way = made
        self._texts = WriteByText(spec.model, manners)
        writing = Writing(self._texts, manners.told.removeprefix(", ")) if spec.writes else None
        self.served = served or served_as(spec, (), made, writing)
        self.max_length = spec.max_length

    def tokenizer(self) -> TokenizerFiles | None:
        """None: chat takes text."""
        return None

    async def start(self) -> None:
        """Nothing to start."""

    async def aclose(self) -> None:
        """Nothing to let go of."""


class Collecting(_Offline):
    """Answers every question with the failure WAITING, and keeps the request until it is taken."""

    def __init__(self, spec: OpenaiJudge, without: Iterable[str] = ()) -> None:
        """`without`: fields that the server refuses."""
        super().__init__(spec, without)
        self._asked: dict[str, tuple[str, Body]] = {}

    def taken(self) -> Iterator[tuple[str, str, Body]]:
        """The requests since it was last called: key, the criterion's id, body; in their order."""
        asked, self._asked = self._asked, {}
        for key, (criterion, body) in asked.items():
            yield key, criterion, body

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """Keep the requests for labels."""
        async for one in asked:
            self._asked.setdefault(one.key, (one.criterion, self._way.body([one])))
            yield one.number, Failure("backend", WAITING)

    async def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """Keep the requests for texts."""
        async for one in asked:
            criterion = one.forms[0].criterion if one.forms else ""
            self._asked.setdefault(one.key, (criterion, self._texts.body([one])))
            yield one.number, Failure("backend", WAITING)


class Replaying(_Offline):
    """Answers from a batch's results; what is not among them waits."""

    def __init__(
        self, spec: OpenaiJudge, served: str, look: Callable[[str], bytes | None], model: str
    ) -> None:
        """Take what finds the line of a result by its key, and the model that is believed."""
        super().__init__(spec, served=served)
        self._look, self._model = look, model

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """Answers to questions in labels."""
        async for one in asked:
            yield one.number, self._answer(one.key, partial(self._way.read, [one]))

    async def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """Texts."""
        async for one in asked:
            yield one.number, self._answer(one.key, partial(self._texts.read, [one]))

    def _answer(self, key: str, read: Callable[[Body], Sequence[Any]]) -> Any:
        line = self._look(key)
        if line is None:
            return Failure("backend", WAITING)
        try:
            (found,) = read(self._own(reply_in(orjson.loads(line))))
        except Broken as fault:
            return Failure(fault.stage, str(fault))
        return Failure(found.stage, str(found)) if isinstance(found, Broken) else found

    def _own(self, reply: Body) -> Body:
        """The reply, as the one model gave it that is believed. Raises: Broken."""
        named = reply.get("model")
        if isinstance(named, str) and named:
            if named != self._model:
                raise Broken(f"the answer is another model's ('{one_line(named)}')")
        elif self._model:
            raise Broken("the answer does not name its model")
        return reply


def is_of(named: str, model: str) -> bool:
    """Whether a server that is asked for `model` may call it so: by its date or version too."""
    return named == model or (
        named.startswith(model) and bool(_DATED.fullmatch(named[len(model) :]))
    )


def said_by(row: Body) -> str:
    """What a result answers: its verdict, or all of its text; empty where that is not plain.

    A token says it that has more than half of the probability.
    """
    try:
        (choice,) = choices_of(reply_in(row), 1)
        if isinstance(choice.get("logprobs"), dict):
            tops = first_token(choice)
            best = max(tops, key=tops.__getitem__)
            return str(best).strip() if logarithm(tops[best]) > _HALF else ""
        text = said_in(choice)
    except (Broken, ValueError):
        return ""
    return _verdict(text) or text.strip()


def _verdict(text: str) -> str:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return ""
    verdict = found.get("verdict") if isinstance(found, dict) else None
    return verdict if isinstance(verdict, str) else ""


def reply_in(row: Body) -> Body:
    """The server's reply in a line of results. Raises: Broken where the line tells of an error."""
    response = row.get("response")
    status = response.get("status_code") if isinstance(response, dict) else None
    body = response.get("body") if isinstance(response, dict) else None
    if row.get("error") or status != 200:
        raise Broken(_refusal(row.get("error"), body, status))
    if not isinstance(body, dict):
        raise Broken("the result has no reply in it", "parse")
    if body.get("error") and not isinstance(body.get("choices"), list):
        raise Broken(_refusal(None, body, status))
    return body


def _refusal(error: Any, body: Any, status: Any) -> str:
    """What a line says of its error; never a word of the prompt but what the server repeats."""
    found = error or (body.get("error") if isinstance(body, dict) else None) or {}
    told = found.get("message") or found.get("code") if isinstance(found, dict) else found
    code = f"status {status}" if type(status) is int else "no answer"
    return f"the batch gave {code}" + (f": {one_line(str(told))}" if told else "")
