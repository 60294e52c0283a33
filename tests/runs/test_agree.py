"""`rlaif agree`: labels beside the verdicts of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("numpy")
pytest.importorskip("krippendorff")

from rlaif.agreement.splitting import fitting_part, prompt_key
from rlaif.authoring.judge_file import load_judge
from rlaif.errors import FileProblems, InputError, RunError
from rlaif.grading.verdict import answered
from rlaif.records.backends import ScriptedJudge
from rlaif.records.calibration import Calibration, CalibrationMap, Fitted
from rlaif.records.criterion import leaves
from rlaif.records.grade import Grade
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample, sample_digest
from rlaif.reporting.agree_found import Found
from rlaif.runs.agree import agree
from rlaif.runs.agree_asked import Asked, Chosen
from rlaif.runs.job import judge_to_keep
from rlaif.storage.run_folder import Kept, RunFolder, make_run
from rlaif.storage.samples import Row

RUBRIC = """\
rubric: reply
version: 1.0.0
title: A reply
criteria:
  - id: right
    ask: Is what it says right?
  - id: tone
    ask: How kind is its tone?
    levels: [cold, mild, warm]
    allow_na: true
  - id: length
    ask: How many words too many has it?
    range: {worst: 10, best: 0, steps: 11}
"""
YES, NO = Verdict((0.1, 0.9), 0.99), Verdict((0.8, 0.2), 0.99)
MILD, NA = Verdict((0.1, 0.8, 0.1, 0.0), 0.9), Verdict((0.1, 0.1, 0.1, 0.7), 0.9)
FEW = Verdict((0.0,) * 9 + (0.0, 1.0), 0.9)
SCRIPTED = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted", answers="hash")
FITTED = Fitted(
    rubric="reply@1.0.0",
    rubric_hash="r",
    judge="fake@1.0.0",
    judge_hash="j",
    labels="of-these",
    rows=10,
    annotators=1,
    seed=0,
    share=0.5,
    on="2026-01-02",
)


ASKED = Judge(SCRIPTED, load_judge("scripted").template).asked_hash


def sample(number: int, **more: Any) -> Sample:
    text = {"prompt": f"What is {number // 2}?", "completion": f"It is {number}."}
    return Sample.model_validate({"sample_id": f"s{number}", **text, **more})


def made(
    path: Path,
    graded: Iterable[tuple[Sample, Mapping[str, Outcome]]],
    judge: ScriptedJudge = SCRIPTED,
    text: str = RUBRIC,
) -> Path:
    """A run in which the judge said these outcomes; a sample with none is not graded."""
    path.mkdir()
    (path.parent / "rubric.yaml").write_text(text)
    from rlaif.authoring.rubric_file import read_rubric

    rubric = read_rubric(path.parent / "rubric.yaml").rubric
    assert rubric is not None
    rows = list(graded)
    run = make_run(path)
    with run.lock():
        run.take_in((Row("s", n, one) for n, (one, _) in enumerate(rows, 1)), "s")
        kept = Kept(rubric.rubric, rubric.version, rubric.content_hash, text, ".yaml")
        whole = Judge(judge, load_judge("scripted").template)
        run.state(kept, judge_to_keep(whole, "nothing"), "under-this")
        _write(run, rubric, rows)
    return path


def _write(
    run: RunFolder, rubric: Rubric, rows: Iterable[tuple[Sample, Mapping[str, Outcome]]]
) -> None:
    blank = Grade("", "reply@1.0.0", "fake@1.0.0", 1.0, 1.0, "ok", "", (), ())
    with run.writer() as writer:
        for one, outcomes in rows:
            if not outcomes:
                continue
            items = (*rubric.items, *one.criteria)
            said = tuple(answered(c, outcomes[c.id]) for c in leaves(items) if c.id in outcomes)
            hashed = sample_digest(one)
            writer.append(
                replace(blank, sample_id=one.sample_id, sample_hash=hashed, outcomes=said)
            )


def labels(path: Path, *rows: Mapping[str, Any]) -> str:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return str(path)


def said(number: int, annotator: str | None = None, **answers: Any) -> dict[str, Any]:
    row = {"sample_id": f"s{number}", "answers": answers}
    return row if annotator is None else {**row, "annotator": annotator}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty samples of twenty prompts: the judge says yes to the even ones."""
    rows = [(sample(i), {"right": NO if i % 2 else YES, "tone": MILD}) for i in range(40)]
    return made(tmp_path_factory.mktemp("agree") / "run", rows)


