"""What may be told of a URL: everything but the keys and passwords in it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from rlaif.errors import InputError

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>[^\s'\"<>]+)")
"""In running text, where a space or a quotation mark ends it."""
_WHOLE = re.compile(
    r"(?P<option>--?[A-Za-z][A-Za-z0-9-]*=)?(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)",
    re.DOTALL,
)
"""An argument that is a URL, or an option with one."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_FOLDED = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+[^/]")
_QUERY = re.compile(r"\?[^/?]*=.*", re.DOTALL)
_WEB_QUERY = re.compile(r"[?#].*", re.DOTALL)
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

    It may be a URL, an argument of a command, or a text that names URLs. What begins as a URL is
    one to its end: a password may hold whatever ends a URL elsewhere.
    """
    whole = _WHOLE.fullmatch(text)
    if whole:
        text = f"{whole['option'] or ''}{_plain(whole)}"
    return _URL.sub(_plain, text)


def without_secrets(text: str, source: str) -> str:
    """A text about `source` without secrets; those of `source` may stand in it by themselves."""
    text = text.replace(source, told(source))
    for secret in sorted(secrets_in(source), key=len, reverse=True):
        text = text.replace(secret, "...")
    return _URL.sub(_plain, text)


def secrets_in(source: str) -> set[str]:
    """The parts of a URL that are not to be told, as they stand in it and as they are meant."""
    found = _WHOLE.fullmatch(source)
    if not found or told(source) == source:
        return set()
    user, _, query = _split(found["scheme"].lower(), found["rest"])
    before = found["rest"].rpartition("@")[0]
    parts = {user, *re.split(r"[:@]", user), query, *re.split(r"[&=]", query)}
    # a password begins after a colon, and it may hold others
    parts.update(before[at.end() :] for at in re.finditer(":", before))
    return {form for part in parts for form in (part, unquote(part)) if len(form) > _SHORT}


def _plain(found: re.Match[str]) -> str:
    _, plain, query = _split(found["scheme"].lower(), found["rest"])
    return f"{found['scheme']}://{plain}{'?...' if query else ''}"


def _split(scheme: str, rest: str) -> tuple[str, str, str]:
    """The name and the password before the address, what may be told, and a signed query.

    A key can hold a slash, a question mark, or what looks like a port. Where it cannot be known
    whether a password or a query stands before the last `@`, nothing is told.
    """
    found = (_WEB_QUERY if scheme in ("http", "https") else _QUERY).search(rest)
    plain, query = (rest[: found.start()], rest[found.start() :]) if found else (rest, "")
    if "@" in query and ":" in rest.rpartition("@")[0]:
        return rest.rpartition("@")[0], "...", query
    user, _, address = plain.rpartition("@")
    if ":" in user:
        return user, address, query
    authority, slash, path = plain.partition("/")
    user, at, host = authority.rpartition("@")
    if not at or scheme in _CONTAINERS:
        return "", plain, query
    return user, f"{host}{slash}{path}", query
