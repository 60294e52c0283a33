"""The verdict cache: what is put is found, in other processes too, and nothing fails a job."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rlaif.records.identity import digest
from rlaif.records.outcome import Ballot, Case, Quote, Verdict
from rlaif.storage import verdict_cache, verdict_file
from rlaif.storage.verdict_cache import MOST_WAITING, VerdictStore

JUDGE = "small@1.0.0"
VERDICT = Verdict((0.25, 0.75), 0.5)
RICH = Verdict(
    (0.125, 0.625, 0.25),
    0.875,
    "It says so. " * 200,
    (Case("f(1)", True, "gave 2", 0.5, 2**33), Case("f(2)", False)),
    (Quote("says so", True), Quote("né", False)),
    (Ballot("vote 0", (0.0, 1.0, 0.0), 0.5), Ballot("vote 1", (0.25, 0.25, 0.5))),
)
FILL = """
import sys
from pathlib import Path
from rlaif.records.identity import digest
from rlaif.records.outcome import Verdict
from rlaif.storage.verdict_cache import VerdictStore
folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
store = VerdictStore(folder)
for number in range(first, first + count):
    store.put(digest(str(number)), Verdict((0.25, 0.75), 0.5), "small@1.0.0")
    if number % 50 == 49:
        store.flush()
        print(number, flush=True)
