"""What the `options` of a policy file may not set, because the file has keys of its own for it."""

from __future__ import annotations

from typing import Any

from rlaif.records.base import Fault, refuse
from rlaif.records.openai_options import openai_options

_OWN = {
    "max_completion_tokens": "max_tokens",
    "max_tokens": "max_tokens",
    "model": "model",
    "stop": "stop",
    "temperature": "temperature",
    "top_p": "top_p",
}


def policy_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a server as they are. Raises: PydanticCustomError naming each at fault."""
    refuse(
        [
            Fault((name,), f"the option '{name}' cannot be set here", _instead(key))
            for name in options
            if (key := _OWN.get(name))
        ]
    )
    return openai_options(options)


def _instead(key: str) -> str:
    return f"delete it here, and state '{key}'"
