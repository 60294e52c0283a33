"""A policy file, a shipped model's name or `BACKEND:MODEL` -> the policy, or all that is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from rlaif.authoring.config_file import read_config
from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.named_judge import named_judge
from rlaif.authoring.shipped import find, shipped_judges
from rlaif.errors import InputError
from rlaif.records.backends import backend_name
from rlaif.records.judge import Judge
from rlaif.records.policy import POLICIES, AnyPolicy, PolicyBase, PolicySpec

_SPEC: TypeAdapter[AnyPolicy] = TypeAdapter(PolicySpec)
_PARTS: dict[str, type[BaseModel]] = {
    "": PolicyBase,
    **{f"<{name}>": model for name, model in POLICIES.items()},
}
_OF_MODEL = {
    *("model", "revision", "package", "gguf_file", "dtype", "device", "adapter", "quantization"),
    *("tensor_parallel", "base_url", "api_key_env", "options"),
}
"""What a judge file says of its model alone."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy, and where relative paths in its file start."""

    spec: AnyPolicy
    folder: Path


def load_policy(name_or_path: str | Path) -> PolicyFile:
    """The policy of a file, of `BACKEND:MODEL`, or of the model of a judge that ships.

    Raises: UnknownName; FileProblems with every problem of the file; InputError for a backend and
    model that cannot be, or a judge without a model of its own.
    """
    if isinstance(name_or_path, str) and (named := _named(name_or_path)):
        return named
    shipped = shipped_judges()
    path = find("policy", name_or_path, shipped)
    if path in shipped.values():
        return _of_judge(load_judge(path))
    return PolicyFile(read_policy(path), path.resolve().parent)


def read_policy(path: str | Path, text: str | None = None) -> AnyPolicy:
    """The policy that a file states, or `text` as its content.

    Raises: FileProblems with every problem of the file.
    """
    return read_config(path, _SPEC, _PARTS, text)


def _named(text: str) -> PolicyFile | None:
    """Of `BACKEND:MODEL`, as judges are named; None for a text of another form."""
    try:
        judge = named_judge(text)
    except InputError as error:
        raise InputError(str(error).replace("the judge ", "the policy ", 1)) from None
    return _of_judge(judge) if judge else None


def _of_judge(judge: Judge) -> PolicyFile:
    """The judge's model, sampled as a policy is."""
    if judge.members:
        raise InputError(f"the judge '{judge.name}' has no model of its own that could write")
    backend = backend_name(judge.own)
    stated = judge.own.model_dump(include=_OF_MODEL & POLICIES[backend].model_fields.keys())
    spec = POLICIES[backend].model_validate(
        {**stated, "backend": backend, "policy": judge.spec.judge}
    )
    return PolicyFile(_SPEC.validate_python(spec), judge.folder or Path.cwd())
