r"""Which letter of a multiple-choice question a text chooses.

What is looked at, the first that is there deciding, and of several the last:
1. the whole text is the letter: "B", "(b)", "**B**", "B.";
2. it is stated: "The answer is (B).", "Answer: B) Paris", "\boxed{B}", "I choose B", "Therefore,
   the best of them is B", and the first two in other languages;
3. it stands on a line of its own, or at its head as an option does: "B) Paris", "(B) Paris";
4. it stands in brackets or bold: "so (B) it is";
5. it stands alone as a capital: "It must be B".

"A" and "I" before a lower-case word are an article and a pronoun unless brackets or bold mark them.
Several letters stated at once ("A or B", "A, C") are no choice, and a letter after "not" is none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

LOOK_BACK = 100_000
"""Characters from the end in which a choice is looked for."""

_STATES = (
    r"(?:answers?|options?|choices?|choose|chose|pick|select(?:ed)?|go with|conclusion|guess"
    r"|antwort|l[\u00f6o]sung|r[\u00e9e]ponse|respuesta|risposta|resposta|\u043e\u0442\u0432\u0435\u0442"
    r"|\u7b54\u6848|\u9009\u62e9|\u9009|\u6b63\u89e3|\u7b54\u3048|\uc815\ub2f5|\ub2f5)"
)
_LINK = (
    r"(?:\s*(?:is|are|was|appears|seems|to|would be|must be|should be|would|be|ist|lautet"
    r"|est|es|\u00e8|\u00e9|the|option|choice|letter|correct|final|answer"
    r"|most likely|likely|definitely|clearly|therefore)\b"
    r"|\s*[\u662f\u4e3a\u306f\uc740\ub294]|\s*[:=\uff1a\-\u2013]|\s*[*_$\"'`(\[{\u201c]|\s*\\(?:text|mathrm|mathbf|boxed)\{?)"
)
_CONCLUDES = r"\b(?:[Tt]herefore|[Tt]hus|[Hh]ence|[Ss]o),?\s[^.\n]{0,160}\b(?:is|be)\s\(?"
_CHOSEN = (
    r"(?i:\b(?:I|we)(?:'d|'ll| would| will| have)?"
    r" (?:choose|chose|pick|picked|select|selected|go with)) "
)
_OPENING = r"[*_$\"'`(\[{\u201c\uff08]"
_AFTER = r"(?:because|since|as|and|or|for|but|which|based|given|due|with|in|where|is|from|by)\b"


class _Rules(NamedTuple):
    alone: re.Pattern[str]
    stated: re.Pattern[str]
    headed: re.Pattern[str]
    marked: re.Pattern[str]
    capital: re.Pattern[str]
    more: re.Pattern[str]


@lru_cache(maxsize=32)
def _rules(options: str) -> _Rules:
    one = f"[{options}]"
    both = f"[{options}{options.lower()}]"
    end = r"(?![\w'\u2019])"
    return _Rules(
        alone=re.compile(rf"[\W_]{{0,20}}(?:\\(?:boxed|text)\{{)*({both})[\W_]{{0,20}}\Z"),
        stated=re.compile(
            rf"(?:(?i:(?<![^\W_]){_STATES}){_LINK}{{1,6}}\s*|{_CONCLUDES}|{_CHOSEN}|\\boxed\{{(?:\\\w+\{{)?\s*\(?)"
            rf"(?:({one})|(?<=[(\[{{])({both})(?=[)\]}}])|(?<=[:=]\s)({both})(?=\.?\s*(?:\n|\Z))){end}"
        ),
        headed=re.compile(
            rf"^[ \t>*_#-]*\(?(?:({both})[*_]*\)[*_]*\s"
            rf"|({one})(?:[*_]*\)?[*_]*[ \t]*$|[*_]*[.:\uff09\uff1a][*_]*\s))",
            re.MULTILINE,
        ),
        marked=re.compile(
            rf"(?:[(\[]\s?({both})\s?[)\]]|\*\*\s?\(?({one})[).:]?\s?\*\*|__({one})__)"
        ),
        capital=re.compile(rf"(?<![\w'\u2019.-])({one}){end}(?!\.\w)"),
        more=re.compile(
            rf"[)\]*_}}.]*\s*(?:,|/|&|\bor\b|\band\b|\bund\b|\boder\b)\s*{_OPENING}*({one}){end}"
        ),
    )


def chosen(text: str, options: str) -> str | None:
    """The letter that the text chooses, out of `options` (capitals); None where it chooses none."""
    rules = _rules(options)
    text = text[-LOOK_BACK:].strip()
    if len(text) <= 60 and (alone := rules.alone.match(text)):
        return alone[1].upper()
    for rule in (rules.stated, rules.headed, rules.marked, rules.capital):
        found = [m for m in rule.finditer(text) if not _is_word(m, text)]
        if found:
            return _single(found[-1], text, rules)
    return None


def _single(found: re.Match[str], text: str, rules: _Rules) -> str | None:
    """The letter, unless others are stated with it."""
    letter = _letter(found)
    other = rules.more.match(text, found.end(found.lastindex or 0))
    article = (
        other and other[1] in "AI" and re.match(r"\s+[a-z]", text[other.end() : other.end() + 3])
    )
    return None if other and not article and other[1] != letter else letter


def _letter(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group).upper()


def _is_word(found: re.Match[str], text: str) -> bool:
    """Whether the letter is an article or a pronoun, or is denied."""
    first, past = found.span(found.lastindex or 0)
    if re.search(r"\b(?:not|isn't|nor|never)\s+[(\[*]*\Z", text[max(0, first - 12) : first]):
        return True
    if text[first:past] not in ("A", "I") or re.match(r"[)\]*_}.:]", text[past : past + 1]):
        return False
    following = re.match(r"\s+(?=[a-z])", text[past : past + 20])
    if not following:
        return False
    return re.match(_AFTER, text[past + following.end() : past + 30]) is None
