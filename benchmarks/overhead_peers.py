"""Other frameworks as clients of the overhead benchmark: a job on standard input, JSON printed.

Run by overhead.py with a Python that has them and not rlaif. Each is used as its own documentation
shows it, on all samples at once, under one limit of requests under way: autorubric's own setting
(`max_parallel_requests`); for rubric, which leaves calls to its user, a semaphore around the call
of its example with the openai package, whose client is made once.
"""

# mypy: disable-error-code="import-not-found, call-overload"
# the peers are installed elsewhere; the neighbour is found when this is run

from __future__ import annotations

import asyncio
import json
import sys
import time
from importlib.metadata import version
from typing import Any

from overhead_work import CRITERIA, WEIGHTS, work

STATED = [
    {"weight": weight, "requirement": ask} for ask, weight in zip(CRITERIA, WEIGHTS, strict=True)
]


def autorubric(job: dict[str, Any]) -> Any:
    """`grade(prompt, completion)` with a call a criterion, or one a sample; verdicts given."""
    from autorubric import LLMConfig, Rubric
    from autorubric.graders import CriterionGrader

    config = LLMConfig(
        model="openai/mock",
        api_base=job["url"],
        api_key="none",
        max_parallel_requests=job["concurrency"],
    )
    grader = CriterionGrader(judge_model_config=config, llm_calls=job["llm_calls"])
    rubric = Rubric.from_dict(STATED)

    async def grade(prompt: str, completion: str) -> int:
        found = await rubric.grade(to_grade=completion, grader=grader, query=prompt)
        if found.error or found.score is None:
            raise SystemExit(f"no verdict: {found.error}")
        return len(found.report)

    return grade


def rubric(job: dict[str, Any]) -> Any:
    """`grade(prompt, completion)` with a call a criterion."""
    from openai import AsyncOpenAI
    from rubric import PerCriterionOutput, Rubric
    from rubric.autograders import PerCriterionGrader

    client = AsyncOpenAI(api_key="none", base_url=job["url"])
    slots = asyncio.Semaphore(job["concurrency"])
    schema = {"name": "criterion_output", "schema": PerCriterionOutput.model_json_schema()}

    async def ask(system_prompt: str, user_prompt: str) -> PerCriterionOutput:
        async with slots:
            response = await client.chat.completions.create(
                model="mock",
                messages=[
                    {"role": "system", "content": system_prompt},
                    {"role": "user", "content": user_prompt},
                ],
                response_format={"type": "json_schema", "json_schema": schema},
            )
        return PerCriterionOutput.model_validate_json(response.choices[0].message.content or "")

    grader, criteria = PerCriterionGrader(generate_fn=ask), Rubric.from_dict(STATED)

    async def grade(prompt: str, completion: str) -> int:
        found = await criteria.grade(to_grade=completion, autograder=grader, query=prompt)
        return len(found.report or ())

    return grade


async def measured(job: dict[str, Any]) -> dict[str, Any]:
    """Warm up, then grade everything."""
    grade = {"autorubric": autorubric, "rubric": rubric}[job["package"]](job)
    texts = work(job["samples"])
    await asyncio.gather(*(grade(*one) for one in work(20)))
    began = time.process_time()
    await grade(*texts[0])
    start = {"start_cpu_s": time.process_time() - began}
    began, cpu = time.perf_counter(), time.process_time()
    verdicts = sum(await asyncio.gather(*(grade(*one) for one in texts)))
    took = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    return {**took, **start, "verdicts": verdicts, "version": version(job["package"])}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measured(json.load(sys.stdin)))))
