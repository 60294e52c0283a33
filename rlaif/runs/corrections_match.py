"""Which sample a record of another tool is about: by its id, else by its texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rlaif.records.identity import canonical, digest
from rlaif.records.sample import Chat, Sample
from rlaif.storage.corrections.foreign import Foreign
from rlaif.storage.samples import read_samples

Side = str | Chat | None


class Samples:
    """The samples that records may be about. Only those that may be are in memory."""

    def __init__(self, source: str, mapping: Mapping[str, str], wanted: Sequence[Foreign]) -> None:
        """Read them once, streamed. Raises: InputError, FileProblems."""
        ids = {one.sample_id for one in wanted if one.sample_id}
        texts = {text_key(one.output) for one in wanted if one.output is not None}
        self._by_id: dict[str, Sample] = {}
        self._by_text: dict[str, list[Sample]] = {}
        for sample in read_samples(source, mapping):
            key = text_key(sample.completion)
            if sample.sample_id in ids:
                self._by_id[sample.sample_id] = sample
            if key in texts:
                self._by_text.setdefault(key, []).append(sample)

    def of(self, record: Foreign) -> Sample | str:
        """The sample, or why there is none, in words."""
        sample = self._by_id.get(record.sample_id)
        if sample is not None:
            if record.output is None or text_key(record.output) == text_key(sample.completion):
                return sample
            return f"the sample '{record.sample_id}' has another output"
        if record.output is None:
            named = f"no sample '{record.sample_id}'" if record.sample_id else "no id"
            return f"{named}, and the record has no output to look for"
        return self._by_output(record)

    def _by_output(self, record: Foreign) -> Sample | str:
        found = self._by_text.get(text_key(record.output), [])
        if record.input is not None:
            wanted = text_key(record.input)
            found = [one for one in found if text_key(one.prompt) == wanted]
        if len(found) == 1:
            return found[0]
        return "several samples have this output" if found else "no sample has this output"


def text_key(side: Any) -> str:
    """A hash of what a text or a chat says, whatever the white space; alike for both forms."""
    if isinstance(side, str):
        said: Iterable[str] = (side,)
    elif isinstance(side, list | tuple):
        said = (_content(turn) for turn in side)
    else:
        said = (canonical(side).decode(),)
    return digest(" ".join(" ".join(said).split()))


def _content(turn: Any) -> str:
    content = turn.get("content") if isinstance(turn, dict) else getattr(turn, "content", "")
    return content if isinstance(content, str) else ""
