"""What can go wrong between a question and a server's answer, and how it is told to a person."""

from __future__ import annotations

import re

from rlaif.records.outcome import Stage

MOST_TOLD = 200
"""Characters of a server's own words that a message repeats."""

_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]+")


class HttpFault(Exception):
    """No answer of use; the message is one line, and holds no key."""


class Refused(HttpFault):
    """The server will not answer this, however often it is asked."""

    def __init__(self, status: int, told: str) -> None:
        """Hold the status and what the server said, on one line; the message has its beginning."""
        self.status, self.told = status, told
        short = one_line(told)
        super().__init__(f"the server answered {status}" + (f": {short}" if short else ""))


class Denied(Refused):
    """Status 401 or 403: the key is at fault."""


class Broken(HttpFault):
    """An answer of no use; asked again, it may be better."""

    def __init__(self, told: str, stage: Stage = "backend", wait_s: float | None = None) -> None:
        """Hold the stage of the failure that it becomes, and how long the server wants to rest."""
        self.stage, self.wait_s = stage, wait_s
        super().__init__(told)


class Fell(HttpFault):
    """The server is not reached, or it says that it is not there."""

    def __init__(self, told: str, *, underway: bool, wait_s: float | None = None) -> None:
        """Say whether the request had been sent: it may be what the server fell over."""
        self.underway, self.wait_s = underway, wait_s
        super().__init__(told)


class TooLate(HttpFault):
    """The question's deadline has passed."""


def one_line(text: str | bytes, hide: str = "", most: int = MOST_TOLD) -> str:
    """Text of others, safe to print: one line, no control characters, no `hide`, not long."""
    if isinstance(text, bytes):
        text = text[: 8 * most + len(hide)].decode("utf-8", "replace")
    if hide:
        text = text.replace(hide, "***")
    text = _UNSEEN.sub(" ", text).strip()
    return text if len(text) <= most else text[: most - 3] + "..."
