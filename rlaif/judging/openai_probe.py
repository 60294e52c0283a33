"""What a server can do, found out by asking it as the job will: the best way that works."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol, TypeVar

import orjson
from tokenizers import Tokenizer

from rlaif.errors import JudgeUnavailable
from rlaif.judging.http_doors import Door
from rlaif.judging.http_faults import Broken, Denied, HttpFault, Refused, TooLate, one_line
from rlaif.judging.http_line import Line, Reply
from rlaif.judging.http_pace import Clock, backoff
from rlaif.judging.openai_ask import Way as Asking
from rlaif.judging.openai_ask import denied, parsed
from rlaif.judging.openai_chat import Chat, Json
from rlaif.judging.openai_completions import Completions
from rlaif.judging.openai_manners import Body, Manners
from rlaif.ports import Decision, Prefix, TokenizerFiles
from rlaif.records.outcome import Stage
from rlaif.records.subject import Turn

Way = Completions | Chat | Json
Asked = TypeVar("Asked", contravariant=True)
WAYS = ("completions", "chat", "json")
"""From the best on."""

LISTED_S = 30.0
"""How long the list of models may take."""


class Mannered(Asking[Asked, Any], Protocol):
    """A way that knows what its servers refuse."""

    manners: Manners


@dataclass(frozen=True, slots=True)
class Models:
    """What a server says of the models that it has."""

    names: tuple[str, ...] = ()
    root: str = ""
    """What it says it serves under the judge's name: a folder, a name on the hub."""
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """How one way went at one address."""

    name: str
    way: Way | None
    told: str = ""
    """Why it does not work."""
    refused: bool = False
    """Whether the server will not have it at all, in place of answering badly."""
    stage: Stage = "backend"
    ends: bool = False
    """Whether another form of the way can do no better."""


class Words:
    """The judge's own tokenizer, as far as trying out needs it."""

    def __init__(self, files: TokenizerFiles) -> None:
        """Raises: JudgeUnavailable where it cannot be used."""
        try:
            self._tokenizer = Tokenizer.from_str(files.tokenizer_json)
        except Exception as error:  # tokenizers raises no narrower one
            raise JudgeUnavailable(f"the model's tokenizer cannot be used: {error}") from error
        added = json.loads(files.tokenizer_json).get("added_tokens") or ()
        self._tokenizer.encode_special_tokens = True
        self.special = frozenset(int(one["id"]) for one in added if one.get("special"))

    def ids(self, text: str) -> tuple[int, ...]:
        """Ids of a plain text; what reads like a control token is text too."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, number: int) -> str:
        """One token's text."""
        return str(self._tokenizer.decode([number], skip_special_tokens=False))


async def models_of(line: Line, door: Door, model: str) -> Models:
    """The server's list of models; empty where it has none. Raises: Fell, JudgeUnavailable."""
    try:
        found = orjson.loads(await line.get(door, "/models", Clock(LISTED_S)))
        cards = [one for one in found["data"] if isinstance(one.get("id"), str)]
    except Denied as fault:
        raise denied(fault) from None
    except (Broken, Refused, TooLate, ValueError, TypeError, LookupError, AttributeError):
        return Models()
    own: dict[str, Any] = next((card for card in cards if card["id"] == model), {})
    root, length = own.get("root"), own.get("max_model_len")
    return Models(
        tuple(one_line(card["id"], door.address.key) for card in cards),
        one_line(root, door.address.key) if isinstance(root, str) and root != model else "",
        length if type(length) is int and length > 0 else None,
    )


async def try_way(
    line: Line, door: Door, name: str, model: str, manners: Manners, words: Words | None
) -> Tried:
    """Try a way at one address, in the forms that there are of it.

    Raises: Fell where the server is away; JudgeUnavailable where it does not let us in.
    """
    if name == "completions" and words is None:
        return Tried(name, None, "there is no tokenizer to write token ids with", refused=True)
    found = Tried(name, None)
    for way in _forms(name, model, manners):
        found = await try_form(line, door, way, words, settled=False)
        if found.way or found.ends:
            break
    return found


