"""An end between two steps: a checkpoint first, and a mark that it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from rlaif.training.trl.job import WHOLE, Job


class EndsWhole(TrainerCallback):  # type: ignore[misc]  # transformers is not typed here
    """Ends after a step when somebody wants it, and marks every checkpoint that is finished."""

    def __init__(self, job: Job) -> None:
        """Nothing is asked before the first step ends."""
        self._job = job

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save, and stop, where an end is wanted."""
        if self._job.ending():
            control.should_save = True
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """All files of the checkpoint are written by now."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if self._job.writes and folder.is_dir():
            (folder / WHOLE).touch()
