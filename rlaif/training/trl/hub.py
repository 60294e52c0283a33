"""The commit of a name on the hub: what it means now, also when a branch moves on."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import hf_hub_download

from rlaif.errors import InputError
from rlaif.training.trl.job import Source

_SNAPSHOTS = "snapshots"
"""The folder of the hub's cache that has one folder for each commit."""


def pinned(source: Source, file: str = "config.json") -> Source:
    """The same source at the commit that its revision names now; only `file` is downloaded.

    Without a connection it is the commit in the hub's cache. Raises: InputError where neither has
    the file.
    """
    try:
        found = hf_hub_download(source.place, file, revision=source.revision)
    except Exception as error:  # hub, network, names: each raises its own
        told = str(error).strip().partition("\n")[0][:500] or type(error).__name__
        raise InputError(
            f"the model '{source.place}' cannot be loaded: {told}\n"
            "  hint: a folder with the weights, or the id of a model on a hub that is reached"
        ) from error
    parts = Path(found).parts
    if _SNAPSHOTS not in parts[:-2]:
        raise InputError(f"'{source.place}': {found} lies in no commit of the hub's cache")
    place = len(parts) - 1 - parts[::-1].index(_SNAPSHOTS)
    folder = Path(*parts[: place + 2])
    return Source(source.place, folder.name, source.gguf_file, str(folder))
