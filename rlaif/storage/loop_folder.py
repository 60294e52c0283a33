"""The folder of a loop: a folder a round, and in it a folder a stage, each there whole or not.

OUT/loop.yaml, order.json       what the loop is of, as it was when it began
OUT/kept/                       the rubrics' texts
OUT/round-01/NAME/              a finished stage, with its stage.json
OUT/round-01/NAME.partial/      one under way; NAME.begun says of what it is made
OUT/round-01/NAME.log           what the libraries wrote meanwhile
OUT/round-01/figures.json       what was measured
OUT/lineage.jsonl               one line an artefact: who made it, of what
OUT/loop.json, loop.html        the report, written after every round
OUT/lock, stage.lock            held by the loop, and by the process of its stage
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from rlaif.errors import RunError
from rlaif.records.base import Record
from rlaif.records.identity import canonical, digest, digest_of
from rlaif.records.loop_figures import RoundFigures
from rlaif.records.loop_stage import EVALUATION_STAGES, Artefact, StageMade, StageName
from rlaif.storage.lock import locked
from rlaif.storage.whole_files import TEMPORARY, disk_errors, sync_folder, write_whole

ORDER = "order.json"
STAGE = "stage.json"
FIGURES = "figures.json"
_OURS = frozenset(
    {
        *("loop.yaml", ORDER, "kept", "lineage.jsonl", "loop.json", "loop.html", "lock"),
        *("stage.lock", "check.log"),
    }
)
_CHANGES = frozenset({STAGE, "lock"})
"""Files that are no part of what a stage made."""
_CHUNK = 2**20

R = TypeVar("R", bound=Record)


class LoopFolder:
    """A loop on disk. Make one with `make_loop`."""

    def __init__(self, path: Path) -> None:
        """Take a folder that is there."""
        self.path = path

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only loop here. Raises: RunLocked."""
        with locked(self.path / "lock"):
            yield

    def round(self, number: int) -> Path:
        """The folder of a round."""
        return self.path / f"round-{number:02d}"

    def stage(self, number: int, name: StageName) -> Path:
        """The folder of a finished stage."""
        return self.round(number) / name

    def log(self, number: int, name: StageName) -> Path:
        """What the libraries wrote while a stage was made."""
        return self.round(number) / f"{name}.log"

    def made(self, number: int, name: StageName, key: str) -> StageMade | None:
        """What is kept of the stage, where it is finished. Raises: RunError for another one's."""
        path = self.stage(number, name)
        if not path.exists():
            late = _read(self._partial(number, name)[0] / STAGE, StageMade)
            if late is None or late.key != key:
                return None
            self.finish(late)  # it was whole, and lacked its name alone
        found = _read(path / STAGE, StageMade)
        if found is not None and found.key == key:
            return found
        why = "was made of something else" if found else "has no stage.json"
        raise RunError(
            f"{path}: {why}\n  hint: delete this folder and those of the stages after it, and the "
            "same command makes them again"
        )

    def see_whole(self, number: int, name: StageName) -> None:
        """See that a finished stage is what it was when it was made.

        Raises: RunError where a file of it was changed, added or taken away since.
        """
        path = self.stage(number, name)
        found = _read(path / STAGE, StageMade)
        if found is not None and found.hash != hash_of(path):
            raise RunError(
                f"{path}: its files are not those that were made\n  hint: put them back, or delete "
                "this folder and those of the stages after it: the same command makes them again"
            )

    def begin(self, number: int, name: StageName, key: str) -> Path:
        """The folder to make the stage in; what another attempt at the same left is still there."""
        partial, begun = self._partial(number, name)
        with disk_errors(partial):
            self.round(number).mkdir(exist_ok=True)
            if partial.exists() and _text(begun) != key:
                shutil.rmtree(partial)
            write_whole(begun, key.encode())
            partial.mkdir(exist_ok=True)
        return partial

    def finish(self, made: StageMade) -> Path:
        """Put the stage in its place, with what is kept of it."""
        partial, begun = self._partial(made.round, made.stage)
        path = self.stage(made.round, made.stage)
        _write(partial / STAGE, made)
        with disk_errors(path):
            partial.rename(path)
            sync_folder(path.parent)
            begun.unlink(missing_ok=True)
        return path

    def keep_lineage(self, stages: list[StageMade]) -> None:
        """Write the lineage: the artefacts of all these stages, in their order."""
        lines: list[Artefact] = [one for made in stages for one in made.artefacts]
        content = b"".join(orjson.dumps(one.model_dump(mode="json")) + b"\n" for one in lines)
        write_whole(self.path / "lineage.jsonl", content)

    def figures(self, number: int, key: str) -> RoundFigures | None:
        """What was measured of a round, where it was, of the same evaluation.

        Raises: RunError where it is still to be measured, and what it is measured of was changed.
        """
        found = self._kept_figures(number, key)
        if found is None:
            for name in EVALUATION_STAGES:
                self.see_whole(number, name)
        return found

    def _kept_figures(self, number: int, key: str) -> RoundFigures | None:
        try:
            stated = orjson.loads((self.round(number) / FIGURES).read_bytes())
            if stated.get("key") == key:
                return RoundFigures.model_validate(stated["figures"])
        except (OSError, ValueError, KeyError, AttributeError):
            return None
        return None

    def keep_figures(self, key: str, figures: RoundFigures) -> None:
        """Keep what was measured of a round: it is done."""
        content = {"key": key, "figures": figures.model_dump(mode="json")}
        write_whole(
            self.round(figures.round) / FIGURES, orjson.dumps(content, option=orjson.OPT_INDENT_2)
        )

    def order(self) -> dict[str, Any] | None:
        """What the loop was of when it began; None before. Raises: RunError."""
        path = self.path / ORDER
        try:
            stated = orjson.loads(path.read_bytes())
            return dict(stated)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            hint = "put it back from a copy, or begin anew in another folder"
            raise RunError(f"{path}: it cannot be read ({error})\n  hint: {hint}") from error

    def keep_order(self, stated: dict[str, Any], texts: dict[str, str]) -> None:
        """Keep what the loop is of, its order last. Args: `texts` by path from here."""
        with disk_errors(self.path):
            (self.path / "kept").mkdir(exist_ok=True)
        for name, text in texts.items():
            write_whole(self.path / name, text.encode("utf-8", "surrogatepass"))
        write_whole(self.path / ORDER, orjson.dumps(stated, option=orjson.OPT_INDENT_2))

    def write(self, name: str, content: bytes) -> Path:
        """Put a file of the report in its place, whole."""
        write_whole(self.path / name, content)
        return self.path / name

    def _partial(self, number: int, name: StageName) -> tuple[Path, Path]:
        return self.round(number) / f"{name}.partial", self.round(number) / f"{name}.begun"


