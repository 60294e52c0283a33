"""`rlaif review`."""

from __future__ import annotations

import secrets
import signal
import webbrowser
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.judge_option import judge_of
from rlaif.cli.options import LISTENING, Host, JudgeName, Port, TokenEnv
from rlaif.errors import InputError
from rlaif.lazy import REVIEW_SERVER, load
from rlaif.runs.review import MOST, open_review
from rlaif.runs.serving import token_of
from rlaif.web.terms import Place, names_of

_SHOWN = "What is shown"
_LONGEST_NAME = 60
_GRACE_S = 5.0


def run(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, or the file of a review.")
    ],
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", metavar="FILE", help="Keep the review here. If not given: RUN/review.sqlite."
        ),
    ] = None,
    rubric: Annotated[
        Path | None,
        typer.Option(
            "--rubric",
            metavar="FILE",
            help="The rubric file that is edited, where it is not the one that was graded by.",
        ),
    ] = None,
    judge: JudgeName = None,
    queue: Annotated[
        int,
        typer.Option(
            "--queue",
            min=1,
            metavar="N",
            help="So many samples come into the queue, the most informative first.",
        ),
    ] = MOST,
    annotator: Annotated[
        str | None,
        typer.Option(
            "--annotator",
            metavar="NAME",
            help="Whoever comes is this annotator. If not given, each browser asks for a name.",
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option(
            "--blind",
            rich_help_panel=_SHOWN,
            metavar="",
            help="Hide what the judge said until the annotator has answered.",
        ),
    ] = False,
    redact: Annotated[
        bool,
        typer.Option(
            "--redact",
            rich_help_panel=_SHOWN,
            metavar="",
            help="Hide names and addresses of people on the pages; what is kept stays as it is.",
        ),
    ] = False,
    names: Annotated[
        Path | None,
        typer.Option(
            "--names",
            rich_help_panel=_SHOWN,
            metavar="FILE",
            help="With --redact: names to hide, one a line.",
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8200,
    token_env: TokenEnv = None,
    open_: Annotated[
        bool, typer.Option("--open", rich_help_panel=LISTENING, metavar="", help="Open a browser.")
    ] = False,
) -> None:
    """Correct a judge.

    A web app on this machine: an expert goes through samples of the run, the most informative
    first, and says of each criterion what the judge should have answered, or rewrites the
    completion. All is kept in one file beside the run. `rlaif corrections export` makes training
    data of it. Ctrl-C ends it; nothing is lost.
    """
    serve = load(REVIEW_SERVER)
    _refuse_senseless(annotator, names, redact)
    token = token_of(token_env, host)
    reviewing = open_review(
        folder,
        file=file,
        rubric=rubric,
        judge=judge_of(judge) if judge else None,
        blind=blind,
        redact=redact,
        names=names,
        most=queue,
        note=partial(tell, err=True),
    )
    code = secrets.token_urlsafe(24) if open_ and token else ""
    tell(reviewing.title)
    stopped = serve(
        reviewing,
        annotator or "",
        Place(host, port, _GRACE_S),
        token,
        names_of(host),
        partial(tell, err=True),
        partial(_announce, token_env=token_env if token else None, opened=open_, code=code),
        code=code,
    )
    if stopped == signal.SIGINT:
        raise typer.Exit(130)


def _refuse_senseless(annotator: str | None, names: Path | None, redact: bool) -> None:
    """Raises: InputError for options that cannot be meant."""
    if names is not None and not redact:
        raise InputError("--names hides names only together with --redact")
    if annotator is None:
        return
    if not annotator.strip() or annotator != annotator.strip() or not annotator.isprintable():
        raise InputError(f"--annotator {annotator!r}: this is no name that can be read")
    if len(annotator) > _LONGEST_NAME:
        raise InputError(f"--annotator: a name has at most {_LONGEST_NAME} characters")


def _announce(url: str, token_env: str | None, opened: bool, code: str) -> None:
    """Say where it is; the token itself is in no log.

    Nor is it in the command line of the browser, which others on this machine can read: what is
    there lets one browser in, once.
    """
    tell(f"{url}/enter?token=${token_env}" if token_env else url)
    if opened:
        # 0.0.0.0 stands for every address of this machine, and is none
        here = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
        webbrowser.open(f"{here}/enter?code={code}" if code else here)
