"""A server that answers at once, or after a stated time, in the forms that clients expect.

    python benchmarks/overhead_server.py TOKENIZER_JSON [LATENCY_S]

It prints its port and serves until it is ended. No model: every label is as probable as the next,
every form is filled in with its first words. `/v1/completions` answers lists of token ids as vLLM
0.32 does with `logprob_token_ids`; `/v1/chat/completions` gives the likeliest tokens, or JSON that
fits the schema asked for. `/asked` says how many requests there were, and starts to count anew.
"""

from __future__ import annotations

import asyncio
import sys
from functools import cache
from typing import Any

import orjson
from tokenizers import Tokenizer

MODEL = "mock"
CRITERIA = 5
"""Items of a list in a form."""
_USAGE = {"prompt_tokens": 400, "completion_tokens": 20, "total_tokens": 420}
_TOPS = [{"token": word, "logprob": -0.7, "bytes": None} for word in ("Yes", "No")]


def models(_: Any) -> Any:
    """The one model."""
    card = {"id": MODEL, "object": "model", "created": 0, "owned_by": "mock"}
    return {"object": "list", "data": [{**card, "max_model_len": 8192}]}


class Answering:
    """What is answered to what."""

    def __init__(self, tokenizer: str) -> None:
        """Name tokens by this tokenizer where their texts are asked for."""
        words = Tokenizer.from_file(tokenizer)
        self._text = cache(lambda number: words.decode([number], skip_special_tokens=False))
        self._choice = cache(self._choice_of)
        self._filled = cache(lambda schema: orjson.dumps(filled(orjson.loads(schema))).decode())
        self._count = 0
        self._paths = {
            "/v1/models": models,
            "/v1/completions": self._completions,
            "/v1/chat/completions": self._chat,
        }

    def reply(self, path: str, body: bytes) -> bytes:
        """The whole HTTP response."""
        if path == "/asked":
            count, self._count = self._count, 0
            return _http(200, count)
        if path not in self._paths:
            return _http(404, {"error": {"message": "no such path"}})
        self._count += 1
        return _http(200, self._paths[path](orjson.loads(body) if body else {}))

    def _completions(self, asked: Any) -> Any:
        prompts = asked["prompt"]
        several = bool(prompts) and isinstance(prompts[0], list)
        labels = tuple(asked.get("logprob_token_ids") or (0, 1))
        choice = self._choice(labels, bool(asked.get("return_tokens_as_token_ids")))
        choices = [{**choice, "index": n} for n in range(len(prompts) if several else 1)]
        named = {"id": "cmpl-1", "object": "text_completion", "created": 0, "model": MODEL}
        return {**named, "choices": choices, "usage": _USAGE}

    def _choice_of(self, labels: tuple[int, ...], by_id: bool) -> dict[str, Any]:
        names = [f"token_id:{n}" if by_id else self._text(n) for n in labels]
        logprobs = {
            "text_offset": [0], "token_logprobs": [-0.7], "tokens": names[:1],
            "top_logprobs": [dict.fromkeys(names, -0.7)],
        }  # fmt: skip
        rest = dict.fromkeys(("stop_reason", "token_ids", "prompt_logprobs", "prompt_token_ids"))
        return {"text": names[0], "logprobs": logprobs, "finish_reason": "length", **rest}

    def _chat(self, asked: Any) -> Any:
        form = (asked.get("response_format") or {}).get("json_schema")
        text = self._filled(orjson.dumps(form["schema"])) if form else "Yes"
        logprobs = (
            {"content": [{**_TOPS[0], "top_logprobs": _TOPS}]} if "logprobs" in asked else None
        )
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": "stop"}
        named = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": MODEL}
        return {**named, "choices": [choice], "usage": _USAGE}


def filled(schema: dict[str, Any], place: int = 0, root: dict[str, Any] | None = None) -> Any:
    """Something that fits a schema; an id in a list is that of its place."""
    root = root or schema
    if reference := schema.get("$ref"):
        return filled(root["$defs"][reference.rpartition("/")[2]], place, root)
    if choices := schema.get("anyOf"):
        return filled(choices[0], place, root)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        items = schema["properties"].items()
        return {
            name: f"c{place}" if name == "criterion_id" else filled(one, place, root)
            for name, one in items
        }
    if kind == "array":
        return [filled(schema["items"], n, root) for n in range(CRITERIA)]
    return {"integer": 1, "number": 1.0, "boolean": True, "null": None}.get(str(kind), "A reason.")


def _http(status: int, content: Any) -> bytes:
    body = orjson.dumps(content)
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


class Connection(asyncio.Protocol):
    """One connection that is kept open; a client sends its next request after the answer."""

    def __init__(self, answering: Answering, latency_s: float) -> None:
        """Nothing is received yet."""
        self._answering, self._latency_s, self._data = answering, latency_s, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Someone is there."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].decode("latin-1").split("\r\n")
            length = next((int(h[15:]) for h in head if h.lower().startswith("content-length:")), 0)
            if len(self._data) < end + 4 + length:
                return
            body, self._data = (
                self._data[end + 4 : end + 4 + length],
                self._data[end + 4 + length :],
            )
            said = self._answering.reply(head[0].split(" ")[1], body)
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._write, said)
            else:
                self._write(said)

    def _write(self, said: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(said)


async def main() -> None:
    """Serve on a free port of this machine."""
    answering = Answering(sys.argv[1])
    latency_s = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answering, latency_s), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
