"""rlaif as a client of the overhead benchmark: reads a job on standard input, prints what it took.

Run by overhead.py; alone, with `--profile FILE`, it also writes what cProfile saw:

    echo '{...}' | python benchmarks/overhead_rlaif.py --profile /tmp/rlaif.prof
"""

# mypy: disable-error-code="import-not-found"
# the neighbour is found when this is run

from __future__ import annotations

import asyncio
import cProfile
import json
import sys
import time
from importlib.metadata import version
from typing import Any

from overhead_work import CRITERIA, WEIGHTS, work

import rlaif
from rlaif.authoring.judge_file import load_judge
from rlaif.records.backends import OpenaiJudge
from rlaif.records.judge import Judge
from rlaif.records.outcome import Verdict


def judge_of(job: dict[str, Any]) -> Judge:
    """A judge behind the server, asked as the job says."""
    spec = OpenaiJudge.model_validate(
        {
            "judge": "mock",
            "version": "1.0.0",
            "backend": "openai",
            "model": "mock",
            "base_url": job["url"],
            "tokenizer": job["tokenizer"],
            "api": job["api"],
            "concurrency": job["concurrency"],
        }
    )
    return Judge(spec, load_judge("scripted").template)


Texts = list[tuple[str, str]]


async def graded(job: dict[str, Any], texts: Texts) -> int:
    """Verdicts given on these prompts and completions."""
    items = [
        {"id": f"c{n}", "ask": ask, "weight": weight}
        for n, (ask, weight) in enumerate(zip(CRITERIA, WEIGHTS, strict=True))
    ]
    rubric = rlaif.Rubric.model_validate(
        {"rubric": "r", "version": "1.0.0", "title": "Five", "criteria": items}
    )
    given = [
        rlaif.Sample(sample_id=f"s{n}", prompt=prompt, completion=completion)
        for n, (prompt, completion) in enumerate(texts)
    ]
    verdicts = 0
    async for grade in rlaif.grade(given, rubric, judge_of(job)):
        outcomes = [answered.outcome for answered in grade.outcomes]
        if failed := [one for one in outcomes if not isinstance(one, Verdict)]:
            raise SystemExit(f"no verdict: {failed[0]}")
        verdicts += len(outcomes)
    return verdicts


def main() -> None:
    """Warm up, measure, and print JSON."""
    job = json.load(sys.stdin)
    texts = work(job["samples"])
    asyncio.run(graded(job, work(20)))
    began = time.process_time()
    asyncio.run(graded(job, work(1)))
    start = {"start_cpu_s": time.process_time() - began}
    profile = cProfile.Profile(time.process_time) if "--profile" in sys.argv else None
    began, cpu = time.perf_counter(), time.process_time()
    if profile:
        profile.enable()
    verdicts = asyncio.run(graded(job, texts))
    if profile:
        profile.disable()
        profile.dump_stats(sys.argv[-1])
    took = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    print(json.dumps({**took, **start, "verdicts": verdicts, "version": version("rlaif")}))


if __name__ == "__main__":
    main()
