"""What a judge's model holds where its verdict would stand, beside what it says there.

Loaded by name, through `rlaif.lazy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from rlaif.judging.model_loading import load_model
from rlaif.records.backends import TransformersJudge


class HiddenStates:
    """A judge's model that is asked for its last hidden states alone."""

    def __init__(self, spec: TransformersJudge, folder: Path | None = None) -> None:
        """Load the model; relative paths start at `folder`. Raises: JudgeUnavailable."""
        loaded = load_model(spec, folder)
        self._model = loaded.model
        self.served = loaded.served
        """The weights and the number format, as a run states them."""
        self.max_length = loaded.max_length

    def __call__(self, ids: Sequence[int]) -> Any:
        """The last layer's state at the last of the ids: (size,) float32, numpy."""
        asked = torch.tensor([list(ids)], device=self._model.device)
        with torch.inference_mode():
            given = self._model(
                input_ids=asked, output_hidden_states=True, logits_to_keep=1, use_cache=False
            )
        return given.hidden_states[-1][0, -1].float().cpu().numpy()
