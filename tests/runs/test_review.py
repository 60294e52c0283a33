"""A run under review: what annotators see, say, and take back."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rlaif.agreement.informative import DRAWN
from rlaif.agreement.progress import labels_to_go, wilson
from rlaif.authoring.judge_file import load_judge
from rlaif.errors import InputError, RunError, StaleReview
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Reviewing
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure
from rlaif.runs.review import open_review
from tests.runs.reviewed import RUBRIC, a_run, finish, one, samples


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that nobody has reviewed."""
    folder = tmp_path_factory.mktemp("graded")
    a_run(folder)
    return folder


@pytest.fixture
def run(graded: Path, tmp_path: Path) -> Path:
    """A run of one's own."""
    shutil.copytree(graded / "run", tmp_path / "run")
    shutil.copy(graded / "small.yaml", tmp_path)
    return tmp_path / "run"


@pytest.fixture
def review(run: Path) -> Iterator[Reviewing]:
    opened = open_review(run, rubric=run.parent / "small.yaml")
    yield opened
    opened.close()


def number_of(review: Reviewing, sample_id: str) -> int:
    return next(r.number for r in review.queue("x") if r.sample_id == sample_id)


def test_the_queue_has_every_sample_once_and_a_fifth_of_it_is_random(review: Reviewing) -> None:
    rows = review.queue("ann")
    assert sorted(row.sample_id for row in rows) == sorted(s["sample_id"] for s in samples())
    assert [i for i, row in enumerate(rows) if row.why == DRAWN][:2] == [4, 9]
    assert {(row.state, row.answered, row.criteria) for row in rows} == {("open", 0, 3)}
    assert rows == review.queue("ann", first=0, most=6) + review.queue("ann", first=6)
    assert rows[0].preview.startswith("It is ")
    assert "the judge is unsure of" in rows[0].why


def test_the_queue_is_the_same_for_the_same_seed(run: Path) -> None:
    orders = []
    for place, seed in enumerate((1, 1, 2)):
        with_seed = open_review(run, file=run.parent / f"{place}.sqlite", seed=seed)
        orders.append([(r.sample_id, r.why == DRAWN) for r in with_seed.queue("ann")])
        with_seed.close()
    assert orders[0] == orders[1] != orders[2]


def test_words_are_all_in_the_sample_whatever_their_case(review: Reviewing) -> None:
    def found(words: str) -> set[str]:
        return {row.sample_id for row in review.queue("ann", words=words)}

    assert found("NUMBER 11") == {"s11"}
    assert found("number zebra") == set()
    assert {"s10", "s11"} <= found("5 +") < found("+")
    assert found('"') | found("%") | found("\\") | found("a\0b'; --") is not None
    assert found("_") == found("{") == found(":") == set()  # not how the sample is written down
    with pytest.raises(InputError, match="at most 3 words of one or two letters"):
        found("a b c d")


def test_an_item_shows_the_judge_beside_the_question(review: Reviewing) -> None:
    item = review.item(0, "ann")
    assert [c.id for c in item.criteria] == ["right", "clear", "unit", "four"]
    right, four = one(item, "right"), one(item, "four")
    assert right.judge in ("yes", "no")
    assert right.probability is not None
    assert sum(right.distribution) == pytest.approx(1)
    assert (right.weight, right.gate, right.checked, right.answered) == (3, False, False, False)
    assert (four.checked, four.question) == (True, "check contains")
    assert item.revision == 0


def test_a_sample_is_done_when_all_that_a_judge_is_asked_is_answered(review: Reviewing) -> None:
    item = review.answer(0, "ann", "right", "yes", 0)
    assert (item.state, one(item, "right").mine) == ("mine", "yes")
    item = finish(review, 0, "ann")
    assert item.state == "done"
    assert one(item, "unit").answered
    assert one(item, "unit").mine is None
    assert review.queue("ann", state="done")[0].number == 0
    assert review.progress("ann").done == 1


def test_the_next_one_is_never_one_that_is_done(review: Reviewing) -> None:
    order = [row.number for row in review.queue("ann")]
    finish(review, order[1], "ann")
    assert review.after(order[0], "ann") == order[2]
    assert review.after(order[-1], "ann") == order[0]
    for number in order:
        finish(review, number, "ann")
    assert review.after(order[0], "ann") is None


