"""One request to one server: sent once, its answer bounded, every fault named."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from rlaif.errors import JudgeUnavailable
from rlaif.judging.http_address import Address, Secret, addresses_of
from rlaif.judging.http_doors import Door, Doors
from rlaif.judging.http_faults import (
    Broken,
    Denied,
    Fell,
    HttpFault,
    Refused,
    TooLate,
    one_line,
)
from rlaif.judging.http_pace import Clock, Pace, retry_after
from rlaif.records.backends import OpenaiJudge

MOST_BYTES = 64 * 2**20
"""Of an answer."""
CONNECT_S = 10.0
"""A server that takes longer to accept a connection is not there."""
_IDLE_S = 4.0
"""Unused connections are closed before servers close theirs, which many do after 5 seconds."""
_WHOLE = 2**19
"""Bodies of more bytes are sent piece by piece."""
_AWAY = (502, 503, 504)
_AGAIN = (408, 409, 425, 429)
_TOLD = 2_000
"""Bytes of a refusal that are looked at."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer with status 200, and who gave it."""

    door: Door
    content: bytes


class Line:
    """Connections to all addresses of a judge. Made and closed in one event loop."""

    def __init__(self, spec: OpenaiJudge, max_outage_s: float | None = None) -> None:
        """Connect to nothing yet; `max_outage_s` in place of the judge file's.

        Raises: JudgeUnavailable where a key cannot go to its address.
        """
        self.deadline_s, self.retries = spec.deadline_s, spec.retries
        outage_s = spec.max_outage_s if max_outage_s is None else max_outage_s
        self.doors = Doors(addresses_of(spec), self._knock, outage_s)
        self._pace = Pace(spec.rate_limit)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def send(self, path: str, body: bytes, home: int, clock: Clock) -> Reply:
        """Post `body` through the door at place `home`, or another one while that is shut.

        Raises: HttpFault; JudgeUnavailable when no door opens in time.
        """
        door = await self.doors.open(home, clock)
        await self._pace.turn(clock)
        return Reply(door, await self.post(door, path, body, clock))

    async def post(self, door: Door, path: str, body: bytes, clock: Clock) -> bytes:
        """Post `body` through `door`; what was answered with status 200. Raises: HttpFault.

        A server that is away shuts its door, and it is knocked at before this returns.
        """
        return await self._through(door, path, body, clock)

    async def get(self, door: Door, path: str, clock: Clock) -> bytes:
        """The same for reading."""
        return await self._through(door, path, None, clock)

    def told(self, text: str) -> str:
        """`text`, which may repeat what a server said, without any key."""
        for door in self.doors.all:
            text = text.replace(door.address.key, "***") if door.address.key else text
        return text

    async def aclose(self) -> None:
        """Close every connection."""
        await self.doors.aclose()
        await self._session.close()

    async def _through(self, door: Door, path: str, body: bytes | None, clock: Clock) -> bytes:
        try:
            status, headers, content = await self._request(door.address, path, body, clock)
            return _judged(status, headers, content)
        except Fell as fault:
            # what the knocking itself asks cannot wait for a knock
            if door.knocking is asyncio.current_task() or await self.doors.fell(door, str(fault)):
                raise
            # it was there all the same: one bad answer of many
            raise Broken(str(fault), "backend", fault.wait_s) from None

    async def _knock(self, address: Address) -> str:
        try:
            status, _, _ = await self._request(address, "/models", None, Clock(CONNECT_S))
        except Fell as fault:
            return str(fault)
        except JudgeUnavailable as fault:
            return str(fault).partition("\n")[0]
        except TooLate:
            return f"it did not answer within {CONNECT_S:g} s"
        except HttpFault:
            return ""
        return f"it answered {status}" if status in _AWAY else ""

    async def _request(
        self, address: Address, path: str, body: bytes | None, clock: Clock
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and content of what was answered.

        Raises: HttpFault; JudgeUnavailable where the server is not who it says.
        """
        left = clock.left()
        answered = False
        try:
            async with self._session.request(
                "GET" if body is None else "POST",
                address.url(path),
                data=body if body is None or len(body) < _WHOLE else io.BytesIO(body),
                headers=address.headers,
                proxy=address.proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=left, sock_connect=CONNECT_S),
            ) as response:
                answered = True
                content = await _content(response)
                if response.status != 200:
                    content = _without(address.key, content)
                return response.status, response.headers, content
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            # errors of aiohttp can hold the request's headers, and with them the key: none is kept
            fault = _fault(error, address, clock, answered=answered)
        raise fault


async def _content(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := await response.content.readany():
        size += len(part)
        if size > MOST_BYTES:
            response.close()
            raise Broken(f"the server answered more than {MOST_BYTES // 2**20} MB")
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _without(key: Secret, content: bytes) -> bytes:
    """Some servers repeat the key that they refuse.

    A good answer stays as it is: a key can be a word that it is made of.
    """
    return content.replace(key.encode(), b"***") if key else content


def _fault(
    error: Exception, address: Address, clock: Clock, *, answered: bool
) -> HttpFault | JudgeUnavailable:
    """What an error of the connection means."""
    plain = error.os_error.strerror if isinstance(error, aiohttp.ClientConnectorError) else ""
    told = one_line(plain or str(error), address.key) or type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return JudgeUnavailable(f"{address.base} cannot be trusted: {told}")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Fell(f"it accepted no connection within {CONNECT_S:g} s", underway=False)
    if isinstance(error, TimeoutError):
        return clock.over()
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError):
        return Fell(told, underway=False)
    if answered or isinstance(error, aiohttp.ClientPayloadError):
        return Broken(f"the answer was cut off: {told}", "parse")
    if isinstance(error, aiohttp.ServerDisconnectedError | OSError):
        return Fell("the connection ended before an answer", underway=True)
    if isinstance(error, aiohttp.ClientResponseError):
        return Broken(f"what the server answered is not HTTP: {told}", "parse")
    return Broken(told)


def _judged(status: int, headers: Mapping[str, str], content: bytes) -> bytes:
    """The content of a good answer. Raises: HttpFault for any other."""
    if status == 200:
        return content
    wait_s = retry_after(headers.get("Retry-After"))
    told = one_line(content)
    said = f"the server answered {status}" + (f": {told}" if told else "")
    if status in _AWAY:
        raise Fell(said, underway=True, wait_s=wait_s)
    if status in (401, 403):
        raise Denied(status, told)
    if 300 <= status < 400:
        raise Refused(status, "a redirect, which is not followed; name the address it leads to")
    if status in _AGAIN or not 400 <= status < 500:
        raise Broken(said, "backend", wait_s)
    raise Refused(status, one_line(content, most=_TOLD))
