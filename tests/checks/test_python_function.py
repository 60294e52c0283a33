from typing import Any

import pytest

from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import SandboxFailed
from rlaif.records.jobs import Call, Called, CallsJob, Limits, Opaque
from tests.checks.conftest import failed, graded

CODE = "Here:\n```python\ndef solve(a, b):\n    return a + b\n```\n"


def case(call: str = "solve(1, 2)", **keys: object) -> dict[str, object]:
    return {"call": call, **keys}


async def one(came: Any, **keys: Any) -> tuple[bool, str]:
    """Whether a case with these keys passes where the sandbox says `came`, and its message."""
    call = keys.pop("call", "solve(1, 2)")
    verdict = await graded(
        ScriptedSandbox(lambda *_: came), "python_function", cases=[case(call, **keys)]
    )
    (only,) = verdict.cases
    assert verdict.distribution == ((0.0, 1.0) if only.passed else (1.0, 0.0))
    return only.passed, only.message


async def test_all_cases_must_pass_and_the_code_is_named() -> None:
    sandbox = ScriptedSandbox({"solve(1, 2)": 3, "solve(2, 2)": 4})
    cases = [case(returns=3), case("solve(2, 2)", returns=4, name="twos")]
    verdict = await graded(sandbox, "python_function", CODE, cases=cases)
    assert verdict.distribution == (0.0, 1.0)
    assert verdict.rationale == "code: the only fenced block, 2 lines"
    assert [c.name for c in verdict.cases] == ["solve(1, 2)", "twos"]
    assert [c.message for c in verdict.cases] == ["solve(1, 2) gave 3", "solve(2, 2) gave 4"]
    assert verdict.cases[0].seconds == 0.001
    assert verdict.cases[0].memory == 2**20


async def test_one_wrong_case_is_a_no() -> None:
    sandbox = ScriptedSandbox({"solve(1, 2)": 3, "solve(2, 2)": 5})
    cases = [case(returns=3), case("solve(2, 2)", returns=4)]
    verdict = await graded(sandbox, "python_function", CODE, cases=cases)
    assert verdict.distribution == (1.0, 0.0)
    assert [c.passed for c in verdict.cases] == [True, False]
    assert verdict.cases[1].message == "solve(2, 2) gave 5, expected 4"


@pytest.mark.parametrize("right", [0, 1, 2, 3, 7])
async def test_partial_is_the_share_of_the_cases(right: int) -> None:
    cases = [case(f"solve({i}, 0)", returns=i) for i in range(7)]
    sandbox = ScriptedSandbox(
        lambda _, call: i if (i := call.steps[0].arguments[0]) < right else "?"
    )
    verdict = await graded(sandbox, "python_function", partial=True, cases=cases)
    assert verdict.distribution == (1 - right / 7, right / 7)
    assert (verdict.distribution[1] == 1.0) == (right == 7)


async def test_only_inputs_cross() -> None:
    sandbox = ScriptedSandbox(lambda *_: 0)
    cases = [
        case(returns="SECRET"),
        case(returns_python="('SECRET',)"),
        case(raises="ValueError"),
        {"arguments": [1, [2]], "keywords": {"k": 3}, "arguments_after": ["SECRET", "SECRET"]},
    ]
    options = {"function": "solve", "packages": ["numpy"], "time_limit_s": 3, "tolerance": 0.5}
    await graded(sandbox, "python_function", CODE, cases=cases, **options)
    (job,) = sandbox.jobs
    assert isinstance(job, CallsJob)
    assert "SECRET" not in repr(job)
    assert "ValueError" not in repr(job)
    assert job.code == "def solve(a, b):\n    return a + b"
    assert job.packages == ("numpy",)
    assert [call.limits for call in job.calls] == [Limits(3.0, 512 * 2**20)] * 4
    assert job.calls[3].steps[0].keywords == {"k": 3}


