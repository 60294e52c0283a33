"""What the servers of one judge do not take: fields of a body that they refused once.

OpenAI's protocol has grown apart. What only some servers know is sent to all until one refuses it
by name; from then on it is left out, or written as that server wants it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rlaif.errors import JudgeUnavailable

Body = dict[str, Any]

OURS = ("model", "prompt", "messages", "stream", "n", "best_of", "echo", "use_beam_search")
"""What no option of a judge file may say: who is asked what, and in which form it is answered."""

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


class Manners:
    """The options of a judge file, and what its servers have refused so far."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Nothing is refused yet. Raises: JudgeUnavailable for an option that is not theirs."""
        if found := [name for name in options if name in OURS]:
            raise JudgeUnavailable(
                f"'{found[0]}' cannot stand in the judge file's options: rlaif sets it itself"
            )
        self._options = dict(options)
        self._refused: set[str] = set()

    def body(self, own: Body) -> Body:
        """`own` as it is sent: with the judge file's options, without what was refused."""
        if self._refused:
            own = dict(own)
            for name in self._refused:
                if name not in own:
                    continue
                value = own.pop(name)
                if name in _INSTEAD:
                    own[_INSTEAD[name]] = value
                elif name in _LESS:
                    own[name] = _LESS[name]
        return {**own, **self._options} if self._options else own

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
