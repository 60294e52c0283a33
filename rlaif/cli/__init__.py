"""The command line: one short file a command, and only the one that is called is imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from inspect import cleandoc
from typing import Any

import typer

from rlaif.errors import FileProblems, RlaifError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("Write", "Start a folder: a rubric to edit, a few samples, a schema for your editor."),
    "lint": ("Write", "Check rubric and judge files; every problem at file:line:column."),
    "test": ("Write", "Test rubrics on their own labelled examples."),
    "schema": ("Write", "Print the JSON Schema of rubric or judge files."),
    "rubrics": ("Write", "List the rubrics that ship with rlaif."),
    "judges": ("Grade", "List the judges that ship with rlaif."),
    "prompt": ("Grade", "Show exactly what the judge will see."),
    "grade": ("Grade", "Grade samples by a rubric and a judge, into a run folder."),
    "score": ("Grade", "Score people's answers by a rubric, without a judge."),
    "show": ("Look", "Show a run: scores, criteria, failures and their reasons."),
    "export": ("Look", "Write a run's grades as JSON lines, CSV or Parquet."),
    "doctor": ("Look", "Say what is installed here, and what can run."),
}
"""Every command: its panel in the help, and its line there."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status.

    0 done, 1 findings or failed grades, 2 usage or input at fault, 130 interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    named = next((a for a in given if not a.startswith("-")), "")
    try:
        _application(named)(given, prog_name="rlaif", standalone_mode=True)
    except FileProblems as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
    except RlaifError as error:
        typer.echo(f"rlaif: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("rlaif: interrupted; what was finished is kept", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _application(named: str) -> Any:
    """The program with the named command; with all of them, as lines of help, if none is."""
    application = typer.Typer(
        help="Experts' rubrics and unit tests, applied by a judge model, as feedback that trains.",
        epilog="Start with: rlaif init my-rubric",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    application.callback()(_version)
    for name, (panel, line) in COMMANDS.items():
        if name == named:
            body: Callable[..., None] = import_module(f"rlaif.cli.{name}").run
        elif named in COMMANDS:
            continue
        else:
            body = _unloaded
        application.command(name, help=_long(body, line), short_help=line, rich_help_panel=panel)(
            body
        )
    return typer.main.get_command(application)


def _unloaded() -> None:
    """Stand for a command that is only listed."""


def _long(body: Callable[..., None], line: str) -> str:
    """The command's own help: its line, then what its docstring adds."""
    if body is _unloaded:
        return line
    paragraphs = cleandoc(body.__doc__ or "").split("\n\n")[1:]
    return "\n\n".join([line, *(" ".join(p.split()) for p in paragraphs)])


def _print_version(wanted: bool) -> None:
    if wanted:
        from rlaif import __version__

        typer.echo(f"rlaif {__version__}")
        raise typer.Exit


def _version(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", callback=_print_version, is_eager=True
    ),
) -> None:
    pass
