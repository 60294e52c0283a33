"""Why a test failed, for a person: the error, its line, the last call to the code."""

from __future__ import annotations

import linecache
from typing import Any

from rlaif.checks.sandbox.inside.peer import Broken, Peer
from rlaif.checks.sandbox.inside.values import decode

_MOST = 900


class _Shown:
    """Stands for what is no plain data."""

    def __init__(self, text: str) -> None:
        _, _, name = text.partition(":")
        if text[:1] == "a":
            name = "its argument"
        plain = text[:1] in ("D", "F", "T", "Y", "E", "n")
        self._text = text[1:] if plain else f"<{name or 'object'}>"

    def __repr__(self) -> str:
        return self._text


def told(error: BaseException, peer: Peer, file: str) -> str:
    """What happened, where, and what the code was asked last."""
    parts = [_error(error), _place(error, file)]
    parts += [shortened(str(note), 200) for note in getattr(error, "__notes__", ())[:3]]
    if peer.last is not None and not peer.broken:
        parts.append(_last(*peer.last))
    return shortened("; ".join(part for part in parts if part), _MOST)


def shortened(text: str, most: int) -> str:
    """One line of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _error(error: BaseException) -> str:
    if isinstance(error, Broken):
        return "the code can be asked no longer"
    try:
        text = shortened(str(error), 300)
    except BaseException:  # noqa: BLE001 - an exception of the tests whose text cannot be had
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException, file: str) -> str:
    """The innermost line of the tests that the error went through."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return shortened(error.text or "", 160)
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"line {line}: {shortened(linecache.getline(file, line), 160)}" if line else ""


def _last(label: str, request: dict[str, Any], answer: dict[str, Any]) -> str:
    try:
        given = [_value(one) for one in request["args"]]
        given += [f"{name}={_value(one)}" for name, one in request["keywords"].items()]
        asked, came = f"{label}({', '.join(given)})", _came(answer)
    except Exception:  # noqa: BLE001 - what crossed was said by hostile code
        return ""
    return f"the last call: {shortened(asked, 160)} {shortened(came, 160)}"


def _came(answer: dict[str, Any]) -> str:
    if "ok" in answer:
        return f"gave {_value(answer['ok'])}"
    return f"raised {answer.get('type', 'an exception')}: {answer.get('told', '')}"


def _value(data: Any) -> str:
    return repr(decode(data, lambda _, text: _Shown(text)))
