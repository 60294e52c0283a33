"""What a job and its engines tell each other: JSON objects, each behind its length in four bytes.

To an engine, the first message is how to build it; then come, each with its `kind`:
  ask    {prefix, ask: [[ticket, suffix, label ids], ...]}   questions about one sample
  write  {ticket, ids, max_tokens, temperature, top_p, seed, stops, stop_texts, schema}
  drop   {tickets}     nobody waits for these any more
  end                  end in good order
From it, first `ready` with facts about the model or `failed` with {type, text}; then
  done   {answers: [[ticket, probabilities, computed, cached], ...],
          texts: [[ticket, ids, cut, computed, cached], ...],
          refused: [[ticket, stage, message], ...]}
A number that is none (NaN) arrives as null.
"""

from __future__ import annotations

import socket
from asyncio import IncompleteReadError, StreamReader
from typing import Any

import orjson

Message = dict[str, Any]
_LENGTH = 4


def packed(message: Message) -> bytes:
    """The message as it goes over the wire."""
    body = orjson.dumps(message)
    return len(body).to_bytes(_LENGTH, "big") + body


def receive(wire: socket.socket) -> Message | None:
    """The next message; None where the other end is gone."""
    head = _exactly(wire, _LENGTH)
    body = _exactly(wire, int.from_bytes(head, "big")) if head else None
    return None if body is None else _unpacked(body)


async def received(stream: StreamReader) -> Message | None:
    """The next message; None where the other end is gone."""
    try:
        head = await stream.readexactly(_LENGTH)
        return _unpacked(await stream.readexactly(int.from_bytes(head, "big")))
    except (IncompleteReadError, ConnectionError):
        return None


def _unpacked(body: bytes) -> Message:
    message: Message = orjson.loads(body)
    return message


def _exactly(wire: socket.socket, size: int) -> bytes | None:
    read = bytearray()
    while len(read) < size:
        try:
            piece = wire.recv(min(size - len(read), 1 << 20))
        except ConnectionError:
            return None
        if not piece:
            return None
        read += piece
    return bytes(read)
