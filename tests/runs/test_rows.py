"""From runs to rows that train, and the card beside them."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from rlaif.errors import InputError, RunError
from rlaif.records.pair import Pair
from rlaif.records.preference import Preference
from rlaif.records.row_rules import PairRules, RowsMade, SelectRules, UnpairedRules
from rlaif.runs import rows as rows_module
from rlaif.runs.pairs import make_pairs
from rlaif.runs.select import make_selection
from rlaif.runs.unpaired import make_unpaired
from rlaif.storage.database import database
from rlaif.storage.pair_folder import make_pairs as make_pair_folder
from rlaif.storage.pair_rows import PairRow
from rlaif.storage.report_base import mark
from rlaif.storage.run_folder import Kept, open_run
from tests.runs.graded import Scored, graded_run


def of(name: str, prompt: str = "Who?", **more: Any) -> dict[str, Any]:
    return {"sample_id": name, "prompt": prompt, "completion": f"It is {name}.", **more}


MIXED: list[Scored] = [
    (of("a1", "A?", policy="p"), 0.9),
    (of("b1", "B?"), 0.4),
    (of("a2", "A?", policy="q", completion="No."), 0.1),
    (of("b2", "B?"), 0.4),
    (of("a3", "A?"), "failed:c"),
    (of("c1", "C?"), 0.8),
    (of("c2", "C?"), None),
    (of("a4", "A?", policy="p", completion="Perhaps it is."), 0.5),
    (of("d1", "D?"), ""),
]
"""Prompts mixed up; one without a pair for a tie, two for having fewer than two scores."""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return graded_run(tmp_path_factory.mktemp("mixed") / "run-7", MIXED)


def lines(path: str | Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in Path(path).read_bytes().splitlines()]


def pairs(run: Path, out: Path, **rules: Any) -> tuple[RowsMade, list[str]]:
    made = make_pairs(run, PairRules(**rules), str(out))
    rows = lines(out) if made.paths else []
    return made, [f"{row['sample_id_chosen']}>{row['sample_id_rejected']}" for row in rows]


def test_pairs_are_of_one_prompt_and_all_else_is_counted(mixed: Path, tmp_path: Path) -> None:
    made, found = pairs(mixed, tmp_path / "pairs.jsonl")
    assert found == ["a1>a2"]
    assert (made.kept, made.candidates, made.prompts) == (1, 9, 4)
    assert made.dropped == {"failed": 1, "not_graded": 1, "nothing_applies": 1}
    assert made.prompts_dropped == {"tie": 1, "alone": 2}
    assert made.chosen_longer == 1.0
    (row,) = lines(tmp_path / "pairs.jsonl")
    assert (row["prompt"], row["chosen"], row["rejected"]) == ("A?", "It is a1.", "No.")
    assert (row["score_chosen"], row["score_rejected"]) == (0.9, 0.1)
    assert row["margin"] == pytest.approx(0.8)
    assert (row["policy_chosen"], row["policy_rejected"], row["on_policy"]) == ("p", "q", False)
    assert row["group"].startswith("prompt ")


def test_pairs_come_in_the_order_of_the_prompts_over_any_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module.in_batches, "__defaults__", (2,))
    scored: list[Scored] = [
        (of(f"{n}-{k}", f"Question {n}?"), k / 4) for k in range(3) for n in range(7)
    ]
    run = graded_run(tmp_path / "run", scored)
    _, found = pairs(run, tmp_path / "p.jsonl")
    assert found == [f"{n}-2>{n}-0" for n in range(7)]
    for row in lines(tmp_path / "p.jsonl"):
        assert row["chosen"] == f"It is {row['sample_id_chosen']}."
        assert row["prompt"] == f"Question {row['sample_id_rejected'][0]}?"


def test_a_group_id_holds_its_samples_together_and_other_prompts_apart(tmp_path: Path) -> None:
    scored: list[Scored] = [
        (of("a", group_id="g"), 0.9),
        (of("b", group_id="h"), 0.1),
        (of("c", group_id="g"), 0.2),
        (of("d", "Another?", group_id="g"), 0.0),
    ]
    made, found = pairs(graded_run(tmp_path / "run", scored), tmp_path / "p.jsonl")
    assert found == ["a>c"]
    assert lines(tmp_path / "p.jsonl")[0]["group"] == "g"
    assert "1 group ids have several prompts" in made.notes[0]


def test_the_gap_on_one_criterion_is_read_from_the_grades(tmp_path: Path) -> None:
    scored: list[Scored] = [(of("a"), 0.9), (of("b"), 0.6), (of("c"), 0.2), (of("x", "X?"), 0.9)]
    scored += [(of("y", "X?"), 0.1)]
    run = graded_run(
        tmp_path / "run",
        scored,
        one={"a": 0.9, "b": 0.5, "c": 0.4, "x": 0.9, "y": 0.4},
        two={"a": 0.2, "b": 1.0},
    )
    rule = {"strategy": "per_criterion_gap"}
    _, both = pairs(run, tmp_path / "all.jsonl", top_share=1.0, **rule)
    made, top = pairs(run, tmp_path / "top.jsonl", **rule)
    assert (both, top) == (["a>b", "x>y"], ["a>b"])
    assert made.prompts_dropped == {"outside_share": 1}


def test_a_prompt_with_too_many_completions_is_cut_and_that_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "MOST_OF_PROMPT", 2)
    scored: list[Scored] = [(of(f"s{n}"), n / 4) for n in range(4)]
    made, found = pairs(graded_run(tmp_path / "run", scored), tmp_path / "p.jsonl")
    assert found == ["s1>s0"]
    assert (made.candidates, made.dropped) == (4, {"crowded": 2})


def test_where_nothing_is_kept_nothing_is_written(mixed: Path, tmp_path: Path) -> None:
    made, _ = pairs(mixed, tmp_path / "p.jsonl", min_margin=0.95)
    assert (made.kept, made.paths, made.chosen_longer) == (0, (), None)
    assert made.prompts_dropped == {"below_min_margin": 1, "tie": 1, "alone": 2}
    assert list(tmp_path.iterdir()) == []


def test_a_run_with_nothing_graded_has_no_pairs(tmp_path: Path) -> None:
    made, _ = pairs(graded_run(tmp_path / "run", [(of("a"), None)]), tmp_path / "p.jsonl")
    assert (made.kept, made.dropped, made.prompts_dropped) == (0, {"not_graded": 1}, {"alone": 1})


def test_the_best_are_selected(mixed: Path, tmp_path: Path) -> None:
    rules = SelectRules(threshold=0.45, top_k=1)
    made = make_selection(mixed, rules, str(tmp_path / "s.jsonl"))
    rows = lines(tmp_path / "s.jsonl")
    assert [(row["prompt"], row["completion"]) for row in rows] == [
        ("A?", "It is a1."),
        ("C?", "It is c1."),
    ]
    assert (rows[0]["score"], rows[0]["sample_id"], rows[0]["policy"]) == (0.9, "a1", "p")
    assert made.kept + sum(made.dropped.values()) == made.candidates == 9
    assert made.dropped["below_threshold"] == 3


def test_a_selection_as_messages_is_a_chat(mixed: Path, tmp_path: Path) -> None:
    make_selection(mixed, SelectRules(rows="messages"), str(tmp_path / "s.jsonl"))
    assert lines(tmp_path / "s.jsonl")[0]["messages"] == [
        {"role": "user", "content": "A?"},
        {"role": "assistant", "content": "It is a1."},
    ]


def test_good_and_bad_completions_have_labels(mixed: Path, tmp_path: Path) -> None:
    made = make_unpaired(mixed, UnpairedRules(), str(tmp_path / "u.jsonl"))
    rows = lines(tmp_path / "u.jsonl")
    assert [(row["sample_id"], row["label"]) for row in rows] == [
        ("a1", True),
        ("a2", False),
        ("c1", True),
    ]
    assert made.kept + sum(made.dropped.values()) == 9
    assert made.dropped["dead_band"] == 3


# Where rows go


CHATS: list[Scored] = [
    (of("a", [{"role": "user", "content": "Hi"}], policy="p"), 0.9),  # type: ignore[arg-type]  # a chat
    (
        of(
            "b",
            [{"role": "user", "content": "Hi"}],  # type: ignore[arg-type]  # a chat
            completion=[{"role": "assistant", "tool_calls": [{"name": "f", "arguments": "{}"}]}],
        ),
        0.1,
    ),
]


@pytest.mark.parametrize("form", ["parquet", "dataset"])
def test_tables_have_the_same_rows_as_lines(form: Any, tmp_path: Path) -> None:
    run = graded_run(tmp_path / "run", CHATS)
    out = tmp_path / "out"
    make_pairs(run, PairRules(), str(tmp_path / "p.jsonl"))
    made = make_pairs(run, PairRules(), str(out), form)
    if form == "parquet":
        found = pq.read_table(out).to_pylist()
    else:
        with pa.ipc.open_stream((out / "data-00000-of-00001.arrow").read_bytes()) as stream:
            found = stream.read_all().to_pylist()
        assert made.paths == (str(out), f"{out}/README.md")
    assert found == lines(tmp_path / "p.jsonl")
    (call,) = found[0]["rejected"][0]["tool_calls"]
    assert call == {"type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert found[0]["chosen"][0]["tool_calls"] is None


def test_rows_and_their_card_go_to_a_store_as_well(mixed: Path) -> None:
    store = MemoryFileSystem()
    store.store.clear()
    made = make_pairs(mixed, PairRules(), "memory://b/p.jsonl")
    assert made.paths == ("memory://b/p.jsonl", "memory://b/p.jsonl.card.md")
    assert orjson.loads(store.cat_file("/b/p.jsonl"))["sample_id_chosen"] == "a1"
    assert store.cat_file("/b/p.jsonl.card.md").startswith(b"# Preference pairs\n")
    store.store.clear()


def test_rows_that_cannot_be_written_leave_no_card(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        make_pairs(mixed, PairRules(), str(tmp_path / "nowhere" / "p.jsonl"))
    assert list(tmp_path.iterdir()) == []


def test_rows_need_a_place(mixed: Path) -> None:
    with pytest.raises(InputError, match="name a file with --out"):
        make_pairs(mixed, PairRules(), "-")


def test_rows_of_no_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such folder"):
        make_pairs(tmp_path / "nowhere", PairRules(), str(tmp_path / "p.jsonl"))
    assert list(tmp_path.iterdir()) == []


def test_the_card_says_how_the_rows_were_made_and_nothing_of_this_machine(
    mixed: Path, tmp_path: Path
) -> None:
    made = make_pairs(mixed, PairRules(min_margin=0.25), str(tmp_path / "pairs.jsonl"))
    assert made.paths == (str(tmp_path / "pairs.jsonl"), str(tmp_path / "pairs.jsonl.card.md"))
    card = Path(made.paths[1]).read_text()
    for told in (
        "1 row in `pairs.jsonl`",
        "from the run of grades `run-7`",
        f"| rubric | `r` | 1.2.3 | `{'a' * 32}` |",
        f"| judge | `j` | 4.5.6 | `{'b' * 32}` | `tiny abc` |",
        "`under-this`",
        "| `min_margin` | `0.25` |",
        "| `max_per_prompt` | `1` |",
        "| `length_matched` | not set |",
        "- 1 row, of 1 of 4 prompts.",
        "- left out 3 samples: 1 failed, 1 not graded yet, 1 without a score",
        "- left out 3 prompts: 2 with fewer than two scores, 1 tied",
        "| margin | 0.8 | 0 | 0.8 | 0.8 |",
        "| length, chosen | 9.0 | 0.0 | 9.0 | 9.0 |",
        "is the longer one in 100.0% of the pairs",
        "of one policy in 0 pairs, of two in 1,",
        "| rejected | `q` | 1 |",
    ):
        assert told in card
    assert str(tmp_path) not in card
    assert "/home" not in card


def rules_on(card: Path) -> dict[str, str]:
    table = card.read_text().split("## The rule")[1].split("##")[0]
    cells = (line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `"))
    return {name.strip("`"): value.strip("`") for name, value in cells}


def test_the_card_states_the_rules_that_were_applied(
    mixed: Path, compared: Path, tmp_path: Path
) -> None:
    for name, rules in (
        ("gap", PairRules(strategy="per_criterion_gap")),
        ("all", PairRules(strategy="margin")),
    ):
        make_pairs(mixed, rules, str(tmp_path / name))
    found = rules_on(tmp_path / "gap.card.md")
    assert (found["max_per_prompt"], found["top_share"]) == ("1", "0.4")
    found = rules_on(tmp_path / "all.card.md")
    assert (found["max_per_prompt"], found["top_share"]) == ("all", "1")
    make_pairs(compared, PairRules(), str(tmp_path / "two"))
    found = rules_on(tmp_path / "two.card.md")
    assert "strategy" not in found
    assert (found["max_per_prompt"], found["top_share"]) == ("all", "1")


REASONED = [{"role": "assistant", "content": "No.", "reasoning_content": "Hm. " * 20}]
PLAIN = [{"role": "assistant", "content": "No!"}]


def test_reasoning_that_stands_apart_leaves_the_length_of_the_answer(tmp_path: Path) -> None:
    long = [{"role": "assistant", "content": "It is so.", "reasoning_content": "Well."}]
    scored = [(of("a", completion=long), 0.9), (of("b", completion=REASONED), 0.1)]
    run = graded_run(tmp_path / "run", scored)
    pairs(run, tmp_path / "p")
    card = (tmp_path / "p.card.md").read_text()
    assert "| length, chosen | 9.0 |" in card
    assert "| length, rejected | 3.0 |" in card
    assert "is the longer one in 100.0% of the pairs" in card


def test_a_report_counts_no_reasoning_as_the_answer(tmp_path: Path) -> None:
    scored = [(of("a", completion=REASONED), 0.9), (of("b", completion=PLAIN), 0.1)]
    run = open_run(graded_run(tmp_path / "run", scored))
    samples, grades = run.files()
    with database(samples=samples, grades=grades) as connection:
        mark(connection, run.manifest.under, graded=True)
        found = connection.execute("SELECT length FROM marked ORDER BY ordinal").fetchall()
    assert found == [(3,), (3,)]


@pytest.mark.parametrize("prompt", ["", []])
def test_an_empty_prompt_gives_no_row_and_is_counted(prompt: Any, tmp_path: Path) -> None:
    scored: list[Scored] = [
        *((of(name, prompt), score) for name, score in (("a", 0.9), ("b", 0.1))),
        *((of(name, "[]"), score) for name, score in (("c", 0.8), ("d", 0.2))),
    ]
    run = graded_run(tmp_path / "run", scored)
    made, found = pairs(run, tmp_path / "p")
    assert found == ["c>d"]
    assert made.dropped == {"promptless": 2}
    assert made.prompts_dropped == {"alone": 1}
    assert "2 of an empty prompt" in (tmp_path / "p.card.md").read_text()
    kept = make_selection(run, SelectRules(), str(tmp_path / "s"))
    assert (kept.kept, kept.dropped["promptless"]) == (1, 2)
    kept = make_unpaired(run, UnpairedRules(), str(tmp_path / "u"))
    assert (kept.kept, kept.dropped["promptless"]) == (2, 2)


def test_rows_do_not_go_into_the_run_that_they_are_of(mixed: Path, tmp_path: Path) -> None:
    before = (mixed / "manifest.json").read_bytes()
    (tmp_path / "link").symlink_to(mixed)
    made: list[Callable[[str], RowsMade]] = [
        lambda out: make_pairs(mixed, PairRules(), out),
        lambda out: make_selection(mixed, SelectRules(), out),
        lambda out: make_unpaired(mixed, UnpairedRules(), out),
    ]
    for make in made:
        for out in (mixed / "manifest.json", tmp_path / "link" / "rows"):
            for name in (str(out), f"file://{out}"):
                with pytest.raises(InputError, match="is inside the run"):
                    make(name)
    assert (mixed / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_rows_whose_card_cannot_be_written_are_not_written(
    form: Any, mixed: Path, tmp_path: Path
) -> None:
    (tmp_path / "k.card.md").mkdir()
    (tmp_path / "k").write_text("the rows before\n")
    with pytest.raises(InputError, match=r"k\.card\.md: not a file"):
        make_pairs(mixed, PairRules(), str(tmp_path / "k"), form)
    assert (tmp_path / "k").read_text() == "the rows before\n"
    assert {path.name for path in tmp_path.iterdir()} == {"k", "k.card.md"}


def test_a_full_disk_leaves_rows_and_card_as_they_were(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "k"
    make_pairs(mixed, PairRules(), str(out))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    synced = itertools.count()

    def full(_: int) -> None:
        if next(synced):  # the rows are on disk, the card is not
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        make_pairs(mixed, PairRules(strategy="margin"), str(out))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_names_of_others_cannot_break_the_card(tmp_path: Path) -> None:
    scored: list[Scored] = [
        (of("a", policy="x|y`\n# Heading"), 0.9),
        (of("b", policy="~/mine/check-3"), 0.1),
    ]
    make_pairs(graded_run(tmp_path / "run", scored), PairRules(), str(tmp_path / "p.jsonl"))
    card = (tmp_path / "p.jsonl.card.md").read_text()
    assert "| chosen | `x\\|y' # Heading` | 1 |" in card
    assert "| rejected | `check-3` | 1 |" in card
    assert "\n# Heading" not in card


def test_a_dataset_has_the_head_that_the_hub_reads(mixed: Path, tmp_path: Path) -> None:
    make_unpaired(mixed, UnpairedRules(), str(tmp_path / "d"), "dataset")
    card = (tmp_path / "d" / "README.md").read_text()
    head = card.split("---\n")[1]
    assert "- kto\n" in head
    assert "- n<1K\n" in head
    assert '    path: "data-00000-of-00001.arrow"\n' in head
    assert (tmp_path / "d" / "data-00000-of-00001.arrow").is_file()


# Runs of comparisons


COMPARED: list[tuple[str, str, Any, float | None]] = [
    ("p0", "A?", "a", 0.8),
    ("p1", "A?", "b", -0.3),
    ("p2", "A?", "tie", 0.0),
    ("p3", "B?", None, None),
    ("p4", "C?", "b", -0.6),
    ("p5", "C?", "not yet", None),
]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compared_run(tmp_path_factory.mktemp("compared") / "run", COMPARED)


def compared_run(
    path: Path, shown: Sequence[tuple[str, str, Any, float | None]], **pairs_own: Any
) -> Path:
    run = make_pair_folder(path)
    found = {
        name: Pair(
            pair_id=name,
            prompt=prompt,
            completion_a=f"{name}, the first",
            completion_b=f"{name}, the other one",
            policy_a="x",
            policy_b="y",
            **pairs_own,
        )
        for name, prompt, *_ in shown
    }
    decided = {name: (answer, margin) for name, _, answer, margin in shown}
    with run.lock():
        run.take_in((PairRow("p", n, pair) for n, pair in enumerate(found.values(), 1)), "p")
        run.state(
            Kept("r", "1.0.0", "a" * 32, "rubric: r\n", ".yaml"),
            Kept("j", "1.0.0", "b" * 32, "{}", ".json"),
            "u",
        )
        with run.writer() as writer:
            for one in run.pending():
                answer, margin = decided[one.pair.pair_id]
                if answer != "not yet":
                    status: Any = "ok" if answer else "failed"
                    more = (status, "", (), (), one.pair_hash)
                    writer.append(Preference(one.pair.pair_id, "r@1", "j@1", answer, margin, *more))
    return run.path


def test_comparisons_that_are_decided_are_rows(compared: Path, tmp_path: Path) -> None:
    made, found = pairs(compared, tmp_path / "p.jsonl", rows="reward")
    assert found == ["p0:a>p0:b", "p1:b>p1:a", "p4:b>p4:a"]
    first, second, _ = lines(tmp_path / "p.jsonl")
    assert list(first)[:4] == ["chosen", "rejected", "prompt", "margin"]
    assert (second["chosen"], second["rejected"]) == ("p1, the other one", "p1, the first")
    assert (second["margin"], second["score_chosen"]) == (0.3, None)
    assert (second["policy_chosen"], second["on_policy"]) == ("y", False)
    assert made.dropped == {"tie": 1, "failed": 1, "not_compared": 1}
    assert (made.candidates, made.prompts) == (6, 3)


def test_one_group_id_over_two_prompts_is_two_prompts_of_comparisons(tmp_path: Path) -> None:
    shown = [("p0", "A?", "a", 0.8), ("p1", "B?", "b", -0.3), ("p2", "", "a", 0.9)]
    run = compared_run(tmp_path / "run", shown, group_id="g")
    made, found = pairs(run, tmp_path / "p", max_per_prompt=1)
    assert found == ["p0:a>p0:b", "p1:b>p1:a"]
    assert made.prompts == 3
    assert made.dropped == {"promptless": 1}


def test_rules_hold_for_comparisons_as_well(compared: Path, tmp_path: Path) -> None:
    made, found = pairs(compared, tmp_path / "1", max_per_prompt=1)
    assert found == ["p0:a>p0:b", "p4:b>p4:a"]
    assert made.dropped["not_in_top"] == 1
    made, found = pairs(compared, tmp_path / "2", min_margin=0.5, top_share=0.5)
    assert found == ["p0:a>p0:b"]
    assert (made.dropped["below_min_margin"], made.dropped["outside_share"]) == (1, 1)
    assert made.kept + sum(made.dropped.values()) == made.candidates


def test_a_rule_that_takes_scores_is_refused_for_comparisons(
    compared: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="has its pairs already"):
        pairs(compared, tmp_path / "p.jsonl", strategy="mean_minus_2sd")
    with pytest.raises(RunError, match="a run of pairs, which has no scores"):
        make_selection(compared, SelectRules(), str(tmp_path / "s.jsonl"))