def test_what_cannot_be_answered_is_refused_with_what_can(review: Reviewing) -> None:
    with pytest.raises(InputError, match="no answer 'maybe'\n  hint: one of: no, yes"):
        review.answer(0, "ann", "right", "maybe", 0)
    with pytest.raises(InputError, match="no criterion 'rigth'\n  hint: did you mean 'right'"):
        review.answer(0, "ann", "rigth", "yes", 0)
    for number in (99, -1, 2**70):
        with pytest.raises(InputError, match="no sample"):
            review.item(number, "ann")
    for name in ("", " ann", "a\nb", "x" * 101):
        with pytest.raises(InputError, match="name cannot be"):
            review.item(0, name)
    with pytest.raises(InputError, match="too long"):
        review.comment(0, "ann", "x" * (2**20 + 1), 0)
    assert review.undo("ann") is None


def test_another_tab_s_answer_to_the_same_is_not_overwritten(review: Reviewing) -> None:
    seen = review.item(0, "ann").revision
    review.answer(0, "ann", "right", "yes", seen)
    item = review.answer(0, "ann", "clear", "good", seen)  # another field: both hold
    assert one(item, "right").mine == "yes"
    with pytest.raises(StaleReview, match="another tab"):
        review.answer(0, "ann", "right", "no", seen)
    with pytest.raises(StaleReview):
        review.take_back(0, "ann", "right", seen)
    assert one(review.answer(0, "ann", "right", "yes", seen), "right").mine == "yes"
    assert one(review.answer(0, "ann", "right", "no", item.revision), "right").mine == "no"


def test_undo_brings_back_what_an_act_had_replaced_again_and_again(review: Reviewing) -> None:
    review.answer(0, "ann", "right", "yes", 0)
    review.answer(0, "ann", "right", "no", 9)
    review.comment(0, "ann", "why", 9, "right")
    review.rewrite(3, "ann", "Four.", 9)
    review.take_back(0, "ann", "right", 9)
    review.answer(0, "bob", "right", "no", 9)
    told = [undone.told for undone in iter(lambda: review.undo("ann"), None)]
    assert told == [
        f"took back the answer to right of {review.item(0, 'x').sample.sample_id}"
        ", which is 'no' again",
        f"took back the rewritten completion of {review.item(3, 'x').sample.sample_id}",
        f"took back the comment on right of {review.item(0, 'x').sample.sample_id}",
        f"took back the answer to right of {review.item(0, 'x').sample.sample_id}"
        ", which is 'yes' again",
        f"took back the answer to right of {review.item(0, 'x').sample.sample_id}",
    ]
    assert {row.state for row in review.queue("ann")} == {"open"}
    assert one(review.item(0, "bob"), "right").mine == "no"


def test_a_stale_tab_does_not_write_over_an_undo(review: Reviewing) -> None:
    seen = review.answer(0, "ann", "right", "yes", 0).revision
    review.undo("ann")
    with pytest.raises(StaleReview):
        review.answer(0, "ann", "right", "no", seen)


def test_annotators_do_not_see_each_other(review: Reviewing) -> None:
    review.comment(0, "ann", "secret words", 0)
    review.rewrite(0, "ann", "secret text", 9)
    finish(review, 0, "ann")
    seen = repr((review.item(0, "bob"), review.queue("bob"), review.progress("bob")))
    assert "secret" not in seen
    item = review.item(0, "bob")
    assert (item.state, item.revision) == ("open", 0)
    assert review.progress("bob").others == (("ann", 1),)


def test_blind_hides_the_judge_until_one_has_answered(run: Path) -> None:
    review = open_review(run, blind=True)
    item = review.item(0, "ann")
    assert all(row.score is None and row.why in ("", DRAWN) for row in review.queue("ann"))
    for criterion in item.criteria:
        assert (criterion.judge, criterion.probability) == (None, None)
        assert (criterion.distribution, criterion.rationale, criterion.ballots) == ((), "", ())
        assert (criterion.kind, criterion.reason) == ("verdict", "")
    assert (item.score, item.reason) == (None, "")
    item = review.answer(0, "ann", "right", "yes", 0)
    assert one(item, "right").judge is not None
    assert one(item, "clear").judge is None
    assert item.score is None
    finish(review, 0, "ann")
    assert review.answer(0, "ann", "four", "yes", 99).score is not None
    review.close()


