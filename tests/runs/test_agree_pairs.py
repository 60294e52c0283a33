"""`rlaif agree` of a run of pairs: people's preferences beside the judge's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("numpy")
pytest.importorskip("krippendorff")

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.rubric_file import read_rubric
from rlaif.errors import FileProblems, InputError, RunError
from rlaif.grading.pair_combine import judged, prefer
from rlaif.records.backends import ScriptedJudge
from rlaif.records.criterion import Judged, leaves
from rlaif.records.judge import Judge
from rlaif.records.outcome import Verdict
from rlaif.records.pair import Pair, pair_digest
from rlaif.records.preference import Preference
from rlaif.reporting.agree_found import Found
from rlaif.runs.agree import agree
from rlaif.runs.agree_asked import Asked
from rlaif.runs.job import judge_to_keep
from rlaif.storage.pair_folder import make_pairs
from rlaif.storage.pair_rows import PairRow
from rlaif.storage.run_folder import Kept

RUBRIC = """\
rubric: reply
version: 1.0.0
title: A reply
criteria:
  - id: right
    ask: Is what it says right?
  - id: padded
    ask: Is it padded with words that say nothing?
    weight: -1
"""
FIRST, TIE, SECOND = (
    Verdict((0.1, 0.1, 0.8), 0.9),
    Verdict((0.1, 0.8, 0.1), 0.9),
    Verdict((0.8, 0.1, 0.1), 0.9),
)
A, B, EVEN = (FIRST, SECOND), (SECOND, FIRST), (TIE, TIE)
BY_PLACE = (FIRST, FIRST)


def pair(number: int, human: str | None = None) -> Pair:
    texts = {"prompt": f"Who is {number}?", "completion_a": "I am.", "completion_b": "You are it."}
    return Pair.model_validate({"pair_id": f"p{number}", **texts, "human": human})


def made(path: Path, said: Iterable[tuple[Pair, tuple[Verdict, Verdict]]]) -> Path:
    """A run in which the judge said so of `right`, and nothing of `padded`: a tie."""
    rows = list(said)
    path.parent.mkdir(exist_ok=True)
    (path.parent / "rubric.yaml").write_text(RUBRIC)
    rubric = read_rubric(path.parent / "rubric.yaml").rubric
    assert rubric is not None
    run = make_pairs(path)
    spec = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted", answers="hash")
    judge = judge_to_keep(Judge(spec, load_judge("scripted").template), "")
    right, padded = (c for c in leaves(rubric.items) if isinstance(c, Judged))
    with run.lock():
        run.take_in((PairRow("s", n, one) for n, (one, _) in enumerate(rows, 1)), "s")
        kept = Kept(rubric.rubric, rubric.version, rubric.content_hash, RUBRIC, ".yaml")
        run.state(kept, judge, "u")
        with run.writer() as writer:
            for one, outcomes in rows:
                compared = (judged(right, outcomes, "both"), judged(padded, EVEN, "both"))
                whole = prefer(rubric.items, {c.criterion: c for c in compared})
                answer = {0: "tie", 1: "a", -1: "b"}[
                    (whole.margin or 0) > 0.02 or -((whole.margin or 0) < -0.02)
                ]
                writer.append(
                    Preference(
                        one.pair_id,
                        "reply@1.0.0",
                        "fake@1.0.0",
                        answer,  # type: ignore[arg-type]  # one of the three
                        whole.margin,
                        "ok",
                        "",
                        (),
                        compared,
                        pair_digest(one),
                    )
                )
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pairs of which people prefer a; the judge says a, b, a tie, and goes by the place."""
    told = (A, A, A, B, EVEN, BY_PLACE)
    rows = [(pair(i, "a"), told[i % len(told)]) for i in range(12)]
    return made(tmp_path_factory.mktemp("pairs") / "run", rows)


def measured(run: Path, *files: str, **more: Any) -> Found:
    return agree(Asked(run, files, resamples=100, **more))


