"""Texts as somebody keeps them: rows with a text, or with a prompt and a completion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from rlaif.errors import InputError
from rlaif.records.base import Fault, nearest
from rlaif.records.identity import digest
from rlaif.records.refusals import plain_faults
from rlaif.records.sample import Message, Sample
from rlaif.storage.lines import STANDARD_INPUT
from rlaif.storage.samples import Row, read_rows

FIELDS = ("text", "prompt", "completion", "reference", "finish_reason", "criteria")
"""What is read of a row; all else is handed on untouched."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row, and the text that it stands for."""

    row: Row
    """Its sample has an id made of the content, so that equal texts have equal ids."""
    raw: dict[str, Any]
    """As it came."""
    text: str
    """What the classifier sees: the text, or the prompt and the completion below it."""
    key: str
    """Hash of the text with its white space folded."""


def text_rows(
    source: str, prompt: str, mapping: Mapping[str, str], limit: int | None = None
) -> Iterator[TextRow | Row]:
    """The rows of `source` in order; a `Row` where one is no text, with its problems.

    Args: `prompt`, that of rows with a text alone; `mapping`, columns by our names for them.
    Raises: InputError for a source that cannot be read at all, or only once.
    """
    if source == STANDARD_INPUT:
        hint = "name a file, or a URL"
        raise InputError(f"texts are read twice, and standard input only once\n  hint: {hint}")
    for ours, theirs in mapping.items():
        if ours not in FIELDS:
            hint = nearest(ours, FIELDS)
            raise InputError(f"--map {ours}={theirs}: no field '{ours}'\n  hint: {hint}")
    reader = _Reader(prompt, mapping)
    return islice(_rows(source, reader), limit)


def _rows(source: str, reader: _Reader) -> Iterator[TextRow | Row]:
    for row in read_rows(source, made=reader.made):
        if row.sample is None:
            yield row
        else:
            yield TextRow(row, reader.raw, reader.text, row.sample.sample_id)


class _Reader:
    """Makes a sample of each row, and remembers the row that it was made of last."""

    def __init__(self, prompt: str, mapping: Mapping[str, str]) -> None:
        self.raw: dict[str, Any] = {}
        self.text = ""
        self._prompt = prompt
        self._columns = {name: mapping.get(name, name) for name in FIELDS}

    def made(self, row: dict[str, Any], _: Mapping[str, str]) -> Sample | list[Fault]:
        self.raw = row
        found = {
            name: row[theirs]
            for name, theirs in self._columns.items()
            if row.get(theirs) is not None
        }
        if "text" in found:
            fields = {"prompt": self._prompt, "completion": found["text"]}
            if not isinstance(found["text"], str):
                return [Fault((self._columns["text"],), "expected text")]
        else:
            fields = found
        absent = [name for name in ("prompt", "completion") if name not in fields]
        if absent:
            return [self._absent(row, absent)]
        return self._sample(fields, "text" in found)

    def _sample(self, fields: dict[str, Any], alone: bool) -> Sample | list[Fault]:
        try:
            sample = Sample.model_validate({**fields, "sample_id": "-"})
        except ValidationError as error:
            return [self._at_home(fault, alone) for fault in plain_faults(error)]
        completion = _plain(sample.completion)
        self.text = completion if alone else f"{_plain(sample.prompt)}\n\n{completion}"
        key = digest(" ".join(self.text.split()))
        return sample.model_copy(update={"sample_id": key})

    def _at_home(self, fault: Fault, alone: bool) -> Fault:
        """A fault under the name of the column that the field was taken from."""
        names = {**self._columns, **({"completion": self._columns["text"]} if alone else {})}
        at = tuple(names.get(str(step), step) for step in fault.at[:1])
        return Fault((*at, *fault.at[1:]), fault.message, fault.hint)

    def _absent(self, row: Mapping[str, Any], absent: list[str]) -> Fault:
        text, prompt, completion = (self._columns[name] for name in FIELDS[:3])
        columns = ", ".join(list(row)[:12])[:200]
        if len(absent) == 1:
            ours, there = (absent[0], completion if absent[0] == "prompt" else prompt)
            told = f"'{self._columns[ours]}' is missing beside '{there}'"
        else:
            ours, told = "text", f"neither '{text}' nor both of '{prompt}' and '{completion}'"
            told = f"no text in this row: {told}"
        return Fault((), told, f"--map {ours}=COLUMN, where the columns are: {columns}")


def _plain(said: str | tuple[Message, ...]) -> str:
    """A prompt or a completion as one text."""
    return said if isinstance(said, str) else "\n\n".join(turn.content for turn in said)
