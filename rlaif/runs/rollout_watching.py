"""What a rollout tells whoever watches it."""

from __future__ import annotations

from typing import Protocol


class RolloutWatcher(Protocol):
    """Whoever wants to know how it goes."""

    def note(self, text: str) -> None:
        """One line for a person."""

    def begin(self, completions: int, done: int) -> None:
        """Writing starts: how many are wanted, how many are there from before."""

    def wrote(self, tokens: int) -> None:
        """One more completion, of so many tokens."""

    def failed(self) -> None:
        """One more could not be had."""


class Nobody:
    """Watches nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def begin(self, completions: int, done: int) -> None:
        """Nothing."""

    def wrote(self, tokens: int) -> None:
        """Nothing."""

    def failed(self) -> None:
        """Nothing."""
