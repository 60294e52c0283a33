"""The server's ways in OpenAPI, with an example of each; written by hand, as bodies are read so."""

from __future__ import annotations

from typing import Any

Described = dict[str, Any]

DESCRIBED = {
    "/rewards": "Rewards of completions, in the plain form.",
    "/openrlhf": "Rewards in the form of OpenRLHF's remote reward model (also POST / and "
    "/get_reward).",
    "/verify": "The reward of one response, in the form of NeMo-Gym's resource servers.",
    "/rubric": "What is graded by.",
    "/health": "Whether the process is alive.",
    "/ready": "Whether the judge is loaded and answers; 503 until then.",
    "/metrics": "Counts in Prometheus' text form.",
    "/openapi.json": "This description.",
    "/docs": "This description, to read.",
}
"""Every way, with a line about it."""

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_NUMBER_OR_NULL = {"type": ["number", "null"]}
_OBJECT = {"type": "object", "additionalProperties": True}


def _list(of: Described) -> Described:
    return {"type": "array", "items": of}


def _object(required: str = "", /, **properties: Described) -> Described:
    return {"type": "object", "required": required.split(), "properties": properties}


_CHAT = {
    "description": "Text, or a chat's messages {role, content}.",
    "oneOf": [_TEXT, _list(_object("role", role=_TEXT, content=_TEXT))],
}
_ITEM = {
    **_object(
        "prompt completion",
        prompt=_CHAT,
        completion=_CHAT,
        reference=_TEXT,
        criteria={"description": "Criteria of this item alone: a list, or its JSON text."},
        metadata=_OBJECT,
        group={"description": "Completions of one group answer the same prompt.", **_TEXT},
        baseline={"description": "A completion of the same prompt to compare with.", **_TEXT},
        tokens={"description": "Length of the completion in tokens.", "type": "integer"},
        finish_reason=_TEXT,
    ),
    "additionalProperties": {"description": "Goes to the item's metadata."},
}
_FOUND = _object(
    "value score reason values messages",
    value=_NUMBER_OR_NULL,
    score=_NUMBER_OR_NULL,
    reason=_TEXT,
    values={"type": "object", "additionalProperties": _NUMBER_OR_NULL},
    messages=_list(_TEXT),
)
_TAKES: dict[str, Described] = {
    "/rewards": _object("items", items=_list(_ITEM)),
    "/openrlhf": _object(
        "query prompts",
        query=_list(_TEXT),
        prompts=_list(_TEXT),
        labels=_list({"type": ["string", "object", "null"]}),
    ),
    "/verify": {
        **_object("responses_create_params response", responses_create_params=_OBJECT),
        "additionalProperties": True,
    },
}
_GIVES: dict[str, Described] = {
    "/rewards": _object(
        "rewards items rubric judge",
        rewards=_list(_NUMBER_OR_NULL),
        items=_list(_FOUND),
        rubric=_TEXT,
        judge=_TEXT,
    ),
    "/openrlhf": _object(
        "rewards scores extra_logs",
        rewards=_list(_NUMBER),
        scores=_list(_NUMBER),
        extra_logs={"type": "object", "additionalProperties": _list(_NUMBER)},
    ),
    "/verify": {
        **_object(
            "reward mask_sample",
            reward=_NUMBER,
            mask_sample={"type": "boolean"},
            failure_kind={"type": ["string", "null"]},
            failure_reason={"type": ["string", "null"]},
        ),
        "additionalProperties": True,
    },
}
EXAMPLES: dict[str, Described] = {
    "/rewards": {"items": [{"prompt": "What is 2 + 2?", "completion": "It is 4."}]},
    "/openrlhf": {
        "query": ["What is 2 + 2? It is 4."],
        "prompts": ["What is 2 + 2?"],
        "labels": [None],
    },
    "/verify": {
        "responses_create_params": {"input": [{"role": "user", "content": "What is 2 + 2?"}]},
        "response": {
            "output": [
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "It is 4."}],
                }
            ]
        },
    },
}
"""A request of each form that is graded as it stands."""
_REFUSED = {
    "400": "The body is not JSON.",
    "401": "The token is missing or wrong.",
    "413": "The body is too large, or has too many items.",
    "422": "The body does not say what is to be graded; `where` leads to what is wrong.",
    "429": "Too much is waiting; `Retry-After` says when to come again.",
    "503": "The judge is being loaded or is gone, or the server is stopping.",
}
_ERROR = _object("error", error=_object("message where", message=_TEXT, where=_TEXT, hint=_TEXT))


def described(version: str) -> Described:
    """The whole as an OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "rlaif reward server", "version": version},
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"token": []}],
        "paths": {path: _way(path, line) for path, line in DESCRIBED.items()},
    }


def _way(path: str, line: str) -> Described:
    if path not in _TAKES:
        return {"get": {"summary": line, "responses": {"200": {"description": line}}}}
    body = {"application/json": {"schema": _TAKES[path], "example": EXAMPLES[path]}}
    told = {status: _answer(why, _ERROR) for status, why in _REFUSED.items()}
    return {
        "post": {
            "summary": line,
            "requestBody": {"required": True, "content": body},
            "responses": {"200": _answer("The rewards.", _GIVES[path]), **told},
        }
    }


def _answer(line: str, schema: Described) -> Described:
    return {"description": line, "content": {"application/json": {"schema": schema}}}
