"""What trainers send and get, in each of the three forms."""

from __future__ import annotations

from typing import Any

import pytest

from rlaif.training.adapters.query import completion_of, without_end
from rlaif.web.described import EXAMPLES

ITEM = {"prompt": "Greet her.", "completion": "hello"}


def verified(*output: Any, **more: Any) -> dict[str, Any]:
    response = {"output": list(output), **more.pop("response", {})}
    return {"responses_create_params": {"input": "Greet her."}, "response": response, **more}


def said(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "role": "assistant", "id": "m1", "content": content}


async def test_the_plain_form_gives_one_reward_an_item_and_what_it_is_made_of(serve: Any) -> None:
    server = serve()
    reply = await server.post("/rewards", {"items": [ITEM, {**ITEM, "completion": "fail"}]})
    assert reply.status_code == 200
    assert reply.json() == {
        "rewards": [0.05, None],
        "items": [
            {"value": 0.05, "score": 0.025, "reason": "", "values": {"kind": 0.25}, "messages": []},
            {
                "value": None,
                "score": None,
                "reason": "failed:kind",
                "values": {"kind": None},
                "messages": ["kind: backend: the server hangs"],
            },
        ],
        "rubric": "greeting@1.0.0",
        "judge": "fake@1.0.0",
    }


async def test_every_field_of_an_item_reaches_the_grading(serve: Any) -> None:
    server = serve()
    item = {
        "prompt": [{"role": "user", "content": "Greet her."}],
        "completion": [{"role": "assistant", "content": "hello"}],
        "reference": "Hello!",
        "criteria": '[{"id": "own", "ask": "Is it a greeting?"}]',
        "metadata": {"topic": "hello"},
        "group": 7,
        "baseline": "hi",
        "tokens": 3,
        "finish_reason": "length",
        "level": 2,
        "policy": None,
    }
    assert (await server.post("/rewards", {"items": [item]})).status_code == 200
    (one,) = server.grading.seen
    assert (one.group, one.tokens, one.baseline) == ("7", 3, "hi")
    assert one.sample.reference == "Hello!"
    assert one.sample.finish_reason == "length"
    assert one.sample.metadata == {"topic": "hello", "level": 2}
    assert [c.as_written()["id"] for c in one.sample.criteria] == ["own"]


async def test_all_that_is_wrong_is_told_at_once_and_where(serve: Any) -> None:
    items = [{"prompt": "x"}, 3, {**ITEM, "tokens": -1}, {**ITEM, "criteria": "["}]
    reply = await serve().post("/rewards", {"items": items})
    assert reply.status_code == 422
    error = reply.json()["error"]
    assert [one["where"] for one in error["problems"]] == [
        "items[0].completion",
        "items[1]",
        "items[2].tokens",
        "items[3].criteria",
    ]
    assert error["where"] == "items[0].completion"
    assert error["message"] == "'completion' is missing"


async def test_an_empty_batch_has_no_rewards(serve: Any) -> None:
    assert (await serve().post("/rewards", {"items": []})).json()["rewards"] == []


@pytest.mark.parametrize("path", ["/openrlhf", "/", "/get_reward"])
async def test_openrlhf_gets_lists_of_numbers(serve: Any, path: str) -> None:
    server = serve(end_tokens=("<|im_end|>",))
    data = {
        "query": ["Q: 1 + 1?\nA: two<|im_end|>\n"],
        "prompts": ["Q: 1 + 1?\nA: "],
        "labels": ["2"],
    }
    reply = await server.post(path, data)
    assert reply.json() == {
        "rewards": [0.03],
        "scores": [0.015],
        "extra_logs": {"answered": [1.0], "criterion_kind": [0.25]},
    }
    sample = server.grading.seen[0].sample
    assert (sample.prompt, sample.completion, sample.reference) == ("Q: 1 + 1?\nA: ", "two", "2")


async def test_openrlhf_is_refused_and_asks_again_where_a_reward_is_not_there(serve: Any) -> None:
    data = {"query": ["a hello", "a fail"], "prompts": ["a ", "a "], "labels": ["", ""]}
    reply = await serve().post("/openrlhf", data)
    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "1"
    assert reply.json()["error"]["where"] == "query[1]"
    assert reply.json()["error"]["message"] == "1 of 2 have no reward: failed:kind"


async def test_a_stand_in_is_given_only_by_name_and_is_counted_and_told(serve: Any) -> None:
    server = serve(on_failure=-0.5)
    data = {"query": ["a hello", "a fail"], "prompts": ["a ", "a "], "labels": [None, None]}
    reply = (await server.post("/openrlhf", data)).json()
    assert reply["rewards"] == [0.05, -0.5]
    assert server.made.desk.counts.stand_ins == 1
    assert "openrlhf: 1 got the stand-in -0.5 as reward" in server.notes


