"""The model of a training, and whatever else its content depends on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rlaif.errors import InputError
from rlaif.judging.weights import Weights, find_weights, folder_checksum
from rlaif.lazy import ADAPTERS, load
from rlaif.records.backends import TransformersJudge
from rlaif.records.training import TrainConfig
from rlaif.records.training_keys import PATHS
from rlaif.training.trl.job import Source


def weights_of(config: TrainConfig) -> Weights:
    """Where the weights are. Raises: JudgeUnavailable."""
    spec = TransformersJudge(
        judge="trained",
        version="1.0.0",
        backend="transformers",
        model=config.model,
        revision=config.revision,
        package=config.package,
        gguf_file=config.gguf_file,
    )
    return find_weights(spec, None)


def source_of(weights: Weights) -> Source:
    """What is loaded; a name on the hub at the commit that it means now. Raises: InputError."""
    source = Source(weights.source, weights.revision, weights.gguf_file)
    if weights.served:  # files of this machine, known by their content
        return source
    found: Source = load(ADAPTERS["training_hub"])(source, weights.gguf_file or "config.json")
    return found


def arguments_hashes(config: TrainConfig) -> dict[str, str]:
    """What lies at the paths among TRL's arguments, by the argument. Raises: InputError."""
    return {
        f"arguments.{name}": _content(name, value)
        for name in PATHS
        if isinstance(value := config.arguments.get(name), str)
    }


def _content(name: str, value: str) -> str:
    path = Path(value)
    try:
        if path.is_dir():
            return folder_checksum(path)
        if path.is_file():
            return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        raise InputError(f"arguments.{name}: {value}: {error.strerror}") from error
    if name != "chat_template_path":
        return value  # TRL says what else it may be
    found: Source = load(ADAPTERS["training_hub"])(Source(value), "tokenizer_config.json")
    return f"{value}@{found.revision}"
