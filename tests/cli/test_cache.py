"""`rlaif cache`: what the cache holds, and less of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from rlaif.records.identity import digest
from rlaif.records.outcome import Verdict
from rlaif.storage.verdict_cache import VerdictStore
from rlaif.storage.verdict_file import NAME, VERSION
from rlaif.storage.verdict_upkeep import today
from tests.cli.conftest import Rlaif

SMALL, LARGE = "small@1.0.0", "large@2.0.0"


def fill(folder: Path, judge: str, first: int, count: int, days_ago: int = 0) -> None:
    day = (today() - days_ago) * 86_400.0
    with VerdictStore(folder, now=lambda: day) as store:
        for number in range(first, first + count):
            verdict = Verdict((0.25, 0.75), 0.5, f"Reason {number}. " * 5)
            store.put(digest(str(number)), verdict, judge)


@pytest.fixture
def filled(verdict_cache: Path) -> Path:
    """300 verdicts of one judge, used 40 days ago, and 100 of another, used today."""
    fill(verdict_cache, SMALL, 0, 300, days_ago=40)
    fill(verdict_cache, LARGE, 300, 100)
    return verdict_cache


def counts(rlaif: Rlaif) -> dict[str, int]:
    row = orjson.loads(rlaif("cache", "stats", "--format", "json").out)
    assert row["verdicts"] == sum(one["verdicts"] for one in row["judges"])
    return {one["judge"]: one["verdicts"] for one in row["judges"]}


def test_a_cache_that_is_not_there_holds_nothing_and_is_not_made(
    rlaif: Rlaif, verdict_cache: Path
) -> None:
    ran = rlaif("cache", "stats")
    assert (ran.status, ran.out) == (0, f"0 verdicts, 0.0 MB, in {verdict_cache}\n")
    assert rlaif("cache", "prune", "--all").status == 0
    assert not verdict_cache.exists()


def test_stats_are_by_judge_with_days_of_use(rlaif: Rlaif, filled: Path) -> None:
    lines = rlaif("cache", "stats").out.splitlines()
    assert lines[1].split()[:2] == [SMALL, "300"]
    assert lines[2].split()[:2] == [LARGE, "100"]
    assert lines[3].startswith("400 verdicts, ")
    row = orjson.loads(rlaif("cache", "stats", "--format", "json").out)
    assert (row["folder"], row["verdicts"]) == (str(filled), 400)
    assert row["bytes"] == sum(path.stat().st_size for path in filled.iterdir())
    assert row["oldest"] == row["judges"][0]["newest"] < row["judges"][1]["oldest"] == row["newest"]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (("--older-than", "30"), {LARGE: 100}),
        (("--older-than", "41"), {SMALL: 300, LARGE: 100}),
        (("--judge", LARGE), {SMALL: 300}),
        (("--judge", LARGE, "--older-than", "30"), {SMALL: 300, LARGE: 100}),
        (("--all",), {}),
        (("--max-size", "50"), {SMALL: 300, LARGE: 100}),
        (("--max-size", "0"), {}),
    ],
)
def test_prune_removes_what_it_is_told_to(
    rlaif: Rlaif, filled: Path, options: tuple[str, ...], left: dict[str, int]
) -> None:
    ran = rlaif("cache", "prune", *options)
    assert ran.status == 0
    assert counts(rlaif) == left
    gone = 400 - sum(left.values())
    assert f"{gone} verdicts removed; {filled} held " in ran.out
    assert (f"removed 100 verdicts of {LARGE}\n" in ran.out) == (LARGE not in left)


def test_a_size_takes_the_longest_unused_and_the_file_becomes_smaller(
    rlaif: Rlaif, verdict_cache: Path
) -> None:
    fill(verdict_cache, SMALL, 0, 4000, days_ago=40)
    fill(verdict_cache, LARGE, 4000, 1000)
    before = sum(path.stat().st_size for path in verdict_cache.iterdir())
    ran = rlaif("cache", "prune", "--max-size", f"{before / 2e6:.3f}")
    assert ran.status == 0
    left = counts(rlaif)
    assert left[LARGE] == 1000
    assert 500 < left[SMALL] < 2000
    assert (verdict_cache / NAME).stat().st_size <= before / 2


def test_a_use_saves_a_verdict_from_going(rlaif: Rlaif, filled: Path) -> None:
    with VerdictStore(filled) as store:
        assert store.get([digest("7")])
    rlaif("cache", "prune", "--older-than", "1")
    assert counts(rlaif) == {LARGE: 100, SMALL: 1}


def test_a_job_goes_on_while_its_cache_is_pruned(rlaif: Rlaif, filled: Path) -> None:
    with VerdictStore(filled) as store:
        assert len(store.get([digest(str(n)) for n in range(400)])) == 400
        store.put(digest("new"), Verdict((1.0, 0.0)), SMALL)
        ran = rlaif("cache", "prune", "--all")
        assert ran.status == 0
        assert store.get([digest("1")]) == {}
        store.put(digest("newer"), Verdict((1.0, 0.0)), SMALL)
    assert counts(rlaif) == {SMALL: 2}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "nothing says what is to go"),
        (("--all", "--older-than", "3"), "--all leaves nothing for another option"),
        (("--judge", "smal@1.0.0"), "no verdicts of 'smal@1.0.0'\n  hint: did you mean 'small@"),
        (("--older-than", "-1"), "invalid value for '--older-than'"),
        (("--max-size", "inf"), "--max-size inf: expected a number of megabytes"),
    ],
)
def test_options_at_fault_are_one_message_and_remove_nothing(
    rlaif: Rlaif, filled: Path, options: tuple[str, ...], told: str
) -> None:
    ran = rlaif("cache", "prune", *options)
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err
    assert sum(counts(rlaif).values()) == 400


def test_a_cache_that_is_off_is_said(rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLAIF_VERDICT_CACHE", "OFF")
    assert rlaif("cache", "stats").out.startswith("the verdict cache is off")
    assert orjson.loads(rlaif("cache", "stats", "--format", "json").out)["folder"] is None
    assert rlaif("cache", "prune", "--all").status == 2


def test_a_damaged_file_is_said_with_the_mend(rlaif: Rlaif, filled: Path) -> None:
    (filled / NAME).write_bytes(b"no database" * 1000)
    ran = rlaif("cache", "stats")
    assert ran.status == 2
    assert "hint: it is damaged; `rlaif cache prune --all` removes it" in ran.err
    assert rlaif("cache", "prune", "--all").status == 0
    assert counts(rlaif) == {}


def test_the_file_of_a_newer_version_is_left_alone(rlaif: Rlaif, filled: Path) -> None:
    with closing(sqlite3.connect(filled / NAME)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    for command in (("stats",), ("prune", "--all")):
        ran = rlaif("cache", *command)
        assert ran.status == 2
        assert "a newer version of rlaif made it" in ran.err
    assert (filled / NAME).exists()
