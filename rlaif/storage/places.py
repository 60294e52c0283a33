"""Where things lie: a local path, or the URL of any store that fsspec knows. The one seam to it.

A URL may hold a key or a password. What is told of a place, in messages, manifests and logs, is its
`name`, which holds neither.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from rlaif.errors import InputError
from rlaif.storage.place_errors import store_errors
from rlaif.storage.place_names import chained, scheme_of, told

_BUFFER = 2**20
_PART = 2**16
"""Bytes that are read at least of a table, whose parts are asked for in any order."""
_LOCAL = ("file", "local")
_WEB = ("http", "https")
_MAGIC = "*?["

Kind = Literal["file", "folder", ""]
"""What lies at a place; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file or a folder, there or not. Make one with `place_of`."""

    source: str = field(repr=False)
    """As it was given, with whatever secret is in it."""
    path: str
    """On this machine, or in the store."""
    store: Any = None
    """fsspec's file system; None for this machine."""

    @property
    def name(self) -> str:
        """The place in messages."""
        return told(self.source) if self.store else self.path

    @property
    def suffix(self) -> str:
        """The last ending of the name, in small letters, with its point."""
        path = urlsplit(self.path).path if scheme_of(self.source) in _WEB else self.path
        return Path(path).suffix.lower()

    def kind(self) -> Kind:
        """What lies there. Raises: InputError where the store does not say."""
        if not self.store:
            path = Path(self.path)
            return "folder" if path.is_dir() else "file" if path.exists() else ""
        try:
            with store_errors(self.source, "cannot be looked at", absent=False):
                found = self.store.info(self.path)
        except FileNotFoundError:
            return ""
        return "folder" if found["type"] == "directory" else "file"

    def inside(self, name: str) -> Place:
        """What lies under `name` in this folder."""
        if not self.store:
            path = str(Path(self.path) / name)
            return Place(path, path)
        inner = f"/{name}"
        return Place(self.source.rstrip("/") + inner, self.path.rstrip("/") + inner, self.store)

    def files(self, suffix: str) -> list[Place]:
        """The files right in this folder whose names end so, by name; none that begins with `.`."""
        if not self.store:
            names = [path.name for path in Path(self.path).glob(f"*{suffix}")]
        else:
            with store_errors(self.source, "cannot be listed"):
                listed = self.store.ls(self.path, detail=True)
            paths = (one["name"].rstrip("/") for one in listed if one["type"] == "file")
            names = [path.rpartition("/")[2] for path in paths if path.endswith(suffix)]
        return [self.inside(name) for name in sorted(names) if not name.startswith(".")]

    @contextmanager
    def opened(self) -> Iterator[io.BufferedReader[Any]]:
        """Its bytes, as they are asked for.

        Raises: OSError on this machine; InputError for a store, also when it breaks off midway.
        """
        if not self.store:
            with io.FileIO(self.path) as file, io.BufferedReader(file, _BUFFER) as stream:
                yield stream
            return
        with self._raw() as raw, io.BufferedReader(raw, _BUFFER) as stream:
            yield stream

    @contextmanager
    def table_file(self) -> Iterator[pa.NativeFile]:
        """The file as Arrow reads it: only the parts that it asks for. Raises: as `opened`."""
        if not self.store:
            with pa.OSFile(self.path, "r") as file:
                yield file
            return
        # Arrow takes a read that gives less than was asked for as the end
        with (
            self._raw() as raw,
            io.BufferedReader(raw, _PART) as stream,
            pa.PythonFile(stream, "r") as file,
        ):
            yield file

    @contextmanager
    def _raw(self) -> Iterator[_Guarded]:
        with store_errors(self.source, "cannot be opened"):
            opened = self.store.open(self.path, "rb")
        with _Guarded(opened, self) as raw:
            yield raw


class _Guarded(io.RawIOBase):
    """The stream of a store, whose errors are told as ours, and whose end is the end."""

    def __init__(self, stream: Any, place: Place) -> None:
        self._stream, self._place = stream, place
        size = getattr(stream, "size", None)
        self._size = size if isinstance(size, int) else None
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """Whether the store gives parts of the file."""
        return bool(self._stream.seekable())

    def readinto(self, buffer: Any) -> int:
        """Read what comes next. Raises: InputError where the store breaks off."""
        with store_errors(self._place.source, f"breaks off after {self._at:,} bytes"):
            content = self._stream.read(len(buffer))
        if not content and len(buffer) and self._size is not None and self._at < self._size:
            raise InputError(
                f"{self._place.name}: breaks off after {self._at:,} of {self._size:,} bytes\n"
                "  hint: start the same command again"
            )
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to another place."""
        with store_errors(self._place.source, "gives no parts of the file; copy it here first"):
            self._at = int(self._stream.seek(offset, whence))
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def close(self) -> None:
        """Let go of it."""
        if not self.closed:
            with suppress(Exception):  # it was only read
                self._stream.close()
        super().close()


def place_of(source: str) -> Place:
    """The place that a person named; nothing is looked at yet.

    Raises: InputError for a store that nobody knows; MissingExtra where its driver is missing.
    """
    scheme = scheme_of(source)
    if scheme in _LOCAL:
        path = unquote(source.partition("://")[2])
        return Place(path, path)
    if not scheme:
        return Place(source, source)
    if chained(source):
        hint = "name the file itself; .gz and .zst are unpacked as they are read"
        raise InputError(f"{told(source)}: a URL inside a URL is not read\n  hint: {hint}")
    with store_errors(source, "cannot be reached"):
        from fsspec.core import url_to_fs  # 50 ms that local paths do without

        store, path = url_to_fs(source)
    return Place(source, path, store)


def places_of(source: str) -> list[Place]:
    """The place that was named or, of a name with `*`, `?` or `[...]`, all that fit, by name.

    Raises: InputError where there is none, and as `place_of`.
    """
    place = place_of(source)
    scheme = scheme_of(source)
    magic = scheme not in _WEB and any(sign in place.path for sign in _MAGIC)
    if place.kind():
        return [place]
    found = _matching(place, scheme) if magic else []
    if not found:
        what = "nothing fits this name" if magic else "no such file or folder"
        raise InputError(f"{place.name}: {'no such object or bucket' if _far(place) else what}")
    return found


def _far(place: Place) -> bool:
    return bool(place.store) and not any(sign in place.path for sign in _MAGIC)


def _matching(place: Place, scheme: str) -> list[Place]:
    """What fits, by name. A star stands for no `.` at the beginning: unfinished files have one."""
    hidden = place.path.rpartition("/")[2].startswith(".")
    if not place.store:
        root = Path(place.path)
        parts = root.parts[1:] if root.is_absolute() else root.parts
        start = Path(root.anchor) if root.is_absolute() else Path()
        found = sorted(str(path) for path in start.glob(str(Path(*parts))))
        return [Place(path, path) for path in found if hidden or not _is_hidden(path)]
    with store_errors(place.source, "cannot be listed"):
        paths = sorted(place.store.glob(place.path))
    return [
        Place(f"{scheme}://{path.lstrip('/')}", path, place.store)
        for path in paths
        if hidden or not _is_hidden(path)
    ]


def _is_hidden(path: str) -> bool:
    return path.rstrip("/").rpartition("/")[2].startswith(".")
