"""The backend `vllm` with stand-ins for its processes: sharing out, deaths, and what is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import JudgeUnavailable, MissingExtra
from rlaif.judging import vllm_place
from rlaif.judging.vllm_backend import VllmBackend
from rlaif.judging.vllm_place import Place
from rlaif.judging.vllm_process import EngineProcess
from rlaif.ports import Answer, Decision, Generated, Prefix, Request
from rlaif.records.backends import VllmJudge
from rlaif.records.outcome import Failure
from tests.judging.vllm_fake import DEADLY, HELD, SLOW, TOO_LONG, UNKNOWN_LABEL, UNLUCKY, chance

FAKE = (sys.executable, str(Path(__file__).with_name("vllm_fake.py")))
Start = Callable[..., Awaitable[VllmBackend]]


def decision(number: int, prefix: Prefix, *suffix: int, labels: Sequence[int] = (7, 8)) -> Decision:
    return Decision(
        number=number, prefix=prefix, question="?", suffix_ids=suffix or (50, number),
        labels=tuple(f"L{i}" for i in labels), label_ids=tuple(labels), key=str(number),
        criterion="c", answers=("no", "yes"), best=1,
    )  # fmt: skip


def prefixes(count: int) -> list[Prefix]:
    return [Prefix((), (100 + n, 60, 61)) for n in range(count)]


def samples(count: int, questions: int = 3) -> list[Decision]:
    return [
        decision(n * questions + q, prefix, 50 + q)
        for n, prefix in enumerate(prefixes(count))
        for q in range(questions)
    ]


def request(number: int, *ids: int, **more: Any) -> Request:
    return Request(number, (), ids, more.pop("max_tokens", 2), str(number), **more)


async def stream(given: Sequence[Any]) -> AsyncIterator[Any]:
    for one in given:
        yield one


async def answers(backend: VllmBackend, given: Sequence[Decision]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    async for number, answer in backend.decide(stream(given)):
        assert number not in found
        found[number] = answer
    assert found.keys() == {d.number for d in given}
    return found


def right(answer: Any, asked: Decision) -> bool:
    ids = [*asked.prefix.ids, *asked.suffix_ids]
    return isinstance(answer, Answer) and answer.probabilities == tuple(
        chance(ids, label) for label in asked.label_ids
    )


def alive(pids: Sequence[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


async def all_gone(pids: Sequence[int]) -> bool:
    """Within ten seconds; a process that nobody waits for yet counts as gone."""
    for _ in range(500):
        states = [Path(f"/proc/{pid}/stat") for pid in alive(pids)]
        if all(p.read_text().split(")")[1].split()[0] == "Z" for p in states if p.exists()):
            return True
        await asyncio.sleep(0.02)
    return False


class Log:
    """What the stand-ins wrote down."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []

    @property
    def started(self) -> list[int]:
        return [int(line.split()[1]) for line in self.lines if line.startswith("started")]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    path = tmp_path / "log"
    monkeypatch.setenv("FAKE_LOG", str(path))
    return Log(path)


def judge(folder: Path | str, **more: Any) -> VllmJudge:
    given = {"judge": "j", "version": "1.0.0", "backend": "vllm", "model": str(folder), **more}
    return VllmJudge.model_validate(given)


@pytest.fixture
async def start(folder: Path, log: Log) -> AsyncIterator[Start]:
    """Starts a backend with these keys in its judge file; closed afterwards."""
    made: list[VllmBackend] = []

    async def begin(place: Place | None = None, **more: Any) -> VllmBackend:
        backend = VllmBackend(judge(folder, **more), command=FAKE, here=place or Place("0.32.0"))
        made.append(backend)
        await backend.start()
        return backend

    yield begin
    for backend in made:
        await backend.aclose()
    assert await all_gone(log.started)


# --- answers -------------------------------------------------------------------------------------


async def test_every_question_gets_the_answer_to_its_own_prompt(start: Start) -> None:
    asked = samples(40)
    found = await answers(await start(), asked)
    assert all(right(found[d.number], d) for d in asked)


async def test_tokens_of_a_shared_prefix_count_once(start: Start) -> None:
    found = await answers(await start(), samples(2, questions=3))
    counted = [(a.tokens_computed, a.tokens_cached) for a in found.values()]
    assert sorted(counted) == [(1, 3)] * 4 + [(4, 0)] * 2


async def test_a_samples_questions_go_to_the_engine_in_one_message(start: Start, log: Log) -> None:
    await answers(await start(), samples(5, questions=4))
    assert sum("asks 4 of" in line for line in log.lines) == 5


