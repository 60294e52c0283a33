"""The stand-in for vLLM's process, with room for whole prompts; those with $DEADLY kill it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlaif.judging.vllm_wire import Message
from rlaif.judging.vllm_worker import main
from tests.judging import vllm_fake
from tests.judging.vllm_fake import FakeEngine

_chance = vllm_fake.chance


def likely(ids: list[int], label: int) -> float:
    """A number in [0.1, 0.3): no answer fails for want of the labels' probability."""
    return 0.1 + 0.4 * _chance(ids, label)


vllm_fake.chance = likely


class DyingEngine(FakeEngine):
    """Ids are looked at as text: `$DEADLY` names the ids, with commas."""

    def __init__(self, start: Message) -> None:
        super().__init__(start)
        self.facts["max_length"] = 4096
        named = os.environ.get("DEADLY", "")
        self._deadly = f",{named}," if named else ""

    def step(self) -> Message:
        if self._deadly and self._deadly in f",{','.join(map(str, self._asked[0][1]))},":
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().step()


if __name__ == "__main__":
    main(DyingEngine)
