"""What a form of a page brings, read by hand: few fields, of a bounded size."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from rlaif.web.admission import Room
from rlaif.web.bodies import body_of
from rlaif.web.replies import Refused

LONGEST_COMMENT = 20_000
"""Characters; the fields of the pages take no more."""
_MOST_FIELDS = 20
_AT_ONCE = 8
"""So many of the largest bodies are held at once."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one form."""

    fields: dict[str, str]

    def text(self, name: str) -> str:
        """A field's text, its lines ended by newlines alone; empty where it is not there."""
        return self.fields.get(name, "").replace("\r\n", "\n").replace("\r", "\n")

    def comment(self, name: str) -> str:
        """A comment. Raises: Refused (422) where it is too long, before anything is written."""
        text = self.text(name)
        if len(text) > LONGEST_COMMENT:
            raise Refused(
                422,
                f"The comment has {len(text):,} characters, and {LONGEST_COMMENT:,} are the most",
                hint="Nothing was written, no answer either. Shorten it, and send it again.",
            )
        return text

    @property
    def typed(self) -> list[str]:
        """What a person wrote in it, to be given back where it could not be kept."""
        return [text for name in ("comment", "text") if (text := self.text(name)).strip()]

    def number(self, name: str) -> int:
        """Raises: Refused (400) where it is none."""
        text = self.fields.get(name, "")
        if not text.isdecimal() or len(text) > 12:
            raise Refused(400, f"The form has no whole number as '{name}'", hint="Open it again.")
        return int(text)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads forms."""

    most_bytes: int
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        """Keep room for several."""
        object.__setattr__(self, "room", Room(1, _AT_ONCE * self.most_bytes))

    async def form_of(self, request: Request) -> Form:
        """The form of a request. Raises: Refused with what is wrong."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise Refused(415, "This is not a form as the pages here send it")
        async with body_of(request, self.most_bytes, self.room) as body:
            try:
                pairs = parse_qsl(
                    body.decode("ascii"),
                    keep_blank_values=True,
                    max_num_fields=_MOST_FIELDS,
                    errors="strict",
                )
            except ValueError:  # also what is no ASCII or no UTF-8
                raise Refused(400, "The form cannot be read") from None
        return Form(dict(pairs))
