"""What is doubtful in a judge file that is sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from rlaif.authoring.document import Document
from rlaif.authoring.nodes import Mapping, Path
from rlaif.authoring.places import find, key_place
from rlaif.authoring.rules.look import Finding
from rlaif.errors import Problem
from rlaif.records.backends import OpenaiJudge, ScriptedJudge
from rlaif.records.judge import PANELS, Judge
from rlaif.records.judge_base import JudgeBase
from rlaif.records.panel import CascadeJudge, JuryJudge

_LOOPBACK = ("localhost", "::1")
_WRITTEN = ("generated", "one_call")
"""Ways to read a verdict from what the model wrote: each answer is then sure of itself."""


class JudgeLook(NamedTuple):
    """A sound judge, and the file that it stands in."""

    document: Document
    root: Mapping
    judge: Judge

    def warn(self, code: str, way: Path, message: str, hint: str) -> Finding:
        """A warning at what `way` leads to; at its key where that is a list or a mapping."""
        place = find(self.root, way).position
        return Finding(Problem(self.document.path, *place, message, hint, "warning", code), way)

    def warn_key(self, code: str, way: Path, message: str, hint: str) -> Finding:
        """A warning at the key that `way` ends with."""
        place = key_place(self.root, way)
        return Finding(Problem(self.document.path, *place, message, hint, "warning", code), way)


def key_in_the_clear(look: JudgeLook) -> Iterator[Finding]:
    """A key that is sent to another machine without encryption."""
    spec = look.judge.spec
    if not isinstance(spec, OpenaiJudge) or "api_key_env" not in look.root.keys:
        return
    for place, url in enumerate(spec.base_url):
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "http" and host not in _LOOPBACK and not host.startswith("127."):
            message = f"the key is sent to {host} without encryption: anyone on the way can read it"
            hint = "https://, or a tunnel to 127.0.0.1"
            yield look.warn("key-in-the-clear", ("base_url", place), message, hint)


def text_only(look: JudgeLook) -> Iterator[Finding]:
    """A way of asking in which completions are text among control tokens."""
    spec = look.judge.spec
    if isinstance(spec, OpenaiJudge) and spec.api in ("chat", "json"):
        message = (
            "the prompt is sent as text: a completion can hold the model's control tokens and "
            "speak to it as somebody else"
        )
        hint = "api: auto, or completions where the server takes token ids (vllm serve does)"
        yield look.warn("text-only", ("api",), message, hint)


def no_label_mass(look: JudgeLook) -> Iterator[Finding]:
    """No least mass: what the model says where it does not answer at all is a verdict."""
    spec = look.judge.spec
    if isinstance(spec, JudgeBase) and spec.min_label_mass == 0:
        message = (
            "a model that does not answer at all gives a verdict too, from the noise in its labels"
        )
        yield look.warn("no-label-mass", ("min_label_mass",), message, "0.05, as if not given")


def one_draw(look: JudgeLook) -> Iterator[Finding]:
    """A verdict that is drawn once: another day it is another."""
    spec = look.judge.spec
    if not isinstance(spec, JudgeBase) or not spec.writes:
        return
    if spec.temperature and spec.votes == 1 and spec.most_votes is None:
        message = "each verdict is one draw: another seed gives another"
        hint = "votes: 3 or more, or temperature: 0"
        yield look.warn("one-draw", ("temperature",), message, hint)


def no_effect(look: JudgeLook) -> Iterator[Finding]:
    """A key that does nothing in this file."""
    spec = look.judge.spec
    if not isinstance(spec, JudgeBase):
        return
    needs = {
        "thinking_tokens": (spec.thinking, "thinking: true"),
        "thinking_ends": (spec.thinking, "thinking: true"),
        "rationale_tokens": (spec.verdict in _WRITTEN, "verdict: generated, or one_call"),
        "temperature": (spec.writes, "verdict: generated, or thinking: true"),
        "min_label_mass": (spec.verdict not in _WRITTEN, "verdict: label_probability"),
    }
    for key, (has_effect, needed) in needs.items():
        if key in look.root.keys and not has_effect:
            message = f"'{key}' does nothing here"
            yield look.warn_key("no-effect", (key,), message, f"it needs {needed}; else delete it")


def even_jury(look: JudgeLook) -> Iterator[Finding]:
    """A majority among an even number."""
    spec = look.judge.spec
    if isinstance(spec, JuryJudge) and spec.rule == "majority" and len(spec.jury) % 2 == 0:
        message = f"{len(spec.jury)} judges can split evenly, and then there is no majority"
        yield look.warn("even-jury", ("rule",), message, "one judge more, or rule: mean")


def same_model(look: JudgeLook) -> Iterator[Finding]:
    """A jury in which one model sits twice: its mistakes count twice."""
    spec = look.judge.spec
    if not isinstance(spec, JuryJudge):
        return
    sitting: Counter[str] = Counter()
    for place, member in enumerate(look.judge.members):
        model = member.own.model
        if sitting[model] and not isinstance(member.spec, ScriptedJudge):
            message = f"{model} sits on this jury already: its mistakes count twice"
            hint = "a model of another family"
            yield look.warn("same-model", ("jury", place), message, hint)
        sitting[model] += 1


def never_unsure(look: JudgeLook) -> Iterator[Finding]:
    """A cascade's judge that states no doubt, so that the next is never asked."""
    spec = look.judge.spec
    if not isinstance(spec, CascadeJudge):
        return
    for place, member in enumerate(look.judge.members[:-1]):
        if _always_sure(member.own):
            message = "this judge is never unsure, so the next is asked only where it fails"
            hint = "give it 'verdict: label_probability', or votes"
            yield look.warn("never-unsure", ("cascade", place), message, hint)


def not_calibrated(look: JudgeLook) -> Iterator[Finding]:
    """A calibration that is not used: of another judge, or of one that sits on a panel."""
    judge, maps = look.judge, look.judge.spec.calibration
    spoken = [judge, judge.speaking("en"), *(judge.speaking(tag) for tag, _ in judge.translations)]
    fitted = [maps.fitted, maps.pairs.fitted if maps.pairs else None] if maps else []
    hashes = {one.asked_hash for one in spoken}
    if any(one is not None and one.judge_hash not in hashes for one in fitted):
        message = "the judge was changed since it was calibrated: its calibration is not used"
        hint = "grade with it and `rlaif calibrate` it anew, or delete the key"
        yield look.warn_key("not-calibrated", ("calibration",), message, hint)
    for place, member in enumerate(judge.members):
        if member.spec.calibration is not None:
            way = (next(key for key in PANELS if key in look.root.keys), place)
            message = f"{member.name} is calibrated, which is not used where it sits with others"
            hint = "calibrate this file: what they say together is read by its own 'calibration'"
            yield look.warn("not-calibrated", way, message, hint)


def _always_sure(spec: JudgeBase) -> bool:
    one_vote = spec.votes == 1 and spec.most_votes is None
    by_text = isinstance(spec, OpenaiJudge) and spec.api == "json"
    return one_vote and (spec.verdict in _WRITTEN or by_text)


OF_JUDGES: dict[str, Callable[[JudgeLook], Iterator[Finding]]] = {
    "key-in-the-clear": key_in_the_clear,
    "text-only": text_only,
    "no-label-mass": no_label_mass,
    "one-draw": one_draw,
    "no-effect": no_effect,
    "even-jury": even_jury,
    "same-model": same_model,
    "never-unsure": never_unsure,
    "not-calibrated": not_calibrated,
}
"""The rules for judge files, by the code of what they say."""