def measured(run: Path, *files: str, **more: Any) -> Found:
    return agree(Asked(run, files, resamples=100, **more))


def of(found: Found, name: str) -> Any:
    return next(one for one in found.criteria if one.criterion == name)


def test_agreement_is_counted_over_labelled_samples_alone(run: Path, tmp_path: Path) -> None:
    rows = [said(i, "ann", right="yes" if i % 2 == 0 or i == 1 else "no") for i in range(20)]
    found = measured(run, labels(tmp_path / "l.jsonl", *rows))
    right = of(found, "right")
    assert (found.samples, found.labelled, right.rows, right.prompts) == (40, 20, 20, 10)
    assert right.confusion == ((9, 0), (1, 10))
    assert right.figures["accuracy"].value == pytest.approx(0.95)
    assert right.figures["kappa"].value == pytest.approx(0.9)


def test_the_same_answer_twice_counts_once(run: Path, tmp_path: Path) -> None:
    one = labels(tmp_path / "a.jsonl", said(0, "ann", right="yes"), said(1, "ann", right="no"))
    other = labels(tmp_path / "b.jsonl", said(0, "ann", right="yes"), said(0, "ben", right="yes"))
    found = measured(run, one, other)
    assert (of(found, "right").rows, found.annotators) == (3, ("ann", "ben"))


def test_two_annotators_are_held_against_each_other(run: Path, tmp_path: Path) -> None:
    rows = [said(i, "ann", right="yes") for i in range(10)]
    rows += [said(i, "ben", right="yes" if i < 8 else "no") for i in range(10)]
    found = measured(run, labels(tmp_path / "l.jsonl", *rows))
    assert of(found, "right").ceiling["accuracy"].value == pytest.approx(0.8)


