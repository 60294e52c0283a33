"""Where a local judge's weights lie: a folder, a Python package that ships them, or the hub.

Finding them needs no library of models; converting GGUF does, once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rlaif.cache_folder import cache_folder
from rlaif.errors import JudgeUnavailable
from rlaif.lazy import load
from rlaif.records.backends import Loaded

_LOG = logging.getLogger(__name__)
_CHUNK = 65_536
_CHUNKS = 64
_CONVERT = "rlaif.judging.gguf_conversion:convert"


@dataclass(frozen=True, slots=True)
class Weights:
    """What is loaded, and by what name the verdicts remember it."""

    source: str
    """A folder, or a hub id."""
    revision: str | None
    gguf_file: str | None
    served: str
    """Empty for a hub id, whose commit is known once it is loaded."""


def find_weights(spec: Loaded, folder: Path | None) -> Weights:
    """The weights that `spec` names; relative folders start at the judge file's `folder`.

    Raises: JudgeUnavailable when they are not there, cannot be read or cannot be converted;
    MissingExtra when what converts them is not installed.
    """
    try:
        return _find(spec, folder)
    except OSError as error:
        raise JudgeUnavailable(
            f"the weights of '{spec.model}' cannot be read, or not be kept in {cache_folder()}: "
            f"{error}\n  hint: RLAIF_CACHE names another folder to keep converted weights in"
        ) from error


def _find(spec: Loaded, folder: Path | None) -> Weights:
    local = Path(spec.model) if folder is None else folder / spec.model
    if local.is_dir():
        return Weights(str(local), None, spec.gguf_file, folder_checksum(local))
    if spec.package and _installed(spec.package):
        converted = _from_package(spec.package, spec.gguf_file or "")
        return Weights(str(converted), None, None, converted.name)
    gguf_file = None if spec.package else spec.gguf_file
    return Weights(spec.model, spec.revision, gguf_file, "")


def _installed(package: str) -> bool:
    if not package.isidentifier():  # looking for `a.b` would run `a`
        raise JudgeUnavailable(f"'{package}' is not the name of a package that ships weights")
    return importlib.util.find_spec(package) is not None


def folder_checksum(folder: Path) -> str:
    """32 hex digits over every file's name and size and 64 pieces of it, spread evenly.

    A checkpoint trained further in the same folder has the same sizes, so the content must count;
    pieces do, because training moves every weight.
    """
    state = hashlib.blake2b(digest_size=16)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        size = path.stat().st_size
        state.update(f"{path.relative_to(folder)}\0{size}\0".encode())
        with path.open("rb") as file:
            for place in range(_CHUNKS if size > _CHUNK * _CHUNKS else 1):
                file.seek(place * size // _CHUNKS)
                state.update(file.read(_CHUNK if size > _CHUNK * _CHUNKS else -1))
    return state.hexdigest()


def _from_package(package: str, gguf_file: str) -> Path:
    """The package's GGUF weights as safetensors in the cache, converted when first asked for."""
    found = importlib.util.find_spec(package)
    home = Path(next(iter(found.submodule_search_locations or ()))) if found else Path()
    if not gguf_file or not (home / gguf_file).is_file():
        raise JudgeUnavailable(f"the package '{package}' holds no file '{gguf_file}'")
    try:
        version = importlib.metadata.version(package.replace("_", "-"))
    except importlib.metadata.PackageNotFoundError as error:
        raise JudgeUnavailable(f"the package '{package}' does not say its version") from error
    target = cache_folder() / "models" / f"{package}-{version}-{Path(gguf_file).stem}"
    if not (target / "config.json").is_file():
        with _alone(target):
            if not (target / "config.json").is_file():
                _LOG.warning("converting %s for later starts (once, under a minute)", gguf_file)
                load(_CONVERT)(home, gguf_file, target)
    return target


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """One process converts; others wait and find it done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(target.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