async def test_openrlhfs_logs_have_the_same_keys_for_every_row(serve: Any) -> None:
    server = serve(on_failure=0.0)
    logs = [
        (await server.post("/openrlhf", {"query": [q], "prompts": [""]})).json()["extra_logs"]
        for q in ("hello", "fail", "late")
    ]
    assert [one.keys() for one in logs] == [{"answered", "criterion_kind"}] * 3
    assert [one["answered"] for one in logs] == [[1.0], [0.0], [0.0]]


async def test_a_label_can_be_json_with_criteria(serve: Any) -> None:
    server = serve(labels="json")
    label = '{"reference": "2", "criteria": [{"id": "own", "ask": "Is it two?"}]}'
    data = {"query": ["a two"], "prompts": ["a "], "labels": [label]}
    assert (await server.post("/openrlhf", data)).status_code == 200
    assert server.grading.seen[0].sample.reference == "2"
    assert len(server.grading.seen[0].sample.criteria) == 1
    wrong = {"query": ["a two"] * 2, "prompts": ["a "] * 2, "labels": ["2 +", '{"refrence": 1}']}
    problems = (await server.post("/openrlhf", wrong)).json()["error"]["problems"]
    assert [one["where"] for one in problems] == ["labels[0]", "labels[1]"]


async def test_a_fault_of_a_label_is_told_at_the_label(serve: Any) -> None:
    data = {"query": ["a two"], "prompts": ["a "], "labels": [["2"]]}
    assert (await serve().post("/openrlhf", data)).json()["error"]["where"] == "labels[0]"


async def test_a_label_that_is_a_number_is_a_reference(serve: Any) -> None:
    server = serve()
    data = {"query": ["a two"] * 2, "prompts": ["a "] * 2, "labels": [42, 0.5]}
    assert (await server.post("/openrlhf", data)).status_code == 200
    assert [one.sample.reference for one in server.grading.seen] == ["42", "0.5"]


@pytest.mark.parametrize("labels", [5, "x", {"0": "x"}, 0, ""])
async def test_labels_are_a_list(serve: Any, labels: Any) -> None:
    data = {"query": ["a"], "prompts": ["a"], "labels": labels}
    error = (await serve().post("/openrlhf", data)).json()["error"]
    assert error == {"message": "'labels' is a list", "where": "labels"}


@pytest.mark.parametrize("labels", [None, []])
async def test_labels_may_be_absent(serve: Any, labels: Any) -> None:
    data = {"query": ["a"], "prompts": ["a"], "labels": labels}
    assert (await serve().post("/openrlhf", data)).status_code == 200


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/rewards", "items[0].tokens"),
        ("/openrlhf", "query[0]"),
        ("/verify", "response.usage"),
    ],
)
async def test_a_length_that_the_shaping_needs_and_nobody_says_is_told_at_its_place(
    serve: Any, path: str, where: str
) -> None:
    server = serve(needs_tokens=True)
    reply = await server.post(path, EXAMPLES[path])
    assert (reply.status_code, reply.json()["error"]["where"]) == (422, where)
    assert "unit: words" in reply.json()["error"]["hint"]
    assert server.grading.seen == []


async def test_a_length_that_is_said_is_taken(serve: Any) -> None:
    server = serve(needs_tokens=True)
    assert (await server.post("/rewards", {"items": [{**ITEM, "tokens": 0}]})).status_code == 200
    usage = verified(said("hello"), response={"usage": {"output_tokens": 9}})
    assert (await server.post("/verify", usage)).status_code == 200


@pytest.mark.parametrize(
    ("query", "prompt", "completion"),
    [
        ("a b", "a ", "b"),
        ("a", "a", ""),
        (" <s>Q: x\nA: y", "<s> Q: x\nA:", " y"),  # white space that the tokenizer changed
        ("of it:" + "p" * 40 + "end", "The beginning of it:" + "p" * 40, "end"),  # cut in front
        ("a b", "c", None),
        ("", "a", None),
        ("p" * 40 + "end", "x" * 40, None),
    ],
)
def test_the_completion_is_what_stands_behind_the_prompt(
    query: str, prompt: str, completion: str | None
) -> None:
    assert completion_of(query, prompt) == completion