async def test_a_label_that_the_engine_does_not_give_is_a_failure(start: Start) -> None:
    (prefix,) = prefixes(1)
    asked = [decision(0, prefix, labels=(7, UNKNOWN_LABEL)), decision(1, prefix)]
    found = await answers(await start(), asked)
    told = "the engine gave no probability of the label 'L404'"
    assert found[0] == Failure("backend", told)
    assert right(found[1], asked[1])


async def test_a_prompt_that_the_engine_refuses_fails_alone(start: Start) -> None:
    (prefix,) = prefixes(1)
    asked = [decision(0, prefix, TOO_LONG), decision(1, prefix)]
    found = await answers(await start(), asked)
    assert found[0] == Failure("length", "vLLM: the prompt is too long")
    assert right(found[1], asked[1])


async def test_texts_come_while_questions_are_answered(start: Start) -> None:
    backend = await start()
    given = [request(n, 70 + n, 80, 90, max_tokens=2 + n) for n in range(2)]

    async def write() -> dict[int, Any]:
        return {number: text async for number, text in backend.generate(stream(given))}

    texts, found = await asyncio.gather(write(), answers(backend, samples(9)))
    assert len(found) == 27
    assert isinstance(texts[0], Generated)
    assert (texts[0].ids, texts[0].cut, texts[0].tokens) == ((70, 80), True, 2)
    assert (texts[1].ids, texts[1].cut, texts[1].tokens) == ((71, 80, 90), False, 3)
    assert texts[0].tokens_computed == 3


async def test_what_breaks_the_stream_of_questions_comes_after_the_answers(start: Start) -> None:
    async def broken() -> AsyncIterator[Decision]:
        for one in samples(1):
            yield one
        raise OSError("the samples are gone")

    answering = (await start()).decide(broken())
    assert sorted([(await anext(answering))[0] for _ in range(3)]) == [0, 1, 2]
    with pytest.raises(OSError, match="the samples are gone"):
        await anext(answering)


