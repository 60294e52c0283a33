"""What may be told of a URL: everything but the keys and passwords in it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from rlaif.errors import InputError

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^\s'\"<>]+)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_FOLDED = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+[^/]")
_QUERY = re.compile(r"\?[^/?]*=.*")
_PORT = re.compile(r":\d*$")
_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs")
"""Stores whose addresses have the name of a container where others have a person's."""
_SHORT = 4
"""Letters. What is no longer than this is not looked for in messages: it may be any word."""


def scheme_of(source: str) -> str:
    """`s3` of `s3://bucket/x`; empty for a path of this machine."""
    found = _SCHEME.match(source)
    return found[1].lower() if found else ""


def is_url(source: str) -> bool:
    """Whether `source` names a store, in place of a path of this machine.

    Also where a path was made of it, which turns `s3://` into `s3:/`.
    """
    return bool(_FOLDED.match(source)) and not source.startswith(("file:", "local:"))


def refuse_run_url(path: Path) -> None:
    """Raises: InputError where a run is to lie at a URL, or is looked for there."""
    if not is_url(str(path)):
        return
    url = told(re.sub(r":/+", "://", str(path), count=1))
    raise InputError(
        f"{url}: a run lies in a folder of this machine, or of a file system that machines share: "
        "it is locked, and its parts are renamed, which stores cannot do\n"
        f"  hint: --out FOLDER, and then `rlaif export FOLDER --out {url}`"
    )


def chained(source: str) -> bool:
    """Whether `source` is fsspec's form for a URL inside another, as `zip://a::s3://b/c`."""
    return "::" in source


def told(text: str) -> str:
    """`text` without the secrets of the URLs in it: names with passwords, and signed queries.

    It may be a URL, an argument of a command, or what a driver says of an error.
    """
    return _URL.sub(_plain, text)


def without_secrets(text: str, source: str) -> str:
    """`told` of a text about `source`, whose secrets may stand in it by themselves too."""
    text = told(text)
    for secret in sorted(secrets_in(source), key=len, reverse=True):
        text = text.replace(secret, "...")
    return text


def secrets_in(source: str) -> set[str]:
    """The parts of a URL that are not to be told, as they stand in it and as they are meant."""
    found = _URL.fullmatch(source)
    if not found or _plain(found) == source:
        return set()
    user, rest = _split(found[1].lower(), found[2])
    _, _, query = rest.partition("?")
    parts = {user, *re.split(r"[:@]", user), query, *re.split(r"[&=]", query)}
    return {form for part in parts for form in (part, unquote(part)) if len(form) > _SHORT}


def _plain(found: re.Match[str]) -> str:
    scheme = found[1].lower()
    _, rest = _split(scheme, found[2])
    if scheme in ("http", "https"):
        plain = re.split(r"[?#]", rest, maxsplit=1)[0]
        return f"{found[1]}://{plain}{'?...' if plain != rest else ''}"
    return f"{found[1]}://{_QUERY.sub('?...', rest)}"


def _split(scheme: str, rest: str) -> tuple[str, str]:
    """The name and the password before the address, and what comes after them.

    A key can hold a slash: what stands before it is then no host with a port.
    """
    authority, _, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if at:
        if ":" not in user and scheme in _CONTAINERS:
            return "", rest
        return user, rest[len(user) + 1 :] if host or path else ""
    if ":" in authority and "@" in path and not _PORT.search(authority):
        user, _, after = rest.rpartition("@")
        return user, after
    return "", rest
