"""verl's own loader and reward managers call our function; its own code averages what it gave.

Of its reward loop only the managers are imported: the rest loads engines that are not here.
"""

from __future__ import annotations

import importlib
import json
import sys
from types import ModuleType
from typing import Any

import torch

omegaconf: Any = importlib.import_module("omegaconf")
verl: Any = importlib.import_module("verl")
loop = ModuleType("verl.experimental.reward_loop")
loop.__path__ = [f"{verl.__path__[0]}/experimental/reward_loop"]
sys.modules[loop.__name__] = loop
reward: Any = importlib.import_module("verl.trainer.ppo.reward")
metrics: Any = importlib.import_module("verl.trainer.ppo.metric_utils")
numpy: Any = importlib.import_module("numpy")

SAID = ["hello, dear friend of mine", "what do you want from me", ""]


class Tokenizer:
    """One token a character."""

    def decode(self, ids: Any, skip_special_tokens: bool = True) -> str:
        return "".join(chr(one) for one in ids.tolist() if one)


def manager(judge: str, name: str = "naive", **more: Any) -> Any:
    function = {
        "path": "pkg://rlaif.runs.trainers.verl",
        "name": "compute_score",
        "reward_kwargs": {"rubric": "rubric.yaml", "judge": judge, **more},
    }
    config = {"custom_reward_function": function}
    config["reward_manager"] = {"source": "register", "name": name}
    return reward.load_reward_manager(omegaconf.OmegaConf.create({"reward": config}), Tokenizer())


def data(text: str) -> Any:
    prompt, said = "Greet me.", text or "\0"
    ids = torch.tensor([[ord(sign) for sign in said]])
    asked = torch.tensor([[ord(sign) for sign in prompt]])
    mask = torch.ones(1, asked.shape[1] + ids.shape[1], dtype=torch.long)
    row = {"raw_prompt": [{"role": "user", "content": prompt}]}
    texts = {"data_source": ["mine"], "reward_model": [{"ground_truth": "hello"}]}
    texts |= {"extra_info": [row]}
    return verl.DataProto.from_dict(
        tensors={"prompts": asked, "responses": ids, "attention_mask": mask},
        non_tensors={key: numpy.array(held, dtype=object) for key, held in texts.items()},
    )


def run(by: Any, text: str) -> Any:
    return by.loop.run_until_complete(by.run_single(data(text)))


def raised(by: Any) -> str:
    try:
        run(by, SAID[0])
    except Exception as error:  # noqa: BLE001 - whatever verl lets through
        return f"{type(error).__name__}: {error}"
    return "nothing"


good = manager("scripted")
made = [run(good, text) for text in SAID]
infos = [one["reward_extra_info"] for one in made]
told = {key: [info[key] for info in infos] for key in infos[0]}
limited = run(manager("failing.yaml", "rate_limited", retries=0, again=0), SAID[0])
stood = run(manager("failing.yaml", on_failure=-1.0, retries=0, again=0), SAID[0])
mean = metrics.process_validation_metrics(["mine"] * 3, ["a"] * 3, told)["mine"]
sys.stdout.write(
    json.dumps(
        {
            "rewards": [one["reward_score"] for one in made],
            "infos": infos,
            "mean": {key: held for key, held in mean["criterion_polite"].items() if "mean@" in key},
            "raised": raised(manager("failing.yaml", retries=0, again=0)),
            "limited": [limited["reward_score"], "error" in limited["reward_extra_info"]],
            "stood": [stood["reward_score"], stood["reward_extra_info"]["failed"]],
        }
    )
)
