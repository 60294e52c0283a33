"""What is found while a run is verified, and how many of each were looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rlaif.errors import RunError
from rlaif.records.run_facts import Looked
from rlaif.storage.manifest import NAME, Manifest, read_manifest

_MOST = 20
"""Findings of one kind that are told one by one."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in a run."""

    path: Path
    findings: tuple[str, ...]
    """What is wrong, a sentence each; none where the run is sound."""
    notes: tuple[str, ...]
    """What is worth knowing, and no fault."""
    looked: Looked

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def row(self) -> dict[str, Any]:
        """The same in JSON's types."""
        told = {"findings": list(self.findings), "notes": list(self.notes)}
        return {
            "path": str(self.path),
            "sound": self.sound,
            **told,
            "looked_at": asdict(self.looked),
        }


@dataclass(slots=True)
class Findings:
    """Collects what is wrong: of each kind the first ones in full, the rest counted."""

    notes: list[str] = field(default_factory=list)
    looked: Counter[str] = field(default_factory=Counter)
    """How many of each, by the fields of `Looked`."""
    _kept: list[str] = field(default_factory=list)
    _kinds: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, sentences: Iterable[str]) -> None:
        """Take sentences of one kind."""
        for sentence in sentences:
            self._kinds[kind] += 1
            if self._kinds[kind] <= _MOST:
                self._kept.append(sentence)

    def told(self) -> tuple[str, ...]:
        """All of them."""
        more = ((kind, n - _MOST) for kind, n in self._kinds.items() if n > _MOST)
        return (*self._kept, *(f"and {count:,} more such findings: {kind}" for kind, count in more))


def manifest_of(path: Path, name: str, found: Findings) -> Manifest | None:
    """The manifest, or None with what is wrong with it told.

    Raises: RunError for a folder that holds no run.
    """
    try:
        manifest = read_manifest(path, name)
    except RunError as error:
        found.add("manifest", [str(error).replace("\n  hint:", ":", 1)])
        return None
    if manifest is None:
        inner = path / ("parts" if name == NAME else "preferences")
        if not inner.is_dir():
            there = "not a run" if path.exists() else "no such folder"
            raise RunError(f"{path}: {there}\n  hint: `rlaif grade ... --out {path}` makes one")
        mend = "start the same command again; the grades are kept"
        found.add("manifest", [f"{name} is missing: {mend}"])
    return manifest