store.close()
"""


def key(number: int = 0) -> str:
    return digest(str(number))


def keys(count: int) -> list[str]:
    return [key(number) for number in range(count)]


def filling(folder: Path, first: int, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FILL, str(folder), str(first), str(count)],
        stdout=subprocess.PIPE,
        text=True,
    )


def fill(folder: Path, count: int = 300) -> Path:
    with VerdictStore(folder) as store:
        for one in keys(count):
            store.put(one, VERDICT, JUDGE)
    return folder / verdict_file.NAME


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def by_hand(tmp_path: Path) -> Callable[[str], list[tuple[int, ...]]]:
    """`by_hand("SELECT ...")`: rows of the file, as another program sees them."""

    def ask(query: str) -> list[tuple[int, ...]]:
        with closing(sqlite3.connect(tmp_path / verdict_file.NAME)) as connection:
            rows = connection.execute(query).fetchall()
            connection.commit()
            return rows

    return ask


@pytest.mark.parametrize("verdict", [VERDICT, RICH, Verdict((1.0,)), Verdict((0.5, 0.5), 0.0)])
def test_a_verdict_comes_back_whole(tmp_path: Path, verdict: Verdict) -> None:
    with VerdictStore(tmp_path) as store:
        store.put(key(), verdict, JUDGE)
        assert store.get([key()]) == {key(): verdict}
    with VerdictStore(tmp_path) as store:
        assert store.get([key(1), key()]) == {key(): verdict}


def test_nothing_is_made_before_something_is_asked_or_kept(tmp_path: Path) -> None:
    with VerdictStore(tmp_path / "verdicts") as store:
        store.tick()
    assert not (tmp_path / "verdicts").exists()


def test_only_the_user_may_look_into_the_folder_that_is_made(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "verdicts", 1)
    assert (tmp_path / "a" / "verdicts").stat().st_mode & 0o777 == 0o700


def test_the_later_verdict_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    with VerdictStore(tmp_path) as store:
        store.put(key(), VERDICT, JUDGE)
        store.flush()
        store.put(key(), RICH, "other@2.0.0")
    with VerdictStore(tmp_path) as store:
        assert store.get([key()]) == {key(): RICH}


def test_half_of_a_surrogate_pair_does_not_keep_a_verdict_out(tmp_path: Path) -> None:
    with VerdictStore(tmp_path) as store:
        store.put(key(), Verdict((1.0,), None, "a\ud800"), JUDGE)
    with VerdictStore(tmp_path) as store:
        assert store.get([key()]) == {key(): Verdict((1.0,), None, "a?")}


def test_more_keys_than_one_statement_takes_are_found(tmp_path: Path) -> None:
    fill(tmp_path, 1200)
    with VerdictStore(tmp_path) as store:
        assert len(store.get(keys(1300))) == 1200


def test_what_is_no_key_is_neither_kept_nor_known(tmp_path: Path) -> None:
    with VerdictStore(tmp_path) as store:
        for odd in ("", "k", "00", "zz" * 16, key() + "00"):
            store.put(odd, VERDICT, JUDGE)
            assert store.get([odd, key()]) == {}


def test_it_is_written_when_the_oldest_has_waited(tmp_path: Path) -> None:
    clock = Clock()
    store, other = VerdictStore(tmp_path, clock), VerdictStore(tmp_path)
    store.put(key(), VERDICT, JUDGE)
    clock.now = 0.9
    store.tick()
    assert other.get([key()]) == {}
    clock.now = 1.0
    store.tick()
    assert other.get([key()]) == {key(): VERDICT}
    store.close()
    other.close()


def test_the_day_of_last_use_is_that_of_the_last_get(
    tmp_path: Path, by_hand: Callable[[str], list[tuple[int, ...]]]
) -> None:
    with VerdictStore(tmp_path, now=lambda: 10 * 86_400.0) as store:
        store.put(key(0), VERDICT, JUDGE)
        store.put(key(1), VERDICT, JUDGE)
    with VerdictStore(tmp_path, now=lambda: 12 * 86_400.0) as store:
        store.get([key(1)])
    assert by_hand("SELECT day FROM verdicts ORDER BY day") == [(10,), (12,)]


@pytest.mark.parametrize(
    "wrong",
    [
        "zeroblob(40)", "'text'", "7", "x''", "substr(content, 1, 9)",
        "(SELECT content FROM verdicts ORDER BY key LIMIT 1)",
    ],
)  # fmt: skip
def test_a_value_that_is_not_what_was_written_is_not_known(
    tmp_path: Path, by_hand: Callable[[str], list[tuple[int, ...]]], wrong: str
) -> None:
    fill(tmp_path, 3)
    least = min(keys(3))
    by_hand(f"UPDATE verdicts SET content = {wrong} WHERE key <> x'{least}'")  # noqa: S608 - a table of ours
    with VerdictStore(tmp_path) as store:
        assert store.get(keys(3)) == {least: VERDICT}


def test_a_key_can_be_kept_again_where_its_value_was_damaged(
    tmp_path: Path, by_hand: Callable[[str], list[tuple[int, ...]]]
) -> None:
    fill(tmp_path, 1)
    by_hand("UPDATE verdicts SET content = x'00', day = 'soon'")
    with VerdictStore(tmp_path) as store:
        assert store.get([key()]) == {}
        store.put(key(), VERDICT, JUDGE)
    with VerdictStore(tmp_path) as store:
        assert store.get([key()]) == {key(): VERDICT}


@pytest.mark.parametrize("harm", ["begin", "middle", "cut", "text"])
def test_a_damaged_file_is_set_aside_and_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: str
) -> None:
    path = fill(tmp_path, 3000)
    content = bytearray(path.read_bytes())
    if harm == "begin":
        content[:4096] = bytes(range(256)) * 16
    elif harm == "middle":
        content[4096:] = b"\xa5" * (len(content) - 4096)
    elif harm == "cut":
        del content[len(content) // 2 :]
    else:
        content = bytearray(b"these are no verdicts\n" * 400)
    path.write_bytes(content)
    with VerdictStore(tmp_path) as store:
        store.get(keys(3000))
        store.put(key(), RICH, JUDGE)
        store.flush()
        store.put(key(), RICH, JUDGE)
    (told,) = [record.getMessage() for record in caplog.records]
    (aside,) = tmp_path.glob(f"damaged-*-{verdict_file.NAME}")
    assert "damaged" in told
    assert aside.name in told
    assert aside.read_bytes() == content
    with VerdictStore(tmp_path) as store:
        assert store.get([key()]) == {key(): RICH}


def test_a_new_file_that_another_process_began_is_not_set_aside(tmp_path: Path) -> None:
    path = fill(tmp_path)
    number = verdict_file.file_number(path)
    assert verdict_file.set_aside(path, number)
    fill(tmp_path)
    assert verdict_file.set_aside(path, number) is None
    assert path.exists()


def test_the_file_of_a_newer_version_is_left_alone_and_told_once(
    tmp_path: Path,
    by_hand: Callable[[str], list[tuple[int, ...]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = fill(tmp_path)
    by_hand(f"PRAGMA user_version = {verdict_file.VERSION + 1}")
    before = path.read_bytes()
    with VerdictStore(tmp_path) as store:
        for number in range(3):
            store.put(key(number), RICH, JUDGE)
            store.flush()
            assert store.get([key(number)]) == {}
    assert path.read_bytes() == before
    (told,) = [record.getMessage() for record in caplog.records]
    assert "a newer version of rlaif made it" in told
    assert "the job goes on" in told


def test_the_file_of_another_program_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(tmp_path / verdict_file.NAME)) as connection:
        connection.execute("CREATE TABLE verdicts (mine TEXT)")
    with VerdictStore(tmp_path) as store:
        store.put(key(), VERDICT, JUDGE)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "another program's" in caplog.text


def test_a_folder_that_cannot_be_made_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with VerdictStore(tmp_path / "file" / "verdicts") as store:
        for number in range(3):
            store.put(key(number), VERDICT, JUDGE)
            store.flush()
            assert store.get([key(number)]) == {}
    assert len(caplog.records) == 1
    assert "it is not used" in caplog.text


@pytest.mark.parametrize("limit", ["PRAGMA max_page_count = 20", "PRAGMA query_only = ON"])
def test_where_nothing_can_be_written_what_is_there_is_still_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    limit: str,
) -> None:
    fill(tmp_path, 100)
    connect = verdict_file.connect

    def limited(path: Path, wait_s: float) -> sqlite3.Connection:
        connection = connect(path, wait_s)
        connection.execute(limit)
        return connection

    monkeypatch.setattr(verdict_file, "connect", limited)
    with VerdictStore(tmp_path) as store:
        for number in range(100, 5000):
            store.put(key(number), VERDICT, JUDGE)
        store.flush()
        assert store.get([key(0), key(4999)]) == {key(0): VERDICT}
        store.put(key(4999), VERDICT, JUDGE)
        store.flush()
    assert len(caplog.records) == 1
    assert "nothing more is kept" in caplog.text


def test_a_lock_of_another_process_costs_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(verdict_cache, "_WAIT_S", 0.01)
    path = fill(tmp_path, 2)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store = VerdictStore(tmp_path)
        store.put(key(2), VERDICT, JUDGE)
        store.flush()
        assert set(store.get(keys(3))) == set(keys(3))
        other.execute("COMMIT")
    store.close()
    with VerdictStore(tmp_path) as store:
        assert set(store.get(keys(3))) == set(keys(3))
    assert not caplog.records


def test_a_lock_that_never_ends_is_told_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(verdict_cache, "_WAIT_S", 0.0)
    monkeypatch.setattr(verdict_cache, "_LAST_WAIT_S", 0.01)
    path = fill(tmp_path, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with VerdictStore(tmp_path) as store:
            for number in range(1, MOST_WAITING + 10):
                store.put(key(number), VERDICT, JUDGE)
    assert [r.getMessage() for r in caplog.records] == [
        f"verdict cache {path}: {MOST_WAITING} verdicts not kept; other processes hold it"
    ]


def test_several_processes_fill_one_cache_from_nothing(tmp_path: Path) -> None:
    jobs = [filling(tmp_path / "new", 500 * n, 500) for n in range(4)]
    for job in jobs:
        job.communicate(timeout=60)
    assert [job.returncode for job in jobs] == [0] * 4
    with VerdictStore(tmp_path / "new") as store:
        assert len(store.get(keys(2000))) == 2000


def test_a_process_killed_at_any_instant_leaves_what_it_had_written(tmp_path: Path) -> None:
    for lines in (1, 3, 7):
        job = filling(tmp_path, 0, 10**6)
        assert job.stdout
        written = [int(job.stdout.readline()) for _ in range(lines)][-1]
        os.kill(job.pid, signal.SIGKILL)
        job.communicate(timeout=60)
        with VerdictStore(tmp_path) as store:
            assert len(store.get(keys(written + 1))) == written + 1
            store.put(key(10**7), VERDICT, JUDGE)
        with closing(sqlite3.connect(tmp_path / verdict_file.NAME)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
