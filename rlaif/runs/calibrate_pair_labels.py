"""People's preferences beside what a run's judge stated, in two parts: to fit on and to measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.agreement.splitting import fitting_part, prompt_key
from rlaif.errors import InputError, RunError
from rlaif.grading.pair_calibrating import read_again, says_judge
from rlaif.grading.pair_combine import Rule, side_of
from rlaif.records.calibrated import LabelledPair
from rlaif.records.identity import digest_of
from rlaif.records.pair import Answer, Pair
from rlaif.records.preference import Preference
from rlaif.records.rubric import Rubric
from rlaif.runs.agree_labels import refuse_answers
from rlaif.runs.agree_pair_rows import by_pair
from rlaif.runs.calibrate_labels import Split
from rlaif.storage.label_contradictions import preference_contradictions, refuse
from rlaif.storage.labels import Labels, PairLabel, read_labels
from rlaif.storage.pair_folder import PairFolder

_Given = Mapping[str, Mapping[str, PairLabel]]


@dataclass(slots=True)
class CollectedPairs:
    """What people preferred, as far as a map can be fitted on it."""

    rows: list[LabelledPair] = field(default_factory=list)
    digest: str = ""
    """Of all answers, whatever their order."""
    answers: int = 0
    annotators: int = 0
    pairs: int = 0
    """Labelled pairs that the run has."""
    unknown: int = 0
    """Labelled pairs that it does not have."""
    unread: int = 0
    """Answers about pairs on which the judge has no say: not compared, failed, or decided by a gate
    or the prescreen."""


def collected_pairs(
    run: PairFolder, rubric: Rubric, rule: Rule, sources: Sequence[str], split: Split
) -> CollectedPairs:
    """Every preference of people with the judge's as it stated it, uncalibrated.

    Args: `rule`, the judge's own `pairwise`; `sources`, files of labels, or none: what the pairs
    say themselves.
    Raises: FileProblems with every label that is wrong; InputError, RunError where there is none.
    """
    labels = read_labels(sources) if sources else None
    if labels is not None:
        refuse_answers(labels, run.path)
        refuse(preference_contradictions(labels.pairs))
    given = None if labels is None else by_pair(labels.pairs)
    found, told = CollectedPairs(), []
    people: set[str] = set()
    for pair, preference in run.compared_pairs():
        said = _said(pair, given)
        found.pairs += bool(said)
        found.answers += len(said)
        people |= said.keys()
        told += [repr((pair.pair_id, who, human)) for who, human in said.items()]
        rows = _rows(pair, preference, said, rubric, rule, split)
        found.unread += len(said) - len(rows)
        found.rows += rows
    found.unknown = len(given or ()) - found.pairs if given else 0
    found.digest, found.annotators = digest_of(sorted(told)), len(people)
    _refuse_nothing(run, labels, found)
    return found


def _said(pair: Pair, given: _Given | None) -> dict[str, Answer]:
    """What each person prefers; by the pair's own row where no files are named."""
    if given is None:
        return {"": pair.human} if pair.human else {}
    return {who: one.human for who, one in given.get(pair.pair_id, {}).items()}


def _rows(
    pair: Pair,
    preference: Preference | None,
    said: Mapping[str, Answer],
    rubric: Rubric,
    rule: Rule,
    split: Split,
) -> list[LabelledPair]:
    """One for each who answered; none where no judge's answer is in the preference."""
    if not said or preference is None or preference.reason:
        return []
    items = (*rubric.items, *pair.criteria)
    given = {one.criterion: one for one in preference.criteria}
    mean, own = (read_again(items, given, one) for one in ("mean", rule))
    if mean.margin is None or own.margin is None or not says_judge(mean, given, items):
        return []
    prompt = prompt_key(pair.sample("a"))
    fits = fitting_part(prompt, split.seed, split.share)
    stated = mean.margin, own.margin, side_of(own.margin)
    return [LabelledPair(int(prompt[:12], 16), fits, human, *stated) for human in said.values()]


def _refuse_nothing(run: PairFolder, labels: Labels | None, found: CollectedPairs) -> None:
    """Raises: InputError, RunError where there is no preference of people to look at."""
    if found.pairs:
        return
    if labels is None:
        raise InputError(
            f"the pairs of {run.path} do not say which one people preferred (`human`)\n"
            "  hint: name the labels: rlaif calibrate RUN LABELS -o FILE"
        )
    if not labels.pairs:
        raise InputError("there is no preference in the labels\n  hint: {pair_id, human: a}")
    first = labels.pairs[0]
    raise RunError(
        f"{first.path}:{first.line}: no pair '{first.pair_id}' in {run.path}, nor any other of the "
        f"{found.unknown:,} that are labelled\n  hint: name the run of these pairs"
    )
