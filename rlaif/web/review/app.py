"""The review app: its routes, and what becomes of errors. Each page has its own module."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rlaif.errors import InputError, RlaifError
from rlaif.web.doors import Doors
from rlaif.web.replies import Refused
from rlaif.web.review import acts, adjudication_page, entrance, queue_page, rubric_page, sample_page
from rlaif.web.review.desk import Desk
from rlaif.web.review.files import file_of
from rlaif.web.review.forms import Form, Reader
from rlaif.web.review.gate import Gate, port_of
from rlaif.web.review.visitor import Visitor, visitor_of

MOST_BYTES = 4 * 2**20
"""Of one form."""

Show = Callable[[Desk, Visitor, Request], Response]
Act = Callable[[Desk, Visitor, Request, Form], Response]
Answer = Callable[[Request], Awaitable[Response]]

PAGES: dict[str, Show] = {
    "/": queue_page.queue,
    "/go": queue_page.go_on,
    "/sample/{number}": sample_page.sample,
    "/sample/{number}/text": sample_page.text,
    "/adjudicate": adjudication_page.adjudication,
    "/rubric": rubric_page.rubric,
    "/rubric/again": rubric_page.job,
}
ACTS: dict[str, Act] = {
    "/sample/{number}/criterion": acts.criterion,
    "/sample/{number}/comment": acts.comment,
    "/sample/{number}/rewrite": acts.rewrite,
    "/sample/{number}/changes": acts.preview,
    "/undo": acts.undo,
    "/adjudicate/{number}": adjudication_page.settle,
    "/rubric": rubric_page.save,
    "/rubric/again": rubric_page.again,
}
ON_THE_LOOP: tuple[Act, ...] = (rubric_page.again,)
"""Acts that begin a task of the loop; all others run in threads."""


def review_app(
    desk: Desk,
    token: str = "",
    names: Collection[str] = (),
    most_bytes: int = MOST_BYTES,
    code: str = "",
) -> Gate:
    """The application.

    Args: `token`, what visitors must know; `names`, what a request may call this server; of both
    nothing is asked where they are empty. `code` lets one browser in instead of the token, once.
    """
    app = FastAPI(title="rlaif review", openapi_url=None, docs_url=None, redoc_url=None)
    reader = Reader(most_bytes)
    for path, show in PAGES.items():
        _add(app, "GET", path, _shown(desk, show))
    for path, act in ACTS.items():
        _add(app, "POST", path, _done(desk, reader, act))
    _add_entrance(app, desk, reader, entrance.Key(token, code))
    for kind in (HTTPException, Refused, RlaifError, Exception):
        app.add_exception_handler(kind, partial(_trouble, desk))
    refuse = partial(_refused, desk)
    return Gate(Doors(app, names=names, refuse=refuse), token, partial(_stranger, desk))


def _add(app: FastAPI, method: str, path: str, answer: Answer) -> None:
    app.add_api_route(path, answer, methods=[method], response_model=None)


def _shown(desk: Desk, show: Show) -> Answer:
    """A page for whoever has a name; the others are asked for it."""

    async def answer(request: Request) -> Response:
        visitor = visitor_of(request, desk.annotator)
        if not visitor.annotator:
            return entrance.to_hello(request)
        # beside the loop: what is long for one must not stop the others
        return await asyncio.to_thread(show, desk, visitor, request)

    return answer


def _done(desk: Desk, reader: Reader, act: Act) -> Answer:
    """An act of whoever has a name, by a form of one of our pages."""

    async def answer(request: Request) -> Response:
        visitor = visitor_of(request, desk.annotator)
        form = request.state.form = await reader.form_of(request)
        visitor.must_know(form.text("secret"), form.text("who"))
        visitor.must_be(form.text("who"))
        if not visitor.annotator:
            return entrance.to_hello(request)
        if act in ON_THE_LOOP:
            return act(desk, visitor, request, form)
        return await asyncio.to_thread(act, desk, visitor, request, form)

    return answer


def _add_entrance(app: FastAPI, desk: Desk, reader: Reader, key: entrance.Key) -> None:
    async def hello(request: Request) -> Response:
        return entrance.hello(desk, visitor_of(request, desk.annotator), request)

    async def be_named(request: Request) -> Response:
        visitor = visitor_of(request, desk.annotator)
        form = await reader.form_of(request)
        visitor.must_know(form.text("secret"), form.text("who"))
        return entrance.be_named(desk, visitor, request, form)

    async def enter(request: Request) -> Response:
        asked, port = request.query_params, port_of(request.scope)
        if "code" in asked:
            return entrance.enter_once(desk, key, asked["code"], port)
        return entrance.enter(desk, key, asked.get("token", ""), port)

    async def enter_by_form(request: Request) -> Response:
        form = await reader.form_of(request)
        return entrance.enter(desk, key, form.text("token"), port_of(request.scope))

    async def static(request: Request) -> Response:
        return file_of(request.path_params["name"])

    _add(app, "GET", "/hello", hello)
    _add(app, "POST", "/hello", be_named)
    _add(app, "GET", "/enter", enter)
    _add(app, "POST", "/enter", enter_by_form)
    _add(app, "GET", "/static/{name}", static)


def _stranger(desk: Desk, path: str) -> Response:
    return desk.html("enter", 401, trouble="", after=entrance.place_after(path))


def _refused(desk: Desk, refused: Refused) -> Response:
    told = {"message": refused.message, "hint": refused.hint}
    return desk.html("trouble", refused.status, typed=[], **told)


async def _trouble(desk: Desk, request: Request, error: Exception) -> Response:
    """A calm page, or a calm line where htmx asked."""
    status, message, hint = _told(error)
    if status == 500:
        desk.note(f"{request.method} {request.url.path}: {type(error).__name__}: {error}")
    told = {"message": message, "hint": hint}
    if acts.is_part(request):
        response = desk.html("trouble_line", status, **told)
        # not into the form: what is typed there stays
        response.headers.update({"HX-Retarget": "#trouble", "HX-Reswap": "innerHTML"})
        return response
    form: Form | None = getattr(request.state, "form", None)
    return desk.html("trouble", status, typed=form.typed if form else [], **told)


def _told(error: Exception) -> tuple[int, str, str]:
    """Status, message and hint."""
    if isinstance(error, Refused):
        if error.status == 413:
            return 413, "That is too long to be sent", "What you typed is kept in your browser."
        return error.status, error.message, error.hint
    if isinstance(error, HTTPException):
        missing = error.status_code == 404
        told = "There is nothing here" if missing else "Nothing here is asked in that way"
        return error.status_code, told, "Go back to the queue."
    if isinstance(error, InputError | RlaifError):
        message, _, hint = str(error).partition("\n  hint: ")
        return 400 if isinstance(error, InputError) else 503, message, hint
    told = f"A fault of rlaif itself: {type(error).__name__}"
    return 500, told, "What was saved before is kept. What you typed is kept in your browser."
