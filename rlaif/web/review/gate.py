"""The outermost layer: who has the token, and the headers that go with every answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not `no-referrer`: browsers would then send forms with `Origin: null`, which is refused
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
TOKEN_COOKIE = "rlaif-token"  # noqa: S105 - the cookie's name
FREE = ("/enter", "/static/")
"""What is shown without the token: the page that asks for it, and its style."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Passes on to `app` whoever may come in, and sees to the headers of all that is answered."""

    app: ASGIApp
    token: str
    """Empty: nobody needs one."""
    stranger: Callable[[str], Response]
    """The page for who does not know the token, given the path that was asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or ask for the token."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if self.token and not self._is_known(scope):
            await self.stranger(scope["path"])(scope, receive, sealed)
            return
        await self.app(scope, receive, sealed)

    def _is_known(self, scope: Scope) -> bool:
        path = scope["path"]
        if any(path == free or (free.endswith("/") and path.startswith(free)) for free in FREE):
            return True
        try:
            cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
        except CookieError:
            return False
        held = cookies.get(f"{TOKEN_COOKIE}-{port_of(scope)}")
        known = pass_of(self.token).encode()
        return held is not None and hmac.compare_digest(held.value.encode(), known)


def pass_of(token: str) -> str:
    """What a browser holds instead of the token: cookies go to every port of a machine."""
    return hmac.new(token.encode(), b"rlaif review", hashlib.sha256).hexdigest()


def port_of(scope: Scope) -> int:
    """The port that the server listens on. It is in the names of its cookies."""
    server = scope.get("server")
    return server[1] or 0 if server else 0
