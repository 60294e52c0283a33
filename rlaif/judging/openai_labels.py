"""The labels' probabilities in a reply, whichever of three forms a server gives them in.

vLLM, SGLang and OpenAI: `top_logprobs`, an object of logarithms by token. llama.cpp, and the chat
of all: `content`, a list of tokens with their likeliest ones. Tokens are named by text, or by id.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any

from rlaif.judging.http_faults import Broken
from rlaif.judging.openai_manners import Body
from rlaif.records.outcome import Failure

ROUNDING = 1e-3
"""By so much the logarithm of a probability may be above 0."""
MOST_MASS = 1.01
"""What the labels' probabilities may add up to, rounding included."""

Found = dict[str | int, float]
"""Logarithms by a token's id or text."""


def choices_of(reply: Body, count: int) -> list[Body]:
    """The reply's choices, one a prompt, in the order of the prompts. Raises: Broken."""
    found = reply.get("choices")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Broken("the server's answer has no choices", "parse")
    if len(found) != count:
        told = f"{len(found)} answers to {count} questions"
        raise Broken(f"the server gave {told}", "parse")
    placed: list[Body | None] = [None] * count
    for one in found:
        place = one.get("index", 0 if count == 1 else None)
        if type(place) is not int or not 0 <= place < count or placed[place] is not None:
            raise Broken("the server's answers do not say which question each is to", "parse")
        placed[place] = one
    return [one for one in placed if one is not None]


def first_token(choice: Body) -> Found:
    """The likeliest first tokens of a choice. Raises: Broken where they are not given."""
    logprobs = choice.get("logprobs")
    if not isinstance(logprobs, dict):
        raise Broken("the server's answer has no logprobs", "parse")
    tops = logprobs.get("top_logprobs")
    if isinstance(tops, list) and tops and isinstance(tops[0], dict):
        return tops[0]
    content = logprobs.get("content")
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return _listed(content[0].get("top_logprobs"))
    raise Broken("the server's answer has no likeliest tokens", "parse")


def _listed(tops: Any) -> Found:
    if not isinstance(tops, list) or not tops:
        raise Broken("the server's answer has no likeliest tokens", "parse")
    found: Found = {}
    for one in tops:
        if not isinstance(one, dict) or "logprob" not in one:
            raise Broken("the server's answer has a token without its probability", "parse")
        number = one.get("id")
        name = number if type(number) is int else one.get("token")
        if not isinstance(name, str | int):
            raise Broken("the server's answer has a probability without its token", "parse")
        # several tokens can read alike, where their bytes are no text
        found[name] = max(found.get(name, -9999.0), logarithm(one["logprob"]))
    return found


def logarithm(value: Any) -> float:
    """The logarithm of a probability. Raises: Broken for anything else."""
    if type(value) not in (float, int) or value > ROUNDING or value != value:
        raise Broken(
            f"the server's answer has {value!r:.20} for a probability's logarithm", "parse"
        )
    return float(value)


def probabilities_of(logarithms: Sequence[float]) -> tuple[float, ...]:
    """The probabilities of the labels. Raises: Broken where they are more than 1 together."""
    found = tuple([exp(one) if one < 0 else 1.0 for one in logarithms])
    if sum(found) > MOST_MASS:
        raise Broken("the labels' probabilities add up to more than 1", "parse")
    return found


def among_likeliest(
    tops: Found, spellings: Sequence[Sequence[str | int]]
) -> tuple[float, ...] | Failure:
    """The probabilities of labels of which a server shows only the likeliest tokens.

    `spellings`: the tokens that each label may be. A label that is not shown has at most the
    probability of the last token that is, and all of those share what is left at most. So much it
    counts among the labels; what the model gave the labels in all is what was seen of them: the sum
    of the result. Where none was seen nothing is known, and that is a failure.

    Raises: Broken where those that were seen have more than 1 together.
    """
    every = {name: min(exp(logarithm(value)), 1.0) for name, value in tops.items()}
    if not every:
        raise Broken("the server's answer has no likeliest tokens", "parse")
    met = [[every[name] for name in names if name in every] for names in spellings]
    mass = sum(map(sum, met))
    if mass > MOST_MASS:
        raise Broken("the labels' probabilities add up to more than 1", "parse")
    if not any(met):
        told = f"no label is among the {len(every)} likeliest tokens that the server shows"
        return Failure("label_mass", told)
    left = max(1 - sum(every.values()), 0.0) / max(met.count([]), 1)
    bound = min(min(every.values()), left)
    found = [sum(values) if values else bound for values in met]
    whole = sum(found)
    return tuple(min(mass, 1.0) * value / whole for value in found) if whole else tuple(found)
