"""What failed in a run is asked again, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rlaif.errors import InputError, JudgeUnavailable, RunError
from rlaif.reporting.failures import failed_text
from rlaif.runs.estimate import estimate
from rlaif.runs.grade import grade_run
from rlaif.runs.kept_order import kept_order
from rlaif.runs.order import Order
from rlaif.runs.retry import failed_in, retry_order
from rlaif.storage.run_folder import open_run
from tests.runs.counted import CountedBackend, put_in_place, served_judge
from tests.runs.quiet import Quiet
from tests.runs.test_estimate import PLAIN, many, order_of


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    """A run of forty samples, of which some failed, and two more that nobody has graded."""
    order = replace(order_of(tmp_path, PLAIN, many()), cache=False)
    put_in_place(monkeypatch, failing=0.3)
    grade_run(order, Quiet())
    put_in_place(monkeypatch)
    return order


def test_it_says_how_many_failed_and_why(half: Order) -> None:
    counts = open_run(half.out).counts()
    found = failed_in(half.out)
    assert found.count == counts.failed > 5
    assert found.stages == {"backend": counts.failed}
    assert {(r.stage, r.message) for r in found.reasons} == {("backend", "gone")}
    assert sum(r.count for r in found.reasons) >= counts.failed
    text = failed_text(found).splitlines()
    assert text[:2] == [f"{counts.failed} failed grades", f"  backend: {counts.failed}"]


def test_only_what_failed_is_asked_by_the_kept_judge_from_the_kept_samples(half: Order) -> None:
    before = {g.sample_id: g for g in open_run(half.out).grades()}
    (half.out.parent / "samples.jsonl").unlink()
    (half.out.parent / "rubric.yaml").unlink()
    order = replace(retry_order(half.out), cache=False)
    planned = estimate(order).questions
    counts = grade_run(order, Quiet())
    assert (counts.ok, counts.failed) == (40, 0)
    assert CountedBackend.asked == planned
    after = {g.sample_id: g for g in open_run(half.out).grades()}
    stood = [g for g in before.values() if g.status == "ok"]
    assert all(after[g.sample_id] == g for g in stood)
    assert {g.attempt for name, g in after.items() if before[name].status == "failed"} == {2}


def test_a_stage_narrows_it(half: Order) -> None:
    assert estimate(retry_order(half.out, ["parse", "length"])).questions == 0
    assert grade_run(retry_order(half.out, ["parse"]), Quiet()).failed > 5
    assert CountedBackend.asked == 0
    assert grade_run(retry_order(half.out, ["parse", "backend"]), Quiet()).failed == 0


def test_what_was_not_graded_yet_is_left_alone(half: Order) -> None:
    run = open_run(half.out)
    part = run.files()[1][0]
    part.unlink()
    assert run.counts().missing == 40
    assert grade_run(retry_order(half.out), Quiet()).missing == 40
    assert CountedBackend.asked == 0


def test_the_judge_may_be_asked_elsewhere_and_must_be_the_same(half: Order) -> None:
    moved = served_judge(base_url="https://other.example/v1", concurrency=2)
    assert grade_run(retry_order(half.out, judge=moved), Quiet()).failed == 0
    with pytest.raises(InputError, match=r"is not the judge that .* was graded by"):
        retry_order(half.out, judge=served_judge(model="another"))


def test_another_model_behind_the_same_name_is_refused_before_it_is_asked(
    half: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Another(CountedBackend):
        async def start(self) -> None:
            self.served = "other weights"

    monkeypatch.setattr("rlaif.runs.backends.backend_of", Another)
    before = open_run(half.out).manifest
    with pytest.raises(JudgeUnavailable, match="now:  other weights"):
        grade_run(retry_order(half.out), Quiet())
    assert open_run(half.out).manifest == before
    assert CountedBackend.asked == 0


@pytest.mark.parametrize("kept", ["rubric", "judge"])
def test_a_kept_text_that_has_changed_is_refused(half: Order, kept: str) -> None:
    (path,) = half.out.glob(f"{kept}-*")
    path.write_text(path.read_text().replace("greeting", "greetings").replace("served", "s"))
    with pytest.raises(RunError, match=f"the kept {kept} is not what it was"):
        kept_order(open_run(half.out))


def test_a_judge_that_names_a_folder_beside_its_file_finds_it_again(tmp_path: Path) -> None:
    home = tmp_path / "judges"
    (home / "tokens").mkdir(parents=True)
    judge = replace(served_judge(tokenizer="tokens"), folder=home)
    with pytest.MonkeyPatch.context() as patched:
        put_in_place(patched)
        grade_run(replace(order_of(tmp_path, PLAIN, many(3)), judge=judge), Quiet())
    kept = kept_order(open_run(tmp_path / "run")).judge
    assert kept is not None
    assert kept.folder == home
    assert kept.content_hash == judge.content_hash
