"""Why a loop stopped, in words for people."""

from __future__ import annotations

from rlaif.records.loop_figures import Measured, RoundFigures, Stop
from rlaif.reporting.text import in_a_line

TITLES = {
    "held-out-fell": "The held-out score fell",
    "panel-departed": "Reward hacking: the panel departed from the training judge",
    "panel-did-not-follow": "Reward hacking: nobody follows the training judge",
    "nothing-to-learn": "Nothing to learn",
}
"""What each stop is called."""


def told_of(stop: Stop, now: RoundFigures | None, then: RoundFigures) -> str:
    """Why the loop ended, what to look at, and which model to take.

    Args: `now`, the round that showed it, None where that was never measured; `then`, the round
    that it was held against.
    """
    if stop.name == "nothing-to-learn" or now is None:
        return (
            f"Nothing to learn in round {stop.round}: the completions of its policy gave not one "
            "row of training data. Often they all score alike. The model of round "
            f"{stop.against} is the last one."
        )
    if stop.name == "held-out-fell":
        return (
            f"In round {stop.round} the score on held-out prompts fell to {_mean(now.training)}, "
            f"from {_mean(then.training)} in round {stop.against}, beyond its interval. "
            f"Take the model of round {stop.against}."
        )
    parts = [
        f"Reward hacking in round {stop.round}: since round {stop.against} the training score "
        f"rose from {_mean(then.training)} to {_mean(now.training)},",
        _who(stop, now, then),
        _criterion(stop, now, then),
        f"Read the completions that are shown before you train on; the model of round "
        f"{stop.against} is the last one to be trusted.",
    ]
    return " ".join(part for part in parts if part)


def _who(stop: Stop, now: RoundFigures, then: RoundFigures) -> str:
    if stop.name == "panel-departed":
        earlier = {one.name: one for one in then.panel}
        said = [
            f"'{one.name}' fell from {_mean(earlier[one.name])} to {_mean(one)}"
            for one in now.panel
            if one.name in stop.members and one.name in earlier
        ]
        also = f" ({'; '.join(stop.statistics)})" if stop.statistics else ""
        return f"while of the panel {' and '.join(said)}{also}."
    nobody = (
        "while no member of the panel that could rise followed, and" if stop.members else "while"
    )
    return f"{nobody} the texts left their band ({'; '.join(stop.statistics)})."


def _criterion(stop: Stop, now: RoundFigures, then: RoundFigures) -> str:
    if stop.criterion not in now.training.criteria or stop.criterion not in then.training.criteria:
        return ""
    before, after = then.training.criteria[stop.criterion], now.training.criteria[stop.criterion]
    name = in_a_line(stop.criterion)
    return f"The criterion that added the most is '{name}', {before:.2f} -> {after:.2f}."


def _mean(measured: Measured) -> str:
    mean = measured.mean
    return "none" if mean is None else f"{mean:.3f}"
