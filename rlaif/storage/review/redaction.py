"""Names and addresses hidden in a text that is shown: patterns, titles, and a list of names.

What it finds: e-mail addresses; telephone numbers of seven digits or more that are grouped or begin
with + or 0; IBANs and card numbers whose check digits are right; user names in URLs; street
addresses of common forms in English, German and French; words after Dr., Mr., Ms., Frau and the
like; and every name of a list. What it cannot find: a name that stands without a title and is in no
list, a nickname, an address in words, a date of birth, and who somebody is by what they did. It is
a help against seeing names by accident, and no anonymisation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from rlaif.errors import InputError

_NAME = r"[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:['\u2019-][^\W\d_]+)*"
_TITLES = (
    r"Dr|Prof|Mr|Mrs|Ms|Miss|Mx|Sir|Rev|Herrn?|Frau|Fräulein|Mme|Mlle|M(?=\.)|Sr|Sra|Srta|Don|Doña"
)
_STREETS = r"Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Boulevard|Blvd|Court|Ct|Square|Terrace|Way"

_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")
_EMAIL = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_URL_USER = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]{0,20}://)[^\s/@]{1,200}@")
_PHONE = re.compile(
    r"(?<![\w.,+])(?:\+\d{1,3}[ ./-]?|\(?0)\(?\d{1,5}\)?(?:[ ./-]{0,2}\d{2,5}){1,5}(?![\w])"
    r"|(?<![\w.,+])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w])"
)
_STREET = re.compile(
    rf"\b\d{{1,5}}[a-zA-Z]?,? (?:{_NAME} ){{1,4}}(?:{_STREETS})\b\.?"
    r"|\b[^\W\d_]{2,40}(?:straße|strasse|str\.|weg|gasse|platz|allee) ?\d{1,4}[a-z]?\b"
    rf"|\b\d{{1,4}},? (?:rue|avenue|boulevard|place) (?:[^\W\d_]{{1,20}} ){{0,4}}{_NAME}"
)
_TITLED = re.compile(rf"\b((?:{_TITLES})\.?(?: (?:{_TITLES})\.)? )({_NAME}(?: {_NAME}){{0,2}})")
_DIGITS = 7
_LONGEST_FILE = 2**22


class Redactor:
    """Hides the same thing behind the same mark within one item: `[name 1]`, `[email 2]`."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        """Args: `names`, each hidden wherever it stands as words of its own, in any case."""
        listed = sorted({name for name in names if name.strip()}, key=len, reverse=True)
        every = "|".join(r"\s+".join(map(re.escape, name.split())) for name in listed)
        self._listed = re.compile(rf"(?<!\w)(?:{every})(?!\w)", re.IGNORECASE) if every else None

    def item(self) -> Marks:
        """For the texts of one item, whose marks are numbered together."""
        return Marks(self._listed)


class Marks:
    """Hides names and addresses in texts that are shown together."""

    def __init__(self, listed: re.Pattern[str] | None) -> None:
        """Args: the pattern of the names that were listed."""
        self._listed = listed
        self._known: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def text(self, text: str) -> str:
        """`text` with marks in place of what it finds."""
        if not text:
            return text
        text = _URL_USER.sub(lambda m: f"{m[1]}{self._mark('user', m[0])}@", text)
        text = _EMAIL.sub(self._by("email"), text)
        text = _IBAN.sub(self._by("account", _is_iban), text)
        text = _CARD.sub(self._by("card", _is_card), text)
        text = _PHONE.sub(self._by("phone", _is_phone), text)
        text = _STREET.sub(self._by("address"), text)
        if self._listed is not None:
            text = self._listed.sub(self._by("name"), text)
        return _TITLED.sub(lambda m: m[1] + self._mark("name", m[2]), text)

    def _by(
        self, kind: str, holds: Callable[[str], bool] = lambda _: True
    ) -> Callable[[re.Match[str]], str]:
        return lambda m: self._mark(kind, m[0]) if holds(m[0]) else m[0]

    def _mark(self, kind: str, found: str) -> str:
        key = (kind, " ".join(found.casefold().split()))
        if key not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[key] = f"[{kind} {self._counts[kind]}]"
        return self._known[key]


def read_names(path: Path) -> list[str]:
    """Names, one a line; blank lines and those that begin with # are none. Raises: InputError."""
    try:
        if path.stat().st_size > _LONGEST_FILE:
            raise InputError(f"{path}: a list of names has at most 4 MiB")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text") from error
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _is_phone(found: str) -> bool:
    return sum(sign.isdigit() for sign in found) >= _DIGITS


def _is_card(found: str) -> bool:
    """By the check digit of Luhn."""
    digits = [int(sign) for sign in reversed(found) if sign.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) if i % 2 else d for i, d in enumerate(digits)]
    return sum(doubled) % 10 == 0


def _is_iban(found: str) -> bool:
    """By ISO 7064: the number, its first four signs put last, leaves 1 over by 97."""
    plain = found.replace(" ", "")
    digits = "".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(digits) % 97 == 1
