"""Which labels `rlaif agree` counts, and what its figures are and are not of."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy")
pytest.importorskip("krippendorff")

from rlaif.agreement.splitting import fitting_part, prompt_key
from rlaif.errors import FileProblems, InputError, RunError
from rlaif.records.backends import ScriptedJudge
from rlaif.records.calibration import Calibration, CalibrationMap
from rlaif.records.outcome import Outcome, Skipped, Verdict
from rlaif.reporting.agree_text import agreement_text
from tests.runs.test_agree import (
    ASKED,
    FITTED,
    MILD,
    NO,
    SCRIPTED,
    YES,
    labels,
    made,
    measured,
    of,
    said,
    sample,
)

NOT_ALWAYS = """\
rubric: reply
version: 1.0.0
title: A reply
criteria:
  - id: right
    ask: Is what it says right?
    allow_na: true
"""
TEACHES = """\
rubric: reply
version: 1.0.0
title: A reply
criteria:
  - id: right
    ask: Is what it says right?
examples:
  - prompt: "What is  0?"
    completion: It is nothing.
    expect: {right: "yes"}
    teach: true
"""
UNSURE = Verdict((0.45, 0.55), 0.99)


def told(found: Any) -> str:
    """The text, without its line breaks."""
    return " ".join(agreement_text(found).split())


def corrected(number: int, answer: str, **more: Any) -> dict[str, Any]:
    return {
        "correction_id": f"c{number}",
        "sample_id": f"s{number}",
        "output": "x",
        "criteria": [{"criterion": "right", "human": answer}],
        **more,
    }


def calibrated(**maps: Any) -> ScriptedJudge:
    return SCRIPTED.model_copy(update={"calibration": Calibration(**maps)})


def test_only_labels_drawn_at_random_say_what_is_true_of_all_samples(tmp_path: Path) -> None:
    """The judge is right where it is sure, and wrong in the twenty that were chosen for doubt."""
    rows = [(sample(i), {"right": UNSURE if i < 20 else NO if i % 2 else YES}) for i in range(120)]
    run = made(tmp_path / "run", rows)
    chosen = [corrected(i, "no") for i in range(20)]
    drawn = [corrected(i, "no" if i % 2 else "yes", drawn=True) for i in range(20, 60)]
    found = measured(run, labels(tmp_path / "l.jsonl", *chosen, *drawn))
    (rate,) = found.pass_rates
    assert (rate.labels, rate.verdicts, rate.labelled.value) == (40, 120, 0.5)
    assert found.drawn is not None
    assert (found.drawn.samples, found.drawn.others) == (40, 20)
    assert of(found, "right").figures["accuracy"].value == pytest.approx(40 / 60)
    assert found.drawn.accuracy["right"].value == 1
    text = told(found)
    assert "from the 40 labelled samples drawn at random; the other 20 were chosen" in text
    assert "Of the samples drawn at random alone: 100%" in text


def test_labels_that_say_nothing_of_a_draw_are_all_taken_for_one(tmp_path: Path) -> None:
    run = made(tmp_path / "run", [(sample(i), {"right": NO if i % 2 else YES}) for i in range(40)])
    told_of = [corrected(i, "no" if i % 2 else "yes") for i in range(20)]
    found = measured(run, labels(tmp_path / "l.jsonl", *told_of))
    assert (found.drawn, found.pass_rates[0].labels) == (None, 20)


def test_a_share_is_refused_where_people_say_that_it_does_not_apply(tmp_path: Path) -> None:
    yes, no = Verdict((0.1, 0.9, 0.0), 0.9), Verdict((0.9, 0.1, 0.0), 0.9)
    rows = [(sample(2 * i), {"right": no if i % 2 else yes}) for i in range(60)]
    run = made(tmp_path / "run", rows, text=NOT_ALWAYS)
    answers = [said(2 * i, right=None if i % 3 else "no" if i % 2 else "yes") for i in range(40)]
    (rate,) = measured(run, labels(tmp_path / "l.jsonl", *answers)).pass_rates
    assert rate.refused.startswith("people say of 26 samples that it does not apply")
    assert (rate.ppi.value, rate.rogan_gladen.value, rate.tuning) == (None, None, None)


def test_a_corrected_share_is_said_to_be_of_the_samples_that_the_judge_answered(
    tmp_path: Path,
) -> None:
    rows: list[Any] = [(sample(i), {"right": NO if i % 2 else YES}) for i in range(40)]
    rows += [(sample(i), {"right": Skipped("gate")}) for i in range(40, 55)]
    run = made(tmp_path / "run", rows)
    found = measured(
        run,
        labels(tmp_path / "l", *(said(i, right="no" if i % 2 else "yes") for i in range(20))),
    )
    assert (found.pass_rates[0].verdicts, found.not_answered) == (40, {"right": 15})
    assert "Of the 40 samples that the judge answered" in told(found)
    assert "right: of 15 samples there is no answer of the judge" in told(found)


def test_the_judges_own_yes_decides_and_not_a_probability_of_one_half(tmp_path: Path) -> None:
    """Its calibration says yes from 0.95 on: not one verdict is a yes."""
    maps = {"others": CalibrationMap(method="none", yes_from=0.95)}
    judge = calibrated(fitted=FITTED.model_copy(update={"judge_hash": ASKED}), **maps)
    run = made(tmp_path / "run", [(sample(i), {"right": NO}) for i in range(40)], judge)
    found = measured(run, labels(tmp_path / "l", *(said(i, right="no") for i in range(0, 40, 2))))
    assert found.pass_rates[0].judged.value == 0


def test_samples_of_two_prompts_are_two_prompts_in_any_groups_and_forms(tmp_path: Path) -> None:
    """Text or one user's turn, composed or not, with more or less white space."""
    forms = [
        "Wie  spät?\n",
        unicodedata.normalize("NFD", "Wie spät?"),
        [{"role": "user", "content": "Wie\u00a0spät?"}],
        "And now?",
    ]
    rows = [
        (sample(i, prompt=forms[i % 4], group_id=f"g{i}"), {"right": NO if i % 3 else YES})
        for i in range(100)
    ]
    run = made(tmp_path / "run", rows)
    found = measured(run, labels(tmp_path / "l", *(said(i, right="yes") for i in range(100))))
    assert of(found, "right").prompts == 2 == len({prompt_key(one) for one, _ in rows})


