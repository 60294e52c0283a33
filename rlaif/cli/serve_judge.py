"""`rlaif serve-judge`."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from rlaif.authoring.judge_file import load_judge
from rlaif.cli.console import tell
from rlaif.runs.serve_judge import serve, service


def run(
    judge: Annotated[
        str,
        typer.Argument(
            metavar="JUDGE", help="A judge file, a shipped judge's name, or vllm:MODEL."
        ),
    ],
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="And the port.")] = 8000,
    api_key_env: Annotated[
        str | None,
        typer.Option(
            "--api-key-env",
            metavar="NAME",
            help="Ask everyone for the key in this variable of the environment.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", metavar="", help="Print, and start nothing.")
    ] = False,
) -> None:
    """Serve a judge.

    vLLM's server for the judge's model, with the options that the judge file gives. The judge file
    that asks it goes to standard output, the command to standard error:
    `rlaif serve-judge J --dry-run > served.yaml` keeps the file.

    Several runs and machines can then share one model that is loaded once. The server ends with
    Ctrl-C.
    """
    made = service(load_judge(judge), host, port, api_key_env, dry=dry_run)
    tell("# this judge file asks the server\n" + made.judge_file.rstrip())
    for warning in made.warnings:
        tell(f"warning: {warning}", err=True)
    tell(shlex.join(made.command), err=True)
    if not dry_run:
        serve(made)
