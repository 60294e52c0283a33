"""The name by which TRL loads a model a second time, and what adapters say they are for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rlaif.training.trl.job import Source
from rlaif.training.trl.reference import findable, state_base


class Model:
    """Keeps where it was written to."""

    def __init__(self) -> None:
        self.name_or_path = "me/tiny"
        self.config = SimpleNamespace(_name_or_path="me/tiny")
        self.written: list[str] = []

    def save_pretrained(self, folder: str) -> None:
        self.written.append(folder)

    @property
    def names(self) -> tuple[str, str]:
        return self.name_or_path, self.config._name_or_path


def job(kind: str, source: Source, folder: Path) -> Any:
    rows = folder / "rows" / "0" / "train.arrow"
    return SimpleNamespace(config=SimpleNamespace(train=kind), source=source, rows=rows)


@pytest.mark.parametrize("kind", ["dpo", "kto", "grpo"])
def test_a_model_of_the_hub_is_found_in_the_folder_of_its_commit(kind: str, tmp_path: Path) -> None:
    model = Model()
    with findable(job(kind, Source("me/tiny", "a1", None, "/hub/a1"), tmp_path), model, Model()):
        assert model.names == ("/hub/a1", "/hub/a1")
    assert model.names == ("me/tiny", "me/tiny")
    assert not model.written


@pytest.mark.parametrize("kind", ["dpo", "kto", "grpo"])
def test_gguf_weights_are_written_out_where_trl_can_load_them(kind: str, tmp_path: Path) -> None:
    model, tokenizer = Model(), Model()
    base = str(tmp_path / "rows" / "0" / "base")
    with findable(job(kind, Source("m", None, "m.gguf"), tmp_path), model, tokenizer):
        assert model.names == (base, base)
    assert model.written == tokenizer.written == [base]
    assert model.names == ("me/tiny", "me/tiny")


@pytest.mark.parametrize(
    ("kind", "source"),
    [("sft", Source("m", "a1", "m.gguf", "/hub/a1")), ("dpo", Source("/here/model"))],
)
def test_nothing_is_named_anew_where_the_name_says_it_or_nobody_asks(
    kind: str, source: Source, tmp_path: Path
) -> None:
    model = Model()
    with findable(job(kind, source, tmp_path), model, Model()):
        assert model.names == ("me/tiny", "me/tiny")
    assert not model.written


def test_adapters_say_the_name_and_commit_of_their_model() -> None:
    adapters = SimpleNamespace(base_model_name_or_path="/hub/a1", revision=None)
    state_base(SimpleNamespace(peft_config={"default": adapters}), Source("me/tiny", "a1"))
    assert (adapters.base_model_name_or_path, adapters.revision) == ("me/tiny", "a1")
    state_base(SimpleNamespace(), Source("me/tiny"))
