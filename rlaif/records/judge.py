"""A judge: which model answers, how it is asked, and how its verdict is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag

from rlaif.records.backends import (
    BACKENDS,
    OpenaiJudge,
    ScriptedJudge,
    TransformersJudge,
    VllmJudge,
)
from rlaif.records.base import fault, nearest
from rlaif.records.identity import canonical, digest
from rlaif.records.judge_base import JudgeBase, JudgeNamed
from rlaif.records.panel import CascadeJudge, JuryJudge
from rlaif.records.vllm_options import changing_answers

READING = 1
"""Version of the code that turns a model's output into a verdict; part of every fingerprint."""

PANELS: dict[str, type[JudgeNamed]] = {"jury": JuryJudge, "cascade": CascadeJudge}
"""The files that name other judges, by the key that does."""


def _tag(value: Any) -> str:
    for panel, kind in PANELS.items():
        if isinstance(value, kind) or (isinstance(value, dict) and panel in value):
            return f"<{panel}>"
    name = value.get("backend") if isinstance(value, dict) else getattr(value, "backend", None)
    return f"<{name}>"


def _known(value: Any) -> Any:
    if _tag(value)[1:-1] in PANELS:
        return value
    name = value.get("backend") if isinstance(value, dict) else getattr(value, "backend", None)
    if name is None:
        hint = (
            f"one of: {', '.join(BACKENDS)}; a file that names other judges has 'jury' or 'cascade'"
        )
        raise fault("'backend' is missing", hint)
    if not isinstance(name, str) or not name.strip():
        raise fault("'backend' is one word", f"one of: {', '.join(BACKENDS)}", at=("backend",))
    if name not in BACKENDS:
        raise fault(f"unknown backend '{name}'", nearest(name[:100], BACKENDS), at=("backend",))
    return value


AnyJudge = TransformersJudge | VllmJudge | OpenaiJudge | ScriptedJudge | JuryJudge | CascadeJudge
JudgeSpec = Annotated[
    Annotated[TransformersJudge, Tag("<transformers>")]
    | Annotated[VllmJudge, Tag("<vllm>")]
    | Annotated[OpenaiJudge, Tag("<openai>")]
    | Annotated[ScriptedJudge, Tag("<scripted>")]
    | Annotated[JuryJudge, Tag("<jury>")]
    | Annotated[CascadeJudge, Tag("<cascade>")],
    Discriminator(_tag),
    BeforeValidator(_known),
]
"""A judge file."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge file with the text of its template: all that is needed to ask."""

    spec: JudgeNamed
    template: str
    """Empty for a judge that names others."""
    folder: Path | None = None
    """Where relative paths in the file start; None for a judge made in Python."""
    translations: tuple[tuple[str, str], ...] = ()
    """The template in other languages: BCP 47 tag in small letters, and text."""
    members: tuple[Judge, ...] = ()
    """The judges of a jury, or of a cascade in its order."""

    @property
    def name(self) -> str:
        """`judge@version`."""
        return f"{self.spec.judge}@{self.spec.version}"

    @property
    def own(self) -> JudgeBase:
        """The keys of a judge that has a model. Raises: TypeError for one that names others."""
        if not isinstance(self.spec, JudgeBase):
            raise TypeError(f"the judge '{self.name}' has no model of its own")
        return self.spec

    @property
    def seats(self) -> tuple[Judge, ...]:
        """The judges that have a model: itself, or its members."""
        return self.members or (self,)

    def speaking(self, language: str) -> Judge:
        """The judge with its template in `language`, a BCP 47 tag; its own where there is none.

        A tag with a region (`de-AT`) is content with the language alone.
        """
        texts = dict(self.translations)
        own = (texts[tag] for tag in _wider(language) if tag in texts)
        members = tuple(member.speaking(language) for member in self.members)
        template = next(own, self.template)
        return replace(self, template=template, translations=(), members=members)

    def speaks(self, language: str) -> bool:
        """Whether there is a template in `language`; the plain one is taken to be English."""
        if self.members:
            return all(member.speaks(language) for member in self.members)
        tags = {"en", *(tag for tag, _ in self.translations)}
        return any(tag in tags for tag in _wider(language))

    @property
    def content_hash(self) -> str:
        """32 hex digits over the file's meaning and the template; see `speaking`."""
        kept = _alike(self.spec).as_written(exclude=_NO_MATTER)
        members = [member.uncalibrated.content_hash for member in self.members]
        return digest(canonical(kept), self.template, *members)

    @property
    def uncalibrated(self) -> Judge:
        """The same judge, whose probabilities are read as it states them."""
        if self.spec.calibration is None:
            return self
        return replace(self, spec=self.spec.model_copy(update={"calibration": None}))

    @property
    def asked_hash(self) -> str:
        """32 hex digits over what determines its verdicts: not its name, version or calibration.

        Of a judge that `speaks`: the text of its template is in it.
        """
        kept = _alike(self.spec).as_written(exclude=_NO_VERDICT)
        members = [member.asked_hash for member in self.members]
        return digest(canonical(kept), self.template, *members)


def _wider(language: str) -> Iterator[str]:
    """`zh_Hant_TW` as zh-hant-tw, zh-hant, zh."""
    tag = language.lower().replace("_", "-")
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]


_NO_MATTER = {
    "about",
    "lint_off",
    "batch_tokens",
    "device",
    "latency_s",
    "base_url",
    "api_key_env",
    "retries",
    "deadline_s",
    "concurrency",
    "rate_limit",
    "max_outage_s",
    "engines",
    "memory_share",
    "kv_cache_gib",
    "price",
}
"""Where, how fast and for how much a judge is asked: it answers alike whatever they are."""

_NOT_ASKED = _NO_MATTER | {
    "judge",
    "version",
    "template",
    "min_label_mass",
    "pairwise",
    "calibration",
    "max_length",
    "max_completion",
    "votes",
    "most_votes",
    "tokenizer",
    "jury",
    "cascade",
}

_NO_VERDICT = _NOT_ASKED - {"votes", "most_votes"}
"""What changes no distribution of a verdict that is given."""


def ask_fingerprint(spec: JudgeNamed, served: str) -> str:
    """Hash of what determines a judge's answers, apart from the prompt.

    Args: the judge file, and `served`, the model as the backend found it (a commit, a checksum).
    """
    asked = _alike(spec).as_written(exclude=_NOT_ASKED)
    return digest(canonical(asked), served, str(READING))


def _alike(spec: JudgeNamed) -> JudgeNamed:
    """The judge file without those of vLLM's options that only matter for speed."""
    if not isinstance(spec, VllmJudge):
        return spec
    return spec.model_copy(update={"options": changing_answers(spec.options)})
