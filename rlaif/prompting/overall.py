"""One question in place of many: how good a completion is on the whole, by all the criteria."""

from __future__ import annotations

from collections.abc import Sequence

from rlaif.prompting.question import answers_of
from rlaif.prompting.template import JudgeTemplate, Piece, Slot, filled
from rlaif.records.criterion import Judged

Point = tuple[bool, bool, bool]
"""Of one criterion: whether it has guidance, names its best answer, and is a fault."""


def overall_text(template: JudgeTemplate, criteria: Sequence[tuple[Judged, float]]) -> str:
    """The text that lists `criteria`, each with its weight, as block `holistic` words it.

    Raises: FileProblems where the template lacks the block or cannot show the criteria.
    """
    slots, points = {}, []
    for place, (criterion, weight) in enumerate(criteria):
        best = _best(criterion)
        slots[f"ask{place}"], slots[f"guidance{place}"] = criterion.ask, criterion.guidance
        slots[f"best{place}"], slots[f"weight{place}"] = best, f"{abs(weight):g}"
        points.append((bool(criterion.guidance), bool(best), weight < 0))
    return filled(overall_pieces(template, points), slots)


def overall_pieces(template: JudgeTemplate, points: Sequence[Point]) -> tuple[Piece, ...]:
    """Block `holistic` around so many criteria. Raises: FileProblems."""
    shown = [
        {
            "ask": Slot(f"ask{place}"),
            "guidance": Slot(f"guidance{place}") if guidance else None,
            "best": Slot(f"best{place}") if best else None,
            "fault": fault,
            "weight": Slot(f"weight{place}"),
        }
        for place, (guidance, best, fault) in enumerate(points)
    ]
    return template.render("holistic", {"criteria": shown})


def _best(criterion: Judged) -> str:
    """The best of the answers that have names, with what it means; "" for yes and no."""
    _, named = answers_of(criterion)
    if not named:
        return ""
    worth = criterion.worth
    name, description = named[worth.index(max(worth))]
    return f"{name} ({description})" if description else name
