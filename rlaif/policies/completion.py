"""What a policy wrote, as the completion of a sample."""

from __future__ import annotations

from typing import NamedTuple

from rlaif.ports import Generated


class Completion(NamedTuple):
    """One completion."""

    text: str
    """All that the policy wrote, as it wrote it; its reasoning between `<think>` and `</think>`."""
    finish_reason: str
    """`length` where `max_tokens` cut it, else `stop`."""
    tokens: int


def completion_of(generated: Generated, opened: str = "") -> Completion:
    """Args: `opened`, what the prompt's end has begun of the completion, such as `<think>`.

    A thought that was cut has no end: its tag stays open, as graders expect it.
    """
    text = opened + generated.text
    if generated.thought:
        ended = bool(generated.text) or not generated.cut
        text = f"<think>\n{generated.thought}" + (f"\n</think>\n\n{text}" if ended else "")
    return Completion(text, "length" if generated.cut else "stop", generated.tokens)
