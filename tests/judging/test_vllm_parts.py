"""What a judge file becomes for vLLM's engines, and what is made of what they say."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import JudgeUnavailable
from rlaif.judging import vllm_options
from rlaif.judging.vllm_adapter import find_adapter
from rlaif.judging.vllm_layout import layout_of
from rlaif.judging.vllm_options import command_line, engine_options
from rlaif.judging.vllm_place import Place, computes_bfloat16, free_gib
from rlaif.judging.vllm_trouble import ended, reason, telling_lines
from rlaif.judging.vllm_wire import packed, receive, received
from rlaif.judging.weights import Weights
from rlaif.records.backends import VllmJudge

GPU, CPU = Place("0.32.0", ("0", "1")), Place("0.32.0")
WEIGHTS = Weights("org/model", "abc", None, "")
GIB = 2**30


def judge(**more: Any) -> VllmJudge:
    given = {"judge": "j", "version": "1.0.0", "backend": "vllm", "model": "org/model", **more}
    return VllmJudge.model_validate(given)


def options(place: Place = GPU, engines: int = 1, **more: Any) -> dict[str, Any]:
    return engine_options(judge(**more), WEIGHTS, place, engines, None)


# --- options -------------------------------------------------------------------------------------


def test_what_the_judge_file_does_not_say_is_left_to_vllm() -> None:
    assert options() == {
        "model": "org/model", "revision": "abc", "tokenizer_revision": "abc", "dtype": "auto",
        "tensor_parallel_size": 1, "seed": 0, "enable_prefix_caching": True,
        "logprobs_mode": "raw_logprobs", "disable_log_stats": True, "gpu_memory_utilization": 0.9,
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
    }  # fmt: skip


def test_what_it_says_reaches_the_engine_by_vllms_names() -> None:
    found = options(
        dtype="float16", tensor_parallel=2, quantization="fp8", memory_share=0.45, max_length=4096,
        kv_cache_gib=1.5, options={"max_num_seqs": 64, "enable_prefix_caching": False},
    )  # fmt: skip
    assert found["dtype"] == "float16"
    assert found["tensor_parallel_size"] == 2
    assert found["quantization"] == "fp8"
    assert found["gpu_memory_utilization"] == 0.45
    assert found["max_model_len"] == 4096
    assert found["kv_cache_memory_bytes"] == int(1.5 * GIB)
    assert found["max_num_seqs"] == 64
    assert found["enable_prefix_caching"] is False


@pytest.mark.parametrize(
    ("free", "engines", "gib"), [(24.0, 1, 6), (24.0, 2, 3), (2.0, 1, 1), (500.0, 1, 16)]
)
def test_on_a_processor_keys_and_values_get_a_quarter_of_what_is_free(
    monkeypatch: pytest.MonkeyPatch, free: float, engines: int, gib: int
) -> None:
    monkeypatch.setattr(vllm_options, "free_gib", lambda: free)
    assert options(CPU, engines)["kv_cache_memory_bytes"] == gib * GIB
    assert options(CPU, kv_cache_gib=2)["kv_cache_memory_bytes"] == 2 * GIB
    shared = options(CPU, engines, memory_share=0.5)["kv_cache_memory_bytes"]
    assert shared == int(max(1, min(16, free / 8 / engines)) * GIB)
    assert "kv_cache_memory_bytes" not in options(GPU)


def test_on_a_processor_the_number_format_is_one_that_it_computes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vllm_options, "computes_bfloat16", lambda: False)
    assert options(CPU)["dtype"] == "float32"
    monkeypatch.setattr(vllm_options, "computes_bfloat16", lambda: True)
    assert options(CPU)["dtype"] == "bfloat16"
    assert options(CPU, dtype="float16")["dtype"] == "float16"


def test_what_the_processor_computes_in_and_what_is_free_are_read_from_the_system(
    tmp_path: Path,
) -> None:
    cpu, memory = tmp_path / "cpuinfo", tmp_path / "meminfo"
    cpu.write_text("model name\t: Fast\nflags\t\t: fpu avx2 avx512f\n")
    assert not computes_bfloat16(cpu)
    cpu.write_text("flags\t\t: fpu avx512_bf16 amx_tile\n")
    assert computes_bfloat16(cpu)
    assert not computes_bfloat16(tmp_path / "none")
    memory.write_text("MemTotal:       8388608 kB\nMemAvailable:   3145728 kB\n")
    assert free_gib(memory) == 3.0
    assert free_gib(tmp_path / "none") == 4.0


def test_options_become_a_command_line() -> None:
    given = {
        "max_model_len": 9,
        "enforce_eager": True,
        "enable_lora": False,
        "structured_outputs_config": {"a": 1},
    }
    assert command_line(given) == [
        "--max-model-len", "9", "--enforce-eager", "--no-enable-lora",
        "--structured-outputs-config", '{"a":1}',
    ]  # fmt: skip


# --- adapters ------------------------------------------------------------------------------------


def adapter(folder: Path, rank: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank}))
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    return folder


@pytest.mark.parametrize(("rank", "room"), [(1, 8), (8, 8), (9, 16), (200, 256)])
def test_an_adapter_gets_the_room_that_its_rank_needs(tmp_path: Path, rank: int, room: int) -> None:
    adapter(tmp_path / "lora", rank)
    found = find_adapter("lora", tmp_path)
    assert (found.folder, found.room) == (str(tmp_path / "lora"), room)
    given = engine_options(judge(adapter="lora"), WEIGHTS, GPU, 1, found)
    assert (given["enable_lora"], given["max_lora_rank"]) == (True, room)


def test_an_adapter_is_known_by_its_content(tmp_path: Path) -> None:
    first = find_adapter(str(adapter(tmp_path / "lora", 8)))
    (tmp_path / "lora" / "adapter_model.safetensors").write_bytes(b"others!")
    assert find_adapter(str(tmp_path / "lora")).checksum != first.checksum


@pytest.mark.parametrize(("rank", "told"), [(513, "of rank 513"), (None, "of rank None")])
def test_an_adapter_that_vllm_does_not_take_is_told(tmp_path: Path, rank: Any, told: str) -> None:
    with pytest.raises(JudgeUnavailable, match=told):
        find_adapter(str(adapter(tmp_path / "lora", rank)))


# --- engines -------------------------------------------------------------------------------------


def test_the_users_own_threads_are_left_alone() -> None:
    (one,) = layout_of(judge(), CPU, {"OMP_NUM_THREADS": "3"}).engines
    assert one.environment["OMP_NUM_THREADS"] == "3"
    assert one.cores is None


def test_the_judge_files_memory_wins_over_the_environments() -> None:
    given = {"VLLM_CPU_KVCACHE_SPACE": "40"}
    (one,) = layout_of(judge(kv_cache_gib=1), CPU, given).engines
    assert "VLLM_CPU_KVCACHE_SPACE" not in one.environment
    (one,) = layout_of(judge(), CPU, given).engines
    assert one.environment["VLLM_CPU_KVCACHE_SPACE"] == "40"


def test_one_engine_a_gpu_when_nothing_is_said() -> None:
    found = layout_of(judge(), GPU, {}).engines
    assert [one.environment["CUDA_VISIBLE_DEVICES"] for one in found] == ["0", "1"]


def test_more_engines_than_cores_are_refused() -> None:
    with pytest.raises(JudgeUnavailable, match="asks for 4096 engines"):
        layout_of(judge(engines=4096), CPU, {})


# --- what went wrong -----------------------------------------------------------------------------


def test_the_telling_lines_of_a_log_are_its_last_errors_without_time_and_place() -> None:
    log = (
        "(EngineCore pid=12) INFO 11-23 01:12:57 [core.py:133] Initializing an engine\n"
        "(EngineCore pid=12) ERROR 11-23 01:12:58 [core.py:99] EngineCore failed to start.\n"
        "Traceback (most recent call last):\n"
        '  File "core.py", line 1, in f\n'
        "\x1b[31mtorch.OutOfMemoryError: CUDA out of memory.\x1b[0m\n"
        "Loading: 100%\n"
    )
    assert telling_lines(log) == [
        "EngineCore failed to start.",
        "torch.OutOfMemoryError: CUDA out of memory.",
    ]


def test_of_a_validation_its_own_words_are_told() -> None:
    text = (
        "1 validation error for ModelConfig\n"
        "  Value error, no such thing here [type=value_error, input_value=ArgsKwargs((), x)]\n"
        "    For further information visit https://errors.pydantic.dev/2.9/v/value_error"
    )
    assert reason("ValidationError", text) == "no such thing here"
    text = "1 validation error for CacheConfig\nblock_size\n  Input should be 8 [type=literal]\n"
    assert reason("ValidationError", text) == "block_size: Input should be 8"
    assert reason("KeyError", "") == "KeyError"


def test_how_a_process_ended_is_told_in_words() -> None:
    assert [ended(3), ended(-9), ended(-99)] == [
        "ended with status 3",
        "was killed by SIGKILL",
        "was killed by signal 99",
    ]


# --- the wire ------------------------------------------------------------------------------------


async def test_messages_arrive_whole_however_they_are_cut() -> None:
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    said: list[dict[str, Any]] = [{"kind": "ask", "prefix": list(range(50_000))}, {"kind": "end"}]

    def echo() -> None:
        with theirs:
            while (message := receive(theirs)) is not None:
                for byte_range in (packed(message)[:3], packed(message)[3:]):
                    theirs.sendall(byte_range)

    thread = threading.Thread(target=echo)
    thread.start()
    for message in said:
        writer.write(packed(message))
        await writer.drain()
        assert await received(reader) == message
    writer.write(b"\0\0")
    writer.write_eof()
    assert await received(reader) is None
    thread.join()
    writer.close()


def test_a_number_that_is_none_arrives_as_null() -> None:
    assert packed({"p": float("nan")})[4:] == b'{"p":null}'
