"""The HTTP reward server: its routes. What they do is in `desk`; what they take, in the forms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from rlaif import __version__
from rlaif.errors import MissingExtra
from rlaif.lazy import ADAPTERS, load
from rlaif.ports import Rewarding
from rlaif.web.admission import Room
from rlaif.web.described import DESCRIBED, described
from rlaif.web.desk import Desk, Form
from rlaif.web.doors import Doors
from rlaif.web.openrlhf_form import OpenrlhfForm
from rlaif.web.pages import page
from rlaif.web.plain_form import PlainForm
from rlaif.web.reopening import Opening, Reopening
from rlaif.web.replies import Refused, refusal, reply
from rlaif.web.served import Served
from rlaif.web.standing import Standing
from rlaif.web.terms import Terms
from rlaif.web.verify_form import VerifyForm

_BODIES_AT_ONCE = 8
"""So many of the largest bodies are held at once."""


@dataclass(frozen=True, slots=True)
class RewardServer:
    """The application, and what runs beside it."""

    app: Doors
    desk: Desk

    @property
    def standing(self) -> Standing:
        """How it stands."""
        return self.desk.standing


def reward_server(
    rewarding: Rewarding,
    served: Served,
    terms: Terms | None = None,
    note: Callable[[str], None] = lambda _: None,
    opening: Opening | None = None,
) -> RewardServer:
    """The server's application; its judge counts as loading until `standing.loaded` is set.

    Args: `note` takes lines for whoever runs the server; `opening` loads the judge, and is asked
    again once it is gone. Without it the server is ready again when a request was graded.
    """
    terms = terms or Terms()
    most_bytes = int(terms.max_request_mb * 2**20)
    standing = Standing()
    desk = Desk(
        rewarding=rewarding,
        served=served,
        room=Room(terms.max_waiting, _BODIES_AT_ONCE * most_bytes),
        standing=standing,
        deadline_s=terms.deadline_s,
        most_bytes=most_bytes,
        note=note,
        reopening=Reopening(standing, opening, note),
    )
    app = FastAPI(title="rlaif reward server", version=__version__, openapi_url=None, docs_url=None)
    app.add_exception_handler(HTTPException, _no_such_page)
    app.add_exception_handler(Exception, _our_fault)
    _add_forms(app, desk, terms)
    _add_state(app, desk)
    _add_pages(app)
    return RewardServer(Doors(app, terms.token, terms.names), desk)


def _add_forms(app: FastAPI, desk: Desk, terms: Terms) -> None:
    def stand_in(number: int) -> None:
        desk.counts.stand_ins += number
        desk.note(f"openrlhf: {number} got the stand-in {terms.on_failure:g} as reward")

    openrlhf = OpenrlhfForm(
        terms.end_tokens, terms.labels, terms.on_failure, stand_in, terms.needs_tokens
    )
    for path, form in (
        ("/rewards", PlainForm(terms.needs_tokens)),
        ("/openrlhf", openrlhf),
        ("/", openrlhf),
        ("/get_reward", openrlhf),
        ("/verify", VerifyForm(terms.reference_field, terms.needs_tokens)),
    ):
        _add(app, "POST", path, _asked(desk, form))


def _asked(desk: Desk, form: Form) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await desk.answer(request, form)

    return answer


def _add_state(app: FastAPI, desk: Desk) -> None:
    standing = desk.standing

    async def health() -> Response:
        return reply({"status": "alive"})

    async def ready() -> Response:
        return reply({"status": standing.told()}, 200 if standing.ready else 503)

    async def rubric() -> Response:
        return reply(desk.served.told())

    async def metrics() -> Response:
        try:
            exposition = load(ADAPTERS["reward_metrics"])
        except MissingExtra as error:
            return refusal(Refused(501, str(error)))
        about = {"rubric": desk.served.rubric_name, "judge": desk.served.judge}
        text, kind = exposition(desk.counts, desk.room.items, standing.ready, about)
        return Response(text, media_type=kind)

    for path, told in (
        ("/health", health),
        ("/ready", ready),
        ("/rubric", rubric),
        ("/metrics", metrics),
    ):
        _add(app, "GET", path, told)


def _add_pages(app: FastAPI) -> None:
    async def openapi() -> Response:
        return reply(described(__version__))

    async def docs() -> Response:
        return HTMLResponse(
            page(described(__version__)),
            headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
        )

    _add(app, "GET", "/openapi.json", openapi)
    _add(app, "GET", "/docs", docs)


def _add(app: FastAPI, method: str, path: str, answer: Callable[..., Any]) -> None:
    """A route; what it takes and gives is described by hand, as bodies are read by hand."""
    app.add_api_route(
        path,
        answer,
        methods=[method],
        include_in_schema=False,
        response_model=None,
        name=DESCRIBED.get(path, path),
    )


async def _no_such_page(_: Request, error: Exception) -> Response:
    """In the form of all other errors."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    told = "there is nothing here" if status == 404 else "nothing here is asked in that way"
    hint = f"there are: {', '.join(DESCRIBED)}"
    return refusal(Refused(status, told, hint=hint, headers=getattr(error, "headers", None)))


async def _our_fault(_: Request, error: Exception) -> Response:
    return refusal(Refused(500, f"a fault of rlaif itself: {type(error).__name__}"))
