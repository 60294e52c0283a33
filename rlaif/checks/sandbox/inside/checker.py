"""Runs an expert's test functions, which ask the code in another process.

One line on the channel brings the tests. Lines go back: `up`, `met` once the code is loaded,
`loaded` with the names, `calling` before the code is first used for anything, and one record for
each test. The code has no part in any of them.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import random
import resource
import sys
import types
from collections.abc import Callable
from typing import Any

from rlaif.checks.sandbox.inside.channel import Channel
from rlaif.checks.sandbox.inside.failures import shortened, told
from rlaif.checks.sandbox.inside.module import Module
from rlaif.checks.sandbox.inside.peer import Broken, Peer
from rlaif.checks.sandbox.inside.using import Using

FILE = "tests.py"
"""The name that the tests have in messages."""


def main(channel: Channel, link: Channel) -> None:
    """Run the tests that are wanted, in their order; stop where the code cannot be asked again."""
    job = channel.receive()
    channel.send({"up": True})
    peer = Peer(link, _once(lambda: channel.send({"calling": True})))
    names = _met(channel, peer)
    if names is None:
        return
    module = Module(peer, names)
    sys.modules["candidate"] = module
    tests = _loaded(channel, peer, module, job["tests"])
    if tests is None:
        return
    using = Using(ast.parse(job["tests"]).body).names
    for name in job["only"] or list(tests):
        peer.last, peer.refused = None, ""
        if name in using:
            peer.first()
        message = _run(tests[name], peer) if name in tests else "it was not defined again"
        record = {"did": name, "passed": not message, "message": message, "broken": peer.broken}
        channel.send({**record, "m": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})
        if peer.broken:
            return


def _once(does: Callable[[], None]) -> Callable[[], None]:
    done = False

    def first() -> None:
        nonlocal done
        if not done:
            done = True
            does()

    return first


def _met(channel: Channel, peer: Peer) -> dict[str, Any] | None:
    """The names that the code defines; None, said why, where it does not load."""
    try:
        names = peer.hello()
    except Broken as error:
        channel.send({"no_code": "", "broken": str(error)})
        return None
    if "no_code" in names:
        channel.send({"no_code": names["no_code"], "broken": ""})
        return None
    channel.send({"met": True})
    return names


def _loaded(channel: Channel, peer: Peer, module: Module, text: str) -> dict[str, Any] | None:
    """The test functions, by their names; None, said why, where there are none."""
    if "hypothesis" in sys.modules or "hypothesis" in text:
        _settle_hypothesis()
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)
    found = types.ModuleType("tests")
    sys.modules["tests"] = found
    space = found.__dict__
    space |= {"candidate": module, "__file__": FILE}
    module.__taken__ = space
    random.seed(0)
    try:
        exec(compile(_announced(text, space, peer), FILE, "exec"), space)  # noqa: S102 - its purpose
        tests = _tests(space)
    except BaseException as error:  # noqa: BLE001 - said to the trusted side
        why = told(error, peer, FILE)
        absent = _absent(error, module)
        channel.send({"not_loaded": why, "absent": absent, "broken": peer.broken})
        return None
    channel.send({"loaded": list(tests)})
    return tests


def _announced(text: str, space: dict[str, Any], peer: Peer) -> ast.Module:
    """The tests, which say that the code has a hand in what follows as soon as it can have."""
    tree = ast.parse(text, FILE)
    place = Using(tree.body).first
    if place is not None:
        space["__using_the_code__"] = peer.first
        called = ast.Call(ast.Name("__using_the_code__", ast.Load()), [], [])
        said = ast.copy_location(ast.Expr(called), tree.body[place])
        tree.body.insert(place, ast.fix_missing_locations(said))
    return tree


def _absent(error: BaseException, module: Module) -> str:
    """The name that the tests wanted of the code in vain, where the error is for want of it."""
    if isinstance(error, ImportError | AttributeError):
        return str(module.__dict__["__absent__"])
    starred = module.__dict__["__starred__"]
    return str(error.name) if starred and isinstance(error, NameError) else ""


def _tests(space: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Functions named test_..., in the order of definition. Raises: TypeError."""
    named = {n: v for n, v in space.items() if n.startswith("test")}
    tests: dict[str, Callable[[], Any]] = {
        n: v for n, v in named.items() if n.startswith("test_") and inspect.isfunction(v)
    }
    if not tests:
        kinds = [v for v in space.values() if inspect.isclass(v) and hasattr(v, "assertEqual")]
        hint = " (classes of unittest are not run)" if kinds else ""
        raise TypeError(f"no function is named test_...{hint}")
    for name, test in tests.items():
        if inspect.isgeneratorfunction(test) or inspect.isasyncgenfunction(test):
            raise TypeError(f"{name} yields, so that calling it runs nothing")
        needed = [p for p in inspect.signature(test).parameters.values() if _needed(p)]
        if needed:
            raise TypeError(f"{name} takes an argument, {needed[0].name}: there are no fixtures")
    return tests


def _needed(parameter: inspect.Parameter) -> bool:
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return parameter.default is inspect.Parameter.empty and parameter.kind not in free


def _settle_hypothesis() -> None:
    """The same examples each time, whatever the machine's speed, and nothing written."""
    try:
        from hypothesis import HealthCheck, Phase, settings
    except ImportError:
        return
    settings.register_profile(
        "in_the_sandbox",
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=[phase for phase in Phase if phase.name != "explain"],
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("in_the_sandbox")


def _run(test: Callable[[], Any], peer: Peer) -> str:
    """Run one test: empty where it passed, else why it did not."""
    random.seed(0)
    try:
        found = test()
        if inspect.iscoroutine(found):
            asyncio.run(found)
    except BaseException as error:  # noqa: BLE001 - a test may fail in any way
        return told(error, peer, FILE)
    if peer.broken:
        return told(Broken(peer.broken), peer, FILE)
    return shortened(peer.refused, 300)
