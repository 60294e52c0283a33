"""Files that are written whole or not at all, on this machine or in a store.

A store that shows a file only when it is complete takes it as it is written, and is told to forget
it where something goes wrong: it is never just closed then. For any other store the file waits on
this machine, and is carried there when it is complete.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from rlaif.errors import InputError, RunError
from rlaif.storage.place_errors import store_errors
from rlaif.storage.place_names import scheme_of, told
from rlaif.storage.places import Place, place_of
from rlaif.storage.whole_files import TEMPORARY, disk_errors, replacing

_COMMITTING = ("memory", "s3", "s3a", "gs", "gcs")
"""Stores whose files are there from the commit on, which can be left out."""
_WHOLE = ("abfs", "abfss", "az", "hf", "oss", "oci")
"""Stores where a file that is carried there shows when it is complete."""
_WEB = ("http", "https")

_write_errors = partial(store_errors, kind=RunError)


@contextmanager
def placed(out: str) -> Iterator[IO[bytes]]:
    """A stream whose content is at `out`, a path or a URL, once the block ends well.

    Raises: InputError where no file can be there; RunError where it cannot be written, and what was
    there before is then kept.
    """
    place = _writable(out)
    if not place.store:
        path = plain_file(place.path)
        with disk_errors(path), replacing(path) as stream:
            yield stream
    elif scheme_of(out) in _COMMITTING:
        with _committed(place) as stream:
            yield stream
    else:
        with tempfile.NamedTemporaryFile() as waiting:
            yield waiting
            waiting.flush()
            _carried(place, waiting.name)


def place_whole(out: str, content: bytes) -> None:
    """Put `content` at `out`. Raises: as `placed`."""
    with placed(out) as stream:
        stream.write(content)


@contextmanager
def placed_both(out: str, beside: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Two streams whose contents are at both places once the block ends well, else at neither.

    In a store, which renames no two files at once, `beside`, which is small, follows when `out` is
    there. Raises: as `placed`, for either.
    """
    if place_of(out).store:
        waiting = io.BytesIO()
        with placed(out) as stream:
            yield stream, waiting
        place_whole(beside, waiting.getvalue())
        return
    with placed(beside) as other, placed(out) as stream:
        yield stream, other
        for one in (stream, other):  # a disk that is full shows here, before either is renamed
            one.flush()
            os.fsync(one.fileno())


def refuse_inside(out: str, run: Path) -> None:
    """See that what is written leaves a run whole. Raises: InputError for a place inside of it."""
    place = place_of(out)
    if place.store:
        return
    path, inside = Path(os.path.realpath(place.path)), Path(os.path.realpath(run))
    if path.is_relative_to(inside):
        hint = "--out a path outside of it: the run's own files lie there"
        raise InputError(f"{out}: is inside the run {run}\n  hint: {hint}")


def plain_file(out: str) -> Path:
    """The file that `out` leads to: what is put in its place must replace no link and no device."""
    path = Path(os.path.realpath(out))
    if not out or (path.exists() and not path.is_file()):
        raise InputError(f"{out}: not a file\n  hint: --out names the file to write")
    if not path.parent.is_dir():
        raise InputError(f"{out}: there is no folder {path.parent}")
    return path


@contextmanager
def placed_folder(out: str) -> Iterator[Path]:
    """A folder on this machine whose files are at `out` once the block ends well.

    In a store the one that comes last by name is carried there last.
    Raises: InputError where something is there already, or no folder can be; RunError.
    """
    place = _writable(out)
    if place.kind() and not _is_empty(place):
        raise InputError(f"{place.name}: already there\n  hint: name a new folder")
    if place.store:
        with tempfile.TemporaryDirectory() as waiting:
            yield Path(waiting)
            for path in sorted(Path(waiting).iterdir()):
                _carried(place.inside(path.name), str(path))
        return
    path = Path(os.path.realpath(place.path))
    if not path.parent.is_dir():
        raise InputError(f"{out}: there is no folder {path.parent}")
    with disk_errors(path):
        unfinished = path.with_name(f"{TEMPORARY}{secrets.token_hex(4)}-{path.name}")
        unfinished.mkdir()
        try:
            yield unfinished
            unfinished.replace(path)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _writable(out: str) -> Place:
    place = place_of(out)
    if place.store and scheme_of(out) in _WEB:
        hint = "name a file, or an object of a store such as s3:// or gs://"
        raise InputError(f"{told(out)}: nothing can be written there\n  hint: {hint}")
    return place


def _is_empty(place: Place) -> bool:
    return not place.store and Path(place.path).is_dir() and not any(Path(place.path).iterdir())


@contextmanager
def _committed(place: Place) -> Iterator[IO[bytes]]:
    """In a transaction of the store, where closing a file is not committing it."""
    transaction = place.store.transaction
    transaction.__enter__()
    stream: Any = None
    try:
        with _write_errors(place.source, "cannot be written"):
            stream = place.store.open(place.path, "wb")
        with _Told(stream, place) as writing:
            yield writing
        with _write_errors(place.source, "cannot be written"):
            stream.close()
    except BaseException as error:
        with suppress(Exception):  # what went wrong first is told
            if stream is not None:
                stream.close()
        with suppress(Exception):
            transaction.__exit__(type(error), error, None)
        raise
    with _write_errors(place.source, "cannot be written"):
        transaction.__exit__(None, None, None)


class _Told:
    """A stream of a store that is written; its errors are told as ours."""

    def __init__(self, stream: Any, place: Place) -> None:
        self._stream, self._place = stream, place
        self.closed = False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def write(self, content: Any) -> int:
        """Write `content`. Raises: RunError."""
        with _write_errors(self._place.source, "cannot be written"):
            return int(self._stream.write(content))

    def tell(self) -> int:
        """How many bytes were written."""
        return int(self._stream.tell())

    def flush(self) -> None:
        """Nothing: a store is given parts of a size that it likes."""

    def close(self) -> None:
        """Nothing: the file is complete when the block ends well."""

    def readable(self) -> bool:
        """It is not."""
        return False

    def writable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is not."""
        return False


def _carried(place: Place, path: str) -> None:
    """Copy a file of this machine into a store, where it shows when it is complete."""
    store = place.store
    with _write_errors(place.source, "cannot be written"):
        if scheme_of(place.source) in (*_WHOLE, *_COMMITTING):
            store.put_file(path, place.path)
            return
        folder, _, name = place.path.rpartition("/")
        unfinished = f"{folder}/{TEMPORARY}{secrets.token_hex(4)}-{name}"
        try:
            store.put_file(path, unfinished)
            store.mv(unfinished, place.path)
        except BaseException:
            with suppress(Exception):  # what went wrong first is told
                store.rm_file(unfinished)
            raise
