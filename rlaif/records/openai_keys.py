"""Which key may go where: a judge file can come from a stranger, and names a server of its own.

So it can name only a variable that was set for rlaif, or a provider's own where nobody but that
provider is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from rlaif.records.base import Fault, fault

OWN_KEY = "RLAIF_API_KEY"
"""The variable that is read where a judge file names none."""

_OURS = "RLAIF_"
_SHAPE = re.compile(r"[A-Z][A-Z0-9_]*_API_KEY")
_HOSTS = {
    "ANTHROPIC_API_KEY": "api.anthropic.com",
    "DEEPSEEK_API_KEY": "api.deepseek.com",
    "FIREWORKS_API_KEY": "api.fireworks.ai",
    "GEMINI_API_KEY": "generativelanguage.googleapis.com",
    "GROQ_API_KEY": "api.groq.com",
    "MISTRAL_API_KEY": "api.mistral.ai",
    "OPENAI_API_KEY": "api.openai.com",
    "OPENROUTER_API_KEY": "openrouter.ai",
    "TOGETHER_API_KEY": "api.together.xyz",
}
"""The host that a provider's own variable is for."""


def key_name(text: str) -> str:
    """The name of a variable as it is. Raises: PydanticCustomError for what is none."""
    if not _SHAPE.fullmatch(text):
        hint = "a name in capitals that ends in _API_KEY, such as RLAIF_API_KEY"
        raise fault("this names the variable of the environment that holds the key", hint)
    return text


def key_faults(name: str, addresses: Sequence[str]) -> Iterator[Fault]:
    """What is wrong with sending the key in the variable `name` to all of `addresses`."""
    hosts = [urlsplit(address).hostname or "" for address in addresses]
    own = _HOSTS.get(name)
    other = next((host for host in hosts if host != own), None)
    if other is None or name.startswith(_OURS):
        return
    meant = f"the key in {name} goes to {own} alone" if own else f"{name} was not set for rlaif"
    told = f"{meant}, and this file would send it to {other[:80]}"
    hint = f"export {_OURS}{name} with the key for that address, and name it here"
    yield Fault(("api_key_env",), told, hint)
