"""Acts and undo against a simple model; nothing that was acknowledged is lost."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rlaif.errors import StaleReview
from rlaif.ports import Reviewing
from rlaif.runs.review import open_review
from tests.runs.reviewed import a_run

ANNOTATORS = st.sampled_from(["ann", "bob"])
NUMBERS = st.integers(0, 2)
NAMES = st.sampled_from(["clear", "right"])
LABELS = {"right": ["yes", "no", None], "clear": ["bad", "good", None]}


TWO = """\
rubric: two
version: 1.0.0
title: Two questions
criteria:
- {id: right, ask: Is the answer right?}
- {id: clear, ask: How clear is the answer?, levels: [bad, fair, good]}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_run(tmp_path_factory.mktemp("acts"), rubric=TWO)


class Act(NamedTuple):
    """What the model remembers of one act."""

    annotator: str
    field: tuple[int, str, str]
    says: Any


class Acts(RuleBasedStateMachine):
    """A list of acts is the whole model: what was said last of a field, and is in it, holds."""

    run: Path
    built: Path

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(prefix="rlaif-")
        self._file = Path(shutil.copy(self.built, self._folder.name))
        self.review = open_review(self.run, file=self._file)
        self.acts: list[Act] = []
        self.changed: dict[tuple[str, tuple[int, str, str]], int] = {}

    def teardown(self) -> None:
        self.review.close()
        self._folder.cleanup()

    def holds(self, annotator: str, field: tuple[int, str, str]) -> Any:
        said = (a.says for a in reversed(self.acts) if a[:2] == (annotator, field))
        return next(said, ())

    def do(self, annotator: str, field: tuple[int, str, str], says: Any, stale: bool) -> None:
        number, kind, criterion = field
        now = self.review.item(number, annotator).revision
        last = self.changed.get((annotator, field), 0)
        seen = last - 1 if stale and last else now
        given = (number, annotator)
        refused = stale and last and says != self.holds(annotator, field)
        try:
            if kind == "answer" and says == ():
                item = self.review.take_back(*given, criterion, seen)
            elif kind == "answer":
                item = self.review.answer(*given, criterion, says[0], seen)
            elif kind == "comment":
                item = self.review.comment(*given, says[0] if says else "", seen, criterion)
            else:
                item = self.review.rewrite(*given, says[0] if says else None, seen)
        except StaleReview:
            assert refused
            return
        assert not refused
        if says != self.holds(annotator, field):
            self.acts.append(Act(annotator, field, says))
            self.changed[annotator, field] = item.revision
            assert item.revision == now + 1
        else:
            assert item.revision == now

    @rule(
        a=ANNOTATORS,
        n=NUMBERS,
        c=st.sampled_from(sorted(LABELS)),
        i=st.integers(0, 2),
        stale=st.booleans(),
    )
    def answer(self, a: str, n: int, c: str, i: int, stale: bool) -> None:
        self.do(a, (n, "answer", c), (LABELS[c][i],), stale)

    @rule(a=ANNOTATORS, n=NUMBERS, c=st.sampled_from(sorted(LABELS)), stale=st.booleans())
    def take_back(self, a: str, n: int, c: str, stale: bool) -> None:
        self.do(a, (n, "answer", c), (), stale)

    @rule(a=ANNOTATORS, n=NUMBERS, c=st.sampled_from(["", "right"]), text=st.sampled_from("ab "))
    def comment(self, a: str, n: int, c: str, text: str) -> None:
        self.do(a, (n, "comment", c), (text,) if text.strip() else (), False)

    @rule(a=ANNOTATORS, n=NUMBERS, text=st.sampled_from(["", "x", None]), stale=st.booleans())
    def rewrite(self, a: str, n: int, text: str | None, stale: bool) -> None:
        self.do(a, (n, "rewrite", ""), () if text is None else (text,), stale)

    @rule(a=ANNOTATORS)
    def undo(self, a: str) -> None:
        mine = [act for act in self.acts if act.annotator == a]
        undone = self.review.undo(a)
        assert (undone.number if undone else None) == (mine[-1].field[0] if mine else None)
        if mine:
            place = max(i for i, act in enumerate(self.acts) if act.annotator == a)
            del self.acts[place]
            number, field = mine[-1].field[0], mine[-1].field
            self.changed[a, field] = self.review.item(number, a).revision

    @rule()
    def open_again(self) -> None:
        self.review.close()
        self.review = open_review(self.run, file=self._file)

    @invariant()
    def all_that_holds_is_shown(self) -> None:
        for annotator in ("ann", "bob"):
            for number in range(3):
                self.same(annotator, number)
        for name, progress in ((a, self.review.progress(a)) for a in ("ann", "bob")):
            for one in progress.criteria:
                fields = ((n, "answer", one.criterion) for n in range(3))
                assert one.labels == sum(self.holds(name, f) != () for f in fields)
        cards = self.review.disputes("eve", others=True)
        disputed = {(d.number, c.id) for d in cards for c in d.criteria}
        assert disputed == {(n, c) for n in range(3) for c in LABELS if self.apart(n, c)}

    def same(self, annotator: str, number: int) -> None:
        item = self.review.item(number, annotator)
        for c in item.criteria:
            said = self.holds(annotator, (number, "answer", c.id))
            assert (c.answered, c.mine) == (said != (), said[0] if said else None)
            comment = self.holds(annotator, (number, "comment", c.id))
            assert c.comment == (comment[0] if comment else "")
        rewrite = self.holds(annotator, (number, "rewrite", ""))
        assert item.rewritten == (rewrite[0] if rewrite else None)
        anything = any(
            self.holds(annotator, act.field) != () for act in self.acts if act.field[0] == number
        )
        assert (item.state == "open") == (not anything)

    def apart(self, number: int, criterion: str) -> bool:
        said = [self.holds(a, (number, "answer", criterion)) for a in ("ann", "bob")]
        done = all(self.done(a, number) for a in ("ann", "bob"))
        return done and () not in said and said[0] != said[1]

    def done(self, annotator: str, number: int) -> bool:
        return all(self.holds(annotator, (number, "answer", c)) != () for c in LABELS)