def test_progress_is_agreement_with_the_judge(review: Reviewing) -> None:
    agreed = 0
    for number in range(6):
        judge = one(review.item(number, "ann"), "right").judge
        says = judge if number < 4 else {"yes": "no", "no": "yes"}[judge or ""]
        agreed += says == judge
        review.answer(number, "ann", "right", says, 0)
    progress = review.progress("ann")
    right = progress.criteria[0]
    assert (right.criterion, right.labels, right.agree, right.compared) == ("right", 6, 4, 6)
    assert progress.accuracy == pytest.approx(4 / 6)
    assert (progress.begun, progress.done, progress.total) == (6, 0, 12)
    assert [c.labels for c in progress.criteria[1:]] == [0, 0, 0]


def test_only_samples_drawn_at_random_estimate_how_often_the_judge_is_right(
    review: Reviewing,
) -> None:
    rows = review.queue("ann")
    for row in rows:
        judge = one(review.item(row.number, "ann"), "right").judge or ""
        says = judge if row.why == DRAWN else {"yes": "no", "no": "yes"}[judge]
        review.answer(row.number, "ann", "right", says, 0)
        review.answer(row.number, "ann", "four", "no", 99)  # no judge's question
    drawn = sum(row.why == DRAWN for row in rows)
    progress = review.progress("ann")
    assert progress.accuracy == pytest.approx(drawn / len(rows))
    assert (progress.drawn, progress.drawn_accuracy) == (drawn, 1.0)
    assert (progress.low, progress.high) == wilson(drawn, drawn)
    assert progress.criteria[0].to_go == labels_to_go(drawn, drawn)
    assert progress.criteria[3].compared == len(rows)


def test_an_answer_and_its_comment_are_written_both_or_neither(review: Reviewing) -> None:
    item = review.answer(0, "ann", "right", "yes", 0, "it is")
    assert (one(item, "right").mine, one(item, "right").comment) == ("yes", "it is")
    with pytest.raises(StaleReview, match="nothing was written"):
        review.answer(0, "ann", "right", "no", 0, "it is")
    seen = item.revision
    review.answer(0, "ann", "right", "no", seen)
    with pytest.raises(StaleReview):  # the comment alone would have been written
        review.answer(0, "ann", "right", "yes", seen, "another")
    assert one(review.item(0, "ann"), "right").comment == "it is"
    review.undo("ann")
    told = [undone.told.split(" of ")[0] for undone in iter(lambda: review.undo("ann"), None)]
    assert told == ["took back the answer to right", "took back the comment on right"]


def test_a_review_has_a_name_of_its_own_that_stays(run: Path, tmp_path: Path) -> None:
    names = []
    for file in ("a.sqlite", "b.sqlite", "a.sqlite"):
        review = open_review(run, file=tmp_path / file)
        names.append(review.review_id)
        review.close()
    assert names[0] == names[2] != names[1]
    assert len(names[0]) == 32


def test_a_damaged_file_is_told_from_a_full_disk(run: Path) -> None:
    open_review(run).close()
    file = run / "review.sqlite"
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(RunError, match=r"hint: the file is damaged"):
        open_review(run)


def test_what_was_said_is_there_when_the_review_is_opened_again(run: Path) -> None:
    first = open_review(run)
    finish(first, 3, "ann")
    first.rewrite(3, "ann", "Just five.", 99)
    before = first.item(3, "ann")
    first.close()
    assert not (run / "review.sqlite-wal").exists()  # it can be mailed as it is
    again = open_review(run)
    assert again.item(3, "ann") == before
    again.close()
    alone = shutil.copy(run / "review.sqlite", run.parent / "mailed.sqlite")
    mailed = open_review(Path(alone))
    assert mailed.item(3, "ann") == before
    assert not mailed.can_regrade
    mailed.close()


