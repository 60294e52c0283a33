"""The checks on what the text says word for word: `exact`, `contains`, `regex`."""

from __future__ import annotations

from rlaif.checks.answer import answered, missing, shown
from rlaif.records.checks import Contains, Exact, Regex
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.patterns import compiled, well_formed
from rlaif.records.subject import Subject


def exact(check: Exact, subject: Subject) -> Verdict | Failure:
    """Yes when the text is `text`, or else the reference, apart from white space at both ends."""
    wanted = check.text if check.text is not None else subject.reference
    if wanted is None:
        return missing("exact", "the sample has no reference")
    same = _folded(subject.final.strip(), check.ignore_case) == _folded(
        wanted.strip(), check.ignore_case
    )
    if same:
        return answered("exact", True, f"the text is {shown(wanted)}")
    return answered("exact", False, f"the text is {shown(subject.final)}, not {shown(wanted)}")


def contains(check: Contains, subject: Subject) -> Verdict | Failure:
    """Yes when all of the texts occur, or with `match: any` one of them."""
    wanted = (check.text,) if isinstance(check.text, str) else check.text
    text = _folded(subject.final, check.ignore_case)
    absent = [w for w in wanted if _folded(w, check.ignore_case) not in text]
    present = [w for w in wanted if w not in absent]
    met = bool(present) if check.match == "any" else not absent
    parts = [
        f"{verb} {', '.join(map(shown, some))}"
        for verb, some in (("contains", present), ("lacks", absent))
        if some
    ]
    return answered("contains", met, "; ".join(parts if met else reversed(parts)))


def regex(check: Regex, subject: Subject) -> Verdict | Failure:
    """Yes when the pattern matches somewhere, or with `whole: true` all of the stripped text."""
    pattern = compiled(well_formed(check.pattern), check.ignore_case)
    text = well_formed(subject.final)
    found = pattern.fullmatch(text.strip()) if check.whole else pattern.search(text)
    if found:
        where = "" if check.whole else f" at character {found.start() + 1}"
        return answered("regex", True, f"the pattern matches {shown(found.group())}{where}")
    whole = "the whole text" if check.whole else "anywhere"
    return answered("regex", False, f"the pattern does not match {whole}")


def _folded(text: str, ignore_case: bool) -> str:
    return text.casefold() if ignore_case else text