async def test_a_case_has_limits_of_its_own() -> None:
    sandbox = ScriptedSandbox(lambda *_: 1)
    cases = [case(returns=1, time_limit_s=9, memory_limit_mb=64), case(returns=1)]
    await graded(sandbox, "python_function", cases=cases)
    (job,) = sandbox.jobs
    assert isinstance(job, CallsJob)
    assert [call.limits for call in job.calls] == [
        Limits(9.0, 64 * 2**20),
        Limits(2.0, 512 * 2**20),
    ]


@pytest.mark.parametrize(
    ("called", "words"),
    [
        (Called("timeout"), "gave no answer within 2 s"),
        (Called("died", message="killed by signal 9"), "ended its process: killed by signal 9"),
        (Called("garbled", message="too deep"), "gave what cannot be read: too deep"),
        (
            Called("not_run", message="not run: why"),
            "was not run, because of how an earlier case ended",
        ),
        (Called("no_code", message="SyntaxError"), "found nothing to call: SyntaxError"),
        (
            Called("raised", raised=("KeyError", "Exception"), message="'a'\n\u202eb"),
            "raised KeyError: 'a' \\u202eb",
        ),
        (Called("raised"), "raised an exception"),
        (Called("raised", raised=("KeyError",), message="KeyError"), "raised KeyError"),
        (Called("raised", raised=("KeyError",), message="KeyError: 'a'"), "raised KeyError: 'a'"),
        (Called("returned", Opaque("Tensor")), "gave <Tensor>"),
    ],
)
async def test_whatever_the_code_brings_about_is_a_no_with_its_reason(
    called: Called, words: str
) -> None:
    assert await one(called, returns=3) == (False, f"solve(1, 2) {words}, expected 3")


async def test_types_count() -> None:
    assert await one(True, returns=1) == (False, "solve(1, 2) gave True, expected 1")
    assert await one((1, 2), returns=[1, 2]) == (
        False,
        "solve(1, 2) gave (1, 2), expected [1, 2]",
    )
    assert (await one((1, 2), returns_python="(1, 2)"))[0]
    assert (await one(None, returns=None))[0]
    assert not (await one(0, returns=None))[0]


async def test_a_tolerance_and_an_order_of_the_case_come_before_those_of_the_check() -> None:
    sandbox = ScriptedSandbox(lambda *_: [2.05, 1])
    cases = [
        case(name="a", returns=[1, 2]),
        case(name="b", returns=[1, 2], any_order=False),
        case(name="c", returns=[1, 2], tolerance=0.001),
        case(name="d", returns=[2, 1]),
    ]
    verdict = await graded(
        sandbox, "python_function", cases=cases, tolerance=0.1, any_order=True, partial=True
    )
    assert [c.passed for c in verdict.cases] == [True, False, False, True]


async def test_an_exception_is_expected_by_its_name_or_by_one_it_is_a_kind_of() -> None:
    raised = Called("raised", raised=("KeyError", "LookupError", "Exception", "BaseException"))
    assert (await one(raised, raises="KeyError"))[0]
    assert (await one(raised, raises="LookupError"))[0]
    assert await one(raised, raises="ValueError") == (
        False,
        "solve(1, 2) raised KeyError, expected the exception ValueError",
    )
    assert await one(1, raises="ValueError") == (
        False,
        "solve(1, 2) gave 1, expected the exception ValueError",
    )


async def test_what_becomes_of_the_arguments_can_be_expected() -> None:
    changed = Called("returned", None, ([1, 2],))
    keys: dict[str, Any] = {"call": "solve([2, 1])"}
    assert (await one(changed, arguments_after=[[1, 2]], **keys))[0]
    assert await one(changed, arguments_after=[[2, 1]], **keys) == (
        False,
        "solve([2, 1]) gave None and left its arguments as [[1, 2]], expected [[2, 1]]",
    )
    assert await one(changed, unchanged=True, **keys) == (
        False,
        "solve([2, 1]) gave None and left its arguments as [[1, 2]], expected them unchanged",
    )
    same = Called("returned", [1, 2], ([2, 1],))
    assert (await one(same, unchanged=True, returns=[1, 2], **keys))[0]
    assert not (await one(same, unchanged=True, returns=[2], **keys))[0]
    assert not (await one(Called("returned", None, None), arguments_after=[[1]], **keys))[0]
    assert not (await one(Called("returned", None, ()), arguments_after=[[1]], **keys))[0]
    assert await one(Called("timeout"), arguments_after=[[1]], **keys) == (
        False,
        "solve([2, 1]) gave no answer within 2 s, expected it to return",
    )


