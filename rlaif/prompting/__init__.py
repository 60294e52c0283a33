"""Prompts: the template's small language, tokens with fences and spans."""
