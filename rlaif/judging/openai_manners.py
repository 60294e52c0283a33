"""What the servers of one judge do not take: fields of a body that they refused.

OpenAI's protocol has grown apart. What only some servers know is sent until one refuses it by name;
from then on it is left out, or written as that server wants it. This is settled before the job, by
requests that hold nothing of a sample: a refusal during the job can repeat what a completion says,
and answers given with and without a field are not to be mixed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Body = dict[str, Any]

_INSTEAD = {"max_tokens": "max_completion_tokens"}
"""The same under another name."""

_LESS: dict[str, Any] = {"top_logprobs": 5}
"""What some servers take less of."""

_NAMES = {
    "response_format": r"response_format|json_schema|structured|guided|grammar|schema",
    "chat_template_kwargs": r"chat_template_kwargs",
    "top_logprobs": r"top_logprobs",
    # not one that is only too large
    "max_tokens": r"(?i)unsupported[^.]*max_tokens|max_tokens[^.]*(not supported|unknown|unrecogn)",
    "seed": r"\bseed\b",
    "return_token_ids": r"return_token_ids",
    "stop_token_ids": r"stop_token_ids",
}
"""What can be left out or said otherwise, and how a refusal names it."""
_SPOKEN = ("response_format", "chat_template_kwargs", "seed", "stop_token_ids")
"""Those without which a model may answer otherwise."""
_TEMPLATE = "chat_template_kwargs"


class Manners:
    """The options of a judge file, and what servers have refused of one kind of request."""

    def __init__(self, options: Mapping[str, Any], refused: Iterable[str] = ()) -> None:
        """`refused`: fields to leave out, or to say otherwise."""
        self._options = dict(options)
        self._refused = set(refused)

    def fresh(self) -> Manners:
        """The same options, and nothing refused yet."""
        return Manners(self._options)

    def along(self, others: Iterable[Manners]) -> Manners:
        """What neither this server nor the `others` refuse."""
        return Manners(self._options, self._refused.union(*(one._refused for one in others)))

    @property
    def told(self) -> str:
        """What is left out, as a clause for what answers are known by; empty for nothing."""
        left_out = [name for name in _SPOKEN if name in self._refused]
        return f", without {', '.join(left_out)}" if left_out else ""

    def sent(self, name: str, value: Any) -> Any:
        """What is sent for `value`."""
        return _LESS[name] if name in _LESS and name in self._refused else value

    def body(self, own: Body) -> Body:
        """`own` as it is sent: with the judge file's options, without what was refused."""
        if self._refused:
            own = dict(own)
            for name in self._refused & own.keys():
                value = own.pop(name)
                if name in _INSTEAD:
                    own[_INSTEAD[name]] = value
                elif name in _LESS:
                    own[name] = _LESS[name]
        if not self._options:
            return own
        found = {**self._options, **own}
        if _TEMPLATE in own and _TEMPLATE in self._options:
            found[_TEMPLATE] = {**self._options[_TEMPLATE], **own[_TEMPLATE]}
        return found

    def concede(self, told: str, sent: Body) -> bool:
        """Whether a refusal names something in the body `sent` that can be left out from now on."""
        for name, pattern in _NAMES.items():
            if name not in sent or name in self._options or not re.search(pattern, told):
                continue
            if name in _LESS and sent[name] == _LESS[name]:
                continue
            self._refused.add(name)
            return True
        return False
