"""Small chat templates in the styles of reasoning models, and what ends the thinking in each."""

from __future__ import annotations

_CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
)
SWITCHED = (
    _CHATML + "{% if enable_thinking is defined and enable_thinking is false %}"
    "{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}"
)
"""Thinks unless told not to; opens the thinking itself when it answers."""
ALWAYS = _CHATML + "{{ '<think>\n' }}{% endif %}"
"""Its prompt ends inside the thinking, whatever it is told."""
CHANNELS = (
    "{{ '<|start|>system<|message|>Reasoning: ' + (reasoning_effort or 'medium') + '<|end|>' }}"
    "{% for m in messages %}{% if m.role == 'system' %}"
    "{{ '<|start|>developer<|message|># Instructions\n\n' + m.content + '<|end|>' }}{% else %}"
    "{{ '<|start|>' + m.role + '<|message|>' + m.content + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant' }}{% endif %}"
)
"""Thinks in one channel and answers in another."""
BRACKETS = (
    "{% if reasoning_effort is defined and reasoning_effort not in ['none', 'high'] %}"
    "{{ raise_exception('no such effort') }}{% endif %}"
    "{% for m in messages %}{% if m.role == 'system' %}"
    "{{ '[SYSTEM_PROMPT]' + m.content + '[/SYSTEM_PROMPT]' }}{% else %}"
    "{{ '[INST]' + m.content + '[/INST]' }}{% endif %}{% endfor %}"
)
"""Knows two efforts only, and has tags in brackets."""
PLAIN = _CHATML + "{% endif %}"
"""Has never heard of thinking."""

TEMPLATES = {
    "switched": SWITCHED,
    "always": ALWAYS,
    "channels": CHANNELS,
    "brackets": BRACKETS,
    "plain": PLAIN,
}
CLOSING = {
    "switched": "</think>\n\n",
    "always": "</think>\n\n",
    "channels": "<|end|><|start|>assistant<|channel|>final<|message|>",
    "brackets": "[/THINK]",
    "plain": "</think>\n\n",
}
TOKENS = {
    "switched": ("<think>", "</think>"),
    "always": ("<think>", "</think>"),
    "channels": ("<|start|>", "<|end|>", "<|message|>", "<|channel|>"),
    "brackets": ("[INST]", "[/INST]", "[THINK]", "[/THINK]"),
    "plain": (),
}
"""Control tokens of each style, besides those of ChatML."""
