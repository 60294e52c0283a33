from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.rubric_file import load_rubric
from rlaif.errors import InputError, JudgeUnavailable
from rlaif.runs.trainers import art, nemo_gym, open_instruct, openenv, openrlhf, verifiers, verl
from rlaif.runs.trainers import wired as module
from rlaif.runs.trainers.wired import wired

RUBRIC = """
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - section: manner
    weight: 3
    criteria:
      - id: polite
        ask: Is the greeting polite?
        weight: 1
  - id: hello
    check: contains
    text: hello
    weight: 1
"""
SAID = "hello, dear friend of mine"
ROW = {"prompt": "Greet me."}


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test finds what another one made, and no judge is left open."""
    made: dict[bytes, Any] = {}
    monkeypatch.setattr(module, "_MADE", made)
    for name in ("RLAIF_REWARD", "RLAIF_RUBRIC", "RLAIF_JUDGE", "RLAIF_ON_FAILURE"):
        monkeypatch.delenv(name, raising=False)
    yield
    for one in made.values():
        one.rewarding.close()


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """A rubric and a judge that says yes."""
    path = tmp_path / "rubric.yaml"
    path.write_text(RUBRIC)
    return {"rubric": str(path), "judge": "scripted"}


@pytest.fixture
def failing(given: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """The same with a judge that never answers."""
    path = tmp_path / "failing.yaml"
    path.write_text("judge: f\nversion: 1.0.0\nbackend: scripted\nfailure_share: 1.0\n")
    return {**given, "judge": str(path), "retries": 0, "again": 0}


def test_the_same_settings_make_one_judge(given: dict[str, Any]) -> None:
    one = wired("verl", given)
    assert wired("verl", {**given, "on_failure": None}) is one
    assert wired("verl", {**given, "on_failure": 0.0}) is not one
    assert wired("verl", {**given, "rubric": Path(given["rubric"])}) is one
    assert one.names == ("manner", "polite", "hello")


def test_a_rubric_and_a_judge_may_be_given_themselves(given: dict[str, Any]) -> None:
    loaded = {"rubric": load_rubric(given["rubric"]), "judge": load_judge(given["judge"])}
    assert wired("verl", loaded).names == ("manner", "polite", "hello")
    assert wired("verl", loaded) is wired("verl", loaded)


def test_without_settings_the_environment_states_them(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="RLAIF_RUBRIC"):
        wired("verl", {})
    monkeypatch.setenv("RLAIF_RUBRIC", given["rubric"])
    monkeypatch.setenv("RLAIF_JUDGE", given["judge"])
    monkeypatch.setenv("RLAIF_ON_FAILURE", "-1")
    assert wired("verl", {}).terms.on_failure == -1.0
    monkeypatch.setenv("RLAIF_ON_FAILURE", "none")
    with pytest.raises(InputError, match="'none': it must be a number"):
        wired("OpenRLHF", {})


def test_the_environments_stand_in_is_not_for_settings_that_are_passed(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is left over from another training would make a number of a failure."""
    monkeypatch.setenv("RLAIF_ON_FAILURE", "0.25")
    assert wired("verl", given).terms.on_failure is None
    assert wired("verl", {**given, "on_failure": -1}).terms.on_failure == -1
    with pytest.raises(InputError, match=r"on_failure is '0\.0': it must be a finite number"):
        wired("verl", {**given, "on_failure": "0.0"})


