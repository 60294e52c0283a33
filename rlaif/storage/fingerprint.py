"""Whether an input is the one that was read before, told from its bytes in one quick pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from rlaif.errors import InputError
from rlaif.records.identity import canonical, digest, digest_of
from rlaif.storage.lines import STANDARD_INPUT

READING = 1
"""Version of the code that reads samples: raised when it reads the same bytes in another way."""

_CHUNK = 2**20
_NO_MAPPING: Mapping[str, str] = MappingProxyType({})


def source_fingerprint(
    source: str, mapping: Mapping[str, str] = _NO_MAPPING, limit: int | None = None
) -> str:
    """Hash of all that `read_rows` with these arguments depends on; "" where there is no telling.

    Raises: InputError for a file that cannot be read.
    """
    path = Path(source)
    if source == STANDARD_INPUT or not (path.is_file() or path.is_dir()):
        return ""
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.is_file())
    try:
        content = [digest_of(_chunks(file)) for file in files]
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from error
    how = canonical([READING, dict(mapping), limit, [str(file) for file in files]])
    return digest(how, *content)


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
