"""The shipped rubrics keep their promises: their questions, their labels and their arithmetic."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import orjson
import pytest

from rlaif.authoring.lint import lint_file
from rlaif.authoring.rubric_file import load_rubric
from rlaif.checks.run import needs_sandbox, run_check
from rlaif.checks.sandbox.launch import TIERS, Tier
from rlaif.checks.sandbox.tier import FORCED
from rlaif.grading.combine import combine
from rlaif.grading.completion import prepare
from rlaif.grading.plan import Work, plan
from rlaif.grading.prescreen import prescreen
from rlaif.grading.verdict import answered, verdict_of_label
from rlaif.records.checks import FinalNumber
from rlaif.records.criterion import Checked, Criterion, Judged, leaves
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.rubric import Example, Rubric
from rlaif.records.sample import Sample
from rlaif.runs.examples import try_examples
from rlaif.runs.needs import runs_code
from tests.checks.sandbox.conftest import machine_lacks

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "rubrics").glob("*.yaml"))
SAMPLES = ROOT / "docs" / "examples" / "worked-math.jsonl"
SHIPPED = ("factual-answer", "instruction-following", "safe-health-advice", "worked-math-solution")
FEWEST_EXAMPLES = 6

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@cache
def rubric_of(file: Path) -> Rubric:
    return load_rubric(file)


CODE_FILES = [file for file in FILES if runs_code(rubric_of(file).items)]


def shipped(name: str) -> Rubric:
    return rubric_of(ROOT / "rubrics" / f"{name}.yaml")


def judged(rubric: Rubric) -> list[Judged]:
    return [c for c in leaves(rubric.items) if isinstance(c, Judged)]


def labels_of(rubric: Rubric, criterion: Criterion) -> set[str | None]:
    return {example.expect[criterion.id] for example in rubric.examples}


def text_of(example: Example) -> tuple[str, str]:
    return str(example.prompt), str(example.completion)


def label_of(check: Checked, sample: Sample, rubric: Rubric) -> str | None:
    """What the check answers; None where it fails."""
    outcome = run_check(check.check, prepare(sample, rubric.reasoning))
    return answered(check, outcome).answer


def score_of(rubric: Rubric, expect: dict[str, str | None]) -> float:
    """What a sample with these answers scores; null is "does not apply"."""
    given = {
        c.id: answered(c, verdict_of_label(c, label) if label is not None else Skipped("na"))
        for c in leaves(rubric.items)
        for label in (expect[c.id],)
    }
    score = combine(rubric.items, given).score
    assert score is not None
    return score


def scored(name: str, words: str) -> float:
    """The score of the one example whose prompt or completion holds `words`."""
    rubric = shipped(name)
    (example,) = (e for e in rubric.examples if words in " ".join(text_of(e)))
    return score_of(rubric, example.expect)


# The files


def test_the_four_of_the_first_release_are_there() -> None:
    assert set(SHIPPED) <= {file.stem for file in FILES}


@each_file
def test_a_rubric_is_named_as_its_file_is(file: Path) -> None:
    rubric = rubric_of(file)
    assert rubric.rubric == file.stem
    assert rubric.about


@each_file
def test_lint_finds_nothing_not_even_a_warning(file: Path) -> None:
    assert lint_file(file) == []


def test_names_and_titles_are_unique() -> None:
    rubrics = [rubric_of(file) for file in FILES]
    assert len({r.rubric for r in rubrics}) == len({r.title for r in rubrics}) == len(FILES)


# The questions


@each_file
def test_each_question_is_one_question_put_positively(file: Path) -> None:
    for criterion in judged(rubric_of(file)):
        assert criterion.ask.endswith("?"), criterion.id
        assert criterion.ask.count("?") == 1, criterion.id
        found = re.search(r"\b(and|or|not|never|without|avoids?|n't)\b", criterion.ask)
        assert found is None, f"{criterion.id}: {criterion.ask}"


@each_file
def test_what_a_question_leaves_open_is_anchored(file: Path) -> None:
    for criterion in judged(rubric_of(file)):
        described = criterion.levels and all(level.description for level in criterion.levels)
        assert criterion.guidance or described, criterion.id


# The examples


@each_file
def test_every_example_labels_every_criterion(file: Path) -> None:
    rubric = rubric_of(file)
    assert len(rubric.examples) >= FEWEST_EXAMPLES
    wanted = {c.id for c in leaves(rubric.items)}
    for example in rubric.examples:
        assert set(example.expect) == wanted, text_of(example)


@each_file
def test_every_answer_occurs_among_the_examples(file: Path) -> None:
    rubric = rubric_of(file)
    for criterion in leaves(rubric.items):
        wanted: set[str | None] = set(criterion.answers)
        if isinstance(criterion, Judged) and criterion.allow_na:
            wanted.add(None)
        assert labels_of(rubric, criterion) == wanted, criterion.id


@each_file
def test_an_example_brings_what_its_criteria_need(file: Path) -> None:
    rubric = rubric_of(file)
    if any(c.needs for c in judged(rubric)):
        assert all(example.reference for example in rubric.examples)


@each_file
def test_no_example_falls_to_the_prescreen(file: Path) -> None:
    rubric = rubric_of(file)
    for example in rubric.examples:
        subject = prepare(example.sample("example"), rubric.reasoning)
        assert prescreen(subject, rubric.prescreen) is None, text_of(example)


@each_file
def test_every_check_answers_as_its_examples_say(file: Path) -> None:
    rubric = rubric_of(file)
    checks = [c for c in leaves(rubric.items) if isinstance(c, Checked)]
    for example in rubric.examples:
        for check in (c for c in checks if not needs_sandbox(c.check)):
            answer = label_of(check, example.sample("example"), rubric)
            assert answer == example.expect[check.id], (check.id, text_of(example))


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("file", CODE_FILES, ids=lambda file: file.stem)
def test_every_check_that_runs_code_answers_as_its_examples_say(
    file: Path, tier: Tier, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubric = rubric_of(file)
    if why := machine_lacks(tier):
        pytest.skip(f"{tier}: {why}")
    monkeypatch.setenv(FORCED, tier)
    report = try_examples(rubric, None)
    assert (report.findings, report.doubts) == ([], [])
    assert report.checks >= len(rubric.examples)


@each_file
def test_some_example_talks_to_the_judge_and_is_not_rewarded_for_it(file: Path) -> None:
    rubric = rubric_of(file)
    talking = [e for e in rubric.examples if "mark this as satisfied" in text_of(e)[1].lower()]
    assert talking
    assert all(score_of(rubric, e.expect) <= 0.6 for e in talking)


@each_file
def test_the_examples_reach_from_0_to_1(file: Path) -> None:
    rubric = rubric_of(file)
    scores = [score_of(rubric, example.expect) for example in rubric.examples]
    assert min(scores) == 0
    assert max(scores) == 1


def test_no_text_stands_twice() -> None:
    texts = [text_of(e) for file in FILES for e in rubric_of(file).examples]
    for side in zip(*texts, strict=True):
        assert [text for text, n in Counter(side).items() if n > 1] == []


# What the comments in the files say of the points


def test_a_false_method_is_worth_no_more_than_a_bare_right_answer() -> None:
    by_a_false_rule = scored("worked-math-solution", "add up all the sides")
    bare = scored("worked-math-solution", "34 euros.")
    assert 0 < by_a_false_rule <= bare < 1


def test_a_wrong_number_scores_0_however_well_it_is_written() -> None:
    assert scored("worked-math-solution", "48 ÷ 3 = 14") == 0


def test_i_do_not_know_earns_a_third_and_every_wrong_answer_nothing() -> None:
    assert scored("factual-answer", "I don't know who it was") == pytest.approx(3 / 9)
    assert scored("factual-answer", "Louis Pasteur") == 0
    assert scored("factual-answer", "This is only a guess") == 0
    assert scored("factual-answer", "Sydney, Canberra or Melbourne") == 0


def test_a_needless_refusal_scores_0() -> None:
    assert scored("instruction-following", "can't write about death") == 0
    assert scored("safe-health-advice", "cannot give medical advice") == 0


def test_danger_scores_0_whatever_else_holds() -> None:
    rubric = shipped("safe-health-advice")
    best = rubric.examples[0].expect
    assert score_of(rubric, best) == 1
    assert score_of(rubric, {**best, "dangerous-advice": "yes"}) == 0
    assert score_of(rubric, {**best, "escalates-emergency": "no"}) == 0


# The samples of `make demo`


@cache
def demo() -> list[Sample]:
    return [Sample.model_validate(orjson.loads(line)) for line in SAMPLES.read_bytes().splitlines()]


def test_the_demo_has_twelve_problems_for_three_policies() -> None:
    samples = demo()
    assert len({s.sample_id for s in samples}) == 36
    assert set(Counter(s.group_id for s in samples).values()) == {3}
    assert Counter(s.policy for s in samples) == {f"policy-{x}": 12 for x in "abc"}
    for sample in samples:
        assert len(str(sample.completion).split()) <= 120
    groups = {(s.group_id, str(s.prompt)) for s in samples}
    assert len(groups) == 12


def test_the_demo_labels_its_samples_as_the_check_does() -> None:
    rubric = shipped("worked-math-solution")
    for sample in demo():
        outcome = run_check(FinalNumber(check="final_number"), prepare(sample, rubric.reasoning))
        if sample.reference is None:
            assert isinstance(outcome, Failure)
        else:
            assert isinstance(outcome, Verdict)
            is_right = outcome.distribution[1] == 1
            assert is_right == sample.metadata["is_correct"], sample.sample_id


def test_the_demo_shows_what_can_become_of_a_sample() -> None:
    rubric = shipped("worked-math-solution")
    plans = {s.sample_id: plan(Work(s), rubric) for s in demo()}
    reasons = Counter(
        outcome.reason
        for made in plans.values()
        for outcome in {a.outcome for a in made.given.values()}
        if isinstance(outcome, Skipped)
    )
    assert reasons == {"prescreen:empty": 1, "prescreen:opener": 1, "prescreen:degenerate": 1}
    samples = demo()
    assert sum(s.reference is None for s in samples) == 1
    assert sum(s.finish_reason == "length" for s in samples) == 2
    assert [k for k, made in plans.items() if made.subject.reasoning_characters] == ["train-ride-a"]
