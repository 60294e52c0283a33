"""Samples, rubrics and scripted judges in one line each."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample

MakeSample = Callable[..., Sample]
MakeRubric = Callable[..., Rubric]
MakeJudge = Callable[..., Judge]


_NUMBERS = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def verdict_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of all verdict caches of the tests: nobody's own is read or written."""
    folder = tmp_path_factory.mktemp("verdict-caches")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RLAIF_VERDICT_CACHE", str(folder / "shared"))
        yield folder


@pytest.fixture(autouse=True)
def verdict_cache(verdict_caches: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The verdict cache of one test; it is not there before it is used."""
    folder = verdict_caches / f"{os.getpid()}-{next(_NUMBERS)}"
    monkeypatch.setenv("RLAIF_VERDICT_CACHE", str(folder))
    return folder


@pytest.fixture
def sample() -> MakeSample:
    """`sample("s1", completion="Four.")`: a sample that no prescreen stops."""

    def make(sample_id: str = "s1", **more: Any) -> Sample:
        given = {"prompt": "What is 2 + 2?", "completion": f"It is 4, says {sample_id}."}
        return Sample(sample_id=sample_id, **{**given, **more})

    return make


@pytest.fixture
def rubric() -> MakeRubric:
    """`rubric({"id": "c0", ...}, ...)`: a rubric of those items; an `ask` is made up if need be."""

    def make(*items: dict[str, Any], **more: Any) -> Rubric:
        criteria: Any = [_asking(item) for item in items] or "per-sample"
        return Rubric(rubric="r", version="1.0.0", title="A rubric", criteria=criteria, **more)

    return make


def _asking(item: dict[str, Any]) -> dict[str, Any]:
    if "section" in item:
        return {**item, "criteria": [_asking(child) for child in item["criteria"]]}
    return item if "check" in item else {"ask": f"Is {item['id']} so?", **item}


@pytest.fixture
def judge() -> MakeJudge:
    """`judge(answers="hash")`: a scripted judge; `judge({"c0": "no"})` answers from a table."""

    def make(answers: Any = "best", **more: Any) -> Judge:
        spec = ScriptedJudge(
            judge="fake", version="1.0.0", backend="scripted", answers=answers, **more
        )
        return Judge(spec, load_judge("scripted").template)

    return make
