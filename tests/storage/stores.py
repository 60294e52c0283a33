"""Stores to read from and to write to: one in memory, and one that fails."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import fsspec
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

STORE = MemoryFileSystem()


class Faulty(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """A store that fails as the name of the file says."""

    protocol = "faulty"
    cachable = False

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        plain = path.replace(f"{cls.protocol}://", "memory://")
        return str(super()._strip_protocol(plain))

    def _open(self, path: str, mode: str = "rb", **more: Any) -> Any:
        if "forbidden" in path:
            raise PermissionError("Access Denied for key SECRETKEY")
        if "unsigned" in path:
            raise RuntimeError("Unable to locate credentials")
        found = super()._open(path, mode, **more)
        return found if "w" in mode or "whole" in path else Breaking(found, "silent" in path)


class Breaking(io.RawIOBase):
    """Gives 100 bytes of a file, and then breaks, or says that this was all."""

    def __init__(self, found: Any, silent: bool) -> None:
        self._found, self._silent = found, silent
        self.size = found.size

    def read(self, size: int = -1) -> bytes:
        if self._found.tell() >= 100:
            if self._silent:
                return b""
            raise ConnectionResetError("reset at https://host/x?sig=SECRETKEY by the peer")
        return bytes(self._found.read(min(size, 100)))

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._found.seek(offset, whence))


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    fsspec.register_implementation("faulty", Faulty, clobber=True)
    STORE.store.clear()
    STORE.pseudo_dirs[:] = [""]
    yield
    STORE.store.clear()


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        {"sample_id": f"s{n}", "prompt": "p", "completion": "c" * 50}
        for n in range(start, start + count)
    ]


def lines(found: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in found)


def parquet(found: list[dict[str, Any]], row_group_size: int = 2) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(found), stream, row_group_size=row_group_size)
    return stream.getvalue()


def put(path: str, content: bytes) -> str:
    STORE.pipe_file(path, content)
    return f"memory://{path}"


def zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


def csv(found: list[dict[str, Any]]) -> bytes:
    body = "".join(f"{r['sample_id']};{r['prompt']};{r['completion']}\n" for r in found)
    return ("\ufeffsample_id;prompt;completion\n" + body).encode()
