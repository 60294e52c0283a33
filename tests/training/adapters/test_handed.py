from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from rlaif.errors import InputError
from rlaif.records.sample import Sample
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.plain import labelled

CRITERION = {"id": "cites", "ask": "Does it cite a source?"}


class Array:
    """What numpy and torch have."""

    def __init__(self, held: list[Any]) -> None:
        self.held = held

    def tolist(self) -> list[Any]:
        return self.held


class Turn(BaseModel):
    role: str
    content: str
    name: str | None = None


def sample(**given: Any) -> Sample:
    row = {"prompt": "Why?", "completion": "Because.", "stated": {}, **given}
    return handed("verl", **row).sample


def test_a_conversation_stays_one() -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    made = sample(prompt=Array(turns))
    assert [(m.role, m.content) for m in made.prompt if not isinstance(m, str)] == [
        ("system", "Be brief."),
        ("user", "Why?"),
    ]


def test_messages_of_another_library_are_read() -> None:
    made = sample(prompt=[Turn(role="user", content="Why?")])
    assert not isinstance(made.prompt, str)
    assert made.prompt[0].content == "Why?"


@pytest.mark.parametrize(
    "stated",
    [
        [CRITERION],
        orjson.dumps([CRITERION]).decode(),
        Array([CRITERION]),
        [{**CRITERION, "guidance": None, "weight": None}],  # as Arrow fills it
    ],
)
def test_a_prompts_own_criteria_are_a_list_or_json_text(stated: Any) -> None:
    (criterion,) = sample(stated={"criteria": stated}).criteria
    assert criterion.as_written()["id"] == "cites"


@pytest.mark.parametrize("stated", ["[oops", "7", 7])
def test_criteria_that_are_none_are_refused(stated: Any) -> None:
    with pytest.raises(InputError, match="criteria: "):
        sample(stated={"criteria": stated})


def test_a_fault_in_a_criterion_has_its_place() -> None:
    with pytest.raises(InputError, match=r"criteria\[0\]"):
        sample(stated={"criteria": [{"id": "a", "ask": "Is it?", "wieght": 2}]})


def test_what_was_refused_is_nowhere_in_the_error() -> None:
    hidden = "the secret of the completion"
    with pytest.raises(InputError, match="completion: ") as raised:
        sample(completion=[{"role": hidden, "content": 3, hidden: hidden}])
    assert raised.value.__context__ is None
    assert hidden not in str(raised.value)


def test_a_reference_is_text_and_a_structure_json() -> None:
    assert sample(stated={"reference": "4"}).reference == "4"
    assert sample(stated={"reference": Array([1, 2])}).reference == "[1,2]"
    assert sample(stated={"reference": ""}).reference is None


def test_ids_differ_and_the_content_is_the_same() -> None:
    one, other = sample(), sample()
    assert one.sample_id != other.sample_id
    assert one.as_written(exclude={"sample_id"}) == other.as_written(exclude={"sample_id"})


def test_a_cut_completion_says_so() -> None:
    assert sample(cut=True).finish_reason == "length"


def test_group_and_baseline_come_from_the_row() -> None:
    made = handed("x", prompt="p", completion="c", stated={"group_id": 7, "baseline": "b"})
    assert (made.group, made.baseline) == ("7", "b")


@pytest.mark.parametrize(
    ("label", "stated"),
    [
        ("42", {"reference": "42"}),
        ("", {}),
        (None, {}),
        ('{"x": 1}', {"reference": '{"x": 1}'}),
        ("{not json", {"reference": "{not json"}),
        ('{"reference": "4", "criteria": []}', {"reference": "4", "criteria": []}),
        ({"prompt": "p"}, {"prompt": "p"}),
        (["a", "b"], {"reference": ["a", "b"]}),
    ],
)
def test_a_label_is_the_reference_unless_it_states_fields(label: Any, stated: Any) -> None:
    assert labelled(label) == stated
