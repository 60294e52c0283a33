from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.errors import FileProblems, InputError, RunError
from rlaif.records.sample import Sample, sample_digest, written_digest
from rlaif.storage import sample_table
from rlaif.storage.intake import Intake
from rlaif.storage.run_folder import RunFolder, make_run, open_run
from rlaif.storage.samples import read_rows

Build = Callable[..., dict[str, Any]]
Write = Callable[..., str]


def take(run: RunFolder, source: str) -> Intake:
    with run.lock():
        return run.take_in(read_rows(source), source)


def ids(run: RunFolder) -> list[str]:
    return [p.sample.sample_id for p in run.pending("nothing")]


def test_an_unchanged_input_stays_as_it_is(run: RunFolder, write: Write, row: Build) -> None:
    taken = take(run, write(row(i) for i in range(5)))
    assert not taken.new
    assert len(list((run.path / "samples").iterdir())) == 1


def test_a_grown_and_changed_input_says_how(run: RunFolder, write: Write, row: Build) -> None:
    rows = [row(1), row(2, completion="other"), row(3), row(4), row(5), row(6)]
    taken = take(run, write(rows))
    assert (taken.new, taken.added, taken.removed, taken.changed) == (True, 2, 1, 1)
    assert ids(run) == ["s1", "s2", "s3", "s4", "s5", "s6"]


def test_another_policy_name_is_kept_but_changes_no_content(
    run: RunFolder, write: Write, row: Build
) -> None:
    taken = take(run, write(row(i, policy="new") for i in range(5)))
    assert (taken.new, taken.changed) == (True, 0)
    assert {p.sample.policy for p in run.pending("nothing")} == {"new"}


def test_the_same_sample_twice_counts_once(run: RunFolder, write: Write, row: Build) -> None:
    taken = take(run, write([row(0), row(1), row(0), row(2), row(0)]))
    assert (taken.samples.count, taken.samples.duplicates) == (3, 2)
    assert ids(run) == ["s0", "s1", "s2"]
    assert not take(run, write([row(0), row(1), row(0), row(2), row(0)])).new


def test_one_id_with_two_contents_is_refused_naming_both_lines(
    run: RunFolder, write: Write, row: Build
) -> None:
    source = write([row(0), row(1), row(0, completion="other")])
    with pytest.raises(FileProblems) as caught:
        take(run, source)
    (problem,) = caught.value.problems
    assert problem.line == 3
    assert f"'s0' stands at {source}:1 with other content" in problem.message


def test_duplicates_are_found_across_parts(
    run: RunFolder, write: Write, row: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_table, "ROWS", 3)
    rows = [row(i % 17) for i in range(40)]
    assert take(run, write(rows)).samples.count == 17
    assert ids(run) == [f"s{i}" for i in range(17)]


def test_a_bad_row_leaves_the_run_as_it_was(run: RunFolder, write: Write, row: Build) -> None:
    before = sorted(p.name for p in run.path.rglob("*"))
    with pytest.raises(FileProblems) as caught:
        take(run, write([row(9), "{", row(8), row(9, completion="x"), "[]"]))
    assert [p.line for p in caught.value.problems] == [2, 5, 4]
    assert sorted(p.name for p in run.path.rglob("*")) == before
    assert ids(open_run(run.path)) == ["s0", "s1", "s2", "s3", "s4"]


def test_an_empty_input_is_refused(run: RunFolder, write: Write) -> None:
    with pytest.raises(InputError, match="no samples"):
        take(run, write([]))


def test_damaged_kept_samples_are_told_and_mended_by_the_next_intake(
    run: RunFolder, write: Write, row: Build
) -> None:
    (part,) = (run.path / "samples").rglob("*.parquet")
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(RunError, match="kept samples are damaged"):
        ids(run)
    assert take(run, write(row(i) for i in range(5))).new
    assert len(ids(run)) == 5


def test_a_deleted_part_of_the_samples_is_noticed(run: RunFolder) -> None:
    (part,) = (run.path / "samples").rglob("*.parquet")
    part.unlink()
    with pytest.raises(RunError, match="damaged"):
        ids(run)


def test_a_path_with_signs_of_a_pattern_is_only_a_path(
    tmp_path: Path, write: Write, row: Build
) -> None:
    run = make_run(tmp_path / "a=1" / "it's [x]*?")
    take(run, write([row(0), row(0)]))
    assert run.counts("u").missing == 1


free = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)
text = st.text(st.characters(codec="utf-8"))
message = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": text},
    optional={
        "reasoning_content": text,
        "tool_calls": st.lists(
            st.fixed_dictionaries({"name": text, "arguments": text}), max_size=2
        ),
    },
)


@given(
    prompt=text,
    completion=text | st.lists(message, min_size=1, max_size=3),
    metadata=st.dictionaries(text, free, max_size=3),
)
def test_a_kept_sample_is_the_sample(prompt: str, completion: Any, metadata: Any) -> None:
    sample = Sample(sample_id="a", prompt=prompt, completion=completion, metadata=metadata)
    written = sample.as_written()
    assert Sample.model_validate(written) == sample
    assert written_digest(written) == sample_digest(sample)
