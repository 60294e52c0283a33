"""Where a server is, and the key that goes there and nowhere else."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from rlaif.errors import JudgeUnavailable
from rlaif.records.backends import OpenaiJudge

_OPENAI = "api.openai.com"


class Secret(str):
    """A text that shows itself to nobody who only looks at it: logs, errors, tracebacks."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Stars."""
        return "'***'"


@dataclass(frozen=True, slots=True)
class Address:
    """One server: its URL up to `/v1`, and what goes with every request."""

    base: str
    key: Secret = field(default_factory=Secret, repr=False)
    proxy: str | None = field(default=None, repr=False)
    """From the environment; it may hold a password."""

    def url(self, path: str) -> URL:
        """The URL of `path`, which starts with a slash."""
        return _url(self.base + path)

    @property
    def headers(self) -> Mapping[str, str]:
        """Of every request."""
        # a packed answer could unpack to more than the bound on its size
        own = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        return {**own, "Authorization": Secret(f"Bearer {self.key:s}")} if self.key else own


def addresses_of(spec: OpenaiJudge) -> list[Address]:
    """The judge's addresses with their keys and proxies.

    Raises: JudgeUnavailable where a key would cross the network in the clear, or is no key.
    """
    return [Address(base, _key(base, spec.api_key_env), _proxy(base)) for base in spec.base_url]


@lru_cache(64)
def _url(text: str) -> URL:
    return URL(text, encoded=True)


def _key(base: str, name: str) -> Secret:
    host = urlsplit(base).hostname or ""
    found = _in_environment(name)
    if not found and host == _OPENAI:
        name = "OPENAI_API_KEY"
        found = _in_environment(name)
    if not found:
        return Secret()
    if not (found.isascii() and found.isprintable() and " " not in found):
        raise JudgeUnavailable(f"{name} holds characters that no key has")
    if not (base.startswith("https:") or _is_here(host)):
        raise JudgeUnavailable(
            f"the key in {name} would go to {base} unencrypted\n"
            f"  hint: an address with https://, or unset {name} where the server wants no key"
        )
    return found


def _in_environment(name: str) -> Secret:
    return Secret(os.environ.get(name, "").strip())


def _is_here(host: str) -> bool:
    """Whether an address never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy(base: str) -> str | None:
    """The proxy that the environment names for an address; never one for this machine.

    aiohttp's own reading of the environment is off: it would also take passwords out of ~/.netrc.
    """
    parts = urlsplit(base)
    host = parts.hostname or ""
    if _is_here(host) or proxy_bypass(host):
        return None
    found = getproxies()
    proxy = found.get(parts.scheme) or found.get("all")
    return proxy if proxy and proxy.startswith("http") else None