async def test_what_nobody_waits_for_is_not_computed(
    start: Start, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = tmp_path / "gate"
    monkeypatch.setenv("GATE", str(gate))
    backend = await start()
    asked = [decision(n, p, SLOW, 1000 + n) for n, p in enumerate(prefixes(60))]
    asked[0] = decision(0, asked[0].prefix)
    asked[1] = decision(1, asked[1].prefix, HELD)
    answering = backend.decide(stream(asked))
    await anext(answering)
    await answering.aclose()  # type: ignore[attr-defined]  # a generator
    gate.touch()
    assert right((await answers(backend, samples(1)))[0], samples(1)[0])
    assert "dropped 59" in log.lines
    assert log.lines.count("slow") < 58


# --- several engines -----------------------------------------------------------------------------


@pytest.fixture
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores, however many the machine has."""
    mine = sorted(os.sched_getaffinity(0))
    monkeypatch.setattr("rlaif.judging.vllm_layout.cores", lambda: (mine * 2)[:2])


@pytest.mark.usefixtures("cores")
async def test_samples_are_shared_out_and_a_sample_stays_with_its_engine(
    start: Start, log: Log
) -> None:
    backend = await start(engines=2)
    waves = prefixes(30)
    for wave in range(2):
        asked = [decision(wave * 30 + n, p, SLOW, 50 + wave) for n, p in enumerate(waves)]
        found = await answers(backend, asked)
        assert all(right(found[d.number], d) for d in asked)
    homes: dict[str, set[str]] = {}
    for line in log.lines:
        if "asks" in line:
            homes.setdefault(line.split(" of ")[1], set()).add(line.split()[0])
    assert len(log.started) == 2
    assert all(len(pids) == 1 for pids in homes.values())
    shares = [sum(pids == {str(pid)} for pids in homes.values()) for pid in log.started]
    assert min(shares) >= 10


@pytest.mark.usefixtures("cores")
async def test_answers_are_known_by_the_same_name_however_many_engines(start: Start) -> None:
    one, two = await start(), await start(engines=2)
    assert one.served == two.served
    assert one.served.endswith(" float32")
    assert "2 engines on cpu" in two.notes[0]
    assert "1 engine on cpu" in one.notes[0]


async def test_an_engine_in_stages_has_a_gpu_for_each(start: Start, log: Log) -> None:
    four = Place("0.32.0", ("0", "1", "2", "3"))
    backend = await start(four, options={"pipeline_parallel_size": 2})
    assert sorted(line.split()[-1] for line in log.lines) == ["0,1", "2,3"]
    assert " 2 engines of 2 GPUs on cuda" in backend.notes[0]


async def test_each_engine_sees_its_own_gpus(start: Start, log: Log) -> None:
    backend = await start(Place("0.32.0", ("0", "1", "2", "3", "4")), tensor_parallel=2)
    assert sorted(line.split()[-1] for line in log.lines) == ["0,1", "2,3"]
    assert backend.notes[0].split(" on ", 1)[1].startswith("2 engines of 2 GPUs on cuda in float32")


# --- deaths --------------------------------------------------------------------------------------


@pytest.fixture
def crashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes so many of the next unlucky prompts end their process."""
    path = tmp_path / "crashes"
    monkeypatch.setenv("CRASHES", str(path))
    return lambda times: (path.write_text("x\n" * times), None)[1]


async def test_the_question_that_kills_the_engine_fails_and_the_rest_is_answered(
    start: Start, log: Log
) -> None:
    asked = samples(20)
    asked.insert(31, decision(999, asked[30].prefix, DEADLY))
    backend = await start(options={"max_num_seqs": 40})
    found = await answers(backend, asked)
    failure = found.pop(999)
    assert isinstance(failure, Failure)
    assert failure.stage == "backend"
    assert "the engine died of this question" in failure.message
    assert "was killed by SIGSEGV" in failure.message
    assert all(right(found[d.number], d) for d in asked if d.number != 999)
    assert backend.notes[-1] == f"engines that died and were replaced: {len(log.started) - 1}"
    assert len(log.started) <= 10


async def test_a_request_for_text_that_kills_the_engine_fails_alone(start: Start) -> None:
    given = [request(0, 1), request(1, DEADLY), request(2, 3)]
    backend = await start()
    texts = {number: text async for number, text in backend.generate(stream(given))}
    assert [type(texts[n]) for n in range(3)] == [Generated, Failure, Generated]


async def test_a_death_of_bad_luck_costs_no_answer(
    start: Start, log: Log, crashes: Callable[[int], None]
) -> None:
    crashes(1)
    asked = [*samples(5), decision(99, prefixes(1)[0], UNLUCKY)]
    found = await answers(await start(), asked)
    assert all(right(found[d.number], d) for d in asked)
    assert len(log.started) == 2


async def test_a_process_that_is_killed_while_it_works_costs_no_answer(
    start: Start, log: Log
) -> None:
    backend = await start()
    asked = [decision(n, p, SLOW, 1000 + n) for n, p in enumerate(prefixes(30))]
    found: dict[int, Any] = {}
    async for number, answer in backend.decide(stream(asked)):
        found[number] = answer
        if len(found) == 3:
            os.kill(log.started[0], signal.SIGKILL)
    assert all(right(found[d.number], d) for d in asked)
    assert len(log.started) == 2


async def test_engines_that_always_die_end_the_job(
    start: Start, crashes: Callable[[int], None]
) -> None:
    crashes(1000)
    backend = await start()
    asked = [decision(n, p, UNLUCKY, 1000 + n) for n, p in enumerate(prefixes(300))]
    with pytest.raises(JudgeUnavailable, match=r"died 7 times and answered nothing in between"):
        await answers(backend, asked)


# --- starting ------------------------------------------------------------------------------------


async def failed(folder: Path, place: Place | None = None, **more: Any) -> str:
    backend = VllmBackend(judge(folder, **more), command=FAKE, here=place or Place("0.32.0"))
    with pytest.raises(JudgeUnavailable) as raised:
        await backend.start()
    await backend.aclose()
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CUDA out of memory. Tried to allocate 2 GiB", "memory_share"),
        ("Free memory on device (3/80 GiB) on startup is less than desired", "memory_share"),
        ("To serve at least one request with max seq len (40960), 5 GiB KV cache is needed",
         "set 'max_length' in the judge file"),
        ("1 validation error for ModelConfig\n  Value error, User-specified max_model_len (9) is "
         "greater than the derived one [type=value_error, input_value=x]\n    For further",
         "greater than the derived one\n  hint: 'max_length' in the judge file is larger"),
        ("no/where is not a local folder and is not a valid model identifier listed on",
         "id of a model on a hub that is reached"),
        ("Cannot find any model weights with `/x`", "is the download whole?"),
        ("Model architectures ['X'] are not supported for now", "a later vLLM"),
    ],
)  # fmt: skip
async def test_why_an_engine_does_not_start_is_one_message_with_what_to_change(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    monkeypatch.setenv("FAILS", text)
    message = await failed(folder)
    assert message.startswith("vLLM cannot load the judge: ")
    assert message.count("\n") == 1
    assert told in message
    assert "[type=" not in message


async def test_a_process_that_ends_while_it_loads_is_told_with_the_last_of_its_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENDS", "3")
    message = await failed(folder)
    assert message == (
        "vLLM ended with status 3 while it loaded the judge: RuntimeError: the device is on fire"
    )


async def test_more_gpus_than_there_are_is_told(folder: Path) -> None:
    assert await failed(folder, Place("0.32.0", ("0",)), engines=2) == (
        "the judge file asks for 2 engines of 1 GPU; here is 1 GPU\n"
        "  hint: 'engines' times 'tensor_parallel' is how many GPUs are used"
    )
    told = await failed(folder, Place("0.32.0", ("0",)), tensor_parallel=2)
    assert told.startswith("the judge file asks for an engine of 2 GPUs; here is 1 GPU")
    assert "are for GPUs" in await failed(folder, tensor_parallel=2)


async def test_an_adapter_that_is_not_there_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "lora").mkdir()
    told = await failed(folder, adapter=str(tmp_path / "lora"))
    assert "the adapter" in told
    assert "adapter_config.json" in told


