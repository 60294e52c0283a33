import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.checks.hidden import ANSWERED
from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import SandboxFailed
from rlaif.records.jobs import Call, Called, CallsJob, Limits, Opaque
from tests.checks.conftest import failed, graded

REFERENCE = "def solve(n):\n    return n * n  # the reference\n"
GENERATOR = "def arguments(random):\n    yield random.randrange(9)  # the generator\n"
CODE = "def solve(n): return n ** 2"
DRAWN = [{"integers": {"min": -50, "max": 50}}]


def hidden(**keys: object) -> dict[str, object]:
    drawing = {} if "generator" in keys else {"arguments": DRAWN}
    return {"count": 5, "reference": REFERENCE, **drawing, **keys}


def played(
    reference: Callable[[Any], Any] = lambda n: n * n,
    code: Callable[[Any], Any] = lambda n: n * n,
    generator: Callable[[Any], Any] = lambda seed: [seed % 9],
    latency_s: float = 0,
) -> ScriptedSandbox:
    def rule(job: CallsJob, call: Call) -> Any:
        (given,) = call.steps[0].arguments
        if "the generator" in job.code:
            return generator(given)
        return reference(given) if "the reference" in job.code else code(given)

    return ScriptedSandbox(rule, latency_s=latency_s)


def jobs(sandbox: ScriptedSandbox, mark: str) -> list[CallsJob]:
    return [job for job in sandbox.jobs if isinstance(job, CallsJob) and mark in job.code]


async def test_the_reference_says_what_is_expected_of_drawn_inputs() -> None:
    sandbox = played()
    verdict = await graded(
        sandbox,
        "python_function",
        CODE,
        function="solve",
        hidden=hidden(),
        cases=[{"arguments": [3], "returns": 9}],
    )
    assert verdict.distribution == (0.0, 1.0)
    names = [c.name for c in verdict.cases]
    assert names == ["solve(3)", *(f"hidden {i}" for i in range(1, 6))]
    wrong = await graded(
        played(code=lambda n: n), "python_function", CODE, function="solve", hidden=hidden()
    )
    assert wrong.distribution == (1.0, 0.0)
    assert wrong.cases[0].message == "solve(-50) gave -50"


async def test_the_reference_never_shares_a_process_with_the_code() -> None:
    sandbox = played()
    await graded(sandbox, "python_function", CODE, function="solve", hidden=hidden())
    (reference,) = jobs(sandbox, "the reference")
    (code,) = jobs(sandbox, CODE)
    assert CODE not in reference.code
    assert [c.steps for c in reference.calls] == [c.steps for c in code.calls]
    assert {c.limits for c in code.calls} == {Limits()}
    assert {c.limits for c in reference.calls} == {Limits(time_s=10.0)}


async def test_fixed_cases_are_answered_once_and_fresh_ones_for_each_code() -> None:
    sandbox = played()
    for code in (CODE, CODE, CODE + " "):
        await graded(sandbox, "python_function", code, function="solve", hidden=hidden())
    assert len(jobs(sandbox, "the reference")) == 1
    assert len({repr(job.calls) for job in jobs(sandbox, CODE)}) == 1

    sandbox = played()
    for code in (CODE, CODE, CODE + " "):
        await graded(sandbox, "python_function", code, function="solve", hidden=hidden(fresh=True))
    first, again, other = jobs(sandbox, CODE)
    assert repr(first.calls) == repr(again.calls) != repr(other.calls)
    assert len(jobs(sandbox, "the reference")) == 3


async def test_another_seed_reference_or_package_is_answered_anew() -> None:
    sandbox = played()
    for keys in ({}, {"seed": 1}, {"reference": REFERENCE + "x = 1\n"}):
        await graded(sandbox, "python_function", CODE, function="solve", hidden=hidden(**keys))
    await graded(
        sandbox, "python_function", CODE, function="solve", hidden=hidden(), packages=["numpy"]
    )
    assert len(jobs(sandbox, "the reference")) == 4


async def test_many_samples_at_once_ask_the_reference_once() -> None:
    sandbox = played(latency_s=0.001)
    await asyncio.gather(
        *(
            graded(sandbox, "python_function", f"{CODE}\n# {i}", function="solve", hidden=hidden())
            for i in range(20)
        )
    )
    assert len(jobs(sandbox, "the reference")) == 1


async def test_a_generator_draws_in_the_sandbox() -> None:
    sandbox = played()
    verdict = await graded(
        sandbox, "python_function", CODE, function="solve", hidden=hidden(generator=GENERATOR)
    )
    assert verdict.distribution == (0.0, 1.0)
    (drawing,) = jobs(sandbox, "the generator")
    name = drawing.calls[0].steps[0].name
    seeds = [call.steps[0].arguments[0] for call in drawing.calls]
    assert len(set(seeds)) == 5
    assert all(type(seed) is int and 0 <= seed < 2**63 for seed in seeds)
    inside: dict[str, Any] = {}
    exec(drawing.code, inside)  # noqa: S102 - what is sent is what is tested
    assert inside[name](seeds[0]) == inside[name](seeds[0])
    assert 0 <= inside[name](seeds[0])[0] < 9


