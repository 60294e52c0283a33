"""OpenRLHF's own executor generates, calls our function, and makes a training row of what it gave.

vLLM is not here: its one name that the module imports is stood in for, and so is the engine. The
packages' `__init__` load DeepSpeed and more; the modules are imported past them.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import logging
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

SAID = ["hello, dear friend of mine", "what do you want from me", ""]
PROMPT = "<|im_start|>user\nGreet me, please.<|im_end|>\n<|im_start|>assistant\n"
END = "<|im_end|>"


def standing_in(name: str, **held: Any) -> None:
    module = ModuleType(name)
    module.__dict__.update(held)
    sys.modules[name] = module


standing_in("vllm", SamplingParams=object)
standing_in("openrlhf.trainer.ray.vllm_engine", batch_vllm_engine_call=None)
spec: Any = importlib.util.find_spec("openrlhf")
for name in ("openrlhf", "openrlhf.trainer", "openrlhf.utils"):
    package = ModuleType(name)
    package.__path__ = ["/".join([spec.submodule_search_locations[0], *name.split(".")[1:]])]
    sys.modules[name] = package
agent: Any = importlib.import_module("openrlhf.utils.agent")
samples: Any = importlib.import_module("openrlhf.trainer.ppo_utils.samples_generator")
rows: Any = importlib.import_module("openrlhf.trainer.ppo_utils.experience")
entry: Any = importlib.import_module("rlaif.runs.trainers.openrlhf")


class Tokenizer:
    """One token a character."""

    def __call__(self, text: str, **_: Any) -> Any:
        import torch

        return {"input_ids": torch.tensor([[ord(sign) for sign in text]])}

    def decode(self, ids: list[int], **_: Any) -> str:
        return "".join(map(chr, ids))


class Engine:
    """Says one thing."""

    def __init__(self, text: str) -> None:
        self.said = [ord(sign) for sign in text + END]

    async def generate(self, *_: Any, **__: Any) -> Any:
        output = SimpleNamespace(token_ids=self.said, finish_reason="stop", logprobs=None)
        return SimpleNamespace(outputs=[output])


async def made(executor: Any, text: str) -> Any:
    parameters = SimpleNamespace(max_tokens=64, logprobs=None)
    return await executor.execute(PROMPT, "hello", parameters, 512, Tokenizer(), Engine(text))


def row(response: Any) -> Any:
    return samples.SamplesGenerator._process_response_into_experience(None, response, max_len=512)


logging.basicConfig(stream=sys.stderr)
good = agent.SingleTurnAgentExecutor(entry.__file__)
responses = [asyncio.run(made(good, text)) for text in SAID]
together = rows.Experience.concat_experiences([row(one) for one in responses], 0)
single = rows.split_experience_batch(together)
batch = rows.make_experience_batch(single)
with open("failing.py", "w", encoding="utf-8") as file:  # noqa: PTH123 - a script of a few lines
    file.write(
        "from rlaif.runs.trainers.openrlhf import reward_function\n"
        "reward_func = reward_function(\n"
        "    rubric='rubric.yaml', judge='failing.yaml', retries=0, again=0)\n"
    )
failed = asyncio.run(made(agent.SingleTurnAgentExecutor("failing.py"), SAID[0]))
sys.stdout.write(
    json.dumps(
        {
            "rewards": together.rewards.flatten().tolist(),
            "scores": together.scores.flatten().tolist(),
            "logs": {
                key: together.info[key].flatten().tolist()
                for key in ("reward", *responses[0]["extra_logs"])
            },
            "batched": len(batch.rewards),
            "failed": failed["reward"],
        }
    )
)