def test_answers_stay_with_their_text_when_the_run_is_graded_again(tmp_path: Path) -> None:
    rows = samples()
    run = a_run(tmp_path, rows)
    notes: list[str] = []
    review = open_review(run)
    gone, kept = number_of(review, "s0"), number_of(review, "s5")
    for number in (gone, kept):
        finish(review, number, "ann")
    review.close()
    rows[0] = {**rows[0], "completion": "Quite another text."}
    edited = RUBRIC.replace("levels: [bad, fair, good]", "levels: [bad, good]")
    more = [{**rows[0], "sample_id": "new"}]
    a_run(tmp_path, rows + more, edited, judge="scripted")
    review = open_review(run, note=notes.append)
    assert notes == [
        "13 samples, 3 of them drawn at random",
        "1 reviewed samples are no longer in the run; what was said is kept",
        "1 answers do not fit what is asked now: another question, other levels, or no such"
        " criterion; they are kept, and count no more until they fit again",
    ]
    item = review.item(kept, "ann")
    assert one(item, "right").mine == "yes"
    assert not one(item, "clear").answered  # 'fair' is no answer any more
    assert (item.state, item.sample.sample_id) == ("mine", "s5")
    assert one(item, "right").judge == "yes"  # the other judge's
    old = review.item(gone, "ann")
    assert (old.sample.completion, old.state) == (samples()[0]["completion"], "done")
    assert old.why == "no longer in the run"
    fresh = review.item(number_of(review, "s0"), "ann")
    assert (fresh.sample.completion, fresh.state) == ("Quite another text.", "open")
    assert len(review.queue("ann")) == 13
    review.close()


def test_of_a_large_run_the_closest_come_in_and_some_by_chance(tmp_path: Path) -> None:
    run = a_run(tmp_path, samples(60))
    notes: list[str] = []
    few = open_review(run, most=10, note=notes.append)
    rows = few.queue("ann")
    assert notes == ["10 of 60 samples are in the review, 2 of them drawn at random"]
    assert [row.why == DRAWN for row in rows].count(True) == 2
    finish(few, rows[0].number, "ann")
    labelled = rows[0].sample_id
    few.close()
    every = open_review(run, file=tmp_path / "all.sqlite")
    best = {row.sample_id for row in every.queue("ann")[:20]}
    every.close()
    assert len(best & {row.sample_id for row in rows}) >= 7
    one_left = open_review(run, most=1)
    assert labelled in {row.sample_id for row in one_left.queue("ann")}  # it was reviewed
    one_left.close()


