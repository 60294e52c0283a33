"""What an annotator does to a sample. Each act is on disk before it is answered."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rlaif.errors import InputError, StaleReview
from rlaif.records.review import ReviewCriterion, ReviewItem
from rlaif.web.replies import Refused
from rlaif.web.review.cards import NOTHING, Trouble, card_of, label_of, words_of
from rlaif.web.review.changes import changes
from rlaif.web.review.desk import Desk, agreement
from rlaif.web.review.forms import Form
from rlaif.web.review.sample_page import MOST_EDITED, number_of, rewriting, sample_page
from rlaif.web.review.texts import written_out
from rlaif.web.review.visitor import Visitor

_STALE = "This was changed in another tab meanwhile. Nothing was written; see both below."
_HALF = (
    "The comment is saved. The answer was changed in another tab meanwhile, and is not taken back."
)


def is_part(request: Request) -> bool:
    """Whether htmx asks, for a part of the page."""
    return request.headers.get("hx-request") == "true"


def criterion(desk: Desk, visitor: Visitor, request: Request, form: Form) -> Response:
    """Answer a criterion, or take the answer back; and its comment, where that was changed."""
    number, name, answer = number_of(request), form.text("criterion"), form.fields.get("answer")
    trouble = None
    told = "Saved."
    try:
        told = _write(desk, visitor, number, name, answer, form)
    except StaleReview as stale:
        why = _HALF if isinstance(stale, _HalfStaleError) else _STALE
        trouble = Trouble(name, why, form.text("comment"), words_of(answer) if answer else "")
    if not is_part(request):
        if trouble:
            return sample_page(desk, visitor, number, 409, trouble)
        return RedirectResponse(
            f"/sample/{number + 1}#{_next_card(desk, visitor, number, name)}", 303
        )
    found = desk.reviewing.item(number, visitor.annotator)
    place, said = _said(found, name)
    return _part(
        desk, visitor, found, "card_after", trouble, told, card=card_of(place, said, trouble)
    )


def _write(
    desk: Desk, visitor: Visitor, number: int, name: str, answer: str | None, form: Form
) -> str:
    """What was written, in words: an answer and its comment both, or neither.

    Raises: StaleReview; Refused (422) for a comment that is too long.
    """
    revision, who, reviewing = form.number("revision"), visitor.annotator, desk.reviewing
    typed = form.comment("comment")
    comment = None if typed.strip() == form.text("comment_was").strip() else typed
    told = [] if comment is None else ["the comment"]
    if answer is not None and answer != NOTHING:
        reviewing.answer(number, who, name, label_of(answer), revision, comment)
        return f"Saved: {', '.join([words_of(answer), *told])}."
    if comment is not None:
        reviewing.comment(number, who, comment, revision, name)
    if answer == NOTHING:
        try:
            reviewing.take_back(number, who, name, revision)
        except StaleReview as stale:
            raise (_HalfStaleError(str(stale)) if told else stale) from None
        told.insert(0, "the answer is taken back")
    return f"Saved: {', '.join(told)}." if told else "Nothing was changed."


class _HalfStaleError(StaleReview):
    """The comment was written, and the answer was not taken back."""


def _said(found: ReviewItem, name: str) -> tuple[int, ReviewCriterion]:
    for place, said in enumerate(found.criteria):
        if said.id == name:
            return place, said
    raise InputError(f"this sample has no criterion '{name}'")


def _next_card(desk: Desk, visitor: Visitor, number: int, name: str) -> str:
    """Where the page goes on when it is loaded anew."""
    found = desk.reviewing.item(number, visitor.annotator)
    place, _ = _said(found, name)
    return f"c{place + 1}" if place + 1 < len(found.criteria) else "onward"


def comment(desk: Desk, visitor: Visitor, request: Request, form: Form) -> Response:
    """Comment on the whole."""
    number, text = number_of(request), form.comment("text")
    trouble = None
    try:
        desk.reviewing.comment(number, visitor.annotator, text, form.number("revision"))
    except StaleReview:
        trouble = Trouble("*comment", _STALE, text)
    if is_part(request):
        found = desk.reviewing.item(number, visitor.annotator)
        return _part(desk, visitor, found, "comment_after", trouble, "Saved: the comment.")
    return _whole(desk, visitor, number, trouble, "comment")


def rewrite(desk: Desk, visitor: Visitor, request: Request, form: Form) -> Response:
    """Rewrite the completion, or take that back."""
    number, text = number_of(request), form.text("text")
    trouble = None
    original = written_out(desk.reviewing.item(number, visitor.annotator).sample.completion)
    lines = original.replace("\r\n", "\n").replace("\r", "\n")
    dropped = form.text("act") == "drop" or text == lines
    if not dropped:
        _refuse_endless(text)
    try:
        desk.reviewing.rewrite(
            number, visitor.annotator, None if dropped else text, form.number("revision")
        )
    except StaleReview:
        trouble = Trouble("*rewrite", _STALE, text)
    told = "The original stands again." if dropped else "Saved: the completion as you wrote it."
    if is_part(request):
        found = desk.reviewing.item(number, visitor.annotator)
        values = rewriting(found, trouble)
        return _part(desk, visitor, found, "rewrite_after", trouble, told, **values)
    return _whole(desk, visitor, number, trouble, "rewrite")


def _refuse_endless(text: str) -> None:
    """Raises: Refused (422) for a rewrite that no page could show again."""
    if len(text) > MOST_EDITED:
        raise Refused(
            422,
            f"The rewrite has {len(text):,} characters, and {MOST_EDITED:,} are the most",
            hint="Nothing was written. Shorten it, and send it again.",
        )


def preview(desk: Desk, visitor: Visitor, request: Request, form: Form) -> Response:
    """What a rewrite changes, while it is typed; nothing is written."""
    _refuse_endless(form.text("text"))
    found = desk.reviewing.item(number_of(request), visitor.annotator)
    original = written_out(found.sample.completion)
    return desk.show(visitor, "changes", made=changes(original, form.text("text")))


def undo(desk: Desk, visitor: Visitor, request: Request, _: Form) -> Response:
    """Take back what was done last, and show where."""
    done = desk.reviewing.undo(visitor.annotator)
    if done is None:
        desk.tell_next(visitor, "There is nothing to take back.")
        back = request.headers.get("referer", "")
        path = "/" + back.partition("://")[2].partition("/")[2].partition("?")[0]
        return RedirectResponse(path if path.startswith("/sample/") else "/", 303)
    desk.tell_next(visitor, f"Taken back: {done.told}")
    return RedirectResponse(f"/sample/{done.number + 1}", 303)


def _whole(
    desk: Desk, visitor: Visitor, number: int, trouble: Trouble | None, place: str
) -> Response:
    if trouble:
        return sample_page(desk, visitor, number, 409, trouble)
    return RedirectResponse(f"/sample/{number + 1}#{place}", 303)


def _part(
    desk: Desk,
    visitor: Visitor,
    found: ReviewItem,
    template: str,
    trouble: Trouble | None,
    told: str,
    **values: object,
) -> Response:
    """A part of the page, and what else on it has changed by the act."""
    progress = desk.reviewing.progress(visitor.annotator)
    return desk.show(
        visitor,
        template,
        409 if trouble else 200,
        item=found,
        trouble=trouble,
        told=trouble.told if trouble else told,
        progress=progress,
        agreement=agreement(progress),
        following=desk.reviewing.after(found.number, visitor.annotator),
        **values,
    )