async def test_the_code_must_raise_where_the_reference_does() -> None:
    raised = Called("raised", raised=("OddError", "ValueError", "Exception", "BaseException"))
    other = Called("raised", raised=("KeyError", "LookupError", "Exception", "BaseException"))
    options: dict[str, Any] = {"function": "solve", "hidden": hidden()}
    good = await graded(played(lambda _: raised, lambda _: raised), "python_function", **options)
    assert good.distribution == (0.0, 1.0)
    ANSWERED.forget()
    bad = await graded(played(lambda _: raised, lambda _: other), "python_function", **options)
    assert bad.distribution == (1.0, 0.0)
    assert "ValueError" not in repr(bad.cases)


async def test_where_the_reference_changes_its_argument_the_code_must_too() -> None:
    options: dict[str, Any] = {
        "function": "solve",
        "hidden": hidden(arguments=[{"lists": {"of": {"integers": {"min": 0, "max": 9}}}}]),
    }

    def sorts(given: list[int]) -> Called:
        return Called("returned", None, (sorted(given),))

    def nothing(given: list[int]) -> Called:
        return Called("returned", None, (given,))

    good = await graded(played(sorts, sorts), "python_function", **options)
    assert good.distribution == (0.0, 1.0)
    ANSWERED.forget()
    bad = await graded(played(sorts, nothing), "python_function", **options)
    assert bad.distribution == (1.0, 0.0)


@pytest.mark.parametrize(
    ("came", "why"),
    [
        (Called("timeout"), "the reference implementation gave no answer within 10 s: solve(-50)"),
        (
            Called("no_code", message="NameError: x"),
            "the reference implementation found nothing to call: NameError: x: solve(-50)",
        ),
        (
            Called("raised", raised=("NameError", "Exception"), message="x"),
            "the reference implementation raised NameError: x, for solve(-50)",
        ),
        (
            Called("raised", raised=("Odd", "Exception", "BaseException")),
            "the reference implementation raised Odd, for solve(-50); "
            "hidden cases take only Python's own exceptions",
        ),
        (
            Called("returned", [Opaque("Tensor")]),
            "the reference implementation gave, for solve(-50), what is no plain data, "
            "or is nested too deep",
        ),
        (SandboxFailed("the fork server is gone"), "the fork server is gone"),
    ],
)
async def test_a_reference_that_does_not_work_is_ours_and_never_a_no(came: Any, why: str) -> None:
    sandbox = played(reference=lambda _: came)
    options: dict[str, Any] = {"function": "solve", "hidden": hidden()}
    assert await failed(sandbox, "python_function", **options) == why
    assert len(sandbox.jobs) == 1
    assert not jobs(sandbox, CODE)
    await graded(played(), "python_function", CODE, **options)


@pytest.mark.parametrize(
    ("came", "why"),
    [
        (7, "the generator of hidden cases gave 7"),
        (Called("died", message="signal 9"), "the generator of hidden cases ended its process"),
        ([Opaque("Random")], "the generator of hidden cases gave what is no plain data"),
    ],
)
async def test_a_generator_that_does_not_work_is_ours(came: Any, why: str) -> None:
    sandbox = played(generator=lambda _: came)
    keys = hidden(generator=GENERATOR)
    assert why in await failed(sandbox, "python_function", function="solve", hidden=keys)


async def test_what_cannot_be_drawn_is_ours() -> None:
    keys = hidden(arguments=[{"numbers": {"min": 0.1, "max": 0.2, "decimals": 0}}])
    message = await failed(played(), "python_function", function="solve", hidden=keys)
    assert message == "no number between 0.1 and 0.2 has 0 decimals"


MARK = "7391846205"
EXPECTED = st.sampled_from(
    [
        int(MARK),
        [int(MARK), "a"],
        {"k": MARK},
        (MARK,),
        Called("raised", raised=("UnicodeTranslateError", "UnicodeError", "ValueError")),
        Called("returned", None, ([int(MARK)],)),
    ]
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-9999, 9999) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)
WORDS = st.text(max_size=30)
NAMES = st.lists(st.sampled_from(["KeyError", "LookupError", "Exception", "Odd"]), max_size=3)
CAME = (
    PLAIN.map(lambda value: Called("returned", value, ([1],)))
    | st.builds(Called, st.just("raised"), raised=NAMES.map(tuple), message=WORDS)
    | st.builds(
        Called,
        st.sampled_from(["timeout", "died", "garbled", "not_run", "no_code"]),
        message=WORDS,
    )
)


@settings(deadline=None)
@given(EXPECTED, st.lists(CAME, min_size=5, max_size=5), st.booleans())
def test_no_message_tells_what_a_hidden_case_expects(
    expected: Any, came: list[Called], partial: bool
) -> None:
    async def run() -> None:
        ANSWERED.forget()
        replies = iter(came)
        sandbox = played(lambda _: expected, lambda _: next(replies, came[-1]))
        options: dict[str, Any] = {"function": "solve", "hidden": hidden(), "partial": partial}
        verdict = await graded(sandbox, "python_function", CODE, **options)
        told = repr(verdict)
        assert verdict.distribution == (1.0, 0.0)
        assert len(verdict.cases) == 5
        for secret in (MARK, "Unicode", "ValueError", "expected"):
            assert secret not in told
        ANSWERED.forget()
        silent = played(lambda _: [], lambda _: next(again, came[-1]))
        again = iter(came)
        other = await graded(silent, "python_function", CODE, **options)
        if not any(c.passed for c in other.cases):
            assert other.cases == verdict.cases

    asyncio.run(run())
