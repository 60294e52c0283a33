"""Which variables of the coordinator's environment its replicas get."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from rlaif.records.backends import OpenaiJudge
from rlaif.records.judge import Judge

_PLACES = ("RLAIF_CACHE", "RLAIF_VERDICT_CACHE")
_OPENAI = ("api.openai.com", "OPENAI_API_KEY")


def keys_for(judge: Judge, environment: Mapping[str, str]) -> dict[str, str]:
    """The keys that the judge, or its members, name, and where rlaif keeps its caches.

    They are sent in a call, which Ray neither keeps nor logs, and not as `runtime_env`, which its
    dashboard shows.
    """
    names = set(_PLACES)
    for seat in judge.seats:
        if isinstance(seat.spec, OpenaiJudge):
            names.add(seat.spec.api_key_env)
            if any(urlsplit(url).hostname == _OPENAI[0] for url in seat.spec.base_url):
                names.add(_OPENAI[1])
    return {name: environment[name] for name in sorted(names) if name in environment}
