"""`lint_off`: which warnings a file silences where, and which entries of it do nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rlaif.authoring.nodes import Key, Mapping, Node, Path, scalars
from rlaif.authoring.rules.codes import CODES
from rlaif.authoring.rules.look import Finding, Part, entries, is_included
from rlaif.errors import Problem
from rlaif.records.base import nearest

_LINT_OFF = "lint_off"


@dataclass(slots=True)
class _Scope:
    """A file, section or criterion that silences something, and the lines that it spans."""

    way: Path
    node: Mapping
    last_line: int
    codes: dict[str, Key]
    used: set[str] = field(default_factory=set)

    def spans(self, line: int) -> bool:
        return not self.way or self.node.line <= line <= self.last_line


def heard(
    root: Mapping,
    findings: Sequence[Finding],
    path: str,
    parts: Sequence[Part] = (),
    tried: Collection[str] = (),
) -> list[Problem]:
    """The findings that nothing silences, with what is wrong with the silencing.

    Takes the parts of a sound rubric, and the codes whose rules were tried: of the others nobody
    can tell whether their silencing is needless.
    """
    scopes = {scope.way: scope for scope in _scopes(root, ())}
    everything = [*findings, *_unknown(scopes.values(), path)]
    kept = [one for one in everything if not _silenced(one, scopes)]
    included = [part for part in parts if part.included and part.item.lint_off]
    kept = [one for one in kept if not _silenced_there(one, included)]
    needless = list(_needless(scopes.values(), tried, path))
    kept += [one for one in needless if not _silenced(one, scopes)]
    return [one.problem for one in kept]


def _scopes(node: Mapping, at: Path) -> Iterator[_Scope]:
    off: Node | None = node.values.get(_LINT_OFF)
    if isinstance(off, Mapping) and off.keys:
        yield _Scope(at, node, _last_line(node) if at else 0, off.keys)
    for way, entry in entries(node, at):
        if not is_included(entry):
            yield from _scopes(entry, way)


def _last_line(node: Mapping) -> int:
    return max(
        (
            # What was read from another file is as long as it likes, and not in this one.
            scalar.line + (str(scalar.value).count("\n") if scalar.end else 0)
            for _, scalar in scalars(node)
        ),
        default=node.line,
    )


def _silenced(finding: Finding, scopes: dict[Path, _Scope]) -> bool:
    """Whether any scope silences a finding; each that does is of use."""
    code, way = finding.problem.code, finding.way
    if way:
        around = [scopes[way[:end]] for end in range(len(way) + 1) if way[:end] in scopes]
    else:
        around = [scope for scope in scopes.values() if scope.spans(finding.problem.line)]
    found = [scope for scope in around if code in scope.codes]
    for scope in found:
        scope.used.add(code)
    return bool(found)


def _silenced_there(finding: Finding, parts: Sequence[Part]) -> bool:
    """Whether the file that an included criterion stands in silences the finding."""
    return any(
        part.way == finding.way[: len(part.way)] and finding.problem.code in part.item.lint_off
        for part in parts
    )  # fmt: skip


def _unknown(scopes: Iterable[_Scope], path: str) -> Iterator[Finding]:
    for scope in scopes:
        for code, key in scope.codes.items():
            if code not in CODES:
                message = f"there is no warning '{code[:60]}'"
                hint = nearest(code[:100], CODES)
                yield _finding("unknown-code", scope, key, path, (message, hint))


def _needless(scopes: Iterable[_Scope], tried: Collection[str], path: str) -> Iterator[Finding]:
    for scope in scopes:
        for code, key in scope.codes.items():
            if code in tried and code not in scope.used:
                message = f"no warning '{code}' is given here, so there is none to switch off"
                yield _finding("needless-lint-off", scope, key, path, (message, "delete this line"))


def _finding(code: str, scope: _Scope, key: Key, path: str, said: tuple[str, str]) -> Finding:
    problem = Problem(path, key.line, key.column, *said, "warning", code)
    return Finding(problem, (*scope.way, _LINT_OFF, key.text))
