"""A stand-in for vLLM's process: the real protocol and loop around an engine made of rules.

A prompt that holds 666 kills the process; one that holds 13 does so while `$CRASHES` counts down.
One that holds 555 waits for the file `$GATE`. `$FAILS` and `$ENDS` keep it from starting.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from rlaif.judging.vllm_wire import Message
from rlaif.judging.vllm_worker import main

DEADLY, UNLUCKY, SLOW, HELD, UNKNOWN_LABEL, TOO_LONG = 666, 13, 444, 555, 404, 413


class FakeEngine:
    """Answers one request a step; the probability of a label depends on prompt and label alone."""

    def __init__(self, start: Message) -> None:
        if text := os.environ.get("FAILS"):
            raise ValueError(text)
        if status := os.environ.get("ENDS"):
            sys.stdout.write(
                "ERROR 11-23 01:00:00 [core.py:1] RuntimeError: the device is on fire\n"
            )
            sys.stdout.flush()
            os._exit(int(status))
        self._asked: list[tuple[int, list[int], list[int] | None, Message]] = []
        self._refused: list[list[Any]] = []
        self._seen: set[tuple[int, ...]] = set()
        self.facts: Message = {
            "max_length": 100, "dtype": "float32", "quantization": None, "commit": "abc",
            "device": "cpu", "at_once": start["options"].get("max_num_seqs", 4), "version": "0.0",
        }  # fmt: skip
        log(f"started {os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES')}")

    @property
    def busy(self) -> bool:
        return bool(self._asked or self._refused)

    def take(self, message: Message) -> None:
        if message["kind"] == "drop":
            log(f"dropped {len(message['tickets'])}")
            gone = set(message["tickets"])
            self._asked = [one for one in self._asked if one[0] not in gone]
        elif message["kind"] == "write":
            self._asked.append((message["ticket"], message["ids"], None, message))
        else:
            log(f"{os.getpid()} asks {len(message['ask'])} of {message['prefix'][:1]}")
            for ticket, suffix, labels in message["ask"]:
                self._asked.append((ticket, message["prefix"] + suffix, labels, message))

    def step(self) -> Message:
        done: Message = {"answers": [], "texts": [], "refused": []}
        ticket, ids, labels, message = self._asked.pop(0)
        if DEADLY in ids:
            os.kill(os.getpid(), signal.SIGSEGV)
        if UNLUCKY in ids:
            crash_once()
        if HELD in ids:
            wait_for_gate()
        if SLOW in ids:
            log("slow")
            time.sleep(0.05)
        if TOO_LONG in ids:
            done["refused"].append([ticket, "length", "the prompt is too long"])
        elif labels is None:
            text = ids[: message["max_tokens"]]
            done["texts"].append([ticket, text, len(ids) > len(text), len(ids), 0])
        else:
            prefix = tuple(message["prefix"])
            cached = len(prefix) if prefix in self._seen else 0
            self._seen.add(prefix)
            found = [None if i == UNKNOWN_LABEL else chance(ids, i) for i in labels]
            done["answers"].append([ticket, found, len(ids) - cached, cached])
        return done

    def close(self) -> None:
        log("closed")


def chance(ids: list[int], label: int) -> float:
    """A number in [0, 0.5) by prompt and label."""
    return sum((place + 1) * one for place, one in enumerate([*ids, label])) % 997 / 1994


def crash_once() -> None:
    """End the process as long as the file that $CRASHES names has a line."""
    path = Path(os.environ["CRASHES"])
    left = path.read_text().splitlines()
    if left:
        path.write_text("\n".join(left[1:]))
        os._exit(17)


def wait_for_gate() -> None:
    """Until the test makes the file that $GATE names."""
    while not Path(os.environ["GATE"]).exists():
        time.sleep(0.01)


def log(text: str) -> None:
    """For the test to see."""
    if name := os.environ.get("FAKE_LOG"):
        with Path(name).open("a") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    main(FakeEngine)
