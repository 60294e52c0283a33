"""A reward file -> what it states, with rubric and judge found beside it."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from rlaif.authoring.config_file import read_config
from rlaif.records.reward_file import Columns, RewardFile
from rlaif.records.shaping import LengthPenalty, RewardGate, Shaping

PARTS: dict[str, type[BaseModel]] = {
    "shaping": Shaping,
    "columns": Columns,
    "shaping.gates": RewardGate,
    "shaping.length": LengthPenalty,
}
"""What stands inside a reward, wherever a file states one."""

_REWARD: TypeAdapter[RewardFile] = TypeAdapter(RewardFile)


def read_reward(path: str | Path, text: str | None = None) -> RewardFile:
    """The reward that a file states, or `text` as its content. Raises: FileProblems."""
    made = read_config(path, _REWARD, {"": RewardFile, **PARTS}, text)
    folder = Path(path).parent
    judge = made.judge and beside(folder, made.judge)
    return made.model_copy(update={"rubric": beside(folder, made.rubric), "judge": judge})


def beside(folder: Path, name: str) -> str:
    """The path, where something lies under that name from `folder` on; else the name itself."""
    try:
        path = folder / Path(name).expanduser()
        return str(path) if path.exists() else name
    except (OSError, ValueError, RuntimeError):
        return name
