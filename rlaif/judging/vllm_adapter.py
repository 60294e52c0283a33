"""A LoRA adapter: found, and known by what it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rlaif.errors import JudgeUnavailable
from rlaif.judging.weights import folder_checksum

_ROOMS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM sets memory aside for."""
_CONFIG = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter on this disk."""

    folder: str
    checksum: str
    room: int
    """The smallest rank of vLLM's that it fits into."""


def find_adapter(name: str, folder: Path | None = None) -> Adapter:
    """The adapter in the folder `name`, which may start at `folder`, or of that name on the hub.

    Raises: JudgeUnavailable where there is none, or none that vLLM takes.
    """
    local = Path(name).expanduser() if folder is None else folder / Path(name).expanduser()
    home = local if local.is_dir() else _fetched(name, local)
    try:
        rank = json.loads((home / _CONFIG).read_text(encoding="utf-8"))["r"]
        checksum = folder_checksum(home)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JudgeUnavailable(
            f"the adapter '{name}' cannot be read: {home / _CONFIG}: {_told(error)}\n"
            "  hint: a folder as PEFT saves it, with adapter_config.json and its weights"
        ) from error
    room = next((size for size in _ROOMS if isinstance(rank, int) and rank <= size), None)
    if room is None:
        raise JudgeUnavailable(f"the adapter '{name}' is of rank {rank}; vLLM takes up to 512")
    return Adapter(str(home), checksum, room)


def _fetched(name: str, local: Path) -> Path:
    from huggingface_hub import snapshot_download  # half a second, which few judges need

    try:
        return Path(snapshot_download(name))
    except Exception as error:  # names, network, access, disk: each raises its own
        first = str(error).strip().partition("\n")[0][:200]
        raise JudgeUnavailable(
            f"there is no adapter '{name}': no folder {local}, and the hub says: {first}"
        ) from error


def _told(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it says nothing of {error}"
    return str(getattr(error, "strerror", None) or error)