def test_another_environment_is_another_reward(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RLAIF_RUBRIC", given["rubric"])
    monkeypatch.setenv("RLAIF_JUDGE", given["judge"])
    first = wired("verl", {})
    assert wired("verl", {}) is first
    other = tmp_path / "other.yaml"
    other.write_text(RUBRIC.replace("hello", "welcome"))
    monkeypatch.setenv("RLAIF_RUBRIC", str(other))
    assert wired("verl", {}).names == ("manner", "polite", "welcome")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rubrik": "x"}, "unknown setting 'rubrik'\n  hint: did you mean 'rubric'"),
        ({"reward": "r.yaml"}, "'reward' is a file that states its own 'rubric'"),
        ({"rubric": None}, "'judge' is given without a 'rubric'"),
        ({"shaping": {"ranking": True}}, "'ranking' needs a whole group"),
    ],
)
def test_settings_that_cannot_be_say_what_to_do(
    given: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        wired("verl", {**given, **more})


def test_a_trainer_that_hands_over_groups_may_rank_them(given: dict[str, Any]) -> None:
    assert wired("ART", {**given, "shaping": {"ranking": True}}, groups=True).names


async def test_verl_gets_the_rubrics_score(given: dict[str, Any], failing: dict[str, Any]) -> None:
    verls = {"reward_router_address": None, "reward_model_tokenizer": None}
    made = await verl.compute_score("mine", SAID, "", ROW, **given, **verls)
    assert (made["score"], made["criterion_hello"], made["criterion_manner"]) == (1.0, 1.0, 1.0)
    with pytest.raises(JudgeUnavailable, match="failed:polite") as raised:
        await verl.compute_score("mine", SAID, "", ROW, **failing)
    assert SAID not in str(raised.value)


def test_verl_may_call_it_without_a_loop(given: dict[str, Any]) -> None:
    assert (
        verl.compute_score_sync("mine", "goodbye to all of you", "", ROW, **given)["score"] == 0.75
    )


def test_openrlhf_gets_a_function_of_its_own(given: dict[str, Any]) -> None:
    function = openrlhf.reward_function(**given)
    assert function(["Greet me." + SAID], ["Greet me."], [""])["rewards"] == [1.0]


async def test_verifiers_gets_a_class_of_its_judges(given: dict[str, Any]) -> None:
    kind: Any = verifiers.judge_class(object, **given)
    nodes = [SimpleNamespace(message={"role": "assistant", "content": SAID}, sampled=True)]
    metrics: dict[str, float] = {}
    trace = SimpleNamespace(
        branches=[SimpleNamespace(nodes=nodes)], record_metric=metrics.__setitem__
    )
    assert await kind().score(SimpleNamespace(prompt="Greet me."), trace) == 1.0
    assert metrics["criterion_polite"] == 1.0


async def test_nemo_gym_masks_what_has_no_reward(
    given: dict[str, Any], failing: dict[str, Any]
) -> None:
    said = {"type": "message", "role": "assistant", "content": [{"text": SAID}]}
    body = {"responses_create_params": {"input": "Greet me."}, "response": {"output": [said]}}
    made = await nemo_gym.verify(body, **given)
    assert (made["reward"], made["mask_sample"]) == (1.0, False)
    made = await nemo_gym.verify(body, **failing)
    assert (made["reward"], made["mask_sample"], made["failure_kind"]) == (
        0.0,
        True,
        "judge_failed",
    )


def test_openenv_gets_one_of_its_rubrics(given: dict[str, Any]) -> None:
    class Rubric:
        """As far as OpenEnv's own is needed."""

    made: Any = openenv.graded(Rubric, sync=True, **given)
    assert issubclass(type(made), Rubric)
    action = SimpleNamespace(message=SAID, metadata={})
    assert made.forward(action, SimpleNamespace(prompt="Greet me.", metadata={})) == 1.0


async def test_art_gets_its_group_back(given: dict[str, Any]) -> None:
    turns = [{"role": "user", "content": "Greet me."}, {"role": "assistant", "content": SAID}]
    one = SimpleNamespace(messages_and_choices=turns, reward=0.0, metrics={}, metadata={})
    made = await art.score_group(SimpleNamespace(trajectories=[one]), **given)
    assert made is not None
    assert [each.reward for each in made.trajectories] == [1.0]


async def test_open_instruct_gets_a_verifier_that_registers_itself(given: dict[str, Any]) -> None:
    """As its `build_all_verifiers` makes them: every subclass, by a config alone."""

    class VerifierFunction:
        def __init__(self, name: str, weight: float = 1.0, verifier_config: Any = None) -> None:
            self.name, self.weight = name, weight

    kind: Any = open_instruct.verifier_class(VerifierFunction, SimpleNamespace, **given)
    assert VerifierFunction.__subclasses__() == [kind]
    verifier = kind(None)
    assert (verifier.name, verifier.weight) == ("rubric", 1.0)
    row = {"tokenized_prediction": [1], "prediction": SAID, "label": "", "query": "Greet me."}
    assert (await verifier.async_call(**row)).score == 1.0
    assert verifier(**row).score == 1.0