def make_loop(path: Path) -> LoopFolder:
    """The loop at `path`, made where there is none. Raises: RunError for a folder of others."""
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        foreign = sorted(p.name for p in path.iterdir() if not _is_ours(p.name))
    if foreign and not (path / ORDER).exists():
        told = f"{path}: holds other things ({', '.join(foreign[:3])})"
        raise RunError(f"{told}\n  hint: name a new or empty folder")
    return LoopFolder(path)


def hash_of(path: Path) -> str:
    """Hash over a file, or over the names and the bytes of every file below a folder."""
    if path.is_file():
        return _hash_of_file(path)
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.name not in _CHANGES)
    return digest_of(
        part for file in files for part in (str(file.relative_to(path)), _hash_of_file(file))
    )


def key_of(*parts: Any) -> str:
    """Hash of what a stage is made of."""
    return digest(canonical(parts))


def _hash_of_file(path: Path) -> str:
    state = hashlib.blake2b(digest_size=16)
    with disk_errors(path), path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            state.update(chunk)
    return state.hexdigest()


def _read(path: Path, kind: type[R]) -> R | None:
    try:
        return kind.model_validate(orjson.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def _write(path: Path, record: Record) -> None:
    content = orjson.dumps(record.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
    write_whole(path, content + b"\n")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(("round-", TEMPORARY))
