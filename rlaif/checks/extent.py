"""The checks on how much was written: `length` and `finished`.

Words: what stands between white space and holds a letter or digit ("well-known", "don't" and "3.14"
are one each; "-" and "##" are none). In scripts without spaces each Chinese character and each kana
is a word, and every four letters of Thai, Lao, Khmer or Burmese count as one.

Characters: what a reader sees as one, white space within included, at both ends not. Accents,
vowel signs, variation selectors and format characters belong to the character before them, as do a
skin tone, what is joined by U+200D, and the second half of a flag; a line break is one.

Sentences: a sentence ends at . ! ? … (or the marks of other scripts) before white space or the end,
at an empty line, and at a new list item or heading. No end: a dot after one capital ("J. Smith"),
after a usual abbreviation ("Dr.", "e.g.") or after a number that begins a line ("1. "). What holds
no letter or digit is no sentence.
"""

from __future__ import annotations

import re
import unicodedata

from rlaif.checks.answer import answered
from rlaif.records.checks import Finished, Length
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.subject import Subject

_IDEOGRAPHS = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_IDEOGRAPHS += "\U00020000-\U0003ffff"
_KANA = (
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\uff66-\uff6f\uff71-\uff9d"
)
_ONE_EACH = re.compile(f"[{_IDEOGRAPHS}{_KANA}]")
_LETTERS_A_WORD = 4
_OF_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")

_FLAG_PAIR = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_JOINED = re.compile("\u200d[^\\s]")
_PART_OF_ONE = frozenset(("Mn", "Mc", "Me", "Cf"))

_BLOCK_END = re.compile(r"\n(?=[ \t]*(?:\n|[-*+\u2022#>|]|\d{1,3}[.)]\s))")
_SENTENCE_END = re.compile(
    r"[\u3002\uff01\uff1f\uff0e]+[\"'\u201d\u2019)\]\u300d\u300f]*"
    r"|(?<![.!?\u2026\u0964\u061f\u06d4\u1362])[.!?\u2026\u0964\u061f\u06d4\u1362]++"
    r"[\"'\u201d\u2019)\]*_\u00bb]*+(?=\s|\Z)"
)
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "e.g", "i.e", "cf", "al", "fig"}
    | {"eq", "approx", "z.b", "d.h", "bzw", "ca", "p.ex"}
)
_LAST_WORD = re.compile(r"[^\s(\[\"'\u201c]*\Z")


def length(check: Length, subject: Subject) -> Verdict | Failure:
    """Yes when the text has between `min` and `max` of the unit."""
    count = _COUNTS[check.unit](subject.final)
    low = f"at least {check.min}" if check.min is not None else ""
    high = f"at most {check.max}" if check.max is not None else ""
    wanted = " and ".join(filter(None, (low, high)))
    met = (check.min is None or count >= check.min) and (check.max is None or count <= check.max)
    return answered("length", met, f"{count} {check.unit}, wanted {wanted}")


def finished(check: Finished, subject: Subject) -> Verdict | Failure:
    """No when generation ended at its length limit; a sample that says nothing has finished."""
    reason = subject.finish_reason
    if reason == "length":
        return answered(check.check, False, "cut off by its length limit")
    return answered(check.check, True, f"ended by '{reason}'" if reason else "not cut off")


def words(text: str) -> int:
    """How many words, by the rule at the top of this file."""
    single = len(_ONE_EACH.findall(text))
    unspaced = sum(
        -(-sum(map(str.isalnum, run)) // _LETTERS_A_WORD) for run in _OF_UNSPACED.findall(text)
    )
    rest = _OF_UNSPACED.sub(" ", _ONE_EACH.sub(" ", text))
    return single + unspaced + sum(1 for run in rest.split() if any(map(str.isalnum, run)))


def characters(text: str) -> int:
    """How many characters a reader sees, by the rule at the top of this file."""
    text = _FLAG_PAIR.sub("x", _JOINED.sub("", text.strip().replace("\r\n", "\n")))
    return sum(1 for c in text if (c < "\u0300" and c != "\u00ad") or not _belongs_to_the_last(c))


def sentences(text: str) -> int:
    """How many sentences, by the rule at the top of this file."""
    return sum(
        1
        for block in _BLOCK_END.split(text)
        for sentence in _sentences_of(block)
        if any(map(str.isalnum, sentence))
    )


def _belongs_to_the_last(c: str) -> bool:
    return (
        unicodedata.category(c) in _PART_OF_ONE
        or "\U0001f3fb" <= c <= "\U0001f3ff"
        or "\u1160" <= c <= "\u11ff"
    )


def _sentences_of(block: str) -> list[str]:
    pieces, begun = [], 0
    for end in _SENTENCE_END.finditer(block):
        before = block[max(begun, end.start() - 20) : end.start()]
        if end.group() != "." or not _abbreviated(before):
            pieces.append(block[begun : end.end()])
            begun = end.end()
    return [*pieces, block[begun:]]


def _abbreviated(before: str) -> bool:
    """Whether a dot after this text ends no sentence."""
    found = _LAST_WORD.search(before)
    last = found.group().strip("*_") if found else ""
    first_on_line = not before[: -len(last) or None].strip()
    return (
        (len(last) == 1 and last.isalpha() and last.isupper())
        or last.casefold() in _ABBREVIATIONS
        or (last.isdigit() and first_on_line)
    )


_COUNTS = {"words": words, "characters": characters, "sentences": sentences}