async def test_a_chain_of_calls_is_one_case() -> None:
    sandbox = ScriptedSandbox({"Stack().push(1).size()": 1})
    cases = [case("Stack().push(1).size()", returns=1)]
    verdict = await graded(sandbox, "python_function", cases=cases)
    assert verdict.cases[0].passed
    assert isinstance(job := sandbox.jobs[0], CallsJob)
    assert [step.name for step in job.calls[0].steps] == ["Stack", "push", "size"]


async def test_no_code_is_a_no_and_nothing_is_run() -> None:
    sandbox = ScriptedSandbox()
    verdict = await graded(
        sandbox,
        "python_function",
        "def solve(): ...",
        cases=[case(returns=1)],
        code_language="python",
        partial=True,
    )
    assert verdict.distribution == (1.0, 0.0)
    assert verdict.rationale == "no code: no fenced block marked python"
    assert [(c.name, c.passed, c.message) for c in verdict.cases] == [
        ("code", False, "no fenced block marked python")
    ]
    assert sandbox.jobs == []


def _dies_at(*places: int) -> Any:
    def rule(_: CallsJob, call: Call) -> Any:
        place = call.steps[0].arguments[0]
        return Called("died") if place in places else place

    return rule


async def test_after_a_case_that_ends_the_process_the_rest_is_not_run() -> None:
    sandbox = ScriptedSandbox(_dies_at(1))
    cases = [case(f"solve({i})", returns=i) for i in range(4)]
    verdict = await graded(sandbox, "python_function", cases=cases)
    assert [c.passed for c in verdict.cases] == [True, False, False, False]
    assert verdict.cases[3].message.startswith("solve(3) was not run, because")
    assert len(sandbox.jobs) == 1


async def test_a_share_counts_the_cases_after_one_that_ends_the_process() -> None:
    sandbox = ScriptedSandbox(_dies_at(1, 2))
    cases = [case(f"solve({i})", returns=i) for i in range(4)]
    verdict = await graded(sandbox, "python_function", cases=cases, partial=True)
    assert [c.passed for c in verdict.cases] == [True, False, False, True]
    assert verdict.distribution == (0.5, 0.5)
    assert [len(job.calls) for job in sandbox.jobs if isinstance(job, CallsJob)] == [4, 2, 1]


async def test_code_that_always_hangs_does_not_hold_up_a_share_for_ever() -> None:
    sandbox = ScriptedSandbox(lambda *_: Called("timeout"))
    cases = [case(f"solve({i})", returns=i) for i in range(50)]
    verdict = await graded(sandbox, "python_function", cases=cases, partial=True)
    assert len(sandbox.jobs) == 10
    assert len(verdict.cases) == 50
    assert "was not run" in verdict.cases[10].message
    assert verdict.distribution == (1.0, 0.0)


async def test_a_fault_of_the_sandbox_is_no_score() -> None:
    sandbox = ScriptedSandbox(lambda *_: SandboxFailed("no memory to fork"))
    assert await failed(sandbox, "python_function", cases=[case(returns=1)]) == "no memory to fork"


async def test_messages_stay_short_whatever_comes_back() -> None:
    for came in ("x" * 10**6, [0] * 10**5, 10**4000, {"a": "\u202e" * 10**5}):
        passed, message = await one(came, returns="y" * 10**5, call=f"solve({'1' * 3000})")
        assert not passed
        assert len(message) < 1500
        assert message.isprintable()
