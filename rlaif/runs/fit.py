"""Whether a sample's own criteria fit a rubric's."""

from __future__ import annotations

from rlaif.records.base import Fault
from rlaif.records.criterion import Item, Section
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample


def misfit(sample: Sample, rubric: Rubric) -> Fault | None:
    """What keeps `sample` from being graded by `rubric`, if anything."""
    if rubric.criteria == "per-sample" and not sample.criteria:
        return Fault(
            ("criteria",),
            "the rubric takes its criteria from the samples, and this one has none",
            "give the sample a 'criteria' list in the shape of a rubric file's",
        )
    if not sample.criteria:
        return None
    seen = set(_ids(rubric.items))
    for name in _ids(sample.criteria):
        if name in seen:
            return Fault(
                ("criteria",),
                f"the sample's criterion '{name}' has an id that is taken",
                "ids are unique over the rubric's criteria and the sample's own",
            )
        seen.add(name)
    return None


def _ids(items: tuple[Item, ...]) -> list[str]:
    found = []
    for item in items:
        if isinstance(item, Section):
            found += [item.section, *_ids(item.criteria)]
        else:
            found.append(item.id)
    return found