def test_a_map_that_names_no_labels_reads_the_probabilities_too(tmp_path: Path) -> None:
    judge = calibrated(others=CalibrationMap(method="temperature", temperature=100.0))
    run = made(tmp_path / "run", [(sample(i), {"right": YES}) for i in range(40)], judge)
    found = measured(run, labels(tmp_path / "l", *(said(i, right="yes") for i in range(40))))
    assert of(found, "right").reliability[0].stated == pytest.approx(0.505, abs=0.001)


def test_what_the_judge_is_shown_the_answer_of_is_left_out(tmp_path: Path) -> None:
    rows = [(sample(i), {"right": NO if i % 2 else YES}) for i in range(40)]
    run = made(tmp_path / "run", rows, text=TEACHES)
    path = labels(tmp_path / "l", *(said(i, right="yes") for i in range(20)))
    found = measured(run, path)
    assert (found.labelled, found.left_out.taught_samples) == (18, 2)
    assert "2 labelled samples left out: the rubric shows the judge" in told(found)
    with pytest.raises(InputError, match="2 of prompts of which the rubric shows the judge"):
        measured(run, labels(tmp_path / "m", said(0, right="yes"), said(1, right="yes")))


def test_a_criterion_that_no_map_reads_keeps_the_labels_of_all_prompts(tmp_path: Path) -> None:
    fitted = FITTED.model_copy(update={"judge_hash": ASKED})
    judge = calibrated(fitted=fitted, others=CalibrationMap(method="temperature", temperature=2.0))
    rows = [(sample(i), {"right": YES, "tone": MILD}) for i in range(40)]
    run = made(tmp_path / "run", rows, judge)
    mine = [i for i in range(40) if not fitting_part(prompt_key(sample(i)), 0, 0.5)]
    path = labels(tmp_path / "l", *(said(i, right="yes", tone="mild") for i in range(40)))
    found = measured(run, path)
    assert (of(found, "right").rows, of(found, "tone").rows) == (len(mine), 40)


def test_an_answer_to_another_text_contradicts_nothing(tmp_path: Path) -> None:
    run = made(tmp_path / "run", [(sample(0), {"right": YES})])
    other = corrected(1, "no", sample_id="s0", sample_hash="of-another-text", annotator="ann")
    path = labels(tmp_path / "l", other, said(0, "ann", right="yes"))
    assert of(measured(run, path), "right").rows == 1


@pytest.mark.parametrize("value", [1.0, 0.0])
def test_a_label_and_a_value_are_compared_as_they_are_read(tmp_path: Path, value: float) -> None:
    run = made(tmp_path / "run", [(sample(0), {"right": YES})])
    valued = {"sample_id": "s0", "annotator": "ann", "values": {"right": value}}
    path = labels(tmp_path / "l", said(0, "ann", right="yes"), valued)
    if value:
        assert of(measured(run, path), "right").rows == 1
    else:
        with pytest.raises(FileProblems, match="answered otherwise at"):
            measured(run, path)


def test_where_the_judge_answered_nothing_that_is_the_result(tmp_path: Path) -> None:
    skipped: dict[str, Outcome] = {"right": Skipped("prescreen:empty")}
    run = made(tmp_path / "run", [(sample(i), skipped) for i in range(4)])
    with pytest.raises(RunError, match=r"nothing can be compared: .* none of 4 labelled samples"):
        measured(run, labels(tmp_path / "l", *(said(i, right="yes") for i in range(4))))
