"""Placeholder until the proxies are there."""

from __future__ import annotations

from rlaif.checks.sandbox.inside.channel import Channel


def main(channel: Channel, link: Channel) -> None:
    """Not there yet."""
    raise NotImplementedError
