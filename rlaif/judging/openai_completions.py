"""Questions as token ids, many a request: `/v1/completions`, one token each.

The strongest way. No completion can talk in control tokens, as text is never tokenised again, and
vLLM gives exactly the labels' probabilities. Other servers give those of the likeliest tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

from rlaif.judging.http_faults import Broken
from rlaif.judging.openai_labels import (
    Found,
    among_likeliest,
    choices_of,
    first_token,
    logarithm,
    probabilities_of,
)
from rlaif.judging.openai_manners import Body, Manners
from rlaif.ports import Answer, Decision
from rlaif.records.outcome import Failure

MOST_PROMPTS = 64
"""Of one request, but that a sample's questions stay together."""
MOST_TOKENS = 131_072
"""Of one request, likewise."""
_OTHERS = "the server's answer names other tokens than those asked for"


class Completions:
    """Asks by token ids.

    `exact`: the server gives the probabilities of the labels that are named; otherwise those of the
    `top` likeliest tokens; see `among_likeliest` for a label that is not among them.
    """

    path = "/completions"
    name = "completions"

    def __init__(
        self,
        model: str,
        manners: Manners,
        *,
        exact: bool = True,
        top: int = 20,
        by_id: bool = True,
        many: bool = True,
    ) -> None:
        """`by_id`: tokens are named by id; `many`: a request takes a list of prompts."""
        self._model, self.manners = model, manners
        self.exact, self.top, self.by_id, self.many = exact, top, by_id, many

    @property
    def told(self) -> str:
        """How it asks: part of what a verdict is known by, as answers can differ by it."""
        return (
            "token ids, the labels' own probabilities"
            if self.exact
            else (f"token ids, the {self.top} likeliest tokens")
        )

    @property
    def most(self) -> int:
        """Questions of one request."""
        return MOST_PROMPTS if self.many else 1

    def body(self, asked: Sequence[Decision]) -> Body:
        """Every prompt, and the labels of all of them."""
        found: Body = {
            "model": self._model,
            "prompt": [(*one.prefix.ids, *one.suffix_ids) for one in asked],
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": 1 if self.exact else self.top,
        }
        if self.by_id:
            found["return_tokens_as_token_ids"] = True
        if self.exact:
            found["logprob_token_ids"] = sorted({n for one in asked for n in one.label_ids})
        return self.manners.body(found)

    def read(self, asked: Sequence[Decision], reply: Body) -> list[Answer | Failure | Broken]:
        """The labels' probabilities of each prompt."""
        choices = choices_of(reply, len(asked))
        names = _names(asked) if self.exact else None
        answers: list[Answer | Failure | Broken] = []
        for one, choice, cached in zip(asked, choices, _cached(asked, reply), strict=True):
            try:
                tops = first_token(choice)
                found = _exact(one, tops, names, choice) if names else _shown(one, tops)
                if isinstance(found, Failure):
                    answers.append(found)
                    continue
                size = len(one.prefix.ids) + len(one.suffix_ids)
                answers.append(Answer(found, size - cached, cached))
            except Broken as fault:
                answers.append(fault)
        return answers


def _names(asked: Sequence[Decision]) -> set[str]:
    """How a server names the labels of all questions."""
    return {f"token_id:{number}" for one in asked for number in one.label_ids}


def _exact(one: Decision, tops: Found, names: set[str], choice: Body) -> tuple[float, ...]:
    """The probabilities of its labels, where the server names what was asked for and no more.

    The token that was written is named too, whatever it is.
    """
    others = tops.keys() - names
    if others and others != set((choice["logprobs"].get("tokens") or [])[:1]):
        raise Broken(_OTHERS, "parse")
    try:
        found = [logarithm(tops[f"token_id:{number}"]) for number in one.label_ids]
    except KeyError:
        raise Broken(_OTHERS, "parse") from None
    return probabilities_of(found)


def _shown(one: Decision, tops: Found) -> tuple[float, ...] | Failure:
    """The probabilities of its labels, of which only the likeliest tokens are shown."""
    spellings = []
    for number, label in zip(one.label_ids, one.labels, strict=True):
        name = next((n for n in (f"token_id:{number}", number, label) if n in tops), label)
        spellings.append((name,))
    return among_likeliest(tops, spellings)


def _cached(asked: Sequence[Decision], reply: Body) -> Sequence[int]:
    """Tokens of each prompt that the server says it had, at least.

    It gives one figure a request. vLLM's is that of the last prompt, SGLang's the sum: laid on the
    prompts from the last one on, it is right for both, but that vLLM has more.
    """
    usage = reply.get("usage")
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    left = details.get("cached_tokens") if isinstance(details, dict) else None
    if type(left) is not int or left <= 0:
        return [0] * len(asked)
    found = []
    for one in reversed(asked):
        size = len(one.prefix.ids) + len(one.suffix_ids)
        found.append(min(left, size))
        left -= found[-1]
    return found[::-1]
