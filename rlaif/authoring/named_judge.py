"""`BACKEND:MODEL` -> a judge with the defaults of that backend, without a file.

vllm:Qwen/Qwen3-8B        transformers:./my-checkpoint        openai:MODEL@http://HOST:8000/v1
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rlaif.authoring.shipped import is_path, shipped_folder
from rlaif.authoring.templates import templates_of
from rlaif.errors import InputError
from rlaif.records.backends import BACKENDS
from rlaif.records.base import Fault, nearest
from rlaif.records.identity import digest
from rlaif.records.judge import Judge
from rlaif.records.judge_base import JudgeBase

FORMS = {
    "vllm": "vllm:Qwen/Qwen3-8B",
    "transformers": "transformers:Qwen/Qwen3-0.6B",
    "openai": "openai:MODEL@http://127.0.0.1:8000/v1",
}
"""The backends whose judge can be named without a file, each with an example."""

_FORM = re.compile(r"([A-Za-z_]+):(?!//)(.*)", re.DOTALL)
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9_][\w.-]*)?", re.ASCII)
_SERVED = re.compile(r"(?P<model>.*?)@(?P<url>https?:.*)", re.DOTALL)
_LONGEST_ID = 200
_LONGEST_NAME = 100
_VERSION = "1.0.0"


def named_judge(text: str) -> Judge | None:
    """The judge of `BACKEND:MODEL`, with defaults; None for a text of another form, or a file.

    Raises: InputError for a backend, model or address that cannot be.
    """
    form = _FORM.fullmatch(text)
    if form is None or is_path(text):
        return None
    backend, model = form[1], form[2]
    if backend not in FORMS:
        raise _refused(text, f"there is no backend '{backend}' to name so", _meant(backend))
    spec = _spec(text, backend, model)
    template, translations = templates_of(spec.template, shipped_folder("judges"))
    return Judge(spec, template, Path.cwd(), translations)


def _spec(text: str, backend: str, model: str) -> JudgeBase:
    stated: dict[str, Any] = {"backend": backend, "version": _VERSION}
    if backend == "openai":
        served = _SERVED.fullmatch(model)
        if served is None:
            told = "the server's address is missing"
            raise _refused(text, told, f"write {FORMS[backend]}")
        model, stated["base_url"] = served["model"], served["url"]
    elif model.startswith("~"):
        model = str(Path(model).expanduser())  # a shell leaves it alone behind a colon
    if why := _model_fault(backend, model):
        raise _refused(text, why, f"for example: {FORMS[backend]}")
    stated |= {"model": model, "judge": _slug(model)}
    try:
        return BACKENDS[backend].model_validate(stated)
    except ValidationError as error:
        # the address is not shown: somebody may have put a key into it
        raise _refused(f"{backend}:{model}", *_told(error)) from None


def _told(error: ValidationError) -> tuple[str, str]:
    """The first of the faults, and its mend."""
    first = error.errors(include_url=False)[0]
    faults: list[Fault] = first.get("ctx", {}).get("faults", [])
    return (faults[0].message, faults[0].hint) if faults else (first["msg"], "")


def _model_fault(backend: str, model: str) -> str:
    """Why nothing can be called so; empty where something can."""
    if not model:
        return "the model is missing"
    if len(model) > _LONGEST_ID:
        return f"a model's name of {len(model)} characters is too long"
    if not model.isprintable() or " " in model:
        return f"{model!a} is no model's name"
    if backend == "openai" or _HUB_ID.fullmatch(model) or _is_folder(model):
        return ""
    return f"'{model}' is no name on the hub, and no folder is there"


def _is_folder(name: str) -> bool:
    return is_path(name) and Path(name).is_dir()


def _slug(model: str) -> str:
    """A judge's name out of a model's: `Qwen/Qwen3-8B` is qwen-qwen3-8b."""
    name = re.sub(r"[^a-z0-9_.]+", "-", model.lower()).strip("-_.") or "model"
    if len(name) <= _LONGEST_NAME:
        return name
    mark = digest(model)[:8]
    return f"{name[: _LONGEST_NAME - len(mark) - 1]}-{mark}"


def _meant(backend: str) -> str:
    near = nearest(backend, FORMS)
    return near if near.startswith("did") else f"for example: {', '.join(FORMS.values())}"


def _refused(text: str, message: str, hint: str) -> InputError:
    shown = ascii(text if len(text) <= 100 else f"{text[:97]}...")
    return InputError(f"the judge {shown}: {message}" + (f"\n  hint: {hint}" if hint else ""))