def test_a_file_of_others_or_of_a_newer_rlaif_is_left_alone(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(RunError, match="not a review of rlaif"):
        open_review(run, file=other)
    open_review(run).close()
    with sqlite3.connect(run / "review.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(RunError, match=r"newer rlaif.*\n  hint: pip install -U rlaif"):
        open_review(run)
    with sqlite3.connect(run / "review.sqlite") as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(RunError, match=r"older rlaif \(tables of version 1; .*\n  hint: export"):
        open_review(run)
    with pytest.raises(RunError, match="no such folder"):
        open_review(tmp_path / "none")
    (tmp_path / "text.sqlite").write_text("hello, this is no database at all" * 50)
    with pytest.raises(RunError, match=r"not a database\n  hint: this is no review"):
        open_review(run, file=tmp_path / "text.sqlite")


def test_a_run_with_a_review_in_it_is_still_a_run(run: Path) -> None:
    open_review(run).close()
    a_run(run.parent)  # make_run refuses a folder with things of others only without a manifest
    (run / "manifest.json").unlink()
    a_run(run.parent)


def test_names_are_hidden_from_what_is_shown_and_kept_in_what_is_stored(tmp_path: Path) -> None:
    text = "Ask Anna Berg at anna@example.org, or Dr. Low, for the 4."
    row = {"sample_id": "anna@example.org", "prompt": "Who is Anna Berg?", "completion": text}
    chat = [{"role": "assistant", "content": text}]
    rows: list[dict[str, Any]] = [
        row,
        {**row, "sample_id": "c", "completion": chat, "metadata": {"by": "Anna Berg"}},
    ]
    run = a_run(tmp_path, rows)
    (tmp_path / "names.txt").write_text("Anna Berg\n")
    review = open_review(run, redact=True, names=tmp_path / "names.txt")
    finish(review, 0, "ann", "yes")
    finish(review, 0, "bob", "no")
    review.settle(0, "bob", "right", "yes", 99, "Anna Berg says so")
    review.rewrite(0, "ann", "It is Anna Berg's [name 1].", 99)
    undone = review.undo("bob")
    review.settle(0, "bob", "right", "yes", 99, "Anna Berg says so")
    items = (review.item(0, "ann"), review.item(1, "ann"))
    for shown in (review.queue("ann"), *items, review.disputes("ann"), undone):
        for hidden in ("Anna", "anna@", "Low"):
            assert hidden not in repr(shown)
    assert "Ask [name 1] at [email 1]" in review.queue("ann")[0].preview
    assert review.queue("ann", words="Anna Berg") == []  # nor is it found
    assert len(review.queue("ann", words="ask for")) == 2
    with pytest.raises(InputError) as refused:
        review.answer(0, "ann", "wrong", "yes", 0)
    assert "anna@" not in str(refused.value)
    review.close()
    plain = open_review(run)
    assert plain.item(0, "ann").sample.completion == text
    assert plain.item(0, "ann").rewritten == "It is Anna Berg's [name 1]."
    plain.close()


def test_a_name_is_hidden_also_where_the_preview_is_cut(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("Anna Katharina Berg\n")
    rows = [
        {"sample_id": f"s{n}", "prompt": "4?", "completion": "x" * n + " Anna Katharina Berg" * 60}
        for n in (140, 150)
    ]
    review = open_review(a_run(tmp_path, rows), names=tmp_path / "names.txt")
    for row in review.queue("ann"):
        assert "Anna" not in row.preview
        assert len(row.preview) <= 160
        assert "[n" in row.preview
    review.close()


def test_hostile_texts_and_ids_come_back_as_they_are(tmp_path: Path) -> None:
    evil = '<script>alert(1)</script>\'; DROP TABLE acts; -- \u202e\0 %_\\ "x"'
    rows = [{"sample_id": evil, "prompt": evil, "completion": evil + " 4"}]
    review = open_review(a_run(tmp_path, rows))
    item = review.comment(0, evil.replace("\u202e\0", ""), evil + "\ud800", 0)
    assert item.comment == evil + "?"
    assert item.sample.completion == evil + " 4"
    assert review.queue("ann", words="<script> DROP")[0].sample_id == evil
    review.rewrite(0, "ann", "", 0)
    assert review.item(0, "ann").rewritten == ""
    review.close()


def test_regrading_compares_the_judge_before_and_after_with_the_labels(run: Path) -> None:
    file = run.parent / "small.yaml"
    review = open_review(run, rubric=file, judge=load_judge("scripted"))
    assert review.can_regrade
    says = {}
    for number in range(6):
        says[number] = one(review.item(number, "ann"), "right").judge
        review.answer(number, "ann", "right", "yes", 0)
    found = asyncio.run(review.regrade("right"))
    assert (found.samples, found.compared, found.failed, found.skipped) == (6, 6, 0, 0)
    assert found.reasons == ()
    assert found.agree_before == sum(answer == "yes" for answer in says.values())
    assert found.agree_after == 6  # this judge always gives the best answer
    assert len(found.changed) == sum(answer == "no" for answer in says.values())
    with pytest.raises(InputError, match="no criterion 'wrong'"):
        asyncio.run(review.regrade("wrong"))
    assert asyncio.run(review.regrade("clear")).samples == 0
    review.close()


def test_a_prescreened_sample_is_no_failure_and_a_failure_says_why(tmp_path: Path) -> None:
    rows = samples(4)
    rows[1]["completion"] = "   "
    run = a_run(tmp_path, rows)
    judge = load_judge("scripted")
    assert isinstance(judge.spec, ScriptedJudge)
    told = "ask anna@example.org for a key"
    backend = ScriptedBackend(judge.spec, rule=lambda _: Failure("backend", told))
    review = open_review(
        run, rubric=tmp_path / "small.yaml", judge=judge, backend=backend, redact=True
    )
    for number in range(4):
        review.answer(number, "ann", "right", "yes", 0)
    found = asyncio.run(review.regrade("right"))
    assert (found.samples, found.compared, found.failed, found.skipped) == (4, 0, 3, 1)
    assert found.reasons == ("backend: ask [email 1] for a key",)
    review.close()


def test_without_a_judge_nothing_is_graded_again(review: Reviewing) -> None:
    assert not review.can_regrade
    with pytest.raises(InputError, match="--judge"):
        asyncio.run(review.regrade("right"))
