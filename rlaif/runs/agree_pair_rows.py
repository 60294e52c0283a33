"""People's preferences beside the judge's: rows by criterion, and how it fares by the place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.agreement.rated import MISSING
from rlaif.agreement.splitting import prompt_key
from rlaif.grading.completion import prepare
from rlaif.grading.pair_combine import in_each_order
from rlaif.records.criterion import Criterion, Judged, leaves
from rlaif.records.outcome import Outcome, Verdict
from rlaif.records.pair import SIDES, Pair
from rlaif.records.preference import Compared, Preference
from rlaif.records.rubric import Rubric
from rlaif.reporting.agree_found import FittedOn
from rlaif.runs.agree_asked import Asked
from rlaif.runs.agree_fitted import is_held_out, shown_key, taught_prompts
from rlaif.runs.agree_rows import NOTHING, SILENT, Human, RatedRow, Rows, Said
from rlaif.storage.labels import PairLabel
from rlaif.storage.pair_folder import PairFolder

WHOLE = "(overall)"
"""The name of the preference as a whole, beside those of the criteria."""
SIDES_FROM_WORST = ("b", "tie", "a")
"""The answers, from worst to best for completion a."""
_WORTH = (0.0, 0.5, 1.0)


@dataclass(slots=True)
class PairTally:
    """What was read of a run of pairs."""

    rows: dict[str, Rows] = field(default_factory=dict)
    orders: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    """By criterion, of each pair that was judged in both orders: its prompt, and the places of the
    answers with a shown first and with b shown first."""
    prompts: dict[str, int] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    """Labelled pairs that the run has."""
    pairs: int = 0
    looked_at: int = 0
    fitted: int = 0
    taught: int = 0
    not_compared: int = 0

    def cluster(self, pair: Pair) -> int:
        """The number of the pair's prompt."""
        return self.prompts.setdefault(prompt_key(pair.sample("a")), len(self.prompts))

    def of(self, name: str) -> Rows:
        """The rows of a criterion, or of the preference as a whole."""
        if name not in self.rows:
            self.rows[name] = Rows(name, SIDES_FROM_WORST, _WORTH, ordinal=True)
        return self.rows[name]


def by_pair(labels: Iterable[PairLabel]) -> dict[str, dict[str, PairLabel]]:
    """By pair, each person's label once."""
    found: dict[str, dict[str, PairLabel]] = {}
    for label in labels:
        found.setdefault(label.pair_id, {}).setdefault(label.annotator, label)
    return found


def tally_of(
    run: PairFolder,
    rubric: Rubric,
    given: Mapping[str, Mapping[str, PairLabel]] | None,
    fitted: FittedOn | None,
    asked: Asked,
) -> PairTally:
    """Every pair of the run, one in memory at a time.

    Args: `given`, people's labels by pair and annotator; None: what the pairs say themselves.
    """
    tally, taught = PairTally(), taught_prompts(rubric)
    for pair, preference in run.compared_pairs():
        number = tally.pairs
        tally.pairs += 1
        cluster = tally.cluster(pair)
        items = list(leaves((*rubric.items, *pair.criteria)))
        orders = _orders(preference, items) if preference is not None else {}
        _note(tally, orders, cluster)
        labels = _labels(pair, given, asked)
        if not labels:
            continue
        tally.found.add(pair.pair_id)
        if not is_held_out(pair.sample("a"), fitted):
            tally.fitted += 1
            continue
        if any(shown_key(pair.sample(side)) in taught for side in SIDES):
            tally.taught += 1
            continue
        tally.looked_at += 1
        tally.not_compared += preference is None
        length = _longer(pair, rubric)
        for annotator, human in labels:
            place = SIDES_FROM_WORST.index(human)
            said = Human(place, _WORTH[place])
            for name, judge in _judged(preference, items):
                row = RatedRow(cluster, number, name, annotator, False, said, judge, length)
                row = row._replace(orders=orders.get(name, row.orders))
                tally.of(name).rows.append(row)
    return tally


def _labels(
    pair: Pair, given: Mapping[str, Mapping[str, PairLabel]] | None, asked: Asked
) -> list[tuple[str, str]]:
    """Who prefers which side; by the pair's own row where no files are named."""
    if given is None:
        return [("", pair.human)] if pair.human else []
    labels = given.get(pair.pair_id, {})
    return [(who, one.human) for who, one in labels.items() if asked.chosen.has(who)]


def _orders(preference: Preference, items: Sequence[Criterion]) -> dict[str, tuple[int, int]]:
    """By question that was answered in both orders: the answer with a first, and with b first."""
    asked = {one.id: one for one in items if isinstance(one, Judged)}
    found = {}
    for one in preference.criteria:
        if one.criterion in asked and one.answer:
            a_first, b_first = in_each_order(asked[one.criterion], one.outcomes)
            found[one.criterion] = _place(a_first), _place(b_first)
    return found


def _place(side: str | None) -> int:
    return MISSING if side is None else SIDES_FROM_WORST.index(side)


def _note(tally: PairTally, orders: Mapping[str, tuple[int, int]], cluster: int) -> None:
    """Keep them for the figures about places; together, too."""
    for criterion, (a_first, b_first) in orders.items():
        for name in (WHOLE, criterion):
            tally.orders.setdefault(name, []).append((cluster, a_first, b_first))


def _judged(
    preference: Preference | None, items: Sequence[Criterion]
) -> Iterator[tuple[str, Said]]:
    """What the judge says as a whole, and by each criterion."""
    if preference is None:
        yield WHOLE, SILENT
        for criterion in items:
            yield criterion.id, SILENT
        return
    known = {one.id: one for one in items}
    yield WHOLE, _said(preference.answer, preference.margin, (), NOTHING)
    for one in preference.criteria:
        yield one.criterion, _said(one.answer, one.margin, *_stated(one, known.get(one.criterion)))


def _said(answer: str | None, margin: float | None, shares: tuple[float, ...], mass: float) -> Said:
    if answer is None or margin is None:
        return SILENT
    return Said(SIDES_FROM_WORST.index(answer), 0.5 + margin / 2, shares, mass)


def _stated(one: Compared, criterion: Criterion | None) -> tuple[tuple[float, ...], float]:
    """Probabilities of b, tie and a over both orders, and the label mass; nothing for a check."""
    if not isinstance(criterion, Judged):
        return (), NOTHING
    a_first, b_first = (_distribution(outcome) for outcome in one.outcomes)
    if a_first is None or b_first is None:
        return (), NOTHING
    shares = [(p + q) / 2 for p, q in zip(a_first[:3], b_first[2::-1], strict=True)]
    if criterion.weight < 0:  # whoever shows more of it is the worse one
        shares.reverse()
    masses = [o.label_mass for o in one.outcomes if isinstance(o, Verdict)]
    known = [mass for mass in masses if mass is not None]
    applies = sum(shares) or 1.0
    mean = sum(known) / len(known) if known else NOTHING
    return (*[share / applies for share in shares], 0.0), mean


def _distribution(outcome: Outcome) -> tuple[float, ...] | None:
    return outcome.distribution if isinstance(outcome, Verdict) else None


def _longer(pair: Pair, rubric: Rubric) -> int:
    """By how many characters a is longer than b."""
    a, b = (len(prepare(pair.sample(side), rubric.reasoning).said) for side in SIDES)
    return a - b
