"""A reward model on pairs, by TRL's RewardTrainer: one number for a chat or a text."""

from __future__ import annotations

from trl import RewardTrainer

from rlaif.training.trl.job import Ended, Job
from rlaif.training.trl.models import scoring_model_of, tokenizer_of
from rlaif.training.trl.running import trained


def train(job: Job) -> Ended:
    """Train, and write the model. Raises: InputError, RunError."""
    return trained(job, RewardTrainer, tokenizer_of(job), scoring_model_of(job))
