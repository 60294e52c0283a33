"""What a file may name: regular files and folders under its own folder, and nothing else."""

from __future__ import annotations

from pathlib import Path


def file_under(name: str, folder: Path) -> Path | str:
    """The file of that name under `folder`, or why there is none."""
    found = _under(name, folder)
    if isinstance(found, Path) and not found.is_file():
        what = "a folder" if found.is_dir() else "a pipe, socket or device"
        return f"'{name}' is {what}, not a file"
    return found


def folder_under(name: str, folder: Path) -> Path | str:
    """The folder of that name under `folder`, or why there is none."""
    found = _under(name, folder, "folder")
    if isinstance(found, Path) and not found.is_dir():
        return f"'{name}' is no folder"
    return found


def _under(name: str, folder: Path, kind: str = "file") -> Path | str:
    given = Path(name)
    if given.is_absolute() or ".." in given.parts or "\0" in name:
        return f"'{name}' does not lie under the folder of this file"
    path = folder / given
    try:
        if not path.exists():
            return f"there is no {kind} '{path}'"
        if not path.resolve().is_relative_to(folder.resolve()):
            return f"'{name}' is a link that leads out of the folder of this file"
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        return f"'{name[:100]}' cannot be read: {why}"
    return path
