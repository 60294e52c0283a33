"""How one comes in: the token, where there is one, and the annotator's name."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rlaif.web.review.desk import Desk
from rlaif.web.review.forms import Form
from rlaif.web.review.gate import TOKEN_COOKIE, pass_of
from rlaif.web.review.visitor import Visitor, is_sound, keep

_CODE_S = 120
"""So long the browser that was opened for a person has to come."""


@dataclass(slots=True)
class Key:
    """What lets a browser in."""

    token: str
    """Empty: nobody needs one."""
    code: str = ""
    """Does so once. A browser's address can be read by others on its machine; this soon opens
    nothing any more."""
    made: float = field(default_factory=time.monotonic)

    def fits(self, code: str) -> bool:
        """Whether this is the code, not used and not too old; from now on it is used."""
        known, young = self.code, time.monotonic() - self.made < _CODE_S
        if not known or not hmac.compare_digest(code.encode(), known.encode()):
            return False
        self.code = ""
        return young


def place_after(stated: str) -> str:
    """Where to go then: a page of ours, whatever was asked for."""
    sound = stated.startswith("/") and not stated.startswith(("//", "/\\")) and stated.isprintable()
    return stated if sound else "/"


def hello(desk: Desk, visitor: Visitor, request: Request) -> Response:
    """The page that asks for the annotator's name."""
    after = place_after(request.query_params.get("then", "/"))
    return desk.show(visitor, "hello", after=after, trouble="", name=visitor.annotator)


def be_named(desk: Desk, visitor: Visitor, _: Request, form: Form) -> Response:
    """Keep the name in the browser."""
    name, after = form.text("name").strip(), place_after(form.text("then"))
    trouble = is_sound(name)
    if trouble is not None:
        return desk.show(visitor, "hello", 422, after=after, trouble=trouble, name=name)
    return visitor.named(RedirectResponse(after, 303), name)


def to_hello(request: Request) -> Response:
    """To the page that asks for a name, and back."""
    path = request.url.path if request.method == "GET" else "/"
    return RedirectResponse(f"/hello?then={quote(path)}", 303)


def enter(desk: Desk, key: Key, said: str, port: int) -> Response:
    """Let in who knows the token. The page leads on by itself.

    A redirect would not do: on the way from another site a browser keeps strict cookies back.
    """
    if not key.token:
        return RedirectResponse("/", 303)
    if not said:
        return desk.html("enter", 401, trouble="", after="/")
    if not hmac.compare_digest(said.strip().encode(), key.token.encode()):
        return desk.html("enter", 401, trouble="That is not the token.", after="/")
    return _entered(desk, key, port)


def enter_once(desk: Desk, key: Key, code: str, port: int) -> Response:
    """Let in the browser that was opened with the code."""
    if not key.token:
        return RedirectResponse("/", 303)
    if not key.fits(code):
        trouble = "This address has been used, or is too old."
        return desk.html("enter", 401, trouble=trouble, after="/")
    return _entered(desk, key, port)


def _entered(desk: Desk, key: Key, port: int) -> Response:
    response = desk.html("entered")
    keep(response, TOKEN_COOKIE, pass_of(key.token), port)
    return response