def test_the_last_word_stands_for_people_and_their_own_answers_for_the_ceiling(
    run: Path, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [said(i, "ann", right="yes") for i in (0, 2, 4, 6)]
    rows += [said(i, "ben", right="no" if i == 0 else "yes") for i in (0, 2, 4, 6)]
    rows.append(
        {
            "correction_id": "c1",
            "sample_id": "s0",
            "output": "It is 0.",
            "criteria": [{"criterion": "right", "human": "yes"}],
            "annotator": "eve",
            "adjudicated": True,
        }
    )
    found = measured(run, labels(tmp_path / "l.jsonl", *rows))
    right = of(found, "right")
    assert right.rows == 7
    assert right.figures["accuracy"].value == 1
    assert right.ceiling["accuracy"].value == pytest.approx(0.75)


def test_a_persons_value_is_taken_for_the_answer_nearest_to_it(run: Path, tmp_path: Path) -> None:
    rows = [{"sample_id": f"s{i}", "values": {"right": 0.9, "tone": 0.45}} for i in range(4)]
    found = measured(run, labels(tmp_path / "l.jsonl", *rows))
    assert of(found, "right").confusion == ((0, 0), (2, 2))
    assert of(found, "tone").confusion[1] == (0, 4, 0)


def test_does_not_apply_is_a_category_where_somebody_says_so(tmp_path: Path) -> None:
    rows = [(sample(i), {"tone": Skipped("na", NA) if i else MILD}) for i in range(4)]
    run = made(tmp_path / "run", rows)
    found = measured(run, labels(tmp_path / "l", *(said(i, "a", tone=None) for i in range(4))))
    assert of(found, "tone").categories[-1] == "does not apply"
    assert of(found, "tone").confusion[-1] == (0, 1, 0, 3)


def test_where_the_judge_gave_no_answer_a_label_is_in_no_figure(tmp_path: Path) -> None:
    outcomes: list[dict[str, Outcome]] = [
        {"right": YES},
        {"right": Failure("backend", "gone")},
        {"right": Skipped("gate")},
        {},
        {"right": YES},
    ]
    run = made(tmp_path / "run", [(sample(i), one) for i, one in enumerate(outcomes)])
    rows = (said(i, "a", right="yes") for i in range(5))
    found = measured(run, labels(tmp_path / "l.jsonl", *rows))
    right = of(found, "right")
    assert (right.rows, right.unanswered, found.left_out.not_graded) == (2, 3, 1)


def test_criteria_that_samples_bring_are_counted_together(tmp_path: Path) -> None:
    own = [{"id": "names-it", "ask": "Does it name the town?"}, {"id": "dates", "ask": "Any date?"}]
    rows = [(sample(i, criteria=own), {"names-it": YES, "dates": NO}) for i in range(6)]
    run = made(tmp_path / "run", rows)
    told = labels(
        tmp_path / "l.jsonl",
        *(said(i, "a", **{"names-it": "yes", "dates": "no" if i else "yes"}) for i in range(6)),
    )
    (pooled,) = measured(run, told).criteria
    assert (pooled.criterion, pooled.rows, pooled.confusion) == ("(own)", 12, ((5, 0), (1, 6)))
    (one,) = measured(run, told, chosen=Chosen(("dates",))).criteria
    assert (one.criterion, one.rows) == ("dates", 6)


def test_a_number_of_a_range_is_one_of_its_steps(tmp_path: Path) -> None:
    run = made(tmp_path / "run", [(sample(i), {"length": FEW}) for i in range(4)])
    rows = (said(i, "a", length="0.2") for i in range(4))
    found = measured(run, labels(tmp_path / "l.jsonl", *rows))
    assert of(found, "length").figures["accuracy"].value == 1


def test_a_run_with_more_samples_than_labels_gets_a_corrected_rate(
    run: Path, tmp_path: Path
) -> None:
    rows = [said(i, "a", right="no" if i % 2 or i == 0 else "yes") for i in range(24)]
    found = measured(run, labels(tmp_path / "l.jsonl", *rows))
    (rate,) = found.pass_rates
    assert (rate.criterion, rate.verdicts, rate.labels) == ("right", 40, 24)
    assert rate.labelled.value == pytest.approx(11 / 24)
    assert rate.ppi.value is not None


def test_every_wrong_label_is_told_at_its_line(run: Path, tmp_path: Path) -> None:
    path = labels(tmp_path / "l.jsonl", said(0, rihgt="yes"), said(1, right="maybe", tone="icy"))
    with pytest.raises(FileProblems) as wrong:
        measured(run, path)
    assert str(wrong.value).replace(path, "l") == (
        "l:1:1: no criterion 'rihgt'\n  hint: did you mean 'right'?\n"
        "l:2:1: 'right' has no answer 'maybe'\n  hint: one of: no, yes\n"
        "l:2:1: 'tone' has no answer 'icy'\n  hint: one of: cold, mild, warm"
    )


def test_samples_that_the_run_lacks_are_counted(run: Path, tmp_path: Path) -> None:
    found = measured(run, labels(tmp_path / "l", said(0, right="yes"), said(99, right="yes")))
    assert (found.left_out.unknown_samples, found.labelled) == (1, 1)


def test_a_run_with_none_of_the_samples_is_the_wrong_one(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"(?s)no sample 's99' in .*nearest ids: 's9'"):
        measured(run, labels(tmp_path / "l.jsonl", said(99, right="yes")))


def test_a_correction_of_another_text_is_left_out(run: Path, tmp_path: Path) -> None:
    row = {
        "correction_id": "c1",
        "sample_id": "s1",
        "sample_hash": "of-another-text",
        "output": "x",
        "criteria": [{"criterion": "right", "human": "yes"}],
    }
    found = measured(run, labels(tmp_path / "l.jsonl", row, said(0, right="yes")))
    assert (found.left_out.other_content, found.labelled) == (1, 1)
    with pytest.raises(InputError, match="of another text"):
        measured(run, labels(tmp_path / "m.jsonl", row))


def test_preferences_do_not_fit_a_run_of_grades(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the labels are preferences .* the run has grades"):
        measured(run, labels(tmp_path / "l.jsonl", {"pair_id": "p", "human": "a"}))


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (Chosen(("rihgt",)), "--criterion rihgt: no such .* mean 'right'"),
        (Chosen((), ("an",)), "--annotator an: .* mean 'ann'"),
        (Chosen(("tone",)), "no label is left"),
    ],
)
def test_a_choice_of_nothing_is_an_error(
    run: Path, tmp_path: Path, chosen: Chosen, told: str
) -> None:
    path = labels(tmp_path / "l.jsonl", said(0, "ann", right="yes"))
    with pytest.raises(InputError) as wrong:
        measured(run, path, chosen=chosen)
    assert wrong.match(f"(?s){told}")


