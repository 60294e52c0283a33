"""What was written for a batch API and is not answered yet, and which model has answered.

RUN/batches/batches.json    the files of requests, and the models that were believed
RUN/batches/keys-N.gz       the ids of a file's requests, until results to any of them are here
"""

from __future__ import annotations

import datetime
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from pydantic import Field, ValidationError

from rlaif.errors import RunError
from rlaif.records.base import Record
from rlaif.storage.whole_files import disk_errors, replacing, write_whole

FOLDER = "batches"
NAME = "batches.json"
_NUMBERED = re.compile(r"keys-(\d+)\.gz")


class Written(Record):
    """A file of requests."""

    name: str
    """As it is told."""
    requests: int
    written: str
    """When."""
    keys: str = Field("", pattern=r"^(keys-[0-9]+\.gz)?$")
    """The file of its ids; empty once results are here."""


class _Kept(Record):
    files: tuple[Written, ...] = ()
    models: dict[str, str] = Field(default_factory=dict)
    """The model that has answered, by the hash of the judge that asked."""


class Waves:
    """Of one run; it needs the run's lock."""

    def __init__(self, run: Path) -> None:
        """Read what is there. Raises: RunError where it is damaged."""
        self._folder = run / FOLDER
        self._kept = _read(self._folder / NAME)

    def model(self, judge: str) -> str | None:
        """The model that has answered for the judge of that hash; None where none has yet."""
        return self._kept.models.get(judge)

    def believe(self, judge: str, model: str) -> None:
        """Keep which model answers. Raises: RunError."""
        if self.model(judge) != model:
            self._write(models={**self._kept.models, judge: model})

    def open(self) -> Iterator[tuple[str, Iterator[str]]]:
        """Each file without results, as it is told, with the ids of its requests."""
        for one in self._open():
            yield one.name, self._keys(one.keys)

    def add(self, name: str, keys: list[str]) -> None:
        """Note a file that was just written. Raises: RunError."""
        with disk_errors(self._folder):
            self._folder.mkdir(exist_ok=True)
            numbers = [_NUMBERED.fullmatch(path.name) for path in self._folder.iterdir()]
            last = max((int(found[1]) for found in numbers if found), default=0)
            file = f"keys-{last + 1}.gz"
            with replacing(self._folder / file) as stream:
                stream.write(gzip.compress("\n".join(keys).encode(), 1, mtime=0))
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        made = Written(name=name, requests=len(keys), written=now, keys=file)
        self._write(files=(*self._kept.files, made))

    def answered(self, has: Callable[[str], bool]) -> None:
        """Close each file of whose requests `has` knows one. Raises: RunError."""
        known = {one.keys for one in self._open() if any(map(has, self._keys(one.keys)))}
        if not known:
            return
        files = [
            one.model_copy(update={"keys": ""}) if one.keys in known else one
            for one in self._kept.files
        ]
        self._write(files=tuple(files))
        for name in known:
            with suppress(OSError):  # nothing reads it any more
                (self._folder / name).unlink()

    def _open(self) -> list[Written]:
        files = self._kept.files
        return [one for one in files if one.keys and (self._folder / one.keys).is_file()]

    def _keys(self, name: str) -> Iterator[str]:
        path = self._folder / name
        try:
            with disk_errors(path):
                content = gzip.decompress(path.read_bytes())
        except (RunError, EOFError, zlib.error) as error:
            raise _damaged(path, "it cannot be read") from error
        yield from content.decode().split("\n")

    def _write(self, **changed: Any) -> None:
        kept = self._kept.model_copy(update=changed)
        with disk_errors(self._folder):
            self._folder.mkdir(exist_ok=True)
        content = orjson.dumps(kept.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
        write_whole(self._folder / NAME, content + b"\n")
        self._kept = kept


def _read(path: Path) -> _Kept:
    if not path.is_file():
        return _Kept()
    with disk_errors(path):
        content = path.read_bytes()
    try:
        return _Kept.model_validate_json(content)
    except ValidationError as error:
        raise _damaged(path, "it does not say which files were written") from error


def _damaged(path: Path, why: str) -> RunError:
    return RunError(
        f"{path}: damaged ({why})\n"
        "  hint: delete this one file; what was written before is then not known to be open"
    )