async def try_form(
    line: Line, door: Door, way: Way, words: Words | None, *, settled: bool
) -> Tried:
    """Try one form of a way; `settled`: exactly as it is, else without what the server refuses.

    Raises: as `try_way`.
    """
    name = way.name
    try:
        await answered(line, door, way, _questions(words, 2 if way.most > 1 else 1), settled)
        told = await _other_tokens(line, door, way, words)
    except Denied as error:
        raise denied(error) from None
    except TooLate as error:
        return Tried(name, None, str(error), ends=True)
    except Refused as error:
        return Tried(name, None, str(error), refused=True)
    except Broken as error:
        # one out of order is so in whatever form it is asked
        ends = error.stage == "backend"
        return Tried(name, None, line.told(str(error)), stage=error.stage, ends=ends)
    return Tried(name, None if told else way, told, refused=bool(told), ends=True)


def _forms(name: str, model: str, manners: Manners) -> Iterator[Way]:
    if name == "chat":
        yield Chat(model, manners.fresh())
    elif name == "json":
        yield Json(model, manners.fresh())
    else:
        for many in (True, False):
            yield Completions(model, manners, many=many)
            yield Completions(model, manners, exact=False, many=many)
            yield Completions(model, manners, exact=False, by_id=False, many=many)
            yield Completions(model, manners, exact=False, by_id=False, top=5, many=many)


async def answered(
    line: Line, door: Door, way: Mannered[Asked], asked: Sequence[Asked], settled: bool
) -> Body:
    """Ask until there are answers; the reply that they are read from.

    Unless all is `settled`, what the server refuses by name is left out from then on.

    Raises: HttpFault where there are none.
    """
    clock = Clock(line.deadline_s)
    tries = 0
    while True:
        sent = way.body(asked)
        try:
            content = await line.post(door, way.path, orjson.dumps(sent), clock)
        except Refused as fault:
            if isinstance(fault, Denied) or settled or not _conceded(way, fault, sent):
                raise
            continue
        except Broken as fault:  # only what the server itself calls a fault may pass
            tries += 1
            if tries > line.retries:
                raise
            await clock.until(monotonic() + backoff(tries - 1, fault.wait_s))
            continue
        reply = parsed(Reply(door, content))
        if broken := [one for one in way.read(asked, reply) if isinstance(one, Broken)]:
            raise broken[0]
        if isinstance(name := reply.get("model"), str):
            door.model = name
        return reply


def _conceded(way: Mannered[Any], fault: Refused, sent: Body) -> bool:
    # without any of its fields the labels' probabilities mean something else
    return not isinstance(way, Completions) and way.manners.concede(fault.told, sent)


async def _other_tokens(line: Line, door: Door, way: Way, words: Words | None) -> str:
    """Whether the server's tokens are other ones than ours, by the text that it gives them."""
    if not isinstance(way, Completions) or not way.exact or words is None:
        return ""
    (one,) = _questions(words, 1)
    sent: dict[str, Any] = way.body([one])
    wanted = dict.fromkeys(words.ids("Yes No A B C D one two three four five six"))
    sent |= {"logprob_token_ids": list(wanted), "return_tokens_as_token_ids": False}
    try:
        content = await line.post(door, way.path, orjson.dumps(sent), Clock(line.deadline_s))
        (choice,) = parsed(Reply(door, content))["choices"]
        theirs = {str(text).strip() for text in choice["logprobs"]["top_logprobs"][0]}
    except (HttpFault, LookupError, TypeError, ValueError):
        return ""  # it does not say
    alike = sum(words.text(number).strip() in theirs for number in wanted)
    if alike * 2 >= len(wanted):
        return ""
    return (
        "the server's tokens are not those of the judge's tokenizer; "
        "'tokenizer' of the judge file is to name the served model's"
    )


def _questions(words: Words | None, count: int) -> list[Decision]:
    """Tiny questions, as the job's are."""
    text = "Is the sky blue? Answer Yes or No."
    labels = ("No", "Yes")
    prefix = Prefix((Turn("user", text),), words.ids(text) if words else (1,), hash="probe")
    label_ids = tuple(words.ids(one)[-1] for one in labels) if words else (0, 1)
    suffix = words.ids("\n") if words else (1,)
    return [
        Decision(
            number=number,
            prefix=prefix,
            question="",
            suffix_ids=suffix,
            labels=labels,
            label_ids=label_ids,
            key="probe",
            criterion="probe",
            answers=("no", "yes"),
            best=1,
        )
        for number in range(count)
    ]