@pytest.mark.slow
def test_acts_and_undo_are_as_a_list_of_acts(run: Path) -> None:
    open_review(run).close()
    Acts.run, Acts.built = run, run / "review.sqlite"
    case = Acts.TestCase
    case.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
    case("runTest").runTest()


SAY = """\
import sys
from pathlib import Path
from rlaif.runs.review import open_review
review = open_review(Path(sys.argv[1]))
print("ready", flush=True)
for turn in range(100_000):
    review.comment(turn % 12, sys.argv[2], f"{turn}", 10**9)
    print(turn, flush=True)
"""


def _told(run: Path, annotator: str, acts: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SAY, str(run), annotator]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(acts + 1):
        process.stdout.readline()
    yield process


def _lasting(review: Reviewing, annotator: str) -> int:
    comments = (review.item(number, annotator).comment for number in range(12))
    return max((int(text) for text in comments if text), default=-1)


@pytest.mark.slow
def test_two_processes_write_and_a_kill_takes_back_nothing_that_was_said(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    open_review(run).close()
    (one,), (other,) = _told(run, "ann", 30), _told(run, "bob", 30)
    acknowledged = {}
    for name, process in (("ann", one), ("bob", other)):
        process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        rest = process.stdout.read().split("\n")
        process.stdout.close()
        process.wait()
        acknowledged[name] = max([29, *(int(line) for line in rest[:-1] if line.isdigit())])
    review = open_review(run)
    for name, least in acknowledged.items():
        assert _lasting(review, name) in (least, least + 1)  # the last one may be on its way
        assert review.undo(name) is not None
    review.close()


@pytest.mark.slow
def test_a_kill_while_it_is_built_leaves_nothing_half_done(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    halfway = """\
import os, sys
from pathlib import Path
from rlaif.runs import review_building
from rlaif.runs.review import open_review
review_building._rank = lambda *_: os.kill(os.getpid(), 9)
open_review(Path(sys.argv[1]))
"""
    killed = subprocess.run([sys.executable, "-c", halfway, str(run)], check=False)
    assert killed.returncode == -9
    review = open_review(run)
    assert len(review.queue("ann")) == 12
    assert len({row.number for row in review.queue("ann")}) == 12
    review.close()


def test_threads_of_one_process_do_not_get_in_each_other_s_way(run: Path, tmp_path: Path) -> None:
    review = open_review(run, file=tmp_path / "r.sqlite")
    faults: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for turn in range(20):
                review.answer(turn % 12, name, "right", ("yes", "no")[turn % 2], 10**9)
                review.queue(name)
        except BaseException as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(f"a{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sum(c.labels for i in range(4) for c in review.progress(f"a{i}").criteria) == 48
    review.close()
