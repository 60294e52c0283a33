"""Criteria of another file in the place of the entry that includes them.

A file may include files of shared criteria under its own folder; those include nothing. Resolved on
the tree, before anything is validated, so that whatever reads a rubric sees one list of criteria.
What is at fault in an included file is named there; what its criteria bring about in the file that
includes them (an id that stands twice) is named at the entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError

from rlaif.authoring.document import Document, read_document
from rlaif.authoring.events import MOST_NODES
from rlaif.authoring.nodes import Listing, Mapping, Node, Scalar, count, data, moved
from rlaif.authoring.outside_files import Resolved, with_outside_files
from rlaif.authoring.problems import Models, problems_of
from rlaif.authoring.sound_parts import further_problems
from rlaif.authoring.under_folder import file_under
from rlaif.errors import Problem
from rlaif.records.base import nearest
from rlaif.records.checks import CHECKS
from rlaif.records.code_cases import FunctionCase, ProgramCase
from rlaif.records.criterion import Checked, Judged, Section
from rlaif.records.drawn import STRATEGIES, Hidden, Strategy
from rlaif.records.number_range import Range
from rlaif.records.rubric import Include, Shared
from rlaif.records.scales import Choice, Level

ITEM_MODELS: dict[str, type[BaseModel]] = {
    "<ask>": Judged,
    "<check>": Checked,
    "<section>": Section,
    "levels": Level,
    "choices": Choice,
    "range": Range,
    **{f"<{name}>": check for name, check in CHECKS.items()},
    "<python_function>.cases": FunctionCase,
    "<program>.cases": ProgramCase,
    "hidden": Hidden,
    "hidden.arguments": Strategy,
    **dict.fromkeys(("of", "tuples", "records"), Strategy),
    **STRATEGIES,
}
"""The record behind each part of a list of criteria."""

_UNREAD = Scalar("", 0, 0, 0, 0, broken=True)
"""Stands for criteria that could not be included where nothing else is in the list."""
_MOST_NEAR = 100
"""Near names are looked for among so many."""
_HINT = "name a file under the folder of this one, such as shared/safety.yaml"


def resolve(root: Mapping, path: Path) -> Resolved:
    """The tree of the file at `path` with the criteria that it includes, and what its checks name.

    Raises nothing.
    """
    found = with_outside_files(root, path)
    if any(_entries(root)):
        including = _Including(path)
        resolved = including.with_criteria(found.root)
        files = dict.fromkeys([*found.files, *including.files])
        found = Resolved(resolved, [*found.problems, *including.problems], tuple(files))
    if found.files and not found.problems and count(found.root) > MOST_NODES:
        message = f"with all that it names, the file has more than {MOST_NODES} entries"
        found.problems.append(Problem(str(path), 0, 0, message, "make two rubrics of it"))
    return found


def shared_of(document: Document) -> tuple[Shared | None, list[Problem]]:
    """What a file of shared criteria says, or every problem that it has."""
    shared, resolved = _shared(document)
    return shared, resolved.problems


def _shared(document: Document) -> tuple[Shared | None, Resolved]:
    """The same, with the tree; of a file without a tree, an empty one."""
    root, found = document.root, list(document.problems)
    if root is None:
        return None, Resolved(Mapping({}, {}, 0, 0, []), found)
    for node in _entries(root):
        key = node.keys["include"]
        message = "a file of shared criteria cannot include another"
        hint = "include both files in the rubric"
        found.append(Problem(document.path, key.line, key.column, message, hint))
    own = with_outside_files(_without_entries(root), Path(document.path))
    found += own.problems
    try:
        shared = Shared.model_validate(data(own.root))
    except ValidationError as error:
        models: Models = {"": Shared, **ITEM_MODELS}
        found += problems_of(error, own.root, document.path, models)
        found += further_problems(own.root, document.path, found)
        return None, own._replace(problems=sorted(set(found)))
    return (None if found else shared), own._replace(problems=found)


def _entries(node: Mapping) -> Iterator[Mapping]:
    """The entries below `node` that include a file, at any depth of its sections."""
    listing = node.values.get("criteria")
    for entry in listing.items if isinstance(listing, Listing) else ():
        if isinstance(entry, Mapping):
            if "include" in entry.keys:
                yield entry
            else:
                yield from _entries(entry)


def _without_entries(node: Mapping) -> Mapping:
    """The tree with a stand-in for each entry that includes a file."""
    listing = node.values.get("criteria")
    if not isinstance(listing, Listing):
        return node
    items = [
        (_UNREAD if "include" in entry.keys else _without_entries(entry))
        if isinstance(entry, Mapping)
        else entry
        for entry in listing.items
    ]
    return node._replace(values={**node.values, "criteria": listing._replace(items=items)})


class _Including:
    """Resolves one file; knows what it has read, and what was wrong."""

    def __init__(self, path: Path) -> None:
        self.problems: list[Problem] = []
        self.files: list[Path] = []
        """The files that were included, and those that their checks name."""
        self.read: dict[Path, Mapping | None] = {}
        """By file, its tree; None for one that is at fault."""
        self._path = path
        self._taken: set[str] = set()
        self._nodes = 0

    def with_criteria(self, node: Mapping) -> Mapping:
        """The file's tree, or a section's, with the criteria included."""
        listing = node.values.get("criteria")
        if not isinstance(listing, Listing):
            return node
        items: list[Node] = []
        for entry in listing.items:
            if isinstance(entry, Mapping) and "include" in entry.keys:
                items += self._included(entry)
            else:
                items.append(self.with_criteria(entry) if isinstance(entry, Mapping) else entry)
        if not items:
            items = [_UNREAD] * bool(listing.items)
        return node._replace(values={**node.values, "criteria": listing._replace(items=items)})

    def _problem(self, node: Node, message: str, hint: str = "") -> list[Node]:
        self.problems.append(Problem(str(self._path), node.line, node.column, message, hint))
        return []

    def _included(self, entry: Mapping) -> list[Node]:
        """The criteria that `entry` stands for, at its own place; none for one at fault."""
        try:
            include = Include.model_validate(data(entry))
        except ValidationError as error:
            self.problems += problems_of(error, entry, str(self._path), {"": Include})
            return []
        named = entry.values["include"]
        file = file_under(include.include, self._path.parent)
        if isinstance(file, str):
            return self._problem(named, file, _HINT)
        root = self._tree(file, named)
        if root is None:
            return []
        criteria = root.values["criteria"]
        items = criteria.items if isinstance(criteria, Listing) else []
        kept = self._only(include, items, entry) if include.only else items
        again = next((name for item in kept if (name := _name(item)) in self._taken), None)
        if again is not None:
            return self._problem(named, f"'{again}' is included already", "include it once")
        self._taken.update(map(_name, kept))
        self._nodes += sum(map(count, kept))
        if self._nodes > MOST_NODES:
            return self._problem(named, f"the included files have more than {MOST_NODES} entries")
        return [moved(item, named.line, named.column) for item in kept]

    def _tree(self, file: Path, named: Node) -> Mapping | None:
        if file not in self.read:
            self.files.append(file)
            document = read_document(file)
            root = document.root
            if root is not None and "shared" not in root.keys:
                self._problem(
                    named,
                    f"'{file.name}' is not a file of shared criteria",
                    "such a file begins with 'shared: its-name', and has 'criteria:'",
                )
                root = None
            elif root is not None:
                shared, resolved = _shared(document)
                self.problems += resolved.problems
                self.files += resolved.files
                root = resolved.root if shared else None
            else:
                self.problems += document.problems
            self.read[file] = root
        return self.read[file]

    def _only(self, include: Include, items: list[Node], entry: Mapping) -> list[Node]:
        named = {_name(item): item for item in items}
        kept: dict[str, Node] = {}
        listing = entry.values["only"]
        for place, name in enumerate(include.only or ()):
            at = listing.items[place] if isinstance(listing, Listing) else listing
            if name in kept:
                self._problem(at, f"'{name}' stands twice in 'only'", "delete one of the two")
            elif name in named:
                kept[name] = named[name]
            else:
                message = f"'{include.include}' has no criterion and no section '{name}'"
                self._problem(at, message, _near(name, named))
        return list(kept.values())


def _near(name: str, named: dict[str, Node]) -> str:
    if len(named) <= _MOST_NEAR:
        return nearest(name, named)
    return f"it has {len(named)} criteria and sections: name them by their ids"


def _name(item: Node) -> str:
    """The id of a criterion or section."""
    for key in ("id", "section"):
        found = item.values.get(key) if isinstance(item, Mapping) else None
        if isinstance(found, Scalar):
            return str(found.value)
    return ""