def labels(path: Path, *rows: dict[str, Any]) -> str:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return str(path)


def test_what_the_pairs_say_themselves_needs_no_labels(run: Path) -> None:
    found = measured(run)
    assert [one.criterion for one in found.criteria] == ["(overall)", "right", "padded"]
    assert found.criteria[0].categories == ("b", "tie", "a")
    assert found.criteria[0].confusion[2] == (2, 4, 6)
    assert (found.kind, found.labelled) == ("pairs", 12)


def test_the_side_that_people_prefer_is_named_and_a_tie_counts_half(run: Path) -> None:
    assert measured(run).sides["(overall)"].value == pytest.approx((6 + 4 / 2) / 12)


def test_how_often_the_judge_goes_by_the_place(run: Path) -> None:
    swaps = measured(run).swaps
    assert swaps["right"].value == pytest.approx(2 / 12)
    assert swaps["padded"].value == 0
    assert swaps["(overall)"].value == pytest.approx(2 / 24)


def test_pairs_have_figures_without_ties_and_of_the_place(run: Path) -> None:
    right = measured(run).criteria[1].figures
    assert right["accuracy"].value == pytest.approx(6 / 12)
    assert right["accuracy_without_ties"].value == pytest.approx(6 / 8)
    assert right["accuracy_consistent"].value == pytest.approx(6 / 8)
    # Of both orders the first is named once in a, once in b, never in a tie, twice by the place
    assert right["flip_rate"].value == pytest.approx(1 / 6)
    assert right["first_position"].value == pytest.approx(6 / 10)


def test_pairs_of_one_prompt_are_one_prompt_in_any_group(tmp_path: Path) -> None:
    same = [
        pair(i, "a").model_copy(update={"prompt": "Who?", "group_id": f"g{i}"}) for i in range(6)
    ]
    assert measured(made(tmp_path / "run", [(one, A) for one in same])).criteria[0].prompts == 1


def test_several_people_are_held_against_each_other(run: Path, tmp_path: Path) -> None:
    rows = [{"pair_id": f"p{i}", "annotator": "ann", "human": "a"} for i in range(8)]
    rows += [
        {"pair_id": f"p{i}", "annotator": "ben", "human": "b" if i < 2 else "a"} for i in range(8)
    ]
    found = measured(run, labels(tmp_path / "l.jsonl", *rows))
    assert found.annotators == ("ann", "ben")
    assert found.criteria[0].ceiling["accuracy"].value == pytest.approx(0.75)


def test_one_person_cannot_prefer_both(run: Path, tmp_path: Path) -> None:
    rows = [{"pair_id": "p0", "annotator": "ann", "human": side} for side in "ab"]
    with pytest.raises(FileProblems, match="pair 'p0' is answered otherwise at"):
        measured(run, labels(tmp_path / "l.jsonl", *rows))


def test_answers_about_single_completions_do_not_fit(run: Path, tmp_path: Path) -> None:
    path = labels(tmp_path / "l.jsonl", {"sample_id": "s", "answers": {"right": "yes"}})
    with pytest.raises(InputError, match=r"about single completions, and the run has pairs"):
        measured(run, path)


def test_a_run_with_none_of_the_pairs_is_the_wrong_one(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no pair 'px' in"):
        measured(run, labels(tmp_path / "l.jsonl", {"pair_id": "px", "human": "a"}))


def test_pairs_that_nobody_judged_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="do not say which one people preferred"):
        measured(made(tmp_path / "run", [(pair(0), A)]))


def test_a_second_run_of_pairs_tells_how_often_it_changes(run: Path, tmp_path: Path) -> None:
    again = made(tmp_path / "again", [(pair(i, "a"), A) for i in range(12)])
    retest = {one.criterion: one for one in measured(run, again=again).retest}
    assert retest["right"].rows == 12
    assert retest["right"].rate.value == pytest.approx(0.5)
    assert retest["padded"].rate.value == 0