def test_only_the_answers_of_one_person(run: Path, tmp_path: Path) -> None:
    rows = [said(i, who, right="yes") for i in range(6) for who in ("ann", "ben")]
    found = measured(run, labels(tmp_path / "l.jsonl", *rows), chosen=Chosen((), ("ben",)))
    assert (found.annotators, of(found, "right").rows) == (("ben",), 6)


@pytest.fixture
def fitted(tmp_path: Path) -> Path:
    """A run of a judge that was fitted on half of the prompts."""
    read = CalibrationMap(method="temperature", temperature=2.0)
    maps = Calibration(fitted=FITTED.model_copy(update={"judge_hash": ASKED}), others=read)
    judge = SCRIPTED.model_copy(update={"calibration": maps})
    return made(tmp_path / "fitted", [(sample(i), {"right": YES}) for i in range(40)], judge)


def test_what_a_judge_was_fitted_on_is_left_out(fitted: Path, tmp_path: Path) -> None:
    path = labels(tmp_path / "l.jsonl", *(said(i, "a", right="yes") for i in range(40)))
    mine = [i for i in range(40) if not fitting_part(prompt_key(sample(i)), 0, 0.5)]
    found = measured(fitted, path)
    assert 0 < len(mine) < 40
    assert (found.labelled, found.left_out.fitted_samples) == (len(mine), 40 - len(mine))
    assert found.fitted is not None
    assert measured(fitted, path, part="held out").labelled == len(mine)


def test_a_report_on_what_a_judge_was_fitted_on_is_refused(fitted: Path, tmp_path: Path) -> None:
    path = labels(tmp_path / "l.jsonl", said(0, right="yes"))
    with pytest.raises(InputError, match="fitted on labels of 50% of the prompts"):
        measured(fitted, path, part="all")


def test_labels_of_the_fitting_part_alone_are_an_error(fitted: Path, tmp_path: Path) -> None:
    theirs = [i for i in range(40) if fitting_part(prompt_key(sample(i)), 0, 0.5)]
    path = labels(tmp_path / "l.jsonl", *(said(i, right="yes") for i in theirs))
    with pytest.raises(InputError, match=r"all labelled samples .* of prompts that the judge was"):
        measured(fitted, path)


def test_no_part_was_held_out_for_a_judge_that_was_not_fitted(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not fitted on labels"):
        measured(run, labels(tmp_path / "l.jsonl", said(0, right="yes")), part="held out")


def test_a_second_run_tells_how_often_the_judge_changes_its_mind(run: Path, tmp_path: Path) -> None:
    rows = [(sample(i), {"right": NO if i % 2 or i < 4 else YES}) for i in range(40)]
    again = made(tmp_path / "again", rows)
    found = measured(run, labels(tmp_path / "l", said(0, right="yes")), again=again)
    (retest,) = found.retest
    assert (retest.criterion, retest.rows) == ("right", 40)
    assert retest.rate.value == pytest.approx(0.05)


def test_a_second_run_of_other_samples_is_an_error(run: Path, tmp_path: Path) -> None:
    again = made(tmp_path / "again", [(sample(i), {"right": YES}) for i in range(50, 52)])
    with pytest.raises(InputError, match=r"no sample of the same id and text"):
        measured(run, labels(tmp_path / "l.jsonl", said(0, right="yes")), again=again)


def test_equal_seeds_give_equal_figures(run: Path, tmp_path: Path) -> None:
    path = labels(tmp_path / "l.jsonl", *(said(i, "a", right="yes") for i in range(20)))
    assert measured(run, path, seed=3) == measured(run, path, seed=3)
