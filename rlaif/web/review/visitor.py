"""Who is at a browser: the annotator's name, and the secret that its forms must know."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from rlaif.web.replies import Refused
from rlaif.web.review.gate import port_of

LONGEST_NAME = 60
_A_YEAR_S = 365 * 24 * 3600
_NAME, _SECRET = "rlaif-annotator", "rlaif-form"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser. The secret outlives the server, so that a page left open can still be sent."""

    annotator: str
    """Empty: not named yet."""
    secret: str
    is_new: bool
    port: int

    def seal(self, who: str | None = None) -> str:
        """What a form must know that was opened by `who` (if not given, by this annotator)."""
        name = self.annotator if who is None else who
        words = f"a form of {name}".encode("utf-8", "replace")
        return hmac.new(self.secret.encode(), words, hashlib.sha256).hexdigest()

    def must_know(self, said: str, who: str) -> None:
        """Raises: Refused (403) for a form that no page of this browser had, opened by `who`."""
        known = self.seal(who).encode()
        if self.is_new or not hmac.compare_digest(said.encode("utf-8", "replace"), known):
            raise Refused(
                403,
                "This form did not come from a page that this browser opened here",
                hint="Open the page again and repeat. What you typed is kept in your browser.",
            )

    def must_be(self, who: str) -> None:
        """Raises: Refused (409) where the page was opened by `who`, and another is here now."""
        if who == self.annotator:
            return
        now = f"You are {self.annotator}" if self.annotator else "You have no name"
        raise Refused(
            409,
            f"{now} in another tab; this page was opened by {who or 'nobody'}",
            hint=(
                "Nothing was written, and what you typed is not lost. Say who you are by the name "
                "at the top of a page, or open this page again and repeat."
            ),
        )

    def remembered(self, response: Response) -> Response:
        """The response, with the secret where the browser has none yet."""
        if self.is_new:
            keep(response, _SECRET, self.secret, self.port)
        return response

    def named(self, response: Response, name: str) -> Response:
        """The response that gives the browser its annotator's name."""
        keep(response, _NAME, quote(name, safe=""), self.port)
        return self.remembered(response)


def visitor_of(request: Request, fixed: str) -> Visitor:
    """Who asks. Args: `fixed`, the one annotator of this server, or empty."""
    port = port_of(request.scope)
    secret = request.cookies.get(f"{_SECRET}-{port}", "")
    name = fixed or unquote(request.cookies.get(f"{_NAME}-{port}", ""))
    if is_sound(name) is not None:
        name = ""
    if len(secret) < 32:
        return Visitor(name, secrets.token_urlsafe(32), is_new=True, port=port)
    return Visitor(name, secret, is_new=False, port=port)


def is_sound(name: str) -> str | None:
    """Why `name` can be no annotator's; None where it can."""
    if not name.strip():
        return "Please write a name: it is kept with every answer."
    if len(name) > LONGEST_NAME:
        return f"Please write a shorter name, of at most {LONGEST_NAME} characters."
    if not name.isprintable() or name != name.strip():
        return "Please write a name of letters, digits and signs that can be seen."
    return None


def keep(response: Response, name: str, value: str, port: int) -> None:
    """Set a cookie. Cookies know no ports, so their names do: two servers do not mix."""
    response.set_cookie(
        f"{name}-{port}", value, max_age=_A_YEAR_S, path="/", httponly=True, samesite="strict"
    )
