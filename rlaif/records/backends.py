"""What runs a judge's model: the keys of a judge file for each backend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rlaif.records.base import Fault, fault, refuse
from rlaif.records.judge_base import JudgeBase, Positive, Seconds, Share
from rlaif.records.openai_keys import OWN_KEY, key_faults, key_name
from rlaif.records.openai_options import openai_options
from rlaif.records.vllm_options import vllm_options
from rlaif.records.written import Free, Number, Text, Whole, Words

Dtype = Literal["auto", "float32", "bfloat16", "float16"]


class Loaded(JudgeBase):
    """A judge whose weights are loaded on this machine."""

    revision: Text | None = None
    """Commit, branch or tag on the hub."""
    package: Text | None = None
    """An installed Python package that ships the weights as GGUF; the hub is used without it."""
    gguf_file: Text | None = None
    """The GGUF file inside the package, the folder or the hub repository."""
    dtype: Dtype = "auto"
    """auto: bfloat16 where the processor computes in it, float32 elsewhere."""
    max_length: Positive | None = None
    """Longest prompt in tokens; the model's own limit when not given."""
    max_completion: Positive | None = None
    """A completion of more tokens is prescreened as too long; half of max_length when not given."""


class TransformersJudge(Loaded):
    """A causal language model run by transformers in this process."""

    backend: Literal["transformers"]
    """A model that runs in this process."""
    device: Text = "auto"
    """Where the model runs: `auto`, `cpu`, `cuda`, `cuda:1`."""
    batch_tokens: Positive | None = None
    """Tokens of one forward pass; 4096 on a processor and 16384 on CUDA when not given."""


class VllmJudge(Loaded):
    """A causal language model run by vLLM on this machine, one engine a GPU."""

    backend: Literal["vllm"]
    """vLLM on this machine."""
    engines: Positive | None = None
    """How many engines share the samples; one for each GPU (or `tensor_parallel` of them) when not
    given, and one on a processor."""
    tensor_parallel: Positive = 1
    """GPUs of one engine."""
    quantization: Text | None = None
    """How vLLM is to quantise, such as fp8; what the weights say when not given."""
    memory_share: Annotated[Number, Field(gt=0, le=1)] | None = None
    """Share of a GPU's memory for one engine; 0.9 when not given, divided among the judges of a
    jury or a cascade."""
    kv_cache_gib: Annotated[Number, Field(gt=0)] | None = None
    """Memory for keys and values in GiB; on a processor a quarter of what is free (1 to 16) when
    not given, divided among the judges of a jury or a cascade."""
    adapter: Text | None = None
    """A LoRA adapter: a folder, or its name on the hub."""
    options: Annotated[dict[Text, Free], AfterValidator(vllm_options)] = Field(default_factory=dict)
    """Further options of vLLM's engine by vLLM's names: those for speed, memory and precision."""


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.username or parts.password:
        raise fault("an address holds no name and no password", "keys come from the environment")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise fault(f"'{text[:80]}' is no address", "for example: http://127.0.0.1:8000/v1")
    if parts.query or parts.fragment:
        raise fault("an address ends with its path", "for example: http://127.0.0.1:8000/v1")
    return text.rstrip("/")


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Addresses = Annotated[
    tuple[Annotated[Words, AfterValidator(_url)], ...],
    BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]),
    Field(min_length=1),
]
"""Where a model is served, up to `/v1`: an address, or several."""


class OpenaiJudge(JudgeBase):
    """A model behind any server that speaks OpenAI's protocol."""

    backend: Literal["openai"]
    """A server that speaks OpenAI's protocol."""
    base_url: Addresses
    """The server's address up to `/v1`, or several: all questions about a sample go to one."""
    revision: Text | None = None
    """Which weights the server has, where it does not say; part of what a verdict is known by."""
    tokenizer: Text | None = None
    """Where the model's tokenizer lies: a folder, or a name on the hub; `model` when not given.
    With it, and a server that takes token ids, no completion can talk in control tokens."""
    api: Literal["auto", "completions", "chat", "json"] = "auto"
    """How the server is asked. completions: token ids, the labels' probabilities. chat: text, the
    probabilities of the likeliest tokens. json: text, an answer by a schema. auto: the first of
    these that the server can do."""
    api_key_env: Annotated[Words, AfterValidator(key_name)] = OWN_KEY
    """Which variable of the environment holds the key; never the key itself. RLAIF_API_KEY,
    RLAIF_NAME_API_KEY, or a provider's own where nobody but that provider is asked."""
    retries: Annotated[Whole, Field(ge=0, le=100)] = 4
    """How often a request that failed is sent again."""
    deadline_s: Seconds = 300.0
    """Seconds for one question, retries and waiting between them included."""
    concurrency: Annotated[Whole, Field(gt=0, le=100_000)] = 64
    """Requests under way at once, at all addresses together."""
    rate_limit: Annotated[Number, Field(gt=0)] | None = None
    """Most requests a second."""
    max_outage_s: Annotated[Number, Field(ge=0)] = 600.0
    """How long to wait for a server that cannot be reached, before the job ends unfinished."""
    max_length: Positive | None = None
    """Longest prompt in tokens; what the server says when not given."""
    max_completion: Positive | None = None
    """A completion of more tokens is prescreened as too long; half of max_length when not given."""
    options: Annotated[dict[Text, Free], AfterValidator(openai_options)] = Field(
        default_factory=dict
    )
    """Further fields of every request's body, passed on as they stand; none that answers rest on,
    such as `seed` or `logprobs`."""

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        refuse(list(self._address_faults()))
        return self

    def _address_faults(self) -> Iterator[Fault]:
        if len(set(self.base_url)) < len(self.base_url):
            yield Fault(("base_url",), "the same address twice")
        yield from key_faults(self.api_key_env, self.base_url)
        if self.thinking and self.reads_labels and self.api in ("chat", "json"):
            told = "probabilities after the thinking need a server that takes token ids"
            yield Fault(("thinking",), told, "verdict: generated, or api: completions")


class ScriptedJudge(JudgeBase):
    """The fake: answers by rule, with no model."""

    backend: Literal["scripted"]
    """No model: answers by rule."""
    model: Words = "none"
    """A mere word, as no model is loaded."""
    answers: Literal["best", "hash"] | dict[str, Text] = "best"
    """best: yes, or the best level. hash: pseudo-random, alike for the same text. Or an answer by
    criterion id."""
    failure_share: Share = 0.0
    """Share of the questions that fail, chosen by the same hash."""
    latency_s: Annotated[Number, Field(ge=0)] = 0.0
    """Seconds that every answer takes."""


BACKENDS: dict[str, type[JudgeBase]] = {
    "transformers": TransformersJudge,
    "vllm": VllmJudge,
    "openai": OpenaiJudge,
    "scripted": ScriptedJudge,
}
"""The keys of a judge file by its `backend`."""


def backend_name(spec: JudgeBase) -> str:
    """What a judge file names as its backend."""
    return next(name for name, kind in BACKENDS.items() if isinstance(spec, kind))