async def test_a_gguf_file_is_not_handed_to_vllm(copy: Path) -> None:
    assert "vLLM does not read the GGUF file 'x.gguf'" in await failed(copy, gguf_file="x.gguf")


def test_without_vllm_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"pip install 'rlaif\[vllm\]' with a GPU"):
        vllm_place.place()


@pytest.mark.parametrize(
    ("found", "told"),
    [(("0.23.1", True), "vLLM 0.23.1 is too old"), (("0.30.0", False), "there is no GPU here")],
)
def test_a_vllm_that_cannot_run_here_is_told(
    monkeypatch: pytest.MonkeyPatch, found: tuple[str, bool], told: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: True)
    monkeypatch.setattr(vllm_place, "_version", lambda: found)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(JudgeUnavailable, match=told):
        vllm_place.place()


def test_gpus_are_those_that_the_environment_names() -> None:
    assert vllm_place.visible_gpus({"CUDA_VISIBLE_DEVICES": "2, 3"}) == ("2", "3")
    assert vllm_place.visible_gpus({"CUDA_VISIBLE_DEVICES": "-1"}) == ()


# --- ending --------------------------------------------------------------------------------------

JOB = """
import asyncio, sys
from pathlib import Path
from rlaif.judging.vllm_backend import VllmBackend
from rlaif.judging.vllm_place import Place
from rlaif.records.backends import VllmJudge

async def main():
    spec = {"judge": "j", "version": "1.0.0", "backend": "vllm", "model": sys.argv[2]}
    backend = VllmBackend(
        VllmJudge.model_validate(spec), command=(sys.executable, sys.argv[1]), here=Place("0.32.0")
    )
    await backend.start()
    assert not {"torch", "vllm", "transformers"} & set(sys.modules)
    print("ready", flush=True)
    try:
        await asyncio.sleep(600)
    finally:
        await backend.aclose()

asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
async def test_no_process_is_left_when_the_job_ends(
    how: signal.Signals, folder: Path, log: Log
) -> None:
    with subprocess.Popen(  # noqa: ASYNC220 - a server that outlives the call
        [sys.executable, "-c", JOB, FAKE[1], str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    ) as job:  # fmt: skip
        assert job.stdout
        assert job.stdout.readline() == "ready\n"
        (worker,) = log.started
        if how == signal.SIGINT:
            os.killpg(job.pid, how)  # as a terminal's Ctrl-C
        else:
            os.kill(job.pid, how)
        assert await all_gone([worker])
    assert ("closed" in log.lines) == (how == signal.SIGINT)


async def test_closing_ends_in_good_order(start: Start, log: Log) -> None:
    backend = await start()
    await backend.aclose()
    assert log.lines[-1] == "closed"
    assert not alive(log.started)


async def test_a_job_that_ends_while_it_looks_why_an_engine_died_leaves_nothing(
    start: Start, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = asyncio.Event()

    async def why(_: EngineProcess) -> str:
        looking.set()
        await asyncio.sleep(600)
        return ""

    ended: list[EngineProcess] = []
    end = EngineProcess.end

    async def noted(self: EngineProcess) -> None:
        ended.append(self)
        await end(self)

    monkeypatch.setattr(EngineProcess, "why", why)
    monkeypatch.setattr(EngineProcess, "end", noted)
    backend = await start()
    (worker,) = log.started
    os.kill(worker, signal.SIGKILL)
    await looking.wait()
    await backend.aclose()
    assert len(ended) == 1
    assert not alive([worker])  # waited for, so not even its entry is left


async def test_a_start_that_is_given_up_leaves_nothing(folder: Path, log: Log) -> None:
    backend = VllmBackend(judge(folder), command=FAKE, here=Place("0.32.0"))
    starting = asyncio.create_task(backend.start())
    for _ in range(1000):
        if not log.started:
            await asyncio.sleep(0.01)
    starting.cancel()
    await asyncio.wait([starting])
    await backend.aclose()
    assert await all_gone(log.started)
