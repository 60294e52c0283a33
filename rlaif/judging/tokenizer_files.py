"""A model's tokenizer as files, read without transformers: from a folder, or from the hub.

Not covered: tokenizers that only transformers can convert (no `tokenizer.json`), and chat templates
of which a model has several: the one called `default` is taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

from rlaif.errors import JudgeUnavailable
from rlaif.ports import TokenizerFiles

_NEEDED = ("tokenizer.json", "tokenizer_config.json")

Read = Callable[[str], str | None]
"""The text of a file by its name; None where there is no such file."""


def tokenizer_files(
    source: str, revision: str | None = None, folder: Path | None = None
) -> TokenizerFiles:
    """The tokenizer's files in the folder `source`, or else of the model `source` on the hub.

    A relative folder starts at `folder`. `revision` is a commit, branch or tag on the hub.

    Raises: JudgeUnavailable, with what to change, when they cannot be had or read.
    """
    local = Path(source).expanduser() if folder is None else folder / Path(source).expanduser()
    read = _in_folder(local) if local.is_dir() else _on_hub(source, revision)
    whole = read("tokenizer.json")
    if whole is None:
        where = f"in {local}" if local.is_dir() else f"in '{source}' on the hub"
        raise JudgeUnavailable(
            f"there is no tokenizer.json {where}, which prompts as token ids need\n"
            "  hint: save the model's fast tokenizer there, or name a model that has one"
        )
    config = _object(read("tokenizer_config.json"), "tokenizer_config.json", source)
    roles = _object(read("special_tokens_map.json"), "special_tokens_map.json", source)
    _object(whole, "tokenizer.json", source)
    template = read("chat_template.jinja") or _template(config.get("chat_template"))
    return TokenizerFiles(whole, template, _special_tokens(roles) | _special_tokens(config))


def _in_folder(folder: Path) -> Read:
    def read(name: str) -> str | None:
        try:
            return (folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise JudgeUnavailable(f"{folder / name} cannot be read: {error}") from error

    return read


def _on_hub(source: str, revision: str | None) -> Read:
    def read(name: str) -> str | None:
        try:
            found = hf_hub_download(source, name, revision=revision)
        except EntryNotFoundError as error:
            # without a connection only what was had before is known: another file may be absent
            if not isinstance(error, LocalEntryNotFoundError) or name not in _NEEDED:
                return None
            raise _not_had(source, error) from error
        except Exception as error:  # names, network, access, disk: each raises its own
            raise _not_had(source, error) from error
        return Path(found).read_text(encoding="utf-8")

    return read


def _not_had(source: str, error: Exception) -> JudgeUnavailable:
    first = str(error).strip().partition("\n")[0][:300] or type(error).__name__
    return JudgeUnavailable(
        f"the tokenizer of '{source}' cannot be had: {first}\n"
        "  hint: a folder with its tokenizer.json, or the id of a model on a hub that is reached"
    )


def _object(text: str | None, name: str, source: str) -> dict[str, Any]:
    """The JSON object in a file's text; empty where there is no file."""
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise JudgeUnavailable(f"{name} of '{source}' is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise JudgeUnavailable(f"{name} of '{source}' is not a JSON object")
    return found


def _template(found: Any) -> str | None:
    """The chat template as the configuration has it: a text, or a list of named ones."""
    if isinstance(found, list):
        named = {one.get("name"): one.get("template") for one in found if isinstance(one, dict)}
        found = named.get("default")
    return found if isinstance(found, str) else None


def _special_tokens(found: dict[str, Any]) -> dict[str, str]:
    """`bos_token` and its like; each is a text, or an object that holds one."""
    named = {name: value for name, value in found.items() if name.endswith("_token")}
    texts = {k: v.get("content") if isinstance(v, dict) else v for k, v in named.items()}
    return {name: text for name, text in texts.items() if isinstance(text, str)}
