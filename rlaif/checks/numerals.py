r"""Numbers in text: where they stand, and their exact value.

Read as one number: 1,000 and 1,00,000 (groups set off by commas; also 1{,}000 and a narrow space),
.5, 1e3, 3 x 10^5 (with x, \times, \cdot or their signs), 2^10, 1/2, 1 1/2, \frac{1}{2}, any
script's digits, a sign before the digits or the currency. A percent sign, a unit and a currency do
not change the value: 5% is 5.
A comma is never a decimal mark: "1.000,5" ends in 5. A hyphen after a digit, a letter or a closing
bracket is no sign ("5-7", "x-3"); of a date or a time each part is a number. Digits that belong to
a name (H2O, x2, x_1, m^2) are no number, but those after a currency's letters (USD18) are. What
stands in a calculator's marks `<<16-3=13>>` is not looked at. Words ("eighteen", "million"), roots
and constants are not read.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

LOOK_BACK = 1_000_000
"""Characters from the end in which a last number is looked for."""

_MOST_DIGITS = 400
_LARGEST_EXPONENT = 400

_ANNOTATION = re.compile(r"<<[^<>\n]*>>")
_FRACTION = re.compile(
    r"\\[dtc]?frac\s?(?:\{\s?(-?[\d,.]{1,400})\s?\}|(\d))\s?(?:\{\s?(\d{1,400})\s?\}|(\d))"
)
_DATE = re.compile(r"(?<!\d)(\d{1,4})/(\d{1,4})/(?=\d)")
_GROUP_MARK = re.compile(r"(?<=\d)(?:\{,\}|\\,|\\!|[\u00a0\u2009\u202f\u066c])(?=\d{3}(?!\d))")
_MARKS = str.maketrans(
    {
        "\u2212": "-", "\ufe63": "-", "\uff0d": "-", "\u2013": "-", "\u2010": "-", "\u2011": "-",
        "\uff0b": "+", "\uff0c": ",", "\uff0e": ".", "\u066b": ".", "\uff05": "%", "\u2044": "/",
        "\u00bd": " 1/2", "\u2153": " 1/3", "\u2154": " 2/3", "\u00bc": " 1/4", "\u00be": " 3/4",
        "\u2155": " 1/5", "\u2156": " 2/5", "\u2157": " 3/5", "\u2158": " 4/5", "\u215b": " 1/8",
        "\u215c": " 3/8", "\u215d": " 5/8", "\u215e": " 7/8",
    }
)  # fmt: skip

_NUMBER = re.compile(
    r"""
    (?P<whole> \d{1,3}(?:,\d{2,3}){0,40},\d{3}(?!\d) | \d++ | (?<![\w.])(?=\.\d) )
    (?P<decimals> \.\d++ )?
    (?: (?P<mixed>\ \d++/\d++)(?![\d/])
      | /(?P<below>\d++)(?![/\d])
      | [eE](?P<e>[-+]?\d++)
      | (?:\s?(?:\\times|\\cdot|[*x\u00d7\u00b7])\s?10(?:\^|\*\*)\{?(?P<ten>[-+]?\d++)\}?)
      | (?:\^|\*\*)\{?(?P<power>-?\d++)\}?
    )?
    """,
    re.VERBOSE,
)
_SIGN = re.compile(r"(?P<before>[^-]?)(?P<sign>[-+])(?:\\?[$\u00a3\u20ac\u00a5])?\Z", re.DOTALL)
_CURRENCY = re.compile(r"(?<![A-Za-z])(?:USD|EUR|GBP|JPY|CNY|INR|CAD|AUD|CHF|RMB|US|Rs|RM|R|kr)\Z")


class Numeral(NamedTuple):
    """A number as it stands in a text, and its value; None for 1/0 and what is too large."""

    text: str
    value: Fraction | None


def last_number(text: str) -> Numeral | None:
    """The last number of the text's last million characters; None when there is none."""
    plain = _plain(text[-LOOK_BACK:])
    for found in reversed(list(_NUMBER.finditer(plain))):
        if not _is_name(plain, found.start()):
            negative = _is_negative(plain, found.start())
            value = _value(found)
            signed = -value if negative and value is not None else value
            return Numeral(("-" if negative else "") + found.group(), signed)
    return None


def _plain(text: str) -> str:
    """The text with annotations gone, and every mark and fraction in its plain form."""
    text = _ANNOTATION.sub(" ", text).translate(_MARKS)
    text = _DATE.sub(r"\1 \2 ", _FRACTION.sub(_written_fraction, text))
    return _GROUP_MARK.sub(",", text)


def _written_fraction(found: re.Match[str]) -> str:
    above, below = found[1] or found[2], found[3] or found[4]
    mixed = " " if found.start() and found.string[found.start() - 1].isdigit() else ""
    return f"{mixed}{above}/{below} "


def _is_name(text: str, start: int) -> bool:
    """Whether the digits belong to a word, an index or an exponent just before them."""
    before = text[max(0, start - 12) : start]
    if before.endswith(("^", "^{", "_{")) or (before.endswith("_") and before[-2:-1].isalnum()):
        return True
    last = before[-1:]
    latin_or_greek = last.isalpha() and last < "\u0400"
    return latin_or_greek and not _CURRENCY.search(before)


def _is_negative(text: str, start: int) -> bool:
    """Whether a minus sign stands before the digits, or before their currency."""
    found = _SIGN.search(text[max(0, start - 4) : start])
    if not found or found["sign"] == "+":
        return False
    before = found["before"]
    return not (before.isalnum() or before in (")", "]", "}", "-")) or not before


def _value(found: re.Match[str]) -> Fraction | None:
    whole = (found["whole"] or "0").replace(",", "")
    base = _decimal(whole, found["decimals"] or "")
    if base is None:
        return None
    if found["mixed"]:
        return _mixed(base, *found["mixed"].split("/"))
    if found["below"]:
        below = _decimal(found["below"], "")
        return base / below if below else None
    if found["power"]:
        return _power(base, found["power"])
    exponent = found["e"] or found["ten"]
    ten = _power(Fraction(10), exponent) if exponent else Fraction(1)
    return base * ten if ten is not None else None


def _decimal(whole: str, decimals: str) -> Fraction | None:
    if len(whole) > _MOST_DIGITS or len(decimals) > _MOST_DIGITS:
        return None
    return Fraction(int(whole)) + (Fraction(decimals) if decimals else 0)


def _mixed(base: Fraction, above: str, below: str) -> Fraction | None:
    over, under = _decimal(above.strip(), ""), _decimal(below, "")
    return base + over / under if over is not None and under else None


def _power(base: Fraction, exponent: str) -> Fraction | None:
    if len(exponent) > 4 or abs(int(exponent)) > _LARGEST_EXPONENT:
        return None
    power = int(exponent)
    large = base.numerator.bit_length() + base.denominator.bit_length() > 64
    return None if large or (power < 0 and not base) else base**power
