"""What a rollout has written so far, beside its output: it goes on from there after any end.

`OUT.part` holds the prompts as they were taken in, what was ordered (`order.json`), and a journal:
a line a completion, in the order in which they came, each behind its place in the output. A line
that was torn is dropped. `places` says where each stands, on disk, so that memory stays flat.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from rlaif.errors import InputError, RunError
from rlaif.records.sample import Sample
from rlaif.storage.intake import intact_parts, take_in
from rlaif.storage.lock import locked
from rlaif.storage.manifest import Samples
from rlaif.storage.place_names import is_url, told
from rlaif.storage.rollout_journal import Journal
from rlaif.storage.rollout_prompts import read_prompts
from rlaif.storage.sample_table import read_kept
from rlaif.storage.whole_files import disk_errors, replacing, write_whole

PART, CARD = ".part", ".card.json"
_ORDERED = {
    "prompts": "the prompts",
    "per_prompt": "--per-prompt",
    "seed": "--seed",
    "policy": "the policy",
}


class RolloutWork:
    """One rollout's folder. Use `opened`."""

    def __init__(self, out: Path) -> None:
        """Make the folder if it is not there. Raises: InputError, RunError."""
        if is_url(str(out)):
            hint = "--out a path here; copy it there when it is done"
            raise InputError(f"{told(str(out))}: a rollout is written here\n  hint: {hint}")
        if out.is_dir():
            raise InputError(f"{out}: a folder\n  hint: --out names a file, such as samples.jsonl")
        self.out = out
        self.folder = out.with_name(out.name + PART)
        self.card = out.with_name(out.name + CARD)
        self.per_prompt = 0
        self.count = 0
        """Completions that are wanted."""
        self.kept = 0
        """Those of them that are there."""
        self._samples: Samples | None = None
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)

    def take_in(
        self, source: str, mapping: Mapping[str, str], limit: int | None, per_prompt: int, seed: int
    ) -> None:
        """Read and check all prompts, and see that what is there was ordered alike.

        Raises: FileProblems, InputError, RunError.
        """
        rows = read_prompts(source, mapping, limit)
        taken = take_in(rows, self.folder / "prompts", source, self._before())
        self._samples = taken.samples
        self.per_prompt, self.count = per_prompt, taken.samples.count * per_prompt
        self.state({"prompts": taken.samples.digest, "per_prompt": per_prompt, "seed": seed})
        write_whole(self.folder / "taken.json", taken.samples.model_dump_json().encode())

    def state(self, facts: Mapping[str, Any]) -> None:
        """Hold the work to these facts from now on. Raises: RunError where it has others."""
        path = self.folder / "order.json"
        before = _read(path)
        for name, value in facts.items():
            if before.get(name, value) != value:
                raise RunError(_another(self.folder, name, before[name], value))
        if any(name not in before for name in facts):
            write_whole(path, orjson.dumps({**before, **facts}, option=orjson.OPT_INDENT_2))

    @property
    def facts(self) -> dict[str, Any]:
        """What was ordered."""
        return _read(self.folder / "order.json")

    def prompts(self) -> Iterator[tuple[int, Sample]]:
        """(place from 0, prompt) in their order; a prompt is a sample without a completion."""
        assert self._samples is not None  # noqa: S101 - taken in
        parts = intact_parts(self.folder / "prompts", self._samples) or []
        for place, (_, _, prompt) in enumerate(read_kept(parts)):
            yield place, prompt

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """What is written so far, to be added to. Raises: RunError."""
        with disk_errors(self.folder):
            journal = Journal(self.folder, self.count)
        try:
            yield journal
        finally:
            journal.close()

    def _before(self) -> Samples | None:
        known = _read(self.folder / "taken.json")
        return Samples.model_validate(known) if known else None


@contextmanager
def opened(out: Path) -> Iterator[RolloutWork]:
    """The work of the rollout to `out`, to oneself. Raises: InputError, RunError, RunLocked."""
    work = RolloutWork(out)
    with locked(work.folder / "lock"):
        if out.exists() and not work.facts and not work.card.exists():
            shutil.rmtree(work.folder, ignore_errors=True)
            hint = "--out another file, or delete this one"
            raise InputError(f"{out}: is there already, and no rollout wrote it\n  hint: {hint}")
        yield work


def finish(work: RolloutWork, journal: Journal, card: Mapping[str, Any], *, whole: bool) -> None:
    """Write the output and its card; the work in progress goes where the output is `whole`.

    Raises: RunError.
    """
    with disk_errors(work.out), replacing(work.out) as stream:
        for line in journal.lines():
            stream.write(line)
    text = orjson.dumps({**work.facts, **card}, option=orjson.OPT_INDENT_2)
    write_whole(work.card, text + b"\n")
    if whole:
        forget(work)


def forget(work: RolloutWork) -> None:
    """Take the work in progress away."""
    shutil.rmtree(work.folder, ignore_errors=True)


def finished(work: RolloutWork) -> dict[str, Any]:
    """The card of the output where there is one and nothing is in progress; else empty."""
    if not work.out.exists() or (work.folder / "journal.jsonl").exists():
        return {}
    return _read(work.card)


def refuse_another(work: RolloutWork, card: Mapping[str, Any]) -> None:
    """See that a finished output was ordered as this is. Raises: RunError."""
    for name, value in work.facts.items():
        if card.get(name) != value:
            told_ = _another(work.out, name, card.get(name), value)
            forget(work)
            raise RunError(told_)


def _another(path: Path, name: str, before: Any, value: Any) -> str:
    what = _ORDERED.get(name, name)
    shown = "" if name == "prompts" else f" ({before}, and now {value})"
    return (
        f"{path}: was begun with another value of {what}{shown}; texts of two orders are not mixed"
        "\n  hint: start the earlier command again, give another --out, or delete it"
    )


def _read(path: Path) -> dict[str, Any]:
    """The object in a file; empty where there is no file."""
    if not path.exists():
        return {}
    with disk_errors(path):
        content = path.read_bytes()
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise RunError(f"{path}: is damaged\n  hint: delete {path.parent}, and begin anew")
    return found
