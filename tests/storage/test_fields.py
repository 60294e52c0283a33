from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rlaif.errors import FileProblems, InputError
from rlaif.records.sample import Sample
from rlaif.storage.samples import read_samples

Write = Callable[..., str]


def read(write: Write, line: dict[str, Any], **mapping: str) -> Sample:
    (sample,) = read_samples(write([line]), mapping)
    return sample


def test_a_map_names_their_columns(write: Write) -> None:
    line = {"id": 7, "question": "q", "output": "o"}
    sample = read(write, line, sample_id="id", prompt="question", completion="output")
    assert (sample.sample_id, sample.prompt, sample.completion) == ("7", "q", "o")
    assert sample.metadata == {}


def test_a_field_that_is_mapped_elsewhere_goes_to_the_metadata(write: Write) -> None:
    line = {"sample_id": "a", "prompt": "p", "completion": "old", "output": "new"}
    sample = read(write, line, completion="output")
    assert (sample.completion, sample.metadata) == ("new", {"completion": "old"})


def test_unknown_keys_are_kept_and_explicit_metadata_wins(write: Write) -> None:
    line = {"sample_id": "a", "prompt": "p", "completion": "c"}
    sample = read(write, {**line, "x": 1, "y": 2, "metadata": {"x": 3}})
    assert sample.metadata == {"x": 3, "y": 2}


def test_null_is_as_good_as_absent(write: Write) -> None:
    line = {"sample_id": "a", "prompt": "p", "completion": "c"}
    assert read(write, {**line, "reference": None, "x": None}) == read(write, line)


def test_whole_numbers_serve_as_ids(write: Write) -> None:
    sample = read(write, {"sample_id": 3, "prompt": "p", "completion": "c", "group_id": 12})
    assert (sample.sample_id, sample.group_id) == ("3", "12")


def test_a_map_to_no_field_of_ours_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match=r"no field 'competion'\n  hint: did you mean 'completio"):
        read(write, {}, competion="x")


def test_a_map_to_no_column_of_theirs_is_told(write: Write) -> None:
    line = {"sample_id": "a", "prompt": "p", "text": "c"}
    with pytest.raises(FileProblems, match="no 'output' in this row, which --map gives as compl"):
        read(write, line, completion="output")


def test_a_null_in_a_mapped_column_is_told_at_that_column(write: Write) -> None:
    line = {"sample_id": "a", "prompt": "p", "output": None}
    with pytest.raises(FileProblems, match=r":1:31: 'output' is null"):
        read(write, line, completion="output")
