"""Text for a terminal: what others wrote cannot move the cursor, colour, hide or turn round."""

from __future__ import annotations

from itertools import chain

from rich.text import Text

_CONTROLS = chain(range(0x20), range(0x7F, 0xA0))
_LINES = (0x2028, 0x2029)
_DIRECTIONS = chain((0x061C, 0x200E, 0x200F), range(0x202A, 0x202F), range(0x2066, 0x206A))
_IN_A_LINE = {
    code: chr(code).encode("unicode_escape").decode()
    for code in chain(_CONTROLS, _LINES, _DIRECTIONS)
}
_IN_LINES = {code: text for code, text in _IN_A_LINE.items() if chr(code) not in "\n\t"}


def harmless(text: str) -> str:
    r"""Control and direction signs as their escapes, such as `\x1b`; line ends and tabs stay."""
    return text.translate(_IN_LINES)


def in_a_line(text: str) -> str:
    """As `harmless`, for a name or a cell of a table: line ends and tabs are escaped too."""
    return text.translate(_IN_A_LINE)


def cell(text: str) -> Text:
    """Text of others for a table: no markup, no escapes, folded where it is long."""
    return Text(in_a_line(text), overflow="fold")


def count_of(number: int, one: str) -> str:
    """`1 error`, `2 errors`, `1,200 errors`."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
