"""What a source holds right now, told by a hash, without reading the rows in it."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rlaif.errors import RlaifError
from rlaif.storage.arrow_rows import dataset_files
from rlaif.storage.lines import STANDARD_INPUT
from rlaif.storage.places import Place, places_of

_CHUNK = 2**20
_IDENTIFYING = ("sha256", "blob_id", "md5Hash", "content_md5", "ETag", "etag", "Content-MD5")
"""What stores say of an object that is another when its content is."""
_WEAK = "W/"
"""Begins a tag of a web server that may stay when the content changes."""


def source_print(source: str) -> str | None:
    """A hash of the content of `source`: two alike are of sources with the same rows.

    Files of this machine are read as bytes; of a store it is what the store itself says of each
    object, its tag and its size. None where that cannot be told: for standard input, pipes, stores
    that say nothing, and whatever cannot be read, which reading it tells better.
    """
    if source == STANDARD_INPUT:
        return None
    state = hashlib.blake2b(digest_size=16)
    try:
        for place in places_of(source):
            for name, file in _files(place):
                if not _add(state, name, file):
                    return None
    except (RlaifError, OSError, LookupError, TypeError, AttributeError):
        return None
    return state.hexdigest()


def _files(place: Place) -> Iterator[tuple[str, Place]]:
    """The files that rows are read from, in that order, and their names in the source."""
    if place.kind() != "folder":
        yield "", place  # moved or renamed, it has the same rows
        return
    streams = dataset_files(place)
    files = place.files(".parquet") if streams is None else streams
    for file in files:
        yield file.path.rpartition("/")[2], file


def _add(state: Any, name: str, file: Place) -> bool:
    """Take one file into the hash; false where what it holds cannot be told."""
    if file.store:
        said = _said(file)
        state.update(f"{len(name)}:{name}:{said};".encode())
        return said is not None
    path = Path(file.path)
    if not stat.S_ISREG(path.stat().st_mode):
        return False
    inner = hashlib.blake2b(digest_size=16)
    buffer = memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            inner.update(buffer[:count])
    state.update(f"{len(name)}:{name}:{inner.hexdigest()};{file.suffix};".encode())
    return True


def _said(file: Place) -> str | None:
    """What the store says right now, and not what it said before."""
    file.store.invalidate_cache()
    info = file.store.info(file.path)
    found: dict[str, Any] = {**info, **(info.get("lfs") or {}), **_settings(info)}
    for key in _IDENTIFYING:
        value = found.get(key)
        if isinstance(value, bytes | bytearray):
            value = value.hex()
        if isinstance(value, str) and value and not value.startswith(_WEAK):
            return f"{key}={value} size={info.get('size')}"
    return None


def _settings(info: dict[str, Any]) -> dict[str, Any]:
    """Where Azure keeps the hash of a blob."""
    settings = info.get("content_settings")
    return dict(settings) if isinstance(settings, dict) else {}