def test_a_completion_cannot_move_where_a_cut_prompt_ends() -> None:
    prompt = "Count to three, please. One number a line, and no more.\nA: "
    cut = prompt[10:]
    assert completion_of(cut + "1" + prompt[-40:] + "2", prompt) == "1" + prompt[-40:] + "2"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("two<e>", "two"),
        ("two<e>\n<f>\n", "two"),
        ("two\n", "two\n"),
        ("<e>two", "<e>two"),
        ("<e>" * 50_000, ""),  # as fast as it is long
    ],
)
def test_end_tokens_are_taken_off_the_end_alone(text: str, left: str) -> None:
    assert without_end(text, ("<e>", "<f>", "")) == left


async def test_openrlhfs_lists_are_of_one_length(serve: Any) -> None:
    reply = await serve().post("/openrlhf", {"query": ["a"], "prompts": []})
    assert reply.status_code == 422
    assert (await serve().post("/openrlhf", {"query": ["a"]})).json()["error"] == {
        "message": "'prompts' is missing",
        "where": "",
        "hint": "the body has: query",
    }


async def test_verify_gives_the_request_back_with_its_reward(serve: Any) -> None:
    server = serve()
    asked = verified(said("hello"), uuid="u1", reference="Hello!")
    reply = (await server.post("/verify", asked)).json()
    assert {key: reply[key] for key in asked} == asked
    assert (reply["reward"], reply["mask_sample"], reply["failure_kind"]) == (0.05, False, None)
    sample = server.grading.seen[0].sample
    assert (sample.prompt, sample.completion, sample.reference) == ("Greet her.", "hello", "Hello!")


@pytest.mark.parametrize(
    ("completion", "kind", "reason"),
    [
        ("fail", "judge_failed", "kind: backend: the server hangs"),
        ("late", "rlaif:deadline", "deadline"),
    ],
)
async def test_verify_masks_a_row_without_a_grade(
    serve: Any, completion: str, kind: str, reason: str
) -> None:
    reply = (await serve().post("/verify", verified(said(completion)))).json()
    assert (reply["reward"], reply["mask_sample"]) == (0.0, True)
    assert (reply["failure_kind"], reply["failure_reason"]) == (kind, reason)


async def test_verify_takes_tools_and_thoughts_along(serve: Any) -> None:
    server = serve(reference_field="expected_answer")
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "I look it up."}]},
        {"type": "function_call", "name": "find", "arguments": '{"q": 1}', "call_id": "c"},
        {"type": "function_call_output", "call_id": "c", "output": "found"},
        {"type": "web_search_call", "id": "w", "status": "completed", "action": {"q": "x"}},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]},
    ]
    asked = verified(*output, expected_answer="Yes")
    asked["responses_create_params"] = {
        "instructions": "Be short.",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Find it."}]}],
    }
    assert (await server.post("/verify", asked)).status_code == 200
    sample = server.grading.seen[0].sample
    assert sample.reference == "Yes"
    assert [(m.role, m.content) for m in sample.prompt] == [
        ("system", "Be short."),
        ("user", "Find it."),
    ]
    assert [(m.role, m.content) for m in sample.completion] == [
        ("assistant", ""),
        ("tool", "found"),
        ("assistant", ""),
        ("assistant", "No"),
    ]
    first, _, search, _ = sample.completion
    assert first.reasoning == "I look it up."
    assert (first.tool_calls[0].name, first.tool_calls[0].arguments) == ("find", '{"q": 1}')
    assert (search.tool_calls[0].name, search.tool_calls[0].arguments) == (
        "web_search_call",
        '{"action":{"q":"x"}}',
    )


async def test_a_response_that_says_nothing_is_an_empty_completion(serve: Any) -> None:
    server = serve()
    cut = {"incomplete_details": {"reason": "max_output_tokens"}, "usage": {"output_tokens": 9}}
    assert (await server.post("/verify", verified(response=cut))).status_code == 200
    (one,) = server.grading.seen
    assert (one.sample.completion, one.sample.finish_reason, one.tokens) == ("", "length", 9)


async def test_what_verify_does_not_know_is_told_with_its_place(serve: Any) -> None:
    server = serve()
    reply = await server.post("/verify", verified(said("hello"), {"type": "hologram"}))
    assert reply.json()["error"]["where"] == "response.output[1].type"
    reply = await server.post("/verify", {"response": {"output": []}})
    assert reply.json()["error"]["where"] == "responses_create_params"
    image = {"type": "message", "role": "user", "content": [{"type": "input_image"}]}
    asked = verified(said("hello"))
    asked["responses_create_params"]["input"] = [image]
    error = (await server.post("/verify", asked)).json()["error"]
    assert error["where"].startswith("responses_create_params.input")
    assert "text only" in error["message"]


@pytest.mark.parametrize("path", EXAMPLES)
async def test_every_example_of_the_description_is_graded(serve: Any, path: str) -> None:
    assert (await serve().post(path, EXAMPLES[path])).status_code == 200
