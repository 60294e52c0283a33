"""Group-relative policy optimisation, by TRL's GRPOTrainer; the reward comes from outside."""

from __future__ import annotations

from collections.abc import Sequence

from rlaif.training.trl.job import Ended, Job
from rlaif.training.trl.models import model_of, tokenizer_of
from rlaif.training.trl.quiet import importing
from rlaif.training.trl.running import trained

with importing():
    from trl import GRPOTrainer


def train(job: Job, rewards: Sequence[object]) -> Ended:
    """Train, and write the model.

    Args: `rewards`, functions or objects as GRPOTrainer calls them, one or several.
    Raises: InputError, RunError; what a reward raises ends the training.
    """
    return trained(job, GRPOTrainer, tokenizer_of(job), model_of(job), reward_funcs=list(rewards))
