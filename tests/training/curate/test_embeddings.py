"""Texts as mean hidden states of a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlaif.errors import JudgeUnavailable
from rlaif.lazy import ADAPTERS, load
from tests.runs.trained import save_tiny

pytestmark = pytest.mark.slow  # they import torch


def test_a_text_has_the_same_states_alone_and_beside_longer_ones(tmp_path: Path) -> None:
    embed = load(ADAPTERS["curate_embeddings"])(str(save_tiny(tmp_path / "tiny")))
    texts = ["Say it.", "Say it again, and again, until it is said.", "", "Say " * 900]
    states = embed(texts)
    assert states.shape == (4, 32)
    assert states.dtype == np.float32
    for text, state in zip(texts, states, strict=True):
        assert embed([text])[0] == pytest.approx(state, abs=1e-5)
    assert abs(states[0] - states[1]).max() > 0.01


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(JudgeUnavailable, match=r"--features: the model '.*' cannot be loaded"):
        load(ADAPTERS["curate_embeddings"])(str(tmp_path / "empty"))
