"""Python that stands in a data set: read as a tree to see what it names, and never run."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import sys
import warnings
from collections.abc import Iterator

from rlaif.authoring.importers.imported import BadRow
from rlaif.records.python_text import NotPython, parsed

CANDIDATE = "candidate"
"""The module under which tests find a completion's code."""

_BUILTIN = frozenset(dir(builtins)) | {"__file__", "__annotations__", "__builtins__"}


def module(code: str, name: str) -> ast.Module:
    """The tree of a text that compiles. Raises: BadRow, which calls the text `name`."""
    try:
        tree = parsed(code)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the style of somebody's code is not our matter
            compile(tree, "<imported>", "exec", dont_inherit=True)
    except NotPython as error:
        where = f" (line {error.line} of it)" if error.line else ""
        raise BadRow(f"{name}: {error}{where}") from error
    except (RecursionError, MemoryError) as error:
        raise BadRow(f"{name}: the Python is nested too deep") from error
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise BadRow(f"{name}: this is not Python: {said}") from error
    return tree


def lines_of(code: str) -> list[str]:
    """The lines of `code` as Python counts them."""
    return code.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """What the top of a module binds by `def`, `class` and plain assignment, the last of each."""
    found: dict[str, ast.stmt] = {}
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            found |= {
                node.id: statement
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return found


def imports(tree: ast.Module) -> dict[str, str]:
    """What the imports at the top of a module bind, each with a statement that binds it alone."""
    found: dict[str, str] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                bound = alias.asname or alias.name.partition(".")[0]
                found[bound] = ast.unparse(ast.Import([alias]))
        elif isinstance(statement, ast.ImportFrom) and statement.module != "__future__":
            for alias in statement.names:
                one = ast.ImportFrom(statement.module, [alias], statement.level)
                found[alias.asname or alias.name] = ast.unparse(one)
    return found


def packages(tree: ast.Module) -> list[str]:
    """The packages beyond the standard library that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return sorted(found - sys.stdlib_module_names - {CANDIDATE})


def unbound(code: str) -> list[str]:
    """The global names that a module reads, and neither binds nor finds among the built-in ones.

    `code` is a text that `module` has read.
    """
    used: set[str] = set()
    bound: set[str] = set()
    for symbol in _globals(code):
        if symbol.is_referenced():
            used.add(symbol.get_name())
        if symbol.is_assigned() or symbol.is_imported():
            bound.add(symbol.get_name())
    return sorted(used - bound - _BUILTIN - {"__name__", "__doc__"})


def _globals(code: str) -> Iterator[symtable.Symbol]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        top = symtable.symtable(code, "<imported>", "exec")
    open_ = [top]
    while open_:
        table = open_.pop()
        open_ += table.get_children()
        for symbol in table.get_symbols():
            if table is top or symbol.is_global():
                yield symbol


def fenced(code: str) -> str:
    """`code` as a completion gives it: one block, whose fence is longer than any in the code."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{code.strip(chr(10))}\n{fence}"
