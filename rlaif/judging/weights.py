"""Where a local judge's weights lie: a folder, a Python package that ships them, or the hub."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import io
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from rlaif.errors import JudgeUnavailable
from rlaif.records.backends import TransformersJudge

_LOG = logging.getLogger(__name__)
_CHUNK = 65_536
_CHUNKS = 64
_LOADING = threading.RLock()


@dataclass(frozen=True, slots=True)
class Weights:
    """What transformers loads, and by what name the verdicts remember it."""

    source: str
    """A folder, or a hub id."""
    revision: str | None
    gguf_file: str | None
    served: str
    """Empty for a hub id, whose commit is known once it is loaded."""


def cache_folder() -> Path:
    """Where converted weights are kept: $RLAIF_CACHE, or rlaif/ in the user's cache folder."""
    if own := os.environ.get("RLAIF_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "rlaif"


def find_weights(spec: TransformersJudge, folder: Path | None) -> Weights:
    """The weights that `spec` names; relative folders start at the judge file's `folder`.

    Raises: JudgeUnavailable when they are not there, cannot be read or cannot be converted.
    """
    try:
        return _find(spec, folder)
    except OSError as error:
        raise JudgeUnavailable(
            f"the weights of '{spec.model}' cannot be read, or not be kept in {cache_folder()}: "
            f"{error}\n  hint: RLAIF_CACHE names another folder to keep converted weights in"
        ) from error


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """One load at a time, without transformers' own chatter; its settings are put back.

    It sets torch's default dtype while it loads, which two threads must not do together.
    """
    with _LOADING:
        before, bars = (
            transformers_logging.get_verbosity(),
            transformers_logging.is_progress_bar_enabled(),
        )
        transformers_logging.set_verbosity_error()
        transformers_logging.disable_progress_bar()
        try:
            yield
        finally:
            transformers_logging.set_verbosity(before)
            if bars:
                transformers_logging.enable_progress_bar()


def _find(spec: TransformersJudge, folder: Path | None) -> Weights:
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
                _convert(home, gguf_file, target)
    return target


def _convert(home: Path, gguf_file: str, target: Path) -> None:
    part = target.with_name(target.name + ".part")
    for leftover in (part, target):
        shutil.rmtree(leftover, ignore_errors=True)
    with loading(), contextlib.redirect_stderr(io.StringIO()):  # it draws a bar of its own
        tokenizer = AutoTokenizer.from_pretrained(str(home), gguf_file=gguf_file)
        model = AutoModelForCausalLM.from_pretrained(
            str(home), gguf_file=gguf_file, dtype=torch.float32
        )
        # transformers marks the model as quantised and would refuse to save it
        model.hf_quantizer = None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(str(part))
        tokenizer.save_pretrained(str(part))
    part.rename(target)


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """One process converts; others wait and find it done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(target.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
