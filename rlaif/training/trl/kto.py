"""Kahneman-Tversky optimisation on single completions, by TRL's KTOTrainer."""

from __future__ import annotations

from trl import KTOTrainer

from rlaif.training.trl.job import Ended, Job
from rlaif.training.trl.models import model_of, tokenizer_of
from rlaif.training.trl.running import trained


def train(job: Job) -> Ended:
    """Train, and write the model. Raises: InputError, RunError."""
    return trained(job, KTOTrainer, tokenizer_of(job), model_of(job))
