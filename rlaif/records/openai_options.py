"""The fields of a request's body that a judge file cannot set: answers rest on them.

A server takes many more, for speed and for sampling, and every server others; those go through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlaif.records.base import Fault, refuse

_KEYS = {
    "max_completion_tokens": "rationale_tokens",
    "max_tokens": "rationale_tokens",
    "model": "model",
    "temperature": "temperature",
}
"""Those that a judge file has a key of its own for."""
_OURS = {
    # who is asked what, and which form the answer has
    *("prompt", "messages", "prompt_embeds", "suffix", "stream", "stream_options", "n", "best_of"),
    *("echo", "use_beam_search", "response_format", "structured_outputs", "guided_json"),
    *("guided_regex", "guided_choice", "guided_grammar", "tools", "tool_choice", "functions"),
    *("function_call", "chat_template", "add_generation_prompt", "continue_final_message"),
    *("add_special_tokens", "documents"),
    # what is read of the answer
    *("logprobs", "top_logprobs", "prompt_logprobs", "logprob_token_ids"),
    *("return_tokens_as_token_ids", "return_token_ids", "skip_special_tokens"),
    # where the text ends; a prompt that the server cuts is another question
    *("stop", "stop_token_ids", "include_stop_str_in_output", "ignore_eos", "min_tokens"),
    "truncate_prompt_tokens",
    # what may be answered, and how alike two votes are
    *("logit_bias", "allowed_token_ids", "bad_words", "logits_processors", "seed"),
}
_THINKS = ("enable_thinking", "thinking")
"""Of `chat_template_kwargs`."""


def openai_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options as they are. Raises: PydanticCustomError naming each that cannot be set."""
    found = [Fault((name,), _told(name), hint) for name in options if (hint := _hint(name))]
    more = options.get("chat_template_kwargs", {})
    if not isinstance(more, Mapping):
        found.append(Fault(("chat_template_kwargs",), "this lists values by their names"))
    elif any(name in more for name in _THINKS):
        hint = "delete it here, and state 'thinking'"
        found.append(Fault(("chat_template_kwargs",), "the key 'thinking' says this", hint))
    refuse(found)
    return options


def _hint(name: str) -> str:
    if key := _KEYS.get(name):
        return f"delete it here, and state '{key}'"
    return "delete it: rlaif sets it itself, as answers rest on it" if name in _OURS else ""


def _told(name: str) -> str:
    return f"the option '{name}' cannot be set here"
